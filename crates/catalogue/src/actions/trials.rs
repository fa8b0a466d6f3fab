//! Trials: to whom sellers offer them, who may start one, and the one that each account has.

use std::sync::Arc;

use accounts::{Buyer, Member, Permission, Seller};
use kernel::{
    Error, Localized, Page, Result,
    id::{AccountId, OrderId, ProductId, SkuId, SpecId},
    page::PageOf,
};
use messages::Topic;
use platform::Tx;
use serde_json::json;

use crate::{
    Catalogue, Offer,
    rules::{CatalogueRefused, Chosen, NoTrial, Spec, TrialsFor, Trier, may_try},
    store::{
        self, limits, trials,
        visibility::{NamedAccount, shown_anew},
    },
};

/// Accounts that are listed for the trials of one product.
const LISTED_MAX: i64 = 5_000;

/// A trial as somebody looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    pub(crate) days: u32,
    pub(crate) refused: Option<NoTrial>,
}

/// The trial of one spec of a product, for one buyer.
pub(crate) struct Tryable {
    pub(crate) offer: Arc<Offer>,
    pub(crate) days: u32,
    /// The stable code and the words of why it cannot be started.
    pub(crate) refused: Option<(&'static str, Localized)>,
}

/// How a product's trials stand, as their seller sees it.
pub(crate) struct OwnTrials {
    pub(crate) offered_to: TrialsFor,
    /// The specs on sale that have one.
    pub(crate) specs: Vec<Spec>,
}

impl Catalogue {
    /// What a buyer may try under a SKU now, and for how many days; the reason, if not.
    pub async fn trial_for(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId) -> Result<(Arc<Offer>, u32)> {
        let offer = self.offer_to(tx, buyer, sku).await?;
        let trier = self.trier(tx, buyer.account(), offer.product, offer.spec).await?;
        let days = self.decided(tx, &offer, trier).await??;
        Ok((offer, days))
    }

    async fn trier(&self, tx: &mut Tx, account: AccountId, product: ProductId, spec: SpecId) -> Result<Trier> {
        Ok(Trier {
            listed: trials::is_listed(tx, product, account).await?,
            tried: trials::has_tried(tx, account, spec).await?,
        })
    }

    async fn decided(&self, tx: &mut Tx, offer: &Offer, trier: Trier) -> Result<std::result::Result<u32, NoTrial>> {
        let offered_to = trials::offered_to(tx, offer.product).await?;
        let left = limits::rules_of(tx, offer.sku).await?.stock;
        Ok(may_try(offer.trial_days, (offered_to, left), trier))
    }

    /// Uses up the one trial that an account has of a spec. Of two who come at once, the later one is refused.
    pub async fn take_trial(&self, tx: &mut Tx, account: AccountId, spec: SpecId, order: OrderId) -> Result<()> {
        let now = self.app.clock.now();
        if trials::take(tx, (account, spec), order, now).await? { Ok(()) } else { Err(NoTrial::Tried.into()) }
    }

    /// A trial that was never delivered may be started again.
    pub async fn give_trial_back(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        trials::give_back(tx, order).await
    }

    /// The trial of what somebody has chosen on a product's page; none: there is none to speak of.
    pub(crate) async fn trial_of(
        &self,
        tx: &mut Tx,
        member: Option<&Member>,
        chosen: &Chosen<'_>,
    ) -> Result<Option<Trial>> {
        let Some((offer, days)) = chosen.offer.as_ref().and_then(|offer| Some((offer, offer.trial_days?))) else {
            return Ok(None);
        };
        let trier = match member.filter(|member| !member.is_staff()) {
            Some(member) => self.trier(tx, member.account(), offer.product, offer.spec).await?,
            None => Trier { listed: false, tried: false },
        };
        Ok(Some(Trial { days, refused: self.decided(tx, offer, trier).await?.err() }))
    }

    /// The trials of a product of the seller's own.
    pub(crate) async fn own_trials(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<OwnTrials> {
        self.own_shelf(tx, seller, id).await?;
        let release = self.own_release(tx, seller, id).await?;
        let specs = release.iter().flat_map(|release| &release.listing.specs);
        let specs = specs.filter(|spec| spec.trial_days.is_some()).cloned().collect();
        Ok(OwnTrials { offered_to: trials::offered_to(tx, id).await?, specs })
    }

    /// Says to whom the trials of a product are offered, at once. Trials that have begun go on.
    pub(crate) async fn offer_trials_to(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        offered_to: TrialsFor,
    ) -> Result<()> {
        seller.may(Permission::List)?;
        self.own_shelf(tx, seller, id).await?;
        trials::set_offered_to(tx, id, offered_to).await?;
        // Lists and the search tell everybody of trials for everybody alone.
        shown_anew(tx, id).await?;
        let detail = json!({ "offered_to": offered_to });
        self.accounts.audit(tx, seller, "product.trials", &id.to_string(), &detail).await
    }

    /// The accounts that are listed for the trials of a product.
    pub(crate) async fn trial_accounts(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        page: PageOf,
    ) -> Result<Page<NamedAccount>> {
        self.own_shelf(tx, seller, id).await?;
        trials::listed_accounts(tx, id, page).await
    }

    /// Lists an account for the trials of a product, and tells it.
    pub(crate) async fn list_for_trials(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        (account, name): (AccountId, &str),
    ) -> Result<NamedAccount> {
        seller.may(Permission::List)?;
        self.own_shelf(tx, seller, id).await?;
        let known = self.named_customer(tx, seller, (account, name)).await?;
        if trials::count_listed(tx, id).await? >= LISTED_MAX {
            return Err(CatalogueRefused::TooManyNamed(LISTED_MAX).into());
        }
        let now = self.app.clock.now();
        if trials::list_account(tx, id, account, (seller.user(), now)).await? {
            let detail = json!({ "account": account });
            self.accounts.audit(tx, seller, "product.trial_account_listed", &id.to_string(), &detail).await?;
            self.tell_listed(tx, seller, id, account).await?;
        }
        Ok(NamedAccount { account_id: account, name: known, added_at: now })
    }

    async fn tell_listed(&self, tx: &mut Tx, seller: &Seller, id: ProductId, account: AccountId) -> Result<()> {
        let trials = self.own_trials(tx, seller, id).await?;
        let on_sale = store::find_on_sale(tx, id).await?.is_some();
        if trials.offered_to != TrialsFor::Listed || trials.specs.is_empty() || !on_sale {
            return Ok(());
        }
        let name = self.product_name(tx, id).await?;
        let from = self.accounts.find(tx, seller.account()).await?.name;
        let title = Localized::new(format!("Try for free: {}", name.en), format!("邀您免费试用：{}", name.zh));
        let text = Localized::new(
            format!("{from} lets your account try “{}”. The trial starts on the page of the product.", name.en),
            format!("{from} 邀请您的账号免费试用「{}」，可在商品页开始试用。", name.zh),
        );
        self.messages.tell(tx, account, Topic::Product, title, text).await
    }

    /// From now on the account cannot start a trial; one that has begun goes on.
    pub(crate) async fn unlist_for_trials(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        account: AccountId,
    ) -> Result<()> {
        seller.may(Permission::List)?;
        self.own_shelf(tx, seller, id).await?;
        trials::unlist_account(tx, id, account).await?;
        let detail = json!({ "account": account });
        self.accounts.audit(tx, seller, "product.trial_account_unlisted", &id.to_string(), &detail).await
    }

    /// The trials of a product as a buyer sees them: each spec that has one, and why it cannot be started.
    pub(crate) async fn trials_for(&self, tx: &mut Tx, buyer: &Buyer, id: ProductId) -> Result<Vec<Tryable>> {
        let who = self.who(tx, Some(buyer)).await?;
        let (_, release) = self.seen(tx, &who, id, None).await?;
        let mut found: Vec<Tryable> = Vec::new();
        for offer in release.offers.values() {
            let Some(days) = offer.trial_days else { continue };
            if found.iter().any(|other| other.offer.spec == offer.spec) {
                continue;
            }
            let refused = match self.trial_for(tx, buyer, offer.sku).await {
                Ok(_) => None,
                Err(Error::Refused(refused)) => Some((refused.code(), refused.text())),
                Err(other) => return Err(other),
            };
            found.push(Tryable { offer: offer.clone(), days, refused });
        }
        Ok(found)
    }
}
