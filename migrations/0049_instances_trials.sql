-- Given to be tried, until somebody pays for it. See crates/instances/src/rules.rs.
alter table instance add column is_trial boolean not null default false;
