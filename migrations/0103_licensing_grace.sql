-- Until when a code works: the end of its term, and the days of grace after it.
alter table licence add column usable_until timestamptz;
update licence set usable_until = expires_at;
