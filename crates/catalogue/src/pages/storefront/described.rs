//! What the pages of the storefront say of themselves to search engines and to those who pass them on.

use std::sync::Arc;

use kernel::{
    Money,
    id::{AccountId, ProductId},
    text::Lang,
};
use policy::{AccessType, Policy};
use sellers::SellerProfile;
use serde_json::{Value, json};
use ui::{Head, View, plain_amount};

use super::product::About;
use crate::{
    Offer,
    pages::ratings::tenths_text,
    rules::{Listing, Rating, Release, STARS_MAX, ShownReview},
};

const SCHEMA: &str = "https://schema.org";

/// Longer descriptions are cut by those who show them.
const DESCRIPTION_MAX: usize = 200;

/// A product that not everybody finds: search engines leave it out, and nothing of it is passed on.
pub(super) fn of_unlisted(view: &View, id: ProductId, listing: &Listing) -> Head {
    Head { unlisted: true, ..Head::of(short(view.of(&listing.summary)), format!("/products/{id}")) }
}

/// A product with its offers, and where it stands in the storefront.
pub(super) fn of_product(
    view: &View,
    id: ProductId,
    about: &About<'_>,
    (release, seller, rated): (&Release, AccountId, (&Rating, &[ShownReview])),
) -> Head {
    let listing = about.listing;
    let path = format!("/products/{id}");
    let whole = |path: &str| format!("{}{path}", view.origin);
    let pictures: Vec<String> =
        listing.screenshots.iter().chain(&listing.logo).map(|picture| whole(&format!("/pictures/{picture}"))).collect();
    let brand = json!({"@type": "Organization", "name": about.seller, "url": whole(&format!("/sellers/{seller}"))});
    let mut product = json!({
        "@context": SCHEMA,
        "@type": kinds(listing.access_type),
        "@id": whole(&path),
        "name": view.of(&listing.name),
        "description": view.of(&listing.summary),
        "url": whole(&path),
        "image": pictures,
        "brand": brand,
        "softwareVersion": listing.version,
        "applicationCategory": "BusinessApplication",
    });
    if let Some(offers) = offers(release, about.policy, (&brand, &whole(&path))) {
        product["offers"] = offers;
    }
    if let Some(rating) = aggregate(rated.0) {
        product["aggregateRating"] = rating;
        product["review"] =
            rated.1.iter().filter(|one| one.counted).map(|one| reviewed(view, about.policy, one)).collect();
    }
    let mut trail = vec![(view.word("nav-store", "home"), "/".to_owned())];
    if let Some(known) = about
        .stands_in
        .first()
        .and_then(|code| about.policy.catalogue.categories.iter().find(|known| known.code == *code))
    {
        trail.push((view.of(&known.name).to_owned(), format!("/search?category={}", ui::escaped(&known.code))));
    }
    trail.push((view.of(&listing.name).to_owned(), path.clone()));
    let told = view.of(&listing.seo.description);
    Head {
        image: listing.screenshots.first().or(listing.logo.as_ref()).map(|picture| format!("/pictures/{picture}")),
        kind: Some("product"),
        feeds: vec![feed(view, Some(about.seller), format!("/feeds/sellers/{seller}"))],
        data: vec![product, breadcrumbs(view, &trail)],
        keywords: Some(view.of(&listing.seo.keywords).to_owned()).filter(|words| !words.is_empty()),
        ..Head::of(short(if told.is_empty() { view.of(&listing.summary) } else { told }), path)
    }
}

/// In the words of schema.org.
fn kinds(access_type: AccessType) -> Value {
    match access_type.as_str() {
        "service" => json!(["Product", "Service"]),
        "hardware" => json!(["Product"]),
        "dataset" => json!(["Product", "Dataset"]),
        _ => json!(["Product", "SoftwareApplication"]),
    }
}

fn aggregate(rating: &Rating) -> Option<Value> {
    let rated = rating.rated();
    Some(json!({
        "@type": "AggregateRating",
        "ratingValue": tenths_text(rated.tenths()?),
        "bestRating": STARS_MAX,
        "worstRating": 1,
        "reviewCount": rated.count,
    }))
}

fn reviewed(view: &View, policy: &Policy, review: &ShownReview) -> Value {
    let author = policy.reviews.shown_name(&review.account_name).unwrap_or_else(|| view.t("product-review-author"));
    json!({
        "@type": "Review",
        "name": review.title,
        "reviewBody": review.text,
        "inLanguage": match review.lang { Lang::En => "en", Lang::Zh => "zh-CN" },
        "datePublished": review.written_at.to_string(),
        "author": {"@type": "Person", "name": author},
        "reviewRating": {"@type": "Rating", "ratingValue": review.stars, "bestRating": STARS_MAX, "worstRating": 1},
    })
}

/// What the least and the dearest of the choices cost.
fn offers(release: &Release, policy: &Policy, (seller, url): (&Value, &str)) -> Option<Value> {
    let paid = |offer: &Arc<Offer>| offer.to_pay(offer.plan.cheapest().ok()?, policy);
    let prices: Vec<Money> = release.offers.values().filter_map(paid).collect();
    let now = release.offers.values().any(|offer| policy.not_sold_yet(offer.access_type, offer.billing_mode).is_none());
    let least = prices.iter().min_by_key(|price| price.minor())?;
    let most = prices.iter().max_by_key(|price| price.minor())?;
    Some(json!({
        "@type": "AggregateOffer",
        "priceCurrency": least.currency().code(),
        "lowPrice": plain_amount(*least),
        "highPrice": plain_amount(*most),
        "offerCount": prices.len(),
        "availability": format!("{SCHEMA}/{}", if now { "InStock" } else { "PreOrder" }),
        "seller": seller,
        "url": url,
    }))
}

fn breadcrumbs(view: &View, trail: &[(String, String)]) -> Value {
    let items: Vec<Value> = (1..)
        .zip(trail)
        .map(|(position, (name, path))| {
            json!({"@type": "ListItem", "position": position, "name": name, "item": format!("{}{path}", view.origin)})
        })
        .collect();
    json!({"@context": SCHEMA, "@type": "BreadcrumbList", "itemListElement": items})
}

/// Who sells, and what else they have.
pub(super) fn of_seller(view: &View, seller: &SellerProfile) -> Head {
    let path = format!("/sellers/{}", seller.account);
    let introduction = seller.introduction.as_deref().unwrap_or_default();
    let mut company = json!({
        "@context": SCHEMA,
        "@type": "Organization",
        "name": seller.name,
        "description": introduction,
        "url": format!("{}{path}", view.origin),
    });
    if let Some(website) = seller.website.as_ref().filter(|address| address.starts_with("https://")) {
        company["sameAs"] = json!([website]);
    }
    let described = if introduction.is_empty() { seller.name.as_str() } else { introduction };
    Head {
        kind: Some("profile"),
        feeds: vec![feed(view, Some(&seller.name), format!("/feeds/sellers/{}", seller.account))],
        data: vec![company],
        ..Head::of(short(described), path)
    }
}

/// The first page: the site and how it is searched.
pub(super) fn of_site(view: &View) -> Head {
    let site = json!({
        "@context": SCHEMA,
        "@type": "WebSite",
        "name": view.of(&view.site),
        "url": format!("{}/", view.origin),
        "potentialAction": {
            "@type": "SearchAction",
            "target": format!("{}/search?q={{search_term_string}}", view.origin),
            "query-input": "required name=search_term_string",
        },
    });
    Head {
        kind: Some("website"),
        feeds: vec![feed(view, None, "/feeds/products.xml".to_owned())],
        data: vec![site],
        ..Head::of(view.t("storefront-hero-lead"), "/")
    }
}

/// A list: what is on sale in a category stands for itself; words and further filters only cut from it.
pub(super) fn of_list(view: &View, title: &str, category: Option<&str>, narrowed: bool) -> Head {
    let path = category.map_or_else(|| "/search".to_owned(), |code| format!("/search?category={}", ui::escaped(code)));
    let own = category.map_or_else(
        || feed(view, None, "/feeds/products.xml".to_owned()),
        |code| feed(view, Some(title), format!("/feeds/categories/{}", ui::escaped(code))),
    );
    Head {
        kind: Some("website"),
        feeds: vec![own],
        unlisted: narrowed,
        ..Head::of(
            view.ta("storefront-list-described", &[("title", title.into()), ("site", view.of(&view.site).into())]),
            path,
        )
    }
}

fn feed(view: &View, name: Option<&str>, path: String) -> (String, String) {
    let site = view.of(&view.site);
    let title = match name {
        None => view.ta("storefront-feed", &[("site", site.into())]),
        Some(name) => view.ta("storefront-feed-of", &[("site", site.into()), ("name", name.into())]),
    };
    (title, path)
}

fn short(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_MAX {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION_MAX).chain(['…']).collect()
}
