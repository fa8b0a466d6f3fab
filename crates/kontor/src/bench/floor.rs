//! The rows of a paid order, written by hand: nothing is looked up, checked or decided.

use kernel::{
    Error, Event, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, JobId, JournalId, OrderId, OrderLineId, ProductId, QuoteId, SkuId},
};
use orders::StoredQuote;
use platform::Tx;
use uuid::Uuid;

/// What an order's rows hold that our code would have to find out.
#[derive(Clone, Copy)]
pub(super) struct Known {
    buyer: AccountId,
    seller: AccountId,
    product: ProductId,
    sku: SkuId,
    minor: i64,
    currency: kernel::Currency,
}

impl Known {
    pub(super) fn of(quote: &StoredQuote) -> Self {
        let total = quote.content.quote.total;
        Self {
            buyer: quote.account,
            seller: quote.seller,
            product: quote.product,
            sku: quote.sku,
            minor: total.minor(),
            currency: total.currency(),
        }
    }
}

/// The seven statements of an order; the books stay in order.
pub(super) async fn write_order(tx: &mut Tx, known: &Known, quote: QuoteId, now: Timestamp) -> Result<()> {
    let Known { buyer, seller, product, sku, minor, currency } = *known;
    let (order, line, journal) = (OrderId::new(now), OrderLineId::new(now), JournalId::new(now));
    let nobody = Uuid::nil();
    tx.execute(
        "insert into purchase_order (id, number, account_id, seller_id, quote_id, currency, total, placed_at, due_at, state, \
         paid_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 'paid', $8)",
        args![order, order.to_string(), buyer, seller, quote, currency, minor, now],
    )
    .await?;
    tx.execute(
        "insert into order_line (id, order_id, account_id, seller_id, product_id, sku_id, quote_id, currency, amount, state) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'paid')",
        args![line, order, buyer, seller, product, sku, quote, currency, minor],
    )
    .await?;
    tx.execute(
        "insert into balance (owner, kind, currency, slot, amount) values ($1, 'escrow', $2, $3, $4) \
         on conflict (owner, kind, currency, slot) do update set amount = balance.amount + excluded.amount",
        args![nobody, currency, buyer, minor],
    )
    .await?;
    tx.execute_one(
        "update balance set amount = amount - $1 \
         where owner = $2 and kind = 'wallet' and currency = $3 and slot = $4 and amount >= $1",
        args![minor, buyer, currency, nobody],
        || Error::fault("the bench's buyer has run out of money"),
    )
    .await?;
    tx.execute(
        "insert into journal (id, recipe, subject, booked_at) values ($1, 'sale', $2, $3)",
        args![journal, order.uuid(), now],
    )
    .await?;
    tx.execute(
        "insert into posting (journal_id, number, owner, kind, currency, slot, line_id, amount) \
         values ($1, 0, $2, 'wallet', $3, $4, $5, $6), ($1, 1, $4, 'escrow', $3, $2, $5, $7)",
        args![journal, buyer, currency, nobody, line, -minor, minor],
    )
    .await?;
    tx.execute(
        "insert into job (id, lane, event, due_at, created_at, attempts) values ($1, 'inside', $2, $3, $3, 0)",
        args![JobId::new(now), json(&Event::OrderPaid { order }), now],
    )
    .await?;
    Ok(())
}
