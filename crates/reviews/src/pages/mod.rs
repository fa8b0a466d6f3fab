//! Pages of reviews: for everybody, their authors, sellers and the operator.

mod everybody;
mod operator;
mod own;
mod part;
mod seller;
mod writing;

use maud::Markup;
use platform::http::Routes;
use ui::{Tone, View};

use crate::{
    Reviews,
    rules::{ReviewCaseState, ReviewState},
};

pub(crate) fn routes(reviews: &Reviews) -> Routes {
    everybody::routes(reviews)
        .and(own::routes(reviews))
        .and(writing::routes(reviews))
        .and(seller::routes(reviews))
        .and(operator::routes(reviews))
}

fn state_badge(view: &View, state: ReviewState) -> Markup {
    let tone = match state {
        ReviewState::Shown => Tone::Good,
        ReviewState::Hidden => Tone::Bad,
        ReviewState::Withdrawn => Tone::Plain,
    };
    ui::badge(tone, &view.word("product-review-state", state.as_str()))
}

fn case_badge(view: &View, state: ReviewCaseState) -> Markup {
    let tone = match state {
        ReviewCaseState::Open | ReviewCaseState::Appealed => Tone::Warn,
        ReviewCaseState::Kept | ReviewCaseState::Restored => Tone::Good,
        ReviewCaseState::Hidden | ReviewCaseState::Upheld => Tone::Bad,
    };
    ui::badge(tone, &view.word("product-review-case", state.as_str()))
}
