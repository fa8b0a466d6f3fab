//! Rows written by hand, to compare: those of a paid order, where nothing is looked up, checked or decided; those of
//! products that nobody has reviewed; a table for PostgreSQL's own full text; and records of use that nobody has checked.

use kernel::{
    Error, Event, Result, Timestamp,
    arg::json,
    args,
    id::{
        AccountId, InstanceId, JobId, JournalId, OrderId, OrderLineId, ProductId, QuoteId, RevisionId, SkuId, SpecId,
        UserId,
    },
};
use orders::StoredQuote;
use platform::{Db, Tx};
use serde_json::Value;
use uuid::Uuid;

use super::goods::Chosen;

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

/// What is written of a product.
pub(super) struct Listed {
    pub(super) account: AccountId,
    pub(super) listing: Value,
    pub(super) at: Timestamp,
    /// How often it was rated, and with how many stars in all.
    pub(super) rated: (u64, u64),
}

/// Products on sale with their approved revisions, which nobody has reviewed.
pub(super) async fn write_products(tx: &mut Tx, listings: Vec<Listed>, now: Timestamp) -> Result<Vec<ProductId>> {
    let (mut ids, mut products, mut revisions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut specs, mut skus) = (Vec::new(), Vec::new());
    for Listed { account, listing, at, rated: (count, stars) } in listings {
        let (product, revision) = (ProductId::new(now), RevisionId::new(now));
        let (spec, sku, sku_code) = (SpecId::new(now), SkuId::new(now), product.to_string());
        let runs_on = listing["specs"][0]["skus"][0]["values"]["os"].as_str();
        let values = runs_on.map(|system| format!("os={system}")).unwrap_or_default();
        let identities = serde_json::json!({
            "specs": { "standard": spec },
            "skus": { "standard": { &values: { "sku": sku, "sku_code": sku_code } } },
        });
        specs.push(args![spec, product, "standard"]);
        skus.push(args![sku, account, product, spec, values, sku_code, revision]);
        let content = serde_json::json!({ "listing": listing, "identities": identities });
        products.push(args![
            product,
            account,
            "on_sale",
            json(&serde_json::json!({})),
            1_i64,
            now,
            now,
            revision,
            at,
            i64::try_from(count).map_err(Error::fault)?,
            i64::try_from(stars).map_err(Error::fault)?
        ]);
        revisions.push(args![
            revision,
            account,
            product,
            1_i64,
            "approved",
            json(&content),
            now,
            UserId::new(now),
            now,
            json(&serde_json::json!([]))
        ]);
        ids.push(product);
    }
    tx.insert_rows(
        "insert into product (id, account_id, state, draft, version, created_at, edited_at, revision_id, listed_at, rated_count, \
         rated_stars)",
        products,
        "",
    )
    .await?;
    tx.insert_rows(
        "insert into revision (id, account_id, product_id, number, state, content, submitted_at, submitted_by, due_at, reasons)",
        revisions,
        "",
    )
    .await?;
    tx.insert_rows("insert into spec (id, product_id, code)", specs, "").await?;
    let insert = "insert into sku (id, account_id, product_id, spec_id, values_key, sku_code, revision_id)";
    tx.insert_rows(insert, skus, "").await?;
    Ok(ids)
}

/// A table for PostgreSQL's own full text.
pub(super) async fn prepare_text_search(tx: &mut Tx) -> Result<()> {
    tx.execute(
        "create table bench_text (number bigint primary key, category text not null, kind text not null, mode text not null, \
         system text not null, mark text not null, price bigint not null, trial bigint not null, tenths bigint not null, \
         en text not null, zh text not null, \
         words tsvector generated always as (to_tsvector('english', en) || to_tsvector('simple', zh)) stored)",
        args![],
    )
    .await?;
    Ok(())
}

/// What is searched of some listings, and how they were rated.
pub(super) async fn write_texts(
    tx: &mut Tx,
    first: u64,
    listings: impl Iterator<Item = (Value, (u64, u64))>,
) -> Result<()> {
    let text = |listing: &Value, lang: &str| {
        let parts = ["name", "summary", "description"].map(|part| listing[part][lang].as_str().unwrap_or_default());
        parts.join(" ")
    };
    let first = i64::try_from(first).map_err(Error::fault)?;
    let rows = (first..).zip(listings).map(|(number, (listing, (count, stars)))| {
        let word = |pointer: &str| listing.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let billing = &listing["specs"][0]["skus"][0]["billing"];
        let base = [&billing["price"]["base"], &billing["month"]["price"]["base"]].into_iter().find_map(Value::as_str);
        let price: i64 = base.and_then(|base| base.trim_end_matches(".00").parse().ok()).unwrap_or_default();
        let tenths = i64::try_from((stars * 10).checked_div(count).unwrap_or_default()).unwrap_or_default();
        args![
            number,
            word("/categories/0"),
            word("/access_type"),
            word("/specs/0/billing_mode"),
            word("/specs/0/skus/0/values/os"),
            word("/certifications/0/code"),
            price,
            i64::from(listing["specs"][0]["trial_days"].is_u64()),
            tenths,
            text(&listing, "en"),
            pairs(&text(&listing, "zh"))
        ]
    });
    let insert = "insert into bench_text (number, category, kind, mode, system, mark, price, trial, tenths, en, zh)";
    tx.insert_rows(insert, rows.collect(), "").await?;
    Ok(())
}

pub(super) async fn index_texts(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute("create index bench_text_words on bench_text using gin (words)", args![]).await?;
    tx.commit().await?;
    let mut tx = db.begin().await?;
    tx.execute("analyze bench_text", args![]).await?;
    tx.commit().await
}

#[derive(sqlx::FromRow)]
struct Line {
    count: i64,
}

/// The question with all filters, each of which an empty value leaves out.
macro_rules! text_search {
    ($words:literal) => {
        concat!(
            "with asked as (select plainto_tsquery('english', $1) && plainto_tsquery('simple', $2) as q), \
             found as materialized (select t.number, t.category, t.mode, ts_rank(t.words, a.q) as rank \
             from bench_text t, asked a where ",
            $words,
            "($3 = '' or t.category = $3) and ($4 = '' or t.kind = $4) and ($5 = '' or t.mode = $5) \
             and ($6 = '' or t.system = $6) and ($7 = '' or t.mark = $7) \
             and ($8 = 0 or (t.price >= 100 and t.price < 1000)) and t.trial >= $9 and t.tenths >= $10) \
             (select number as count from found order by rank desc limit 24) union all \
             (select count(*) from found group by category) union all (select count(*) from found group by mode)"
        )
    };
}

/// The best 24 and the counts of two kinds; how many rows that are.
pub(super) async fn find_texts(tx: &mut Tx, words: &[String], chosen: &Chosen) -> Result<i64> {
    let (latin, han): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.is_ascii());
    let joined = |words: Vec<&String>| words.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let text = |value: Option<&'static str>| value.unwrap_or_default();
    let Chosen { category, kind, mode, system, mark, is_of_hundreds, has_trial, rated_four, .. } = chosen;
    let args = args![
        joined(latin),
        pairs(&joined(han)),
        text(*category),
        text(*kind),
        text(*mode),
        text(*system),
        text(*mark),
        i64::from(*is_of_hundreds),
        i64::from(*has_trial),
        i64::from(*rated_four) * 40
    ];
    let lines: Vec<Line> = tx
        .fetch_all(if words.is_empty() { text_search!("") } else { text_search!("t.words @@ a.q and ") }, args)
        .await?;
    Ok(lines.iter().map(|line| line.count).sum())
}

/// Pairs of Chinese characters that follow each other, parted by blanks: PostgreSQL has no dictionary for it.
fn pairs(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let is_han = |c: &char| !c.is_ascii() && c.is_alphabetic();
    let pair = |two: &[char]| two.iter().all(is_han).then(|| two.iter().collect::<String>());
    characters.windows(2).filter_map(pair).collect::<Vec<_>>().join(" ")
}

/// A record of use, and whose it is.
#[derive(Clone)]
pub(super) struct Used {
    pub(super) buyer: AccountId,
    pub(super) instance: InstanceId,
    pub(super) number: String,
    pub(super) quantity: i64,
    pub(super) begin: Timestamp,
    pub(super) end: Timestamp,
}

impl Used {
    fn row(&self, now: Timestamp) -> Vec<kernel::Arg> {
        let late: Option<Timestamp> = None;
        let Self { buyer, instance, number, quantity, begin, end } = self;
        args![*buyer, *instance, number, "calls", *quantity, *begin, *end, "", late, now]
    }

    /// The same in the text format of COPY.
    fn line(&self, now: Timestamp) -> String {
        let Self { buyer, instance, number, quantity, begin, end } = self;
        let (buyer, instance) = (buyer.uuid(), instance.uuid());
        format!("{buyer}\t{instance}\t{number}\tcalls\t{quantity}\t{begin}\t{end}\t\t\\N\t{now}\n")
    }
}

/// A table like that of records of use, with its key and without what keeps times apart.
pub(super) async fn prepare_usage(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(
        "create table bench_usage (account_id uuid not null, instance_id uuid not null, number text not null, meter text not null, \
         quantity bigint not null, begin_at timestamptz not null, end_at timestamptz not null, apart text not null, \
         late_in timestamptz, received_at timestamptz not null, primary key (instance_id, number))",
        vec![],
    )
    .await?;
    tx.commit().await
}

/// A batch of records, unchecked, in one statement and one commit.
pub(super) async fn insert_usage(db: &Db, records: &[Used], now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let insert = "insert into bench_usage (account_id, instance_id, number, meter, quantity, begin_at, end_at, apart, late_in, \
                  received_at)";
    tx.insert_rows(insert, records.iter().map(|record| record.row(now)).collect(), "").await?;
    tx.commit().await
}

/// The same by PostgreSQL's own bulk load.
pub(super) async fn copy_usage(connection: &mut sqlx::PgConnection, records: &[Used], now: Timestamp) -> Result<()> {
    let lines: String = records.iter().map(|record| record.line(now)).collect();
    let mut copy = connection.copy_in_raw("copy bench_usage from stdin").await.map_err(Error::fault)?;
    copy.send(lines.as_bytes()).await.map_err(Error::fault)?;
    copy.finish().await.map_err(Error::fault)?;
    Ok(())
}

/// Records of use where they are charged from, as if each had been checked.
pub(super) async fn write_usage(db: &Db, records: &[Used], now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let insert = "insert into usage_record (account_id, instance_id, number, meter, quantity, begin_at, end_at, apart, late_in, \
                  received_at)";
    tx.insert_rows(insert, records.iter().map(|record| record.row(now)).collect(), "").await?;
    tx.commit().await
}

#[derive(sqlx::FromRow)]
struct Quantity {
    quantity: i64,
}

/// Reads every record of an instance in the order of their time, and adds them up.
pub(super) async fn read_usage(tx: &mut Tx, instance: InstanceId) -> Result<i64> {
    let sql = "select quantity from usage_record where instance_id = $1 order by begin_at, end_at, number";
    Ok(tx.fetch_all::<Quantity>(sql, args![instance]).await?.iter().map(|row| row.quantity).sum())
}
