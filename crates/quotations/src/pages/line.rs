//! The lines of an offer on the seller's desk, and the form that adds one: the SKU first, then how many, for how long and
//! for how much.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::Offer;
use kernel::{
    Error, Invalid,
    id::{PrivateOfferId, SkuId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use pricing::{Billing, PeriodUnit, TaxPresentation};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, View};

use super::{
    desk::{HERE, PLACE, answered, change},
    parts::line_card,
    typed::Typed,
};
use crate::{PrivateOffers, actions::Priced, rules::WantedLine};

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    sku: String,
}

async fn fresh(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&private_offers, &visit.view, (&seller, id), (&asked.sku, &Typed::default(), &Mistakes::none())).await
}

async fn add(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let done = once.run(&private_offers.app, async |tx| {
        seller.may(Permission::RunShop)?;
        let unknown = ("is not one that you have on sale", "不是您的在售商品");
        let sku: SkuId = typed.text("sku").parse().map_err(|_| Invalid::one("sku", unknown))?;
        let own = private_offers.own(tx, &seller, id).await?;
        let offer = private_offers.sold(tx, &own, sku).await?;
        let mut wrong = Invalid::default();
        let choice = typed.choice(&mut wrong);
        let price = typed.price(&mut wrong, offer.plan.currency);
        wrong.done()?;
        change(&private_offers, tx, (&seller, id), |draft| {
            draft.lines.push(WantedLine { sku, choice, price });
            Ok(())
        })
        .await
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let asked = (typed.text("sku"), &typed, &mistakes);
            Ok(page(&private_offers, &visit.view, (&seller, id), asked).await?.refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
struct Removed {
    #[serde(default)]
    line: String,
}

async fn remove(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(Removed { line }): Form<Removed>,
) -> Result<Response, Problem> {
    let done = once.run(&private_offers.app, async |tx| {
        change(&private_offers, tx, (&seller, id), |draft| {
            if let Some(index) = line.parse().ok().filter(|index: &usize| *index < draft.lines.len()) {
                draft.lines.remove(index);
            }
            Ok(())
        })
        .await
    });
    let done: Result<Answer, Problem> = done.await;
    answered(&private_offers, &visit.view, (&seller, id), (done, None)).await
}

async fn page(
    private_offers: &PrivateOffers,
    view: &View,
    (seller, id): (&Seller, PrivateOfferId),
    (sku, typed, mistakes): (&str, &Typed, &Mistakes),
) -> Result<Page, Problem> {
    seller.may(Permission::RunShop).map_err(Error::from)?;
    let mut tx = private_offers.app.db.read();
    let draft = private_offers.own(&mut tx, seller, id).await?.draft;
    let sold = private_offers.catalogue.offers_of(&mut tx, seller.account()).await?;
    let chosen = sold.iter().find(|offer| offer.sku.to_string() == sku);
    let here = format!("{HERE}/{id}");
    let title = view.t("offer-line-add");
    let body = html! {
        p { a href=(here) { "← " (draft.name) } }
        (ui::header(&title, Some(&view.t("offer-line-lead")), &html! {}))
        (mistakes.summary(view))
        @match chosen {
            None => (sku_card(view, &here, &sold.iter().map(|offer| (offer.sku.to_string(), view.of(&offer.title()).to_owned())).collect::<Vec<_>>())),
            Some(offer) => (line_form(view, &here, offer, (typed, mistakes))),
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

/// The first step: what is offered.
fn sku_card(view: &View, here: &str, skus: &[(String, String)]) -> Markup {
    let choices: Vec<Choice> = skus.iter().map(|(sku, name)| Choice::new(sku, name)).collect();
    html! {
        section.card {
            @if choices.is_empty() { p.muted { (view.t("offer-line-nothing")) } } @else {
                form.stack method="get" action={ (here) "/lines/new" } {
                    (Field::select("sku", &view.t("offer-line-sku"), &choices).required().render(view, &Mistakes::none()))
                    div.row { button.button type="submit" { (view.t("offer-line-next")) } }
                }
            }
        }
    }
}

/// The second step: how many, for how long, for how much.
fn line_form(view: &View, here: &str, offer: &Offer, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let kinds = ["list", "percent", "total"].map(|kind| Choice::new(kind, view.word("offer-price", kind)));
    let kind = if typed.text("kind").is_empty() { "percent" } else { typed.text("kind") };
    let amount = view.ta("offer-price-amount", &[("currency", offer.plan.currency.code().into())]);
    let form = html! {
        input type="hidden" name="sku" value=(offer.sku);
        (ui::card(Some(view.of(&offer.title())), &html! {
            @for quantity in &offer.plan.quantities {
                @let name = format!("q.{}", quantity.code);
                @let hint = view.ta("offer-quantity-hint", &[("min", quantity.min.to_string().into()), ("max", quantity.max.to_string().into()), ("step", quantity.step.to_string().into())]);
                @let present = if typed.text(&name).is_empty() { quantity.min.to_string() } else { typed.text(&name).to_owned() };
                (Field::input("number", &name, view.of(&quantity.unit)).value(&present).hint(hint).required().with("min", quantity.min.to_string()).with("max", quantity.max.to_string()).with("step", quantity.step.to_string()).render(view, mistakes))
            }
            (term_fields(view, &offer.plan.billing, typed, mistakes))
        }))
        (ui::card(Some(&view.t("offer-price")), &html! {
            div.coupon-kinds.stack {
                (ui::choice_cards(&view.t("offer-price"), "kind", &kinds, kind, mistakes))
                div data-kind="percent" { (Field::text("price.basis_points", &view.t("offer-price-off")).value(typed.text("price.basis_points")).wanted().with("inputmode", "decimal").render(view, mistakes)) }
                div data-kind="total" { (Field::text("price.amount", &amount).value(typed.text("price.amount")).hint(match offer.tax { TaxPresentation::Inclusive => view.t("offer-price-amount-hint"), TaxPresentation::Exclusive => view.t("offer-price-amount-net") }).wanted().with("inputmode", "decimal").render(view, mistakes)) }
            }
        }))
        div.row {
            button.button.primary type="submit" { (view.t("offer-line-add-do")) }
            a.button.quiet href=(here) { (view.t("ui-cancel")) }
        }
    };
    ui::form(view, &format!("{here}/lines/new"), &form)
}

fn term_fields(view: &View, billing: &Billing, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let units: Vec<PeriodUnit> = match billing {
        Billing::Period { day, month, year, .. } => [
            day.as_ref().map(|_| PeriodUnit::Day),
            month.as_ref().map(|_| PeriodUnit::Month),
            year.as_ref().map(|_| PeriodUnit::Year),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Billing::OneOff { .. } | Billing::OnDemand(_) | Billing::Package(_) => Vec::new(),
    };
    let choices: Vec<Choice> =
        units.iter().map(|unit| Choice::new(unit.as_str(), view.word("offer-unit", unit.as_str()))).collect();
    let periods = if typed.text("periods").is_empty() { "12" } else { typed.text("periods") };
    let present = if typed.text("period_unit").is_empty() { "month" } else { typed.text("period_unit") };
    html! {
        @if !units.is_empty() {
            div.columns {
                (Field::input("number", "periods", &view.t("offer-periods")).value(periods).required().with("min", "1").render(view, mistakes))
                (Field::select("period_unit", &view.t("offer-period-unit"), &choices).value(present).required().render(view, mistakes))
            }
        }
    }
}

/// The lines of the draft with what they come to, and the way to another one.
pub(super) fn draft_lines(
    view: &View,
    (here, priced): (&str, Option<&Priced>),
    (drafted, skus): (&[WantedLine], &[(String, String)]),
) -> Markup {
    html! {
        @match priced {
            Some(priced) => {
                @for (index, line) in priced.lines.iter().enumerate() {
                    @let page = format!("/seller/products/{}", line.agreed.product);
                    (line_card(view, (line, Some(&page)), &remove_form(view, here, (index, view.of(&line.agreed.content.title)))))
                }
            },
            None => {
                @for (index, line) in drafted.iter().enumerate() {
                    @let sku = line.sku.to_string();
                    @let name = skus.iter().find(|(known, _)| *known == sku).map_or(sku.as_str(), |(_, name)| name);
                    section.card { div.spread { h2 { (name) } (remove_form(view, here, (index, name))) } }
                }
            },
        }
        section.card {
            h2 { (view.t("offer-line-add")) }
            @if skus.is_empty() { p.muted { (view.t("offer-line-nothing")) } } @else {
                p { a.button href={ (here) "/lines/new" } { (view.t("offer-line-choose")) } }
            }
        }
    }
}

fn remove_form(view: &View, here: &str, (index, name): (usize, &str)) -> Markup {
    ui::form(
        view,
        &format!("{here}/lines/remove"),
        &html! {
            button.button.quiet name="line" value=(index) type="submit" { (view.t("offer-remove")) span.unseen { " " (name) } }
        },
    )
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .page("/seller/private-offers/{private_offer}/lines/new", fresh, Access::Seller)
        .form("/seller/private-offers/{private_offer}/lines/new", add, Access::Seller)
        .form("/seller/private-offers/{private_offer}/lines/remove", remove, Access::Seller)
        .done()
}
