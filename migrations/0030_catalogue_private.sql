-- The private catalogue of an organisation. See crates/catalogue/src/rules/private.rs.
create table private_catalogue (
    account_id uuid primary key,
    buys_from text not null,
    changed_at timestamptz not null,
    changed_by uuid not null
);

create table approved_product (
    account_id uuid not null,
    product_id uuid not null references product (id),
    approved_at timestamptz not null,
    approved_by uuid not null,
    primary key (account_id, product_id)
);
