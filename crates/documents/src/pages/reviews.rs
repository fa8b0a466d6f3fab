//! Verifications as the operator finds and decides them.

use accounts::{Operator, StaffPermission, Verdict, Verification, VerificationState, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, PageQuery, Result, Timestamp, id::VerificationId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{Document, Documents};

const PLACE: Place = Place::Operator("verifications");
const HERE: &str = "/operator/verifications";

#[derive(Deserialize)]
struct QueueQuery {
    state: Option<String>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct DecisionForm {
    verdict: Verdict,
    #[serde(default)]
    reason: String,
}

/// Everything that a decision is made from.
struct Case {
    verification: Verification,
    number: String,
    account: String,
    documents: Vec<Document>,
    now: Timestamp,
    decides: bool,
}

async fn queue(
    State(documents): State<Documents>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<QueueQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let state = match query.state.as_deref() {
        None => Some(VerificationState::Pending),
        Some(text) => text.parse().ok(),
    };
    let page = PageQuery { cursor: query.cursor, limit: None }.checked().map_err(Error::from)?;
    let found = documents.accounts.review_list(&mut documents.app.db.read(), &operator, state, page).await?;
    let now = documents.app.clock.now();
    let title = view.word("nav-operator", "verifications");
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("reviews-lead")), &html! {}))
            (tabs(view, state))
            (Table::new(view, title.as_str(), &found.items)
                .column(view.t("verification-name"), |one| html! { a href={ (HERE) "/" (one.id) } { (one.name) } })
                .column(view.t("account-kind"), |one| html! { (view.word("account-kind", one.kind.as_str())) })
                .column(view.t("verification-country"), |one| html! { (ui::country_name(view, &one.country)) })
                .column(view.t("verification-submitted"), |one| view.time(one.submitted_at))
                .column(view.t("verification-due"), |one| due(view, one, now))
                .column(view.t("team-state"), |one| badge(view, one.state))
                .empty(ui::empty(&view.t("reviews-none"), &view.t("reviews-none-text"), &html! {}))
                .next(found.next_cursor.as_deref())
                .render())
        },
    ))
}

fn tabs(view: &View, state: Option<VerificationState>) -> Markup {
    let mut tabs: Vec<(String, String, bool)> = VerificationState::ALL
        .iter()
        .map(|one| (view.word("verification-state", one.as_str()), format!("{HERE}?state={one}"), state == Some(*one)))
        .collect();
    tabs.push((view.t("reviews-all"), format!("{HERE}?state=all"), state.is_none()));
    ui::tabs(&view.t("team-state"), &tabs)
}

fn badge(view: &View, state: VerificationState) -> Markup {
    let tone = match state {
        VerificationState::Pending => Tone::Warn,
        VerificationState::Approved => Tone::Good,
        VerificationState::Rejected => Tone::Bad,
    };
    ui::badge(tone, &view.word("verification-state", state.as_str()))
}

/// Until when it has to be decided, as long as it is not.
fn due(view: &View, one: &Verification, now: Timestamp) -> Markup {
    let late = one.state == VerificationState::Pending && one.due_at < now;
    html! { span.row { (view.time(one.due_at)) @if late { (ui::badge(Tone::Bad, &view.t("reviews-late"))) } } }
}

impl Documents {
    async fn case(&self, operator: &Operator, id: VerificationId) -> Result<Case> {
        let tx = &mut self.app.db.read();
        let verification = self.accounts.review(tx, operator, id).await?;
        let account = self.accounts.find(tx, verification.account_id).await?.name;
        let mut documents = Vec::new();
        for document in &verification.documents.0 {
            documents.push(self.view(tx, operator, *document).await?);
        }
        let number = self.accounts.number(&verification)?;
        let decides = operator.may_staff(StaffPermission::Review).is_ok();
        Ok(Case { verification, number, account, documents, now: self.app.clock.now(), decides })
    }
}

async fn show(
    State(documents): State<Documents>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<VerificationId>,
) -> Result<Page, Problem> {
    let case = documents.case(&operator, id).await?;
    Ok(page(&visit.view, &case, "", &Mistakes::none()))
}

async fn decide(
    State(documents): State<Documents>,
    visit: Visit,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<VerificationId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let decided = once.run(&documents.app, async |tx| {
        documents.accounts.decide_verification(tx, &operator, id, (form.verdict, &form.reason)).await?;
        let done = match form.verdict {
            Verdict::Approve => "verification-approved",
            Verdict::Reject => "verification-rejected",
        };
        Ok(Answer::see_other(format!("{HERE}?done={done}")))
    });
    match decided.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let case = documents.case(&operator, id).await?;
            Ok(page(&visit.view, &case, &form.reason, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, case: &Case, reason: &str, mistakes: &Mistakes) -> Page {
    let one = &case.verification;
    let mut facts = vec![
        (view.t("sign-in-account"), html! { a href={ "/operator/accounts/" (one.account_id) } { (case.account) } }),
        (view.t("account-kind"), html! { (view.word("account-kind", one.kind.as_str())) }),
        (view.t("verification-name"), html! { strong { (one.name) } }),
        (view.t("verification-country"), html! { (ui::country_name(view, &one.country)) }),
        (view.t("verification-number"), ui::copyable(view, &case.number)),
        (view.t("verification-submitted"), view.time(one.submitted_at)),
        (view.t("verification-due"), due(view, one, case.now)),
    ];
    if let Some(representative) = &one.representative {
        facts.insert(3, (view.t("verification-representative"), html! { (representative) }));
    }
    if let Some(at) = one.decided_at {
        facts.push((view.t("verification-decided"), view.time(at)));
    }
    if let Some(said) = one.reason.as_deref().filter(|said| !said.is_empty()) {
        facts.push((view.t("reviews-reason"), html! { (said) }));
    }
    ui::page(
        view,
        PLACE,
        &one.name,
        &html! {
            (ui::header(&one.name, None, &badge(view, one.state)))
            div.with-aside {
                div.stack {
                    (ui::card(Some(&view.t("reviews-said")), &ui::facts(&facts)))
                    (papers(view, &case.documents))
                }
                @if one.state == VerificationState::Pending && case.decides { aside { (decision(view, one, reason, mistakes)) } }
            }
        },
    )
}

fn papers(view: &View, documents: &[Document]) -> Markup {
    ui::card(
        Some(&view.t("verification-documents")),
        &html! {
            @if documents.is_empty() { p.muted { (view.t("reviews-no-documents")) } } @else {
                ul.plain {
                    @for document in documents {
                        li.spread {
                            a href={ "/documents/" (document.id) } download { (document.name) }
                            span.small.muted { (view.size(document.size)) " · " (view.date(document.uploaded_at)) }
                        }
                    }
                }
                p.small.muted { (view.t("reviews-read-note")) }
            }
        },
    )
}

fn decision(view: &View, one: &Verification, reason: &str, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("reviews-decide")),
        &ui::form(
            view,
            &format!("{HERE}/{}/decide", one.id),
            &html! {
                (mistakes.summary(view))
                p.muted { (view.t("reviews-check")) }
                (Field::area("reason", &view.t("reviews-reason"), 4).value(reason).hint(view.t("reviews-reason-hint")).with("maxlength", "500").render(view, mistakes))
                div.row {
                    button.button.primary type="submit" name="verdict" value=(Verdict::Approve) { (view.t("reviews-approve")) }
                    button.button.danger type="submit" name="verdict" value=(Verdict::Reject) { (view.t("reviews-reject")) }
                }
            },
        ),
    )
}

pub(super) fn routes(documents: &Documents) -> Routes {
    Routes::of(documents.clone())
        .page(HERE, queue, Access::Operator)
        .page("/operator/verifications/{verification}", show, Access::Operator)
        .form("/operator/verifications/{verification}/decide", decide, Access::Operator)
        .done()
}
