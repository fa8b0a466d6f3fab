-- Of a change that was bought with a renewal: when its term begins, which it begins with. See crates/changes/src/lib.rs.
alter table instance_change add column starts_at timestamptz;
