//! Who sees and who buys what is on sale (销售对象). Everything that shows, prices or sells a product asks here: storefront,
//! API, search, quotes and orders.

use std::collections::BTreeSet;

use accounts::AccountKind;
use kernel::{
    Localized, Refusal, choices,
    id::{AccountId, ProductId, SpecId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::revision::ProductState;

choices! {
    /// Who learns of a product or a spec.
    pub(crate) enum Reach {
        /// Everybody.
        Public = "public",
        /// Whoever has its link.
        Unlisted = "unlisted",
        /// The accounts that the seller has named, and nobody else.
        Named = "named",
    }
}

choices! {
    /// Which kind of account may buy.
    pub(crate) enum Customers { All = "all", Personal = "personal", Enterprise = "enterprise" }
}

choices! {
    /// From where may be bought.
    pub(crate) enum Regions {
        Everywhere = "everywhere",
        /// The buyer is registered in a region for which the seller is certified with a contracting entity.
        Certified = "certified",
    }
}

choices! {
    /// Whether something is displayed (隐藏); what is hidden can be bought by its link.
    pub(crate) enum Showing { Shown = "shown", Hidden = "hidden" }
}

impl Showing {
    pub(crate) fn hides(self) -> bool {
        match self {
            Self::Shown => false,
            Self::Hidden => true,
        }
    }
}

/// For whom a product is meant. A spec has one of its own, and both have to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reach": "named", "customers": "enterprise", "regions": "everywhere"}))]
pub(crate) struct Audience {
    pub(crate) reach: Reach,
    pub(crate) customers: Customers,
    pub(crate) regions: Regions,
}

impl Audience {
    /// Everybody who knows of it.
    pub(crate) const OPEN: Self =
        Self { reach: Reach::Public, customers: Customers::All, regions: Regions::Everywhere };

    /// What it asks of buyers that another one, which has to fit too, does not ask.
    pub(crate) fn beside(self, other: Self) -> Self {
        let customers = if self.customers == other.customers { Customers::All } else { self.customers };
        let regions = if self.regions == other.regions { Regions::Everywhere } else { self.regions };
        Self { reach: self.reach, customers, regions }
    }
}

/// What holds of a product, or of one of its specs, beside what its revision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The operator has frozen its trade.
    pub(crate) frozen: bool,
    pub(crate) hidden: bool,
    pub(crate) audience: Audience,
}

/// Who looks.
#[derive(Clone, Debug, Default)]
pub(crate) enum Who {
    #[default]
    Nobody,
    /// The operator's people look at everything that is on sale.
    Staff,
    Account {
        id: AccountId,
        /// The products and specs for which the account is named.
        named: BTreeSet<Uuid>,
    },
}

impl Who {
    /// For which account lists hold what is meant for named ones.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account { id, .. } => Some(*id),
            Self::Nobody | Self::Staff => None,
        }
    }

    /// Whether lists hold for them just what they hold for everybody.
    pub(crate) fn sees_what_all_see(&self) -> bool {
        match self {
            Self::Account { named, .. } => named.is_empty(),
            Self::Nobody | Self::Staff => true,
        }
    }
}

/// What somebody may know of a product or a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// Not even that it exists.
    Unseen,
    /// It opens for whoever has its address, and stands in no list.
    ByLink,
    Listed,
}

/// Who buys, as far as audiences ask.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) kind: AccountKind,
    /// Where it is registered; nothing until it has been verified, which every order needs.
    pub(crate) country: Option<String>,
}

impl Default for Audience {
    fn default() -> Self {
        Self { reach: Reach::Public, customers: Customers::All, regions: Regions::Everywhere }
    }
}

impl Audience {
    /// Whether it asks who buys, beside whether it is seen.
    pub(crate) fn asks_customer(self) -> bool {
        self.customers != Customers::All || self.regions != Regions::Everywhere
    }

    /// Refuses a buyer for whom it is not meant. `certified` are the regions of the seller.
    pub(crate) fn admits(self, buyer: &Customer, certified: &[String]) -> Result<(), NotSold> {
        match (self.customers, buyer.kind) {
            (Customers::All, _)
            | (Customers::Personal, AccountKind::Personal)
            | (Customers::Enterprise, AccountKind::Enterprise) => {}
            (Customers::Personal, AccountKind::Enterprise | AccountKind::Operator) => {
                return Err(NotSold::PersonalOnly);
            }
            (Customers::Enterprise, AccountKind::Personal | AccountKind::Operator) => {
                return Err(NotSold::EnterpriseOnly);
            }
        }
        match (self.regions, &buyer.country) {
            (Regions::Everywhere, _) | (Regions::Certified, None) => Ok(()),
            (Regions::Certified, Some(country)) if certified.contains(country) => Ok(()),
            (Regions::Certified, Some(_)) => Err(NotSold::Region(certified.join(", "))),
        }
    }
}

impl Standing {
    /// What somebody may know of it.
    fn sight(self, who: &Who, seller: AccountId, target: Uuid) -> Sight {
        let reached = match (self.audience.reach, who) {
            (Reach::Public, _) => Sight::Listed,
            (Reach::Unlisted, _) | (Reach::Named, Who::Staff) => Sight::ByLink,
            (Reach::Named, Who::Account { named, .. }) if named.contains(&target) => Sight::Listed,
            // Sellers look at their own.
            (Reach::Named, Who::Account { id, .. }) if *id == seller => Sight::ByLink,
            (Reach::Named, Who::Account { .. } | Who::Nobody) => Sight::Unseen,
        };
        if self.hidden || self.frozen { reached.min(Sight::ByLink) } else { reached }
    }

    /// Whether everybody finds a product of that state. This alone decides what the search index holds, so that nothing else
    /// can be in a result, a count, a suggestion or a correction.
    pub(crate) fn is_found_by_all(self, state: ProductState) -> bool {
        match state {
            ProductState::OnSale => !self.hidden && !self.frozen && self.audience.reach == Reach::Public,
            ProductState::Draft | ProductState::Frozen | ProductState::Delisted | ProductState::OffSale => false,
        }
    }

    pub(crate) fn sight_of_product(self, who: &Who, seller: AccountId, product: ProductId) -> Sight {
        self.sight(who, seller, product.uuid())
    }

    /// A spec within its product.
    pub(crate) fn sight_of_spec(self, who: &Who, seller: AccountId, spec: SpecId) -> Sight {
        self.sight(who, seller, spec.uuid())
    }
}

/// Why something that is seen is not sold to this buyer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSold {
    #[error("the operator has frozen the trade of this product; it cannot be bought for the time being")]
    Frozen,
    #[error("this is sold to personal accounts only; buy with one")]
    PersonalOnly,
    #[error("this is sold to enterprises only; verify your account as one, or buy with the account of an enterprise")]
    EnterpriseOnly,
    #[error("the seller may sell this in these regions only: {0}; your account is registered elsewhere")]
    Region(String),
    #[error("your organisation buys only what it has approved; ask an admin of your account to approve this product")]
    NotApproved,
}

/// Why something that is owned does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RenewalRefused {
    #[error("the seller has taken this off sale for good, so that it is not renewed; use it until its term is over")]
    Removed,
}

impl Refusal for RenewalRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Removed => "renewal.removed",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Removed => "该商品已下架，不能续费，到期前可继续使用",
        };
        Localized::new(self.to_string(), zh)
    }
}

impl Refusal for NotSold {
    fn code(&self) -> &'static str {
        match self {
            Self::Frozen => "sale.frozen",
            Self::PersonalOnly => "sale.personal_only",
            Self::EnterpriseOnly => "sale.enterprise_only",
            Self::Region(_) => "sale.region",
            Self::NotApproved => "sale.not_approved",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Frozen => "该商品已被平台冻结交易，暂时不能购买".to_owned(),
            Self::PersonalOnly => "该商品仅面向个人账号销售，可使用个人账号购买".to_owned(),
            Self::EnterpriseOnly => "该商品仅面向企业账号销售，可将账号认证为企业，或使用企业账号购买".to_owned(),
            Self::Region(regions) => {
                format!("商家仅可在以下区域销售该商品：{regions}；您的账号注册地不在其中")
            }
            Self::NotApproved => "该商品不在贵公司的采购目录中，可请账号管理员批准后再购买".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn standing(reach: Reach, hidden: bool) -> Standing {
        Standing { frozen: false, hidden, audience: Audience { reach, ..Audience::default() } }
    }

    #[test]
    fn only_who_is_named_learns_of_what_is_for_named_accounts() {
        use Sight::{ByLink, Listed, Unseen};
        let (product, seller) = (ProductId::new(now()), AccountId::new(now()));
        let account =
            |named: &[Uuid]| Who::Account { id: AccountId::new(now()), named: named.iter().copied().collect() };
        let own = Who::Account { id: seller, named: BTreeSet::new() };
        let check = |reach, hidden, expected: [Sight; 5]| {
            let whos = [Who::Nobody, account(&[]), account(&[product.uuid()]), own.clone(), Who::Staff];
            let seen = whos.map(|who| standing(reach, hidden).sight_of_product(&who, seller, product));
            assert_eq!(seen, expected, "{reach} {hidden}");
        };
        check(Reach::Public, false, [Listed; 5]);
        check(Reach::Public, true, [ByLink; 5]);
        check(Reach::Unlisted, false, [ByLink; 5]);
        check(Reach::Named, false, [Unseen, Unseen, Listed, ByLink, ByLink]);
        let frozen = Standing { frozen: true, ..standing(Reach::Public, false) };
        assert_eq!(frozen.sight_of_product(&Who::Nobody, seller, product), ByLink);
        check(Reach::Named, true, [Unseen, Unseen, ByLink, ByLink, ByLink]);
    }

    #[test]
    fn the_index_holds_what_everybody_finds_and_nothing_else() {
        for reach in Reach::ALL {
            for hidden in [false, true] {
                for state in ProductState::ALL {
                    let found = standing(*reach, hidden).is_found_by_all(*state);
                    let expected = *state == ProductState::OnSale && !hidden && *reach == Reach::Public;
                    assert_eq!(found, expected, "{reach} {hidden} {state}");
                }
            }
        }
    }

    #[test]
    fn a_buyer_of_the_wrong_kind_or_from_elsewhere_is_refused() {
        use AccountKind::{Enterprise, Personal};
        let check = |customers, regions, kind, country: Option<&str>, expected: Result<(), &str>| {
            let audience = Audience { reach: Reach::Public, customers, regions };
            let buyer = Customer { kind, country: country.map(str::to_owned) };
            let admitted = audience.admits(&buyer, &["CN".to_owned(), "HK".to_owned()]);
            assert_eq!(admitted.as_ref().copied().map_err(Refusal::code), expected, "{audience:?} {buyer:?}");
        };
        check(Customers::All, Regions::Everywhere, Personal, Some("DE"), Ok(()));
        check(Customers::Personal, Regions::Everywhere, Enterprise, None, Err("sale.personal_only"));
        check(Customers::Enterprise, Regions::Everywhere, Personal, None, Err("sale.enterprise_only"));
        check(Customers::Enterprise, Regions::Certified, Enterprise, Some("HK"), Ok(()));
        check(Customers::All, Regions::Certified, Enterprise, Some("DE"), Err("sale.region"));
        check(Customers::All, Regions::Certified, Enterprise, None, Ok(()));
    }

    proptest! {
        #[test]
        fn hiding_never_shows_more(reach in prop::sample::select(Reach::ALL.to_vec()), named: bool, own: bool) {
            let (product, seller) = (ProductId::new(now()), AccountId::new(now()));
            let id = if own { seller } else { AccountId::new(now()) };
            let who = Who::Account { id, named: named.then_some(product.uuid()).into_iter().collect() };
            let [shown, hidden] =
                [false, true].map(|hidden| standing(reach, hidden).sight_of_product(&who, seller, product));
            prop_assert!(hidden <= shown && hidden < Sight::Listed);
            prop_assert_eq!(hidden == Sight::Unseen, shown == Sight::Unseen);
        }
    }
}
