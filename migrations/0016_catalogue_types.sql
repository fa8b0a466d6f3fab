-- A seller's own attributes, for use in any of its products. See crates/catalogue/src/lib.rs.
create table seller_attribute (
    id uuid primary key,
    account_id uuid not null,
    code text not null,
    -- Kind, names and values, as a listing writes them; a listing that uses it has a copy.
    content jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    edited_at timestamptz not null,
    unique (account_id, code)
);
