-- How much may be bought. See crates/catalogue/src/rules/limits.rs.
-- Not again before what was bought has ended (限购).
alter table spec add column single_purchase boolean not null default false;
-- The most that one account may hold, of a quantity attribute or, where that is null, of purchases.
alter table spec add column units_of text;
alter table spec add column units_max bigint;
-- How many can still be sold (库存); null: as many as are wanted.
alter table sku add column stock bigint;
