//! One order of the buyer's: how it stands, what it cost, what came of it.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State as Handled,
    response::{IntoResponse, Response},
};
use kernel::{Result, Timestamp, id::OrderId};
use maud::{Markup, html};
use orders::{After, Cover, Line, Order, OrderKind, State, kind_badge, order_badge, order_lines, order_moments};
use platform::{
    Tx,
    http::{Access, Answer, Once, PathParam, Problem, Routes},
};
use ui::{Mistakes, Page, Place, Tone, View, button_link, escaped};

use crate::{
    Deliveries,
    rules::{Delivery, Outcome},
};

/// All that the page shows.
struct Shown {
    order: Order,
    lines: Vec<Line>,
    now: Timestamp,
    deliveries: Vec<Delivery>,
    seller: String,
    /// What the wallet says to the price, while it has to be paid.
    cover: Option<Cover>,
    may_pay: bool,
    may_cancel: bool,
}

impl Deliveries {
    async fn shown(&self, tx: &mut Tx, buyer: &Buyer, id: OrderId) -> Result<Shown> {
        let (order, lines) = self.orders.view(tx, buyer, id).await?;
        let is_placed = matches!(order.state, State::Placed { .. });
        let cover = if is_placed { Some(self.orders.cover(tx, buyer, order.total).await?) } else { None };
        Ok(Shown {
            now: self.app.clock.now(),
            deliveries: self.of_order(tx, buyer, id).await?,
            seller: self.accounts.find(tx, order.seller).await?.name,
            cover,
            may_pay: is_placed && buyer.may(Permission::Pay).is_ok(),
            may_cancel: is_placed && buyer.may(Permission::Buy).is_ok(),
            order,
            lines,
        })
    }
}

async fn show(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
) -> Result<Page, Problem> {
    let shown = deliveries.shown(&mut deliveries.app.db.read(), &buyer, id).await?;
    Ok(page(&visit.view, &shown, &Mistakes::none()))
}

/// The part of the page that changes while it is being delivered.
async fn progress(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
) -> Result<Markup, Problem> {
    let mut tx = deliveries.app.db.read();
    let (order, lines) = deliveries.orders.view(&mut tx, &buyer, id).await?;
    let found = deliveries.of_order(&mut tx, &buyer, id).await?;
    Ok(standing(&visit.view, (&order, &lines), &found, deliveries.app.clock.now()))
}

async fn pay(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.orders.pay(tx, &buyer, id).await?;
        Ok(Answer::see_other(format!("/console/orders/{id}?done=order-paid")))
    });
    answer(&deliveries, &visit, &buyer, id, done.await).await
}

async fn cancel(
    Handled(deliveries): Handled<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<OrderId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&deliveries.app, async |tx| {
        deliveries.orders.cancel(tx, &buyer, id).await?;
        Ok(Answer::see_other(format!("/console/orders/{id}?done=order-cancelled")))
    });
    answer(&deliveries, &visit, &buyer, id, done.await).await
}

/// Goes on, or shows the order with what was refused.
async fn answer(
    deliveries: &Deliveries,
    visit: &Visit,
    buyer: &Buyer,
    id: OrderId,
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = deliveries.shown(&mut deliveries.app.db.read(), buyer, id).await?;
            Ok(page(&visit.view, &shown, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, shown: &Shown, mistakes: &Mistakes) -> Page {
    let order = &shown.order;
    let title = view.ta("order-title", &[("number", order.number.as_str().into())]);
    let waits = is_under_way(order, &shown.lines, shown.now);
    let refreshed = waits.then(|| format!("/console/orders/{}/progress", order.id));
    let facts = [
        (view.t("order-seller"), html! { a href={ "/sellers/" (order.seller) } { (shown.seller) } }),
        (view.t("order-placed"), view.time(order.placed_at)),
        (view.t("order-total"), view.money(order.total)),
        (view.t("order-id"), ui::copyable(view, &order.id.to_string())),
    ];
    ui::page(
        view,
        Place::Console("orders"),
        &title,
        &html! {
            p { a href="/console/orders" { "← " (view.t("orders-title")) } }
            (ui::header(&title, None, &kind_badge(view, order.kind)))
            (mistakes.summary(view))
            div.with-aside {
                div.stack {
                    div.stack aria-live="polite" data-load=[refreshed] { (standing(view, (order, &shown.lines), &shown.deliveries, shown.now)) }
                    @for instance in shown.lines.iter().filter_map(|line| line.content.renews).map(|renews| renews.instance) {
                        p.row { (button_link(&format!("/console/instances/{instance}"), &view.t("order-renewed-open"), true)) }
                    }
                    @if let Some(cover) = shown.cover { (payment(view, shown, cover)) }
                    (order_lines(view, &shown.lines))
                }
                aside.stack {
                    (ui::card(None, &ui::facts(&facts)))
                }
            }
        },
    )
}

/// Whether something happens with it in minutes; what begins with another term is no such thing.
fn is_under_way(order: &Order, lines: &[Line], now: Timestamp) -> bool {
    matches!(order.state, State::Paid { .. }) && (order.kind != OrderKind::RenewalChange || has_begun(lines, now))
}

/// Whether the term has begun that was paid for.
fn has_begun(lines: &[Line], now: Timestamp) -> bool {
    lines.iter().filter_map(|line| line.content.renews).all(|renews| renews.term.from <= now)
}

/// How the order stands, what follows by itself, and what happened so far.
fn standing(view: &View, (order, lines): (&Order, &[Line]), deliveries: &[Delivery], now: Timestamp) -> Markup {
    let failing = deliveries.iter().any(|delivery| matches!(delivery.outcome, Outcome::Due { last_error: Some(_) }));
    let offered = deliveries.iter().any(|delivery| matches!(delivery.outcome, Outcome::Offered { .. }));
    let (tone, text) = match order.kind {
        OrderKind::Trial => trial_now(view, order.state, failing),
        // What is offered waits for its buyer and for nobody else.
        OrderKind::New if offered => (Tone::Info, view.t("order-now-offered")),
        OrderKind::New | OrderKind::Conversion | OrderKind::Renewal => order_now(view, order.state, failing),
        OrderKind::Change => change_now(view, order.state),
        OrderKind::RenewalChange => match order.state {
            State::Paid { .. } if has_begun(lines, now) => (Tone::Info, view.t("order-now-switching")),
            State::Paid { .. } => (Tone::Info, view.t("order-now-ahead")),
            other @ (State::Placed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => change_now(view, other),
        },
    };
    html! {
        section.card {
            div.spread { h2 { (view.t("order-standing")) } (order_badge(view, order.state.name())) }
            (ui::notice(tone, &html! {
                p { (text) }
                @for trouble in deliveries.iter().filter_map(|delivery| delivery.outcome.trouble()) { p { (view.of(&trouble.for_buyer())) } }
                @if let State::Placed { due_at } = order.state { p { (view.t("order-due")) " " (view.time(due_at)) } }
            }))
            @if is_under_way(order, lines, now) {
                p.small data-waits { a href={ "/console/orders/" (order.id) } { (view.t("order-refresh")) } }
            }
            // What was renewed is opened below.
            @let changed = lines.iter().filter(|line| line.content.renews.is_none());
            @let changed = changed.filter_map(|line| line.content.changes.as_ref()).map(|changes| changes.instance);
            @for instance in lines.iter().filter_map(|line| line.content.converts) {
                p.row { (button_link(&format!("/console/instances/{instance}"), &view.t("order-open"), true)) }
            }
            @for instance in changed {
                p.row { (button_link(&format!("/console/instances/{instance}"), &view.t("order-changed-open"), true)) }
            }
            @for delivery in deliveries {
                @if let Outcome::Offered { instance } = &delivery.outcome {
                    p.row { (button_link(&format!("/console/instances/{instance}"), &view.t("order-look"), true)) }
                }
                @if let Outcome::Delivered { instance, .. } = &delivery.outcome {
                    p.row { (button_link(&format!("/console/instances/{instance}"), &view.t("order-open"), matches!(order.state, State::Completed { .. }))) }
                }
            }
            (ui::moments(view, &order_moments(view, order)))
        }
    }
}

fn order_now(view: &View, state: State, failing: bool) -> (Tone, String) {
    match state {
        State::Placed { .. } => (Tone::Warn, view.t("order-now-placed")),
        State::Paid { .. } if failing => (Tone::Warn, view.t("order-now-failing")),
        State::Paid { .. } => (Tone::Info, view.t("order-now-paid")),
        State::Completed { .. } => (Tone::Good, view.t("order-now-completed")),
        State::Cancelled { .. } => (Tone::Plain, view.t("order-now-cancelled")),
        State::Refunded { .. } => (Tone::Plain, view.t("order-now-refunded")),
    }
}

/// What is changed is there already.
fn change_now(view: &View, state: State) -> (Tone, String) {
    match state {
        State::Placed { .. } => (Tone::Warn, view.t("order-now-placed")),
        State::Paid { .. } => (Tone::Info, view.t("order-now-changing")),
        State::Completed { .. } => (Tone::Good, view.t("order-now-changed")),
        State::Cancelled { .. } => (Tone::Plain, view.t("order-now-cancelled")),
        State::Refunded { .. } => (Tone::Plain, view.t("order-now-refunded")),
    }
}

/// A trial is never waited for to be paid.
fn trial_now(view: &View, state: State, failing: bool) -> (Tone, String) {
    match state {
        State::Placed { .. } | State::Paid { .. } if !failing => (Tone::Info, view.t("trial-now-paid")),
        State::Placed { .. } | State::Paid { .. } => (Tone::Warn, view.t("trial-now-failing")),
        State::Completed { .. } => (Tone::Good, view.t("trial-now-completed")),
        State::Cancelled { .. } | State::Refunded { .. } => (Tone::Plain, view.t("trial-now-refunded")),
    }
}

/// Paying and cancelling, while it waits for its payment.
fn payment(view: &View, shown: &Shown, cover: Cover) -> Markup {
    let order = &shown.order;
    let here = format!("/console/orders/{}", order.id);
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(order.total)) }
            dl.receipt {
                div { dt { (view.t("checkout-wallet")) } dd { (view.money(cover.balance)) } }
                @match cover.after {
                    After::Left(left) => div { dt { (view.t("checkout-left")) } dd { (view.money(left)) } },
                    After::Missing(missing) => div { dt { (view.t("checkout-missing")) } dd { span.missing { (view.money(missing)) } } },
                }
            }
            @if shown.may_pay {
                @match cover.after {
                    After::Left(_) => (ui::form(view, &format!("{here}/pay"), &html! {
                        button.button.primary.large.wide type="submit" {
                            (view.ta("checkout-pay-now", &[("amount", view.money_text(order.total).into())]))
                        }
                    })),
                    After::Missing(missing) => a.button.primary.large.wide href={
                        "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency())
                        "&next=" (escaped(&here))
                    } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
                }
            } @else { p { (view.t("checkout-others-pay")) } }
            @if shown.may_cancel {
                (ui::confirm(view, &view.t("order-cancel"), &view.t("order-cancel-title"), true, &html! {
                    // A later instalment is of something that the buyer has got.
                    p { @if shown.lines.iter().any(|line| line.content.is_delivered()) { (view.t("order-cancel-text")) } @else { (view.t("order-cancel-owed")) } }
                    (ui::form(view, &format!("{here}/cancel"), &html! {
                        button.button.danger type="submit" { (view.t("order-cancel-yes")) }
                    }))
                }))
            }
        }
    }
}

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .page("/console/orders/{order}", show, Access::Buyer)
        .page("/console/orders/{order}/progress", progress, Access::Buyer)
        .form("/console/orders/{order}/pay", pay, Access::Buyer)
        .form("/console/orders/{order}/cancel", cancel, Access::Buyer)
        .done()
}
