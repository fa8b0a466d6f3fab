//! In what sellers' systems and the site differ: for the seller who mends it, and for the operator who watches.

use std::collections::BTreeMap;

use accounts::{Operator, Seller, Visit};
use axum::extract::State;
use kernel::{Error, Localized, PageQuery, id::OrderLineId};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use ui::{Page, Place, Table, Tone, View};

use crate::{
    Deliveries,
    rules::comparison::{Comparison, Differs},
};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/seller/production/differences", own, Access::Seller)
        .page("/operator/differences", all, Access::Operator)
        .done()
}

async fn own(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = deliveries.app.db.read();
    let found = deliveries.own_differences(&mut tx, &seller, page).await?;
    let lines: Vec<OrderLineId> = found.items.iter().map(|one| one.line).collect();
    let sold = deliveries.orders.titles(&mut tx, &lines).await?;
    let view = &visit.view;
    let title = view.t("differences-title");
    let table = table(view, &found.items, &sold)
        .column(view.t("differences-todo"), |one: &Comparison| {
            html! {
                @if let Some(differs) = &one.differs { (view.of(&differs.what.for_seller())) }
            }
        })
        .next(found.next_cursor.as_deref());
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("differences-lead")), &html! {}))
            (production::tabs(view, "differences"))
            (table.render())
        },
    ))
}

async fn all(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = deliveries.app.db.read();
    let found = deliveries.all_differences(&mut tx, &operator, page).await?;
    let lines: Vec<OrderLineId> = found.items.iter().map(|one| one.line).collect();
    let sold = deliveries.orders.titles(&mut tx, &lines).await?;
    let names = deliveries.accounts.names(&mut tx, found.items.iter().map(|one| one.seller).collect()).await?;
    let view = &visit.view;
    let title = view.t("differences-title");
    let table = table(view, &found.items, &sold)
        .column(view.t("order-seller"), |one: &Comparison| {
            html! {
                a href={ "/operator/accounts/" (one.seller) } { (names.get(&one.seller).map_or("", String::as_str)) }
            }
        })
        .next(found.next_cursor.as_deref());
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("differences-lead-operator")), &html! {}))
            (super::operator::tabs(view, "differences"))
            (table.render())
        },
    ))
}

fn table<'a>(
    view: &'a View,
    differing: &'a [Comparison],
    sold: &'a BTreeMap<OrderLineId, Localized>,
) -> Table<'a, Comparison> {
    Table::new(view, view.t("differences-title"), differing)
        .column(view.t("differences-what"), |one: &Comparison| {
            html! {
                @if let Some(differs) = &one.differs { (standing(view, differs)) }
            }
        })
        .column(view.t("differences-instance"), |one| {
            html! {
                (sold.get(&one.line).map_or("", |title| view.of(title)))
                p.small.muted { (ui::copyable(view, &one.remote)) }
            }
        })
        .column(view.t("differences-since"), |one| {
            html! {
                @if let Some(differs) = &one.differs { (view.time(differs.since)) }
            }
        })
        .column(view.t("differences-asked"), |one| html! { @if let Some(at) = one.compared_at { (view.time(at)) } })
        .empty(ui::empty(&view.t("differences-none"), &view.t("differences-none-text"), &html! {}))
}

/// What differs, and who mends it.
fn standing(view: &View, differs: &Differs) -> Markup {
    let (tone, follows) = match (differs.by_hand_since, differs.told_at) {
        (Some(_), _) => (Tone::Bad, "differences-by-hand"),
        (None, Some(_)) => (Tone::Warn, "differences-told-again"),
        (None, None) => (Tone::Warn, "differences-found-once"),
    };
    html! {
        (ui::badge(tone, &view.word("difference", differs.what.as_str())))
        p.small.muted { (view.t(follows)) }
    }
}
