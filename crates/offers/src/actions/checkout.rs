//! What orders ask of coupons: a lower price, which ones fit, using them, and giving them back.

use catalogue::Offer;
use kernel::{
    Currency, Error, Invalid, Localized, Money, Refusal, Result, Thing, Timestamp,
    id::{AccountId, CouponId, OrderId},
    rate::BASIS_POINTS,
};
use platform::Tx;
use pricing::{Choice, Quote};

use super::batches::{buys, found};
use crate::{
    Offers,
    rules::{self, CouponUse, Granted, OfferRefused, Place, Priced, Taken, Together},
    store::{coupons, discounts, resale},
};

/// A coupon of the buyer's beside a price.
#[derive(Clone, Debug)]
pub struct Offered {
    pub coupon: CouponId,
    pub name: Localized,
    /// What it is worth, in words.
    pub value: Localized,
    pub until: Timestamp,
    /// Whether the price was computed with it.
    pub chosen: bool,
    /// Whether it takes the place of a discount that the buyer has.
    pub instead_of_discount: bool,
    /// What it takes off this price, or why not.
    pub fit: std::result::Result<Money, OfferRefused>,
}

/// The coupons of a buyer beside a price.
#[derive(Clone, Debug)]
pub struct Coupons {
    pub offered: Vec<Offered>,
    /// How many one order takes.
    pub most: u32,
}

/// What a price is for.
#[derive(Clone, Copy)]
enum Extent {
    /// A whole term, or what has none.
    Term,
    /// The rest of a term.
    Rest,
}

impl Offers {
    /// Lowers a price by what the seller takes off for the buyer, as a customer or as a reseller, and by coupons of the
    /// buyer's; nothing is used up.
    pub async fn lower(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        offer: &Offer,
        (list, choice): (Quote, &Choice),
        (wanted, sold_to): (&[CouponId], Option<AccountId>),
    ) -> Result<Priced> {
        let mut taken: Vec<Taken> = Vec::with_capacity(wanted.len());
        for id in wanted {
            if taken.iter().any(|taken| taken.coupon.id == *id) {
                return Err(OfferRefused::Used.into());
            }
            taken.push(coupons::find_for(tx, buyer, *id).await?.ok_or(Error::NotFound(Thing::Coupon))?);
        }
        if let Some(customer) = sold_to {
            let known = found(self.accounts.find(tx, customer).await)?.is_some_and(|known| buys(&known));
            if !known || customer == buyer {
                return Err(Invalid::one("customer", ("is no customer's account", "不是客户账号")).into());
            }
        }
        let discount = self.discount_of(tx, (buyer, sold_to), (offer, Extent::Term), (&list, choice)).await?;
        Ok(rules::apply(&list, discount.as_ref(), &taken, (self.place(offer), self.together().await?))?)
    }

    /// The same for a change of what is owned, which takes no coupons. A special price is one for a whole term, so that it lowers
    /// no part of one.
    pub async fn lower_change(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        offer: &Offer,
        (list, choice): (Quote, &Choice),
        sold_to: Option<AccountId>,
    ) -> Result<Priced> {
        let discount = self.discount_of(tx, (buyer, sold_to), (offer, Extent::Rest), (&list, choice)).await?;
        Ok(rules::apply(&list, discount.as_ref(), &[], (self.place(offer), self.together().await?))?)
    }

    /// Which of the buyer's coupons fit a price of the list, and why others do not; `used` are those that it was computed
    /// with.
    pub async fn coupons_for(
        &self,
        tx: &mut Tx,
        (buyer, sold_to): (AccountId, Option<AccountId>),
        offer: &Offer,
        (list, choice, used): (&Quote, &Choice, &[CouponUse]),
    ) -> Result<Coupons> {
        let (place, together) = (self.place(offer), self.together().await?);
        let discount = match self.discount_of(tx, (buyer, sold_to), (offer, Extent::Term), (list, choice)).await {
            Ok(discount) => discount,
            // The authorisation of the quote has ended: at its price nothing is bought any more.
            Err(Error::Refused(refused)) if refused.code() == OfferRefused::NotResold.code() => {
                return Ok(Coupons { offered: Vec::new(), most: 0 });
            }
            Err(other) => return Err(other),
        };
        let mut offered = Vec::new();
        for taken in coupons::usable(tx, buyer, place.now).await? {
            let saved = used.iter().find(|used| used.coupon == taken.coupon.id).map(|used| used.saved);
            let allowed = |granted| together.allows(&taken.batch, granted);
            let instead_of_discount = discount.as_ref().is_some_and(|granted| !allowed(granted));
            let Taken { coupon, batch } = &taken;
            let (id, name, value) = (coupon.id, batch.terms.name.clone(), batch.terms.value.text());
            let until = batch.valid.until;
            let alone = || rules::apply(list, discount.as_ref(), std::slice::from_ref(&taken), (place, together));
            let fit = match saved {
                Some(saved) => Ok(saved),
                None => alone().and_then(|priced| saving(&priced, list.total.currency())),
            };
            let chosen = saved.is_some();
            offered.push(Offered { coupon: id, name, value, until, chosen, instead_of_discount, fit });
        }
        // What saves most comes first, what does not fit comes last.
        offered.sort_by_key(|one| match one.fit {
            Ok(saved) => (0, saved.minor().saturating_neg()),
            Err(_) => (1, 0),
        });
        Ok(Coupons { offered, most: together.coupons_max })
    }

    async fn discount_of(
        &self,
        tx: &mut Tx,
        (buyer, sold_to): (AccountId, Option<AccountId>),
        (offer, extent): (&Offer, Extent),
        price: (&Quote, &Choice),
    ) -> Result<Option<Granted>> {
        let place = self.place(offer);
        let standing = resale::standing_for(tx, (offer.seller, offer.product), buyer).await?;
        if let Some(authorised) = rules::authorised(&standing, offer.product, (buyer, sold_to)) {
            let fee = self.policies.current().await?.fee(offer.access_type);
            return Ok(rules::resold(price.0, (authorised, BASIS_POINTS.saturating_sub(fee)), sold_to)?);
        }
        if sold_to.is_some() {
            return Err(OfferRefused::NotResold.into());
        }
        let mut given = discounts::of_buyer(tx, Some(offer.seller), buyer, place.now).await?;
        given.retain(|discount| match extent {
            Extent::Term => true,
            Extent::Rest => discount.lowers_a_rest(),
        });
        Ok(rules::best(&given, place, price)?)
    }

    async fn together(&self) -> Result<Together> {
        let policy = self.policies.current().await?;
        let (coupons_max, with_discounts) = (policy.offers.coupons_per_order, policy.offers.coupons_with_discounts);
        Ok(Together { coupons_max, with_discounts })
    }

    /// Uses up the coupons with which an order's price was computed.
    pub async fn consume(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        offer: &Offer,
        (order, used): (OrderId, &[CouponUse]),
    ) -> Result<()> {
        let place = self.place(offer);
        for used in used {
            let found = coupons::find_for(tx, buyer, used.coupon).await?.ok_or(Error::NotFound(Thing::Coupon))?;
            rules::check_fits(&found.coupon, &found.batch, place)?;
            coupons::consume(tx, buyer, used, order, place.now).await?;
        }
        Ok(())
    }

    /// Gives the coupons of an order back to the buyer, who may use them while their time lasts.
    pub async fn give_back(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        coupons::give_back(tx, order, self.app.clock.now()).await?;
        Ok(())
    }

    fn place(&self, offer: &Offer) -> Place {
        Place { seller: offer.seller, product: offer.product, spec: offer.spec, now: self.app.clock.now() }
    }
}

/// What the coupons of a price took off it.
fn saving(priced: &Priced, currency: Currency) -> std::result::Result<Money, OfferRefused> {
    Ok(Money::sum(currency, priced.coupons.iter().map(|used| used.saved))?)
}
