//! Statements on `agreement_text` and `agreement_acceptance`.

use kernel::{
    Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, AgreementAcceptanceId, UserId},
    page::PageOf,
};
use platform::Tx;
use policy::Agreement;
use sqlx::types::Json;

/// The evidence that somebody accepted a text.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Acceptance {
    pub id: AgreementAcceptanceId,
    pub account_id: AccountId,
    pub user_id: UserId,
    pub sha256: String,
    pub accepted_at: Timestamp,
    pub from_address: String,
    pub version: String,
    pub title: Json<Localized>,
    pub text: Json<Localized>,
}

/// Keeps a text that is accepted for the first time.
pub(crate) async fn keep_text(tx: &mut Tx, sha256: &str, agreement: &Agreement, now: Timestamp) -> Result<()> {
    tx.execute(
        "insert into agreement_text (sha256, version, title, text, first_accepted_at) values ($1, $2, $3, $4, $5) \
         on conflict (sha256, version) do nothing",
        args![sha256, &agreement.version, json(&agreement.title), json(&agreement.text), now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert(tx: &mut Tx, acceptance: &Acceptance) -> Result<()> {
    tx.execute(
        "insert into agreement_acceptance (id, account_id, user_id, sha256, version, accepted_at, from_address) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        args![
            acceptance.id,
            acceptance.account_id,
            acceptance.user_id,
            &acceptance.sha256,
            &acceptance.version,
            acceptance.accepted_at,
            &acceptance.from_address,
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn list_for(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Acceptance>> {
    let rows = tx
        .fetch_all(
            "select a.id, a.account_id, a.user_id, a.sha256, a.accepted_at, a.from_address, a.version, t.title, t.text \
             from agreement_acceptance a join agreement_text t on t.sha256 = a.sha256 and t.version = a.version \
             where a.account_id = $1 and ($2 is null or a.id < $2) order by a.id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &Acceptance| row.id.uuid()))
}
