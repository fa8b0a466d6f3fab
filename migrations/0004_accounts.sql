-- Who buys, sells and operates, and how they prove it. See crates/accounts.
create table account (
    id uuid primary key,
    kind text not null,
    name text not null,
    slug text not null,
    search_key text not null,
    verified boolean not null,
    verified_name text,
    seller boolean not null,
    version bigint not null,
    created_at timestamptz not null
);
create unique index account_slug on account (slug);
-- A site has one operator.
create unique index account_operator on account (kind) where kind = 'operator';

create table account_user (
    id uuid primary key,
    account_id uuid not null references account (id),
    role text not null,
    name text not null,
    email text,
    by_email boolean not null,
    mobile text,
    lang text not null,
    password_hash text,
    disabled_at timestamptz,
    totp_secret bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint not null,
    last_sign_in_at timestamptz,
    version bigint not null,
    created_at timestamptz not null
);
create unique index account_user_name on account_user (account_id, name);
create unique index account_user_email on account_user (email) where by_email;

-- Tries to sign in since the last success, by user, or by what was given as a name when there is no such user: both cost
-- the same work. For each address, and for all of them where the place is empty. Also when somebody last asked for a new
-- password, or was told that signing in was paused.
create table sign_in_try (
    who text not null,
    place text not null,
    failures bigint not null,
    locked_until timestamptz,
    last_at timestamptz not null,
    primary key (who, place)
);
create index sign_in_try_last on sign_in_try (last_at);

-- What stands in for a lost authenticator, each once.
create table recovery_code (
    user_id uuid not null references account_user (id),
    code_mac text not null,
    used_at timestamptz,
    primary key (user_id, code_mac)
);

create table user_session (
    id uuid primary key,
    account_id uuid not null references account (id),
    user_id uuid not null references account_user (id),
    token_hash text not null unique,
    from_address text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index user_session_user on user_session (account_id, user_id, id);

-- Links by which a user chooses a password: after forgetting one, or when invited.
create table sign_in_link (
    token_hash text primary key,
    account_id uuid not null references account (id),
    user_id uuid not null references account_user (id),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index sign_in_link_user on sign_in_link (account_id, user_id);

create table api_token (
    id uuid primary key,
    account_id uuid not null references account (id),
    user_id uuid not null references account_user (id),
    name text not null,
    token_hash text not null unique,
    scopes jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_token_account on api_token (account_id, id);

create table access_key (
    id uuid primary key,
    account_id uuid not null references account (id),
    user_id uuid not null references account_user (id),
    name text not null,
    access text not null unique,
    sealed_secret bytea not null,
    scopes jsonb not null,
    active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    last_used_at timestamptz
);
create index access_key_account on access_key (account_id, id);

-- Signatures of changes, each good once, for as long as their date is accepted.
create table used_signature (
    access_key_id uuid not null,
    signature bytea not null,
    signed_at timestamptz not null,
    primary key (access_key_id, signature)
);
create index used_signature_signed on used_signature (signed_at);

create table verification (
    id uuid primary key,
    account_id uuid not null references account (id),
    kind text not null,
    name text not null,
    country text not null,
    sealed_number bytea not null,
    representative text,
    documents jsonb not null,
    state text not null,
    submitted_by uuid not null,
    submitted_at timestamptz not null,
    due_at timestamptz not null,
    decided_by uuid,
    decided_at timestamptz,
    reason text
);
create index verification_account on verification (account_id, id);
create unique index verification_pending on verification (account_id) where state = 'pending';
create index verification_state on verification (state, id);

create table audit_entry (
    id uuid primary key,
    account_id uuid,
    user_id uuid,
    actor text not null,
    action text not null,
    target text not null,
    detail jsonb not null,
    from_address text not null,
    at timestamptz not null
);
create index audit_entry_account on audit_entry (account_id, id);

-- only: sqlite
create trigger audit_entry_not_changed before update on audit_entry
begin
    select raise(abort, 'the audit log is only ever added to');
end;
create trigger audit_entry_not_removed before delete on audit_entry
begin
    select raise(abort, 'the audit log is only ever added to');
end;
-- end
-- only: postgres
create function audit_entry_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only ever added to';
end
$$;
create trigger audit_entry_kept before update or delete on audit_entry
    for each row execute function audit_entry_refuse();
create trigger audit_entry_not_emptied before truncate on audit_entry
    for each statement execute function audit_entry_refuse();
-- end
