//! `/operator/storefront`: what stands on the first page, in which order, from when to when.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, Localized, Result, Thing, Timestamp,
    id::{FloorId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Table, Tone, View, badge, card, confirm, empty, form, header};

use super::{PLACE, arranges, tabs};
use crate::{
    Catalogue,
    actions::Rounds,
    rules::{Category, Floor, FloorContent, FloorDraft, FloorTime, Tag, Tree},
};

/// A floor as it is typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(rename = "title.en")]
    title_en: String,
    #[serde(rename = "title.zh")]
    title_zh: String,
    rule: String,
    category: String,
    tag: String,
    products: String,
    position: String,
    shown_from: String,
    shown_until: String,
    version: String,
}

const RULES: [&str; 5] = ["newest", "best_selling", "varied", "tagged", "picked"];

impl Typed {
    fn of(view: &View, floor: &Floor) -> Self {
        let day = |at: Timestamp| at.format("%Y-%m-%d", &view.zone);
        let mut typed = Self {
            title_en: floor.title.en.clone(),
            title_zh: floor.title.zh.clone(),
            rule: floor.content.rule().to_owned(),
            position: floor.position.to_string(),
            shown_from: if floor.shown_from.as_micros() == 0 { String::new() } else { day(floor.shown_from) },
            // What ends with a day ends when the next one begins.
            shown_until: floor.shown_until.map(|until| day(until.plus_micros(-1))).unwrap_or_default(),
            version: floor.version.to_string(),
            ..Self::default()
        };
        match &floor.content {
            FloorContent::Picked { products } => {
                typed.products = products.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            }
            FloorContent::Newest { category } | FloorContent::BestSelling { category } => {
                typed.category = category.clone().unwrap_or_default();
            }
            FloorContent::Tagged { tag } => typed.tag.clone_from(tag),
            FloorContent::Varied {} => {}
        }
        typed
    }

    fn draft(&self, view: &View, now: Timestamp) -> Result<FloorDraft, Invalid> {
        let mut wrong = Invalid::default();
        let category = || Some(self.category.clone()).filter(|code| !code.is_empty());
        let content = match self.rule.as_str() {
            "picked" => FloorContent::Picked { products: self.picked(&mut wrong) },
            "best_selling" => FloorContent::BestSelling { category: category() },
            "tagged" => FloorContent::Tagged { tag: self.tag.clone() },
            "varied" => FloorContent::Varied {},
            _ => FloorContent::Newest { category: category() },
        };
        let number = ("must be a whole number from 0 to 1000", "须为 0 到 1000 之间的整数");
        let position = wrong.keep(self.position.trim().parse().map_err(|_| number), "position").unwrap_or(0);
        let mut day = |text: &str, field: &str| match text.trim() {
            "" => None,
            text => {
                let said = ("must be a day like 2026-12-24", "须为 2026-12-24 这样的日期");
                wrong.keep(Timestamp::start_of(text, &view.zone).ok_or(said), field)
            }
        };
        let (from, until) = (day(&self.shown_from, "shown_from"), day(&self.shown_until, "shown_until"));
        wrong.done()?;
        Ok(FloorDraft {
            title: Localized::new(self.title_en.trim(), self.title_zh.trim()),
            content,
            position,
            shown_from: from.unwrap_or(now),
            shown_until: until.map(|until| until.plus_days(1)),
        })
    }

    fn picked(&self, wrong: &mut Invalid) -> Vec<ProductId> {
        let mut found = Vec::new();
        for line in self.products.split_whitespace() {
            let said = (
                format!("'{line}' names no product; write its number or the address of its page"),
                format!("“{line}”不是商品编号，须填写商品编号或商品页地址"),
            );
            found.extend(wrong.keep(product_in(line).ok_or(said), "products"));
        }
        found
    }
}

/// A product's number, alone or in an address.
pub(super) fn product_in(text: &str) -> Option<ProductId> {
    let at = text.find("prd_")?;
    text.get(at..at + 30)?.parse().ok()
}

/// What the page of floors is made from.
struct Shown {
    floors: Vec<Floor>,
    tree: std::sync::Arc<Tree>,
    tags: Vec<Tag>,
    rounds: Option<Rounds>,
    now: Timestamp,
    arranges: bool,
}

impl Catalogue {
    async fn floor_desk(&self, operator: &Operator) -> Result<Shown> {
        let tx = &mut self.app.db.read();
        Ok(Shown {
            floors: self.floors(tx, operator).await?,
            tree: self.tree().await?,
            tags: self.tags(tx).await?,
            rounds: self.rounds(tx).await?,
            now: self.app.clock.now(),
            arranges: arranges(operator),
        })
    }
}

async fn list(State(catalogue): State<Catalogue>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    let shown = catalogue.floor_desk(&operator).await?;
    let last = shown.floors.iter().map(|floor| floor.position).max().unwrap_or(0);
    let fresh = Typed { position: (last + 10).min(1_000).to_string(), rule: "newest".to_owned(), ..Typed::default() };
    Ok(page(&visit.view, &shown, &fresh, &Mistakes::none()))
}

async fn add(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let done = once.run(&catalogue.app, async |tx| {
        let draft = typed.draft(view, catalogue.app.clock.now())?;
        catalogue.add_floor(tx, &operator, &draft).await?;
        Ok(Answer::see_other("/operator/storefront?done=floor-saved"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let shown = catalogue.floor_desk(&operator).await?;
            Ok(page(view, &shown, &typed, &mistakes).refused().into_response())
        }
    }
}

async fn edit(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<FloorId>,
) -> Result<Page, Problem> {
    let shown = catalogue.floor_desk(&operator).await?;
    let floor = shown.floors.iter().find(|floor| floor.id == id).ok_or(Error::NotFound(Thing::Floor))?;
    let typed = Typed::of(&visit.view, floor);
    Ok(one(&visit.view, &shown, (id, &typed), &Mistakes::none()))
}

async fn save(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<FloorId>,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let done = once.run(&catalogue.app, async |tx| {
        let draft = typed.draft(view, catalogue.app.clock.now())?;
        let version = typed.version.parse().unwrap_or(0);
        catalogue.change_floor(tx, &operator, (id, version), &draft).await?;
        Ok(Answer::see_other("/operator/storefront?done=floor-saved"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let shown = catalogue.floor_desk(&operator).await?;
            Ok(one(view, &shown, (id, &typed), &mistakes).refused().into_response())
        }
    }
}

async fn remove(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<FloorId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.remove_floor(tx, &operator, id).await?;
        Ok(Answer::see_other("/operator/storefront?done=floor-removed"))
    });
    Ok(done.await?.into_response())
}

fn page(view: &View, shown: &Shown, typed: &Typed, mistakes: &Mistakes) -> Page {
    let title = view.t("window-title");
    let state = |floor: &Floor| match floor.time(shown.now) {
        FloorTime::Now => badge(Tone::Good, &view.t("window-now")),
        FloorTime::Later => badge(Tone::Info, &view.t("window-later")),
        FloorTime::Over => badge(Tone::Plain, &view.t("window-over")),
    };
    let table = Table::new(view, view.word("window-tab", "floors"), &shown.floors)
        .column(
            view.t("window-floor"),
            |floor| html! { a href={ "/operator/storefront/floors/" (floor.id) } { (view.of(&floor.title)) } },
        )
        .column(view.t("window-shows"), |floor| html! { (said(view, shown, &floor.content)) })
        .column(view.t("window-state"), state)
        .column(view.t("window-from-until"), |floor| span(view, floor))
        .number(view.t("window-position"), |floor| html! { (floor.position) })
        .empty(empty(&view.t("window-no-floors"), &view.t("window-no-floors-text"), &html! {}));
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (header(&title, Some(&view.t("window-floors-lead")), &ui::button_link("/", &view.t("window-see"), false)))
            (tabs(view, "floors"))
            (card(None, &table.render()))
            @if let Some(rounds) = &shown.rounds { (made(view, rounds)) }
            @if shown.arranges {
                (card(Some(&view.t("window-add-floor")), &fields(view, "/operator/storefront/floors", shown, (typed, mistakes))))
            }
        },
    )
}

/// When what is recommended was made.
fn made(view: &View, rounds: &Rounds) -> Markup {
    html! {
        p.small.muted {
            (view.t("window-recommended")) " "
            @match rounds.begun_at { Some(at) => (view.time(at)), None => (view.t("window-never")) }
            " · " (view.t("window-recommended-next")) " " (view.time(rounds.next_at))
        }
    }
}

fn one(view: &View, shown: &Shown, (id, typed): (FloorId, &Typed), mistakes: &Mistakes) -> Page {
    let title = view.t("window-edit-floor");
    let path = format!("/operator/storefront/floors/{id}");
    let remove = view.t("window-remove");
    let removal = form(
        view,
        &format!("{path}/remove"),
        &html! {
            p { (view.t("window-remove-floor-text")) }
            button.button.danger type="submit" { (remove) }
        },
    );
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href="/operator/storefront" { "← " (view.t("window-title")) } }
            (header(&title, None, &html! { @if shown.arranges { (confirm(view, &remove, &remove, true, &removal)) } }))
            (card(None, &fields(view, &path, shown, (typed, mistakes))))
        },
    )
}

fn span(view: &View, floor: &Floor) -> Markup {
    html! {
        span {
            @if floor.shown_from.as_micros() == 0 { (view.t("window-always")) } @else { (view.date(floor.shown_from)) }
            @if let Some(until) = floor.shown_until { " – " (view.date(until.plus_micros(-1))) }
        }
    }
}

/// What a floor shows, in words.
fn said(view: &View, shown: &Shown, content: &FloorContent) -> String {
    let rule = view.word("window-rule", content.rule());
    let of = match content {
        FloorContent::Newest { category: Some(code) } | FloorContent::BestSelling { category: Some(code) } => {
            shown.tree.find(code).map_or_else(|| code.clone(), |known| view.of(&known.name).to_owned())
        }
        FloorContent::Tagged { tag } => shown
            .tags
            .iter()
            .find(|known| known.code == *tag)
            .map_or_else(|| tag.clone(), |known| view.of(&known.name).to_owned()),
        FloorContent::Picked { products } => view.ta("storefront-count", &[("count", products.len().into())]),
        FloorContent::Newest { category: None }
        | FloorContent::BestSelling { category: None }
        | FloorContent::Varied {} => {
            return rule;
        }
    };
    format!("{rule} · {of}")
}

/// Categories as choices, those below others behind a dash.
pub(super) fn category_choices(view: &View, tree: &Tree, none: &str) -> Vec<Choice> {
    let one = |(known, depth): (&Category, usize)| {
        Choice::new(&known.code, format!("{}{}", "– ".repeat(depth), view.of(&known.name)))
    };
    std::iter::once(Choice::new("", none)).chain(tree.shown().into_iter().map(one)).collect()
}

fn fields(view: &View, path: &str, shown: &Shown, (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let rules: Vec<Choice> = RULES
        .iter()
        .map(|rule| Choice::new(*rule, view.word("window-rule", rule)).hint(view.word("window-rule-text", rule)))
        .collect();
    let categories = category_choices(view, &shown.tree, &view.t("window-all-categories"));
    let tags: Vec<Choice> = std::iter::once(Choice::new("", "–"))
        .chain(shown.tags.iter().map(|tag| Choice::new(&tag.code, view.of(&tag.name))))
        .collect();
    let label = |key: &'static str| view.t(key);
    let (en, zh, products) = (label("window-title-en"), label("window-title-zh"), label("window-products"));
    let (category, tag, position) = (label("window-category"), label("window-tag"), label("window-position"));
    let (from, until) = (label("window-from"), label("window-until"));
    form(
        view,
        path,
        &html! {
            (mistakes.summary(view))
            input type="hidden" name="version" value=(typed.version);
            div.fields {
                (Field::text("title.en", &en).value(&typed.title_en).required().with("maxlength", "60").render(view, mistakes))
                (Field::text("title.zh", &zh).value(&typed.title_zh).required().with("maxlength", "60").render(view, mistakes))
            }
            (ui::choice_cards(&view.t("window-shows"), "rule", &rules, &typed.rule, mistakes))
            div.fields {
                (Field::select("category", &category, &categories).value(&typed.category).hint(view.t("window-category-hint")).wanted().render(view, mistakes))
                (Field::select("tag", &tag, &tags).value(&typed.tag).hint(view.t("window-tag-hint")).wanted().render(view, mistakes))
            }
            (Field::area("products", &products, 4).value(&typed.products).hint(view.t("window-products-hint")).wanted().render(view, mistakes))
            div.fields {
                (Field::input("number", "position", &position).value(&typed.position).hint(view.t("window-position-hint")).required().with("min", "0").with("max", "1000").render(view, mistakes))
                (Field::input("date", "shown_from", &from).value(&typed.shown_from).hint(view.t("window-from-hint")).wanted().render(view, mistakes))
                (Field::input("date", "shown_until", &until).value(&typed.shown_until).hint(view.t("window-until-hint")).wanted().render(view, mistakes))
            }
            div.row { button.button.primary type="submit" { (view.t("window-save")) } }
        },
    )
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/storefront", list, Access::Operator)
        .form("/operator/storefront/floors", add, Access::Operator)
        .page("/operator/storefront/floors/{floor}", edit, Access::Operator)
        .form("/operator/storefront/floors/{floor}", save, Access::Operator)
        .form("/operator/storefront/floors/{floor}/remove", remove, Access::Operator)
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_named_by_its_number_or_by_its_address() {
        let id = "prd_01jd8kx2v9e5jtf6xw4sz3q7ab";
        for text in [id, "https://market.example/products/prd_01jd8kx2v9e5jtf6xw4sz3q7ab?spec=a"] {
            assert_eq!(product_in(text).map(|found| found.to_string()).as_deref(), Some(id), "{text}");
        }
        for text in ["", "prd_", "prd_01", "rev_01jd8kx2v9e5jtf6xw4sz3q7ab", "prd_日志日志日志日志日志日志日志日志"]
        {
            assert_eq!(product_in(text), None, "{text}");
        }
    }
}
