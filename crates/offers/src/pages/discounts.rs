//! A seller's discounts for named customers.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::Sold;
use jiff::tz::TimeZone;
use kernel::{
    Currency, Error, Invalid, Localized, PageQuery, Result as Done,
    id::{DiscountId, ProductId, SpecId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use super::{TICKS_MAX, add_typed, editions, givers_tabs, more, ticks};
use crate::{
    Offers,
    rules::{self, Discount, DiscountProposal, DiscountState, Reduction, Scope, typed},
};

const PLACE: Place = Place::Seller("coupons");
const HERE: &str = "/seller/discounts";

fn badge(view: &View, discount: &Discount, now: kernel::Timestamp) -> Markup {
    let (tone, word) = match discount.state {
        DiscountState::Ended => (Tone::Plain, "ended"),
        DiscountState::Active if now >= discount.valid.until => (Tone::Plain, "over"),
        DiscountState::Active if now < discount.valid.from => (Tone::Info, "planned"),
        DiscountState::Active => (Tone::Good, "active"),
    };
    ui::badge(tone, &view.word("discount-state", word))
}

async fn list(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let (view, now) = (&visit.view, offers.app.clock.now());
    let page = page.checked().map_err(Error::from)?;
    let found = offers.discounts(&mut offers.app.db.read(), &seller, page).await?;
    let title = view.t("discounts-title");
    let open = html! {
        @if seller.may(Permission::RunShop).is_ok() { (ui::button_link(&format!("{HERE}/new"), &view.t("discounts-open"), true)) }
    };
    let table = Table::new(view, &title, &found.items)
        .column(view.t("discount-name"), |one| html! { a href={ (HERE) "/" (one.id) } { (view.of(&one.terms.name)) } })
        .column(view.t("discount-worth"), |one| html! { (view.of(&one.terms.reduction.text())) })
        .column(view.t("coupon-from"), |one| view.time(one.valid.from))
        .column(view.t("coupon-until"), |one| view.time(one.valid.until))
        .column(view.t("coupon-state"), |one| badge(view, one, now))
        .empty(ui::empty(&view.t("discounts-none"), &view.t("discounts-none-text"), &open))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("discounts-lead")), &open))
        (givers_tabs(view, HERE))
        (table)
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

/// What was typed; the fields are called as the refusals call them.
#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default, rename = "name.en")]
    name_en: String,
    #[serde(default, rename = "name.zh")]
    name_zh: String,
    #[serde(default)]
    kind: String,
    #[serde(default, rename = "reduction.basis_points")]
    percent: String,
    #[serde(default, rename = "reduction.price")]
    price: String,
    #[serde(default)]
    currency: String,
    #[serde(default, rename = "scope.products")]
    products: Vec<String>,
    #[serde(default, rename = "scope.specs")]
    specs: Vec<String>,
    #[serde(default, rename = "scope.ids")]
    ids: String,
    #[serde(default)]
    accounts: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_until: String,
}

impl Typed {
    fn proposal(&self, most: u32, zone: &TimeZone) -> Result<DiscountProposal, Invalid> {
        let mut wrong = Invalid::default();
        let reduction = self.reduction(&mut wrong);
        let mut scope = Scope::default();
        let unknown = ("names nothing that is sold here", "含有本站没有的内容");
        for id in &self.products {
            scope.products.extend(wrong.keep(id.parse::<ProductId>().map_err(|_| unknown), "scope.products"));
        }
        for id in &self.specs {
            scope.specs.extend(wrong.keep(id.parse::<SpecId>().map_err(|_| unknown), "scope.specs"));
        }
        add_typed(&mut scope, &self.ids, &mut wrong);
        let date = ("must be a date", "须为日期");
        let valid_from = match self.valid_from.trim() {
            "" => None,
            text => wrong.keep(typed::day(text, zone).ok_or(date), "valid_from"),
        };
        let valid_until = wrong.keep(typed::day_end(&self.valid_until, zone).ok_or(date), "valid_until");
        let customers = rules::receivers(&self.accounts, most).unwrap_or_else(|list| {
            wrong.0.extend(list.0);
            Vec::new()
        });
        wrong.done()?;
        let (Some(reduction), Some(valid_until)) = (reduction, valid_until) else { return Err(Invalid::default()) };
        let name = Localized::new(self.name_en.trim(), self.name_zh.trim());
        Ok(DiscountProposal { name, reduction, scope, customers, valid_from, valid_until })
    }

    fn reduction(&self, wrong: &mut Invalid) -> Option<Reduction> {
        let chosen = ("must be chosen", "须选择一项");
        match self.kind.as_str() {
            "percent" => {
                let percentage = ("must be a percentage such as 10 or 12.5", "须为百分比，例如 10 或 12.5");
                let points = typed::basis_points(&self.percent).ok_or(percentage);
                Some(Reduction::Percent { basis_points: wrong.keep(points, "reduction.basis_points")? })
            }
            "special" => {
                let currency: Currency = wrong.keep(self.currency.parse().map_err(|_| chosen), "currency")?;
                let money = ("must be an amount such as 50 or 99.50", "须为金额，例如 50 或 99.50");
                let price = typed::amount(&self.price, currency).ok_or(money);
                Some(Reduction::Special { price: wrong.keep(price, "reduction.price")? })
            }
            _ => wrong.keep(Err(chosen), "kind"),
        }
    }
}

async fn fresh(State(offers): State<Offers>, visit: Visit, seller: Seller) -> Result<Page, Problem> {
    let typed = Typed { kind: "percent".to_owned(), ..Typed::default() };
    form(&offers, &visit.view, &seller, (&typed, &Mistakes::none())).await
}

async fn open(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        let most = offers.policies.current().await?.offers.coupons_given_at_once_max;
        let proposal = typed.proposal(most, &visit.view.zone)?;
        let discount = offers.grant(tx, &seller, &proposal).await?;
        Ok(Answer::see_other(format!("{HERE}/{}?done=discount-granted", discount.id)))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(form(&offers, &visit.view, &seller, (&typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn form(
    offers: &Offers,
    view: &View,
    seller: &Seller,
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    seller.may(Permission::RunShop).map_err(Error::from)?;
    let policy = offers.policies.current().await?;
    let sold = offers.catalogue.sold_by(&mut offers.app.db.read(), seller.account(), TICKS_MAX).await?;
    let title = view.t("discounts-open");
    let body = html! {
        (mistakes.summary(view))
        (worth(view, &policy.site.currencies, typed, mistakes))
        (scope(view, &sold, typed, mistakes))
        (ui::card(Some(&view.t("discount-customers")), &html! {
            (customers_field(view, &typed.accounts, mistakes))
            div.columns {
                (Field::input("date", "valid_from", &view.t("coupon-from")).value(&typed.valid_from).hint(view.t("coupon-from-hint")).render(view, mistakes))
                (Field::input("date", "valid_until", &view.t("coupon-until")).value(&typed.valid_until).hint(view.t("coupon-until-hint")).required().render(view, mistakes))
            }
        }))
        div.row {
            button.button.primary.large type="submit" { (view.t("discounts-open-do")) }
            a.button.quiet href=(HERE) { (view.t("ui-cancel")) }
        }
    };
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href=(HERE) { "← " (view.t("discounts-title")) } }
            (ui::header(&title, Some(&view.t("discounts-open-lead")), &html! {}))
            (ui::form(view, &format!("{HERE}/new"), &body))
        },
    ))
}

fn worth(view: &View, currencies: &[Currency], typed: &Typed, mistakes: &Mistakes) -> Markup {
    let kinds = ["percent", "special"]
        .map(|kind| Choice::new(kind, view.word("discount-kind", kind)).hint(view.word("discount-kind-hint", kind)));
    let currencies: Vec<Choice> =
        currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect();
    ui::card(
        Some(&view.t("discount-worth")),
        &html! {
            div.columns {
                (Field::text("name.en", &view.t("coupon-name-en")).value(&typed.name_en).hint(view.t("discount-name-hint")).required().with("maxlength", "40").render(view, mistakes))
                (Field::text("name.zh", &view.t("coupon-name-zh")).value(&typed.name_zh).hint(view.t("discount-name-hint")).required().with("maxlength", "40").with("lang", "zh-CN").render(view, mistakes))
            }
            div.coupon-kinds.stack {
                (ui::choice_cards(&view.t("coupon-kind"), "kind", &kinds, &typed.kind, mistakes))
                div.columns {
                    div data-kind="percent" {
                        (Field::text("reduction.basis_points", &view.t("coupon-percent")).value(&typed.percent).wanted().with("inputmode", "decimal").render(view, mistakes))
                    }
                    div data-kind="special" {
                        (Field::text("reduction.price", &view.t("discount-price")).value(&typed.price).wanted().hint(view.t("discount-price-hint")).with("inputmode", "decimal").render(view, mistakes))
                    }
                    div data-kind="special" {
                        (Field::select("currency", &view.t("coupon-currency"), &currencies).value(&typed.currency).required().render(view, mistakes))
                    }
                }
            }
        },
    )
}

fn scope(view: &View, sold: &[Sold], typed: &Typed, mistakes: &Mistakes) -> Markup {
    let hint = view.t("coupon-scope-hint");
    ui::card(
        Some(&view.t("coupon-scope")),
        &html! {
            (ticks(view, (sold, &hint), (&typed.products, &typed.specs), mistakes))
            (more(view, sold, &typed.ids, mistakes))
        },
    )
}

fn customers_field(view: &View, value: &str, mistakes: &Mistakes) -> Markup {
    let label = view.t("coupons-give-accounts");
    let field = Field::area("accounts", &label, 4).value(value);
    let wrong = mistakes.beside("customers");
    html! {
        div id="f-customers" {
            (field.hint(view.t("coupons-give-hint")).required().with("placeholder", "acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.").with("spellcheck", "false").render(view, mistakes))
            (wrong)
        }
    }
}

async fn show(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
) -> Result<Page, Problem> {
    page(&offers, &visit.view, (&seller, id), (None, &Mistakes::none())).await
}

#[derive(Default, Deserialize)]
struct Customers {
    #[serde(default)]
    accounts: String,
}

async fn regrant(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
    once: Once,
    Form(Customers { accounts }): Form<Customers>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.discount(tx, &seller, id).await?;
        let most = offers.policies.current().await?.offers.coupons_given_at_once_max;
        offers.regrant(tx, &seller, (id, &rules::receivers(&accounts, most)?)).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=saved")))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&seller, id), (done, Some(accounts.as_str()))).await
}

async fn end(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<DiscountId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.end_discount(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("{HERE}/{id}?done=discount-ended")))
    });
    let done = done.await;
    answered(&offers, &visit.view, (&seller, id), (done, None)).await
}

async fn answered(
    offers: &Offers,
    view: &View,
    (seller, id): (&Seller, DiscountId),
    (done, typed): (Result<Answer, Problem>, Option<&str>),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(page(offers, view, (seller, id), (typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn page(
    offers: &Offers,
    view: &View,
    (seller, id): (&Seller, DiscountId),
    (typed, mistakes): (Option<&str>, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = offers.app.db.read();
    let (discount, named) = offers.discount(&mut tx, seller, id).await?;
    let covered = covered(offers, &mut tx, view, &discount).await?;
    let list = rules::listed(&named);
    let title = view.of(&discount.terms.name).to_owned();
    let may_change = discount.state == DiscountState::Active && seller.may(Permission::RunShop).is_ok();
    let facts = ui::facts(&[
        (
            view.t("coupon-scope"),
            html! { @if discount.terms.scope.is_everything() { (view.t("coupon-scope-seller")) } @else { ul.plain { @for name in &covered { li { (name) } } } } },
        ),
        (view.t("coupon-from"), view.time(discount.valid.from)),
        (view.t("coupon-until"), view.time(discount.valid.until)),
        (view.t("discount-id"), ui::copyable(view, &id.to_string())),
    ]);
    let body = html! {
        p { a href=(HERE) { "← " (view.t("discounts-title")) } }
        (ui::header(&title, Some(view.of(&discount.terms.reduction.text())), &badge(view, &discount, offers.app.clock.now())))
        (mistakes.summary(view))
        div.with-aside {
            section.card {
                h2 { (view.t("discount-customers")) }
                @if may_change {
                    (ui::form(view, &format!("{HERE}/{id}/customers"), &html! {
                        (customers_field(view, typed.unwrap_or(&list), mistakes))
                        div.row { button.button.primary type="submit" { (view.t("discount-customers-save")) } }
                    }))
                } @else {
                    ul.plain { @for (_, name) in &named { li { (name) } } }
                }
            }
            aside.stack { (ui::card(None, &facts)) @if may_change { (end_dialog(view, id)) } }
        }
    };
    Ok(ui::page(view, PLACE, &title, &body))
}

/// What a discount is for, in names.
async fn covered(offers: &Offers, tx: &mut platform::Tx, view: &View, discount: &Discount) -> Done<Vec<String>> {
    let scope = &discount.terms.scope;
    let mut names = Vec::new();
    for product in &scope.products {
        names.push(view.of(&offers.catalogue.product_name(tx, *product).await?).to_owned());
    }
    names.extend(editions(offers, tx, view, (discount.account, scope)).await?);
    Ok(names)
}

fn end_dialog(view: &View, id: DiscountId) -> Markup {
    let body = html! {
        p { (view.t("discount-end-text")) }
        (ui::form(view, &format!("{HERE}/{id}/end"), &html! { button.button.danger type="submit" { (view.t("discount-end-yes")) } }))
    };
    ui::confirm(view, &view.t("discount-end"), &view.t("discount-end-title"), true, &body)
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page(HERE, list, Access::Seller)
        .page("/seller/discounts/new", fresh, Access::Seller)
        .form("/seller/discounts/new", open, Access::Seller)
        .page("/seller/discounts/{discount}", show, Access::Seller)
        .form("/seller/discounts/{discount}/customers", regrant, Access::Seller)
        .form("/seller/discounts/{discount}/end", end, Access::Seller)
        .done()
}
