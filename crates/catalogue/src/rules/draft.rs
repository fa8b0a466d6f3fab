//! A listing as its seller writes it: one document, which may be incomplete until it is submitted.

use std::collections::BTreeMap;

use kernel::{Currency, Localized, id::DocumentId};
use policy::{AccessType, BillingMode};
use pricing::{Billing, Book, TaxPresentation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    asked::{Asks, ContactData},
    fields::FieldValue,
    particulars::{Certification, Copyright, Gone, Opening, Paper, Parameter, Point, Seo, Service, is_default},
};

/// The most characters of a product's name.
pub(super) const NAME_MAX: usize = 80;

/// What a seller says about a product. Everything can be left out of a draft; submitting asks for all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "access_type": "license",
    "name": {"en": "Log Lens", "zh": "日志透镜"},
    "summary": {"en": "Finds the line that matters.", "zh": "找到关键的那一行。"},
    "version": "V2.1",
    "categories": ["developer-tools"],
    "currency": "CNY",
    "specs": [{
        "code": "server",
        "name": {"en": "Server installation", "zh": "服务器部署"},
        "billing_mode": "period",
        "attributes": [
            {"kind": "enum", "code": "edition", "name": {"en": "Edition", "zh": "版本"},
             "values": [{"code": "standard", "name": {"en": "Standard", "zh": "标准版"}}]},
            {"kind": "quantity", "code": "users", "name": {"en": "Users", "zh": "用户数"},
             "unit": {"en": "users", "zh": "用户"}, "unit_one": "user", "min": 1, "max": 1000, "step": 1}
        ],
        "skus": [{"values": {"edition": "standard"}, "billing": {"mode": "period", "month": {
            "price": {"quantities": {"users": {"model": "tiered", "tiers": [
                {"from": 1, "to": 10, "unit_price": "30.00"}, {"from": 11, "unit_price": "25.00"}]}}},
            "periods_max": 36, "discounts": [{"periods_min": 12, "basis_points": 1000}]}}}]
    }]
}))]
pub(crate) struct Listing {
    #[serde(default = "license")]
    pub(crate) access_type: AccessType,
    /// Without price, version, phone number or praise.
    #[serde(default)]
    pub(crate) name: Localized,
    /// One or two sentences (商品简介).
    #[serde(default)]
    pub(crate) summary: Localized,
    /// Plain text (商品说明).
    #[serde(default)]
    pub(crate) description: Localized,
    /// Such as `V1.0`.
    #[serde(default)]
    pub(crate) version: String,
    /// Codes of the site's categories.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// Codes of the site's industries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub(crate) industries: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) certifications: Vec<Certification>,
    /// What sets it apart, shown before the description.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 6)]
    pub(crate) highlights: Vec<Point>,
    /// Who uses it, and for what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 6)]
    pub(crate) cases: Vec<Point>,
    #[serde(default)]
    pub(crate) support: Support,
    /// An uploaded document with the purpose `service_agreement`.
    #[serde(default)]
    pub(crate) agreement: Option<DocumentId>,
    /// The picture beside the name: an uploaded document with the purpose `product_logo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) logo: Option<DocumentId>,
    /// What it looks like in use, in this order: uploaded documents with the purpose `product_screenshot`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    pub(crate) screenshots: Vec<DocumentId>,
    /// How to log in and use it: an uploaded document with the purpose `user_guide`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_guide: Option<DocumentId>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) copyright: Copyright,
    /// The documents that the site asks for with this access type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) qualifications: Vec<Paper>,
    /// Whether people carry the delivery out under the site's eyes, where the seller may choose; fixed once it was listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) supervised: bool,
    /// When the term begins of what its seller's own system opens under supervision; at payment unless told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) opening: Opening,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) service: Service,
    /// What it says in the fields of its access type, by their codes; `GET /api/v1/access-types` lists them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<String, FieldValue>,
    /// What the buyer is asked for when ordering.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub(crate) parameters: Vec<Parameter>,
    /// Which contact data of its buyers the seller's software needs (用户授权). Each buyer has to agree; nothing else is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) contacts: ContactData,
    #[serde(default, skip_serializing)]
    #[schema(ignore)]
    pub(crate) encryption: Gone,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) seo: Seo,
    /// Calendar days that delivery takes on average; 0 when it is immediate.
    #[serde(default)]
    #[schema(maximum = 365)]
    pub(crate) delivery_days: Option<u32>,
    /// In which all prices are.
    #[serde(default)]
    pub(crate) currency: Option<Currency>,
    /// Whether the prices are stated with the tax in them (含税), or the tax comes on top (不含税).
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) tax: TaxPresentation,
    #[serde(default)]
    pub(crate) specs: Vec<Spec>,
}

fn license() -> AccessType {
    AccessType::License
}

impl Default for Listing {
    fn default() -> Self {
        Self {
            access_type: license(),
            name: Localized::default(),
            summary: Localized::default(),
            description: Localized::default(),
            version: String::new(),
            categories: Vec::new(),
            industries: Vec::new(),
            certifications: Vec::new(),
            highlights: Vec::new(),
            cases: Vec::new(),
            support: Support::default(),
            agreement: None,
            logo: None,
            screenshots: Vec::new(),
            user_guide: None,
            copyright: Copyright::default(),
            qualifications: Vec::new(),
            supervised: false,
            opening: Opening::default(),
            service: Service::default(),
            fields: BTreeMap::new(),
            parameters: Vec::new(),
            contacts: ContactData::default(),
            encryption: Gone,
            seo: Seo::default(),
            delivery_days: None,
            currency: None,
            tax: TaxPresentation::default(),
            specs: Vec::new(),
        }
    }
}

/// How buyers are helped: when, with what, by phone and by mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Support {
    #[serde(default)]
    #[schema(example = json!({"en": "Monday to Friday, 9:00 to 18:00", "zh": "周一至周五 9:00–18:00"}))]
    pub(crate) hours: Localized,
    /// What the support covers.
    #[serde(default)]
    #[schema(example = json!({"en": "Installation, upgrades, faults", "zh": "安装、升级、故障处理"}))]
    pub(crate) content: Localized,
    #[serde(default)]
    #[schema(example = "400-820-8820")]
    pub(crate) hotline: String,
    #[serde(default)]
    #[schema(example = "support@example.com")]
    pub(crate) email: String,
}

/// One edition or form of the product, with one billing mode (规格).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Names the spec for ever: under the same code it stays the same spec in later revisions.
    #[schema(example = "server")]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) name: Localized,
    #[serde(default)]
    pub(crate) billing_mode: Option<BillingMode>,
    /// For how many days it can be tried for nothing; without it, it cannot. For hosted software that is paid per period (试用).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 180, example = 14)]
    pub(crate) trial_days: Option<u32>,
    /// What spans the SKUs: each combination of the enum values is one.
    #[serde(default)]
    pub(crate) attributes: Vec<Attribute>,
    #[serde(default)]
    pub(crate) skus: Vec<Sku>,
}

/// A dimension in which the SKUs of a spec differ (SKU属性).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({
    "kind": "quantity", "code": "users", "name": {"en": "Users", "zh": "用户数"}, "unit": {"en": "users", "zh": "用户"},
    "min": 5, "max": 500, "step": 5
}))]
pub(crate) enum Attribute {
    /// Chosen from a list (枚举属性).
    Enum {
        code: String,
        #[serde(default)]
        name: Localized,
        #[serde(default)]
        values: Vec<AttributeValue>,
    },
    /// Chosen by number (数量属性).
    Quantity {
        code: String,
        #[serde(default)]
        name: Localized,
        /// What is counted, as it follows a number: `users`, `用户`.
        #[serde(default)]
        unit: Localized,
        /// The English unit after the number one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_one: Option<String>,
        #[serde(default = "one")]
        min: u64,
        max: u64,
        #[serde(default = "one")]
        step: u64,
    },
}

fn one() -> u64 {
    1
}

/// One value of an enum attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeValue {
    #[schema(example = "standard")]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) name: Localized,
}

/// One priced combination of attribute values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sku {
    /// The code of a value for each enum attribute of the spec.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, String>,
    /// The combination is left out on purpose and has no price.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) not_sold: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) billing: Option<Billing>,
    /// Its prices in other currencies of the site: written for them, or at a rate that the seller locks. Nothing else is
    /// ever converted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!([{"currency": "USD", "prices": {"by": "rate", "rate": "0.14"}}]))]
    pub(crate) books: Vec<Book>,
}

impl Listing {
    /// The same for another product, under a name that tells the two apart.
    pub(crate) fn copied(&self) -> Self {
        let named = |name: &str, mark: &str| {
            let kept: String = name.chars().take(NAME_MAX.saturating_sub(mark.chars().count())).collect();
            if name.trim().is_empty() { kept } else { format!("{kept}{mark}") }
        };
        let name = Localized { en: named(&self.name.en, " (copy)"), zh: named(&self.name.zh, "（副本）") };
        Self { name, ..self.clone() }
    }

    /// What its buyers are asked for.
    pub(crate) fn asks(&self) -> Asks {
        Asks { parameters: self.parameters.clone(), contacts: self.contacts }
    }

    /// All that pages show of it: the logo and the screenshots.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = DocumentId> {
        self.logo.into_iter().chain(self.screenshots.iter().copied())
    }
}

impl Attribute {
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Enum { code, .. } | Self::Quantity { code, .. } => code,
        }
    }

    pub(crate) fn name(&self) -> &Localized {
        match self {
            Self::Enum { name, .. } | Self::Quantity { name, .. } => name,
        }
    }
}
