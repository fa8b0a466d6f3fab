-- An order of several lines has a quote for each; those that no line uses are forgotten.
create index order_line_quote on order_line (quote_id);
