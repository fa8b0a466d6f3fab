create table top_up (
    id uuid primary key,
    account_id uuid not null,
    channel text not null,
    currency text not null,
    declared bigint not null,
    reference text not null,
    payer text not null,
    declared_at timestamptz not null,
    state text not null,
    received bigint,
    bank_reference text unique,
    reason text,
    decided_at timestamptz
);
create index top_up_account on top_up (account_id, id);
create index top_up_reference on top_up (reference);
