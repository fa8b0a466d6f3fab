//! From a choice on a product's page to an order: what it comes to is shown and explained, and kept as a quote when it is
//! accepted. Looking at it changes nothing.

use std::collections::BTreeMap;

use accounts::{Buyer, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Invalid, Money, Result,
    id::{AccountId, CouponId, SkuId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, Problem, Query, Routes};
use pricing::Choice;
use ui::{Field, Mistakes, Page, Place, Tone, View, button_link, escaped};

use super::{
    asking::{questions, replies},
    parts::{receipt, term, window},
};
use crate::{
    Orders,
    actions::Checkout,
    rules::{After, Obstacle, StoredQuote, Wish},
};

/// The coupons of an address: `coupons=cpn_…,cpn_…`.
fn coupons(asked: &BTreeMap<String, String>) -> Result<Vec<CouponId>, Invalid> {
    let ids = asked.get("coupons").map(String::as_str).unwrap_or_default();
    let unknown = ("name no coupons of yours", "不是您的优惠券");
    let parsed = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::parse);
    parsed.collect::<Result<Vec<CouponId>, _>>().map_err(|_| Invalid::one("coupons", unknown))
}

/// The customer of an address, for whom a reseller buys: `customer=acc_…`.
fn customer(asked: &BTreeMap<String, String>) -> Result<Option<AccountId>, Invalid> {
    let given = asked.get("customer").map(|id| id.trim()).filter(|id| !id.is_empty());
    let unknown = ("is no account", "不是本站的账号");
    given.map(str::parse).transpose().map_err(|_| Invalid::one("customer", unknown))
}

/// The parameters of a product's page: `sku`, `q.<attribute>`, `periods`, `period_unit`.
pub(super) fn choice(asked: &BTreeMap<String, String>) -> Result<(SkuId, Choice), Invalid> {
    let mut wrong = Invalid::default();
    let given = |name: &str| asked.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let unknown = ("names nothing that is sold; go back and choose again", "不是在售的规格，可返回商品页重新选择");
    let sku = wrong.keep(given("sku").unwrap_or_default().parse::<SkuId>().map_err(|_| unknown), "sku");
    let number = ("must be a whole number", "须为整数");
    let mut quantities = BTreeMap::new();
    for (name, value) in asked {
        let Some(code) = name.strip_prefix("q.").filter(|_| !value.trim().is_empty()) else { continue };
        let count = value.trim().parse::<u64>().map_err(|_| number);
        quantities.extend(wrong.keep(count, format!("quantities.{code}")).map(|count| (code.to_owned(), count)));
    }
    let periods = wrong.keep(given("periods").map_or(Ok(1), str::parse).map_err(|_| number), "periods");
    let unit = given("period_unit")
        .map(str::parse)
        .transpose()
        .map_err(|_| ("must be day, month or year", "须为 day、month 或 year"));
    let unit = wrong.keep(unit, "period_unit");
    let unknown = ("must be the code of a currency, such as CNY", "须为 CNY 这样的币种代码");
    let currency = wrong.keep(given("currency").map(str::parse).transpose().map_err(|_| unknown), "currency");
    wrong.done()?;
    let (Some(sku), Some(periods), Some(period_unit), Some(currency)) = (sku, periods, unit, currency) else {
        return Err(Invalid::default());
    };
    Ok((sku, Choice { quantities, periods, period_unit, currency }))
}

/// What an address or a form wishes for: a choice, the coupons to use on it, the customer that it is sold on to.
fn wish(asked: &BTreeMap<String, String>) -> Result<(SkuId, Wish), Invalid> {
    let (sku, choice) = choice(asked)?;
    let (coupons, customer, renew_up_to) = (coupons(asked)?, customer(asked)?, renewed(asked)?);
    Ok((sku, Wish { choice, coupons, customer, renew_up_to, replies: replies(asked) }))
}

/// The highest price of automatic renewals, as the page showed it: `30000 CNY`, where its buyer has ticked that.
fn renewed(asked: &BTreeMap<String, String>) -> Result<Option<Money>, Invalid> {
    let Some("true") = asked.get("renew").map(String::as_str) else { return Ok(None) };
    let shown = asked.get("renew_up_to").and_then(|amount| amount.split_once(' '));
    let amount = shown.and_then(|(minor, currency)| Some(Money::of(minor.parse().ok()?, currency.parse().ok()?)));
    let unknown = ("names no price; look at the page again", "没有价格，可重新打开本页");
    amount.map(Some).ok_or_else(|| Invalid::one("renew_up_to", unknown))
}

/// Where the same choice gets its price again.
fn again(checkout: &Checkout) -> String {
    address(asked(checkout))
}

/// The same with other coupons, or for another customer.
fn again_with(quote: &StoredQuote, coupons: &[CouponId], customer: Option<AccountId>) -> String {
    let mut pairs = asked_choice(quote);
    pairs.extend(asked_lower(coupons, customer));
    address(pairs)
}

fn address(pairs: Vec<(String, String)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", escaped(&name), escaped(&value))).collect();
    format!("/checkout?{}", pairs.join("&"))
}

/// All that a price was asked for with, as parameters.
fn asked(checkout: &Checkout) -> Vec<(String, String)> {
    let Wish { choice: _, coupons, customer, renew_up_to: _, replies: _ } = &checkout.wish;
    let mut pairs = asked_choice(&checkout.quote);
    pairs.extend(asked_lower(coupons, *customer));
    pairs
}

fn asked_lower(coupons: &[CouponId], customer: Option<AccountId>) -> Vec<(String, String)> {
    let ids: Vec<String> = coupons.iter().map(ToString::to_string).collect();
    let coupons = (!ids.is_empty()).then(|| ("coupons".to_owned(), ids.join(",")));
    let customer = customer.map(|customer| ("customer".to_owned(), customer.to_string()));
    coupons.into_iter().chain(customer).collect()
}

fn asked_choice(quote: &StoredQuote) -> Vec<(String, String)> {
    let Choice { quantities, periods, period_unit, currency } = &quote.content.choice;
    let mut asked = vec![("sku".to_owned(), quote.sku.to_string()), ("periods".to_owned(), periods.to_string())];
    asked.extend(quantities.iter().map(|(code, count)| (format!("q.{code}"), count.to_string())));
    asked.extend(period_unit.map(|unit| ("period_unit".to_owned(), unit.to_string())));
    asked.extend(currency.map(|currency| ("currency".to_owned(), currency.to_string())));
    asked
}

async fn checkout(orders: &Orders, buyer: &Buyer, asked: &BTreeMap<String, String>) -> Result<Checkout> {
    let (sku, wish) = wish(asked)?;
    orders.checkout(&mut orders.app.db.read(), buyer, sku, &wish).await
}

/// Where another choice can be made: the product's page, or all products when it names none.
pub(super) async fn back(orders: &Orders, buyer: &Buyer, asked: &BTreeMap<String, String>) -> String {
    let Some(sku) = asked.get("sku").and_then(|sku| sku.trim().parse().ok()) else { return "/search".to_owned() };
    let offer = orders.catalogue.offer_to(&mut orders.app.db.read(), buyer, sku).await;
    offer.map_or_else(|_| "/search".to_owned(), |offer| format!("/products/{}", offer.product))
}

async fn show(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    Query(mut asked): Query<BTreeMap<String, String>>,
) -> Result<Page, Problem> {
    // Nobody agrees to anything by a link.
    asked.retain(|name, _| !name.starts_with("contacts."));
    match checkout(&orders, &buyer, &asked).await {
        Ok(checkout) => Ok(page(&visit.view, &checkout, &Mistakes::none())),
        Err(error) => refused(&orders, &visit.view, (&buyer, &asked), NOT_SOLD, error.into()).await,
    }
}

const NOT_SOLD: (&str, &str) = ("checkout-title", "checkout-choose-again");

/// What was chosen is not sold, or not like this; `title` and `again` are keys of what the page says.
pub(super) async fn refused(
    orders: &Orders,
    view: &View,
    (buyer, asked): (&Buyer, &BTreeMap<String, String>),
    (title, again): (&'static str, &'static str),
    refused: Problem,
) -> Result<Page, Problem> {
    let mistakes = view.retry(refused)?;
    let title = view.t(title);
    let back = back(orders, buyer, asked).await;
    let page = ui::page(
        view,
        Place::Storefront("checkout"),
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            p.row { (button_link(&back, &view.t(again), true)) }
        },
    );
    Ok(page.refused())
}

/// The form carries the choice, what its page showed of it (`seen`), and when it is paid: `now` from the wallet, or `later`.
async fn accept(
    State(orders): State<Orders>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let given = |name: &str| form.get(name).map_or("", String::as_str);
    let done = once.run(&orders.app, async |tx| {
        let (sku, wish) = wish(&form)?;
        let quote = orders.quote_as_seen(tx, &buyer, (sku, &wish), given("seen")).await?;
        let (order, done) = match given("pay") {
            "now" => (orders.buy(tx, &buyer, quote.id).await?, "order-paid"),
            "later" => (orders.place(tx, &buyer, quote.id).await?, "order-placed"),
            _ => return Err(Invalid::one("pay", ("must be now or later", "须选择立即支付或稍后支付")).into()),
        };
        Ok(Answer::see_other(format!("/console/orders/{}?done={done}", order.id)))
    });
    let problem = match done.await {
        Ok(answer) => return Ok(answer.into_response()),
        Err(problem) => problem,
    };
    let page = match checkout(&orders, &buyer, &form).await {
        Ok(checkout) => page(&visit.view, &checkout, &visit.view.retry(problem)?).refused(),
        Err(error) => refused(&orders, &visit.view, (&buyer, &form), NOT_SOLD, error.into()).await?,
    };
    Ok(page.into_response())
}

fn page(view: &View, checkout: &Checkout, mistakes: &Mistakes) -> Page {
    let quote = &checkout.quote;
    let content = &quote.content;
    let title = view.t("checkout-title");
    let window = window(view, content.terms.no_reason_hours);
    let facts = [
        (view.t("order-seller"), html! { a href={ "/sellers/" (quote.seller) } { (checkout.seller) } }),
        (view.t("checkout-term"), html! { (term(view, &content.quote)) }),
    ];
    ui::page(
        view,
        Place::Storefront("checkout"),
        &title,
        &html! {
            (ui::header(&title, None, &html! {}))
            (mistakes.summary(view))
            div.with-aside {
                div.stack {
                    section.card {
                        h2 { a href={ "/products/" (quote.product) } { (view.of(&content.title)) } }
                        (ui::facts(&facts))
                        @if let Some(days) = content.accept_days() {
                            (ui::notice(Tone::Info, &html! { p { (view.ta("checkout-acceptance", &[("count", days.into())])) } }))
                        }
                        @if content.terms.grace_days > 0 && content.quote.length().is_some() {
                            p.small.muted { (view.ta("checkout-grace", &[("count", content.terms.grace_days.into())])) }
                        }
                    }
                    section.card {
                        h2 { (view.t("checkout-price")) }
                        (receipt(view, &content.quote))
                    }
                    @if checkout.obstacle.is_none() {
                        (resold(view, checkout))
                        (offers::checkout_coupons(view, &checkout.coupons, |ids| again_with(quote, ids, checkout.wish.customer)))
                    }
                    @if content.terms.no_reason_hours > 0 {
                        section.card {
                            h2 { (view.t("checkout-promise")) }
                            p { (view.ta("checkout-promise-text", &[("window", window.into())])) }
                            @if content.package.is_some() { p { (view.t("package-promise")) } }
                            p.small.muted { (view.ta("checkout-promise-limit", &[("count", checkout.returns_a_year.into())])) }
                        }
                    } @else if content.package.is_some() {
                        section.card {
                            h2 { (view.t("checkout-promise")) }
                            p { (view.t("package-no-return")) }
                        }
                    }
                }
                aside.stack { (payment(view, checkout, mistakes)) }
            }
        },
    )
}

/// A reseller says for whom it buys, where that lowers the price.
fn resold(view: &View, checkout: &Checkout) -> Markup {
    let (quote, Wish { coupons, customer: present, .. }) = (&checkout.quote, &checkout.wish);
    let ways = checkout.resold_to.iter().map(|(account, name)| (name.clone(), Some(*account)));
    let ways: Vec<(String, Option<AccountId>)> =
        std::iter::once((view.t("checkout-resold-nobody"), None)).chain(ways).collect();
    html! {
        @if !checkout.resold_to.is_empty() {
            section.card {
                h2 { (view.t("checkout-resold")) }
                p.muted { (view.t("checkout-resold-text")) }
                ul.plain {
                    @for (name, account) in &ways {
                        li.spread {
                            (name)
                            @if account == present { strong { (view.t("checkout-resold-chosen")) } } @else {
                                a.button href=(again_with(quote, coupons, *account)) { (view.t("checkout-resold-choose")) span.unseen { " " (name) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The side of the page where it is paid: what it costs, what the wallet says, and what can be done.
fn payment(view: &View, checkout: &Checkout, mistakes: &Mistakes) -> Markup {
    let quote = &checkout.quote;
    let after = match checkout.cover.after {
        After::Left(left) => (view.t("checkout-left"), view.money(left)),
        After::Missing(missing) => (view.t("checkout-missing"), html! { span.missing { (view.money(missing)) } }),
    };
    html! {
        section.card.payment {
            h2 { (view.t("checkout-pay")) }
            p.amount { (view.money(quote.content.quote.total)) }
            dl.receipt {
                div { dt { (view.t("checkout-wallet")) } dd { (view.money(checkout.cover.balance)) } }
                div { dt { (after.0) } dd { (after.1) } }
            }
            @match checkout.obstacle {
                Some(obstacle) => (stopped(view, checkout, obstacle)),
                None => (ways_to_pay(view, checkout, mistakes)),
            }
        }
    }
}

fn ways_to_pay(view: &View, checkout: &Checkout, mistakes: &Mistakes) -> Markup {
    let quote = &checkout.quote;
    let waits = window(view, quote.content.terms.payment_hours);
    let chosen = html! {
        @for (name, value) in asked(checkout) { input type="hidden" name=(name) value=(value); }
        input type="hidden" name="seen" value=(quote.content.seen());
        (questions(view, &checkout.asked, &checkout.wish.replies, mistakes))
        @if let Some(price) = checkout.again { (renewal(view, checkout, price)) }
    };
    html! {
        @match checkout.cover.after {
            After::Left(_) if checkout.may_pay => {
                (ui::form(view, "/checkout", &html! {
                    (chosen)
                    button.button.primary.large.wide name="pay" value="now" {
                        @if quote.content.quote.total.is_zero() {
                            (view.t("checkout-order-now"))
                        } @else {
                            (view.ta("checkout-pay-now", &[("amount", view.money_text(quote.content.quote.total).into())]))
                        }
                    }
                    button.button.quiet.wide name="pay" value="later" { (view.t("checkout-pay-later")) }
                }))
            }
            After::Left(_) | After::Missing(_) => {
                @if let After::Missing(missing) = checkout.cover.after && checkout.may_pay {
                    a.button.primary.large.wide href={
                        "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency())
                        "&next=" (escaped(&again(checkout)))
                    } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) }
                } @else {
                    p { (view.t("checkout-others-pay")) }
                }
                (ui::form(view, "/checkout", &html! {
                    (chosen)
                    button.button.wide name="pay" value="later" { (view.t("checkout-pay-later")) }
                }))
            }
        }
        p.small.muted { (view.ta("checkout-later-hint", &[("window", waits.into())])) }
    }
}

/// What is bought goes on by itself if its buyer ticks that, never for more than it costs now.
fn renewal(view: &View, checkout: &Checkout, price: Money) -> Markup {
    let ticked = if checkout.wish.renew_up_to.is_some() { "true" } else { "" };
    let details =
        [("amount", view.money_text(price).into()), ("term", term(view, &checkout.quote.content.quote).into())];
    html! {
        input type="hidden" name="renew_up_to" value={ (price.minor()) " " (price.currency()) };
        (Field::check("renew", &view.t("checkout-renew")).value(ticked).hint(view.ta("checkout-renew-text", &details))
            .render(view, &Mistakes::none()))
    }
}

/// Why it cannot be bought now, and what to do about it.
fn stopped(view: &View, checkout: &Checkout, obstacle: Obstacle) -> Markup {
    let (text, action) = match obstacle {
        Obstacle::Unverified => {
            let href = format!("/console/verification?next={}", escaped(&again(checkout)));
            (view.t("checkout-unverified"), button_link(&href, &view.t("checkout-verify"), true))
        }
        Obstacle::Own => {
            (view.t("checkout-own"), button_link("/seller/licences", &view.t("checkout-test-codes"), false))
        }
        Obstacle::Role => (view.t("checkout-role"), html! {}),
    };
    html! {
        (ui::notice(Tone::Warn, &html! { p { (text) } }))
        (action)
    }
}

pub(super) fn routes(orders: &Orders) -> Routes {
    Routes::of(orders.clone()).page("/checkout", show, Access::Buyer).form("/checkout", accept, Access::Buyer).done()
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;

    #[test]
    fn a_products_page_hands_over_a_choice() {
        let sku = SkuId::new(Timestamp::from_micros(0)).to_string();
        let asked = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (_, chosen) =
            choice(&asked(&[("sku", &sku), ("q.users", "25"), ("q.rooms", ""), ("period_unit", "")])).unwrap();
        assert_eq!(chosen, Choice { quantities: BTreeMap::from([("users".to_owned(), 25)]), ..Choice::default() });
        let wrong =
            choice(&asked(&[("sku", "x"), ("q.users", "many"), ("periods", "-1"), ("period_unit", "fortnight")]));
        let fields: Vec<String> = wrong.unwrap_err().0.into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["sku", "quantities.users", "periods", "period_unit"]);
    }
}
