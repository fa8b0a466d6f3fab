//! Amendments as both sides read them: what changes of each line, how the rest of its term is worked out, and what is still to
//! be paid.

use accounts::{Buyer, Permission};
use kernel::{Localized, Timestamp};
use maud::{Markup, html};
use orders::{After, Cover};
use ui::{Field, Mistakes, Tone, View, escaped};

use crate::{
    actions::{Counts, Read},
    rules::{AmendedLine, Amendment, AmendmentState, Proposed},
};

pub(super) fn badge(view: &View, state: AmendmentState) -> Markup {
    let tone = match state {
        AmendmentState::Proposed => Tone::Warn,
        AmendmentState::Accepted => Tone::Good,
        AmendmentState::Declined => Tone::Bad,
        AmendmentState::Withdrawn | AmendmentState::Expired => Tone::Plain,
    };
    ui::badge(tone, &view.word("offer-amendment-state", state.as_str()))
}

/// The amendment that lies before the buyer.
pub(super) fn open(read: &Read, now: Timestamp) -> Option<&Proposed> {
    read.amendments.first().filter(|last| last.stands(now) == AmendmentState::Proposed)
}

/// The one that lies before the buyer whole, with what can be done; those before it in short.
pub(super) fn cards(view: &View, (read, now): (&Read, Timestamp), action: &Markup) -> Markup {
    let open = open(read, now);
    let past =
        read.amendments.iter().filter(|one| open.is_none_or(|open| open.amendment.number != one.amendment.number));
    html! {
        @if let Some(open) = open {
            section.card {
                div.spread { h2 { (title(view, &open.amendment)) } (badge(view, AmendmentState::Proposed)) }
                (whole(view, read, &open.amendment))
                (action)
            }
        }
        @for one in past {
            section.card {
                div.spread { h2 { (title(view, &one.amendment)) } (badge(view, one.stands(now))) }
                details { summary { (view.t("offer-amendment-read")) } (whole(view, read, &one.amendment)) }
            }
        }
    }
}

fn title(view: &View, amendment: &Amendment) -> String {
    view.ta("offer-amendment", &[("number", amendment.number.into())])
}

fn whole(view: &View, read: &Read, amendment: &Amendment) -> Markup {
    html! {
        @if !amendment.note.is_empty() { p.kept-lines { (amendment.note) } }
        (ui::facts(&[
            (view.t("offer-amendment-from"), view.date(amendment.from)),
            (view.t("offer-amendment-until"), view.time(amendment.valid_until)),
        ]))
        p.small.muted { (view.t("offer-amend-from-hint")) }
        @for line in &amendment.lines { (changed(view, read, (amendment, line))) }
        dl.receipt {
            div.receipt-total { dt { (view.t("offer-amendment-difference")) } dd { (view.money(amendment.difference)) } }
        }
        (rest(view, amendment))
    }
}

/// What changes of a line, and how the rest of its term is paid.
fn changed(view: &View, read: &Read, (amendment, line): (&Amendment, &AmendedLine)) -> Markup {
    let sold = usize::try_from(line.line).ok().and_then(|index| read.offer.sent.as_ref()?.lines.get(index));
    let counts = read.counts.get(&(amendment.number, line.line));
    let told = pricing::amended_lines(amendment.number, (line.before, line.after));
    html! {
        h3 { @if let Some(sold) = sold { (view.of(&sold.agreed.content.title)) } }
        (ui::facts(&facts(view, line, counts)))
        dl.receipt {
            @for line in told.iter().flatten() { div { dt { (view.of(&line.text)) } dd { (view.money(line.amount)) } } }
            div.receipt-total { dt { (view.t("offer-amendment-line")) } dd { (view.money(line.difference)) } }
        }
    }
}

fn facts(view: &View, line: &AmendedLine, counts: Option<&Counts>) -> Vec<(String, Markup)> {
    let mut facts = Vec::new();
    let listed =
        |counted: &[Localized]| counted.iter().map(|one| view.of(one).to_owned()).collect::<Vec<_>>().join(", ");
    let becomes = |before: &Markup, after: &Markup| html! { (before) " → " strong { (after) } };
    if let Some(Counts { before, after }) = counts {
        facts.push((
            view.t("offer-amendment-numbers"),
            becomes(&html! { (listed(before)) }, &html! { (listed(after)) }),
        ));
    }
    if let (Some(before), Some(after)) = (line.ends_before, line.ends_at)
        && before != after
    {
        facts.push((view.t("offer-amendment-end"), becomes(&view.time(before), &view.time(after))));
    }
    if line.before.price != line.after.price {
        let name = match line.after.days {
            0 => view.t("offer-amendment-price"),
            days => view.ta("offer-amendment-price-days", &[("days", days.into())]),
        };
        facts.push((name, becomes(&view.money(line.before.price), &view.money(line.after.price))));
    }
    facts
}

/// What is still to be paid under the new conditions.
fn rest(view: &View, amendment: &Amendment) -> Markup {
    html! {
        h3 { (view.t("offer-amendment-rest")) }
        @if amendment.instalments.is_empty() { p.muted { (view.t("offer-amendment-rest-none")) } } @else {
            dl.receipt {
                @for instalment in &amendment.instalments {
                    div {
                        dt { @match instalment.due_at { None => (view.t("offer-amendment-now")), Some(due_at) => (view.date(due_at)) } }
                        dd { (view.money(instalment.amount)) }
                    }
                }
            }
        }
        @if !amendment.replaced.is_empty() { p.small.muted { (view.t("offer-amendment-replaces")) } }
    }
}

/// The buyer's answer: all that has to be known stands above it.
pub(super) fn answer(
    view: &View,
    (here, amendment): (&str, &Amendment),
    (buyer, cover): (&Buyer, Option<Cover>),
    mistakes: &Mistakes,
) -> Markup {
    let may = buyer.may(Permission::Pay).is_ok() && buyer.may(Permission::Buy).is_ok();
    let missing = cover.and_then(|cover| match cover.after {
        After::Missing(missing) => Some(missing),
        After::Left(_) => None,
    });
    html! {
        @if let Some(cover) = cover {
            dl.receipt {
                div { dt { (view.t("checkout-wallet")) } dd { (view.money(cover.balance)) } }
                @match cover.after {
                    After::Left(left) => div { dt { (view.t("checkout-left")) } dd { (view.money(left)) } },
                    After::Missing(missing) => div { dt { (view.t("checkout-missing")) } dd { span.missing { (view.money(missing)) } } },
                }
            }
        }
        @if !may {
            (ui::notice(Tone::Warn, &html! { p { (view.t("offer-role")) } }))
        } @else if let Some(missing) = missing {
            a.button.primary href={
                "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency()) "&next=" (escaped(here))
            } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) }
        } @else {
            (ui::form(view, &format!("{here}/amendment/accept"), &html! {
                input type="hidden" name="amendment" value=(amendment.number);
                (Field::check("agree", &view.t("offer-amendment-agree")).required().render(view, mistakes))
                button.button.primary type="submit" {
                    @match amendment.now() {
                        Some(now) => (view.ta("offer-amendment-accept-pay", &[("amount", view.money_text(now).into())])),
                        None => (view.t("offer-amendment-accept")),
                    }
                }
            }))
        }
        @if buyer.may(Permission::Buy).is_ok() { (decline(view, here)) }
    }
}

fn decline(view: &View, here: &str) -> Markup {
    let body = ui::form(
        view,
        &format!("{here}/amendment/decline"),
        &html! {
            (Field::area("reason", &view.t("offer-decline-reason"), 3).hint(view.t("offer-amendment-decline-hint")).with("maxlength", "2000").render(view, &Mistakes::none()))
            button.button.danger type="submit" { (view.t("offer-decline-yes")) }
        },
    );
    ui::confirm(view, &view.t("offer-decline"), &view.t("offer-amendment-decline-title"), true, &body)
}
