//! What the pages of an order have in common, whoever reads them.

use kernel::Timestamp;
use maud::{Markup, html};
use pricing::{PeriodUnit, Quote};
use ui::{Tone, View};

use crate::rules::{Content, Line, Order, OrderKind, Renews, State, StateName};

/// A state in a word and its colour.
pub fn order_badge(view: &View, state: StateName) -> Markup {
    let tone = match state {
        StateName::Placed => Tone::Warn,
        StateName::Paid => Tone::Info,
        StateName::Completed => Tone::Good,
        StateName::Cancelled | StateName::Refunded => Tone::Plain,
    };
    ui::badge(tone, &view.word("order-state", state.as_str()))
}

/// What an order is of, where it is no plain purchase.
pub fn kind_badge(view: &View, kind: OrderKind) -> Markup {
    match kind {
        OrderKind::New => html! {},
        OrderKind::Trial
        | OrderKind::Conversion
        | OrderKind::Renewal
        | OrderKind::Change
        | OrderKind::RenewalChange => ui::badge(Tone::Info, &view.word("order-kind", kind.as_str())),
    }
}

/// What happened to an order so far.
pub fn order_moments(view: &View, order: &Order) -> Vec<(Timestamp, String, Markup)> {
    let moment = |at, key: &str, detail| (at, view.word("order-moment", key), detail);
    // Nothing is paid for a trial, and nothing goes back.
    let is_trial = order.kind == OrderKind::Trial;
    let money = || html! { @if !is_trial { (view.money(order.total)) } };
    let paid = |at| (!is_trial).then(|| moment(at, "paid", money()));
    let mut moments = vec![moment(order.placed_at, "placed", html! {})];
    match order.state {
        State::Placed { .. } => {}
        State::Paid { paid_at } => moments.extend(paid(paid_at)),
        State::Completed { paid_at, completed_at } => {
            moments.extend(paid(paid_at));
            moments.push(moment(completed_at, "completed", html! {}));
        }
        State::Cancelled { at } => moments.push(moment(at, "cancelled", html! {})),
        State::Refunded { paid_at, completed_at, at } => {
            moments.extend(paid(paid_at));
            moments.extend(completed_at.map(|at| moment(at, "completed", html! {})));
            moments.push(moment(at, if is_trial { "ended" } else { "refunded" }, money()));
        }
    }
    moments
}

/// How a price was computed: its parts, and what they sum to.
pub fn receipt(view: &View, quote: &Quote) -> Markup {
    html! {
        dl.receipt {
            @for line in &quote.lines {
                div { dt { (view.of(&line.text)) } dd { (view.money(line.amount)) } }
            }
            div.receipt-total { dt { (view.t("order-total")) } dd { (view.money(quote.total)) } }
        }
        @for note in quote.beside() { p.small.muted { (view.of(note)) } }
    }
}

/// How long it is bought for.
pub fn term(view: &View, quote: &Quote) -> String {
    let count = [("count", quote.periods.into())];
    match quote.unit {
        None => view.t("order-term-unlimited"),
        Some(PeriodUnit::Day) => view.ta("order-term-day", &count),
        Some(PeriodUnit::Month) => view.ta("order-term-month", &count),
        Some(PeriodUnit::Year) => view.ta("order-term-year", &count),
    }
}

/// How long a line pays for; a change in the middle of a term pays for what is left of it.
pub(crate) fn line_term(view: &View, content: &Content) -> String {
    match content.changes.as_ref().filter(|_| content.renews.is_none()) {
        Some(changes) => view.ta("order-change-until", &[("time", view.time_text(changes.term.until).into())]),
        None => term(view, &content.quote),
    }
}

/// So many hours: in days where they are whole.
pub fn window(view: &View, hours: u32) -> String {
    if hours.is_multiple_of(24) {
        view.ta("order-window-days", &[("count", (hours / 24).into())])
    } else {
        view.ta("order-window-hours", &[("count", hours.into())])
    }
}

/// The lines of an order with the explanation of their prices.
pub fn order_lines(view: &View, lines: &[Line]) -> Markup {
    html! {
        @for line in lines {
            section.card {
                div.spread {
                    h2 { a href={ "/products/" (line.product) } { (view.of(&line.content.title)) } " " (kind_badge(view, line.content.kind())) }
                    span.muted { (line_term(view, &line.content)) }
                }
                @if let Some(Renews { term, .. }) = line.content.renews {
                    p { (view.ta("order-renewal-term", &[("from", view.time_text(term.from).into()), ("until", view.time_text(term.until).into())])) }
                }
                @if let Some(changes) = &line.content.changes {
                    p { (view.ta("order-change-of", &[("title", view.of(&changes.title).into())])) }
                }
                @if let Some(goes_on) = line.content.goes_on {
                    p.muted { (view.ta("order-goes-on", &[("amount", view.money_text(goes_on.price_max).into())])) }
                }
                (receipt(view, &line.content.quote))
                (super::asking::answers(view, &line.content))
            }
        }
    }
}

/// The rules that an order was placed under, and the code that programs know its SKU by, for those who sell and operate.
pub fn order_terms(view: &View, lines: &[Line]) -> Markup {
    let percent = |basis_points: u32| format!("{}.{:02} %", basis_points / 100, basis_points % 100);
    html! {
        @for line in lines {
            @let terms = &line.content.terms;
            @let days = |count: u32| html! { (view.ta("order-window-days", &[("count", count.into())])) };
            // What has no term has no end.
            @let grace = Some(terms.grace_days).filter(|days| *days > 0 && line.content.quote.length().is_some());
            @let facts: Vec<(String, Markup)> = [
                Some((view.t("order-fee"), html! { (percent(terms.fee_basis_points)) })),
                Some((view.t("order-tax"), html! { (percent(terms.tax_basis_points)) })),
                Some((view.t("order-return"), html! { (window(view, terms.no_reason_hours)) })),
                Some((view.t("order-payment-time"), html! { (window(view, terms.payment_hours)) })),
                grace.map(|grace| (view.t("order-grace"), days(grace))),
                Some((view.t("order-frozen"), days(terms.frozen_days))),
                line.content.accept_days().map(|count| (view.t("order-acceptance"), days(count))),
                Some((view.t("order-sku"), html! { code { (line.content.sku_code) } })),
            ].into_iter().flatten().collect();
            (ui::card(Some(&view.t("order-terms")), &ui::facts(&facts)))
        }
    }
}
