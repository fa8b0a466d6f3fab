-- What counts against a purchase limit, and what came from stock. See crates/orders/src/admission.rs.
-- When the resource that a line became has ended: it does not count any more.
alter table order_line add column resource_ended_at timestamptz;
-- One piece was taken from stock for it, and was not given back.
alter table order_line add column from_stock boolean not null default false;
create index order_line_account on order_line (account_id, sku_id);

-- Purchases of one account of one limited spec come one after the other, so that each counts those before it.
create table purchase_turn (
    account_id uuid not null,
    spec_id uuid not null,
    taken_at timestamptz not null,
    primary key (account_id, spec_id)
);
