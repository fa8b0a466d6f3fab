//! The offers that a seller has made, and those that a buyer has got.

use accounts::{Buyer, Permission, Seller, Visit};
use axum::extract::State;
use kernel::{Error, Page as PageOfRows, PageQuery, Result as Done};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::parts::{badge, total};
use crate::{
    PrivateOffers,
    rules::{Listed, PrivateOfferState},
};

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

impl Asked {
    fn page(&self) -> Done<kernel::page::PageOf> {
        PageQuery { cursor: self.cursor.clone(), limit: None }.checked().map_err(Error::from)
    }
}

async fn made(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let mut tx = private_offers.app.db.read();
    let found = private_offers.offers_of(&mut tx, &seller, asked.state.parse().ok(), asked.page()?).await?;
    let title = view.t("offers-title");
    let open = html! {
        @if seller.may(Permission::RunShop).is_ok() { (ui::button_link("/seller/private-offers/new", &view.t("offers-new"), true)) }
    };
    let empty = ui::empty(&view.t("offers-made-none"), &view.t("offers-made-none-text"), &open);
    let table =
        table(view, (&found, &asked), (PrivateOfferState::ALL, "/seller/private-offers", view.t("offer-buyer")), empty);
    let body = html! { (ui::header(&title, Some(&view.t("offers-made-lead")), &open)) (table) };
    Ok(ui::page(view, Place::Seller("private-offers"), &title, &body))
}

async fn got(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let mut tx = private_offers.app.db.read();
    let found = private_offers.offers_for(&mut tx, &buyer, asked.state.parse().ok(), asked.page()?).await?;
    let title = view.t("offers-title");
    let empty = ui::empty(&view.t("offers-got-none"), &view.t("offers-got-none-text"), &html! {});
    let states = &PrivateOfferState::ALL[1..];
    let table = table(view, (&found, &asked), (states, "/console/private-offers", view.t("offer-seller")), empty);
    let body = html! { (ui::header(&title, Some(&view.t("offers-got-lead")), &html! {})) (table) };
    Ok(ui::page(view, Place::Console("private-offers"), &title, &body))
}

fn table(
    view: &View,
    (found, asked): (&PageOfRows<(Listed, String)>, &Asked),
    (states, base, other): (&[PrivateOfferState], &str, String),
    empty: Markup,
) -> Markup {
    let mut choices = vec![Choice::new("all", view.t("offer-state-all"))];
    choices.extend(states.iter().map(|state| Choice::new(state.as_str(), view.word("offer-state", state.as_str()))));
    let label = view.t("offer-state");
    let filter = Field::select("state", &label, &choices).value(&asked.state).required();
    Table::new(view, view.t("offers-title"), &found.items)
        .column(view.t("offer-name"), move |(offer, _)| html! { a href={ (base) "/" (offer.id) } { (offer.name) } })
        .column(other, |(_, name)| html! { (name) })
        .number(view.t("order-total"), |(offer, _)| {
            html! { @if let Some(price) = offer.price { (total(view, price)) } @else { "—" } }
        })
        .column(view.t("offer-until"), |(offer, _)| view.time(offer.valid_until))
        .column(view.t("offer-state"), |(offer, _)| badge(view, offer.state))
        .filters(filter.render(view, &Mistakes::none()))
        .empty(empty)
        .next(found.next_cursor.as_deref())
        .render()
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .page("/seller/private-offers", made, Access::Seller)
        .page("/console/private-offers", got, Access::Buyer)
        .done()
}
