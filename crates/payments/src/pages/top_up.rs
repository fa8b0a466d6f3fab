//! Putting money into the wallet: what to transfer, to whom, and the words that let it be found.

use accounts::{Buyer, Permission, Visit, onward};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Currency, id::TopUpId};
use maud::{Markup, html};
use platform::{
    config::Environment,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use policy::Policy;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::{amount, badge, currencies};
use crate::{
    Payments,
    rules::{Channel, Outcome, TopUp},
};

const PLACE: Place = Place::Console("wallet");

#[derive(Deserialize)]
struct TopUpForm {
    #[serde(default)]
    amount: String,
    currency: Option<String>,
    channel: Option<Channel>,
    #[serde(default)]
    payer: String,
    /// Where the money is wanted.
    next: Option<String>,
}

impl TopUpForm {
    fn currency(&self, policy: &Policy) -> Currency {
        let known = &policy.site.currencies;
        let asked = self.currency.as_deref().and_then(|code| code.parse().ok()).filter(|asked| known.contains(asked));
        asked.or_else(|| known.first().copied()).unwrap_or(Currency::CNY)
    }
}

async fn form(
    State(payments): State<Payments>,
    visit: Visit,
    buyer: Buyer,
    Query(mut form): Query<TopUpForm>,
) -> Result<Page, Problem> {
    buyer.may(Permission::Pay).map_err(kernel::Error::from)?;
    let policy = payments.policies.current().await?;
    if form.payer.is_empty() {
        let account = payments.accounts.find(&mut payments.app.db.read(), buyer.account()).await?;
        form.payer = account.verified_name.unwrap_or(account.name);
    }
    Ok(payments.form_page(&visit.view, &policy, &form, &Mistakes::none()))
}

async fn declare(
    State(payments): State<Payments>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<TopUpForm>,
) -> Result<Response, Problem> {
    let policy = payments.policies.current().await?;
    let channel = form.channel.unwrap_or(Channel::BankTransfer);
    let declared = match amount(&form.amount, form.currency(&policy), "amount") {
        Ok(amount) => {
            once.run(&payments.app, async |tx| {
                let top_up = payments.declare(tx, &buyer, channel, amount, &form.payer).await?;
                let to = match channel {
                    Channel::BankTransfer => format!("/console/wallet/top-ups/{}?done=top-up-declared", top_up.id),
                    Channel::Development => onward(form.next.as_deref(), "/console/wallet?done=money-arrived"),
                };
                Ok(Answer::see_other(to))
            })
            .await
        }
        Err(problem) => Err(problem),
    };
    match declared {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(payments.form_page(&visit.view, &policy, &form, &mistakes).refused().into_response())
        }
    }
}

impl Payments {
    fn form_page(&self, view: &View, policy: &Policy, form: &TopUpForm, mistakes: &Mistakes) -> Page {
        let title = view.t("top-up-title");
        let play = self.app.config.environment == Environment::Development;
        let currency = form.currency(policy);
        ui::page(
            view,
            PLACE,
            &title,
            &html! {
                (ui::header(&title, Some(&view.t("top-up-lead")), &html! {}))
                (ui::card(None, &ui::form(view, "/console/wallet/top-up", &html! {
                    (mistakes.summary(view))
                    @if let Some(next) = &form.next { input type="hidden" name="next" value=(next); }
                    div.fields {
                        (Field::text("amount", &view.t("wallet-amount")).value(&form.amount).hint(currency_hint(view, policy, currency)).required().with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
                        @if policy.site.currencies.len() > 1 {
                            (Field::select("currency", &view.t("wallet-currency"), &currencies(policy)).value(currency.code()).required().render(view, mistakes))
                        }
                    }
                    @if play { (channels(view, form, mistakes)) }
                    (Field::text("payer", &view.t("top-up-payer")).value(&form.payer).hint(view.t("top-up-payer-hint")).with("maxlength", "100").render(view, mistakes))
                    div.row {
                        button.button.primary type="submit" { (view.t("top-up-continue")) }
                        (ui::button_link("/console/wallet", &view.t("ui-cancel"), false))
                    }
                })))
            },
        )
    }
}

/// The only currency needs no field; the hint names it.
fn currency_hint(view: &View, policy: &Policy, currency: Currency) -> String {
    if policy.site.currencies.len() > 1 {
        view.t("top-up-amount-hint")
    } else {
        view.ta("top-up-amount-in", &[("currency", currency.code().into())])
    }
}

fn channels(view: &View, form: &TopUpForm, mistakes: &Mistakes) -> Markup {
    let choices = [
        Choice::new(Channel::BankTransfer.as_str(), view.t("top-up-bank")).hint(view.t("top-up-bank-hint")),
        Choice::new(Channel::Development.as_str(), view.t("top-up-play")).hint(view.t("top-up-play-hint")),
    ];
    // Whoever is on the way to pay for something wants the money that is there at once.
    let usual = if form.next.is_some() { Channel::Development } else { Channel::BankTransfer };
    let chosen = form.channel.unwrap_or(usual);
    ui::choice_cards(&view.t("top-up-channel"), "channel", &choices, chosen.as_str(), mistakes)
}

async fn show(
    State(payments): State<Payments>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<TopUpId>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let top_up = payments.top_up(&mut payments.app.db.read(), &buyer, id).await?;
    let policy = payments.policies.current().await?;
    let title = view.ta("top-up-named", &[("amount", view.money_text(top_up.declared).into())]);
    let state = badge(view, top_up.outcome.state());
    let body = match (&top_up.outcome, top_up.channel) {
        (Outcome::Declared, _) => html! { (to_do(view, &policy, &top_up)) (details(view, &top_up)) },
        (Outcome::Confirmed { received, at, .. }, _) => html! {
            (ui::notice(Tone::Good, &html! { strong { (view.money(*received)) " " (view.t("top-up-arrived")) } p { (view.time(*at)) } }))
            (details(view, &top_up))
        },
        (Outcome::Rejected { reason, at }, _) => html! {
            (ui::notice(Tone::Bad, &html! { strong { (view.t("top-up-rejected")) } p { (reason) } p { (view.time(*at)) } }))
            (details(view, &top_up))
        },
    };
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, None, &state))
            (body)
            p { a href="/console/wallet" { (view.t("top-up-back")) } }
        },
    ))
}

/// What the buyer does now.
fn to_do(view: &View, policy: &Policy, top_up: &TopUp) -> Markup {
    let mut facts = vec![(view.t("wallet-amount"), html! { strong { (view.money(top_up.declared)) } })];
    let entity = policy.contracting_entities.iter().find(|entity| entity.currency == top_up.declared.currency());
    if let Some(entity) = entity {
        facts.push((view.t("top-up-payee"), ui::copyable(view, view.of(&entity.name))));
        if let Some(bank) = &entity.bank {
            facts.push((view.t("top-up-at-bank"), html! { (view.of(&bank.name)) }));
            facts.push((view.t("top-up-account"), ui::copyable(view, &bank.account)));
        }
    }
    facts.push((view.t("top-up-reference"), ui::copyable(view, &top_up.reference)));
    ui::card(
        Some(&view.t("top-up-do")),
        &html! {
            (ui::facts(&facts))
            (ui::notice(Tone::Warn, &html! { p { (view.t("top-up-quote")) } }))
            p.muted { (view.t("top-up-then")) }
        },
    )
}

fn details(view: &View, top_up: &TopUp) -> Markup {
    let mut facts = vec![
        (view.t("top-up-channel"), html! { (view.word("top-up-channel", top_up.channel.as_str())) }),
        (view.t("top-up-payer"), html! { (top_up.payer) }),
        (view.t("top-up-declared"), view.time(top_up.declared_at)),
    ];
    match &top_up.outcome {
        Outcome::Declared => {}
        Outcome::Confirmed { bank_reference, .. } => {
            facts.push((view.t("top-up-reference"), html! { code { (top_up.reference) } }));
            facts.push((view.t("top-up-bank-reference"), html! { code { (bank_reference) } }));
        }
        Outcome::Rejected { .. } => facts.push((view.t("top-up-reference"), html! { code { (top_up.reference) } })),
    }
    ui::card(Some(&view.t("top-up-details")), &ui::facts(&facts))
}

pub(super) fn routes(payments: &Payments) -> Routes {
    Routes::of(payments.clone())
        .page("/console/wallet/top-up", form, Access::Buyer)
        .form("/console/wallet/top-up", declare, Access::Buyer)
        .page("/console/wallet/top-ups/{top_up}", show, Access::Buyer)
        .done()
}
