//! How much one account may buy of each edition, and how many of each choice are left.

use std::collections::BTreeMap;

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid,
    id::{ProductId, SkuId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Tone, View, notice};

use super::{Own, frame};
use crate::{
    Catalogue, Offer,
    rules::{Attribute, Limit, PurchaseRules, Spec, UnitLimit},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/products/{product}/limits", show, Access::Seller)
        .form("/seller/products/{product}/limits", set_limit, Access::Seller)
        .form("/seller/products/{product}/stock", set_stock, Access::Seller)
        .done()
}

/// The page: what is on sale of a product, and what holds for buying it.
struct Sheet {
    own: Own,
    /// Each edition on sale with its choices.
    sold: Vec<(Spec, Vec<Offer>)>,
    rules: Vec<(SkuId, PurchaseRules)>,
}

impl Sheet {
    async fn of(catalogue: &Catalogue, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Self, Problem> {
        let own = Own::of(catalogue, tx, seller, id).await?;
        let rules = catalogue.own_limits(tx, seller, id).await?;
        let mut sold = Vec::new();
        if let Some(release) = catalogue.own_release(tx, seller, id).await? {
            for spec in &release.listing.specs {
                let offers = release.offers.values().filter(|offer| offer.spec_code == spec.code);
                let offers: Vec<Offer> = offers.map(|offer| offer.as_ref().clone()).collect();
                if !offers.is_empty() {
                    sold.push((spec.clone(), offers));
                }
            }
        }
        Ok(Self { own, sold, rules })
    }

    fn rules(&self, sku: SkuId) -> Option<&PurchaseRules> {
        self.rules.iter().find(|(known, _)| *known == sku).map(|(_, rules)| rules)
    }
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    let sheet = Sheet::of(&catalogue, &mut catalogue.app.db.read(), &seller, id).await?;
    Ok(page(&visit.view, &sheet, (&Typed::Nothing, &Mistakes::none())))
}

/// What was sent and refused, so that it need not be typed again.
enum Typed {
    Nothing,
    Limit(LimitForm),
    /// What was typed for each SKU, where it was changed.
    Stock(BTreeMap<SkuId, String>),
}

impl Typed {
    fn limit(&self, spec: &Spec) -> Option<&LimitForm> {
        match self {
            Self::Limit(form) if form.spec == spec.code => Some(form),
            Self::Nothing | Self::Limit(_) | Self::Stock(_) => None,
        }
    }

    fn stock(&self, sku: SkuId) -> Option<&str> {
        match self {
            Self::Stock(changed) => changed.get(&sku).map(String::as_str),
            Self::Nothing | Self::Limit(_) => None,
        }
    }
}

/// The rows of the form in which something else stands than when the page was made: what buyers have taken since is not put
/// back by saving the rest.
fn changed(pairs: &[(String, String)]) -> BTreeMap<SkuId, String> {
    let was = pairs.iter().filter_map(|(name, left)| Some((name.strip_prefix(WAS)?, left.trim())));
    let was: BTreeMap<&str, &str> = was.collect();
    let typed = pairs.iter().filter_map(|(name, left)| Some((name, name.parse().ok()?, left.trim())));
    let changed = typed.filter(|(name, _, left)| was.get(name.as_str()) != Some(left));
    changed.map(|(_, sku, left)| (sku, left.to_owned())).collect()
}

/// Before the id of a SKU: how many were left when the page was made.
const WAS: &str = "was.";

async fn answer(
    (catalogue, visit, seller): (&Catalogue, &Visit, &Seller),
    id: ProductId,
    (changed, typed): (Result<Answer, Problem>, Typed),
) -> Result<Response, Problem> {
    match changed {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let sheet = Sheet::of(catalogue, &mut catalogue.app.db.read(), seller, id).await?;
            Ok(page(&visit.view, &sheet, (&typed, &mistakes)).refused().into_response())
        }
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct LimitForm {
    spec: String,
    single: String,
    of: String,
    max: String,
}

impl LimitForm {
    /// As it holds now.
    fn of(spec: &Spec, rules: Option<&PurchaseRules>) -> Self {
        let limit = rules.map(|rules| rules.limit.clone()).unwrap_or_default();
        let single = if limit.single_purchase { "true" } else { "" };
        let (of, max) = match limit.units {
            Some(UnitLimit { of, max }) => (of.unwrap_or_default(), max.to_string()),
            None => (String::new(), String::new()),
        };
        Self { spec: spec.code.clone(), single: single.to_owned(), of, max }
    }

    fn limit(&self) -> Result<Limit, Invalid> {
        let number = ("must be a whole number", "须为整数");
        let units = match self.max.trim() {
            "" => None,
            max => {
                let max = max.parse().map_err(|_| Invalid::one("units.max", number))?;
                Some(UnitLimit { of: Some(self.of.clone()).filter(|code| !code.is_empty()), max })
            }
        };
        Ok(Limit { single_purchase: self.single == "true", units })
    }
}

async fn set_limit(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(form): Form<LimitForm>,
) -> Result<Response, Problem> {
    let changed = once.run(&catalogue.app, async |tx| {
        catalogue.set_limit(tx, &seller, (id, &form.spec), &form.limit()?).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/limits?done=limits-saved")))
    });
    let changed = changed.await;
    answer((&catalogue, &visit, &seller), id, (changed, Typed::Limit(form))).await
}

/// Names are the ids of SKUs, values what is left of them; and what was left of them when the page was made.
async fn set_stock(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = changed(&pairs);
    let done = once.run(&catalogue.app, async |tx| {
        let mut stock = Vec::new();
        for (sku, left) in &typed {
            let number = ("must be a whole number, or empty where nothing is counted", "须为整数，不限库存则留空");
            let left = match left.as_str() {
                "" => None,
                left => Some(left.parse::<u64>().map_err(|_| Invalid::one(sku.to_string(), number))?),
            };
            stock.push((*sku, left));
        }
        catalogue.set_stock(tx, &seller, id, &stock).await?;
        Ok(Answer::see_other(format!("/seller/products/{id}/limits?done=limits-saved")))
    });
    let done = done.await;
    answer((&catalogue, &visit, &seller), id, (done, Typed::Stock(typed))).await
}

fn page(view: &View, sheet: &Sheet, (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let own = &sheet.own;
    let body = html! {
        (mistakes.summary(view))
        @if sheet.sold.is_empty() { (notice(Tone::Info, &html! { p { (view.t("limits-not-yet")) } })) }
        @for (spec, offers) in &sheet.sold {
            section.card {
                h2 { (view.of(&spec.name)) }
                div.columns {
                    div.stack { h3 { (view.t("limits-account")) } (limit_form(view, sheet, (spec, offers), (typed, mistakes))) }
                    div.stack { h3 { (view.t("limits-stock")) } (stock_form(view, sheet, offers, (typed, mistakes))) }
                }
            }
        }
    };
    frame(view, own, &view.t("limits-lead"), &body)
}

fn limit_form(
    view: &View,
    sheet: &Sheet,
    (spec, offers): (&Spec, &[Offer]),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let rules = offers.first().and_then(|offer| sheet.rules(offer.sku));
    let (none, typed) = (Mistakes::none(), typed.limit(spec));
    // What is wrong is wrong with one edition.
    let mistakes = if typed.is_some() { mistakes } else { &none };
    let LimitForm { spec: _, single: only_one, of: present, max } =
        typed.cloned().unwrap_or_else(|| LimitForm::of(spec, rules));
    let mut counted = vec![Choice::new("", view.t("limits-of-purchases"))];
    counted.extend(spec.attributes.iter().filter_map(|attribute| match attribute {
        Attribute::Quantity { code, name, .. } => Some(Choice::new(code, view.of(name))),
        Attribute::Enum { .. } => None,
    }));
    let (single, of, most) = (view.t("limits-single"), view.t("limits-of"), view.t("limits-max"));
    // Each edition has a form of its own on the page, so that what is labelled needs a name of its own.
    let labelled = |name: &str| format!("{}-{name}", spec.code);
    ui::form(
        view,
        &format!("/seller/products/{}/limits", sheet.own.id()),
        &html! {
            input type="hidden" name="spec" value=(spec.code);
            (mistakes.beside("limit"))
            label.tick for=(labelled("single")) {
                input type="checkbox" id=(labelled("single")) name="single" value="true" checked[only_one == "true"];
                (single)
            }
            div.field {
                label for=(labelled("max")) { (most) " " span.optional { (view.t("ui-optional")) } }
                input type="number" id=(labelled("max")) name="max" min="1" inputmode="numeric" value=(max);
                (mistakes.beside("units.max"))
            }
            div.field {
                label for=(labelled("of")) { (of) }
                select id=(labelled("of")) name="of" {
                    @for choice in &counted { option value=(choice.value) selected[choice.value == present] { (choice.text) } }
                }
                (mistakes.beside("units.of"))
            }
            p.small.muted { (view.t("limits-account-text")) }
            div.row { button.button type="submit" { (view.t("shelf-save")) span.unseen { " " (view.of(&spec.name)) } } }
        },
    )
}

fn stock_form(view: &View, sheet: &Sheet, offers: &[Offer], (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let hint = view.t("limits-stock-hint");
    ui::form(
        view,
        &format!("/seller/products/{}/stock", sheet.own.id()),
        &html! {
            p.small.muted { (hint) }
            @for offer in offers {
                @let chosen: Vec<&str> = offer.choices.iter().map(|choice| view.of(choice)).collect();
                @let label = if chosen.is_empty() { view.of(&offer.spec_name).to_owned() } else { chosen.join(" · ") };
                @let name = offer.sku.to_string();
                @let left = sheet.rules(offer.sku).and_then(|rules| rules.stock).map(|left| left.to_string()).unwrap_or_default();
                input type="hidden" name={ (WAS) (name) } value=(left);
                (Field::input("number", &name, &label).value(typed.stock(offer.sku).unwrap_or(&left)).with("min", "0").with("inputmode", "numeric").render(view, mistakes))
            }
            div.row { button.button type="submit" { (view.t("shelf-save")) } }
        },
    )
}
