-- Changes of specification of what buyers own. See crates/changes/src/lib.rs.
create table instance_change (
    -- The order line that pays for it.
    line_id uuid primary key,
    instance_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    order_id uuid not null,
    state text not null,
    asked_at timestamptz not null,
    ended_at timestamptz
);
create index instance_change_of_instance on instance_change (instance_id, line_id);
