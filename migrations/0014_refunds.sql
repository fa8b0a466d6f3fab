create table refund (
    id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    order_id uuid not null,
    line_id uuid not null unique,
    instance_id uuid,
    cause text not null,
    reason text not null,
    currency text not null,
    amount bigint not null,
    paid_at timestamptz not null
);
create index refund_account on refund (account_id, id);
create index refund_seller on refund (seller_id, id);

-- How often an account has returned something without a reason in a calendar year.
create table refund_allowance (
    account_id uuid not null,
    year bigint not null,
    used bigint not null,
    primary key (account_id, year)
);
