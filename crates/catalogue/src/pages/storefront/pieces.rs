//! What several pages of the storefront show: a product's tile and card, its price, how it is paid.

use kernel::{
    Localized, Money,
    id::{DocumentId, ProductId},
};
use maud::{Markup, html};
use policy::{BillingMode, Category};
use ui::View;

use super::marked::{Hearts, heart};
use crate::{pages::ratings, rules::Entry};

/// A product's logo, or its first letter on one of a few colours.
pub(super) fn tile(view: &View, logo: Option<DocumentId>, name: &Localized, large: bool) -> Markup {
    let side = if large { "96" } else { "48" };
    if let Some(logo) = logo {
        return html! { img.tile.large[large] src={ "/pictures/" (logo) } alt="" width=(side) height=(side); };
    }
    let name = view.of(name);
    let letter: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let colour = name.bytes().fold(0_u8, u8::wrapping_add) % 5;
    html! { span class={ "tile tone-" (colour) @if large { " large" } } aria-hidden="true" { (letter) } }
}

/// What the least of the choices costs.
pub(super) fn from_price(view: &View, from: Option<Money>) -> Markup {
    match from {
        Some(price) if price.is_zero() => html! { (view.t("storefront-free")) },
        Some(price) => html! { (view.ta("storefront-from", &[("price", view.money_text(price).into())])) },
        None => html! {},
    }
}

pub(super) fn mode(view: &View, mode: BillingMode) -> String {
    view.word("storefront-mode", mode.as_str())
}

pub(super) fn delivery(view: &View, days: u32) -> String {
    if days == 0 { view.t("storefront-at-once") } else { view.ta("storefront-delivery-days", &[("days", days.into())]) }
}

/// A category's name, by its code.
pub(super) fn category<'c>(view: &View, known: &'c [Category], code: &'c str) -> &'c str {
    known.iter().find(|category| category.code == code).map_or(code, |category| view.of(&category.name))
}

/// That it can be tried for nothing.
pub(super) fn trial_badge(view: &View, days: u32) -> Markup {
    ui::badge(ui::Tone::Good, &view.ta("storefront-trial-days", &[("count", days.into())]))
}

/// A product in a list.
pub(super) fn card(view: &View, entry: &Entry, pick: bool, hearts: Option<&Hearts>) -> Markup {
    let name = view.of(&entry.name);
    html! {
        li.product-card {
            div.product-card-head {
                (tile(view, entry.logo, &entry.name, false))
                div {
                    h3 { a href={ "/products/" (entry.product) } { (name) } }
                    p.muted.small { (entry.seller_name) }
                }
                @if let Some(hearts) = hearts { (heart(view, hearts, entry.product, name)) }
            }
            @if entry.rated.count > 0 { p.small { (ratings::rated(view, entry.rated)) } }
            p.product-card-text { (view.of(&entry.summary)) }
            @if let Some(days) = entry.trial_days { p { (trial_badge(view, days)) } }
            div.spread {
                strong.money {
                    @if entry.from.is_none() && entry.modes.contains(&BillingMode::OnDemand) { (view.t("storefront-by-use")) }
                    @else { (from_price(view, entry.from)) }
                }
                @if pick {
                    label.pick {
                        input type="checkbox" name="product" value=(entry.product) form="compare";
                        (view.t("storefront-compare")) span.unseen { " " (name) }
                    }
                } @else {
                    span.muted.small { (entry.modes.iter().map(|one| mode(view, *one)).collect::<Vec<_>>().join(" · ")) }
                }
            }
        }
    }
}

/// Products in a list, with a heart on each.
pub(super) fn hearted<E: AsRef<Entry>>(view: &View, entries: &[E], pick: bool, hearts: &Hearts) -> Markup {
    html! { ul.product-grid { @for entry in entries { (card(view, entry.as_ref(), pick, Some(hearts))) } } }
}

/// The large search field.
pub(super) fn search_form(view: &View, words: &str) -> Markup {
    html! {
        form.store-search action="/search" method="get" role="search" data-suggest="/suggest" {
            label.unseen for="store-q" { (view.t("ui-search")) }
            input #store-q type="search" name="q" value=(words) placeholder=(view.t("storefront-search-hint")) autocomplete="off" data-shortcut="/";
            button.button.primary.large type="submit" { (view.t("storefront-search")) }
        }
    }
}

/// Hours in whole days where they are.
pub(super) fn window(view: &View, hours: u32) -> String {
    if hours.is_multiple_of(24) {
        view.ta("storefront-days", &[("count", (hours / 24).into())])
    } else {
        view.ta("storefront-hours", &[("count", hours.into())])
    }
}

/// The address that compares these products.
pub(super) fn compare_path(products: &[ProductId]) -> String {
    let pairs: Vec<String> = products.iter().map(|product| format!("product={product}")).collect();
    if pairs.is_empty() { "/compare".to_owned() } else { format!("/compare?{}", pairs.join("&")) }
}
