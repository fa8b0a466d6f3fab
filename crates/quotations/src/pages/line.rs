//! The lines of an offer on the seller's desk, and the form that adds one: the product first, then which of its SKUs, then
//! how many, for how long and for how much.

use std::sync::Arc;

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::{Offer, Sold};
use kernel::{
    Error, Invalid, Page as Rows, PageQuery, Result as Done, Thing,
    id::{PrivateOfferId, SkuId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use pricing::{Billing, PeriodUnit, TaxPresentation};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Table, View};

use super::{
    desk::{HERE, PLACE, act},
    parts::line_card,
    typed::Typed,
};
use crate::{
    PrivateOffers,
    actions::{Priced, off_line},
    rules::{Draft, WantedLine},
};

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    product: String,
    #[serde(default)]
    sku: String,
    cursor: Option<String>,
}

async fn fresh(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&private_offers, &visit.view, (&seller, id), (&asked, &Typed::default(), Mistakes::none())).await
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
        let mut number = 0;
        let add = |draft: &mut Draft| {
            draft.lines.push(WantedLine { sku, choice, price });
            number = draft.lines.len();
            Ok(())
        };
        let added = private_offers.write(tx, (&seller, id), add).await;
        added.map_err(|error| off_line(error, number))?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=saved")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let asked = Asked { sku: typed.text("sku").to_owned(), ..Asked::default() };
            let page = page(&private_offers, &visit.view, (&seller, id), (&asked, &typed, mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
struct Removed {
    #[serde(default)]
    line: String,
    /// What is sold there, so that no other line is meant that has moved to its place.
    #[serde(default)]
    sku: String,
}

async fn remove(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(Removed { line, sku }): Form<Removed>,
) -> Result<Response, Problem> {
    let remove = async |tx: &mut Tx| {
        let out = |draft: &mut Draft| {
            let moved = ("have changed since you looked; look again", "在您查看之后有变化，请核对后再操作");
            let index: Option<usize> = line.parse().ok();
            let there = index.filter(|index| draft.lines.get(*index).is_some_and(|line| line.sku.to_string() == sku));
            draft.lines.remove(there.ok_or_else(|| Invalid::one("lines", moved))?);
            Ok(())
        };
        private_offers.take_out(tx, (&seller, id), out).await
    };
    act(&private_offers, (&visit.view, &seller, id), once, ("saved", &Typed::default()), remove).await
}

/// What the page shows: the seller's products, what is sold of one of them, or the form for what was chosen.
enum Step {
    Products(Rows<Sold>),
    Skus(Vec<Arc<Offer>>),
    Form(Arc<Offer>),
}

impl PrivateOffers {
    async fn step(&self, tx: &mut Tx, (seller, offer): (&Seller, &crate::rules::Offer), asked: &Asked) -> Done<Step> {
        if let Ok(sku) = asked.sku.parse() {
            return self.sold(tx, offer, sku).await.map(Step::Form);
        }
        if let Ok(product) = asked.product.parse() {
            let sold = self.catalogue.offers_of(tx, seller.account(), product).await?;
            return if sold.is_empty() { Err(Error::NotFound(Thing::Product)) } else { Ok(Step::Skus(sold)) };
        }
        let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked()?;
        self.catalogue.sold_page(tx, seller.account(), page).await.map(Step::Products)
    }
}

async fn page(
    private_offers: &PrivateOffers,
    view: &View,
    (seller, id): (&Seller, PrivateOfferId),
    (asked, typed, mistakes): (&Asked, &Typed, Mistakes),
) -> Result<Page, Problem> {
    seller.may(Permission::RunShop).map_err(Error::from)?;
    let mut tx = private_offers.app.db.read();
    let offer = private_offers.own(&mut tx, seller, id).await?;
    let (step, mistakes) = match private_offers.step(&mut tx, (seller, &offer), asked).await {
        Ok(step) => (step, mistakes),
        // What was chosen is not to be had: the products again, with the reason.
        Err(error) => {
            let mistakes = view.retry(error.into())?;
            (private_offers.step(&mut tx, (seller, &offer), &Asked::default()).await?, mistakes)
        }
    };
    let here = format!("{HERE}/{id}");
    let title = view.t("offer-line-add");
    let body = html! {
        p { a href=(here) { "← " (offer.draft.name) } }
        (ui::header(&title, Some(&view.t("offer-line-lead")), &html! {}))
        (mistakes.summary(view))
        @match &step {
            Step::Products(found) => (products_card(view, &here, found)),
            Step::Skus(sold) => (sku_card(view, &here, sold)),
            Step::Form(offer) => (line_form(view, &here, offer, (typed, &mistakes))),
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

/// The first step: of which product.
fn products_card(view: &View, here: &str, found: &Rows<Sold>) -> Markup {
    let empty = ui::empty(&view.t("offer-line-nothing"), &view.t("offer-line-nothing-text"), &html! {});
    Table::new(view, view.t("offer-line-product"), &found.items)
        .column(view.t("offer-line-product"), |sold| {
            html! { a href={ (here) "/lines/new?product=" (sold.product) } { (view.of(&sold.name)) } }
        })
        .column(view.t("offer-line-editions"), |sold| {
            let names: Vec<&str> = sold.specs.iter().map(|(_, name)| view.of(name)).collect();
            html! { (names.join(" · ")) }
        })
        .empty(empty)
        .next(found.next_cursor.as_deref())
        .render()
}

/// What is sold of the product.
fn sku_card(view: &View, here: &str, sold: &[Arc<Offer>]) -> Markup {
    let choices: Vec<Choice> =
        sold.iter().map(|offer| Choice::new(offer.sku.to_string(), view.of(&offer.title()))).collect();
    html! {
        section.card {
            form.stack method="get" action={ (here) "/lines/new" } {
                (Field::select("sku", &view.t("offer-line-sku"), &choices).required().render(view, &Mistakes::none()))
                div.row {
                    button.button type="submit" { (view.t("offer-line-next")) }
                    a.button.quiet href={ (here) "/lines/new" } { (view.t("offer-line-other")) }
                }
            }
        }
    }
}

/// The last step: how many, for how long, for how much.
fn line_form(view: &View, here: &str, offer: &Offer, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let kinds = ["list", "percent", "total"].map(|kind| Choice::new(kind, view.word("offer-price", kind)));
    let kind = if typed.text("kind").is_empty() { "percent" } else { typed.text("kind") };
    let amount = view.ta("offer-price-amount", &[("currency", offer.plan.currency.code().into())]);
    let form = html! {
        input type="hidden" name="sku" value=(offer.sku);
        (ui::card(Some(view.of(&offer.title())), &html! {
            div id="f-choice" { (mistakes.beside("choice")) }
            @for quantity in &offer.plan.quantities {
                @let name = format!("quantities.{}", quantity.code);
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
    (drafted, names): (&[WantedLine], &[String]),
    add: Option<&str>,
) -> Markup {
    html! {
        @match priced {
            Some(priced) => {
                @for (index, line) in priced.lines.iter().enumerate() {
                    @let page = format!("/seller/products/{}", line.agreed.product);
                    (line_card(view, (line, Some(&page)), &remove_form(view, here, (index, line.agreed.sku), view.of(&line.agreed.content.title))))
                }
            },
            None => {
                @for (index, (line, name)) in drafted.iter().zip(names).enumerate() {
                    section.card { div.spread { h2 { (name) } (remove_form(view, here, (index, line.sku), name)) } }
                }
            },
        }
        section.card id="f-lines" {
            h2 { (view.t("offer-line-add")) }
            @match add {
                Some(href) => p { a.button href=(href) { (view.t("offer-line-choose")) } },
                None => p.muted { (view.t("offer-line-nothing")) " " (view.t("offer-line-nothing-text")) },
            }
        }
    }
}

fn remove_form(view: &View, here: &str, (index, sku): (usize, SkuId), name: &str) -> Markup {
    ui::form(
        view,
        &format!("{here}/lines/remove"),
        &html! {
            input type="hidden" name="sku" value=(sku);
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
