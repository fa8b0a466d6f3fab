//! The section of what sets a product apart and who uses it; and the rows of headings with texts that other sections have.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Localized, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use ui::{Field, Mistakes, Page, View};

use super::{Typed, answer, carried, frame, guidance, path, refusal, save, save_row};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{POINTS_MAX, Point, Section},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/story", show, Access::Seller)
        .form("/seller/products/{product}/story", write, Access::Seller)
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
    let next = format!("{}?done=listing-saved", path(id, Section::Story));
    let saved = save(&catalogue, &seller, once, id, &typed, |listing| {
        listing.highlights = points(&typed, "highlights", POINTS_MAX);
        listing.cases = points(&typed, "cases", POINTS_MAX);
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| page(view, desk, &typed, mistakes))
        .await
}

fn page(view: &View, desk: &Desk, typed: &Typed, mistakes: &Mistakes) -> Page {
    let form = ui::form(
        view,
        &path(desk.product.id, Section::Story),
        &html! {
            (carried(desk))
            (refusal(view, typed, mistakes))
            h2 { (view.t("release-highlights")) }
            p.muted { (view.t("release-highlights-lead")) }
            (rows(view, typed, mistakes, ("highlights", POINTS_MAX)))
            h2 { (view.t("release-cases")) }
            p.muted { (view.t("release-cases-lead")) }
            (rows(view, typed, mistakes, ("cases", POINTS_MAX)))
            (save_row(view))
        },
    );
    frame(view, desk, Section::Story, &ui::card(None, &form))
}

/// What was typed into the rows of a list; rows that were left blank are not there.
pub(super) fn points(typed: &Typed, list: &str, most: usize) -> Vec<Point> {
    let text = |path: &str| typed.text(path).trim().to_owned();
    let point = |index: usize| Point {
        title: typed.line(&format!("{list}[{index}].title")),
        text: Localized::new(text(&format!("{list}[{index}].text.en")), text(&format!("{list}[{index}].text.zh"))),
    };
    (0..typed.count(list).min(most)).map(point).filter(|point| *point != Point::default()).collect()
}

/// The rows of a list, and one more as long as there may be more.
pub(super) fn rows(view: &View, typed: &Typed, mistakes: &Mistakes, (list, most): (&str, usize)) -> Markup {
    let count = typed.count(list).saturating_add(1).clamp(2, most);
    html! {
        (mistakes.beside(list))
        @for index in 0..count { (row(view, typed, mistakes, (list, index))) }
        @if count < most { p.small.muted { (view.t("release-more-rows")) } }
    }
}

fn row(view: &View, typed: &Typed, mistakes: &Mistakes, (list, index): (&str, usize)) -> Markup {
    let at = format!("{list}[{index}]");
    let (title_zh, title_en) = (format!("{at}.title.zh"), format!("{at}.title.en"));
    let (text_zh, text_en) = (format!("{at}.text.zh"), format!("{at}.text.en"));
    let labels = [
        view.t("release-point-title-zh"),
        view.t("release-point-title-en"),
        view.t("release-point-text-zh"),
        view.t("release-point-text-en"),
    ];
    html! {
        fieldset.part {
            legend { (index.saturating_add(1)) }
            div.fields.two {
                (Field::text(&title_zh, &labels[0]).value(typed.text(&title_zh)).wanted().with("maxlength", "60").render(view, mistakes))
                (Field::text(&title_en, &labels[1]).value(typed.text(&title_en)).wanted().with("maxlength", "60").render(view, mistakes))
                (Field::area(&text_zh, &labels[2], 3).value(typed.text(&text_zh)).wanted().with("maxlength", "1000").render(view, mistakes))
                (Field::area(&text_en, &labels[3], 3).value(typed.text(&text_en)).wanted().with("maxlength", "1000").render(view, mistakes))
            }
        }
    }
}
