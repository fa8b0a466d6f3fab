//! Changing what is owned: what a seller allows, and to what it can be changed.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Invalid, Localized, Result, Thing,
    id::{ProductId, RevisionId, SkuId},
};
use platform::Tx;
use policy::BillingMode;
use serde_json::json;

use crate::{Catalogue, Changeable, Offer, rules::Spec, store};

/// A spec on sale and how buyers may change what they own of it, as its seller sees it.
pub(crate) struct OwnChanges {
    pub(crate) spec: Spec,
    pub(crate) changes: Changeable,
}

impl Catalogue {
    /// What was sold under a SKU by a revision, whatever has become of it since.
    pub async fn offer_as_bought(&self, tx: &mut Tx, sku: SkuId, bought: RevisionId) -> Result<Arc<Offer>> {
        let release = self.release(tx, bought).await?;
        release.offers.get(&sku).cloned().ok_or(Error::NotFound(Thing::Sku))
    }

    /// How far buyers may change what they own of an offer's spec.
    pub async fn changeable(&self, tx: &mut Tx, offer: &Offer) -> Result<Changeable> {
        let said = store::changes::of_spec(tx, offer.spec).await?;
        Ok(said.unwrap_or(Changeable::usual(offer.access_type)))
    }

    /// What a buyer may change something of a product to: all that the product sells to it for a term.
    pub async fn change_targets(&self, tx: &mut Tx, buyer: &Buyer, present: &Offer) -> Result<Vec<Arc<Offer>>> {
        let found = store::find_product(tx, present.product).await?;
        let Some(revision) = found.and_then(|product| product.revision_id) else { return Ok(Vec::new()) };
        let mut targets = Vec::new();
        for offer in self.release(tx, revision).await?.offers.values() {
            if offer.billing_mode != BillingMode::Period || offer.access_type != present.access_type {
                continue;
            }
            match self.offer_to(tx, buyer, offer.sku).await {
                Ok(offer) => targets.push(offer),
                Err(Error::NotFound(_) | Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(targets)
    }

    /// The attributes of a SKU's spec that are counted, with their names, as the present revision calls them.
    pub async fn counted(&self, tx: &mut Tx, offer: &Offer) -> Result<BTreeMap<String, Localized>> {
        let release = self.release(tx, offer.revision).await?;
        let spec = release.listing.specs.iter().find(|spec| spec.code == offer.spec_code);
        let names = spec.iter().flat_map(|spec| &spec.attributes);
        Ok(names.map(|one| (one.code().to_owned(), one.name().clone())).collect())
    }

    /// How buyers may change what they own of a product of the seller's own: its specs that are paid for a term.
    pub(crate) async fn own_changes(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Vec<OwnChanges>> {
        self.own_shelf(tx, seller, id).await?;
        let Some(release) = self.own_release(tx, seller, id).await? else { return Ok(Vec::new()) };
        let said: BTreeMap<String, Option<Changeable>> =
            store::changes::of_product(tx, id).await?.into_iter().collect();
        let usual = Changeable::usual(release.listing.access_type);
        let paid_for_a_term =
            release.listing.specs.iter().filter(|spec| spec.billing_mode == Some(BillingMode::Period));
        let own = |spec: &Spec| {
            let changes = said.get(&spec.code).copied().flatten().unwrap_or(usual);
            OwnChanges { spec: spec.clone(), changes }
        };
        Ok(paid_for_a_term.map(own).collect())
    }

    /// Says how buyers may change what they own of some specs, at once. What was changed before stays changed.
    pub(crate) async fn allow_changes(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        wanted: &BTreeMap<String, Changeable>,
    ) -> Result<()> {
        seller.may(Permission::List)?;
        let known = self.own_changes(tx, seller, id).await?;
        for (code, changes) in wanted {
            if !known.iter().any(|own| own.spec.code == *code) {
                let no_spec = ("is no edition of it that is paid for a term", "不是该商品在售的包周期规格");
                return Err(Invalid::one(format!("specs.{code}"), no_spec).into());
            }
            store::changes::set(tx, id, code, *changes).await?;
        }
        let detail = json!({ "specs": wanted });
        self.accounts.audit(tx, seller, "product.changes", &id.to_string(), &detail).await
    }
}
