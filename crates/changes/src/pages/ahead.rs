//! The page on which something is renewed with another specification: into what, for how long, what that costs and why, what its
//! seller's system says to it, and the payment.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use catalogue::Offer;
use delivery::{ChangeCheck, CheckState};
use kernel::{Localized, Refusal, Result, Timestamp, id::InstanceId};
use maud::{Markup, html};
use orders::{After, receipt};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use pricing::Quantity;
use ui::{Field, Mistakes, Page, Place, Tone, View, escaped};

use super::change::{Asked, Refused, refusal, said, wanted};
use crate::{
    Changes,
    actions::{
        Read, Wanted,
        ahead::{Preview, Wish},
    },
    rules::{self, ChangeProgress, ChangeRefused},
};

/// What something can be renewed as, and what was chosen of it.
struct Chosen {
    targets: Vec<Arc<Offer>>,
    offer: Arc<Offer>,
    /// What is counted of it, by its codes.
    counted: BTreeMap<String, Localized>,
    quantities: BTreeMap<String, u64>,
    /// For how long, as its field says it.
    term: String,
    preview: std::result::Result<Preview, Refused>,
    /// How many of what it would be, in words.
    becomes: Vec<Localized>,
}

/// All that the page shows.
struct Shown {
    read: Read,
    /// How many of what it is, in words.
    amounts: Vec<Localized>,
    chosen: std::result::Result<Chosen, Refused>,
    now: Timestamp,
    may_buy: bool,
    may_pay: bool,
    verified: bool,
}

impl Shown {
    /// Whether its term is over, so that the next one has begun.
    fn is_over(&self) -> bool {
        self.read.instance.expires_at.is_some_and(|end| end <= self.now)
    }
}

/// What the fields say; what is left out stays as it is.
fn wish(asked: &Asked) -> Result<Wish, kernel::Invalid> {
    let length = asked.get("term").and_then(|term| renewals::read_length(term));
    let (unit, periods) = length.unzip();
    Ok(Wish { wanted: wanted(asked)?, periods, unit })
}

impl Changes {
    async fn ahead(&self, tx: &mut Tx, buyer: &Buyer, (id, asked): (InstanceId, &Asked)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        let chosen = match refusal(self.targets_ahead(tx, buyer, &read).await)? {
            Ok(targets) => self.chosen_ahead(tx, buyer, (&read, targets), asked).await?,
            Err(refused) => Err(refused),
        };
        let instance = &read.instance;
        let may_buy = buyer.may(Permission::Buy).is_ok();
        Ok(Shown {
            amounts: self.orders.catalogue.amounts(tx, instance.product, &instance.quantities).await?,
            now: self.app.clock.now(),
            may_buy,
            may_pay: may_buy && buyer.may(Permission::Pay).is_ok(),
            verified: buyer.is_verified(),
            chosen,
            read,
        })
    }

    async fn chosen_ahead(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, targets): (&Read, Vec<Arc<Offer>>),
        asked: &Asked,
    ) -> Result<std::result::Result<Chosen, Refused>> {
        let wish = wish(asked);
        let named = wish.as_ref().ok().and_then(|wish| wish.wanted.sku);
        let known = targets.iter().find(|offer| Some(offer.sku) == named).or_else(|| targets.first()).cloned();
        let Some(offer) = known else {
            let nothing = ChangeRefused::OtherProduct;
            return Ok(Err(Refused { code: Some(nothing.code()), text: nothing.text() }));
        };
        let typed = wish.as_ref().map(|wish| wish.wanted.quantities.clone()).unwrap_or_default();
        let preview = match wish {
            // What was typed for another edition is no number of this one.
            Ok(Wish { wanted: Wanted { sku: _, mut quantities }, periods, unit }) => {
                quantities.retain(|code, _| offer.plan.quantities.iter().any(|known| known.code == *code));
                let wish = Wish { wanted: Wanted { sku: Some(offer.sku), quantities }, periods, unit };
                refusal(self.preview_ahead_of(tx, buyer, (read, &wish)).await)?
            }
            Err(wrong) => refusal(Err(wrong.into()))?,
        };
        let held = &read.instance.quantities;
        let count = |known: &Quantity| {
            let said = typed.get(&known.code).or_else(|| held.get(&known.code));
            (known.code.clone(), said.copied().unwrap_or(known.min))
        };
        let quantities: BTreeMap<String, u64> = offer.plan.quantities.iter().map(count).collect();
        let becomes = self.orders.catalogue.amounts(tx, offer.product, &quantities).await?;
        let counted = self.orders.catalogue.counted(tx, &offer).await?;
        let said = asked.get("term").filter(|term| renewals::read_length(term).is_some());
        let last = || read.last_length().map(|(unit, count)| format!("{unit}.{count}")).unwrap_or_default();
        let term = said.cloned().unwrap_or_else(last);
        Ok(Ok(Chosen { targets, offer, counted, quantities, term, preview, becomes }))
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

/// The same choice as parameters of an address.
fn again_as(id: InstanceId, form: &Asked) -> String {
    let chosen = form.iter().filter(|(name, _)| *name == "sku" || *name == "term" || name.starts_with("q."));
    let pairs: Vec<String> = chosen.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    format!("/console/instances/{id}/renewal-change?{}", pairs.join("&"))
}

/// What is chosen, as the fields have it.
fn fields(chosen: &Chosen) -> Asked {
    let mut fields =
        Asked::from([("sku".to_owned(), chosen.offer.sku.to_string()), ("term".to_owned(), chosen.term.clone())]);
    fields.extend(chosen.quantities.iter().map(|(code, count)| (format!("q.{code}"), count.to_string())));
    fields
}

/// Where the part with the price is read again while its seller's system is being asked.
fn refreshed(shown: &Shown) -> Option<String> {
    let chosen = shown.chosen.as_ref().ok()?;
    let check = chosen.preview.as_ref().ok()?.check.as_ref()?;
    let again = again_as(shown.read.instance.id, &fields(chosen));
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
                    (editions(view, shown, chosen))
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

/// What it can be renewed as, as links: each edition counts things of its own.
fn editions(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    html! {
        @if chosen.targets.len() > 1 {
            nav.edition-links aria-label=(view.t("change-into")) {
                @for offer in &chosen.targets {
                    a href={ (here(shown)) "?sku=" (offer.sku) } aria-current=[(offer.sku == chosen.offer.sku).then_some("true")] {
                        span { (view.of(&offer.title())) }
                        @if offer.sku == shown.read.instance.sku { span.small { (view.t("change-as-now")) } }
                    }
                }
            }
        }
    }
}

/// How many and for how long; the price follows as they change, and by a button where there are no scripts.
fn choices(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    let own: Vec<_> = shown.read.last_length().into_iter().collect();
    html! {
        form.stack method="get" action=(here(shown)) data-live={ (here(shown)) "/price" } data-target="#change-price" {
            input type="hidden" name="sku" value=(chosen.offer.sku);
            @for known in &chosen.offer.plan.quantities { (number(view, known, chosen)) }
            (renewals::length_choice(view, (&chosen.offer.plan, &own), &chosen.term))
            button.button data-live-hidden type="submit" { (view.t("change-compute")) }
        }
    }
}

fn number(view: &View, known: &Quantity, chosen: &Chosen) -> Markup {
    let Quantity { code, unit, unit_one: _, min, max, step } = known;
    let count = chosen.quantities.get(code).copied().unwrap_or(*min).to_string();
    let args = [
        ("min", min.to_string().into()),
        ("max", max.to_string().into()),
        ("unit", view.of(unit).into()),
        ("step", step.to_string().into()),
    ];
    let hint = if *step > 1 { view.ta("change-range-steps", &args) } else { view.ta("change-range", &args) };
    let label = chosen.counted.get(code).map_or(code.as_str(), |name| view.of(name));
    Field::input("number", &format!("q.{code}"), label)
        .value(&count)
        .hint(hint)
        .required()
        .with("min", min.to_string())
        .with("max", max.to_string())
        .with("step", step.to_string())
        .with("inputmode", "numeric")
        .render(view, &Mistakes::none())
}

fn priced(view: &View, shown: &Shown) -> Markup {
    let found = shown.chosen.as_ref().and_then(|chosen| match &chosen.preview {
        Ok(preview) => Ok((chosen, preview)),
        Err(refused) => Err(refused),
    });
    let (chosen, preview) = match found {
        Ok(found) => found,
        Err(refused) => return super::change::notice(view, refused),
    };
    html! {
        div.with-aside {
            section.card {
                h2 { (view.t("change-what")) }
                (ui::facts(&[
                    (view.t("change-becomes"), html! { strong { (said(view, &chosen.offer.title(), &chosen.becomes)) } }),
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
    let again = again_as(shown.read.instance.id, &fields(chosen));
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
            @match (preview.check.as_ref(), rules::agreed(preview.check.as_ref())) {
                (_, Ok(_)) => {
                    (ui::notice(Tone::Good, &html! { p { (agreed(view, preview)) } }))
                    (pay(view, shown, (chosen, preview)))
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
                @for (name, value) in fields(chosen) { input type="hidden" name=(name) value=(value); }
                button.button.primary.large.wide type="submit" { (view.t("renewal-change-ask")) }
            }))
        } @else { p { (view.t("change-others-pay")) } }
    }
}

fn pay(view: &View, shown: &Shown, (chosen, preview): (&Chosen, &Preview)) -> Markup {
    let total = preview.quote.content.quote.total;
    let again = escaped(&again_as(shown.read.instance.id, &fields(chosen)));
    html! {
        @if !shown.verified {
            (ui::notice(Tone::Warn, &html! { p { (view.t("checkout-unverified")) } }))
            (ui::button_link(&format!("/console/verification?next={again}"), &view.t("checkout-verify"), true))
        } @else if !shown.may_pay { p { (view.t("change-others-pay")) } } @else {
            @match preview.cover.after {
                After::Left(_) => (ui::form(view, &here(shown), &html! {
                    @for (name, value) in fields(chosen) { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="seen" value=(preview.quote.content.seen());
                    button.button.primary.large.wide type="submit" {
                        (view.ta("renewal-change-pay", &[("amount", view.money_text(total).into())]))
                    }
                })),
                After::Missing(missing) => a.button.primary.large.wide href={
                    "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency()) "&next=" (again)
                } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
            }
        }
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
