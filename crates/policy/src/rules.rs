//! The rules of a site as values, and the checks that a version has to pass before it holds.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::tz::TimeZone;
use kernel::{Currency, Invalid, Localized, Timestamp, time::Calendar};
use serde::Deserialize;

mod acceptance;
mod access_types;
mod changes;
mod fields;
mod instances;
mod metering;
mod packages;
mod probing;
mod renewals;
mod review;
mod reviews;
mod sandbox;
mod search;
mod site;
mod trials;

pub use acceptance::AcceptanceRules;
pub use access_types::{
    AccessRules, AccessType, BillingMode, PresetAttribute, PresetQuantity, Qualification, ReturnRule,
    SOFTWARE_COPYRIGHT, Scenario, Supervision, USER_GUIDE,
};
pub use changes::ChangeRules;
pub use fields::{BillingFactor, FieldKind, TypeField};
use instances::Instances;
pub use metering::Metering;
pub use packages::Packages;
pub use probing::Probing;
pub use renewals::RenewalRules;
pub use review::{ChecklistPoint, Checks, Review};
pub use reviews::{ReviewRules, ShownNames};
pub use sandbox::SandboxRules;
pub use search::{Ranking, Search, Synonyms};
pub use site::Site;
pub use trials::Trials;

/// One version of the rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub site: Site,
    pub sign_in: SignIn,
    pub review: Review,
    pub sellers: Sellers,
    pub contracting_entities: Vec<ContractingEntity>,
    pub offers: Offers,
    pub orders: Orders,
    pub refunds: Refunds,
    pub instances: Instances,
    #[serde(default)]
    pub renewals: RenewalRules,
    #[serde(default)]
    pub changes: ChangeRules,
    #[serde(default)]
    pub reviews: ReviewRules,
    #[serde(default)]
    pub trials: Trials,
    pub delivery: Delivery,
    #[serde(default)]
    pub acceptance: AcceptanceRules,
    #[serde(default)]
    pub probing: Probing,
    #[serde(default)]
    pub sandbox: SandboxRules,
    #[serde(default)]
    pub metering: Metering,
    #[serde(default)]
    pub packages: Packages,
    pub open_api: OpenApi,
    pub documents: Documents,
    pub tax_classes: Vec<TaxClass>,
    pub access_types: Vec<AccessRules>,
    /// What pages say about when specs of a billing mode can be bought; without it, they can be bought now.
    #[serde(default = "access_types::usual_modes_later")]
    pub modes_later: BTreeMap<BillingMode, Localized>,
    pub catalogue: Catalogue,
    #[serde(default)]
    pub storefront: Storefront,
    #[serde(default)]
    pub search: Search,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub failures_before_lock: u32,
    pub lock_minutes: u32,
    pub failures_before_delay: u32,
    pub delay_seconds_max: u32,
    pub session_hours: u32,
    pub reset_minutes: u32,
    pub invitation_hours: u32,
    pub password_length_min: u32,
    /// Whether a new account's mail address is confirmed by a letter before anybody can sign in, and an address that is taken is
    /// answered like any other. Without it: in production.
    #[serde(default)]
    pub confirm_addresses: Option<bool>,
}

/// What customers hand in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    pub account_megabytes_max: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sellers {
    pub mandatory: BTreeSet<String>,
    pub business_years_min: u32,
    pub employees_min: u32,
    /// In units of ten thousand of the currency.
    pub registered_capital_min: u32,
    pub sub_users_max: u32,
    pub business_information_failures_max: u32,
    pub agreement: Agreement,
}

/// The text that an applicant accepts; its hash is the evidence of what was accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    pub version: String,
    pub title: Localized,
    pub text: Localized,
}

/// The operator's legal entity that a seller signs with (签约主体).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractingEntity {
    pub code: String,
    pub name: Localized,
    pub regions: Vec<String>,
    pub currency: Currency,
    /// Where buyers send transfers in this currency.
    pub bank: Option<BankAccount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    pub name: Localized,
    pub account: String,
}

/// What makes a price lower than the list says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    pub coupons_per_order: u32,
    pub coupons_with_discounts: bool,
    pub coupon_days_max: u32,
    pub coupons_of_a_batch_max: u32,
    pub coupons_given_at_once_max: u32,
    /// In basis points.
    pub operator_share_min: u32,
    pub private_offer_days_max: u32,
    pub private_offer_reminder_days: Vec<u32>,
    pub instalment_retry_hours: u32,
    pub instalment_days_max: u32,
    /// The access types that others may be authorised to resell.
    #[serde(default = "resale_types")]
    pub resale_types: BTreeSet<AccessType>,
}

/// What a site has whose rules say nothing of it (spec/marketplace.md §4.6).
fn resale_types() -> BTreeSet<AccessType> {
    BTreeSet::from([
        AccessType::Saas,
        AccessType::License,
        AccessType::Image,
        AccessType::Service,
        AccessType::Hardware,
    ])
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    pub quote_minutes: u32,
    pub payment_hours: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refunds {
    pub no_reason_hours: u32,
    pub no_reason_per_year: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    pub retry_minutes: Vec<u32>,
    #[serde(default)]
    pub calls: SellerCalls,
}

/// Calls of sellers' systems other than the one that creates an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellerCalls {
    /// Tries before one is laid aside for its seller to restart.
    pub tries: u32,
    pub pause_minutes: u32,
    /// Minutes between questions whether an instance that was accepted is ready.
    pub poll_minutes: u32,
    /// Hours for which requests are signed with the old and the new secret, where the form of the call has room for both.
    #[serde(default = "a_day")]
    pub secret_overlap_hours: u32,
}

fn a_day() -> u32 {
    24
}

/// Of versions that were published before sellers' systems were called.
impl Default for SellerCalls {
    fn default() -> Self {
        Self { tries: 60, pause_minutes: 2, poll_minutes: 1, secret_overlap_hours: a_day() }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenApi {
    pub clock_skew_seconds: u32,
    pub test_codes_max: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxClass {
    pub code: String,
    pub name: Localized,
    pub basis_points: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// How many products that were never on sale an account may keep.
    #[serde(default = "drafts_max")]
    pub drafts_max: u32,
    pub description_length_min: u32,
    pub agreement_bytes_max: u32,
    pub agreement_endings: Vec<String>,
    pub forbidden_words: Vec<String>,
    /// The papers that access types ask for, beside the user guide and the software copyright.
    #[serde(default)]
    pub qualifications: Vec<Qualification>,
    pub categories: Vec<Category>,
    /// The attributes that belong to the site.
    #[serde(default = "access_types::usual_presets")]
    pub attributes: Vec<PresetAttribute>,
    /// For whom products are made.
    #[serde(default)]
    pub industries: Vec<Category>,
    /// Marks that have to be proven by a certificate.
    #[serde(default)]
    pub certifications: Vec<Category>,
    /// What prices of use count; of versions from before there was a list, anything.
    #[serde(default)]
    pub billing_factors: Vec<BillingFactor>,
}

fn drafts_max() -> u32 {
    10_000
}

/// What is shown around the products.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storefront {
    /// Hours after which what is recommended is made anew.
    pub recommendations_hours: u32,
    /// How many of the products that a user looked at are kept.
    pub recently_viewed_max: u32,
    /// How many products a user may mark.
    pub favourites_max: u32,
}

/// Of versions that were published before there were these rules.
impl Default for Storefront {
    fn default() -> Self {
        Self { recommendations_hours: 24, recently_viewed_max: 50, favourites_max: 200 }
    }
}

/// The categories that a new site begins with; later ones are the operator's to arrange.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub code: String,
    pub name: Localized,
}

/// The fields of a seller's application that a policy may make mandatory.
pub const APPLICATION_FIELDS: &[&str] = &[
    "company_name",
    "registration_number",
    "website",
    "business_licence",
    "business_years",
    "employees",
    "registered_capital",
    "contact_name",
    "mobile",
    "email",
    "service_phone",
    "service_email",
    "introduction",
];

impl Policy {
    /// Reads and checks a policy; every mistake is reported.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unreadable = |error: toml::de::Error| (error.to_string(), format!("无法识别：{error}"));
        let text = access_types::from_before(text).map_or(Cow::Borrowed(text), Cow::Owned);
        let policy: Self = toml::from_str(&text).map_err(|error| Invalid::one("policy", unreadable(error)))?;
        policy.check()?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        let unknown = |error: jiff::Error| (error.to_string(), "须为 Asia/Shanghai 这样的时区名称");
        wrong.keep(TimeZone::get(&self.site.zone).map_err(unknown), "site.zone");
        wrong.check(
            !self.site.currencies.is_empty(),
            "site.currencies",
            ("must name at least one currency", "至少须有一个币种"),
        );
        for (field, number) in self.counts() {
            wrong.check(number > 0, field, ("must be at least 1", "不能小于 1"));
        }
        for field in &self.sellers.mandatory {
            let known = APPLICATION_FIELDS.contains(&field.as_str());
            wrong.check(
                known,
                "sellers.mandatory",
                (
                    format!("names '{field}', which is not a field of the application"),
                    format!("含有“{field}”，入驻申请中没有这个字段"),
                ),
            );
        }
        wrong.check(
            !self.contracting_entities.is_empty(),
            "contracting_entities",
            ("must hold at least one", "至少须有一项"),
        );
        for entity in &self.contracting_entities {
            let known = self.site.currencies.contains(&entity.currency);
            let field = format!("contracting_entities.{}", entity.code);
            wrong.check(known, &field, ("uses a currency that the site does not", "使用了本站不支持的币种"));
            wrong.check(!entity.regions.is_empty(), field, ("must serve at least one region", "至少须服务一个区域"));
        }
        for class in &self.tax_classes {
            wrong.check(
                class.basis_points <= 10_000,
                format!("tax_classes.{}", class.code),
                ("cannot be more than 10000", "不能超过 10000"),
            );
        }
        self.check_access_types(&mut wrong);
        self.check_presets(&mut wrong);
        self.check_modes_later(&mut wrong);
        wrong.check(
            !self.catalogue.categories.is_empty(),
            "catalogue.categories",
            ("must hold at least one", "至少须有一项"),
        );
        self.check_instances(&mut wrong);
        self.metering.check(&mut wrong);
        self.packages.check(&mut wrong);
        self.probing.check(&mut wrong);
        self.sandbox.check(&mut wrong);
        self.search.check(&mut wrong);
        self.renewals.check(&mut wrong);
        self.check_review(&mut wrong);
        self.check_trials(&mut wrong);
        self.check_acceptance(&mut wrong);
        self.check_reviews(&mut wrong);
        self.check_changes(&mut wrong);
        self.check_fields(&mut wrong);
        wrong.done()
    }

    fn counts(&self) -> [(&'static str, u32); 28] {
        [
            ("delivery.calls.tries", self.delivery.calls.tries),
            ("delivery.calls.pause_minutes", self.delivery.calls.pause_minutes),
            ("delivery.calls.poll_minutes", self.delivery.calls.poll_minutes),
            ("delivery.calls.secret_overlap_hours", self.delivery.calls.secret_overlap_hours),
            ("storefront.recommendations_hours", self.storefront.recommendations_hours),
            ("storefront.recently_viewed_max", self.storefront.recently_viewed_max),
            ("storefront.favourites_max", self.storefront.favourites_max),
            ("sign_in.failures_before_lock", self.sign_in.failures_before_lock),
            ("sign_in.lock_minutes", self.sign_in.lock_minutes),
            ("sign_in.failures_before_delay", self.sign_in.failures_before_delay),
            ("sign_in.delay_seconds_max", self.sign_in.delay_seconds_max),
            ("sign_in.session_hours", self.sign_in.session_hours),
            ("sign_in.reset_minutes", self.sign_in.reset_minutes),
            ("sign_in.password_length_min", self.sign_in.password_length_min),
            ("offers.coupons_per_order", self.offers.coupons_per_order),
            ("offers.coupon_days_max", self.offers.coupon_days_max),
            ("offers.coupons_of_a_batch_max", self.offers.coupons_of_a_batch_max),
            ("offers.coupons_given_at_once_max", self.offers.coupons_given_at_once_max),
            ("offers.private_offer_days_max", self.offers.private_offer_days_max),
            ("offers.instalment_retry_hours", self.offers.instalment_retry_hours),
            ("offers.instalment_days_max", self.offers.instalment_days_max),
            ("orders.quote_minutes", self.orders.quote_minutes),
            ("orders.payment_hours", self.orders.payment_hours),
            ("sellers.business_information_failures_max", self.sellers.business_information_failures_max),
            ("open_api.clock_skew_seconds", self.open_api.clock_skew_seconds),
            ("documents.account_megabytes_max", self.documents.account_megabytes_max),
            ("open_api.test_codes_max", self.open_api.test_codes_max),
            ("catalogue.agreement_bytes_max", self.catalogue.agreement_bytes_max),
        ]
    }

    pub fn zone(&self) -> TimeZone {
        self.site.found.get_or_init(|| TimeZone::get(&self.site.zone).unwrap_or(TimeZone::UTC)).clone()
    }

    /// The moment until which a review that begins now has to end.
    pub fn review_due(&self, now: Timestamp, working_days: u32) -> Timestamp {
        let calendar = Calendar {
            zone: self.zone(),
            holidays: self.site.holidays.clone(),
            extra_workdays: self.site.extra_workdays.clone(),
        };
        calendar.plus_working_days(now, working_days)
    }

    pub fn contracting_entity(&self, code: &str) -> Option<&ContractingEntity> {
        self.contracting_entities.iter().find(|entity| entity.code == code)
    }
}

/// The rules that a site starts with.
pub const DEFAULT: &str = include_str!("default.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rules_are_valid() {
        let policy = Policy::parse(DEFAULT).unwrap();
        assert_eq!(policy.fee(AccessType::License), 500);
        assert_eq!(policy.tax_class(AccessType::License, BillingMode::OneOff).unwrap().basis_points, 1300);
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let text = DEFAULT
            .replace("zone = \"Asia/Shanghai\"", "zone = \"Asia/Nowhere\"")
            .replace("quote_minutes = 30", "quote_minutes = 0")
            .replacen("modes = { one_off = \"software\", period", "modes = { one_off = \"goods\", period", 1);
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["site.zone", "orders.quote_minutes", "access_types.license.modes.one_off"]);
    }

    #[test]
    fn an_unknown_rule_is_refused() {
        let wrong = Policy::parse(&DEFAULT.replace("payment_hours", "payment_days")).unwrap_err();
        assert!(wrong.0[0].message.en.contains("payment_days"), "{wrong}");
    }

    #[test]
    fn a_review_ends_on_a_working_day_of_the_site() {
        let policy = Policy::parse(DEFAULT).unwrap();
        // Wednesday 30 September 2026, 15:00 in Shanghai; then the National Day week, and a make-up Saturday.
        let due = policy.review_due("2026-09-30T07:00:00Z".parse().unwrap(), 3);
        assert_eq!(due, "2026-10-10T07:00:00Z".parse().unwrap());
    }
}
