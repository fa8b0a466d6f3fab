//! One task of a seller's system with the event that it tells, and telling it again; the tasks of all sellers for the operator.

use std::collections::BTreeMap;

use accounts::{Operator, Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Localized, PageQuery, Result,
    id::{AccountId, ErrandId, OrderLineId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::{
    operator,
    seller::{can_restart, standing},
};
use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandState},
};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/seller/production/errands/{errand}", show, Access::Seller)
        .form("/seller/production/errands/{errand}/replay", replay, Access::Seller)
        .page("/operator/errands", all, Access::Operator)
        .form("/operator/errands/{errand}/restart", restart_any, Access::Operator)
        .done()
}

async fn show(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Page, Problem> {
    shown(&deliveries, &visit.view, (&seller, id), &Mistakes::none()).await
}

async fn shown(
    deliveries: &Deliveries,
    view: &View,
    (seller, id): (&Seller, ErrandId),
    mistakes: &Mistakes,
) -> Result<Page, Problem> {
    let mut tx = deliveries.app.db.read();
    let told = Box::pin(deliveries.shown_event(&mut tx, seller, id)).await?;
    let errand = &told.errand;
    let titles = deliveries.orders.titles(&mut tx, &[errand.line]).await?;
    let title = what(view, errand);
    let may = seller.may(Permission::Integrate).is_ok();
    let here = format!("/seller/production/errands/{id}");
    let event = serde_json::to_string_pretty(&told.event).unwrap_or_default();
    let mut facts = vec![
        (
            view.t("errands-product"),
            html! {
                a href={ "/seller/orders/" (errand.order) } { (titles.get(&errand.line).map_or("", |title| view.of(title))) }
            },
        ),
        (view.t("errands-opened"), view.time(errand.opened_at)),
        (
            view.t("errands-tries"),
            html! {
                a href={ "/seller/production/calls?errand=" (id) } { (view.count(errand.tries)) " " (view.t("errands-calls")) }
            },
        ),
        (view.t("errands-id"), ui::copyable(view, &id.to_string())),
    ];
    if let Some(remote) = &errand.remote {
        facts.push((view.t("errands-remote"), ui::copyable(view, remote)));
    }
    let button = |what: &str, label: &'static str| {
        ui::form(view, &format!("{here}/{what}"), &html! { button.button type="submit" { (view.t(label)) } })
    };
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            p { a href="/seller/production/errands" { "← " (view.t("errands-title")) } }
            (ui::header(&title, None, &standing(view, errand)))
            (mistakes.summary(view))
            (ui::card(None, &ui::facts(&facts)))
            (ui::code(view, &view.t("errands-event"), &event))
            p.small.muted { (view.t("errands-event-text")) }
            @if may && can_restart(errand) { (button("restart", "errands-restart")) }
            @else if may && errand.can_be_told_again() {
                (button("replay", "errands-replay"))
                p.small.muted { (view.t("errands-replay-text")) }
            }
        },
    ))
}

fn what(view: &View, errand: &Errand) -> String {
    let family = if errand.is_of_code() { "errand-code" } else { "errand-kind" };
    view.word(family, errand.kind.as_str())
}

async fn replay(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ErrandId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.replay(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("/seller/production/errands/{id}?done=errand-replayed")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(shown(&deliveries, &visit.view, (&seller, id), &mistakes).await?.refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    seller: String,
    cursor: Option<String>,
}

async fn all(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    listed(&deliveries, &visit.view, &operator, (&asked, &Mistakes::none())).await
}

async fn listed(
    deliveries: &Deliveries,
    view: &View,
    operator: &Operator,
    (asked, mistakes): (&Asked, &Mistakes),
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let wanted = (asked.seller.trim().parse().ok(), asked.state.parse().ok());
    let mut tx = deliveries.app.db.read();
    let found = deliveries.all_errands(&mut tx, operator, wanted, page).await?;
    let lines: Vec<OrderLineId> = found.items.iter().map(|errand| errand.line).collect();
    let sold = deliveries.orders.titles(&mut tx, &lines).await?;
    let names = deliveries.accounts.names(&mut tx, found.items.iter().map(|errand| errand.seller).collect()).await?;
    let title = view.t("errands-title-operator");
    let mut states = vec![Choice::new("", view.t("errands-any-state"))];
    states.extend(
        ErrandState::ALL.iter().map(|state| Choice::new(state.as_str(), view.word("errand-state", state.as_str()))),
    );
    let label = view.t("errands-state");
    let seller = view.t("order-seller");
    let filters = html! {
        (Field::select("state", &label, &states).value(&asked.state).required().render(view, &Mistakes::none()))
        (Field::text("seller", &seller).value(&asked.seller).render(view, &Mistakes::none()))
    };
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("errands-lead-operator")), &html! {}))
            (operator::tabs(view, "errands"))
            (mistakes.summary(view))
            (table(view, &found.items, (&sold, &names)).filters(filters).next(found.next_cursor.as_deref()).render())
        },
    ))
}

fn table<'a>(
    view: &'a View,
    errands: &'a [Errand],
    (sold, names): (&'a BTreeMap<OrderLineId, Localized>, &'a BTreeMap<AccountId, String>),
) -> Table<'a, Errand> {
    let action = |one: &Errand| -> Markup {
        html! {
            @if can_restart(one) {
                (ui::form(view, &format!("/operator/errands/{}/restart", one.id), &html! {
                    button.button type="submit" { (view.t("errands-restart")) }
                }))
            }
        }
    };
    Table::new(view, view.t("errands-title-operator"), errands)
        .column(view.t("errands-what"), |one: &Errand| html! { (what(view, one)) })
        .column(view.t("order-seller"), |one| {
            html! {
                a href={ "/operator/accounts/" (one.seller) } { (names.get(&one.seller).map_or("", String::as_str)) }
            }
        })
        .column(view.t("errands-product"), |one| {
            html! {
                a href={ "/operator/orders/" (one.order) } { (sold.get(&one.line).map_or("", |title| view.of(title))) }
            }
        })
        .column(view.t("errands-state"), |one| standing(view, one))
        .column(view.t("errands-opened"), |one| view.time(one.opened_at))
        .number(view.t("errands-tries"), |one| {
            html! {
                a href={ "/operator/production-calls?errand=" (one.id) } {
                    (view.count(one.tries)) span.unseen { " " (view.t("errands-calls")) }
                }
            }
        })
        .column("", action)
        .empty(ui::empty(&view.t("errands-none"), &view.t("errands-none-text"), &html! {}))
}

async fn restart_any(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ErrandId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.restart_any(tx, &operator, id).await?;
        Ok(Answer::see_other("/operator/errands?done=errand-restarted"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = listed(&deliveries, &visit.view, &operator, (&Asked::default(), &mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}
