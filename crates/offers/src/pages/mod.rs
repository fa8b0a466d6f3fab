//! Pages of coupons: the givers' (seller and operator share them), the buyer's, and the part of the checkout.

mod buyer;
mod checkout;
mod discounts;
mod given;
mod giving;
mod opening;
mod reselling;

use catalogue::Sold;
use kernel::{
    Invalid, Result,
    id::{AccountId, ProductId, SpecId},
};
use maud::{Markup, html};
use platform::{Tx, http::Routes};
use ui::{Field, Mistakes, Place, Tone, View};

use crate::{
    Offers,
    actions::Giver,
    rules::{Batch, BatchState, CouponState, Issuer, Scope},
};

pub use checkout::checkout_coupons;

pub(crate) fn routes(offers: &Offers) -> Routes {
    giving::routes(offers)
        .and(opening::routes(offers))
        .and(given::routes(offers))
        .and(buyer::routes(offers))
        .and(discounts::routes(offers))
        .and(reselling::routes(offers))
}

/// Where a giver's pages are.
fn base(giver: &Giver) -> &'static str {
    match giver.issuer() {
        Issuer::Seller => "/seller/coupons",
        Issuer::Operator => "/operator/coupons",
    }
}

fn place(giver: &Giver) -> Place {
    match giver.issuer() {
        Issuer::Seller => Place::Seller("coupons"),
        Issuer::Operator => Place::Operator("coupons"),
    }
}

/// Whether a batch gives coupons now, in a word.
fn batch_badge(view: &View, batch: &Batch, now: kernel::Timestamp) -> Markup {
    let (tone, word) = match batch.state {
        BatchState::Voided => (Tone::Plain, "voided"),
        BatchState::Open if now >= batch.valid.until => (Tone::Plain, "over"),
        BatchState::Open if now < batch.valid.from => (Tone::Info, "planned"),
        BatchState::Open if batch.left() == 0 => (Tone::Warn, "given"),
        BatchState::Open => (Tone::Good, "open"),
    };
    ui::badge(tone, &view.word("coupon-batch", word))
}

/// Whether a coupon can be used, in a word.
fn coupon_badge(view: &View, (state, batch): (CouponState, &Batch), now: kernel::Timestamp) -> Markup {
    let (tone, word) = match (state, batch.state) {
        (CouponState::Used, _) => (Tone::Info, "used"),
        (CouponState::Voided, _) | (_, BatchState::Voided) => (Tone::Bad, "voided"),
        (CouponState::Held | CouponState::Printed, BatchState::Open) if now >= batch.valid.until => {
            (Tone::Plain, "over")
        }
        (CouponState::Held, BatchState::Open) => (Tone::Good, "held"),
        (CouponState::Printed, BatchState::Open) => (Tone::Plain, "printed"),
    };
    ui::badge(tone, &view.word("coupon-state", word))
}

/// What lowers a seller's prices: coupons, and discounts for named customers.
fn givers_tabs(view: &View, here: &str) -> Markup {
    let tab = |text: String, href: &str| (text, href.to_owned(), href == here);
    let tabs = [
        tab(view.t("coupons-title"), "/seller/coupons"),
        tab(view.t("discounts-title"), "/seller/discounts"),
        tab(view.t("resale-title"), "/seller/resale"),
    ];
    ui::tabs(&view.t("coupons-title"), &tabs)
}

/// What the operator sees of it.
fn site_tabs(view: &View, here: &str) -> Markup {
    let tab = |text: String, href: &str| (text, href.to_owned(), href == here);
    let tabs = [tab(view.t("coupons-title"), "/operator/coupons"), tab(view.t("resale-title"), "/operator/resale")];
    ui::tabs(&view.t("coupons-title"), &tabs)
}

/// The editions of a scope in names; one that is not on sale any more has its id only.
async fn editions(
    offers: &Offers,
    tx: &mut Tx,
    view: &View,
    (seller, scope): (AccountId, &Scope),
) -> Result<Vec<String>> {
    let sold = offers.catalogue.sold_of(tx, seller, (&[], &scope.specs)).await?;
    let name = |wanted: &SpecId| {
        let named = sold.iter().find_map(|sold| {
            let (_, name) = sold.specs.iter().find(|(spec, _)| spec == wanted)?;
            Some(format!("{} · {}", view.of(&sold.name), view.of(name)))
        });
        named.unwrap_or_else(|| wanted.to_string())
    };
    Ok(scope.specs.iter().map(name).collect())
}

/// Products that are shown to be ticked; the ids of others are typed.
const TICKS_MAX: u32 = 100;

/// Where a seller with more products than can be ticked types the rest.
fn more(view: &View, sold: &[Sold], typed: &str, mistakes: &Mistakes) -> Markup {
    let hint = view.ta("coupon-scope-more-hint", &[("count", i64::from(TICKS_MAX).into())]);
    let label = view.t("coupon-scope-more");
    let field = Field::area("scope.ids", &label, 2).value(typed).hint(hint).with("placeholder", "prd_…");
    html! {
        @if sold.len() >= TICKS_MAX as usize || !typed.is_empty() {
            (field.with("spellcheck", "false").render(view, mistakes))
        }
    }
}

/// Adds products and editions that were typed by their ids.
fn add_typed(scope: &mut Scope, typed: &str, wrong: &mut Invalid) {
    let unknown = ("names nothing that is sold here", "含有本站没有的内容");
    for id in words(typed) {
        if let Ok(spec) = id.parse::<SpecId>() {
            scope.specs.push(spec);
        } else {
            scope.products.extend(wrong.keep(id.parse::<ProductId>().map_err(|_| unknown), "scope.products"));
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty())
}

/// A seller's products and their editions, to be ticked; nothing ticked means everything.
fn ticks(
    view: &View,
    (sold, hint): (&[Sold], &str),
    (products, specs): (&[String], &[String]),
    mistakes: &Mistakes,
) -> Markup {
    let wrong = mistakes.at("scope.products").is_some() || mistakes.at("scope.specs").is_some();
    html! {
        fieldset.picks.bad[wrong] id="f-scope.products" {
            legend { (view.t("coupon-scope-products")) }
            p.hint { (hint) }
            @if sold.is_empty() { p.muted { (view.t("coupon-scope-nothing")) } }
            ul.plain {
                @for sold in sold {
                    li {
                        label.tick {
                            input type="checkbox" name="scope.products" value=(sold.product) checked[products.contains(&sold.product.to_string())];
                            strong { (view.of(&sold.name)) }
                        }
                        @if sold.specs.len() > 1 {
                            div.tick-list {
                                @for (spec, name) in &sold.specs {
                                    label.tick {
                                        input type="checkbox" name="scope.specs" value=(spec) checked[specs.contains(&spec.to_string())];
                                        (view.of(name)) span.unseen { " · " (view.of(&sold.name)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            (mistakes.beside("scope.products"))
            (mistakes.beside("scope.specs"))
        }
    }
}
