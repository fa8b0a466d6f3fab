//! The form that opens a batch of coupons.

use accounts::{Operator, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalogue::Sold;
use jiff::tz::TimeZone;
use kernel::{
    Currency, Invalid, Localized, Money,
    id::{AccountId, ProductId, SpecId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, Problem, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, View};

use super::{TICKS_MAX, add_typed, base, more, place, ticks, words};
use crate::{
    Offers,
    actions::Giver,
    rules::{Issuer, Proposal, Scope, Value, typed},
};

/// What was typed, field by field; the fields are called as the refusals call them.
#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default, rename = "name.en")]
    name_en: String,
    #[serde(default, rename = "name.zh")]
    name_zh: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    currency: String,
    #[serde(default, rename = "value.amount")]
    amount: String,
    #[serde(default, rename = "value.basis_points")]
    percent: String,
    #[serde(default, rename = "value.most")]
    most: String,
    #[serde(default, rename = "value.from")]
    from: String,
    #[serde(default, rename = "scope.products")]
    products: Vec<String>,
    #[serde(default, rename = "scope.specs")]
    specs: Vec<String>,
    #[serde(default, rename = "scope.sellers")]
    sellers: String,
    #[serde(default, rename = "scope.ids")]
    ids: String,
    #[serde(default)]
    with_discount: String,
    #[serde(default)]
    count: String,
    #[serde(default)]
    per_customer: String,
    #[serde(default)]
    shown: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_until: String,
    #[serde(default)]
    platform_basis_points: String,
}

const KINDS: [&str; 3] = ["amount", "threshold", "percent"];

impl Typed {
    fn fresh(currency: Currency) -> Self {
        Self {
            kind: "threshold".to_owned(),
            currency: currency.to_string(),
            per_customer: "1".to_owned(),
            shown: "true".to_owned(),
            ..Self::default()
        }
    }

    /// Reads the fields; every one that cannot be read is named.
    fn proposal(&self, issuer: Issuer, zone: &TimeZone) -> Result<Proposal, Invalid> {
        let mut wrong = Invalid::default();
        let value = self.value(&mut wrong);
        let scope = self.scope(&mut wrong, issuer);
        let number = ("must be a whole number", "须为整数");
        let count = wrong.keep(self.count.trim().parse().map_err(|_| number), "count");
        let per_customer = wrong.keep(self.per_customer.trim().parse().map_err(|_| number), "per_customer");
        let date = ("must be a date", "须为日期");
        let valid_from = match self.valid_from.trim() {
            "" => None,
            text => wrong.keep(typed::day(text, zone).ok_or(date), "valid_from"),
        };
        let valid_until = wrong.keep(typed::day_end(&self.valid_until, zone).ok_or(date), "valid_until");
        let percentage = ("must be a percentage such as 100 or 62.5", "须为百分比，例如 100 或 62.5");
        let platform_basis_points = match (issuer, self.platform_basis_points.trim()) {
            (Issuer::Seller, _) | (Issuer::Operator, "") => None,
            (Issuer::Operator, text) => {
                wrong.keep(typed::basis_points(text).ok_or(percentage), "platform_basis_points")
            }
        };
        wrong.done()?;
        let (Some(value), Some(count), Some(per_customer), Some(valid_until)) =
            (value, count, per_customer, valid_until)
        else {
            return Err(Invalid::default());
        };
        Ok(Proposal {
            name: Localized::new(self.name_en.trim(), self.name_zh.trim()),
            value,
            scope,
            with_discount: self.with_discount == "true",
            count,
            per_customer,
            shown: self.shown == "true",
            valid_from,
            valid_until,
            platform_basis_points,
        })
    }

    fn value(&self, wrong: &mut Invalid) -> Option<Value> {
        let chosen = ("must be chosen", "须选择一项");
        let currency: Option<Currency> = wrong.keep(self.currency.parse().map_err(|_| chosen), "currency");
        let currency = currency?;
        let money = ("must be an amount such as 50 or 99.50", "须为金额，例如 50 或 99.50");
        let amount = |wrong: &mut Invalid, text: &str, field: &str| -> Option<Money> {
            wrong.keep(typed::amount(text, currency).ok_or(money), field)
        };
        match self.kind.as_str() {
            "amount" => Some(Value::Amount { amount: amount(wrong, &self.amount, "value.amount")? }),
            "threshold" => {
                let (off, from) =
                    (amount(wrong, &self.amount, "value.amount"), amount(wrong, &self.from, "value.from"));
                Some(Value::Threshold { amount: off?, from: from? })
            }
            "percent" => {
                let percentage = ("must be a percentage such as 10 or 12.5", "须为百分比，例如 10 或 12.5");
                let points = wrong.keep(typed::basis_points(&self.percent).ok_or(percentage), "value.basis_points");
                let most = amount(wrong, &self.most, "value.most");
                let from = match self.from.trim() {
                    "" => None,
                    text => amount(wrong, text, "value.from"),
                };
                Some(Value::Percent { basis_points: points?, most: most?, from })
            }
            _ => wrong.keep(Err(chosen), "kind"),
        }
    }

    fn scope(&self, wrong: &mut Invalid, issuer: Issuer) -> Scope {
        let mut scope = Scope::default();
        let unknown = ("names nothing that is sold here", "含有本站没有的内容");
        match issuer {
            Issuer::Seller => {
                for id in &self.products {
                    scope.products.extend(wrong.keep(id.parse::<ProductId>().map_err(|_| unknown), "scope.products"));
                }
                for id in &self.specs {
                    scope.specs.extend(wrong.keep(id.parse::<SpecId>().map_err(|_| unknown), "scope.specs"));
                }
                add_typed(&mut scope, &self.ids, wrong);
            }
            Issuer::Operator => {
                for id in words(&self.sellers) {
                    scope.sellers.extend(wrong.keep(id.parse::<AccountId>().map_err(|_| unknown), "scope.sellers"));
                }
                for id in words(&self.ids) {
                    scope.products.extend(wrong.keep(id.parse::<ProductId>().map_err(|_| unknown), "scope.products"));
                }
            }
        }
        scope
    }
}

async fn fresh<G: Into<Giver>>(State(offers): State<Offers>, visit: Visit, giver: G) -> Result<Page, Problem> {
    let giver = giver.into();
    let policy = offers.policies.current().await?;
    let currency = policy.site.currencies.first().copied().unwrap_or(Currency::CNY);
    page(&offers, &visit.view, &giver, (&Typed::fresh(currency), &Mistakes::none())).await
}

async fn open<G: Into<Giver>>(
    State(offers): State<Offers>,
    visit: Visit,
    giver: G,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let giver = giver.into();
    let done = once.run(&offers.app, async |tx| {
        giver.may_give()?;
        let proposal = typed.proposal(giver.issuer(), &visit.view.zone)?;
        let batch = offers.open_batch(tx, &giver, proposal).await?;
        Ok(Answer::see_other(format!("{}/{}?done=coupons-opened", base(&giver), batch.id)))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(page(&offers, &visit.view, &giver, (&typed, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn page(
    offers: &Offers,
    view: &View,
    giver: &Giver,
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    giver.may_give().map_err(kernel::Error::from)?;
    let policy = offers.policies.current().await?;
    let sold = match giver {
        Giver::Seller(seller) => {
            offers.catalogue.sold_by(&mut offers.app.db.read(), seller.account(), TICKS_MAX).await?
        }
        Giver::Operator(_) => Vec::new(),
    };
    let title = view.t("coupons-open");
    let body = html! {
        (mistakes.summary(view))
        (worth(view, &policy.site.currencies, typed, mistakes))
        @match giver.issuer() {
            Issuer::Seller => (products(view, &sold, typed, mistakes)),
            Issuer::Operator => (site(view, typed, mistakes)),
        }
        (giving(view, typed, mistakes))
        div.row {
            button.button.primary.large type="submit" { (view.t("coupons-open-do")) }
            a.button.quiet href=(base(giver)) { (view.t("ui-cancel")) }
        }
    };
    Ok(ui::page(
        view,
        place(giver),
        &title,
        &html! {
            p { a href=(base(giver)) { "← " (view.t("coupons-title")) } }
            (ui::header(&title, Some(&view.t("coupons-open-lead")), &html! {}))
            (ui::form(view, &format!("{}/new", base(giver)), &body))
        },
    ))
}

fn worth(view: &View, currencies: &[Currency], typed: &Typed, mistakes: &Mistakes) -> Markup {
    let kinds =
        KINDS.map(|kind| Choice::new(kind, view.word("coupon-kind", kind)).hint(view.word("coupon-kind-hint", kind)));
    let currencies: Vec<Choice> =
        currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect();
    let money = |name, label: &str, value: &str| {
        Field::text(name, label)
            .value(value)
            .wanted()
            .with("inputmode", "decimal")
            .with("autocomplete", "off")
            .render(view, mistakes)
    };
    ui::card(
        Some(&view.t("coupon-worth")),
        &html! {
            div.fields.two {
                (Field::text("name.en", &view.t("coupon-name-en")).value(&typed.name_en).hint(view.t("coupon-name-hint")).required().with("maxlength", "40").render(view, mistakes))
                (Field::text("name.zh", &view.t("coupon-name-zh")).value(&typed.name_zh).hint(view.t("coupon-name-hint")).required().with("maxlength", "40").with("lang", "zh-CN").render(view, mistakes))
            }
            div.coupon-kinds.stack {
                (ui::choice_cards(&view.t("coupon-kind"), "kind", &kinds, &typed.kind, mistakes))
                div.columns {
                    (Field::select("currency", &view.t("coupon-currency"), &currencies).value(&typed.currency).required().render(view, mistakes))
                    div data-kind="amount threshold" { (money("value.amount", &view.t("coupon-amount"), &typed.amount)) }
                    div data-kind="percent" { (money("value.basis_points", &view.t("coupon-percent"), &typed.percent)) }
                    div data-kind="percent" { (money("value.most", &view.t("coupon-most"), &typed.most)) }
                    div data-kind="threshold percent" {
                        (Field::text("value.from", &view.t("coupon-threshold")).value(&typed.from).wanted().hint(view.t("coupon-threshold-hint")).with("inputmode", "decimal").with("autocomplete", "off").render(view, mistakes))
                    }
                }
            }
        },
    )
}

/// A seller ticks what its coupons are for; nothing ticked means everything.
fn products(view: &View, sold: &[Sold], typed: &Typed, mistakes: &Mistakes) -> Markup {
    let hint = view.t("coupon-scope-hint");
    ui::card(
        Some(&view.t("coupon-scope")),
        &html! {
            (ticks(view, (sold, &hint), (&typed.products, &typed.specs), mistakes))
            (more(view, sold, &typed.ids, mistakes))
        },
    )
}

/// The operator names sellers and products, and which part of the cost the platform bears.
fn site(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("coupon-scope")),
        &html! {
            (Field::area("scope.sellers", &view.t("coupon-scope-sellers"), 2).value(&typed.sellers).hint(view.t("coupon-scope-sellers-hint")).with("placeholder", "acc_…").with("spellcheck", "false").render(view, mistakes))
            div id="f-scope.products" { (Field::area("scope.ids", &view.t("coupon-scope-ids"), 2).value(&typed.ids).hint(view.t("coupon-scope-ids-hint")).with("placeholder", "prd_…").with("spellcheck", "false").render(view, mistakes)) (mistakes.beside("scope.products")) }
            (Field::text("platform_basis_points", &view.t("coupon-platform-part")).value(&typed.platform_basis_points).hint(view.t("coupon-platform-hint")).with("inputmode", "decimal").with("placeholder", "100").render(view, mistakes))
        },
    )
}

fn giving(view: &View, typed: &Typed, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("coupon-giving")),
        &html! {
            div.fields {
                (Field::input("number", "count", &view.t("coupon-count")).value(&typed.count).hint(view.t("coupon-count-hint")).required().with("min", "1").render(view, mistakes))
                (Field::input("number", "per_customer", &view.t("coupon-per-customer")).value(&typed.per_customer).required().with("min", "1").render(view, mistakes))
                (Field::input("date", "valid_from", &view.t("coupon-from")).value(&typed.valid_from).hint(view.t("coupon-from-hint")).render(view, mistakes))
                (Field::input("date", "valid_until", &view.t("coupon-until")).value(&typed.valid_until).hint(view.t("coupon-until-hint")).required().render(view, mistakes))
            }
            (Field::check("shown", &view.t("coupon-shown-check")).value(&typed.shown).hint(view.t("coupon-shown-hint")).render(view, mistakes))
            (Field::check("with_discount", &view.t("coupon-with-discount-check")).value(&typed.with_discount).hint(view.t("coupon-with-discount-hint")).render(view, mistakes))
        },
    )
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page("/seller/coupons/new", fresh::<Seller>, Access::Seller)
        .form("/seller/coupons/new", open::<Seller>, Access::Seller)
        .page("/operator/coupons/new", fresh::<Operator>, Access::Operator)
        .form("/operator/coupons/new", open::<Operator>, Access::Operator)
        .done()
}
