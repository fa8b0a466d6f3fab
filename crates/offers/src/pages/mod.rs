//! Pages of coupons: the givers' (seller and operator share them), the buyer's, and the part of the checkout.

mod buyer;
mod checkout;
mod discounts;
mod given;
mod giving;
mod opening;
mod reselling;

use catalogue::Sold;
use maud::{Markup, html};
use platform::http::Routes;
use ui::{Mistakes, Place, Tone, View};

use crate::{
    Offers,
    actions::Giver,
    rules::{Batch, BatchState, CouponState, Issuer},
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
