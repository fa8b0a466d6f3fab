//! The buyer's screen: what is offered, for how much, under which terms, when it is paid; and the answer, in one place.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, Result as Done,
    id::{DocumentId, PrivateOfferId},
};
use maud::{Markup, html};
use orders::{After, Asked, Cover, questions, replies};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Routes},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use ui::{Field, Mistakes, Page, Place, Tone, View, escaped};

use super::{
    amendment,
    parts::{badge, dues, earlier, line_card, schedule, terms_card, thread_card},
};
use crate::{
    PrivateOffers,
    actions::Read,
    rules::{Due, PrivateOfferRefused, Sent, State as OfferState},
};

const PLACE: Place = Place::Console("private-offers");
pub(super) const HERE: &str = "/console/private-offers";

/// What was typed on the screen.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    version: String,
    #[serde(default)]
    agree: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    text: String,
    /// What is said to what the seller asks.
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

async fn show(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
) -> Result<Page, Problem> {
    page(&private_offers, &visit.view, (&buyer, id), (&Typed::default(), &Mistakes::none())).await
}

/// Does something to the offer and goes on, or shows the screen again with what was refused.
pub(super) async fn act(
    private_offers: &PrivateOffers,
    (view, buyer, id): (&View, &Buyer, PrivateOfferId),
    once: Once,
    (done, typed): (&str, &Typed),
    act: impl AsyncFnOnce(&mut Tx) -> Done<()>,
) -> Result<Response, Problem> {
    let outcome = once.run(&private_offers.app, async |tx| {
        act(tx).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done={done}")))
    });
    match outcome.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(private_offers, view, (buyer, id), (typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn accept(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let of = (&visit.view, &buyer, id);
    let accept = async |tx: &mut Tx| {
        private_offers.got(tx, &buyer, id).await?;
        if typed.agree != "true" {
            return Err(PrivateOfferRefused::NotAgreed.into());
        }
        let read = ("must be the one that you have read", "须为您查看的版本");
        let version = typed.version.parse().map_err(|_| Invalid::one("version", read))?;
        private_offers.accept(tx, &buyer, (id, version), &replies(&typed.rest)).await
    };
    act(&private_offers, of, once, ("offer-accepted", &typed), accept).await
}

async fn decline(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let of = (&visit.view, &buyer, id);
    let decline = async |tx: &mut Tx| private_offers.decline(tx, &buyer, (id, &typed.reason)).await;
    act(&private_offers, of, once, ("offer-declined", &typed), decline).await
}

async fn say(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let of = (&visit.view, &buyer, id);
    let say = async |tx: &mut Tx| private_offers.ask(tx, &buyer, (id, &typed.text)).await.map(drop);
    act(&private_offers, of, once, ("offer-said", &typed), say).await
}

async fn document(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam((id, document)): PathParam<(PrivateOfferId, DocumentId)>,
) -> Result<Response, Problem> {
    let mut tx = private_offers.app.db.read();
    let (document, bytes) = private_offers.document(&mut tx, &buyer, (id, document)).await?;
    Ok(documents::download(&document, bytes))
}

async fn page(
    private_offers: &PrivateOffers,
    view: &View,
    (buyer, id): (&Buyer, PrivateOfferId),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = private_offers.app.db.read();
    let read = private_offers.read_got(&mut tx, buyer, id).await?;
    let sent = read.offer.sent.as_ref().ok_or(Error::from(PrivateOfferRefused::NotSent))?;
    let here = format!("{HERE}/{id}");
    let open = read.offer.state == OfferState::Sent && private_offers.app.clock.now() < sent.valid_until;
    let wanted: Vec<_> = sent.lines.iter().map(|line| (line.agreed.sku, line.agreed.revision)).collect();
    let answering = if open {
        let cover = private_offers.orders.cover(&mut tx, buyer, sent.first()).await?;
        Some((cover, private_offers.orders.asked(&mut tx, buyer.account(), &wanted).await?))
    } else {
        None
    };
    let now = private_offers.app.clock.now();
    let amending = amendment::open(&read, now).map(|open| open.amendment.clone());
    let answer = if let Some(open) = &amending {
        let cover = match open.now() {
            Some(amount) => Some(private_offers.orders.cover(&mut tx, buyer, amount).await?),
            None => None,
        };
        amendment::answer(view, (&here, open), (buyer, cover), mistakes)
    } else {
        html! {}
    };
    let seller = read.thread.names.get(&read.offer.seller).cloned().unwrap_or_default();
    let may_say = buyer.may(Permission::Buy).is_ok().then(|| format!("{here}/messages"));
    let path = |document: &documents::Document| format!("{here}/documents/{}", document.id);
    let body = html! {
        p { a href=(HERE) { "← " (view.t("offers-title")) } }
        (ui::header(&sent.name, Some(&view.ta("offer-from", &[("seller", seller.into())])), &badge(view, read.offer.state.name())))
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                (amendment::cards(view, (&read, now), &answer))
                @for line in &sent.lines {
                    @let page = read.opens.contains(&line.agreed.sku).then(|| format!("/products/{}", line.agreed.product));
                    (line_card(view, (line, page.as_deref()), &html! {}))
                }
                (terms_card(view, &read, (&sent.terms, &path)))
                @if read.dues.is_empty() { (schedule(view, sent)) }
                (dues(view, &read.dues, (&bought_at, &|_| html! {})))
                (thread_card(view, (&read.thread, read.offer.buyer), may_say.as_deref(), (&typed.text, mistakes)))
            }
            aside.stack { (aside(view, &here, (&read, sent, answering.as_ref()), (buyer, typed, mistakes))) }
        }
    };
    Ok(ui::page(view, PLACE, &sent.name, &body))
}

/// What it costs, until when, and the answer.
fn aside(
    view: &View,
    here: &str,
    (read, sent, answering): (&Read, &Sent, Option<&(Cover, Asked)>),
    (buyer, typed, mistakes): (&Buyer, &Typed, &Mistakes),
) -> Markup {
    html! {
        section.card.payment {
            h2 { (view.t("order-total")) }
            p.amount { (view.money(sent.total)) }
            @if sent.total.minor() < sent.list.minor() { p.small.muted { (view.ta("offer-instead", &[("amount", view.money_text(sent.list).into())])) } }
            dl.receipt {
                div { dt { (view.t("offer-until")) } dd { (view.time(sent.valid_until)) } }
                div { dt { (view.ta("offer-version", &[("number", sent.version.into())])) } dd { (view.time(sent.sent_at)) } }
                @if let Some(ended) = read.offer.state.ended() {
                    div { dt { (view.word("offer-state", read.offer.state.name().as_str())) } dd { (view.time(ended.at)) } }
                }
            }
            @if let Some((cover, asked)) = answering { (answer_form(view, here, (sent, *cover, asked), (buyer, typed, mistakes))) }
            (earlier(view, &read.earlier))
        }
    }
}

fn answer_form(
    view: &View,
    here: &str,
    (sent, cover, asked): (&Sent, Cover, &Asked),
    (buyer, typed, mistakes): (&Buyer, &Typed, &Mistakes),
) -> Markup {
    let first = sent.first();
    let after = match cover.after {
        After::Left(left) => (view.t("checkout-left"), view.money(left)),
        After::Missing(missing) => (view.t("checkout-missing"), html! { span.missing { (view.money(missing)) } }),
    };
    let may = buyer.may(Permission::Pay).is_ok() && buyer.may(Permission::Buy).is_ok();
    html! {
        dl.receipt {
            div { dt { (view.t("offer-pay-now")) } dd { (view.money(first)) } }
            div { dt { (view.t("checkout-wallet")) } dd { (view.money(cover.balance)) } }
            div { dt { (after.0) } dd { (after.1) } }
        }
        @if !may {
            (ui::notice(Tone::Warn, &html! { p { (view.t("offer-role")) } }))
        } @else if !buyer.is_verified() {
            (ui::notice(Tone::Warn, &html! { p { (view.t("checkout-unverified")) } }))
            a.button.primary href={ "/console/verification?next=" (escaped(here)) } { (view.t("checkout-verify")) }
        } @else if let After::Missing(missing) = cover.after {
            a.button.primary.large.wide href={
                "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency()) "&next=" (escaped(here))
            } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) }
        } @else {
            (ui::form(view, &format!("{here}/accept"), &html! {
                input type="hidden" name="version" value=(sent.version);
                (questions(view, asked, &replies(&typed.rest), mistakes))
                (Field::check("agree", &view.t("offer-agree")).value(&typed.agree).required().render(view, mistakes))
                button.button.primary.large.wide type="submit" { (view.t("offer-accept")) }
            }))
        }
        @if buyer.may(Permission::Buy).is_ok() { (decline_dialog(view, here, (typed, mistakes))) }
    }
}

fn bought_at(due: &Due) -> Option<String> {
    due.order.map(|order| format!("/console/orders/{order}"))
}

fn decline_dialog(view: &View, here: &str, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let body = html! {
        (ui::form(view, &format!("{here}/decline"), &html! {
            (Field::area("reason", &view.t("offer-decline-reason"), 3).value(&typed.reason).hint(view.t("offer-decline-hint")).with("maxlength", "2000").render(view, mistakes))
            button.button.danger type="submit" { (view.t("offer-decline-yes")) }
        }))
    };
    ui::confirm(view, &view.t("offer-decline"), &view.t("offer-decline-title"), true, &body)
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .page("/console/private-offers/{private_offer}", show, Access::Buyer)
        .form("/console/private-offers/{private_offer}/accept", accept, Access::Buyer)
        .form("/console/private-offers/{private_offer}/decline", decline, Access::Buyer)
        .form("/console/private-offers/{private_offer}/messages", say, Access::Buyer)
        .page("/console/private-offers/{private_offer}/documents/{document}", document, Access::Buyer)
        .done()
}
