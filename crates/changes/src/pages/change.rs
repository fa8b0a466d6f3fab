//! The page on which something is changed: into what, how many, what that costs for the rest of the term and why.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use catalogue::Offer;
use kernel::{Error, Invalid, Localized, Refusal, Result, id::InstanceId};
use maud::{Markup, html};
use orders::{After, receipt};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use pricing::Quantity;
use ui::{Field, Mistakes, Page, Place, Tone, View, escaped};

use crate::{
    Changes,
    actions::{Preview, Read, Wanted},
    rules::{ChangeProgress, ChangeRefused},
};

/// The fields of the page: `sku`, `q.users`, and what its price was when it was shown.
pub(super) type Asked = BTreeMap<String, String>;

/// Why something cannot be had like this.
pub(super) struct Refused {
    pub(super) code: Option<&'static str>,
    pub(super) text: Localized,
}

/// What something can become, and what was chosen of it.
struct Chosen {
    targets: Vec<Arc<Offer>>,
    offer: Arc<Offer>,
    /// What is counted of it, by its codes.
    counted: BTreeMap<String, Localized>,
    quantities: BTreeMap<String, u64>,
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
    /// Its seller's system carries it out.
    by_seller: bool,
    may_pay: bool,
    verified: bool,
}

pub(super) fn refusal<T>(came: Result<T>) -> Result<std::result::Result<T, Refused>> {
    match came {
        Ok(value) => Ok(Ok(value)),
        Err(refused @ (Error::Refused(_) | Error::NotFound(_))) => {
            Ok(Err(Refused { code: refused.refusal_code(), text: refused.text() }))
        }
        Err(other @ (Error::Busy | Error::Fault(_))) => Err(other),
    }
}

/// What the fields say; what is left out stays as it is.
pub(super) fn wanted(asked: &Asked) -> Result<Wanted, Invalid> {
    let mut wrong = Invalid::default();
    let sku = asked.get("sku").map(|sku| sku.trim()).filter(|sku| !sku.is_empty());
    let unknown = ("names nothing that it can become", "不是可变更的规格");
    let sku = sku.map(str::parse).transpose().map_err(|_| unknown);
    let sku = wrong.keep(sku, "sku").flatten();
    let number = ("must be a whole number", "须为整数");
    let mut quantities = BTreeMap::new();
    for (name, value) in asked {
        let Some(code) = name.strip_prefix("q.").filter(|_| !value.trim().is_empty()) else { continue };
        let count = value.trim().parse::<u64>().map_err(|_| number);
        quantities.extend(wrong.keep(count, name.as_str()).map(|count| (code.to_owned(), count)));
    }
    wrong.done()?;
    Ok(Wanted { sku, quantities })
}

impl Changes {
    async fn shown(&self, tx: &mut Tx, buyer: &Buyer, (id, asked): (InstanceId, &Asked)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        let chosen = match refusal(self.targets(tx, buyer, &read).await)? {
            Ok(targets) => self.chosen(tx, buyer, (&read, targets), asked).await?,
            Err(refused) => Err(refused),
        };
        let instance = &read.instance;
        Ok(Shown {
            amounts: self.orders.catalogue.amounts(tx, instance.product, &instance.quantities).await?,
            by_seller: self.deliveries.name_at_seller(tx, id).await?.is_some(),
            may_pay: buyer.may(Permission::Buy).is_ok() && buyer.may(Permission::Pay).is_ok(),
            verified: buyer.is_verified(),
            chosen,
            read,
        })
    }

    async fn chosen(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, targets): (&Read, Vec<Arc<Offer>>),
        asked: &Asked,
    ) -> Result<std::result::Result<Chosen, Refused>> {
        let wish = wanted(asked);
        let named = wish.as_ref().ok().and_then(|wish| wish.sku);
        let known = targets.iter().find(|offer| Some(offer.sku) == named).or_else(|| targets.first()).cloned();
        let Some(offer) = known else {
            let nothing = ChangeRefused::OtherProduct;
            return Ok(Err(Refused { code: Some(nothing.code()), text: nothing.text() }));
        };
        let typed = wish.as_ref().map(|wish| wish.quantities.clone()).unwrap_or_default();
        let preview = match wish {
            // What was typed for another edition is no number of this one.
            Ok(Wanted { sku: _, mut quantities }) => {
                quantities.retain(|code, _| offer.plan.quantities.iter().any(|known| known.code == *code));
                let wish = Wanted { sku: Some(offer.sku), quantities };
                refusal(self.preview_of(tx, buyer, (read, &wish)).await)?
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
        Ok(Ok(Chosen { targets, offer, counted, quantities, preview, becomes }))
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
                    (editions(view, shown, chosen))
                    (numbers(view, shown, chosen))
                }
            }
            div.stack #change-price aria-live="polite" { (priced(view, shown)) }
        },
    )
}

/// `Log search, 25 users`
pub(super) fn said(view: &View, title: &Localized, amounts: &[Localized]) -> String {
    let comma = view.t("change-comma");
    let parts = std::iter::once(title).chain(amounts).map(|part| view.of(part));
    parts.collect::<Vec<_>>().join(&comma)
}

/// What it can become, as links: each edition counts things of its own.
fn editions(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    let here = format!("/console/instances/{}/change", shown.read.instance.id);
    html! {
        @if chosen.targets.len() > 1 {
            nav.edition-links aria-label=(view.t("change-into")) {
                @for offer in &chosen.targets {
                    a href={ (here) "?sku=" (offer.sku) } aria-current=[(offer.sku == chosen.offer.sku).then_some("true")] {
                        span { (view.of(&offer.title())) }
                        @if offer.sku == shown.read.instance.sku { span.small { (view.t("change-as-now")) } }
                    }
                }
            }
        }
    }
}

/// How many; the price follows as they change, and by a button where there are no scripts.
fn numbers(view: &View, shown: &Shown, chosen: &Chosen) -> Markup {
    let here = format!("/console/instances/{}/change", shown.read.instance.id);
    html! {
        @if !chosen.offer.plan.quantities.is_empty() {
            form.stack method="get" action=(here) data-live={ (here) "/price" } data-target="#change-price" {
                input type="hidden" name="sku" value=(chosen.offer.sku);
                @for known in &chosen.offer.plan.quantities { (number(view, known, shown, chosen)) }
                button.button data-live-hidden type="submit" { (view.t("change-compute")) }
            }
        }
    }
}

fn number(view: &View, known: &Quantity, shown: &Shown, chosen: &Chosen) -> Markup {
    let Quantity { code, unit, unit_one: _, min, max, step } = known;
    let count = chosen.quantities.get(code).copied().unwrap_or(*min).to_string();
    // Less of the same is for the end of the term.
    let held = shown.read.instance.quantities.get(code).filter(|_| chosen.offer.sku == shown.read.instance.sku);
    let least = held.copied().unwrap_or(*min).max(*min);
    let args = [
        ("min", least.to_string().into()),
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
        .with("min", least.to_string())
        .with("max", max.to_string())
        .with("step", step.to_string())
        .with("inputmode", "numeric")
        .render(view, &Mistakes::none())
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
                        (view.t("change-becomes"), html! { strong { (said(view, &chosen.offer.title(), &chosen.becomes)) } }),
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

pub(super) fn notice(view: &View, refused: &Refused) -> Markup {
    // Nothing is chosen yet: that is no trouble.
    let tone = if refused.code == Some(ChangeRefused::Nothing.code()) { Tone::Info } else { Tone::Warn };
    ui::notice(tone, &html! { p { (ui::sentence(view.of(&refused.text))) } })
}

/// The same choice as parameters of the page.
fn again(shown: &Shown, chosen: &Chosen) -> String {
    let mut path = format!("/console/instances/{}/change?sku={}", shown.read.instance.id, chosen.offer.sku);
    for (code, count) in &chosen.quantities {
        path.push_str("&q.");
        path.push_str(&escaped(code));
        path.push('=');
        path.push_str(&count.to_string());
    }
    path
}

fn payment(view: &View, shown: &Shown, (chosen, preview): (&Chosen, &Preview)) -> Markup {
    let total = preview.quote.content.quote.total;
    let here = format!("/console/instances/{}/change", shown.read.instance.id);
    let again = escaped(&again(shown, chosen));
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
                (ui::button_link(&format!("/console/verification?next={again}"), &view.t("checkout-verify"), true))
            } @else if !shown.may_pay { p { (view.t("change-others-pay")) } } @else {
                @match preview.cover.after {
                    After::Left(_) => (ui::form(view, &here, &html! {
                        input type="hidden" name="sku" value=(chosen.offer.sku);
                        @for (code, count) in &chosen.quantities { input type="hidden" name={ "q." (code) } value=(count); }
                        input type="hidden" name="seen" value=(preview.quote.content.seen());
                        button.button.primary.large.wide type="submit" {
                            (view.ta("change-pay", &[("amount", view.money_text(total).into())]))
                        }
                    })),
                    After::Missing(missing) => a.button.primary.large.wide href={
                        "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency()) "&next=" (again)
                    } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        let wish = wanted(&asked(&[("q.users", " 40 "), ("q.rooms", ""), ("seen", "x")])).unwrap();
        assert_eq!(wish, Wanted { sku: None, quantities: BTreeMap::from([("users".to_owned(), 40)]) });
        let wrong = wanted(&asked(&[("sku", "pro"), ("q.users", "-1")])).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(fields, ["sku", "q.users"]);
    }
}
