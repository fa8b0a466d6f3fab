//! Refused records: looked at, mended and sent again, or laid aside.

use accounts::{Permission, Seller};
use kernel::{Page, Result, id::UsageRefusalId, page::PageOf};
use platform::Tx;

use super::ingest::Told;
use crate::{
    Metering,
    rules::{rating::KEPT_DAYS, record::Mended, refused::MeteringRefused},
    store::refusals::{self, Refusal, UsageRefusalState},
};

impl Metering {
    pub(crate) async fn refused(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        state: Option<UsageRefusalState>,
        page: PageOf,
    ) -> Result<Page<Refusal>> {
        seller.may(Permission::View)?;
        refusals::of_seller(tx, seller.account(), state, page).await
    }

    /// Clears away what nobody will mend any more: no record of that time is taken in.
    pub async fn forget(&self, tx: &mut Tx) -> Result<()> {
        refusals::forget_before(tx, self.app.clock.now().plus_days(-KEPT_DAYS)).await
    }

    pub(crate) async fn refused_one(&self, tx: &mut Tx, seller: &Seller, id: UsageRefusalId) -> Result<Refusal> {
        seller.may(Permission::View)?;
        refusals::find_for(tx, seller.account(), id).await
    }

    pub(crate) async fn refused_open(&self, tx: &mut Tx, seller: &Seller) -> Result<i64> {
        seller.may(Permission::View)?;
        refusals::open_of(tx, seller.account()).await
    }

    /// Sends a refused record again as its seller has mended it. What is wrong with it still is said; it stays refused then.
    pub(crate) async fn mend(&self, tx: &mut Tx, seller: &Seller, id: UsageRefusalId, fields: &Mended) -> Result<Told> {
        seller.may(Permission::Integrate)?;
        let sent = self.open(tx, seller, id).await?.sent.mended(fields);
        let told = self.take_in(tx, seller, &[sent]).await?.told(0);
        if told == Told::Recorded {
            refusals::end(tx, id, UsageRefusalState::Mended, self.app.clock.now()).await?;
        }
        Ok(told)
    }

    /// Lays a refused record aside.
    pub(crate) async fn drop_refused(&self, tx: &mut Tx, seller: &Seller, id: UsageRefusalId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        self.open(tx, seller, id).await?;
        refusals::end(tx, id, UsageRefusalState::Dropped, self.app.clock.now()).await
    }

    async fn open(&self, tx: &mut Tx, seller: &Seller, id: UsageRefusalId) -> Result<Refusal> {
        let refusal = refusals::find_for(tx, seller.account(), id).await?;
        match refusal.state {
            UsageRefusalState::Open => Ok(refusal),
            UsageRefusalState::Mended | UsageRefusalState::Dropped => Err(MeteringRefused::Over.into()),
        }
    }
}
