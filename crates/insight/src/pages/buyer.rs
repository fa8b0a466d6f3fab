//! `/console`: what needs the buyer, what the buyer owns, what it costs.

use accounts::{Buyer, Visit};
use axum::extract::State;
use kernel::Money;
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use renewals::{ExpiryPolicy, Outlook, RenewalTrouble};
use ui::{Page, Place, Tone, View, badge, button_link, card, empty, header, stat};

use super::{month, sums};
use crate::{
    Insight,
    actions::BuyerOverview,
    rules::Need,
    store::{Ending, Needed, Owned},
};

async fn overview(State(insight): State<Insight>, visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    let view = &visit.view;
    let seen = insight.buyer_overview(&mut insight.app.db.read(), &buyer, &view.zone).await?;
    let title = view.t("buyer-home-title");
    let lead =
        view.viewer.as_ref().map(|viewer| view.ta("buyer-home-lead", &[("name", viewer.account.clone().into())]));
    Ok(ui::page(
        view,
        Place::Console("home"),
        &title,
        &html! {
            (header(&title, lead.as_deref(), &button_link("/search", &view.t("buyer-home-find"), true)))
            (figures(view, &seen))
            (needs(view, &seen, buyer.is_verified()))
            div.columns {
                (owned(view, &seen.newest))
                (card(None, &ui::bars(view, &view.t("buyer-home-months"), &sums(view, &seen.months, |bucket| month(view, bucket)))))
            }
        },
    ))
}

fn figures(view: &View, seen: &BuyerOverview) -> Markup {
    html! {
        div.stats {
            (stat(&view.t("buyer-home-wallet"), &amounts(view, &seen.wallet), Some(&html! { a href="/console/wallet" { (view.t("buyer-home-to-wallet")) } })))
            (stat(&view.t("buyer-home-this-month"), &view.money(seen.this_month), None))
            (stat(&view.t("buyer-home-in-use"), &html! { (view.count(seen.in_use)) }, Some(&html! { a href="/console/instances" { (view.t("buyer-home-to-instances")) } })))
            (stat(&view.t("buyer-home-unread"), &html! { (view.count(seen.unread)) }, Some(&html! { a href="/console/messages" { (view.t("buyer-home-to-messages")) } })))
        }
    }
}

fn amounts(view: &View, amounts: &[Money]) -> Markup {
    html! { @for amount in amounts { div { (view.money(*amount)) } } }
}

fn needs(view: &View, seen: &BuyerOverview, verified: bool) -> Markup {
    let nothing = verified && seen.unpaid.is_empty() && seen.needed.is_empty() && seen.ending.is_empty();
    card(
        Some(&view.t("buyer-home-needs")),
        &html! {
            @if nothing { p.muted { (view.t("buyer-home-nothing")) } } @else {
                ul.to-do {
                    @if !verified {
                        li {
                            span { strong { (view.t("buyer-home-verify")) } br; span.muted { (view.t("buyer-home-verify-why")) } }
                            (button_link("/console/verification", &view.t("buyer-home-verify-do"), true))
                        }
                    }
                    @for order in &seen.unpaid {
                        li {
                            span {
                                (view.ta("buyer-home-unpaid", &[("number", order.number.clone().into())])) " "
                                (view.money(Money::of(order.total, order.currency))) br;
                                span.muted { (view.t("buyer-home-unpaid-until")) " " (view.time(order.due_at)) }
                            }
                            (button_link(&format!("/console/orders/{}", order.id), &view.t("buyer-home-pay"), false))
                        }
                    }
                    @for need in Need::ALL { (needed(view, *need, &seen.needed)) }
                    @for (instance, plan) in &seen.ending { (ending(view, instance, *plan)) }
                }
            }
        },
    )
}

/// What there is of one kind, and the way to the first of it; of private offers to their list when there are several.
fn needed(view: &View, need: Need, all: &[Needed]) -> Markup {
    let own: Vec<&Needed> = all.iter().filter(|one| one.need == need).collect();
    let Some(first) = own.first() else { return html! {} };
    let count = ("count", own.len().into());
    let one = own.len() == 1;
    let offer = |list: &str| if one { format!("/console/private-offers/{}", first.offer()) } else { list.to_owned() };
    // The next one stands here when this one is done.
    let instance = |page: &str| format!("/console/instances/{}/{page}", first.instance());
    let top_up = || "/console/wallet/top-up?next=/console".to_owned();
    let (tone, text, href, go) = match need {
        Need::Offer => (
            Tone::Info,
            view.ta("buyer-need-offer", &[count]),
            offer("/console/private-offers?state=sent"),
            "buyer-need-read",
        ),
        Need::Amendment => (
            Tone::Info,
            view.ta("buyer-need-amendment", &[count]),
            offer("/console/private-offers?state=accepted"),
            "buyer-need-read",
        ),
        Need::Correction => {
            (Tone::Warn, view.ta("buyer-need-correction", &[count]), instance("corrections"), "buyer-need-decide")
        }
        Need::Unpaid => (Tone::Warn, view.ta("buyer-need-unpaid", &[count]), top_up(), "buyer-need-top-up"),
        Need::Frozen => (Tone::Bad, view.ta("buyer-need-frozen", &[count]), top_up(), "buyer-need-top-up"),
        Need::UsedUp => (Tone::Warn, view.ta("buyer-need-used-up", &[count]), instance("package"), "buyer-need-see"),
    };
    let when = match need {
        Need::Correction => "buyer-need-until",
        Need::Offer | Need::Amendment | Need::Unpaid | Need::Frozen | Need::UsedUp => "buyer-need-since",
    };
    html! {
        li {
            span {
                (text) " " (badge(tone, &view.word("buyer-need-kind", need.as_str()))) br;
                span.muted { (view.t(when)) " " (view.time(first.at)) }
            }
            (button_link(&href, &view.t(go), false))
        }
    }
}

fn ending(view: &View, instance: &Ending, plan: Option<Outlook>) -> Markup {
    let automatic = plan.is_some_and(|plan| plan.policy == ExpiryPolicy::Automatic);
    let trouble = plan.and_then(|plan| plan.trouble);
    let here = format!("/console/instances/{}", instance.id);
    // What is tried goes on by being bought; what was not renewed for want of a consent needs another one.
    let (way, go) = match trouble {
        _ if instance.is_trial => ("buy", "instance-trial-buy"),
        Some(RenewalTrouble::Price | RenewalTrouble::NoRight) if instance.state == "active" => {
            ("expiry", "buyer-home-agree")
        }
        Some(RenewalTrouble::Price | RenewalTrouble::NoRight | RenewalTrouble::Funds | RenewalTrouble::NotSold)
        | None => ("renew", "buyer-home-renew"),
    };
    html! {
        li {
            span {
                a href=(here) { (view.of(&instance.title)) } " "
                @if instance.state == "expired" { (badge(Tone::Bad, &view.t("buyer-home-expired"))) }
                @else if instance.state == "grace" { (badge(Tone::Warn, &view.t("buyer-home-grace"))) }
                @else if let Some(trouble) = trouble {
                    (badge(Tone::Warn, &view.t("buyer-home-not-renewed")))
                    br;
                    span.muted { (view.word("renewal-trouble", trouble.as_str())) }
                }
                @else if automatic { (badge(Tone::Good, &view.t("buyer-home-automatic"))) }
                @else { (badge(Tone::Warn, &view.t("buyer-home-ending"))) }
                @if let Some(at) = instance.expires_at {
                    br;
                    span.muted { (view.t(if instance.state == "active" { "buyer-home-ends" } else { "buyer-home-ended" })) " " (view.date(at)) }
                }
            }
            (button_link(&format!("{here}/{way}"), &view.t(go), false))
        }
    }
}

fn owned(view: &View, newest: &[Owned]) -> Markup {
    card(
        Some(&view.t("buyer-home-newest")),
        &html! {
            @if newest.is_empty() {
                (empty(&view.t("buyer-home-empty"), &view.t("buyer-home-empty-how"), &button_link("/", &view.t("buyer-home-discover"), true)))
            } @else {
                ul.to-do {
                    @for instance in newest {
                        li {
                            span {
                                a href={ "/console/instances/" (instance.id) } { (view.of(&instance.title)) }
                                br;
                                span.muted {
                                    (view.t("buyer-home-since")) " " (view.date(instance.activated_at))
                                    @if let Some(at) = instance.expires_at { " · " (view.t("buyer-home-until")) " " (view.date(at)) }
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone()).page("/console", overview, Access::Buyer).done()
}
