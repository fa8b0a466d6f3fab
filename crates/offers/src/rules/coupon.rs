//! One coupon, and whether it can be used here and now.

use kernel::{
    Timestamp, choices,
    id::{AccountId, CouponBatchId, CouponId, OrderId, ProductId, SpecId},
};

use super::{Batch, BatchState, OfferRefused};

choices! {
    /// Where a coupon stands; that its time is over is seen from its batch.
    pub(crate) enum CouponState {
        /// A code that nobody has redeemed.
        Printed = "printed",
        /// Somebody has it and can use it.
        Held = "held",
        Used = "used",
        Voided = "voided",
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Coupon {
    pub(crate) id: CouponId,
    pub(crate) batch: CouponBatchId,
    /// Nobody's while it is a printed code.
    pub(crate) account: Option<AccountId>,
    pub(crate) state: CouponState,
    pub(crate) made_at: Timestamp,
    pub(crate) order: Option<OrderId>,
    pub(crate) used_at: Option<Timestamp>,
}

/// What is bought, as far as a coupon asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) seller: AccountId,
    pub(crate) product: ProductId,
    pub(crate) spec: SpecId,
    pub(crate) now: Timestamp,
}

/// Whether a coupon may be used for an edition now, whatever its price.
pub(crate) fn check_fits(coupon: &Coupon, batch: &Batch, place: Place) -> Result<(), OfferRefused> {
    match coupon.state {
        CouponState::Held => {}
        CouponState::Printed => return Err(OfferRefused::UnknownCode),
        CouponState::Used => return Err(OfferRefused::Used),
        CouponState::Voided => return Err(OfferRefused::Voided),
    }
    // It may have come back from an order in the moment in which its batch was voided.
    match batch.state {
        BatchState::Open => {}
        BatchState::Voided => return Err(OfferRefused::Voided),
    }
    let Place { seller, product, spec, now } = place;
    if now >= batch.valid.until {
        return Err(OfferRefused::Over(batch.valid.until));
    }
    if now < batch.valid.from {
        return Err(OfferRefused::NotYet(batch.valid.from));
    }
    batch.check_covers(seller, product, spec)
}
