//! The form of a review: for something that the account owns, and to change one.

use accounts::{Buyer, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use catalogue::STARS_MAX;
use kernel::{
    id::{InstanceId, ReviewId},
    text::Lang,
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes};
use policy::ReviewRules;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, View};

use crate::{
    Reviews,
    rules::{Review, Written},
};

pub(super) const PLACE: Place = Place::Console("reviews");

/// What was typed. Whoever writes in the language of the page need not say so.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    stars: String,
    title: String,
    text: String,
    lang: String,
    version: String,
}

impl Typed {
    fn blank(view: &View) -> Self {
        Self { lang: view.lang.to_string(), ..Self::default() }
    }

    pub(super) fn of(review: &Review) -> Self {
        let Written { stars, title, text, lang } = &review.written;
        Self {
            stars: stars.to_string(),
            title: title.clone(),
            text: text.clone(),
            lang: lang.to_string(),
            version: review.version.to_string(),
        }
    }

    /// What was typed, beside the version that is there now: its writer sees what it says before it is sent again.
    pub(super) fn beside(&self, present: &Self) -> Self {
        Self { version: present.version.clone(), ..self.clone() }
    }

    fn written(&self, view: &View) -> Written {
        Written {
            // What is no number is no star.
            stars: self.stars.parse().unwrap_or(0),
            title: self.title.clone(),
            text: self.text.clone(),
            lang: self.lang.parse::<Lang>().unwrap_or(view.lang),
        }
    }
}

async fn begin(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Response, Problem> {
    let tx = &mut reviews.app.db.read();
    let instance = reviews.instances.find_for(tx, buyer.account(), id).await?;
    if let Some(own) = reviews.own_of(tx, &buyer, instance.product).await? {
        return Ok(Redirect::to(&format!("/console/reviews/{}", own.id)).into_response());
    }
    // Why it cannot be reviewed is said before anything is typed.
    reviews.standing(tx, buyer.account(), instance.product).await?;
    let typed = Typed::blank(&visit.view);
    Ok(beginning(&reviews, &visit.view, (&buyer, id), (&typed, &Mistakes::none())).await?.into_response())
}

async fn beginning(
    reviews: &Reviews,
    view: &View,
    (buyer, id): (&Buyer, InstanceId),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let tx = &mut reviews.app.db.read();
    let instance = reviews.instances.find_for(tx, buyer.account(), id).await?;
    let name = reviews.catalogue.product_name(tx, instance.product).await?;
    let policy = reviews.policies.current().await?;
    let title = view.ta("product-review-write-title", &[("name", view.of(&name).into())]);
    let action = format!("/console/instances/{id}/review");
    let back = format!("/console/instances/{id}");
    let body = html! {
        nav.small aria-label=(view.t("product-review-back-label")) { a href=(back) { "← " (view.of(&instance.title)) } }
        (ui::header(&title, Some(&view.t("product-review-write-lead")), &html! {}))
        (mistakes.summary(view))
        (ui::card(None, &form(view, (&action, &view.t("product-review-publish"), &back), (&policy.reviews, typed), mistakes)))
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

async fn write(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let done = once.run(&reviews.app, async |tx| {
        let instance = reviews.instances.find_for(tx, buyer.account(), id).await?;
        let review = reviews.write(tx, &buyer, (instance.product, typed.written(view))).await?;
        Ok(Answer::see_other(format!("/console/reviews/{}?done=review-written", review.id)))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(beginning(&reviews, view, (&buyer, id), (&typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn edit(
    State(reviews): State<Reviews>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<ReviewId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let done = once.run(&reviews.app, async |tx| {
        let seen = IfMatch(typed.version.parse().unwrap_or(0));
        reviews.edit(tx, &buyer, (id, seen, typed.written(view))).await?;
        Ok(Answer::see_other(format!("/console/reviews/{id}?done=review-written")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let again = super::own::page(&reviews, view, (&buyer, id), (Some(&typed), &mistakes)).await?;
            Ok(again.refused().into_response())
        }
    }
}

/// The fields of a review.
pub(super) fn form(
    view: &View,
    (action, button, back): (&str, &str, &str),
    (rules, typed): (&ReviewRules, &Typed),
    mistakes: &Mistakes,
) -> Markup {
    let star = |stars: u8| {
        Choice::new(stars.to_string(), view.ta("product-review-stars-row", &[("stars", stars.into())]))
            .hint(view.word("product-review-meaning", &stars.to_string()))
    };
    let stars: Vec<Choice> = (1..=STARS_MAX).rev().map(star).collect();
    let langs = [Choice::new("en", "English"), Choice::new("zh", "中文")];
    let (title, text, lang) =
        (view.t("product-review-title"), view.t("product-review-text"), view.t("product-review-lang"));
    let bounds = [("min", rules.text_min.into()), ("max", rules.text_max.into())];
    ui::form(
        view,
        action,
        &html! {
            input type="hidden" name="version" value=(typed.version);
            (ui::choice_cards(&view.t("product-review-stars"), "stars", &stars, &typed.stars, mistakes))
            (Field::text("title", &title).value(&typed.title).hint(view.t("product-review-title-hint")).required()
                .with("maxlength", rules.title_max.to_string()).render(view, mistakes))
            (Field::area("text", &text, 7).value(&typed.text).hint(view.ta("product-review-text-hint", &bounds)).required()
                .with("maxlength", rules.text_max.to_string()).render(view, mistakes))
            (Field::select("lang", &lang, &langs).value(&typed.lang).required().render(view, mistakes))
            p.small.muted { (view.t("product-review-rules")) }
            div.row {
                button.button.primary type="submit" { (button) }
                a.button.quiet href=(back) { (view.t("ui-cancel")) }
            }
        },
    )
}

pub(super) fn routes(reviews: &Reviews) -> Routes {
    Routes::of(reviews.clone())
        .page("/console/instances/{instance}/review", begin, Access::Buyer)
        .form("/console/instances/{instance}/review", write, Access::Buyer)
        .form("/console/reviews/{review}", edit, Access::Buyer)
        .done()
}
