//! One thing that an account owns: what it is, its code and use, its term, and giving it back.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use instances::{EndCause, Instance, State, instance_badge, trial_badge};
use kernel::{Error, Localized, Result, Thing, id::InstanceId};
use maud::{Markup, html};
use orders::{Line, receipt};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Tone, View, button_link};

use crate::{
    Refunds,
    rules::{Cause, Preview},
};

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
    /// Its term, its renewal and what happens at its end.
    term: Markup,
    /// What it can be changed to, and how it was changed.
    changes: Markup,
    /// What its owner says of it, or the way to say it.
    review: Markup,
    /// What giving back its last renewal would do.
    renewal: Option<Returning>,
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
        let acceptance = self.deliveries.acceptance_part(tx, view, buyer, instance.id).await?;
        let term = self.renewals.term_part(tx, view, buyer, &instance).await?;
        let changes = self.changes.change_part(tx, view, buyer, &instance).await?;
        let review = self.reviews.review_part(tx, view, buyer, &instance).await?;
        let renewed = !self.renewals.standing(tx, instance.id).await?.is_empty();
        let renewal = if renewed { Some(self.returning_renewal(tx, view, buyer, asked.0).await?) } else { None };
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
            licence: html! { (acceptance) (usage) (access) (licence) },
            term,
            changes,
            review,
            renewal,
        })
    }

    /// A refused preview is something to show, not an error.
    async fn returning(&self, tx: &mut Tx, view: &View, buyer: &Buyer, id: InstanceId) -> Result<Returning> {
        shown_refusal(view, self.preview(tx, buyer, id).await)
    }

    async fn returning_renewal(&self, tx: &mut Tx, view: &View, buyer: &Buyer, id: InstanceId) -> Result<Returning> {
        shown_refusal(view, self.preview_renewal(tx, buyer, id).await)
    }
}

fn shown_refusal(view: &View, came: Result<Preview>) -> Result<Returning> {
    match came {
        Ok(preview) => Ok(Ok(preview)),
        Err(Error::Refused(refused)) => {
            let why = refused.code().strip_prefix("refund.").unwrap_or("wrong_state");
            Ok(Err(view.word("return-refused", why)))
        }
        Err(other) => Err(other),
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
            (ui::header(&title, None, &html! {
                @if shown.instance.is_trial { (trial_badge(view)) " " }
                (instance_badge(view, shown.instance.state.name()))
            }))
            (standing(view, &shown.instance))
            div.with-aside {
                div.stack { (shown.licence) }
                aside.stack {
                    (shown.term)
                    (shown.changes)
                    (shown.review)
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
        // What is said of it stands where it is accepted.
        State::Pending { .. } => html! {},
        State::Active => html! {
            @if let Some(end) = instance.expires_at.filter(|_| instance.is_trial) {
                @let until = [("time", view.time_text(end).into())];
                (ui::notice(Tone::Info, &html! {
                    p { (view.ta("instance-trial-until", &until)) }
                    (buying(view, instance))
                }))
            }
        },
        State::Grace { freeze_at, .. } => ui::notice(
            Tone::Warn,
            &html! {
                p {
                    (view.ta("instance-grace-text", &[
                        ("time", view.time_text(freeze_at).into()),
                        ("count", instance.after.frozen_days.into()),
                    ]))
                }
            },
        ),
        State::Expired { release_at, .. } if instance.is_trial => ui::notice(
            Tone::Warn,
            &html! {
                p { (view.ta("instance-trial-ended", &[("time", view.time_text(release_at).into())])) }
                (buying(view, instance))
            },
        ),
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
                EndCause::Arrears => view.t("instance-ended-arrears"),
            };
            ui::notice(Tone::Plain, &html! { p { (why) " " (view.time(at)) } })
        }
    }
}

/// The way to go on with what is tried.
fn buying(view: &View, instance: &Instance) -> Markup {
    html! { p.row { (button_link(&format!("/console/instances/{}/buy", instance.id), &view.t("instance-trial-buy"), true)) } }
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
    if instance.sku_code != instance.sku.uuid().to_string() {
        facts.push((view.t("instance-sku-code"), html! { code { (instance.sku_code) } }));
    }
    facts.push((view.t("instance-id"), ui::copyable(view, &instance.id.to_string())));
    html! {
        section.card {
            h2 { (view.t("instance-facts")) }
            (ui::facts(&facts))
            (orders::answers(view, &shown.line.content))
            details { summary { (view.t("instance-price")) } (receipt(view, &shown.line.content.quote)) }
        }
    }
}

fn giving_back(view: &View, shown: &Shown) -> Markup {
    let ended = matches!(shown.instance.state, State::Released { .. });
    let here = format!("/console/instances/{}", shown.instance.id);
    // The last renewal goes back before what it goes on with.
    let (title, returning, to) = match &shown.renewal {
        Some(renewal) => (view.t("return-renewal-title"), renewal, format!("{here}/renewal-return")),
        None => (view.t("return-title"), &shown.returning, format!("{here}/return")),
    };
    html! {
        // Nothing was paid for a trial, so that nothing can be given back.
        // What waits for its acceptance is refused where that is asked for.
        @if !ended && !shown.instance.is_trial && shown.instance.waits_until().is_err() {
            section.card {
                h2 { (title) }
                @match returning {
                    Ok(preview) => {
                        (previewed(view, preview))
                        @if shown.may_return {
                            p.row { a.button href=(to) { (view.t("return-go")) } }
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
    let mut facts =
        vec![(view.t("return-amount"), view.money(preview.amount)), (view.t("return-until"), view.time(preview.until))];
    match preview.cause {
        Cause::RenewalNotBegun => facts.push((view.t("return-this-year"), html! { (view.t("return-not-counted")) })),
        Cause::NoReason | Cause::NotAccepted | Cause::DeliveryFailed | Cause::ChangeFailed => {
            facts.push((view.t("return-this-year"), html! { (view.ta("return-used", &used)) }));
        }
    }
    ui::facts(&facts)
}

/// What of an instance is given back on a page.
#[derive(Clone, Copy)]
enum Part {
    Whole,
    /// The whole of what waits for its acceptance.
    Refused,
    LastRenewal,
}

impl Part {
    /// What waits for its acceptance is refused.
    fn of(self, instance: &Instance) -> Self {
        match self {
            Self::Whole | Self::Refused if instance.waits_until().is_ok() => Self::Refused,
            Self::Whole | Self::Refused => Self::Whole,
            Self::LastRenewal => Self::LastRenewal,
        }
    }

    fn title(self, view: &View) -> String {
        match self {
            Self::Whole => view.t("return-title"),
            Self::Refused => view.t("refuse-title"),
            Self::LastRenewal => view.t("return-renewal-title"),
        }
    }

    fn warning(self, view: &View) -> String {
        match self {
            Self::Whole => view.t("return-warning"),
            Self::Refused => view.t("refuse-warning"),
            Self::LastRenewal => view.t("return-renewal-warning"),
        }
    }

    fn hint(self, view: &View) -> String {
        match self {
            Self::Whole | Self::LastRenewal => view.t("return-reason-hint"),
            Self::Refused => view.t("refuse-reason-hint"),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Whole | Self::Refused => "return",
            Self::LastRenewal => "renewal-return",
        }
    }

    async fn returning(self, refunds: &Refunds, view: &View, buyer: &Buyer, id: InstanceId) -> Result<Returning> {
        let mut tx = refunds.app.db.read();
        match self {
            Self::Whole | Self::Refused => refunds.returning(&mut tx, view, buyer, id).await,
            Self::LastRenewal => refunds.returning_renewal(&mut tx, view, buyer, id).await,
        }
    }
}

async fn ask(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    asked(&refunds, &visit.view, &buyer, (id, Part::Whole)).await
}

async fn ask_renewal(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    asked(&refunds, &visit.view, &buyer, (id, Part::LastRenewal)).await
}

async fn asked(refunds: &Refunds, view: &View, buyer: &Buyer, (id, part): (InstanceId, Part)) -> Result<Page, Problem> {
    let instance = refunds.instances.find_for(&mut refunds.app.db.read(), buyer.account(), id).await?;
    let returning = part.returning(refunds, view, buyer, id).await?;
    Ok(page(view, (&instance, part.of(&instance)), &returning, (&Reason::default(), &Mistakes::none())))
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
    given_back(&refunds, (&visit.view, &buyer), (id, Part::Whole), (done.await, &form)).await
}

async fn give_renewal_back(
    Handled(refunds): Handled<Refunds>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(form): Form<Reason>,
) -> Result<Response, Problem> {
    let done = once.run(&refunds.app, async |tx| {
        refunds.return_renewal(tx, &buyer, id, &form.reason).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=renewal-returned")))
    });
    given_back(&refunds, (&visit.view, &buyer), (id, Part::LastRenewal), (done.await, &form)).await
}

/// Goes on, or shows the form with what was refused.
async fn given_back(
    refunds: &Refunds,
    (view, buyer): (&View, &Buyer),
    (id, part): (InstanceId, Part),
    (done, form): (std::result::Result<Answer, Problem>, &Reason),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let instance = refunds.instances.find_for(&mut refunds.app.db.read(), buyer.account(), id).await?;
            let returning = part.returning(refunds, view, buyer, id).await?;
            Ok(page(view, (&instance, part.of(&instance)), &returning, (form, &mistakes)).refused().into_response())
        }
    }
}

/// What a return does, before it is done.
fn page(
    view: &View,
    (instance, part): (&Instance, Part),
    returning: &Returning,
    (form, mistakes): (&Reason, &Mistakes),
) -> Page {
    let title = part.title(view);
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
                        (ui::notice(Tone::Warn, &html! { p { (part.warning(view)) } }))
                        (ui::form(view, &format!("{back}/{}", part.path()), &html! {
                            (Field::area("reason", &view.t("return-reason"), 3).value(&form.reason)
                                .hint(part.hint(view)).with("maxlength", "1000").render(view, mistakes))
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
        .page("/console/instances/{instance}/renewal-return", ask_renewal, Access::Buyer)
        .form("/console/instances/{instance}/renewal-return", give_renewal_back, Access::Buyer)
        .done()
}
