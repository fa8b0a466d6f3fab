//! For whom a product is meant: displayed or hidden, whom it reaches, who may buy, which accounts are named.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid, PageQuery,
    id::{AccountId, ProductId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Table, Tone, View, badge};

use super::{Own, frame};
use crate::{
    Catalogue,
    rules::{Audience, Customers, Reach, Regions, Showing, Standing},
    store::visibility::NamedAccount,
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/audience", show, Access::Seller)
        .form("/seller/products/{product}/audience", set, Access::Seller)
        .form("/seller/products/{product}/showing", set_showing, Access::Seller)
        .form("/seller/products/{product}/named", name, Access::Seller)
        .form("/seller/products/{product}/named/{account}/remove", unname, Access::Seller)
        .done()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    spec: Option<String>,
    cursor: Option<String>,
}

/// The page: a product, the spec that it is about if it is about one, and who is named.
struct Sheet {
    own: Own,
    spec: Option<String>,
    standing: Standing,
    named: kernel::Page<NamedAccount>,
}

impl Sheet {
    async fn of(
        catalogue: &Catalogue,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        asked: Asked,
    ) -> Result<Self, Problem> {
        let Asked { spec, cursor } = asked;
        let spec = spec.filter(|code| !code.is_empty());
        let page = PageQuery { cursor, limit: None }.checked().map_err(kernel::Error::from)?;
        let named = catalogue.named_accounts(tx, seller, (id, spec.as_deref()), page).await?;
        let own = Own::of(catalogue, tx, seller, id).await?;
        let standing = match &spec {
            Some(code) => own.shelf.spec(code)?.standing(),
            None => own.shelf.product.standing(),
        };
        Ok(Self { own, spec, standing, named })
    }
}

/// The address of the page about a product or one of its specs.
fn path(id: ProductId, spec: Option<&str>) -> String {
    let base = format!("/seller/products/{id}/audience");
    spec.map_or_else(|| base.clone(), |code| format!("{base}?spec={}", ui::escaped(code)))
}

/// The same after something was done.
fn done(id: ProductId, spec: Option<&str>, done: &str) -> String {
    let path = path(id, spec);
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}done={done}")
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let sheet = Sheet::of(&catalogue, &mut catalogue.app.db.read(), &seller, id, asked).await?;
    Ok(page(&visit.view, &sheet, &Typed::default(), &Mistakes::none()))
}

/// What stands in a form that is shown again.
#[derive(Default)]
struct Typed {
    account: String,
    name: String,
}

/// On to the page, or the page again with what is wrong.
async fn answer(
    (catalogue, visit, seller): (&Catalogue, &Visit, &Seller),
    (id, spec): (ProductId, Option<String>),
    typed: &Typed,
    changed: Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match changed {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let asked = Asked { spec, cursor: None };
            let sheet = Sheet::of(catalogue, &mut catalogue.app.db.read(), seller, id, asked).await?;
            Ok(page(&visit.view, &sheet, typed, &mistakes).refused().into_response())
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AudienceForm {
    spec: String,
    reach: String,
    customers: String,
    regions: String,
}

impl AudienceForm {
    fn audience(&self) -> Result<Audience, Invalid> {
        let mut wrong = Invalid::default();
        let choose = ("has to be chosen", "须选择一项");
        let reach = wrong.keep(self.reach.parse::<Reach>().map_err(|_| choose), "reach");
        let customers = wrong.keep(self.customers.parse::<Customers>().map_err(|_| choose), "customers");
        let regions = wrong.keep(self.regions.parse::<Regions>().map_err(|_| choose), "regions");
        wrong.done()?;
        match (reach, customers, regions) {
            (Some(reach), Some(customers), Some(regions)) => Ok(Audience { reach, customers, regions }),
            (_, _, _) => Err(Invalid::default()),
        }
    }
}

/// The code of the spec that a form is about; none: the product.
fn given(spec: &str) -> Option<String> {
    Some(spec.to_owned()).filter(|code| !code.is_empty())
}

async fn set(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<AudienceForm>,
) -> Result<Response, Problem> {
    let spec = given(&form.spec);
    let changed = once.run(&catalogue.app, async |tx| {
        catalogue.set_audience(tx, &seller, (id, spec.as_deref()), form.audience()?).await?;
        Ok(Answer::see_other(done(id, spec.as_deref(), "shelf-audience")))
    });
    let changed = changed.await;
    answer((&catalogue, &visit, &seller), (id, spec), &Typed::default(), changed).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ShowingForm {
    spec: String,
    showing: String,
}

async fn set_showing(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<ShowingForm>,
) -> Result<Response, Problem> {
    let spec = given(&form.spec);
    let changed = once.run(&catalogue.app, async |tx| {
        let choose = ("has to be shown or hidden", "须为显示或隐藏");
        let showing = form.showing.parse::<Showing>().map_err(|_| Invalid::one("showing", choose))?;
        catalogue.set_showing(tx, &seller, (id, spec.as_deref()), showing).await?;
        let word = if showing.hides() { "shelf-hidden" } else { "shelf-shown" };
        Ok(Answer::see_other(done(id, spec.as_deref(), word)))
    });
    let changed = changed.await;
    answer((&catalogue, &visit, &seller), (id, spec), &Typed::default(), changed).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedForm {
    spec: String,
    account: String,
    name: String,
}

async fn name(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<NamedForm>,
) -> Result<Response, Problem> {
    let NamedForm { spec, account, name } = form;
    let spec = given(&spec);
    let named = once.run(&catalogue.app, async |tx| {
        let wrong = ("is no account ID; it begins with acc_", "不是账号 ID，账号 ID 以 acc_ 开头");
        let account = account.trim().parse::<AccountId>().map_err(|_| Invalid::one("account", wrong))?;
        catalogue.name_account(tx, &seller, (id, spec.as_deref()), (account, &name)).await?;
        Ok(Answer::see_other(done(id, spec.as_deref(), "shelf-named")))
    });
    let named = named.await;
    answer((&catalogue, &visit, &seller), (id, spec), &Typed { account, name }, named).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    spec: String,
}

async fn unname(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam((id, account)): PathParam<(ProductId, AccountId)>,
    once: Once,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let spec = given(&which.spec);
    let gone = once.run(&catalogue.app, async |tx| {
        catalogue.unname_account(tx, &seller, (id, spec.as_deref()), account).await?;
        Ok(Answer::see_other(done(id, spec.as_deref(), "shelf-unnamed")))
    });
    let gone = gone.await;
    answer((&catalogue, &visit, &seller), (id, spec), &Typed::default(), gone).await
}

fn page(view: &View, sheet: &Sheet, typed: &Typed, mistakes: &Mistakes) -> Page {
    let own = &sheet.own;
    let lists_named = sheet.standing.audience.reach == Reach::Named || !sheet.named.items.is_empty();
    let body = html! {
        (targets(view, sheet))
        (mistakes.summary(view))
        div.with-aside {
            div.stack {
                (ui::card(Some(&view.t("shelf-audience")), &audience_form(view, sheet, mistakes)))
                @if lists_named { (named_card(view, sheet, typed, mistakes)) }
            }
            aside.stack { (ui::card(Some(&view.t("shelf-showing")), &showing(view, sheet))) }
        }
    };
    frame(view, own, &view.t("shelf-audience-lead"), &body)
}

/// The product and its specs, where there is more than one.
fn targets(view: &View, sheet: &Sheet) -> Markup {
    let own = &sheet.own;
    if own.shelf.specs.len() < 2 {
        return html! {};
    }
    let mut ways = vec![(view.t("shelf-whole"), path(own.id(), None), sheet.spec.is_none())];
    ways.extend(own.shelf.specs.iter().map(|spec| {
        let here = sheet.spec.as_deref() == Some(spec.code.as_str());
        (own.spec_name(view, &spec.code), path(own.id(), Some(&spec.code)), here)
    }));
    ui::tabs(&view.t("shelf-targets"), &ways)
}

fn carried(sheet: &Sheet) -> Markup {
    html! { input type="hidden" name="spec" value=(sheet.spec.as_deref().unwrap_or_default()); }
}

fn audience_form(view: &View, sheet: &Sheet, mistakes: &Mistakes) -> Markup {
    let Audience { reach, customers, regions } = sheet.standing.audience;
    let by_reach = |one: &Reach| {
        Choice::new(one.as_str(), view.word("shelf-reach", one.as_str()))
            .hint(view.word("shelf-reach-hint", one.as_str()))
    };
    let by_region = |one: &Regions| {
        let text = view.word("shelf-regions", one.as_str());
        Choice::new(one.as_str(), text).hint(view.word("shelf-regions-hint", one.as_str()))
    };
    let reaches: Vec<Choice> = Reach::ALL.iter().map(by_reach).collect();
    let kinds: Vec<Choice> = Customers::ALL
        .iter()
        .map(|one| Choice::new(one.as_str(), view.word("shelf-customers", one.as_str())))
        .collect();
    let places: Vec<Choice> = Regions::ALL.iter().map(by_region).collect();
    let action = format!("/seller/products/{}/audience", sheet.own.id());
    ui::form(
        view,
        &action,
        &html! {
            @if sheet.spec.is_some() { p.muted { (view.t("shelf-spec-narrower")) } }
            (carried(sheet))
            (ui::choice_cards(&view.t("shelf-reach"), "reach", &reaches, reach.as_str(), mistakes))
            (ui::choice_cards(&view.t("shelf-customers"), "customers", &kinds, customers.as_str(), mistakes))
            (ui::choice_cards(&view.t("shelf-regions"), "regions", &places, regions.as_str(), mistakes))
            div.row { button.button.primary type="submit" { (view.t("shelf-save")) } span.small.muted { (view.t("shelf-at-once")) } }
        },
    )
}

fn showing(view: &View, sheet: &Sheet) -> Markup {
    let hidden = sheet.standing.hidden;
    let (next, label) =
        if hidden { (Showing::Shown, view.t("shelf-show")) } else { (Showing::Hidden, view.t("shelf-hide")) };
    let action = format!("/seller/products/{}/showing", sheet.own.id());
    html! {
        p {
            @if hidden { (badge(Tone::Warn, &view.t("shelf-is-hidden"))) } @else { (badge(Tone::Good, &view.t("shelf-is-shown"))) }
        }
        p.muted { (view.t("shelf-showing-text")) }
        (ui::form(view, &action, &html! {
            (carried(sheet))
            input type="hidden" name="showing" value=(next.as_str());
            div.row { button.button type="submit" { (label) } }
        }))
    }
}

fn named_card(view: &View, sheet: &Sheet, typed: &Typed, mistakes: &Mistakes) -> Markup {
    let title = view.t("shelf-named");
    let base = format!("/seller/products/{}/named", sheet.own.id());
    let remove = |named: &NamedAccount| {
        let action = format!("{base}/{}/remove", named.account_id);
        ui::confirm(
            view,
            &view.t("shelf-unname"),
            &view.t("shelf-unname-sure"),
            true,
            &html! {
                p { strong { (named.name) } }
                p { (view.t("shelf-unname-text")) }
                (ui::form(view, &action, &html! {
                    (carried(sheet))
                    div.row { button.button.danger type="submit" { (view.t("shelf-unname")) } }
                }))
            },
        )
    };
    let table = Table::new(view, &title, &sheet.named.items)
        .column(view.t("shelf-account-name"), |named| html! { (named.name) })
        .column(view.t("shelf-account-id"), |named| html! { code.small { (named.account_id) } })
        .column(view.t("shelf-account-since"), |named| view.date(named.added_at))
        .column(view.t("shelf-account-act"), remove)
        .empty(html! { p.muted { (view.t("shelf-named-empty")) } })
        .next(sheet.named.next_cursor.as_deref())
        .render();
    let (account, name) = (view.t("shelf-account-id"), view.t("shelf-account-name"));
    ui::card(
        Some(&title),
        &html! {
            p.muted { (view.t("shelf-named-text")) }
            (table)
            (ui::form(view, &base, &html! {
                (carried(sheet))
                h3 { (view.t("shelf-name-one")) }
                div.fields {
                    (Field::text("account", &account).value(&typed.account).hint(view.t("shelf-account-id-hint")).required().with("autocomplete", "off").render(view, mistakes))
                    (Field::text("name", &name).value(&typed.name).hint(view.t("shelf-account-name-hint")).required().with("autocomplete", "off").render(view, mistakes))
                }
                div.row { button.button type="submit" { (view.t("shelf-name-add")) } }
            }))
        },
    )
}
