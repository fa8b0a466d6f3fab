//! The fields of prices of use: what is counted, in which model it is priced, its ranges as a table.

use maud::{Markup, html};
use pricing::{BillingCycle, CountingCycle, PeriodUnit, TokenClass};
use ui::{Choice, Field, Mistakes, View};

use super::{super::Typed, METERS_MAX, RANGES_MAX, meters_written};
use crate::rules::percent;

/// Whether the first meter is one like the others, or counts what a package counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Free,
    OfPackage,
}

/// Rows that can be filled beside those that there are.
const ROWS_FREE: usize = 2;

fn cycles(view: &View, none: Option<String>) -> Vec<Choice> {
    let known = CountingCycle::ALL.iter();
    let known = known.map(|cycle| Choice::new(cycle.as_str(), view.word("usage-cycle", cycle.as_str())));
    none.map(|none| Choice::new("", none)).into_iter().chain(known).collect()
}

/// Fields of one line below a path.
struct Row<'r> {
    view: &'r View,
    at: &'r str,
    typed: &'r Typed,
    mistakes: &'r Mistakes,
    /// What the site lists as what prices of use count.
    factors: &'r [Choice],
}

impl Row<'_> {
    fn text(&self, field: &str, label: &'static str, attribute: (&'static str, &str)) -> Markup {
        let (name, label) = (format!("{}.{field}", self.at), self.view.t(label));
        let field = Field::text(&name, &label).value(self.typed.text(&name)).wanted();
        field.with(attribute.0, attribute.1).with("autocomplete", "off").render(self.view, self.mistakes)
    }

    fn amount(&self, field: &str, label: &'static str) -> Markup {
        self.text(field, label, ("inputmode", "decimal"))
    }

    /// An amount that need not be there.
    fn optional(&self, field: &str, label: &'static str, hint: Option<&'static str>) -> Markup {
        let (name, label) = (format!("{}.{field}", self.at), self.view.t(label));
        let mut field = Field::text(&name, &label).value(self.typed.text(&name)).with("inputmode", "decimal");
        if let Some(hint) = hint {
            field = field.hint(self.view.t(hint));
        }
        field.with("autocomplete", "off").render(self.view, self.mistakes)
    }

    fn select(&self, field: &str, label: &'static str, choices: &[Choice]) -> Markup {
        let (name, label) = (format!("{}.{field}", self.at), self.view.t(label));
        Field::select(&name, &label, choices).value(self.typed.text(&name)).wanted().render(self.view, self.mistakes)
    }
}

/// What was typed, what is wrong with it, and what can be counted.
pub(super) type Given<'g> = (&'g Typed, &'g Mistakes, &'g [Choice]);

pub(super) fn on_demand(view: &View, at: &str, (typed, mistakes, factors): Given<'_>, first: First) -> Markup {
    let list = format!("{at}.meters");
    let known = meters_written(typed, &list).max(usize::from(first == First::OfPackage));
    let count = known.saturating_add(1).min(METERS_MAX);
    let charged = BillingCycle::ALL.iter();
    let charged: Vec<Choice> =
        charged.map(|cycle| Choice::new(cycle.as_str(), view.word("usage-charged", cycle.as_str()))).collect();
    let row = Row { view, at, typed, mistakes, factors };
    html! {
        @if first == First::Free {
            h2 { (view.t("usage-meters")) }
            p.muted { (view.t("usage-meters-lead")) }
        }
        (mistakes.beside(&list))
        @for index in 0..count {
            @let own = first == First::OfPackage && index == 0;
            @let at = format!("{list}[{index}]");
            @let is_new = index >= known;
            @if is_new && known > 0 {
                details.part-new open[mistakes.at(&format!("{at}.counts.name.en")).is_some()] {
                    summary { (view.t("usage-meter-new")) }
                    (meter(&Row { view, at: &at, typed, mistakes, factors }, Kind::New))
                }
            } @else {
                (meter(&Row { view, at: &at, typed, mistakes, factors }, if own { Kind::OfPackage } else if is_new { Kind::New } else { Kind::Known }))
            }
        }
        div.fields {
            (row.select("cycle", "usage-charged", &charged))
            @if first == First::Free { (row.optional("set_up", "release-set-up", None)) }
            (row.optional("commitment.amount", "usage-commitment", Some("usage-commitment-hint")))
            (row.select("commitment.cycle", "usage-commitment-cycle", &cycles(view, None)))
        }
    }
}

/// What a meter's box says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Known,
    New,
    OfPackage,
}

fn meter(row: &Row<'_>, kind: Kind) -> Markup {
    let Row { view, at, typed, mistakes, factors } = *row;
    let (factor, gone, gone_label) = (format!("{at}.factor"), format!("{at}.gone"), view.t("usage-meter-gone"));
    let factor_label = view.t("usage-factor");
    let none = Choice::new("", view.t("usage-class-none"));
    let classes = TokenClass::ALL.iter();
    let classes = classes.map(|class| Choice::new(class.as_str(), view.word("usage-class", class.as_str())));
    let classes: Vec<Choice> = std::iter::once(none).chain(classes).collect();
    let name = typed.line(&format!("{at}.counts.name"));
    let legend = match kind {
        Kind::OfPackage => view.t("usage-meter-own"),
        Kind::New => view.t("usage-meter-new"),
        Kind::Known => view.of(&name).to_owned(),
    };
    html! {
        fieldset.part {
            legend { (legend) }
            @if factors.is_empty() { input type="hidden" name=(factor) value=(typed.text(&factor)); }
            @else {
                div.fields { (Field::select(&factor, &factor_label, factors).value(typed.text(&factor)).wanted().hint(view.t("usage-factor-hint")).render(view, mistakes)) }
            }
            @if kind != Kind::OfPackage { (counted(row)) }
            (price(row))
            div.fields {
                (row.optional("allowance.quantity", "usage-allowance", None))
                (row.select("allowance.cycle", "usage-allowance-cycle", &cycles(view, None)))
                (row.select("class", "usage-class", &classes))
            }
            @if kind == Kind::Known { (Field::check(&gone, &gone_label).value(typed.text(&gone)).render(view, mistakes)) }
        }
    }
}

fn counted(row: &Row<'_>) -> Markup {
    let short = ("maxlength", "40");
    html! {
        div.fields {
            (row.text("counts.name.zh", "listing-name-zh", short))
            (row.text("counts.name.en", "listing-name-en", short))
            (row.text("counts.unit.zh", "listing-unit-zh", short))
            (row.text("counts.unit.en", "listing-unit-en", short))
            (row.optional("counts.unit_one", "listing-unit-one", None))
            (row.optional("counts.code", "listing-code", Some("usage-code-hint")))
        }
    }
}

const MODELS: [&str; 6] = ["fixed", "tiered", "volume", "stair_step", "package_size", "percentage"];

/// The fields of the model that is stored; another one shows its own once it is saved.
fn price(row: &Row<'_>) -> Markup {
    let Row { view, at, typed, mistakes, factors } = *row;
    let base = format!("{at}.price");
    let (model, per) = (format!("{base}.model"), format!("{at}.per"));
    let (model_label, per_label) = (view.t("usage-model"), view.t("usage-per"));
    let models = MODELS.map(|model| Choice::new(model, view.word("usage-model", model)));
    let present = typed.text(&model);
    let own = Row { view, at: &base, typed, mistakes, factors };
    let by_unit = matches!(present, "" | "fixed" | "tiered" | "volume");
    let adds_up = matches!(present, "tiered" | "stair_step" | "package_size");
    let none = (present == "package_size").then(|| view.t("usage-accumulation-none"));
    html! {
        (mistakes.beside(&base))
        div.fields {
            (Field::select(&model, &model_label, &models).value(present).wanted().hint(view.t("usage-model-hint")).render(view, mistakes))
            @match present {
                "tiered" | "volume" | "stair_step" => {},
                "package_size" => { (own.text("size", "usage-size", ("inputmode", "numeric"))) (own.amount("price", "usage-size-price")) },
                "percentage" => (percentage(&own)),
                _ => (own.amount("unit_price", "usage-unit-price")),
            }
            @if by_unit {
                (Field::text(&per, &per_label).value(if typed.holds(&per) { typed.text(&per) } else { "1" }).wanted().hint(view.t("usage-per-hint")).with("inputmode", "numeric").render(view, mistakes))
            }
            @if adds_up { (row.select("accumulation", "usage-accumulation", &cycles(view, none))) }
        }
        @match present {
            "tiered" | "volume" => (ranges(&own, ("ranges", "unit_price"))),
            "stair_step" => (ranges(&own, ("stairs", "price"))),
            _ => {},
        }
    }
}

fn percentage(row: &Row<'_>) -> Markup {
    let Row { view, at, typed, mistakes, factors: _ } = *row;
    let (name, stored, label) = (format!("{at}.percent"), format!("{at}.basis_points"), view.t("usage-percent"));
    let points = typed.text(&stored).parse().map(percent).unwrap_or_default();
    let value = if typed.holds(&name) { typed.text(&name) } else { &points };
    html! {
        (Field::text(&name, &label).value(value).wanted().hint(view.t("usage-percent-hint")).with("inputmode", "decimal").render(view, mistakes))
        (mistakes.beside(&stored))
    }
}

/// A table of ranges: so far, and at which price. Empty rows wait for more; a row whose price is emptied is gone.
fn ranges(row: &Row<'_>, (list, price): (&'static str, &str)) -> Markup {
    let Row { view, at, typed, mistakes, factors: _ } = *row;
    let list = format!("{at}.{list}");
    let filled = (0..typed.count(&list)).rev().find(|number| typed.holds(&format!("{list}[{number}]")));
    let count = filled.map_or(0, |last| last.saturating_add(1)).saturating_add(ROWS_FREE).min(RANGES_MAX);
    let (pasted, pasted_label) = (format!("{list}.pasted"), view.t("usage-pasted"));
    let head = [view.t("usage-up-to"), view.t(if price == "price" { "usage-stair-price" } else { "usage-unit-price" })];
    let cell = |name: &str, label: String| {
        let wrong = mistakes.at(name).is_some();
        html! {
            input type="text" inputmode="decimal" autocomplete="off" name=(name) id={ "f-" (name) } value=(typed.text(name))
                aria-label=(label) aria-invalid=[wrong.then_some("true")];
        }
    };
    html! {
        (mistakes.beside(&list))
        div.range-rows {
            div.range-row.small.muted aria-hidden="true" { @for title in &head { span { (title) } } }
            @for number in 0..count {
                @let fields = [format!("{list}[{number}].up_to"), format!("{list}[{number}].{price}")];
                div.range-row {
                    @for (name, title) in fields.iter().zip(&head) {
                        (cell(name, view.ta("usage-range-cell", &[("name", title.clone().into()), ("number", number.saturating_add(1).into())])))
                    }
                }
                @for name in &fields { (mistakes.beside(name)) }
            }
        }
        p.small.muted { (view.t("usage-ranges-hint")) }
        details open[mistakes.at(&pasted).is_some()] {
            summary.small { (pasted_label) }
            (Field::area(&pasted, &pasted_label, 4).value(typed.text(&pasted)).hint(view.t("usage-pasted-hint")).with("spellcheck", "false").render(view, mistakes))
        }
    }
}

pub(super) fn package(view: &View, at: &str, (typed, mistakes, factors): Given<'_>) -> Markup {
    let row = Row { view, at, typed, mistakes, factors };
    let units = PeriodUnit::ALL.iter();
    let units: Vec<Choice> =
        units.map(|unit| Choice::new(unit.as_str(), view.word("usage-unit", unit.as_str()))).collect();
    let thens = ["stop", "on_demand"].map(|then| Choice::new(then, view.word("usage-overage", then)));
    let then = format!("{at}.overage.then");
    let then_label = view.t("usage-overage");
    html! {
        h2 { (view.t("usage-package")) }
        p.muted { (view.t("usage-package-lead")) }
        (counted(&row))
        div.fields {
            (row.amount("amount", "usage-package-amount"))
            (row.amount("price.base", "usage-package-price"))
            (row.text("term.count", "usage-package-term", ("inputmode", "numeric")))
            (row.select("term.unit", "usage-package-unit", &units))
            (row.select("reset", "usage-package-reset", &cycles(view, Some(view.t("usage-package-once")))))
            (Field::select(&then, &then_label, &thens).value(typed.text(&then)).wanted().hint(view.t("usage-overage-hint")).render(view, mistakes))
        }
        @if typed.text(&then) == "on_demand" {
            h3 { (view.t("usage-overage-price")) }
            (on_demand(view, &format!("{at}.overage.billing"), (typed, mistakes, factors), First::OfPackage))
        }
    }
}
