//! Orders and deliveries as the operator sees them: who, what, each try, each posting.

use std::collections::BTreeMap;

use accounts::{Operator, Visit};
use axum::extract::State as Handled;
use kernel::{Error, Money, PageQuery, id::OrderId};
use maud::{Markup, html};
use orders::{order_badge, order_lines, order_moments, order_terms};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use production::Trouble;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{
    Deliveries,
    rules::{Delivery, Outcome, State},
};

async fn show(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<OrderId>,
) -> Result<Page, Problem> {
    let mut tx = deliveries.app.db.read();
    let (order, lines) = deliveries.orders.view_any(&mut tx, &operator, id).await?;
    let found = deliveries.of_any_order(&mut tx, &operator, &order).await?;
    let names = deliveries.accounts.names(&mut tx, [order.account, order.seller].into()).await?;
    let mut postings = Vec::new();
    for line in &lines {
        postings.extend(deliveries.orders.payments.ledger.line_postings(&mut tx, order.account, line.id).await?);
    }
    let view = &visit.view;
    let title = view.ta("order-title", &[("number", order.number.as_str().into())]);
    let party = |account| {
        let name = names.get(&account).map_or("", String::as_str);
        html! { a href={ "/operator/accounts/" (account) } { (name) } }
    };
    let facts = [
        (view.t("order-state-label"), order_badge(view, order.state.name())),
        (view.t("order-buyer"), party(order.account)),
        (view.t("order-seller"), party(order.seller)),
        (view.t("order-total"), view.money(order.total)),
        (view.t("order-id"), ui::copyable(view, &order.id.to_string())),
    ];
    let journal = Table::new(view, view.t("order-journal"), &postings)
        .column(view.t("order-booked"), |row| view.time(row.booked_at))
        .column(view.t("order-recipe"), |row| html! { (view.word("order-recipe", row.recipe.as_str())) })
        .column(view.t("order-book"), |row| html! { (view.word("order-book", row.kind.as_str())) })
        .number(view.t("order-amount"), |row| view.money(Money::of(row.amount, row.currency)))
        .empty(html! { p.muted { (view.t("order-no-postings")) } })
        .render();
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            p { a href="/operator/orders" { "← " (view.t("orders-title")) } }
            (ui::header(&title, None, &html! {}))
            div.with-aside {
                div.stack {
                    (order_lines(view, &lines))
                    (ui::card(Some(&view.t("deliveries-title")), &tries(view, &found)))
                    (ui::card(Some(&view.t("order-journal")), &journal))
                }
                aside.stack {
                    (ui::card(None, &ui::facts(&facts)))
                    (ui::card(Some(&view.t("order-history")), &ui::moments(view, &order_moments(view, &order))))
                    (order_terms(view, &lines))
                }
            }
        },
    ))
}

fn badge(view: &View, state: State) -> Markup {
    let tone = match state {
        State::Due | State::Offered => Tone::Info,
        State::Delivered => Tone::Good,
        State::Failed => Tone::Bad,
    };
    ui::badge(tone, &view.word("delivery-state", state.as_str()))
}

/// What the last try that did not work said.
fn said(view: &View, delivery: &Delivery) -> String {
    let said = match &delivery.outcome {
        Outcome::Due { last_error } => last_error.as_deref().unwrap_or_default(),
        Outcome::Offered { .. } | Outcome::Delivered { .. } => "",
        Outcome::Failed { reason, .. } => delivery.outcome.refusal().unwrap_or(reason),
    };
    Trouble::read(said).map_or_else(|| said.to_owned(), |trouble| view.of(&trouble.for_seller()).to_owned())
}

fn tries(view: &View, deliveries: &[Delivery]) -> Markup {
    Table::new(view, view.t("deliveries-title"), deliveries)
        .column(view.t("delivery-opened"), |row| view.time(row.opened_at))
        .column(view.t("delivery-state-label"), |row| badge(view, row.outcome.state()))
        .number(view.t("delivery-tries"), |row| html! { (row.tries) })
        .column(view.t("delivery-said"), |row| html! { (said(view, row)) })
        .empty(html! { p.muted { (view.t("deliveries-none-yet")) } })
        .render()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn list(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor, limit: None }.checked().map_err(Error::from)?;
    let mut tx = deliveries.app.db.read();
    let found = deliveries.list(&mut tx, &operator, asked.state.parse().ok(), page).await?;
    let names = deliveries.accounts.names(&mut tx, found.items.iter().map(|row| row.seller).collect()).await?;
    let mut numbers = BTreeMap::new();
    for row in &found.items {
        numbers.insert(row.order, deliveries.orders.find(&mut tx, row.order).await?.number);
    }
    let view = &visit.view;
    let title = view.t("deliveries-title");
    let mut states = vec![Choice::new("all", view.t("order-state-all"))];
    states.extend(
        State::ALL.iter().map(|state| Choice::new(state.as_str(), view.word("delivery-state", state.as_str()))),
    );
    let label = view.t("delivery-state-label");
    let filters =
        Field::select("state", &label, &states).value(&asked.state).required().render(view, &Mistakes::none());
    let table = Table::new(view, &title, &found.items)
        .column(view.t("delivery-order"), |row| {
            html! {
                a href={ "/operator/orders/" (row.order) } { (numbers.get(&row.order).map_or("", String::as_str)) }
            }
        })
        .column(view.t("order-seller"), |row| html! { (names.get(&row.seller).map_or("", String::as_str)) })
        .column(view.t("delivery-opened"), |row| view.time(row.opened_at))
        .column(view.t("delivery-state-label"), |row| badge(view, row.outcome.state()))
        .number(view.t("delivery-tries"), |row| html! { (row.tries) })
        .column(view.t("delivery-said"), |row| html! { (said(view, row)) })
        .filters(filters)
        .empty(ui::empty(&view.t("deliveries-none"), &view.t("deliveries-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("deliveries-lead")), &html! {}))
            (tabs(view, "deliveries"))
            (table)
        },
    ))
}

/// The lists that stand beside that of the orders.
pub(super) fn tabs(view: &View, present: &str) -> Markup {
    let tab = |label: &'static str, name: &str| (view.t(label), format!("/operator/{name}"), name == present);
    ui::tabs(
        &view.t("deliveries-title"),
        &[
            tab("orders-title", "orders"),
            tab("deliveries-title", "deliveries"),
            tab("errands-title-operator", "errands"),
            tab("differences-title", "differences"),
        ],
    )
}

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/operator/orders/{order}", show, Access::Operator)
        .page("/operator/deliveries", list, Access::Operator)
        .done()
}
