//! Statements on `coupon_batch` and `coupon_share`.

use kernel::{
    Currency, Error, Money, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, CouponBatchId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Batch, BatchState, Counts, CouponState, Issuer, OfferRefused, Terms};

#[derive(sqlx::FromRow)]
pub(super) struct BatchRow {
    #[sqlx(rename = "batch_id")]
    id: CouponBatchId,
    #[sqlx(rename = "issuer_id")]
    account_id: AccountId,
    issuer: Issuer,
    #[sqlx(rename = "batch_state")]
    state: BatchState,
    content: Json<Terms>,
    count_max: i64,
    per_customer_max: i64,
    issued: i64,
    shown: bool,
    platform_basis_points: i64,
    valid_from: Timestamp,
    valid_until: Timestamp,
    created_at: Timestamp,
    #[sqlx(rename = "batch_voided_at")]
    voided_at: Option<Timestamp>,
}

impl BatchRow {
    pub(super) fn batch(self) -> Result<Batch> {
        let count = |number: i64| u32::try_from(number).map_err(Error::fault);
        Ok(Batch {
            id: self.id,
            account: self.account_id,
            issuer: self.issuer,
            state: self.state,
            terms: self.content.0,
            count_max: count(self.count_max)?,
            per_customer_max: count(self.per_customer_max)?,
            issued: self.issued,
            shown: self.shown,
            platform_basis_points: count(self.platform_basis_points)?,
            valid: Period { from: self.valid_from, until: self.valid_until },
            created_at: self.created_at,
            voided_at: self.voided_at,
        })
    }
}

/// The columns of a batch, for statements that begin with them.
macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "select b.id as batch_id, b.account_id as issuer_id, b.issuer, b.state as batch_state, b.content, b.count_max, \
             b.per_customer_max, b.issued, b.shown, b.platform_basis_points, b.valid_from, b.valid_until, b.created_at, \
             b.voided_at as batch_voided_at from coupon_batch b ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, batch: &Batch) -> Result<()> {
    tx.execute(
        "insert into coupon_batch (id, account_id, issuer, state, content, currency, count_max, per_customer_max, issued, \
         shown, platform_basis_points, valid_from, valid_until, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        args![
            batch.id,
            batch.account,
            batch.issuer,
            batch.state,
            json(&batch.terms),
            batch.terms.value.currency(),
            batch.count_max,
            batch.per_customer_max,
            batch.issued,
            batch.shown,
            batch.platform_basis_points,
            batch.valid.from,
            batch.valid.until,
            batch.created_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: CouponBatchId) -> Result<Option<Batch>> {
    let row: Option<BatchRow> = tx.fetch_optional(batches!("where b.id = $1"), args![id]).await?;
    row.map(BatchRow::batch).transpose()
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: CouponBatchId) -> Result<Option<Batch>> {
    let sql = batches!("where b.id = $1 and b.account_id = $2");
    let row: Option<BatchRow> = tx.fetch_optional(sql, args![id, account]).await?;
    row.map(BatchRow::batch).transpose()
}

/// The batches of an issuer, or of all.
pub(crate) async fn list(tx: &mut Tx, account: Option<AccountId>, page: PageOf) -> Result<Page<Batch>> {
    let sql =
        batches!("where ($1 is null or b.account_id = $1) and ($2 is null or b.id < $2) order by b.id desc limit $3");
    let rows: Vec<BatchRow> = tx.fetch_all(sql, args![account, page.before, page.fetch()]).await?;
    let batches = rows.into_iter().map(BatchRow::batch).collect::<Result<Vec<_>>>()?;
    Ok(page.page(batches, |batch| batch.id.uuid()))
}

/// What buyers may take themselves now of a seller and of the operator, what ends first first.
pub(crate) async fn shown(tx: &mut Tx, seller: AccountId, now: Timestamp) -> Result<Vec<Batch>> {
    let sql = batches!(
        "where b.shown and b.state = 'open' and b.valid_until > $2 and (b.account_id = $1 or b.issuer = $3) \
         and b.issued < b.count_max order by b.valid_until, b.id limit 100"
    );
    let rows: Vec<BatchRow> = tx.fetch_all(sql, args![seller, now, Issuer::Operator]).await?;
    rows.into_iter().map(BatchRow::batch).collect()
}

/// Takes so many coupons from what a batch may still give out. False: it gives no more, or not so many.
pub(crate) async fn take(tx: &mut Tx, batch: CouponBatchId, count: u32) -> Result<bool> {
    let sql = "update coupon_batch set issued = issued + $1 where id = $2 and state = $3 and issued + $1 <= count_max";
    Ok(tx.execute(sql, args![count, batch, BatchState::Open]).await? == 1)
}

/// Counts one more coupon of a batch for an account, within what one account may have.
pub(crate) async fn share(tx: &mut Tx, batch: &Batch, account: AccountId) -> Result<()> {
    tx.execute_one(
        "insert into coupon_share (batch_id, account_id, count) values ($1, $2, 1) on conflict (batch_id, account_id) \
         do update set count = coupon_share.count + 1 where coupon_share.count < $3",
        args![batch.id, account, batch.per_customer_max],
        || OfferRefused::ShareTaken(batch.per_customer_max),
    )
    .await
}

#[derive(sqlx::FromRow)]
struct ShareRow {
    count: i64,
}

/// How many coupons of a batch an account has got.
pub(crate) async fn shared(tx: &mut Tx, batch: CouponBatchId, account: AccountId) -> Result<i64> {
    let sql = "select count from coupon_share where batch_id = $1 and account_id = $2";
    Ok(tx.fetch_optional::<ShareRow>(sql, args![batch, account]).await?.map_or(0, |row| row.count))
}

/// Ends a batch; somebody who was faster has ended it already.
pub(crate) async fn void(tx: &mut Tx, id: CouponBatchId, now: Timestamp) -> Result<()> {
    tx.execute_one(
        "update coupon_batch set state = $1, voided_at = $2 where id = $3 and state = $4",
        args![BatchState::Voided, now, id, BatchState::Open],
        || OfferRefused::BatchVoided,
    )
    .await
}

pub(crate) async fn set_platform_part(tx: &mut Tx, id: CouponBatchId, basis_points: u32) -> Result<()> {
    tx.execute_one(
        "update coupon_batch set platform_basis_points = $1 where id = $2 and state = $3",
        args![basis_points, id, BatchState::Open],
        || OfferRefused::BatchVoided,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct CountRow {
    state: CouponState,
    count: i64,
    saved: i64,
}

/// How the coupons of a batch stand.
pub(crate) async fn counts(tx: &mut Tx, id: CouponBatchId, currency: Currency) -> Result<Counts> {
    let rows: Vec<CountRow> = tx
        .fetch_all(
            "select state, count(*) as count, cast(coalesce(sum(saved), 0) as bigint) as saved from coupon \
             where batch_id = $1 group by state",
            args![id],
        )
        .await?;
    let of = |state| rows.iter().find(|row| row.state == state);
    let count = |state| of(state).map_or(0, |row| row.count);
    Ok(Counts {
        printed: count(CouponState::Printed),
        held: count(CouponState::Held),
        used: count(CouponState::Used),
        voided: count(CouponState::Voided),
        saved: Money::of(of(CouponState::Used).map_or(0, |row| row.saved), currency),
    })
}
