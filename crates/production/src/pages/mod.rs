//! Pages of sellers' own systems: addresses and keys, the log of calls, the debugger, how a program takes events.

mod addresses;
mod calls;
mod cases;
mod debugger;
mod guide;
mod probes;

use maud::Markup;
use platform::http::Routes;
use ui::{Tone, View};

use crate::{Check, Found, Production};

pub(crate) fn routes(production: &Production) -> Routes {
    addresses::routes(production)
        .and(calls::routes(production))
        .and(cases::routes(production))
        .and(probes::routes(production))
        .and(debugger::routes(production))
        .and(guide::routes(production))
}

/// The pages that belong together, and which is the present one: `addresses`, `errands`, `calls`, `debugger`, `cases`, `probes`, `sandbox` or `guide`.
pub fn tabs(view: &View, present: &str) -> Markup {
    let tab = |name: &str, href: &str| (view.word("production-tab", name), href.to_owned(), name == present);
    ui::tabs(
        &view.t("production-tabs"),
        &[
            tab("addresses", "/seller/production"),
            tab("errands", "/seller/production/errands"),
            tab("calls", "/seller/production/calls"),
            tab("debugger", "/seller/production/debugger"),
            tab("cases", "/seller/production/cases"),
            tab("probes", "/seller/production/probes"),
            tab("differences", "/seller/production/differences"),
            tab("sandbox", "/seller/sandbox"),
            tab("guide", "/seller/production/guide"),
        ],
    )
}

/// How each check of an answer went, and how to mend what failed.
fn checks(view: &View, checks: &[(Check, Found)]) -> Markup {
    let badge = |found: Found| match found {
        Found::Passed => ui::badge(Tone::Good, &view.t("production-passed")),
        Found::Failed => ui::badge(Tone::Bad, &view.t("production-failed")),
        Found::NotReached => ui::badge(Tone::Plain, &view.t("production-not-reached")),
    };
    maud::html! {
        ol.stack {
            @for (check, found) in checks {
                li {
                    div.spread { span { (view.word("production-check", check.as_str())) } (badge(*found)) }
                    @if *found == Found::Failed { p.small.muted { (view.word("production-mend", check.as_str())) } }
                }
            }
        }
    }
}
