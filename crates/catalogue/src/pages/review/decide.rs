//! Deciding on one listing: what it changes, what the rules say, what a person has to look at, and why not.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, Timestamp, choices, id::RevisionId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use ui::{Mistakes, Page, Place, Tone, View, badge};

use super::queue::due;
use crate::{
    Catalogue, RevisionState,
    actions::Bench,
    pages::{
        compare::{Line, Lines, compared_with, whole_with},
        labels::{field_label, name_of, revision_badge},
    },
    rules::{Decision, Reason},
};

choices! {
    /// What no rule can check.
    enum Point {
        Honest = "honest",
        Lawful = "lawful",
        Languages = "languages",
        Prices = "prices",
        Agreement = "agreement",
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/products/{revision}", show, Access::Operator)
        .form("/operator/products/{revision}/approval", approve, Access::Operator)
        .form("/operator/products/{revision}/rejection", reject, Access::Operator)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Result<Page, Problem> {
    let bench = catalogue.bench(&mut catalogue.app.db.read(), &operator, id).await?;
    Ok(page(&visit.view, &bench, catalogue.app.clock.now(), &Said::default(), &Mistakes::none()))
}

/// What the reviewer has said: ticked points, and reasons by field.
#[derive(Default)]
struct Said {
    ticked: Vec<String>,
    reasons: Vec<Reason>,
}

impl Said {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut said = Self::default();
        for (name, value) in pairs {
            if name == "point" {
                said.ticked.push(value);
            } else if let Some(field) = name.strip_prefix("reason ").filter(|_| !value.trim().is_empty()) {
                said.reasons.push(Reason { field: field.to_owned(), message: value.trim().replace("\r\n", "\n") });
            }
        }
        said
    }

    fn on(&self, field: &str) -> &str {
        self.reasons.iter().find(|reason| reason.field == field).map_or("", |reason| reason.message.as_str())
    }

    /// Every point has been looked at.
    fn checked(&self) -> Result<(), Invalid> {
        let all = Point::ALL.iter().all(|point| self.ticked.iter().any(|ticked| ticked == point.as_str()));
        let hint = ("have to be ticked, all of them, before the product is approved", "须全部勾选后才能通过");
        if all { Ok(()) } else { Err(Invalid::one("points", hint)) }
    }
}

async fn approve(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let said = Said::of(pairs);
    let decided = once.run(&catalogue.app, async |tx| {
        said.checked()?;
        catalogue.decide(tx, &operator, id, &Decision::Approve).await?;
        Ok(Answer::see_other("/operator/products?done=listing-approved"))
    });
    let decided = decided.await;
    again(&catalogue, &visit, &operator, id, &said, decided).await
}

async fn reject(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let said = Said::of(pairs);
    let decided = once.run(&catalogue.app, async |tx| {
        let decision = Decision::reject(&said.reasons)?;
        catalogue.decide(tx, &operator, id, &decision).await?;
        Ok(Answer::see_other("/operator/products?done=listing-rejected"))
    });
    let decided = decided.await;
    again(&catalogue, &visit, &operator, id, &said, decided).await
}

async fn again(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    id: RevisionId,
    said: &Said,
    decided: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match decided {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let bench = catalogue.bench(&mut catalogue.app.db.read(), operator, id).await?;
            Ok(page(&visit.view, &bench, catalogue.app.clock.now(), said, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, bench: &Bench, now: Timestamp, said: &Said, mistakes: &Mistakes) -> Page {
    let revision = &bench.revision;
    let title = name_of(view, &revision.content.listing.name);
    let waits = revision.state == RevisionState::Submitted;
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/products" { (view.t("listing-queue-title")) } }
            (ui::header(&title, Some(&bench.seller.name), &html! {
                a.button href={ "/operator/products/" (revision.id) "/preview" } { (view.t("listing-preview")) }
            }))
            (mistakes.summary(view))
            div.with-aside {
                div.stack.wide {
                    @if waits { (rejecting(view, bench, said, mistakes)) } @else { (changes(view, bench, |_| html! {})) }
                }
                aside.stack {
                    (about(view, bench, now))
                    (automatic(view, bench))
                    @if waits { (approving(view, bench, said, mistakes)) }
                    (history(view, bench))
                }
            }
        },
    )
}

/// Beside what is on sale; a first version is beside nothing.
fn changes(view: &View, bench: &Bench, note: impl Fn(&Line) -> Markup) -> Markup {
    // A file that is the same has the same name beside it.
    let after = Lines::of(view, &bench.revision.content.listing, &bench.files);
    let before = bench.on_sale.as_ref().map(|release| Lines::of(view, &release.listing, &bench.files));
    if let Some(before) = before {
        return compared_with(view, &before, &after, note);
    }
    html! {
        p.small.muted { (view.t("listing-nothing-on-sale")) }
        (whole_with(view, &after, note))
    }
}

/// The changes with a place for an objection beside each, and below them what to say of the whole.
fn rejecting(view: &View, bench: &Bench, said: &Said, mistakes: &Mistakes) -> Markup {
    let note = |line: &Line| {
        let reason = said.on(&line.path);
        html! {
            details.object open[!reason.is_empty()] {
                summary.small { (view.t("listing-object")) }
                textarea name={ "reason " (line.path) } rows="2" maxlength="1000"
                    aria-label=(view.ta("listing-object-to", &[("field", line.label.as_str().into())])) { (reason) }
            }
        }
    };
    let action = format!("/operator/products/{}/rejection", bench.revision.id);
    ui::form(
        view,
        &action,
        &html! {
            (changes(view, bench, note))
            section.card id="reject" {
                h2 { (view.t("listing-reject-title")) }
                p.muted { (view.t("listing-reject-text")) }
                div.field {
                    label for="f-reasons" { (view.t("listing-reject-whole")) }
                    textarea id="f-reasons" name="reason " rows="3" maxlength="1000" { (said.on("")) }
                    (mistakes.beside("reasons"))
                }
                div.row { button.button.danger type="submit" { (view.t("listing-reject")) } }
            }
        },
    )
}

fn about(view: &View, bench: &Bench, now: Timestamp) -> Markup {
    let revision = &bench.revision;
    let kind = if revision.number == 1 { view.t("listing-first") } else { revision.number.to_string() };
    let mut rows = vec![
        (view.t("listing-list-state"), revision_badge(view, revision.state)),
        (view.t("listing-version-number"), html! { (kind) }),
        (view.t("listing-submitted-at"), view.time(revision.submitted_at)),
    ];
    match revision.decided_at {
        Some(at) => rows.push((view.t("listing-decided-at"), view.time(at))),
        None => rows.push((view.t("listing-due-at"), due(view, revision, now))),
    }
    if let Some(file) = &bench.agreement {
        let link = html! { a href={ "/documents/" (file.id) } { (file.name) } " " span.small.muted { (view.size(file.size)) } };
        rows.push((view.t("listing-agreement"), link));
    }
    for file in bench.files.values().filter(|file| file.purpose.is_paper()) {
        let link = html! { a href={ "/documents/" (file.id) } { (file.name) } " " span.small.muted { (view.size(file.size)) } };
        rows.push((view.word("release-purpose", file.purpose.as_str()), link));
    }
    ui::card(
        None,
        &html! {
            (ui::facts(&rows))
            @if !revision.reasons.is_empty() {
                ul { @for reason in &revision.reasons.0 { li { strong { (field_label(view, &revision.content.listing, &reason.field)) } ": " (reason.message) } } }
            }
        },
    )
}

/// What the rules say today about what was submitted.
fn automatic(view: &View, bench: &Bench) -> Markup {
    ui::card(
        Some(&view.t("listing-automatic")),
        &html! {
            @if bench.mistakes.is_empty() {
                p { (badge(Tone::Good, &view.t("listing-automatic-good"))) " " span.muted { (view.t("listing-automatic-text")) } }
            } @else {
                p { (badge(Tone::Bad, &view.t("listing-automatic-bad"))) }
                ul {
                    @for wrong in &bench.mistakes {
                        li { strong { (field_label(view, &bench.revision.content.listing, &wrong.field)) } ": " (wrong.message.of(view.lang)) }
                    }
                }
            }
        },
    )
}

fn approving(view: &View, bench: &Bench, said: &Said, mistakes: &Mistakes) -> Markup {
    let action = format!("/operator/products/{}/approval", bench.revision.id);
    ui::card(
        Some(&view.t("listing-decide")),
        &ui::form(
            view,
            &action,
            &html! {
                fieldset.points id="f-points" {
                    legend { (view.t("listing-points")) }
                    @for point in Point::ALL {
                        label.tick {
                            input type="checkbox" name="point" value=(point.as_str()) required
                                checked[said.ticked.iter().any(|ticked| ticked == point.as_str())];
                            (view.word("listing-point", point.as_str()))
                        }
                    }
                    (mistakes.beside("points"))
                }
                button.button.primary.wide type="submit" { (view.t("listing-approve")) }
                p.small.muted { (view.t("listing-approve-hint")) }
                a.button.danger.wide href="#reject" { (view.t("listing-reject-way")) }
            },
        ),
    )
}

fn history(view: &View, bench: &Bench) -> Markup {
    ui::card(
        Some(&view.t("listing-history")),
        &html! {
            ol.timeline {
                @for revision in &bench.history {
                    li {
                        span.timeline-title {
                            a href={ "/operator/products/" (revision.id) } aria-current=[(revision.id == bench.revision.id).then_some("page")] {
                                (view.ta("listing-version-n", &[("number", revision.number.into())]))
                            }
                            " " (revision_badge(view, revision.state))
                        }
                        (view.time(revision.submitted_at))
                    }
                }
            }
        },
    )
}
