//! One screen before a trial begins: for how long it is free, what happens then, and the button that starts it.

use std::collections::BTreeMap;

use accounts::{Buyer, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::Replies;
use kernel::Result;
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, Problem, Query, Routes};
use ui::{Mistakes, Page, Place, Tone, View, button_link, escaped};

use super::{
    asking::{questions, replies},
    checkout,
};
use crate::{Orders, rules::Obstacle, trials::Trying};

type Asked = BTreeMap<String, String>;

async fn show(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    match trying(&orders, &buyer, &asked).await {
        Ok(trying) => Ok(page(&visit.view, (&trying, &Replies::default()), &Mistakes::none())),
        Err(error) => checkout::refused(&orders, &visit.view, (&buyer, &asked), NOT_TRIED, error.into()).await,
    }
}

async fn trying(orders: &Orders, buyer: &Buyer, asked: &Asked) -> Result<Trying> {
    let (sku, choice) = checkout::choice(asked)?;
    orders.trying(&mut orders.app.db.read(), buyer, (sku, &choice)).await
}

/// What the page says when it cannot be tried.
const NOT_TRIED: (&str, &str) = ("trial-title", "trial-back");

/// The form carries what is tried, and what its page showed of it (`seen`).
async fn start(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<Asked>,
) -> Result<Response, Problem> {
    let done = once.run(&orders.app, async |tx| {
        let (sku, choice) = checkout::choice(&form)?;
        let seen = form.get("seen").map_or("", String::as_str);
        let order = orders.try_as_seen(tx, &buyer, (sku, &choice), (&replies(&form), Some(seen))).await?;
        Ok(Answer::see_other(format!("/console/orders/{}?done=trial-started", order.id)))
    });
    let problem = match done.await {
        Ok(answer) => return Ok(answer.into_response()),
        Err(problem) => problem,
    };
    let page = match trying(&orders, &buyer, &form).await {
        Ok(trying) => page(&visit.view, (&trying, &replies(&form)), &visit.view.retry(problem)?).refused(),
        Err(error) => checkout::refused(&orders, &visit.view, (&buyer, &form), NOT_TRIED, error.into()).await?,
    };
    Ok(page.into_response())
}

/// What is tried, as parameters.
fn asked(trying: &Trying) -> Vec<(String, String)> {
    let choice = &trying.quote.content.choice;
    let currency = choice.currency.map(|currency| ("currency".to_owned(), currency.to_string()));
    let counts = choice.quantities.iter().map(|(code, count)| (format!("q.{code}"), count.to_string()));
    std::iter::once(("sku".to_owned(), trying.quote.sku.to_string())).chain(counts).chain(currency).collect()
}

fn page(view: &View, (trying, said): (&Trying, &Replies), mistakes: &Mistakes) -> Page {
    let (quote, content) = (&trying.quote, &trying.quote.content);
    let title = view.t("trial-title");
    let days = [("count", content.quote.periods.into())];
    let kept = [("count", content.terms.frozen_days.into())];
    let mut facts = vec![
        (view.t("order-seller"), html! { a href={ "/sellers/" (quote.seller) } { (trying.seller) } }),
        (view.t("trial-length"), html! { (view.ta("order-term-day", &days)) }),
        (
            view.t("trial-until"),
            html! { (view.time(trying.ends_at)) " " span.small.muted { (view.t("trial-until-hint")) } },
        ),
    ];
    if !trying.amounts.is_empty() {
        let amounts = html! { @for amount in &trying.amounts { div { (view.of(amount)) } } };
        facts.push((view.t("trial-quantities"), amounts));
    }
    let agreement = format!("/products/{}/agreement", quote.product);
    ui::page(
        view,
        Place::Storefront("checkout"),
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            div.with-aside {
                div.stack {
                    section.card {
                        h2 { a href={ "/products/" (quote.product) } { (view.of(&content.title)) } }
                        (ui::facts(&facts))
                    }
                    section.card {
                        h2 { (view.t("trial-after")) }
                        ul {
                            li { (view.t("trial-after-nothing")) }
                            li { (view.ta("trial-after-frozen", &kept)) }
                            li { (view.t("trial-after-once")) }
                        }
                    }
                }
                aside.stack {
                    section.card.payment {
                        h2 { (view.t("trial-price")) }
                        p.amount { (view.money(content.quote.total)) }
                        p.muted { (view.ta("trial-free", &days)) }
                        @match trying.obstacle {
                            Some(obstacle) => (stopped(view, trying, obstacle)),
                            None => (begin(view, (trying, said), &agreement, mistakes)),
                        }
                    }
                }
            }
        },
    )
}

fn begin(view: &View, (trying, said): (&Trying, &Replies), agreement: &str, mistakes: &Mistakes) -> Markup {
    html! {
        (ui::form(view, "/trial", &html! {
            @for (name, value) in asked(trying) { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="seen" value=(trying.quote.content.seen());
            (questions(view, &trying.asked, said, mistakes))
            button.button.primary.large.wide type="submit" { (view.t("trial-start")) }
        }))
        p.small.muted { (view.t("trial-agreement")) " " a href=(agreement) download { (view.t("trial-agreement-read")) } }
    }
}

/// Why it cannot be started now, and what to do about it.
fn stopped(view: &View, trying: &Trying, obstacle: Obstacle) -> Markup {
    let (text, action) = match obstacle {
        Obstacle::Unverified => {
            let pairs: Vec<String> =
                asked(trying).iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
            let here = format!("/trial?{}", pairs.join("&"));
            let href = format!("/console/verification?next={}", escaped(&here));
            (view.t("trial-unverified"), button_link(&href, &view.t("checkout-verify"), true))
        }
        Obstacle::Own => (view.t("trial-own"), html! {}),
        Obstacle::Role => (view.t("trial-role"), html! {}),
    };
    html! {
        (ui::notice(Tone::Warn, &html! { p { (text) } }))
        (action)
    }
}

pub(super) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone()).page("/trial", show, Access::Buyer).form("/trial", start, Access::Buyer).done()
}
