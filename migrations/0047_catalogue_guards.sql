-- What keeps two who act at once from undoing each other. See crates/catalogue/src/lib.rs.

-- The order lines that count as sold. Each counts once, and no more when it is given back.
create table product_sale (
    line_id uuid primary key,
    product_id uuid not null references product (id)
);
create index product_sale_product on product_sale (product_id);
insert into product_sale (line_id, product_id)
    select l.id, l.product_id from order_line l join product p on p.id = l.product_id
    where l.state in ('paid', 'delivered');
-- What was given back stood in the count for ever.
update product_sales set sold = (select count(*) from product_sale s where s.product_id = product_sales.product_id);
update search_feed set generation = generation + 1;

-- One row, taken by whoever changes which categories there are or which of them products stand in, until the end of it.
create table category_lock (
    id bigint primary key,
    taken bigint not null
);
insert into category_lock (id, taken) values (1, 0);

-- An import that runs has one of its account's places.
alter table listing_import add column place bigint;
update listing_import set place = (select count(*) from listing_import o where o.account_id = listing_import.account_id
    and o.state = 'running' and o.id <= listing_import.id) where state = 'running';
create unique index listing_import_place on listing_import (account_id, place) where place is not null;
