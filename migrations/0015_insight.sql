-- What the operator tells everybody. See crates/insight/src/lib.rs.
create table announcement (
    id uuid primary key,
    title jsonb not null,
    text jsonb not null,
    shown_from timestamptz not null,
    shown_until timestamptz not null,
    written_by uuid not null,
    written_at timestamptz not null
);
create index announcement_shown on announcement (shown_until, id);
