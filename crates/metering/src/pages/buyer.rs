//! What a buyer sees of use: how it stands, what it costs so far and why, and its end.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use instances::{Instance, State as InstanceState};
use kernel::{
    Error, Money, PageQuery, Result, Thing,
    id::{InstanceId, UsageChargeId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Once, PathParam, Problem, Query, Routes},
};
use ui::{Page, Place, Table, Tone, View};

use crate::{
    Charge, Metering, Part, UsageChargeState,
    actions::reading::{Gauge, Live},
};

const PLACE: Place = Place::Console("instances");

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .page("/console/instances/{instance}/usage", usage, Access::Buyer)
        .page("/console/instances/{instance}/usage.csv", file, Access::Buyer)
        .page("/console/instances/{instance}/usage-part", part_of, Access::Buyer)
        .form("/console/instances/{instance}/close", close, Access::Buyer)
        .page("/console/usage-charges/{usage_charge}", charge, Access::Buyer)
        .done()
}

impl Metering {
    /// Use as a part of the page of its instance; empty for what is not paid by use.
    pub async fn usage_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, instance: &Instance) -> Result<Markup> {
        let live = match self.live(tx, buyer, instance.id).await {
            Err(Error::NotFound(Thing::Instance)) => return Ok(html! {}),
            other => other?,
        };
        let is_open = match instance.state {
            InstanceState::Active | InstanceState::Grace { .. } | InstanceState::Expired { .. } => true,
            InstanceState::Pending { .. } | InstanceState::Released { .. } => false,
        };
        let may_close = is_open && live.contract.terms.package.is_none() && buyer.may(Permission::Buy).is_ok();
        let id = instance.id;
        let corrected = self.is_corrected(tx, id).await?;
        Ok(html! {
            section.card {
                h2 { (view.t("metering-title")) }
                (warning(view, &live))
                div.stack data-load=[is_open.then(|| format!("/console/instances/{id}/usage-part"))] data-every=[is_open.then_some("1")] { (standing(view, &live)) }
                div.row {
                    @if live.contract.terms.package.is_some() {
                        a.button.primary href={ "/console/instances/" (id) "/package" } { (view.t("package-go")) }
                    }
                    a.button href={ "/console/instances/" (id) "/usage" } { (view.t("metering-charges")) }
                    @if corrected { a.button href={ "/console/instances/" (id) "/corrections" } { (view.t("correction-title")) } }
                    @if may_close { (closing(view, id)) }
                }
            }
        })
    }
}

/// What has to be said first when something is unpaid.
fn warning(view: &View, live: &Live) -> Markup {
    let amount = view.money_text(live.due);
    let (tone, text) = if let Some(release) = live.release_at {
        let time = view.time_text(release);
        (Tone::Bad, view.ta("metering-frozen", &[("amount", amount.into()), ("time", time.into())]))
    } else if live.contract.unpaid_since.is_none() {
        return html! {};
    } else if live.contract.closed_at.is_some() {
        (Tone::Warn, view.ta("metering-owed", &[("amount", amount.into())]))
    } else {
        (Tone::Warn, view.ta("metering-unpaid", &[("amount", amount.into())]))
    };
    ui::notice(
        tone,
        &html! {
            p { (text) }
            p { a.button.primary href="/console/wallet/top-up" { (view.t("metering-top-up")) } }
        },
    )
}

fn closing(view: &View, id: InstanceId) -> Markup {
    ui::confirm(
        view,
        &view.t("metering-close"),
        &view.t("metering-close-title"),
        true,
        &html! {
            p { (view.t("metering-close-text")) }
            (ui::form(view, &format!("/console/instances/{id}/close"), &html! {
                button.button.danger type="submit" { (view.t("metering-close-do")) }
            }))
        },
    )
}

/// The numbers of the moment.
fn standing(view: &View, live: &Live) -> Markup {
    html! {
        (ui::facts(&[
            (view.t("metering-open"), open(view, live)),
            (view.t("metering-charged"), view.money(live.charged)),
            (view.t("metering-due"), view.money(live.due)),
            (view.t("metering-charged-until"), view.time(live.contract.charged_until.max(live.contract.began_at))),
        ]))
        (super::packages::covering(view, &live.packages))
        (gauges(view, &live.gauges))
        @if !live.open.is_empty() {
            h3 { (view.t("metering-explained")) }
            (explained(view, &live.open))
        }
        p.small.muted { (view.t(if live.contract.closed_at.is_some() { "metering-closed-text" } else { "metering-live-text" })) " " (view.time(live.at)) }
    }
}

/// What would be charged for what is not charged yet, or why that is not known.
pub(super) fn open(view: &View, live: &Live) -> Markup {
    match live.unpriced {
        None => html! { (live.open_exact.normalize()) " " (live.contract.terms.currency) },
        Some(why) => html! { span.small.muted { (view.word("metering-unpriced", why.as_str())) } },
    }
}

fn gauges(view: &View, gauges: &[Gauge]) -> Markup {
    let unit = |gauge: &Gauge| view.of(&gauge.unit).to_owned();
    let none = || html! { span.muted { "–" } };
    Table::new(view, view.t("metering-meters"), gauges)
        .column(view.t("metering-meter"), |gauge: &Gauge| html! { (view.of(&gauge.name)) })
        .number(view.t("metering-used"), |gauge| html! { (gauge.open) " " (unit(gauge)) })
        .number(view.t("metering-counted"), |gauge| match gauge.counted {
            Some(counted) => html! { (counted) " " (unit(gauge)) },
            None => none(),
        })
        .number(view.t("metering-free"), |gauge| match gauge.free {
            Some((whole, left)) => html! { (left) " / " (whole) " " (unit(gauge)) },
            None => none(),
        })
        .render()
}

/// How a price came about, line by line.
fn explained(view: &View, parts: &[Part]) -> Markup {
    html! {
        ul {
            @for part in parts {
                li {
                    (view.of(&part.text))
                    @if part.corrections > 0 { " " (ui::badge(Tone::Info, &view.t("correction-badge"))) }
                    @else if part.late { " " (ui::badge(Tone::Info, &view.t("metering-late"))) }
                }
            }
        }
    }
}

/// The part of the page that follows what is used.
async fn part_of(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Markup, Problem> {
    let live = metering.live(&mut metering.app.db.read(), &buyer, id).await?;
    Ok(standing(&visit.view, &live))
}

fn badge(view: &View, state: UsageChargeState) -> Markup {
    let tone = match state {
        UsageChargeState::Due => Tone::Warn,
        UsageChargeState::Paid => Tone::Good,
    };
    ui::badge(tone, &view.word("metering-state", state.as_str()))
}

async fn usage(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let mut tx = metering.app.db.read();
    let contract = metering.contract_for(&mut tx, &buyer, id).await?;
    let page = page.checked().map_err(Error::from)?;
    let found = metering.charges(&mut tx, &buyer, id, page).await?;
    let title = view.t("metering-charges");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("metering-period"), |charge: &Charge| {
            html! {
                a href={ "/console/usage-charges/" (charge.id) } { (view.time_text(charge.period.from)) }
            }
        })
        .number(view.t("metering-records"), |charge| html! { (view.count(charge.records)) })
        .number(view.t("metering-exact"), |charge| html! { (charge.exact.normalize()) })
        .number(view.t("metering-amount"), |charge| view.money(charge.amount))
        .column(view.t("metering-state"), |charge| badge(view, charge.state))
        .empty(ui::empty(&view.t("metering-none"), &view.t("metering-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .csv(format!("/console/instances/{id}/usage.csv"))
        .render();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href={ "/console/instances/" (id) } { "← " (view.of(&contract.title)) } }
            (ui::header(&title, Some(&view.t("metering-charges-lead")), &ui::button_link(&format!("/console/instances/{id}/corrections"), &view.t("correction-title"), false)))
            (table)
        },
    ))
}

/// Every charge of something, line by line.
async fn file(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut metering.app.db.read());
    let contract = metering.contract_for(tx, &buyer, id).await?;
    let mut sheet = ui::Sheet::new(view, &super::lines::TITLES);
    while let Some(page) = sheet.wants() {
        let found = metering.charges(tx, &buyer, id, page).await?;
        let rows = found.items.iter().flat_map(|charge| super::lines::of(view, charge, view.of(&contract.title)));
        sheet.add(found.next_cursor, rows);
    }
    Ok(sheet.download("usage"))
}

async fn charge(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<UsageChargeId>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let (charge, contract) = metering.charge(&mut metering.app.db.read(), &buyer, id).await?;
    let title = view.t("metering-charge");
    let none = || html! { span.muted { (view.t("metering-not-paid")) } };
    let mut facts = vec![
        (
            view.t("metering-of"),
            html! { a href={ "/console/instances/" (contract.instance) } { (view.of(&contract.title)) } },
        ),
        (view.t("metering-from"), view.time(charge.period.from)),
        (view.t("metering-until"), view.time(charge.period.until)),
        (view.t("metering-records"), html! { (view.count(charge.records)) }),
        (view.t("metering-exact"), html! { (charge.exact.normalize()) " " (charge.amount.currency()) }),
        (view.t("metering-amount"), view.money(charge.amount)),
        (view.t("metering-paid-at"), charge.paid_at.map_or_else(none, |at| view.time(at))),
        (view.t("metering-number"), ui::copyable(view, &charge.id.to_string())),
    ];
    if charge.credited != 0 {
        let set_off = Money::of(charge.credited, charge.amount.currency());
        facts.push((view.t("metering-set-off"), view.money(set_off)));
    }
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href={ "/console/instances/" (contract.instance) "/usage" } { "← " (view.t("metering-charges")) } }
            (ui::header(&title, None, &html! { (badge(view, charge.state)) }))
            section.card { (ui::facts(&facts)) }
            section.card {
                h2 { (view.t("metering-explained")) }
                (explained(view, &charge.parts))
                p.small.muted { (view.t("metering-fraction-text")) }
            }
        },
    ))
}

async fn close(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&metering.app, async |tx| {
        metering.close(tx, &buyer, id).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}?done=usage-closed")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let view = &visit.view;
            let title = view.t("metering-close-title");
            let body = html! {
                (ui::header(&title, None, &html! {}))
                (mistakes.summary(view))
                p.row { a.button href={ "/console/instances/" (id) } { (view.t("metering-back")) } }
            };
            Ok(ui::page(view, PLACE, &title, &body).refused().into_response())
        }
    }
}
