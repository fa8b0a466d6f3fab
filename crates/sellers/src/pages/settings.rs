//! What holds of a seller: its information and changes of it, the finance contact, the agreements that it accepted.

use std::collections::BTreeMap;

use accounts::{Buyer, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, FieldError, PageQuery, id::SellerChangeId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Query, Routes};
use policy::Policy;
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use super::{onboarding, shown};
use crate::{
    Acceptance, Accepted, Change, ChangeState, FinanceContact, Information, SellerRow, Sellers, agreement_hash,
    rules::information::CHANGE_FIELDS,
};

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/seller/settings", show, Access::Seller)
        .page("/seller/settings/change", edit, Access::Seller)
        .form("/seller/settings/change", change, Access::Seller)
        .form("/seller/settings/changes/{change}/withdraw", withdraw, Access::Seller)
        .page("/seller/settings/finance", finance, Access::Seller)
        .form("/seller/settings/finance", set_finance, Access::Seller)
        .page("/seller/settings/agreement", agreement, Access::Seller)
        .form("/seller/settings/agreement", accept, Access::Seller)
        .done()
}

pub(super) fn tabs(view: &View, at: &str) -> Markup {
    let tab = |word: &str, href: &str| (view.word("selling-tab", word), href.to_owned(), at == word);
    ui::tabs(
        &view.t("selling-settings"),
        &[
            tab("profile", "/seller/settings"),
            tab("business", "/seller/settings/business"),
            tab("finance", "/seller/settings/finance"),
            tab("agreement", "/seller/settings/agreement"),
        ],
    )
}

fn page(view: &View, at: &str, body: &Markup) -> Page {
    let title = view.t("selling-settings");
    ui::page(
        view,
        Place::Seller("settings"),
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            (tabs(view, at))
            (body)
        },
    )
}

async fn show(
    State(sellers): State<Sellers>,
    visit: Visit,
    seller: Seller,
    Query(query): Query<PageQuery>,
) -> Result<Page, Problem> {
    let query = query.checked().map_err(Error::from)?;
    let view = &visit.view;
    let mut tx = sellers.app.db.read();
    let row = sellers.own(&mut tx, &seller).await?;
    let changes = sellers.own_changes(&mut tx, &seller, query).await?;
    Ok(page(
        view,
        "profile",
        &html! {
            div.columns { (company(view, &row)) (public(view, &row, &changes.items)) }
            section.stack {
                h2 { (view.t("selling-changes")) }
                (history(view, &changes.items, changes.next_cursor.as_deref()))
            }
        },
    ))
}

fn company(view: &View, row: &SellerRow) -> Markup {
    ui::card(
        Some(&view.t("selling-company")),
        &html! {
            (ui::facts(&[
                (view.word("selling-field", "company_name"), html! { (row.name) }),
                (view.word("selling-field", "registration_number"), html! { (row.registration_number) }),
                (view.t("selling-admitted-at"), view.date(row.admitted_at)),
            ]))
            p.small.muted { (view.t("selling-company-fixed")) }
            p { a href={ "/sellers/" (row.account_id) } { (view.t("selling-as-buyers-see")) } }
        },
    )
}

fn public(view: &View, row: &SellerRow, changes: &[Change]) -> Markup {
    let open = changes.iter().find(|change| change.state == ChangeState::Submitted);
    html! {
        section.card {
            div.spread {
                h2 { (view.t("selling-information")) }
                @if open.is_none() { (ui::button_link("/seller/settings/change", &view.t("selling-change-information"), false)) }
            }
            (ui::facts(&information(view, &row.information)))
        }
    }
}

fn information(view: &View, information: &Information) -> Vec<(String, Markup)> {
    CHANGE_FIELDS
        .iter()
        .map(|field| (view.word("selling-field", field), shown::value(view, field, &shown::known(information, field))))
        .collect()
}

fn history(view: &View, rows: &[Change], next: Option<&str>) -> Markup {
    Table::new(view, view.t("selling-changes"), rows)
        .column(view.t("selling-submitted-at"), |change| view.time(change.submitted_at))
        .column(view.t("selling-state"), |change| html! {
            (shown::change_badge(view, change.state))
            @if change.state == ChangeState::Rejected { (shown::reasons(view, &change.reasons.0)) }
        })
        .column(view.t("selling-decision"), |change| match change.decided_at {
            Some(at) => view.time(at),
            None if change.state == ChangeState::Submitted => {
                html! { (view.ta("selling-due-by", &[("time", view.time_text(change.due_at).into())])) }
            }
            None => html! {},
        })
        .column("", |change| html! {
            @if change.state == ChangeState::Submitted {
                div.actions { (ui::confirm(view, &view.t("selling-withdraw"), &view.t("selling-change-withdraw-sure"), true, &ui::form(view, &format!("/seller/settings/changes/{}/withdraw", change.id), &html! {
                    p { (view.t("selling-change-withdraw-effect")) }
                    div.row { button.button.danger type="submit" { (view.t("selling-withdraw")) } }
                }))) }
            }
        })
        .empty(ui::empty(&view.t("selling-changes-none"), &view.t("selling-changes-none-text"), &html! {
            (ui::button_link("/seller/settings/change", &view.t("selling-change-information"), false))
        }))
        .next(next)
        .render()
}

/// The fields of new information as they were sent.
type Given = BTreeMap<String, String>;

async fn edit(State(sellers): State<Sellers>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    let mut tx = sellers.app.db.read();
    let row = sellers.own(&mut tx, &seller).await?;
    let first = PageQuery::default().checked().map_err(Error::from)?;
    let last = sellers.own_changes(&mut tx, &seller, first).await?.items.into_iter().next();
    let policy = sellers.policies.current().await?;
    // What was sent back is corrected from where it stood.
    let refused = last.filter(|change| change.state == ChangeState::Rejected);
    let reasons: Vec<FieldError> = refused.as_ref().map(|change| change.reasons.0.clone()).unwrap_or_default();
    let begun = refused.map_or(row.information.0, |change| change.information.0);
    let mistakes = shown::as_mistakes(&visit.view, &reasons);
    let given = |field: &str| shown::known(&begun, field);
    Ok(edit_page(&visit.view, &policy, given, (&reasons, &mistakes)))
}

fn edit_page(
    view: &View,
    policy: &Policy,
    value: impl Fn(&str) -> String,
    (reasons, mistakes): (&[FieldError], &Mistakes),
) -> Page {
    let title = view.t("selling-change-information");
    let lead = view.ta("selling-change-lead", &[("days", policy.review.seller_change_days.into())]);
    let required = |field: &str| policy.sellers.mandatory.contains(field);
    ui::page(
        view,
        Place::Seller("settings"),
        &title,
        &html! {
            (ui::header(&title, Some(&lead), &html! {}))
            @if reasons.is_empty() { (mistakes.summary(view)) } @else {
                (ui::notice(Tone::Bad, &html! { strong { (view.t("selling-change-sent-back")) } (shown::reasons(view, reasons)) }))
            }
            (ui::card(None, &ui::form(view, "/seller/settings/change", &html! {
                div.fields {
                    @for field in CHANGE_FIELDS.iter().filter(|field| **field != "introduction") {
                        (shown::input(view, field, &value(field), required(field), mistakes))
                    }
                }
                (shown::input(view, "introduction", &value("introduction"), required("introduction"), mistakes))
                div.row {
                    button.button.primary type="submit" { (view.t("selling-change-submit")) }
                    (ui::button_link("/seller/settings", &view.t("ui-cancel"), false))
                }
            })))
        },
    )
}

async fn change(
    State(sellers): State<Sellers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let text = |field: &str| given.get(field).cloned();
    let information = Information {
        website: text("website"),
        contact_name: text("contact_name"),
        mobile: text("mobile"),
        email: text("email"),
        service_phone: text("service_phone"),
        service_email: text("service_email"),
        service_hours: text("service_hours"),
        introduction: text("introduction"),
    };
    let sent = once
        .run(&sellers.app, async |tx| {
            sellers.submit_change(tx, &seller, &information).await?;
            Ok(Answer::see_other("/seller/settings?done=change-sent"))
        })
        .await;
    match sent {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let policy = sellers.policies.current().await?;
            let value = |field: &str| given.get(field).cloned().unwrap_or_default();
            Ok(edit_page(&visit.view, &policy, value, (&[], &mistakes)).refused().into_response())
        }
    }
}

async fn withdraw(
    State(sellers): State<Sellers>,
    seller: Seller,
    PathParam(id): PathParam<SellerChangeId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        sellers.withdraw_change(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/settings?done=change-withdrawn"))
    })
    .await
}

#[derive(Default, Deserialize)]
struct FinanceForm {
    #[serde(default)]
    version: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
}

async fn finance(State(sellers): State<Sellers>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    let row = sellers.own(&mut sellers.app.db.read(), &seller).await?;
    let form = match row.finance_contact {
        Some(contact) => {
            let FinanceContact { name, phone, email } = contact.0;
            FinanceForm { version: row.version, name, phone, email }
        }
        None => FinanceForm { version: row.version, ..FinanceForm::default() },
    };
    Ok(finance_page(&visit.view, &form, &Mistakes::none()))
}

fn finance_page(view: &View, form: &FinanceForm, mistakes: &Mistakes) -> Page {
    let field = |kind, name: &'static str, key: &str, value: &str| {
        let label = view.word("selling-finance", key);
        Field::input(kind, name, &label).value(value).required().render(view, mistakes)
    };
    page(
        view,
        "finance",
        &html! {
            (ui::card(Some(&view.t("selling-tab-finance")), &html! {
                p.muted { (view.t("selling-finance-lead")) }
                (ui::form(view, "/seller/settings/finance", &html! {
                    (mistakes.summary(view))
                    input type="hidden" name="version" value=(form.version);
                    div.fields {
                        (field("text", "name", "name", &form.name))
                        (field("tel", "phone", "phone", &form.phone))
                        (field("email", "email", "email", &form.email))
                    }
                    div.row { button.button.primary type="submit" { (view.t("selling-save")) } }
                }))
            }))
        },
    )
}

async fn set_finance(
    State(sellers): State<Sellers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(form): Form<FinanceForm>,
) -> Result<Response, Problem> {
    let contact = FinanceContact { name: form.name.clone(), phone: form.phone.clone(), email: form.email.clone() };
    let seen = IfMatch(form.version);
    let saved = once
        .run(&sellers.app, async |tx| {
            sellers.set_finance_contact(tx, &seller, seen, &contact).await?;
            Ok(Answer::see_other("/seller/settings/finance?done=finance-saved"))
        })
        .await;
    match saved {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(finance_page(&visit.view, &form, &mistakes).refused().into_response())
        }
    }
}

async fn agreement(
    State(sellers): State<Sellers>,
    visit: Visit,
    buyer: Buyer,
    _seller: Seller,
    Query(query): Query<PageQuery>,
) -> Result<Page, Problem> {
    let query = query.checked().map_err(Error::from)?;
    let policy = sellers.policies.current().await?;
    let accepted = sellers.acceptances(&mut sellers.app.db.read(), &buyer, query).await?;
    Ok(agreement_page(&visit.view, &policy, &accepted.items, accepted.next_cursor.as_deref()))
}

fn agreement_page(view: &View, policy: &Policy, accepted: &[Acceptance], next: Option<&str>) -> Page {
    let current = &policy.sellers.agreement;
    let done = accepted.iter().any(|one| one.sha256 == agreement_hash(current) && one.version == current.version);
    page(
        view,
        "agreement",
        &html! {
            (ui::card(Some(view.of(&current.title)), &html! {
                p.row { (view.ta("selling-agreement-version", &[("version", current.version.as_str().into())]))
                    @if done { (ui::badge(Tone::Good, &view.t("selling-agreement-accepted"))) } @else { (ui::badge(Tone::Warn, &view.t("selling-agreement-open"))) }
                }
                div.prose { (ui::rich(view.of(&current.text))) }
                @if !done {
                    (ui::form(view, "/seller/settings/agreement", &html! {
                        (onboarding::agreed(view, policy))
                        div.row { button.button.primary type="submit" { (view.t("selling-agreement-do")) } }
                    }))
                }
            }))
            section.stack {
                h2 { (view.t("selling-acceptances")) }
                (Table::new(view, view.t("selling-acceptances"), accepted)
                    .column(view.t("selling-acceptance-version"), |one| html! { (view.of(&one.title)) " · " (one.version) })
                    .column(view.t("selling-acceptance-at"), |one| view.time(one.accepted_at))
                    .column(view.t("selling-acceptance-from"), |one| html! { (view.address(&one.from_address)) })
                    .column("SHA-256", |one| html! { code.small { (one.sha256) } })
                    .empty(ui::empty(&view.t("selling-acceptances-none"), &view.t("selling-acceptances-none-text"), &html! {}))
                    .next(next)
                    .render())
            }
        },
    )
}

#[derive(Deserialize)]
struct AcceptForm {
    agreement: String,
    sha256: String,
}

async fn accept(
    State(sellers): State<Sellers>,
    seller: Seller,
    once: Once,
    Form(AcceptForm { agreement, sha256 }): Form<AcceptForm>,
) -> Result<Answer, Problem> {
    let accepted = Accepted { version: agreement, sha256 };
    once.run(&sellers.app, async |tx| {
        sellers.accept_agreement(tx, &seller, &accepted).await?;
        Ok(Answer::see_other("/seller/settings/agreement?done=agreement-accepted"))
    })
    .await
}
