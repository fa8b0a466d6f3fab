-- What stands beside the price on products' pages, written by those below who lower prices.
create table shelf_note (
    -- What it speaks of; whoever wrote it takes it away by this.
    about uuid not null,
    -- For the products of one seller; null: of all.
    seller_id uuid,
    -- For one product; null: for all of the seller's.
    product_id uuid,
    text jsonb not null,
    from_at timestamptz not null,
    until_at timestamptz not null
);
create index shelf_note_about on shelf_note (about);
create index shelf_note_until on shelf_note (until_at);
