//! Deciding: everything that was told, the papers, and reasons field by field.

use std::collections::BTreeMap;

use accounts::{Account, Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use documents::Document;
use kernel::{
    FieldError, Invalid, Result, Timestamp,
    id::{BusinessCertificationId, SellerApplicationId, SellerChangeId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes};
use ui::{Field, Mistakes, Page, Place, Tone, View};

use super::{business, queues::due_fact, shown};
use crate::{
    Application, ApplicationState, Certification, CertificationState, Change, ChangeState, Reason, SellerRow, Sellers,
    rules::{GENERAL, business::FIELDS, information::CHANGE_FIELDS, normalised},
};

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/operator/sellers/applications/{application}", show_application, Access::Operator)
        .form("/operator/sellers/applications/{application}/approve", approve_application, Access::Operator)
        .form("/operator/sellers/applications/{application}/reject", reject_application, Access::Operator)
        .page("/operator/sellers/changes/{change}", show_change, Access::Operator)
        .form("/operator/sellers/changes/{change}/approve", approve_change, Access::Operator)
        .form("/operator/sellers/changes/{change}/reject", reject_change, Access::Operator)
        .page("/operator/sellers/business/{certification}", show_business, Access::Operator)
        .form("/operator/sellers/business/{certification}/certify", certify, Access::Operator)
        .form("/operator/sellers/business/{certification}/reject", reject_business, Access::Operator)
        .done()
}

/// What was sent with a decision: the version that was read, and reasons by field.
type Given = BTreeMap<String, String>;

fn version(given: &Given) -> IfMatch {
    IfMatch(given.get("version").and_then(|version| version.parse().ok()).unwrap_or_default())
}

/// The reasons that were written, in the order of the fields.
fn reasons(given: &Given, fields: &[&str]) -> Result<Vec<Reason>> {
    let written: Vec<Reason> = std::iter::once(&GENERAL)
        .chain(fields)
        .filter_map(|field| {
            let message = given.get(&format!("reason-{field}")).map(|text| text.trim()).filter(|text| !text.is_empty());
            message.map(|message| Reason { field: (*field).to_owned(), message: message.to_owned() })
        })
        .collect();
    if written.is_empty() {
        let message = ("write at least one reason, at the field that it is about", "至少在一个相关字段旁写明理由");
        return Err(Invalid::one("reason-general", message).into());
    }
    Ok(written)
}

/// The mistakes of reasons, at the fields where they were written.
fn misplaced(view: &View, problem: Problem, given: &Given, fields: &[&str]) -> Result<Mistakes, Problem> {
    let written = reasons(given, fields).unwrap_or_default();
    let moved: Vec<FieldError> = problem
        .fields()
        .iter()
        .map(|wrong| {
            let place = wrong.field.split('.').nth(1).and_then(|place| place.parse::<usize>().ok());
            let reason = place.and_then(|place| written.get(place));
            let field = reason.map_or_else(|| wrong.field.clone(), |reason| format!("reason-{}", reason.field));
            FieldError { field, message: wrong.message.clone() }
        })
        .collect();
    if moved.is_empty() { view.retry(problem) } else { Ok(shown::as_mistakes(view, &moved)) }
}

/// A decision that was refused, to be shown again.
struct Refused<'r> {
    given: &'r Given,
    mistakes: &'r Mistakes,
}

/// Both ways to decide: agree as a whole, or say field by field what has to be corrected.
fn decision(
    view: &View,
    (path, agree, version): (&str, &str, i64),
    fields: &[&str],
    refused: Option<&Refused<'_>>,
) -> Markup {
    let none = Mistakes::none();
    let mistakes = refused.map_or(&none, |refused| refused.mistakes);
    let versioned = html! { input type="hidden" name="version" value=(version); };
    let input = |field: &str| {
        let name = format!("reason-{field}");
        let value = refused.and_then(|refused| refused.given.get(&name)).cloned().unwrap_or_default();
        let label = if field == GENERAL { view.t("selling-reason-general") } else { view.word("selling-field", field) };
        Field::text(&name, &label).value(&value).with("maxlength", "500").render(view, mistakes)
    };
    html! {
        section.card {
            h2 { (view.t("selling-decide")) }
            (mistakes.summary(view))
            (ui::form(view, &format!("{path}/{agree}"), &html! {
                (versioned)
                p.muted { (view.word("selling-effect", agree)) }
                div.row { button.button.primary type="submit" { (view.word("selling-agree", agree)) } }
            }))
            details.more.reasons open[refused.is_some()] {
                summary { (view.t("selling-reject")) }
                (ui::form(view, &format!("{path}/reject"), &html! {
                    (versioned)
                    p.muted { (view.t("selling-reject-how")) }
                    (input(GENERAL))
                    div.fields { @for field in fields { (input(field)) } }
                    div.row { button.button.danger type="submit" { (view.t("selling-reject-do")) } }
                }))
            }
        }
    }
}

fn page(view: &View, title: &str, badge: &Markup, body: &Markup) -> Page {
    ui::page(
        view,
        Place::Operator("sellers"),
        title,
        &html! {
            (ui::header(title, None, badge))
            (body)
        },
    )
}

/// Reasons of an earlier decision, above what was decided.
fn earlier(view: &View, reasons: &[FieldError]) -> Markup {
    html! {
        @if !reasons.is_empty() {
            (ui::notice(Tone::Warn, &html! { strong { (view.t("selling-earlier-reasons")) } (shown::reasons(view, reasons)) }))
        }
    }
}

struct ApplicationView {
    application: Application,
    account: Account,
    licence: Option<Document>,
    now: Timestamp,
}

impl Sellers {
    async fn application_view(&self, operator: &Operator, id: SellerApplicationId) -> Result<ApplicationView> {
        let mut tx = self.app.db.read();
        let application = self.application_for_review(&mut tx, operator, id).await?;
        let account = self.accounts.find(&mut tx, application.account_id).await?;
        let licence = self.shown_document(&mut tx, operator, application.form.business_licence).await?;
        Ok(ApplicationView { application, account, licence, now: self.app.clock.now() })
    }
}

async fn show_application(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
) -> Result<Page, Problem> {
    Ok(application_page(&visit.view, &sellers.application_view(&operator, id).await?, None))
}

fn application_page(view: &View, shown: &ApplicationView, refused: Option<&Refused<'_>>) -> Page {
    let ApplicationView { application, account, licence, now } = shown;
    let open = application.state == ApplicationState::Submitted;
    let title = shown::told(&application.form, "company_name");
    let verified = account.verified_name.clone().unwrap_or_default();
    let same = account.verified && normalised(&verified) == normalised(&title);
    let fact = |field: &'static str| {
        let value = match licence {
            Some(document) if field == "business_licence" => shown::document(view, document),
            Some(_) | None => shown::value(view, field, &shown::told(&application.form, field)),
        };
        (view.word("selling-field", field), value)
    };
    let mut state = Vec::new();
    state.extend(application.submitted_at.map(|at| (view.t("selling-submitted-at"), view.time(at))));
    state.extend(application.due_at.map(|at| due_fact(view, at, open, *now)));
    state.extend(application.decided_at.map(|at| (view.t("selling-decided-at"), view.time(at))));
    state.push((view.t("selling-verified-name"), html! {
        span.row { (verified) @if same { (ui::badge(Tone::Good, &view.t("selling-name-same"))) } @else { (ui::badge(Tone::Bad, &view.t("selling-name-differs"))) } }
    }));
    page(
        view,
        &title,
        &shown::application_badge(view, application.state),
        &html! {
            (earlier(view, &application.reasons.0))
            div.columns {
                (ui::card(Some(&view.t("selling-application-facts")), &ui::facts(&state)))
                (ui::card(Some(&view.t("selling-papers")), &html! {
                    @if let Some(document) = licence { p { (shown::document(view, document)) } } @else { p.muted { (view.t("selling-papers-none")) } }
                }))
            }
            (ui::card(Some(&view.t("selling-told")), &ui::facts(&policy::APPLICATION_FIELDS.iter().map(|field| fact(field)).collect::<Vec<_>>())))
            @if open { (decision(view, (&format!("/operator/sellers/applications/{}", application.id), "approve", application.version), policy::APPLICATION_FIELDS, refused)) }
        },
    )
}

async fn approve_application(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        sellers.approve_application(tx, &operator, id, version(&given)).await?;
        Ok(Answer::see_other("/operator/sellers?done=seller-admitted"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = sellers.application_view(&operator, id).await?;
            let refused = Refused { given: &given, mistakes: &mistakes };
            Ok(application_page(&visit.view, &shown, Some(&refused)).refused().into_response())
        }
    }
}

async fn reject_application(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        let reasons = reasons(&given, policy::APPLICATION_FIELDS)?;
        sellers.reject_application(tx, &operator, id, version(&given), &reasons).await?;
        Ok(Answer::see_other("/operator/sellers?done=sent-back"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = misplaced(&visit.view, problem, &given, policy::APPLICATION_FIELDS)?;
            let shown = sellers.application_view(&operator, id).await?;
            let refused = Refused { given: &given, mistakes: &mistakes };
            Ok(application_page(&visit.view, &shown, Some(&refused)).refused().into_response())
        }
    }
}

async fn change_view(sellers: &Sellers, operator: &Operator, id: SellerChangeId) -> Result<(Change, SellerRow)> {
    let mut tx = sellers.app.db.read();
    let change = sellers.change_for_review(&mut tx, operator, id).await?;
    let seller = sellers.seller_for_operator(&mut tx, operator, change.account_id).await?;
    Ok((change, seller))
}

async fn show_change(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
) -> Result<Page, Problem> {
    let (change, seller) = change_view(&sellers, &operator, id).await?;
    Ok(change_page(&visit.view, &change, &seller, sellers.app.clock.now(), None))
}

fn change_page(
    view: &View,
    change: &Change,
    seller: &SellerRow,
    now: Timestamp,
    refused: Option<&Refused<'_>>,
) -> Page {
    let open = change.state == ChangeState::Submitted;
    let mut state = vec![
        (view.t("selling-submitted-at"), view.time(change.submitted_at)),
        due_fact(view, change.due_at, open, now),
    ];
    state.extend(change.decided_at.map(|at| (view.t("selling-decided-at"), view.time(at))));
    page(
        view,
        &seller.name,
        &shown::change_badge(view, change.state),
        &html! {
            (earlier(view, &change.reasons.0))
            (ui::card(None, &ui::facts(&state)))
            (ui::card(Some(&view.t("selling-compare")), &compared(view, change, seller)))
            @if open { (decision(view, (&format!("/operator/sellers/changes/{}", change.id), "approve", change.version), CHANGE_FIELDS, refused)) }
        },
    )
}

/// What holds beside what shall hold; what differs is marked.
fn compared(view: &View, change: &Change, seller: &SellerRow) -> Markup {
    let rows: Vec<(&str, String, String)> = CHANGE_FIELDS
        .iter()
        .map(|field| (*field, shown::known(&seller.information, field), shown::known(&change.information, field)))
        .collect();
    ui::Table::new(view, view.t("selling-compare"), &rows)
        .column(view.t("selling-compare-field"), |(field, before, after)| html! {
            span.row {
                (view.word("selling-field", field))
                @if before != after { (ui::badge(Tone::Info, &view.t("selling-compare-changed"))) }
            }
        })
        .column(view.t("selling-compare-now"), |(field, before, _)| shown::value(view, field, before))
        .column(view.t("selling-compare-new"), |(field, before, after)| html! {
            @if before == after { span.muted { (view.t("selling-compare-same")) } } @else { (shown::value(view, field, after)) }
        })
        .render()
}

async fn approve_change(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        sellers.approve_change(tx, &operator, id, version(&given)).await?;
        Ok(Answer::see_other("/operator/sellers/changes?done=change-approved"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => change_again(&sellers, &visit.view, (&operator, id), &given, problem).await,
    }
}

async fn reject_change(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        let reasons = reasons(&given, CHANGE_FIELDS)?;
        sellers.reject_change(tx, &operator, id, version(&given), &reasons).await?;
        Ok(Answer::see_other("/operator/sellers/changes?done=sent-back"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => change_again(&sellers, &visit.view, (&operator, id), &given, problem).await,
    }
}

async fn change_again(
    sellers: &Sellers,
    view: &View,
    (operator, id): (&Operator, SellerChangeId),
    given: &Given,
    problem: Problem,
) -> Result<Response, Problem> {
    let mistakes = misplaced(view, problem, given, CHANGE_FIELDS)?;
    let (change, seller) = change_view(sellers, operator, id).await?;
    let refused = Refused { given, mistakes: &mistakes };
    Ok(change_page(view, &change, &seller, sellers.app.clock.now(), Some(&refused)).refused().into_response())
}

async fn business_view(
    sellers: &Sellers,
    operator: &Operator,
    id: BusinessCertificationId,
) -> Result<(Certification, SellerRow)> {
    let mut tx = sellers.app.db.read();
    let one = sellers.certification_for_review(&mut tx, operator, id).await?;
    let seller = sellers.seller_for_operator(&mut tx, operator, one.account_id).await?;
    Ok((one, seller))
}

async fn show_business(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
) -> Result<Page, Problem> {
    let (one, seller) = business_view(&sellers, &operator, id).await?;
    Ok(business_page(&visit.view, &one, &seller, sellers.app.clock.now(), None))
}

fn business_page(
    view: &View,
    one: &Certification,
    seller: &SellerRow,
    now: Timestamp,
    refused: Option<&Refused<'_>>,
) -> Page {
    let open = one.state == CertificationState::Submitted;
    let holder = normalised(&one.account_holder) == normalised(&seller.name);
    let mut state = vec![
        (view.t("selling-seller"), html! { (seller.name) }),
        (
            view.t("selling-holder-check"),
            html! {
                @if holder { (ui::badge(Tone::Good, &view.t("selling-name-same"))) } @else { (ui::badge(Tone::Bad, &view.t("selling-name-differs"))) }
            },
        ),
        (view.t("selling-failures"), html! { (view.count(seller.business_failures)) }),
    ];
    if open {
        state.push(due_fact(view, one.due_at, open, now));
    }
    page(
        view,
        &seller.name,
        &shown::certification_badge(view, one.state),
        &html! {
            (earlier(view, &one.reasons.0))
            div.columns {
                (ui::card(Some(&view.t("selling-business")), &ui::facts(&business::facts(view, one))))
                (ui::card(Some(&view.t("selling-checks")), &html! { (ui::facts(&state)) p.small.muted { (view.t("selling-masked")) } }))
            }
            @if open { (decision(view, (&format!("/operator/sellers/business/{}", one.id), "certify", one.version), FIELDS, refused)) }
        },
    )
}

async fn certify(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        sellers.certify_business_information(tx, &operator, id, version(&given)).await?;
        Ok(Answer::see_other("/operator/sellers/business?done=business-certified"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => business_again(&sellers, &visit.view, (&operator, id), &given, problem).await,
    }
}

async fn reject_business(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        let reasons = reasons(&given, FIELDS)?;
        sellers.reject_business_information(tx, &operator, id, version(&given), &reasons).await?;
        Ok(Answer::see_other("/operator/sellers/business?done=sent-back"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => business_again(&sellers, &visit.view, (&operator, id), &given, problem).await,
    }
}

async fn business_again(
    sellers: &Sellers,
    view: &View,
    (operator, id): (&Operator, BusinessCertificationId),
    given: &Given,
    problem: Problem,
) -> Result<Response, Problem> {
    let mistakes = misplaced(view, problem, given, FIELDS)?;
    let (one, seller) = business_view(sellers, operator, id).await?;
    let refused = Refused { given, mistakes: &mistakes };
    Ok(business_page(view, &one, &seller, sellers.app.clock.now(), Some(&refused)).refused().into_response())
}
