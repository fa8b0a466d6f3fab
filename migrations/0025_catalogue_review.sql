-- The operator's work on a revision. See crates/catalogue/src/lib.rs.
create table review_case (
    revision_id uuid primary key references revision (id),
    access_type text not null,
    -- A second reviewer has to approve too.
    needs_second boolean not null,
    -- What the checks have found; null while they have not run.
    checked_at timestamptz,
    findings jsonb not null,
    failed bigint not null,
    warned bigint not null,
    -- Who works on it, and since when.
    claimed_by uuid,
    claimed_at timestamptz,
    -- The first of two approvals.
    approved_by uuid,
    approved_at timestamptz,
    -- What each reviewer said to the points of the checklist.
    answers jsonb not null
);
insert into review_case (revision_id, access_type, needs_second, findings, failed, warned, answers)
    select id, 'license', false, '[]', 0, 0, '[]' from revision;

-- What a product's texts look like, so that the same text is known again in another product.
create table text_print (
    product_id uuid not null references product (id),
    lang text not null,
    account_id uuid not null,
    -- The least hash of all shingles under each of 64 functions.
    print bytea not null,
    primary key (product_id, lang)
);

-- Prints that have a band in common belong to texts that may be the same.
create table text_print_band (
    band bigint not null,
    product_id uuid not null references product (id),
    lang text not null,
    primary key (band, lang, product_id)
);
create index text_print_band_product on text_print_band (product_id);

create index revision_decided on revision (decided_by, decided_at) where decided_by is not null;

-- What a seller calls its products, for files that describe them.
create table listing_key (
    account_id uuid not null,
    key text not null,
    product_id uuid not null unique references product (id),
    -- The state of the draft that was last written from a file.
    digest text not null,
    applied_at timestamptz not null,
    primary key (account_id, key)
);

-- A file of many listings on its way in.
create table listing_import (
    id uuid primary key,
    account_id uuid not null,
    user_id uuid not null,
    name text not null,
    state text not null,
    submits boolean not null,
    lines bigint not null,
    done bigint not null,
    created bigint not null,
    changed bigint not null,
    unchanged bigint not null,
    refused bigint not null,
    begun_at timestamptz not null,
    ended_at timestamptz
);
create index listing_import_account on listing_import (account_id, id);

create table listing_import_line (
    import_id uuid not null references listing_import (id),
    line bigint not null,
    key text not null,
    outcome text not null,
    product_id uuid,
    -- The listing, until it has been written.
    listing jsonb not null,
    -- What is wrong with it: field and message.
    errors jsonb not null,
    primary key (import_id, line)
);
