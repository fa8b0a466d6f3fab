-- How products are rated: sums for lists and the search, and what their pages show first. See crates/catalogue/src/lib.rs.
alter table product add column rated_count bigint not null default 0;
alter table product add column rated_stars bigint not null default 0;

create table product_rating (
    product_id uuid primary key,
    -- How often with how many stars.
    rated_one bigint not null,
    rated_two bigint not null,
    rated_three bigint not null,
    rated_four bigint not null,
    rated_five bigint not null,
    -- The latest reviews, as they are shown.
    first_reviews jsonb not null
);
