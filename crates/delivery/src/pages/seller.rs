//! What the seller's system has to be told, what failed, and restarting it.

use std::collections::BTreeMap;

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Localized, PageQuery, Result,
    id::{ErrandId, OrderLineId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Once, PathParam, Problem, Query, Routes};
use production::Trouble;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandState},
};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/seller/production/errands", list, Access::Seller)
        .form("/seller/production/errands/restart", restart_all, Access::Seller)
        .form("/seller/production/errands/{errand}/restart", restart, Access::Seller)
        .done()
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn list(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&deliveries, &visit.view, &seller, (&asked, &Mistakes::none())).await
}

async fn page(
    deliveries: &Deliveries,
    view: &View,
    seller: &Seller,
    (asked, mistakes): (&Asked, &Mistakes),
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let state = asked.state.parse().ok();
    let mut tx = deliveries.app.db.read();
    let found = deliveries.errands(&mut tx, seller, state, page).await?;
    let lines: Vec<OrderLineId> = found.items.iter().map(|errand| errand.line).collect();
    let bought = deliveries.orders.titles(&mut tx, &lines).await?;
    let may = seller.may(Permission::Integrate).is_ok();
    let title = view.t("errands-title");
    let mut states = vec![Choice::new("", view.t("errands-any-state"))];
    let word = |state: &ErrandState| view.word("errand-state", state.as_str());
    states.extend(ErrandState::ALL.iter().map(|state| Choice::new(state.as_str(), word(state))));
    let label = view.t("errands-state");
    let filter = Field::select("state", &label, &states).value(&asked.state).required().render(view, &Mistakes::none());
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("errands-lead")), &html! {}))
            (production::tabs(view, "errands"))
            (mistakes.summary(view))
            @if may && state == Some(ErrandState::Dead) && !found.items.is_empty() {
                (ui::form(view, "/seller/production/errands/restart", &html! {
                    button.button type="submit" { (view.t("errands-restart-all")) }
                }))
            }
            (table(view, &found.items, (&bought, may)).filters(filter).next(found.next_cursor.as_deref()).render())
        },
    ))
}

fn table<'a>(
    view: &'a View,
    errands: &'a [Errand],
    (bought, may): (&'a BTreeMap<OrderLineId, Localized>, bool),
) -> Table<'a, Errand> {
    Table::new(view, view.t("errands-title"), errands)
        .column(view.t("errands-what"), |one: &Errand| {
            let kind = one.kind.as_str();
            html! {
                a href={ "/seller/production/errands/" (one.id) } {
                    @if one.is_of_code() { (view.word("errand-code", kind)) } @else { (view.word("errand-kind", kind)) }
                }
            }
        })
        .column(view.t("errands-product"), |one| html! {
            a href={ "/seller/orders/" (one.order) } { (bought.get(&one.line).map_or("", |title| view.of(title))) }
        })
        .column(view.t("errands-state"), |one| standing(view, one))
        .column(view.t("errands-opened"), |one| view.time(one.opened_at))
        .number(view.t("errands-tries"), |one| html! {
            a href={ "/seller/production/calls?errand=" (one.id) } { (view.count(one.tries)) span.unseen { " " (view.t("errands-calls")) } }
        })
        .column("", move |one| html! {
            @if may && can_restart(one) {
                (ui::form(view, &format!("/seller/production/errands/{}/restart", one.id), &html! {
                    button.button type="submit" { (view.t("errands-restart")) }
                }))
            }
        })
        .empty(ui::empty(&view.t("errands-none"), &view.t("errands-none-text"), &html! {}))
}

pub(super) fn can_restart(errand: &Errand) -> bool {
    match errand.state {
        ErrandState::Due | ErrandState::Waiting => true,
        ErrandState::Dead => !errand.kind.is_paid(),
        ErrandState::Done | ErrandState::Dropped => false,
    }
}

pub(super) fn standing(view: &View, errand: &Errand) -> Markup {
    let tone = match errand.state {
        ErrandState::Due if errand.trouble.is_some() => Tone::Warn,
        ErrandState::Due | ErrandState::Waiting => Tone::Info,
        ErrandState::Done => Tone::Good,
        ErrandState::Dead => Tone::Bad,
        ErrandState::Dropped => Tone::Plain,
    };
    let open = matches!(errand.state, ErrandState::Due | ErrandState::Waiting);
    let why = errand.trouble.as_ref().filter(|_| errand.state != ErrandState::Done).map(Trouble::for_seller);
    html! {
        (ui::badge(tone, &view.word("errand-state", errand.state.as_str())))
        @if let Some(why) = why { p.small.muted { (view.of(&why)) } }
        @if open && errand.tries > 0 { p.small { (view.t("errands-next")) " " (view.time(errand.due_at)) } }
    }
}

async fn restart_all(State(deliveries): State<Deliveries>, seller: Seller, once: Once) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        deliveries.restart_all(tx, &seller).await?;
        Ok(Answer::see_other("/seller/production/errands?done=errands-restarted"))
    })
    .await
}

async fn restart(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ErrandId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.restart_errand(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/production/errands?done=errand-restarted"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = page(&deliveries, &visit.view, &seller, (&Asked::default(), &mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}
