-- Try-outs that a seller keeps by a name, to be sent again at any time.
create table production_case (
    id uuid primary key,
    seller_id uuid not null,
    name text not null,
    -- In which form of call it is sent, and which scenario of the interface it tries.
    form text not null,
    scenario text not null,
    -- What was chosen and typed.
    trial jsonb not null,
    added_at timestamptz not null,
    constraint production_case_name unique (seller_id, name)
);

-- How each went last, at each address.
create table production_case_result (
    case_id uuid not null,
    address_id uuid not null,
    seller_id uuid not null,
    call_id uuid not null,
    passed boolean not null,
    trouble text,
    checks jsonb not null,
    ran_at timestamptz not null,
    -- It is to be sent there again.
    asked_again boolean not null,
    primary key (case_id, address_id)
);
create index production_case_result_of_seller on production_case_result (seller_id, address_id);

-- Since when all cases are to be sent to it; none: they were.
alter table production_address add column cases_asked_at timestamptz;

-- Of a try-out: what was chosen and typed, and how each check went.
alter table production_call add column trial jsonb;
alter table production_call add column checks jsonb;
