//! `/operator/storefront/categories`: the tree in which buyers browse.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Localized, Result, Thing};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Table, Tone, View, badge, card, confirm, empty, form, header};

use super::{PLACE, arranges, tabs};
use crate::{
    Catalogue,
    actions::Arranged,
    rules::{Category, CategoryDraft, CategoryState, Hidden},
};

const HERE: &str = "/operator/storefront/categories";

/// A category as it is typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
    parent: String,
    #[serde(rename = "name.en")]
    name_en: String,
    #[serde(rename = "name.zh")]
    name_zh: String,
    position: String,
    hidden: String,
}

impl Typed {
    fn of(category: &Category) -> Self {
        Self {
            code: category.code.clone(),
            parent: category.parent.clone().unwrap_or_default(),
            name_en: category.name.en.clone(),
            name_zh: category.name.zh.clone(),
            position: category.position.to_string(),
            hidden: (category.state == CategoryState::Hidden).to_string(),
        }
    }

    fn draft(&self, code: &str) -> CategoryDraft {
        CategoryDraft {
            code: code.trim().to_owned(),
            parent: Some(self.parent.clone()).filter(|parent| !parent.is_empty()),
            name: Localized::new(self.name_en.trim(), self.name_zh.trim()),
            // What is no number is out of its range, and is said to be so.
            position: self.position.trim().parse().unwrap_or(-1),
            hidden: if self.hidden == "true" { Hidden::Yes } else { Hidden::No },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Merging {
    into: String,
}

async fn list(State(catalogue): State<Catalogue>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    let all = catalogue.arranged(&mut catalogue.app.db.read(), &operator).await?;
    let last = all.iter().map(|one| one.category.position).max().unwrap_or(0);
    let fresh = Typed { position: (last + 10).min(10_000).to_string(), ..Typed::default() };
    Ok(page(&visit.view, (&all, arranges(&operator)), &fresh, &Mistakes::none()))
}

async fn add(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.add_category(tx, &operator, &typed.draft(&typed.code)).await?;
        Ok(Answer::see_other(format!("{HERE}?done=category-saved")))
    });
    match done.await {
        Ok(answer) => {
            catalogue.forget_tree();
            Ok(answer.into_response())
        }
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let all = catalogue.arranged(&mut catalogue.app.db.read(), &operator).await?;
            Ok(page(&visit.view, (&all, true), &typed, &mistakes).refused().into_response())
        }
    }
}

async fn edit(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
) -> Result<Page, Problem> {
    let all = catalogue.arranged(&mut catalogue.app.db.read(), &operator).await?;
    let known = all.iter().find(|one| one.category.code == code).ok_or(Error::NotFound(Thing::Category))?;
    let typed = Typed::of(&known.category);
    Ok(one(&visit.view, (&all, arranges(&operator)), (known, &typed), &Mistakes::none()))
}

async fn save(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.change_category(tx, &operator, &typed.draft(&code)).await?;
        Ok(Answer::see_other(format!("{HERE}?done=category-saved")))
    });
    answered(&catalogue, &visit, &operator, (&code, &typed), done.await).await
}

async fn merge(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Form(Merging { into }): Form<Merging>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.merge_category(tx, &operator, &code, &into).await?;
        Ok(Answer::see_other(format!("{HERE}?done=category-merged")))
    });
    refused_beside(&catalogue, &visit, &operator, &code, done.await).await
}

async fn remove(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.remove_category(tx, &operator, &code).await?;
        Ok(Answer::see_other(format!("{HERE}?done=category-removed")))
    });
    refused_beside(&catalogue, &visit, &operator, &code, done.await).await
}

/// The same page again, with what is typed as it stands in the database.
async fn refused_beside(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    code: &str,
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    let tree = catalogue.tree().await?;
    let typed = tree.find(code).map(Typed::of).unwrap_or_default();
    answered(catalogue, visit, operator, (code, &typed), done).await
}

async fn answered(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    (code, typed): (&str, &Typed),
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => {
            catalogue.forget_tree();
            Ok(answer.into_response())
        }
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let all = catalogue.arranged(&mut catalogue.app.db.read(), operator).await?;
            let known = all.iter().find(|one| one.category.code == code).ok_or(Error::NotFound(Thing::Category))?;
            Ok(one(&visit.view, (&all, true), (known, typed), &mistakes).refused().into_response())
        }
    }
}

fn state(view: &View, state: CategoryState) -> Markup {
    let tone = match state {
        CategoryState::Shown => Tone::Good,
        CategoryState::Hidden => Tone::Warn,
        CategoryState::Merged => Tone::Plain,
    };
    badge(tone, &view.word("window-category", state.as_str()))
}

fn page(view: &View, (all, arranges): (&[Arranged], bool), typed: &Typed, mistakes: &Mistakes) -> Page {
    let title = view.t("window-title");
    let name = |one: &Arranged| {
        html! {
            @if one.depth > 0 { span.muted { ("– ".repeat(one.depth)) } }
            a href={ (HERE) "/" (one.category.code) } { (view.of(&one.category.name)) }
        }
    };
    let leads = |one: &Arranged| {
        html! {
            (state(view, one.category.state))
            @if let Some(into) = &one.category.merged_into { " → " code { (into) } }
        }
    };
    let table = Table::new(view, view.word("window-tab", "categories"), all)
        .column(view.t("window-category"), name)
        .column(view.t("window-code"), |one| html! { code { (one.category.code) } })
        .column(view.t("window-state"), leads)
        .number(view.t("window-in-category"), |one| html! { (view.count(one.products)) })
        .number(view.t("window-position"), |one| html! { (one.category.position) })
        .empty(empty(&view.t("window-no-categories"), &view.t("window-no-categories-text"), &html! {}));
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (header(&title, Some(&view.t("window-categories-lead")), &html! {}))
            (tabs(view, "categories"))
            (card(None, &table.render()))
            @if arranges { (card(Some(&view.t("window-add-category")), &fields(view, HERE, (all, None), (typed, mistakes)))) }
        },
    )
}

fn one(
    view: &View,
    (all, arranges): (&[Arranged], bool),
    (known, typed): (&Arranged, &Typed),
    mistakes: &Mistakes,
) -> Page {
    let category = &known.category;
    let title = view.of(&category.name).to_owned();
    let path = format!("{HERE}/{}", category.code);
    let living = arranges && category.state != CategoryState::Merged;
    let (remove, merge, into) = (view.t("window-remove"), view.t("window-merge"), view.t("window-merge-into"));
    let removal = form(
        view,
        &format!("{path}/remove"),
        &html! {
            p { (view.t("window-remove-category-text")) }
            button.button.danger type="submit" { (remove) }
        },
    );
    let merging = form(
        view,
        &format!("{path}/merge"),
        &html! {
            p { (view.t("window-merge-text")) }
            (Field::select("into", &into, &choices(view, all, Some(&category.code), None)).required().render(view, mistakes))
            button.button.primary type="submit" { (merge) }
        },
    );
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href=(HERE) { "← " (view.word("window-tab", "categories")) } }
            (header(&title, None, &html! {
                (state(view, category.state))
                @if living { (confirm(view, &merge, &merge, false, &merging)) (confirm(view, &remove, &remove, true, &removal)) }
            }))
            @if living { (card(None, &fields(view, &path, (all, Some(category)), (typed, mistakes)))) }
            @else { p.muted { (view.t("window-category-fixed")) } }
        },
    )
}

/// Categories that can be chosen, but one.
fn choices(view: &View, all: &[Arranged], but: Option<&str>, none: Option<&str>) -> Vec<Choice> {
    let living = all.iter().filter(|one| one.category.state != CategoryState::Merged);
    let one = |one: &Arranged| {
        Choice::new(&one.category.code, format!("{}{}", "– ".repeat(one.depth), view.of(&one.category.name)))
    };
    let others = living.filter(|one| Some(one.category.code.as_str()) != but).map(one);
    none.map(|none| Choice::new("", none)).into_iter().chain(others).collect()
}

fn fields(
    view: &View,
    path: &str,
    (all, known): (&[Arranged], Option<&Category>),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let parents = choices(view, all, known.map(|known| known.code.as_str()), Some(&view.t("window-top")));
    let label = |key: &'static str| view.t(key);
    let (en, zh, code) = (label("window-name-en"), label("window-name-zh"), label("window-code"));
    let (parent, position, hidden) = (label("window-parent"), label("window-position"), label("window-hide"));
    form(
        view,
        path,
        &html! {
            (mistakes.summary(view))
            div.fields {
                (Field::text("name.en", &en).value(&typed.name_en).required().with("maxlength", "60").render(view, mistakes))
                (Field::text("name.zh", &zh).value(&typed.name_zh).required().with("maxlength", "60").render(view, mistakes))
                @if known.is_none() {
                    (Field::text("code", &code).value(&typed.code).hint(view.t("window-code-hint")).required().with("maxlength", "40").render(view, mistakes))
                }
                (Field::select("parent", &parent, &parents).value(&typed.parent).wanted().render(view, mistakes))
                (Field::input("number", "position", &position).value(&typed.position).hint(view.t("window-position-hint")).required().with("min", "0").with("max", "10000").render(view, mistakes))
            }
            (Field::check("hidden", &hidden).value(&typed.hidden).hint(view.t("window-hide-hint")).render(view, mistakes))
            div.row { button.button.primary type="submit" { (view.t("window-save")) } }
        },
    )
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/storefront/categories", list, Access::Operator)
        .form("/operator/storefront/categories", add, Access::Operator)
        .page("/operator/storefront/categories/{category}", edit, Access::Operator)
        .form("/operator/storefront/categories/{category}", save, Access::Operator)
        .form("/operator/storefront/categories/{category}/merge", merge, Access::Operator)
        .form("/operator/storefront/categories/{category}/remove", remove, Access::Operator)
        .done()
}
