//! Accepting what opens after that: what begins, before it does.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use instances::Instance;
use kernel::{Error, Result, id::InstanceId};
use maud::{Markup, html};
use orders::{receipt, window};
use platform::{
    Tx,
    http::{Access, Answer, Once, PathParam, Problem, Routes},
};
use policy::BillingMode;
use ui::{Mistakes, Page, Place, Tone, View, button_link};

use crate::{Deliveries, actions::Accepting};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/console/instances/{instance}/acceptance", show, Access::Buyer)
        .form("/console/instances/{instance}/acceptance", accept, Access::Buyer)
        .done()
}

impl Deliveries {
    /// That it waits for its acceptance, as a part of the page of its instance; empty for everything else.
    pub async fn acceptance_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, id: InstanceId) -> Result<Markup> {
        let accepting = match self.accepting(tx, buyer, id).await {
            Ok(accepting) => accepting,
            Err(Error::Refused(_)) => return Ok(html! {}),
            Err(other) => return Err(other),
        };
        let standard = self.orders.catalogue.acceptance(tx, accepting.instance.product).await?;
        let here = format!("/console/instances/{id}");
        Ok(ui::card(
            Some(&view.t("acceptance-title")),
            &html! {
                (ui::notice(Tone::Warn, &html! {
                    p { (view.ta("acceptance-waits", &[("time", view.time_text(accepting.accept_by).into())])) }
                }))
                @if let Some(standard) = standard {
                    h3 { (view.t("storefront-acceptance")) }
                    div.prose { (ui::rich(view.of(&standard))) }
                }
                @if buyer.may(Permission::Buy).is_ok() {
                    p.row {
                        (button_link(&format!("{here}/acceptance"), &view.t("acceptance-go"), true))
                        (button_link(&format!("{here}/return"), &view.t("acceptance-refuse"), false))
                    }
                } @else { p { (view.t("acceptance-role")) } }
            },
        ))
    }
}

async fn show(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    Ok(shown(&deliveries, &visit.view, (&buyer, id), &Mistakes::none()).await?)
}

/// The page; where it does not wait, why.
async fn shown(
    deliveries: &Deliveries,
    view: &View,
    (buyer, id): (&Buyer, InstanceId),
    mistakes: &Mistakes,
) -> Result<Page> {
    let mut tx = deliveries.app.db.read();
    let found = match deliveries.accepting(&mut tx, buyer, id).await {
        Ok(found) => Ok(found),
        Err(Error::Refused(refused)) => Err(refused.text()),
        Err(other) => return Err(other),
    };
    let instance = deliveries.instances.find_for(&mut tx, buyer.account(), id).await?;
    let title = view.t("acceptance-title");
    let back = format!("/console/instances/{id}");
    Ok(ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(back) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            @match &found {
                Ok(accepting) => (begins(view, &instance, accepting, buyer.may(Permission::Buy).is_ok())),
                Err(why) => {
                    (ui::notice(Tone::Plain, &html! { p { (view.of(why)) } }))
                    p.row { (button_link(&back, &view.t("acceptance-back"), false)) }
                }
            }
        },
    ))
}

fn begins(view: &View, instance: &Instance, accepting: &Accepting, may: bool) -> Markup {
    let Accepting { line, accept_by, begins, ends, .. } = accepting;
    let content = &line.content;
    let until = ends.map_or_else(|| html! { (view.t("instance-unlimited")) }, |end| view.time(end));
    let mut facts = vec![
        (view.t("acceptance-begins"), view.time(*begins)),
        (view.t("instance-until"), until),
        (view.t("acceptance-by"), view.time(*accept_by)),
    ];
    if content.billing_mode == BillingMode::OnDemand {
        facts.push((view.t("acceptance-charged"), html! { (view.t("acceptance-by-use")) }));
    } else {
        facts.push((view.t("acceptance-charged"), view.money(line.amount)));
    }
    if content.terms.no_reason_hours > 0 {
        facts.push((view.t("order-return"), html! { (window(view, content.terms.no_reason_hours)) }));
    }
    let here = format!("/console/instances/{}", instance.id);
    html! {
        section.card {
            h2 { (view.t("acceptance-what")) }
            (ui::facts(&facts))
            details { summary { (view.t("instance-price")) } (receipt(view, &content.quote)) }
            @if may {
                (ui::form(view, &format!("{here}/acceptance"), &html! {
                    div.row {
                        button.button.primary type="submit" { (view.t("acceptance-confirm")) }
                        a.button.quiet href=(here) { (view.t("acceptance-later")) }
                    }
                }))
            } @else { p { (view.t("acceptance-role")) } }
        }
    }
}

async fn accept(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.accept(tx, &buyer, id).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=accepted")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(shown(&deliveries, &visit.view, (&buyer, id), &mistakes).await?.refused().into_response())
        }
    }
}
