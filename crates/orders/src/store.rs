//! Statements on `quote`, `purchase_order` and `order_line`.

pub(crate) mod drift;
pub(crate) mod limits;

use kernel::{
    Currency, Error, Localized, Money, Page, Result, Timestamp,
    arg::{Arg, json},
    args,
    id::{AccountId, OrderId, OrderLineId, ProductId, QuoteId, RevisionId, SkuId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{
    Content, Customer, Line, LineState, Listed, Order, OrderKind, OrderRefused, Sort, State, StateName, StoredQuote,
    Wanted,
};

#[derive(sqlx::FromRow)]
struct QuoteRow {
    id: QuoteId,
    account_id: AccountId,
    seller_id: AccountId,
    product_id: ProductId,
    revision_id: RevisionId,
    sku_id: SkuId,
    content: Json<Content>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl QuoteRow {
    fn quote(self) -> StoredQuote {
        StoredQuote {
            id: self.id,
            account: self.account_id,
            seller: self.seller_id,
            product: self.product_id,
            revision: self.revision_id,
            sku: self.sku_id,
            content: self.content.0,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }
}

pub(crate) async fn insert_quote(tx: &mut Tx, quote: &StoredQuote) -> Result<()> {
    tx.execute(
        "insert into quote (id, account_id, seller_id, product_id, revision_id, sku_id, content, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            quote.id,
            quote.account,
            quote.seller,
            quote.product,
            quote.revision,
            quote.sku,
            json(&quote.content),
            quote.created_at,
            quote.expires_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find_quote_for(tx: &mut Tx, account: AccountId, id: QuoteId) -> Result<Option<StoredQuote>> {
    let row: Option<QuoteRow> = tx
        .fetch_optional(
            "select id, account_id, seller_id, product_id, revision_id, sku_id, content, created_at, expires_at \
             from quote where id = $1 and account_id = $2",
            args![id, account],
        )
        .await?;
    Ok(row.map(QuoteRow::quote))
}

/// Quotes that nobody accepted are forgotten.
pub(crate) async fn forget_quotes(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(
        // Older ones were looked at before and have been accepted.
        "delete from quote where expires_at < $1 and expires_at >= $2 \
         and not exists (select 1 from order_line l where l.quote_id = quote.id)",
        args![before, before.plus_days(-30)],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: OrderId,
    number: String,
    kind: OrderKind,
    account_id: AccountId,
    seller_id: AccountId,
    quote_id: QuoteId,
    currency: Currency,
    total: i64,
    placed_at: Timestamp,
    due_at: Timestamp,
    state: StateName,
    paid_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl OrderRow {
    fn order(self) -> Order {
        let paid_at = self.paid_at.unwrap_or(self.placed_at);
        let at = self.ended_at.unwrap_or(paid_at);
        let state = match self.state {
            StateName::Placed => State::Placed { due_at: self.due_at },
            StateName::Paid => State::Paid { paid_at },
            StateName::Completed => State::Completed { paid_at, completed_at: self.completed_at.unwrap_or(paid_at) },
            StateName::Cancelled => State::Cancelled { at },
            StateName::Refunded => State::Refunded { paid_at, completed_at: self.completed_at, at },
        };
        Order {
            id: self.id,
            number: self.number,
            kind: self.kind,
            account: self.account_id,
            seller: self.seller_id,
            quote: self.quote_id,
            total: Money::of(self.total, self.currency),
            placed_at: self.placed_at,
            state,
        }
    }
}

macro_rules! orders {
    ($rest:literal) => {
        concat!(
            "select o.id, o.number, o.kind, o.account_id, o.seller_id, o.quote_id, o.currency, o.total, o.placed_at, o.due_at, \
             o.state, o.paid_at, o.completed_at, o.ended_at from purchase_order o ",
            $rest
        )
    };
}

/// The same with what was bought, for lists.
macro_rules! listed {
    ($($rest:literal),+) => {
        concat!(
            "select o.id, o.number, o.kind, o.account_id, o.seller_id, o.quote_id, o.currency, o.total, o.placed_at, o.due_at, \
             o.state, o.paid_at, o.completed_at, o.ended_at, q.content from purchase_order o \
             join quote q on q.id = o.quote_id ",
            $($rest),+
        )
    };
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    order: OrderRow,
    content: Json<Content>,
}

impl ListedRow {
    fn listed(self) -> Listed {
        Listed { order: self.order.order(), title: self.content.0.title }
    }
}

/// When the order was paid, when it was completed, and when it ended without being kept.
fn moments(state: State) -> [Option<Timestamp>; 3] {
    match state {
        State::Placed { .. } => [None, None, None],
        State::Paid { paid_at } => [Some(paid_at), None, None],
        State::Completed { paid_at, completed_at } => [Some(paid_at), Some(completed_at), None],
        State::Cancelled { at } => [None, None, Some(at)],
        State::Refunded { paid_at, completed_at, at } => [Some(paid_at), completed_at, Some(at)],
    }
}

/// Keeps a new order; `due_at` is until when it has to be paid.
pub(crate) async fn insert(tx: &mut Tx, order: &Order, due_at: Timestamp) -> Result<()> {
    let [paid_at, completed_at, ended_at] = moments(order.state);
    let inserted = tx
        .execute(
            "insert into purchase_order (id, number, account_id, seller_id, quote_id, currency, total, placed_at, due_at, \
             state, paid_at, completed_at, ended_at, kind) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             on conflict (quote_id) do nothing",
            args![
                order.id,
                &order.number,
                order.account,
                order.seller,
                order.quote,
                order.total.currency(),
                order.total.minor(),
                order.placed_at,
                due_at,
                order.state.name(),
                paid_at,
                completed_at,
                ended_at,
                order.kind
            ],
        )
        .await
        // Two orders of one minute drew the same number: the next try draws another.
        .on_unique(|| Error::Busy)?;
    if inserted == 1 { Ok(()) } else { Err(OrderRefused::QuoteUsed.into()) }
}

pub(crate) async fn insert_line(tx: &mut Tx, line: &Line, quote: QuoteId) -> Result<()> {
    let changes = line.content.changes.as_ref();
    tx.execute(
        "insert into order_line (id, order_id, account_id, seller_id, product_id, sku_id, quote_id, currency, amount, state, \
         position, renews_instance_id, changes_instance_id, changes_line_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        args![
            line.id,
            line.order,
            line.account,
            line.seller,
            line.product,
            line.sku,
            quote,
            line.amount.currency(),
            line.amount.minor(),
            line.state,
            i64::from(line.position),
            line.content.renews.map(|renews| renews.instance),
            changes.map(|changes| changes.instance),
            changes.map(|changes| changes.before)
        ],
    )
    .await?;
    Ok(())
}

/// Lets others who move lines of the same order wait until this transaction ends, so that each sees what those before it did.
pub(crate) async fn take_turn(tx: &mut Tx, order: OrderId) -> Result<()> {
    tx.execute("update purchase_order set state = state where id = $1", args![order]).await?;
    Ok(())
}

/// Saves a move from `from`; somebody who was faster has made another one.
pub(crate) async fn save(tx: &mut Tx, order: &Order, from: StateName) -> Result<()> {
    let [paid_at, completed_at, ended_at] = moments(order.state);
    tx.execute_one(
        "update purchase_order set state = $1, paid_at = $2, completed_at = $3, ended_at = $4 where id = $5 and state = $6",
        args![order.state.name(), paid_at, completed_at, ended_at, order.id, from],
        || Error::Busy,
    )
    .await
}

/// Moves all lines of an order from one state to another.
pub(crate) async fn move_lines(tx: &mut Tx, order: OrderId, from: LineState, to: LineState) -> Result<u64> {
    tx.execute("update order_line set state = $1 where order_id = $2 and state = $3", args![to, order, from]).await
}

/// Moves one line; it must be in the state that it is moved from.
pub(crate) async fn move_line(tx: &mut Tx, line: OrderLineId, from: LineState, to: LineState) -> Result<()> {
    let sql = "update order_line set state = $1 where id = $2 and state = $3";
    tx.execute_one(sql, args![to, line, from], || Error::Busy).await
}

pub(crate) async fn find(tx: &mut Tx, id: OrderId) -> Result<Option<Order>> {
    Ok(tx.fetch_optional::<OrderRow>(orders!("where o.id = $1"), args![id]).await?.map(OrderRow::order))
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: OrderId) -> Result<Option<Order>> {
    let sql = orders!("where o.id = $1 and o.account_id = $2");
    Ok(tx.fetch_optional::<OrderRow>(sql, args![id, account]).await?.map(OrderRow::order))
}

pub(crate) async fn find_for_seller(tx: &mut Tx, seller: AccountId, id: OrderId) -> Result<Option<Order>> {
    // An order that was never paid is the buyer's own affair.
    let sql = orders!("where o.id = $1 and o.seller_id = $2 and o.paid_at is not null");
    Ok(tx.fetch_optional::<OrderRow>(sql, args![id, seller]).await?.map(OrderRow::order))
}

pub(crate) async fn sold_by_number(tx: &mut Tx, seller: AccountId, number: &str) -> Result<Option<Order>> {
    let sql = orders!("where o.number = $1 and o.seller_id = $2 and o.paid_at is not null");
    Ok(tx.fetch_optional::<OrderRow>(sql, args![number, seller]).await?.map(OrderRow::order))
}

/// A list's statement in each order. Rows are chosen by `$where`; the page begins behind the order `$before`, which `$own`
/// has to let through too: by an order of somebody else nobody may learn where its total stands among their own.
macro_rules! sorted {
    ($sort:expr, $where:literal, $own:literal, $before:literal, $limit:literal) => {
        match $sort {
            Sort::Newest => listed!(
                $where,
                " and (",
                $before,
                " is null or o.id < ",
                $before,
                ") order by o.id desc limit ",
                $limit
            ),
            Sort::Oldest => {
                listed!($where, " and (", $before, " is null or o.id > ", $before, ") order by o.id limit ", $limit)
            }
            Sort::Dearest => listed!(
                $where,
                " and (",
                $before,
                " is null or (o.total, o.id) < (select b.total, b.id from purchase_order b where b.id = ",
                $before,
                " and ",
                $own,
                ")) order by o.total desc, o.id desc limit ",
                $limit
            ),
            Sort::Cheapest => listed!(
                $where,
                " and (",
                $before,
                " is null or (o.total, o.id) > (select b.total, b.id from purchase_order b where b.id = ",
                $before,
                " and ",
                $own,
                ")) order by o.total, o.id limit ",
                $limit
            ),
        }
    };
}

async fn page_of(tx: &mut Tx, sql: &'static str, args: Vec<Arg>, page: PageOf) -> Result<Page<Listed>> {
    let rows: Vec<ListedRow> = tx.fetch_all(sql, args).await?;
    Ok(page.page(rows, |row| row.order.id.uuid()).map(ListedRow::listed))
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, wanted: Wanted, page: PageOf) -> Result<Page<Listed>> {
    let sql = sorted!(
        wanted.sort,
        "where o.account_id = $1 and ($2 is null or o.state = $2) and ($5 is null or o.kind = $5)",
        "b.account_id = $1",
        "$3",
        "$4"
    );
    page_of(tx, sql, args![account, wanted.state, page.before, page.fetch(), wanted.kind], page).await
}

pub(crate) async fn list_for_seller(
    tx: &mut Tx,
    seller: AccountId,
    wanted: Wanted,
    page: PageOf,
) -> Result<Page<Listed>> {
    let sql = sorted!(
        wanted.sort,
        "where o.seller_id = $1 and o.paid_at is not null and ($2 is null or o.state = $2) and ($5 is null or o.kind = $5)",
        "b.seller_id = $1 and b.paid_at is not null",
        "$3",
        "$4"
    );
    page_of(tx, sql, args![seller, wanted.state, page.before, page.fetch(), wanted.kind], page).await
}

/// The orders of all accounts, for the operator.
pub(crate) async fn list(
    tx: &mut Tx,
    account: Option<AccountId>,
    wanted: Wanted,
    page: PageOf,
) -> Result<Page<Listed>> {
    let sql = sorted!(
        wanted.sort,
        "where ($1 is null or o.account_id = $1) and ($2 is null or o.state = $2) and ($5 is null or o.kind = $5)",
        "($1 is null or b.account_id = $1)",
        "$3",
        "$4"
    );
    page_of(tx, sql, args![account, wanted.state, page.before, page.fetch(), wanted.kind], page).await
}

#[derive(sqlx::FromRow)]
struct CustomerRow {
    account_id: AccountId,
    id: OrderId,
    number: String,
    placed_at: Timestamp,
    currency: Currency,
    orders: i64,
    kept: i64,
}

/// Who bought from a seller: each account once for each currency, with its latest paid order first.
pub(crate) async fn customers(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Customer>> {
    let rows: Vec<CustomerRow> = tx
        .fetch_all(
            "select o.account_id, o.id, o.number, o.placed_at, o.currency, \
             (select count(*) from purchase_order c where c.account_id = o.account_id and c.seller_id = o.seller_id \
              and c.currency = o.currency and c.paid_at is not null and c.kind <> $4) as orders, \
             (select cast(coalesce(sum(l.amount), 0) as bigint) from purchase_order c join order_line l on l.order_id = c.id \
              where c.account_id = o.account_id and c.seller_id = o.seller_id and c.currency = o.currency \
              and c.paid_at is not null and c.kind <> $4 and l.state in ('paid', 'delivered')) as kept \
             from purchase_order o where o.seller_id = $1 and o.paid_at is not null and o.kind <> $4 and ($2 is null or o.id < $2) \
             and not exists (select 1 from purchase_order n where n.account_id = o.account_id and n.seller_id = o.seller_id \
              and n.currency = o.currency and n.paid_at is not null and n.kind <> $4 and n.id > o.id) \
             order by o.id desc limit $3",
            args![seller, page.before, page.fetch(), OrderKind::Trial],
        )
        .await?;
    let customer = |row: CustomerRow| Customer {
        account: row.account_id,
        last_order: row.id,
        last_number: row.number,
        last_at: row.placed_at,
        orders: row.orders,
        kept: Money::of(row.kept, row.currency),
    };
    Ok(page.page(rows, |row| row.id.uuid()).map(customer))
}

#[derive(sqlx::FromRow)]
struct LineRow {
    id: OrderLineId,
    order_id: OrderId,
    account_id: AccountId,
    seller_id: AccountId,
    position: i64,
    product_id: ProductId,
    sku_id: SkuId,
    currency: Currency,
    amount: i64,
    state: LineState,
    content: Json<Content>,
}

impl LineRow {
    fn line(self) -> Line {
        Line {
            id: self.id,
            order: self.order_id,
            account: self.account_id,
            seller: self.seller_id,
            position: u32::try_from(self.position).unwrap_or(u32::MAX),
            product: self.product_id,
            sku: self.sku_id,
            amount: Money::of(self.amount, self.currency),
            state: self.state,
            content: self.content.0,
        }
    }
}

macro_rules! lines {
    ($rest:literal) => {
        concat!(
            "select l.id, l.order_id, l.account_id, l.seller_id, l.position, l.product_id, l.sku_id, l.currency, l.amount, \
             l.state, q.content from order_line l join quote q on q.id = l.quote_id ",
            $rest
        )
    };
}

pub(crate) async fn lines(tx: &mut Tx, order: OrderId) -> Result<Vec<Line>> {
    let rows: Vec<LineRow> = tx.fetch_all(lines!("where l.order_id = $1 order by l.position"), args![order]).await?;
    Ok(rows.into_iter().map(LineRow::line).collect())
}

pub(crate) async fn find_line(tx: &mut Tx, id: OrderLineId) -> Result<Option<Line>> {
    Ok(tx.fetch_optional::<LineRow>(lines!("where l.id = $1"), args![id]).await?.map(LineRow::line))
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    revision_id: RevisionId,
}

/// The revision of its product under which a line was bought.
pub(crate) async fn revision_of(tx: &mut Tx, line: OrderLineId) -> Result<Option<RevisionId>> {
    let sql = "select q.revision_id from order_line l join quote q on q.id = l.quote_id where l.id = $1";
    Ok(tx.fetch_optional::<RevisionRow>(sql, args![line]).await?.map(|row| row.revision_id))
}

#[derive(sqlx::FromRow)]
struct TitleRow {
    id: OrderLineId,
    content: Json<Content>,
}

/// As many as are asked for at once: a page of a list, mostly.
pub(crate) const TITLES: usize = 20;

/// What was bought by up to [`TITLES`] lines.
pub(crate) async fn titles(tx: &mut Tx, lines: &[OrderLineId]) -> Result<Vec<(OrderLineId, Localized)>> {
    let Some(last) = lines.last() else { return Ok(Vec::new()) };
    let args = (0..TITLES).map(|place| lines.get(place).unwrap_or(last)).flat_map(|id| args![*id]).collect();
    let sql = "select l.id, q.content from order_line l join quote q on q.id = l.quote_id where l.id in \
               ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let rows: Vec<TitleRow> = tx.fetch_all(sql, args).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.content.0.title)).collect())
}
