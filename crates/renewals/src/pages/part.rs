//! The part of an instance's page that says until when it goes on, and what happens then.

use accounts::Buyer;
use instances::{Instance, State};
use kernel::Result;
use maud::{Markup, html};
use platform::Tx;
use ui::{Tone, View, button_link};

use super::length;
use crate::{
    Renewals,
    rules::{self, Consent, ExpiryPlan, ExpiryPolicy, Renewal, RenewalTrouble},
};

impl Renewals {
    /// Term, renewal and expiry policy as a part of the page of its instance.
    pub async fn term_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, instance: &Instance) -> Result<Markup> {
        let plan = self.expiry(tx, buyer, instance.id).await?;
        let lapses = self.orders.line(tx, instance.line).await?.content.package.is_some();
        let standing = self.standing(tx, instance.id).await?;
        let policy = self.policies.current().await?;
        let first = instance
            .expires_at
            .filter(|_| plan.policy == ExpiryPolicy::Automatic)
            .map(|end| rules::first_try(end, &policy.renewals, &policy.zone()))
            .filter(|first| *first > self.app.clock.now());
        let mut facts = match instance.state {
            State::Pending { accept_by } => vec![
                (view.t("acceptance-begins"), html! { (view.t("instance-after-acceptance")) }),
                (view.t("acceptance-by"), view.time(accept_by)),
            ],
            State::Active | State::Grace { .. } | State::Expired { .. } | State::Released { .. } => {
                let unlimited = || html! { (view.t("instance-unlimited")) };
                let end = instance.expires_at.map_or_else(unlimited, |end| view.time(end));
                vec![(view.t("instance-since"), view.time(instance.activated_at)), (view.t("instance-until"), end)]
            }
        };
        let alive = match instance.state {
            State::Active | State::Grace { .. } | State::Expired { .. } => instance.expires_at.is_some(),
            State::Pending { .. } | State::Released { .. } => false,
        };
        if alive && !instance.is_trial && !lapses {
            facts.push((view.t("expiry-policy"), html! { (view.word("expiry-policy", plan.policy.as_str())) }));
            facts.extend(plan.consent.as_ref().map(|consent| (view.t("expiry-agreed-short"), agreed(view, consent))));
            facts.extend(first.map(|first| (view.t("expiry-first"), view.time(first))));
        }
        let here = format!("/console/instances/{}", instance.id);
        Ok(html! {
            section.card #term {
                h2 { (view.t("instance-term")) }
                @if alive { (trouble(view, &plan)) }
                (ui::facts(&facts))
                @if instance.is_trial {
                    @if instance.state == State::Active {
                        p.small.muted { (view.ta("instance-after-trial", &[("count", instance.after.frozen_days.into())])) }
                    }
                } @else if alive && lapses {
                    p.small.muted { (view.t("package-lapses")) }
                } @else if alive {
                    p.row {
                        (button_link(&format!("{here}/renew"), &view.t("renewal-go"), true))
                        (button_link(&format!("{here}/expiry"), &view.t("expiry-go"), false))
                    }
                    @if instance.state == State::Active {
                        p.small.muted { (after_term(view, instance)) }
                    }
                } @else {
                    p.row { (button_link(&format!("/products/{}", instance.product), &view.t("instance-buy-again"), false)) }
                }
                (terms(view, &standing))
            }
        })
    }
}

/// What happens after the term unless it is renewed.
fn after_term(view: &View, instance: &Instance) -> String {
    let frozen = ("count", instance.after.frozen_days.into());
    match instance.usable_until().filter(|_| instance.after.grace_days > 0) {
        Some(until) => view.ta("instance-after-grace", &[frozen, ("time", view.time_text(until).into())]),
        None => view.ta("instance-after-term", &[frozen]),
    }
}

fn agreed(view: &View, consent: &Consent) -> Markup {
    let Consent { periods, period_unit, price_max, .. } = consent;
    let max = view.ta("expiry-at-most", &[("amount", view.money_text(*price_max).into())]);
    html! {
        @if let Some(unit) = period_unit { (length(view, *unit, *periods)) br; }
        (max)
    }
}

/// What keeps it from being renewed automatically.
fn trouble(view: &View, plan: &ExpiryPlan) -> Markup {
    let help = |trouble: RenewalTrouble| match trouble {
        RenewalTrouble::Funds => Some(("/console/wallet/top-up".to_owned(), view.t("wallet-top-up"))),
        RenewalTrouble::Price => {
            Some((format!("/console/instances/{}/expiry", plan.instance), view.t("expiry-agree-again")))
        }
        RenewalTrouble::NoRight => {
            Some((format!("/console/instances/{}/expiry", plan.instance), view.t("expiry-agree-anew")))
        }
        RenewalTrouble::NotSold => None,
    };
    html! {
        @if let Some(found) = plan.trouble {
            (ui::notice(Tone::Warn, &html! {
                p { (view.word("renewal-trouble", found.as_str())) }
                @if let Some((href, text)) = help(found) { p { a href=(href) { (text) } } }
            }))
        }
    }
}

/// The terms that were added, with their orders.
fn terms(view: &View, standing: &[Renewal]) -> Markup {
    html! {
        @if !standing.is_empty() {
            details {
                summary { (view.ta("renewal-count", &[("count", standing.len().into())])) }
                ul.plain {
                    @for renewal in standing.iter().rev() {
                        li {
                            a href={ "/console/orders/" (renewal.order) } { (view.date(renewal.term.from)) " – " (view.date(renewal.term.until)) }
                            " " span.small.muted { (view.word("renewal-cause", renewal.cause.as_str())) }
                        }
                    }
                }
            }
        }
    }
}
