//! Who has the coupons of a batch, and its printed codes as a file.

use accounts::{Operator, Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Error, PageQuery, id::CouponBatchId};
use maud::html;
use platform::http::{Access, PathParam, Problem, Query, Routes};
use ui::{Page, Table};

use super::{base, coupon_badge, place};
use crate::{Offers, actions::Giver};

async fn list<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let giver = giver.into();
    let (view, now) = (&visit.view, offers.app.clock.now());
    let mut tx = offers.app.db.read();
    let batch = offers.batch(&mut tx, &giver, id).await?;
    let found = offers.coupons_of(&mut tx, &giver, id, page.checked().map_err(Error::from)?).await?;
    let title = view.t("coupons-list");
    let table = Table::new(view, &title, &found.items)
        .column(
            view.t("coupon-holder"),
            |(_, name)| html! { @if name.is_empty() { span.muted { (view.t("coupon-nobody")) } } @else { (name) } },
        )
        .column(view.t("coupon-state"), |(coupon, _)| coupon_badge(view, (coupon.state, &batch), now))
        .column(view.t("coupon-made"), |(coupon, _)| view.time(coupon.made_at))
        .column(view.t("coupon-used-at"), |(coupon, _)| html! { @if let Some(at) = coupon.used_at { (view.time(at)) } })
        .column(
            view.t("coupon-order"),
            |(coupon, _)| html! { @if let Some(order) = coupon.order { code.small { (order) } } },
        )
        .empty(ui::empty(&view.t("coupons-list-none"), &view.t("coupons-list-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        place(&giver),
        &title,
        &html! {
            p { a href={ (base(&giver)) "/" (id) } { "← " (view.of(&batch.terms.name)) } }
            (ui::header(&title, Some(view.of(&batch.terms.name)), &html! {}))
            (table)
        },
    ))
}

async fn codes<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    PathParam(id): PathParam<CouponBatchId>,
) -> Result<Response, Problem> {
    let found = offers.codes(&mut offers.app.db.read(), &giver.into(), id).await?;
    let view = &visit.view;
    let titles = ["coupon-code", "coupon-state", "coupon-made"].map(|key| view.t(key));
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|(code, state, made_at)| vec![code, view.word("coupon-state", state.as_str()), made_at.to_string()])
        .collect();
    Ok(ui::csv_file("coupon-codes", &titles, &rows))
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page("/seller/coupons/{coupon_batch}/list", list::<Seller>, Access::Seller)
        .page("/seller/coupons/{coupon_batch}/codes.csv", codes::<Seller>, Access::Seller)
        .page("/operator/coupons/{coupon_batch}/list", list::<Operator>, Access::Operator)
        .page("/operator/coupons/{coupon_batch}/codes.csv", codes::<Operator>, Access::Operator)
        .done()
}
