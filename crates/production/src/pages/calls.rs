//! The log of calls (生产接口消息), and one of them with all that was said.

use accounts::{Operator, Seller, Visit};
use axum::extract::State;
use kernel::{
    Error, PageQuery, Result,
    id::{ErrandId, ProductionCallId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Page, Place, Table, Tone, View};

use super::{checks, tabs};
use crate::{CallForm, Production, Trouble, store::Call};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .page("/seller/production/calls", list, Access::Seller)
        .page("/seller/production/calls/{production_call}", show, Access::Seller)
        .page("/operator/production-calls", all, Access::Operator)
        .page("/operator/production-calls/{production_call}", any, Access::Operator)
        .done()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    errand: String,
    #[serde(default)]
    seller: String,
    cursor: Option<String>,
}

async fn list(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let errand: Option<ErrandId> = asked.errand.parse().ok();
    let found = production.calls(&mut production.app.db.read(), &seller, errand, page).await?;
    let view = &visit.view;
    let title = view.t("production-calls-title");
    let table = table(view, &found.items, SELLERS).next(found.next_cursor.as_deref());
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-calls-lead")), &html! {}))
            (tabs(view, "calls"))
            @if errand.is_some() { p { a href=(SELLERS) { (view.t("production-calls-all")) } } }
            (table.render())
        },
    ))
}

const SELLERS: &str = "/seller/production/calls";
const OPERATORS: &str = "/operator/production-calls";

/// The same for the operator, who looks into what a seller asks about.
async fn all(
    State(production): State<Production>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let wanted = (asked.seller.trim().parse().ok(), asked.errand.trim().parse().ok());
    let mut tx = production.app.db.read();
    let found = production.all_calls(&mut tx, &operator, wanted, page).await?;
    let sellers = found.items.iter().map(|call| call.seller_id).collect();
    let names = production.accounts.names(&mut tx, sellers).await?;
    let view = &visit.view;
    let title = view.t("production-calls-title");
    let table = table(view, &found.items, OPERATORS)
        .column(view.t("order-seller"), |call: &Call| {
            html! {
                a href={ "/operator/accounts/" (call.seller_id) } { (names.get(&call.seller_id).map_or("", String::as_str)) }
            }
        })
        .next(found.next_cursor.as_deref());
    Ok(ui::page(
        view,
        Place::Operator("orders"),
        &title,
        &html! {
            p { a href="/operator/errands" { "← " (view.t("errands-title-operator")) } }
            (ui::header(&title, Some(&view.t("production-calls-lead-operator")), &html! {}))
            @if wanted != (None, None) { p { a href=(OPERATORS) { (view.t("production-calls-all")) } } }
            (table.render())
        },
    ))
}

fn table<'a>(view: &'a View, calls: &'a [Call], place: &'static str) -> Table<'a, Call> {
    Table::new(view, view.t("production-calls-title"), calls)
        .column(view.t("production-when"), move |call: &Call| {
            html! { a href={ (place) "/" (call.id) } { (view.time(call.sent_at)) } }
        })
        .column(view.t("production-activity"), |call| {
            html! {
                (view.word("production-activity", activity_key(call))) " " code { (call.name()) }
                @if call.test { " " (ui::badge(Tone::Plain, &view.t("production-test"))) }
            }
        })
        .column(view.t("production-result"), |call| result(view, call))
        .number(
            view.t("production-took"),
            |call| html! { (view.ta("production-millis", &[("count", call.took_millis.into())])) },
        )
        .empty(ui::empty(&view.t("production-calls-none"), &view.t("production-calls-none-text"), &html! {}))
}

/// The request as it went out.
fn sent(call: &Call) -> String {
    let head = if call.headers.is_empty() { String::new() } else { format!("\n{}", call.headers) };
    match call.form {
        CallForm::KooGalleryV1 => format!("GET {}", call.url),
        CallForm::KooGalleryV2 | CallForm::StandardWebhooks => format!("POST {}{head}\n\n{}", call.url, call.request),
    }
}

/// Words of texts are in small letters.
fn activity_key(call: &Call) -> &'static str {
    use crate::Activity as A;
    match call.activity {
        A::NewInstance => "new",
        A::QueryInstance => "query",
        A::RefreshInstance => "refresh",
        A::UpdateInstanceStatus => "status",
        A::ReleaseInstance => "release",
        A::UpgradeInstance => "upgrade",
        A::ChangeInstanceCheck => "check",
        A::OrderNotify => "notify",
        A::RefreshLicenseCode => "refresh-code",
        A::UpdateLicenseCodeStatus => "code-status",
        A::ReleaseLicenseCode => "release-code",
    }
}

fn result(view: &View, call: &Call) -> Markup {
    match &call.trouble {
        None => ui::badge(Tone::Good, &view.t("production-accepted")),
        Some(code) => {
            let said = Trouble::read(code).map(|trouble| trouble.for_seller());
            html! {
                (ui::badge(Tone::Bad, &view.t("production-refused")))
                @if let Some(said) = said { p.small.muted { (view.of(&said)) } }
            }
        }
    }
}

async fn show(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionCallId>,
) -> Result<Page, Problem> {
    let call = production.find_call(&mut production.app.db.read(), &seller, id).await?;
    Ok(shown(&visit.view, &call, (Place::Seller("production"), SELLERS)))
}

async fn any(
    State(production): State<Production>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ProductionCallId>,
) -> Result<Page, Problem> {
    let call = production.any_call(&mut production.app.db.read(), &operator, id).await?;
    Ok(shown(&visit.view, &call, (Place::Operator("orders"), OPERATORS)))
}

fn shown(view: &View, call: &Call, (place, list): (Place, &str)) -> Page {
    let title = view.word("production-activity", activity_key(call));
    let mut facts = vec![
        (view.t("production-activity"), html! { code { (call.name()) } }),
        (view.t("production-when"), view.time(call.sent_at)),
        (view.t("production-took"), html! { (view.ta("production-millis", &[("count", call.took_millis.into())])) }),
        (view.t("production-call-id"), ui::copyable(view, &call.id.to_string())),
    ];
    if let Some(status) = call.status {
        facts.insert(2, (view.t("production-status"), html! { (status) }));
    }
    ui::page(
        view,
        place,
        &title,
        &html! {
            p { a href=(list) { "← " (view.t("production-calls-title")) } }
            (ui::header(&title, None, &result(view, call)))
            div.columns {
                (ui::card(Some(&view.t("production-facts")), &ui::facts(&facts)))
                (ui::card(Some(&view.t("production-checks")), &checks(view, &call.checks())))
            }
            (ui::code(view, &view.t("production-request"), &sent(call)))
            @if call.form == CallForm::KooGalleryV1 { (ui::code(view, &view.t("production-signed-text"), &call.request)) }
            @if !call.answer_shown.is_empty() { (ui::code(view, &view.t("production-answer"), &call.answer_shown)) }
        },
    )
}
