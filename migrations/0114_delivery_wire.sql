-- When a seller's system was last asked because somebody opened the page of an instance. See crates/delivery/src/actions/access.rs.
alter table remote_instance add column asked_at timestamptz;
-- What was given up waits to be restarted, however much was done since.
create index errand_dead on errand (seller_id, id) where state = 'dead';
