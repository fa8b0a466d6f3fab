//! Opening a batch of coupons, giving them out by name or as codes, and voiding what is left.

use std::collections::BTreeSet;

use accounts::{AccountKind, Accounts, Forbidden, Member, Operator, Permission, Seller, StaffPermission};
use catalogue::{Note, Sold};
use kernel::{
    Error, Event, Invalid, Page, Result, Thing, Timestamp,
    id::{AccountId, CouponBatchId, CouponId, ProductId},
    page::PageOf,
};
use platform::{Tx, jobs, vault::fingerprint};
use serde_json::json;

use crate::{
    Offers,
    rules::{self, Batch, Counts, Coupon, CouponState, Issuer, Proposal, Scope},
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

/// A customer on a list, and its name if it was said.
pub(crate) type Receiver = (AccountId, Option<String>);

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
        let sold = self.catalogue.sold_by(tx, seller).await?;
        let holds = |sold: &Sold, scope: &Scope| {
            scope.products.contains(&sold.product) || sold.specs.iter().any(|(spec, _)| scope.specs.contains(spec))
        };
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
        Ok(sold.iter().filter(|sold| holds(sold, scope)).map(|sold| sold.product).collect())
    }

    async fn products_of_site(&self, tx: &mut Tx, scope: &Scope) -> Result<BTreeSet<ProductId>> {
        let mut wrong = Invalid::default();
        let editions = ("can only be named by their seller; name products instead", "只能由商家指定，请改为指定商品");
        wrong.check(scope.specs.is_empty(), "scope.specs", editions);
        for seller in &scope.sellers {
            let known = found(self.accounts.find(tx, *seller).await)?.is_some_and(|account| account.seller);
            wrong.check(known, "scope.sellers", (format!("{seller} is no seller"), format!("{seller} 不是商家")));
        }
        for product in &scope.products {
            let known = found(self.catalogue.sold(tx, *product).await)?.is_some();
            let unknown = (format!("{product} is not on sale"), format!("{product} 不在售"));
            wrong.check(known, "scope.products", unknown);
        }
        wrong.done()?;
        Ok(scope.products.iter().copied().collect())
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
        batches::take(tx, id, count).await?;
        if batches::find(tx, id).await?.is_some_and(|batch| batch.left() == 0) {
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
        let mut wrong = Invalid::default();
        for (index, (account, name)) in receivers.iter().enumerate() {
            let field = format!("accounts.{}", index + 1);
            if let Some((en, zh)) = self.cannot_receive(tx, &batch, *account, name.as_deref()).await? {
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

    /// What keeps an account from being given a coupon.
    async fn cannot_receive(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<Option<(String, String)>> {
        let said = |en: &str, zh: &str| Ok(Some((en.to_owned(), zh.to_owned())));
        let Some(known) = found(self.accounts.find(tx, account).await)? else {
            return said("is no account", "不是本站的账号");
        };
        match known.kind {
            AccountKind::Personal | AccountKind::Enterprise => {}
            AccountKind::Operator => return said("does not buy", "不是买家账号"),
        }
        if batch.account == account {
            return said("is your own account", "是您自己的账号");
        }
        if name.is_some_and(|name| name != known.name && Some(name) != known.verified_name.as_deref()) {
            return said("has another name than the list says", "与名单中的账号名称不一致");
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
        jobs::publish(tx, now, &Event::CouponBatchVoided { batch: id }).await?;
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
