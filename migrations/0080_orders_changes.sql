-- What a change's line gives another specification: the instance, and the line whose place it takes. See crates/orders/src/changes.rs.
alter table order_line add column changes_instance_id uuid;
alter table order_line add column changes_line_id uuid;
create index order_line_changes on order_line (changes_line_id) where changes_line_id is not null;
