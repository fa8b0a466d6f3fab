//! To whom a product is sold and how much of it, where not everything to everybody.

use kernel::Localized;
use maud::{Markup, html};
use ui::{Tone, View, notice};

use super::product::number;
use crate::{
    PurchaseRules,
    actions::Trial,
    rules::{Audience, Customers, Regions},
};

/// Whether what was chosen can be bought now, and how much of it.
pub(super) struct Way<'w> {
    /// What the site says about when it can be bought, if not yet.
    pub(super) later: Option<&'w Localized>,
    pub(super) rules: Option<PurchaseRules>,
    /// The operator has frozen its trade, as the page says above.
    pub(super) is_frozen: bool,
    /// Whether it can be tried for nothing first.
    pub(super) trial: Option<Trial>,
    /// What buyers of this edition have to be, beside what is said of the product.
    pub(super) buyers: Markup,
}

impl Way<'_> {
    pub(super) fn is_sold_out(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.stock == Some(0))
    }

    /// What limits a purchase, said before it is refused.
    pub(super) fn hints(&self, view: &View) -> Markup {
        let Some(rules) = &self.rules else { return self.buyers.clone() };
        html! {
            (self.buyers)
            @if let Some(left) = rules.stock.and_then(|left| i64::try_from(left).ok()) {
                p.small { strong { (view.ta("storefront-left", &[("count", left.into())])) } }
            }
            @if rules.limit.single_purchase { p.small.muted { (view.t("storefront-limit-single")) } }
            @if let Some(units) = &rules.limit.units {
                p.small.muted { (view.ta("storefront-limit-units", &[("max", number(view, units.max).into())])) }
            }
        }
    }
}

/// What buyers have to be, above the form where they choose.
pub(super) fn note(view: &View, audience: Audience, regions: &[String]) -> Markup {
    let said = words(view, audience, regions);
    html! {
        @if !said.is_empty() { (notice(Tone::Info, &html! { @for text in &said { p { (text) } } })) }
    }
}

/// What buyers of one edition have to be, beside what was said of the product.
pub(super) fn note_on_edition(
    view: &View,
    (product, edition): (Audience, Option<&Audience>),
    regions: &[String],
) -> Markup {
    let more = edition.map_or(Audience::OPEN, |edition| edition.beside(product));
    html! { @for text in words(view, more, regions) { p.small { strong { (text) } } } }
}

fn words(view: &View, audience: Audience, regions: &[String]) -> Vec<String> {
    let kind = match audience.customers {
        Customers::All => None,
        Customers::Personal => Some(view.t("storefront-sold-to-personal")),
        Customers::Enterprise => Some(view.t("storefront-sold-to-enterprise")),
    };
    let place = match audience.regions {
        Regions::Everywhere => None,
        Regions::Certified => Some(view.ta("storefront-sold-in", &[("regions", regions.join(", ").into())])),
    };
    kind.into_iter().chain(place).collect()
}
