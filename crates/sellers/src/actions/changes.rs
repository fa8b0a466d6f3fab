//! Changing what is known of a seller: reviewed beside what holds, in effect after approval.

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{Error, Event, Page, Result, Thing, id::SellerChangeId, page::PageOf};
use platform::{Tx, http::IfMatch, jobs::publish};
use serde_json::json;
use sqlx::types::Json;

use crate::{
    Change, Sellers,
    rules::{
        ChangeState, ChangeStep, Reason, SellerRefused, as_kept, check_reasons,
        information::{CHANGE_FIELDS, Information},
    },
    store::{changes as store, profiles},
};

impl Sellers {
    /// Asks for new information to hold; one request at a time.
    pub async fn submit_change(&self, tx: &mut Tx, seller: &Seller, information: &Information) -> Result<Change> {
        seller.may(Permission::RunShop)?;
        let policy = self.policies.current().await?;
        let information = information.tidied();
        information.check_change(&policy)?;
        let present = self.admitted(tx, seller.account()).await?;
        if present.information.0 == information {
            return Err(SellerRefused::NothingChanged.into());
        }
        let now = self.app.clock.now();
        let change = Change {
            id: SellerChangeId::new(now),
            account_id: seller.account(),
            state: ChangeState::Submitted,
            information: Json(information),
            submitted_at: now,
            due_at: policy.review_due(now, policy.review.seller_change_days),
            decided_at: None,
            reasons: Json(Vec::new()),
            version: 1,
        };
        store::insert(tx, &change).await?;
        publish(tx, now, &Event::SellerChangeSubmitted { change: change.id }).await?;
        self.accounts.audit(tx, seller, "seller.change_submitted", &change.id.to_string(), &json!({})).await?;
        Ok(change)
    }

    pub async fn withdraw_change(&self, tx: &mut Tx, seller: &Seller, id: SellerChangeId) -> Result<Change> {
        seller.may(Permission::RunShop)?;
        let before = store::find_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Change))?;
        let state = before.state.after(ChangeStep::Withdraw)?;
        self.accounts.audit(tx, seller, "seller.change_withdrawn", &id.to_string(), &json!({})).await?;
        self.save_change(tx, &before, Change { state, ..before.clone() }).await
    }

    pub async fn change(&self, tx: &mut Tx, seller: &Seller, id: SellerChangeId) -> Result<Change> {
        seller.may(Permission::View)?;
        store::find_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Change))
    }

    pub async fn own_changes(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Change>> {
        seller.may(Permission::View)?;
        store::list_for(tx, seller.account(), page).await
    }

    /// Puts the new information into effect.
    pub async fn approve_change(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: SellerChangeId,
        seen: IfMatch,
    ) -> Result<Change> {
        operator.may_staff(StaffPermission::Review)?;
        let before = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Change))?;
        seen.check(before.version)?;
        let state = before.state.after(ChangeStep::Approve)?;
        let now = self.app.clock.now();
        let after = self.save_change(tx, &before, Change { state, decided_at: Some(now), ..before.clone() }).await?;
        let replaced = self.admitted(tx, after.account_id).await?.information.0;
        profiles::set_information(tx, after.account_id, &after.information.0).await?;
        let detail = json!({ "account": after.account_id, "from": replaced, "to": after.information.0 });
        self.accounts.audit(tx, operator, "seller.change_approved", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::SellerChangeDecided { change: id }).await?;
        Ok(after)
    }

    /// Refuses new information with reasons by field; what held goes on holding.
    pub async fn reject_change(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: SellerChangeId,
        seen: IfMatch,
        reasons: &[Reason],
    ) -> Result<Change> {
        operator.may_staff(StaffPermission::Review)?;
        check_reasons(reasons, CHANGE_FIELDS)?;
        let before = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Change))?;
        seen.check(before.version)?;
        let state = before.state.after(ChangeStep::Reject)?;
        let now = self.app.clock.now();
        let after = Change { state, decided_at: Some(now), reasons: Json(as_kept(reasons)), ..before.clone() };
        let after = self.save_change(tx, &before, after).await?;
        let detail = json!({ "account": after.account_id, "reasons": after.reasons.0 });
        self.accounts.audit(tx, operator, "seller.change_rejected", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::SellerChangeDecided { change: id }).await?;
        Ok(after)
    }

    pub async fn changes(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<ChangeState>,
        page: PageOf,
    ) -> Result<Page<Change>> {
        operator.may_staff(StaffPermission::View)?;
        // A queue is worked off from its oldest end.
        if state == Some(ChangeState::Submitted) {
            store::waiting(tx, page).await
        } else {
            store::list(tx, state, page).await
        }
    }

    pub async fn change_for_review(&self, tx: &mut Tx, operator: &Operator, id: SellerChangeId) -> Result<Change> {
        operator.may_staff(StaffPermission::View)?;
        store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Change))
    }

    async fn save_change(&self, tx: &mut Tx, before: &Change, after: Change) -> Result<Change> {
        store::save(tx, before, &after).await?;
        Ok(Change { version: before.version + 1, ..after })
    }
}
