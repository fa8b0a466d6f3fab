//! The transfers that buyers have announced, for those who look at the bank account.

use accounts::{Operator, StaffPermission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, PageQuery, id::TopUpId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, View};

use super::{amount, badge};
use crate::{
    Payments,
    rules::{Outcome, TopUp, TopUpState},
};

const PLACE: Place = Place::Operator("transfers");
const HERE: &str = "/operator/transfers";

#[derive(Deserialize)]
struct TransfersQuery {
    state: Option<String>,
    reference: Option<String>,
    cursor: Option<String>,
}

#[derive(Default, Deserialize)]
struct ConfirmForm {
    #[serde(default)]
    received: String,
    #[serde(default)]
    bank_reference: String,
}

#[derive(Default, Deserialize)]
struct RejectForm {
    #[serde(default)]
    reason: String,
}

async fn list(
    State(payments): State<Payments>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<TransfersQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let title = view.word("nav-operator", "transfers");
    if operator.may_staff(StaffPermission::HandleMoney).is_err() {
        return Ok(ui::page(
            view,
            PLACE,
            &title,
            &html! {
                (ui::header(&title, None, &html! {}))
                (ui::empty(&view.t("transfers-not-yours"), &view.t("transfers-not-yours-text"), &html! {}))
            },
        ));
    }
    let reference = query.reference.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_uppercase);
    // Who types a reference looks for one transfer, whatever became of it.
    let state = match (query.state.as_deref(), &reference) {
        (None, None) => Some(TopUpState::Declared),
        (None, Some(_)) => None,
        (Some(text), _) => text.parse().ok(),
    };
    let page = PageQuery { cursor: query.cursor, limit: None }.checked().map_err(Error::from)?;
    let filter = (state, reference.as_deref());
    let found = payments.all_top_ups(&mut payments.app.db.read(), &operator, filter, page).await?;
    let search = html! {
        (Field::input("search", "reference", &view.t("top-up-reference")).value(reference.as_deref().unwrap_or_default()).with("placeholder", "KT…").with("maxlength", "20").render(view, &Mistakes::none()))
    };
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("transfers-lead")), &html! {}))
            (tabs(view, state))
            (Table::new(view, title.as_str(), &found.items)
                .column(view.t("top-up-reference"), |one| html! { a href={ (HERE) "/" (one.id) } { (one.reference) } })
                .column(view.t("top-up-payer"), |one| html! { (one.payer) })
                .number(view.t("wallet-amount"), |one| view.money(one.declared))
                .column(view.t("top-up-declared"), |one| view.time(one.declared_at))
                .column(view.t("transfers-state"), |one| badge(view, one.outcome.state()))
                .filters(search)
                .empty(ui::empty(&view.t("transfers-none"), &view.t("transfers-none-text"), &html! {}))
                .next(found.next_cursor.as_deref())
                .render())
        },
    ))
}

fn tabs(view: &View, state: Option<TopUpState>) -> Markup {
    let mut tabs: Vec<(String, String, bool)> = TopUpState::ALL
        .iter()
        .map(|one| (view.word("top-up-state", one.as_str()), format!("{HERE}?state={one}"), state == Some(*one)))
        .collect();
    tabs.push((view.t("transfers-all"), format!("{HERE}?state=all"), state.is_none()));
    ui::tabs(&view.t("transfers-state"), &tabs)
}

async fn show(
    State(payments): State<Payments>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<TopUpId>,
) -> Result<Page, Problem> {
    let (top_up, account) = payments.transfer(&mut payments.app.db.read(), &operator, id).await?;
    let form = ConfirmForm { received: ui::plain_amount(top_up.declared), ..ConfirmForm::default() };
    let none = (&Mistakes::none(), &Mistakes::none());
    Ok(page(&visit.view, (&top_up, &account), (&form, &RejectForm::default()), none))
}

async fn confirm(
    State(payments): State<Payments>,
    visit: Visit,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<TopUpId>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Problem> {
    let (top_up, account) = payments.transfer(&mut payments.app.db.read(), &operator, id).await?;
    let confirmed = match amount(&form.received, top_up.declared.currency(), "received") {
        Ok(received) => {
            once.run(&payments.app, async |tx| {
                payments.confirm(tx, &operator, id, received, &form.bank_reference).await?;
                Ok(Answer::see_other(format!("{HERE}?done=transfer-confirmed")))
            })
            .await
        }
        Err(problem) => Err(problem),
    };
    match confirmed {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let forms = (&form, &RejectForm::default());
            let page = page(&visit.view, (&top_up, &account), forms, (&mistakes, &Mistakes::none()));
            Ok(page.refused().into_response())
        }
    }
}

async fn reject(
    State(payments): State<Payments>,
    visit: Visit,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<TopUpId>,
    Form(form): Form<RejectForm>,
) -> Result<Response, Problem> {
    let rejected = once.run(&payments.app, async |tx| {
        payments.reject(tx, &operator, id, &form.reason).await?;
        Ok(Answer::see_other(format!("{HERE}?done=transfer-rejected")))
    });
    match rejected.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let (top_up, account) = payments.transfer(&mut payments.app.db.read(), &operator, id).await?;
            let typed = ConfirmForm { received: ui::plain_amount(top_up.declared), ..ConfirmForm::default() };
            let page = page(&visit.view, (&top_up, &account), (&typed, &form), (&Mistakes::none(), &mistakes));
            Ok(page.refused().into_response())
        }
    }
}

fn page(
    view: &View,
    (top_up, account): (&TopUp, &str),
    (confirm, reject): (&ConfirmForm, &RejectForm),
    (confirm_wrong, reject_wrong): (&Mistakes, &Mistakes),
) -> Page {
    let title = top_up.reference.as_str();
    let waits = top_up.outcome.state() == TopUpState::Declared;
    ui::page(
        view,
        PLACE,
        title,
        &html! {
            (ui::header(title, None, &badge(view, top_up.outcome.state())))
            div.columns {
                (ui::card(Some(&view.t("transfers-announced")), &facts(view, top_up, account)))
                @if waits { (confirm_card(view, top_up, confirm, confirm_wrong)) }
            }
            @if waits { (reject_card(view, top_up, reject, reject_wrong)) }
        },
    )
}

fn facts(view: &View, top_up: &TopUp, account: &str) -> Markup {
    let mut facts = vec![
        (view.t("wallet-amount"), html! { strong { (view.money(top_up.declared)) } }),
        (view.t("top-up-reference"), ui::copyable(view, &top_up.reference)),
        (view.t("top-up-payer"), html! { (top_up.payer) }),
        (view.t("sign-in-account"), html! { a href={ "/operator/accounts/" (top_up.account) } { (account) } }),
        (view.t("top-up-channel"), html! { (view.word("top-up-channel", top_up.channel.as_str())) }),
        (view.t("top-up-declared"), view.time(top_up.declared_at)),
    ];
    match &top_up.outcome {
        Outcome::Declared => {}
        Outcome::Confirmed { received, bank_reference, at } => {
            facts.push((view.t("transfers-received"), view.money(*received)));
            facts.push((view.t("top-up-bank-reference"), html! { code { (bank_reference) } }));
            facts.push((view.t("transfers-decided"), view.time(*at)));
        }
        Outcome::Rejected { reason, at } => {
            facts.push((view.t("transfers-reason"), html! { (reason) }));
            facts.push((view.t("transfers-decided"), view.time(*at)));
        }
    }
    ui::facts(&facts)
}

fn confirm_card(view: &View, top_up: &TopUp, form: &ConfirmForm, mistakes: &Mistakes) -> Markup {
    let hint = view.ta("transfers-received-hint", &[("currency", top_up.declared.currency().code().into())]);
    ui::card(
        Some(&view.t("transfers-confirm-title")),
        &ui::form(
            view,
            &format!("{HERE}/{}/confirm", top_up.id),
            &html! {
                (mistakes.summary(view))
                (Field::text("received", &view.t("transfers-received")).value(&form.received).hint(hint).required().with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
                (Field::text("bank_reference", &view.t("top-up-bank-reference")).value(&form.bank_reference).hint(view.t("transfers-bank-hint")).required().with("maxlength", "64").with("autocomplete", "off").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("transfers-confirm")) } }
            },
        ),
    )
}

fn reject_card(view: &View, top_up: &TopUp, form: &RejectForm, mistakes: &Mistakes) -> Markup {
    html! {
        details.card open[!mistakes.is_empty()] {
            summary { span.grow { (view.t("transfers-reject-title")) } }
            (ui::form(view, &format!("{HERE}/{}/reject", top_up.id), &html! {
                (mistakes.summary(view))
                (Field::area("reason", &view.t("transfers-reason"), 3).value(&form.reason).hint(view.t("transfers-reason-hint")).required().with("maxlength", "1000").render(view, mistakes))
                div.row { button.button.danger type="submit" { (view.t("transfers-reject")) } }
            }))
        }
    }
}

pub(super) fn routes(payments: &Payments) -> Routes {
    Routes::of(payments.clone())
        .page(HERE, list, Access::Operator)
        .page("/operator/transfers/{top_up}", show, Access::Operator)
        .form("/operator/transfers/{top_up}/confirm", confirm, Access::Operator)
        .form("/operator/transfers/{top_up}/reject", reject, Access::Operator)
        .done()
}
