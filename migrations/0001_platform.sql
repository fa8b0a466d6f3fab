-- Jobs: events that wait to be told. See crates/platform/src/jobs.rs.
create table job (
    id uuid primary key,
    lane text not null,
    event jsonb not null,
    due_at timestamptz not null,
    created_at timestamptz not null,
    attempts bigint not null,
    lease uuid,
    leased_until timestamptz,
    last_error text,
    dead_at timestamptz
);
create index job_due on job (lane, due_at, id) where dead_at is null;

-- The first answer to a change that a client may repeat. See crates/platform/src/http/once.rs.
create table once (
    scope text not null,
    key text not null,
    request_hash text not null,
    status bigint not null,
    answer jsonb not null,
    created_at timestamptz not null,
    primary key (scope, key)
);
create index once_created on once (created_at);

-- Something sealed under the master key, to know it again. See crates/platform/src/vault.rs.
create table vault_check (
    id bigint primary key,
    sealed bytea not null
);
