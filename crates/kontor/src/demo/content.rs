//! What the demo's sellers say and sell. The texts are in `content/`; here they become listings.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};

/// English, then Chinese.
pub(super) type Both = [String; 2];

/// Everything in `content/`, in the order of its files.
pub(super) struct Content {
    pub(super) sellers: Vec<Company>,
    /// What is sold, and after that what is not on sale yet.
    pub(super) products: Vec<Offer>,
    /// How many of them are sold.
    pub(super) sold: usize,
    common: Common,
}

#[derive(Clone, Deserialize)]
pub(super) struct Company {
    pub(super) key: String,
    /// The name that buyers see.
    pub(super) brand: String,
    pub(super) contact: String,
    pub(super) city: String,
    introduction: Both,
    voice: Both,
}

#[derive(Clone, Deserialize)]
pub(super) struct Offer {
    pub(super) seller: String,
    pub(super) categories: Vec<String>,
    pub(super) plan: Charged,
    /// In CNY: of a unit for a month, of the whole for a month, or paid once.
    pub(super) price: u32,
    pub(super) name: Both,
    pub(super) summary: Both,
    why: Both,
    features: Vec<Both>,
    who: Both,
}

/// How a product is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Charged {
    Users,
    Servers,
    Flat,
    Once,
}

#[derive(Deserialize)]
struct Common {
    headings: BTreeMap<String, Both>,
    needs: BTreeMap<String, Both>,
    price: BTreeMap<String, Both>,
    after: Vec<Paragraph>,
    included: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    text: Both,
}

#[derive(Deserialize)]
struct Companies {
    sellers: Vec<Company>,
}

#[derive(Deserialize)]
struct Offers {
    products: Vec<Offer>,
}

impl Content {
    pub(super) fn read() -> anyhow::Result<Self> {
        let Companies { sellers } = toml::from_str(include_str!("content/sellers.toml"))?;
        let mut products = Vec::new();
        for file in [include_str!("content/products_1.toml"), include_str!("content/products_2.toml")] {
            let Offers { products: more } = toml::from_str(file)?;
            products.extend(more);
        }
        let sold = products.len();
        let Offers { products: more } = toml::from_str(include_str!("content/more.toml"))?;
        products.extend(more);
        Ok(Self { sellers, products, sold, common: toml::from_str(include_str!("content/common.toml"))? })
    }

    /// The first sellers with the first products of each.
    #[must_use]
    pub(super) fn first(mut self, sellers: usize, products_each: usize) -> Self {
        self.sellers.truncate(sellers);
        let more = self.products.split_off(self.sold);
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        self.products.retain(|offer| {
            let count = counted.entry(offer.seller.clone()).or_default();
            *count += 1;
            *count <= products_each && self.sellers.iter().any(|seller| seller.key == offer.seller)
        });
        self.sold = self.products.len();
        self.products.extend(more);
        self
    }

    pub(super) fn seller_of(&self, product: usize) -> anyhow::Result<usize> {
        let key = &self.products[product].seller;
        self.sellers.iter().position(|seller| seller.key == *key).with_context(|| format!("nobody is {key}"))
    }

    /// A listing without its papers and pictures.
    pub(super) fn listing(&self, product: usize) -> anyhow::Result<Value> {
        let offer = &self.products[product];
        let seller = &self.sellers[self.seller_of(product)?];
        Ok(json!({
            "access_type": "license",
            "name": both(&offer.name),
            "summary": both(&offer.summary),
            "description": both(&[self.description(product, seller, 0)?, self.description(product, seller, 1)?]),
            "version": format!("V{}.{}", product % 4 + 1, product % 7),
            "categories": offer.categories,
            "support": support(seller, product),
            "delivery_days": 0,
            "currency": "CNY",
            "specs": specs(offer),
        }))
    }

    fn description(&self, product: usize, seller: &Company, lang: usize) -> anyhow::Result<String> {
        let (offer, common) = (&self.products[product], &self.common);
        let named = |of: &BTreeMap<String, Both>, key: &str| {
            of.get(key).map(|text| text[lang].clone()).with_context(|| format!("common.toml has no {key}"))
        };
        let heading = |key: &str| named(&common.headings, key);
        let category = offer.categories.first().map_or("", String::as_str);
        let charged = match offer.plan {
            Charged::Users => "users",
            Charged::Servers => "servers",
            Charged::Flat => "flat",
            Charged::Once => "once",
        };
        let shared = |of: &[Paragraph], at: usize| of[at % of.len()].text[lang].clone();
        let features: Vec<String> =
            offer.features.iter().map(|feature| format!("- {}{}", feature[lang], [".", "。"][lang])).collect();
        let parts = [
            offer.why[lang].clone(),
            format!("### {}", heading("does")?),
            features.join("\n"),
            format!("### {}", heading("who")?),
            format!("{}{}", offer.who[lang], [".", "。"][lang]),
            format!("### {}", heading("how")?),
            seller.voice[lang].clone(),
            format!("### {}", heading("needs")?),
            named(&common.needs, category)?,
            format!("### {}", heading("price")?),
            named(&common.price, charged)?,
            format!("### {}", heading("included")?),
            shared(&common.included, product / 3),
            format!("### {}", heading("after")?),
            shared(&common.after, product),
        ];
        Ok(parts.join("\n\n"))
    }
}

impl Company {
    /// In both languages: everybody sees the same introduction.
    pub(super) fn introduction(&self) -> String {
        self.introduction.join("\n\n").trim().to_owned()
    }

    /// A company of which only its application is known.
    pub(super) fn applying((name, contact, key): (&str, &str, &str), introduction: [&str; 2]) -> Self {
        Self {
            key: key.to_owned(),
            brand: name.to_owned(),
            contact: contact.to_owned(),
            city: String::new(),
            introduction: [introduction[0].to_owned(), introduction[1].to_owned()],
            voice: [String::new(), String::new()],
        }
    }
}

impl Offer {
    pub(super) fn who(&self) -> Both {
        self.who.clone()
    }
}

pub(super) fn both(text: &Both) -> Value {
    json!({ "en": text[0], "zh": text[1] })
}

pub(super) fn support(seller: &Company, product: usize) -> Value {
    let hours = match product % 3 {
        0 => ["Monday to Friday, 9:00 to 18:00 (UTC+8)", "周一至周五 9:00–18:00"],
        1 => ["Monday to Saturday, 8:30 to 20:00 (UTC+8)", "周一至周六 8:30–20:00"],
        _ => ["Every day, 8:00 to 22:00 (UTC+8)", "每天 8:00–22:00"],
    };
    json!({
        "hours": { "en": hours[0], "zh": hours[1] },
        "content": { "en": "Installation, upgrades, questions of use, faults", "zh": "安装、升级、使用咨询与故障处理" },
        "hotline": format!("400-{:03}-{:04}", 210 + product % 12 * 37, 1200 + product * 83),
        "email": format!("support@{}.example", seller.key),
    })
}

fn specs(offer: &Offer) -> Value {
    let price = |percent: u32| cents(offer.price * percent);
    match offer.plan {
        Charged::Users => {
            let tiers = |percent: u32| {
                json!([
                    { "from": 1, "to": 20, "unit_price": price(percent) },
                    { "from": 21, "to": 100, "unit_price": price(percent * 9 / 10) },
                    { "from": 101, "unit_price": price(percent * 8 / 10) }
                ])
            };
            let quantity = json!({ "kind": "quantity", "code": "users", "name": { "en": "Users", "zh": "用户数" },
                "unit": { "en": "users", "zh": "用户" }, "unit_one": "user", "min": 1, "max": 2000, "step": 1 });
            let sku = |edition: &str, percent: u32| {
                monthly(edition, &json!({ "quantities": { "users": { "model": "tiered", "tiers": tiers(percent) } } }))
            };
            json!([{ "code": "users", "name": { "en": "Licence by user", "zh": "按用户授权" }, "billing_mode": "period",
                "attributes": [editions(), quantity], "skus": [sku("standard", 100), sku("professional", 160)] }])
        }
        Charged::Servers => {
            let tiers = |percent: u32| {
                json!([
                    { "from": 1, "to": 9, "unit_price": price(percent) },
                    { "from": 10, "to": 49, "unit_price": price(percent * 85 / 100) },
                    { "from": 50, "unit_price": price(percent * 7 / 10) }
                ])
            };
            let quantity = json!({ "kind": "quantity", "code": "servers", "name": { "en": "Servers", "zh": "服务器数" },
                "unit": { "en": "servers", "zh": "台" }, "unit_one": "server", "min": 1, "max": 1000, "step": 1 });
            let sku = |edition: &str, percent: u32| {
                monthly(
                    edition,
                    &json!({ "quantities": { "servers": { "model": "volume", "tiers": tiers(percent) } } }),
                )
            };
            json!([{ "code": "servers", "name": { "en": "Licence by server", "zh": "按服务器授权" },
                "billing_mode": "period", "attributes": [editions(), quantity],
                "skus": [sku("standard", 100), sku("professional", 175)] }])
        }
        Charged::Flat => {
            let sku = |edition: &str, percent: u32| {
                json!({ "values": { "edition": edition }, "billing": { "mode": "period",
                    "month": { "price": { "base": price(percent) }, "periods_max": 11 },
                    "year": { "price": { "base": price(percent * 10) }, "periods_max": 3 } } })
            };
            json!([{ "code": "site", "name": { "en": "Company-wide licence", "zh": "全企业授权" },
                "billing_mode": "period", "attributes": [editions()],
                "skus": [sku("standard", 100), sku("professional", 220)] }])
        }
        Charged::Once => once(offer),
    }
}

/// A licence that is paid once, and maintenance by the year beside it.
fn once(offer: &Offer) -> Value {
    let price = |percent: u32| cents(offer.price * percent);
    let sku = |edition: &str, percent: u32| json!({ "values": { "edition": edition }, "billing": { "mode": "one_off", "price": { "base": price(percent) } } });
    let service = |level: &str, percent: u32| {
        json!({ "values": { "service": level }, "billing": { "mode": "period",
            "year": { "price": { "base": price(percent) }, "periods_max": 3 } } })
    };
    json!([
        { "code": "licence", "name": { "en": "Permanent licence", "zh": "永久授权" }, "billing_mode": "one_off",
          "attributes": [editions()], "skus": [sku("standard", 100), sku("professional", 180)] },
        { "code": "maintenance", "name": { "en": "Maintenance and updates", "zh": "维护与升级" }, "billing_mode": "period",
          "attributes": [{ "kind": "enum", "code": "service", "name": { "en": "Service hours", "zh": "服务时间" },
            "values": [{ "code": "workdays", "name": { "en": "Working days", "zh": "工作日" } },
                       { "code": "always", "name": { "en": "Around the clock", "zh": "全天候" } }] }],
          "skus": [service("workdays", 18), service("always", 26)] }
    ])
}

fn editions() -> Value {
    json!({ "kind": "enum", "code": "edition", "name": { "en": "Edition", "zh": "版本" },
        "values": [{ "code": "standard", "name": { "en": "Standard", "zh": "标准版" } },
                   { "code": "professional", "name": { "en": "Professional", "zh": "专业版" } }] })
}

fn monthly(edition: &str, price: &Value) -> Value {
    json!({ "values": { "edition": edition }, "billing": { "mode": "period", "month": { "price": price,
        "periods_max": 36, "discounts": [{ "periods_min": 12, "basis_points": 1000 },
                                         { "periods_min": 24, "basis_points": 1500 }] } } })
}

/// Hundredths as an amount: `3800` is `38.00`.
fn cents(minor: u32) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
