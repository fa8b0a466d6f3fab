//! Changes behind the program's back are found, and named to the place, by `kontor audit`.

use kernel::id::JournalId;
use kontor::{
    Kontor, server,
    stage::{People, Stage, client::Client},
};
use platform::Config;
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use crate::{
    server::{STAFF_EMAIL, STAFF_PASSWORD, Site},
    stories::months,
};

on_both!(
    one_changed_posting_is_found,
    a_forgery_that_balances_breaks_the_seal,
    a_changed_balance_is_found,
    a_moved_line_does_not_fit_its_escrow,
    the_database_itself_refuses_changes_of_history,
);

async fn one_changed_posting_is_found(url: Option<String>) -> anyhow::Result<()> {
    let site = traded(url).await?;
    assert_eq!(site.run(&["audit"])?.0, Some(0));
    let sale = journal(&site, "sale").await?;
    let change = "update posting set amount = amount + 1 \
                  where amount > 0 and journal_id = (select id from journal where recipe = 'sale')";
    tamper(&site, "posting", change).await?;
    finds(&site, &format!("journal: {sale}: its postings sum to 1 minor units of CNY instead of 0"))
}

async fn a_forgery_that_balances_breaks_the_seal(url: Option<String>) -> anyhow::Result<()> {
    let site = traded(url).await?;
    // Every amount doubled, in the journals and in the balances: all sums fit.
    tamper(&site, "posting", "update posting set amount = amount * 2").await?;
    tamper(&site, "balance", "update balance set amount = amount * 2").await?;
    finds(&site, "seal: seal 1: its hash does not fit its journals")
}

async fn a_changed_balance_is_found(url: Option<String>) -> anyhow::Result<()> {
    let site = traded(url).await?;
    tamper(&site, "balance", "update balance set amount = amount + 100 where kind = 'wallet'").await?;
    finds(&site, "balance: CNY wallet of ")
}

async fn a_moved_line_does_not_fit_its_escrow(url: Option<String>) -> anyhow::Result<()> {
    let site = traded(url).await?;
    tamper(&site, "order_line", "update order_line set state = 'refunded'").await?;
    finds(&site, "escrow: line oln_")
}

async fn the_database_itself_refuses_changes_of_history(url: Option<String>) -> anyhow::Result<()> {
    let site = traded(url).await?;
    for change in [
        "update posting set amount = amount + 1",
        "delete from posting",
        "update journal set recipe = 'top_up'",
        "delete from seal",
        "update sealed_journal set position = 0",
    ] {
        assert!(execute(&site, change).await.is_err(), "{change}");
    }
    assert_eq!(site.run(&["audit"])?.0, Some(0));
    Ok(())
}

/// A place where one licence was paid for and is not yet delivered; everything is under a seal.
async fn traded(url: Option<String>) -> anyhow::Result<Site> {
    let site = Site::quick(url)?;
    let config = Config { data: site.data(), database_url: site.url().map(str::to_owned), ..Stage::config() };
    let kontor = Kontor::open(config).await?;
    kontor.prepare().await?;
    kontor.accounts.create_operator(STAFF_EMAIL, STAFF_PASSWORD, accounts::StaffRole::Admin).await?;
    let people = People::new(Client::Here(server::router(&kontor, None)), STAFF_EMAIL, STAFF_PASSWORD);
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let buyer = people.rich_buyer("Ada Lovelace").await?;
    crate::stories::order(&people, &buyer, months(&product.skus[0], 1), true).await?;
    assert_eq!(kontor.ledger.seal_pending().await?, 2);
    kontor.app.db.close().await;
    Ok(site)
}

/// `kontor audit` exits with 1 and says where.
fn finds(site: &Site, place: &str) -> anyhow::Result<()> {
    let (exit, said) = site.run(&["audit"])?;
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains(&format!("The books are not in order: {place}")), "{said}");
    Ok(())
}

/// Changes rows as somebody would who owns the database: the guards are taken away first.
async fn tamper(site: &Site, table: &str, change: &str) -> anyhow::Result<()> {
    let unguarded = match site.url() {
        Some(_) => format!("alter table {table} disable trigger all; {change}"),
        None => format!("drop trigger if exists {table}_no_update; {change}"),
    };
    assert!(execute(site, &unguarded).await? > 0, "nothing was changed: {change}");
    Ok(())
}

async fn execute(site: &Site, sql: &str) -> anyhow::Result<u64> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    if let Some(url) = site.url() {
        let mut database = sqlx::PgConnection::connect(url).await?;
        return Ok(sql.execute(&mut database).await?.rows_affected());
    }
    let mut database = sqlx::SqliteConnection::connect(&file(site)).await?;
    Ok(sql.execute(&mut database).await?.rows_affected())
}

fn file(site: &Site) -> String {
    format!("sqlite://{}", site.data().join("kontor.db").display())
}

/// The id of the one journal of a kind, as it is written in reports.
async fn journal(site: &Site, recipe: &str) -> anyhow::Result<JournalId> {
    let sql = "select id from journal where recipe = $1";
    let id: Uuid = if let Some(url) = site.url() {
        let mut database = sqlx::PgConnection::connect(url).await?;
        sqlx::query_scalar(sql).bind(recipe).fetch_one(&mut database).await?
    } else {
        let mut database = sqlx::SqliteConnection::connect(&file(site)).await?;
        sqlx::query_scalar(sql).bind(recipe).fetch_one(&mut database).await?
    };
    Ok(JournalId::from_uuid(id))
}
