//! The editions of a product side by side: price, billing, and what can be chosen in each.

use kernel::id::ProductId;
use maud::{Markup, html};
use policy::Policy;
use ui::View;

use super::{
    pieces::{delivery, from_price, mode},
    product::number,
};
use crate::rules::{Attribute, Listing, Spec};

type Row<'r> = (String, Box<dyn Fn(&Spec) -> Markup + 'r>);

/// On narrow screens, each attribute stands above its values with the names of the editions.
pub(super) fn editions(view: &View, (listing, policy): (&Listing, &Policy), product: Option<ProductId>) -> Markup {
    let specs: Vec<&Spec> = listing.specs.iter().filter(|spec| spec.sold().next().is_some()).collect();
    html! {
        section.card {
            h2 { (view.t("storefront-editions")) }
            div.wide-table tabindex="0" role="region" aria-label=(view.t("storefront-editions")) {
                table.beside {
                    thead { tr {
                        th scope="col" { span.unseen { (view.t("storefront-attribute")) } }
                        @for spec in &specs { th scope="col" { (view.of(&spec.name)) } }
                    } }
                    tbody {
                        @for (label, cell) in rows(view, listing, policy) {
                            tr {
                                th scope="row" { (label) }
                                @for spec in &specs { td data-label=(view.of(&spec.name)) { (cell(spec)) } }
                            }
                        }
                        @if let Some(product) = product {
                            tr.beside-ways { td {} @for spec in &specs { td data-label=(view.of(&spec.name)) {
                                a.button href={ "/products/" (product) "?spec=" (ui::escaped(&spec.code)) "#configure" } {
                                    (view.t("storefront-choose-edition")) span.unseen { " " (view.of(&spec.name)) }
                                }
                            } } }
                        }
                    }
                }
            }
        }
    }
}

fn rows<'r>(view: &'r View, listing: &'r Listing, policy: &'r Policy) -> Vec<Row<'r>> {
    let price = move |spec: &Spec| {
        let by_use = spec.skus.iter().filter(|_| spec.is_by_use()).map(|sku| listing.by_use(spec, sku, None)).next();
        html! {
            strong { (from_price(view, listing.least_of(spec, policy))) }
            @for line in by_use.iter().flatten() { p.small { (view.of(line)) } }
        }
    };
    let billing = move |spec: &Spec| html! { @if let Some(billing) = spec.billing_mode { (mode(view, billing)) } };
    let mut rows: Vec<Row<'r>> =
        vec![(view.t("storefront-price"), Box::new(price)), (view.t("storefront-billing"), Box::new(billing))];
    if listing.specs.iter().any(|spec| spec.trial_days.is_some()) {
        let trial = move |spec: &Spec| {
            html! {
                @if let Some(days) = spec.trial_days { (view.ta("storefront-trial-days", &[("count", days.into())])) }
                @else { span.muted { "—" } }
            }
        };
        rows.push((view.t("storefront-trial"), Box::new(trial)));
    }
    for dimension in listing.dimensions() {
        let code = dimension.code().to_owned();
        rows.push((view.of(dimension.name()).to_owned(), Box::new(move |spec| range(view, spec, &code))));
    }
    let days = listing.delivery_days.unwrap_or(0);
    rows.push((view.t("storefront-delivery"), Box::new(move |_| html! { (delivery(view, days)) })));
    rows
}

/// What of an attribute can be chosen in a spec.
fn range(view: &View, spec: &Spec, code: &str) -> Markup {
    let comma = view.t("storefront-comma");
    html! {
        @match spec.attributes.iter().find(|attribute| attribute.code() == code) {
            None => span.muted { "—" },
            Some(Attribute::Enum { values, .. }) => {
                @for (index, value) in values.iter().enumerate() { @if index > 0 { (comma) } (view.of(&value.name)) }
            }
            Some(Attribute::Quantity { unit, min, max, .. }) => {
                (number(view, *min)) "–" (number(view, *max)) " " (view.of(unit))
            }
        }
    }
}
