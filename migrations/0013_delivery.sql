create table delivery (
    id uuid primary key,
    line_id uuid not null unique,
    order_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    access_type text not null,
    state text not null,
    tries bigint not null,
    opened_at timestamptz not null,
    ended_at timestamptz,
    last_error text,
    instance_id uuid
);
create index delivery_account on delivery (account_id, order_id);
