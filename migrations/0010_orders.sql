create table quote (
    id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    product_id uuid not null,
    revision_id uuid not null,
    sku_id uuid not null,
    content jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index quote_expiry on quote (expires_at);

create table purchase_order (
    id uuid primary key,
    number text not null unique,
    account_id uuid not null,
    seller_id uuid not null,
    quote_id uuid not null unique references quote (id),
    currency text not null,
    total bigint not null check (total >= 0),
    placed_at timestamptz not null,
    due_at timestamptz not null,
    state text not null,
    paid_at timestamptz,
    completed_at timestamptz,
    ended_at timestamptz
);
create index purchase_order_account on purchase_order (account_id, id);
create index purchase_order_seller on purchase_order (seller_id, id);

create table order_line (
    id uuid primary key,
    order_id uuid not null references purchase_order (id),
    account_id uuid not null,
    seller_id uuid not null,
    product_id uuid not null,
    sku_id uuid not null,
    quote_id uuid not null references quote (id),
    currency text not null,
    amount bigint not null check (amount >= 0),
    state text not null
);
create index order_line_order on order_line (order_id);
