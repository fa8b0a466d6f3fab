//! Statements on `audit_entry`, which is only ever added to.

use kernel::{
    Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, AuditId, UserId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

/// One privileged act.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditEntry {
    pub id: AuditId,
    /// Whose act it was; nobody's when the system did it by itself.
    pub account_id: Option<AccountId>,
    pub user_id: Option<UserId>,
    /// The credential, or `system`.
    pub actor: String,
    pub action: String,
    pub target: String,
    pub detail: Json<serde_json::Value>,
    pub from_address: String,
    pub at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, entry: &AuditEntry) -> Result<()> {
    tx.execute(
        "insert into audit_entry (id, account_id, user_id, actor, action, target, detail, from_address, at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            entry.id,
            entry.account_id,
            entry.user_id,
            &entry.actor,
            &entry.action,
            &entry.target,
            json(&entry.detail.0),
            &entry.from_address,
            entry.at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn list(
    tx: &mut Tx,
    account: Option<AccountId>,
    action: Option<&str>,
    page: PageOf,
) -> Result<Page<AuditEntry>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, user_id, actor, action, target, detail, from_address, at from audit_entry \
             where ($1 is null or account_id = $1) and ($2 is null or action = $2) and ($3 is null or id < $3) \
             order by id desc limit $4",
            args![account, action, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |entry: &AuditEntry| entry.id.uuid()))
}
