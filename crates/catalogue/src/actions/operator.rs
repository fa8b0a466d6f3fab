//! Reviewing what sellers have submitted.

use accounts::{Operator, StaffPermission};
use kernel::{Error, Result, Thing, id::RevisionId};
use platform::Tx;

use crate::{
    Catalogue,
    rules::{Change, diff},
    store::{self, Case, Revision},
};

/// A revision as a reviewer sees it.
pub(crate) struct Review {
    pub(crate) revision: Revision,
    pub(crate) seller: String,
    /// What is on sale now, if anything is.
    pub(crate) on_sale: Option<RevisionId>,
    /// What the revision changes of it.
    pub(crate) changes: Vec<Change>,
    pub(crate) case: Case,
}

impl Catalogue {
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
        let seller = self.sellers.profile(tx, revision.account_id).await?.name;
        let case = self.case(tx, id).await?;
        Ok(Review { revision, seller, on_sale, changes, case })
    }
}

pub(super) async fn any(tx: &mut Tx, id: RevisionId) -> Result<Revision> {
    store::find_revision(tx, id).await?.ok_or(Error::NotFound(Thing::Revision))
}
