//! The log of privileged acts.

use std::collections::{BTreeMap, btree_map::Entry};

use kernel::{
    Invalid, Page, Result,
    id::{AccountId, AuditId},
    page::PageOf,
};
use platform::Tx;
use sqlx::types::Json;

use crate::{Accounts, Buyer, Member, Operator, Permission, StaffPermission, store, store::audit::AuditEntry};

/// Which entries an operator looks for.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch {
    pub account: Option<AccountId>,
    pub action: Option<String>,
}

impl Accounts {
    /// Notes who did what to what, through which credential and from where.
    pub async fn audit(
        &self,
        tx: &mut Tx,
        member: &Member,
        action: &str,
        target: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let entry = AuditEntry {
            id: AuditId::new(now),
            account_id: Some(member.account()),
            user_id: Some(member.user()),
            actor: member.credential().to_owned(),
            action: action.to_owned(),
            target: target.to_owned(),
            detail: Json(as_object(detail)),
            from_address: member.from().to_owned(),
            at: now,
        };
        store::audit::insert(tx, &entry).await
    }

    /// Notes what a job or the command line did.
    pub async fn audit_system(
        &self,
        tx: &mut Tx,
        action: &str,
        target: &str,
        detail: &serde_json::Value,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let entry = AuditEntry {
            id: AuditId::new(now),
            account_id: None,
            user_id: None,
            actor: "system".to_owned(),
            action: action.to_owned(),
            target: target.to_owned(),
            detail: Json(as_object(detail)),
            from_address: "local".to_owned(),
            at: now,
        };
        store::audit::insert(tx, &entry).await
    }

    /// What the members of one's own account did.
    pub async fn own_audit_log(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        action: Option<&str>,
        page: PageOf,
    ) -> Result<Page<AuditEntry>> {
        buyer.may(Permission::Own)?;
        check_action(action)?;
        store::audit::list(tx, Some(buyer.account()), action, page).await
    }

    /// What anybody did.
    pub async fn audit_log(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        search: &AuditSearch,
        page: PageOf,
    ) -> Result<Page<AuditEntry>> {
        operator.may_staff(StaffPermission::Support)?;
        check_action(search.action.as_deref())?;
        store::audit::list(tx, search.account, search.action.as_deref(), page).await
    }
}

impl Accounts {
    /// Puts names to the entries that a member has read.
    pub(crate) async fn named_log(&self, tx: &mut Tx, entries: Vec<AuditEntry>) -> Result<Vec<NamedEntry>> {
        let mut faces = BTreeMap::new();
        for user in entries.iter().filter_map(|entry| entry.user_id) {
            if let Entry::Vacant(place) = faces.entry(user) {
                place.insert(store::user::face(tx, user).await?);
            }
        }
        let named = entries.into_iter().map(|entry| {
            let face = entry.user_id.and_then(|user| faces.get(&user)).and_then(Option::as_ref);
            let (user, account) = (face.map(|face| face.user_name.clone()), face.map(|face| face.account_name.clone()));
            NamedEntry { entry, user, account }
        });
        Ok(named.collect())
    }
}

/// An entry with the names of who did it.
pub(crate) struct NamedEntry {
    pub(crate) entry: AuditEntry,
    pub(crate) user: Option<String>,
    pub(crate) account: Option<String>,
}

fn check_action(action: Option<&str>) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    if let Some(action) = action {
        wrong.length(action, 1, 100, "action");
    }
    wrong.done()
}

/// JSON columns hold objects only.
fn as_object(detail: &serde_json::Value) -> serde_json::Value {
    if detail.is_object() { detail.clone() } else { serde_json::json!({ "value": detail }) }
}
