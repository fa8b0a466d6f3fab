-- What an order is of: something new, a trial, what was tried, or another term of what is owned. See crates/orders/src/rules/kind.rs.
alter table purchase_order add column kind text not null default 'new';
-- The instance that a renewal's line goes on with.
alter table order_line add column renews_instance_id uuid;
