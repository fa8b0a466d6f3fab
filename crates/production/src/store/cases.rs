//! Statements on `production_case` and `production_case_result`.

use kernel::{
    Error, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccountId, ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use platform::{OnUnique, Tx};
use policy::Scenario;
use sqlx::types::Json;

use crate::rules::{
    case::{Case, CaseRefused, CaseResult, Checked},
    form::CallForm,
    trial::Trial,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: ProductionCaseId,
    seller_id: AccountId,
    name: String,
    form: CallForm,
    scenario: Scenario,
    trial: Json<Trial>,
    added_at: Timestamp,
}

impl Row {
    fn case(self) -> Case {
        let Self { id, seller_id, name, form, scenario, trial, added_at } = self;
        Case { id, seller: seller_id, name, form, scenario, trial: trial.0, added_at }
    }
}

macro_rules! cases {
    ($rest:literal) => {
        concat!("select id, seller_id, name, form, scenario, trial, added_at from production_case ", $rest)
    };
}

pub(crate) async fn insert(tx: &mut Tx, case: &Case) -> Result<()> {
    let Case { id, seller, name, form, scenario, trial, added_at } = case;
    tx.execute(
        "insert into production_case (id, seller_id, name, form, scenario, trial, added_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![*id, *seller, name, *form, *scenario, json(trial), *added_at],
    )
    .await
    .on_unique(|| CaseRefused::NameTaken)?;
    Ok(())
}

/// A seller's cases in the order of their names.
pub(crate) async fn of_seller(tx: &mut Tx, seller: AccountId) -> Result<Vec<Case>> {
    let rows: Vec<Row> = tx.fetch_all(cases!("where seller_id = $1 order by name, id"), args![seller]).await?;
    Ok(rows.into_iter().map(Row::case).collect())
}

pub(crate) async fn find_for(tx: &mut Tx, seller: AccountId, id: ProductionCaseId) -> Result<Case> {
    let row: Option<Row> = tx.fetch_optional(cases!("where seller_id = $1 and id = $2"), args![seller, id]).await?;
    row.map(Row::case).ok_or(Error::NotFound(Thing::ProductionCase))
}

pub(crate) async fn remove(tx: &mut Tx, seller: AccountId, id: ProductionCaseId) -> Result<()> {
    tx.execute("delete from production_case_result where seller_id = $1 and case_id = $2", args![seller, id]).await?;
    let sql = "delete from production_case where seller_id = $1 and id = $2";
    tx.execute_one(sql, args![seller, id], || Error::NotFound(Thing::ProductionCase)).await
}

#[derive(sqlx::FromRow)]
struct ResultRow {
    case_id: ProductionCaseId,
    address_id: ProductionAddressId,
    seller_id: AccountId,
    call_id: ProductionCallId,
    passed: bool,
    trouble: Option<String>,
    checks: Json<Checked>,
    ran_at: Timestamp,
    asked_again: bool,
}

/// How a seller's cases went last, at each of its addresses.
pub(crate) async fn results_of(tx: &mut Tx, seller: AccountId) -> Result<Vec<CaseResult>> {
    let sql = "select case_id, address_id, seller_id, call_id, passed, trouble, checks, ran_at, asked_again \
               from production_case_result where seller_id = $1";
    let rows: Vec<ResultRow> = tx.fetch_all(sql, args![seller]).await?;
    let result = |row: ResultRow| {
        let ResultRow { case_id, address_id, seller_id, call_id, passed, trouble, checks, ran_at, asked_again } = row;
        CaseResult {
            case: case_id,
            address: address_id,
            seller: seller_id,
            call: call_id,
            passed,
            trouble,
            checks: checks.0,
            ran_at,
            asked_again,
        }
    };
    Ok(rows.into_iter().map(result).collect())
}

/// The newest result of a case at an address takes the place of the one before.
pub(crate) async fn save_result(tx: &mut Tx, result: &CaseResult) -> Result<()> {
    let CaseResult { case, address, seller, call, passed, trouble, checks, ran_at, asked_again } = result;
    tx.execute(
        "insert into production_case_result (case_id, address_id, seller_id, call_id, passed, trouble, checks, ran_at, \
         asked_again) select $1, $2, $3, $4, $5, $6, $7, $8, $9 from production_case where id = $1 \
         on conflict (case_id, address_id) do update set call_id = excluded.call_id, passed = excluded.passed, \
         trouble = excluded.trouble, checks = excluded.checks, ran_at = excluded.ran_at, asked_again = excluded.asked_again",
        args![*case, *address, *seller, *call, *passed, trouble.as_deref(), json(checks), *ran_at, *asked_again],
    )
    .await?;
    Ok(())
}

/// An address is gone, and with it how cases went there.
pub(crate) async fn forget_address(tx: &mut Tx, seller: AccountId, address: ProductionAddressId) -> Result<()> {
    let sql = "delete from production_case_result where seller_id = $1 and address_id = $2";
    tx.execute(sql, args![seller, address]).await?;
    Ok(())
}

/// Asks for all cases at an address. False: they are being sent there already.
pub(crate) async fn ask_all(
    tx: &mut Tx,
    (seller, address): (AccountId, ProductionAddressId),
    now: Timestamp,
) -> Result<bool> {
    let sql = "update production_address set cases_asked_at = $1 \
               where seller_id = $2 and id = $3 and cases_asked_at is null";
    if tx.execute(sql, args![now, seller, address]).await? != 1 {
        return Ok(false);
    }
    let sql = "update production_case_result set asked_again = true where seller_id = $1 and address_id = $2";
    tx.execute(sql, args![seller, address]).await?;
    Ok(true)
}

/// All of them were sent.
pub(crate) async fn all_done(tx: &mut Tx, address: ProductionAddressId) -> Result<()> {
    let sql = "update production_address set cases_asked_at = null where id = $1";
    tx.execute(sql, args![address]).await?;
    Ok(())
}
