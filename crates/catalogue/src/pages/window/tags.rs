//! `/operator/storefront/tags`: words that the operator puts on products.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, Localized, Result, Thing, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Table, View, card, confirm, empty, form, header};

use super::{PLACE, arranges, floors::product_in, tabs};
use crate::{Catalogue, rules::Tag};

const HERE: &str = "/operator/storefront/tags";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
    #[serde(rename = "name.en")]
    name_en: String,
    #[serde(rename = "name.zh")]
    name_zh: String,
}

impl Typed {
    fn name(&self) -> Localized {
        Localized::new(self.name_en.trim(), self.name_zh.trim())
    }
}

/// A product that is to carry a tag, or not any more.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    product: String,
}

/// A tag with the products that carry it, by name.
struct Carried {
    tag: Tag,
    products: Vec<(ProductId, Localized)>,
}

/// So many are listed on a tag's page.
const LISTED_MAX: i64 = 200;

impl Catalogue {
    async fn carried(&self, operator: &Operator, code: &str) -> Result<Carried> {
        operator.may_staff(accounts::StaffPermission::View)?;
        let tx = &mut self.app.db.read();
        let tag =
            self.tags(tx).await?.into_iter().find(|known| known.code == code).ok_or(Error::NotFound(Thing::Tag))?;
        let mut products = Vec::new();
        for product in crate::store::tree::with_tag(tx, code, LISTED_MAX).await? {
            products.push((product, self.product_name(tx, product).await?));
        }
        Ok(Carried { tag, products })
    }
}

async fn list(State(catalogue): State<Catalogue>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    operator.may_staff(accounts::StaffPermission::View).map_err(Error::from)?;
    let tags = catalogue.tags(&mut catalogue.app.db.read()).await?;
    Ok(page(&visit.view, (&tags, arranges(&operator)), &Typed::default(), &Mistakes::none()))
}

async fn add(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        let tag = catalogue.add_tag(tx, &operator, typed.code.trim(), &typed.name()).await?;
        Ok(Answer::see_other(format!("{HERE}/{}?done=tag-saved", tag.code)))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let tags = catalogue.tags(&mut catalogue.app.db.read()).await?;
            Ok(page(&visit.view, (&tags, true), &typed, &mistakes).refused().into_response())
        }
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
) -> Result<Page, Problem> {
    let carried = catalogue.carried(&operator, &code).await?;
    Ok(one(&visit.view, (&carried, arranges(&operator)), None, &Mistakes::none()))
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
        catalogue.rename_tag(tx, &operator, &code, &typed.name()).await?;
        Ok(Answer::see_other(format!("{HERE}/{code}?done=tag-saved")))
    });
    answered(&catalogue, &visit, &operator, (&code, Some(&typed)), done.await).await
}

async fn put(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
    Form(Named { product }): Form<Named>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        let said = ("must be a product's number or the address of its page", "须为商品编号或商品页地址");
        let product = product_in(&product).ok_or_else(|| Invalid::one("product", said))?;
        catalogue.put_tag(tx, &operator, (product, &code)).await?;
        Ok(Answer::see_other(format!("{HERE}/{code}?done=tag-saved")))
    });
    answered(&catalogue, &visit, &operator, (&code, None), done.await).await
}

async fn take(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    operator: Operator,
    PathParam((code, product)): PathParam<(String, ProductId)>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.take_tag(tx, &operator, (product, &code)).await?;
        Ok(Answer::see_other(format!("{HERE}/{code}?done=tag-saved")))
    });
    answered(&catalogue, &visit, &operator, (&code, None), done.await).await
}

async fn remove(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(code): PathParam<String>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        catalogue.remove_tag(tx, &operator, &code).await?;
        Ok(Answer::see_other(format!("{HERE}?done=tag-removed")))
    });
    Ok(done.await?.into_response())
}

async fn answered(
    catalogue: &Catalogue,
    visit: &Visit,
    operator: &Operator,
    (code, typed): (&str, Option<&Typed>),
    done: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let carried = catalogue.carried(operator, code).await?;
            Ok(one(&visit.view, (&carried, true), typed, &mistakes).refused().into_response())
        }
    }
}

fn page(view: &View, (tags, arranges): (&[Tag], bool), typed: &Typed, mistakes: &Mistakes) -> Page {
    let title = view.t("window-title");
    let table = Table::new(view, view.word("window-tab", "tags"), tags)
        .column(view.t("window-tag"), |tag| html! { a href={ (HERE) "/" (tag.code) } { (view.of(&tag.name)) } })
        .column(view.t("window-code"), |tag| html! { code { (tag.code) } })
        .number(view.t("window-in-category"), |tag| html! { (view.count(tag.products)) })
        .empty(empty(&view.t("window-no-tags"), &view.t("window-no-tags-text"), &html! {}));
    let code = view.t("window-code");
    let adding = form(
        view,
        HERE,
        &html! {
            (mistakes.summary(view))
            div.fields {
                (names(view, typed, mistakes))
                (Field::text("code", &code).value(&typed.code).hint(view.t("window-code-hint")).required().with("maxlength", "40").render(view, mistakes))
            }
            div.row { button.button.primary type="submit" { (view.t("window-save")) } }
        },
    );
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (header(&title, Some(&view.t("window-tags-lead")), &html! {}))
            (tabs(view, "tags"))
            (card(None, &table.render()))
            @if arranges { (card(Some(&view.t("window-add-tag")), &adding)) }
        },
    )
}

fn names(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let (en, zh) = (view.t("window-name-en"), view.t("window-name-zh"));
    html! {
        (Field::text("name.en", &en).value(&typed.name_en).required().with("maxlength", "40").render(view, mistakes))
        (Field::text("name.zh", &zh).value(&typed.name_zh).required().with("maxlength", "40").render(view, mistakes))
    }
}

fn one(view: &View, (carried, arranges): (&Carried, bool), typed: Option<&Typed>, mistakes: &Mistakes) -> Page {
    let tag = &carried.tag;
    let path = format!("{HERE}/{}", tag.code);
    let present = Typed { code: tag.code.clone(), name_en: tag.name.en.clone(), name_zh: tag.name.zh.clone() };
    let typed = typed.unwrap_or(&present);
    let (remove, take) = (view.t("window-remove"), view.t("window-take"));
    let title = view.of(&tag.name).to_owned();
    let removal = form(
        view,
        &format!("{path}/remove"),
        &html! {
            p { (view.t("window-remove-tag-text")) }
            button.button.danger type="submit" { (remove) }
        },
    );
    let taking = |(product, name): &(ProductId, Localized)| {
        html! {
            @if arranges {
                (form(view, &format!("{path}/{product}/remove"), &html! { button.button.quiet type="submit" { (take) span.unseen { " " (view.of(name)) } } }))
            }
        }
    };
    let table = Table::new(view, view.t("window-products"), &carried.products)
        .column(
            view.t("window-product"),
            |(product, name)| html! { a href={ "/products/" (product) } { (view.of(name)) } },
        )
        .column("", taking)
        .empty(empty(&view.t("window-tag-empty"), &view.t("window-tag-empty-text"), &html! {}));
    let product = view.t("window-product");
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href=(HERE) { "← " (view.word("window-tab", "tags")) } }
            (header(&title, None, &html! { @if arranges { (confirm(view, &remove, &remove, true, &removal)) } }))
            @if arranges {
                (card(None, &form(view, &path, &html! {
                    (mistakes.summary(view))
                    div.fields { (names(view, typed, mistakes)) }
                    div.row { button.button.primary type="submit" { (view.t("window-save")) } }
                })))
            }
            (card(Some(&view.t("window-products")), &html! {
                (table.render())
                @if arranges {
                    (form(view, &format!("{path}/products"), &html! {
                        div.fields { (Field::text("product", &product).hint(view.t("window-product-hint")).required().with("placeholder", "prd_…").render(view, mistakes)) }
                        div.row { button.button type="submit" { (view.t("window-put")) } }
                    }))
                }
            }))
        },
    )
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/operator/storefront/tags", list, Access::Operator)
        .form("/operator/storefront/tags", add, Access::Operator)
        .page("/operator/storefront/tags/{tag}", show, Access::Operator)
        .form("/operator/storefront/tags/{tag}", save, Access::Operator)
        .form("/operator/storefront/tags/{tag}/products", put, Access::Operator)
        .form("/operator/storefront/tags/{tag}/{product}/remove", take, Access::Operator)
        .form("/operator/storefront/tags/{tag}/remove", remove, Access::Operator)
        .done()
}
