//! Categories and tags over JSON, for those who browse and for the operator who arranges them.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{Localized, id::ProductId};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Catalogue,
    actions::Arranged,
    rules::{Category, CategoryDraft, CategoryState, Hidden, Tag},
};

/// A category as the operator sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ArrangedCategory {
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    name: Localized,
    /// Brothers stand in the order of their positions.
    position: i64,
    state: CategoryState,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<String>,
    /// How many products are shown in it, without those below.
    products: i64,
}

impl ArrangedCategory {
    fn of(category: Category, products: i64) -> Self {
        let Category { code, parent, name, position, state, merged_into, changed_at: _ } = category;
        Self { code, parent, name, position, state, merged_into, products }
    }
}

impl From<Arranged> for ArrangedCategory {
    fn from(arranged: Arranged) -> Self {
        Self::of(arranged.category, arranged.products)
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct ArrangedCategories {
    items: Vec<ArrangedCategory>,
}

/// A new category.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "log-analysis", "parent": "observability", "name": {"en": "Log analysis", "zh": "日志分析"}, "position": 10}))]
struct NewCategory {
    /// Small letters, digits and hyphens; it stands in addresses and never changes.
    code: String,
    #[serde(default)]
    parent: Option<String>,
    name: Localized,
    #[serde(default)]
    position: i64,
    /// Products keep a hidden category; nobody is led there.
    #[serde(default)]
    hidden: bool,
}

/// What a category is to be; its code stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"parent": "observability", "name": {"en": "Log analysis", "zh": "日志分析"}, "position": 10, "hidden": false}))]
struct CategoryChange {
    #[serde(default)]
    parent: Option<String>,
    name: Localized,
    #[serde(default)]
    position: i64,
    #[serde(default)]
    hidden: bool,
}

impl CategoryChange {
    fn draft(self, code: String) -> CategoryDraft {
        let Self { parent, name, position, hidden } = self;
        CategoryDraft { code, parent, name, position, hidden: if hidden { Hidden::Yes } else { Hidden::No } }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"into": "observability"}))]
struct CategoryMerge {
    into: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct TagJson {
    code: String,
    name: Localized,
    /// How many products carry it.
    products: i64,
}

impl From<Tag> for TagJson {
    fn from(Tag { code, name, products }: Tag) -> Self {
        Self { code, name, products }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct TagsJson {
    items: Vec<TagJson>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "open-source", "name": {"en": "Open source", "zh": "开源"}}))]
struct NewTag {
    code: String,
    name: Localized,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": {"en": "Open source", "zh": "开源"}}))]
struct TagName {
    name: Localized,
}

/// The tags of a product, all of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tags": ["open-source"]}))]
struct ProductTags {
    #[schema(max_items = 10)]
    tags: Vec<String>,
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/operator/categories",
            categories,
            operator("List all categories, hidden and merged ones too").gives::<ArrangedCategories>(200),
        )
        .post(
            "/api/v1/operator/categories",
            add_category,
            operator("Add a category").takes::<NewCategory>().gives::<ArrangedCategory>(201),
        )
        .put(
            "/api/v1/operator/categories/{category}",
            change_category,
            operator("Rename, move, hide or show a category").takes::<CategoryChange>().gives::<ArrangedCategory>(200),
        )
        .post(
            "/api/v1/operator/categories/{category}/merge",
            merge_category,
            operator("Move a category's products into another one")
                .takes::<CategoryMerge>()
                .gives::<ArrangedCategory>(200),
        )
        .delete(
            "/api/v1/operator/categories/{category}",
            remove_category,
            operator("Remove a category that nobody uses"),
        )
        .get("/api/v1/tags", tags, Op::does(Access::Public, "List the site's tags").gives::<TagsJson>(200))
        .post("/api/v1/operator/tags", add_tag, operator("Add a tag").takes::<NewTag>().gives::<TagJson>(201))
        .put("/api/v1/operator/tags/{tag}", rename_tag, operator("Rename a tag").takes::<TagName>())
        .delete("/api/v1/operator/tags/{tag}", remove_tag, operator("Remove a tag, from all its products too"))
        .get(
            "/api/v1/operator/products/{product}/tags",
            tags_of,
            operator("List the tags of a product").gives::<ProductTags>(200),
        )
        .put(
            "/api/v1/operator/products/{product}/tags",
            set_tags,
            operator("Say which tags a product carries").takes::<ProductTags>().gives::<ProductTags>(200),
        )
        .done()
}

async fn categories(State(catalogue): State<Catalogue>, operator: Operator) -> Reply<ArrangedCategories> {
    let all = catalogue.arranged(&mut catalogue.app.db.read(), &operator).await?;
    Ok(Json(ArrangedCategories { items: all.into_iter().map(ArrangedCategory::from).collect() }))
}

async fn add_category(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    once: Once,
    Body(input): Body<NewCategory>,
) -> Result<Answer, Problem> {
    let NewCategory { code, parent, name, position, hidden } = input;
    let draft = CategoryChange { parent, name, position, hidden }.draft(code);
    let done = once.run(&catalogue.app, async |tx| {
        let added = catalogue.add_category(tx, &operator, &draft).await?;
        Ok(Answer::created(&ArrangedCategory::of(added, 0)))
    });
    let answer = done.await?;
    catalogue.forget_tree();
    Ok(answer)
}

async fn change_category(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Body(input): Body<CategoryChange>,
) -> Result<Answer, Problem> {
    let draft = input.draft(code);
    let done = once.run(&catalogue.app, async |tx| {
        let changed = catalogue.change_category(tx, &operator, &draft).await?;
        let products = catalogue.shown_in(tx, &changed.code).await?;
        Ok(Answer::ok(&ArrangedCategory::of(changed, products)))
    });
    let answer = done.await?;
    catalogue.forget_tree();
    Ok(answer)
}

async fn merge_category(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Body(CategoryMerge { into }): Body<CategoryMerge>,
) -> Result<Answer, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        let merged = catalogue.merge_category(tx, &operator, &code, &into).await?;
        Ok(Answer::ok(&ArrangedCategory::of(merged, 0)))
    });
    let answer = done.await?;
    catalogue.forget_tree();
    Ok(answer)
}

async fn remove_category(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
) -> Result<Answer, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.remove_category(tx, &operator, &code).await?;
        Ok(Answer::empty())
    });
    let answer = done.await?;
    catalogue.forget_tree();
    Ok(answer)
}

async fn tags(State(catalogue): State<Catalogue>) -> Reply<TagsJson> {
    let items = catalogue.tags(&mut catalogue.app.db.read()).await?;
    Ok(Json(TagsJson { items: items.into_iter().map(TagJson::from).collect() }))
}

async fn add_tag(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    once: Once,
    Body(NewTag { code, name }): Body<NewTag>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::created(&TagJson::from(catalogue.add_tag(tx, &operator, &code, &name).await?)))
    })
    .await
}

async fn rename_tag(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Body(TagName { name }): Body<TagName>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.rename_tag(tx, &operator, &code, &name).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn remove_tag(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.remove_tag(tx, &operator, &code).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn tags_of(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(product): PathParam<ProductId>,
) -> Reply<ProductTags> {
    Ok(Json(ProductTags { tags: catalogue.tags_of(&mut catalogue.app.db.read(), &operator, product).await? }))
}

async fn set_tags(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(product): PathParam<ProductId>,
    once: Once,
    Body(input): Body<ProductTags>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.set_tags(tx, &operator, product, &input.tags).await?;
        Ok(Answer::ok(&input))
    })
    .await
}
