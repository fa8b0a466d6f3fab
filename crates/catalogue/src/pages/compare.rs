//! Two states of a listing side by side, line for line, with what differs marked.

use kernel::{id::DocumentId, text::Lang};
use maud::{Markup, html};
use policy::Policy;
use pricing::{Billing, BookPrices, Price, QuantityPrice, Tier};
use similar::{ChangeTag, TextDiff};
use ui::View;

use super::{
    labels::{field_label, spec_name},
    particulars::{self, file_text, named},
};
use crate::rules::{Attribute, AttributeValue, Files, Listing, Sku, Spec, Term, percent, prices_of};

/// A listing as lines: where each stands, how it is called, what it says.
pub(super) struct Lines(Vec<Line>);

pub(super) struct Line {
    /// As the diff of the API names it: specs by their codes.
    pub(super) path: String,
    pub(super) label: String,
    pub(super) text: String,
    /// Pictures are compared by what they are, and shown.
    pub(super) pictures: Vec<DocumentId>,
}

impl Lines {
    /// The names of documents, categories and the like are said where they are known.
    pub(super) fn of(view: &View, listing: &Listing, (files, policy): (&Files, &Policy)) -> Self {
        let mut lines = Self(Vec::new());
        let mut add = |path: &str, text: String| {
            let label = field_label(view, listing, path);
            lines.0.push(Line { path: path.to_owned(), label, text, pictures: Vec::new() });
        };
        for (path, text) in
            [("name", &listing.name), ("summary", &listing.summary), ("description", &listing.description)]
        {
            add(&format!("{path}.zh"), text.zh.clone());
            add(&format!("{path}.en"), text.en.clone());
        }
        add("version", listing.version.clone());
        add("categories", named(view, &policy.catalogue.categories, &listing.categories));
        let support = &listing.support;
        for (path, text) in [("support.hours", &support.hours), ("support.content", &support.content)] {
            add(&format!("{path}.zh"), text.zh.clone());
            add(&format!("{path}.en"), text.en.clone());
        }
        add("support.hotline", support.hotline.clone());
        add("support.email", support.email.clone());
        add("agreement", listing.agreement.map_or_else(String::new, |id| file_text(view, files, id)));
        let delivered = |days: u32| match days {
            0 => view.t("storefront-at-once"),
            _ => view.ta("storefront-delivery-days", &[("days", days.into())]),
        };
        add("delivery_days", listing.delivery_days.map_or_else(String::new, delivered));
        add("currency", listing.currency.map_or_else(String::new, |currency| currency.code().to_owned()));
        add("tax", view.word("listing-tax", listing.tax.as_str()));
        for (path, text) in particulars::said(view, listing, (files, policy)) {
            add(&path, text);
        }
        for (path, pictures) in
            [("logo", listing.logo.into_iter().collect()), ("screenshots", listing.screenshots.clone())]
        {
            let text = pictures.iter().map(ToString::to_string).collect::<Vec<String>>().join(" ");
            lines.0.push(Line { path: path.to_owned(), label: view.word("listing-field", path), text, pictures });
        }
        for (index, spec) in listing.specs.iter().enumerate() {
            lines.add_spec(view, listing, (index, spec));
        }
        lines
    }

    fn add_spec(&mut self, view: &View, listing: &Listing, (index, spec): (usize, &Spec)) {
        let name = spec_name(view, spec, index);
        let mut add = |path: String, field: String, text: String| {
            self.0.push(Line {
                path: format!("specs[{}].{path}", spec.code),
                label: format!("{name} · {field}"),
                text,
                pictures: Vec::new(),
            });
        };
        let in_lang = |lang: String| {
            view.ta("listing-field-in", &[("field", view.word("listing-field", "name").into()), ("lang", lang.into())])
        };
        add("name.zh".to_owned(), in_lang(view.t("listing-in-zh")), spec.name.zh.clone());
        add("name.en".to_owned(), in_lang(view.t("listing-in-en")), spec.name.en.clone());
        let mode = spec.billing_mode.map_or_else(String::new, |mode| view.word("listing-mode", mode.as_str()));
        add("billing_mode".to_owned(), view.word("listing-field", "billing_mode"), mode);
        for attribute in &spec.attributes {
            let path = format!("attributes[{}]", attribute.code());
            add(path, both(view, attribute.name()), attribute_text(view, attribute));
        }
        for sku in &spec.skus {
            let chosen: Vec<String> = sku.values.iter().map(|(code, value)| format!("{code}={value}")).collect();
            let path = format!("skus[{}].billing", chosen.join(";"));
            add(path, chosen_text(view, spec, sku), price_text(view, listing, (spec, sku)));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    fn find(&self, path: &str) -> Option<&Line> {
        self.0.iter().find(|line| line.path == path)
    }
}

/// A name in both languages, since both are compared.
fn both(view: &View, name: &kernel::Localized) -> String {
    let (own, other) = match view.lang {
        Lang::En => (&name.en, &name.zh),
        Lang::Zh => (&name.zh, &name.en),
    };
    format!("{own} / {other}")
}

fn attribute_text(view: &View, attribute: &Attribute) -> String {
    match attribute {
        Attribute::Enum { values, .. } => {
            let value = |value: &AttributeValue| both(view, &value.name);
            values.iter().map(value).collect::<Vec<_>>().join("; ")
        }
        Attribute::Quantity { unit, min, max, step, .. } => format!("{min}–{max}, ±{step}, {}", both(view, unit)),
    }
}

fn chosen_text(view: &View, spec: &Spec, sku: &Sku) -> String {
    let names = spec.attributes.iter().filter_map(|attribute| match attribute {
        Attribute::Enum { code, values, .. } => {
            let chosen = sku.values.get(code)?;
            values.iter().find(|value| value.code == *chosen).map(|value| view.of(&value.name).to_owned())
        }
        Attribute::Quantity { .. } => None,
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { view.t("listing-only-sku") } else { names.join(" · ") }
}

/// All prices of a SKU as they were written, those in other currencies after its own.
fn price_text(view: &View, listing: &Listing, (spec, sku): (&Spec, &Sku)) -> String {
    let Some(billing) = &sku.billing else { return view.t("listing-not-sold") };
    let used = |currency| {
        let lines = listing.by_use(spec, sku, currency);
        lines.iter().map(|line| view.of(line)).collect::<Vec<_>>().join("\n")
    };
    let own = if spec.is_by_use() { used(None) } else { terms_text(view, billing) };
    let books = sku.books.iter().map(|book| {
        let prices = match &book.prices {
            BookPrices::Rate { rate } => format!("× {rate}"),
            BookPrices::Own { .. } if spec.is_by_use() => used(Some(book.currency)),
            BookPrices::Own { billing } => terms_text(view, billing),
        };
        format!("{}: {prices}", book.currency)
    });
    std::iter::once(own).chain(books).collect::<Vec<_>>().join("\n")
}

fn terms_text(view: &View, billing: &Billing) -> String {
    let terms = prices_of(billing).into_iter().map(|(term, price)| {
        let mut parts = vec![format!("{}: {}", view.word("listing-term", term.as_str()), parts_text(price))];
        parts.extend(period_text(view, billing, term));
        parts.join(", ")
    });
    let set_up = billing.set_up().map(|fee| format!("{}: {fee}", view.t("release-set-up")));
    terms.chain(set_up).collect::<Vec<_>>().join("\n")
}

fn parts_text(price: &Price) -> String {
    let tier = |tier: &Tier| match tier.to {
        Some(to) => format!("{}–{to}: {}", tier.from, tier.unit_price),
        None => format!("{}+: {}", tier.from, tier.unit_price),
    };
    let tiers = |tiers: &[Tier]| tiers.iter().map(tier).collect::<Vec<_>>().join(", ");
    let base = price.base.map(|base| base.to_string());
    let quantities = price.quantities.iter().map(|(code, rule)| match rule {
        QuantityPrice::Linear { unit_price } => format!("{code} × {unit_price}"),
        QuantityPrice::Tiered { tiers: own } => format!("{code} ({})", tiers(own)),
        QuantityPrice::Volume { tiers: own } => format!("{code} [{}]", tiers(own)),
    });
    base.into_iter().chain(quantities).collect::<Vec<_>>().join(" + ")
}

fn period_text(view: &View, billing: &Billing, term: Term) -> Option<String> {
    let period = billing.period(term.unit()?)?;
    let discounts = period.discounts.iter().map(|off| format!("{}+ −{}%", off.periods_min, percent(off.basis_points)));
    let limit = view.ta("listing-price-periods", &[("count", period.periods_max.into())]);
    Some(std::iter::once(limit).chain(discounts).collect::<Vec<_>>().join(", "))
}

/// All lines of one listing.
pub(super) fn whole(view: &View, lines: &Lines) -> Markup {
    whole_with(view, lines, |_| html! {})
}

/// The same with something said below each line. Prices can be many: they open when asked.
pub(super) fn whole_with(view: &View, lines: &Lines, note: impl Fn(&Line) -> Markup) -> Markup {
    let (prices, rest): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.path.contains("].skus["));
    let table = |title: &str, lines: &[&Line]| {
        html! {
            table.compare {
                caption.unseen { (title) }
                colgroup { col.name; col; }
                tbody {
                    @for line in lines { tr { th scope="row" { (line.label) (note(line)) } td { (line.shown()) } } }
                }
            }
        }
    };
    let (content, priced_title) =
        (view.t("listing-content"), view.ta("listing-prices-count", &[("count", prices.len().into())]));
    html! {
        section.card { h2 { (content) } (table(&content, &rest)) }
        details.card open[prices.len() <= PRICES_OPEN] {
            summary { h2 { (priced_title) } }
            (table(&priced_title, &prices))
        }
    }
}

/// So many prices are shown without being asked for.
const PRICES_OPEN: usize = 12;

/// Old and new beside each other: what has changed first, the rest when it is asked for.
pub(super) fn compared(view: &View, before: &Lines, after: &Lines) -> Markup {
    compared_with(view, before, after, |_| html! {})
}

/// The same with something said below each line.
pub(super) fn compared_with(view: &View, before: &Lines, after: &Lines, note: impl Fn(&Line) -> Markup) -> Markup {
    let blank = Line { path: String::new(), label: String::new(), text: String::new(), pictures: Vec::new() };
    let old = |line: &Line| before.find(&line.path).unwrap_or(&blank);
    let (same, changed): (Vec<&Line>, Vec<&Line>) = after.iter().partition(|line| old(line).text == line.text);
    let gone: Vec<&Line> = before.iter().filter(|line| after.find(&line.path).is_none()).collect();
    let rows = |lines: &[&Line], marked: bool| {
        html! {
            @for line in lines {
                tr.changed[marked] {
                    th scope="row" { (line.label) (note(line)) }
                    @if marked { (differing(old(line), line)) }
                    @else { td colspan="2" { (line.shown()) } }
                }
            }
        }
    };
    html! {
        section.card {
            h2 { (view.ta("listing-changes", &[("count", changed.len().saturating_add(gone.len()).into())])) }
            @if !changed.is_empty() || !gone.is_empty() {
                table.compare {
                    caption.unseen { (view.t("listing-changes-label")) }
                    (columns(view))
                    tbody {
                        (rows(&changed, true))
                        @for line in &gone {
                            tr.changed { th scope="row" { (line.label) } td { del { (line.shown()) } } td.muted { (view.t("listing-removed")) } }
                        }
                    }
                }
            }
        }
        details.card {
            summary { h2 { (view.ta("listing-unchanged", &[("count", same.len().into())])) } }
            table.compare {
                caption.unseen { (view.t("listing-unchanged-label")) }
                tbody { (rows(&same, false)) }
            }
        }
    }
}

fn columns(view: &View) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (view.t("listing-column-field")) }
            th scope="col" { (view.t("listing-column-before")) }
            th scope="col" { (view.t("listing-column-after")) }
        } }
    }
}

/// Words that went away marked on the left, words that came on the right.
fn differing(before: &Line, after: &Line) -> Markup {
    if !before.pictures.is_empty() || !after.pictures.is_empty() {
        return html! { td { (before.shown()) } td { (after.shown()) } };
    }
    let diff = TextDiff::from_unicode_words(&before.text, &after.text);
    let side = |own: ChangeTag| {
        html! {
            @for change in diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Equal || change.tag() == own) {
                @if change.tag() == ChangeTag::Equal { (change.value()) }
                @else if own == ChangeTag::Delete { del { (change.value()) } }
                @else { ins { (change.value()) } }
            }
        }
    };
    html! { td.text { (side(ChangeTag::Delete)) } td.text { (side(ChangeTag::Insert)) } }
}

impl Line {
    pub(super) fn shown(&self) -> Markup {
        html! {
            @if self.pictures.is_empty() {
                span.text { @if self.text.is_empty() { "–" } @else { (self.text) } }
            } @else {
                div.compare-pictures {
                    @for picture in &self.pictures {
                        a href={ "/pictures/" (picture) } { img src={ "/pictures/" (picture) } alt=(self.label) width="160" height="100" loading="lazy"; }
                    }
                }
            }
        }
    }
}
