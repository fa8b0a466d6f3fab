//! All orders, for the operator.

use accounts::{Operator, Visit};
use axum::{extract::State, response::Response};
use kernel::id::AccountId;
use maud::html;
use platform::http::{Access, Problem, Query, Routes};
use ui::{Field, Mistakes, Page, Place, Table};

use super::{Asked, FILE, parts::order_badge, state_field};
use crate::{Orders, rules::StateName};

impl Asked {
    /// The account whose orders are wanted; all when it is no id.
    fn account(&self) -> Option<AccountId> {
        self.account.trim().parse().ok()
    }
}

async fn list(
    State(orders): State<Orders>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let mut tx = orders.app.db.read();
    let found = orders.list_all(&mut tx, &operator, (asked.account(), asked.state()), asked.page()?).await?;
    let both: Vec<_> = found.items.iter().flat_map(|row| [row.order.account, row.order.seller]).collect();
    let names = orders.names(&mut tx, &both).await?;
    let view = &visit.view;
    let title = view.t("orders-title");
    let name = |account: AccountId| names.get(&account).map_or("", String::as_str).to_owned();
    let account = view.t("order-account");
    let filters = html! {
        (state_field(view, StateName::ALL, &asked.state))
        (Field::text("account", &account).value(&asked.account).with("placeholder", "acc_…").render(view, &Mistakes::none()))
    };
    let table = Table::new(view, &title, &found.items)
        .column(view.t("order-number"), |row| {
            html! {
                a href={ "/operator/orders/" (row.order.id) } { (row.order.number) }
            }
        })
        .column(view.t("order-bought"), |row| html! { (view.of(&row.title)) })
        .column(view.t("order-buyer"), |row| {
            html! {
                a href={ "/operator/accounts/" (row.order.account) } { (name(row.order.account)) }
            }
        })
        .column(view.t("order-seller"), |row| {
            html! {
                a href={ "/operator/accounts/" (row.order.seller) } { (name(row.order.seller)) }
            }
        })
        .column(view.t("order-placed"), |row| view.time(row.order.placed_at))
        .column(view.t("order-state-label"), |row| order_badge(view, row.order.state.name()))
        .number(view.t("order-total"), |row| view.money(row.order.total))
        .filters(filters)
        .empty(ui::empty(&view.t("orders-none-such"), &view.t("orders-none-such-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .csv(format!(
            "/operator/orders.csv?state={}&account={}",
            ui::escaped(&asked.state),
            ui::escaped(&asked.account)
        ))
        .render();
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("orders-all-lead")), &html! {}))
            (ui::tabs(&title, &[
                (title.clone(), "/operator/orders".to_owned(), true),
                (view.t("deliveries-title"), "/operator/deliveries".to_owned(), false),
            ]))
            (table)
        },
    ))
}

async fn file(
    State(orders): State<Orders>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut tx = orders.app.db.read();
    let found = orders.list_all(&mut tx, &operator, (asked.account(), asked.state()), FILE).await?;
    let both: Vec<_> = found.items.iter().flat_map(|row| [row.order.account, row.order.seller]).collect();
    let names = orders.names(&mut tx, &both).await?;
    let view = &visit.view;
    let titles = [
        "order-number",
        "order-bought",
        "order-buyer",
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
                names.get(&order.account).cloned().unwrap_or_default(),
                names.get(&order.seller).cloned().unwrap_or_default(),
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
        .page("/operator/orders", list, Access::Operator)
        .page("/operator/orders.csv", file, Access::Operator)
        .done()
}
