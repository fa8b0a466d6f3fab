-- By when what opens after its buyer's acceptance counts as accepted; null: it opened at payment. See crates/instances/src/rules/acceptance.rs.
alter table instance add column accept_by timestamptz;
