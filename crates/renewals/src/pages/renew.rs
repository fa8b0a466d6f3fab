//! The page on which something is renewed: for how long, what that costs and why, and until when it goes on.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use kernel::{Error, Localized, Result, Timestamp, id::InstanceId};
use maud::{Markup, html};
use orders::{After, receipt, window};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use policy::AccessType;
use serde::Deserialize;
use ui::{Mistakes, Page, Place, Tone, View, escaped};

use super::{length_field, wanted};
use crate::{
    Renewals,
    actions::{Preview, Read},
    rules::Offered,
};

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    term: String,
    /// What its page showed of it.
    #[serde(default)]
    seen: String,
}

/// All that the page shows.
struct Shown {
    read: Read,
    offered: Vec<Offered>,
    /// The length that is chosen, as its field says it.
    chosen: String,
    /// What it comes to, or why it cannot be renewed like this.
    preview: std::result::Result<Preview, Localized>,
    now: Timestamp,
    may_pay: bool,
    verified: bool,
}

impl Renewals {
    async fn shown(&self, tx: &mut Tx, buyer: &Buyer, (id, term): (InstanceId, &str)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        let preview = match self.preview(tx, buyer, id, wanted(term)).await {
            Ok(preview) => Ok(preview),
            Err(refused @ (Error::Refused(_) | Error::NotFound(_))) => Err(refused.text()),
            Err(other) => return Err(other),
        };
        // What is not sold any more has no lengths to choose from.
        let offered = match self.offered(tx, &read, None).await {
            Ok(offered) => offered,
            Err(Error::Refused(_) | Error::NotFound(_)) => Vec::new(),
            Err(other) => return Err(other),
        };
        let last = read.last_length().map(|(unit, count)| format!("{unit}.{count}")).unwrap_or_default();
        Ok(Shown {
            chosen: if Offered::read(term).is_some() { term.to_owned() } else { last },
            now: self.app.clock.now(),
            may_pay: buyer.may(Permission::Buy).is_ok() && buyer.may(Permission::Pay).is_ok(),
            verified: buyer.is_verified(),
            read,
            offered,
            preview,
        })
    }
}

async fn show(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let shown = renewals.shown(&mut renewals.app.db.read(), &buyer, (id, &asked.term)).await?;
    Ok(page(&visit.view, &shown, &Mistakes::none()))
}

/// The part of the page that follows the chosen length.
async fn price(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let shown = renewals.shown(&mut renewals.app.db.read(), &buyer, (id, &asked.term)).await?;
    Ok(priced(&visit.view, &shown))
}

async fn renew(
    Handled(renewals): Handled<Renewals>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&renewals.app, async |tx| {
        renewals.renew(tx, &buyer, (id, wanted(&form.term)), &form.seen).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=renewed")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = renewals.shown(&mut renewals.app.db.read(), &buyer, (id, &form.term)).await?;
            Ok(page(&visit.view, &shown, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, shown: &Shown, mistakes: &Mistakes) -> Page {
    let instance = &shown.read.instance;
    let title = view.t("renewal-title");
    let here = format!("/console/instances/{}", instance.id);
    ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(here) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, Some(&view.t("renewal-lead")), &html! {}))
            (mistakes.summary(view))
            @if !shown.offered.is_empty() {
                section.card {
                    form.stack method="get" action={ (here) "/renew" } data-live={ (here) "/renew/price" } data-target="#renewal" {
                        (length_field(view, &shown.offered, &shown.chosen))
                        button.button data-live-hidden type="submit" { (view.t("renewal-compute")) }
                    }
                }
            }
            div.stack #renewal aria-live="polite" { (priced(view, shown)) }
        },
    )
}

fn priced(view: &View, shown: &Shown) -> Markup {
    match &shown.preview {
        Err(why) => ui::notice(Tone::Warn, &html! { p { (view.of(why)) } }),
        Ok(preview) => html! {
            div.with-aside {
                section.card {
                    h2 { (view.t("renewal-term")) }
                    (ui::facts(&[
                        (view.t("renewal-from"), view.time(preview.term.from)),
                        (view.t("renewal-until"), html! { strong { (view.time(preview.term.until)) } }),
                    ]))
                    h2 { (view.t("checkout-price")) }
                    (receipt(view, &preview.quote.content.quote))
                    @if let Some(text) = back(view, preview, shown.now) { p.small.muted { (text) } }
                }
                aside.stack { (payment(view, shown, preview)) }
            }
        },
    }
}

/// Until when it could be given back; what goes on with something frozen has begun already.
fn back(view: &View, preview: &Preview, now: Timestamp) -> Option<String> {
    if now < preview.term.from {
        let file = preview.quote.content.access_type == AccessType::License;
        return Some(view.t(if file { "renewal-back-file" } else { "renewal-back" }));
    }
    let hours = preview.quote.content.terms.no_reason_hours;
    (hours > 0).then(|| view.ta("renewal-back-within", &[("time", window(view, hours).into())]))
}

fn payment(view: &View, shown: &Shown, preview: &Preview) -> Markup {
    let total = preview.quote.content.quote.total;
    let here = format!("/console/instances/{}/renew", shown.read.instance.id);
    let again = format!("{here}?term={}", escaped(&shown.chosen));
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(total)) }
            dl.receipt {
                div { dt { (view.t("checkout-wallet")) } dd { (view.money(preview.cover.balance)) } }
                @match preview.cover.after {
                    After::Left(left) => div { dt { (view.t("checkout-left")) } dd { (view.money(left)) } },
                    After::Missing(missing) => div { dt { (view.t("checkout-missing")) } dd { span.missing { (view.money(missing)) } } },
                }
            }
            @if !shown.verified {
                (ui::notice(Tone::Warn, &html! { p { (view.t("checkout-unverified")) } }))
                (ui::button_link(&format!("/console/verification?next={}", escaped(&again)), &view.t("checkout-verify"), true))
            } @else if !shown.may_pay { p { (view.t("renewal-others-pay")) } } @else {
                @match preview.cover.after {
                    After::Left(_) => (ui::form(view, &here, &html! {
                        input type="hidden" name="term" value=(shown.chosen);
                        input type="hidden" name="seen" value=(preview.quote.content.seen());
                        button.button.primary.large.wide type="submit" {
                            (view.ta("renewal-pay", &[("amount", view.money_text(total).into())]))
                        }
                    })),
                    After::Missing(missing) => a.button.primary.large.wide href={
                        "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency())
                        "&next=" (escaped(&again))
                    } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
                }
            }
        }
    }
}

pub(super) fn routes(renewals: &Renewals) -> Routes {
    Routes::of(renewals.clone())
        .page("/console/instances/{instance}/renew", show, Access::Buyer)
        .page("/console/instances/{instance}/renew/price", price, Access::Buyer)
        .form("/console/instances/{instance}/renew", renew, Access::Buyer)
        .done()
}
