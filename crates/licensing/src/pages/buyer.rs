//! What a buyer sees of a licence: its code when asked, how it is used, its file.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::{Result, Timestamp, id::InstanceId, page::PageOf};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, PathParam, Problem, Routes},
};
use ui::{Bar, Field, Mistakes, Place, Table, Tone, View};

use crate::{
    Licensing,
    actions::buyer::{LicenceView, Month},
    api,
    rules::LicenceState,
    store::licences::LicenceEvent,
};

/// The newest entries of a history that a page shows.
const SHOWN: PageOf = PageOf { before: None, limit: 30 };

impl Licensing {
    /// The licence as a part of the page of its instance: code, state, use in a month like `2026-11`, history.
    pub async fn licence_part(
        &self,
        tx: &mut Tx,
        view: &View,
        buyer: &Buyer,
        (instance, month): (InstanceId, Option<&str>),
    ) -> Result<Markup> {
        let licence = self.of_buyer(tx, buyer, instance).await?;
        let present = self.app.clock.now().format("%Y-%m", &self.policies.current().await?.zone());
        let chosen = month.unwrap_or(&present);
        let days = self.month(tx, &licence, Some(chosen)).await?;
        let history = self.history(tx, &licence, SHOWN).await?;
        let state = licence.state_name(self.app.clock.now());
        let known = self.view(tx, licence).await?;
        let may_use = buyer.may(Permission::Use).is_ok();
        Ok(html! {
            (code(view, instance, &known, state, may_use))
            (used(view, &days, chosen))
            (ui::card(Some(&view.t("licence-history")), &happened(view, &history.items)))
        })
    }
}

fn badge(view: &View, state: LicenceState) -> Markup {
    let tone = match state {
        LicenceState::Created => Tone::Info,
        LicenceState::Active => Tone::Good,
        LicenceState::Expired => Tone::Warn,
        LicenceState::Released => Tone::Plain,
    };
    ui::badge(tone, &view.word("licence-state", state.as_str()))
}

/// The code behind an eye, and what became of it.
fn code(view: &View, instance: InstanceId, known: &LicenceView, state: LicenceState, may_use: bool) -> Markup {
    let here = format!("/console/instances/{instance}");
    let none = || html! { span.muted { (view.t("licence-not-yet")) } };
    let or_none = |moment: Option<Timestamp>| moment.map_or_else(none, |moment| view.time(moment));
    let activation = known.licence.state.activation();
    let facts = [
        (view.t("licence-activated"), or_none(activation.map(|done| done.at))),
        (view.t("licence-first-seen"), or_none(known.seen.first_seen_at)),
        (view.t("licence-last-seen"), or_none(known.seen.last_seen_at)),
        (view.t("licence-heartbeats"), html! { (view.count(known.seen.heartbeats)) }),
    ];
    let is_usable = match state {
        LicenceState::Created | LicenceState::Active => true,
        LicenceState::Expired | LicenceState::Released => false,
    };
    html! {
        section.card #licence {
            div.spread { h2 { (view.t("licence-code")) } (badge(view, state)) }
            @if state == LicenceState::Created { p { (view.t("licence-how")) } }
            @if may_use {
                div #code {
                    (ui::form(view, &format!("{here}/code"), &html! {
                        div.row {
                            code { (known.hint) }
                            button.button type="submit" data-into="#code" { (view.t("licence-show")) }
                        }
                    }))
                }
                p.small.muted { (view.t("licence-audited")) }
            } @else { p { (view.t("licence-role")) } }
            (ui::facts(&facts))
            @if may_use && is_usable {
                details {
                    summary { (view.t("licence-offline")) }
                    p.small.muted { (view.t("licence-file-text")) }
                    p.row { a.button href={ (here) "/licence-file" } download { (view.t("licence-file")) } }
                }
            }
        }
    }
}

/// The heartbeats of a month and the use that the software reported, day by day.
fn used(view: &View, month: &Month, chosen: &str) -> Markup {
    let heartbeats: Vec<Bar> = month
        .days
        .iter()
        .map(|day| Bar {
            label: day.day.rsplit('-').next().unwrap_or_default().to_owned(),
            value: day.heartbeats,
            shown: format!("{} · {}", view.count(day.heartbeats), view.address(&day.seen_from)),
        })
        .collect();
    let label = view.t("licence-month");
    html! {
        section.card {
            div.spread {
                h2 { (view.t("licence-use")) }
                form.filters method="get" action=(view.here()) {
                    (Field::input("month", "month", &label).value(chosen).required().render(view, &Mistakes::none()))
                    button.button type="submit" { (view.t("licence-month-show")) }
                }
            }
            @if heartbeats.is_empty() && month.usage.is_empty() {
                p.muted { (view.t("licence-no-use")) }
            }
            @if !heartbeats.is_empty() { (ui::bars(view, &view.t("licence-heartbeats-daily"), &heartbeats)) }
            @if !month.usage.is_empty() {
                (Table::new(view, view.t("licence-reported"), &month.usage)
                    .column(view.t("licence-day"), |row| html! { (row.day) })
                    .number(view.t("licence-clients"), |row| html! { (view.count(row.clients)) })
                    .number(view.t("licence-active-clients"), |row| html! { (row.active_num.map_or_else(|| "–".to_owned(), |number| view.count(number))) })
                    .render())
            }
        }
    }
}

fn happened(view: &View, events: &[LicenceEvent]) -> Markup {
    Table::new(view, view.t("licence-history"), events)
        .column(view.t("licence-when"), |row| view.time(row.happened_at))
        .column(view.t("licence-what"), |row| html! { (view.word("licence-event", row.kind.as_str())) })
        .column(
            view.t("licence-from"),
            |row| html! { (row.came_from.as_deref().map_or_else(|| "–".to_owned(), |from| view.address(from))) },
        )
        .render()
}

/// Shows the code. It is asked for with a form, because it is written down that it was shown; with scripts it appears in its
/// place, without them on a page of its own.
async fn reveal(
    State(licensing): State<Licensing>,
    visit: Visit,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = licensing.app.db.begin().await?;
    let code = licensing.reveal(&mut tx, &buyer, instance).await?;
    tx.commit().await?;
    let view = &visit.view;
    let shown = html! { p.revealed tabindex="-1" data-focus { (ui::copyable(view, &code)) } };
    let mut response = if headers.contains_key("x-part") {
        shown.into_response()
    } else {
        let title = view.t("licence-code");
        let page = ui::page(
            view,
            Place::Console("instances"),
            &title,
            &html! {
                (ui::header(&title, None, &html! {}))
                section.card { (shown) }
                p { a href={ "/console/instances/" (instance) } { "← " (view.t("licence-back")) } }
            },
        );
        page.into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .form("/console/instances/{instance}/code", reveal, Access::Buyer)
        .page("/console/instances/{instance}/licence-file", api::file, Access::Buyer)
        .done()
}
