-- The probes of sellers' systems. See crates/production/src/lib.rs.
create table production_probe (
    id uuid primary key,
    seller_id uuid not null,
    address_id uuid not null,
    -- As it was when it was probed.
    url text not null,
    form text not null,
    begun_at timestamptz not null,
    ended_at timestamptz,
    outcome text not null,
    -- How many cases were sent, and how those went that failed.
    cases bigint not null,
    failed jsonb not null
);
create index production_probe_of_seller on production_probe (seller_id, id);
create index production_probe_begun on production_probe (begun_at);
-- One at a time.
create unique index production_probe_running on production_probe (seller_id) where outcome = 'running';

-- When systems are probed next.
create table production_probing (
    id bigint primary key,
    next_at timestamptz not null
);
