-- What the operator's first page counts. See crates/delivery/src/lib.rs.
create index delivery_failed on delivery (ended_at) where state = 'failed';
