//! Statements on `metered_instance`.

use std::collections::BTreeSet;

use kernel::{
    Error, Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, OrderLineId, ProductId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{
    contract::{Charges, Contract, Terms},
    rating::Standing,
};

#[derive(sqlx::FromRow)]
struct Row {
    instance_id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    product_id: ProductId,
    line_id: OrderLineId,
    title: Json<Localized>,
    name: String,
    terms: Json<Terms>,
    began_at: Timestamp,
    closed_at: Option<Timestamp>,
    charged_until: Timestamp,
    standing: Json<Standing>,
    charged: i64,
    records: i64,
    unpaid_since: Option<Timestamp>,
    frozen_at: Option<Timestamp>,
    thawed: Json<Vec<Period>>,
    corrections: i64,
    due_at: Option<Timestamp>,
}

impl Row {
    fn contract(self) -> Contract {
        Contract {
            instance: self.instance_id,
            account: self.account_id,
            seller: self.seller_id,
            product: self.product_id,
            line: self.line_id,
            title: self.title.0,
            name: self.name,
            terms: self.terms.0,
            began_at: self.began_at,
            closed_at: self.closed_at,
            charged_until: self.charged_until,
            standing: self.standing.0,
            charged: Charges { minor: self.charged, records: self.records },
            unpaid_since: self.unpaid_since,
            frozen_at: self.frozen_at,
            thawed: self.thawed.0,
            corrections: self.corrections,
            due_at: self.due_at,
        }
    }
}

macro_rules! contracts {
    ($rest:literal) => {
        concat!(
            "select instance_id, account_id, seller_id, product_id, line_id, title, name, terms, began_at, closed_at, \
             charged_until, standing, charged, records, unpaid_since, frozen_at, thawed, corrections, due_at from metered_instance ",
            $rest
        )
    };
}

/// Writes a new contract. False: it is there already.
pub(crate) async fn insert(tx: &mut Tx, contract: &Contract) -> Result<bool> {
    let hit = tx
        .execute(
            "insert into metered_instance (instance_id, account_id, seller_id, product_id, line_id, title, name, terms, \
             began_at, charged_until, standing, thawed, turn) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0) \
             on conflict (instance_id) do nothing",
            args![
                contract.instance,
                contract.account,
                contract.seller,
                contract.product,
                contract.line,
                json(&contract.title),
                &contract.name,
                json(&contract.terms),
                contract.began_at,
                contract.charged_until,
                json(&contract.standing),
                json(&contract.thawed)
            ],
        )
        .await?;
    Ok(hit == 1)
}

pub(crate) async fn find(tx: &mut Tx, instance: InstanceId) -> Result<Option<Contract>> {
    Ok(tx.fetch_optional::<Row>(contracts!("where instance_id = $1"), args![instance]).await?.map(Row::contract))
}

/// The same, held until the transaction ends: nobody writes records or charges of it meanwhile.
pub(crate) async fn hold(tx: &mut Tx, instance: InstanceId) -> Result<Option<Contract>> {
    let sql = "update metered_instance set turn = turn + 1 where instance_id = $1 returning instance_id, account_id, \
               seller_id, product_id, line_id, title, name, terms, began_at, closed_at, charged_until, standing, \
               charged, records, unpaid_since, frozen_at, thawed, corrections, due_at";
    Ok(tx.fetch_optional::<Row>(sql, args![instance]).await?.map(Row::contract))
}

/// Several, held until the transaction ends. Whoever holds several asks for them here: they are locked in one order.
pub(crate) async fn hold_all(tx: &mut Tx, instances: BTreeSet<InstanceId>) -> Result<Vec<Contract>> {
    let keys = instances.into_iter().map(|id| args![id]).collect();
    let before = "select m.instance_id, m.account_id, m.seller_id, m.product_id, m.line_id, m.title, m.name, m.terms, m.began_at, \
                  m.closed_at, m.charged_until, m.standing, m.charged, m.records, m.unpaid_since, m.frozen_at, m.thawed, \
                  m.corrections, m.due_at from";
    let after = "as wanted join metered_instance m on m.instance_id = wanted.column1 order by m.instance_id";
    Ok(tx.hold_for::<Row>(before, keys, (after, "m")).await?.into_iter().map(Row::contract).collect())
}

#[derive(sqlx::FromRow)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) instance_id: InstanceId,
    pub(crate) seller_id: AccountId,
}

/// Those of a seller by the names that it gave them.
pub(crate) async fn named(tx: &mut Tx, seller: AccountId, names: &BTreeSet<&str>) -> Result<Vec<Found>> {
    let keys = names.iter().map(|name| args![seller, *name]).collect();
    let before = "select m.name, m.instance_id, m.seller_id from";
    let after = "as wanted join metered_instance m on m.seller_id = wanted.column1 and m.name = wanted.column2";
    tx.fetch_for(before, keys, after).await
}

/// Those of any seller by our own ids.
pub(crate) async fn among(tx: &mut Tx, instances: &BTreeSet<InstanceId>) -> Result<Vec<Found>> {
    let keys = instances.iter().map(|id| args![*id]).collect();
    let before = "select m.name, m.instance_id, m.seller_id from";
    tx.fetch_for(before, keys, "as wanted join metered_instance m on m.instance_id = wanted.column1").await
}

#[derive(sqlx::FromRow)]
struct Name {
    name: String,
}

/// Which of some names any seller has given to one.
pub(crate) async fn given(tx: &mut Tx, names: &BTreeSet<&str>) -> Result<BTreeSet<String>> {
    let keys = names.iter().map(|name| args![*name]).collect();
    let after = "as wanted where exists (select 1 from metered_instance m where m.name = wanted.column1)";
    let found: Vec<Name> = tx.fetch_for("select wanted.column1 as name from", keys, after).await?;
    Ok(found.into_iter().map(|row| row.name).collect())
}

/// Saves how far a contract that is held is charged, and how it stands.
pub(crate) async fn save(tx: &mut Tx, contract: &Contract) -> Result<()> {
    let Contract { charged_until, standing, charged, closed_at, unpaid_since, frozen_at, thawed, .. } = contract;
    tx.execute_one(
        "update metered_instance set charged_until = $1, standing = $2, closed_at = $3, unpaid_since = $4, frozen_at = $5, \
         thawed = $6, due_at = $7, charged = $8, records = $9, corrections = $10 where instance_id = $11",
        args![
            *charged_until,
            json(standing),
            *closed_at,
            *unpaid_since,
            *frozen_at,
            json(thawed),
            contract.due_at,
            charged.minor,
            charged.records,
            contract.corrections,
            contract.instance
        ],
        || Error::Busy,
    )
    .await
}

/// The instances of an account with unpaid charges, the first first.
pub(crate) async fn unpaid_of(tx: &mut Tx, account: AccountId) -> Result<Vec<Contract>> {
    let sql = contracts!("where account_id = $1 and unpaid_since is not null order by instance_id");
    Ok(tx.fetch_all::<Row>(sql, args![account]).await?.into_iter().map(Row::contract).collect())
}

pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId, page: PageOf) -> Result<Page<Contract>> {
    let sql =
        contracts!("where seller_id = $1 and ($2 is null or instance_id < $2) order by instance_id desc limit $3");
    let rows: Vec<Row> = tx.fetch_all(sql, args![seller, page.before, page.fetch()]).await?;
    Ok(page.page(rows, |row| row.instance_id.uuid()).map(Row::contract))
}

#[derive(sqlx::FromRow)]
struct Id {
    instance_id: InstanceId,
}

/// What an account has of a product.
pub(crate) async fn of_pool(tx: &mut Tx, (account, product): (AccountId, ProductId)) -> Result<Vec<InstanceId>> {
    let sql = "select instance_id from metered_instance where account_id = $1 and product_id = $2";
    let found: Vec<Id> = tx.fetch_all(sql, args![account, product]).await?;
    Ok(found.into_iter().map(|row| row.instance_id).collect())
}

/// Some contracts, behind one of them, for the audit.
pub(crate) async fn after(tx: &mut Tx, instance: Option<InstanceId>) -> Result<Vec<Contract>> {
    let sql = contracts!("where $1 is null or instance_id > $1 order by instance_id limit 100");
    Ok(tx.fetch_all::<Row>(sql, args![instance]).await?.into_iter().map(Row::contract).collect())
}
