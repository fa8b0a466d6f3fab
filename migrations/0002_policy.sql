create table policy (
    id uuid primary key,
    source jsonb not null,
    effective_from timestamptz not null unique,
    published_at timestamptz not null,
    published_by text not null
);
