//! Statements on `coupon`.

use kernel::{
    Error, Page, Result, Timestamp, args,
    id::{AccountId, CouponBatchId, CouponId, OrderId},
    page::PageOf,
};
use platform::{OnUnique, Tx};

use super::batches::BatchRow;
use crate::rules::{Coupon, CouponState, CouponUse, OfferRefused, Taken};

#[derive(sqlx::FromRow)]
struct CouponRow {
    id: CouponId,
    batch_id: CouponBatchId,
    account_id: Option<AccountId>,
    state: CouponState,
    made_at: Timestamp,
    order_id: Option<OrderId>,
    used_at: Option<Timestamp>,
}

impl CouponRow {
    fn coupon(self) -> Coupon {
        let Self { id, batch_id, account_id, state, made_at, order_id, used_at } = self;
        Coupon { id, batch: batch_id, account: account_id, state, made_at, order: order_id, used_at }
    }
}

/// A coupon with its batch.
#[derive(sqlx::FromRow)]
struct TakenRow {
    #[sqlx(flatten)]
    batch: BatchRow,
    id: CouponId,
    account_id: Option<AccountId>,
    state: CouponState,
    made_at: Timestamp,
    order_id: Option<OrderId>,
    used_at: Option<Timestamp>,
}

impl TakenRow {
    fn taken(self) -> Result<Taken> {
        let Self { batch, id, account_id, state, made_at, order_id, used_at } = self;
        let batch = batch.batch()?;
        let coupon = Coupon { id, batch: batch.id, account: account_id, state, made_at, order: order_id, used_at };
        Ok(Taken { coupon, batch })
    }
}

macro_rules! taken {
    ($rest:literal) => {
        concat!(
            "select b.id as batch_id, b.account_id as issuer_id, b.issuer, b.state as batch_state, b.content, b.count_max, \
             b.per_customer_max, b.issued, b.shown, b.platform_basis_points, b.valid_from, b.valid_until, b.created_at, \
             b.voided_at as batch_voided_at, c.id, c.account_id, c.state, c.made_at, c.order_id, c.used_at \
             from coupon c join coupon_batch b on b.id = c.batch_id ",
            $rest
        )
    };
}

/// A coupon that somebody got at once.
pub(crate) async fn insert_held(tx: &mut Tx, coupon: &Coupon) -> Result<()> {
    tx.execute(
        "insert into coupon (id, batch_id, account_id, state, made_at, held_at) values ($1, $2, $3, $4, $5, $5)",
        args![coupon.id, coupon.batch, coupon.account, coupon.state, coupon.made_at],
    )
    .await?;
    Ok(())
}

/// A code that is printed: its hash to find it by, its text under seal.
pub(crate) struct Printed {
    pub(crate) id: CouponId,
    pub(crate) code_hash: String,
    pub(crate) sealed_code: Vec<u8>,
}

pub(crate) async fn insert_printed(
    tx: &mut Tx,
    batch: CouponBatchId,
    printed: Vec<Printed>,
    now: Timestamp,
) -> Result<()> {
    let row = |one: Printed| args![one.id, batch, CouponState::Printed, one.code_hash, one.sealed_code, now];
    let insert = "insert into coupon (id, batch_id, state, code_hash, sealed_code, made_at)";
    // Two codes that are the same would be a wonder: all are drawn again.
    tx.insert_rows(insert, printed.into_iter().map(row).collect(), "").await.on_unique(|| Error::Busy)?;
    Ok(())
}

pub(crate) async fn by_code(tx: &mut Tx, code_hash: &str) -> Result<Option<Taken>> {
    let row: Option<TakenRow> = tx.fetch_optional(taken!("where c.code_hash = $1"), args![code_hash]).await?;
    row.map(TakenRow::taken).transpose()
}

pub(crate) async fn find(tx: &mut Tx, id: CouponId) -> Result<Option<Taken>> {
    let row: Option<TakenRow> = tx.fetch_optional(taken!("where c.id = $1"), args![id]).await?;
    row.map(TakenRow::taken).transpose()
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: CouponId) -> Result<Option<Taken>> {
    let sql = taken!("where c.id = $1 and c.account_id = $2");
    let row: Option<TakenRow> = tx.fetch_optional(sql, args![id, account]).await?;
    row.map(TakenRow::taken).transpose()
}

/// The coupons of an account, newest first.
pub(crate) async fn list_for(
    tx: &mut Tx,
    account: AccountId,
    state: Option<CouponState>,
    page: PageOf,
) -> Result<Page<Taken>> {
    let sql = taken!(
        "where c.account_id = $1 and ($2 is null or c.state = $2) and ($3 is null or c.id < $3) order by c.id desc limit $4"
    );
    let rows: Vec<TakenRow> = tx.fetch_all(sql, args![account, state, page.before, page.fetch()]).await?;
    let taken = rows.into_iter().map(TakenRow::taken).collect::<Result<Vec<_>>>()?;
    Ok(page.page(taken, |taken| taken.coupon.id.uuid()))
}

/// What an account can use now or will, what ends first first.
pub(crate) async fn usable(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<Vec<Taken>> {
    let sql = taken!(
        "where c.account_id = $1 and c.state = $2 and b.valid_until > $3 order by b.valid_until, c.id limit 100"
    );
    let rows: Vec<TakenRow> = tx.fetch_all(sql, args![account, CouponState::Held, now]).await?;
    rows.into_iter().map(TakenRow::taken).collect()
}

/// Gives a printed code to whoever redeemed it; somebody who was faster has it already.
pub(crate) async fn redeem(tx: &mut Tx, id: CouponId, account: AccountId, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update coupon set state = $1, account_id = $2, held_at = $3 where id = $4 and state = $5",
        args![CouponState::Held, account, now, id, CouponState::Printed],
        || OfferRefused::CodeRedeemed,
    )
    .await
}

/// Uses a coupon for an order. Whoever comes second, or with somebody else's, is refused.
pub(crate) async fn consume(
    tx: &mut Tx,
    account: AccountId,
    used: &CouponUse,
    order: OrderId,
    now: Timestamp,
) -> Result<()> {
    tx.execute_one(
        "update coupon set state = $1, order_id = $2, used_at = $3, saved = $4 \
         where id = $5 and account_id = $6 and state = $7 \
         and exists (select 1 from coupon_batch b where b.id = coupon.batch_id and b.state = 'open' and b.valid_until > $3)",
        args![CouponState::Used, order, now, used.saved.minor(), used.coupon, account, CouponState::Held],
        || OfferRefused::Used,
    )
    .await
}

/// Gives the coupons of an order back: held again, or voided when their batch was in the meantime.
pub(crate) async fn give_back(tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<u64> {
    let voided = tx
        .execute(
            "update coupon set state = $1, voided_at = $2, order_id = null, used_at = null, saved = null \
             where order_id = $3 and state = $4 \
             and exists (select 1 from coupon_batch b where b.id = coupon.batch_id and b.state = 'voided')",
            args![CouponState::Voided, now, order, CouponState::Used],
        )
        .await?;
    let held = tx
        .execute(
            "update coupon set state = $1, order_id = null, used_at = null, saved = null where order_id = $2 and state = $3",
            args![CouponState::Held, order, CouponState::Used],
        )
        .await?;
    Ok(voided + held)
}

/// Voids what is left of a batch; what was used stays with its order.
pub(crate) async fn void_rest(tx: &mut Tx, batch: CouponBatchId, now: Timestamp) -> Result<u64> {
    tx.execute(
        "update coupon set state = $1, voided_at = $2 where batch_id = $3 and state in ($4, $5)",
        args![CouponState::Voided, now, batch, CouponState::Printed, CouponState::Held],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    account_id: AccountId,
}

/// Whose coupons were voided with their batch: so many of them in the order of their ids, from the first or after one.
pub(crate) async fn holders_voided(
    tx: &mut Tx,
    (batch, after): (CouponBatchId, Option<AccountId>),
    most: usize,
) -> Result<Vec<AccountId>> {
    let sql = "select s.account_id from coupon_share s where s.batch_id = $1 and ($2 is null or s.account_id > $2) \
               and exists (select 1 from coupon c where c.account_id = s.account_id and c.batch_id = s.batch_id and c.state = $3) \
               order by s.account_id limit $4";
    let most = i64::try_from(most).map_err(Error::fault)?;
    let rows: Vec<HolderRow> = tx.fetch_all(sql, args![batch, after, CouponState::Voided, most]).await?;
    Ok(rows.into_iter().map(|row| row.account_id).collect())
}

/// The coupons of a batch, newest first.
pub(crate) async fn of_batch(tx: &mut Tx, batch: CouponBatchId, page: PageOf) -> Result<Page<Coupon>> {
    let rows: Vec<CouponRow> = tx
        .fetch_all(
            "select id, batch_id, account_id, state, made_at, order_id, used_at from coupon \
             where batch_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![batch, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row| row.id.uuid()).map(CouponRow::coupon))
}

/// A printed code under its seal.
#[derive(sqlx::FromRow)]
pub(crate) struct CodeRow {
    pub(crate) id: CouponId,
    pub(crate) state: CouponState,
    pub(crate) sealed_code: Vec<u8>,
    pub(crate) made_at: Timestamp,
}

/// The printed codes of a batch, in the order of their printing.
pub(crate) async fn codes(tx: &mut Tx, batch: CouponBatchId) -> Result<Vec<CodeRow>> {
    tx.fetch_all(
        "select id, state, sealed_code, made_at from coupon where batch_id = $1 and sealed_code is not null order by id",
        args![batch],
    )
    .await
}
