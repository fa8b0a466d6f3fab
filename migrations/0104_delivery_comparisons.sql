-- What is owned beside what sellers' systems have of it. See crates/delivery/src/lib.rs.
create table comparison (
    line_id uuid primary key,
    seller_id uuid not null,
    compared_at timestamptz not null,
    -- In what both sides differ; none: in nothing that is known.
    difference text,
    since timestamptz,
    told_at timestamptz,
    by_hand_since timestamptz,
    -- It is over on both sides.
    is_over boolean not null
);
create index comparison_differing on comparison (seller_id, line_id) where difference is not null;

-- When they are compared next.
create table comparing (
    id bigint primary key,
    next_at timestamptz not null
);
