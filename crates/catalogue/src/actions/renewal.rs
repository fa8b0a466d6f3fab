//! What something that is owned already is sold as when it goes on.

use std::sync::Arc;

use kernel::{
    Error, Result, Thing,
    id::{RevisionId, SkuId},
};
use platform::Tx;

use crate::{
    Catalogue, Offer, ProductState,
    rules::{NotSold, RenewalRefused},
    store,
};

impl Catalogue {
    /// What goes on under a SKU, and at which plan: the one of today; what is not sold any more, as it was bought under
    /// `bought`. Who may see it on the shelf does not matter to its owner. What was taken off sale or is frozen goes on only
    /// where the site's rules say so.
    pub async fn offer_to_owner(&self, tx: &mut Tx, sku: SkuId, bought: RevisionId) -> Result<Arc<Offer>> {
        let found = store::visibility::sku_owned(tx, sku).await?.ok_or(Error::NotFound(Thing::Sku))?;
        let rules = self.policies.current().await?.renewals.clone();
        if found.is_removed() && !rules.removed {
            return Err(RenewalRefused::Removed.into());
        }
        if found.state == ProductState::Frozen && !rules.frozen {
            return Err(NotSold::Frozen.into());
        }
        let present = found.revision_id.filter(|_| !found.is_removed());
        let release = self.release(tx, present.unwrap_or(bought)).await?;
        release.offers.get(&sku).cloned().ok_or(Error::NotFound(Thing::Sku))
    }
}
