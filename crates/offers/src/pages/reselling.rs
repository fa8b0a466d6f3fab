//! Resale authorisations: the seller's, and the operator's queue of those that want more than the standard.

use accounts::{Operator, Permission, Seller, StaffPermission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Invalid, PageQuery,
    id::{AccountId, ResaleId},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use super::{givers_tabs, site_tabs};
use crate::{
    Offers,
    actions::ResaleNamed,
    rules::{self, ResaleFor, ResaleLevel, ResaleProposal, ResaleState, percent, typed},
};

const SELLER: Place = Place::Seller("coupons");
const OPERATOR: Place = Place::Operator("coupons");
const HERE: &str = "/seller/resale";
const DESK: &str = "/operator/resale";

/// Products among which a seller chooses here; the API takes any.
const CHOICES_MAX: u32 = 1_000;

fn badge(view: &View, state: ResaleState) -> Markup {
    let tone = match state {
        ResaleState::Waiting => Tone::Warn,
        ResaleState::Active => Tone::Good,
        ResaleState::Rejected => Tone::Bad,
        ResaleState::Ended => Tone::Plain,
    };
    ui::badge(tone, &view.word("resale-state", state.as_str()))
}

/// For whom, in names.
fn whom(view: &View, named: &ResaleNamed) -> Markup {
    let name =
        |account: Option<AccountId>| account.and_then(|account| named.names.get(&account)).map_or("", String::as_str);
    let whom = named.resale.whom;
    html! {
        @match whom.level() {
            ResaleLevel::Product => (view.t("resale-everybody")),
            ResaleLevel::Partner => (name(whom.reseller())),
            ResaleLevel::Customer => { (name(whom.reseller())) " → " (name(whom.customer())) },
        }
        div.small.muted { (view.word("resale-level", whom.level().as_str())) }
    }
}

fn table<'a>(view: &'a View, title: &str, rows: &'a [ResaleNamed]) -> Table<'a, ResaleNamed> {
    Table::new(view, title, rows)
        .column(view.t("resale-product"), move |named| html! { (view.of(&named.product)) })
        .column(view.t("resale-whom"), move |named| whom(view, named))
        .number(view.t("resale-price"), move |named| html! { (percent(named.resale.price_basis_points)) " %" })
        .number(view.t("resale-part"), move |named| html! { (percent(named.resale.seller_basis_points)) " %" })
        .column(view.t("coupon-state"), move |named| {
            html! { (badge(view, named.resale.state)) @if let Some(reason) = &named.resale.reason { div.small { (reason) } } }
        })
}

/// What was typed on the seller's page.
#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    product: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    reseller: String,
    #[serde(default)]
    customer: String,
    #[serde(default)]
    price_basis_points: String,
    #[serde(default)]
    seller_basis_points: String,
    #[serde(default)]
    accounts: Option<String>,
}

impl Typed {
    /// What is wanted, and what the customer in it is called.
    fn proposal(&self) -> Result<(ResaleProposal, String), Invalid> {
        let mut wrong = Invalid::default();
        let chosen = ("must be chosen", "须选择一项");
        let account =
            |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::parse::<AccountId>).transpose();
        let unknown = ("must be an account's ID", "须为账号 ID");
        let product = wrong.keep(self.product.parse().map_err(|_| chosen), "product");
        let level = wrong.keep(self.level.parse().map_err(|_| chosen), "level");
        let reseller = wrong.keep(account(&self.reseller).map_err(|_| unknown), "reseller");
        let customer = match self.customer.trim() {
            "" => Some(None),
            line => {
                let form = (
                    "must be the account's ID and its name, such as acc_…, Ada Ltd.",
                    "须为账号 ID 和账号名称，例如 acc_…, 示例公司",
                );
                wrong.keep(rules::receiver(line).ok_or(form), "customer").map(Some)
            }
        };
        let percentage = ("must be a percentage such as 85 or 87.5", "须为百分比，例如 85 或 87.5");
        let points = typed::basis_points(&self.price_basis_points).ok_or(percentage);
        let price = wrong.keep(points, "price_basis_points");
        let part = match self.seller_basis_points.trim() {
            "" => Some(None),
            text => wrong.keep(typed::basis_points(text).ok_or(percentage), "seller_basis_points").map(Some),
        };
        wrong.done()?;
        let (Some(product), Some(level), Some(reseller), Some(customer)) = (product, level, reseller, customer) else {
            return Err(Invalid::default());
        };
        let (Some(price_basis_points), Some(seller_basis_points)) = (price, part) else {
            return Err(Invalid::default());
        };
        let (customer, name) = customer.map_or((None, String::new()), |(customer, name)| (Some(customer), name));
        let whom = ResaleFor::of(level, reseller, customer)?;
        Ok((ResaleProposal { product, whom, price_basis_points, seller_basis_points }, name))
    }
}

async fn list(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    Query(query): Query<PageQuery>,
) -> Result<Page, Problem> {
    page(&offers, &visit.view, (&seller, &query), (&Typed::default(), &Mistakes::none())).await
}

async fn authorise(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        let (proposal, customer_name) = typed.proposal()?;
        let resale = offers.authorise(tx, &seller, (proposal, &customer_name)).await?;
        let done = if resale.state == ResaleState::Active { "resale-authorised" } else { "resale-submitted" };
        Ok(Answer::see_other(format!("{HERE}?done={done}")))
    });
    let done = done.await;
    answered(&offers, &visit.view, &seller, (done, &typed)).await
}

async fn resellers(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let list = typed.accounts.clone().unwrap_or_default();
    let done = once.run(&offers.app, async |tx| {
        let most = offers.policies.current().await?.offers.coupons_given_at_once_max;
        let named = if list.trim().is_empty() { Vec::new() } else { rules::receivers(&list, most)? };
        offers.set_resellers(tx, &seller, &named).await?;
        Ok(Answer::see_other(format!("{HERE}?done=saved")))
    });
    let done = done.await;
    answered(&offers, &visit.view, &seller, (done, &typed)).await
}

async fn end(
    State(offers): State<Offers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.end_resale(tx, &seller, id).await?;
        Ok(Answer::see_other(format!("{HERE}?done=resale-ended")))
    });
    let done = done.await;
    answered(&offers, &visit.view, &seller, (done, &Typed::default())).await
}

async fn answered(
    offers: &Offers,
    view: &View,
    seller: &Seller,
    (done, typed): (Result<Answer, Problem>, &Typed),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            let shown = page(offers, view, (seller, &PageQuery::default()), (typed, &mistakes)).await?;
            Ok(shown.refused().into_response())
        }
    }
}

async fn page(
    offers: &Offers,
    view: &View,
    (seller, query): (&Seller, &PageQuery),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Result<Page, Problem> {
    let mut tx = offers.app.db.read();
    let found = offers.resales(&mut tx, seller, query.checked().map_err(Error::from)?).await?;
    let resellers = offers.resellers(&mut tx, seller).await?;
    let sold = offers.catalogue.sold_by(&mut tx, seller.account(), CHOICES_MAX).await?;
    let policy = offers.policies.current().await?;
    let resold = sold.iter().filter(|sold| policy.offers.resale_types.contains(&sold.access_type));
    let products: Vec<Choice> = resold.map(|sold| Choice::new(sold.product.to_string(), view.of(&sold.name))).collect();
    let may = seller.may(Permission::RunShop).is_ok();
    let title = view.t("resale-title");
    let rows = table(view, &title, &found.items)
        .column("", |named| html! { @if may && named.resale.is_open() { (end_dialog(view, named.resale.id)) } })
        .empty(ui::empty(&view.t("resale-none"), &view.t("resale-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("resale-lead")), &html! {}))
        (givers_tabs(view, HERE))
        (mistakes.summary(view))
        (rows)
        @if may {
            div.columns {
                (resellers_card(view, &resellers, (typed, mistakes)))
                (authorise_card(view, (&resellers, &products), (typed, mistakes)))
            }
        }
    };
    Ok(ui::page(view, SELLER, &title, &body))
}

fn resellers_card(view: &View, resellers: &[(AccountId, String)], (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let list = rules::listed(resellers);
    let value = typed.accounts.as_deref().unwrap_or(&list);
    let label = view.t("resale-resellers");
    let field = Field::area("accounts", &label, 5).value(value).hint(view.t("resale-resellers-hint"));
    ui::card(
        Some(&label),
        &ui::form(
            view,
            "/seller/resellers",
            &html! {
                div id="f-customers" {
                    (field.with("placeholder", "acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.").with("spellcheck", "false").render(view, mistakes))
                    (mistakes.beside("customers"))
                }
                div.row { button.button type="submit" { (view.t("resale-resellers-save")) } }
            },
        ),
    )
}

fn authorise_card(
    view: &View,
    (resellers, products): (&[(AccountId, String)], &[Choice]),
    (typed, mistakes): (&Typed, &Mistakes),
) -> Markup {
    let levels: Vec<Choice> = ResaleLevel::ALL
        .iter()
        .map(|level| {
            Choice::new(level.as_str(), view.word("resale-level", level.as_str()))
                .hint(view.word("resale-level-hint", level.as_str()))
        })
        .collect();
    let mut ways = vec![Choice::new("", view.t("resale-reseller-none"))];
    ways.extend(resellers.iter().map(|(account, name)| Choice::new(account.to_string(), name)));
    let level = if typed.level.is_empty() { "product" } else { typed.level.as_str() };
    ui::card(
        Some(&view.t("resale-authorise")),
        &ui::form(
            view,
            HERE,
            &html! {
                (Field::select("product", &view.t("resale-product"), products).value(&typed.product).required().render(view, mistakes))
                (ui::choice_cards(&view.t("resale-level"), "level", &levels, level, mistakes))
                (Field::select("reseller", &view.t("resale-reseller"), &ways).value(&typed.reseller).render(view, mistakes))
                (Field::text("customer", &view.t("resale-customer")).value(&typed.customer).hint(view.t("resale-customer-hint")).with("placeholder", "acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.").with("spellcheck", "false").render(view, mistakes))
                (Field::text("price_basis_points", &view.t("resale-price")).value(&typed.price_basis_points).hint(view.t("resale-price-hint")).required().with("inputmode", "decimal").render(view, mistakes))
                (Field::text("seller_basis_points", &view.t("resale-part")).value(&typed.seller_basis_points).hint(view.t("resale-part-hint")).with("inputmode", "decimal").render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("resale-authorise-do")) } }
            },
        ),
    )
}

fn end_dialog(view: &View, id: ResaleId) -> Markup {
    let body = html! {
        p { (view.t("resale-end-text")) }
        (ui::form(view, &format!("{HERE}/{id}/end"), &html! { button.button.danger type="submit" { (view.t("resale-end-yes")) } }))
    };
    ui::confirm(view, &view.t("resale-end"), &view.t("resale-end-title"), true, &body)
}

#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn desk(
    State(offers): State<Offers>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let state = if asked.state.is_empty() { Some(ResaleState::Waiting) } else { asked.state.parse().ok() };
    let page = PageQuery { cursor: asked.cursor, limit: None }.checked().map_err(Error::from)?;
    let found = offers.all_resales(&mut offers.app.db.read(), &operator, state, page).await?;
    let title = view.t("resale-title");
    let mut states: Vec<Choice> = ResaleState::ALL
        .iter()
        .map(|state| Choice::new(state.as_str(), view.word("resale-state", state.as_str())))
        .collect();
    states.push(Choice::new("all", view.t("coupon-state-all")));
    let label = view.t("coupon-state");
    let filter = Field::select("state", &label, &states).value(state.map_or("all", ResaleState::as_str)).required();
    let rows = table(view, &title, &found.items)
        .column(view.t("order-seller"), |named| {
            let name = named.names.get(&named.resale.account).map_or("", String::as_str);
            html! { a href={ (DESK) "/" (named.resale.id) } { (name) } }
        })
        .filters(filter.render(view, &Mistakes::none()))
        .empty(ui::empty(&view.t("resale-desk-none"), &view.t("resale-desk-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    let body = html! {
        (ui::header(&title, Some(&view.t("resale-desk-lead")), &html! {}))
        (site_tabs(view, DESK))
        (rows)
    };
    Ok(ui::page(view, OPERATOR, &title, &body))
}

#[derive(Default, Deserialize)]
struct Decision {
    #[serde(default)]
    reason: String,
}

async fn show(
    State(offers): State<Offers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
) -> Result<Page, Problem> {
    decide_page(&offers, &visit.view, (&operator, id), ("", &Mistakes::none())).await
}

async fn approve(
    State(offers): State<Offers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.decide_resale(tx, &operator, (id, None)).await?;
        Ok(Answer::see_other(format!("{DESK}?done=resale-approved")))
    });
    let done = done.await;
    decided(&offers, &visit.view, (&operator, id), (done, "")).await
}

async fn reject(
    State(offers): State<Offers>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<ResaleId>,
    once: Once,
    Form(Decision { reason }): Form<Decision>,
) -> Result<Response, Problem> {
    let done = once.run(&offers.app, async |tx| {
        offers.decide_resale(tx, &operator, (id, Some(&reason))).await?;
        Ok(Answer::see_other(format!("{DESK}?done=resale-rejected")))
    });
    let done = done.await;
    decided(&offers, &visit.view, (&operator, id), (done, &reason)).await
}

async fn decided(
    offers: &Offers,
    view: &View,
    of: (&Operator, ResaleId),
    (done, reason): (Result<Answer, Problem>, &str),
) -> Result<Response, Problem> {
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(decide_page(offers, view, of, (reason, &mistakes)).await?.refused().into_response())
        }
    }
}

async fn decide_page(
    offers: &Offers,
    view: &View,
    (operator, id): (&Operator, ResaleId),
    (reason, mistakes): (&str, &Mistakes),
) -> Result<Page, Problem> {
    let named = offers.any_resale(&mut offers.app.db.read(), operator, id).await?;
    let title = view.of(&named.product).to_owned();
    let decides = named.resale.check_waits().is_ok() && operator.may_staff(StaffPermission::HandleMoney).is_ok();
    let seller = named.names.get(&named.resale.account).cloned().unwrap_or_default();
    let facts = ui::facts(&[
        (view.t("order-seller"), html! { a href={ "/operator/accounts/" (named.resale.account) } { (seller) } }),
        (view.t("resale-whom"), whom(view, &named)),
        (view.t("resale-price"), html! { (percent(named.resale.price_basis_points)) " %" }),
        (view.t("resale-part"), html! { strong { (percent(named.resale.seller_basis_points)) " %" } }),
        (view.t("resale-id"), ui::copyable(view, &id.to_string())),
    ]);
    let body = html! {
        p { a href=(DESK) { "← " (view.t("resale-title")) } }
        (ui::header(&title, Some(&view.t("resale-title")), &badge(view, named.resale.state)))
        (mistakes.summary(view))
        div.columns {
            (ui::card(None, &facts))
            @if decides {
                section.card {
                    h2 { (view.t("resale-decide")) }
                    p { (view.t("resale-decide-text")) }
                    (ui::form(view, &format!("{DESK}/{id}/approve"), &html! { div.row { button.button.primary type="submit" { (view.t("resale-approve")) } } }))
                    (ui::form(view, &format!("{DESK}/{id}/reject"), &html! {
                        (Field::area("reason", &view.t("resale-reason"), 3).value(reason).hint(view.t("resale-reason-hint")).required().with("maxlength", "1000").render(view, mistakes))
                        div.row { button.button.danger type="submit" { (view.t("resale-reject")) } }
                    }))
                }
            }
        }
    };
    Ok(ui::page(view, OPERATOR, &title, &body))
}

pub(super) fn routes(offers: &Offers) -> Routes {
    Routes::of(offers.clone())
        .page(HERE, list, Access::Seller)
        .form(HERE, authorise, Access::Seller)
        .form("/seller/resellers", resellers, Access::Seller)
        .form("/seller/resale/{resale}/end", end, Access::Seller)
        .page(DESK, desk, Access::Operator)
        .page("/operator/resale/{resale}", show, Access::Operator)
        .form("/operator/resale/{resale}/approve", approve, Access::Operator)
        .form("/operator/resale/{resale}/reject", reject, Access::Operator)
        .done()
}
