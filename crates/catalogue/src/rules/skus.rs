//! SKUs: the combinations that a spec spans, their plans, and the offers of a revision.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kernel::{
    Error, Localized, Result,
    id::{AccountId, DocumentId, ProductId, RevisionId, SkuId, SpecId},
};
use policy::{AccessType, BillingMode};
use pricing::{Billing, Plan, Quantity, TaxPresentation};
use serde::{Deserialize, Serialize};

use super::{
    asked::Asks,
    draft::{Attribute, Listing, Sku, Spec},
};

/// What is on sale under a SKU, as the approved revision says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub product: ProductId,
    pub revision: RevisionId,
    pub spec: SpecId,
    pub sku: SkuId,
    pub seller: AccountId,
    /// The same for ever for a spec and its attribute values; what the open API calls `skuCode`.
    pub sku_code: String,
    pub product_name: Localized,
    pub spec_code: String,
    pub spec_name: Localized,
    /// The chosen value of each enum attribute, by their codes.
    pub attributes: BTreeMap<String, String>,
    /// The same in words, in the order of the attributes: `Edition: Standard`.
    pub choices: Vec<Localized>,
    pub access_type: AccessType,
    pub billing_mode: BillingMode,
    pub version: String,
    pub agreement: DocumentId,
    pub delivery_days: u32,
    /// Its delivery goes from requirement to acceptance.
    pub supervised: bool,
    /// Its term begins with its buyer's acceptance.
    pub opens_at_acceptance: bool,
    /// Whether its prices are stated with their tax.
    pub tax: TaxPresentation,
    /// For how many days it can be tried for nothing, by those to whom that is offered.
    pub trial_days: Option<u32>,
    /// What its buyers are asked for.
    pub asks: Arc<Asks>,
    pub plan: Plan,
}

impl Offer {
    /// When it can be bought whose type is delivered here, but not under supervision; none: now. What its buyer accepts after its
    /// creation needs no more supervision than that.
    pub fn sold_later(&self) -> Option<Localized> {
        self.access_type.supervised_later(self.supervised && !self.opens_at_acceptance)
    }

    /// Product, spec and chosen values on one line: `Log Lens, Server installation (Edition: Standard)`.
    pub fn title(&self) -> Localized {
        let joined = |of: fn(&Localized) -> &str, comma: &str, open: &str, close: &str| {
            let names = [of(&self.product_name), of(&self.spec_name)].join(comma);
            let chosen: Vec<&str> = self.choices.iter().map(of).collect();
            if chosen.is_empty() { names } else { format!("{names}{open}{}{close}", chosen.join(comma)) }
        };
        Localized {
            en: joined(|text| text.en.as_str(), ", ", " (", ")"),
            zh: joined(|text| text.zh.as_str(), "，", "（", "）"),
        }
    }
}

/// The ids that a product's specs and SKUs have had since they were first submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identities {
    pub(crate) specs: BTreeMap<String, SpecId>,
    /// By spec code and the key of the attribute values.
    pub(crate) skus: BTreeMap<String, BTreeMap<String, Identity>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) sku: SkuId,
    pub(crate) sku_code: String,
}

/// A revision that was read once and is kept: it never changes.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) listing: Listing,
    pub(crate) offers: BTreeMap<SkuId, Arc<Offer>>,
}

/// How a combination of values is told from others: `edition=standard;os=linux`, in the order of the attributes' codes.
pub(crate) fn values_key(values: &BTreeMap<String, String>) -> String {
    values.iter().map(|(attribute, value)| format!("{attribute}={value}")).collect::<Vec<_>>().join(";")
}

/// The plan of a SKU: its own prices, the quantities of its spec, the currency of the listing. `None`: something is missing.
pub(crate) fn plan(listing: &Listing, spec: &Spec, sku: &Sku) -> Option<Plan> {
    let quantities = spec.attributes.iter().filter_map(quantity).collect();
    let (billing, books) = (sku.billing.clone()?, sku.books.clone());
    Some(Plan { currency: listing.currency?, quantities, billing, books })
}

fn quantity(attribute: &Attribute) -> Option<Quantity> {
    match attribute {
        Attribute::Enum { .. } => None,
        Attribute::Quantity { code, name: _, unit, unit_one, min, max, step } => Some(Quantity {
            code: code.clone(),
            unit: unit.clone(),
            unit_one: unit_one.clone(),
            min: *min,
            max: *max,
            step: *step,
        }),
    }
}

pub(crate) fn mode_of(billing: &Billing) -> BillingMode {
    match billing {
        Billing::OneOff { .. } => BillingMode::OneOff,
        Billing::Period { .. } => BillingMode::Period,
        Billing::OnDemand(_) => BillingMode::OnDemand,
        Billing::Package(_) => BillingMode::Package,
    }
}

impl Spec {
    /// The enum attributes and their values, all by code.
    pub(crate) fn enums(&self) -> Vec<(&str, Vec<&str>)> {
        let enums = self.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Enum { code, values, .. } => {
                Some((code.as_str(), values.iter().map(|value| value.code.as_str()).collect()))
            }
            Attribute::Quantity { .. } => None,
        });
        enums.collect()
    }

    /// Every combination of the enum values: the SKUs that the spec spans. `None`: more than `most`.
    pub(crate) fn combinations(&self, most: usize) -> Option<Vec<BTreeMap<String, String>>> {
        let mut combinations = vec![BTreeMap::new()];
        for (attribute, values) in self.enums() {
            if combinations.len().checked_mul(values.len())? > most {
                return None;
            }
            let with = |one: &BTreeMap<String, String>, value: &str| {
                let mut next = one.clone();
                next.insert(attribute.to_owned(), value.to_owned());
                next
            };
            combinations =
                combinations.iter().flat_map(|one| values.iter().map(move |value| with(one, value))).collect();
        }
        Some(combinations)
    }

    pub(crate) fn sold(&self) -> impl Iterator<Item = &Sku> {
        self.skus.iter().filter(|sku| !sku.not_sold)
    }

    fn chosen(&self, values: &BTreeMap<String, String>) -> Vec<Localized> {
        let chosen = self.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Enum { code, name, values: known } => {
                let value = known.iter().find(|value| Some(&value.code) == values.get(code))?;
                Some(Localized {
                    en: format!("{}: {}", name.en, value.name.en),
                    zh: format!("{}：{}", name.zh, value.name.zh),
                })
            }
            Attribute::Quantity { .. } => None,
        });
        chosen.collect()
    }
}

impl Identities {
    pub(crate) fn find(&self, spec: &str, key: &str) -> Option<&Identity> {
        self.skus.get(spec)?.get(key)
    }

    /// Gives what a listing sells the ids that it has had before, and fresh ones to what is new; what is not sold any more
    /// is left out.
    pub(crate) fn assign(
        &self,
        listing: &Listing,
        mut spec_id: impl FnMut() -> SpecId,
        mut sku_id: impl FnMut() -> SkuId,
    ) -> Self {
        let mut assigned = Self::default();
        for spec in &listing.specs {
            let id = self.specs.get(&spec.code).copied().unwrap_or_else(&mut spec_id);
            assigned.specs.insert(spec.code.clone(), id);
            let skus = spec.sold().map(|sku| {
                let key = values_key(&sku.values);
                let identity = self.find(&spec.code, &key).cloned().unwrap_or_else(|| {
                    let sku = sku_id();
                    Identity { sku, sku_code: sku.uuid().to_string() }
                });
                (key, identity)
            });
            assigned.skus.insert(spec.code.clone(), skus.collect());
        }
        assigned
    }
}

impl Release {
    /// The same with some of its SKUs not sold.
    pub(crate) fn without(self: &Arc<Self>, gone: &BTreeSet<SkuId>) -> Arc<Self> {
        if gone.iter().all(|sku| !self.offers.contains_key(sku)) {
            return self.clone();
        }
        let mut kept = Self::clone(self);
        for offer in gone.iter().filter_map(|sku| self.offers.get(sku)) {
            kept.offers.remove(&offer.sku);
            let specs = kept.listing.specs.iter_mut().filter(|spec| spec.code == offer.spec_code);
            for sku in specs.flat_map(|spec| &mut spec.skus).filter(|sku| sku.values == offer.attributes) {
                sku.not_sold = true;
            }
        }
        Arc::new(kept)
    }

    /// The same with some of its specs left out.
    pub(crate) fn only(self: &Arc<Self>, keep: impl Fn(&str) -> bool) -> Arc<Self> {
        if self.listing.specs.iter().all(|spec| keep(&spec.code)) {
            return self.clone();
        }
        let mut kept = Self::clone(self);
        kept.listing.specs.retain(|spec| keep(&spec.code));
        kept.offers.retain(|_, offer| keep(&offer.spec_code));
        Arc::new(kept)
    }

    /// The same as it is shown to everybody where its trials are for some.
    pub(crate) fn without_trials(self: &Arc<Self>) -> Arc<Self> {
        if self.listing.specs.iter().all(|spec| spec.trial_days.is_none()) {
            return self.clone();
        }
        let mut kept = Self::clone(self);
        for spec in &mut kept.listing.specs {
            spec.trial_days = None;
        }
        Arc::new(kept)
    }

    /// What a checked listing sells.
    pub(crate) fn of(
        listing: Listing,
        identities: &Identities,
        product: ProductId,
        revision: RevisionId,
        seller: AccountId,
    ) -> Result<Self> {
        let broken = || Error::fault(format!("{revision} was submitted incomplete"));
        let mut offers = BTreeMap::new();
        let asks = Arc::new(listing.asks());
        for spec in &listing.specs {
            for sku in spec.sold() {
                let identity = identities.find(&spec.code, &values_key(&sku.values)).ok_or_else(broken)?;
                let plan = plan(&listing, spec, sku).ok_or_else(broken)?;
                let offer = Offer {
                    product,
                    revision,
                    spec: identities.specs.get(&spec.code).copied().ok_or_else(broken)?,
                    sku: identity.sku,
                    seller,
                    sku_code: identity.sku_code.clone(),
                    product_name: listing.name.clone(),
                    spec_code: spec.code.clone(),
                    spec_name: spec.name.clone(),
                    attributes: sku.values.clone(),
                    choices: spec.chosen(&sku.values),
                    access_type: listing.access_type,
                    billing_mode: mode_of(&plan.billing),
                    version: listing.version.clone(),
                    agreement: listing.agreement.ok_or_else(broken)?,
                    delivery_days: listing.delivery_days.unwrap_or(0),
                    supervised: listing.supervised,
                    // Of a package there is nothing to look at.
                    opens_at_acceptance: listing.opens_at_acceptance()
                        && mode_of(&plan.billing) != BillingMode::Package,
                    tax: listing.tax,
                    trial_days: spec.trial_days,
                    asks: asks.clone(),
                    plan,
                };
                offers.insert(offer.sku, Arc::new(offer));
            }
        }
        Ok(Self { listing, offers })
    }
}
