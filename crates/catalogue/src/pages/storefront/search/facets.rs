//! The filters beside the results, as links with how many products each would leave, and what was chosen of them.

use std::collections::BTreeMap;

use kernel::{Localized, Money};
use maud::{Markup, html};
use policy::Category;
use ui::View;

use super::{
    super::pieces::{category, mode},
    asked::{address, toggled},
};
use crate::{
    actions::Found,
    rules::{PriceBand, RatedFrom, Wanted},
};

/// One filter: its name, where it leads, how many products it leaves, whether it is chosen.
struct Choice {
    text: String,
    href: String,
    count: usize,
    chosen: bool,
}

/// How many choices of a kind hold together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Picked {
    One,
    Several,
}

/// More choices of one kind open on demand.
const SHOWN: usize = 8;

/// All filters, in a box that is closed where there is no room for it.
pub(super) fn facets(view: &View, wanted: &Wanted, found: &Found, known: &[Category]) -> Markup {
    let active = active(view, wanted, found, known).len();
    html! {
        details.facets data-facets {
            summary.button {
                (view.t("search-filters"))
                @if active > 0 { " " span.count { (active) } }
            }
            nav.facet-groups aria-label=(view.t("search-filters")) {
                (group(view, &view.t("storefront-category"), &categories(view, wanted, found, known), Picked::One))
                (group(view, &view.t("storefront-price"), &bands(view, wanted, found), Picked::One))
                (group(view, &view.t("search-type"), &types(view, wanted, found), Picked::Several))
                (group(view, &view.t("storefront-billing"), &modes(view, wanted, found), Picked::Several))
                (group(view, &view.t("search-environment"), &environments(view, wanted, found), Picked::Several))
                (group(view, &view.t("search-certification"), &certifications(view, wanted, found), Picked::Several))
                (group(view, &view.t("storefront-delivery"), &delivery(view, wanted, found), Picked::One))
                (group(view, &view.t("search-trial"), &trials(view, wanted, found), Picked::One))
                (group(view, &view.t("search-rating"), &ratings(view, wanted, found), Picked::One))
                (group(view, &view.t("storefront-seller"), &sellers(wanted, found), Picked::Several))
            }
        }
    }
}

/// A kind of filters; one that would change nothing is left out.
fn group(view: &View, title: &str, choices: &[Choice], picked: Picked) -> Markup {
    if choices.len() < 2 && choices.iter().all(|choice| !choice.chosen) {
        return html! {};
    }
    let one = |choice: &Choice| {
        html! {
            li {
                a.facet href=(choice.href) rel="nofollow" aria-current=[choice.chosen.then_some("true")] {
                    span.facet-mark.single[picked == Picked::One] aria-hidden="true" {}
                    span.facet-text { (choice.text) }
                    span.facet-count { span.unseen { ", " } (choice.count) }
                }
            }
        }
    };
    let at = choices.len().min(SHOWN);
    let (first, more) = choices.split_at(at);
    html! {
        section.facet-group {
            h2 { (title) }
            ul.plain { @for choice in first { (one(choice)) } }
            @if !more.is_empty() {
                details.more open[more.iter().any(|choice| choice.chosen)] {
                    summary { (view.ta("search-more", &[("count", more.len().into())])) }
                    ul.plain { @for choice in more { (one(choice)) } }
                }
            }
        }
    }
}

fn categories(view: &View, wanted: &Wanted, found: &Found, known: &[Category]) -> Vec<Choice> {
    let counts = &found.facets.categories;
    let mut choices: Vec<Choice> = Vec::new();
    for own in known {
        let chosen = wanted.category.as_ref() == Some(&own.code);
        let count = counts.get(&own.code).copied().unwrap_or(0);
        if count > 0 || chosen {
            let next = Wanted { category: (!chosen).then(|| own.code.clone()), ..wanted.clone() };
            choices.push(Choice { text: view.of(&own.name).to_owned(), href: address(&next), count, chosen });
        }
    }
    choices.sort_by_key(|choice| (!choice.chosen, std::cmp::Reverse(choice.count)));
    choices
}

fn bands(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |band: &PriceBand| {
        let chosen = wanted.band == Some(*band);
        let count = found.facets.bands.get(band).copied().unwrap_or(0);
        let next = Wanted { band: (!chosen).then_some(*band), ..wanted.clone() };
        (count > 0 || chosen).then(|| Choice {
            text: band_text(view, found, *band),
            href: address(&next),
            count,
            chosen,
        })
    };
    PriceBand::ALL.iter().filter_map(choice).collect()
}

fn types(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |(one, count): (&policy::AccessType, &usize)| Choice {
        text: type_name(view, found, *one),
        href: address(&Wanted { types: toggled(&wanted.types, *one), ..wanted.clone() }),
        count: *count,
        chosen: wanted.types.contains(one),
    };
    found.facets.types.iter().map(choice).collect()
}

fn type_name(view: &View, found: &Found, one: policy::AccessType) -> String {
    found.types.get(&one).map(|name| view.of(name).to_owned()).unwrap_or_default()
}

fn modes(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |(one, count): (&policy::BillingMode, &usize)| Choice {
        text: mode(view, *one),
        href: address(&Wanted { modes: toggled(&wanted.modes, *one), ..wanted.clone() }),
        count: *count,
        chosen: wanted.modes.contains(one),
    };
    found.facets.modes.iter().map(choice).collect()
}

fn environments(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |(code, count): (&String, &usize)| Choice {
        text: named(view, &found.environments, code),
        href: address(&Wanted { environments: toggled(&wanted.environments, code.clone()), ..wanted.clone() }),
        count: *count,
        chosen: wanted.environments.contains(code),
    };
    found.facets.environments.iter().map(choice).collect()
}

fn certifications(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |(code, count): (&String, &usize)| Choice {
        text: named(view, &found.certifications, code),
        href: address(&Wanted { certifications: toggled(&wanted.certifications, code.clone()), ..wanted.clone() }),
        count: *count,
        chosen: wanted.certifications.contains(code),
    };
    found.facets.certifications.iter().map(choice).collect()
}

fn named(view: &View, names: &BTreeMap<String, Localized>, code: &str) -> String {
    names.get(code).map_or_else(|| code.to_owned(), |name| view.of(name).to_owned())
}

fn delivery(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let with = |at_once| Wanted { at_once, ..wanted.clone() };
    flag(view, (found.facets.at_once, found.total), (wanted.at_once, view.t("storefront-at-once")), with)
}

fn trials(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let with = |trial| Wanted { trial, ..wanted.clone() };
    flag(view, (found.facets.trial, found.total), (wanted.trial, view.t("search-trial-free")), with)
}

/// So many stars and more; those that nothing reaches are left out.
fn ratings(view: &View, wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let choice = |from: &RatedFrom| {
        let chosen = wanted.rated == Some(*from);
        let count = found.facets.ratings.get(from).copied().unwrap_or(0);
        let next = Wanted { rated: (!chosen).then_some(*from), ..wanted.clone() };
        (count > 0 || chosen).then(|| Choice { text: rating_text(view, *from), href: address(&next), count, chosen })
    };
    RatedFrom::ALL.iter().filter_map(choice).collect()
}

fn rating_text(view: &View, from: RatedFrom) -> String {
    view.ta("search-rating-from", &[("stars", from.as_str().into())])
}

/// A filter that is set or not; one that would leave nothing or everything is left out.
fn flag(
    view: &View,
    (count, total): (usize, usize),
    (chosen, text): (bool, String),
    with: impl Fn(bool) -> Wanted,
) -> Vec<Choice> {
    if !chosen && (count == 0 || count == total) {
        return Vec::new();
    }
    let own = Choice { text, href: address(&with(!chosen)), count, chosen };
    let any = Choice { text: view.t("storefront-any"), href: address(&with(false)), count: total, chosen: !chosen };
    if chosen { vec![own] } else { vec![any, own] }
}

fn sellers(wanted: &Wanted, found: &Found) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (account, name) in &found.sellers {
        choices.push(Choice {
            text: name.clone(),
            href: address(&Wanted { sellers: toggled(&wanted.sellers, *account), ..wanted.clone() }),
            count: found.facets.sellers.get(account).copied().unwrap_or(0),
            chosen: wanted.sellers.contains(account),
        });
    }
    choices.sort_by_key(|choice| (!choice.chosen, std::cmp::Reverse(choice.count)));
    choices
}

fn band_text(view: &View, found: &Found, band: PriceBand) -> String {
    let (from, to) = band.bounds(found.currency);
    let text = |amount: Option<Money>| amount.map(|amount| view.money_text(amount)).unwrap_or_default();
    let args = [("from", text(from).into()), ("to", text(to).into())];
    match (from, to) {
        (None, _) => view.ta("storefront-price-below", &args),
        (Some(_), Some(_)) => view.ta("storefront-price-between", &args),
        (Some(_), None) => view.ta("storefront-price-above", &args),
    }
}

/// What was chosen, each with the address that goes without it.
fn active(view: &View, wanted: &Wanted, found: &Found, known: &[Category]) -> Vec<(String, String)> {
    let mut chosen = Vec::new();
    if let Some(code) = &wanted.category {
        let without = Wanted { category: None, ..wanted.clone() };
        chosen.push((category(view, known, code).to_owned(), address(&without)));
    }
    if let Some(band) = wanted.band {
        chosen.push((band_text(view, found, band), address(&Wanted { band: None, ..wanted.clone() })));
    }
    for one in &wanted.types {
        let without = Wanted { types: toggled(&wanted.types, *one), ..wanted.clone() };
        chosen.push((type_name(view, found, *one), address(&without)));
    }
    for one in &wanted.modes {
        let without = Wanted { modes: toggled(&wanted.modes, *one), ..wanted.clone() };
        chosen.push((mode(view, *one), address(&without)));
    }
    for code in &wanted.environments {
        let without = Wanted { environments: toggled(&wanted.environments, code.clone()), ..wanted.clone() };
        chosen.push((named(view, &found.environments, code), address(&without)));
    }
    for code in &wanted.certifications {
        let without = Wanted { certifications: toggled(&wanted.certifications, code.clone()), ..wanted.clone() };
        chosen.push((named(view, &found.certifications, code), address(&without)));
    }
    for one in &wanted.sellers {
        let without = Wanted { sellers: toggled(&wanted.sellers, *one), ..wanted.clone() };
        let name = found.sellers.get(one).cloned().unwrap_or_else(|| view.t("storefront-seller"));
        chosen.push((name, address(&without)));
    }
    if wanted.at_once {
        chosen.push((view.t("storefront-at-once"), address(&Wanted { at_once: false, ..wanted.clone() })));
    }
    if wanted.trial {
        chosen.push((view.t("search-trial-free"), address(&Wanted { trial: false, ..wanted.clone() })));
    }
    if let Some(from) = wanted.rated {
        chosen.push((rating_text(view, from), address(&Wanted { rated: None, ..wanted.clone() })));
    }
    chosen
}

/// What was chosen, above the results.
pub(super) fn chips(view: &View, wanted: &Wanted, found: &Found, known: &[Category]) -> Markup {
    let chosen = active(view, wanted, found, known);
    let bare = Wanted { words: wanted.words.clone(), sorting: wanted.sorting, ..Wanted::default() };
    html! {
        @if !chosen.is_empty() {
            ul.chips.chosen aria-label=(view.t("search-chosen")) {
                @for (text, href) in &chosen {
                    li { a.chip.removable href=(href) { (text) span aria-hidden="true" { "×" } span.unseen { (view.t("search-remove")) } } }
                }
                @if chosen.len() > 1 { li { a.chip.plain-chip href=(address(&bare)) { (view.t("search-clear")) } } }
            }
        }
    }
}
