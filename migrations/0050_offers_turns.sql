-- What holds when two people write at once, and who ended a resale. See crates/offers/src/lib.rs.
-- Those who write a list of the same thing come one after the other: the authorisations of a product, the resellers of a
-- seller.
create table offer_turn (
    -- The product or the seller's account.
    about uuid primary key,
    taken_at timestamptz not null
);

-- When and by whom an authorisation was ended; what the operator decided before stays beside it.
alter table resale add column ended_at timestamptz;
alter table resale add column ended_by uuid;
update resale set ended_at = decided_at, ended_by = decided_by, decided_at = null, decided_by = null where state = 'ended';

-- Of two that say the same, the older one stays.
update resale set state = 'ended', ended_at = created_at where state in ('waiting', 'active') and exists (
    select 1 from resale older
    where older.id < resale.id and older.state in ('waiting', 'active')
        and older.product_id = resale.product_id and older.level = resale.level
        and coalesce(older.reseller_id, older.product_id) = coalesce(resale.reseller_id, resale.product_id)
        and coalesce(older.customer_id, older.product_id) = coalesce(resale.customer_id, resale.product_id)
);
create unique index resale_open on resale (
    product_id, level, coalesce(reseller_id, product_id), coalesce(customer_id, product_id)
) where state in ('waiting', 'active');
