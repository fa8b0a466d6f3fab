-- What accounts owe because their wallets did not hold it. See crates/payments/src/lib.rs.
create table debt (
    account_id uuid primary key,
    -- An amount for each currency; none: everything is paid.
    owed jsonb not null,
    -- Whoever settles what an account owes holds this row.
    turn bigint not null
);
