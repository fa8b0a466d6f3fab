//! The page on which something is changed: into what, how many, what that costs for the rest of the term and why.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use kernel::{Localized, Result, id::InstanceId};
use maud::{Markup, html};
use orders::receipt;
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use pricing::Quantity;
use ui::{Mistakes, Page, Place, View};

use super::choice::{self, Asked, Payer, Refused, notice, pick, refusal, said, wanted};
use crate::{
    Changes,
    actions::{Preview, Read},
    rules::ChangeProgress,
};

type Chosen = choice::Chosen<Preview>;

/// All that the page shows.
struct Shown {
    read: Read,
    /// How many of what it is, in words.
    amounts: Vec<Localized>,
    chosen: std::result::Result<Chosen, Refused>,
    /// Its seller's system carries it out.
    by_seller: bool,
    payer: Payer,
}

impl Changes {
    async fn shown(&self, tx: &mut Tx, buyer: &Buyer, (id, asked): (InstanceId, &Asked)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        let chosen = self.chosen_now(tx, buyer, (&read, asked)).await?;
        let instance = &read.instance;
        Ok(Shown {
            amounts: self.orders.catalogue.amounts(tx, instance.product, &instance.quantities).await?,
            by_seller: self.deliveries.name_at_seller(tx, id).await?.is_some(),
            payer: Payer::of(buyer),
            chosen,
            read,
        })
    }

    async fn chosen_now(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, asked): (&Read, &Asked),
    ) -> Result<std::result::Result<Chosen, Refused>> {
        let targets = match refusal(self.targets(tx, buyer, read).await)? {
            Ok(targets) => targets,
            Err(refused) => return Ok(Err(refused)),
        };
        let (picked, wanted) = match pick(&targets, wanted(asked))? {
            Ok(picked) => picked,
            Err(refused) => return Ok(Err(refused)),
        };
        let preview = match wanted {
            Ok(wanted) => refusal(self.preview_of(tx, buyer, (read, &wanted)).await)?,
            Err(refused) => Err(refused),
        };
        Ok(Ok(self.chosen(tx, read, (targets, picked), preview).await?))
    }
}

async fn show(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let shown = changes.shown(&mut changes.app.db.read(), &buyer, (id, &asked)).await?;
    Ok(page(&visit.view, &shown, &Mistakes::none()))
}

/// The part of the page that follows what is chosen.
async fn price(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let shown = changes.shown(&mut changes.app.db.read(), &buyer, (id, &asked)).await?;
    Ok(priced(&visit.view, &shown))
}

async fn change(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&changes.app, async |tx| {
        let seen = form.get("seen").map_or("", String::as_str);
        let change = changes.change(tx, &buyer, (id, &wanted(&form)?), seen).await?;
        let done = match change.state {
            ChangeProgress::Ahead | ChangeProgress::Running => format!("/console/instances/{id}?done=change-begun"),
            ChangeProgress::Done | ChangeProgress::Failed | ChangeProgress::Returned | ChangeProgress::Withdrawn => {
                format!("/console/instances/{id}?done=changed")
            }
        };
        Ok(Answer::see_other(done))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = changes.shown(&mut changes.app.db.read(), &buyer, (id, &form)).await?;
            Ok(page(&visit.view, &shown, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, shown: &Shown, mistakes: &Mistakes) -> Page {
    let instance = &shown.read.instance;
    let title = view.t("change-title");
    let here = format!("/console/instances/{}", instance.id);
    ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(here) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, Some(&view.t("change-lead")), &html! {}))
            (mistakes.summary(view))
            @if let Ok(chosen) = &shown.chosen {
                section.card {
                    p.muted { (view.ta("change-present", &[("what", said(view, &instance.title, &shown.amounts).into())])) }
                    (chosen.editions(view, &format!("{here}/change"), instance.sku))
                    (numbers(view, shown, chosen))
                }
            }
            div.stack #change-price aria-live="polite" { (priced(view, shown)) }
        },
    )
}

/// How many; the price follows as they change, and by a button where there are no scripts.
fn numbers(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    let here = format!("/console/instances/{}/change", shown.read.instance.id);
    html! {
        @if !chosen.offer.plan.quantities.is_empty() {
            form.stack method="get" action=(here) data-live={ (here) "/price" } data-target="#change-price" {
                input type="hidden" name="sku" value=(chosen.offer.sku);
                @for known in &chosen.offer.plan.quantities { (chosen.number(view, known, least(shown, chosen, known))) }
                button.button data-live-hidden type="submit" { (view.t("change-compute")) }
            }
        }
    }
}

/// Less of the same is for the end of the term.
fn least(shown: &Shown, chosen: &Chosen, known: &Quantity) -> u64 {
    let instance = &shown.read.instance;
    let held = instance.quantities.get(&known.code).filter(|_| chosen.offer.sku == instance.sku);
    held.copied().unwrap_or(known.min).max(known.min)
}

fn priced(view: &View, shown: &Shown) -> Markup {
    let chosen = match &shown.chosen {
        Ok(chosen) => chosen,
        Err(refused) => return notice(view, refused),
    };
    match &chosen.preview {
        Err(refused) => notice(view, refused),
        Ok(preview) => html! {
            div.with-aside {
                section.card {
                    h2 { (view.t("change-what")) }
                    (ui::facts(&[
                        (view.t("change-becomes"), html! { strong { (chosen.becomes(view)) } }),
                        (view.t("change-until"), view.time(preview.term.until)),
                    ]))
                    h2 { (view.t("checkout-price")) }
                    (receipt(view, &preview.quote.content.quote))
                    p.small.muted { (view.t(if shown.by_seller { "change-by-seller" } else { "change-at-once" })) }
                    p.small.muted { (view.t("change-back")) }
                    p.small.muted { (view.t("change-renewal")) }
                }
                aside.stack { (payment(view, shown, (chosen, preview))) }
            }
        },
    }
}

fn payment(view: &View, shown: &Shown, (chosen, preview): (&Chosen, &Preview)) -> Markup {
    let Preview { quote, term: _, cover } = preview;
    let here = format!("/console/instances/{}/change", shown.read.instance.id);
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(quote.content.quote.total)) }
            (choice::balance(view, cover))
            (choice::pay(view, shown.payer, (quote, cover), (&here, &chosen.fields()), "change-pay"))
        }
    }
}

pub(super) fn routes(changes: &Changes) -> Routes {
    Routes::of(changes.clone())
        .page("/console/instances/{instance}/change", show, Access::Buyer)
        .page("/console/instances/{instance}/change/price", price, Access::Buyer)
        .form("/console/instances/{instance}/change", change, Access::Buyer)
        .done()
}
