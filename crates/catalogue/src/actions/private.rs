//! The private catalogue of an organisation: its admins approve what all of its members may buy.

use accounts::{Buyer, Permission};
use kernel::{Error, Result, Thing, id::ProductId};
use platform::Tx;
use serde_json::json;

use super::Remembered;
use crate::{
    Catalogue,
    rules::{self, APPROVED_MAX, Approval, BuysFrom, CatalogueNotKept},
    store::{self, private},
};

/// What an organisation has said of its purchases.
pub(crate) struct PrivateCatalogue {
    pub(crate) buys_from: BuysFrom,
    /// The latest first.
    pub(crate) approved: Vec<Remembered>,
    /// Nothing, or why this account has none.
    pub(crate) refused: Option<CatalogueNotKept>,
}

impl Catalogue {
    pub(crate) async fn private_catalogue(&self, tx: &mut Tx, buyer: &Buyer) -> Result<PrivateCatalogue> {
        buyer.may(Permission::View)?;
        let account = buyer.account();
        let (kind, _) = self.accounts.registered(tx, account).await?;
        let noted = private::approved(tx, account).await?;
        Ok(PrivateCatalogue {
            buys_from: private::buys_from(tx, account).await?,
            approved: self.remembered(tx, buyer, noted).await?,
            refused: rules::keeps_catalogue(kind).err(),
        })
    }

    /// Who decides for the organisation what its members buy.
    async fn decides(&self, tx: &mut Tx, buyer: &Buyer) -> Result<()> {
        buyer.may(Permission::ManageTeam)?;
        let (kind, _) = self.accounts.registered(tx, buyer.account()).await?;
        Ok(rules::keeps_catalogue(kind)?)
    }

    /// Says from what all members of the account buy, from now on. What was paid stays.
    pub(crate) async fn set_buys_from(&self, tx: &mut Tx, buyer: &Buyer, buys_from: BuysFrom) -> Result<()> {
        self.decides(tx, buyer).await?;
        let now = self.app.clock.now();
        private::set_buys_from(tx, buyer.account(), buys_from, (buyer.user(), now)).await?;
        let detail = json!({ "buys_from": buys_from });
        self.accounts.audit(tx, buyer, "private_catalogue.set", &buyer.account().to_string(), &detail).await
    }

    /// Lets the members of the account buy a product; again does nothing.
    pub(crate) async fn approve_product(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<()> {
        self.decides(tx, buyer).await?;
        let who = self.who(tx, Some(buyer)).await?;
        self.seen(tx, &who, product, None).await?;
        let account = buyer.account();
        if private::approved_beside(tx, account, product).await? >= APPROVED_MAX {
            return Err(CatalogueNotKept::Full.into());
        }
        if private::approve(tx, account, product, (buyer.user(), self.app.clock.now())).await? {
            let action = "private_catalogue.approved";
            self.accounts.audit(tx, buyer, action, &product.to_string(), &json!({})).await?;
        }
        Ok(())
    }

    /// Takes a product out of the catalogue, also one that is not sold any more; what is not there stays so.
    pub(crate) async fn withdraw_approval(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<()> {
        self.decides(tx, buyer).await?;
        store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        if private::withdraw(tx, buyer.account(), product).await? {
            let action = "private_catalogue.withdrawn";
            self.accounts.audit(tx, buyer, action, &product.to_string(), &json!({})).await?;
        }
        Ok(())
    }

    /// How a product stands in the catalogue of whoever looks at it.
    pub(crate) async fn approval(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<Approval> {
        private::approval(tx, buyer.account(), product).await
    }
}
