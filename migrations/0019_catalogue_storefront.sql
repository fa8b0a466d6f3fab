-- The shop window: the category tree, tags, the floors of the first page, what people marked and looked at, and what goes
-- well together. See crates/catalogue/src/lib.rs.
create table category (
    code text primary key,
    parent_code text references category (code),
    name jsonb not null,
    position bigint not null,
    -- shown, hidden or merged.
    state text not null,
    -- Where a merged one leads.
    merged_into text references category (code),
    changed_at timestamptz not null
);

create table tag (
    code text primary key,
    name jsonb not null,
    changed_at timestamptz not null
);

create table product_tag (
    tag_code text not null references tag (code),
    product_id uuid not null references product (id),
    primary key (tag_code, product_id)
);
create index product_tag_product on product_tag (product_id);

create table floor (
    id uuid primary key,
    title jsonb not null,
    content jsonb not null,
    position bigint not null,
    shown_from timestamptz not null,
    shown_until timestamptz,
    version bigint not null
);

create table favourite (
    account_id uuid not null,
    user_id uuid not null,
    product_id uuid not null references product (id),
    marked_at timestamptz not null,
    primary key (account_id, user_id, product_id)
);

-- What a user looked at, the latest few only.
create table product_view (
    account_id uuid not null,
    user_id uuid not null,
    product_id uuid not null references product (id),
    seen_at timestamptz not null,
    primary key (account_id, user_id, product_id)
);

-- What goes well with a product, the best first; made anew by a job.
create table recommendation (
    product_id uuid not null references product (id),
    kind text not null,
    place bigint not null,
    other_id uuid not null references product (id),
    primary key (product_id, kind, place)
);

-- How many buyers bought a product within the last year; made anew by the same job.
create table product_sold (
    product_id uuid primary key references product (id),
    buyers bigint not null
);

-- One row: when the job began its last round, and when the next one begins.
create table storefront_round (
    id bigint primary key,
    begun_at timestamptz,
    next_at timestamptz not null
);
