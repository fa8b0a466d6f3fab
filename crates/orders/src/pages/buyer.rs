//! The buyer's orders.

use accounts::{Buyer, Visit};
use axum::{extract::State, response::Response};
use maud::html;
use platform::http::{Access, Problem, Query, Routes};
use ui::{Page, Place, Table};

use super::{Asked, FILE, parts::order_badge, state_field};
use crate::{Orders, rules::StateName};

async fn list(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let mut tx = orders.app.db.read();
    let found = orders.list(&mut tx, &buyer, asked.state(), asked.page()?).await?;
    let sellers = orders.names(&mut tx, &found.items.iter().map(|row| row.order.seller).collect::<Vec<_>>()).await?;
    let view = &visit.view;
    let title = view.t("orders-title");
    let none = if asked.state().is_none() {
        ui::empty(
            &view.t("orders-none"),
            &view.t("orders-none-text"),
            &ui::button_link("/", &view.t("orders-none-go"), true),
        )
    } else {
        ui::empty(&view.t("orders-none-such"), &view.t("orders-none-such-text"), &html! {})
    };
    let table = Table::new(view, &title, &found.items)
        .column(view.t("order-number"), |row| {
            html! {
                a href={ "/console/orders/" (row.order.id) } { (row.order.number) }
            }
        })
        .column(view.t("order-bought"), |row| html! { (view.of(&row.title)) })
        .column(view.t("order-seller"), |row| html! { (sellers.get(&row.order.seller).map_or("", String::as_str)) })
        .column(view.t("order-placed"), |row| view.time(row.order.placed_at))
        .column(view.t("order-state-label"), |row| order_badge(view, row.order.state.name()))
        .number(view.t("order-total"), |row| view.money(row.order.total))
        .filters(state_field(view, StateName::ALL, &asked.state))
        .empty(none)
        .next(found.next_cursor.as_deref())
        .csv(asked.file("/console/orders.csv"))
        .render();
    Ok(ui::page(
        view,
        Place::Console("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("orders-lead")), &html! {}))
            (ui::tabs(&title, &[
                (title.clone(), "/console/orders".to_owned(), true),
                (view.t("refunds-title"), "/console/refunds".to_owned(), false),
            ]))
            (table)
        },
    ))
}

async fn file(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = orders.app.db.read();
    let found = orders.list(&mut tx, &buyer, asked.state(), FILE).await?;
    let sellers = orders.names(&mut tx, &found.items.iter().map(|row| row.order.seller).collect::<Vec<_>>()).await?;
    let view = &visit.view;
    let titles = [
        "order-number",
        "order-bought",
        "order-seller",
        "order-placed",
        "order-state-label",
        "order-total",
        "order-currency",
    ];
    let rows: Vec<Vec<String>> = found
        .items
        .iter()
        .map(|row| {
            let order = &row.order;
            vec![
                order.number.clone(),
                view.of(&row.title).to_owned(),
                sellers.get(&order.seller).cloned().unwrap_or_default(),
                order.placed_at.to_string(),
                view.word("order-state", order.state.name().as_str()),
                ui::plain_amount(order.total),
                order.total.currency().to_string(),
            ]
        })
        .collect();
    Ok(ui::csv("orders", &titles.map(|key| view.t(key)), &rows))
}

pub(super) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone())
        .page("/console/orders", list, Access::Buyer)
        .page("/console/orders.csv", file, Access::Buyer)
        .done()
}
