//! `/seller/sandbox`: a seller's sandbox for people.

mod looked;

use std::collections::BTreeMap;

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, Localized, Result,
    id::{ErrandId, InstanceId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use production::Fault;
use serde::Deserialize;
use serde_json::Value;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use looked::{looked, word};

use super::{
    Sandboxes,
    api::SandboxJson,
    deeds::{Deed, Done, Look, Purchase, each},
    rules::{InjectFaults, TurnSandbox},
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
    /// What is looked at: `instances`, `errands`, `calls`, `orders`, `money` or `messages`.
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
    let body = match sandboxes.of_seller(seller) {
        Ok(room) => {
            let shown = SandboxJson::of(&room, rules.idle_minutes)?;
            let skus = if may { sandboxes.look(seller, Look::Skus).await? } else { Value::Null };
            html! {
                (standing(view, &shown, may))
                @if may {
                    div.columns {
                        (ui::card(Some(&view.t("sandbox-clock")), &turning(view, &shown, mistakes)))
                        (ui::card(Some(&view.t("sandbox-faults")), &faults(view, &shown, mistakes)))
                    }
                    (ui::card(Some(&view.t("sandbox-buy")), &buying(view, &skus["items"], &shown, mistakes)))
                }
                (looked(sandboxes, view, seller, (&asked.look, may)).await?)
            }
        }
        Err(Error::NotFound(_)) => starting(view, may && rules.enabled),
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

fn starting(view: &View, may: bool) -> Markup {
    let begin = ui::form(view, PAGE, &html! { button.button.primary type="submit" { (view.t("sandbox-start")) } });
    html! {
        (ui::empty(&view.t("sandbox-none"), &view.t("sandbox-none-text"), &html! { @if may { (begin) } }))
        (ui::card(Some(&view.t("sandbox-guide")), &html! {
            ul {
                li { (view.t("sandbox-guide-inside")) }
                li { (view.t("sandbox-guide-calls")) }
                li { (view.t("sandbox-guide-clock")) }
                li { (view.t("sandbox-guide-faults")) }
                li { (view.t("sandbox-guide-api")) " " code { "POST /api/v1/seller/sandbox" } }
            }
        }))
    }
}

fn standing(view: &View, shown: &SandboxJson, may: bool) -> Markup {
    let no_address = view.t("sandbox-no-address");
    let url = html! { span.address { (shown.url.as_deref().unwrap_or(&no_address)) } };
    let facts = [
        (view.t("sandbox-now"), view.time(shown.now)),
        (view.t("sandbox-started"), view.time(shown.started_at)),
        (view.t("sandbox-ends"), view.time(shown.ends_at)),
        (view.t("sandbox-url"), url),
    ];
    html! {
        (ui::card(None, &html! {
            (ui::facts(&facts))
            @if may {
                (ui::form(view, "/seller/sandbox/end", &html! {
                    div.row { button.button.danger type="submit" { (view.t("sandbox-end")) } }
                }))
            }
        }))
        @if !shown.left_out.is_empty() {
            (ui::notice(Tone::Warn, &html! {
                p { (view.t("sandbox-left-out")) }
                ul { @for one in &shown.left_out { li { strong { (view.of(&one.name)) } ": " (view.of(&one.why)) } } }
            }))
        }
    }
}

fn turning(view: &View, shown: &SandboxJson, mistakes: &Mistakes) -> Markup {
    let (days, months) = (view.t("sandbox-days"), view.t("sandbox-months"));
    html! {
        p.muted { (view.t("sandbox-clock-text")) }
        @if let Some(goal) = shown.goal {
            (ui::form(view, "/seller/sandbox/turn", &html! {
                input type="hidden" name="until" value=(goal);
                div.row { button.button.primary type="submit" { (view.t("sandbox-turn-on")) " " (view.time(goal)) } }
            }))
        }
        (ui::form(view, "/seller/sandbox/turn", &html! {
            div.fields {
                (Field::input("number", "months", &months).with("min", "1").with("max", "36").render(view, mistakes))
                (Field::input("number", "days", &days).with("min", "1").with("max", "1100").render(view, mistakes))
            }
            div.row {
                button.button.primary type="submit" { (view.t("sandbox-turn")) }
                button.button type="submit" name="next" value="true" { (view.t("sandbox-turn-next")) }
            }
        }))
    }
}

fn faults(view: &View, shown: &SandboxJson, mistakes: &Mistakes) -> Markup {
    let (percent, most, seed) = (view.t("sandbox-percent"), view.t("sandbox-at-most"), view.t("sandbox-seed"));
    let is = (shown.faults.percent.to_string(), shown.faults.left.map(|left| left.to_string()).unwrap_or_default());
    let seeded = shown.faults.seed.to_string();
    let share = if shown.faults.faults.is_empty() { "100" } else { &is.0 };
    html! {
        p.muted { (view.t("sandbox-faults-text")) }
        (ui::form(view, "/seller/sandbox/faults", &html! {
            fieldset {
                legend { (view.t("sandbox-faults-which")) }
                @for fault in Fault::ALL {
                    label.check {
                        input type="checkbox" name="faults" value=(fault) checked[shown.faults.faults.contains(fault)];
                        " " (view.word("sandbox-fault", fault.as_str()))
                    }
                }
            }
            div.fields {
                (Field::input("number", "percent", &percent).value(share).required().with("min", "0").with("max", "100").render(view, mistakes))
                (Field::input("number", "at_most", &most).value(&is.1).hint(view.t("sandbox-at-most-hint")).with("min", "1").render(view, mistakes))
                (Field::input("number", "seed", &seed).value(&seeded).with("min", "0").render(view, mistakes))
            }
            div.row { button.button type="submit" { (view.t("sandbox-faults-set")) } }
        }))
    }
}

fn buying(view: &View, skus: &Value, shown: &SandboxJson, mistakes: &Mistakes) -> Markup {
    let name = |sku: &Value| {
        let text = |value: &Value| serde_json::from_value::<Localized>(value.clone()).unwrap_or_default();
        let (product, spec) = (text(&sku["product"]), text(&sku["spec"]));
        let code = sku["sku_code"].as_str().unwrap_or_default();
        Choice::new(
            sku["sku"].as_str().unwrap_or_default(),
            format!("{} · {} · {code}", view.of(&product), view.of(&spec)),
        )
    };
    let choices: Vec<Choice> = each(skus).map(name).collect();
    let buyers: Vec<Choice> =
        shown.buyers.iter().map(|buyer| Choice::new(buyer.buyer.to_string(), buyer.name.as_str())).collect();
    // A field for each number that any of them has.
    let codes = each(skus).flat_map(|sku| each(&sku["quantities"]));
    let codes: BTreeMap<String, String> = codes
        .filter_map(|one| Some((format!("quantity.{}", one["code"].as_str()?), one["min"].as_u64()?.to_string())))
        .collect();
    let (sku, buyer, periods) = (view.t("sandbox-sku"), view.t("sandbox-buyer"), view.t("sandbox-periods"));
    let automatic = view.t("sandbox-automatic");
    html! {
        @if choices.is_empty() { p.muted { (view.t("sandbox-no-skus")) } } @else {
            (ui::form(view, "/seller/sandbox/buy", &html! {
                div.fields {
                    (Field::select("sku", &sku, &choices).required().render(view, mistakes))
                    (Field::select("buyer", &buyer, &buyers).required().render(view, mistakes))
                    @for (field, least) in &codes {
                        (Field::input("number", field, field.trim_start_matches("quantity.")).value(least).with("min", "0").render(view, mistakes))
                    }
                    (Field::input("number", "periods", &periods).value("1").required().with("min", "1").with("max", "366").render(view, mistakes))
                    (Field::check("automatic", &automatic).render(view, mistakes))
                }
                div.row { button.button.primary type="submit" { (view.t("sandbox-buy-do")) } }
            }))
        }
    }
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
    once: Once,
    (look, deed): (&str, Result<Deed, Invalid>),
) -> Result<Response, Problem> {
    let done = match deed {
        Ok(deed) => {
            once.run_after(&sandboxes.app, sandboxes.act(seller, deed), async |_, done: Done| {
                let told = if done.turned.reached { "sandbox-done" } else { "sandbox-partly" };
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
    let starting = async { sandboxes.start(&seller).await.map(drop) };
    let done = once
        .run_after(&sandboxes.app, starting, async |_, ()| {
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
    once: Once,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let turn = || {
        let next = fields.get("next").is_some_and(|next| next == "true");
        if next {
            return Ok(Deed::Turn(TurnSandbox { next, ..TurnSandbox::default() }));
        }
        let (days, months) = (number(&fields, "days")?, number(&fields, "months")?);
        let until = fields.get("until").map(|until| until.parse()).transpose();
        let until = until.map_err(|_| Invalid::one("until", ("must be a moment", "须为时间")))?;
        Ok(Deed::Turn(TurnSandbox { days, months, until, next: false }))
    };
    does((&sandboxes, &visit, &seller), once, ("instances", turn())).await
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
        sandboxes.inject(&seller, &InjectFaults { faults, percent, at_most, seed }).map(drop)
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
    once: Once,
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
        Ok(Deed::Buy(Purchase {
            buyer: number::<usize>(&fields, "buyer")?.unwrap_or(1).wrapping_sub(1),
            sku: chosen.parse().map_err(unknown)?,
            quantities,
            periods: number(&fields, "periods")?.unwrap_or(1),
            period_unit: None,
            automatic: fields.contains_key("automatic"),
        }))
    };
    does((&sandboxes, &visit, &seller), once, ("instances", purchase())).await
}

async fn act(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let deed = match fields.get("do").map_or("", String::as_str) {
        "renew" => Ok(Deed::Renew(id, 1)),
        "automatic" => Ok(Deed::GoesOn(id, true, 1)),
        "once" => Ok(Deed::GoesOn(id, false, 1)),
        "return" => Ok(Deed::Return(id)),
        "change" => quantities(&fields).map(|quantities| Deed::Change(id, None, quantities)),
        _ => Err(Invalid::one("do", ("choose what is done", "须选择操作"))),
    };
    does((&sandboxes, &visit, &seller), once, ("instances", deed)).await
}

async fn restart(
    State(sandboxes): State<Sandboxes>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ErrandId>,
    once: Once,
) -> Result<Response, Problem> {
    does((&sandboxes, &visit, &seller), once, ("errands", Ok(Deed::Restart(id)))).await
}
