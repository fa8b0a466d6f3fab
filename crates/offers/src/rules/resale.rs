//! Resale authorisations (转售授权): what a reseller pays of a price, on three levels, the more special the less.

use kernel::{
    Invalid, Localized, Money, Timestamp, choices,
    id::{AccountId, ProductId, ResaleId, UserId},
    rate::BASIS_POINTS,
};
use pricing::{Adjustment, Quote, Reduction, Stacking};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Granted, Lowered, OfferRefused, value::percent};

/// There is one authorisation at most for the same resellers of a product.
pub(crate) const AUTHORISED_ALREADY: (&str, &str) =
    ("is authorised already; end that authorisation first", "已有授权，须先终止原授权");

choices! {
    /// For whom an authorisation holds, from the general to the special.
    pub enum ResaleLevel {
        /// Every reseller of the seller.
        Product = "product",
        /// One reseller.
        Partner = "partner",
        /// One reseller selling on to one customer.
        Customer = "customer",
    }
}

choices! {
    pub(crate) enum ResaleState {
        /// The seller would get more than the standard; the operator decides.
        Waiting = "waiting",
        Active = "active",
        Rejected = "rejected",
        Ended = "ended",
    }
}

/// For whom, with what only that level knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResaleFor {
    Product,
    Partner { reseller: AccountId },
    Customer { reseller: AccountId, customer: AccountId },
}

impl ResaleFor {
    /// For whom, when the fields fit the level.
    pub(crate) fn of(
        level: ResaleLevel,
        reseller: Option<AccountId>,
        customer: Option<AccountId>,
    ) -> Result<Self, Invalid> {
        let missing = ("is needed on this level", "在该级别须填写");
        let reseller = || reseller.ok_or_else(|| Invalid::one("reseller", missing));
        let customer = || customer.ok_or_else(|| Invalid::one("customer", missing));
        match level {
            ResaleLevel::Product => Ok(Self::Product),
            ResaleLevel::Partner => Ok(Self::Partner { reseller: reseller()? }),
            ResaleLevel::Customer => Ok(Self::Customer { reseller: reseller()?, customer: customer()? }),
        }
    }

    pub(crate) fn level(self) -> ResaleLevel {
        match self {
            Self::Product => ResaleLevel::Product,
            Self::Partner { .. } => ResaleLevel::Partner,
            Self::Customer { .. } => ResaleLevel::Customer,
        }
    }

    pub(crate) fn reseller(self) -> Option<AccountId> {
        match self {
            Self::Product => None,
            Self::Partner { reseller } | Self::Customer { reseller, .. } => Some(reseller),
        }
    }

    pub(crate) fn customer(self) -> Option<AccountId> {
        match self {
            Self::Product | Self::Partner { .. } => None,
            Self::Customer { customer, .. } => Some(customer),
        }
    }

    /// Whether it holds for a reseller that buys for a customer, or for nobody in particular.
    fn holds(self, buyer: AccountId, sold_to: Option<AccountId>) -> bool {
        match self {
            Self::Product => true,
            Self::Partner { reseller } => reseller == buyer,
            Self::Customer { reseller, customer } => reseller == buyer && sold_to == Some(customer),
        }
    }

    /// Whether one is a more general case of the other.
    fn contains(self, other: Self) -> bool {
        match (self, other) {
            (Self::Product, Self::Partner { .. } | Self::Customer { .. }) => true,
            (Self::Partner { reseller }, Self::Customer { reseller: other, .. }) => reseller == other,
            (
                Self::Product | Self::Partner { .. } | Self::Customer { .. },
                Self::Product | Self::Partner { .. } | Self::Customer { .. },
            ) => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Resale {
    pub(crate) id: ResaleId,
    /// The seller's.
    pub(crate) account: AccountId,
    pub(crate) product: ProductId,
    pub(crate) whom: ResaleFor,
    pub(crate) price_basis_points: u32,
    pub(crate) seller_basis_points: u32,
    pub(crate) state: ResaleState,
    pub(crate) created_at: Timestamp,
    /// The operator's word on it, where more than the standard was wanted.
    pub(crate) decided: Option<(Timestamp, UserId)>,
    pub(crate) reason: Option<String>,
    pub(crate) ended: Option<(Timestamp, UserId)>,
}

/// An authorisation as a seller wants it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResaleProposal {
    pub(crate) product: ProductId,
    pub(crate) whom: ResaleFor,
    pub(crate) price_basis_points: u32,
    /// The standard unless told.
    pub(crate) seller_basis_points: Option<u32>,
}

impl ResaleProposal {
    /// Checks it beside what stands for the product; `standard` is the seller's part without an authorisation. Gives the
    /// seller's part and where it begins: at once, or with the operator.
    pub(crate) fn check(&self, standing: &[Resale], standard: u32) -> Result<(u32, ResaleState), Invalid> {
        let mut wrong = Invalid::default();
        let price = self.price_basis_points;
        let range = ("must be more than 0 and less than 100 percent", "须大于 0% 且小于 100%");
        wrong.check((1..BASIS_POINTS).contains(&price), "price_basis_points", range);
        let part = self.seller_basis_points.unwrap_or(standard);
        let whole = ("must be from 0 to 100 percent", "须在 0% 到 100% 之间");
        wrong.check(part <= BASIS_POINTS, "seller_basis_points", whole);
        for other in standing.iter().filter(|other| other.product == self.product && other.is_open()) {
            let share = percent(other.price_basis_points);
            wrong.check(other.whom != self.whom, "level", AUTHORISED_ALREADY);
            let less = format!("must be less than {share} %, which holds more generally");
            let less_zh = format!("须低于上一级的 {share}%");
            let fine = !other.whom.contains(self.whom) || price < other.price_basis_points;
            wrong.check(fine, "price_basis_points", (less, less_zh));
            let more = format!("must be more than {share} %, which holds more specially");
            let more_zh = format!("须高于下一级的 {share}%");
            let fine = !self.whom.contains(other.whom) || price > other.price_basis_points;
            wrong.check(fine, "price_basis_points", (more, more_zh));
        }
        wrong.done()?;
        Ok((part, if part <= standard { ResaleState::Active } else { ResaleState::Waiting }))
    }
}

impl Resale {
    /// Whether it holds, or may.
    pub(crate) fn is_open(&self) -> bool {
        match self.state {
            ResaleState::Waiting | ResaleState::Active => true,
            ResaleState::Rejected | ResaleState::Ended => false,
        }
    }

    /// What the seller gets of what is paid now. More than today's standard needs the operator's approval, also where it was
    /// the standard when the authorisation was made.
    pub(crate) fn part(&self, standard: u32) -> u32 {
        if self.decided.is_some() { self.seller_basis_points } else { self.seller_basis_points.min(standard) }
    }

    pub(crate) fn check_ends(&self) -> Result<(), OfferRefused> {
        if self.is_open() { Ok(()) } else { Err(OfferRefused::ResaleEnded) }
    }

    pub(crate) fn check_waits(&self) -> Result<(), OfferRefused> {
        match self.state {
            ResaleState::Waiting => Ok(()),
            ResaleState::Active | ResaleState::Rejected | ResaleState::Ended => Err(OfferRefused::ResaleDecided),
        }
    }
}

/// An authorisation under which a reseller bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResaleUse {
    pub authorisation: ResaleId,
    pub level: ResaleLevel,
    /// The customer that it is sold on to, where the reseller named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<AccountId>,
    /// What the reseller pays of the list price.
    pub price_basis_points: u32,
    /// What the seller gets of what was paid.
    pub seller_basis_points: u32,
    pub off: Money,
}

/// The most special authorisation that holds for a reseller.
pub(crate) fn authorised(
    standing: &[Resale],
    product: ProductId,
    (buyer, sold_to): (AccountId, Option<AccountId>),
) -> Option<&Resale> {
    let holds = |resale: &&Resale| {
        resale.state == ResaleState::Active && resale.product == product && resale.whom.holds(buyer, sold_to)
    };
    standing.iter().filter(holds).max_by_key(|resale| resale.whom.level())
}

/// What an authorisation takes off a price; `None`: nothing. `standard` is the seller's part without an authorisation.
pub(crate) fn resold(
    list: &Quote,
    (resale, standard): (&Resale, u32),
    sold_to: Option<AccountId>,
) -> Result<Option<Granted>, OfferRefused> {
    let adjustment = resale_adjustment(resale);
    let lowered = pricing::adjust(list.clone(), std::slice::from_ref(&adjustment))?;
    let used = lowered.adjustments.first().map(|applied| ResaleUse {
        authorisation: resale.id,
        level: resale.whom.level(),
        customer: sold_to,
        price_basis_points: resale.price_basis_points,
        seller_basis_points: resale.part(standard),
        off: applied.off,
    });
    Ok(used.map(|used| Granted { used: Lowered::Resale(used), adjustment }))
}

/// An authorisation as prices understand it.
fn resale_adjustment(resale: &Resale) -> Adjustment {
    let share = percent(resale.price_basis_points);
    Adjustment {
        source: resale.id.to_string(),
        name: Localized::new(format!("Resale at {share} %"), format!("转售授权（{share}%）")),
        reduction: Reduction::Discount { basis_points: BASIS_POINTS.saturating_sub(resale.price_basis_points) },
        platform_basis_points: 0,
        stacking: Stacking::WithOthers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000)
    }

    fn resale(product: ProductId, whom: ResaleFor, price_basis_points: u32) -> Resale {
        Resale {
            id: ResaleId::new(now()),
            account: AccountId::new(now()),
            product,
            whom,
            price_basis_points,
            seller_basis_points: 9_500,
            state: ResaleState::Active,
            created_at: now(),
            decided: None,
            reason: None,
            ended: None,
        }
    }

    #[test]
    fn the_more_special_level_is_cheaper_and_wins() {
        let product = ProductId::new(now());
        let (reseller, customer, other) = (AccountId::new(now()), AccountId::new(now()), AccountId::new(now()));
        let general = resale(product, ResaleFor::Product, 9_000);
        let partner = resale(product, ResaleFor::Partner { reseller }, 8_500);
        let special = resale(product, ResaleFor::Customer { reseller, customer }, 8_000);
        let standing = [special.clone(), general.clone(), partner.clone()];
        let price = |who| authorised(&standing, product, who).map(|resale| resale.price_basis_points);
        assert_eq!(price((reseller, Some(customer))), Some(8_000));
        assert_eq!((price((reseller, Some(other))), price((reseller, None))), (Some(8_500), Some(8_500)));
        assert_eq!(price((other, Some(customer))), Some(9_000));
        assert!(authorised(&standing, ProductId::new(now()), (reseller, None)).is_none());

        let wants = |whom, price_basis_points| {
            let proposal = ResaleProposal { product, whom, price_basis_points, seller_basis_points: None };
            let standing = [general.clone(), special.clone()];
            let checked = proposal.check(&standing, 9_500);
            checked.err().map_or_else(Vec::new, |wrong| wrong.0.into_iter().map(|wrong| wrong.field).collect())
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(wants(ResaleFor::Partner { reseller }, 8_500), none);
        assert_eq!(wants(ResaleFor::Partner { reseller }, 9_000), ["price_basis_points"]);
        assert_eq!(wants(ResaleFor::Partner { reseller }, 8_000), ["price_basis_points"]);
        assert_eq!(wants(ResaleFor::Partner { reseller: other }, 7_000), none);
        assert_eq!(wants(ResaleFor::Product, 9_100), ["level"]);
    }

    #[test]
    fn more_than_the_standard_waits_for_the_operator() {
        let product = ProductId::new(now());
        let begins = |seller_basis_points| {
            let whom = ResaleFor::Product;
            let proposal = ResaleProposal { product, whom, price_basis_points: 9_000, seller_basis_points };
            proposal.check(&[], 9_500).unwrap()
        };
        assert_eq!(begins(None), (9_500, ResaleState::Active));
        assert_eq!(begins(Some(9_000)), (9_000, ResaleState::Active));
        assert_eq!(begins(Some(9_501)), (9_501, ResaleState::Waiting));
    }
}
