-- Amendments of accepted private offers. See crates/quotations/src/lib.rs.
-- What came of the lines of an accepted offer, as it is told of their delivery and of their end.
create table private_offer_term (
    offer_id uuid not null references private_offer (id),
    -- From 0.
    line bigint not null,
    instance_id uuid not null unique,
    begins_at timestamptz not null,
    -- The end that is paid for; null: it does not end.
    ends_at timestamptz,
    -- It was given back or has ended for good.
    is_over boolean not null,
    primary key (offer_id, line)
);

create table private_offer_amendment (
    offer_id uuid not null references private_offer (id),
    number bigint not null,
    state text not null,
    -- What was sent; it never changes.
    content jsonb not null,
    sent_at timestamptz not null,
    sent_by uuid not null,
    ended_at timestamptz,
    ended_by uuid,
    -- The version of the offer that its acceptance made.
    version bigint,
    primary key (offer_id, number)
);
-- One at a time lies before the buyer.
create unique index private_offer_amendment_open on private_offer_amendment (offer_id) where state = 'proposed';

-- Which amendment made an instalment, and which has put others in its place.
alter table private_offer_instalment add column made_by bigint;
alter table private_offer_instalment add column replaced_by bigint;
