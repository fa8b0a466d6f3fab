-- What was charged of each instance in all, and what of it is unpaid: asked for with every look at it. See crates/metering/src/lib.rs.
alter table metered_instance add column charged bigint not null default 0;
alter table metered_instance add column records bigint not null default 0;
update metered_instance set
    charged = (select coalesce(sum(c.amount), 0) from usage_charge c where c.instance_id = metered_instance.instance_id),
    records = (select coalesce(sum(c.records), 0) from usage_charge c where c.instance_id = metered_instance.instance_id);
create index usage_charge_due on usage_charge (instance_id) where state = 'due';
