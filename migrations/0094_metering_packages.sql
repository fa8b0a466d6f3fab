-- Packages of use that were bought, and what of them was used. See crates/metering/src/lib.rs.
create table usage_package (
    instance_id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    product_id uuid not null,
    line_id uuid not null,
    title jsonb not null,
    -- The code of the meter whose use it covers.
    meter text not null,
    -- What was bought, and the zone in which its cycles are counted.
    package jsonb not null,
    zone text not null,
    began_at timestamptz not null,
    ends_at timestamptz not null,
    -- When it ended before that.
    ended_at timestamptz,
    -- It was given back unused, and covers nothing at all.
    returned boolean not null default false,
    -- Since when its seller's system keeps the buyer out, because it is used up.
    stopped_at timestamptz,
    -- What its buyer wants to be told of it, and whether another one is bought when it runs low.
    watch jsonb not null,
    -- The line by which it was bought again.
    again_line_id uuid,
    -- So many days before the end its buyer was told of that last.
    noticed integer,
    -- When it is looked after next.
    due_at timestamptz,
    -- When it was known here: the delivery of it came a moment before.
    created_at timestamptz not null
);
create index usage_package_of_account on usage_package (account_id, product_id, meter);
create index usage_package_of_seller on usage_package (seller_id, instance_id);
create index usage_package_again on usage_package (again_line_id) where again_line_id is not null;

-- What was taken of a package from one filling to the next, in ten-thousandths.
create table usage_filling (
    package_id uuid not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    amount bigint not null,
    taken bigint not null,
    primary key (package_id, from_at),
    constraint usage_filling_holds check (taken >= 0 and taken <= amount)
);

-- History: only ever added to. What of a record a package has covered.
create table usage_cover (
    instance_id uuid not null,
    number text not null,
    package_id uuid not null,
    filling_from timestamptz not null,
    quantity bigint not null check (quantity > 0),
    covered_at timestamptz not null,
    primary key (instance_id, number, package_id)
);
create index usage_cover_of_package on usage_cover (package_id, filling_from);

-- What of a record packages have covered: the rest is charged.
alter table usage_record add column covered bigint not null default 0;

-- only: sqlite
create trigger usage_cover_no_update before update on usage_cover begin select raise(abort, 'what a package has covered is never changed'); end;
create trigger usage_cover_no_delete before delete on usage_cover begin select raise(abort, 'what a package has covered is never deleted'); end;
-- end
-- only: postgres
create trigger usage_cover_append_only before update or delete or truncate on usage_cover execute function refuse_change();
-- end
