//! Help: one short page for each thing that people ask.

use accounts::Visit;
use axum::extract::State;
use kernel::{Error, Thing};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Routes};
use ui::{Page, Place, View};

use super::pieces::window;
use crate::Catalogue;

/// The topics in their order, and how many paragraphs each has.
const TOPICS: [(&str, usize); 7] =
    [("buying", 4), ("paying", 4), ("refunds", 4), ("codes", 4), ("selling", 4), ("publishing", 4), ("open-api", 4)];

async fn index(visit: Visit) -> Page {
    let view = &visit.view;
    let title = view.t("help-title");
    let body = html! {
        (ui::header(&title, Some(&view.t("help-lead")), &html! {}))
        ul.needs {
            @for (topic, _) in TOPICS {
                li.need {
                    a href={ "/help/" (topic) } { (view.word("help-topic", topic)) }
                    p.muted.small { (view.word("help-about", topic)) }
                }
            }
        }
    };
    ui::page(view, Place::Storefront("help"), &title, &body)
}

async fn topic(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(wanted): PathParam<String>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let known = TOPICS.iter().find(|(topic, _)| *topic == wanted);
    let (topic, count) = known.copied().ok_or(Error::NotFound(Thing::Page))?;
    let policy = catalogue.policies.current().await?;
    let title = view.word("help-topic", topic);
    let body = html! {
        (ui::header(&title, Some(&view.word("help-about", topic)), &html! {}))
        div.with-aside {
            article.card {
                div.prose {
                    @for number in 1..=count { (paragraph(view, topic, number)) }
                    @if topic == "refunds" { p { (view.ta("help-refunds-window", &[
                        ("window", window(view, policy.refunds.no_reason_hours).into()),
                        ("count", policy.refunds.no_reason_per_year.into()),
                    ])) } }
                }
            }
            (others(view, topic))
        }
    };
    Ok(ui::page(view, Place::Storefront("help"), &title, &body))
}

/// A heading and its text.
fn paragraph(view: &View, topic: &str, number: usize) -> Markup {
    html! {
        h2 { (view.word("help-head", &format!("{topic}-{number}"))) }
        p { (view.word("help-text", &format!("{topic}-{number}"))) }
    }
}

fn others(view: &View, present: &str) -> Markup {
    html! {
        aside { nav.card aria-label=(view.t("help-title")) {
            ul.plain {
                @for (topic, _) in TOPICS {
                    li { a href={ "/help/" (topic) } aria-current=[(topic == present).then_some("page")] { (view.word("help-topic", topic)) } }
                }
            }
        } }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/help", index, Access::Public)
        .page("/help/{topic}", topic, Access::Public)
        .done()
}
