-- The order line of the change that a seller's system is told of.
alter table errand add column change_line_id uuid;
