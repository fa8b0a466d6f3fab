-- Quotations of a seller for one buyer. See crates/quotations/src/lib.rs.
create table private_offer (
    id uuid primary key,
    -- The seller's.
    account_id uuid not null,
    buyer_id uuid not null,
    state text not null,
    -- What the seller works on; the buyer reads versions.
    draft jsonb not null,
    -- The version that was sent last; 0: none.
    version bigint not null check (version >= 0),
    created_at timestamptz not null,
    changed_at timestamptz not null,
    ended_at timestamptz,
    ended_by uuid
);
create index private_offer_account on private_offer (account_id, id);
create index private_offer_buyer on private_offer (buyer_id, id);

create table private_offer_version (
    offer_id uuid not null references private_offer (id),
    version bigint not null,
    content jsonb not null,
    sent_at timestamptz not null,
    sent_by uuid not null,
    primary key (offer_id, version)
);

create table private_offer_message (
    id uuid primary key,
    offer_id uuid not null references private_offer (id),
    account_id uuid not null,
    user_id uuid not null,
    text text not null,
    sent_at timestamptz not null
);
create index private_offer_message_offer on private_offer_message (offer_id, id);

-- What is paid of an accepted offer, and when; each becomes an order.
create table private_offer_instalment (
    id uuid primary key,
    offer_id uuid not null references private_offer (id),
    number bigint not null,
    due_at timestamptz not null,
    currency text not null,
    amount bigint not null check (amount >= 0),
    -- What of it falls on each line.
    shares jsonb not null,
    state text not null,
    order_id uuid unique,
    unique (offer_id, number)
);

-- What was sent and said stays.
-- only: sqlite
create trigger private_offer_version_no_update before update on private_offer_version begin select raise(abort, 'versions are never changed'); end;
create trigger private_offer_version_no_delete before delete on private_offer_version begin select raise(abort, 'versions are never deleted'); end;
create trigger private_offer_message_no_update before update on private_offer_message begin select raise(abort, 'messages are never changed'); end;
create trigger private_offer_message_no_delete before delete on private_offer_message begin select raise(abort, 'messages are never deleted'); end;
-- end
-- only: postgres
create trigger private_offer_version_append_only before update or delete or truncate on private_offer_version execute function refuse_change();
create trigger private_offer_message_append_only before update or delete or truncate on private_offer_message execute function refuse_change();
-- end
