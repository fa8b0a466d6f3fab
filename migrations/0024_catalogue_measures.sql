-- What the operator does against a product: delisting it or freezing its trade. See crates/catalogue/src/rules/measure.rs.
create table product_measure (
    id uuid primary key,
    account_id uuid not null,
    product_id uuid not null references product (id),
    kind text not null,
    state text not null,
    -- The statement of reasons: which rule was broken, what was found, what can be done.
    rule text not null,
    facts text not null,
    remedy text not null,
    taken_at timestamptz not null,
    taken_by uuid not null,
    -- When it ends by itself; null: when it is lifted.
    until timestamptz,
    appeal_until timestamptz not null,
    appeal text,
    appeal_document_id uuid,
    appealed_at timestamptz,
    appealed_by uuid,
    appeal_due_at timestamptz,
    ended_at timestamptz,
    decided_by uuid,
    answer text
);
create index product_measure_account on product_measure (account_id, id);
create index product_measure_product on product_measure (product_id);
create index product_measure_appealed on product_measure (appeal_due_at, id) where state = 'appealed';
