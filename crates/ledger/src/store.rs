//! Statements on the ledger's tables.

use kernel::{
    Currency, Error, Page, Result, Timestamp, args,
    id::{AccountId, JournalId, OrderLineId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use uuid::Uuid;

use crate::rules::{Book, BookKind, Posting, Recipe};

pub(crate) async fn insert_journal(
    tx: &mut Tx,
    id: JournalId,
    recipe: Recipe,
    subject: Uuid,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into journal (id, recipe, subject, booked_at) values ($1, $2, $3, $4)",
        args![id, recipe, subject, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_postings(tx: &mut Tx, journal: JournalId, postings: &[Posting]) -> Result<()> {
    let row = |(number, posting): (usize, &Posting)| {
        let Posting { book, line, amount } = *posting;
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        args![journal, number, book.owner, book.kind, book.currency, book.slot, line, amount]
    };
    let rows = postings.iter().enumerate().map(row).collect();
    let insert = "insert into posting (journal_id, number, owner, kind, currency, slot, line_id, amount)";
    tx.insert_rows(insert, rows, "").await?;
    Ok(())
}

/// Changes a balance that may be negative, or grows one that may not.
pub(crate) async fn add(tx: &mut Tx, book: Book, amount: i64) -> Result<()> {
    tx.execute(
        "insert into balance (owner, kind, currency, slot, amount) values ($1, $2, $3, $4, $5) \
         on conflict (owner, kind, currency, slot) do update set amount = balance.amount + excluded.amount",
        args![book.owner, book.kind, book.currency, book.slot, amount],
    )
    .await?;
    Ok(())
}

/// Takes from a balance that must not become negative.
pub(crate) async fn take<E: Into<Error>>(
    tx: &mut Tx,
    book: Book,
    amount: i64,
    short: impl FnOnce() -> E + Send,
) -> Result<()> {
    tx.execute_one(
        "update balance set amount = amount - $1 \
         where owner = $2 and kind = $3 and currency = $4 and slot = $5 and amount >= $1",
        args![amount, book.owner, book.kind, book.currency, book.slot],
        short,
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct Amount {
    pub(crate) amount: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct WalletRow {
    pub(crate) currency: Currency,
    pub(crate) amount: i64,
}

pub(crate) async fn wallets(tx: &mut Tx, account: AccountId) -> Result<Vec<WalletRow>> {
    tx.fetch_all(
        "select currency, amount from balance where owner = $1 and kind = $2 order by currency",
        args![account, BookKind::Wallet],
    )
    .await
}

/// The whole balance of one of the site's books, over all slots.
pub(crate) async fn site_balance(tx: &mut Tx, kind: BookKind, currency: Currency) -> Result<i64> {
    let sql = "select cast(coalesce(sum(amount), 0) as bigint) as amount from balance \
               where owner = $1 and kind = $2 and currency = $3";
    Ok(tx.fetch_one::<Amount>(sql, args![Uuid::nil(), kind, currency]).await?.amount)
}

/// One movement of a wallet as its owner sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct JournalLine {
    pub journal: JournalId,
    pub recipe: Recipe,
    pub subject: Uuid,
    pub currency: Currency,
    pub amount: i64,
    pub booked_at: Timestamp,
}

/// The movements of an account's wallets, newest first; the lines of one journal are one movement.
pub(crate) async fn wallet_lines(
    tx: &mut Tx,
    account: AccountId,
    recipe: Option<Recipe>,
    page: PageOf,
) -> Result<Page<JournalLine>> {
    let rows = tx
        .fetch_all(
            "select j.id as journal, j.recipe, j.subject, p.currency, cast(sum(p.amount) as bigint) as amount, j.booked_at \
             from posting p join journal j on j.id = p.journal_id \
             where p.owner = $1 and p.kind = $2 and ($3 is null or p.journal_id < $3) and ($5 is null or j.recipe = $5) \
             group by j.id, j.recipe, j.subject, p.currency, j.booked_at order by j.id desc limit $4",
            args![account, BookKind::Wallet, page.before, page.fetch(), recipe],
        )
        .await?;
    Ok(page.page(rows, |row: &JournalLine| row.journal.uuid()))
}

/// One posting of the money of an order line, with what it was booked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LinePosting {
    pub journal: JournalId,
    pub recipe: Recipe,
    pub kind: BookKind,
    pub currency: Currency,
    pub amount: i64,
    pub booked_at: Timestamp,
}

/// Every posting of an order line's money, the first first. All of it went through the wallet of the buyer.
pub(crate) async fn line_postings(tx: &mut Tx, buyer: AccountId, line: OrderLineId) -> Result<Vec<LinePosting>> {
    tx.fetch_all(
        "select j.id as journal, j.recipe, p.kind, p.currency, p.amount, j.booked_at from posting w \
         join journal j on j.id = w.journal_id join posting p on p.journal_id = j.id \
         where w.owner = $1 and w.kind = $2 and w.line_id = $3 and p.line_id = $3 order by j.id, p.number",
        args![buyer, BookKind::Wallet, line],
    )
    .await
}

/// One posting with its journal, for seals and checks.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct PostingRow {
    /// 0: not sealed.
    pub(crate) seal: i64,
    pub(crate) journal_id: JournalId,
    pub(crate) number: i64,
    pub(crate) recipe: Recipe,
    pub(crate) subject: Uuid,
    pub(crate) booked_at: Timestamp,
    pub(crate) owner: Uuid,
    pub(crate) kind: BookKind,
    pub(crate) currency: Currency,
    pub(crate) slot: Uuid,
    pub(crate) line_id: Option<OrderLineId>,
    pub(crate) amount: i64,
}

/// The postings of journals that no seal covers yet, in order of the journals' ids.
pub(crate) async fn unsealed(tx: &mut Tx, from: JournalId, journals: u32) -> Result<Vec<PostingRow>> {
    tx.fetch_all(
        "select cast(0 as bigint) as seal, p.journal_id, p.number, j.recipe, j.subject, j.booked_at, p.owner, p.kind, p.currency, p.slot, p.line_id, p.amount \
         from (select j.id, j.recipe, j.subject, j.booked_at from journal j \
               left join sealed_journal s on s.journal_id = j.id \
               where s.journal_id is null and j.id >= $1 order by j.id limit $2) j \
         join posting p on p.journal_id = j.id order by p.journal_id, p.number",
        args![from, journals],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct BookedAt {
    booked_at: Timestamp,
}

/// When the newest journal under the last seal was booked.
pub(crate) async fn newest_sealed_at(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let sql = "select j.booked_at from sealed_journal s join journal j on j.id = s.journal_id \
               where s.seal = (select max(number) from seal) order by s.position desc limit 1";
    Ok(tx.fetch_optional::<BookedAt>(sql, vec![]).await?.map(|row| row.booked_at))
}

/// When the newest journal of all was booked.
pub(crate) async fn newest_at(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let sql = "select booked_at from journal order by id desc limit 1";
    Ok(tx.fetch_optional::<BookedAt>(sql, vec![]).await?.map(|row| row.booked_at))
}

/// The postings of the journals under some seals, in the order in which they were sealed.
pub(crate) async fn sealed_postings(tx: &mut Tx, after: i64, until: i64) -> Result<Vec<PostingRow>> {
    tx.fetch_all(
        "select s.seal, s.journal_id, p.number, j.recipe, j.subject, j.booked_at, p.owner, p.kind, p.currency, p.slot, p.line_id, p.amount \
         from sealed_journal s join journal j on j.id = s.journal_id join posting p on p.journal_id = j.id \
         where s.seal > $1 and s.seal <= $2 order by s.seal, s.position, p.number",
        args![after, until],
    )
    .await
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SealRow {
    pub(crate) number: i64,
    pub(crate) previous: String,
    pub(crate) hash: String,
    pub(crate) journals: i64,
    pub(crate) sealed_at: Timestamp,
}

pub(crate) async fn last_seal(tx: &mut Tx) -> Result<Option<SealRow>> {
    tx.fetch_optional(
        "select number, previous, hash, journals, sealed_at from seal order by number desc limit 1",
        vec![],
    )
    .await
}

pub(crate) async fn seals_after(tx: &mut Tx, number: i64) -> Result<Vec<SealRow>> {
    tx.fetch_all(
        "select number, previous, hash, journals, sealed_at from seal where number > $1 order by number limit 100",
        args![number],
    )
    .await
}

pub(crate) async fn insert_seal(tx: &mut Tx, seal: &SealRow, journals: &[JournalId]) -> Result<()> {
    // Another process that seals at the same moment takes the same number.
    tx.execute(
        "insert into seal (number, previous, hash, journals, sealed_at) values ($1, $2, $3, $4, $5)",
        args![seal.number, &seal.previous, &seal.hash, seal.journals, seal.sealed_at],
    )
    .await
    .on_unique(|| Error::Busy)?;
    let row =
        |(position, id): (usize, &JournalId)| args![*id, seal.number, i64::try_from(position).unwrap_or(i64::MAX)];
    let rows = journals.iter().enumerate().map(row).collect();
    tx.insert_rows("insert into sealed_journal (journal_id, seal, position)", rows, "").await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Unbalanced {
    pub(crate) journal_id: JournalId,
    pub(crate) currency: Currency,
    pub(crate) sum: i64,
}

pub(crate) async fn first_unbalanced(tx: &mut Tx) -> Result<Option<Unbalanced>> {
    tx.fetch_optional(
        "select journal_id, currency, cast(sum(amount) as bigint) as sum from posting \
         group by journal_id, currency having sum(amount) <> 0 order by journal_id limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct Empty {
    pub(crate) id: JournalId,
}

pub(crate) async fn first_without_postings(tx: &mut Tx) -> Result<Option<Empty>> {
    tx.fetch_optional(
        "select j.id from journal j left join posting p on p.journal_id = j.id where p.journal_id is null order by j.id limit 1",
        vec![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) owner: Uuid,
    pub(crate) kind: BookKind,
    pub(crate) currency: Currency,
    pub(crate) slot: Uuid,
    pub(crate) posted: i64,
    pub(crate) kept: i64,
}

/// A balance that is not the sum of its postings.
pub(crate) async fn first_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select owner, kind, currency, slot, cast(sum(posted) as bigint) as posted, cast(sum(kept) as bigint) as kept from \
         (select owner, kind, currency, slot, amount as posted, 0 as kept from posting \
          union all select owner, kind, currency, slot, 0 as posted, amount as kept from balance) both_sides \
         group by owner, kind, currency, slot having sum(posted) <> sum(kept) order by owner, kind, currency, slot limit 1",
        vec![],
    )
    .await
}

pub(crate) async fn first_negative(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select owner, kind, currency, slot, amount as posted, amount as kept from balance \
         where amount < 0 and kind in ($1, $2) order by owner limit 1",
        args![BookKind::Wallet, BookKind::Escrow],
    )
    .await
}

#[derive(Clone, Copy, sqlx::FromRow)]
pub(crate) struct Count {
    pub(crate) count: i64,
}

pub(crate) async fn journals(tx: &mut Tx) -> Result<i64> {
    Ok(tx.fetch_one::<Count>("select count(*) as count from journal", vec![]).await?.count)
}

/// Journals older than a moment that no seal covers.
pub(crate) async fn unsealed_before(tx: &mut Tx, before: Timestamp) -> Result<Option<Empty>> {
    tx.fetch_optional(
        "select j.id from journal j left join sealed_journal s on s.journal_id = j.id \
         where s.journal_id is null and j.booked_at < $1 order by j.id limit 1",
        args![before],
    )
    .await
}
