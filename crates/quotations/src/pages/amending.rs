//! The form with which a seller amends an offer that runs, and what both sides do with what was proposed.

use std::collections::BTreeMap;

use accounts::{Buyer, Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, Localized, id::PrivateOfferId};
use maud::{Markup, html};
use offers::typed as parsed;
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use policy::AccessType;
use ui::{Field, Mistakes, Page, Tone, View};

use super::{
    answer,
    desk::{HERE, PLACE, act, instalment_row},
    typed::Typed,
};
use crate::{
    PrivateOffers,
    actions::Read,
    rules::{AmendmentWish, DueState, LineWish, PrivateOfferRefused, Running, SentLine},
};

async fn fresh(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
) -> Result<Page, Problem> {
    seller.may(Permission::RunShop).map_err(Error::from)?;
    page(&private_offers, &visit.view, (&seller, id), (&Typed::default(), &Mistakes::none())).await
}

async fn propose(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let done = once.run(&private_offers.app, async |tx| {
        seller.may(Permission::RunShop)?;
        let read = private_offers.read_own(tx, &seller, id).await?;
        let wish = wish(&visit.view, &read, &typed)?;
        private_offers.propose(tx, &seller, (id, &wish)).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=offer-amendment-sent")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let shown = page(&private_offers, &visit.view, (&seller, id), (&typed, &mistakes)).await?;
            Ok(shown.refused().into_response())
        }
    }
}

async fn withdraw(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Response, Problem> {
    let typed = Typed::default();
    let says = ("offer-amendment-withdrawn", &typed);
    act(&private_offers, (&visit.view, &seller, id), once, says, async |tx| {
        private_offers.withdraw_amendment(tx, &seller, id).await
    })
    .await
}

async fn accept(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let (says, nothing) = ("offer-amendment-accepted", answer::Typed::default());
    answer::act(&private_offers, (&visit.view, &buyer, id), once, (says, &nothing), async |tx| {
        private_offers.got(tx, &buyer, id).await?;
        if typed.text("agree") != "true" {
            return Err(PrivateOfferRefused::NotAgreed.into());
        }
        let which = ("must be the one that you have read", "须为您查看的变更");
        let number = typed.text("amendment").parse().map_err(|_| Invalid::one("amendment", which))?;
        private_offers.accept_amendment(tx, &buyer, (id, number)).await
    })
    .await
}

async fn decline(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let (says, nothing) = ("offer-amendment-declined", answer::Typed::default());
    answer::act(&private_offers, (&visit.view, &buyer, id), once, (says, &nothing), async |tx| {
        private_offers.decline_amendment(tx, &buyer, (id, typed.text("reason"))).await
    })
    .await
}

/// The lines that run, each with what came of it.
fn running(read: &Read) -> Vec<(&SentLine, &Running)> {
    let of = |runs: &'_ &Running| !runs.over;
    let line = |runs: &Running| read.offer.sent.as_ref()?.lines.get(usize::try_from(runs.line).ok()?);
    read.running.iter().filter(of).filter_map(|runs| Some((line(runs)?, runs))).collect()
}

/// The last day of a term as its field shows it.
fn last_day(view: &View, runs: &Running) -> String {
    runs.ends_at.map_or_else(String::new, |end| end.plus_micros(-1).format("%Y-%m-%d", &view.zone))
}

/// What was typed, as the rules understand it. A last day that was left as it is changes nothing.
fn wish(view: &View, read: &Read, typed: &Typed) -> Result<AmendmentWish, Error> {
    let sent = read.offer.sent.as_ref().ok_or(PrivateOfferRefused::NotSent)?;
    let (zone, currency) = (&view.zone, sent.total.currency());
    let mut wrong = Invalid::default();
    let (date, money, number) = (
        ("must be a date", "须为日期"),
        ("must be an amount such as 5000", "须为金额，例如 5000"),
        ("must be a whole number", "须为整数"),
    );
    let from = wrong.keep(parsed::day(typed.text("from"), zone).ok_or(date), "from");
    let valid_until = typed.valid_until(&mut wrong, zone);
    let mut lines = Vec::new();
    for (at, (line, runs)) in running(read).into_iter().enumerate() {
        let name = |part: &str| format!("lines.{}.{part}", at + 1);
        let mut quantities = BTreeMap::new();
        for code in line.agreed.content.choice.quantities.keys() {
            let field = format!("{}.{code}", name("quantities"));
            let count = typed.text(&field).parse().map_err(|_| number);
            quantities.extend(wrong.keep(count, field).map(|count| (code.clone(), count)));
        }
        let ends_at = match typed.text(&name("ends_at")) {
            "" => None,
            same if same == last_day(view, runs) => None,
            text => wrong.keep(parsed::day_end(text, zone).ok_or(date), name("ends_at")),
        };
        let price = match typed.text(&name("price")) {
            "" => None,
            text => wrong.keep(parsed::amount(text, currency).ok_or(money), name("price")),
        };
        let quantities = if hosted(line) { BTreeMap::new() } else { quantities };
        lines.push(LineWish { line: runs.line.saturating_add(1), quantities, ends_at, price });
    }
    let instalments = typed.instalments(&mut wrong, currency, zone);
    wrong.done()?;
    let (Some(from), Some(valid_until)) = (from, valid_until) else { return Err(Invalid::default().into()) };
    Ok(AmendmentWish { from, valid_until, note: typed.text("note").to_owned(), lines, instalments })
}

/// What runs at a system that nobody can tell of other numbers or another end, or is a package of use.
fn hosted(line: &SentLine) -> bool {
    let content = &line.agreed.content;
    content.access_type != AccessType::License || content.package.is_some()
}

async fn page(
    private_offers: &PrivateOffers,
    view: &View,
    (seller, id): (&Seller, PrivateOfferId),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = private_offers.app.db.read();
    let read = private_offers.read_own(&mut tx, seller, id).await?;
    let sent = read.offer.sent.as_ref().ok_or(Error::from(PrivateOfferRefused::NotSent))?;
    let title = view.t("offer-amend");
    let here = format!("{HERE}/{id}");
    let lines = running(&read);
    let mut cards = Vec::with_capacity(lines.len());
    for (at, (line, runs)) in lines.into_iter().enumerate() {
        let sold = &line.agreed;
        let counts = private_offers.catalogue.amounts(&mut tx, sold.product, &sold.content.choice.quantities).await?;
        cards.push(line_card(view, (at + 1, line, runs), &counts, (typed, mistakes))?);
    }
    let body = html! {
        p { a href=(here) { "← " (sent.name) } }
        (ui::header(&title, Some(&view.t("offer-amend-lead")), &html! {}))
        (mistakes.summary(view))
        @if cards.is_empty() { (ui::notice(Tone::Warn, &html! { p { (view.t("offer-amend-nothing")) } })) } @else { (ui::form(view, &format!("{here}/amendment"), &html! {
            (when_card(view, typed, mistakes))
            div id="f-lines" { (mistakes.beside("lines")) }
            @for card in &cards { (card) }
            (rest_card(view, &read, (typed, mistakes)))
            div.row {
                button.button.primary.large type="submit" { (view.t("offer-amend-send")) }
                a.button.quiet href=(here) { (view.t("ui-cancel")) }
            }
        })) }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

fn when_card(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    ui::card(
        None,
        &html! {
            div.columns {
                (Field::input("date", "from", &view.t("offer-amendment-from")).value(typed.text("from")).hint(view.t("offer-amend-from-hint")).required().render(view, mistakes))
                (Field::input("date", "valid_until", &view.t("offer-amendment-until")).value(typed.text("valid_until")).hint(view.t("offer-amend-until-hint")).required().render(view, mistakes))
            }
            (Field::area("note", &view.t("offer-amend-note"), 3).value(typed.text("note")).hint(view.t("offer-amend-note-hint")).with("maxlength", "2000").render(view, mistakes))
        },
    )
}

/// What was typed, or how it stands now.
fn value(typed: &Typed, name: &str, present: String) -> String {
    if typed.holds(name) { typed.text(name).to_owned() } else { present }
}

fn line_card(
    view: &View,
    (at, line, runs): (usize, &SentLine, &Running),
    counts: &[Localized],
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Markup, Error> {
    let content = &line.agreed.content;
    let name = |part: &str| format!("lines.{at}.{part}");
    let rate = line.rate(runs, &view.zone)?;
    let price_label = match rate.days {
        0 => view.t("offer-amendment-price"),
        days => view.ta("offer-amendment-price-days", &[("days", days.into())]),
    };
    let own = ui::plain_amount(rate.price);
    Ok(ui::card(
        Some(view.of(&content.title)),
        &html! {
            (mistakes.beside(&name("line")))
            @if hosted(line) { p.small.muted { (view.t("offer-amend-hosted")) } } @else {
                div id={ "f-" (name("quantities")) } { (mistakes.beside(&name("quantities"))) }
                div.columns {
                    @for ((code, count), told) in content.choice.quantities.iter().zip(counts) {
                        @let field = format!("{}.{code}", name("quantities"));
                        @let present = view.ta("offer-amend-present", &[("amount", view.of(told).into())]);
                        (Field::input("number", &field, &view.t("offer-amendment-numbers")).value(&value(typed, &field, count.to_string())).hint(present).required().with("min", "1").render(view, mistakes))
                    }
                    @if runs.ends_at.is_some() {
                        @let field = name("ends_at");
                        (Field::input("date", &field, &view.t("offer-amend-end")).value(&value(typed, &field, last_day(view, runs))).render(view, mistakes))
                    }
                }
            }
            @let field = name("price");
            (Field::text(&field, &price_label).value(typed.text(&field)).with("placeholder", &own).hint(view.t("offer-amend-price-hint")).with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
        },
    ))
}

/// What is still to come, as it is now, and rows for another schedule.
fn rest_card(view: &View, read: &Read, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    const ROWS: usize = 6;
    let planned: Vec<_> = read.dues.iter().filter(|due| due.state == DueState::Planned).collect();
    ui::card(
        Some(&view.t("offer-amendment-rest")),
        &html! {
            @if planned.is_empty() { p.muted { (view.t("offer-amendment-rest-none")) } } @else {
                dl.receipt { @for due in &planned { div { dt { (view.date(due.due_at)) } dd { (view.money(due.amount)) } } } }
            }
            fieldset.picks.bad[mistakes.at("instalments").is_some()] id="f-instalments" {
                legend { (view.t("offer-amend-schedule")) }
                p.hint { (view.t("offer-amend-schedule-hint")) }
                (mistakes.beside("instalments"))
                div.stack { @for number in 1..=planned.len().saturating_add(2).clamp(3, ROWS.max(planned.len() + 2)) { (instalment_row(view, (number, false), typed, mistakes)) } }
            }
        },
    )
}

/// The way to amend an offer that runs.
pub(super) fn way(view: &View, here: &str) -> Markup {
    html! { p { a.button href={ (here) "/amendment" } { (view.t("offer-amend")) } } }
}

/// The seller can take back what lies before the buyer.
pub(super) fn withdraw_form(view: &View, here: &str) -> Markup {
    ui::form(
        view,
        &format!("{here}/amendment/withdraw"),
        &html! { div.row { button.button type="submit" { (view.t("offer-amendment-withdraw")) } } },
    )
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .page("/seller/private-offers/{private_offer}/amendment", fresh, Access::Seller)
        .form("/seller/private-offers/{private_offer}/amendment", propose, Access::Seller)
        .form("/seller/private-offers/{private_offer}/amendment/withdraw", withdraw, Access::Seller)
        .form("/console/private-offers/{private_offer}/amendment/accept", accept, Access::Buyer)
        .form("/console/private-offers/{private_offer}/amendment/decline", decline, Access::Buyer)
        .done()
}
