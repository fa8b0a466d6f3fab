//! Reviewing what sellers have submitted.

use accounts::{Operator, StaffPermission};
use kernel::{Error, Event, Page, Result, Thing, id::RevisionId, page::PageOf};
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    Catalogue,
    rules::{Change, Decision, Tree, diff},
    store::{self, Revision},
};

/// A revision as a reviewer sees it.
pub(crate) struct Review {
    pub(crate) revision: Revision,
    pub(crate) seller: String,
    /// What is on sale now, if anything is.
    pub(crate) on_sale: Option<RevisionId>,
    /// What the revision changes of it.
    pub(crate) changes: Vec<Change>,
}

impl Catalogue {
    /// The revisions that wait, the earliest due first.
    pub(crate) async fn queue(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<Revision>> {
        operator.may_staff(StaffPermission::View)?;
        store::queue(tx, page).await
    }

    /// A revision beside what is on sale; a revision on sale is shown beside nothing.
    pub(crate) async fn inspect(&self, tx: &mut Tx, operator: &Operator, id: RevisionId) -> Result<Review> {
        operator.may_staff(StaffPermission::View)?;
        let revision = any(tx, id).await?;
        let product = store::find_product(tx, revision.product_id).await?.ok_or(Error::NotFound(Thing::Product))?;
        let on_sale = product.revision_id.filter(|on_sale| *on_sale != id);
        let after = serde_json::to_value(&revision.content.listing).map_err(Error::fault)?;
        let changes = match on_sale {
            None => Vec::new(),
            Some(before) => {
                let before = self.release(tx, before).await?;
                diff(&serde_json::to_value(&before.listing).map_err(Error::fault)?, &after)
            }
        };
        let seller = self.accounts.find(tx, revision.account_id).await?.name;
        Ok(Review { revision, seller, on_sale, changes })
    }

    /// Puts a revision on sale, or rejects it with reasons.
    pub(crate) async fn decide(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: RevisionId,
        decision: &Decision,
    ) -> Result<Revision> {
        operator.may_staff(StaffPermission::Review)?;
        let revision = any(tx, id).await?;
        let state = revision.state.leave_review(decision.leads_to())?;
        let now = self.app.clock.now();
        store::leave_review(tx, &revision, state, operator.user(), decision.reasons(), now).await?;
        let action = match decision {
            Decision::Approve => {
                store::supersede(tx, revision.product_id, id).await?;
                store::list_product(tx, revision.product_id, id, now).await?;
                let tree = Tree::of(store::tree::categories(tx).await?);
                let codes = tree.standing(&revision.content.listing.categories);
                store::set_categories(tx, revision.product_id, &codes).await?;
                let pictures = revision.content.listing.pictures().collect();
                store::set_pictures(tx, revision.product_id, pictures).await?;
                store::sell(tx, &revision).await?;
                self.changed(tx, &[revision.product_id]).await?;
                "revision.approved"
            }
            Decision::Reject(_) => "revision.rejected",
        };
        let detail =
            json!({ "product": revision.product_id, "number": revision.number, "reasons": decision.reasons() });
        self.accounts.audit(tx, operator, action, &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::RevisionDecided { revision: id }).await?;
        let reasons = sqlx::types::Json(decision.reasons().to_vec());
        Ok(Revision { state, decided_at: Some(now), reasons, ..revision })
    }
}

pub(super) async fn any(tx: &mut Tx, id: RevisionId) -> Result<Revision> {
    store::find_revision(tx, id).await?.ok_or(Error::NotFound(Thing::Revision))
}
