-- Coupons and discounts. See crates/offers/src/lib.rs.
create table coupon_batch (
    id uuid primary key,
    -- Whose coupons they are: a seller's account or the operator's.
    account_id uuid not null,
    issuer text not null,
    state text not null,
    -- Name, value, scope, and whether they go together with a discount.
    content jsonb not null,
    currency text not null,
    count_max bigint not null,
    per_customer_max bigint not null,
    -- How many were given out or printed as codes.
    issued bigint not null check (issued <= count_max),
    -- Whether buyers may take one themselves on the product's page.
    shown boolean not null,
    -- Which part of their cost the platform bears.
    platform_basis_points bigint not null check (platform_basis_points between 0 and 10000),
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    created_at timestamptz not null,
    voided_at timestamptz
);
create index coupon_batch_account on coupon_batch (account_id, id);
create index coupon_batch_shown on coupon_batch (valid_until) where shown and state = 'open';

create table coupon (
    id uuid primary key,
    batch_id uuid not null references coupon_batch (id),
    -- Nobody's while it is a printed code.
    account_id uuid,
    state text not null,
    code_hash text unique,
    sealed_code bytea,
    made_at timestamptz not null,
    held_at timestamptz,
    order_id uuid,
    used_at timestamptz,
    -- What it took off the price, in minor units of the batch's currency.
    saved bigint,
    voided_at timestamptz
);
create index coupon_account on coupon (account_id, id);
create index coupon_batch_coupons on coupon (batch_id, id);
create index coupon_order on coupon (order_id);

-- How many coupons of a batch an account got, so that the limit holds under any concurrency.
create table coupon_share (
    batch_id uuid not null references coupon_batch (id),
    account_id uuid not null,
    count bigint not null,
    primary key (batch_id, account_id)
);

-- What a seller takes off its prices for named customers.
create table discount (
    id uuid primary key,
    account_id uuid not null,
    state text not null,
    -- Name, reduction and scope.
    content jsonb not null,
    valid_from timestamptz not null,
    valid_until timestamptz not null,
    created_at timestamptz not null,
    ended_at timestamptz
);
create index discount_account on discount (account_id, id);

create table discount_customer (
    discount_id uuid not null references discount (id),
    account_id uuid not null,
    primary key (account_id, discount_id)
);
create index discount_customer_discount on discount_customer (discount_id);
