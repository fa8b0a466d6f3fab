//! Statements on `reseller`, `resale` and `offer_turn`.

use std::collections::BTreeSet;

use kernel::{
    Error, Invalid, Page, Result, Timestamp, args,
    id::{AccountId, ProductId, ResaleId, UserId},
    page::PageOf,
};
use platform::{OnUnique, Tx};
use uuid::Uuid;

use crate::rules::{AUTHORISED_ALREADY, OfferRefused, Resale, ResaleFor, ResaleLevel, ResaleState};

#[derive(sqlx::FromRow)]
struct Row {
    id: ResaleId,
    account_id: AccountId,
    product_id: ProductId,
    level: ResaleLevel,
    reseller_id: Option<AccountId>,
    customer_id: Option<AccountId>,
    price_basis_points: i64,
    seller_basis_points: i64,
    state: ResaleState,
    created_at: Timestamp,
    decided_at: Option<Timestamp>,
    decided_by: Option<UserId>,
    reason: Option<String>,
    ended_at: Option<Timestamp>,
    ended_by: Option<UserId>,
}

impl Row {
    fn resale(self) -> Result<Resale> {
        let missing = || Error::fault(format!("{} does not say for whom it is", self.id));
        let whom = match self.level {
            ResaleLevel::Product => ResaleFor::Product,
            ResaleLevel::Partner => ResaleFor::Partner { reseller: self.reseller_id.ok_or_else(missing)? },
            ResaleLevel::Customer => ResaleFor::Customer {
                reseller: self.reseller_id.ok_or_else(missing)?,
                customer: self.customer_id.ok_or_else(missing)?,
            },
        };
        Ok(Resale {
            id: self.id,
            account: self.account_id,
            product: self.product_id,
            whom,
            price_basis_points: u32::try_from(self.price_basis_points).map_err(Error::fault)?,
            seller_basis_points: u32::try_from(self.seller_basis_points).map_err(Error::fault)?,
            state: self.state,
            created_at: self.created_at,
            decided: self.decided_at.zip(self.decided_by),
            reason: self.reason,
            ended: self.ended_at.zip(self.ended_by),
        })
    }
}

macro_rules! resales {
    ($rest:literal) => {
        concat!(
            "select r.id, r.account_id, r.product_id, r.level, r.reseller_id, r.customer_id, r.price_basis_points, \
             r.seller_basis_points, r.state, r.created_at, r.decided_at, r.decided_by, r.reason, r.ended_at, r.ended_by \
             from resale r ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, resale: &Resale) -> Result<()> {
    tx.execute(
        "insert into resale (id, account_id, product_id, level, reseller_id, customer_id, price_basis_points, \
         seller_basis_points, state, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            resale.id,
            resale.account,
            resale.product,
            resale.whom.level(),
            resale.whom.reseller(),
            resale.whom.customer(),
            resale.price_basis_points,
            resale.seller_basis_points,
            resale.state,
            resale.created_at
        ],
    )
    .await
    .on_unique(|| Invalid::one("level", AUTHORISED_ALREADY))?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: ResaleId) -> Result<Option<Resale>> {
    tx.fetch_optional::<Row>(resales!("where r.id = $1"), args![id]).await?.map(Row::resale).transpose()
}

pub(crate) async fn find_for(tx: &mut Tx, seller: AccountId, id: ResaleId) -> Result<Option<Resale>> {
    let sql = resales!("where r.id = $1 and r.account_id = $2");
    tx.fetch_optional::<Row>(sql, args![id, seller]).await?.map(Row::resale).transpose()
}

/// The authorisations of a seller, or of all, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    seller: Option<AccountId>,
    state: Option<ResaleState>,
    page: PageOf,
) -> Result<Page<Resale>> {
    let sql = resales!(
        "where ($1 is null or r.account_id = $1) and ($2 is null or r.state = $2) and ($3 is null or r.id < $3) \
         order by r.id desc limit $4"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, state, page.before, page.fetch()]).await?;
    let found = rows.into_iter().map(Row::resale).collect::<Result<Vec<_>>>()?;
    Ok(page.page(found, |resale| resale.id.uuid()))
}

/// What stands or waits for a product.
pub(crate) async fn standing(tx: &mut Tx, product: ProductId) -> Result<Vec<Resale>> {
    let sql = resales!("where r.product_id = $1 and r.state in ($2, $3) order by r.id");
    let rows: Vec<Row> = tx.fetch_all(sql, args![product, ResaleState::Waiting, ResaleState::Active]).await?;
    rows.into_iter().map(Row::resale).collect()
}

/// What stands for a product, if the buyer resells for its seller: one read on the way to every price.
pub(crate) async fn standing_for(
    tx: &mut Tx,
    (seller, product): (AccountId, ProductId),
    buyer: AccountId,
) -> Result<Vec<Resale>> {
    let sql = resales!(
        "join reseller p on p.account_id = r.account_id and p.reseller_id = $1 \
         where r.product_id = $2 and r.account_id = $3 and r.state = $4 order by r.id"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![buyer, product, seller, ResaleState::Active]).await?;
    rows.into_iter().map(Row::resale).collect()
}

/// What stands for a reseller, with every seller that lets it resell.
pub(crate) async fn standing_of(tx: &mut Tx, reseller: AccountId) -> Result<Vec<Resale>> {
    let sql = resales!(
        "join reseller p on p.account_id = r.account_id and p.reseller_id = $1 \
         where r.state = $2 and (r.reseller_id is null or r.reseller_id = $1) order by r.id desc limit 100"
    );
    let rows: Vec<Row> = tx.fetch_all(sql, args![reseller, ResaleState::Active]).await?;
    rows.into_iter().map(Row::resale).collect()
}

/// Notes the operator's word on an authorisation that waits; somebody who was faster has decided it already.
pub(crate) async fn decide(
    tx: &mut Tx,
    (id, to): (ResaleId, ResaleState),
    (by, reason, now): (UserId, Option<&str>, Timestamp),
) -> Result<()> {
    tx.execute_one(
        "update resale set state = $1, decided_at = $2, decided_by = $3, reason = $4 where id = $5 and state = $6",
        args![to, now, by, reason, id, ResaleState::Waiting],
        || OfferRefused::ResaleDecided,
    )
    .await
}

/// Ends an authorisation that is open; who approved it stays known.
pub(crate) async fn end(tx: &mut Tx, resale: &Resale, (by, now): (UserId, Timestamp)) -> Result<()> {
    tx.execute_one(
        "update resale set state = $1, ended_at = $2, ended_by = $3 where id = $4 and state = $5",
        args![ResaleState::Ended, now, by, resale.id, resale.state],
        || OfferRefused::ResaleDecided,
    )
    .await
}

#[derive(sqlx::FromRow)]
struct ResellerRow {
    reseller_id: AccountId,
}

pub(crate) async fn resellers(tx: &mut Tx, seller: AccountId) -> Result<Vec<AccountId>> {
    let sql = "select reseller_id from reseller where account_id = $1 order by since, reseller_id";
    Ok(tx.fetch_all::<ResellerRow>(sql, args![seller]).await?.into_iter().map(|row| row.reseller_id).collect())
}

/// Lets others wait until the transaction ends who write a list of the same thing: the authorisations of a product, or the
/// resellers of a seller.
pub(crate) async fn take_turn(tx: &mut Tx, about: Uuid, now: Timestamp) -> Result<()> {
    let sql = "insert into offer_turn (about, taken_at) values ($1, $2) \
               on conflict (about) do update set taken_at = excluded.taken_at";
    tx.execute(sql, args![about, now]).await?;
    Ok(())
}

/// Names the resellers of a seller anew; who is not among them any more pays the list price.
pub(crate) async fn set_resellers(
    tx: &mut Tx,
    seller: AccountId,
    resellers: &BTreeSet<AccountId>,
    now: Timestamp,
) -> Result<()> {
    tx.execute("delete from reseller where account_id = $1", args![seller]).await?;
    let rows = resellers.iter().map(|reseller| args![seller, *reseller, now]).collect();
    tx.insert_rows("insert into reseller (account_id, reseller_id, since)", rows, "").await?;
    Ok(())
}
