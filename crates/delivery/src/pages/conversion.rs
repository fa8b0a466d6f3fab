//! Buying what is being tried: how long, what that costs and when it begins, before anything is paid.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::SaleTerm;
use instances::Instance;
use kernel::{Error, Result, id::InstanceId};
use maud::{Markup, html};
use orders::{After, Content, Converting, Length, Obstacle, receipt, term};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use pricing::PeriodUnit;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View, button_link, escaped};

use crate::Deliveries;

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/console/instances/{instance}/buy", show, Access::Buyer)
        .form("/console/instances/{instance}/buy", buy, Access::Buyer)
        .done()
}

/// For how long, as `month-12`; what is no length is the shortest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    term: String,
    currency: String,
    seen: String,
}

impl Asked {
    fn length(&self) -> Length {
        let parts = self.term.split_once('-');
        let unit = parts.and_then(|(unit, _)| unit.parse::<PeriodUnit>().ok());
        let periods = parts.and_then(|(_, count)| count.parse().ok());
        let currency = self.currency.parse().ok();
        match (periods, unit) {
            (Some(_), Some(_)) => Length { periods, unit, currency },
            (_, _) => Length { currency, ..Length::default() },
        }
    }
}

async fn show(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    Ok(shown(&deliveries, &visit.view, (&buyer, id), (&asked, &Mistakes::none())).await?)
}

/// The page; where it cannot be bought, why.
async fn shown(
    deliveries: &Deliveries,
    view: &View,
    (buyer, id): (&Buyer, InstanceId),
    (asked, mistakes): (&Asked, &Mistakes),
) -> Result<Page> {
    let mut tx = deliveries.app.db.read();
    let found = match deliveries.converting(&mut tx, buyer, id, asked.length()).await {
        Ok(found) => Ok(found),
        Err(Error::Refused(refused)) => Err(refused.text()),
        Err(other) => return Err(other),
    };
    let instance = deliveries.instances.find_for(&mut tx, buyer.account(), id).await?;
    let title = view.t("convert-title");
    let back = format!("/console/instances/{id}");
    let may_pay = buyer.may(Permission::Pay).is_ok();
    Ok(ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(back) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            @match &found {
                Ok((instance, converting)) => (offer(view, (instance, converting), may_pay)),
                Err(why) => {
                    (ui::notice(Tone::Plain, &html! { p { (view.of(why)) } }))
                    p.row { (button_link(&back, &view.t("convert-back"), false)) }
                }
            }
        },
    ))
}

async fn buy(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.convert(tx, &buyer, (id, form.length()), &form.seen).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=trial-bought")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = shown(&deliveries, &visit.view, (&buyer, id), (&form, &mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}

fn offer(view: &View, (instance, converting): (&Instance, &Converting), may_pay: bool) -> Markup {
    let content = &converting.quote.content;
    let facts = [(view.t("convert-term"), html! { (term(view, &content.quote)) })];
    html! {
        div.with-aside {
            div.stack {
                section.card {
                    h2 { a href={ "/products/" (instance.product) } { (view.of(&content.title)) } }
                    (length_form(view, instance.id, converting))
                }
                section.card {
                    h2 { (view.t("checkout-price")) }
                    (ui::facts(&facts))
                    (receipt(view, &content.quote))
                }
                section.card {
                    h2 { (view.t("convert-what")) }
                    ul {
                        li { (view.t("convert-same")) }
                        li { (view.t("convert-begins")) }
                        li { (view.t("convert-coupons")) }
                    }
                }
            }
            aside.stack { (payment(view, instance.id, converting, may_pay)) }
        }
    }
}

/// The lengths; another one is shown with its price before anything is bought.
fn length_form(view: &View, id: InstanceId, converting: &Converting) -> Markup {
    let present = chosen(converting);
    let choices: Vec<Choice> = converting.terms.iter().map(|one| Choice::new(one.code(), said(view, *one))).collect();
    let label = view.t("convert-length");
    html! {
        form.filters method="get" action={ "/console/instances/" (id) "/buy" } {
            (Field::select("term", &label, &choices).value(&present).required().render(view, &Mistakes::none()))
            @if converting.currencies.len() > 1 { (currency_field(view, converting)) }
            button.button type="submit" { (view.t("convert-recompute")) }
        }
    }
}

fn currency_field(view: &View, converting: &Converting) -> Markup {
    let choices: Vec<Choice> =
        converting.currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect();
    let present = converting.quote.content.quote.total.currency();
    let label = view.t("storefront-currency");
    Field::select("currency", &label, &choices).value(present.code()).required().render(view, &Mistakes::none())
}

/// The currency that was asked for, as a parameter.
fn in_currency(content: &Content) -> String {
    content.choice.currency.map(|currency| format!("&currency={currency}")).unwrap_or_default()
}

fn chosen(converting: &Converting) -> String {
    let choice = &converting.quote.content.choice;
    let one = |unit| SaleTerm { unit, count: choice.periods, basis_points: 0 }.code();
    choice.period_unit.map(one).unwrap_or_default()
}

fn said(view: &View, one: SaleTerm) -> String {
    let count = [("count", one.count.into())];
    match one.unit {
        PeriodUnit::Day => view.ta("order-term-day", &count),
        PeriodUnit::Month => view.ta("order-term-month", &count),
        PeriodUnit::Year => view.ta("order-term-year", &count),
    }
}

fn payment(view: &View, id: InstanceId, converting: &Converting, may_pay: bool) -> Markup {
    let content = &converting.quote.content;
    let total = content.quote.total;
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(total)) }
            dl.receipt {
                div { dt { (view.t("checkout-wallet")) } dd { (view.money(converting.cover.balance)) } }
                @match converting.cover.after {
                    After::Left(left) => div { dt { (view.t("checkout-left")) } dd { (view.money(left)) } },
                    After::Missing(missing) => div { dt { (view.t("checkout-missing")) } dd { span.missing { (view.money(missing)) } } },
                }
            }
            @match (converting.obstacle, converting.cover.after) {
                (Some(Obstacle::Unverified), _) => (ui::notice(Tone::Warn, &html! { p { (view.t("trial-unverified")) } })),
                (Some(Obstacle::Own | Obstacle::Role), _) => p { (view.t("trial-role")) },
                (None, _) if !may_pay => p { (view.t("checkout-others-pay")) },
                (None, After::Left(_)) => (ui::form(view, &format!("/console/instances/{id}/buy"), &html! {
                    input type="hidden" name="term" value=(chosen(converting));
                    @if let Some(currency) = content.choice.currency { input type="hidden" name="currency" value=(currency); }
                    input type="hidden" name="seen" value=(content.seen());
                    button.button.primary.large.wide type="submit" {
                        (view.ta("checkout-pay-now", &[("amount", view.money_text(total).into())]))
                    }
                })),
                (None, After::Missing(missing)) => a.button.primary.large.wide href={
                    "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency())
                    "&next=" (escaped(&format!("/console/instances/{id}/buy?term={}{}", chosen(converting), in_currency(content))))
                } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
            }
        }
    }
}
