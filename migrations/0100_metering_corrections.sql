-- Corrections of records of use. See crates/metering/src/lib.rs.
-- History: added to, and decided once. The record stays as it was sent, and so does what was charged for it.
create table usage_correction (
    id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    instance_id uuid not null,
    -- What identifies it among the corrections of its instance.
    number text not null,
    -- The record that it corrects, and of that what a charge has to know.
    record text not null,
    meter text not null,
    begin_at timestamptz not null,
    -- The hour or day with which the record is charged, and whether it came too late for its own.
    charged_with timestamptz not null,
    late boolean not null,
    -- In ten-thousandths: what the record counted, and what of it packages had covered, before and since.
    quantity_before bigint not null,
    covered_before bigint not null,
    quantity bigint not null check (quantity >= 0),
    covered bigint not null,
    reason text not null,
    state text not null,
    -- Its place among those of its instance that count: the row of the instance is held when it is given, clocks differ.
    turn bigint,
    -- Why its buyer has to agree to it, and until when that can be done.
    asks text,
    lapses_at timestamptz,
    -- So much more is charged with it at most, in major units of the currency.
    most text not null,
    -- Its record was charged already when it was counted: the hour or day with which the difference is charged.
    known_in timestamptz,
    corrected_at timestamptz not null,
    decided_at timestamptz,
    constraint usage_correction_once unique (instance_id, number),
    constraint usage_correction_turn unique (instance_id, turn)
);
create index usage_correction_of_record on usage_correction (instance_id, record, turn);
create index usage_correction_of_time on usage_correction (instance_id, begin_at);
create index usage_correction_of_charge on usage_correction (instance_id, charged_with);
create index usage_correction_known_in on usage_correction (instance_id, known_in);
create index usage_correction_of_instance on usage_correction (instance_id, id);
create index usage_correction_of_seller on usage_correction (seller_id, id);

-- History: only ever added to. What a correction has taken of a package, or, below zero, given back to it.
create table usage_correction_cover (
    correction_id uuid not null,
    package_id uuid not null,
    filling_from timestamptz not null,
    quantity bigint not null check (quantity <> 0),
    primary key (correction_id, package_id, filling_from)
);
create index usage_correction_cover_of_package on usage_correction_cover (package_id, filling_from);

-- How many corrections of its records count.
alter table metered_instance add column corrections bigint not null default 0;

-- A correction can make a charge negative: then it is paid back, after what of it was set off against charges that are not paid yet.
alter table usage_charge add column signed_amount bigint not null default 0;
update usage_charge set signed_amount = amount;
alter table usage_charge drop column amount;
alter table usage_charge rename column signed_amount to amount;
-- What of a charge is set off: of one above zero it need not be paid, of one below it is not paid back.
alter table usage_charge add column credited bigint not null default 0;

-- only: sqlite
create trigger usage_correction_no_update before update on usage_correction when old.state <> 'waiting' begin select raise(abort, 'what was decided of a correction is never changed'); end;
create trigger usage_correction_no_delete before delete on usage_correction begin select raise(abort, 'corrections are never deleted'); end;
create trigger usage_correction_cover_no_update before update on usage_correction_cover begin select raise(abort, 'what a correction has covered is never changed'); end;
create trigger usage_correction_cover_no_delete before delete on usage_correction_cover begin select raise(abort, 'what a correction has covered is never deleted'); end;
-- end
-- only: postgres
create trigger usage_correction_decided_once before update on usage_correction for each row when (old.state <> 'waiting') execute function refuse_change();
create trigger usage_correction_append_only before delete or truncate on usage_correction execute function refuse_change();
create trigger usage_correction_cover_append_only before update or delete or truncate on usage_correction_cover execute function refuse_change();
-- end
