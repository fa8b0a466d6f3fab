//! Favourites and what was looked at last: hearts on products, a page for each of the two.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use accounts::{Buyer, Visit, onward};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Keep, Once, Problem, Routes, cookie, set_cookie};
use serde::Deserialize;
use ui::{Page, Place, View};

use super::pieces::{card, tile};
use crate::{
    Catalogue,
    actions::{Remembered, VISITED_MAX},
    rules::Entry,
};

/// What a visitor's browser remembers: the products that were looked at last, without what all their numbers begin with.
const SEEN: &str = "seen";

const SEEN_SECONDS: i64 = 30 * 86_400;

/// So long a page waits until it is noted that somebody looked at it.
const NOTING_MAX: Duration = Duration::from_millis(200);

/// The hearts of a page: whose they are, and which are full.
pub(super) struct Hearts {
    marked: BTreeSet<ProductId>,
    /// Staff of the site buys nothing and marks nothing.
    shown: bool,
}

impl Catalogue {
    pub(super) async fn hearts(&self, visit: &Visit) -> Result<Hearts, Problem> {
        let buyer = buyer_of(visit);
        let marked = self.marked(&mut self.app.db.read(), buyer.as_ref()).await?;
        Ok(Hearts { marked, shown: visit.member.is_none() || buyer.is_some() })
    }

    /// What a visitor looked at last, the latest first: of the account when one is signed in, else of the browser.
    pub(super) async fn seen_by(&self, visit: &Visit, headers: &HeaderMap) -> Result<Vec<Arc<Entry>>, Problem> {
        let tx = &mut self.app.db.read();
        Ok(match buyer_of(visit) {
            Some(buyer) => self
                .recently_viewed(tx, &buyer)
                .await?
                .into_iter()
                .filter_map(|one| one.entry)
                .take(VISITED_MAX)
                .collect(),
            None => self.visited(tx, &remembered(headers)).await?,
        })
    }

    /// Notes that a product was looked at: for the account, or for the browser by the cookie that is given back.
    pub(super) async fn note_seen(
        &self,
        visit: &Visit,
        headers: &HeaderMap,
        product: ProductId,
    ) -> Result<Option<HeaderValue>, Problem> {
        match (buyer_of(visit), &visit.member) {
            (Some(buyer), _) => {
                // The page does not wait for a busy database, nor does it fail with it.
                let _ = tokio::time::timeout(NOTING_MAX, self.viewed(&buyer, product)).await;
                Ok(None)
            }
            (None, Some(_)) => Ok(None),
            (None, None) => {
                let mut seen = remembered(headers);
                seen.retain(|known| *known != product);
                seen.insert(0, product);
                seen.truncate(VISITED_MAX);
                let short: Vec<String> =
                    seen.iter().map(|one| one.to_string().trim_start_matches("prd_").to_owned()).collect();
                Ok(set_cookie(SEEN, &short.join("."), Keep::Seconds(SEEN_SECONDS), false))
            }
        }
    }
}

pub(super) fn buyer_of(visit: &Visit) -> Option<Buyer> {
    visit.member.clone().and_then(|member| Buyer::try_from(member).ok())
}

fn remembered(headers: &HeaderMap) -> Vec<ProductId> {
    let text = cookie(headers, SEEN).unwrap_or_default();
    text.split('.').filter_map(|short| format!("prd_{short}").parse().ok()).take(VISITED_MAX).collect()
}

/// A heart: full when the product is marked. It is pressed without leaving the page where scripts run.
pub(super) fn heart(view: &View, hearts: &Hearts, product: ProductId, name: &str) -> Markup {
    if !hearts.shown {
        return html! {};
    }
    let place = format!("heart-{product}");
    html! { span.heart id=(place) { (pressed(view, product, name, hearts.marked.contains(&product))) } }
}

fn pressed(view: &View, product: ProductId, name: &str, full: bool) -> Markup {
    let label = if full { view.t("storefront-unmark") } else { view.t("storefront-mark") };
    if view.viewer.is_none() {
        let next = ui::escaped(&format!("/products/{product}"));
        return html! { a.heart-button href={ "/sign-in?next=" (next) } title=(label) { span aria-hidden="true" { "♡" } span.unseen { (label) " " (name) } } };
    }
    ui::form(
        view,
        "/favourites",
        &html! {
            input type="hidden" name="product" value=(product);
            input type="hidden" name="name" value=(name);
            input type="hidden" name="marked" value=(!full);
            input type="hidden" name="back" value=(view.path);
            button.heart-button.full[full] type="submit" title=(label) data-into={ "#heart-" (product) } {
                span aria-hidden="true" { (if full { "♥" } else { "♡" }) } span.unseen { (label) " " (name) }
            }
        },
    )
}

#[derive(Deserialize)]
struct Pressed {
    product: ProductId,
    #[serde(default)]
    name: String,
    marked: bool,
    #[serde(default)]
    back: String,
}

/// Marks a product or takes the mark away; a script gets the heart as it is now.
async fn press(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    buyer: Buyer,
    headers: HeaderMap,
    once: Once,
    Form(Pressed { product, name, marked, back }): Form<Pressed>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        if marked {
            catalogue.mark(tx, &buyer, product).await?;
        } else {
            catalogue.unmark(tx, &buyer, product).await?;
        }
        let done = if marked { "favourite-marked" } else { "favourite-unmarked" };
        let back = onward(Some(&back), "/console/favourites");
        let joint = if back.contains('?') { '&' } else { '?' };
        Ok(Answer::see_other(format!("{back}{joint}done={done}")))
    });
    let answer = done.await?;
    if headers.contains_key("x-part") {
        let view = View { path: back, ..visit.view };
        return Ok(pressed(&view, product, &name, marked).into_response());
    }
    Ok(answer.into_response())
}

async fn favourites(State(catalogue): State<Catalogue>, visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    let view = &visit.view;
    let found = catalogue.favourites(&mut catalogue.app.db.read(), &buyer).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let title = view.t("storefront-favourites");
    let (sold, gone): (Vec<&Remembered>, Vec<&Remembered>) = found.iter().partition(|one| one.entry.is_some());
    let ids: Vec<ProductId> = sold.iter().map(|one| one.product).take(4).collect();
    let compare = html! { @if ids.len() > 1 { (ui::button_link(&super::pieces::compare_path(&ids), &view.t("storefront-compare-latest"), false)) } };
    Ok(ui::page(
        view,
        Place::Console("favourites"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("storefront-favourites-lead")), &compare))
            @if found.is_empty() {
                (ui::empty(&view.t("storefront-favourites-none"), &view.t("storefront-favourites-none-text"), &ui::button_link("/search", &view.t("storefront-all"), true)))
            }
            h2.unseen { (view.t("storefront-results")) }
            ul.product-grid { @for entry in sold.iter().filter_map(|one| one.entry.as_ref()) { (card(view, entry, false, Some(&hearts))) } }
            @if !gone.is_empty() {
                (ui::card(Some(&view.t("storefront-gone")), &html! {
                    p.muted { (view.t("storefront-gone-text")) }
                    ul.plain { @for one in &gone { li.spread { code.small.muted { (one.product) } (heart(view, &hearts, one.product, "")) } } }
                }))
            }
        },
    ))
}

async fn recent(State(catalogue): State<Catalogue>, visit: Visit, headers: HeaderMap) -> Result<Page, Problem> {
    let view = &visit.view;
    let found = catalogue.seen_by(&visit, &headers).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let title = view.t("storefront-recent");
    let clear = ui::form(
        view,
        "/recently-viewed/clear",
        &html! { button.button type="submit" { (view.t("storefront-recent-clear")) } },
    );
    Ok(ui::page(
        view,
        Place::Storefront("recent"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("storefront-recent-lead")), &html! { @if !found.is_empty() { (clear) } }))
            @if found.is_empty() {
                (ui::empty(&view.t("storefront-recent-none"), &view.t("storefront-recent-none-text"), &ui::button_link("/search", &view.t("storefront-all"), true)))
            } @else {
                h2.unseen { (view.t("storefront-results")) }
                ul.product-grid { @for entry in &found { (card(view, entry, false, Some(&hearts))) } }
            }
        },
    ))
}

async fn clear(State(catalogue): State<Catalogue>, visit: Visit, once: Once) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        if let Some(buyer) = buyer_of(&visit) {
            catalogue.forget_viewed(tx, &buyer).await?;
        }
        Ok(Answer::see_other("/recently-viewed?done=recent-cleared"))
    });
    let mut response = done.await?.into_response();
    if let Some(forgotten) = set_cookie(SEEN, "", Keep::Forget, false) {
        response.headers_mut().append(header::SET_COOKIE, forgotten);
    }
    Ok(response)
}

/// A row of what was looked at last, small.
pub(super) fn row(view: &View, seen: &[Arc<Entry>], but: Option<ProductId>) -> Markup {
    let others: Vec<&Arc<Entry>> = seen.iter().filter(|entry| Some(entry.product) != but).take(6).collect();
    html! {
        @if !others.is_empty() {
            section.stack {
                div.spread { h2 { (view.t("storefront-recent")) } a href="/recently-viewed" { (view.t("storefront-see-all")) } }
                ul.seen-row {
                    @for entry in others {
                        li { a href={ "/products/" (entry.product) } {
                            (tile(view, entry.logo, &entry.name, false))
                            span { strong { (view.of(&entry.name)) } span.muted.small { (entry.seller_name) } }
                        } }
                    }
                }
            }
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .form("/favourites", press, Access::Buyer)
        .page("/console/favourites", favourites, Access::Buyer)
        .page("/recently-viewed", recent, Access::Public)
        .form("/recently-viewed/clear", clear, Access::Public)
        .done()
}
