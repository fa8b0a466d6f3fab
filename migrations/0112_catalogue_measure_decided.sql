-- When an appeal against a measure was decided, also where the measure stands. See crates/catalogue/src/lib.rs.
alter table product_measure add column decided_at timestamptz;
update product_measure set decided_at = coalesce(ended_at, appealed_at) where decided_by is not null;
