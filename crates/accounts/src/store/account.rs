//! Statements on `account`.

use kernel::{Error, Page, Result, Thing, Timestamp, args, id::AccountId, page::PageOf};
use platform::{OnUnique, Tx};

use crate::{Account, AccountKind};

pub(crate) async fn insert(tx: &mut Tx, account: &Account, taken: impl FnOnce() -> Error) -> Result<()> {
    let Account { id, kind, name, slug, verified, verified_name, seller, version, created_at } = account;
    tx.execute(
        "insert into account (id, kind, name, slug, search_key, verified, verified_name, seller, version, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            *id,
            *kind,
            name,
            slug,
            search_key(name, slug),
            *verified,
            verified_name.clone(),
            *seller,
            *version,
            *created_at
        ],
    )
    .await
    .on_unique(taken)?;
    Ok(())
}

/// What a search looks through: SQLite's own `lower` knows ASCII only.
fn search_key(name: &str, slug: &str) -> String {
    format!("{} {slug}", name.to_lowercase())
}

pub(crate) async fn find(tx: &mut Tx, id: AccountId) -> Result<Option<Account>> {
    tx.fetch_optional(
        "select id, kind, name, slug, verified, verified_name, seller, version, created_at from account where id = $1",
        args![id],
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Name {
    id: AccountId,
    name: String,
}

/// As many as are asked for at once: a page of a list, mostly.
pub(crate) const NAMES: usize = 20;

/// What up to [`NAMES`] accounts are called.
pub(crate) async fn names(tx: &mut Tx, ids: &[AccountId]) -> Result<Vec<(AccountId, String)>> {
    let Some(last) = ids.last() else { return Ok(Vec::new()) };
    let args = (0..NAMES).map(|place| ids.get(place).unwrap_or(last)).flat_map(|id| args![*id]).collect();
    let sql = "select id, name from account where id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
               $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let rows: Vec<Name> = tx.fetch_all(sql, args).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

#[derive(sqlx::FromRow)]
struct Registered {
    kind: AccountKind,
    country: Option<String>,
}

/// What an account is, and the country that its latest verification says.
pub(crate) async fn registered(tx: &mut Tx, id: AccountId) -> Result<Option<(AccountKind, Option<String>)>> {
    let sql = "select a.kind, (select v.country from verification v where v.account_id = a.id and v.state = 'approved' \
               order by v.id desc limit 1) as country from account a where a.id = $1";
    let row: Option<Registered> = tx.fetch_optional(sql, args![id]).await?;
    Ok(row.map(|row| (row.kind, row.country)))
}

#[derive(sqlx::FromRow)]
struct Key {
    id: AccountId,
}

pub(crate) async fn slug_is_taken(tx: &mut Tx, slug: &str) -> Result<bool> {
    let key: Option<Key> = tx.fetch_optional("select id from account where slug = $1", args![slug]).await?;
    Ok(key.is_some())
}

pub(crate) async fn operator(tx: &mut Tx) -> Result<Option<AccountId>> {
    let key: Option<Key> = tx.fetch_optional("select id from account where kind = 'operator'", vec![]).await?;
    Ok(key.map(|key| key.id))
}

pub(crate) async fn set_seller(tx: &mut Tx, id: AccountId, seller: bool) -> Result<()> {
    tx.execute_one("update account set seller = $1, version = version + 1 where id = $2", args![seller, id], || {
        Error::NotFound(Thing::Account)
    })
    .await
}

pub(crate) async fn set_verified(tx: &mut Tx, id: AccountId, kind: AccountKind, name: &str) -> Result<()> {
    tx.execute_one(
        "update account set verified = $1, kind = $2, verified_name = $3, version = version + 1 where id = $4",
        args![true, kind, name, id],
        || Error::NotFound(Thing::Account),
    )
    .await
}

/// Lets others who hold the account wait until the transaction ends, for rules about the number of its users.
pub(crate) async fn hold(tx: &mut Tx, id: AccountId) -> Result<()> {
    let sql = "update account set version = version where id = $1";
    tx.execute_one(sql, args![id], || Error::NotFound(Thing::Account)).await
}

/// Guarded by the version that the edit was made from.
pub(crate) async fn rename(
    tx: &mut Tx,
    account: &Account,
    name: &str,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    tx.execute_one(
        "update account set name = $1, search_key = $2, version = version + 1 where id = $3 and version = $4",
        args![name, search_key(name, &account.slug), account.id, account.version],
        missed,
    )
    .await
}

/// Customers' accounts, newest first; `text` is looked for in names and short names, or is the owner's mail address.
pub(crate) async fn list(
    tx: &mut Tx,
    text: Option<&str>,
    kind: Option<AccountKind>,
    page: PageOf,
) -> Result<Page<Account>> {
    let pattern = text.map(|text| format!("%{}%", escaped(&text.to_lowercase())));
    let email = text.map(str::to_lowercase);
    let rows = tx
        .fetch_all(
            "select id, kind, name, slug, verified, verified_name, seller, version, created_at from account \
             where kind <> 'operator' and ($1 is null or kind = $1) and ($2 is null or search_key like $2 escape '!' \
             or exists (select 1 from account_user where account_user.account_id = account.id and account_user.email = $3)) \
             and ($4 is null or id < $4) order by id desc limit $5",
            args![kind, pattern, email, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |account: &Account| account.id.uuid()))
}

/// The text itself, not a pattern.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

impl Account {
    pub(crate) fn new(id: AccountId, kind: AccountKind, name: &str, slug: String, now: Timestamp) -> Self {
        Self {
            id,
            kind,
            name: name.trim().to_owned(),
            slug,
            verified: false,
            verified_name: None,
            seller: false,
            version: 1,
            created_at: now,
        }
    }
}
