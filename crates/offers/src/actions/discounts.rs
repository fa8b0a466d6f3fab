//! Discounts of a seller for named customers.

use std::collections::BTreeSet;

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Invalid, Page, Result, Thing,
    id::{AccountId, DiscountId},
    page::PageOf,
};
use platform::Tx;
use serde_json::json;

use super::batches::{NO_CUSTOMER, Receiver, buys, found, is_called};
use crate::{
    Offers,
    rules::{Discount, DiscountProposal, DiscountState, OfferRefused},
    store::discounts,
};

impl Offers {
    /// Gives named customers a lower price for a time.
    pub(crate) async fn grant(&self, tx: &mut Tx, seller: &Seller, proposal: &DiscountProposal) -> Result<Discount> {
        seller.may(Permission::RunShop)?;
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let (terms, valid) = proposal.check(&policy, now)?;
        self.products_of_seller(tx, seller.account(), &terms.scope).await?;
        let customers = self.customers(tx, seller.account(), (&proposal.customers, 1)).await?;
        let (id, account) = (DiscountId::new(now), seller.account());
        let state = DiscountState::Active;
        let discount = Discount { id, account, state, terms, valid, created_at: now, ended_at: None };
        discounts::insert(tx, &discount).await?;
        discounts::set_customers(tx, id, &customers).await?;
        let detail =
            json!({ "name": discount.terms.name, "reduction": discount.terms.reduction, "customers": customers });
        self.accounts.audit(tx, seller, "discount.granted", &id.to_string(), &detail).await?;
        Ok(discount)
    }

    /// Accounts that buy, are not the seller's, and are called as the list says.
    pub(super) async fn customers(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        (named, least): (&[Receiver], usize),
    ) -> Result<BTreeSet<AccountId>> {
        self.named_at_once(named, (least, "customers")).await?;
        let mut wrong = Invalid::default();
        let mut customers = BTreeSet::new();
        for (index, (account, name)) in named.iter().enumerate() {
            let field = format!("customers.{}", index + 1);
            let known = found(self.accounts.find(tx, *account).await)?;
            let fits = known.is_some_and(|known| buys(&known) && is_called(&known, name) && *account != seller);
            let stranger = (format!("{account} {}", NO_CUSTOMER.0), format!("{account} {}", NO_CUSTOMER.1));
            wrong.check(fits, field, stranger);
            customers.insert(*account);
        }
        wrong.done()?;
        Ok(customers)
    }

    pub(crate) async fn discounts(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Discount>> {
        seller.may(Permission::View)?;
        discounts::list_for(tx, seller.account(), page).await
    }

    /// A discount of the seller's, and whom it is for: account and name.
    pub(crate) async fn discount(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: DiscountId,
    ) -> Result<(Discount, Vec<(AccountId, String)>)> {
        seller.may(Permission::View)?;
        let found = discounts::find_for(tx, seller.account(), id).await?;
        let discount = found.ok_or(Error::NotFound(Thing::Discount))?;
        let mut named = Vec::new();
        for account in discounts::customers(tx, id).await? {
            let name = self.accounts.find(tx, account).await?.name;
            named.push((account, name));
        }
        Ok((discount, named))
    }

    /// Names the customers of a discount anew.
    pub(crate) async fn regrant(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, named): (DiscountId, &[Receiver]),
    ) -> Result<Discount> {
        seller.may(Permission::RunShop)?;
        let (discount, _) = self.discount(tx, seller, id).await?;
        match discount.state {
            DiscountState::Active => {}
            DiscountState::Ended => return Err(OfferRefused::DiscountEnded.into()),
        }
        // Whoever names customers at the same time, or ends it, waits until this list is written.
        discounts::hold(tx, id).await?;
        let customers = self.customers(tx, seller.account(), (named, 1)).await?;
        discounts::set_customers(tx, id, &customers).await?;
        let detail = json!({ "customers": customers });
        self.accounts.audit(tx, seller, "discount.customers", &id.to_string(), &detail).await?;
        Ok(discount)
    }

    /// Ends a discount; what was ordered with it keeps its price.
    pub(crate) async fn end_discount(&self, tx: &mut Tx, seller: &Seller, id: DiscountId) -> Result<Discount> {
        seller.may(Permission::RunShop)?;
        self.discount(tx, seller, id).await?;
        discounts::end(tx, id, self.app.clock.now()).await?;
        self.accounts.audit(tx, seller, "discount.ended", &id.to_string(), &json!({})).await?;
        Ok(self.discount(tx, seller, id).await?.0)
    }

    /// The discounts that a buyer has now, with the sellers' names.
    pub(crate) async fn own_discounts(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Vec<(Discount, String)>> {
        buyer.may(Permission::View)?;
        let mut named = Vec::new();
        for discount in discounts::of_buyer(tx, None, buyer.account(), self.app.clock.now()).await? {
            let name = self.accounts.find(tx, discount.account).await?.name;
            named.push((discount, name));
        }
        Ok(named)
    }
}
