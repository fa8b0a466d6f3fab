-- Days after the end of a term for which it can still be used, by the rule it was bought under; and when what is in them is frozen.
alter table instance add column grace_days bigint not null default 0;
alter table instance add column freeze_at timestamptz;
