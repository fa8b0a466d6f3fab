-- A seller's sandbox: in which process it runs, and until when that is believed. What is in it lies in that process alone.
create table sandbox (
    id uuid primary key,
    seller_id uuid not null,
    -- The process, and what people call it.
    node text not null,
    node_name text not null,
    started_at timestamptz not null,
    used_at timestamptz not null,
    -- Unless it is held again by then, its process is lost, and it with it.
    held_until timestamptz not null,
    -- None: it is being made.
    ready_at timestamptz,
    bytes bigint not null,
    constraint sandbox_of_seller unique (seller_id)
);
create index sandbox_of_node on sandbox (node);

-- What one process asks of a sandbox that runs in another one, and the answer. Both are sealed, and gone when it was heard.
create table sandbox_letter (
    id text primary key,
    sandbox_id uuid not null,
    asked_at timestamptz not null,
    letter bytea not null,
    taken boolean not null,
    answer bytea
);
create index sandbox_letter_of_sandbox on sandbox_letter (sandbox_id, taken);
