-- What a seller's system is told of a renewal: of which order line, why, and until when.
alter table errand add column renewal_line_id uuid;
alter table errand add column scene text;
alter table errand add column ends_at timestamptz;
-- The product, where the period of the price has changed.
alter table errand add column renewed_product_id uuid;
