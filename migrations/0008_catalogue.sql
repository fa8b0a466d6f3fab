-- What sellers offer. See crates/catalogue/src/lib.rs.
create table product (
    id uuid primary key,
    account_id uuid not null,
    state text not null,
    -- What the seller is writing: the next revision.
    draft jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    edited_at timestamptz not null,
    -- The revision on sale, once there is one.
    revision_id uuid,
    listed_at timestamptz
);
create index product_account on product (account_id, id);
create index product_on_sale on product (id) where state = 'on_sale';

-- In which categories a product is shown: those of the revision on sale.
create table product_category (
    category text not null,
    product_id uuid not null references product (id),
    primary key (category, product_id)
);
create index product_category_product on product_category (product_id);

-- Which documents everybody may see: the pictures of the revision on sale.
create table product_picture (
    document_id uuid not null,
    product_id uuid not null references product (id),
    primary key (document_id, product_id)
);
create index product_picture_product on product_picture (product_id);

create table revision (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null references product (id),
    number bigint not null,
    state text not null,
    -- The listing as it was submitted, with the ids of its specs and SKUs.
    content jsonb not null,
    submitted_at timestamptz not null,
    submitted_by uuid not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid,
    reasons jsonb not null,
    unique (product_id, number)
);
create index revision_account on revision (account_id, id);
create unique index revision_waiting on revision (product_id) where state = 'submitted';
create index revision_queue on revision (due_at, id) where state = 'submitted';

create table spec (
    id uuid primary key,
    product_id uuid not null references product (id),
    code text not null,
    unique (product_id, code)
);

create table sku (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null references product (id),
    spec_id uuid not null references spec (id),
    -- The attribute values, such as edition=standard;os=linux.
    values_key text not null,
    sku_code text not null unique,
    -- The revision as which it is on sale; null while it is not.
    revision_id uuid references revision (id),
    unique (spec_id, values_key)
);
create index sku_product on sku (product_id);

-- What was submitted is what was reviewed and sold: it never changes.
-- only: sqlite
create trigger revision_content_is_kept before update of id, account_id, product_id, number, content, submitted_at, submitted_by on revision
begin
    select raise(abort, 'a submitted revision never changes');
end;
create trigger revision_is_kept before delete on revision
begin
    select raise(abort, 'a revision is never deleted');
end;
-- end
-- only: postgres
create function revision_is_kept() returns trigger language plpgsql as $$
begin
    raise exception 'a submitted revision never changes';
end $$;
create trigger revision_content_is_kept before update of id, account_id, product_id, number, content, submitted_at, submitted_by on revision
    for each row execute function revision_is_kept();
create trigger revision_is_kept before delete on revision
    for each row execute function revision_is_kept();
-- end
