//! Proposed measures: the queue, what each rests on, accepting and dismissing it; and the probes of all sellers' systems.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    PageQuery, Timestamp,
    id::{AccountId, ProposalId},
    text::Lang,
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use production::{Probe, ProbeOutcome, Trouble};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use super::{
    measures::{Typed, stating},
    removals::queues,
};
use crate::{
    Catalogue,
    actions::{Evidence, Proposed},
    rules::{Occasion, ProposalState, STATEMENT_MAX},
};

/// Days for which a freeze is offered; whoever accepts may choose another day.
const FREEZE_DAYS: i64 = 14;

/// So many failed cases are named in the statement that is offered; all of them stand beside it.
const NAMED_MAX: usize = 10;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/proposals", list, Access::Operator)
        .page("/operator/proposals/{measure_proposal}", show, Access::Operator)
        .form("/operator/proposals/{measure_proposal}/acceptance", accept, Access::Operator)
        .form("/operator/proposals/{measure_proposal}/dismissal", dismiss, Access::Operator)
        .page("/operator/probes", probes, Access::Operator)
        .done()
}

#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The list shows what waits, unless all are asked for.
const ALL: &str = "all";

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Page, Problem> {
    let Wanted { state, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let view = &visit.view;
    let all = state.as_deref() == Some(ALL);
    let state = (!all).then_some(ProposalState::Open);
    let found = catalogue.all_proposals(&mut catalogue.app.db.read(), &operator, state, page).await?;
    let title = view.t("proposal-list");
    let ways = [
        (view.word("proposal-state", ProposalState::Open.as_str()), "/operator/proposals".to_owned(), !all),
        (view.t("measure-all"), format!("/operator/proposals?state={ALL}"), all),
    ];
    let table = Table::new(view, &title, &found.items)
        .column(
            view.t("listing-list-product"),
            |one: &Proposed| html! { a href={ "/operator/proposals/" (one.proposal.id) } { (view.of(&one.product)) } },
        )
        .column(view.t("listing-queue-seller"), |one| html! { (one.seller) })
        .column(
            view.t("proposal-measure"),
            |one| html! { (view.word("measure-kind", one.proposal.occasion.measure().as_str())) },
        )
        .column(view.t("proposal-occasion"), |one| html! { (why(view, one)) })
        .column(view.t("listing-list-state"), |one| badge(view, one.proposal.state))
        .column(view.t("proposal-proposed-at"), |one| view.time(one.proposal.proposed_at))
        .empty(ui::empty(&view.t("proposal-none"), &view.t("proposal-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("proposal-list-lead")), &html! {}))
        (ui::tabs(&view.t("sale-queues"), &queues(view, "/operator/proposals")))
        (ui::tabs(&title, &ways))
        (table)
    };
    Ok(ui::page(view, Place::Operator("products"), &title, &body))
}

fn badge(view: &View, state: ProposalState) -> Markup {
    let tone = match state {
        ProposalState::Open => Tone::Warn,
        ProposalState::Accepted => Tone::Bad,
        ProposalState::Mended => Tone::Good,
        ProposalState::Dismissed | ProposalState::Moot => Tone::Plain,
    };
    ui::badge(tone, &view.word("proposal-state", state.as_str()))
}

fn why(view: &View, one: &Proposed) -> String {
    let count = [("count", one.proposal.count.into())];
    match one.proposal.occasion {
        Occasion::Probing => view.ta("proposal-by-probing", &count),
        Occasion::FailedOrders => view.ta("proposal-by-orders", &count),
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
) -> Result<Page, Problem> {
    let found = catalogue.inspect_proposal(&mut catalogue.app.db.read(), &operator, id).await?;
    let zone = catalogue.policies.current().await?.zone();
    let day = |moment: Timestamp| moment.format("%Y-%m-%d", &zone);
    let typed = offered(&visit.view, &found, (day(found.0.proposal.since), day(later(&catalogue))));
    Ok(page(&visit.view, &found, (&typed, ""), &Mistakes::none()))
}

fn later(catalogue: &Catalogue) -> Timestamp {
    catalogue.app.clock.now().plus_days(FREEZE_DAYS)
}

/// The statement of reasons as it may be taken over, in the reader's language.
fn offered(view: &View, (found, evidence): &(Proposed, Evidence), (since, until): (String, String)) -> Typed {
    let proposal = &found.proposal;
    let name = view.of(&found.product);
    let args = [("name", name.into()), ("count", proposal.count.into()), ("since", since.as_str().into())];
    let kind = proposal.occasion.measure().as_str().to_owned();
    match proposal.occasion {
        Occasion::Probing => {
            let failed: Vec<&str> =
                evidence.probe.iter().flat_map(|probe| &probe.failed).map(|case| case.name.as_str()).collect();
            let (joint, gap) = match view.lang {
                Lang::En => (", ", " "),
                Lang::Zh => ("、", ""),
            };
            let named = failed.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(joint);
            let count = i64::try_from(failed.len()).unwrap_or(i64::MAX);
            let of_cases = [("cases", named.as_str().into()), ("count", count.into())];
            let cases = if failed.len() > NAMED_MAX {
                view.ta("proposal-facts-many-cases", &of_cases)
            } else {
                view.ta("proposal-facts-cases", &of_cases)
            };
            Typed {
                kind,
                rule: view.t("proposal-rule-probing"),
                facts: format!("{}{gap}{cases}", view.ta("proposal-facts-probing", &args)),
                remedy: view.t("proposal-remedy-probing"),
                until,
            }
        }
        Occasion::FailedOrders => Typed {
            kind,
            rule: view.t("proposal-rule-orders"),
            facts: view.ta("proposal-facts-orders", &args),
            remedy: view.t("proposal-remedy-orders"),
            until: String::new(),
        },
    }
}

async fn accept(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let zone = catalogue.policies.current().await?.zone();
    let taken = once.run(&catalogue.app, async |tx| {
        let measure = catalogue.accept_proposal(tx, &operator, id, &typed.statement(&zone)?).await?;
        Ok(Answer::see_other(format!("/operator/measures/{}?done=measure-taken", measure.id)))
    });
    match taken.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let found = catalogue.inspect_proposal(&mut catalogue.app.db.read(), &operator, id).await?;
            Ok(page(&visit.view, &found, (&typed, ""), &mistakes).refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Why {
    reason: String,
}

async fn dismiss(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProposalId>,
    once: Once,
    Form(why): Form<Why>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.dismiss_proposal(tx, &operator, id, &why.reason).await?;
        Ok(Answer::see_other("/operator/proposals?done=proposal-dismissed"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let found = catalogue.inspect_proposal(&mut catalogue.app.db.read(), &operator, id).await?;
            let zone = catalogue.policies.current().await?.zone();
            let day = |moment: Timestamp| moment.format("%Y-%m-%d", &zone);
            let typed = offered(&visit.view, &found, (day(found.0.proposal.since), day(later(&catalogue))));
            Ok(page(&visit.view, &found, (&typed, &why.reason), &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, found: &(Proposed, Evidence), (typed, reason): (&Typed, &str), mistakes: &Mistakes) -> Page {
    let (one, evidence) = found;
    let proposal = &one.proposal;
    let title = view.ta("proposal-title", &[("name", view.of(&one.product).into())]);
    let open = proposal.state == ProposalState::Open;
    let why_not = view.t("proposal-dismiss-reason");
    let body = html! {
        nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/proposals" { (view.t("proposal-list")) } }
        (ui::header(&title, Some(&one.seller), &html! {}))
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                (ui::card(Some(&view.t("proposal-evidence")), &html! {
                    (ui::facts(&facts(view, one)))
                    (rests_on(view, one, evidence))
                }))
                @if open {
                    (ui::card(Some(&view.t("proposal-accept")), &stating(view, (&format!("/operator/proposals/{}/acceptance", proposal.id), &view.t("proposal-accept")), typed, mistakes)))
                }
            }
            aside.stack {
                @if open {
                    (ui::card(Some(&view.t("proposal-dismiss")), &html! {
                        p.muted { (view.t("proposal-dismiss-text")) }
                        (ui::form(view, &format!("/operator/proposals/{}/dismissal", proposal.id), &html! {
                            (Field::area("reason", &why_not, 3).value(reason).required().with("maxlength", STATEMENT_MAX.to_string()).render(view, mistakes))
                            div.row { button.button type="submit" { (view.t("proposal-dismiss")) } }
                        }))
                    }))
                }
                @if let Some(measure) = proposal.measure_id {
                    (ui::card(Some(&view.t("proposal-taken")), &html! { p { a href={ "/operator/measures/" (measure) } { (view.t("proposal-taken-open")) } } }))
                }
            }
        }
    };
    ui::page(view, Place::Operator("products"), &title, &body)
}

fn facts(view: &View, one: &Proposed) -> Vec<(String, Markup)> {
    let proposal = &one.proposal;
    let mut rows = vec![
        (view.t("proposal-measure"), html! { (view.word("measure-kind", proposal.occasion.measure().as_str())) }),
        (view.t("listing-list-state"), badge(view, proposal.state)),
        (view.t("proposal-occasion"), html! { (why(view, one)) }),
        (view.t("proposal-since"), view.time(proposal.since)),
        (view.t("proposal-proposed-at"), view.time(proposal.proposed_at)),
        (
            view.t("listing-list-product"),
            html! { a href={ "/products/" (proposal.product_id) } { (view.of(&one.product)) } },
        ),
    ];
    if let Some(ended) = proposal.ended_at {
        rows.push((view.t("proposal-ended-at"), view.time(ended)));
    }
    if let Some(answer) = &proposal.answer {
        rows.push((view.t("proposal-dismiss-reason"), html! { (answer) }));
    }
    rows
}

/// The cases or the orders that failed.
fn rests_on(view: &View, one: &Proposed, evidence: &Evidence) -> Markup {
    let seller = one.proposal.account_id;
    match one.proposal.occasion {
        Occasion::Probing => html! {
            @if !evidence.still_fails { (ui::notice(Tone::Good, &html! { p { (view.t("proposal-passes-again")) } })) }
            @if let Some(probe) = &evidence.probe {
                p { (view.t("proposal-last-failed")) " " (view.time(probe.begun_at)) " " span.address { (probe.url) } }
                (failed_cases(view, probe))
            }
            p { a href={ "/operator/probes?seller=" (seller) } { (view.t("proposal-probes")) } }
        },
        Occasion::FailedOrders => html! {
            ul { @for order in &evidence.orders {
                li {
                    a href={ "/operator/orders/" (order.order_id) } { (view.time(order.failed_at)) }
                    @if let Some(trouble) = Trouble::read(&order.trouble) { " " span.small { (view.of(&trouble.for_seller())) } }
                }
            } }
        },
    }
}

fn failed_cases(view: &View, probe: &Probe) -> Markup {
    html! {
        ul { @for case in &probe.failed {
            li {
                strong { (case.name) } " " code.small { (probe.form.says(case.scenario)) }
                @if let Some(trouble) = case.trouble.as_deref().and_then(Trouble::read) { p.small.muted { (view.of(&trouble.for_seller())) } }
            }
        } }
    }
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    seller: String,
    cursor: Option<String>,
}

async fn probes(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    Query(Whose { seller, cursor }): Query<Whose>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor, limit: None }.checked().map_err(kernel::Error::from)?;
    let view = &visit.view;
    let seller: Option<AccountId> = seller.parse().ok();
    let tx = &mut catalogue.app.db.read();
    let found = catalogue.production.all_probes(tx, &operator, seller, page).await?;
    let mut rows = Vec::with_capacity(found.items.len());
    for probe in found.items {
        rows.push((catalogue.accounts.find(tx, probe.seller).await?.name, probe));
    }
    let title = view.t("probe-list");
    let table = Table::new(view, &title, &rows)
        .column(view.t("probe-begun-at"), |(_, probe): &(String, Probe)| view.time(probe.begun_at))
        .column(
            view.t("listing-queue-seller"),
            |(name, probe)| html! { a href={ "/operator/probes?seller=" (probe.seller) } { (name) } },
        )
        .column(view.t("probe-address"), |(_, probe)| html! { span.address { (probe.url) } })
        .column(view.t("probe-outcome"), |(_, probe)| {
            html! {
                (ui::badge(tone(probe.outcome), &view.word("probe-outcome", probe.outcome.as_str())))
                (failed_cases(view, probe))
            }
        })
        .empty(ui::empty(&view.t("probe-none"), &view.t("probe-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("probe-list-lead")), &html! {}))
        (ui::tabs(&view.t("sale-queues"), &queues(view, "/operator/probes")))
        @if seller.is_some() { p { a href="/operator/probes" { (view.t("probe-all")) } } }
        (table)
    };
    Ok(ui::page(view, Place::Operator("products"), &title, &body))
}

fn tone(outcome: ProbeOutcome) -> Tone {
    match outcome {
        ProbeOutcome::Running => Tone::Info,
        ProbeOutcome::Passed => Tone::Good,
        ProbeOutcome::Failed => Tone::Bad,
        ProbeOutcome::GivenUp => Tone::Plain,
    }
}
