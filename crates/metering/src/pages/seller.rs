//! What a seller's customers use, and records that were refused: looked at, mended and sent again.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, PageQuery, Result, id::UsageRefusalId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form as Fields, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{
    Metering, Sent, UsageForm,
    actions::{ingest::Told, reading::Live},
    rules::record::Mended,
    store::refusals::{Refusal, UsageRefusalState},
};

const PLACE: Place = Place::Seller("usage");

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .page("/seller/usage", list, Access::Seller)
        .page("/seller/usage.csv", file, Access::Seller)
        .page("/seller/usage/refused", refused, Access::Seller)
        .page("/seller/usage/refused/{usage_refusal}", show, Access::Seller)
        .form("/seller/usage/refused/{usage_refusal}", mend, Access::Seller)
        .form("/seller/usage/refused/{usage_refusal}/drop", drop_refused, Access::Seller)
        .done()
}

pub(super) fn tabs(view: &View, present: &str, open: i64) -> Markup {
    let refused = match open {
        0 => view.t("metering-refused"),
        _ => view.ta("metering-refused-open", &[("count", open.into())]),
    };
    ui::tabs(
        &view.t("metering-tabs"),
        &[
            (view.t("metering-customers"), "/seller/usage".to_owned(), present == "customers"),
            (view.t("package-sold"), "/seller/packages".to_owned(), present == "packages"),
            (view.t("correction-title"), "/seller/usage/corrections".to_owned(), present == "corrections"),
            (refused, "/seller/usage/refused".to_owned(), present == "refused"),
        ],
    )
}

async fn list(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let mut tx = metering.app.db.read();
    let page = page.checked().map_err(Error::from)?;
    let found = metering.sold(&mut tx, &seller, page).await?;
    let open = metering.refused_open(&mut tx, &seller).await?;
    let buyers =
        metering.accounts.names(&mut tx, found.items.iter().map(|live| live.contract.account).collect()).await?;
    let title = view.t("metering-sold");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("metering-of"), |live: &Live| {
            html! {
                (view.of(&live.contract.title)) br; code.small { (live.contract.name) } br;
                a.small href={ "/seller/usage/records/" (live.contract.instance) } { (view.t("correction-records")) }
            }
        })
        .column(view.t("metering-buyer"), |live| {
            html! {
                (buyers.get(&live.contract.account).map_or("", String::as_str))
            }
        })
        .column(view.t("metering-open-use"), |live| used(view, live))
        .number(view.t("metering-open"), |live| super::buyer::open(view, live))
        .number(view.t("metering-charged"), |live| view.money(live.charged))
        .column(view.t("metering-state"), |live| state(view, live))
        .empty(ui::empty(&view.t("metering-sold-none"), &view.t("metering-sold-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .csv("/seller/usage.csv")
        .render();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("metering-sold-lead")), &html! {}))
            (tabs(view, "customers", open))
            (table)
        },
    ))
}

fn used(view: &View, live: &Live) -> Markup {
    html! {
        @for gauge in &live.gauges {
            div { (view.of(&gauge.name)) ": " (gauge.open) " " (view.of(&gauge.unit)) }
        }
    }
}

fn state(view: &View, live: &Live) -> Markup {
    if live.contract.closed_at.is_some() {
        ui::badge(Tone::Plain, &view.t("metering-is-closed"))
    } else if live.contract.frozen_at.is_some() {
        ui::badge(Tone::Bad, &view.t("metering-is-frozen"))
    } else if live.contract.unpaid_since.is_some() {
        ui::badge(Tone::Warn, &view.t("metering-is-unpaid"))
    } else {
        ui::badge(Tone::Good, &view.t("metering-is-running"))
    }
}

/// Every charge, line by line.
async fn file(State(metering): State<Metering>, visit: Visit, seller: Seller) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut metering.app.db.read());
    let mut sheet = ui::Sheet::new(view, &super::lines::TITLES);
    while let Some(page) = sheet.wants() {
        let found = metering.sold_charges(tx, &seller, page).await?;
        let buyers = metering.accounts.names(tx, found.items.iter().map(|charge| charge.account).collect()).await?;
        let whose = |charge: &crate::Charge| buyers.get(&charge.account).map_or("", String::as_str);
        let rows = found.items.iter().flat_map(|charge| super::lines::of(view, charge, whose(charge)));
        sheet.add(found.next_cursor, rows);
    }
    Ok(sheet.download("usage"))
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn refused(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let state = if asked.state.is_empty() { Some(UsageRefusalState::Open) } else { asked.state.parse().ok() };
    let mut tx = metering.app.db.read();
    let found = metering.refused(&mut tx, &seller, state, page).await?;
    let open = metering.refused_open(&mut tx, &seller).await?;
    let title = view.t("metering-refused");
    let mut states = vec![Choice::new("all", view.t("metering-refused-any"))];
    let word = |state: &UsageRefusalState| view.word("metering-refused-state", state.as_str());
    states.extend(UsageRefusalState::ALL.iter().map(|state| Choice::new(state.as_str(), word(state))));
    let label = view.t("metering-state");
    let chosen = state.map_or("all", UsageRefusalState::as_str);
    let filter = Field::select("state", &label, &states).value(chosen).required().render(view, &Mistakes::none());
    let table = Table::new(view, &title, &found.items)
        .column(view.t("metering-code"), |one: &Refusal| {
            html! {
                a href={ "/seller/usage/refused/" (one.id) } { (one.code) } " " (view.of(&one.code.text()))
            }
        })
        .column(view.t("metering-instance"), |one| html! { code.small { (one.sent.instance) } })
        .column(view.t("metering-sn"), |one| html! { code.small { (one.sent.number) } })
        .number(view.t("metering-quantity"), |one| html! { (one.sent.quantity) })
        .number(view.t("metering-count"), |one| html! { (view.count(one.count)) })
        .column(view.t("metering-last"), |one| view.time(one.last_at))
        .column(view.t("metering-state"), |one| refusal_badge(view, one.state))
        .filters(filter)
        .empty(ui::empty(&view.t("metering-refused-none"), &view.t("metering-refused-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("metering-refused-lead")), &html! {}))
            (tabs(view, "refused", open))
            (table)
        },
    ))
}

fn refusal_badge(view: &View, state: UsageRefusalState) -> Markup {
    let tone = match state {
        UsageRefusalState::Open => Tone::Warn,
        UsageRefusalState::Mended => Tone::Good,
        UsageRefusalState::Dropped => Tone::Plain,
    };
    ui::badge(tone, &view.word("metering-refused-state", state.as_str()))
}

/// A record as it is written into the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    instance: String,
    number: String,
    meter: String,
    begin: String,
    end: String,
    quantity: String,
    product: String,
    package: String,
}

impl Typed {
    fn of(sent: &Sent) -> Self {
        let Sent { instance, number, meter, begin, end, quantity, product, package, .. } = sent.clone();
        Self { instance, number, meter, begin, end, quantity, product, package }
    }

    fn mended(&self) -> Mended {
        let Self { instance, number, meter, begin, end, quantity, product, package } = self.clone();
        Mended { instance, number, meter, begin, end, quantity, product, package }
    }
}

/// Name, label and value of each field that a record has; what was not sent and is rare is left out.
fn shown_fields(view: &View, sent: &Sent, typed: &Typed) -> Vec<(&'static str, String, String)> {
    let all = [
        ("instance", "metering-instance", &typed.instance, true),
        ("number", "metering-sn", &typed.number, sent.form != UsageForm::Unnumbered),
        ("meter", "metering-meter", &typed.meter, true),
        ("begin", "metering-from", &typed.begin, true),
        ("end", "metering-until", &typed.end, true),
        ("quantity", "metering-quantity", &typed.quantity, true),
        ("product", "metering-of", &typed.product, !sent.product.is_empty()),
        ("package", "metering-package", &typed.package, !sent.package.is_empty()),
    ];
    let shown = all.into_iter().filter(|(_, _, _, shown)| *shown);
    shown.map(|(name, key, value, _)| (name, view.t(key), value.clone())).collect()
}

async fn show(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<UsageRefusalId>,
) -> Result<Page, Problem> {
    let refusal = metering.refused_one(&mut metering.app.db.read(), &seller, id).await?;
    let typed = Typed::of(&refusal.sent);
    Ok(page(&visit.view, &refusal, (&typed, &Mistakes::none()), seller.may(Permission::Integrate).is_ok()))
}

fn page(view: &View, refusal: &Refusal, (typed, mistakes): (&Typed, &Mistakes), may: bool) -> Page {
    let title = view.ta("metering-refused-one", &[("code", refusal.code.as_str().into())]);
    let here = format!("/seller/usage/refused/{}", refusal.id);
    let fields = shown_fields(view, &refusal.sent, typed);
    let is_open = refusal.state == UsageRefusalState::Open;
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href="/seller/usage/refused" { "← " (view.t("metering-refused")) } }
            (ui::header(&title, Some(view.of(&refusal.code.text())), &html! { (refusal_badge(view, refusal.state)) }))
            (mistakes.summary(view))
            section.card {
                h2 { (view.t("metering-mend-title")) }
                @if is_open && may {
                    (ui::form(view, &here, &html! {
                        @for (name, label, value) in &fields {
                            (Field::text(name, label).value(value).with("autocomplete", "off").with("spellcheck", "false").render(view, mistakes))
                        }
                        p.small.muted { (view.t("metering-mend-hint")) }
                        div.row { button.button.primary type="submit" { (view.t("metering-mend")) } }
                    }))
                    (ui::form(view, &format!("{here}/drop"), &html! {
                        div.row { button.button.quiet type="submit" { (view.t("metering-drop")) } }
                    }))
                } @else {
                    (ui::facts(&fields.iter().map(|(_, label, value)| (label.clone(), html! { code { (value) } })).collect::<Vec<_>>()))
                }
            }
            section.card {
                (ui::facts(&[
                    (view.t("metering-count"), html! { (view.count(refusal.count)) }),
                    (view.t("metering-first"), view.time(refusal.first_at)),
                    (view.t("metering-last"), view.time(refusal.last_at)),
                ]))
            }
        },
    )
}

async fn mend(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<UsageRefusalId>,
    once: Once,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let refusal = metering.refused_one(&mut metering.app.db.read(), &seller, id).await?;
    let mended = typed.mended();
    let done = once.run(&metering.app, async |tx| match metering.mend(tx, &seller, id, &mended).await? {
        Told::Recorded => Ok(Answer::see_other("/seller/usage/refused?done=usage-mended")),
        Told::Refused(code) => Err(Invalid::one(field(code, &mended), code.text()).into()),
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let may = seller.may(Permission::Integrate).is_ok();
            Ok(page(&visit.view, &refusal, (&typed, &mistakes), may).refused().into_response())
        }
    }
}

/// The field that a refusal is about.
fn field(code: crate::UsageCode, mended: &Mended) -> &'static str {
    match code {
        crate::UsageCode::NotByUse if !mended.package.is_empty() => "package",
        crate::UsageCode::NoInstance
        | crate::UsageCode::NotYours
        | crate::UsageCode::NotByUse
        | crate::UsageCode::State => "instance",
        crate::UsageCode::Time | crate::UsageCode::TooOld | crate::UsageCode::Range => "begin",
        crate::UsageCode::Quantity | crate::UsageCode::Correction => "quantity",
        crate::UsageCode::NoNumber | crate::UsageCode::NumberTwice | crate::UsageCode::Known => "number",
    }
}

async fn drop_refused(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<UsageRefusalId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&metering.app, async |tx| {
        metering.drop_refused(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/usage/refused?done=usage-dropped"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let refusal = metering.refused_one(&mut metering.app.db.read(), &seller, id).await?;
            let typed = Typed::of(&refusal.sent);
            Ok(page(&visit.view, &refusal, (&typed, &mistakes), false).refused().into_response())
        }
    }
}
