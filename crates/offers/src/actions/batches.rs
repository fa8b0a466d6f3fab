//! Opening a batch of coupons, giving them out by name or as codes, and voiding what is left.

use std::collections::BTreeSet;

use accounts::{Account, AccountKind, Accounts, Forbidden, Member, Operator, Permission, Seller, StaffPermission};
use catalogue::Note;
use kernel::{
    Error, Event, Invalid, Page, Result, Thing, Timestamp,
    id::{AccountId, CouponBatchId, CouponId, ProductId},
    page::PageOf,
};
use platform::{Tx, jobs, vault::fingerprint};
use serde_json::json;

use crate::{
    Offers,
    rules::{self, Batch, Counts, Coupon, CouponState, Issuer, OfferRefused, Proposal, Scope},
    store::{batches, coupons},
};

/// Whoever gives coupons: a seller its own, the operator the site's.
#[derive(Clone, Debug)]
pub(crate) enum Giver {
    Seller(Seller),
    Operator(Operator),
}

impl From<Seller> for Giver {
    fn from(seller: Seller) -> Self {
        Self::Seller(seller)
    }
}

impl From<Operator> for Giver {
    fn from(operator: Operator) -> Self {
        Self::Operator(operator)
    }
}

/// A customer on a list: its id and its name have to fit together, so that nobody learns names by trying ids.
pub(crate) type Receiver = (AccountId, String);

impl Giver {
    fn member(&self) -> &Member {
        match self {
            Self::Seller(seller) => seller,
            Self::Operator(operator) => operator,
        }
    }

    pub(crate) fn issuer(&self) -> Issuer {
        match self {
            Self::Seller(_) => Issuer::Seller,
            Self::Operator(_) => Issuer::Operator,
        }
    }

    /// Coupons are money: whoever runs the shop gives them, or whoever handles the site's money.
    pub(crate) fn may_give(&self) -> std::result::Result<(), Forbidden> {
        match self {
            Self::Seller(seller) => seller.may(Permission::RunShop),
            Self::Operator(operator) => operator.may_staff(StaffPermission::HandleMoney),
        }
    }

    fn may_look(&self) -> std::result::Result<(), Forbidden> {
        match self {
            Self::Seller(seller) => seller.may(Permission::View),
            Self::Operator(operator) => operator.may_staff(StaffPermission::View),
        }
    }
}

impl Offers {
    /// Opens a batch of coupons.
    pub(crate) async fn open_batch(&self, tx: &mut Tx, giver: &Giver, proposal: Proposal) -> Result<Batch> {
        giver.may_give()?;
        let (now, account) = (self.app.clock.now(), giver.member().account());
        let policy = self.policies.current().await?;
        let wanted = proposal.check(giver.issuer(), &policy, now)?;
        let batch = Batch::of(CouponBatchId::new(now), account, giver.issuer(), wanted, now);
        let products = match batch.issuer {
            Issuer::Seller => self.products_of_seller(tx, account, &batch.terms.scope).await?,
            Issuer::Operator => self.products_of_site(tx, &batch.terms.scope).await?,
        };
        batches::insert(tx, &batch).await?;
        if batch.shown {
            self.catalogue.put_notes(tx, &notes(&batch, &products)).await?;
        }
        let detail = json!({ "name": batch.terms.name, "count": batch.count_max, "value": batch.terms.value });
        self.noted(tx, giver, "coupons.opened", &batch, &detail).await?;
        Ok(batch)
    }

    /// The products that a seller's scope names; all of them have to be its own and on sale.
    pub(super) async fn products_of_seller(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        scope: &Scope,
    ) -> Result<BTreeSet<ProductId>> {
        let sold = self.catalogue.sold_of(tx, seller, (&scope.products, &scope.specs)).await?;
        let mut wrong = Invalid::default();
        let unknown = ("names something that you do not have on sale", "含有您未在售的商品或规格");
        for product in &scope.products {
            wrong.check(sold.iter().any(|sold| sold.product == *product), "scope.products", unknown);
        }
        for spec in &scope.specs {
            let known = sold.iter().any(|sold| sold.specs.iter().any(|(own, _)| own == spec));
            wrong.check(known, "scope.specs", unknown);
        }
        wrong.done()?;
        Ok(sold.iter().map(|sold| sold.product).collect())
    }

    /// The products that the operator's scope names beside those of the sellers that it names.
    async fn products_of_site(&self, tx: &mut Tx, scope: &Scope) -> Result<BTreeSet<ProductId>> {
        let mut wrong = Invalid::default();
        let editions = ("can only be named by their seller; name products instead", "只能由商家指定，请改为指定商品");
        wrong.check(scope.specs.is_empty(), "scope.specs", editions);
        for seller in &scope.sellers {
            let known = found(self.accounts.find(tx, *seller).await)?.is_some_and(|account| account.seller);
            wrong.check(known, "scope.sellers", (format!("{seller} is no seller"), format!("{seller} 不是商家")));
        }
        let mut products = BTreeSet::new();
        for product in &scope.products {
            let sold = found(self.catalogue.sold(tx, *product).await)?;
            let unknown = (format!("{product} is not on sale"), format!("{product} 不在售"));
            wrong.check(sold.is_some(), "scope.products", unknown);
            products.extend(sold.filter(|sold| !scope.sellers.contains(&sold.seller)).map(|sold| sold.product));
        }
        wrong.done()?;
        Ok(products)
    }

    pub(crate) async fn batches(&self, tx: &mut Tx, giver: &Giver, page: PageOf) -> Result<Page<Batch>> {
        giver.may_look()?;
        let own = match giver {
            Giver::Seller(seller) => Some(seller.account()),
            Giver::Operator(_) => None,
        };
        batches::list(tx, own, page).await
    }

    /// A batch that the giver may see: its own, or any for the operator.
    pub(crate) async fn batch(&self, tx: &mut Tx, giver: &Giver, id: CouponBatchId) -> Result<Batch> {
        giver.may_look()?;
        let batch = match giver {
            Giver::Seller(seller) => batches::find_for(tx, seller.account(), id).await?,
            Giver::Operator(_) => batches::find(tx, id).await?,
        };
        batch.ok_or(Error::NotFound(Thing::CouponBatch))
    }

    /// A batch out of which the giver gives.
    async fn own_batch(&self, tx: &mut Tx, giver: &Giver, id: CouponBatchId) -> Result<Batch> {
        giver.may_give()?;
        let own = batches::find_for(tx, giver.member().account(), id).await?;
        let batch = own.ok_or(Error::NotFound(Thing::CouponBatch))?;
        batch.check_gives(self.app.clock.now())?;
        Ok(batch)
    }

    /// Takes coupons from what a batch may still give out; after the last one, products' pages do not speak of it any more.
    pub(super) async fn take(&self, tx: &mut Tx, id: CouponBatchId, count: u32) -> Result<()> {
        let taken = batches::take(tx, id, count).await?;
        let batch = batches::find(tx, id).await?.ok_or(Error::NotFound(Thing::CouponBatch))?;
        if !taken {
            // Somebody may have voided it since it was looked at.
            batch.check_gives(self.app.clock.now())?;
            return Err(OfferRefused::NoneLeft.into());
        }
        if batch.left() == 0 {
            self.catalogue.forget_notes(tx, id.uuid()).await?;
        }
        Ok(())
    }

    pub(crate) async fn counts(&self, tx: &mut Tx, batch: &Batch) -> Result<Counts> {
        batches::counts(tx, batch.id, batch.terms.value.currency()).await
    }

    /// The coupons of a batch, with the names of those who have them.
    pub(crate) async fn coupons_of(
        &self,
        tx: &mut Tx,
        giver: &Giver,
        id: CouponBatchId,
        page: PageOf,
    ) -> Result<Page<(Coupon, String)>> {
        let batch = self.batch(tx, giver, id).await?;
        let page = coupons::of_batch(tx, batch.id, page).await?;
        let names = self.accounts.names(tx, page.items.iter().filter_map(|coupon| coupon.account).collect()).await?;
        let name =
            |coupon: &Coupon| coupon.account.and_then(|account| names.get(&account)).cloned().unwrap_or_default();
        Ok(page.map(|coupon| {
            let name = name(&coupon);
            (coupon, name)
        }))
    }

    /// Gives a coupon to each customer on a list; all of them or none.
    pub(crate) async fn give(
        &self,
        tx: &mut Tx,
        giver: &Giver,
        id: CouponBatchId,
        receivers: &[Receiver],
    ) -> Result<Batch> {
        let batch = self.own_batch(tx, giver, id).await?;
        let now = self.app.clock.now();
        self.named_at_once(receivers, (1, "accounts")).await?;
        let mut wrong = Invalid::default();
        for (index, (account, name)) in receivers.iter().enumerate() {
            let field = format!("accounts.{}", index + 1);
            if let Some((en, zh)) = self.cannot_receive(tx, &batch, (*account, name)).await? {
                wrong.check(false, field, (format!("{account} {en}"), format!("{account} {zh}")));
            }
        }
        wrong.done()?;
        self.take(tx, id, u32::try_from(receivers.len()).map_err(Error::fault)?).await?;
        for (account, _) in receivers {
            batches::share(tx, &batch, *account).await?;
            let coupon = held(&batch, *account, now);
            coupons::insert_held(tx, &coupon).await?;
            jobs::publish(tx, now, &Event::CouponGiven { coupon: coupon.id }).await?;
        }
        self.noted(tx, giver, "coupons.given", &batch, &json!({ "count": receivers.len() })).await?;
        self.batch(tx, giver, id).await
    }

    /// Refuses a list that is too long to be gone through in one transaction, before anybody on it is looked for.
    pub(super) async fn named_at_once(&self, named: &[Receiver], (least, field): (usize, &str)) -> Result<()> {
        let most = self.policies.current().await?.offers.coupons_given_at_once_max;
        Ok(rules::check_count(named.len(), (least, most), field)?)
    }

    /// What keeps an account from being given a coupon.
    async fn cannot_receive(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        (account, name): (AccountId, &str),
    ) -> Result<Option<(String, String)>> {
        let said = |en: &str, zh: &str| Ok(Some((en.to_owned(), zh.to_owned())));
        if batch.account == account {
            return said("is your own account", "是您自己的账号");
        }
        let known = found(self.accounts.find(tx, account).await)?;
        if !known.is_some_and(|known| buys(&known) && is_called(&known, name)) {
            return said(NO_CUSTOMER.0, NO_CUSTOMER.1);
        }
        if batches::shared(tx, batch.id, account).await? >= i64::from(batch.per_customer_max) {
            return said("has as many of them as one account may have", "已达到每个账号的领取上限");
        }
        Ok(None)
    }

    /// Prints codes that whoever has them may redeem.
    pub(crate) async fn print(&self, tx: &mut Tx, giver: &Giver, id: CouponBatchId, count: u32) -> Result<Batch> {
        let batch = self.own_batch(tx, giver, id).await?;
        let most = self.policies.current().await?.offers.coupons_given_at_once_max;
        let mut wrong = Invalid::default();
        let range = (format!("must be from 1 to {most}"), format!("须在 1 到 {most} 之间"));
        wrong.check((1..=most).contains(&count), "count", range);
        wrong.done()?;
        self.take(tx, id, count).await?;
        let now = self.app.clock.now();
        let mut printed = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let code = rules::code_of(rand::random());
            let plain = rules::normalised(&code).ok_or_else(|| Error::fault("a printed code has the form of one"))?;
            let id = CouponId::new(now);
            let sealed_code = self.app.vault.seal(code.as_bytes(), &context(id))?;
            printed.push(coupons::Printed { id, code_hash: fingerprint(&plain), sealed_code });
        }
        coupons::insert_printed(tx, id, printed, now).await?;
        self.noted(tx, giver, "coupons.printed", &batch, &json!({ "count": count })).await?;
        self.batch(tx, giver, id).await
    }

    /// The printed codes of a batch of one's own, to hand them out.
    pub(crate) async fn codes(
        &self,
        tx: &mut Tx,
        giver: &Giver,
        id: CouponBatchId,
    ) -> Result<Vec<(String, CouponState, Timestamp)>> {
        giver.may_give()?;
        let own = batches::find_for(tx, giver.member().account(), id).await?;
        let batch = own.ok_or(Error::NotFound(Thing::CouponBatch))?;
        let rows = coupons::codes(tx, batch.id).await?;
        let unsealed = rows.into_iter().map(|row| {
            let code = self.app.vault.unseal(&row.sealed_code, &context(row.id))?;
            Ok((String::from_utf8(code).map_err(Error::fault)?, row.state, row.made_at))
        });
        unsealed.collect()
    }

    /// Voids what is left of a batch; what was used stays with its order.
    pub(crate) async fn void(&self, tx: &mut Tx, giver: &Giver, id: CouponBatchId) -> Result<Batch> {
        giver.may_give()?;
        let batch = self.batch(tx, giver, id).await?;
        let now = self.app.clock.now();
        batches::void(tx, id, now).await?;
        let count = coupons::void_rest(tx, id, now).await?;
        self.catalogue.forget_notes(tx, id.uuid()).await?;
        jobs::publish(tx, now, &Event::CouponBatchVoided { batch: id, after: None }).await?;
        self.noted(tx, giver, "coupons.voided", &batch, &json!({ "count": count })).await?;
        self.batch(tx, giver, id).await
    }

    /// The operator bears a part of what a batch costs, from the next quotes on.
    pub(crate) async fn bear(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: CouponBatchId,
        basis_points: u32,
    ) -> Result<Batch> {
        let giver = Giver::Operator(operator.clone());
        giver.may_give()?;
        let batch = self.batch(tx, &giver, id).await?;
        let policy = self.policies.current().await?;
        rules::check_part(batch.issuer, basis_points, &policy)?;
        batches::set_platform_part(tx, id, basis_points).await?;
        let detail = json!({ "from": batch.platform_basis_points, "to": basis_points });
        self.noted(tx, &giver, "coupons.shared", &batch, &detail).await?;
        self.batch(tx, &giver, id).await
    }

    async fn noted(
        &self,
        tx: &mut Tx,
        giver: &Giver,
        action: &str,
        batch: &Batch,
        detail: &serde_json::Value,
    ) -> Result<()> {
        let accounts: &Accounts = &self.accounts;
        accounts.audit(tx, giver.member(), action, &batch.id.to_string(), detail).await
    }
}

/// What a code is sealed for.
fn context(id: CouponId) -> String {
    format!("coupon {id}")
}

/// A coupon that somebody has from the beginning.
pub(super) fn held(batch: &Batch, account: AccountId, now: Timestamp) -> Coupon {
    Coupon {
        id: CouponId::new(now),
        batch: batch.id,
        account: Some(account),
        state: CouponState::Held,
        made_at: now,
        order: None,
        used_at: None,
    }
}

/// Whether an account is one of those that buy.
pub(super) fn buys(known: &Account) -> bool {
    match known.kind {
        AccountKind::Personal | AccountKind::Enterprise => true,
        AccountKind::Operator => false,
    }
}

/// Whether a list calls an account what it is called, as it was registered or as it was verified.
pub(super) fn is_called(known: &Account, name: &str) -> bool {
    let same = |known: &str| rules::called(known).to_lowercase() == rules::called(name).to_lowercase();
    same(&known.name) || known.verified_name.as_deref().is_some_and(same)
}

/// Said of what is no account, of one that does not buy, and of one that is called otherwise.
pub(super) const NO_CUSTOMER: (&str, &str) = ("is no customer's account of this name", "不是与该名称一致的客户账号");

/// What is not there is none of ours.
pub(super) fn found<T>(looked: Result<T>) -> Result<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// What stands beside prices about a batch that buyers may take from.
fn notes(batch: &Batch, products: &BTreeSet<ProductId>) -> Vec<Note> {
    let (name, value) = (&batch.terms.name, batch.terms.value.text());
    let text = kernel::Localized::new(format!("{}: {}", name.en, value.en), format!("{}：{}", name.zh, value.zh));
    let note =
        |seller, product| Note { about: batch.id.uuid(), seller, product, text: text.clone(), shown: batch.valid };
    let own = match batch.issuer {
        Issuer::Seller => Some(batch.account),
        Issuer::Operator => None,
    };
    if batch.terms.scope.is_everything() {
        return vec![note(own, None)];
    }
    let sellers = batch.terms.scope.sellers.iter().map(|seller| note(Some(*seller), None));
    sellers.chain(products.iter().map(|product| note(own, Some(*product)))).collect()
}
