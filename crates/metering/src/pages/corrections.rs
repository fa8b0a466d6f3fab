//! Records and their corrections: the seller looks at records and corrects them, the buyer sees what was corrected and decides.

use accounts::{Buyer, Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, PageQuery, Result, Timestamp,
    id::{InstanceId, UsageCorrectionId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form as Fields, Once, PathParam, Problem, Query, Routes};
use rust_decimal::Decimal;
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{
    Metering,
    actions::correcting::Asked,
    rules::{
        contract::Contract,
        correction::{self, Chain, Correction, UsageCorrectionState, Wanted},
        record::count,
    },
};

const SELLER: Place = Place::Seller("usage");
const BUYER: Place = Place::Console("instances");

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .page("/seller/usage/corrections", corrected, Access::Seller)
        .page("/seller/usage/records/{instance}", records, Access::Seller)
        .form("/seller/usage/records/{instance}", correct, Access::Seller)
        .page("/console/instances/{instance}/corrections", corrections, Access::Buyer)
        .form("/console/usage-corrections/{usage_correction}/agree", agree, Access::Buyer)
        .form("/console/usage-corrections/{usage_correction}/decline", decline, Access::Buyer)
        .done()
}

fn badge(view: &View, state: UsageCorrectionState) -> Markup {
    let tone = match state {
        UsageCorrectionState::Waiting => Tone::Warn,
        UsageCorrectionState::Counted => Tone::Good,
        UsageCorrectionState::Declined | UsageCorrectionState::Overtaken | UsageCorrectionState::Lapsed => Tone::Plain,
    };
    ui::badge(tone, &view.word("correction-state", state.as_str()))
}

/// What a record counted before, and counts with a correction.
fn change(view: &View, one: &Correction) -> Markup {
    let covered = one.after.covered - one.before.covered;
    html! {
        (count(one.before.quantity)) " → " (count(one.after.quantity)) " " code.small { (one.meter) }
        @if covered > 0 { div.small.muted { (view.ta("correction-taken", &[("count", count(covered).to_string().into())])) } }
        @if covered < 0 { div.small.muted { (view.ta("correction-given", &[("count", count(-covered).to_string().into())])) } }
    }
}

/// What a correction costs at most.
fn most(contract: &Contract, one: &Correction) -> String {
    format!("{} {}", one.most.normalize(), contract.terms.currency)
}

/// Where a correction stands, and why and until when its buyer is asked.
fn stands(view: &View, one: &Correction, now: Timestamp) -> Markup {
    let state = one.state_at(now);
    html! {
        (badge(view, state))
        @if let (UsageCorrectionState::Waiting, Some(asks)) = (state, one.asks) {
            div.small.muted { (view.of(&asks.text())) }
            @if let Some(until) = one.lapses_at { div.small.muted { (view.ta("correction-until", &[("time", view.time_text(until).into())])) } }
        }
    }
}

async fn corrected(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let (view, now) = (&visit.view, metering.app.clock.now());
    let mut tx = metering.app.db.read();
    let found = metering.sold_corrections(&mut tx, &seller, page.checked().map_err(Error::from)?).await?;
    let open = metering.refused_open(&mut tx, &seller).await?;
    let buyers = metering.accounts.names(&mut tx, found.items.iter().map(|one| one.account).collect()).await?;
    let title = view.t("correction-title");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("correction-used"), |one: &Correction| view.time(one.begin))
        .column(view.t("metering-buyer"), |one| {
            html! { (buyers.get(&one.account).map_or("", String::as_str)) }
        })
        .column(view.t("metering-sn"), |one| {
            html! { a href={ "/seller/usage/records/" (one.instance) } { code.small { (one.record) } } }
        })
        .number(view.t("correction-change"), |one| change(view, one))
        .column(view.t("correction-reason"), |one| html! { (one.reason) })
        .column(view.t("metering-state"), |one| stands(view, one, now))
        .empty(ui::empty(&view.t("correction-none"), &view.t("correction-sold-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        SELLER,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("correction-sold-lead")), &html! {}))
            (super::seller::tabs(view, "corrections", open))
            (table)
        },
    ))
}

#[derive(Default, Deserialize)]
struct Wish {
    number: Option<String>,
    cursor: Option<String>,
}

async fn records(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<InstanceId>,
    Query(wish): Query<Wish>,
) -> Result<Page, Problem> {
    let (view, mut tx) = (&visit.view, metering.app.db.read());
    let page = PageQuery::default().checked().map_err(Error::from)?;
    let number = wish.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
    let Some(number) = number else {
        let place = correction::read_cursor(wish.cursor.as_deref()).map_err(Error::from)?;
        let asked = Asked::Behind(place, page.fetch());
        let (contract, found) = metering.sold_records(&mut tx, &seller, (id, asked)).await?;
        let (some, next) = correction::page(found, page.limit);
        return Ok(list(view, &contract, (&some, next.as_deref()), ""));
    };
    let (contract, found) = metering.sold_records(&mut tx, &seller, (id, Asked::One(number.to_owned()))).await?;
    let Some(chain) = found.into_iter().next() else { return Ok(list(view, &contract, (&[], None), number)) };
    let asked = Typed { corrects: chain.present().to_owned(), ..Typed::default() };
    let mistakes = Mistakes::none();
    let may = seller.may(Permission::Integrate).is_ok().then_some((&asked, &mistakes));
    Ok(one(view, (&contract, &chain), may, metering.app.clock.now()))
}

/// The records of an instance.
fn list(view: &View, contract: &Contract, (some, next): (&[Chain], Option<&str>), number: &str) -> Page {
    let title = view.t("correction-records");
    let label = view.t("metering-sn");
    let filter = Field::text("number", &label).value(number).render(view, &Mistakes::none());
    let table = Table::new(view, &title, some)
        .column(view.t("metering-from"), |chain: &Chain| view.time(chain.record.begin))
        .column(view.t("metering-sn"), |chain| {
            html! { a href=(view.with_query("number", &chain.record.number)) { code.small { (chain.record.number) } } }
        })
        .column(view.t("metering-meter"), |chain| html! { code.small { (chain.record.meter) } })
        .number(view.t("correction-original"), |chain| html! { (count(chain.record.worth.quantity)) })
        .number(view.t("correction-now"), |chain| html! { (count(chain.now().quantity)) })
        .number(view.t("correction-covered"), |chain| html! { (count(chain.now().covered)) })
        .filters(filter)
        .empty(ui::empty(&view.t("correction-no-record"), &view.t("correction-no-record-text"), &html! {}))
        .next(next)
        .render();
    ui::page(
        view,
        SELLER,
        &title,
        &html! {
            p { a href="/seller/usage" { "← " (view.t("metering-customers")) } }
            (ui::header(&title, Some(&view.t("correction-records-lead")), &html! {}))
            p { (view.of(&contract.title)) " " code.small { (contract.name) } }
            (table)
        },
    )
}

/// A correction as it is written into the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    corrects: String,
    quantity: String,
    reason: String,
}

/// A record with what was made of it, and the form that corrects it.
fn one(
    view: &View,
    (contract, chain): (&Contract, &Chain),
    typed: Option<(&Typed, &Mistakes)>,
    now: Timestamp,
) -> Page {
    let (title, record) = (view.t("correction-record"), &chain.record);
    let here = format!("/seller/usage/records/{}", contract.instance);
    let facts = [
        (view.t("metering-of"), html! { (view.of(&contract.title)) " " code.small { (contract.name) } }),
        (view.t("metering-sn"), html! { code { (record.number) } }),
        (view.t("metering-from"), view.time(record.begin)),
        (view.t("metering-until"), view.time(record.end)),
        (view.t("metering-meter"), html! { code { (record.meter) } }),
        (view.t("correction-original"), html! { (count(record.worth.quantity)) }),
        (view.t("correction-now"), html! { (count(chain.now().quantity)) }),
        (view.t("correction-covered"), html! { (count(chain.now().covered)) }),
    ];
    let made = Table::new(view, view.t("correction-title"), &chain.corrections)
        .column(view.t("correction-at"), |one: &Correction| view.time(one.corrected_at))
        .number(view.t("correction-change"), |one| change(view, one))
        .column(view.t("correction-reason"), |one| html! { (one.reason) })
        .column(view.t("metering-state"), |one| stands(view, one, now))
        .empty(html! { p.muted { (view.t("correction-none")) } })
        .render();
    ui::page(
        view,
        SELLER,
        &title,
        &html! {
            p { a href=(here) { "← " (view.t("correction-records")) } }
            (ui::header(&title, None, &html! {}))
            @if let Some((_, mistakes)) = typed { (mistakes.summary(view)) }
            section.card { (ui::facts(&facts)) }
            section.card { h2 { (view.t("correction-title")) } (made) }
            @if let Some((typed, mistakes)) = typed {
                section.card {
                    h2 { (view.t("correction-do-title")) }
                    p.small.muted { (view.t("correction-do-text")) }
                    (ui::form(view, &here, &html! {
                        input type="hidden" name="corrects" value=(typed.corrects);
                        (Field::text("quantity", &view.t("correction-now")).value(&typed.quantity).hint(view.t("correction-quantity-hint")).required().with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
                        (Field::text("reason", &view.t("correction-reason")).value(&typed.reason).hint(view.t("correction-reason-hint")).required().with("maxlength", "500").render(view, mistakes))
                        div.row { button.button.primary type="submit" { (view.t("correction-do")) } }
                    }))
                }
            }
        },
    )
}

async fn correct(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let name = id.to_string();
    let Typed { corrects, quantity, reason } = typed.clone();
    let (meter, kind) = (String::new(), String::new());
    let wanted = Wanted { number: None, corrects, meter, kind, quantity, reason };
    let done = once.run(&metering.app, async |tx| {
        let made = metering.correct(tx, &seller, (&name, wanted.clone())).await?;
        let done = if made.asks.is_some() { "usage-correction-asked" } else { "usage-corrected" };
        Ok(Answer::see_other(format!("/seller/usage/corrections?done={done}")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let asked = Asked::One(typed.corrects.clone());
            let (contract, found) = metering.sold_records(&mut metering.app.db.read(), &seller, (id, asked)).await?;
            let now = metering.app.clock.now();
            let page = match found.first() {
                Some(chain) => {
                    // It shows the record as it is now, which is what is corrected next.
                    let typed = Typed { corrects: chain.present().to_owned(), ..typed };
                    one(&visit.view, (&contract, chain), Some((&typed, &mistakes)), now)
                }
                None => list(&visit.view, &contract, (&[], None), &typed.corrects),
            };
            Ok(page.refused().into_response())
        }
    }
}

async fn corrections(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(Error::from)?;
    let (contract, found) = metering.corrections(&mut metering.app.db.read(), &buyer, (id, page)).await?;
    let may = buyer.may(Permission::Pay).is_ok();
    let now = metering.app.clock.now();
    let rows = (found.items.as_slice(), found.next_cursor.as_deref());
    let mistakes = Mistakes::none();
    Ok(for_buyer(&visit.view, &contract, rows, (may.then_some(&mistakes), now)))
}

fn for_buyer(
    view: &View,
    contract: &Contract,
    (some, next): (&[Correction], Option<&str>),
    (deciding, now): (Option<&Mistakes>, Timestamp),
) -> Page {
    let title = view.t("correction-title");
    let table = Table::new(view, &title, some)
        .column(view.t("correction-used"), |one: &Correction| view.time(one.begin))
        .number(view.t("correction-change"), |one| change(view, one))
        .column(view.t("correction-reason"), |one| html! { (one.reason) })
        .column(view.t("correction-at"), |one| view.time(one.corrected_at))
        .column(view.t("metering-state"), |one| {
            html! {
                (stands(view, one, now))
                @if one.most > Decimal::ZERO && one.state_at(now) == UsageCorrectionState::Waiting {
                    div.small { (view.ta("correction-most", &[("amount", most(contract, one).into())])) }
                }
                @if deciding.is_some() && one.state_at(now) == UsageCorrectionState::Waiting {
                    div.row {
                        (ui::form(view, &format!("/console/usage-corrections/{}/agree", one.id), &html! {
                            button.button.primary type="submit" { (view.t("correction-agree")) }
                        }))
                        (ui::form(view, &format!("/console/usage-corrections/{}/decline", one.id), &html! {
                            button.button.quiet type="submit" { (view.t("correction-decline")) }
                        }))
                    }
                }
            }
        })
        .empty(ui::empty(&view.t("correction-none"), &view.t("correction-none-text"), &html! {}))
        .next(next)
        .render();
    ui::page(
        view,
        BUYER,
        &title,
        &html! {
            p { a href={ "/console/instances/" (contract.instance) "/usage" } { "← " (view.t("metering-charges")) } }
            (ui::header(&title, Some(&view.t("correction-lead")), &html! {}))
            @if let Some(mistakes) = deciding { (mistakes.summary(view)) }
            (table)
        },
    )
}

async fn agree(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<UsageCorrectionId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&metering.app, async |tx| {
        let correction = metering.agree(tx, &buyer, id).await?;
        Ok(decided(&correction, "usage-correction-agreed"))
    });
    again(&metering, (&visit, &buyer), id, done.await).await
}

async fn decline(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<UsageCorrectionId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&metering.app, async |tx| {
        let correction = metering.decline(tx, &buyer, id).await?;
        Ok(decided(&correction, "usage-correction-declined"))
    });
    again(&metering, (&visit, &buyer), id, done.await).await
}

fn decided(one: &Correction, done: &str) -> Answer {
    Answer::see_other(format!("/console/instances/{}/corrections?done={done}", one.instance))
}

/// What is refused is shown above the corrections.
async fn again(
    metering: &Metering,
    (visit, buyer): (&Visit, &Buyer),
    id: UsageCorrectionId,
    done: std::result::Result<Answer, Problem>,
) -> Result<Response, Problem> {
    let problem = match done {
        Ok(answer) => return Ok(answer.into_response()),
        Err(problem) => problem,
    };
    let mistakes = visit.view.retry(problem)?;
    let mut tx = metering.app.db.read();
    let instance = metering.correction_of(&mut tx, buyer, id).await?.instance;
    let page = PageQuery::default().checked().map_err(Error::from)?;
    let (contract, found) = metering.corrections(&mut tx, buyer, (instance, page)).await?;
    let rows = (found.items.as_slice(), found.next_cursor.as_deref());
    let page = for_buyer(&visit.view, &contract, rows, (Some(&mistakes), metering.app.clock.now()));
    Ok(page.refused().into_response())
}
