//! A seller's products, and beginning one.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Localized, Page, PageQuery, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use policy::Policy;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Place, Table, View};

use super::super::labels::{meter, name_of, product_badge, revision_badge};
use crate::{
    Catalogue, ProductState, RevisionState,
    actions::Desk,
    rules::{Listing, Reform, requirements},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products", list, Access::Seller)
        .page("/seller/products/new", begin, Access::Seller)
        .form("/seller/products/new", create, Access::Seller)
        .form("/seller/products/{product}/copy", copy, Access::Seller)
        .done()
}

async fn list(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Asked>,
) -> Result<ui::Page, Problem> {
    let page = PageQuery { cursor: asked.cursor, limit: None }.checked().map_err(kernel::Error::from)?;
    let state = asked.state.parse().ok();
    let desks = catalogue.desks(&mut catalogue.app.db.read(), &seller, state, page).await?;
    Ok(listed(&visit.view, state, &desks))
}

/// Which products are wanted. Whatever is no state means all.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn copy(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let product = catalogue.copy(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("/seller/products/{}?done=listing-copied", product.id)))
    })
    .await
}

fn by_state(view: &View, state: Option<ProductState>) -> Markup {
    let mut states = vec![Choice::new("all", view.t("listing-list-all"))];
    let word = |state: &ProductState| view.word("product-state", state.as_str());
    states.extend(ProductState::ALL.iter().map(|state| Choice::new(state.as_str(), word(state))));
    let label = view.t("listing-list-state");
    let chosen = state.map_or("all", ProductState::as_str);
    Field::select("state", &label, &states).value(chosen).required().render(view, &Mistakes::none())
}

fn listed(view: &View, state: Option<ProductState>, desks: &Page<Desk>) -> ui::Page {
    let title = view.t("listing-list-title");
    let begin = ui::button_link("/seller/products/new", &view.t("listing-new"), true);
    let empty = match state {
        Some(_) => ui::empty(&view.t("listing-list-none"), &view.t("listing-list-none-text"), &html! {}),
        None => ui::empty(&view.t("listing-list-empty"), &view.t("listing-list-empty-text"), &begin),
    };
    let table = Table::new(view, &title, &desks.items)
        .column(view.t("listing-list-product"), |desk| {
            html! { a href={ "/seller/products/" (desk.product.id) } { (name_of(view, &desk.listing().name)) } }
        })
        .column(view.t("listing-list-state"), |desk| product_badge(view, desk.product.state))
        .column(view.t("listing-list-complete"), |desk| {
            let wanted = requirements(desk.listing(), &desk.policy, &desk.mistakes);
            meter(view, wanted.iter().filter(|one| one.met).count(), wanted.len())
        })
        .column(view.t("listing-list-review"), |desk| reviewed(view, desk))
        .column(
            view.t("listing-list-since"),
            |desk| html! { @if let Some(at) = desk.product.listed_at { (view.date(at)) } },
        )
        .column(view.t("listing-list-edited"), |desk| view.time(desk.product.edited_at))
        .column(view.t("release-copy"), |desk| {
            let name = name_of(view, &desk.listing().name);
            let label = view.ta("release-copy-of", &[("name", name.into())]);
            ui::form(
                view,
                &format!("/seller/products/{}/copy", desk.product.id),
                &html! {
                    button.button.quiet type="submit" aria-label=(label) { (view.t("release-copy")) }
                },
            )
        })
        .filters(by_state(view, state))
        .empty(empty)
        .next(desks.next_cursor.as_deref())
        .render();
    let begin = if desks.items.is_empty() && state.is_none() {
        html! {}
    } else {
        begin
    };
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("listing-list-lead")), &html! {
                (ui::button_link("/seller/measures", &view.t("measure-own"), false))
                (ui::button_link("/seller/catalogue", &view.t("files-title"), false))
                (ui::button_link("/seller/attributes", &view.t("release-library"), false))
                (begin)
            }))
            (table)
        },
    )
}

/// Where the last submission stands, as far as the seller has to do or wait for something.
fn reviewed(view: &View, desk: &Desk) -> Markup {
    let Some(revision) = &desk.latest else { return html! {} };
    match revision.state {
        RevisionState::Submitted => html! {
            (revision_badge(view, revision.state)) " "
            span.small.muted { (view.t("listing-until")) " " (view.date(revision.due_at)) }
        },
        RevisionState::Rejected => html! {
            a href={ "/seller/products/" (desk.product.id) "/submit" } { (revision_badge(view, revision.state)) }
        },
        RevisionState::Withdrawn | RevisionState::Approved | RevisionState::Superseded => html! {},
    }
}

#[derive(Default, Deserialize)]
struct Beginning {
    #[serde(default, rename = "name.zh")]
    zh: String,
    #[serde(default, rename = "name.en")]
    en: String,
    #[serde(default)]
    access_type: String,
}

async fn begin(State(catalogue): State<Catalogue>, visit: Visit, _seller: Seller) -> Result<ui::Page, Problem> {
    let policy = catalogue.policies.current().await?;
    Ok(beginning(&visit.view, &policy, &Beginning::default(), &Mistakes::none()))
}

async fn create(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(form): Form<Beginning>,
) -> Result<Response, Problem> {
    let name = Localized::new(form.en.trim(), form.zh.trim());
    let policy = catalogue.policies.current().await?;
    let currency = policy.site.currencies.first().copied();
    let access_type = form.access_type.parse().unwrap_or(Listing::default().access_type);
    let mut listing = Listing { access_type, name, currency, ..Listing::default() };
    listing.reform(Reform::AddSpec);
    let made = once.run(&catalogue.app, async |tx| {
        let product = catalogue.create(tx, &seller, &listing).await?;
        Ok(Answer::see_other(format!("/seller/products/{}?done=listing-begun", product.id)))
    });
    match made.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(beginning(&visit.view, &policy, &form, &mistakes).refused().into_response())
        }
    }
}

fn beginning(view: &View, policy: &Policy, form: &Beginning, mistakes: &Mistakes) -> ui::Page {
    let title = view.t("listing-new");
    let (zh, en) = (view.t("listing-name-zh"), view.t("listing-name-en"));
    let fields = html! {
        (mistakes.summary(view))
        (access_types(view, policy, &form.access_type, mistakes))
        div.fields {
            (Field::text("name.zh", &zh).value(&form.zh).with("maxlength", "80").render(view, mistakes))
            (Field::text("name.en", &en).value(&form.en).with("maxlength", "80").render(view, mistakes))
        }
        div.row { button.button.primary type="submit" { (view.t("listing-new-go")) } }
    };
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("listing-new-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/seller/products/new", &fields)))
        },
    )
}

/// What can be listed here; with what is delivered already first.
fn access_types(view: &View, policy: &Policy, chosen: &str, mistakes: &Mistakes) -> Markup {
    let choice = |rules: &policy::AccessRules| {
        let choice = Choice::new(rules.code.as_str(), view.of(&rules.name));
        if rules.sold_later.is_some() { choice.hint(view.t("listing-access-later")) } else { choice }
    };
    let (now, later): (Vec<_>, Vec<_>) = policy.access_types.iter().partition(|rules| rules.sold_later.is_none());
    let choices: Vec<Choice> = now.into_iter().chain(later).map(choice).collect();
    let chosen = if chosen.is_empty() { choices.first().map_or("", |choice| &choice.value) } else { chosen };
    ui::choice_cards(&view.t("listing-access-type"), "access_type", &choices, chosen, mistakes)
}
