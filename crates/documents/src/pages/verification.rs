//! Real-name verification as its account sees it. It stands here because papers belong to it.

use accounts::{
    Account, AccountKind, Buyer, CustomerKind, Identity, Permission, Verification, VerificationState, Visit,
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{
    Error, FieldError, Invalid, Result,
    id::DocumentId,
    page::{LIMIT_DEFAULT, PageOf},
};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes, Upload, UploadedFile};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use crate::{Document, Documents, Purpose, rules};

const PLACE: Place = Place::Console("verification");

#[derive(Deserialize)]
struct IdentityForm {
    kind: Option<CustomerKind>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    representative: String,
    /// What was handed in with an earlier try.
    #[serde(default)]
    kept: Vec<DocumentId>,
    /// What somebody was about to do who had to be verified first.
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Onward {
    next: Option<String>,
}

impl IdentityForm {
    fn identity(&self) -> Identity {
        let representative = self.representative.trim();
        Identity {
            kind: self.kind.unwrap_or(CustomerKind::Personal),
            name: self.name.clone(),
            country: self.country.trim().to_uppercase(),
            number: self.number.trim().to_owned(),
            representative: Some(representative.to_owned()).filter(|name| !name.is_empty()),
            documents: self.kept.clone(),
        }
    }

    /// The form of somebody who begins, or tries again.
    fn begin(account: &Account, last: Option<&Verification>) -> Self {
        let own = match account.kind {
            AccountKind::Enterprise => CustomerKind::Enterprise,
            AccountKind::Personal | AccountKind::Operator => CustomerKind::Personal,
        };
        Self {
            kind: Some(last.map_or(own, |last| last.kind)),
            name: last.map_or_else(|| account.name.clone(), |last| last.name.clone()),
            country: last.map_or_else(|| "CN".to_owned(), |last| last.country.clone()),
            number: String::new(),
            representative: last.and_then(|last| last.representative.clone()).unwrap_or_default(),
            kept: last.map(|last| last.documents.0.clone()).unwrap_or_default(),
            next: None,
        }
    }
}

/// What the page is made from.
struct Standing {
    account: Account,
    last: Option<Verification>,
    /// The end of the number that was given last.
    number: String,
    owner: bool,
}

impl Documents {
    async fn standing(&self, buyer: &Buyer) -> Result<Standing> {
        let tx = &mut self.app.db.read();
        let account = self.accounts.find(tx, buyer.account()).await?;
        let page = PageOf { before: None, limit: LIMIT_DEFAULT };
        let last = self.accounts.verifications(tx, buyer, page).await?.items.into_iter().next();
        let number = last.as_ref().map(|last| self.accounts.masked_number(last)).transpose()?.unwrap_or_default();
        Ok(Standing { account, last, number, owner: buyer.may(Permission::Own).is_ok() })
    }

    /// The documents of a form, by name.
    async fn kept(&self, buyer: &Buyer, ids: &[DocumentId]) -> Result<Vec<Document>> {
        let mut found = Vec::new();
        for id in ids.iter().take(rules::KEPT_MAX) {
            found.push(self.find_for(&mut self.app.db.read(), buyer.account(), *id).await?);
        }
        Ok(found)
    }

    async fn take(&self, buyer: &Buyer, kind: CustomerKind, file: &UploadedFile) -> Result<Document> {
        let purpose = match kind {
            CustomerKind::Personal => Purpose::Identity,
            CustomerKind::Enterprise => Purpose::BusinessLicence,
        };
        let content = BASE64_STANDARD.encode(&file.bytes);
        let sent = rules::Upload { name: &file.name, purpose, content_type: &file.content_type, content: &content };
        let document = self.receive(buyer, &sent).await?;
        let mut tx = self.app.db.begin().await?;
        self.keep(&mut tx, &document).await?;
        tx.commit().await?;
        Ok(document)
    }
}

async fn show(
    State(documents): State<Documents>,
    visit: Visit,
    buyer: Buyer,
    Query(Onward { next }): Query<Onward>,
) -> Result<Page, Problem> {
    let standing = documents.standing(&buyer).await?;
    let form = IdentityForm { next, ..IdentityForm::begin(&standing.account, standing.last.as_ref()) };
    let kept = documents.kept(&buyer, &form.kept).await?;
    Ok(page(&visit.view, &standing, (&form, &kept), &Mistakes::none()))
}

async fn submit(
    State(documents): State<Documents>,
    visit: Visit,
    buyer: Buyer,
    Upload { fields: mut form, files }: Upload<IdentityForm>,
) -> Result<Response, Problem> {
    buyer.may(Permission::Own).map_err(Error::from)?;
    match documents.submit(&buyer, &mut form, &files).await {
        Ok(()) => {
            let next = form.next.as_deref().map(|next| format!("&next={}", ui::escaped(next))).unwrap_or_default();
            Ok(Redirect::to(&format!("/console/verification?done=verification-sent{next}")).into_response())
        }
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let standing = documents.standing(&buyer).await?;
            let kept = documents.kept(&buyer, &form.kept).await?;
            Ok(page(&visit.view, &standing, (&form, &kept), &mistakes).refused().into_response())
        }
    }
}

impl Documents {
    async fn submit(&self, buyer: &Buyer, form: &mut IdentityForm, files: &[UploadedFile]) -> Result<(), Problem> {
        let kind = form.kind.unwrap_or(CustomerKind::Personal);
        for file in files {
            let taken = self.take(buyer, kind, file).await.map_err(|error| beside_the_file(error.into()))?;
            form.kept.push(taken.id);
        }
        let identity = form.identity();
        let mut tx = self.app.db.begin().await?;
        self.accounts.submit_verification(&mut tx, buyer, &identity).await?;
        Ok(tx.commit().await?)
    }
}

/// What is wrong with a file is said where it was chosen.
fn beside_the_file(problem: Problem) -> Problem {
    if problem.fields().is_empty() {
        return problem;
    }
    let said = |wrong: &FieldError| FieldError { field: "documents".to_owned(), message: wrong.message.clone() };
    Error::from(Invalid(problem.fields().iter().map(said).collect())).into()
}

fn page(view: &View, standing: &Standing, form: (&IdentityForm, &[Document]), mistakes: &Mistakes) -> Page {
    let title = view.t("verification-title");
    let last = standing.last.as_ref();
    let pending = last.filter(|last| last.state == VerificationState::Pending);
    let rejected = last.filter(|last| last.state == VerificationState::Rejected);
    let grows = standing.account.verified && standing.account.kind == AccountKind::Personal;
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("verification-lead")), &html! {}))
            @if standing.account.verified { (verified(view, standing)) }
            @if let Some(next) = form.0.next.as_deref().filter(|_| pending.is_some() || standing.account.verified) {
                p.row { (ui::button_link(&accounts::onward(Some(next), "/console"), &view.t("verification-go-on"), true)) }
            }
            @if let Some(pending) = pending {
                (waiting(view, pending, &standing.number))
            } @else {
                @if let Some(rejected) = rejected {
                    (ui::notice(Tone::Bad, &html! {
                        strong { (view.t("verification-rejected")) }
                        p { (rejected.reason.as_deref().unwrap_or_default()) }
                    }))
                }
                @if !standing.owner && !standing.account.verified {
                    (ui::empty(&view.t("verification-not-yours"), &view.t("verification-not-yours-text"), &html! {}))
                } @else if grows {
                    details.card open[!mistakes.is_empty()] {
                        summary { span.grow { (view.t("verification-grow")) } }
                        (form_body(view, standing, form, mistakes))
                    }
                } @else if !standing.account.verified {
                    (ui::card(None, &form_body(view, standing, form, mistakes)))
                }
            }
        },
    )
}

fn verified(view: &View, standing: &Standing) -> Markup {
    let account = &standing.account;
    let approved = standing.last.as_ref().filter(|last| last.state == VerificationState::Approved);
    let mut facts = vec![
        (view.t("account-verified-name"), html! { (account.verified_name.as_deref().unwrap_or_default()) }),
        (view.t("account-kind"), html! { (view.word("account-kind", account.kind.as_str())) }),
    ];
    if let Some(approved) = approved {
        facts.push((view.t("verification-number"), html! { code { (standing.number) } }));
        if let Some(at) = approved.decided_at {
            facts.push((view.t("verification-decided"), view.date(at)));
        }
    }
    html! {
        (ui::notice(Tone::Good, &html! {
            strong { (view.t("verification-done")) }
            p { (view.t("verification-done-text")) " " a href="/search" { (view.t("verification-discover")) } }
        }))
        (ui::card(None, &ui::facts(&facts)))
    }
}

fn waiting(view: &View, pending: &Verification, number: &str) -> Markup {
    let mut facts = vec![
        (view.t("verification-name"), html! { (pending.name) }),
        (view.t("account-kind"), html! { (view.word("account-kind", pending.kind.as_str())) }),
        (view.t("verification-country"), html! { (ui::country_name(view, &pending.country)) }),
        (view.t("verification-number"), html! { code { (number) } }),
        (view.t("verification-submitted"), view.time(pending.submitted_at)),
        (view.t("verification-due"), view.time(pending.due_at)),
    ];
    if let Some(representative) = &pending.representative {
        facts.insert(2, (view.t("verification-representative"), html! { (representative) }));
    }
    html! {
        (ui::notice(Tone::Info, &html! {
            strong { (view.t("verification-waiting")) }
            p { (view.t("verification-waiting-text")) }
        }))
        (ui::card(None, &ui::facts(&facts)))
    }
}

fn form_body(
    view: &View,
    standing: &Standing,
    (form, kept): (&IdentityForm, &[Document]),
    mistakes: &Mistakes,
) -> Markup {
    let mut kinds = vec![
        Choice::new(CustomerKind::Enterprise.as_str(), view.t("account-kind-enterprise"))
            .hint(view.t("verification-enterprise-hint")),
    ];
    if !standing.account.verified && standing.account.kind == AccountKind::Personal {
        let personal = Choice::new(CustomerKind::Personal.as_str(), view.t("account-kind-personal"));
        kinds.insert(0, personal.hint(view.t("verification-personal-hint")));
    }
    let kind =
        if standing.account.verified { CustomerKind::Enterprise } else { form.kind.unwrap_or(CustomerKind::Personal) };
    let countries = ui::countries(view);
    ui::upload_form(
        view,
        "/console/verification",
        &html! {
            (mistakes.summary(view))
            @if let Some(next) = &form.next { input type="hidden" name="next" value=(next); }
            (ui::choice_cards(&view.t("verification-kind"), "kind", &kinds, kind.as_str(), mistakes))
            div.fields {
                (Field::text("name", &view.t("verification-name")).value(&form.name).hint(view.t("verification-name-hint")).required().with("maxlength", "100").render(view, mistakes))
                (Field::select("country", &view.t("verification-country"), &countries).value(&form.country).required().with("autocomplete", "country").render(view, mistakes))
                (Field::text("number", &view.t("verification-number")).value(&form.number).hint(view.t("verification-number-hint")).required().with("maxlength", "40").with("autocomplete", "off").render(view, mistakes))
                (Field::text("representative", &view.t("verification-representative")).value(&form.representative).hint(view.t("verification-representative-hint")).with("maxlength", "100").render(view, mistakes))
            }
            @if !kept.is_empty() {
                div.stack {
                    p.small.muted { (view.t("verification-kept")) }
                    ul.plain {
                        @for document in kept {
                            li { label.row {
                                input type="checkbox" name="kept" value=(document.id) checked;
                                a href={ "/documents/" (document.id) } { (document.name) }
                                span.small.muted { (view.size(document.size)) }
                            } }
                        }
                    }
                }
            }
            (ui::files_drop(view, "documents", &view.t("verification-documents"), ".pdf,.png,.jpg,.jpeg", &view.t("verification-documents-hint"), mistakes))
            p.small.muted { (view.t("verification-privacy")) }
            div.row { button.button.primary type="submit" { (view.t("verification-submit")) } }
        },
    )
}

pub(super) fn routes(documents: &Documents) -> Routes {
    Routes::of(documents.clone())
        .page("/console/verification", show, Access::Buyer)
        .form("/console/verification", submit, Access::Buyer)
        .done()
}
