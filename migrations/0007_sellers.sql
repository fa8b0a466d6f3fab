-- Sellers: applications, admitted sellers, business information, agreements. See crates/sellers/src/lib.rs.
create table seller_application (
    id uuid primary key,
    account_id uuid not null unique,
    state text not null,
    form jsonb not null,
    -- The registration number without spaces and marks, from the submission on: one company, one seller.
    registration_key text,
    submitted_at timestamptz,
    due_at timestamptz,
    decided_at timestamptz,
    reasons jsonb not null,
    created_at timestamptz not null,
    version bigint not null,
    check (state <> 'submitted' or (registration_key is not null and submitted_at is not null and due_at is not null)),
    check (state not in ('approved', 'rejected') or decided_at is not null)
);
create unique index seller_application_company on seller_application (registration_key) where state in ('submitted', 'approved');
create index seller_application_state on seller_application (state, id);

create table seller (
    account_id uuid primary key,
    application_id uuid not null references seller_application (id),
    name text not null,
    registration_number text not null,
    information jsonb not null,
    finance_contact jsonb,
    -- Business information that failed in a row since the last success or lift.
    business_failures bigint not null check (business_failures >= 0),
    admitted_at timestamptz not null,
    version bigint not null
);

create table seller_change (
    id uuid primary key,
    account_id uuid not null references seller (account_id),
    state text not null,
    information jsonb not null,
    submitted_at timestamptz not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    reasons jsonb not null,
    version bigint not null,
    check (state not in ('approved', 'rejected') or decided_at is not null)
);
create unique index seller_change_open on seller_change (account_id) where state = 'submitted';
create index seller_change_account on seller_change (account_id, id);
create index seller_change_state on seller_change (state, id);

create table business_certification (
    id uuid primary key,
    account_id uuid not null references seller (account_id),
    entity text not null,
    regions jsonb not null,
    state text not null,
    account_holder text not null,
    bank text not null,
    account_number_sealed bytea not null,
    account_number_masked text not null,
    taxpayer_identity text not null,
    taxpayer_number text not null,
    submitted_at timestamptz not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    reasons jsonb not null,
    version bigint not null,
    check (state = 'submitted' or (decided_at is not null and decided_by is not null))
);
create unique index business_certification_open on business_certification (account_id, entity) where state = 'submitted';
create unique index business_certification_holds on business_certification (account_id, entity) where state = 'certified';
create index business_certification_account on business_certification (account_id, id);
create index business_certification_state on business_certification (state, id);

-- What was accepted, kept by its hash, and who accepted it: the evidence outlives the policy that named the agreement.
create table agreement_text (
    sha256 text not null,
    version text not null,
    title jsonb not null,
    text jsonb not null,
    first_accepted_at timestamptz not null,
    primary key (sha256, version)
);

create table agreement_acceptance (
    id uuid primary key,
    account_id uuid not null,
    user_id uuid not null,
    sha256 text not null,
    version text not null,
    accepted_at timestamptz not null,
    from_address text not null,
    foreign key (sha256, version) references agreement_text (sha256, version)
);
create index agreement_acceptance_account on agreement_acceptance (account_id, id);

-- only: sqlite
create trigger agreement_text_no_update before update on agreement_text begin select raise(abort, 'evidence is never changed'); end;
create trigger agreement_text_no_delete before delete on agreement_text begin select raise(abort, 'evidence is never deleted'); end;
create trigger agreement_acceptance_no_update before update on agreement_acceptance begin select raise(abort, 'evidence is never changed'); end;
create trigger agreement_acceptance_no_delete before delete on agreement_acceptance begin select raise(abort, 'evidence is never deleted'); end;
-- end
-- only: postgres
create trigger agreement_text_append_only before update or delete or truncate on agreement_text execute function refuse_change();
create trigger agreement_acceptance_append_only before update or delete or truncate on agreement_acceptance execute function refuse_change();
-- end
