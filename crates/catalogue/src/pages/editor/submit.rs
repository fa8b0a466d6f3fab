//! The last section: what is still to be done, sending the draft for review, taking it back, throwing it away; and the
//! product as buyers will see it.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    FieldError,
    id::{ProductId, RevisionId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use policy::AccessType;
use serde::Deserialize;
use ui::{Mistakes, Page, Tone, View, notice};

use super::{answer, frame, listed, objections, path};
use crate::{
    Catalogue, ProductState, RevisionState,
    actions::Desk,
    pages::{labels::field_label, review::verdict_badge},
    rules::{CheckResult, Finding, Requirement, Section, lies_in, requirements, section_of},
    store::Revision,
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/submit", show, Access::Seller)
        .form("/seller/products/{product}/submit", submit, Access::Seller)
        .form("/seller/products/{product}/withdraw", withdraw, Access::Seller)
        .form("/seller/products/{product}/discard", discard, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let mut tx = catalogue.app.db.read();
    let desk = catalogue.desk(&mut tx, &seller, id).await?;
    let findings = catalogue.findings(&mut tx, &seller, id).await?;
    Ok(page(&visit.view, &desk, &findings, &Mistakes::none()))
}

async fn submit(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Response, Problem> {
    let sent = once.run(&catalogue.app, async |tx| {
        catalogue.submit(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("{}?done=listing-submitted", path(id, Section::Submit))))
    });
    again(&catalogue, &visit, &seller, id, sent.await).await
}

#[derive(Deserialize)]
struct Which {
    revision: RevisionId,
}

async fn withdraw(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let taken = once.run(&catalogue.app, async |tx| {
        catalogue.withdraw(tx, &seller, which.revision).await?;
        Ok(Answer::see_other(format!("{}?done=listing-withdrawn", path(id, Section::Submit))))
    });
    again(&catalogue, &visit, &seller, id, taken.await).await
}

/// The page again, after something on it was refused.
async fn again(
    catalogue: &Catalogue,
    visit: &Visit,
    seller: &Seller,
    id: ProductId,
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    let findings =
        if done.is_ok() { Vec::new() } else { catalogue.findings(&mut catalogue.app.db.read(), seller, id).await? };
    answer(catalogue, visit, seller, id, done, |view, desk, mistakes| page(view, desk, &findings, mistakes)).await
}

async fn discard(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Response, Problem> {
    let gone = once.run(&catalogue.app, async |tx| {
        catalogue.discard(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/products?done=listing-discarded"))
    });
    match gone.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => again(&catalogue, &visit, &seller, id, Err(problem)).await,
    }
}

fn page(view: &View, desk: &Desk, findings: &[Finding], mistakes: &Mistakes) -> Page {
    let wanted = requirements(desk.listing(), &desk.policy, &desk.mistakes);
    frame(
        view,
        desk,
        Section::Submit,
        &html! {
            (mistakes.summary(view))
            (reviewed(view, desk))
            div.with-aside {
                div.stack.wide {
                    (ui::card(Some(&view.t("listing-todo")), &todo(view, desk, &wanted)))
                    (looked_for(view, desk, findings))
                }
                aside.stack { (sending(view, desk)) (discarding(view, desk)) }
            }
        },
    )
}

/// What became of the last submission.
fn reviewed(view: &View, desk: &Desk) -> Markup {
    let Some(revision) = &desk.latest else { return html! {} };
    let number = [("number", revision.number.into())];
    match revision.state {
        RevisionState::Submitted => notice(
            Tone::Info,
            &html! {
                strong { (view.ta("listing-waiting-title", &number)) }
                p { (view.t("listing-waiting-text")) " " (view.time(revision.due_at)) }
            },
        ),
        RevisionState::Rejected => notice(
            Tone::Bad,
            &html! {
                strong { (view.ta("listing-rejected-title", &number)) }
                @if desk.objections.is_empty() { p { (view.t("review-objections-met")) } }
                ul { @for field in &objections(desk) { li { (listed(view, desk, field)) } } }
            },
        ),
        RevisionState::Withdrawn | RevisionState::Approved | RevisionState::Superseded => html! {},
    }
}

/// All that a listing has to say, section by section; what is missing first of all.
fn todo(view: &View, desk: &Desk, wanted: &[Requirement]) -> Markup {
    let open: Vec<&Requirement> = wanted.iter().filter(|one| !one.met).collect();
    let missing = |one: &Requirement| desk.mistakes.iter().find(|mistake| lies_in(&mistake.field, &one.field));
    html! {
        @if open.is_empty() {
            p { (view.t("listing-all-met")) }
        } @else {
            p.muted { (view.ta("listing-still-open", &[("count", open.len().into())])) }
        }
        div.todos { @for section in Section::ALL {
            @let own: Vec<&Requirement> = wanted.iter().filter(|one| one.section == *section).collect();
            @if !own.is_empty() {
                section.todo {
                    h3 { (view.word("listing-section", section.as_str())) }
                    ul.checklist {
                        @for one in &own { (todo_line(view, desk, one, missing(one))) }
                    }
                }
            }
        }
    } }
}

fn todo_line(view: &View, desk: &Desk, one: &Requirement, wrong: Option<&FieldError>) -> Markup {
    let label = field_label(view, desk.listing(), &one.field);
    html! {
        li.met[one.met] {
            @if let Some(wrong) = wrong.filter(|_| !one.met) {
                a href=(target(desk.product.id, one.section, &wrong.field)) { (label) }
                " " span.small.muted { (wrong.message.of(view.lang)) }
                @if is_of_system(desk, wrong) {
                    " " a.small href="/seller/production" { (view.t("listing-add-system")) }
                    " " a.small href="/seller/production/debugger" { (view.t("listing-debug-system")) }
                }
            } @else {
                (label) span.unseen { " " (view.t("ui-step-done")) }
            }
        }
    }
}

/// Whether it is mended on another page than the listing's.
fn is_of_system(desk: &Desk, wrong: &FieldError) -> bool {
    wrong.field == "access_type" && desk.listing().access_type == AccessType::Saas
}

/// What the checks will say, so that it can be mended before a reviewer sees it.
fn looked_for(view: &View, desk: &Desk, findings: &[Finding]) -> Markup {
    let found = |finding: &Finding| {
        let section = section_of(&finding.field);
        html! {
            li {
                (verdict_badge(view, finding.verdict)) " "
                a href=(target(desk.product.id, section, &finding.field)) { (field_label(view, desk.listing(), &finding.field)) }
                " " (finding.message.of(view.lang))
            }
        }
    };
    ui::card(
        Some(&view.t("review-checks")),
        &html! {
            @if findings.is_empty() { p { (verdict_badge(view, CheckResult::Passed)) " " span.muted { (view.t("review-checks-good")) } } }
            @else {
                p.muted { (view.t("review-checks-found")) }
                ul.plain { @for finding in findings { (found(finding)) } }
            }
        },
    )
}

/// The page and the place where a field can be filled in.
fn target(id: ProductId, section: Section, field: &str) -> String {
    let spec =
        field.strip_prefix("specs[").and_then(|rest| rest.split(']').next()).filter(|_| section == Section::Prices);
    let spec = spec.map(|spec| format!("spec={spec}&")).unwrap_or_default();
    format!("{}?{spec}check=1#f-{field}", path(id, section))
}

fn sending(view: &View, desk: &Desk) -> Markup {
    let waiting = desk.latest.as_ref().filter(|revision| revision.state == RevisionState::Submitted);
    match waiting {
        Some(revision) => ui::card(Some(&view.t("listing-under-review")), &withdrawing(view, desk, revision)),
        None => ui::card(
            Some(&view.t("listing-submit-title")),
            &html! {
                p { (view.ta("listing-submit-text", &[("days", desk.policy.review.product_days.into())])) }
                @if desk.mistakes.is_empty() {
                    (ui::confirm(view, &view.t("listing-submit"), &view.t("listing-submit-sure"), false, &html! {
                        p { (view.t("listing-submit-sure-text")) }
                        (ui::form(view, &path(desk.product.id, Section::Submit), &html! {
                            div.row { button.button.primary type="submit" { (view.t("listing-submit")) } }
                        }))
                    }))
                } @else {
                    div.row { button.button type="button" disabled { (view.t("listing-submit")) } }
                    p.small.muted { (view.t("listing-submit-not-yet")) }
                }
            },
        ),
    }
}

fn withdrawing(view: &View, desk: &Desk, revision: &Revision) -> Markup {
    let action = format!("/seller/products/{}/withdraw", desk.product.id);
    html! {
        p { (view.t("listing-withdraw-text")) }
        (ui::confirm(view, &view.t("listing-withdraw"), &view.t("listing-withdraw-sure"), true, &html! {
            p { (view.t("listing-withdraw-sure-text")) }
            (ui::form(view, &action, &html! {
                input type="hidden" name="revision" value=(revision.id);
                div.row { button.button.danger type="submit" { (view.t("listing-withdraw")) } }
            }))
        }))
    }
}

/// A draft that was never submitted can be thrown away.
fn discarding(view: &View, desk: &Desk) -> Markup {
    if desk.latest.is_some() || desk.product.state != ProductState::Draft {
        return html! {};
    }
    ui::card(
        Some(&view.t("listing-discard-title")),
        &html! {
            p.muted { (view.t("listing-discard-text")) }
            (ui::confirm(view, &view.t("listing-discard"), &view.t("listing-discard-sure"), true, &html! {
                p { (view.t("listing-discard-sure-text")) }
                (ui::form(view, &format!("/seller/products/{}/discard", desk.product.id), &html! {
                    div.row { button.button.danger type="submit" { (view.t("listing-discard")) } }
                }))
            }))
        },
    )
}
