//! What is in a sandbox, as tables: instances, tasks, calls, orders, money, messages.

use accounts::Seller;
use kernel::{Localized, Money, Result, Timestamp};
use maud::{Markup, html};
use platform::http::Problem;
use production::Trouble;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ui::{Field, Mistakes, Table, Tone, View};

use super::PAGE;
use crate::sandbox::{
    Sandboxes,
    looks::{Look, each},
};

const LOOKS: [(&str, Look); 7] = [
    ("instances", Look::Instances),
    ("errands", Look::Errands),
    ("calls", Look::Calls),
    ("orders", Look::Orders),
    ("usage", Look::Usage),
    ("money", Look::Money),
    ("messages", Look::Messages),
];

/// One of them, chosen by its name.
pub(super) async fn looked(
    sandboxes: &Sandboxes,
    view: &View,
    seller: &Seller,
    (asked, may): (&str, bool),
) -> Result<Markup, Problem> {
    let (name, look) = LOOKS.into_iter().find(|(name, _)| *name == asked).unwrap_or(LOOKS[0]);
    let found = sandboxes.look(seller, look).await?;
    let items: Vec<&Value> = each(&found["items"]).collect();
    let tabs: Vec<(String, String, bool)> = LOOKS
        .iter()
        .map(|(one, _)| (view.word("sandbox-look", one), format!("{PAGE}?look={one}"), *one == name))
        .collect();
    let shown = match look {
        Look::Instances | Look::Skus => instances(view, &items, may),
        Look::Errands => errands(view, &items, may),
        Look::Calls => calls(view, &items),
        Look::Orders => orders(view, &items),
        Look::Messages => messages(view, &items),
        Look::Usage | Look::Charges | Look::Refusals => {
            let charged = sandboxes.look(seller, Look::Charges).await?;
            let refused = sandboxes.look(seller, Look::Refusals).await?;
            super::used::used(view, (&items, may), (&charged["items"], &refused["items"]))
        }
        Look::Money => money(view, &found),
    };
    Ok(html! { (ui::tabs(&view.t("sandbox-look"), &tabs)) (shown) })
}

pub(super) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

pub(super) fn moment(view: &View, value: &Value) -> Markup {
    html! { @if let Some(at) = read::<Timestamp>(value) { (view.time(at)) } }
}

fn instances(view: &View, items: &[&Value], may: bool) -> Markup {
    Table::new(view, view.word("sandbox-look", "instances"), items)
        .column(view.t("sandbox-sku"), |one: &&Value| {
            let title: Localized = read(&one["title"]).unwrap_or_default();
            html! {
                strong { (view.of(&title)) }
                @if one["is_trial"] == true { " " (ui::badge(Tone::Info, &view.t("sandbox-trial"))) }
                br; code.small { (word(&one["id"])) }
            }
        })
        .column(view.t("sandbox-buyer"), |one| html! { (word(&one["buyer_name"])) })
        .column(view.t("sandbox-state"), |one| html! { (view.word("instance-state", word(&one["state"]))) })
        .column(view.t("sandbox-until"), |one| moment(view, &one["expires_at"]))
        .column("", move |one| html! { @if may && one["state"] != "released" { (acting(view, one)) } })
        .empty(ui::empty(&view.t("sandbox-instances-none"), &view.t("sandbox-instances-none-text"), &html! {}))
        .render()
}

/// What a buyer does with what it owns.
fn acting(view: &View, instance: &Value) -> Markup {
    let action = format!("/seller/sandbox/instances/{}", word(&instance["id"]));
    let amounts = instance["quantities"].as_object().into_iter().flatten();
    let button = |wish: &'static str| html! { button.button type="submit" name="do" value=(wish) { (view.word("sandbox-do", wish)) } };
    ui::confirm(
        view,
        &view.t("sandbox-act"),
        &view.t("sandbox-act"),
        false,
        &ui::form(
            view,
            &action,
            &html! {
                @for (code, amount) in amounts {
                    (Field::input("number", &format!("quantity.{code}"), code).value(&amount.to_string()).render(view, &Mistakes::none()))
                }
                div.row {
                    @if instance["is_trial"] == true { (button("convert")) }
                    (button("change")) (button("renew")) (button("automatic")) (button("once")) (button("return"))
                }
            },
        ),
    )
}

fn errands(view: &View, items: &[&Value], may: bool) -> Markup {
    Table::new(view, view.word("sandbox-look", "errands"), items)
        .column(view.t("sandbox-what"), |one: &&Value| html! { (view.word("errand-kind", word(&one["kind"]))) })
        .column(
            view.t("sandbox-state"),
            |one| html! { (view.word("errand-state", word(&one["state"]))) (trouble(view, one)) },
        )
        .column(view.t("sandbox-when"), |one| moment(view, &one["opened_at"]))
        .column("", move |one| {
            html! {
                @if may && one["state"] == "dead" {
                    (ui::form(view, &format!("/seller/sandbox/errands/{}/restart", word(&one["id"])), &html! {
                        button.button type="submit" { (view.t("sandbox-restart")) }
                    }))
                }
            }
        })
        .empty(ui::empty(&view.t("sandbox-calls-none"), &view.t("sandbox-calls-none-text"), &html! {}))
        .render()
}

fn calls(view: &View, items: &[&Value]) -> Markup {
    Table::new(view, view.word("sandbox-look", "calls"), items)
        .column(view.t("sandbox-when"), |one: &&Value| moment(view, &one["sent_at"]))
        .column(view.t("sandbox-what"), |one| html! {
            code { (word(&one["name"])) }
            details { summary.small { (view.t("sandbox-said")) }
                (ui::code(view, word(&one["url"]), word(&one["request"])))
                @if !word(&one["answer"]).is_empty() { (ui::code(view, &view.t("sandbox-answer"), word(&one["answer"]))) }
            }
        })
        .column(view.t("sandbox-fault-met"), |one| html! {
            @if let Some(fault) = one["fault"].as_str() { (ui::badge(Tone::Warn, &view.word("sandbox-fault", fault))) }
        })
        .column(view.t("sandbox-result"), |one| html! {
            @if one["trouble"].is_null() { (ui::badge(Tone::Good, &view.t("sandbox-accepted"))) } @else { (trouble(view, one)) }
        })
        .empty(ui::empty(&view.t("sandbox-calls-none"), &view.t("sandbox-calls-none-text"), &html! {}))
        .render()
}

fn trouble(view: &View, one: &Value) -> Markup {
    let said = one["trouble"].as_str().and_then(Trouble::read).map(|trouble| trouble.for_seller());
    html! { @if let Some(said) = said { p.small.muted { (view.of(&said)) } } }
}

fn orders(view: &View, items: &[&Value]) -> Markup {
    Table::new(view, view.word("sandbox-look", "orders"), items)
        .column(
            view.t("sandbox-what"),
            |one: &&Value| html! { code { (word(&one["number"])) } " " (view.word("order-kind", word(&one["kind"]))) },
        )
        .column(view.t("sandbox-state"), |one| html! { (view.word("order-state", word(&one["state"]))) })
        .column(view.t("sandbox-when"), |one| moment(view, &one["placed_at"]))
        .number(
            view.t("sandbox-total"),
            |one| html! { @if let Some(total) = read::<Money>(&one["total"]) { (view.money(total)) } },
        )
        .empty(ui::empty(&view.t("sandbox-instances-none"), &view.t("sandbox-instances-none-text"), &html! {}))
        .render()
}

fn messages(view: &View, items: &[&Value]) -> Markup {
    Table::new(view, view.word("sandbox-look", "messages"), items)
        .column(view.t("sandbox-when"), |one: &&Value| moment(view, &one["created_at"]))
        .column(view.t("sandbox-to"), |one| html! { (word(&one["to"])) })
        .column(view.t("sandbox-what"), |one| {
            let title: Localized = read(&one["title"]).unwrap_or_default();
            html! { (view.of(&title)) }
        })
        .empty(ui::empty(&view.t("sandbox-messages-none"), &view.t("sandbox-messages-none-text"), &html! {}))
        .render()
}

fn money(view: &View, found: &Value) -> Markup {
    let amounts = |list: &Value| -> Vec<Money> { each(list).filter_map(read).collect() };
    let shown = |list: &Value| html! { @for amount in amounts(list) { (view.money(amount)) " " } };
    html! {
        div.stats {
            @for wallet in each(&found["wallets"]) {
                (ui::stat(&view.ta("sandbox-wallet", &[("name", word(&wallet["name"]).into())]), &shown(&wallet["balances"]), None))
            }
            (ui::stat(&view.t("sandbox-escrow"), &shown(&found["escrow"]), None))
            (ui::stat(&view.t("sandbox-paid-for-use"), &shown(&found["usage"]), None))
        }
        @if found["in_order"] == true { p.muted { (view.t("sandbox-in-order")) } }
        @else { (ui::notice(Tone::Bad, &html! { p { (view.t("sandbox-not-in-order")) } p.small { (word(&found["difference"])) } })) }
    }
}
