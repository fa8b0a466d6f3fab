//! `/seller`: what there is to do, how it sells, where the certification stands.

use accounts::{Seller, Visit};
use axum::extract::State;
use kernel::Localized;
use maud::{Markup, html};
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, Table, Tone, View, badge, button_link, card, empty, header, stat};

use super::{counts, day, sums};
use crate::{
    Insight,
    actions::SellerOverview,
    rules::Task,
    store::{Standing, Tasks},
};

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
    let nothing = seen.may_publish
        && seen.tasks.is_empty()
        && rejected.is_empty()
        && unsent.is_empty()
        && !seen.standings.is_empty();
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
                @for tasks in &seen.tasks { (task(view, tasks)) }
                @for standing in rejected { (listing(view, standing, Tone::Bad, &view.t("seller-home-rejected"), &view.t("seller-home-mend"))) }
                @for standing in unsent { (listing(view, standing, Tone::Plain, &view.t("seller-home-draft"), &view.t("seller-home-go-on"))) }
            }
            @if waits > 0 { p.muted { (view.ta("seller-home-waiting", &[("count", waits.into())])) } }
        },
    )
}

/// Everything of one kind, and where it is done.
fn task(view: &View, tasks: &Tasks) -> Markup {
    let count = ("count", tasks.count.into());
    let (text, href) = match tasks.task {
        Task::Errands => (view.ta("seller-task-errands", &[count]), "/seller/production/errands?state=dead"),
        Task::Differences => (view.ta("seller-task-differences", &[count]), "/seller/production/differences"),
        Task::Probes => (view.ta("seller-task-probes", &[count]), "/seller/production/probes"),
        Task::Refused => (view.ta("seller-task-refused", &[count]), "/seller/usage/refused"),
        Task::Measures => (view.ta("seller-task-measures", &[count]), "/seller/measures"),
        Task::Questions => (view.ta("seller-task-questions", &[count]), "/seller/private-offers?state=sent"),
        Task::Missed => (view.ta("seller-task-missed", &[count]), "/seller/private-offers?state=accepted"),
        Task::Reviews => (view.ta("seller-task-reviews", &[count]), "/seller/reviews?show=unanswered"),
        Task::Change => (view.t("seller-task-change"), "/seller/settings"),
        Task::Business => (view.t("seller-task-business"), "/seller/settings/business"),
    };
    let (tone, when) = match tasks.task {
        Task::Measures => (Tone::Bad, "seller-task-until"),
        Task::Errands | Task::Differences | Task::Probes | Task::Refused | Task::Change | Task::Business => {
            (Tone::Warn, "seller-task-since")
        }
        Task::Questions | Task::Missed | Task::Reviews => (Tone::Info, "seller-task-since"),
    };
    html! {
        li {
            span {
                (text) " " (badge(tone, &view.word("seller-task-kind", tasks.task.as_str())))
                @if let Some(at) = tasks.first { br; span.muted { (view.t(when)) " " (view.time(at)) } }
            }
            (button_link(href, &view.t("seller-task-do"), false))
        }
    }
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
