//! All reviews of a product, and reporting one.

use accounts::{Buyer, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::{STARS_MAX, ShownReview, rating_summary, review_article};
use kernel::{
    Error, Invalid, Localized, Page as Listed, PageQuery,
    id::{ProductId, ReviewId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use policy::ReviewRules;
use serde::Deserialize;
use ui::{Choice, Field, Head, Mistakes, Page, Place, View};

use crate::{
    Reviews,
    actions::Wanted,
    rules::{Filed, ReportReason, Review, ReviewSorting},
};

const PLACE: Place = Place::Storefront("search");

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    sort: String,
    stars: String,
    cursor: Option<String>,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let stars = self.stars.parse().ok().filter(|stars| (1..=STARS_MAX).contains(stars));
        Wanted { sorting: self.sort.parse().unwrap_or(ReviewSorting::Newest), stars }
    }
}

async fn list(
    State(reviews): State<Reviews>,
    visit: Visit,
    PathParam(product): PathParam<ProductId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let (view, wanted) = (&visit.view, asked.wanted());
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let tx = &mut reviews.app.db.read();
    let policy = reviews.policies.current().await?;
    let (name, rating, found) = reviews.of_product(tx, (visit.member.as_ref(), product), wanted, page).await?;
    let title = view.ta("product-review-of", &[("name", view.of(&name).into())]);
    let reader = visit.member.clone().and_then(|member| Buyer::try_from(member).ok());
    let may_report = reader.is_some() || visit.member.is_none();
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href={ "/products/" (product) } { "← " (view.of(&name)) } }
        (ui::header(&title, None, &html! {}))
        (rating_summary(view, &rating, product))
        @if rating.rated().count > 0 || !found.items.is_empty() { (ways(view, product, wanted)) }
        (shown(view, &policy.reviews, (product, may_report, asked.cursor.is_some()), &found))
    };
    let head = Head { unlisted: true, ..Head::of(title.clone(), format!("/products/{product}/reviews")) };
    Ok(ui::page_with(view, PLACE, (&title, &head), &body))
}

/// The orders and the numbers of stars to choose from, as links.
fn ways(view: &View, product: ProductId, wanted: Wanted) -> Markup {
    let address = |sorting: ReviewSorting, stars: Option<u8>| {
        let stars = stars.map(|stars| format!("&stars={stars}")).unwrap_or_default();
        format!("/products/{product}/reviews?sort={sorting}{stars}")
    };
    html! {
        nav.sortings aria-label=(view.t("product-review-sorting")) {
            @for one in ReviewSorting::ALL {
                a href=(address(*one, wanted.stars)) rel="nofollow" aria-current=[(*one == wanted.sorting).then_some("true")] {
                    (view.word("product-review-sort", one.as_str()))
                }
            }
        }
        @if let Some(stars) = wanted.stars {
            ul.chips.chosen { li {
                a.chip.removable href=(address(wanted.sorting, None)) {
                    (view.ta("product-review-stars-row", &[("stars", stars.into())])) span aria-hidden="true" { "×" } span.unseen { (view.t("search-remove")) }
                }
            } }
        }
    }
}

fn shown(
    view: &View,
    rules: &ReviewRules,
    (product, may_report, later): (ProductId, bool, bool),
    found: &Listed<ShownReview>,
) -> Markup {
    let report = |review: &ShownReview| {
        html! {
            @if may_report {
                p.small { a href={ "/products/" (product) "/reviews/" (review.id) "/report" } rel="nofollow" {
                    (view.t("product-review-report")) span.unseen { ": " (review.title) }
                } }
            }
        }
    };
    html! {
        @if found.items.is_empty() {
            (ui::empty(&view.t("product-review-none"), &view.t("product-review-none-text"), &html! {}))
        } @else {
            section.card { h2.unseen { (view.t("storefront-reviews")) } div.reviews { @for review in &found.items { (review_article(view, rules, review, &report(review))) } } }
        }
        @if later || found.next_cursor.is_some() {
            nav.paging aria-label=(view.t("ui-pages")) {
                @if later { a href=(view.without_query("cursor")) { (view.t("product-review-first-page")) } }
                @if let Some(next) = &found.next_cursor { a href=(view.with_query("cursor", next)) rel="next" { (view.t("product-review-next-page")) } }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    reason: String,
    note: String,
}

async fn ask(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(about): PathParam<(ProductId, ReviewId)>,
) -> Result<Page, Problem> {
    asked(&reviews, (&visit.view, &buyer), about, (&Typed::default(), &Mistakes::none())).await
}

async fn asked(
    reviews: &Reviews,
    (view, buyer): (&View, &Buyer),
    about: (ProductId, ReviewId),
    typed: (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let tx = &mut reviews.app.db.read();
    let review = reviews.to_report(tx, buyer, about).await?;
    let name = reviews.catalogue.product_name(tx, about.0).await?;
    Ok(page(view, (&review, &name), typed))
}

async fn report(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(about): PathParam<(ProductId, ReviewId)>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&reviews.app, async |tx| {
        let choose = ("has to be chosen", "须选择一项");
        let reason = typed.reason.parse::<ReportReason>().map_err(|_| Invalid::one("reason", choose))?;
        let filed = Filed { reason, note: typed.note.clone() };
        reviews.report(tx, &buyer, (about, &filed)).await?;
        Ok(Answer::see_other(format!("/products/{}/reviews?done=review-reported", about.0)))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(asked(&reviews, (&visit.view, &buyer), about, (&typed, &mistakes)).await?.refused().into_response())
        }
    }
}

fn page(view: &View, (review, name): (&Review, &Localized), (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let title = view.t("product-review-report-title");
    let here = format!("/products/{}/reviews", review.product);
    let card =
        |reason: &ReportReason| Choice::new(reason.as_str(), view.word("product-review-reason", reason.as_str()));
    let reasons: Vec<Choice> = ReportReason::ALL.iter().map(card).collect();
    let note = view.t("product-review-report-note");
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href=(here) { "← " (view.ta("product-review-of", &[("name", view.of(name).into())])) } }
        (ui::header(&title, Some(&view.t("product-review-report-lead")), &html! {}))
        (mistakes.summary(view))
        (ui::card(None, &html! {
            blockquote { p { strong { (review.written.title) } } p.review-text { (review.written.text) } }
            (ui::form(view, &format!("{here}/{}/report", review.id), &html! {
                (ui::choice_cards(&view.t("product-review-report-reason"), "reason", &reasons, &typed.reason, mistakes))
                (Field::area("note", &note, 3).value(&typed.note).hint(view.t("product-review-report-hint")).with("maxlength", "500").render(view, mistakes))
                div.row {
                    button.button.primary type="submit" { (view.t("product-review-report-do")) }
                    a.button.quiet href=(here) { (view.t("ui-cancel")) }
                }
            }))
        }))
    };
    ui::page(view, PLACE, &title, &body)
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .page("/products/{product}/reviews", list, Access::Public)
        .page("/products/{product}/reviews/{review}/report", ask, Access::Buyer)
        .form("/products/{product}/reviews/{review}/report", report, Access::Buyer)
        .done()
}
