//! How products are rated and what is said of them, wherever it is shown: stars, a summary with its table, one review.

use kernel::{id::ProductId, text::Lang};
use maud::{Markup, html};
use policy::ReviewRules;
use ui::{Tone, View};

use crate::rules::{Rated, Rating, STARS_MAX, ShownReview};

/// A mean or a number of stars in tenths, as it is written.
pub(crate) fn tenths_text(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Tenths of a star as five of them, halves included; readers hear the number.
pub fn stars(view: &View, tenths: u64) -> Markup {
    let full = |place: u8| u64::from(place) * 10;
    html! {
        span.stars role="img" aria-label=(view.ta("product-review-stars-of", &[("stars", tenths_text(tenths).into()), ("most", STARS_MAX.into())])) {
            @for place in 1..=STARS_MAX {
                @if tenths + 2 >= full(place) { span.star.full aria-hidden="true" { "★" } }
                @else if tenths + 7 >= full(place) { span.star.half aria-hidden="true" { "★" } }
                @else { span.star aria-hidden="true" { "★" } }
            }
        }
    }
}

/// The stars of a product, their mean, and how many have rated; nothing while nobody has.
pub(crate) fn rated(view: &View, rated: Rated) -> Markup {
    html! {
        @if let Some(tenths) = rated.tenths() {
            span.rated {
                (stars(view, tenths)) " " strong { (tenths_text(tenths)) } " "
                span.muted { "(" (count(view, rated.count)) ")" span.unseen { " " (view.t("product-review-count-unseen")) } }
            }
        }
    }
}

fn count(view: &View, number: u64) -> String {
    view.count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The mean, and how often each number of stars was given: a table with bars, each of which leads to those reviews.
pub fn rating_summary(view: &View, rating: &Rating, product: ProductId) -> Markup {
    let rated = rating.rated();
    html! {
        @if let Some(tenths) = rated.tenths() {
            div.rating-summary {
                div.rating-mean {
                    strong { (tenths_text(tenths)) }
                    (stars(view, tenths))
                    span.muted.small { (view.ta("product-review-count", &[("count", count(view, rated.count).into()), ("number", rated.count.min(1_000).into())])) }
                }
                table.rating-bars {
                    caption.unseen { (view.t("product-review-distribution")) }
                    thead.unseen { tr { th scope="col" { (view.t("product-review-stars")) } th scope="col" { (view.t("product-review-share")) } th scope="col" { (view.t("product-review-number")) } } }
                    tbody {
                        @for (stars, number) in rating.by_stars() {
                            tr {
                                th scope="row" { a href={ "/products/" (product) "/reviews?stars=" (stars) } { (view.ta("product-review-stars-row", &[("stars", stars.into())])) } }
                                td { meter min="0" max=(rated.count) value=(number) aria-hidden="true" {} }
                                td.number { (count(view, number)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One review as everybody reads it, with what its reader can do about it.
pub fn review_article(view: &View, rules: &ReviewRules, review: &ShownReview, ways: &Markup) -> Markup {
    let name = rules.shown_name(&review.account_name);
    html! {
        article.review id=(review.id) {
            header {
                (stars(view, u64::from(review.stars) * 10))
                h3 lang=(tag(review.lang)) { (review.title) }
            }
            p.muted.small {
                span { (name.unwrap_or_else(|| view.t("product-review-author"))) } " · "
                (view.date(review.written_at))
                @if review.edited_at.is_some() { " · " (view.t("product-review-edited")) }
            }
            p.row.small {
                (ui::badge(Tone::Good, &view.t("product-review-verified")))
                span { (view.of(&review.edition)) }
                span.muted { (view.ta("product-review-used", &[("days", review.after_days.into()), ("date", view.date_text(review.bought_at).into())])) }
                @if review.returned { (ui::badge(Tone::Plain, &view.t("product-review-returned"))) }
                @else if !review.counted { (ui::badge(Tone::Plain, &view.t("product-review-uncounted"))) }
            }
            p.review-text lang=(tag(review.lang)) { (review.text) }
            @if let Some(answer) = &review.answer {
                div.review-answer {
                    p.small { strong { (view.t("product-review-answer")) } " " span.muted { (view.date(answer.answered_at)) @if answer.edited_at.is_some() { " · " (view.t("product-review-edited")) } } }
                    p.review-text lang=(tag(answer.lang)) { (answer.text) }
                }
            }
            (ways)
        }
    }
}

fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh-CN",
    }
}

/// What a product's page shows of its reviews: the summary, the latest ones, and the ways to all of them.
pub(crate) fn slot(
    view: &View,
    rules: &ReviewRules,
    product: ProductId,
    (rating, first): (&Rating, &[ShownReview]),
) -> Markup {
    let all = format!("/products/{product}/reviews");
    html! {
        section.card #reviews {
            h2 { (view.t("storefront-reviews")) }
            @if first.is_empty() {
                p.muted { (view.t("storefront-reviews-none")) }
            } @else {
                (rating_summary(view, rating, product))
                div.reviews { @for review in first { (review_article(view, rules, review, &html! {})) } }
                p.row {
                    a.button href=(all) { (view.t("product-review-all")) }
                    @for sort in ["highest", "lowest"] { a href={ (all) "?sort=" (sort) } rel="nofollow" { (view.word("product-review-sort", sort)) } }
                }
            }
        }
    }
}
