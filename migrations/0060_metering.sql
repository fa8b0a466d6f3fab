-- What is used of what is paid as it is used. See crates/metering/src/lib.rs.
create table metered_instance (
    instance_id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    product_id uuid not null,
    line_id uuid not null,
    title jsonb not null,
    -- How its seller's system names it.
    name text not null,
    -- The prices that it was bought at, and the zone of its hours and days.
    terms jsonb not null,
    began_at timestamptz not null,
    closed_at timestamptz,
    -- What was used before is charged.
    charged_until timestamptz not null,
    -- What its meters have counted in their cycles, and the fraction that is not charged yet.
    standing jsonb not null,
    -- Since when charges are unpaid, and since when it is frozen for that.
    unpaid_since timestamptz,
    frozen_at timestamptz,
    -- The times that it was frozen before.
    thawed jsonb not null,
    -- When it is charged next; null: nothing more was expected of it.
    due_at timestamptz,
    -- Whoever writes records or charges of it holds this row.
    turn bigint not null,
    constraint metered_instance_name unique (seller_id, name)
);
create index metered_instance_named on metered_instance (name);
create index metered_instance_of_account on metered_instance (account_id, instance_id);
create index metered_instance_of_seller on metered_instance (seller_id, instance_id);

-- History: only ever added to. Quantities are counted in ten-thousandths.
create table usage_record (
    account_id uuid not null,
    instance_id uuid not null,
    -- What identifies it for the life of the contract.
    number text not null,
    meter text not null,
    quantity bigint not null check (quantity > 0),
    begin_at timestamptz not null,
    end_at timestamptz not null,
    -- Empty where an instance has one record of a meter for the same time only, else the number.
    apart text not null,
    -- Came when its own hour or day was charged already: the one that it is charged with instead.
    late_in timestamptz,
    received_at timestamptz not null,
    primary key (instance_id, number)
);
create unique index usage_record_time on usage_record (instance_id, begin_at, end_at, meter, apart);
create index usage_record_late on usage_record (instance_id, late_in, begin_at, end_at, number) where late_in is not null;

-- What an hour or a day that is not charged yet will be charged with, in time and late.
create table usage_sum (
    instance_id uuid not null,
    period_from timestamptz not null,
    meter text not null,
    late boolean not null,
    -- The whole units of each record, and what each has beyond them in ten-thousandths.
    whole bigint not null,
    rest bigint not null,
    records bigint not null,
    primary key (instance_id, period_from, meter, late)
);

-- Records that were refused, for their seller to mend.
create table usage_refusal (
    id uuid primary key,
    seller_id uuid not null,
    -- The same record refused again is counted, not written again.
    fingerprint text not null,
    sent jsonb not null,
    code text not null,
    times bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    state text not null,
    ended_at timestamptz,
    constraint usage_refusal_once unique (seller_id, fingerprint)
);
create index usage_refusal_of_seller on usage_refusal (seller_id, id);
create index usage_refusal_in_state on usage_refusal (seller_id, state, id);
create index usage_refusal_age on usage_refusal (last_at);

-- What was used in one hour or day, priced.
create table usage_charge (
    id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    instance_id uuid not null,
    line_id uuid not null,
    period_from timestamptz not null,
    period_until timestamptz not null,
    records bigint not null,
    parts jsonb not null,
    currency text not null,
    -- In major units, without a fraction lost.
    exact text not null,
    -- What is posted of it, with the fractions of those before.
    amount bigint not null check (amount >= 0),
    state text not null,
    charged_at timestamptz not null,
    paid_at timestamptz,
    constraint usage_charge_period unique (instance_id, period_from)
);
create index usage_charge_of_account on usage_charge (account_id, state, id);
create index usage_charge_of_seller on usage_charge (seller_id, id);
create index usage_charge_of_instance on usage_charge (instance_id, id);

-- only: sqlite
create trigger usage_record_no_update before update on usage_record begin select raise(abort, 'records of use are never changed'); end;
create trigger usage_record_no_delete before delete on usage_record begin select raise(abort, 'records of use are never deleted'); end;
-- end
-- only: postgres
create trigger usage_record_append_only before update or delete or truncate on usage_record execute function refuse_change();
-- end
