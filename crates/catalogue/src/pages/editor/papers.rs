//! The section of the papers that prove a product: marks with certificates, the software copyright, what the site asks for.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::id::ProductId;
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use policy::{Qualification, SOFTWARE_COPYRIGHT};
use ui::{Choice, Field, Mistakes, Page, View};

use super::{
    Typed, answer, carried, frame, guidance, path, refusal, save, save_row,
    slots::{Slot, slot_card},
};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Certification, Declaration, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/papers", show, Access::Seller)
        .form("/seller/products/{product}/papers", write, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let desk = catalogue.desk(&mut catalogue.app.db.read(), &seller, id).await?;
    let typed = Typed::from_listing(desk.listing());
    Ok(page(&visit.view, &desk, &typed, &guidance(&visit.view, &desk, &typed)))
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let next = format!("{}?done=listing-saved", path(id, Section::Papers));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        let copyright = &mut listing.copyright;
        typed.text("copyright.software").trim().clone_into(&mut copyright.software);
        typed.text("copyright.holder").trim().clone_into(&mut copyright.holder);
        copyright.declaration = typed.text("copyright.declaration").parse().ok();
        let known = std::mem::take(&mut listing.certifications);
        let certificate =
            |code: &String| known.iter().find(|mark| mark.code == *code).and_then(|mark| mark.certificate);
        let chosen = typed.all("mark").iter();
        listing.certifications =
            chosen.map(|code| Certification { code: code.clone(), certificate: certificate(code) }).collect();
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| page(view, desk, &typed, mistakes))
        .await
}

pub(super) fn page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Papers),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            (copyright(view, desk, typed, mistakes))
            (marks(view, desk, mistakes))
            (save_row(view))
        },
    );
    let listing = desk.listing();
    let asked = |paper: &&Qualification| listing.needs(&desk.policy, &paper.code);
    let certificates = listing.certifications.iter().filter_map(|mark| {
        let known = desk.policy.catalogue.certifications.iter().find(|known| known.code == mark.code)?;
        Some((Slot::Certificate(mark.code.clone()), view.of(&known.name)))
    });
    frame(
        view,
        desk,
        Section::Papers,
        &html! {
            (ui::card(None, &form))
            (slot_card(view, desk, &Slot::Copyright, (&view.t("release-copyright-certificate"), &view.t("release-copyright-certificate-hint")), mistakes))
            @if listing.copyright.declaration.is_some() {
                (slot_card(view, desk, &Slot::Letter, (&view.t("release-copyright-letter"), &view.t("release-copyright-letter-hint")), mistakes))
            }
            (mistakes.beside("qualifications"))
            @for paper in desk.policy.catalogue.qualifications.iter().filter(asked) {
                (slot_card(view, desk, &Slot::Qualification(paper.code.clone()), (view.of(&paper.name), view.of(&paper.hint)), mistakes))
            }
            @for (slot, name) in certificates {
                (slot_card(view, desk, &slot, (&view.ta("release-certificate-of", &[("name", name.into())]), &view.t("release-certificate-hint")), mistakes))
            }
        },
    )
}

fn copyright(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let needed = desk.listing().needs(&desk.policy, SOFTWARE_COPYRIGHT);
    let (software, holder, declaration) =
        (view.t("release-copyright-software"), view.t("release-copyright-holder"), view.t("release-declaration"));
    let none = Choice::new("", view.t("release-declaration-none"));
    let kinds = Declaration::ALL.iter();
    let kinds = kinds.map(|kind| Choice::new(kind.as_str(), view.word("release-declaration-kind", kind.as_str())));
    let choices: Vec<Choice> = std::iter::once(none).chain(kinds).collect();
    html! {
        h2 { (view.t("release-copyright")) }
        p.muted { @if needed { (view.t("release-copyright-needed")) } @else { (view.t("release-copyright-optional")) } }
        div.fields {
            (Field::text("copyright.software", &software).value(typed.text("copyright.software")).wanted().hint(view.t("release-copyright-software-hint")).with("maxlength", "80").render(view, mistakes))
            (Field::text("copyright.holder", &holder).value(typed.text("copyright.holder")).wanted().hint(view.t("release-copyright-holder-hint")).with("maxlength", "120").render(view, mistakes))
            (Field::select("copyright.declaration", &declaration, &choices).value(typed.text("copyright.declaration")).hint(view.t("release-declaration-hint")).render(view, mistakes))
        }
        @for kind in Declaration::ALL {
            details {
                summary.small { (view.ta("release-declaration-template", &[("kind", view.word("release-declaration-kind", kind.as_str()).into())])) }
                p.small { (view.word("release-declaration-text", kind.as_str())) }
            }
        }
    }
}

fn marks(view: &View, desk: &Desk, mistakes: &Mistakes) -> Markup {
    let chosen = &desk.listing().certifications;
    html! {
        fieldset.picks id="f-certifications" {
            legend { (view.t("release-certifications")) }
            p.hint { (view.t("release-certifications-hint")) }
            div.tick-list {
                @for mark in &desk.policy.catalogue.certifications {
                    label.tick {
                        input type="checkbox" name="mark" value=(mark.code) checked[chosen.iter().any(|own| own.code == mark.code)];
                        (view.of(&mark.name))
                    }
                }
            }
            (mistakes.beside("certifications"))
        }
    }
}
