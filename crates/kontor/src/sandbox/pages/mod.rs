//! `/seller/sandbox`: a seller's sandbox for people.

mod cards;
mod looked;
mod used;

use std::collections::BTreeMap;

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, Result,
    id::{ErrandId, InstanceId},
};
use maud::html;
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use production::Fault;
use serde::Deserialize;
use serde_json::Value;
use ui::{Mistakes, Page, Place, View};

use cards::{buying, faults, standing, starting, turning};
use looked::{looked, word};

use super::{
    Sandboxes,
    api::{Again, Key, SandboxDone},
    deeds::{Deed, Purchase},
    looks::{Look, each},
    rules::{InjectFaults, TurnSandbox},
    usage::UseInSandbox,
};

const PAGE: &str = "/seller/sandbox";

pub(super) fn routes(sandboxes: &Sandboxes) -> Routes {
    Routes::of(sandboxes.clone())
        .page(PAGE, show, Access::Seller)
        .form(PAGE, start, Access::Seller)
        .form("/seller/sandbox/end", end, Access::Seller)
        .form("/seller/sandbox/turn", turn, Access::Seller)
        .form("/seller/sandbox/faults", inject, Access::Seller)
        .form("/seller/sandbox/buy", buy, Access::Seller)
        .form("/seller/sandbox/instances/{instance}", act, Access::Seller)
        .form("/seller/sandbox/errands/{errand}/restart", restart, Access::Seller)
        .done()
}

#[derive(Default, Deserialize)]
struct Asked {
    /// What is looked at: `instances`, `errands`, `calls`, `orders`, `usage`, `money` or `messages`.
    #[serde(default)]
    look: String,
}

async fn show(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&sandboxes, &visit.view, &seller, (&asked, &Mistakes::none())).await
}

async fn page(
    sandboxes: &Sandboxes,
    view: &View,
    seller: &Seller,
    (asked, mistakes): (&Asked, &Mistakes),
) -> Result<Page, Problem> {
    seller.may(Permission::View).map_err(Error::from)?;
    let may = seller.may(Permission::Integrate).is_ok();
    let title = view.t("sandbox-title");
    let rules = sandboxes.rules().await?;
    let body = match sandboxes.shown(seller).await {
        Ok(shown) => {
            let skus = if may { sandboxes.look(seller, Look::Skus).await? } else { Value::Null };
            html! {
                (standing(view, &shown, may))
                @if may {
                    div.columns {
                        (ui::card(Some(&view.t("sandbox-clock")), &turning(view, (&shown, rules.turn_days_max), mistakes)))
                        (ui::card(Some(&view.t("sandbox-faults")), &faults(view, &shown, mistakes)))
                    }
                    (ui::card(Some(&view.t("sandbox-buy")), &buying(view, &skus["items"], &shown, mistakes)))
                }
                (looked(sandboxes, view, seller, (&asked.look, may)).await?)
            }
        }
        Err(Error::NotFound(_)) => starting(view, (may, rules.enabled)),
        Err(other) => return Err(other.into()),
    };
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sandbox-lead")), &html! {}))
            (production::tabs(view, "sandbox"))
            (mistakes.summary(view))
            (body)
        },
    ))
}

/// On to the page again; a form that is refused is shown with what is wrong.
async fn answered(
    (sandboxes, view, seller): (&Sandboxes, &View, &Seller),
    look: &str,
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let asked = Asked { look: look.to_owned() };
            Ok(page(sandboxes, view, seller, (&asked, &mistakes)).await?.refused().into_response())
        }
    }
}

/// Does something and goes on to where it is seen.
async fn does(
    (sandboxes, visit, seller): (&Sandboxes, &Visit, &Seller),
    (once, Key(key)): Again,
    (look, deed): (&str, Result<Deed, Invalid>),
) -> Result<Response, Problem> {
    let done = match deed {
        Ok(deed) => {
            let turns = matches!(deed, Deed::Turn(_));
            once.run_after(&sandboxes.app, sandboxes.act(seller, key, deed), async |_, done: SandboxDone| {
                let told = match (done.reached, turns) {
                    (true, _) => "sandbox-done",
                    (false, true) => "sandbox-partly",
                    (false, false) => "sandbox-waits",
                };
                Ok(Answer::see_other(format!("{PAGE}?look={look}&done={told}")))
            })
            .await
        }
        Err(wrong) => Err(Error::from(wrong).into()),
    };
    answered((sandboxes, &visit.view, seller), look, done).await
}

async fn start(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    once: Once,
) -> Result<Response, Problem> {
    let done = once
        .run_after(&sandboxes.app, sandboxes.start(&seller), async |_, _| {
            Ok(Answer::see_other("/seller/sandbox?done=sandbox-started"))
        })
        .await;
    answered((&sandboxes, &visit.view, &seller), "", done).await
}

async fn end(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    once: Once,
) -> Result<Response, Problem> {
    let ending = sandboxes.end(&seller);
    let done = once
        .run_after(&sandboxes.app, ending, async |_, ()| Ok(Answer::see_other("/seller/sandbox?done=sandbox-ended")))
        .await;
    answered((&sandboxes, &visit.view, &seller), "", done).await
}

/// The fields of a form by their names.
type Fields = BTreeMap<String, String>;

/// A number that may be left out.
fn number<T: std::str::FromStr>(fields: &Fields, field: &str) -> Result<Option<T>, Invalid> {
    let text = fields.get(field).map_or("", |text| text.trim());
    let wrong = |_| Invalid::one(field, ("must be a whole number", "须为整数"));
    Some(text).filter(|text| !text.is_empty()).map(str::parse).transpose().map_err(wrong)
}

fn quantities(fields: &Fields) -> Result<BTreeMap<String, u64>, Invalid> {
    let mut found = BTreeMap::new();
    for (field, code) in fields.keys().filter_map(|field| Some((field, field.strip_prefix("quantity.")?))) {
        found.extend(number(fields, field)?.map(|amount| (code.to_owned(), amount)));
    }
    Ok(found)
}

async fn turn(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    again: Again,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let turn = || {
        let next = fields.get("next").is_some_and(|next| next == "true");
        if next {
            return Ok(Deed::Turn(TurnSandbox { next, ..TurnSandbox::default() }));
        }
        let (hours, days) = (number(&fields, "hours")?, number(&fields, "days")?);
        let months = number(&fields, "months")?;
        let until = fields.get("until").map(|until| until.parse()).transpose();
        let until = until.map_err(|_| Invalid::one("until", ("must be a moment", "须为时间")))?;
        Ok(Deed::Turn(TurnSandbox { hours, days, months, until, next: false }))
    };
    does((&sandboxes, &visit, &seller), again, ("instances", turn())).await
}

#[derive(Deserialize)]
struct ChosenFaults {
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(flatten)]
    numbers: Fields,
}

async fn inject(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(chosen): Form<ChosenFaults>,
) -> Result<Response, Problem> {
    let ChosenFaults { faults, numbers } = chosen;
    let injecting = async {
        let percent = number(&numbers, "percent")?.unwrap_or(100);
        let (at_most, seed) = (number(&numbers, "at_most")?, number(&numbers, "seed")?.unwrap_or(0));
        sandboxes.inject(&seller, InjectFaults { faults, percent, at_most, seed }).await.map(drop)
    };
    let done = once
        .run_after(&sandboxes.app, injecting, async |_, ()| {
            Ok(Answer::see_other("/seller/sandbox?look=calls&done=sandbox-faults"))
        })
        .await;
    answered((&sandboxes, &visit.view, &seller), "calls", done).await
}

async fn buy(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    again: Again,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    // Only what the chosen edition counts.
    let skus = sandboxes.look(&seller, Look::Skus).await?;
    let chosen = fields.get("sku").cloned().unwrap_or_default();
    let counted: Vec<&str> = each(&skus["items"])
        .filter(|sku| sku["sku"] == chosen.as_str())
        .flat_map(|sku| each(&sku["quantities"]))
        .map(|quantity| word(&quantity["code"]))
        .collect();
    let purchase = || {
        let unknown = |_| Invalid::one("sku", ("choose an edition", "须选择规格"));
        let mut quantities = quantities(&fields)?;
        quantities.retain(|code, _| counted.contains(&code.as_str()));
        let purchase = Purchase {
            buyer: number::<usize>(&fields, "buyer")?.unwrap_or(1).wrapping_sub(1),
            sku: chosen.parse().map_err(unknown)?,
            quantities,
            periods: number(&fields, "periods")?.unwrap_or(1),
            period_unit: None,
            automatic: fields.contains_key("automatic"),
        };
        Ok(if fields.contains_key("try") { Deed::Try(purchase) } else { Deed::Buy(purchase) })
    };
    does((&sandboxes, &visit, &seller), again, ("instances", purchase())).await
}

async fn act(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<InstanceId>,
    again: Again,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let deed = match fields.get("do").map_or("", String::as_str) {
        "renew" => Ok(Deed::Renew(id, 1)),
        "automatic" => Ok(Deed::GoesOn(id, true, 1)),
        "once" => Ok(Deed::GoesOn(id, false, 1)),
        "return" => Ok(Deed::Return(id)),
        "convert" => Ok(Deed::Convert(id, 1, None)),
        "use" => {
            let value = fields.get("value").map(|value| value.trim().to_owned()).unwrap_or_default();
            let meter = fields.get("meter").filter(|meter| !meter.is_empty()).cloned();
            Ok(Deed::Use(id, UseInSandbox { value, meter }))
        }
        "change" => quantities(&fields).map(|quantities| Deed::Change(id, None, quantities)),
        _ => Err(Invalid::one("do", ("choose what is done", "须选择操作"))),
    };
    let look = if matches!(deed, Ok(Deed::Use(..))) { "usage" } else { "instances" };
    does((&sandboxes, &visit, &seller), again, (look, deed)).await
}

async fn restart(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ErrandId>,
    again: Again,
) -> Result<Response, Problem> {
    does((&sandboxes, &visit, &seller), again, ("errands", Ok(Deed::Restart(id)))).await
}
