//! Letting others resell: who may, for how much, and the operator's word where a seller wants more than the standard.

use std::collections::BTreeMap;

use accounts::{Buyer, Operator, Permission, Seller, StaffPermission};
use kernel::{
    Error, Event, Invalid, Localized, Page, Result, Thing,
    id::{AccountId, ProductId, ResaleId},
    page::PageOf,
    rate::BASIS_POINTS,
};
use messages::Topic;
use platform::{Tx, jobs};
use serde_json::json;

use super::batches::{NO_CUSTOMER, Receiver, buys, found, is_called};
use crate::{
    Offers,
    rules::{Resale, ResaleFor, ResaleProposal, ResaleState, percent},
    store::resale,
};

/// An authorisation with the names in it.
pub(crate) struct ResaleNamed {
    pub(crate) resale: Resale,
    pub(crate) product: Localized,
    pub(crate) names: BTreeMap<AccountId, String>,
}

impl Offers {
    /// Authorises resellers to buy a product for less; a customer is named by ID and name, which have to fit together.
    pub(crate) async fn authorise(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (proposal, customer_name): (ResaleProposal, &str),
    ) -> Result<Resale> {
        seller.may(Permission::RunShop)?;
        let (now, account) = (self.app.clock.now(), seller.account());
        let sold = found(self.catalogue.sold(tx, proposal.product).await)?.filter(|sold| sold.seller == account);
        let unknown = ("is not one that you have on sale", "不是您的在售商品");
        let sold = sold.ok_or_else(|| Invalid::one("product", unknown))?;
        let policy = self.policies.current().await?;
        if !policy.offers.resale_types.contains(&sold.access_type) {
            let name = policy.access_name(sold.access_type);
            let kept = (
                format!("is of type '{}', which this site lets nobody resell", name.en),
                format!("属于{}类商品，本站不支持授权转售", name.zh),
            );
            return Err(Invalid::one("product", kept).into());
        }
        self.check_whom(tx, account, (proposal.whom, customer_name)).await?;
        // What stands beside it stays as it is until this one stands too.
        resale::take_turn(tx, proposal.product.uuid(), now).await?;
        let standing = resale::standing(tx, proposal.product).await?;
        let standard = BASIS_POINTS.saturating_sub(policy.fee(sold.access_type));
        let (seller_basis_points, state) = proposal.check(&standing, standard)?;
        let ResaleProposal { product, whom, price_basis_points, seller_basis_points: _ } = proposal;
        let id = ResaleId::new(now);
        let resale = Resale {
            id,
            account,
            product,
            whom,
            price_basis_points,
            seller_basis_points,
            state,
            created_at: now,
            decided: None,
            reason: None,
            ended: None,
        };
        resale::insert(tx, &resale).await?;
        match state {
            ResaleState::Waiting => jobs::publish(tx, now, &Event::ResaleSubmitted { resale: id }).await?,
            ResaleState::Active | ResaleState::Rejected | ResaleState::Ended => {}
        }
        let detail = json!({ "product": product, "level": whom.level(), "price": price_basis_points, "part": seller_basis_points });
        self.accounts.audit(tx, seller, "resale.authorised", &id.to_string(), &detail).await?;
        Ok(resale)
    }

    async fn check_whom(&self, tx: &mut Tx, seller: AccountId, (whom, name): (ResaleFor, &str)) -> Result<()> {
        let mut wrong = Invalid::default();
        if let Some(reseller) = whom.reseller() {
            let known = resale::resellers(tx, seller).await?.contains(&reseller);
            let unknown = ("is not among your resellers; add it there first", "不在您的经销商名单中，须先添加");
            wrong.check(known, "reseller", unknown);
        }
        if let Some(customer) = whom.customer() {
            let known = found(self.accounts.find(tx, customer).await)?;
            let fits = known.is_some_and(|known| buys(&known) && is_called(&known, name));
            wrong.check(fits && Some(customer) != whom.reseller(), "customer", NO_CUSTOMER);
        }
        Ok(wrong.done()?)
    }

    pub(crate) async fn resales(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<ResaleNamed>> {
        seller.may(Permission::View)?;
        let found = resale::list(tx, Some(seller.account()), None, page).await?;
        self.named_page(tx, found).await
    }

    pub(crate) async fn resale(&self, tx: &mut Tx, seller: &Seller, id: ResaleId) -> Result<Resale> {
        seller.may(Permission::View)?;
        resale::find_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Resale))
    }

    /// Ends an authorisation, or takes back one that waits.
    pub(crate) async fn end_resale(&self, tx: &mut Tx, seller: &Seller, id: ResaleId) -> Result<Resale> {
        seller.may(Permission::RunShop)?;
        let resale = self.resale(tx, seller, id).await?;
        resale.check_ends()?;
        let now = self.app.clock.now();
        resale::end(tx, &resale, (seller.user(), now)).await?;
        self.accounts.audit(tx, seller, "resale.ended", &id.to_string(), &json!({})).await?;
        self.resale(tx, seller, id).await
    }

    /// The accounts that resell for a seller, with their names.
    pub(crate) async fn resellers(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<(AccountId, String)>> {
        seller.may(Permission::View)?;
        let mut named = Vec::new();
        for account in resale::resellers(tx, seller.account()).await? {
            let name = self.accounts.find(tx, account).await?.name;
            named.push((account, name));
        }
        Ok(named)
    }

    /// Names the resellers anew.
    pub(crate) async fn set_resellers(&self, tx: &mut Tx, seller: &Seller, named: &[Receiver]) -> Result<()> {
        seller.may(Permission::RunShop)?;
        let (account, now) = (seller.account(), self.app.clock.now());
        resale::take_turn(tx, account.uuid(), now).await?;
        let resellers = self.customers(tx, account, (named, 0)).await?;
        resale::set_resellers(tx, account, &resellers, now).await?;
        let target = seller.account().to_string();
        self.accounts.audit(tx, seller, "resale.resellers", &target, &json!({ "resellers": resellers })).await
    }

    pub(crate) async fn all_resales(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<ResaleState>,
        page: PageOf,
    ) -> Result<Page<ResaleNamed>> {
        operator.may_staff(StaffPermission::View)?;
        let found = resale::list(tx, None, state, page).await?;
        self.named_page(tx, found).await
    }

    pub(crate) async fn any_resale(&self, tx: &mut Tx, operator: &Operator, id: ResaleId) -> Result<ResaleNamed> {
        operator.may_staff(StaffPermission::View)?;
        let resale = resale::find(tx, id).await?.ok_or(Error::NotFound(Thing::Resale))?;
        self.named(tx, resale).await
    }

    /// The operator's word on an authorisation that waits; a rejection says why.
    pub(crate) async fn decide_resale(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (id, rejection): (ResaleId, Option<&str>),
    ) -> Result<Resale> {
        operator.may_staff(StaffPermission::HandleMoney)?;
        let resale = self.any_resale(tx, operator, id).await?.resale;
        resale.check_waits()?;
        let mut wrong = Invalid::default();
        if let Some(reason) = rejection {
            wrong.length(reason, 1, 1_000, "reason");
        }
        wrong.done()?;
        let now = self.app.clock.now();
        let to = if rejection.is_some() { ResaleState::Rejected } else { ResaleState::Active };
        let reason = rejection.map(str::trim);
        resale::decide(tx, (id, to), (operator.user(), reason, now)).await?;
        let detail = json!({ "state": to, "reason": reason });
        self.accounts.audit(tx, operator, "resale.decided", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::ResaleDecided { resale: id }).await?;
        Ok(self.any_resale(tx, operator, id).await?.resale)
    }

    async fn named_page(&self, tx: &mut Tx, page: Page<Resale>) -> Result<Page<ResaleNamed>> {
        let mut items = Vec::with_capacity(page.items.len());
        for resale in page.items {
            items.push(self.named(tx, resale).await?);
        }
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    async fn named(&self, tx: &mut Tx, resale: Resale) -> Result<ResaleNamed> {
        let product = self.catalogue.product_name(tx, resale.product).await?;
        let mut names = BTreeMap::new();
        for account in [Some(resale.account), resale.whom.reseller(), resale.whom.customer()].into_iter().flatten() {
            let name = self.accounts.find(tx, account).await?.name;
            names.insert(account, name);
        }
        Ok(ResaleNamed { resale, product, names })
    }

    /// The operator learns that a seller wants more than the standard.
    pub async fn on_resale_submitted(&self, tx: &mut Tx, id: ResaleId) -> Result<()> {
        let Some(resale) = resale::find(tx, id).await? else { return Ok(()) };
        let ResaleNamed { resale, product, names } = self.named(tx, resale).await?;
        let (seller, part) = (&names[&resale.account], percent(resale.seller_basis_points));
        let title = Localized::new("A resale authorisation waits for approval", "有转售授权待审批");
        let text = Localized::new(
            format!("{seller} wants to keep {part} % of resales of {}.", product.en),
            format!("{seller} 申请在「{}」的转售中分得 {part}%。", product.zh),
        );
        self.messages.tell_operator(tx, Topic::Order, title, text).await
    }

    /// The seller learns what the operator decided.
    pub async fn on_resale_decided(&self, tx: &mut Tx, id: ResaleId) -> Result<()> {
        let Some(resale) = resale::find(tx, id).await? else { return Ok(()) };
        let ResaleNamed { resale, product, .. } = self.named(tx, resale).await?;
        let (title, text) = match &resale.reason {
            None => (
                Localized::new("Your resale authorisation was approved", "您的转售授权已通过"),
                Localized::new(
                    format!("Resellers can buy {} under it now.", product.en),
                    format!("经销商现在可按授权购买「{}」。", product.zh),
                ),
            ),
            Some(reason) => (
                Localized::new("Your resale authorisation was rejected", "您的转售授权未通过"),
                Localized::new(format!("{}: {reason}", product.en), format!("「{}」：{reason}", product.zh)),
            ),
        };
        self.messages.tell(tx, resale.account, Topic::Order, title, text).await
    }

    /// What an account may resell, with the names in it.
    pub(crate) async fn resold_by(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Vec<ResaleNamed>> {
        buyer.may(Permission::View)?;
        let mut named = Vec::new();
        for resale in resale::standing_of(tx, buyer.account()).await? {
            named.push(self.named(tx, resale).await?);
        }
        Ok(named)
    }

    /// The customers for whom a reseller may buy a product for less, with their names.
    pub async fn resale_customers(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        (seller, product): (AccountId, ProductId),
    ) -> Result<Vec<(AccountId, String)>> {
        let mut named = Vec::new();
        for resale in resale::standing_for(tx, (seller, product), buyer).await? {
            if let ResaleFor::Customer { reseller, customer } = resale.whom
                && reseller == buyer
            {
                named.push((customer, self.accounts.find(tx, customer).await?.name));
            }
        }
        Ok(named)
    }
}
