-- Taking off sale for good: what was removed, and the sellers' applications for it. See crates/catalogue/src/rules/removal.rs.
alter table spec add column removed_at timestamptz;
alter table sku add column removed_at timestamptz;

create table removal (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null references product (id),
    -- Null where the whole product or a whole spec is meant.
    spec_id uuid references spec (id),
    sku_id uuid references sku (id),
    -- The SKU, else the spec, else the product.
    target uuid not null,
    reason text not null,
    document_id uuid,
    state text not null,
    submitted_at timestamptz not null,
    submitted_by uuid not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid,
    answer text
);
create unique index removal_waiting on removal (target) where state = 'submitted';
create index removal_account on removal (account_id, id);
create index removal_product on removal (product_id, id);
create index removal_queue on removal (due_at, id) where state = 'submitted';
