//! One thing that an account owns: what it is, its code and use, its term, and giving it back.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use instances::{EndCause, Instance, State, instance_badge};
use kernel::{Error, Localized, Result, Thing, id::InstanceId};
use maud::{Markup, html};
use orders::{Line, receipt};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Tone, View, button_link};

use crate::{Refunds, rules::Preview};

#[derive(Deserialize)]
struct Asked {
    /// Whose heartbeats are shown, like `2026-11`.
    month: Option<String>,
}

#[derive(Default, Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// All that the page shows.
struct Shown {
    instance: Instance,
    line: Line,
    seller: String,
    number: String,
    /// How many of what, in words.
    amounts: Vec<Localized>,
    /// How to use it: the licence with its code, the way into the seller's system.
    licence: Markup,
    /// What a return would do, or why it is refused.
    returning: Returning,
    may_return: bool,
}

type Returning = std::result::Result<Preview, String>;

impl Refunds {
    async fn shown(&self, tx: &mut Tx, view: &View, buyer: &Buyer, asked: (InstanceId, Option<&str>)) -> Result<Shown> {
        buyer.may(Permission::View)?;
        let instance = self.instances.find_for(tx, buyer.account(), asked.0).await?;
        let line = self.orders.line(tx, instance.line).await?;
        let access = self.deliveries.access_part(tx, view, buyer, &instance).await?;
        let usage = self.metering.usage_part(tx, view, buyer, &instance).await?;
        let licence = match self.licensing.licence_part(tx, view, buyer, asked).await {
            Err(Error::NotFound(Thing::Licence)) => html! {},
            other => other?,
        };
        Ok(Shown {
            seller: self.accounts.find(tx, instance.seller).await?.name,
            number: self.orders.find(tx, instance.order).await?.number,
            amounts: self.orders.catalogue.amounts(tx, instance.product, &instance.quantities).await?,
            returning: self.returning(tx, view, buyer, asked.0).await?,
            may_return: buyer.may(Permission::Buy).is_ok(),
            instance,
            line,
            licence: html! { (usage) (access) (licence) },
        })
    }

    /// A refused preview is something to show, not an error.
    async fn returning(&self, tx: &mut Tx, view: &View, buyer: &Buyer, id: InstanceId) -> Result<Returning> {
        match self.preview(tx, buyer, id).await {
            Ok(preview) => Ok(Ok(preview)),
            Err(Error::Refused(refused)) => {
                let why = refused.code().strip_prefix("refund.").unwrap_or("wrong_state");
                Ok(Err(view.word("return-refused", why)))
            }
            Err(other) => Err(other),
        }
    }
}

async fn show(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let month = asked.month.as_deref().filter(|month| !month.is_empty());
    let shown = refunds.shown(&mut refunds.app.db.read(), view, &buyer, (id, month)).await?;
    let title = view.of(&shown.instance.title).to_owned();
    Ok(ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href="/console/instances" { "← " (view.t("instances-title")) } }
            (ui::header(&title, None, &html! { (instance_badge(view, shown.instance.state.name())) }))
            (standing(view, &shown.instance))
            div.with-aside {
                div.stack { (shown.licence) }
                aside.stack {
                    (term(view, &shown.instance))
                    (giving_back(view, &shown))
                    (facts(view, &shown))
                }
            }
        },
    ))
}

/// What has to be said first when it cannot be used any more.
fn standing(view: &View, instance: &Instance) -> Markup {
    match instance.state {
        State::Active => html! {},
        State::Expired { release_at, .. } => ui::notice(
            Tone::Warn,
            &html! {
                p { (view.ta("instance-expired-text", &[("time", view.time_text(release_at).into())])) }
            },
        ),
        State::Released { at, cause } => {
            let why = match cause {
                EndCause::Refund => view.t("instance-ended-refund"),
                EndCause::Expiry => view.t("instance-ended-expiry"),
                EndCause::Operator => view.t("instance-ended-operator"),
                EndCause::Buyer => view.t("instance-ended-buyer"),
            };
            ui::notice(Tone::Plain, &html! { p { (why) " " (view.time(at)) } })
        }
    }
}

fn facts(view: &View, shown: &Shown) -> Markup {
    let instance = &shown.instance;
    let mut facts = vec![
        (view.t("instance-seller"), html! { a href={ "/sellers/" (instance.seller) } { (shown.seller) } }),
        (view.t("instance-order"), html! { a href={ "/console/orders/" (instance.order) } { (shown.number) } }),
    ];
    if !shown.amounts.is_empty() {
        facts.push((
            view.t("instance-quantities"),
            html! { @for amount in &shown.amounts { div { (view.of(amount)) } } },
        ));
    }
    // The code is for programs; people know the edition by its name.
    facts.push((view.t("instance-sku"), html! { (view.of(&instance.title)) }));
    facts.push((view.t("instance-sku-code"), html! { code { (instance.sku_code) } }));
    facts.push((view.t("instance-id"), ui::copyable(view, &instance.id.to_string())));
    html! {
        section.card {
            h2 { (view.t("instance-facts")) }
            (ui::facts(&facts))
            details { summary { (view.t("instance-price")) } (receipt(view, &shown.line.content.quote)) }
        }
    }
}

/// Until when it can be used, and honestly what comes after.
fn term(view: &View, instance: &Instance) -> Markup {
    let unlimited = || html! { (view.t("instance-unlimited")) };
    let end = instance.expires_at.map_or_else(unlimited, |end| view.time(end));
    html! {
        section.card {
            h2 { (view.t("instance-term")) }
            (ui::facts(&[
                (view.t("instance-since"), view.time(instance.activated_at)),
                (view.t("instance-until"), end),
            ]))
            @if instance.expires_at.is_some() && instance.state == State::Active {
                p.small.muted { (view.ta("instance-after-term", &[("count", instance.frozen_days.into())])) }
            }
            p.row { (button_link(&format!("/products/{}", instance.product), &view.t("instance-buy-again"), false)) }
        }
    }
}

fn giving_back(view: &View, shown: &Shown) -> Markup {
    let ended = matches!(shown.instance.state, State::Released { .. });
    html! {
        @if !ended {
            section.card {
                h2 { (view.t("return-title")) }
                @match &shown.returning {
                    Ok(preview) => {
                        (previewed(view, preview))
                        @if shown.may_return {
                            p.row { a.button href={ "/console/instances/" (shown.instance.id) "/return" } { (view.t("return-go")) } }
                        }
                    }
                    Err(reason) => p.muted { (reason) },
                }
            }
        }
    }
}

fn previewed(view: &View, preview: &Preview) -> Markup {
    let used = [("used", preview.used.into()), ("allowed", preview.allowed.into())];
    ui::facts(&[
        (view.t("return-amount"), view.money(preview.amount)),
        (view.t("return-until"), view.time(preview.until)),
        (view.t("return-this-year"), html! { (view.ta("return-used", &used)) }),
    ])
}

async fn ask(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    let mut tx = refunds.app.db.read();
    let instance = refunds.instances.find_for(&mut tx, buyer.account(), id).await?;
    let returning = refunds.returning(&mut tx, &visit.view, &buyer, id).await?;
    Ok(page(&visit.view, &instance, &returning, (&Reason::default(), &Mistakes::none())))
}

async fn give_back(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Reason>,
) -> Result<Response, Problem> {
    let done = once.run(&refunds.app, async |tx| {
        refunds.return_instance(tx, &buyer, id, &form.reason).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=returned")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let view = &visit.view;
            let mistakes = view.retry(problem)?;
            let mut tx = refunds.app.db.read();
            let instance = refunds.instances.find_for(&mut tx, buyer.account(), id).await?;
            let returning = refunds.returning(&mut tx, view, &buyer, id).await?;
            Ok(page(view, &instance, &returning, (&form, &mistakes)).refused().into_response())
        }
    }
}

/// What a return does, before it is done.
fn page(view: &View, instance: &Instance, returning: &Returning, (form, mistakes): (&Reason, &Mistakes)) -> Page {
    let title = view.t("return-title");
    let back = format!("/console/instances/{}", instance.id);
    ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            p { a href=(back) { "← " (view.of(&instance.title)) } }
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            @match returning {
                Ok(preview) => {
                    section.card {
                        h2 { (view.t("return-what")) }
                        (previewed(view, preview))
                        p { (view.of(&preview.explanation)) }
                        (ui::notice(Tone::Warn, &html! { p { (view.t("return-warning")) } }))
                        (ui::form(view, &format!("{back}/return"), &html! {
                            (Field::area("reason", &view.t("return-reason"), 3).value(&form.reason)
                                .hint(view.t("return-reason-hint")).with("maxlength", "1000").render(view, mistakes))
                            div.row {
                                button.button.danger type="submit" {
                                    (view.ta("return-confirm", &[("amount", view.money_text(preview.amount).into())]))
                                }
                                a.button.quiet href=(back) { (view.t("return-keep")) }
                            }
                        }))
                    }
                }
                Err(reason) => {
                    (ui::notice(Tone::Plain, &html! { p { (reason) } }))
                    p.row { (button_link(&back, &view.t("return-back"), false)) }
                }
            }
        },
    )
}

pub(super) fn routes(refunds: &Refunds) -> Routes {
    Routes::of(refunds.clone())
        .page("/console/instances/{instance}", show, Access::Buyer)
        .page("/console/instances/{instance}/return", ask, Access::Buyer)
        .form("/console/instances/{instance}/return", give_back, Access::Buyer)
        .done()
}
