//! Taking off sale (下架): an application of the seller, decided by the operator, which cannot be undone.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    FieldError, Invalid, Localized, Refusal, choices,
    id::{SkuId, SpecId},
};

use super::{
    draft::{Listing, Sku},
    skus::{Identities, values_key},
};

choices! {
    /// Where an application for taking something off sale stands.
    pub(crate) enum RemovalState {
        /// Waits for the operator.
        Submitted = "submitted",
        /// Taken back by the seller.
        Withdrawn = "withdrawn",
        Rejected = "rejected",
        /// It is off sale, for ever.
        Approved = "approved",
    }
}

impl RemovalState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Submitted => "正在审核",
            Self::Withdrawn => "已撤回",
            Self::Rejected => "已被驳回",
            Self::Approved => "已通过",
        }
    }

    /// Only an application that waits is decided or withdrawn.
    pub(crate) fn leave(self, wanted: Self) -> Result<Self, RemovalRefused> {
        match (self, wanted) {
            (Self::Submitted, Self::Approved | Self::Rejected | Self::Withdrawn) => Ok(wanted),
            (Self::Submitted | Self::Withdrawn | Self::Rejected | Self::Approved, _) => {
                Err(RemovalRefused::Decided(self))
            }
        }
    }
}

/// What is to be taken off sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Product,
    Spec(SpecId),
    Sku(SkuId),
}

/// What leaves the shelf together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) skus: BTreeSet<SkuId>,
    pub(crate) specs: BTreeSet<SpecId>,
    /// Nothing is left of the product.
    pub(crate) product: bool,
}

/// A product takes its specs with it and a spec its SKUs; and without its last SKU a spec is gone, without its last spec the
/// product. `sold` is what is on sale of the product.
pub(crate) fn leaving(sold: &[(SpecId, SkuId)], target: Target) -> Leaving {
    let goes = |(spec, sku): &(SpecId, SkuId)| match target {
        Target::Product => true,
        Target::Spec(wanted) => *spec == wanted,
        Target::Sku(wanted) => *sku == wanted,
    };
    let (gone, left): (Vec<_>, Vec<_>) = sold.iter().partition(|one| goes(one));
    let stays: BTreeSet<SpecId> = left.iter().map(|(spec, _)| *spec).collect();
    Leaving {
        skus: gone.iter().map(|(_, sku)| *sku).collect(),
        specs: gone.iter().map(|(spec, _)| *spec).filter(|spec| !stays.contains(spec)).collect(),
        product: left.is_empty(),
    }
}

/// What has left the shelf of a product, by spec code and the key of the attribute values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gone {
    pub(crate) specs: BTreeSet<String>,
    pub(crate) skus: BTreeSet<(String, String)>,
}

impl Gone {
    fn sku(&self, spec: &str, sku: &Sku) -> bool {
        self.skus.contains(&(spec.to_owned(), values_key(&sku.values)))
    }

    /// A draft without what has left, so that its next version can be submitted.
    pub(crate) fn taken_from(&self, listing: &Listing) -> Listing {
        let mut left = listing.clone();
        left.specs.retain(|spec| !self.specs.contains(&spec.code));
        for spec in &mut left.specs {
            let code = spec.code.clone();
            for sku in spec.skus.iter_mut().filter(|sku| self.sku(&code, sku)) {
                sku.not_sold = true;
                sku.billing = None;
            }
        }
        left
    }

    /// What keeps a listing from being submitted: what has left comes back, or a spec that is on sale is left out.
    pub(crate) fn mistakes(&self, listing: &Listing, on_sale: Option<&Listing>) -> Vec<FieldError> {
        let mut wrong = Invalid::default();
        for (at, spec) in listing.specs.iter().enumerate() {
            let back = (
                "was taken off sale under this code and never comes back; give the new edition another code",
                "该编码的规格已下架，不能再次上架，新规格须使用其他编码",
            );
            wrong.check(!self.specs.contains(&spec.code), format!("specs[{at}].code"), back);
            for (place, sku) in spec.skus.iter().enumerate() {
                let back = (
                    "was taken off sale and never comes back; mark the combination as not sold",
                    "该组合已下架，不能再次上架，须标记为不销售",
                );
                let sold_again = !sku.not_sold && self.sku(&spec.code, sku);
                wrong.check(!sold_again, format!("specs[{at}].skus[{place}].values"), back);
            }
        }
        for spec in on_sale.into_iter().flat_map(|listing| &listing.specs) {
            let kept = self.specs.contains(&spec.code) || listing.specs.iter().any(|own| own.code == spec.code);
            let missing = (
                format!("leaves out '{}', which is on sale; apply for taking it off sale instead", spec.code),
                format!("缺少在售规格“{}”，在售规格不能直接删除，须申请下架", spec.code),
            );
            wrong.check(kept, "specs", missing);
        }
        wrong.0
    }
}

/// What has left, of all ids that a product has had.
pub(crate) fn gone(known: &Identities, specs: &BTreeSet<SpecId>, skus: &BTreeSet<SkuId>) -> Gone {
    let by_code: BTreeMap<&String, _> = known.skus.iter().collect();
    let lost = by_code.iter().flat_map(|(code, own)| {
        own.iter().filter(|(_, identity)| skus.contains(&identity.sku)).map(|(key, _)| ((*code).clone(), key.clone()))
    });
    Gone {
        skus: lost.collect(),
        specs: known.specs.iter().filter(|(_, id)| specs.contains(id)).map(|(code, _)| code.clone()).collect(),
    }
}

pub(crate) const REASON_MAX: usize = 1_000;

/// Why something is not taken off sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemovalRefused {
    #[error("the application is {0} already")]
    Decided(RemovalState),
    #[error("an application for this waits already; withdraw it first")]
    Waiting,
    #[error("this is not on sale, so that nothing can be taken off")]
    NotOnSale,
}

impl Refusal for RemovalRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Decided(_) => "removal.wrong_state",
            Self::Waiting => "removal.waiting",
            Self::NotOnSale => "removal.not_on_sale",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Decided(state) => format!("该下架申请{}", state.zh()),
            Self::Waiting => "已有相同的下架申请正在审核，须先撤回".to_owned(),
            Self::NotOnSale => "不在售，无需下架".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        match self {
            Self::Decided(_) | Self::Waiting => 409,
            Self::NotOnSale => 422,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn ids(shape: &[u8]) -> Vec<(SpecId, SkuId)> {
        let now = Timestamp::from_micros(0);
        let specs: Vec<SpecId> = shape.iter().map(|_| SpecId::new(now)).collect();
        let skus = |(spec, count): (&SpecId, &u8)| vec![*spec; usize::from(*count)];
        specs.iter().zip(shape).flat_map(skus).map(|spec| (spec, SkuId::new(now))).collect()
    }

    #[test]
    fn the_last_of_a_kind_takes_the_whole_with_it() {
        let sold = ids(&[2, 1]);
        let first = leaving(&sold, Target::Sku(sold[0].1));
        assert_eq!((first.skus.len(), first.specs.len(), first.product), (1, 0, false));
        let only = leaving(&sold, Target::Sku(sold[2].1));
        assert_eq!((only.specs.contains(&sold[2].0), only.product), (true, false));
        let spec = leaving(&sold, Target::Spec(sold[0].0));
        assert_eq!((spec.skus.len(), spec.specs.len(), spec.product), (2, 1, false));
        assert!(leaving(&sold[2..], Target::Sku(sold[2].1)).product);
        let all = leaving(&sold, Target::Product);
        assert_eq!((all.skus.len(), all.specs.len(), all.product), (3, 2, true));
    }

    #[test]
    fn only_a_waiting_application_moves() {
        for from in RemovalState::ALL {
            for to in RemovalState::ALL {
                let fine = *from == RemovalState::Submitted && *to != RemovalState::Submitted;
                assert_eq!(from.leave(*to).is_ok(), fine, "{from} to {to}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_leaves_one_by_one_ends_as_if_all_left_at_once(shape in prop::collection::vec(1_u8..4, 1..4)) {
            let mut sold = ids(&shape);
            let all = leaving(&sold, Target::Product);
            let mut sum = Leaving::default();
            while let Some((_, sku)) = sold.first().copied() {
                let next = leaving(&sold, Target::Sku(sku));
                sold.retain(|(_, other)| !next.skus.contains(other));
                sum.skus.extend(next.skus);
                sum.specs.extend(next.specs);
                sum.product = next.product;
            }
            prop_assert_eq!(sum, all);
        }
    }
}
