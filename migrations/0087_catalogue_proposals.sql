-- What is proposed to the operator against products that are not delivered as they should be. See crates/catalogue/src/lib.rs.
create table measure_proposal (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null,
    occasion text not null,
    state text not null,
    -- Days of failure, or failed orders; and from when on they were counted.
    count bigint not null,
    since timestamptz not null,
    proposed_at timestamptz not null,
    ended_at timestamptz,
    decided_by uuid,
    answer text,
    measure_id uuid
);
create unique index measure_proposal_open on measure_proposal (product_id, occasion) where state = 'open';
create index measure_proposal_of_product on measure_proposal (product_id, occasion, id);
create index measure_proposal_of_seller on measure_proposal (account_id, state);

-- Orders of a product that its seller's system did not fulfil.
create table failed_order (
    product_id uuid not null,
    order_id uuid not null,
    failed_at timestamptz not null,
    trouble text not null,
    primary key (product_id, order_id)
);
create index failed_order_at on failed_order (product_id, failed_at);
