-- Authorisation codes: sold ones belong to an instance, test codes to the seller alone. See crates/licensing/src/lib.rs.
create table licence (
    id uuid primary key,
    kind text not null,
    -- The buyer; of a test code the seller itself.
    account_id uuid not null,
    seller_id uuid not null,
    instance_id uuid,
    order_id uuid,
    product_id uuid,
    sku_code text not null,
    attributes jsonb not null,
    quantities jsonb not null,
    code_fingerprint text not null,
    code_sealed bytea not null,
    issued_at timestamptz not null,
    ordered_at timestamptz not null,
    expires_at timestamptz,
    state text not null,
    activated_at timestamptz,
    effective_at timestamptz,
    expired_at timestamptz,
    released_at timestamptz,
    version bigint not null,
    constraint licence_code unique (code_fingerprint),
    constraint licence_instance unique (instance_id)
);
create index licence_of_seller on licence (seller_id, kind, id);

-- What happened to a licence, for both sides.
create table licence_event (
    id uuid primary key,
    account_id uuid not null,
    licence_id uuid not null references licence (id),
    kind text not null,
    happened_at timestamptz not null,
    came_from text
);
create index licence_event_of_licence on licence_event (account_id, licence_id, id);

-- Heartbeats rolled up: one row for a licence and a day of the site's zone.
create table licence_day (
    account_id uuid not null,
    licence_id uuid not null,
    day text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    heartbeats bigint not null,
    seen_from text not null,
    primary key (account_id, licence_id, day)
);

-- Reported use: one row for a client and a day; the row without a client holds the reported total.
create table licence_usage (
    account_id uuid not null,
    licence_id uuid not null,
    day text not null,
    client text not null,
    active_num bigint,
    reported_at timestamptz not null,
    primary key (account_id, licence_id, day, client)
);

-- The site's keys for licence files; one signs, all are published.
create table licence_key (
    id text primary key,
    public_key bytea not null,
    private_sealed bytea not null,
    signs boolean not null,
    made_at timestamptz not null
);
create unique index licence_key_signs on licence_key (signs) where signs;

-- only: sqlite
create trigger licence_event_no_update before update on licence_event begin select raise(abort, 'history is never changed'); end;
create trigger licence_event_no_delete before delete on licence_event begin select raise(abort, 'history is never deleted'); end;
-- end
-- only: postgres
create trigger licence_event_append_only before update or delete or truncate on licence_event execute function refuse_change();
-- end
