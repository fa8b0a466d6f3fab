-- Who resells a seller's products, and for how much. See crates/offers/src/lib.rs.
create table reseller (
    -- The seller who lets it resell.
    account_id uuid not null,
    reseller_id uuid not null,
    since timestamptz not null,
    primary key (account_id, reseller_id)
);
create index reseller_reseller on reseller (reseller_id);

create table resale (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null,
    level text not null,
    -- Null on the level of the product, where every reseller of the seller is meant.
    reseller_id uuid,
    -- The customer that the reseller sells on to, on the level of the customer.
    customer_id uuid,
    -- What the reseller pays of the price, and what the seller gets of what is paid.
    price_basis_points bigint not null check (price_basis_points between 1 and 9999),
    seller_basis_points bigint not null check (seller_basis_points between 0 and 10000),
    state text not null,
    created_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid,
    reason text
);
create index resale_account on resale (account_id, id);
create index resale_product on resale (product_id);
create index resale_waiting on resale (id) where state = 'waiting';
