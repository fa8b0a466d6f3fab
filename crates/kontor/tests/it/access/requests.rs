//! A request for each route that would succeed, if the caller may.

use kontor::stage::{client::Client, listing};
use serde_json::{Value, json};

use super::world::World;
use crate::stories::{PASSWORD, ask};

/// How a route is called.
pub(super) struct Call {
    pub(super) path: String,
    pub(super) body: Option<Value>,
    version: Version,
}

/// Where the version of an edit comes from.
enum Version {
    None,
    Is(i64),
    /// Read by the caller: an address, and where in the answer.
    Read(String, &'static str),
}

impl Call {
    /// The version as this caller knows it.
    pub(super) async fn version(&self, client: &Client, token: Option<&str>) -> anyhow::Result<Option<i64>> {
        Ok(match &self.version {
            Version::None => None,
            Version::Is(version) => Some(*version),
            Version::Read(path, place) => {
                let seen = ask(client, token.unwrap_or_default(), "GET", path, None).await?;
                Some(seen.body.pointer(place).and_then(Value::as_i64).unwrap_or(1))
            }
        })
    }
}

/// Whether the path names something that belongs to somebody.
pub(super) fn names_somebodys(path: &str) -> bool {
    path.contains('{') && !path.contains("{topic}") && !PUBLIC_THINGS.iter().any(|thing| path.starts_with(thing))
}

/// What everybody may look at.
const PUBLIC_THINGS: [&str; 10] = [
    "/sitemaps/",
    "/feeds/",
    "/api/v1/favourites/",
    "/api/v1/private-catalogue/products/",
    "/api/v1/products/",
    "/api/v1/sellers/",
    "/products/",
    "/sellers/",
    "/help/",
    "/categories/",
];

/// The call of a route: real ids of the owner's and the seller's things, a body that fits, the version.
pub(super) fn call(world: &World, method: &str, route: &str) -> Call {
    let mut path = filled(world, route);
    if route.contains("/order/query") {
        path = format!("{path}?orderId={}", world.ids.get("order number").map_or("", String::as_str));
    }
    if route.contains("/asset/deployed-object") {
        path = format!("{path}?asset_id=a-1&deployed_type=image");
    }
    if route == "/api/v1/seller/usage-records" {
        path = format!("{path}?instance={}", world.ids.get("metered instance").map_or("", String::as_str));
    }
    let body = body(world, method, route);
    let version = version(method, route, &path);
    Call { path, body, version }
}

/// What is done in a sandbox.
fn sandboxes(id: &impl Fn(&str) -> String, path: &str) -> Value {
    match path.rsplit('/').next().unwrap_or_default() {
        "clock" => json!({ "days": 1 }),
        "orders" => json!({ "sku": id("sandbox sku"), "quantities": { "users": 10 } }),
        "trials" => json!({ "sku": id("sandbox trial sku"), "quantities": { "users": 10 } }),
        "usage" => json!({ "value": "1" }),
        "expiry" => json!({ "automatic": true }),
        "changes" => json!({ "quantities": { "users": 20 } }),
        _ => json!({}),
    }
}

/// Names in paths that stand for other things than they say, by the beginning of the path.
const STAND_FOR: [(&str, &str, &str); 60] = [
    ("/api/v1/reviews/{review}/appeal", "review", "hidden review"),
    ("/console/reviews/{review}/appeal", "review", "hidden review"),
    ("/api/v1/operator/reported-reviews/{review_case}/appeal-decision", "review_case", "appealed case"),
    ("/operator/reported-reviews/{review_case}/appeal-decision", "review_case", "appealed case"),
    ("/api/v1/seller/sandbox/", "instance", "sandbox instance"),
    ("/api/v1/seller/private-offers/{private_offer}/amendments", "private_offer", "missed offer"),
    ("/seller/private-offers/{private_offer}/amendment", "private_offer", "missed offer"),
    ("/api/v1/seller/private-offers/{private_offer}/amendment/", "private_offer", "amended offer"),
    ("/api/v1/private-offers/{private_offer}/amendment/", "private_offer", "amended offer"),
    ("/api/v1/instances/{instance}/usage", "instance", "metered instance"),
    ("/api/v1/instances/{instance}/close", "instance", "metered instance"),
    ("/api/v1/instances/{instance}/package", "instance", "package"),
    ("/console/instances/{instance}/package", "instance", "package"),
    ("/console/instances/{instance}/usage", "instance", "metered instance"),
    ("/console/instances/{instance}/close", "instance", "metered instance"),
    ("/console/instances/{instance}/corrections", "instance", "metered instance"),
    ("/seller/usage/records/{instance}", "instance", "metered instance"),
    ("/api/v1/seller/private-offers/{private_offer}/ask-again", "private_offer", "missed offer"),
    ("/api/v1/private-offers/", "document", "offer document"),
    ("/api/v1/private-offers/", "version", "1"),
    ("/api/v1/seller/private-offers/", "version", "1"),
    ("/console/private-offers/", "document", "offer document"),
    ("/api/v1/seller/products/{product}/changes", "product", "product"),
    ("/api/v1/seller/products/{product}/limits", "product", "product"),
    ("/api/v1/seller/products/{product}/stock", "product", "product"),
    ("/api/v1/operator/measures/{measure}/decision", "measure", "appealed measure"),
    ("/api/v1/seller/products/{product}/removals", "product", "product"),
    ("/operator/coupons/", "coupon_batch", "site batch"),
    ("/api/v1/operator/coupon-batches/{coupon_batch}/share", "coupon_batch", "coupon_batch"),
    ("/api/v1/operator/coupon-batches/", "coupon_batch", "site batch"),
    ("/api/v1/instances/{instance}/renewal-change", "instance", "opened instance"),
    ("/console/instances/{instance}/renewal-change", "instance", "opened instance"),
    ("/api/v1/instances/{instance}/renewal/return", "instance", "renewed instance"),
    ("/console/instances/{instance}/renewal-return", "instance", "renewed instance"),
    ("/api/v1/instances/{instance}/access", "instance", "opened instance"),
    ("/api/v1/instances/{instance}/acceptance", "instance", "waiting instance"),
    ("/console/instances/{instance}/acceptance", "instance", "waiting instance"),
    ("/api/v1/instances/{instance}/conversion", "instance", "trial instance"),
    ("/console/instances/{instance}/buy", "instance", "trial instance"),
    ("/console/instances/{instance}/access", "instance", "opened instance"),
    ("/seller/orders/", "order", "sold order"),
    ("/seller/products/", "product", "draft"),
    ("/sellers/", "account", "seller"),
    ("/operator/accounts/", "account", "account"),
    ("/operator/sellers/", "account", "seller"),
    ("/operator/orders/", "order", "order"),
    ("/operator/staff/", "user", "staff"),
    ("/console/messages/settings/", "topic", "topic"),
    ("/api/v1/operator/accounts/", "account", "account"),
    ("/api/v1/operator/sellers/{account}/lift-block", "account", "blocked"),
    ("/api/v1/operator/sellers/", "account", "seller"),
    ("/api/v1/sellers/", "account", "seller"),
    ("/api/v1/seller/orders/", "order", "sold order"),
    ("/api/v1/seller/products/", "product", "draft"),
    ("/api/v1/operator/staff/{user}/enable", "user", "disabled staff"),
    ("/api/v1/operator/staff/", "user", "staff"),
    ("/api/v1/users/{user}/enable", "user", "disabled user"),
    ("/api/v1/message-preferences/", "topic", "topic"),
    ("/api/v1/seller/instances/", "instance", "instance"),
    ("/api/v1/operator/orders/", "order", "order"),
];

pub(super) fn filled(world: &World, route: &str) -> String {
    let mut path = route.to_owned();
    while let Some((start, rest)) = path.split_once('{') {
        let Some((name, end)) = rest.split_once('}') else { break };
        let meant = STAND_FOR.iter().find(|(beginning, of, _)| route.starts_with(beginning) && *of == name);
        let meant = meant.map_or(name, |(_, _, meant)| meant);
        let id = world.ids.get(meant).map_or(meant, String::as_str);
        path = format!("{start}{id}{end}");
    }
    // A topic is no id.
    path.replace("/message-preferences/topic", "/message-preferences/order")
}

fn version(method: &str, route: &str, path: &str) -> Version {
    let read = |path: &str, place| Version::Read(path.to_owned(), place);
    match (method, route) {
        ("PATCH", "/api/v1/account") => read("/api/v1/account", "/version"),
        ("PATCH", "/api/v1/me") => read("/api/v1/me", "/user/version"),
        ("PUT", "/api/v1/message-preferences/{topic}") => Version::Is(0),
        ("PATCH", "/api/v1/access-keys/{access_key}" | "/api/v1/operator/staff/{user}")
        | ("PUT", "/api/v1/operator/floors/{floor}" | "/api/v1/seller/attributes/{attribute}") => Version::Is(1),
        ("PATCH", "/api/v1/users/{user}")
        | ("PUT", "/api/v1/seller/products/{product}" | "/api/v1/seller/application" | "/api/v1/reviews/{review}") => {
            read(path, "/version")
        }
        ("POST", "/api/v1/seller/application/submit" | "/api/v1/seller/application/withdraw") => {
            read("/api/v1/seller/application", "/version")
        }
        ("PUT", "/api/v1/seller/finance-contact") => read("/api/v1/seller", "/version"),
        ("POST", decision) => {
            let reviewed = ["business-information", "seller-applications", "seller-changes"];
            let decided = reviewed.iter().any(|list| decision.starts_with(&format!("/api/v1/operator/{list}/")));
            match path.rsplit_once('/') {
                Some((thing, _)) if decided => read(thing, "/version"),
                Some(_) | None => Version::None,
            }
        }
        (_, _) => Version::None,
    }
}

fn body(world: &World, method: &str, route: &str) -> Option<Value> {
    if method == "GET" || method == "DELETE" {
        return None;
    }
    let id = |name: &str| world.ids.get(name).cloned().unwrap_or_default();
    match route.strip_prefix("/api/v1/").unwrap_or(route) {
        path if path.contains("/isv/usage-data") => {
            Some(json!({ "usage_records": [crate::metering::used(&id("metered name"))] }))
        }
        path if path.starts_with("/api/mkp-openapi-public/") => Some(door(&id, path)),
        path if path.contains("private-offers") => private_offers(world, path),
        path if ["coupon", "discounts", "resale", "resellers"].iter().any(|word| path.contains(word)) => {
            coupons(&id, path)
        }
        path if path.contains("review}") || path.contains("reported-reviews") || path == "reviews" => {
            reviews(&id, path)
        }
        path if path.starts_with("operator/") => operators(path),
        "seller/application" if method == "POST" => Some(json!({ "company_name": "Analytical Engines" })),
        path if path.starts_with("seller/sandbox") => Some(sandboxes(&id, path)),
        path if path.starts_with("seller") => sellers(world, path),
        "accounts" => Some(json!({
            "kind": "personal", "name": "Grace Hopper", "email": "new@people.example", "password": PASSWORD, "lang": "en"
        })),
        "account" => Some(json!({ "name": "Another Name" })),
        "private-catalogue" => Some(json!({ "buys_from": "approved" })),
        "sessions" => Some(json!({ "login": "analytical.engines@people.example", "password": PASSWORD })),
        "password-resets" => Some(json!({ "login": "nobody@people.example" })),
        "password-resets/complete" => Some(json!({ "token": "kr_0123", "password": PASSWORD })),
        "me" => Some(json!({ "lang": "zh" })),
        "me/password" => Some(json!({ "present": PASSWORD, "wanted": "another long password" })),
        "me/totp/confirm" => Some(json!({ "code": "000000" })),
        "me/totp/disable" => Some(json!({ "password": PASSWORD })),
        "message-preferences/{topic}" => Some(json!({ "mail": true, "sms": false })),
        "users" => Some(json!({ "name": "kathleen", "role": "developer", "lang": "en", "password": PASSWORD })),
        "users/{user}" => Some(json!({ "role": "finance" })),
        "tokens" => Some(json!({ "name": "mine", "scopes": ["view"], "days": 1 })),
        "access-keys" => Some(json!({ "name": "mine", "scopes": ["view"] })),
        "access-keys/{access_key}" => Some(json!({ "name": "old" })),
        "verifications" => Some(json!({
            "kind": "enterprise", "name": "Loom Software", "country": "CN", "number": "91310115MA1K35XX7R",
            "representative": "Li Na", "documents": [world.form["business_licence"]]
        })),
        "documents" => Some(json!({
            "name": "a.pdf", "purpose": "business_licence", "content_type": "application/pdf", "content": "JVBERi0xLjcK"
        })),
        "quotes" | "price-preview" => Some(json!({ "sku": id("sku"), "quantities": { "users": 10 }, "periods": 1 })),
        "trials" => Some(json!({ "sku": id("trial sku"), "quantities": { "users": 5 } })),
        "orders" => Some(json!({ "quote": id("quote") })),
        "top-ups" => Some(json!({ "channel": "development", "amount": { "minor": 5_000, "currency": "CNY" } })),
        "instances/{instance}/return" | "instances/{instance}/renewal/return" => Some(json!({})),
        "instances/{instance}/renewal" => Some(json!({ "seen": id("renewal seen") })),
        "instances/{instance}/change-preview" => Some(json!({ "quantities": { "users": 20 } })),
        "instances/{instance}/changes" => Some(json!({ "quantities": { "users": 20 }, "seen": id("change seen") })),
        "instances/{instance}/renewal-change-preview" | "instances/{instance}/renewal-change-check" => {
            Some(json!({ "quantities": { "users": 20 } }))
        }
        "instances/{instance}/renewal-changes" => {
            Some(json!({ "quantities": { "users": 20 }, "seen": id("ahead seen") }))
        }
        "instances/{instance}/expiry" => Some(json!({ "policy": "end" })),
        "instances/{instance}/package/watch" => Some(json!({ "alarm": { "by": "share", "percent": 20 } })),
        "instances/{instance}/conversion" => Some(json!({ "seen": id("trial price") })),
        _ => None,
    }
}

fn reviews(id: &impl Fn(&str) -> String, path: &str) -> Option<Value> {
    let mut said =
        json!({ "stars": 5, "title": "Better now", "text": "The new version is twice as fast.", "lang": "en" });
    match path.rsplit_once('/').map_or(path, |(_, last)| last) {
        "reviews" => {
            said["product"] = json!(id("reviewable"));
            Some(said)
        }
        "{review}" => Some(said),
        "appeal" => Some(json!({ "text": "It is about this product." })),
        "reports" => Some(json!({ "reason": "untrue", "note": "It is about another one." })),
        "answer" => Some(json!({ "text": "Thank you very much.", "lang": "en" })),
        "decision" => Some(json!({ "verdict": "keep", "statement": "It is an opinion." })),
        "appeal-decision" => Some(json!({ "verdict": "restore", "answer": "It is about this product." })),
        _ => None,
    }
}

fn door(id: &impl Fn(&str) -> String, path: &str) -> Value {
    let code = id("licence");
    if path.contains("software-usage-info") {
        json!({ "usage_info": [{ "license": id("active licence"), "software_usage_Info": [{ "id": "device-1" }] }] })
    } else if path.contains("/v2/") {
        json!({ "license_list": [code] })
    } else {
        json!({ "license": code })
    }
}

fn private_offers(world: &World, path: &str) -> Option<Value> {
    if path.ends_with("/amendment/accept") {
        return Some(json!({ "amendment": 1 }));
    }
    match path.rsplit_once('/').map_or(path, |(_, last)| last) {
        "private-offers" => Some(world.quotation("offer document")),
        "{private_offer}" => Some(world.offer()),
        "messages" => Some(json!({ "text": "Could the second part be due in March?" })),
        "accept" => Some(json!({ "version": 1 })),
        "decline" => Some(json!({ "reason": "We have found another solution." })),
        "amendments" => Some(world.amendment()),
        "ask-again" => Some(json!({ "instalment": 2 })),
        _ => None,
    }
}

fn coupons(id: &impl Fn(&str) -> String, path: &str) -> Option<Value> {
    match path.rsplit_once('/').map_or(path, |(_, last)| last) {
        "coupon-batches" => Some(crate::offers::batch(5_000, 10_000)),
        "give" => Some(json!({ "accounts": [{ "account": id("account"), "name": "Analytical Engines" }] })),
        "resellers" => Some(json!({ "resellers": [{ "account": id("account"), "name": "Analytical Engines" }] })),
        "resales" => Some(json!({ "product": id("product"), "level": "product", "price_basis_points": 9_000 })),
        "reject" => Some(json!({ "reason": "The share is above what the programme allows." })),
        "discounts" => Some(crate::offers::discount((&id("account"), "Analytical Engines"))),
        "customers" => Some(json!({ "customers": [{ "account": id("account"), "name": "Analytical Engines" }] })),
        "codes" => Some(json!({ "count": 1 })),
        "share" => Some(json!({ "platform_basis_points": 10_000 })),
        "redeem" => Some(json!({ "code": id("coupon code") })),
        "claim" => Some(json!({ "batch": id("coupon_batch") })),
        _ => None,
    }
}

fn operators(path: &str) -> Option<Value> {
    let because = json!({ "reasons": [{ "field": "general", "message": "It cannot be read." }] });
    match path {
        "operator/categories" => Some(json!({ "code": "new-branch", "name": { "en": "New", "zh": "新类目" } })),
        "operator/categories/{category}" => Some(json!({ "name": { "en": "Teaching", "zh": "教学" } })),
        "operator/categories/{category}/merge" => Some(json!({ "into": "people" })),
        "operator/tags" => Some(json!({ "code": "another", "name": { "en": "Another", "zh": "另一个" } })),
        "operator/tags/{tag}" => Some(json!({ "name": { "en": "Renamed", "zh": "新名称" } })),
        "operator/products/{product}/tags" => Some(json!({ "tags": ["made-here"] })),
        "operator/floors" | "operator/floors/{floor}" => {
            Some(json!({ "title": { "en": "Latest", "zh": "最新" }, "content": { "rule": "newest" }, "position": 5 }))
        }
        "operator/policy" => Some(json!({ "rules": policy::DEFAULT })),
        "operator/staff" => Some(json!({ "email": "newest@site.example", "role": "support", "lang": "en" })),
        "operator/staff/{user}" => Some(json!({ "role": "finance" })),
        "operator/top-ups/{top_up}/confirm" => {
            Some(json!({ "received": { "minor": 5_000, "currency": "CNY" }, "bank_reference": "20260302-1" }))
        }
        "operator/top-ups/{top_up}/reject" => Some(json!({ "reason": "No such transfer." })),
        "operator/verifications/{verification}/decision" => Some(json!({ "verdict": "approve" })),
        "operator/removals/{removal}/rejection" => Some(json!({ "reason": "Customers still wait." })),
        "operator/products/{product}/measures" | "operator/measure-proposals/{measure_proposal}/acceptance" => {
            Some(json!({
                "kind": "delisting", "rule": "Rule 5.2.", "facts": "It does not start.", "remedy": "Make it start."
            }))
        }
        "operator/measures/{measure}/decision" => {
            Some(json!({ "outcome": "upheld", "reason": "It still does not start." }))
        }
        "operator/measure-proposals/{measure_proposal}/dismissal" => Some(json!({ "reason": "It works again." })),
        "operator/measures/{measure}/lifting" => Some(json!({ "reason": "It starts." })),
        path if path.ends_with("/reject") || path.ends_with("/rejection") => Some(because),
        _ => None,
    }
}

fn sellers(world: &World, path: &str) -> Option<Value> {
    let version = world.ids.get("agreement version");
    let read = json!({ "version": version, "sha256": world.ids.get("agreement sha256") });
    match path {
        "seller/application" => Some(world.form.clone()),
        "seller/application/submit" => Some(json!({ "agreement": read })),
        "seller/agreements" => Some(read),
        "seller/business-information" => Some(crate::sellers::information("Difference Software")),
        "seller/changes" => Some(json!({
            "contact_name": "Zhao Min", "mobile": "13800138000", "email": "li.na@seller.example",
            "service_phone": "+86 21 5555 0100", "service_email": "service@seller.example", "introduction": "Software."
        })),
        "seller/finance-contact" => {
            Some(json!({ "name": "Wang Wei", "phone": "13900139000", "email": "finance@seller.example" }))
        }
        "seller/products" | "seller/products/{product}" => {
            Some(listing("Other Search", world.agreement.as_str().unwrap_or_default()))
        }
        "seller/attributes" | "seller/attributes/{attribute}" => Some(json!({
            "kind": "enum", "code": if path.ends_with('}') { "region" } else { "size" }, "name": { "en": "Size", "zh": "规格大小" },
            "values": [{ "code": "large", "name": { "en": "Large", "zh": "大" } }]
        })),
        "seller/measures/{measure}/appeal" => Some(json!({ "text": "It does start." })),
        "seller/products/{product}/removals" => Some(json!({ "reason": "The vendor ends it." })),
        "seller/products/{product}/limits" => Some(json!({ "spec": "server", "single_purchase": true })),
        "seller/products/{product}/stock" => Some(json!({ "sku": world.ids.get("sku"), "left": 3 })),
        "seller/products/{product}/showing" => Some(json!({ "showing": "hidden" })),
        "seller/products/{product}/audience" => {
            Some(json!({ "reach": "unlisted", "customers": "all", "regions": "everywhere" }))
        }
        "seller/products/{product}/changes" => Some(json!({ "specs": { "server": "more" } })),
        "seller/products/{product}/trials" => Some(json!({ "offered_to": "listed" })),
        "seller/products/{product}/named-accounts" | "seller/products/{product}/trial-accounts" => {
            Some(json!({ "account": world.ids.get("account"), "name": "Analytical Engines" }))
        }
        "seller/test-codes" => Some(json!({ "count": 1 })),
        "seller/usage-events" => Some(json!({
            "specversion": "1.0", "source": "/a", "id": "1", "type": "calls", "subject": world.ids.get("metered name"),
            "time": "2026-03-02T01:00:00Z", "data": { "value": "1" }
        })),
        "seller/usage-corrections" => Some(json!({
            "instance": world.ids.get("metered name"), "corrects": world.ids.get("usage record"), "quantity": "2",
            "reason": "Counted twice"
        })),
        "seller/usage-refusals/{usage_refusal}/resend" => Some(json!({
            "instance": world.ids.get("metered name"), "number": "mended", "begin": "20260302T010000Z",
            "end": "20260302T010001Z", "quantity": "1"
        })),
        "seller/production-addresses" => {
            Some(json!({ "url": "https://app.seller.example/produce", "form": "standard_webhooks" }))
        }
        "seller/production-addresses/{production_address}/calls" => {
            Some(json!({ "activity": "newInstance", "order": "MOCKPERIODYEARNEW" }))
        }
        "seller/production-cases" => Some(json!({ "call": world.ids.get("tried call"), "name": "Another one" })),
        "seller/production-cases/{production_case}/runs" => Some(json!({})),
        "seller/catalogue/plan" | "seller/catalogue/apply" => {
            Some(json!({ "files": [{ "path": "lens.toml", "content": "key = \"lens\"\n" }], "then": "draft" }))
        }
        "seller/catalogue/imports" => {
            Some(json!({ "name": "a.csv", "format": "csv", "content": "key,version\nlens,V1.0\n" }))
        }
        _ => None,
    }
}
