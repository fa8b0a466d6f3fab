//! How a buyer gets into what a seller's system runs: a part of the page of what was bought.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use instances::{Instance, State as InstanceState};
use kernel::{Error, Result, Thing, id::InstanceId};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Once, PathParam, Problem, Routes},
};
use production::{AppInfo, ToldUsage};
use ui::{Place, Tone, View};

use crate::{Deliveries, actions::access::WayIn};

pub(super) fn routes(deliveries: &Deliveries) -> Routes {
    Routes::of(deliveries.clone())
        .form("/console/instances/{instance}/access", reveal, Access::Buyer)
        .form("/console/instances/{instance}/access/ask", ask, Access::Buyer)
        .page("/console/instances/{instance}/access-part", newest, Access::Buyer)
        .done()
}

impl Deliveries {
    /// The way in as a part of the page of its instance; empty for what no seller's system runs.
    pub async fn access_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, instance: &Instance) -> Result<Markup> {
        let Some(way) = self.way_in(tx, buyer, instance.id).await? else { return Ok(html! {}) };
        let may_use = buyer.may(Permission::Use).is_ok();
        Ok(match instance.state {
            InstanceState::Released { .. } => html! {},
            InstanceState::Pending { .. } | InstanceState::Active | InstanceState::Grace { .. } => {
                part(view, instance.id, &way, may_use)
            }
            InstanceState::Expired { .. } => ui::card(Some(&view.t("access-title")), &frozen(view)),
        })
    }
}

fn frozen(view: &View) -> Markup {
    ui::notice(Tone::Warn, &html! { p { (view.t("access-frozen")) } })
}

fn part(view: &View, instance: InstanceId, way: &WayIn, may_use: bool) -> Markup {
    let here = format!("/console/instances/{instance}/access");
    // What its seller says newer follows the page, which waits for nobody.
    let newest = (may_use && way.told_at.is_some()).then(|| format!("/console/instances/{instance}/access-part"));
    html! {
        section.card #access {
            h2 { (view.t("access-title")) }
            div.stack data-load=[newest] { (standing(view, &here, way, may_use)) }
        }
    }
}

fn standing(view: &View, here: &str, way: &WayIn, may_use: bool) -> Markup {
    html! {
        @match (&way.access, way.told_at) {
            (Some(access), _) if access.leads_in() => (known(view, here, access, may_use)),
            (_, Some(_)) => p { (view.t("access-otherwise")) },
            (_, None) => (ui::notice(Tone::Info, &html! { p { (view.t("access-waits")) } })),
        }
        @if let Some(access) = way.access.as_ref().filter(|access| !access.usage.is_empty()) { (used(view, &access.usage)) }
        @if may_use && !way.asking {
            (ui::form(view, &format!("{here}/ask"), &html! {
                div.row {
                    button.button.quiet type="submit" { (view.t("access-ask")) }
                    @if let Some(at) = way.told_at { span.small.muted { (view.t("access-told")) " " (view.time(at)) } }
                }
            }))
        } @else if way.asking && way.access.is_some() { p.small.muted { (view.t("access-asking")) } }
    }
}

/// What its seller says that was used.
fn used(view: &View, usage: &[ToldUsage]) -> Markup {
    html! {
        h3 { (view.t("access-usage")) }
        p.small.muted { (view.t("access-usage-text")) }
        @for one in usage {
            p {
                strong { (one.value) }
                @if let Some(related) = &one.related_instance { " · " code { (related) } }
                " " span.small.muted { (view.time(one.counted_at)) }
                @if let Some(url) = &one.dashboard_url { " " (link(url)) }
            }
        }
    }
}

/// Another site is opened, which learns nothing of ours.
fn link(url: &str) -> Markup {
    html! { a href=(url) rel="noopener noreferrer nofollow" target="_blank" { (url) } }
}

/// The part that follows the page: as its seller's system says now.
async fn newest(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Response, Problem> {
    if buyer.may(Permission::Use).is_ok() {
        Box::pin(deliveries.glance(&buyer, id)).await?;
    }
    let mut tx = deliveries.app.db.read();
    let way = deliveries.way_in(&mut tx, &buyer, id).await?.ok_or(Error::NotFound(Thing::Instance))?;
    let (view, here) = (&visit.view, format!("/console/instances/{id}/access"));
    let shown = match deliveries.instances.find_for(&mut tx, buyer.account(), id).await?.state {
        InstanceState::Pending { .. } | InstanceState::Active | InstanceState::Grace { .. } => {
            standing(view, &here, &way, buyer.may(Permission::Use).is_ok())
        }
        InstanceState::Expired { .. } => frozen(view),
        InstanceState::Released { .. } => html! {},
    };
    let mut response = shown.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn known(view: &View, here: &str, access: &AppInfo, may_use: bool) -> Markup {
    let AppInfo { front_end_url, admin_url, user_name, password, memo, usage: _ } = access;
    let mut facts = Vec::new();
    if let Some(url) = front_end_url {
        facts.push((view.t("access-front-end"), link(url)));
    }
    if let Some(url) = admin_url {
        facts.push((view.t("access-admin"), link(url)));
    }
    html! {
        (ui::facts(&facts))
        @if let Some(memo) = memo {
            div { @for line in memo.lines() { p { (line) } } }
        }
        @if user_name.is_some() || password.is_some() {
            @if may_use {
                div #credentials {
                    (ui::form(view, here, &html! {
                        div.row {
                            code { "••••••••" }
                            button.button type="submit" data-into="#credentials" { (view.t("access-show")) }
                        }
                    }))
                }
                p.small.muted { (view.t("access-audited")) }
            } @else { p { (view.t("access-role")) } }
        }
    }
}

/// Shows name and password: in their place with scripts, on a page of their own without.
async fn reveal(
    State(deliveries): State<Deliveries>,
    visit: Visit,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = deliveries.app.db.begin().await?;
    let access = deliveries.reveal_access(&mut tx, &buyer, instance).await?;
    tx.commit().await?;
    let view = &visit.view;
    let mut facts = Vec::new();
    for (name, text) in [("access-user", &access.user_name), ("access-password", &access.password)] {
        if let Some(text) = text {
            facts.push((view.t(name), ui::copyable(view, text)));
        }
    }
    let shown = html! { div.revealed tabindex="-1" data-focus { (ui::facts(&facts)) } };
    let mut response = if headers.contains_key("x-part") {
        shown.into_response()
    } else {
        let title = view.t("access-title");
        let page = ui::page(
            view,
            Place::Console("instances"),
            &title,
            &html! {
                (ui::header(&title, None, &html! {}))
                section.card { (shown) }
                p { a href={ "/console/instances/" (instance) } { "← " (view.t("access-back")) } }
            },
        );
        page.into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn ask(
    State(deliveries): State<Deliveries>,
    buyer: Buyer,
    PathParam(instance): PathParam<InstanceId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&deliveries.app, async |tx| {
        deliveries.ask_access(tx, &buyer, instance).await?;
        Ok(Answer::see_other(format!("/console/instances/{instance}?done=access-asked")))
    })
    .await
}
