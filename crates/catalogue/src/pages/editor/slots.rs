//! The places of a listing that files are put in, and the papers among them.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use documents::Purpose;
use kernel::{
    Error, Thing,
    id::{DocumentId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, Once, PathParam, Problem, Routes, Upload};
use ui::{Mistakes, View};

use super::{
    Typed, answer, carried,
    files::{Carried, keep},
    papers, service, texts,
};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Listing, Paper, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).form("/seller/products/{product}/files/{slot}", upload, Access::Seller).done()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Agreement,
    Logo,
    Screenshot,
    UserGuide,
    Copyright,
    Letter,
    /// What the site asks for, by its code.
    Qualification(String),
    /// The certificate of a mark, by its code.
    Certificate(String),
    Requirement,
    Handover,
}

impl Slot {
    /// The paper that an address names.
    fn named(name: &str) -> Option<Self> {
        match name.split_once('.') {
            Some(("qualifications", code)) => Some(Self::Qualification(code.to_owned())),
            Some(("certifications", code)) => Some(Self::Certificate(code.to_owned())),
            Some(_) | None => {
                let single = [Self::UserGuide, Self::Copyright, Self::Letter, Self::Requirement, Self::Handover];
                single.into_iter().find(|slot| slot.field() == name)
            }
        }
    }

    pub(super) fn field(&self) -> String {
        match self {
            Self::Agreement => "agreement".to_owned(),
            Self::Logo => "logo".to_owned(),
            Self::Screenshot => "screenshots".to_owned(),
            Self::UserGuide => "user_guide".to_owned(),
            Self::Copyright => "copyright.certificate".to_owned(),
            Self::Letter => "copyright.letter".to_owned(),
            Self::Qualification(code) => format!("qualifications.{code}"),
            Self::Certificate(code) => format!("certifications.{code}"),
            Self::Requirement => "service.requirement_template".to_owned(),
            Self::Handover => "service.delivery_template".to_owned(),
        }
    }

    pub(super) fn purpose(&self) -> Purpose {
        match self {
            Self::Agreement => Purpose::ServiceAgreement,
            Self::Logo => Purpose::ProductLogo,
            Self::Screenshot => Purpose::ProductScreenshot,
            Self::UserGuide => Purpose::UserGuide,
            Self::Copyright | Self::Letter => Purpose::SoftwareCopyright,
            Self::Qualification(_) => Purpose::ProductQualification,
            Self::Certificate(_) => Purpose::Certificate,
            Self::Requirement | Self::Handover => Purpose::ServiceTemplate,
        }
    }

    pub(super) fn section(&self) -> Section {
        match self {
            Self::Agreement | Self::UserGuide => Section::Support,
            Self::Logo | Self::Screenshot => Section::Pictures,
            Self::Copyright | Self::Letter | Self::Qualification(_) | Self::Certificate(_) => Section::Papers,
            Self::Requirement | Self::Handover => Section::Service,
        }
    }

    pub(super) fn put(&self, listing: &mut Listing, id: DocumentId) {
        match self {
            Self::Agreement => listing.agreement = Some(id),
            Self::Logo => listing.logo = Some(id),
            Self::Screenshot => listing.screenshots.push(id),
            Self::UserGuide => listing.user_guide = Some(id),
            Self::Copyright => listing.copyright.certificate = Some(id),
            Self::Letter => listing.copyright.letter = Some(id),
            Self::Qualification(code) => {
                listing.qualifications.retain(|paper| paper.code != *code);
                listing.qualifications.push(Paper { code: code.clone(), document: Some(id) });
            }
            Self::Certificate(code) => {
                let mut marks = listing.certifications.iter_mut();
                if let Some(mark) = marks.find(|mark| mark.code == *code) {
                    mark.certificate = Some(id);
                }
            }
            Self::Requirement => listing.service.requirement_template = Some(id),
            Self::Handover => listing.service.delivery_template = Some(id),
        }
    }

    /// The file that is there.
    fn held(&self, listing: &Listing) -> Option<DocumentId> {
        match self {
            Self::Agreement => listing.agreement,
            Self::Logo => listing.logo,
            Self::Screenshot => None,
            Self::UserGuide => listing.user_guide,
            Self::Copyright => listing.copyright.certificate,
            Self::Letter => listing.copyright.letter,
            Self::Qualification(code) => listing.qualifications.iter().find(|paper| paper.code == *code)?.document,
            Self::Certificate(code) => listing.certifications.iter().find(|mark| mark.code == *code)?.certificate,
            Self::Requirement => listing.service.requirement_template,
            Self::Handover => listing.service.delivery_template,
        }
    }

    /// What proves something may be a photograph; what buyers read is a document.
    fn may_be_picture(&self) -> bool {
        match self {
            Self::Copyright | Self::Letter | Self::Qualification(_) | Self::Certificate(_) => true,
            Self::Agreement | Self::Logo | Self::Screenshot | Self::UserGuide | Self::Requirement | Self::Handover => {
                false
            }
        }
    }
}

/// A paper into the place that the address names.
async fn upload(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam((id, slot)): PathParam<(ProductId, String)>,
    once: Once,
    upload: Upload<Carried>,
) -> Result<Response, Problem> {
    let slot = Slot::named(&slot).ok_or(Error::NotFound(Thing::Document))?;
    let kept = keep(&catalogue, &seller, id, once, (&upload, &slot)).await;
    answer(&catalogue, &visit, &seller, id, kept, |view, desk, mistakes| {
        let mut typed = Typed::from_listing(desk.listing());
        typed.put("draft", desk.product.version.to_string());
        match slot.section() {
            Section::Papers => papers::page(view, desk, &typed, mistakes),
            Section::Service => service::page(view, desk, &typed, mistakes),
            Section::Basics
            | Section::Description
            | Section::Story
            | Section::Pictures
            | Section::Support
            | Section::Facts
            | Section::Inputs
            | Section::Found
            | Section::Specs
            | Section::Prices
            | Section::Submit => texts::support_page(view, desk, &typed, mistakes),
        }
    })
    .await
}

/// A paper: the file there is, and the way to another.
pub(super) fn slot_card(
    view: &View,
    desk: &Desk,
    slot: &Slot,
    (title, hint): (&str, &str),
    mistakes: &Mistakes,
) -> Markup {
    let field = slot.field();
    let pictures: &[&str] = if slot.may_be_picture() { &["png", "jpg", "jpeg"] } else { &[] };
    let documents = desk.policy.catalogue.agreement_endings.iter().map(String::as_str);
    let endings: Vec<String> = documents.chain(pictures.iter().copied()).map(|ending| format!(".{ending}")).collect();
    let most = view.size(i64::from(desk.policy.catalogue.agreement_bytes_max));
    let kinds = view.ta("release-file-kinds", &[("kinds", endings.join(" ").into()), ("most", most.into())]);
    let held = slot.held(desk.listing());
    let label = if held.is_some() { view.t("release-file-other") } else { view.t("release-file") };
    ui::card(
        Some(title),
        &html! {
            p.muted { (hint) }
            @if let Some(id) = held {
                p.row {
                    @match desk.files.get(&id) {
                        Some(file) => {
                            a href={ "/documents/" (file.id) } { (file.name) }
                            span.small.muted { (view.size(file.size)) " · " (view.date(file.uploaded_at)) }
                        },
                        None => code { (id) },
                    }
                }
            }
            (ui::upload_form(view, &format!("/seller/products/{}/files/{field}", desk.product.id), &html! {
                (carried(desk))
                (ui::file_drop(view, &field, &label, &endings.join(","), &kinds, mistakes))
                div.row { button.button type="submit" { (view.t("listing-upload")) } }
            }))
        },
    )
}
