//! The page on which something is renewed with another specification: into what, for how long, what that costs and why, what its
//! seller's system says to it, and the payment.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use delivery::{ChangeCheck, CheckState};
use kernel::{Invalid, Localized, Refusal, Result, Timestamp, id::InstanceId};
use maud::{Markup, html};
use orders::receipt;
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use ui::{Mistakes, Page, Place, Tone, View};

use super::choice::{self, Asked, Payer, Refused, notice, pick, refusal, said, wanted};
use crate::{
    Changes,
    actions::{
        Read,
        ahead::{Preview, Wish},
    },
    rules::{self, ChangeProgress},
};

type Chosen = choice::Chosen<Preview>;

/// All that the page shows.
struct Shown {
    read: Read,
    /// How many of what it is, in words.
    amounts: Vec<Localized>,
    chosen: std::result::Result<Chosen, Refused>,
    /// For how long, as its field says it.
    term: String,
    now: Timestamp,
    may_buy: bool,
    payer: Payer,
}

impl Shown {
    /// Whether its term is over, so that the next one has begun.
    fn is_over(&self) -> bool {
        self.read.instance.expires_at.is_some_and(|end| end <= self.now)
    }

    /// What is chosen, as the fields have it.
    fn fields(&self, chosen: &Chosen) -> Asked {
        let mut fields = chosen.fields();
        fields.insert("term".to_owned(), self.term.clone());
        fields
    }
}

/// What the fields say; what is left out stays as it is.
fn wish(asked: &Asked) -> Result<Wish, Invalid> {
    let length = asked.get("term").and_then(|term| renewals::read_length(term));
    let (unit, periods) = length.unzip();
    Ok(Wish { wanted: wanted(asked)?, periods, unit })
}

impl Changes {
    async fn ahead(&self, tx: &mut Tx, buyer: &Buyer, (id, asked): (InstanceId, &Asked)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        let chosen = self.chosen_ahead(tx, buyer, (&read, asked)).await?;
        let said = asked.get("term").filter(|term| renewals::read_length(term).is_some());
        let last = || read.last_length().map(|(unit, count)| format!("{unit}.{count}")).unwrap_or_default();
        let instance = &read.instance;
        Ok(Shown {
            amounts: self.orders.catalogue.amounts(tx, instance.product, &instance.quantities).await?,
            term: said.cloned().unwrap_or_else(last),
            now: self.app.clock.now(),
            may_buy: buyer.may(Permission::Buy).is_ok(),
            payer: Payer::of(buyer),
            chosen,
            read,
        })
    }

    async fn chosen_ahead(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, asked): (&Read, &Asked),
    ) -> Result<std::result::Result<Chosen, Refused>> {
        let targets = match refusal(self.targets_ahead(tx, buyer, read).await)? {
            Ok(targets) => targets,
            Err(refused) => return Ok(Err(refused)),
        };
        let (length, wanted) = match wish(asked) {
            Ok(Wish { wanted, periods, unit }) => ((periods, unit), Ok(wanted)),
            Err(wrong) => ((None, None), Err(wrong)),
        };
        let (picked, wanted) = match pick(&targets, wanted)? {
            Ok(picked) => picked,
            Err(refused) => return Ok(Err(refused)),
        };
        let preview = match wanted {
            Ok(wanted) => {
                let wish = Wish { wanted, periods: length.0, unit: length.1 };
                refusal(self.preview_ahead_of(tx, buyer, (read, &wish)).await)?
            }
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
    let shown = changes.ahead(&mut changes.app.db.read(), &buyer, (id, &asked)).await?;
    Ok(page(&visit.view, &shown, &Mistakes::none()))
}

/// The part of the page that follows what is chosen, and what its seller's system says to it.
async fn price(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let shown = changes.ahead(&mut changes.app.db.read(), &buyer, (id, &asked)).await?;
    Ok(priced(&visit.view, &shown))
}

/// Asks its seller's system, and shows the same again.
async fn ask(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&changes.app, async |tx| {
        changes.ask_ahead(tx, &buyer, (id, &wish(&form)?)).await?;
        Ok(Answer::see_other(again_as(id, &form)))
    });
    changes.answered(done.await, &visit, &buyer, (id, &form)).await
}

async fn renew(
    Handled(changes): Handled<Changes>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&changes.app, async |tx| {
        let seen = form.get("seen").map_or("", String::as_str);
        let change = changes.change_ahead(tx, &buyer, (id, &wish(&form)?), seen).await?;
        let done = if change.state == ChangeProgress::Ahead { "renewed-with-change" } else { "change-begun" };
        Ok(Answer::see_other(format!("/console/instances/{id}?done={done}")))
    });
    changes.answered(done.await, &visit, &buyer, (id, &form)).await
}

impl Changes {
    /// What was done, or the page again with what was wrong.
    async fn answered(
        &self,
        done: Result<Answer, Problem>,
        visit: &Visit,
        buyer: &Buyer,
        (id, form): (InstanceId, &Asked),
    ) -> Result<Response, Problem> {
        match done {
            Ok(answer) => Ok(answer.into_response()),
            Err(problem) => {
                let mistakes = visit.view.retry(problem)?;
                let shown = self.ahead(&mut self.app.db.read(), buyer, (id, form)).await?;
                Ok(page(&visit.view, &shown, &mistakes).refused().into_response())
            }
        }
    }
}

fn here(shown: &Shown) -> String {
    format!("/console/instances/{}/renewal-change", shown.read.instance.id)
}

/// The same choice as an address.
fn again_as(id: InstanceId, fields: &Asked) -> String {
    format!("/console/instances/{id}/renewal-change?{}", choice::parameters(fields))
}

/// Where the part with the price is read again while its seller's system is being asked.
fn refreshed(shown: &Shown) -> Option<String> {
    let chosen = shown.chosen.as_ref().ok()?;
    let check = chosen.preview.as_ref().ok()?.check.as_ref()?;
    let again = again_as(shown.read.instance.id, &shown.fields(chosen));
    (check.state == CheckState::Asked).then(|| again.replacen("/renewal-change?", "/renewal-change/price?", 1))
}

fn page(view: &View, shown: &Shown, mistakes: &Mistakes) -> Page {
    let instance = &shown.read.instance;
    let title = view.t("renewal-change-title");
    let lead = if shown.is_over() { view.t("renewal-change-lead-late") } else { view.t("renewal-change-lead") };
    ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href={ "/console/instances/" (instance.id) } { "← " (view.of(&instance.title)) } }
            (ui::header(&title, Some(&lead), &html! {}))
            (mistakes.summary(view))
            @if let Ok(chosen) = &shown.chosen {
                section.card {
                    p.muted { (view.ta("change-present", &[("what", said(view, &instance.title, &shown.amounts).into())])) }
                    (chosen.editions(view, &here(shown), instance.sku))
                    (choices(view, shown, chosen))
                }
            }
            div.stack #change-price aria-live="polite" {
                // Another choice takes its place, so that nothing of this one comes after that.
                div.stack data-load=[refreshed(shown)] { (priced(view, shown)) }
            }
        },
    )
}

/// How many and for how long; the price follows as they change, and by a button where there are no scripts.
fn choices(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    let own: Vec<_> = shown.read.last_length().into_iter().collect();
    html! {
        form.stack method="get" action=(here(shown)) data-live={ (here(shown)) "/price" } data-target="#change-price" {
            input type="hidden" name="sku" value=(chosen.offer.sku);
            @for known in &chosen.offer.plan.quantities { (chosen.number(view, known, known.min)) }
            (renewals::length_choice(view, (&chosen.offer.plan, &own), &shown.term))
            button.button data-live-hidden type="submit" { (view.t("change-compute")) }
        }
    }
}

fn priced(view: &View, shown: &Shown) -> Markup {
    let found = shown.chosen.as_ref().and_then(|chosen| match &chosen.preview {
        Ok(preview) => Ok((chosen, preview)),
        Err(refused) => Err(refused),
    });
    let (chosen, preview) = match found {
        Ok(found) => found,
        Err(refused) => return notice(view, refused),
    };
    html! {
        div.with-aside {
            section.card {
                h2 { (view.t("change-what")) }
                (ui::facts(&[
                    (view.t("change-becomes"), html! { strong { (chosen.becomes(view)) } }),
                    (view.t("renewal-from"), view.time(preview.term.from)),
                    (view.t("renewal-until"), view.time(preview.term.until)),
                ]))
                h2 { (view.t("checkout-price")) }
                (receipt(view, &preview.quote.content.quote))
                @if shown.is_over() { p.small.muted { (view.t("renewal-change-late")) } } @else {
                    p.small.muted { (view.t("renewal-change-until")) }
                    p.small.muted { (view.t("renewal-change-by-seller")) }
                }
            }
            aside.stack { (payment(view, shown, (chosen, preview))) }
        }
    }
}

/// What its seller's system says, and what can be done then.
fn payment(view: &View, shown: &Shown, (chosen, preview): (&Chosen, &Preview)) -> Markup {
    let total = preview.quote.content.quote.total;
    let again = again_as(shown.read.instance.id, &shown.fields(chosen));
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(total)) }
            (choice::balance(view, &preview.cover))
            @match (preview.check.as_ref(), rules::agreed(preview.check.as_ref())) {
                (_, Ok(_)) => {
                    (ui::notice(Tone::Good, &html! { p { (agreed(view, preview)) } }))
                    (choice::pay(
                        view,
                        shown.payer,
                        (&preview.quote, &preview.cover),
                        (&here(shown), &shown.fields(chosen)),
                        "renewal-change-pay",
                    ))
                }
                (check, Err(why)) => (asking(view, shown, (chosen, check, &why.text()), &again)),
            }
        }
    }
}

fn agreed(view: &View, preview: &Preview) -> String {
    match preview.good_until {
        Some(until) => view.ta("renewal-change-agreed", &[("time", view.time_text(until).into())]),
        None => String::new(),
    }
}

/// Its seller's system has not agreed: why, and the way to ask it.
fn asking(
    view: &View,
    shown: &Shown,
    (chosen, check, why): (&Chosen, Option<&ChangeCheck>, &Localized),
    again: &str,
) -> Markup {
    let asked = check.is_some_and(|check| check.state == CheckState::Asked);
    let tone = if check.is_none() || asked { Tone::Info } else { Tone::Warn };
    html! {
        (ui::notice(tone, &html! { p { (ui::sentence(view.of(why))) } }))
        @if asked {
            p.small data-waits { a href=(again) { (view.t("renewal-change-look")) } }
        } @else if shown.may_buy {
            (ui::form(view, &format!("{}/check", here(shown)), &html! {
                @for (name, value) in shown.fields(chosen) { input type="hidden" name=(name) value=(value); }
                button.button.primary.large.wide type="submit" { (view.t("renewal-change-ask")) }
            }))
        } @else { p { (view.t("change-others-pay")) } }
    }
}

pub(super) fn routes(changes: &Changes) -> Routes {
    Routes::of(changes.clone())
        .page("/console/instances/{instance}/renewal-change", show, Access::Buyer)
        .page("/console/instances/{instance}/renewal-change/price", price, Access::Buyer)
        .form("/console/instances/{instance}/renewal-change/check", ask, Access::Buyer)
        .form("/console/instances/{instance}/renewal-change", renew, Access::Buyer)
        .done()
}
