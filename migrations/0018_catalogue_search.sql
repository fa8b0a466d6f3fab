-- What has changed on the shelf, for the search index of every node. See crates/catalogue/src/store/search.rs.
create table search_feed (
    id bigint primary key,
    -- The last change. It rises under a lock that is held to the commit, so that numbers are committed in their order.
    number bigint not null,
    -- Raised when every node shall make its index anew.
    generation bigint not null
);
insert into search_feed (id, number, generation) values (1, 0, 1);

-- The last change of each product that changed.
create table product_change (
    product_id uuid primary key references product (id),
    number bigint not null
);
create index product_change_number on product_change (number);

-- How often a product was sold: one of the things that rank it.
create table product_sales (
    product_id uuid primary key references product (id),
    sold bigint not null
);
insert into product_sales (product_id, sold)
    select l.product_id, count(*) from order_line l join product p on p.id = l.product_id
    where l.state in ('paid', 'delivered') group by l.product_id;
