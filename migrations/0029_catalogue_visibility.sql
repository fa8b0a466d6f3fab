-- Who sees and who buys what is on sale. See crates/catalogue/src/rules/audience.rs.
alter table product add column hidden boolean not null default false;
alter table product add column reach text not null default 'public';
alter table product add column customers text not null default 'all';
alter table product add column regions text not null default 'everywhere';
-- Counts what changes how a product is shown without being in a revision.
alter table product add column shown_version bigint not null default 0;

-- A spec can only be narrower than its product.
alter table spec add column hidden boolean not null default false;
alter table spec add column reach text not null default 'public';
alter table spec add column customers text not null default 'all';
alter table spec add column regions text not null default 'everywhere';

-- For whom a product or a spec is meant, where it reaches named accounts only.
create table named_account (
    -- The product or the spec.
    target uuid not null,
    account_id uuid not null,
    product_id uuid not null references product (id),
    added_at timestamptz not null,
    added_by uuid not null,
    primary key (target, account_id)
);
create index named_account_account on named_account (account_id, target);
create index named_account_product on named_account (product_id);
