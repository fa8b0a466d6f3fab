-- What sellers' systems were asked about another specification before it was paid, and what they said. See crates/delivery/src/rules/check.rs.
create table change_check (
    errand_id uuid primary key,
    instance_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    -- What all questions have in common that ask the same, and what it is.
    target_key text not null,
    target jsonb not null,
    state text not null,
    -- Why it does not agree, in its seller's words.
    said text,
    asked_at timestamptz not null,
    answered_at timestamptz,
    -- The order line that was bought with it.
    used_by_line_id uuid
);
create index change_check_of_instance on change_check (instance_id, errand_id);
