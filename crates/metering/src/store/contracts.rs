//! Statements on `metered_instance`.

use kernel::{
    Error, Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, InstanceId, OrderLineId, ProductId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{
    contract::{Contract, Terms},
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
    unpaid_since: Option<Timestamp>,
    frozen_at: Option<Timestamp>,
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
            unpaid_since: self.unpaid_since,
            frozen_at: self.frozen_at,
        }
    }
}

macro_rules! contracts {
    ($rest:literal) => {
        concat!(
            "select instance_id, account_id, seller_id, product_id, line_id, title, name, terms, began_at, closed_at, \
             charged_until, standing, unpaid_since, frozen_at from metered_instance ",
            $rest
        )
    };
}

/// Writes a new contract. False: it is there already.
pub(crate) async fn insert(tx: &mut Tx, contract: &Contract) -> Result<bool> {
    let hit = tx
        .execute(
            "insert into metered_instance (instance_id, account_id, seller_id, product_id, line_id, title, name, terms, \
             began_at, charged_until, standing, turn) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) \
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
                json(&contract.standing)
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
               unpaid_since, frozen_at";
    Ok(tx.fetch_optional::<Row>(sql, args![instance]).await?.map(Row::contract))
}

/// Those of a seller by the names that it gave them, held until the transaction ends.
pub(crate) async fn hold_named(tx: &mut Tx, seller: AccountId, names: &[&str]) -> Result<Vec<Contract>> {
    let keys = names.iter().map(|name| args![seller, *name]).collect();
    let before = "update metered_instance set turn = turn + 1 where (seller_id, name) in";
    let after = "returning instance_id, account_id, seller_id, product_id, line_id, title, name, terms, began_at, closed_at, \
                 charged_until, standing, unpaid_since, frozen_at";
    Ok(tx.fetch_for::<Row>(before, keys, after).await?.into_iter().map(Row::contract).collect())
}

/// Whether another seller has an instance of this name.
pub(crate) async fn is_anothers(tx: &mut Tx, seller: AccountId, name: &str) -> Result<bool> {
    let sql = contracts!("where name = $1 and seller_id <> $2 limit 1");
    Ok(tx.fetch_optional::<Row>(sql, args![name, seller]).await?.is_some())
}

/// Saves how far a contract that is held is charged, and how it stands.
pub(crate) async fn save(tx: &mut Tx, contract: &Contract) -> Result<()> {
    let Contract { charged_until, standing, closed_at, unpaid_since, frozen_at, .. } = contract;
    tx.execute_one(
        "update metered_instance set charged_until = $1, standing = $2, closed_at = $3, unpaid_since = $4, frozen_at = $5 \
         where instance_id = $6",
        args![*charged_until, json(standing), *closed_at, *unpaid_since, *frozen_at, contract.instance],
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

/// Some contracts, behind one of them, for the audit.
pub(crate) async fn after(tx: &mut Tx, instance: Option<InstanceId>) -> Result<Vec<Contract>> {
    let sql = contracts!("where $1 is null or instance_id > $1 order by instance_id limit 100");
    Ok(tx.fetch_all::<Row>(sql, args![instance]).await?.into_iter().map(Row::contract).collect())
}
