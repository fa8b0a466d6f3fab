//! Cases (调试用例): what has to pass before something is sold, and each case with how it went last.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid, Result,
    id::{ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use policy::{BillingMode, Scenario};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use super::tabs;
use crate::{
    EventType, Found, Production, Trouble,
    actions::{Asked, Kept},
    rules::{
        address::Address,
        case::{Case, CaseResult, Checked, NAME_MAX, WISHES, takes},
        form::CallForm,
        trial::{OLD_STATUSES, SCENES, STATUSES},
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .page("/seller/production/cases", show, Access::Seller)
        .form("/seller/production/cases", keep, Access::Seller)
        .form("/seller/production/cases/run", run_all, Access::Seller)
        .form("/seller/production/cases/{production_case}/run", run, Access::Seller)
        .form("/seller/production/cases/{production_case}/remove", remove, Access::Seller)
        .done()
}

#[derive(Clone, Default, Deserialize)]
struct At {
    /// Whose results are shown.
    #[serde(default)]
    address: String,
}

#[derive(Clone, Default, Deserialize)]
struct Named {
    #[serde(default)]
    call: String,
    #[serde(default)]
    name: String,
}

async fn show(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Query(at): Query<At>,
) -> Result<Page, Problem> {
    page(&production, &visit.view, &seller, (&at.address, &Named::default(), &Mistakes::none())).await
}

async fn page(
    production: &Production,
    view: &View,
    seller: &Seller,
    (at, named, mistakes): (&str, &Named, &Mistakes),
) -> Result<Page, Problem> {
    let mut kept = production.cases(&mut production.app.db.read(), seller).await?;
    kept.addresses.retain(|address| address.key.is_some());
    let chosen = kept.addresses.iter().find(|address| address.id.to_string() == at);
    let chosen = chosen.or(kept.addresses.iter().find(|address| address.in_use)).or(kept.addresses.first());
    let may = seller.may(Permission::Integrate).is_ok();
    let title = view.t("production-cases-title");
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-cases-lead")), &html! {}))
            (tabs(view, "cases"))
            (mistakes.summary(view))
            @if !named.call.is_empty() { (keeping(view, &named.call, &named.name, mistakes)) }
            @match chosen {
                None => (ui::empty(&view.t("production-debug-none"), &view.t("production-debug-none-text"), &ui::button_link("/seller/production", &view.t("production-debug-go"), true))),
                Some(address) => {
                    (asked(view, &kept))
                    (wishes(view, &kept))
                    (own(view, &kept, (address, may)))
                }
            }
        },
    ))
}

/// What the rules of the site ask for, by billing mode, at the address where deliveries go.
fn asked(view: &View, kept: &Kept) -> Markup {
    let used = kept.addresses.iter().find(|address| address.in_use);
    let mut modes: Vec<BillingMode> = kept.asked.iter().map(|asked| asked.billing_mode).collect();
    modes.dedup();
    let open = kept.asked.iter().any(|asked| !asked.passed);
    ui::card(
        Some(&view.t("production-asked")),
        &html! {
            @match used {
                None => p.muted { (view.t("production-none-used")) },
                Some(used) => {
                    p.muted { (view.t("production-asked-text")) }
                    p.address { (used.url) }
                    @if open { p { (view.t("production-asked-how")) } }
                    div.columns {
                        @for mode in &modes {
                            section.stack {
                                h3 { (view.word("production-mode", mode.as_str())) }
                                ul.checklist { @for one in kept.asked.iter().filter(|one| one.billing_mode == *mode) {
                                    (asked_line(view, one, used))
                                } }
                            }
                        }
                    }
                }
            }
        },
    )
}

fn asked_line(view: &View, one: &Asked, used: &Address) -> Markup {
    let name = view.word("production-scenario", one.scenario.as_str());
    html! {
        li.met[one.passed] {
            @if one.passed { (name) span.unseen { " " (view.t("production-passed")) } }
            @else { a href=(debugger(used, one.scenario)) { (name) } }
            " " code.small { (one.called) }
        }
    }
}

/// What is told of authorisation codes at the seller's wish, where deliveries go.
fn wishes(view: &View, kept: &Kept) -> Markup {
    let Some(used) = kept.addresses.iter().find(|address| address.in_use) else { return html! {} };
    let holds = |scenario: Scenario| takes(&kept.cases, &kept.results, (scenario, used.form, used.id));
    ui::card(
        Some(&view.t("production-wishes")),
        &html! {
            p.muted { (view.t("production-wishes-text")) }
            ul.checklist { @for scenario in WISHES.into_iter().flatten() {
                @let name = view.word("production-scenario", scenario.as_str());
                @let holds = holds(*scenario);
                li.met[holds] {
                    @if holds { (name) span.unseen { " " (view.t("production-wish-holds")) } }
                    @else { a href=(debugger(used, *scenario)) { (name) } }
                    " " code.small { (used.form.says(*scenario)) }
                }
            } }
        },
    )
}

/// The debugger with a scenario chosen.
fn debugger(address: &Address, scenario: Scenario) -> String {
    let (activity, word) = address.form.says(scenario).split_once(' ').unwrap_or((address.form.says(scenario), ""));
    let scene = if SCENES.contains(&word) { word } else { SCENES[1] };
    let status = if STATUSES.contains(&word) || OLD_STATUSES.contains(&word) { word } else { STATUSES[0] };
    let (form, id) = (address.form, address.id);
    format!(
        "/seller/production/debugger?form={form}&address={id}&activity={activity}&order=MOCKPERIODYEARNEW&scene={scene}&status={status}"
    )
}

fn own(view: &View, kept: &Kept, (address, may): (&Address, bool)) -> Markup {
    let cases: Vec<&Case> = kept.cases.iter().filter(|case| case.form == address.form).collect();
    let places: Vec<(String, String, bool)> = kept
        .addresses
        .iter()
        .map(|one| (one.url.clone(), format!("/seller/production/cases?address={}", one.id), one.id == address.id))
        .collect();
    html! {
        @if places.len() > 1 { (ui::tabs(&view.t("production-field-address"), &places)) }
        @if let Some(since) = address.cases_asked_at {
            (ui::notice(Tone::Info, &html! { p {
                (view.t("production-cases-running")) " " (view.time(since)) " "
                a href=(format!("/seller/production/cases?address={}", address.id)) { (view.t("production-cases-look")) }
            } }))
        }
        (table(view, &cases, (kept, address, may)))
        @if may && !cases.is_empty() && address.cases_asked_at.is_none() {
            (ui::form(view, "/seller/production/cases/run", &html! {
                input type="hidden" name="address" value=(address.id);
                div.row { button.button.primary type="submit" { (view.t("production-cases-run-all")) } }
            }))
        }
    }
}

fn table(view: &View, cases: &[&Case], (kept, address, may): (&Kept, &Address, bool)) -> Markup {
    let result =
        |case: &Case| kept.results.iter().find(|result| result.case == case.id && result.address == address.id);
    Table::new(view, view.t("production-cases-title"), cases)
        .column(view.t("production-case-name"), |case: &&Case| html! {
            strong { (case.name) } br; (view.word("production-scenario", case.scenario.as_str())) " " code.small { (case.form.says(case.scenario)) }
        })
        .column(view.t("production-result"), move |case| html! { (went(view, result(case))) })
        .column(view.t("production-when"), move |case| html! {
            @match result(case) {
                Some(result) => a href={ "/seller/production/calls/" (result.call) } { (view.time(result.ran_at)) },
                None => span.muted { "–" },
            }
        })
        .column("", move |case| html! { @if may { (steps(view, case, address)) } })
        .empty(ui::empty(
            &view.t("production-cases-none"),
            &view.t("production-cases-none-text"),
            &ui::button_link("/seller/production/debugger", &view.t("production-cases-debug"), true),
        ))
        .render()
}

fn went(view: &View, result: Option<&CaseResult>) -> Markup {
    let Some(result) = result else { return ui::badge(Tone::Plain, &view.t("production-case-open")) };
    if result.passed {
        return ui::badge(Tone::Good, &view.t("production-passed"));
    }
    html! {
        (ui::badge(Tone::Bad, &view.t("production-failed")))
        (what_failed(view, result.trouble.as_deref(), &result.checks))
    }
}

/// What was wrong with an answer, and how each part of it is mended.
pub(super) fn what_failed(view: &View, trouble: Option<&str>, checks: &Checked) -> Markup {
    let said = trouble.and_then(Trouble::read).map(|trouble| trouble.for_seller());
    let failed = checks.iter().filter(|(_, found)| **found == Found::Failed);
    html! {
        @if let Some(said) = said { p.small { (view.of(&said)) } }
        ul.plain.small { @for (check, _) in failed {
            li { (view.word("production-check", check.as_str())) ": " span.muted { (view.word("production-mend", check.as_str())) } }
        } }
    }
}

fn steps(view: &View, case: &Case, address: &Address) -> Markup {
    let does = |what: &str, class: &str, text: &str| {
        ui::form(
            view,
            &format!("/seller/production/cases/{}/{what}", case.id),
            &html! {
                input type="hidden" name="address" value=(address.id);
                button class=(class) type="submit" aria-label={ (text) ": " (case.name) } { (text) }
            },
        )
    };
    html! {
        div.actions {
            (does("run", "button", &view.t("production-case-run")))
            (ui::confirm(view, &view.t("production-remove"), &view.t("production-case-remove-title"), true, &html! {
                p { strong { (case.name) } }
                p { (view.t("production-case-remove-text")) }
                (does("remove", "button danger", &view.t("production-remove")))
            }))
        }
    }
}

/// A call that passed becomes a case by getting a name.
pub(super) fn keeping(view: &View, call: &str, name: &str, mistakes: &Mistakes) -> Markup {
    let (label, most) = (view.t("production-case-name"), NAME_MAX.to_string());
    ui::card(
        Some(&view.t("production-keep-title")),
        &html! {
            p.muted { (view.t("production-keep-text")) }
            (ui::form(view, "/seller/production/cases", &html! {
                input type="hidden" name="call" value=(call);
                (Field::text("name", &label).value(name).required().with("maxlength", most).render(view, mistakes))
                div.row { button.button type="submit" { (view.t("production-keep")) } }
            }))
        },
    )
}

/// The name that a call is offered when it is kept.
pub(super) fn usual_name(view: &View, form: CallForm, activity: &str, (scene, status): (&str, &str)) -> String {
    let scenario = match form {
        CallForm::StandardWebhooks => activity.parse().ok().map(EventType::scenario),
        CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => {
            let fits = |scenario: &Scenario| {
                let mut words = form.says(*scenario).split(' ');
                words.next() == Some(activity) && words.all(|word| word == scene || word == status)
            };
            // What says more stands behind what says less.
            form.scenarios().filter(fits).last()
        }
    };
    scenario.map_or_else(String::new, |scenario| view.word("production-scenario", scenario.as_str()))
}

/// Goes on, or shows the page with what was refused.
async fn answer(
    production: &Production,
    view: &View,
    seller: &Seller,
    (at, named, done): (&str, &Named, Result<Answer, Problem>),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(production, view, seller, (at, named, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn keep(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(named): Form<Named>,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        let wrong = |_| Invalid::one("call", ("choose a call", "须选择一次调用"));
        let call: ProductionCallId = named.call.parse().map_err(wrong)?;
        let (_, result) = production.keep_case(tx, &seller, (call, &named.name)).await?;
        Ok(Answer::see_other(format!("/seller/production/cases?address={}&done=production-case-kept", result.address)))
    });
    answer(&production, &visit.view, &seller, ("", &named, done.await)).await
}

fn address_of(at: &At) -> Result<ProductionAddressId, Invalid> {
    at.address.parse().map_err(|_| Invalid::one("address", ("choose an address", "须选择地址")))
}

fn back(address: ProductionAddressId, done: &str) -> Answer {
    Answer::see_other(format!("/seller/production/cases?address={address}&done={done}"))
}

async fn run_all(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(at): Form<At>,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        let address = address_of(&at)?;
        production.send_all(tx, &seller, address).await?;
        Ok(back(address, "production-cases-asked"))
    });
    answer(&production, &visit.view, &seller, (&at.address, &Named::default(), done.await)).await
}

async fn run(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionCaseId>,
    once: Once,
    Form(at): Form<At>,
) -> Result<Response, Problem> {
    let sending = async {
        // Without an address it goes where deliveries go.
        let address = if at.address.is_empty() { None } else { Some(address_of(&at)?) };
        production.send_case(&seller, id, address).await
    };
    let done = once.run_after(&production.app, sending, async |tx, result| {
        production.save_case_result(tx, &result).await?;
        Ok(back(result.address, if result.passed { "production-case-passed" } else { "production-case-failed" }))
    });
    answer(&production, &visit.view, &seller, (&at.address, &Named::default(), done.await)).await
}

async fn remove(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionCaseId>,
    once: Once,
    Form(at): Form<At>,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        production.drop_case(tx, &seller, id).await?;
        Ok(back(address_of(&at)?, "production-case-removed"))
    });
    answer(&production, &visit.view, &seller, (&at.address, &Named::default(), done.await)).await
}
