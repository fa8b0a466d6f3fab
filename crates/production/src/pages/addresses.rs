//! Addresses and keys.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, Result, id::ProductionAddressId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::tabs;
use crate::{
    FieldCipher, Production,
    rules::{
        address::{Address, AddressState, KeyHint},
        form::CallForm,
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .page("/seller/production", show, Access::Seller)
        .form("/seller/production", add, Access::Seller)
        .form("/seller/production/{production_address}/key", make_key, Access::Seller)
        .form("/seller/production/{production_address}/verify", verify, Access::Seller)
        .form("/seller/production/{production_address}/change-key", change_key, Access::Seller)
        .form("/seller/production/{production_address}/withdraw-key", withdraw_key, Access::Seller)
        .form("/seller/production/{production_address}/use", use_it, Access::Seller)
        .form("/seller/production/{production_address}/remove", remove, Access::Seller)
        .done()
}

#[derive(Default, Deserialize)]
struct Typed {
    #[serde(default)]
    url: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    encryption: String,
}

async fn show(State(production): State<Production>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    page(&production, &visit.view, &seller, (&Typed::default(), &Mistakes::none())).await
}

async fn page(
    production: &Production,
    view: &View,
    seller: &Seller,
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let addresses = production.addresses(&mut production.app.db.read(), seller).await?;
    let may = seller.may(Permission::Integrate).is_ok();
    let title = view.t("production-title");
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
                (ui::card(Some(&view.t("production-add")), &adding(view, (typed, present_form(&addresses)), mistakes)))
            }
        },
    ))
}

/// A program that moves to another address still speaks as it did.
fn present_form(addresses: &[Address]) -> CallForm {
    addresses.iter().find(|address| address.in_use).map_or(CallForm::StandardWebhooks, |address| address.form)
}

fn adding(view: &View, (typed, present): (&Typed, CallForm), mistakes: &Mistakes) -> Markup {
    let Typed { url, form, encryption } = typed;
    let (label, of_fields) = (view.t("production-url"), view.t("production-encryption"));
    let forms = [CallForm::StandardWebhooks, CallForm::KooGalleryV2, CallForm::KooGalleryV1];
    let forms = forms.map(|form| Choice::new(form.as_str(), form_word(view, form)).hint(form_hint(view, form)));
    let chosen = if form.is_empty() { present.as_str() } else { form };
    let encryptions: Vec<Choice> =
        FieldCipher::ALL.iter().map(|one| Choice::new(one.as_str(), encryption_word(view, *one))).collect();
    let encrypted = if encryption.is_empty() { FieldCipher::default().as_str() } else { encryption };
    html! {
        p.muted { (view.t("production-add-text")) }
        (ui::form(view, "/seller/production", &html! {
            (ui::choice_cards(&view.t("production-form"), "form", &forms, chosen, mistakes))
            (Field::input("url", "url", &label).value(url).required().hint(view.t("production-url-hint")).with("maxlength", "512").render(view, mistakes))
            details.more open[chosen == CallForm::KooGalleryV1.as_str()] {
                summary { (view.t("production-add-v1")) }
                (Field::select("encryption", &of_fields, &encryptions).value(encrypted).required().hint(view.t("production-encryption-hint")).render(view, mistakes))
            }
            div.row { button.button.primary type="submit" { (view.t("production-add-do")) } }
        }))
    }
}

pub(super) fn form_word(view: &View, form: CallForm) -> String {
    view.t(match form {
        CallForm::KooGalleryV2 => "production-form-v2",
        CallForm::KooGalleryV1 => "production-form-v1",
        CallForm::StandardWebhooks => "production-form-webhooks",
    })
}

fn form_hint(view: &View, form: CallForm) -> String {
    view.t(match form {
        CallForm::KooGalleryV2 => "production-form-v2-hint",
        CallForm::KooGalleryV1 => "production-form-v1-hint",
        CallForm::StandardWebhooks => "production-form-webhooks-hint",
    })
}

fn encryption_word(view: &View, encryption: FieldCipher) -> String {
    view.t(match encryption {
        FieldCipher::Aes256 => "production-encryption-aes256",
        FieldCipher::Aes128 => "production-encryption-aes128",
    })
}

/// One of two texts of the same meaning, in the words of a form.
fn said(view: &View, form: CallForm, (v2, webhooks): (&'static str, &'static str)) -> String {
    view.t(match form {
        CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => v2,
        CallForm::StandardWebhooks => webhooks,
    })
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
        (view.t("production-form"), html! { (form_word(view, address.form)) }),
        (view.t("production-key"), key(address.key.as_ref(), &view.t("production-key-none"))),
        (view.t("production-added"), view.time(address.added_at)),
    ];
    if let Some(next) = &address.next {
        facts.insert(
            2,
            (said(view, address.form, ("production-key-next", "production-key-newer")), key(Some(next), "")),
        );
    }
    if let Some(until) = address.next_until {
        facts.insert(3, (view.t("production-key-both"), view.time(until)));
    }
    if address.form == CallForm::KooGalleryV1 {
        facts.insert(1, (view.t("production-encryption"), html! { (encryption_word(view, address.encryption)) }));
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
                @if address.key.is_some() {
                    p.muted { (said(view, address.form, ("production-next-verify", "production-next-verify-webhooks"))) }
                } @else { p.muted { (view.t("production-next-key")) } }
            } @else if address.next.is_some() {
                p.muted { (said(view, address.form, ("production-next-change", "production-next-change-webhooks"))) }
            }
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
    let replaced = match (verified, address.form) {
        (false, _) => "production-new-key-at-once",
        (true, CallForm::KooGalleryV2 | CallForm::KooGalleryV1) => "production-new-key-text",
        (true, CallForm::StandardWebhooks) => "production-new-key-both",
    };
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
            @else if address.next_until.is_none() { (sure("production-new-key", "production-new-key-title", replaced, "key", false)) }
            @if address.next.is_some() { (sure("production-withdraw-key", "production-withdraw-key-title", "production-withdraw-key-text", "withdraw-key", true)) }
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
    (typed, done): (&Typed, Result<Answer, Problem>),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(production, view, seller, (typed, &mistakes)).await?.refused().into_response())
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
        // What an older page sends has no form in it.
        let form = if typed.form.is_empty() { Ok(CallForm::KooGalleryV2) } else { typed.form.parse() };
        let form = form.map_err(|_| Invalid::one("form", ("choose one", "须选择一项")))?;
        let encryption =
            if typed.encryption.is_empty() { Ok(FieldCipher::default()) } else { typed.encryption.parse() };
        let encryption = encryption.map_err(|_| Invalid::one("encryption", ("choose one", "须选择一项")))?;
        production.add(tx, &seller, (&typed.url, form, encryption)).await?;
        Ok(Answer::see_other("/seller/production?done=production-added"))
    });
    answer(&production, &visit.view, &seller, (&typed, done.await)).await
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
        let (address, key) = production.make_key(tx, &seller, id).await?;
        Ok(Answer::created(&[key.as_str(), address.form.as_str()]).secret())
    });
    let view = &visit.view;
    match made.await {
        Ok(answer) => {
            let made = |place: usize| answer.body()[place].as_str().unwrap_or_default();
            let (key, form) = (made(0), made(1).parse().unwrap_or(CallForm::KooGalleryV2));
            let title = view.t("production-key-made");
            let shown = ui::page(
                view,
                Place::Seller("production"),
                &title,
                &html! {
                    (ui::header(&title, None, &html! {}))
                    (ui::notice(Tone::Warn, &html! { p { (view.t("production-key-once")) } }))
                    (ui::code(view, &view.t("production-key"), key))
                    p { (said(view, form, ("production-key-how", "production-key-how-webhooks"))) }
                    div.row { (ui::button_link("/seller/production", &view.t("production-key-kept"), true)) }
                },
            );
            Ok(shown.into_response())
        }
        Err(problem) => answer(&production, view, &seller, (&Typed::default(), Err(problem))).await,
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
    answer(&production, &visit.view, &seller, (&Typed::default(), done)).await
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
    answer(&production, &visit.view, &seller, (&Typed::default(), done)).await
}

async fn withdraw_key(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductionAddressId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&production.app, async |tx| {
        production.withdraw_key(tx, &seller, id).await?;
        Ok(Answer::see_other("/seller/production?done=production-key-withdrawn"))
    });
    answer(&production, &visit.view, &seller, (&Typed::default(), done.await)).await
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
    answer(&production, &visit.view, &seller, (&Typed::default(), done.await)).await
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
    answer(&production, &visit.view, &seller, (&Typed::default(), done.await)).await
}
