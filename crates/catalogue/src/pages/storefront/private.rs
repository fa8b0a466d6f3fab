//! The private catalogue of an organisation: its page, and what a product's page says about it.

use accounts::{Buyer, Permission, Visit, onward};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, Result, id::ProductId};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, Problem, Routes},
};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::{
    marked::buyer_of,
    pieces::{from_price, tile},
};
use crate::{
    Catalogue,
    actions::{PrivateCatalogue, Remembered},
    rules::{Approval, BuysFrom},
};

const PATH: &str = "/console/catalogue";
const PRODUCTS: &str = "/console/catalogue/products";

async fn show(State(catalogue): State<Catalogue>, visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    let kept = catalogue.private_catalogue(&mut catalogue.app.db.read(), &buyer).await?;
    Ok(page(&visit.view, (&kept, &buyer), "", &Mistakes::none()))
}

fn page(view: &View, (kept, buyer): (&PrivateCatalogue, &Buyer), typed: &str, mistakes: &Mistakes) -> Page {
    let title = view.t("private-title");
    let decides = kept.refused.is_none() && buyer.may(Permission::ManageTeam).is_ok();
    let body = html! {
        (ui::header(&title, Some(&view.t("private-lead")), &html! {}))
        (mistakes.summary(view))
        @if kept.refused.is_some() {
            (ui::notice(Tone::Info, &html! { p { (view.t("private-enterprise-only")) } p { a href="/console/verification" { (view.t("private-verify")) } } }))
        } @else {
            (ui::card(Some(&view.t("private-buys-from")), &mode(view, kept, decides, mistakes)))
            (ui::card(Some(&view.t("private-approved")), &approved(view, kept, decides)))
            @if decides { (ui::card(Some(&view.t("private-add-title")), &addition(view, typed, mistakes))) }
        }
    };
    ui::page(view, Place::Console("catalogue"), &title, &body)
}

fn mode(view: &View, kept: &PrivateCatalogue, decides: bool, mistakes: &Mistakes) -> Markup {
    if !decides {
        return html! {
            p { strong { (view.word("private-buys", kept.buys_from.as_str())) } }
            p.muted { (view.t("private-who-decides")) }
        };
    }
    let choice = |one: &BuysFrom| {
        Choice::new(one.as_str(), view.word("private-buys", one.as_str()))
            .hint(view.word("private-buys-hint", one.as_str()))
    };
    let choices: Vec<Choice> = BuysFrom::ALL.iter().map(choice).collect();
    ui::form(
        view,
        PATH,
        &html! {
            (ui::choice_cards(&view.t("private-members-buy"), "buys_from", &choices, kept.buys_from.as_str(), mistakes))
            div.row { button.button.primary type="submit" { (view.t("private-save")) } span.small.muted { (view.t("private-at-once")) } }
        },
    )
}

fn approved(view: &View, kept: &PrivateCatalogue, decides: bool) -> Markup {
    html! {
        @if kept.approved.is_empty() { p.muted { (view.t("private-none")) } }
        @else if kept.buys_from == BuysFrom::Everything { p.muted { (view.t("private-not-in-force")) } }
        ul.plain.approved {
            @for one in &kept.approved { li.spread { (line(view, one)) @if decides { (button(view, one.product, Wanted::Withdraw)) } } }
        }
    }
}

fn line(view: &View, one: &Remembered) -> Markup {
    html! {
        @if let Some(entry) = &one.entry {
            div.product-card-head {
                (tile(view, entry.logo, &entry.name, false))
                div {
                    a href={ "/products/" (one.product) } { strong { (view.of(&entry.name)) } }
                    br;
                    span.small.muted { (entry.seller_name) " · " (from_price(view, entry.from)) " · " (view.ta("private-since", &[("date", view.date_text(one.at).into())])) }
                }
            }
        } @else {
            span { (view.t("private-gone")) " " code.small.muted { (one.product) } }
        }
    }
}

/// Adds a product by its address, before or after the catalogue limits anything.
fn addition(view: &View, typed: &str, mistakes: &Mistakes) -> Markup {
    let label = view.t("private-add-which");
    ui::form(
        view,
        PRODUCTS,
        &html! {
            input type="hidden" name="act" value="approve";
            (Field::text("product", &label).value(typed).hint(view.t("private-add-hint")).required().with("autocomplete", "off").render(view, mistakes))
            div.row { button.button type="submit" { (view.t("private-add")) } a href="/search" { (view.t("storefront-all")) } }
        },
    )
}

/// The product that a typed number or address names.
fn named(typed: &str) -> std::result::Result<ProductId, Invalid> {
    let unknown = ("names no product; paste the address of its page", "未识别到商品，请粘贴商品页面的网址");
    let number = typed.find("prd_").and_then(|at| typed.get(at..));
    let end = |number: &str| number.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(number.len());
    let number = number.and_then(|number| number.get(..end(number)));
    number.and_then(|number| number.parse().ok()).ok_or_else(|| Invalid::one("product", unknown))
}

/// What a button does to a product.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Approve,
    Withdraw,
}

fn button(view: &View, product: ProductId, wanted: Wanted) -> Markup {
    let (value, label) = match wanted {
        Wanted::Approve => ("approve", view.t("private-approve")),
        Wanted::Withdraw => ("withdraw", view.t("private-withdraw")),
    };
    ui::form(
        view,
        PRODUCTS,
        &html! {
            input type="hidden" name="product" value=(product);
            input type="hidden" name="act" value=(value);
            input type="hidden" name="back" value=(view.path);
            button.button type="submit" { (label) }
        },
    )
}

/// What a product's page says to members of an organisation with a catalogue of its own.
pub(super) async fn note(catalogue: &Catalogue, tx: &mut Tx, visit: &Visit, product: ProductId) -> Result<Markup> {
    let Some(buyer) = buyer_of(visit) else { return Ok(html! {}) };
    let view = &visit.view;
    let decides = buyer.may(Permission::ManageTeam).is_ok();
    Ok(match catalogue.approval(tx, &buyer, product).await? {
        Approval::NotNeeded => html! {},
        Approval::Approved => ui::notice(
            Tone::Good,
            &html! {
                p { (view.t("private-is-approved")) }
                @if decides { p { a href=(PATH) { (view.t("private-title")) } } }
            },
        ),
        Approval::Missing => ui::notice(
            Tone::Warn,
            &html! {
                p { (view.t("private-is-missing")) }
                @if decides { (button(view, product, Wanted::Approve)) } @else { p { (view.t("private-who-decides")) } }
            },
        ),
    })
}

#[derive(Deserialize)]
struct ModeForm {
    #[serde(default)]
    buys_from: String,
}

async fn set(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<ModeForm>,
) -> Result<Response, Problem> {
    let changed = once.run(&catalogue.app, async |tx| {
        let choose = ("has to be chosen", "须选择一项");
        let buys_from = form.buys_from.parse().map_err(|_| Invalid::one("buys_from", choose))?;
        catalogue.set_buys_from(tx, &buyer, buys_from).await?;
        Ok(Answer::see_other(format!("{PATH}?done=private-saved")))
    });
    match changed.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let kept = catalogue.private_catalogue(&mut catalogue.app.db.read(), &buyer).await?;
            Ok(page(&visit.view, (&kept, &buyer), "", &mistakes).refused().into_response())
        }
    }
}

#[derive(Deserialize)]
struct Pressed {
    /// Its number, or an address that holds it.
    product: String,
    act: Wanted,
    #[serde(default)]
    back: String,
}

async fn press(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(Pressed { product, act, back }): Form<Pressed>,
) -> Result<Response, Problem> {
    let done = once.run(&catalogue.app, async |tx| {
        let product = named(&product)?;
        let done = match act {
            Wanted::Approve => {
                catalogue.approve_product(tx, &buyer, product).await?;
                "private-product-approved"
            }
            Wanted::Withdraw => {
                catalogue.withdraw_approval(tx, &buyer, product).await?;
                "private-product-withdrawn"
            }
        };
        let back = onward(Some(&back), PATH);
        let joint = if back.contains('?') { '&' } else { '?' };
        Ok(Answer::see_other(format!("{back}{joint}done={done}")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let kept = catalogue.private_catalogue(&mut catalogue.app.db.read(), &buyer).await?;
            Ok(page(&visit.view, (&kept, &buyer), &product, &mistakes).refused().into_response())
        }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page(PATH, show, Access::Buyer)
        .form(PATH, set, Access::Buyer)
        .form(PRODUCTS, press, Access::Buyer)
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_named_by_its_number_or_any_address_with_it() {
        let number = "prd_01jd8kx2v9e5jtf6xw4sz3q7ab";
        for typed in [
            number.to_owned(),
            format!("  {number} "),
            format!("https://market.example/products/{number}?lang=zh#configure"),
        ] {
            assert_eq!(named(&typed).unwrap().to_string(), number, "{typed}");
        }
        assert!(named("the log tool").is_err() && named("prd_").is_err());
    }
}
