-- How buyers may change what they own of a spec; null: as usual for its access type. See crates/catalogue/src/rules/change.rs.
alter table spec add column changes text;
