//! A buyer's coupons, redeeming a code, and what can be taken for a product.

use accounts::{Buyer, Permission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, PageQuery,
    id::{CouponBatchId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::coupon_badge;
use crate::{
    Offers,
    actions::{Claimable, ResaleNamed},
    rules::{CouponState, Discount, Issuer, Taken, percent},
};

const PLACE: Place = Place::Console("coupons");
const HERE: &str = "/console/coupons";

/// The states that a buyer's coupon has.
const STATES: [CouponState; 3] = [CouponState::Held, CouponState::Used, CouponState::Voided];

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn list(
    State(offers): State<Offers>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    page(&offers, &visit.view, (&buyer, &asked), ("", &Mistakes::none())).await
}

#[derive(Default, Deserialize)]
struct Redeem {
    #[serde(default)]
    code: String,
}

async fn redeem(
    State(offers): State<Offers>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(Redeem { code }): Form<Redeem>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.redeem(tx, &buyer, &code).await?;
        Ok(Answer::see_other(format!("{HERE}?done=coupon-redeemed")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = page(&offers, &visit.view, (&buyer, &Asked::default()), (&code, &mistakes)).await?;
            Ok(page.refused().into_response())
        }
    }
}

async fn page(
    offers: &Offers,
    view: &View,
    (buyer, asked): (&Buyer, &Asked),
    (code, mistakes): (&str, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = offers.app.db.read();
    let state = asked.state.parse().ok();
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let found = offers.coupons(&mut tx, buyer, state, page).await?;
    let mut rows = Vec::with_capacity(found.items.len());
    let names = offers.accounts.names(&mut tx, found.items.iter().map(|taken| taken.batch.account).collect()).await?;
    for taken in found.items {
        let giver = names.get(&taken.batch.account).cloned().unwrap_or_default();
        rows.push((taken, giver));
    }
    let discounts = offers.own_discounts(&mut tx, buyer).await?;
    let resales = offers.resold_by(&mut tx, buyer).await?;
    let title = view.t("coupons-title");
    let now = offers.app.clock.now();
    let mut states = vec![Choice::new("all", view.t("coupon-state-all"))];
    states.extend(STATES.map(|state| Choice::new(state.as_str(), view.word("coupon-state", state.as_str()))));
    let label = view.t("coupon-state");
    let filter = Field::select("state", &label, &states).value(&asked.state).required();
    let table = Table::new(view, &title, &rows)
        .column(view.t("coupon-name"), |(taken, _)| html! { strong { (view.of(&taken.batch.terms.name)) } })
        .column(view.t("coupon-worth"), |(taken, _)| html! { (view.of(&taken.batch.terms.value.text())) })
        .column(view.t("coupon-where"), |(taken, giver)| usable_at(view, taken, giver))
        .column(view.t("coupon-until"), |(taken, _)| view.time(taken.batch.valid.until))
        .column(view.t("coupon-state"), |(taken, _)| {
            let badge = coupon_badge(view, (taken.coupon.state, &taken.batch), now);
            html! { @if let Some(order) = taken.coupon.order { a href={ "/console/orders/" (order) } { (badge) } } @else { (badge) } }
        })
        .filters(filter.render(view, &Mistakes::none()))
        .empty(ui::empty(
            &view.t("coupons-none"),
            &view.t("coupons-none-text"),
            &ui::button_link("/search", &view.t("coupons-none-go"), true),
        ))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("coupons-lead-buyer")), &html! {}))
            (mistakes.summary(view))
            @if buyer.may(Permission::Buy).is_ok() { (redeem_card(view, code, mistakes)) }
            @if !discounts.is_empty() { (discounts_card(view, &discounts)) }
            @if !resales.is_empty() { (resales_card(view, &resales)) }
            (table)
        },
    ))
}

/// Where a coupon can be used: a seller's name, or the whole site, and how much of it.
fn usable_at(view: &View, taken: &Taken, giver: &str) -> Markup {
    let some = !taken.batch.terms.scope.is_everything();
    html! {
        @match taken.batch.issuer {
            Issuer::Seller => a href={ "/sellers/" (taken.batch.account) } { (giver) },
            Issuer::Operator => (view.t("coupon-scope-site")),
        }
        @if some { div.small.muted { (view.t("coupon-scope-some")) } }
    }
}

/// What sellers take off for this account; the checkout does it by itself.
fn discounts_card(view: &View, discounts: &[(Discount, String)]) -> Markup {
    ui::card(
        Some(&view.t("discounts-own")),
        &html! {
            p.muted { (view.t("discounts-own-text")) }
            ul.plain {
                @for (discount, seller) in discounts {
                    li.spread {
                        span {
                            a href={ "/sellers/" (discount.account) } { (seller) } " · " strong { (view.of(&discount.terms.name)) }
                            ": " (view.of(&discount.terms.reduction.text()))
                            @if !discount.terms.scope.is_everything() { span.small.muted { " · " (view.t("coupon-scope-some")) } }
                        }
                        span.small.muted { (view.t("coupon-until")) " " (view.time(discount.valid.until)) }
                    }
                }
            }
        },
    )
}

/// What this account may resell; the checkout asks for whom.
fn resales_card(view: &View, resales: &[ResaleNamed]) -> Markup {
    ui::card(
        Some(&view.t("resale-own")),
        &html! {
            p.muted { (view.t("resale-own-text")) }
            ul.plain {
                @for named in resales {
                    @let resale = &named.resale;
                    li.spread {
                        span {
                            a href={ "/products/" (resale.product) } { (view.of(&named.product)) }
                            @if let Some(customer) = resale.whom.customer().and_then(|customer| named.names.get(&customer)) { " → " (customer) }
                        }
                        span { (view.ta("resale-own-price", &[("percent", percent(resale.price_basis_points).into())])) }
                    }
                }
            }
        },
    )
}

fn redeem_card(view: &View, code: &str, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("coupons-redeem")),
        &ui::form(
            view,
            HERE,
            &html! {
                (Field::text("code", &view.t("coupon-code")).value(code).hint(view.t("coupons-redeem-hint")).required().with("placeholder", "7KQM-2XWD-9RTA-HV4C").with("maxlength", "60").with("autocomplete", "off").with("spellcheck", "false").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("coupons-redeem-do")) } }
            },
        ),
    )
}

async fn product(
    State(offers): State<Offers>,
    visit: Visit,
    PathParam(id): PathParam<ProductId>,
) -> Result<Page, Problem> {
    product_page(&offers, &visit, id, &Mistakes::none()).await
}

#[derive(Default, Deserialize)]
struct Claim {
    #[serde(default)]
    batch: String,
}

async fn claim(
    State(offers): State<Offers>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(Claim { batch }): Form<Claim>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        let unknown = ("names no coupons", "不是本站的优惠券");
        let batch: CouponBatchId = batch.parse().map_err(|_| Invalid::one("batch", unknown))?;
        offers.claim(tx, &buyer, batch).await?;
        Ok(Answer::see_other(format!("/products/{id}/coupons?done=coupon-claimed")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(product_page(&offers, &visit, id, &mistakes).await?.refused().into_response())
        }
    }
}

async fn product_page(offers: &Offers, visit: &Visit, id: ProductId, mistakes: &Mistakes) -> Result<Page, Problem> {
    let view = &visit.view;
    let buyer = visit.member.clone().and_then(|member| Buyer::try_from(member).ok());
    let (sold, found) = offers.claimable(&mut offers.app.db.read(), visit.member.as_ref(), id).await?;
    let title = view.t("coupons-title");
    let body = html! {
        p { a href={ "/products/" (id) } { "← " (view.of(&sold.name)) } }
        (ui::header(&title, Some(view.of(&sold.name)), &html! {}))
        (mistakes.summary(view))
        @if found.is_empty() {
            (ui::empty(&view.t("coupons-product-none"), &view.t("coupons-product-none-text"), &html! {}))
        }
        div.columns { @for one in &found { (claimable(view, id, one, buyer.as_ref())) } }
        @if buyer.is_some() { p { a href=(HERE) { (view.t("coupons-redeem-link")) } } }
    };
    Ok(ui::page(view, Place::Storefront("product"), &title, &body))
}

fn claimable(view: &View, product: ProductId, one: &Claimable, buyer: Option<&Buyer>) -> Markup {
    let terms = &one.batch.terms;
    let here = format!("/products/{product}/coupons");
    html! {
        section.card {
            h2 { (view.of(&terms.name)) }
            p { strong { (view.of(&terms.value.text())) } }
            p.small.muted {
                (view.t("coupon-until")) " " (view.time(one.batch.valid.until)) " · "
                (view.ta("coupon-left", &[("count", one.batch.left().into())]))
            }
            @match buyer {
                None => div.row { a.button.primary href={ "/sign-in?next=" (ui::escaped(&here)) } { (view.t("coupon-claim-sign-in")) } },
                Some(_) if !one.may_have_more() => p { (view.t("coupon-claimed")) },
                Some(buyer) if buyer.may(Permission::Buy).is_err() => p.muted { (view.t("coupon-claim-role")) },
                Some(_) => (ui::form(view, &here, &html! {
                    div.row { button.button.primary name="batch" value=(one.batch.id) type="submit" { (view.t("coupon-claim")) span.unseen { " " (view.of(&terms.name)) } } }
                })),
            }
        }
    }
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page(HERE, list, Access::Buyer)
        .form(HERE, redeem, Access::Buyer)
        .page("/products/{product}/coupons", product, Access::Public)
        .form("/products/{product}/coupons", claim, Access::Buyer)
        .done()
}
