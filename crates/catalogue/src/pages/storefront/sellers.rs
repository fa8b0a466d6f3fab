//! Those who sell: each one's own page, and what it takes to become one.

use accounts::Visit;
use axum::extract::State;
use kernel::id::AccountId;
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Routes};
use policy::Policy;
use ui::{Page, Place, View, facts};

use super::{described, marked::Hearts, pieces::hearted};
use crate::{
    Catalogue,
    actions::Found,
    rules::{Wanted, percent},
};

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(account): PathParam<AccountId>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let tx = &mut catalogue.app.db.read();
    let seller = catalogue.sellers.profile(tx, account).await?;
    let wanted = Wanted { sellers: [account].into(), ..Wanted::default() };
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let found = catalogue.search(tx, &who, &wanted, 1).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let body = html! {
        (ui::header(&seller.name, seller.introduction.as_deref(), &html! {}))
        div.with-aside {
            section.stack { h2 { (view.t("storefront-seller-products")) } (products(view, account, &found, &hearts)) }
            aside { (contact(view, &seller)) }
        }
    };
    let described = described::of_seller(view, &seller);
    Ok(ui::page_with(view, Place::Storefront("product"), (&seller.name, &described), &body))
}

fn products(view: &View, account: AccountId, found: &Found, hearts: &Hearts) -> Markup {
    html! {
        @if found.items.is_empty() {
            (ui::empty(&view.t("storefront-seller-empty"), &view.t("storefront-seller-empty-text"), &ui::button_link("/search", &view.t("storefront-all"), false)))
        } @else {
            (hearted(view, &found.items, false, hearts))
        }
        @if found.pages > 1 { p { a href={ "/search?seller=" (account) "&page=2" } { (view.t("storefront-see-all")) } } }
    }
}

fn contact(view: &View, seller: &sellers::SellerProfile) -> Markup {
    let link = |address: &str, text: &str| html! { a href=(address) rel="noopener noreferrer nofollow" { (text) } };
    let mut rows = vec![(view.t("storefront-since"), view.date(seller.admitted_at))];
    if let Some(website) = seller.website.as_ref().filter(|address| address.starts_with("https://")) {
        rows.push((
            view.t("storefront-website"),
            link(website, website.trim_start_matches("https://").trim_end_matches('/')),
        ));
    }
    if let Some(phone) = &seller.service_phone {
        rows.push((view.t("storefront-support-hotline"), link(&format!("tel:{}", phone.replace(' ', "")), phone)));
    }
    if let Some(email) = &seller.service_email {
        rows.push((view.t("storefront-support-email"), link(&format!("mailto:{email}"), email)));
    }
    if let Some(hours) = &seller.service_hours {
        rows.push((view.t("storefront-support-hours"), html! { (hours) }));
    }
    let feed = format!("/feeds/sellers/{}", seller.account);
    ui::card(
        Some(&view.t("storefront-seller-contact")),
        &html! {
            (facts(&rows))
            p.small { a href=(feed) type="application/atom+xml" { (view.t("storefront-follow")) } }
        },
    )
}

async fn sell_here(State(catalogue): State<Catalogue>, visit: Visit) -> Result<Page, Problem> {
    let view = &visit.view;
    let policy = catalogue.policies.current().await?;
    let title = view.t("storefront-sell-title");
    let staff = view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator);
    let start =
        html! { @if !staff { (ui::button_link("/seller/onboarding", &view.t("storefront-sell-start"), true)) } };
    let body = html! {
        (ui::header(&title, Some(&view.t("storefront-sell-lead")), &start))
        div.columns {
            (ui::card(Some(&view.t("storefront-sell-needs")), &needs(view, &policy)))
            (ui::card(Some(&view.t("storefront-sell-fees")), &fees(view, &policy)))
        }
        section.card {
            h2 { (view.t("storefront-sell-way")) }
            ol.ways {
                li { strong { (view.t("storefront-sell-apply")) } p.muted { (view.ta("storefront-sell-apply-text", &[("days", policy.review.seller_days.into())])) } }
                li { strong { (view.t("storefront-sell-certify")) } p.muted { (view.ta("storefront-sell-certify-text", &[("days", policy.review.business_information_days.into())])) } }
                li { strong { (view.t("storefront-sell-list")) } p.muted { (view.ta("storefront-sell-list-text", &[("days", policy.review.product_days.into())])) } }
                li { strong { (view.t("storefront-sell-paid")) } p.muted { (view.t("storefront-sell-paid-text")) } }
            }
            p.row { (start) a href="/help/selling" { (view.t("storefront-sell-more")) } }
        }
    };
    Ok(ui::page(view, Place::Storefront("sellers"), &title, &body))
}

fn needs(view: &View, policy: &Policy) -> Markup {
    let rules = &policy.sellers;
    let ten_thousands = rules.registered_capital_min;
    let currency = policy.site.currencies.first().map_or("", |currency| currency.code());
    html! {
        ul.plain {
            li { (view.ta("storefront-sell-years", &[("count", rules.business_years_min.into())])) }
            li { (view.ta("storefront-sell-employees", &[("count", rules.employees_min.into())])) }
            li { (view.ta("storefront-sell-capital", &[
                ("count", ten_thousands.into()),
                ("amount", view.count(i64::from(ten_thousands).saturating_mul(10_000)).into()),
                ("currency", currency.into()),
            ])) }
            li { (view.t("storefront-sell-licence")) }
            li { (view.t("storefront-sell-bank")) }
        }
    }
}

fn fees(view: &View, policy: &Policy) -> Markup {
    html! {
        p { (view.t("storefront-sell-fees-text")) }
        ul.plain {
            @for rules in &policy.access_types {
                li { (view.of(&rules.name)) " " strong { (view.ta("storefront-percent", &[("percent", percent(rules.fee_basis_points).into())])) } }
            }
        }
        p.muted { (view.t("storefront-sell-fees-none")) }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/sellers", sell_here, Access::Public)
        .page("/sellers/{account}", show, Access::Public)
        .done()
}
