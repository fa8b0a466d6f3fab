//! What a seller has sold, and to whom.

use accounts::{Seller, Visit};
use axum::{extract::State as Handled, response::Response};
use kernel::{Error, Localized, PageQuery, id::OrderId};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::AccessType;
use ui::{Page, Place, Sheet, Table, View};

use super::parts;
use crate::{
    Orders,
    rules::{Customer, Line, LineState, Order, State},
};

async fn show(
    Handled(orders): Handled<Orders>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<OrderId>,
) -> Result<Page, Problem> {
    let mut tx = orders.app.db.read();
    let (order, lines) = orders.view_sold(&mut tx, &seller, id).await?;
    let buyer = orders.accounts.find(&mut tx, order.account).await?.name;
    let mut bought = Vec::new();
    for line in &lines {
        let amounts = orders.catalogue.amounts(&mut tx, line.product, &line.content.choice.quantities).await?;
        bought.push((line, amounts));
    }
    let view = &visit.view;
    let title = view.ta("order-title", &[("number", order.number.as_str().into())]);
    let facts = [
        (view.t("order-state-label"), parts::order_badge(view, order.state.name())),
        (view.t("order-buyer"), html! { (buyer) }),
        (view.t("order-total"), view.money(order.total)),
        (view.t("order-id"), ui::copyable(view, &order.id.to_string())),
    ];
    Ok(ui::page(
        view,
        Place::Seller("orders"),
        &title,
        &html! {
            p { a href="/seller/orders" { "← " (view.t("sales-title")) } }
            (ui::header(&title, None, &parts::kind_badge(view, order.kind)))
            div.with-aside {
                div.stack { (parts::order_lines(view, &lines)) }
                aside.stack {
                    (ui::card(None, &ui::facts(&facts)))
                    @for (line, amounts) in &bought { (sold_line(view, (&order, line), amounts)) }
                    (ui::card(Some(&view.t("order-history")), &ui::moments(view, &parts::order_moments(view, &order))))
                    (parts::order_terms(view, &lines))
                    p.small.muted { (view.t("sales-escrow")) }
                }
            }
        },
    ))
}

/// What the buyer has: how many of what, for how long, and the licence that came of it.
fn sold_line(view: &View, (order, line): (&Order, &Line), amounts: &[Localized]) -> Markup {
    let delivered = line.content.is_delivered()
        && match line.state {
            LineState::Delivered => true,
            // What could not be delivered was paid back without a licence.
            LineState::Refunded => {
                matches!(order.state, State::Refunded { completed_at: Some(_), .. } | State::Completed { .. })
            }
            LineState::Placed | LineState::Paid | LineState::Cancelled => false,
        };
    let has_licence = delivered && line.content.access_type == AccessType::License && line.content.kind().is_sale();
    ui::card(
        Some(&view.t("order-sold-line")),
        &html! {
            ul.plain {
                @for amount in amounts { li { strong { (view.of(amount)) } } }
                li { (parts::line_term(view, &line.content)) }
            }
            @if has_licence { p { a href={ "/seller/licences/lines/" (line.id) } { (view.t("order-licence")) } } }
        },
    )
}

async fn customers(
    Handled(orders): Handled<Orders>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let mut tx = orders.app.db.read();
    let found = orders.customers(&mut tx, &seller, page.checked().map_err(Error::from)?).await?;
    let names = orders.accounts.names(&mut tx, found.items.iter().map(|row| row.account).collect()).await?;
    let view = &visit.view;
    let title = view.t("clients-title");
    let go = ui::button_link("/seller/products", &view.t("sales-none-go"), true);
    let table = Table::new(view, &title, &found.items)
        .column(view.t("clients-name"), |row| html! { (names.get(&row.account).map_or("", String::as_str)) })
        .number(view.t("clients-orders"), |row| html! { (view.count(row.orders)) })
        .number(view.t("clients-kept"), |row| view.money(row.kept))
        .column(view.t("clients-last"), |row| {
            html! {
                a href={ "/seller/orders/" (row.last_order) } { (row.last_number) }
            }
        })
        .column(view.t("order-placed"), |row| view.time(row.last_at))
        .empty(ui::empty(&view.t("clients-none"), &view.t("clients-none-text"), &go))
        .next(found.next_cursor.as_deref())
        .csv("/seller/customers.csv")
        .render();
    Ok(ui::page(
        view,
        Place::Seller("customers"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("clients-lead")), &html! {}))
            (table)
        },
    ))
}

async fn customers_file(Handled(orders): Handled<Orders>, visit: Visit, seller: Seller) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut orders.app.db.read());
    let titles = [
        "clients-account",
        "clients-name",
        "clients-orders",
        "clients-kept",
        "order-currency",
        "clients-last",
        "order-placed",
    ];
    let mut sheet = Sheet::new(view, &titles);
    while let Some(page) = sheet.wants() {
        let found = orders.customers(tx, &seller, page).await?;
        let names = orders.accounts.names(tx, found.items.iter().map(|row| row.account).collect()).await?;
        let cells = |row: &Customer| {
            vec![
                row.account.to_string(),
                names.get(&row.account).cloned().unwrap_or_default(),
                row.orders.to_string(),
                ui::plain_amount(row.kept),
                row.kept.currency().to_string(),
                row.last_number.clone(),
                row.last_at.to_string(),
            ]
        };
        sheet.add(found.next_cursor, found.items.iter().map(cells));
    }
    Ok(sheet.download("customers"))
}

pub(super) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone())
        .page("/seller/orders/{order}", show, Access::Seller)
        .page("/seller/customers", customers, Access::Seller)
        .page("/seller/customers.csv", customers_file, Access::Seller)
        .done()
}
