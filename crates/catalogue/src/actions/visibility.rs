//! For whom a product is meant: who sees it, what sellers say about that, and telling those who are named.

use std::collections::BTreeSet;

use accounts::{Buyer, Member, Permission, Seller};
use kernel::{
    Error, Event, Localized, Page, Result, Thing,
    id::{AccountId, ProductId, SkuId, SpecId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Catalogue, ProductState,
    rules::{Approval, Audience, CatalogueRefused, Customer, NotSold, Showing, Sight, Who},
    store::{
        self,
        visibility::{NamedAccount, OnShelf, SkuOnShelf, SpecOnShelf},
    },
};

/// How a product and its specs stand on the shelf, as their seller sees it.
pub(crate) struct Shelf {
    pub(crate) product: OnShelf,
    pub(crate) specs: Vec<SpecOnShelf>,
}

impl Shelf {
    /// A spec by its code; a product without submission has none.
    pub(crate) fn spec(&self, code: &str) -> Result<&SpecOnShelf> {
        self.specs.iter().find(|spec| spec.code == code).ok_or(Error::NotFound(Thing::Spec))
    }

    /// What a setting is about: the product, or one of its specs.
    fn target(&self, spec: Option<&str>) -> Result<(Option<SpecId>, Uuid)> {
        match spec {
            Some(code) => self.spec(code).map(|spec| (Some(spec.id), spec.id.uuid())),
            None => Ok((None, self.product.id.uuid())),
        }
    }
}

impl SkuOnShelf {
    pub(super) fn check_approved(&self) -> std::result::Result<(), NotSold> {
        match self.approval {
            Approval::Missing => Err(NotSold::NotApproved),
            Approval::NotNeeded | Approval::Approved => Ok(()),
        }
    }

    fn sight(&self, who: &Who) -> Sight {
        let ((product, of_product), (spec, of_spec)) = (self.product, self.spec);
        of_product.sight_of_product(who, self.seller, product).min(of_spec.sight_of_spec(who, self.seller, spec))
    }
}

/// Accounts that are named for one product or spec.
const NAMED_MAX: i64 = 5_000;

impl Catalogue {
    /// Who looks, and for what the account is named.
    pub(crate) async fn who(&self, tx: &mut Tx, member: Option<&Member>) -> Result<Who> {
        match member {
            None => Ok(Who::Nobody),
            Some(member) if member.is_staff() => Ok(Who::Staff),
            Some(member) => {
                let id = member.account();
                Ok(Who::Account { id, named: store::visibility::named(tx, id).await? })
            }
        }
    }

    /// Refuses a buyer who may not pay for a SKU that was ordered: it has left the shelf, or is not meant for them any more.
    /// That a later revision does not sell it does not matter.
    pub async fn may_pay(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId) -> Result<()> {
        self.sold_to(tx, buyer, sku).await.map(|_| ())
    }

    /// A SKU on the shelf that the buyer may see and buy.
    pub(super) async fn sold_to(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId) -> Result<SkuOnShelf> {
        let account = buyer.account();
        let found = store::visibility::sku_on_shelf(tx, sku, Some(account)).await?;
        let found = found.ok_or(Error::NotFound(Thing::Sku))?;
        let who = Who::Account { id: account, named: found.named.clone() };
        if found.sight(&who) == Sight::Unseen {
            return Err(Error::NotFound(Thing::Sku));
        }
        self.admits(tx, account, &found).await?;
        found.check_approved()?;
        Ok(found)
    }

    /// A SKU on the shelf that its seller may offer to an account by name. Such a buyer need not see it; what else decides who
    /// buys holds.
    pub(super) async fn offered_to(
        &self,
        tx: &mut Tx,
        (seller, account): (AccountId, AccountId),
        sku: SkuId,
    ) -> Result<SkuOnShelf> {
        let found = store::visibility::sku_on_shelf(tx, sku, Some(account)).await?;
        let found = found.filter(|found| found.seller == seller).ok_or(Error::NotFound(Thing::Sku))?;
        self.admits(tx, account, &found).await?;
        Ok(found)
    }

    /// A SKU on sale that somebody may see, whoever it is sold to.
    pub(super) async fn shown_to(&self, tx: &mut Tx, member: Option<&Member>, sku: SkuId) -> Result<SkuOnShelf> {
        let who = self.who(tx, member).await?;
        let found = store::visibility::sku_on_shelf(tx, sku, None).await?;
        found.filter(|found| found.sight(&who) > Sight::Unseen).ok_or(Error::NotFound(Thing::Sku))
    }

    /// Those of some SKUs whose products' pages open for somebody.
    pub async fn opens_for(&self, tx: &mut Tx, member: &Member, skus: BTreeSet<SkuId>) -> Result<BTreeSet<SkuId>> {
        let who = self.who(tx, Some(member)).await?;
        let mut opens = BTreeSet::new();
        for sku in skus {
            let found = store::visibility::sku_on_shelf(tx, sku, None).await?;
            if found.is_some_and(|found| found.sight(&who) > Sight::Unseen) {
                opens.insert(sku);
            }
        }
        Ok(opens)
    }

    async fn admits(&self, tx: &mut Tx, account: AccountId, found: &SkuOnShelf) -> Result<()> {
        if found.product.1.frozen {
            return Err(NotSold::Frozen.into());
        }
        let audiences = [found.product.1.audience, found.spec.1.audience];
        if audiences.iter().any(|audience| audience.asks_customer()) {
            let (kind, country) = self.accounts.registered(tx, account).await?;
            let buyer = Customer { kind, country };
            let certified = self.sellers.profile(tx, found.seller).await?.regions;
            for audience in audiences {
                audience.admits(&buyer, &certified)?;
            }
        }
        Ok(())
    }

    /// How a product of the seller's own stands on the shelf.
    pub(crate) async fn own_shelf(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Shelf> {
        seller.may(Permission::View)?;
        let product = store::visibility::on_shelf(tx, seller.account(), id).await?;
        Ok(Shelf { specs: store::visibility::specs_on_shelf(tx, id).await?, product })
    }

    /// Displays a product or a spec, or hides it, at once.
    pub(crate) async fn set_showing(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, spec): (ProductId, Option<&str>),
        showing: Showing,
    ) -> Result<Shelf> {
        seller.may(Permission::List)?;
        let (target, _) = self.own_shelf(tx, seller, id).await?.target(spec)?;
        store::visibility::set_showing(tx, id, target, showing).await?;
        let detail = json!({ "spec": spec, "showing": showing });
        self.accounts.audit(tx, seller, "product.showing", &id.to_string(), &detail).await?;
        self.own_shelf(tx, seller, id).await
    }

    /// Says for whom a product or a spec is meant, at once. Orders that were placed stay.
    pub(crate) async fn set_audience(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, spec): (ProductId, Option<&str>),
        audience: Audience,
    ) -> Result<Shelf> {
        seller.may(Permission::List)?;
        let (target, _) = self.own_shelf(tx, seller, id).await?.target(spec)?;
        store::visibility::set_audience(tx, id, target, audience).await?;
        let detail = json!({ "spec": spec, "audience": audience });
        self.accounts.audit(tx, seller, "product.audience", &id.to_string(), &detail).await?;
        self.own_shelf(tx, seller, id).await
    }

    /// The accounts that are named for a product or a spec.
    pub(crate) async fn named_accounts(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, spec): (ProductId, Option<&str>),
        page: PageOf,
    ) -> Result<Page<NamedAccount>> {
        let (_, target) = self.own_shelf(tx, seller, id).await?.target(spec)?;
        store::visibility::named_accounts(tx, target, page).await
    }

    /// What a customer is called whom a seller names. Id and name have to fit together, so that nobody learns names by
    /// trying ids.
    pub(super) async fn named_customer(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (account, name): (AccountId, &str),
    ) -> Result<String> {
        let known = match self.accounts.find(tx, account).await {
            Ok(known) => known,
            Err(Error::NotFound(_)) => return Err(CatalogueRefused::NoSuchAccount.into()),
            Err(other) => return Err(other),
        };
        let same = |known: &str| known.trim().to_lowercase() == name.trim().to_lowercase();
        let fits = same(&known.name) || known.verified_name.as_deref().is_some_and(same);
        if !fits || known.kind == accounts::AccountKind::Operator || account == seller.account() {
            return Err(CatalogueRefused::NoSuchAccount.into());
        }
        Ok(known.name)
    }

    /// Names an account.
    pub(crate) async fn name_account(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, spec): (ProductId, Option<&str>),
        (account, name): (AccountId, &str),
    ) -> Result<NamedAccount> {
        seller.may(Permission::List)?;
        let (_, target) = self.own_shelf(tx, seller, id).await?.target(spec)?;
        let known = self.named_customer(tx, seller, (account, name)).await?;
        if store::visibility::count_named(tx, target).await? >= NAMED_MAX {
            return Err(CatalogueRefused::TooManyNamed(NAMED_MAX).into());
        }
        let now = self.app.clock.now();
        if store::visibility::name_account(tx, (id, target), account, seller.user(), now).await? {
            let detail = json!({ "spec": spec, "account": account });
            self.accounts.audit(tx, seller, "product.account_named", &id.to_string(), &detail).await?;
            jobs::publish(tx, now, &Event::NamedAccountChanged { product: id, account }).await?;
        }
        Ok(NamedAccount { account_id: account, name: known, added_at: now })
    }

    /// From now on the account can neither see nor buy it; what it has bought stays its own.
    pub(crate) async fn unname_account(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, spec): (ProductId, Option<&str>),
        account: AccountId,
    ) -> Result<()> {
        seller.may(Permission::List)?;
        let (_, target) = self.own_shelf(tx, seller, id).await?.target(spec)?;
        store::visibility::unname_account(tx, target, account).await?;
        let detail = json!({ "spec": spec, "account": account });
        self.accounts.audit(tx, seller, "product.account_unnamed", &id.to_string(), &detail).await?;
        let now = self.app.clock.now();
        jobs::publish(tx, now, &Event::NamedAccountChanged { product: id, account }).await
    }

    /// A product goes on sale for the first time: whoever was named before is told now.
    pub(super) async fn tell_named(&self, tx: &mut Tx, product: ProductId) -> Result<()> {
        let now = self.app.clock.now();
        for account in store::visibility::named_for(tx, product).await? {
            jobs::publish(tx, now, &Event::NamedAccountChanged { product, account }).await?;
        }
        Ok(())
    }

    /// Tells an account what a seller offers to it, or does not offer any more.
    pub async fn on_named_account_changed(&self, tx: &mut Tx, id: ProductId, account: AccountId) -> Result<()> {
        let Some(product) = store::find_product(tx, id).await? else { return Ok(()) };
        if product.state != ProductState::OnSale {
            return Ok(());
        }
        let name = self.product_name(tx, id).await?;
        let seller = self.accounts.find(tx, product.account_id).await?.name;
        let on_shelf = store::visibility::on_shelf(tx, product.account_id, id).await?;
        let (title, text) = if store::visibility::is_named(tx, id, account).await? {
            let place = if on_shelf.standing().hidden {
                (
                    " It is not displayed; the seller gives you its address.",
                    "该商品未公开展示，可通过商家提供的链接查看。",
                )
            } else {
                (" You find it among the products of the seller.", "可在该商家的商品列表中查看。")
            };
            (
                Localized::new(format!("Offered to you: {}", name.en), format!("专属商品：{}", name.zh)),
                Localized::new(
                    format!("{seller} offers “{}” to your account.{}", name.en, place.0),
                    format!("{seller} 向您的账号开放了商品“{}”，{}", name.zh, place.1),
                ),
            )
        } else {
            (
                Localized::new(format!("No longer offered: {}", name.en), format!("已不再开放：{}", name.zh)),
                Localized::new(
                    format!(
                        "{seller} no longer offers “{}” to your account. What you have bought stays yours.",
                        name.en
                    ),
                    format!("{seller} 不再向您的账号开放商品“{}”，已购资源不受影响。", name.zh),
                ),
            )
        };
        self.messages.tell(tx, account, Topic::Product, title, text).await
    }
}
