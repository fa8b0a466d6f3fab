//! What is used in a sandbox of what is paid by use: how much, what was charged, what was refused.

use kernel::{Localized, Money};
use maud::{Markup, html};
use serde_json::Value;
use ui::{Choice, Field, Mistakes, Table, View};

use super::looked::{moment, read, word};
use crate::sandbox::looks::each;

pub(super) fn used(view: &View, (items, may): (&[&Value], bool), (charged, refused): (&Value, &Value)) -> Markup {
    html! {
        (instances(view, items, may))
        @if each(charged).next().is_some() { (charges(view, &each(charged).collect::<Vec<_>>())) }
        @if each(refused).next().is_some() { (refusals(view, &each(refused).collect::<Vec<_>>())) }
    }
}

fn money(view: &View, amount: &Value) -> Markup {
    html! { @if let Some(amount) = read::<Money>(amount) { (view.money(amount)) } }
}

fn instances(view: &View, items: &[&Value], may: bool) -> Markup {
    Table::new(view, view.word("sandbox-look", "usage"), items)
        .column(view.t("sandbox-sku"), |one: &&Value| {
            let title: Localized = read(&one["title"]).unwrap_or_default();
            html! { strong { (view.of(&title)) } br; code.small { (word(&one["remote_id"])) } }
        })
        .column(view.t("sandbox-buyer"), |one| html! { (word(&one["buyer_name"])) })
        .column(view.t("sandbox-open"), |one| html! { @for meter in each(&one["meters"]) { (open(view, meter)) } })
        .number(view.t("sandbox-charged"), |one| money(view, &one["charged"]))
        .number(view.t("sandbox-due"), |one| money(view, &one["due"]))
        .column("", move |one| html! { @if may && one["closed_at"].is_null() { (reporting(view, one)) } })
        .empty(ui::empty(&view.t("sandbox-usage-none"), &view.t("sandbox-usage-none-text"), &html! {}))
        .render()
}

/// What is not charged yet of a meter.
fn open(view: &View, meter: &Value) -> Markup {
    let unit: Localized = read(&meter["unit"]).unwrap_or_default();
    html! { (word(&meter["open"])) " " (view.of(&unit)) br; }
}

/// Reports use in the place of the seller's program.
fn reporting(view: &View, one: &Value) -> Markup {
    let action = format!("/seller/sandbox/instances/{}", word(&one["instance"]));
    let meters: Vec<Choice> = each(&one["meters"])
        .map(|meter| {
            let name: Localized = read(&meter["name"]).unwrap_or_default();
            let code = word(&meter["code"]);
            let name = view.of(&name);
            Choice::new(code, if name.is_empty() { code } else { name })
        })
        .collect();
    let (value, meter) = (view.t("sandbox-use-value"), view.t("sandbox-use-meter"));
    ui::confirm(
        view,
        &view.t("sandbox-use"),
        &view.t("sandbox-use"),
        false,
        &ui::form(
            view,
            &action,
            &html! {
                p.muted { (view.t("sandbox-use-text")) }
                div.fields {
                    (Field::input("text", "value", &value).value("100").required().render(view, &Mistakes::none()))
                    @if meters.len() > 1 { (Field::select("meter", &meter, &meters).required().render(view, &Mistakes::none())) }
                }
                div.row { button.button.primary type="submit" name="do" value="use" { (view.t("sandbox-use")) } }
            },
        ),
    )
}

fn charges(view: &View, items: &[&Value]) -> Markup {
    Table::new(view, view.t("sandbox-charges"), items)
        .column(view.t("sandbox-period"), |one: &&Value| html! { (moment(view, &one["period"]["from"])) " – " (moment(view, &one["period"]["until"])) })
        .number(view.t("sandbox-records"), |one| html! { (one["records"].as_i64().unwrap_or_default()) })
        .number(view.t("sandbox-total"), |one| money(view, &one["amount"]))
        .render()
}

fn refusals(view: &View, items: &[&Value]) -> Markup {
    Table::new(view, view.t("sandbox-refusals"), items)
        .column(view.t("sandbox-sku"), |one: &&Value| html! { code { (word(&one["instance"])) } })
        .column(view.t("sandbox-result"), |one| {
            let reason: Localized = read(&one["reason"]).unwrap_or_default();
            html! { code { (word(&one["code"])) } " " (view.of(&reason)) }
        })
        .column(view.t("sandbox-period"), |one| html! { (word(&one["begin"])) " – " (word(&one["end"])) })
        .render()
}
