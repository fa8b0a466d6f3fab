-- Further terms of what buyers own, and what happens when a term ends. See crates/renewals/src/lib.rs.
create table renewal (
    line_id uuid primary key,
    instance_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    order_id uuid not null,
    -- By hand or automatically.
    cause text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    renewed_at timestamptz not null,
    returned_at timestamptz
);
create index renewal_of_instance on renewal (instance_id, line_id);

create table expiry_plan (
    instance_id uuid primary key,
    account_id uuid not null,
    policy text not null,
    -- What its buyer has agreed to: how long, and for how much at most.
    consent jsonb,
    -- Why the last automatic renewal did not succeed.
    trouble text,
    tried_at timestamptz,
    -- A timer that falls due earlier looks away.
    look_at timestamptz,
    version bigint not null
);

-- What a buyer was told about an end, each once.
create table expiry_notice (
    instance_id uuid not null,
    ends_at timestamptz not null,
    about text not null,
    told_at timestamptz not null,
    primary key (instance_id, ends_at, about)
);
