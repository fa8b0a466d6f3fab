//! The service agreement and the pictures of a listing.

use accounts::{Buyer, Member, Seller, Visit};
use axum::{extract::State, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{
    Error, FieldError, Invalid,
    id::{DocumentId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes, Upload};
use serde::Deserialize;
use ui::{Mistakes, Page, View};

use super::{Typed, answer, carried, frame, guidance, path, save, slots::Slot, texts};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{SCREENSHOTS_MAX, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .form("/seller/products/{product}/agreement", upload_agreement, Access::Seller)
        .page("/seller/products/{product}/pictures", pictures, Access::Seller)
        .form("/seller/products/{product}/pictures", remove_picture, Access::Seller)
        .form("/seller/products/{product}/logo", upload_logo, Access::Seller)
        .form("/seller/products/{product}/screenshots", upload_screenshot, Access::Seller)
        .done()
}

#[derive(Deserialize)]
pub(super) struct Carried {
    #[serde(default)]
    draft: i64,
}

async fn upload_agreement(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    upload: Upload<Carried>,
) -> Result<Response, Problem> {
    let kept = keep(&catalogue, &seller, id, once, (&upload, &Slot::Agreement)).await;
    answer(&catalogue, &visit, &seller, id, kept, |view, desk, mistakes| {
        let mut typed = Typed::from_listing(desk.listing());
        typed.put("draft", desk.product.version.to_string());
        texts::support_page(view, desk, &typed, mistakes)
    })
    .await
}

async fn upload_logo(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    upload: Upload<Carried>,
) -> Result<Response, Problem> {
    let kept = keep(&catalogue, &seller, id, once, (&upload, &Slot::Logo)).await;
    answer(&catalogue, &visit, &seller, id, kept, pictures_refused).await
}

async fn upload_screenshot(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    upload: Upload<Carried>,
) -> Result<Response, Problem> {
    let kept = keep(&catalogue, &seller, id, once, (&upload, &Slot::Screenshot)).await;
    answer(&catalogue, &visit, &seller, id, kept, pictures_refused).await
}

/// Stores a file as a document and puts it into its place.
pub(super) async fn keep(
    catalogue: &Catalogue,
    seller: &Seller,
    id: ProductId,
    once: Once,
    (upload, slot): (&Upload<Carried>, &Slot),
) -> Result<Answer, Problem> {
    let missing = ("has to be chosen first", "尚未选择文件");
    let file = upload.files.first().ok_or_else(|| Error::from(Invalid::one(slot.field(), missing)))?;
    let content = BASE64_STANDARD.encode(&file.bytes);
    let given = documents::Upload {
        name: &file.name,
        purpose: slot.purpose(),
        content_type: &file.content_type,
        content: &content,
    };
    let buyer = Buyer::try_from(Member::clone(seller)).map_err(Error::from)?;
    let version = IfMatch(upload.fields.draft);
    let received = async { catalogue.documents.receive(&buyer, &given).await.map_err(|error| beside(slot, error)) };
    once.run_after(&catalogue.app, received, async |tx, document| {
        catalogue.documents.keep(tx, &document).await?;
        let (product, _) = catalogue.product(tx, seller, id).await?;
        let mut listing = product.draft.0;
        slot.put(&mut listing, document.id);
        catalogue.edit(tx, seller, id, version, &listing).await?;
        Ok(Answer::see_other(format!("{}?done=listing-saved", path(id, slot.section()))))
    })
    .await
}

/// Whatever is wrong with a file is said beside the one field that it came from.
fn beside(slot: &Slot, error: Error) -> Error {
    match error {
        Error::Refused(refusal) if !refusal.fields().is_empty() => {
            let wrong = refusal.fields().iter().map(|field| field.message.clone());
            Invalid(wrong.map(|message| FieldError { field: slot.field(), message }).collect()).into()
        }
        Error::Refused(_) | Error::NotFound(_) | Error::Busy | Error::Fault(_) => error,
    }
}

/// The agreement between seller and buyer: the file there is, and the way to another.
pub(super) fn agreement_card(view: &View, desk: &Desk, mistakes: &Mistakes) -> Markup {
    let endings: Vec<String> =
        desk.policy.catalogue.agreement_endings.iter().map(|ending| format!(".{ending}")).collect();
    let most = view.size(i64::from(desk.policy.catalogue.agreement_bytes_max));
    let hint = view.ta("listing-agreement-hint", &[("kinds", endings.join(" ").into()), ("most", most.into())]);
    let label =
        if desk.agreement.is_some() { view.t("listing-agreement-other") } else { view.t("listing-agreement-file") };
    ui::card(
        Some(&view.t("listing-agreement")),
        &html! {
            @if let Some(file) = &desk.agreement {
                p.row {
                    a href={ "/documents/" (file.id) } { (file.name) }
                    span.small.muted { (view.size(file.size)) " · " (view.date(file.uploaded_at)) }
                }
            }
            (drop(view, desk, "agreement", (&label, &endings.join(","), &hint), mistakes))
        },
    )
}

type Asked<'a> = (&'a str, &'a str, &'a str);

/// A form for one file: its label, what it takes, its hint. It is sent to the place that is named after the field.
fn drop(view: &View, desk: &Desk, field: &str, (label, accept, hint): Asked<'_>, mistakes: &Mistakes) -> Markup {
    ui::upload_form(
        view,
        &format!("/seller/products/{}/{field}", desk.product.id),
        &html! {
            (carried(desk))
            (ui::file_drop(view, field, label, accept, hint, mistakes))
            div.row { button.button type="submit" { (view.t("listing-upload")) } }
        },
    )
}

const PICTURES: &str = ".png,.jpg,.jpeg,.webp";

async fn pictures(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(pictures_page(&visit.view, &desk, &guidance(&visit.view, &desk, &typed), &html! {}))
}

fn pictures_refused(view: &View, desk: &Desk, mistakes: &Mistakes) -> Page {
    pictures_page(view, desk, mistakes, &mistakes.summary(view))
}

async fn remove_picture(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let gone: Option<DocumentId> = typed.text("remove").parse().ok();
    let next = format!("{}?done=listing-saved", path(id, Section::Pictures));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.logo = listing.logo.filter(|logo| Some(*logo) != gone);
        listing.screenshots.retain(|screenshot| Some(*screenshot) != gone);
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, pictures_refused).await
}

fn pictures_page(view: &View, desk: &Desk, mistakes: &Mistakes, above: &Markup) -> Page {
    let listing = desk.listing();
    let shots = &listing.screenshots;
    frame(
        view,
        desk,
        Section::Pictures,
        &html! {
            (above)
            (ui::card(Some(&view.t("listing-logo")), &html! {
                @if let Some(logo) = listing.logo {
                    div.row {
                        img src={ "/pictures/" (logo) } alt=(view.t("listing-logo")) width="64" height="64";
                        (removal(view, desk, logo))
                    }
                }
                (drop(view, desk, "logo", (&view.t("listing-logo-file"), PICTURES, &view.t("listing-logo-hint")), mistakes))
            }))
            (ui::card(Some(&view.t("listing-screenshots")), &html! {
                @if shots.is_empty() { p.muted { (view.t("listing-pictures-empty")) } }
                @else {
                    div.picture-rows {
                        @for (number, shot) in (1_i64..).zip(shots) {
                            figure.stack {
                                img src={ "/pictures/" (shot) } alt=(view.ta("listing-picture-alt", &[("number", number.into())])) width="320" height="200" loading="lazy";
                                figcaption.small { (removal(view, desk, *shot)) }
                            }
                        }
                    }
                }
                @if shots.len() < SCREENSHOTS_MAX {
                    (drop(view, desk, "screenshots", (&view.t("listing-picture-add"), PICTURES, &view.t("listing-picture-hint")), mistakes))
                } @else {
                    p.muted { (view.t("listing-screenshots-full")) }
                }
            }))
        },
    )
}

fn removal(view: &View, desk: &Desk, picture: DocumentId) -> Markup {
    ui::form(
        view,
        &path(desk.product.id, Section::Pictures),
        &html! {
            (carried(desk))
            button.button type="submit" name="remove" value=(picture) { (view.t("listing-picture-remove")) }
        },
    )
}
