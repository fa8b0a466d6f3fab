//! Statements on `renewal`, `expiry_plan` and `expiry_notice`.

use kernel::{
    Error, Result, Timestamp,
    arg::{Arg, json},
    args,
    id::{AccountId, InstanceId, OrderId, OrderLineId},
    time::Period,
};
use platform::Tx;
use sqlx::types::Json;

use crate::rules::{Consent, ExpiryPlan, ExpiryPolicy, Renewal, RenewalCause, RenewalTrouble};

#[derive(sqlx::FromRow)]
struct Row {
    line_id: OrderLineId,
    instance_id: InstanceId,
    account_id: AccountId,
    seller_id: AccountId,
    order_id: OrderId,
    cause: RenewalCause,
    starts_at: Timestamp,
    ends_at: Timestamp,
    renewed_at: Timestamp,
    returned_at: Option<Timestamp>,
}

impl Row {
    fn renewal(self) -> Renewal {
        Renewal {
            line: self.line_id,
            instance: self.instance_id,
            account: self.account_id,
            seller: self.seller_id,
            order: self.order_id,
            cause: self.cause,
            term: Period { from: self.starts_at, until: self.ends_at },
            renewed_at: self.renewed_at,
            returned_at: self.returned_at,
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, renewal: &Renewal) -> Result<()> {
    tx.execute(
        "insert into renewal (line_id, instance_id, account_id, seller_id, order_id, cause, starts_at, ends_at, renewed_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            renewal.line,
            renewal.instance,
            renewal.account,
            renewal.seller,
            renewal.order,
            renewal.cause,
            renewal.term.from,
            renewal.term.until,
            renewal.renewed_at
        ],
    )
    .await?;
    Ok(())
}

/// All terms that were added to an instance, the first one first.
pub(crate) async fn of_instance(tx: &mut Tx, instance: InstanceId) -> Result<Vec<Renewal>> {
    let sql = "select line_id, instance_id, account_id, seller_id, order_id, cause, starts_at, ends_at, renewed_at, returned_at \
               from renewal where instance_id = $1 order by line_id";
    Ok(tx.fetch_all::<Row>(sql, args![instance]).await?.into_iter().map(Row::renewal).collect())
}

/// Marks a term as given back; it was not before.
pub(crate) async fn take_back(tx: &mut Tx, line: OrderLineId, now: Timestamp) -> Result<()> {
    let sql = "update renewal set returned_at = $1 where line_id = $2 and returned_at is null";
    tx.execute_one(sql, args![now, line], || Error::Busy).await
}

#[derive(sqlx::FromRow)]
struct PlanRow {
    instance_id: InstanceId,
    account_id: AccountId,
    policy: ExpiryPolicy,
    consent: Option<Json<Consent>>,
    trouble: Option<RenewalTrouble>,
    tried_at: Option<Timestamp>,
    look_at: Option<Timestamp>,
    version: i64,
}

pub(crate) async fn find_plan(tx: &mut Tx, instance: InstanceId) -> Result<Option<ExpiryPlan>> {
    let sql = "select instance_id, account_id, policy, consent, trouble, tried_at, look_at, version from expiry_plan \
               where instance_id = $1";
    let row: Option<PlanRow> = tx.fetch_optional(sql, args![instance]).await?;
    Ok(row.map(|row| ExpiryPlan {
        instance: row.instance_id,
        account: row.account_id,
        policy: row.policy,
        consent: row.consent.map(|consent| consent.0),
        trouble: row.trouble,
        tried_at: row.tried_at,
        look_at: row.look_at,
        version: row.version,
    }))
}

/// Saves a plan that was read, or the first one; somebody else may have been faster.
pub(crate) async fn save_plan(tx: &mut Tx, plan: &ExpiryPlan) -> Result<()> {
    let consent = plan.consent.as_ref().map_or(Arg::Json(None), json);
    if plan.version == 0 {
        let sql = "insert into expiry_plan (instance_id, account_id, policy, consent, trouble, tried_at, look_at, version) \
                   values ($1, $2, $3, $4, $5, $6, $7, 1) on conflict (instance_id) do nothing";
        let values =
            args![plan.instance, plan.account, plan.policy, consent, plan.trouble, plan.tried_at, plan.look_at];
        return tx.execute_one(sql, values, || Error::Busy).await;
    }
    tx.execute_one(
        "update expiry_plan set policy = $1, consent = $2, trouble = $3, tried_at = $4, look_at = $5, version = version + 1 \
         where instance_id = $6 and version = $7",
        args![plan.policy, consent, plan.trouble, plan.tried_at, plan.look_at, plan.instance, plan.version],
        || Error::Busy,
    )
    .await
}

/// Notes that the buyer is told something of an end. False: that was told before.
pub(crate) async fn note(
    tx: &mut Tx,
    (instance, ends_at): (InstanceId, Timestamp),
    about: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "insert into expiry_notice (instance_id, ends_at, about, told_at) values ($1, $2, $3, $4) \
               on conflict (instance_id, ends_at, about) do nothing";
    Ok(tx.execute(sql, args![instance, ends_at, about, now]).await? == 1)
}

#[derive(sqlx::FromRow)]
pub(crate) struct Drift {
    pub(crate) line_id: OrderLineId,
    pub(crate) state: String,
}

/// A term whose order line is not what it says: paid for while it stands, refunded when it was given back. One that brings
/// another specification is delivered when it begins.
pub(crate) async fn first_line_drift(tx: &mut Tx) -> Result<Option<Drift>> {
    tx.fetch_optional(
        "select l.id as line_id, l.state from order_line l left join renewal r on r.line_id = l.id \
         where l.renews_instance_id is not null and (r.line_id is null or r.instance_id <> l.renews_instance_id \
         or (r.returned_at is null and l.state <> 'delivered' and (l.changes_instance_id is null or l.state <> 'paid')) \
         or (r.returned_at is not null and l.state <> 'refunded')) \
         order by l.id limit 1",
        args![],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct EndDrift {
    pub(crate) id: InstanceId,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) paid_until: Timestamp,
}

/// An instance that does not end where its last term ends, or that was given back while a term of it stands.
pub(crate) async fn first_end_drift(tx: &mut Tx) -> Result<Option<EndDrift>> {
    tx.fetch_optional(
        "select i.id, i.expires_at, max(r.ends_at) as paid_until from instance i join renewal r on r.instance_id = i.id \
         where r.returned_at is null group by i.id, i.expires_at, i.end_cause \
         having i.expires_at is null or max(r.ends_at) <> i.expires_at or i.end_cause = 'refund' \
         order by i.id limit 1",
        args![],
    )
    .await
}
