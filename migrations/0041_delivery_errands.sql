-- What sellers' systems still have to be told, and what they gave. See crates/delivery/src/lib.rs.
create table errand (
    id uuid primary key,
    kind text not null,
    line_id uuid not null,
    order_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    delivery_id uuid not null,
    -- How the seller's system names the instance, as soon as it is known.
    remote_id text,
    -- It was given back for money: the seller's system is told the order.
    returned boolean not null,
    state text not null,
    tries bigint not null,
    trouble text,
    opened_at timestamptz not null,
    -- A job that falls due earlier looks away.
    due_at timestamptz not null,
    ended_at timestamptz
);
create index errand_of_line on errand (line_id, id);
create index errand_of_seller on errand (seller_id, id);

-- An instance as its seller's system has it.
create table remote_instance (
    line_id uuid primary key,
    account_id uuid not null,
    seller_id uuid not null,
    delivery_id uuid not null,
    instance_id uuid not null,
    remote_id text not null,
    -- How its buyer gets in: addresses, user name, password.
    access_sealed bytea,
    told_at timestamptz,
    constraint remote_instance_name unique (seller_id, remote_id)
);
create unique index remote_instance_of_instance on remote_instance (instance_id);
