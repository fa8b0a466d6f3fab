-- Sellers' own systems: where they are, and what was said to them. See crates/production/src/lib.rs.
create table production_address (
    id uuid primary key,
    seller_id uuid not null,
    url text not null,
    state text not null,
    -- Deliveries go there.
    in_use boolean not null,
    key_sealed bytea,
    key_hint text,
    key_made_at timestamptz,
    -- A key that is made and not used yet.
    next_sealed bytea,
    next_hint text,
    next_made_at timestamptz,
    added_at timestamptz not null,
    verified_at timestamptz,
    version bigint not null,
    constraint production_address_url unique (seller_id, url)
);
create unique index production_address_in_use on production_address (seller_id) where in_use;

-- Every call that was made, with what came back.
create table production_call (
    id uuid primary key,
    seller_id uuid not null,
    address_id uuid not null,
    -- What it was made for; none: a proof or the debugger.
    errand_id uuid,
    activity text not null,
    test boolean not null,
    url text not null,
    request text not null,
    sent_at timestamptz not null,
    took_millis bigint not null,
    -- Why no answer came.
    no_answer text,
    status bigint,
    content_type text,
    -- Without passwords.
    answer_shown text not null,
    -- As it came, until it has had its effect.
    answer_sealed bytea,
    trouble text,
    settled boolean not null
);
create index production_call_of_seller on production_call (seller_id, id);
create index production_call_of_errand on production_call (errand_id, id) where errand_id is not null;
