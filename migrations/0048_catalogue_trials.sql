-- Trials. See crates/catalogue/src/rules/trial.rs.
-- To whom the trials of a product are offered, beside what its revision says.
alter table product add column trials text not null default 'everybody';

-- The accounts that may try a product whose trials are for them alone (试用白名单).
create table trial_account (
    product_id uuid not null references product (id),
    account_id uuid not null,
    added_at timestamptz not null,
    added_by uuid not null,
    primary key (product_id, account_id)
);

-- One trial of a spec for each account, for ever.
create table trial_taken (
    account_id uuid not null,
    spec_id uuid not null references spec (id),
    order_id uuid not null unique,
    taken_at timestamptz not null,
    primary key (account_id, spec_id)
);
