-- The line of the change that has given an instance its specification; null: that of its purchase has.
alter table instance add column spec_line_id uuid;
-- The line of a change that is being carried out.
alter table instance add column change_line_id uuid;
