//! Addresses and keys.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Result, id::ProductionAddressId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Tone, View};

use super::tabs;
use crate::{
    Production,
    rules::address::{Address, AddressState, KeyHint},
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .page("/seller/production", show, Access::Seller)
        .form("/seller/production", add, Access::Seller)
        .form("/seller/production/{production_address}/key", make_key, Access::Seller)
        .form("/seller/production/{production_address}/verify", verify, Access::Seller)
        .form("/seller/production/{production_address}/change-key", change_key, Access::Seller)
        .form("/seller/production/{production_address}/use", use_it, Access::Seller)
        .form("/seller/production/{production_address}/remove", remove, Access::Seller)
        .done()
}

#[derive(Default, Deserialize)]
struct Typed {
    #[serde(default)]
    url: String,
}

async fn show(State(production): State<Production>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    page(&production, &visit.view, &seller, ("", &Mistakes::none())).await
}

async fn page(
    production: &Production,
    view: &View,
    seller: &Seller,
    (url, mistakes): (&str, &Mistakes),
) -> Result<Page, Problem> {
    let addresses = production.addresses(&mut production.app.db.read(), seller).await?;
    let may = seller.may(Permission::Integrate).is_ok();
    let title = view.t("production-title");
    let label = view.t("production-url");
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-lead")), &html! {}))
            (tabs(view, "addresses"))
            (mistakes.summary(view))
            @if !addresses.iter().any(|address| address.in_use) {
                (ui::notice(Tone::Warn, &html! { p { (view.t("production-none-used")) } }))
            }
            @for address in &addresses { (card(view, address, may)) }
            @if may {
                (ui::card(Some(&view.t("production-add")), &html! {
                    p.muted { (view.t("production-add-text")) }
                    (ui::form(view, "/seller/production", &html! {
                        (Field::input("url", "url", &label).value(url).required().hint(view.t("production-url-hint")).with("maxlength", "512").render(view, mistakes))
                        div.row { button.button.primary type="submit" { (view.t("production-add-do")) } }
                    }))
                }))
            }
        },
    ))
}

fn card(view: &View, address: &Address, may: bool) -> Markup {
    let key = |key: Option<&KeyHint>, none: &str| {
        html! {
            @match key {
                Some(KeyHint { hint, made_at }) => { code { (hint) } " " span.muted { (view.time(*made_at)) } }
                None => span.muted { (none) },
            }
        }
    };
    let mut facts = vec![
        (view.t("production-key"), key(address.key.as_ref(), &view.t("production-key-none"))),
        (view.t("production-added"), view.time(address.added_at)),
    ];
    if let Some(next) = &address.next {
        facts.insert(1, (view.t("production-key-next"), key(Some(next), "")));
    }
    if let Some(at) = address.verified_at {
        facts.push((view.t("production-verified"), view.time(at)));
    }
    html! {
        section.card {
            div.spread {
                h2.address { (address.url) }
                @if address.in_use { (ui::badge(Tone::Good, &view.t("production-used"))) }
                @else if address.state == AddressState::Verified { (ui::badge(Tone::Info, &view.t("production-state-verified"))) }
                @else { (ui::badge(Tone::Warn, &view.t("production-state-added"))) }
            }
            (ui::facts(&facts))
            @if address.state == AddressState::Added {
                p.muted { (view.t(if address.key.is_some() { "production-next-verify" } else { "production-next-key" })) }
            } @else if address.next.is_some() { p.muted { (view.t("production-next-change")) } }
            @if may { (steps(view, address)) }
        }
    }
}

/// What can be done with an address; the one thing that comes next stands first.
fn steps(view: &View, address: &Address) -> Markup {
    let does = |what: &str, class: &str, text: String| {
        ui::form(
            view,
            &format!("/seller/production/{}/{what}", address.id),
            &html! {
                button class=(class) type="submit" { (text) }
            },
        )
    };
    let verified = address.state == AddressState::Verified;
    let sure = |word: &'static str, title: &'static str, text: &'static str, what: &str, danger: bool| {
        ui::confirm(
            view,
            &view.t(word),
            &view.t(title),
            danger,
            &html! {
                p { (view.t(text)) }
                (does(what, if danger { "button danger" } else { "button primary" }, view.t(word)))
            },
        )
    };
    html! {
        div.actions {
            @if address.key.is_some() && !verified { (does("verify", "button primary", view.t("production-verify"))) }
            @if address.next.is_some() { (does("change-key", "button primary", view.t("production-change-key"))) }
            @if address.key.is_none() { (does("key", "button primary", view.t("production-make-key"))) }
            @else { (sure("production-new-key", "production-new-key-title", if verified { "production-new-key-text" } else { "production-new-key-at-once" }, "key", false)) }
            @if verified { (does("verify", "button", view.t("production-verify-again"))) }
            @if verified && !address.in_use { (does("use", "button", view.t("production-use"))) }
            @if !address.in_use { (sure("production-remove", "production-remove-title", "production-remove-text", "remove", true)) }
        }
    }
}

/// Goes on, or shows the page with what was refused.
async fn answer(
    production: &Production,
    view: &View,
    seller: &Seller,
    (url, done): (&str, Result<Answer, Problem>),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(production, view, seller, (url, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn add(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        production.add(tx, &seller, &typed.url).await?;
        Ok(Answer::see_other("/seller/production?done=production-added"))
    });
    answer(&production, &visit.view, &seller, (&typed.url, done.await)).await
}

/// The only page that ever shows the key.
async fn make_key(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let made = once.run(&production.app, async |tx| {
        let key = production.make_key(tx, &seller, id).await?;
        Ok(Answer::created(&[key]).secret())
    });
    let view = &visit.view;
    match made.await {
        Ok(answer) => {
            let key = answer.body()[0].as_str().unwrap_or_default();
            let title = view.t("production-key-made");
            let shown = ui::page(
                view,
                Place::Seller("production"),
                &title,
                &html! {
                    (ui::header(&title, None, &html! {}))
                    (ui::notice(Tone::Warn, &html! { p { (view.t("production-key-once")) } }))
                    (ui::code(view, &view.t("production-key"), key))
                    p { (view.t("production-key-how")) }
                    div.row { (ui::button_link("/seller/production", &view.t("production-key-kept"), true)) }
                },
            );
            Ok(shown.into_response())
        }
        Err(problem) => answer(&production, view, &seller, ("", Err(problem))).await,
    }
}

async fn verify(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once
        .run_after(&production.app, production.prove(&seller, id), async |tx, proven| {
            production.verified(tx, &seller, &proven).await?;
            Ok(Answer::see_other("/seller/production?done=production-verified"))
        })
        .await;
    answer(&production, &visit.view, &seller, ("", done)).await
}

async fn change_key(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once
        .run_after(&production.app, production.prove_next(&seller, id), async |tx, proven| {
            production.change_key(tx, &seller, &proven).await?;
            Ok(Answer::see_other("/seller/production?done=production-key-changed"))
        })
        .await;
    answer(&production, &visit.view, &seller, ("", done)).await
}

async fn use_it(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        production.use_it(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/production?done=saved"))
    });
    answer(&production, &visit.view, &seller, ("", done.await)).await
}

async fn remove(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        production.remove(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/production?done=production-removed"))
    });
    answer(&production, &visit.view, &seller, ("", done.await)).await
}
