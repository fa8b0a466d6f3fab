-- Notices to people: the inbox, and what leaves by mail and SMS. See crates/messages.
create table message (
    id uuid primary key,
    account_id uuid not null,
    user_id uuid not null,
    topic text not null,
    title jsonb not null,
    body jsonb not null,
    sealed_letter bytea,
    mail_to text,
    sms_to text,
    lang text not null,
    state text not null,
    created_at timestamptz not null,
    read_at timestamptz,
    -- Each way by itself, so that what has gone one way does not go again because the other one failed.
    mailed_at timestamptz,
    texted_at timestamptz,
    sent_at timestamptz
);
create index message_inbox on message (account_id, user_id, id);
create index message_unread on message (account_id, user_id) where read_at is null;

create table message_preference (
    account_id uuid not null,
    user_id uuid not null,
    topic text not null,
    mail boolean not null,
    sms boolean not null,
    version bigint not null,
    primary key (account_id, user_id, topic)
);
