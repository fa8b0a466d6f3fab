//! The page on which a buyer says what happens when a term ends.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use kernel::{Currency, Error, Invalid, Localized, Money, Result, id::InstanceId};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::{length_field, wanted};
use crate::{
    Renewals,
    actions::{Read, Wish},
    rules::{ExpiryPlan, ExpiryPolicy, Offered},
};

#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    policy: String,
    #[serde(default)]
    term: String,
    #[serde(default)]
    price_max: String,
}

/// All that the page shows.
struct Shown {
    read: Read,
    plan: ExpiryPlan,
    /// The length that is chosen, as its field says it.
    term: String,
    offered: Vec<Offered>,
    /// What the chosen length costs now, or why it cannot be renewed.
    price: std::result::Result<Money, Localized>,
    /// So many days before the end, it is renewed automatically for the first time.
    automatic_days: u32,
    /// Agreeing to it now is to pay it now.
    at_once: bool,
    may_pay: bool,
}

impl Renewals {
    async fn expiry_shown(&self, tx: &mut Tx, buyer: &Buyer, (id, term): (InstanceId, &str)) -> Result<Shown> {
        let plan = self.expiry(tx, buyer, id).await?;
        let read = self.read(tx, buyer.account(), id).await?;
        // What is chosen now, or was agreed to, or was bought the last time.
        let agreed = plan.consent.as_ref().and_then(|consent| {
            let unit = consent.period_unit.or(read.last_length().map(|(unit, _)| unit))?;
            Some((unit, consent.periods))
        });
        let chosen = Offered::read(term).or(agreed).or(read.last_length());
        let term = chosen.map(|(unit, count)| format!("{unit}.{count}")).unwrap_or_default();
        let price = match self.preview(tx, buyer, id, wanted(&term)).await {
            Ok(preview) => Ok(preview.quote.content.quote.total),
            Err(refused @ (Error::Refused(_) | Error::NotFound(_))) => Err(refused.text()),
            Err(other) => return Err(other),
        };
        let offered = match self.offered(tx, &read, agreed).await {
            Ok(offered) => offered,
            Err(Error::Refused(_) | Error::NotFound(_)) => Vec::new(),
            Err(other) => return Err(other),
        };
        let automatic_days = self.policies.current().await?.renewals.automatic_days;
        let at_once = self.is_last_chance(&read).await?;
        let may_pay = buyer.may(Permission::Buy).is_ok() && buyer.may(Permission::Pay).is_ok();
        Ok(Shown { read, plan, term, offered, price, automatic_days, at_once, may_pay })
    }
}

impl Shown {
    /// What the form says at first: what holds, and the present price as the highest.
    fn typed(&self, asked: &Typed) -> Typed {
        let price = self.price.as_ref().ok().copied();
        let unchanged = Offered::read(&asked.term).is_none();
        let agreed_max = self.plan.consent.as_ref().map(|consent| consent.price_max).filter(|_| unchanged);
        Typed {
            policy: self.plan.policy.to_string(),
            term: self.term.clone(),
            price_max: agreed_max.or(price).map(ui::plain_amount).unwrap_or_default(),
        }
    }
}

async fn show(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Typed>,
) -> Result<Page, Problem> {
    let shown = renewals.expiry_shown(&mut renewals.app.db.read(), &buyer, (id, &asked.term)).await?;
    let typed = shown.typed(&asked);
    Ok(page(&visit.view, &shown, (&typed, &Mistakes::none())))
}

/// What the chosen length costs now, beside its field.
async fn price(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Typed>,
) -> Result<Markup, Problem> {
    let shown = renewals.expiry_shown(&mut renewals.app.db.read(), &buyer, (id, &asked.term)).await?;
    Ok(present_price(&visit.view, &shown))
}

/// Reads the form: the highest price is in the currency in which it was bought.
fn wish(typed: &Typed, currency: Currency) -> Result<Wish> {
    let unknown = ("must be manual, automatic or end", "须为 manual、automatic 或 end");
    let policy: ExpiryPolicy = typed.policy.parse().map_err(|_| Invalid::one("policy", unknown))?;
    let price_max = match policy {
        ExpiryPolicy::Manual | ExpiryPolicy::End => None,
        ExpiryPolicy::Automatic => {
            let message = ("must be an amount such as 1000 or 99.50", "须为金额，例如 1000 或 99.50");
            let typed = payments::typed_amount(&typed.price_max, currency);
            Some(typed.ok_or_else(|| Error::from(Invalid::one("price_max", message)))?)
        }
    };
    Ok(Wish { policy, wanted: wanted(&typed.term), price_max })
}

async fn set(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&renewals.app, async |tx| {
        let currency = renewals.read(tx, buyer.account(), id).await?.bought.amount.currency();
        renewals.set_expiry(tx, &buyer, id, wish(&form, currency)?).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=expiry-set")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = renewals.expiry_shown(&mut renewals.app.db.read(), &buyer, (id, &form.term)).await?;
            Ok(page(&visit.view, &shown, (&form, &mistakes)).refused().into_response())
        }
    }
}

fn page(view: &View, shown: &Shown, (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let instance = &shown.read.instance;
    let title = view.t("expiry-title");
    let here = format!("/console/instances/{}", instance.id);
    let choice = |policy: &ExpiryPolicy| {
        let word = policy.as_str();
        let hint = match policy {
            ExpiryPolicy::Automatic if shown.at_once => view.t("expiry-hint-at-once"),
            ExpiryPolicy::Automatic => view.ta("expiry-hint-automatic", &[("count", shown.automatic_days.into())]),
            ExpiryPolicy::Manual | ExpiryPolicy::End => view.word("expiry-hint", word),
        };
        Choice::new(word, view.word("expiry-policy", word)).hint(hint)
    };
    let choices: Vec<Choice> = ExpiryPolicy::ALL.iter().map(choice).collect();
    let max = view.ta("expiry-price-max-hint", &[("currency", shown.read.bought.amount.currency().code().into())]);
    ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(here) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, Some(&view.t("expiry-lead")), &html! {}))
            (mistakes.summary(view))
            @if shown.may_pay {
                section.card {
                    (ui::live_form(view, &format!("{here}/expiry"), (&format!("{here}/expiry/price"), "#expiry-price"), &html! {
                        (ui::choice_cards(&view.t("expiry-policy"), "policy", &choices, &typed.policy, mistakes))
                        @if !shown.offered.is_empty() {
                            fieldset.part {
                                legend { (view.t("expiry-agreed")) }
                                (length_field(view, &shown.offered, &typed.term))
                                div #expiry-price aria-live="polite" { (present_price(view, shown)) }
                                (Field::text("price_max", &view.t("expiry-price-max")).value(&typed.price_max).hint(max).required()
                                    .with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
                            }
                        }
                        div.row {
                            button.button.primary type="submit" { (view.t("expiry-save")) }
                            a.button.quiet href=(here) { (view.t("ui-cancel")) }
                        }
                    }))
                }
            } @else {
                (ui::notice(Tone::Plain, &html! { p { (view.t("renewal-others-pay")) } }))
            }
        },
    )
}

fn present_price(view: &View, shown: &Shown) -> Markup {
    match &shown.price {
        Ok(price) => html! { p { (view.t("expiry-price-now")) " " strong { (view.money(*price)) } } },
        Err(why) => ui::notice(Tone::Warn, &html! { p { (view.of(why)) } }),
    }
}

pub(super) fn routes(renewals: &Renewals) -> Routes {
    Routes::of(renewals.clone())
        .page("/console/instances/{instance}/expiry", show, Access::Buyer)
        .page("/console/instances/{instance}/expiry/price", price, Access::Buyer)
        .form("/console/instances/{instance}/expiry", set, Access::Buyer)
        .done()
}
