//! Refunds, for the buyer who got the money, the seller whose sale it was, and the operator.

use std::collections::BTreeMap;

use accounts::{Buyer, Operator, Seller, Visit};
use axum::{
    extract::State as Handled,
    response::{Redirect, Response},
};
use kernel::{
    Error, Localized, PageQuery, Result,
    id::{AccountId, OrderLineId, RefundId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, PathParam, Problem, Query, Routes},
};
use ui::{Page, Place, Sheet, Table, View};

use crate::{Refunds, rules::Refund};

/// What the rows of a list are about: the titles of what was bought, and who bought it.
struct About {
    titles: BTreeMap<OrderLineId, Localized>,
    names: BTreeMap<AccountId, String>,
}

impl Refunds {
    async fn about(&self, tx: &mut Tx, refunds: &[Refund]) -> Result<About> {
        let lines: Vec<OrderLineId> = refunds.iter().map(|refund| refund.line).collect();
        let parties = refunds.iter().flat_map(|refund| [refund.account, refund.seller]).collect();
        Ok(About { titles: self.orders.titles(tx, &lines).await?, names: self.accounts.names(tx, parties).await? })
    }
}

impl About {
    fn title<'a>(&'a self, view: &View, refund: &Refund) -> &'a str {
        self.titles.get(&refund.line).map_or("", |title| view.of(title))
    }

    fn name(&self, account: AccountId) -> &str {
        self.names.get(&account).map_or("", String::as_str)
    }
}

/// The columns that everybody sees; `orders` is where the reader's orders are.
fn table<'a>(view: &'a View, about: &'a About, rows: &'a [Refund], orders: &'static str) -> Table<'a, Refund> {
    Table::new(view, view.t("refunds-title"), rows)
        .column(view.t("refund-paid"), |row| view.time(row.paid_at))
        .column(view.t("refund-bought"), move |row| {
            html! {
                a href={ (orders) "/" (row.order) } { (about.title(view, row)) }
            }
        })
        .column(view.t("refund-cause"), |row| cause(view, row))
        .number(view.t("refund-amount"), |row| view.money(row.amount))
}

fn cause(view: &View, refund: &Refund) -> Markup {
    html! {
        div {
            (view.word("refund-cause", refund.cause.as_str()))
            @if !refund.reason.is_empty() { div.small.muted { (refund.reason) } }
        }
    }
}

fn nothing(view: &View) -> Markup {
    ui::empty(&view.t("refunds-none"), &view.t("refunds-none-text"), &html! {})
}

/// Orders and refunds stand beside each other.
fn tabs(view: &View, orders: &str, refunds: &str) -> Markup {
    ui::tabs(
        &view.t("refunds-title"),
        &[(view.t("orders-title"), orders.to_owned(), false), (view.t("refunds-title"), refunds.to_owned(), true)],
    )
}

async fn own(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let mut tx = refunds.app.db.read();
    let found = refunds.list(&mut tx, &buyer, page.checked().map_err(Error::from)?).await?;
    let about = refunds.about(&mut tx, &found.items).await?;
    let view = &visit.view;
    let title = view.t("refunds-title");
    let table = table(view, &about, &found.items, "/console/orders");
    Ok(ui::page(
        view,
        Place::Console("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("refunds-own-lead")), &html! {}))
            (tabs(view, "/console/orders", "/console/refunds"))
            (table.empty(nothing(view)).next(found.next_cursor.as_deref()).render())
        },
    ))
}

/// A refund by its own number, as the wallet knows it: its order has the page.
async fn of_order(
    Handled(refunds): Handled<Refunds>,
    buyer: Buyer,
    PathParam(id): PathParam<RefundId>,
) -> Result<Redirect, Problem> {
    let refund = refunds.view(&mut refunds.app.db.read(), &buyer, id).await?;
    Ok(Redirect::to(&format!("/console/orders/{}", refund.order)))
}

async fn sold(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let mut tx = refunds.app.db.read();
    let found = refunds.list_sold(&mut tx, &seller, page.checked().map_err(Error::from)?).await?;
    let about = refunds.about(&mut tx, &found.items).await?;
    let view = &visit.view;
    let title = view.t("refunds-title");
    let table = table(view, &about, &found.items, "/seller/orders")
        .column(view.t("refund-buyer"), |row| html! { (about.name(row.account)) });
    Ok(ui::page(
        view,
        Place::Seller("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("refunds-sold-lead")), &html! {}))
            (tabs(view, "/seller/orders", "/seller/refunds"))
            (table.empty(nothing(view)).next(found.next_cursor.as_deref()).render())
        },
    ))
}

async fn all(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let mut tx = refunds.app.db.read();
    let found = refunds.list_all(&mut tx, &operator, page.checked().map_err(Error::from)?).await?;
    let about = refunds.about(&mut tx, &found.items).await?;
    let view = &visit.view;
    let title = view.t("refunds-title");
    let party = |account: AccountId| html! { a href={ "/operator/accounts/" (account) } { (about.name(account)) } };
    let table = table(view, &about, &found.items, "/operator/orders")
        .column(view.t("refund-buyer"), |row| party(row.account))
        .column(view.t("refund-seller"), |row| party(row.seller));
    Ok(ui::page(
        view,
        Place::Operator("refunds"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("refunds-all-lead")), &html! {}))
            (table.empty(nothing(view)).next(found.next_cursor.as_deref()).csv("/operator/refunds.csv").render())
        },
    ))
}

async fn file(Handled(refunds): Handled<Refunds>, visit: Visit, operator: Operator) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut refunds.app.db.read());
    let titles = [
        "refund-paid",
        "refund-bought",
        "refund-buyer",
        "refund-seller",
        "refund-cause",
        "refund-reason",
        "refund-amount",
        "refund-currency",
    ];
    let mut sheet = Sheet::new(view, &titles);
    while let Some(page) = sheet.wants() {
        let found = refunds.list_all(tx, &operator, page).await?;
        let about = refunds.about(tx, &found.items).await?;
        let cells = |row: &Refund| {
            vec![
                row.paid_at.to_string(),
                about.title(view, row).to_owned(),
                about.name(row.account).to_owned(),
                about.name(row.seller).to_owned(),
                view.word("refund-cause", row.cause.as_str()),
                row.reason.clone(),
                ui::plain_amount(row.amount),
                row.amount.currency().to_string(),
            ]
        };
        sheet.add(found.next_cursor, found.items.iter().map(cells));
    }
    Ok(sheet.download("refunds"))
}

pub(super) fn routes(refunds: &Refunds) -> Routes {
    Routes::of(refunds.clone())
        .page("/console/refunds", own, Access::Buyer)
        .page("/console/refunds/{refund}", of_order, Access::Buyer)
        .page("/seller/refunds", sold, Access::Seller)
        .page("/operator/refunds", all, Access::Operator)
        .page("/operator/refunds.csv", file, Access::Operator)
        .done()
}
