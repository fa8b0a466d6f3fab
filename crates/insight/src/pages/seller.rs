//! `/seller`: what there is to do, how it sells, where the certification stands.

use accounts::{Seller, Visit};
use axum::extract::State;
use kernel::Localized;
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, Table, Tone, View, badge, button_link, card, empty, header, stat};

use super::{counts, day, sums};
use crate::{Insight, actions::SellerOverview, store::Standing};

async fn overview(State(insight): State<Insight>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    let view = &visit.view;
    let seen = insight.seller_overview(&mut insight.app.db.read(), &seller, &view.zone).await?;
    let title = view.t("seller-home-title");
    let orders = i64::try_from(seen.orders).unwrap_or(i64::MAX);
    Ok(ui::page(
        view,
        Place::Seller("home"),
        &title,
        &html! {
            (header(&title, Some(&view.t("seller-home-lead")), &button_link("/seller/products", &view.t("seller-home-to-products"), true)))
            div.stats {
                (stat(&view.t("seller-home-sold"), &view.money(seen.sold), None))
                (stat(&view.t("seller-home-orders"), &html! { (view.count(orders)) }, None))
                (stat(&view.t("seller-home-in-use"), &html! { (view.count(seen.in_use)) }, None))
                (stat(&view.t("seller-home-certified"), &certified(view, seen.may_publish), Some(&html! { a href="/seller/settings" { (view.t("seller-home-to-settings")) } })))
            }
            (to_do(view, &seen))
            div.columns {
                (card(None, &ui::bars(view, &view.t("seller-home-revenue-days"), &sums(view, &seen.days, |bucket| day(view, bucket)))))
                (card(None, &ui::lines(view, &view.t("seller-home-order-days"), &counts(view, &seen.days))))
            }
            (best(view, &seen))
        },
    ))
}

fn certified(view: &View, yes: bool) -> Markup {
    if yes {
        badge(Tone::Good, &view.t("seller-home-certified-yes"))
    } else {
        badge(Tone::Warn, &view.t("seller-home-certified-no"))
    }
}

fn to_do(view: &View, seen: &SellerOverview) -> Markup {
    let rejected = |standing: &&Standing| standing.revision.as_deref() == Some("rejected");
    let unsent = |standing: &&Standing| standing.state == "draft" && standing.revision.is_none();
    let waits = seen.standings.iter().filter(|standing| standing.revision.as_deref() == Some("submitted")).count();
    let (rejected, unsent): (Vec<_>, Vec<_>) =
        (seen.standings.iter().filter(rejected).collect(), seen.standings.iter().filter(unsent).collect());
    let nothing = seen.may_publish && rejected.is_empty() && unsent.is_empty() && !seen.standings.is_empty();
    card(
        Some(&view.t("seller-home-to-do")),
        &html! {
            @if nothing { p.muted { (view.t("seller-home-nothing")) } }
            ul.to-do {
                @if !seen.may_publish {
                    li { span { strong { (view.t("seller-home-certify")) } br; span.muted { (view.t("seller-home-certify-why")) } } (button_link("/seller/onboarding", &view.t("seller-home-certify-do"), true)) }
                }
                @if seen.standings.is_empty() {
                    li { span { strong { (view.t("seller-home-first")) } br; span.muted { (view.t("seller-home-first-why")) } } (button_link("/seller/products", &view.t("seller-home-first-do"), true)) }
                }
                @for standing in rejected { (listing(view, standing, Tone::Bad, &view.t("seller-home-rejected"), &view.t("seller-home-mend"))) }
                @for standing in unsent { (listing(view, standing, Tone::Plain, &view.t("seller-home-draft"), &view.t("seller-home-go-on"))) }
            }
            @if waits > 0 { p.muted { (view.ta("seller-home-waiting", &[("count", waits.into())])) } }
        },
    )
}

fn listing(view: &View, standing: &Standing, tone: Tone, state: &str, button: &str) -> Markup {
    let name: Option<Localized> = standing.name.as_ref().and_then(|name| serde_json::from_value(name.0.clone()).ok());
    let name = name.unwrap_or_default();
    let unnamed = view.t("seller-home-unnamed");
    let name = Some(view.of(&name)).filter(|name| !name.is_empty()).unwrap_or(&unnamed);
    html! {
        li { span { (name) " " (badge(tone, state)) } (button_link(&format!("/seller/products/{}", standing.id), button, false)) }
    }
}

fn best(view: &View, seen: &SellerOverview) -> Markup {
    let title = view.t("seller-home-best");
    card(
        Some(&title),
        &Table::new(view, title.as_str(), &seen.best)
            .column(
                view.t("seller-home-product"),
                |(id, name, ..)| html! { a href={ "/products/" (id) } { (view.of(name)) } },
            )
            .number(view.t("seller-home-orders"), |(.., count)| html! { (view.count(*count)) })
            .number(view.t("seller-home-sold"), |(_, _, sum, _)| view.money(*sum))
            .empty(empty(&view.t("seller-home-best-none"), &view.t("seller-home-best-how"), &html! {}))
            .render(),
    )
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone()).page("/seller", overview, Access::Seller).done()
}
