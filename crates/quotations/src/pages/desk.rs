//! The desk of a seller: an offer is begun, written card by card, sent, talked about, and followed once it is accepted.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;
use kernel::{
    Currency, Error, Invalid, Result as Done, Timestamp,
    id::{AccountId, PrivateOfferId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Routes},
};
use ui::{Field, Mistakes, Page, Place, Tone, View};

use super::{
    amending, amendment,
    parts::{badge, dues, earlier, line_card, schedule, thread_card, total},
    typed::Typed,
};
use crate::{
    PrivateOffers,
    actions::{Priced, Read},
    rules::{Draft, Due, DueState, INSTALMENTS_MAX, Offer, State as OfferState},
};

pub(super) const PLACE: Place = Place::Seller("private-offers");
pub(super) const HERE: &str = "/seller/private-offers";

/// All that the desk shows.
struct Desk {
    read: Read,
    /// What the lines of the draft come to; `None`: there are none, or one is not sold like this any more.
    priced: Option<Priced>,
    /// What the lines of a draft are called that is not priced.
    names: Vec<String>,
    /// Whether there is something on sale that could become a line.
    sells: bool,
    /// Which files are taken, and how large.
    files: (Vec<String>, u32),
    may: bool,
    /// The days of an offer are the site's.
    zone: TimeZone,
    now: Timestamp,
}

impl PrivateOffers {
    async fn desk(&self, tx: &mut Tx, view: &View, seller: &Seller, id: PrivateOfferId) -> Done<Desk> {
        let read = self.read_own(tx, seller, id).await?;
        let written = read.offer.state.check_written().is_ok();
        let mut priced = None;
        if written && !read.offer.draft.lines.is_empty() {
            match self.priced(tx, &read.offer, &read.offer.draft).await {
                Ok(found) => priced = Some(found),
                // Something has changed since: the page shows the lines without their prices.
                Err(Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let names =
            if written && priced.is_none() { self.line_names(tx, view, &read.offer).await? } else { Vec::new() };
        let sells = written && !self.catalogue.sold_by(tx, seller.account(), 1).await?.is_empty();
        let policy = self.policies.current().await?;
        let endings = policy.catalogue.agreement_endings.iter().map(|ending| format!(".{ending}")).collect();
        let files = (endings, policy.catalogue.agreement_bytes_max);
        let (may, zone) = (seller.may(Permission::RunShop).is_ok(), policy.zone());
        let now = self.app.clock.now();
        Ok(Desk { read, priced, names, sells, files, may, zone, now })
    }

    /// What the lines of a draft are called, as far as they are still known.
    async fn line_names(&self, tx: &mut Tx, view: &View, offer: &Offer) -> Done<Vec<String>> {
        let mut names = Vec::with_capacity(offer.draft.lines.len());
        for line in &offer.draft.lines {
            let sent = offer.sent.iter().flat_map(|sent| &sent.lines).find(|sent| sent.agreed.sku == line.sku);
            names.push(match (self.sold(tx, offer, line.sku).await, sent) {
                (Ok(sold), _) => view.of(&sold.title()).to_owned(),
                (Err(Error::Refused(_)), Some(sent)) => view.of(&sent.agreed.content.title).to_owned(),
                (Err(Error::Refused(_)), None) => line.sku.to_string(),
                (Err(other), _) => return Err(other),
            });
        }
        Ok(names)
    }

    /// The zone in which the days of offers begin and end.
    pub(super) async fn zone(&self) -> Done<TimeZone> {
        Ok(self.policies.current().await?.zone())
    }
}

async fn fresh(visit: Visit, seller: Seller) -> Result<Page, Problem> {
    seller.may(Permission::RunShop).map_err(Error::from)?;
    Ok(new_page(&visit.view, &Typed::default(), &Mistakes::none()))
}

async fn begin(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let done = once.run(&private_offers.app, async |tx| {
        seller.may(Permission::RunShop)?;
        let mut wrong = Invalid::default();
        let unknown = ("must be an account's ID like acc_…", "须为 acc_ 开头的账号 ID");
        let buyer: Option<AccountId> = wrong.keep(typed.text("buyer").parse().map_err(|_| unknown), "buyer");
        let valid_until = typed.valid_until(&mut wrong, &private_offers.zone().await?);
        wrong.done()?;
        let (Some(buyer), Some(valid_until)) = (buyer, valid_until) else { return Err(Invalid::default().into()) };
        let name = typed.text("buyer_name");
        let draft = Draft {
            name: typed.text("name").to_owned(),
            lines: Vec::new(),
            terms: String::new(),
            documents: Vec::new(),
            instalments: Vec::new(),
            valid_until,
        };
        let id = private_offers.begin(tx, &seller, (buyer, name), draft).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=offer-begun")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => Ok(new_page(&visit.view, &typed, &visit.view.retry(problem)?).refused().into_response()),
    }
}

fn new_page(view: &View, typed: &Typed, mistakes: &Mistakes) -> Page {
    let title = view.t("offers-new");
    let form = html! {
        (ui::card(None, &html! {
            (name_field(view, typed, mistakes))
            div.columns {
                (Field::text("buyer", &view.t("offer-buyer-id")).value(typed.text("buyer")).hint(view.t("offer-buyer-hint")).required().with("placeholder", "acc_…").with("spellcheck", "false").render(view, mistakes))
                (Field::text("buyer_name", &view.t("offer-buyer-name")).value(typed.text("buyer_name")).hint(view.t("offer-buyer-name-hint")).required().render(view, mistakes))
            }
            (until_field(view, typed, mistakes))
        }))
        div.row {
            button.button.primary.large type="submit" { (view.t("offers-new-do")) }
            a.button.quiet href=(HERE) { (view.t("ui-cancel")) }
        }
    };
    let body = html! {
        p { a href=(HERE) { "← " (view.t("offers-title")) } }
        (ui::header(&title, Some(&view.t("offers-new-lead")), &html! {}))
        (mistakes.summary(view))
        (ui::form(view, &format!("{HERE}/new"), &form))
    };
    ui::page(view, PLACE, &title, &body)
}

fn name_field(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    Field::text("name", &view.t("offer-name"))
        .value(typed.text("name"))
        .hint(view.t("offer-name-hint"))
        .required()
        .with("maxlength", "60")
        .render(view, mistakes)
}

fn until_field(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    Field::input("date", "valid_until", &view.t("offer-until"))
        .value(typed.text("valid_until"))
        .hint(view.t("offer-until-hint"))
        .required()
        .render(view, mistakes)
}

async fn show(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
) -> Result<Page, Problem> {
    let desk = private_offers.desk(&mut private_offers.app.db.read(), &visit.view, &seller, id).await?;
    let typed = Typed::of(&desk.read.offer.draft, &desk.zone);
    Ok(page(&visit.view, &desk, (&typed, &Mistakes::none())))
}

/// Does something to an offer and goes on, or shows the desk again with what was refused.
pub(super) async fn act(
    private_offers: &PrivateOffers,
    (view, seller, id): (&View, &Seller, PrivateOfferId),
    once: Once,
    (done, typed): (&str, &Typed),
    act: impl AsyncFnOnce(&mut Tx) -> Done<()>,
) -> Result<Response, Problem> {
    let outcome = once.run(&private_offers.app, async |tx| {
        act(tx).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done={done}")))
    });
    answered(private_offers, (view, seller, id), (outcome.await, typed)).await
}

pub(super) async fn answered(
    private_offers: &PrivateOffers,
    (view, seller, id): (&View, &Seller, PrivateOfferId),
    (done, typed): (Result<Answer, Problem>, &Typed),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let desk = private_offers.desk(&mut private_offers.app.db.read(), view, seller, id).await?;
            let typed = Typed::of(&desk.read.offer.draft, &desk.zone).with(typed);
            Ok(page(view, &desk, (&typed, &mistakes)).refused().into_response())
        }
    }
}

async fn write(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::from(pairs);
    let write = async |tx: &mut Tx| {
        let (currency, zone) = (private_offers.currency(tx, &seller, id).await?, private_offers.zone().await?);
        let change = |draft: &mut Draft| {
            let mut wrong = Invalid::default();
            let valid_until = typed.valid_until(&mut wrong, &zone);
            let instalments = typed.instalments(&mut wrong, currency, &zone);
            wrong.done()?;
            draft.valid_until = valid_until.unwrap_or(draft.valid_until);
            (draft.name, draft.terms) = (typed.text("name").to_owned(), typed.text("terms").to_owned());
            draft.instalments = instalments;
            Ok(())
        };
        private_offers.write(tx, (&seller, id), change).await
    };
    act(&private_offers, (&visit.view, &seller, id), once, ("saved", &typed), write).await
}

impl PrivateOffers {
    /// What an offer is priced in: what its lines are, or else its last version, or else the site.
    async fn currency(&self, tx: &mut Tx, seller: &Seller, id: PrivateOfferId) -> Done<Currency> {
        let offer = self.own(tx, seller, id).await?;
        for line in &offer.draft.lines {
            match self.sold(tx, &offer, line.sku).await {
                Ok(sold) => return Ok(sold.plan.currency),
                // What is not sold like this any more is to be taken out; the rest of the draft can be written all the same.
                Err(Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        match &offer.sent {
            Some(sent) => Ok(sent.total.currency()),
            None => Ok(self.policies.current().await?.site.currencies.first().copied().unwrap_or(Currency::CNY)),
        }
    }
}

async fn send(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Response, Problem> {
    let (of, done) = ((&visit.view, &seller, id), ("offer-sent", &Typed::default()));
    act(&private_offers, of, once, done, async |tx| private_offers.send(tx, &seller, id).await).await
}

async fn withdraw(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Response, Problem> {
    let (of, done) = ((&visit.view, &seller, id), ("offer-withdrawn", &Typed::default()));
    act(&private_offers, of, once, done, async |tx| private_offers.withdraw(tx, &seller, id).await).await
}

async fn say(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (of, typed) = ((&visit.view, &seller, id), Typed::from(pairs));
    let say = async |tx: &mut Tx| private_offers.reply(tx, &seller, (id, typed.text("text"))).await.map(drop);
    act(&private_offers, of, once, ("offer-said", &typed), say).await
}

async fn ask_again(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (of, typed) = ((&visit.view, &seller, id), Typed::from(pairs));
    let again = async |tx: &mut Tx| {
        let which = ("must be the number of an instalment", "须为分期的期数");
        let number = typed.text("number").parse().map_err(|_| Invalid::one("number", which))?;
        private_offers.ask_again(tx, &seller, (id, number)).await
    };
    act(&private_offers, of, once, ("offer-asked-again", &typed), again).await
}

fn page(view: &View, desk: &Desk, (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let offer = &desk.read.offer;
    let here = format!("{HERE}/{}", offer.id);
    let title = offer.for_seller().0;
    let writes = desk.may && offer.state.check_written().is_ok();
    let buyer = desk.read.thread.names.get(&offer.buyer).cloned().unwrap_or_default();
    let said = (desk.may && offer.sent.is_some()).then(|| format!("{here}/messages"));
    let add = desk.sells.then(|| format!("{here}/lines/new"));
    let body = html! {
        p { a href=(HERE) { "← " (view.t("offers-title")) } }
        (ui::header(title, Some(&view.ta("offer-for", &[("buyer", buyer.into())])), &badge(view, offer.state.name())))
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                @if writes { (super::line::draft_lines(view, (&here, desk.priced.as_ref()), (&offer.draft.lines, &desk.names), add.as_deref())) (text_card(view, &here, (desk, typed), mistakes)) (super::papers::documents_card(view, &here, (&desk.read.documents, &desk.files), mistakes)) }
                @else { (fixed(view, desk)) }
                (amendments(view, &here, desk))
                (dues(view, &desk.read.dues, (&sold_at, &|due| again(view, &here, (desk.may, due)))))
                (thread_card(view, (&desk.read.thread, offer.seller), said.as_deref(), (typed.text("text"), mistakes)))
            }
            aside.stack { (standing(view, &here, desk)) }
        }
    };
    ui::page(view, PLACE, title, &body)
}

/// An offer that is not written any more, as the buyer reads it.
fn fixed(view: &View, desk: &Desk) -> Markup {
    let sent = desk.read.offer.sent.as_ref();
    let path = |document: &documents::Document| format!("/documents/{}", document.id);
    html! {
        @if let Some(sent) = sent {
            @for line in &sent.lines { (line_card(view, (line, Some(&format!("/seller/products/{}", line.agreed.product))), &html! {})) }
            (super::parts::terms_card(view, &desk.read, (&sent.terms, &path)))
            @if desk.read.dues.is_empty() { (schedule(view, sent)) }
        }
    }
}

/// What was amended, and the way to amend something while nothing lies before the buyer.
fn amendments(view: &View, here: &str, desk: &Desk) -> Markup {
    let open = amendment::open(&desk.read, desk.now).is_some();
    let action = html! { @if desk.may { (amending::withdraw_form(view, here)) } };
    let runs = desk.read.running.iter().any(|runs| !runs.over);
    html! {
        (amendment::cards(view, (&desk.read, desk.now), &action))
        @if desk.may && runs && !open { (amending::way(view, here)) }
    }
}

/// An order is the seller's to see once it is paid.
fn sold_at(due: &Due) -> Option<String> {
    due.order.filter(|_| due.state == DueState::Paid).map(|order| format!("/seller/orders/{order}"))
}

fn again(view: &View, here: &str, (may, due): (bool, &Due)) -> Markup {
    html! {
        @if may && due.state == DueState::Missed {
            (ui::form(view, &format!("{here}/ask-again"), &html! {
                button.button name="number" value=(due.number) type="submit" { (view.t("offer-ask-again")) }
            }))
        }
    }
}

/// How the offer stands, and what can be done.
fn standing(view: &View, here: &str, desk: &Desk) -> Markup {
    let offer = &desk.read.offer;
    let mut rows = Vec::new();
    if let Some(priced) = &desk.priced {
        rows.push((view.t("offer-total-draft"), total(view, (priced.total, priced.list))));
    }
    if let Some(sent) = &offer.sent {
        rows.push((view.t("offer-total-sent"), total(view, (sent.total, sent.list))));
        rows.push((
            view.t("offer-sent-at"),
            html! { (view.time(sent.sent_at)) " · " (view.ta("offer-version", &[("number", sent.version.into())])) },
        ));
        rows.push((view.t("offer-until"), view.time(sent.valid_until)));
    }
    if let Some(ended) = offer.state.ended() {
        rows.push((view.word("offer-state", offer.state.name().as_str()), view.time(ended.at)));
    }
    let send = if offer.sent.is_some() { view.t("offer-send-again") } else { view.t("offer-send") };
    let writes = desk.may && offer.state.check_written().is_ok();
    html! {
        section.card {
            (ui::facts(&rows))
            @if writes && desk.priced.is_none() && !offer.draft.lines.is_empty() { (ui::notice(Tone::Warn, &html! { p { (view.t("offer-stale")) } })) }
            @if writes && offer.state == OfferState::Sent && differs(desk) { (ui::notice(Tone::Info, &html! { p { (view.t("offer-differs")) } })) }
            @if writes {
                (ui::form(view, &format!("{here}/send"), &html! { button.button.primary.wide type="submit" { (send) } }))
                p.small.muted { (view.t("offer-send-hint")) }
                (withdraw_dialog(view, here))
            }
            (earlier(view, &desk.read.earlier))
        }
    }
}

/// Whether the seller has changed something that the buyer does not see yet.
fn differs(desk: &Desk) -> bool {
    desk.read.offer.sent.as_ref().is_some_and(|sent| desk.read.offer.changed_at > sent.sent_at)
}

fn withdraw_dialog(view: &View, here: &str) -> Markup {
    let body = html! {
        p { (view.t("offer-withdraw-text")) }
        (ui::form(view, &format!("{here}/withdraw"), &html! { button.button.danger type="submit" { (view.t("offer-withdraw-yes")) } }))
    };
    ui::confirm(view, &view.t("offer-withdraw"), &view.t("offer-withdraw-title"), true, &body)
}

/// Name, last day, own terms and the schedule, saved together.
fn text_card(view: &View, here: &str, (desk, typed): (&Desk, &Typed), mistakes: &Mistakes) -> Markup {
    let rows = (desk.read.offer.draft.instalments.len() + 2).clamp(4, INSTALMENTS_MAX);
    let form = html! {
        (name_field(view, typed, mistakes))
        (until_field(view, typed, mistakes))
        (Field::area("terms", &view.t("offer-terms"), 5).value(typed.text("terms")).hint(view.t("offer-terms-hint")).with("maxlength", "10000").render(view, mistakes))
        fieldset.picks.bad[mistakes.at("instalments").is_some()] id="f-instalments" {
            legend { (view.t("offer-schedule")) }
            p.hint { (view.t("offer-schedule-hint")) }
            (mistakes.beside("instalments"))
            div.stack { @for number in 1..=rows { (instalment_row(view, (number, true), typed, mistakes)) } }
        }
        div.row { button.button type="submit" { (view.t("offer-save")) } }
    };
    ui::card(Some(&view.t("offer-conditions")), &ui::form(view, here, &form))
}

pub(super) fn instalment_row(
    view: &View,
    (number, first_at_acceptance): (usize, bool),
    typed: &Typed,
    mistakes: &Mistakes,
) -> Markup {
    let (amount, due) = (format!("instalments.{number}.amount"), format!("instalments.{number}.due_at"));
    let part = i64::try_from(number).unwrap_or(i64::MAX);
    let amount_label = view.ta("offer-instalment-amount", &[("number", part.into())]);
    let due_label = view.ta("offer-instalment-due", &[("number", part.into())]);
    html! {
        div.columns {
            @if number == 1 && first_at_acceptance {
                div { p.hint { (view.t("offer-at-acceptance")) } (mistakes.beside(&due)) }
            } @else {
                (Field::input("date", &due, &due_label).value(typed.text(&due)).render(view, mistakes))
            }
            (Field::text(&amount, &amount_label).value(typed.text(&amount)).with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
        }
    }
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .page("/seller/private-offers/new", fresh, Access::Seller)
        .form("/seller/private-offers/new", begin, Access::Seller)
        .page("/seller/private-offers/{private_offer}", show, Access::Seller)
        .form("/seller/private-offers/{private_offer}", write, Access::Seller)
        .form("/seller/private-offers/{private_offer}/send", send, Access::Seller)
        .form("/seller/private-offers/{private_offer}/withdraw", withdraw, Access::Seller)
        .form("/seller/private-offers/{private_offer}/messages", say, Access::Seller)
        .form("/seller/private-offers/{private_offer}/ask-again", ask_again, Access::Seller)
        .done()
}
