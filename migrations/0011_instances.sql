-- What buyers own. See crates/instances/src/lib.rs.
create table instance (
    id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    order_id uuid not null,
    order_line_id uuid not null,
    product_id uuid not null,
    sku_id uuid not null,
    sku_code text not null,
    title jsonb not null,
    -- The chosen values of the SKU's attributes.
    attributes jsonb not null,
    access_type text not null,
    quantities jsonb not null,
    activated_at timestamptz not null,
    expires_at timestamptz,
    -- The rule it was bought under, not the one that holds today.
    frozen_days bigint not null,
    state text not null,
    expired_at timestamptz,
    release_at timestamptz,
    released_at timestamptz,
    end_cause text,
    version bigint not null,
    constraint instance_order_line unique (order_line_id)
);
create index instance_of_account on instance (account_id, id);
create index instance_of_seller on instance (seller_id, id);
create index instance_of_order on instance (account_id, order_id);
