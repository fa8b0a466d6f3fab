//! What a seller does with its sandbox, as cards of its page.

use std::collections::BTreeMap;

use kernel::Localized;
use maud::{Markup, html};
use production::Fault;
use serde_json::Value;
use ui::{Choice, Field, Mistakes, Tone, View};

use super::PAGE;
use crate::sandbox::{api::SandboxJson, looks::each};

pub(super) fn starting(view: &View, (may, enabled): (bool, bool)) -> Markup {
    let begin = ui::form(view, PAGE, &html! { button.button.primary type="submit" { (view.t("sandbox-start")) } });
    html! {
        @if !enabled { (ui::notice(Tone::Info, &html! { p { (view.t("sandbox-disabled")) } })) }
        (ui::empty(&view.t("sandbox-none"), &view.t("sandbox-none-text"), &html! { @if may && enabled { (begin) } }))
        (ui::card(Some(&view.t("sandbox-guide")), &html! {
            ul {
                li { (view.t("sandbox-guide-inside")) }
                li { (view.t("sandbox-guide-calls")) }
                li { (view.t("sandbox-guide-clock")) }
                li { (view.t("sandbox-guide-faults")) }
                li { (view.t("sandbox-guide-use")) }
                li { (view.t("sandbox-guide-api")) " " code { "POST /api/v1/seller/sandbox" } }
            }
        }))
    }
}

pub(super) fn standing(view: &View, shown: &SandboxJson, may: bool) -> Markup {
    let no_address = view.t("sandbox-no-address");
    let url = html! { span.address { (shown.url.as_deref().unwrap_or(&no_address)) } };
    let facts = [
        (view.t("sandbox-now"), view.time(shown.now)),
        (view.t("sandbox-started"), view.time(shown.started_at)),
        (view.t("sandbox-ends"), view.time(shown.ends_at)),
        (view.t("sandbox-url"), url),
    ];
    html! {
        (ui::card(None, &html! {
            (ui::facts(&facts))
            @if may {
                (ui::form(view, "/seller/sandbox/end", &html! {
                    div.row { button.button.danger type="submit" { (view.t("sandbox-end")) } }
                }))
            }
        }))
        @if !shown.left_out.is_empty() {
            (ui::notice(Tone::Warn, &html! {
                p { (view.t("sandbox-left-out")) }
                ul { @for one in &shown.left_out { li { strong { (view.of(&one.name)) } ": " (view.of(&one.why)) } } }
            }))
        }
    }
}

pub(super) fn turning(view: &View, (shown, days_max): (&SandboxJson, u32), mistakes: &Mistakes) -> Markup {
    let (hours, days, months) = (view.t("sandbox-hours"), view.t("sandbox-days"), view.t("sandbox-months"));
    let (hours_max, months_max) = ((days_max * 24).to_string(), (days_max / 28).to_string());
    let days_max = days_max.to_string();
    html! {
        p.muted { (view.t("sandbox-clock-text")) }
        @if let Some(goal) = shown.goal {
            (ui::form(view, "/seller/sandbox/turn", &html! {
                input type="hidden" name="until" value=(goal);
                div.row { button.button.primary type="submit" { (view.t("sandbox-turn-on")) " " (view.time(goal)) } }
            }))
        }
        (ui::form(view, "/seller/sandbox/turn", &html! {
            div.fields {
                (Field::input("number", "months", &months).with("min", "1").with("max", &months_max).render(view, mistakes))
                (Field::input("number", "days", &days).with("min", "1").with("max", &days_max).render(view, mistakes))
                (Field::input("number", "hours", &hours).with("min", "1").with("max", &hours_max).render(view, mistakes))
            }
            div.row {
                button.button.primary type="submit" { (view.t("sandbox-turn")) }
                button.button type="submit" name="next" value="true" { (view.t("sandbox-turn-next")) }
            }
        }))
    }
}

pub(super) fn faults(view: &View, shown: &SandboxJson, mistakes: &Mistakes) -> Markup {
    let (percent, most, seed) = (view.t("sandbox-percent"), view.t("sandbox-at-most"), view.t("sandbox-seed"));
    let is = (shown.faults.percent.to_string(), shown.faults.left.map(|left| left.to_string()).unwrap_or_default());
    let seeded = shown.faults.seed.to_string();
    let share = if shown.faults.faults.is_empty() { "100" } else { &is.0 };
    html! {
        p.muted { (view.t("sandbox-faults-text")) }
        (ui::form(view, "/seller/sandbox/faults", &html! {
            fieldset {
                legend { (view.t("sandbox-faults-which")) }
                @for fault in Fault::ALL {
                    label.check {
                        input type="checkbox" name="faults" value=(fault) checked[shown.faults.faults.contains(fault)];
                        " " (view.word("sandbox-fault", fault.as_str()))
                    }
                }
            }
            div.fields {
                (Field::input("number", "percent", &percent).value(share).required().with("min", "0").with("max", "100").render(view, mistakes))
                (Field::input("number", "at_most", &most).value(&is.1).hint(view.t("sandbox-at-most-hint")).with("min", "1").render(view, mistakes))
                (Field::input("number", "seed", &seed).value(&seeded).with("min", "0").render(view, mistakes))
            }
            div.row { button.button type="submit" { (view.t("sandbox-faults-set")) } }
        }))
    }
}

pub(super) fn buying(view: &View, skus: &Value, shown: &SandboxJson, mistakes: &Mistakes) -> Markup {
    let name = |sku: &Value| {
        let text = |value: &Value| serde_json::from_value::<Localized>(value.clone()).unwrap_or_default();
        let (product, spec) = (text(&sku["product"]), text(&sku["spec"]));
        let code = sku["sku_code"].as_str().unwrap_or_default();
        Choice::new(
            sku["sku"].as_str().unwrap_or_default(),
            format!("{} · {} · {code}", view.of(&product), view.of(&spec)),
        )
    };
    let choices: Vec<Choice> = each(skus).map(name).collect();
    let buyers: Vec<Choice> =
        shown.buyers.iter().map(|buyer| Choice::new(buyer.buyer.to_string(), buyer.name.as_str())).collect();
    // A field for each number that any of them has.
    let codes = each(skus).flat_map(|sku| each(&sku["quantities"]));
    let codes: BTreeMap<String, String> = codes
        .filter_map(|one| Some((format!("quantity.{}", one["code"].as_str()?), one["min"].as_u64()?.to_string())))
        .collect();
    let (sku, buyer, periods) = (view.t("sandbox-sku"), view.t("sandbox-buyer"), view.t("sandbox-periods"));
    let automatic = view.t("sandbox-automatic");
    html! {
        @if choices.is_empty() { p.muted { (view.t("sandbox-no-skus")) } } @else {
            (ui::form(view, "/seller/sandbox/buy", &html! {
                div.fields {
                    (Field::select("sku", &sku, &choices).required().render(view, mistakes))
                    (Field::select("buyer", &buyer, &buyers).required().render(view, mistakes))
                    @for (field, least) in &codes {
                        (Field::input("number", field, field.trim_start_matches("quantity.")).value(least).with("min", "0").render(view, mistakes))
                    }
                    (Field::input("number", "periods", &periods).value("1").required().with("min", "1").with("max", "366").render(view, mistakes))
                    (Field::check("automatic", &automatic).render(view, mistakes))
                }
                div.row {
                    button.button.primary type="submit" { (view.t("sandbox-buy-do")) }
                    @if each(skus).any(|sku| !sku["trial_days"].is_null()) {
                        button.button type="submit" name="try" value="true" { (view.t("sandbox-try-do")) }
                    }
                }
            }))
        }
    }
}
