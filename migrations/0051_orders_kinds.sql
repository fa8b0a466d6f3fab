-- What an order is for. See crates/orders/src/rules/kind.rs.
alter table purchase_order add column kind text not null default 'new';
