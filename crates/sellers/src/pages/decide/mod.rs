//! Deciding: everything that was told, the papers, and reasons field by field. What is decided is a [`Case`]; how it is
//! shown, decided and shown again is the same for each kind.

mod application;
mod business;
mod change;

use std::{collections::BTreeMap, fmt::Display};

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{FieldError, Invalid, Result, Timestamp};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes},
};
use serde::de::DeserializeOwned;
use ui::{Field, Mistakes, Page, Place, Tone, View};

use self::{application::Applied, business::Certifying, change::Changing};
use super::shown;
use crate::{Reason, Sellers, rules::GENERAL};

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/operator/sellers/applications/{application}", show::<Applied>, Access::Operator)
        .form("/operator/sellers/applications/{application}/approve", agree::<Applied>, Access::Operator)
        .form("/operator/sellers/applications/{application}/reject", reject::<Applied>, Access::Operator)
        .page("/operator/sellers/changes/{change}", show::<Changing>, Access::Operator)
        .form("/operator/sellers/changes/{change}/approve", agree::<Changing>, Access::Operator)
        .form("/operator/sellers/changes/{change}/reject", reject::<Changing>, Access::Operator)
        .page("/operator/sellers/business/{certification}", show::<Certifying>, Access::Operator)
        .form("/operator/sellers/business/{certification}/certify", agree::<Certifying>, Access::Operator)
        .form("/operator/sellers/business/{certification}/reject", reject::<Certifying>, Access::Operator)
        .done()
}

/// One thing that is decided, with all that its page shows.
trait Case: Sized + Send + Sync + 'static {
    type Id: DeserializeOwned + Display + Copy + Send + Sync;

    /// The list that it stands in, and where a decision leads back to.
    const LIST: &'static str;
    /// What is said after it was agreed to.
    const AGREED: &'static str;
    /// The fields that reasons can be about.
    const FIELDS: &'static [&'static str];

    fn find(sellers: &Sellers, operator: &Operator, id: Self::Id) -> impl Future<Output = Result<Self>> + Send;

    fn page(&self, view: &View, now: Timestamp, refused: Option<&Refused<'_>>) -> Page;

    fn agree(by: By<'_>, id: Self::Id) -> impl Future<Output = Result<()>> + Send;

    fn reject(by: By<'_>, id: Self::Id, reasons: &[Reason]) -> impl Future<Output = Result<()>> + Send;
}

/// Who decides, in which transaction, from which version.
struct By<'d> {
    sellers: &'d Sellers,
    tx: &'d mut Tx,
    operator: &'d Operator,
    version: IfMatch,
}

async fn show<C: Case>(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<C::Id>,
) -> Result<Page, Problem> {
    Ok(C::find(&sellers, &operator, id).await?.page(&visit.view, sellers.app.clock.now(), None))
}

async fn agree<C: Case>(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<C::Id>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        C::agree(By { sellers: &sellers, tx, operator: &operator, version: version(&given) }, id).await?;
        Ok(Answer::see_other(format!("{}?done={}", C::LIST, C::AGREED)))
    });
    let done = done.await;
    answer::<C>(&sellers, &visit.view, (&operator, id), &given, done).await
}

async fn reject<C: Case>(
    State(sellers): State<Sellers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<C::Id>,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let done = once.run(&sellers.app, async |tx| {
        let reasons = reasons(&given, C::FIELDS)?;
        C::reject(By { sellers: &sellers, tx, operator: &operator, version: version(&given) }, id, &reasons).await?;
        Ok(Answer::see_other(format!("{}?done=sent-back", C::LIST)))
    });
    let done = done.await;
    answer::<C>(&sellers, &visit.view, (&operator, id), &given, done).await
}

/// Back to the list, or the same page with what is wrong with the decision.
async fn answer<C: Case>(
    sellers: &Sellers,
    view: &View,
    (operator, id): (&Operator, C::Id),
    given: &Given,
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = misplaced(view, problem, given, C::FIELDS)?;
            let refused = Refused { given, mistakes: &mistakes };
            let case = C::find(sellers, operator, id).await?;
            Ok(case.page(view, sellers.app.clock.now(), Some(&refused)).refused().into_response())
        }
    }
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
