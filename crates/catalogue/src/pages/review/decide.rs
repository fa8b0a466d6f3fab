//! Deciding on one listing: who works on it, what it changes, what the checks found, what a person has to look at, and why not.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::id::RevisionId;
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use ui::{Mistakes, Page, Place, Tone, View, badge, notice};

use super::panels;
use crate::{
    Catalogue, RevisionState,
    actions::Bench,
    pages::{
        compare::{Line, Lines, compared_with, whole_with},
        labels::name_of,
    },
    rules::{Decision, Given, Reason, Said},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/products/{revision}", show, Access::Operator)
        .form("/operator/products/{revision}/approval", approve, Access::Operator)
        .form("/operator/products/{revision}/rejection", reject, Access::Operator)
        .form("/operator/products/{revision}/claim", claim, Access::Operator)
        .form("/operator/products/{revision}/release", release, Access::Operator)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
) -> Result<Page, Problem> {
    let bench = catalogue.bench(&mut catalogue.app.db.read(), &operator, id).await?;
    Ok(page(&visit.view, &bench, &Written::default(), &Mistakes::none()))
}

/// What the reviewer has written: answers to the checklist, and reasons by field.
#[derive(Default)]
pub(super) struct Written {
    pub(super) given: Vec<Given>,
    reasons: Vec<Reason>,
}

impl Written {
    fn of(pairs: &[(String, String)]) -> Self {
        let mut written = Self::default();
        let note = |point: &str| pairs.iter().find(|(name, _)| name.strip_prefix("note ") == Some(point));
        for (name, value) in pairs {
            if let (Some(point), Ok(said)) = (name.strip_prefix("said "), value.parse::<Said>()) {
                let note = note(point).map_or_else(String::new, |(_, note)| note.trim().replace("\r\n", "\n"));
                written.given.push(Given { point: point.to_owned(), said, note });
            } else if let Some(field) = name.strip_prefix("reason ").filter(|_| !value.trim().is_empty()) {
                written.reasons.push(Reason { field: field.to_owned(), message: value.trim().replace("\r\n", "\n") });
            }
        }
        written
    }

    fn on(&self, field: &str) -> &str {
        self.reasons.iter().find(|reason| reason.field == field).map_or("", |reason| reason.message.as_str())
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
    let written = Written::of(&pairs);
    let decided = once.run(&catalogue.app, async |tx| {
        let points = catalogue.points(tx, id).await?;
        if written.given.len() < points {
            let hint = ("have to be given to all points before the product is approved", "须逐项作答后才能通过");
            return Err(kernel::Invalid::one("answers", hint).into());
        }
        let decision = (&Decision::Approve, written.given.as_slice());
        let revision = catalogue.decide(tx, &operator, id, decision).await?;
        let done =
            if revision.state == RevisionState::Submitted { "listing-approved-first" } else { "listing-approved" };
        Ok(Answer::see_other(format!("/operator/products?done={done}")))
    });
    let decided = decided.await;
    again(&catalogue, &visit, &operator, (id, &written), decided).await
}

async fn reject(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let written = Written::of(&pairs);
    let decided = once.run(&catalogue.app, async |tx| {
        let decision = Decision::reject(&written.reasons)?;
        catalogue.decide(tx, &operator, id, (&decision, written.given.as_slice())).await?;
        Ok(Answer::see_other("/operator/products?done=listing-rejected"))
    });
    let decided = decided.await;
    again(&catalogue, &visit, &operator, (id, &written), decided).await
}

async fn claim(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Response, Problem> {
    let taken = once.run(&catalogue.app, async |tx| {
        catalogue.claim(tx, &operator, id).await?;
        Ok(Answer::see_other(format!("/operator/products/{id}?done=review-claimed")))
    });
    let taken = taken.await;
    again(&catalogue, &visit, &operator, (id, &Written::default()), taken).await
}

async fn release(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<RevisionId>,
    once: Once,
) -> Result<Response, Problem> {
    let left = once.run(&catalogue.app, async |tx| {
        catalogue.release_claim(tx, &operator, id).await?;
        Ok(Answer::see_other("/operator/products?done=review-released"))
    });
    let left = left.await;
    again(&catalogue, &visit, &operator, (id, &Written::default()), left).await
}

async fn again(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    (id, written): (RevisionId, &Written),
    decided: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match decided {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let bench = catalogue.bench(&mut catalogue.app.db.read(), operator, id).await?;
            Ok(page(&visit.view, &bench, written, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, bench: &Bench, written: &Written, mistakes: &Mistakes) -> Page {
    let revision = &bench.revision;
    let title = name_of(view, &revision.content.listing.name);
    let waits = revision.state == RevisionState::Submitted;
    let body = html! {
        div.with-aside {
            div.stack.wide {
                @if waits { (objecting(view, bench, written, mistakes)) } @else { (changes(view, bench, |_| html! {})) }
            }
            aside.stack {
                (panels::about(view, bench))
                (panels::checks(view, bench))
                @if waits { (panels::deciding(view, bench, written, mistakes)) } @else { (panels::answers(view, bench)) }
                (panels::history(view, bench))
            }
        }
    };
    ui::page(
        view,
        Place::Operator("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/operator/products" { (view.t("listing-queue-title")) } }
            (ui::header(&title, Some(&bench.seller.name), &html! {
                (measure(view, bench))
                a.button href={ "/operator/products/" (revision.id) "/preview" } { (view.t("listing-preview")) }
            }))
            (mistakes.summary(view))
            @if waits {
                (holding(view, bench))
                (ui::form(view, &format!("/operator/products/{}/approval", revision.id), &body))
            } @else { (body) }
        },
    )
}

/// Who works on the case, and the way to take or to leave it.
fn holding(view: &View, bench: &Bench) -> Markup {
    let step = |verb: &str, text: String| {
        let action = format!("/operator/products/{}/{verb}", bench.revision.id);
        ui::form(view, &action, &html! { div.row { button.button type="submit" { (text) } } })
    };
    html! {
        @if let Some(first) = &bench.approved_first {
            (notice(Tone::Info, &html! {
                strong { (view.t("review-second-title")) }
                p { (view.ta("review-second-text", &[("name", first.as_str().into())])) }
            }))
        }
        @match &bench.holder {
            Some(holder) => {
                div.spread.card {
                    p {
                        (badge(if holder.is_me { Tone::Good } else { Tone::Warn }, &view.t("review-taken")))
                        " " (if holder.is_me { view.t("review-taken-by-you") } else { view.ta("review-taken-by", &[("name", holder.name.as_str().into())]) })
                        " " (view.t("review-taken-until")) " " (view.time(holder.until))
                    }
                    @if holder.may_release { (step("release", view.t("review-release"))) }
                }
            }
            None => {
                div.spread.card {
                    p.muted { (view.t("review-free")) }
                    (step("claim", view.t("review-claim")))
                }
            }
        }
    }
}

/// Beside what is on sale; a first version is beside nothing.
fn changes(view: &View, bench: &Bench, note: impl Fn(&Line) -> Markup) -> Markup {
    // A file that is the same has the same name beside it.
    let after = Lines::of(view, &bench.revision.content.listing, (&bench.files, &bench.policy));
    let before = bench.on_sale.as_ref().map(|release| Lines::of(view, &release.listing, (&bench.files, &bench.policy)));
    if let Some(before) = before {
        return compared_with(view, &before, &after, note);
    }
    html! {
        p.small.muted { (view.t("listing-nothing-on-sale")) }
        (whole_with(view, &after, note))
    }
}

/// The changes, each with what the checks found in it and a place for an objection; below them what to say of the whole.
fn objecting(view: &View, bench: &Bench, written: &Written, mistakes: &Mistakes) -> Markup {
    let note = |line: &Line| {
        let reason = written.on(&line.path);
        html! {
            (panels::found_in(view, bench, &line.path))
            details.object open[!reason.is_empty()] {
                summary.small { (view.t("listing-object")) }
                textarea name={ "reason " (line.path) } rows="2" maxlength="1000"
                    aria-label=(view.ta("listing-object-to", &[("field", line.label.as_str().into())])) { (reason) }
            }
        }
    };
    html! {
        (changes(view, bench, note))
        section.card id="reject" {
            h2 { (view.t("listing-reject-title")) }
            p.muted { (view.t("listing-reject-text")) }
            div.field {
                label for="f-reasons" { (view.t("listing-reject-whole")) }
                textarea id="f-reasons" name="reason " rows="3" maxlength="1000" { (written.on("")) }
                (mistakes.beside("reasons"))
            }
        }
    }
}

/// The way to act against the product itself, once it has been listed.
fn measure(view: &View, bench: &Bench) -> Markup {
    let listed = bench.on_sale.is_some() || bench.revision.state == RevisionState::Approved;
    let path = format!("/operator/listings/{}/measure", bench.revision.product_id);
    html! { @if listed { a.button.quiet href=(path) { (view.t("measure-take")) } } }
}
