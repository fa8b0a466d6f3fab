//! The codes that a seller has sold: who uses them, and since when they were silent.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{Redirect, Response},
};
use kernel::{
    Error, PageQuery,
    id::{InstanceId, LicenceId, OrderLineId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Bar, Choice, Field, Mistakes, Page, Place, Sheet, Table, Tone, View};

use crate::{
    Licensing,
    actions::{buyer::LicenceView, sold::SoldView},
    rules::LicenceState,
    store::licences::LicenceEvent,
};

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .page("/seller/licences", list, Access::Seller)
        .page("/seller/licences.csv", csv, Access::Seller)
        .page("/seller/licences/{instance}", show, Access::Seller)
        .page("/seller/licences/lines/{line}", of_line, Access::Seller)
        .done()
}

pub(super) fn tabs(view: &View, at: &str) -> Markup {
    let tab = |word: &str, href: &str| (view.word("sold-tab", word), href.to_owned(), at == word);
    ui::tabs(&view.t("sold-title"), &[tab("sold", "/seller/licences"), tab("test", "/seller/licences/test-codes")])
}

/// A licence's state in a word and its colour.
pub(super) fn licence_badge(view: &View, state: LicenceState) -> Markup {
    let tone = match state {
        LicenceState::Created => Tone::Info,
        LicenceState::Active => Tone::Good,
        LicenceState::Expired => Tone::Warn,
        LicenceState::Released => Tone::Plain,
    };
    ui::badge(tone, &view.word("sold-state", state.as_str()))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    /// A whole code, as a customer reads it out.
    #[serde(default)]
    code: String,
    cursor: Option<String>,
}

impl Asked {
    fn state(&self) -> Option<LicenceState> {
        self.state.parse().ok()
    }

    fn code(&self) -> Option<&str> {
        Some(self.code.trim()).filter(|code| !code.is_empty())
    }

    fn narrows(&self) -> bool {
        self.state().is_some() || self.code().is_some()
    }
}

async fn list(
    State(licensing): State<Licensing>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let found = licensing.sold(&mut licensing.app.db.read(), &seller, (asked.state(), asked.code()), page).await?;
    let view = &visit.view;
    let title = view.t("sold-title");
    let none = if asked.narrows() {
        ui::empty(&view.t("sold-none-such"), &view.t("sold-none-such-text"), &html! {})
    } else {
        ui::empty(
            &view.t("sold-none"),
            &view.t("sold-none-text"),
            &html! {
                (ui::button_link("/seller/licences/test-codes", &view.t("sold-none-go"), true))
            },
        )
    };
    let table = Table::new(view, &title, &found.items)
        .filters(filters(view, &asked))
        .column(view.t("sold-code"), |one: &SoldView| html! { a href={ "/seller/licences/" (one.instance) } { code { (one.hint) } } })
        .column(view.t("sold-product"), |one| html! { (view.of(&one.title)) })
        .column(view.t("sold-buyer"), |one| html! { (one.buyer) })
        .column(view.t("sold-state"), |one| licence_badge(view, one.state))
        .column(view.t("sold-activated"), |one| html! { @match one.activated_at { Some(at) => (view.date(at)), None => span.muted { (view.t("sold-not-yet")) } } })
        .column(view.t("sold-last-seen"), |one| html! { @match one.last_seen_at { Some(at) => (view.time(at)), None => span.muted { (view.t("sold-never")) } } })
        .column(view.t("sold-expires"), |one| html! { @match one.expires_at { Some(at) => (view.date(at)), None => span.muted { (view.t("sold-unlimited")) } } })
        .empty(none)
        .next(found.next_cursor.as_deref())
        .csv(view.path.replacen("/seller/licences", "/seller/licences.csv", 1));
    Ok(ui::page(
        view,
        Place::Seller("licences"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("sold-lead")), &html! {}))
            (tabs(view, "sold"))
            (table.render())
        },
    ))
}

fn filters(view: &View, asked: &Asked) -> Markup {
    let mut states = vec![Choice::new("", view.t("sold-any-state"))];
    let word = |state: &LicenceState| view.word("sold-state", state.as_str());
    states.extend(LicenceState::ALL.iter().map(|state| Choice::new(state.as_str(), word(state))));
    let (state, code) = (view.t("sold-state"), view.t("sold-whole-code"));
    let none = Mistakes::none();
    html! {
        (Field::select("state", &state, &states).value(&asked.state).required().render(view, &none))
        (Field::input("search", "code", &code).value(&asked.code).with("autocomplete", "off").render(view, &none))
    }
}

async fn csv(
    State(licensing): State<Licensing>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut licensing.app.db.read());
    let titles =
        ["sold-code", "sold-product", "sold-buyer", "sold-state", "sold-activated", "sold-last-seen", "sold-expires"];
    let moment = |at: Option<kernel::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let mut sheet = Sheet::new(view, &titles);
    while let Some(page) = sheet.wants() {
        let found = licensing.sold(tx, &seller, (asked.state(), asked.code()), page).await?;
        let cells = |one: SoldView| {
            vec![
                one.hint,
                view.of(&one.title).to_owned(),
                one.buyer,
                view.word("sold-state", one.state.as_str()),
                moment(one.activated_at),
                moment(one.last_seen_at),
                moment(one.expires_at),
            ]
        };
        sheet.add(found.next_cursor, found.items.into_iter().map(cells));
    }
    Ok(sheet.download("licences"))
}

async fn show(
    State(licensing): State<Licensing>,
    visit: Visit,
    seller: Seller,
    PathParam(instance): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    let mut tx = licensing.app.db.read();
    let owned = licensing.instances.find_for_seller(&mut tx, seller.account(), instance).await?;
    let licence = licensing.of_seller(&mut tx, &seller, instance).await?;
    let first = PageQuery { cursor: None, limit: Some(100) }.checked().map_err(Error::from)?;
    let events = licensing.history_for_seller(&mut tx, &licence, first).await?.items;
    let month = licensing.month(&mut tx, &licence, None).await?;
    let buyer = licensing.accounts.find(&mut tx, licence.account).await?.name;
    let LicenceView { licence, hint, seen } = licensing.view(&mut tx, licence).await?;
    let view = &visit.view;
    let moment = |at: Option<kernel::Timestamp>, otherwise: &str| {
        at.map_or_else(|| html! { span.muted { (otherwise) } }, |at| view.time(at))
    };
    let activation = licence.state.activation();
    let facts = [
        (view.t("sold-product"), html! { (view.of(&owned.title)) }),
        (view.t("sold-buyer"), html! { (buyer) }),
        (view.t("sold-sku"), html! { code { (licence.sku_code) } }),
        (view.t("sold-issued"), view.time(licence.issued_at)),
        (view.t("sold-activated"), moment(activation.map(|done| done.at), &view.t("sold-not-yet"))),
        (view.t("sold-effective"), moment(activation.map(|done| done.effective_at), &view.t("sold-not-yet"))),
        (view.t("sold-expires"), moment(licence.expires_at, &view.t("sold-unlimited"))),
        (view.t("sold-first-seen"), moment(seen.first_seen_at, &view.t("sold-never"))),
        (view.t("sold-last-seen"), moment(seen.last_seen_at, &view.t("sold-never"))),
        (view.t("sold-heartbeats"), html! { (view.count(seen.heartbeats)) }),
    ];
    let days: Vec<Bar> = month
        .days
        .iter()
        .map(|day| Bar {
            label: day.day.rsplit('-').next().unwrap_or_default().to_owned(),
            value: day.heartbeats,
            shown: view.count(day.heartbeats),
        })
        .collect();
    Ok(ui::page(
        view,
        Place::Seller("licences"),
        &hint,
        &html! {
            (ui::header(&hint, Some(&view.t("sold-one-lead")), &licence_badge(view, licence.state_name(licensing.app.clock.now()))))
            div.columns {
                (ui::card(Some(&view.t("sold-facts")), &ui::facts(&facts)))
                (ui::card(Some(&view.t("sold-history")), &history(view, &events)))
            }
            (ui::card(None, &html! {
                @if days.is_empty() { h2 { (view.t("sold-days")) } p.muted { (view.t("sold-days-none")) } }
                @else { (ui::bars(view, &view.t("sold-days"), &days)) }
            }))
        },
    ))
}

/// The licence that a line of an order led to, as the order knows it.
async fn of_line(
    State(licensing): State<Licensing>,
    seller: Seller,
    PathParam(line): PathParam<OrderLineId>,
) -> Result<Redirect, Problem> {
    seller.may(Permission::View).map_err(Error::from)?;
    let mut tx = licensing.app.db.read();
    let instance = licensing.instances.find_sold_by_line(&mut tx, seller.account(), line).await?;
    Ok(Redirect::to(&format!("/seller/licences/{}", instance.id)))
}

/// What happened, the first thing first.
fn history(view: &View, events: &[LicenceEvent]) -> Markup {
    let rows: Vec<_> = events
        .iter()
        .rev()
        .map(|event| {
            let from = event.came_from.as_deref().filter(|from| *from != "unknown").unwrap_or_default();
            let detail = html! { @if !from.is_empty() { span.muted.small { (view.ta("sold-from", &[("address", from.into())])) } } };
            (event.happened_at, view.word("sold-event", event.kind.as_str()), detail)
        })
        .collect();
    ui::moments(view, &rows)
}

/// The addresses under which a test code can be deleted.
pub(super) fn test_code_path(id: LicenceId) -> String {
    format!("/seller/licences/test-codes/{id}/delete")
}
