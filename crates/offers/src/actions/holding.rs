//! How buyers come by coupons: on a product's page, by a code; and what they have.

use accounts::{Buyer, Member, Permission};
use catalogue::Sold;
use kernel::{
    Error, Page, Result, Thing, Timestamp,
    id::{AccountId, CouponBatchId, ProductId},
    page::PageOf,
};
use platform::{Tx, vault::fingerprint};

use super::batches::held;
use crate::{
    Offers,
    rules::{self, Batch, CouponState, Issuer, OfferRefused, Taken},
    store::{batches, coupons},
};

/// A batch that a buyer may take a coupon from.
pub(crate) struct Claimable {
    pub(crate) batch: Batch,
    /// How many of it the buyer has got.
    pub(crate) own: i64,
}

impl Claimable {
    pub(crate) fn may_have_more(&self) -> bool {
        self.own < i64::from(self.batch.per_customer_max)
    }
}

impl Offers {
    /// Takes a coupon of a batch that is shown to everybody.
    pub(crate) async fn claim(&self, tx: &mut Tx, buyer: &Buyer, id: CouponBatchId) -> Result<Taken> {
        buyer.may(Permission::Buy)?;
        let batch = batches::find(tx, id).await?.ok_or(Error::NotFound(Thing::CouponBatch))?;
        let now = self.app.clock.now();
        check_taker(&batch, buyer.account(), now)?;
        if !batch.shown {
            return Err(OfferRefused::NotShown.into());
        }
        self.take(tx, id, 1).await?;
        batches::share(tx, &batch, buyer.account()).await?;
        let coupon = held(&batch, buyer.account(), now);
        coupons::insert_held(tx, &coupon).await?;
        Ok(Taken { coupon, batch })
    }

    /// Redeems a printed code.
    pub(crate) async fn redeem(&self, tx: &mut Tx, buyer: &Buyer, typed: &str) -> Result<Taken> {
        buyer.may(Permission::Buy)?;
        let code = rules::normalised(typed).ok_or(OfferRefused::UnknownCode)?;
        let found = coupons::by_code(tx, &fingerprint(&code)).await?;
        let Taken { coupon, batch } = found.ok_or(OfferRefused::UnknownCode)?;
        let now = self.app.clock.now();
        match coupon.state {
            CouponState::Printed => {}
            CouponState::Held | CouponState::Used => return Err(OfferRefused::CodeRedeemed.into()),
            CouponState::Voided => return Err(OfferRefused::Voided.into()),
        }
        check_taker(&batch, buyer.account(), now)?;
        batches::share(tx, &batch, buyer.account()).await?;
        coupons::redeem(tx, coupon.id, buyer.account(), now).await?;
        coupons::find_for(tx, buyer.account(), coupon.id).await?.ok_or(Error::NotFound(Thing::Coupon))
    }

    pub(crate) async fn coupons(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        state: Option<CouponState>,
        page: PageOf,
    ) -> Result<Page<Taken>> {
        buyer.may(Permission::View)?;
        coupons::list_for(tx, buyer.account(), state, page).await
    }

    /// A product as somebody may see it, and what may be taken on its page, with how many their account has got of each.
    pub(crate) async fn claimable(
        &self,
        tx: &mut Tx,
        member: Option<&Member>,
        product: ProductId,
    ) -> Result<(Sold, Vec<Claimable>)> {
        let sold = self.catalogue.sold_for(tx, member, product).await?;
        let now = self.app.clock.now();
        let mut found = Vec::new();
        for batch in batches::shown(tx, sold.seller, now).await? {
            let fits = |(spec, _): &(kernel::id::SpecId, _)| batch.check_covers(sold.seller, product, *spec).is_ok();
            if sold.specs.iter().any(fits) {
                let own = match member {
                    Some(member) => batches::shared(tx, batch.id, member.account()).await?,
                    None => 0,
                };
                found.push(Claimable { batch, own });
            }
        }
        Ok((sold, found))
    }
}

/// Whether an account may take from a batch now.
fn check_taker(batch: &Batch, account: AccountId, now: Timestamp) -> std::result::Result<(), OfferRefused> {
    if batch.issuer == Issuer::Seller && batch.account == account {
        return Err(OfferRefused::OwnCoupon);
    }
    batch.check_gives(now)
}
