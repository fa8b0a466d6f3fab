//! Statements on `change_check`.

use kernel::{
    Error, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, ErrandId, InstanceId, OrderLineId},
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::check::{ChangeCheck, CheckState, Target};

#[derive(sqlx::FromRow)]
struct Row {
    errand_id: ErrandId,
    instance_id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    target: Json<Target>,
    state: CheckState,
    said: Option<String>,
    asked_at: Timestamp,
    answered_at: Option<Timestamp>,
    used_by_line_id: Option<OrderLineId>,
}

impl Row {
    fn check(self) -> ChangeCheck {
        ChangeCheck {
            errand: self.errand_id,
            instance: self.instance_id,
            account: self.account_id,
            seller: self.seller_id,
            target: self.target.0,
            state: self.state,
            said: self.said,
            asked_at: self.asked_at,
            answered_at: self.answered_at,
            used_by: self.used_by_line_id,
        }
    }
}

macro_rules! checks {
    ($rest:literal) => {
        concat!(
            "select errand_id, instance_id, account_id, seller_id, target, state, said, asked_at, answered_at, used_by_line_id \
             from change_check ",
            $rest
        )
    };
}

pub(crate) async fn insert(tx: &mut Tx, check: &ChangeCheck) -> Result<()> {
    tx.execute(
        "insert into change_check (errand_id, instance_id, account_id, seller_id, target_key, target, state, asked_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            check.errand,
            check.instance,
            check.account,
            check.seller,
            check.target.key(),
            json(&check.target),
            check.state,
            check.asked_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, errand: ErrandId) -> Result<Option<ChangeCheck>> {
    Ok(tx.fetch_optional::<Row>(checks!("where errand_id = $1"), args![errand]).await?.map(Row::check))
}

/// The last question that asked just that of an instance.
pub(crate) async fn last(tx: &mut Tx, instance: InstanceId, target: &Target) -> Result<Option<ChangeCheck>> {
    let sql = checks!("where instance_id = $1 and target_key = $2 order by errand_id desc limit 1");
    Ok(tx.fetch_optional::<Row>(sql, args![instance, target.key()]).await?.map(Row::check))
}

/// What was asked of an instance since a moment, the last one last.
pub(crate) async fn since(tx: &mut Tx, instance: InstanceId, since: Timestamp) -> Result<Vec<ChangeCheck>> {
    let sql = checks!("where instance_id = $1 and asked_at > $2 order by errand_id");
    Ok(tx.fetch_all::<Row>(sql, args![instance, since]).await?.into_iter().map(Row::check).collect())
}

/// Writes down what was answered to a question that is still open.
pub(crate) async fn answer(
    tx: &mut Tx,
    errand: ErrandId,
    (state, said): (CheckState, Option<String>),
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "update change_check set state = $1, said = $2, answered_at = $3 where errand_id = $4 and state = $5",
        args![state, said.as_deref(), now, errand, CheckState::Asked],
    )
    .await?;
    Ok(())
}

/// Something is bought with an answer; nothing was before.
pub(crate) async fn spend(tx: &mut Tx, errand: ErrandId, line: OrderLineId) -> Result<()> {
    let sql =
        "update change_check set used_by_line_id = $1 where errand_id = $2 and used_by_line_id is null and state = $3";
    tx.execute_one(sql, args![line, errand, CheckState::Passed], || Error::Busy).await
}
