-- An order can have several lines. See crates/orders/src/agreed.rs.
-- Which line of its order it is, from 1; sellers' programs know it by that.
alter table order_line add column position bigint not null default 1;
-- Each line has a quote of its own; those that no line uses are forgotten.
create index order_line_quote on order_line (quote_id);
