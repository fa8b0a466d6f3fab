//! The form of a listing: what a draft may hold at all, and what a submitted one has to say.

use std::collections::{BTreeMap, BTreeSet};

use documents::{Document, Purpose};
use kernel::{
    Invalid, Localized,
    id::{DocumentId, ProductId},
    text::{Email, is_printable},
};
use policy::{AccessType, Policy};
use production::System;
use serde_json::Value;

use super::{
    draft::{Listing, NAME_MAX, Support},
    evidence::{self, ACCEPTANCE_MAX},
    fields, naming, specs,
};

const SUMMARY_MAX: usize = 300;
const DESCRIPTION_MAX: usize = 20_000;
const TEXT_MAX: usize = 500;
const KEY_MAX: usize = 60;
const CATEGORIES_MAX: usize = 5;
pub(crate) const SCREENSHOTS_MAX: usize = 8;
const DELIVERY_DAYS_MAX: u32 = 365;

/// A listing of the largest form that the rules allow takes less.
const BYTES_MAX: usize = 1_000_000;

/// The seller's documents that a listing names.
pub(crate) type Files = BTreeMap<DocumentId, Document>;

/// What a listing is checked against.
pub(crate) struct Site<'s> {
    pub(crate) policy: &'s Policy,
    /// The name under which the seller was admitted.
    pub(crate) seller: &'s str,
    pub(crate) files: &'s Files,
    /// The seller's own system, which opens what is sold of software as a service; none: there is none that can be called.
    pub(crate) system: Option<&'s System>,
    /// The listing that is on sale.
    pub(crate) on_sale: Option<&'s Listing>,
    /// Of the products that it names as its parts, those that it may.
    pub(crate) parts: &'s BTreeSet<ProductId>,
}

/// What even a draft must keep to, so that it can be stored and shown: sizes, and no control characters anywhere.
pub(crate) fn check_bounds(listing: &Value) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let size = listing.to_string().len();
    wrong.check(
        size <= BYTES_MAX,
        "",
        (
            format!("must be at most {BYTES_MAX} bytes of JSON; it has {size}"),
            format!("JSON 不能超过 {BYTES_MAX} 字节，现为 {size} 字节"),
        ),
    );
    bound(listing, "", &mut wrong);
    wrong.0.truncate(100);
    wrong.done()
}

fn bound(value: &Value, path: &str, wrong: &mut Invalid) {
    match value {
        Value::String(text) => {
            let most = match path {
                _ if path.starts_with("description.") => DESCRIPTION_MAX,
                _ if ["service.", "highlights[", "cases["].iter().any(|at| path.starts_with(at)) => ACCEPTANCE_MAX,
                _ => TEXT_MAX,
            };
            let fits = text.chars().count() <= most && is_printable(text);
            wrong.check(
                fits,
                path,
                (
                    format!("must have at most {most} printable characters"),
                    format!("最多 {most} 个字符，不能含控制字符"),
                ),
            );
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                bound(item, &format!("{path}[{index}]"), wrong);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let fits = key.chars().count() <= KEY_MAX && is_printable(key);
                wrong.check(
                    fits,
                    path,
                    (
                        format!("has a key that is not at most {KEY_MAX} printable characters"),
                        format!("含有不合要求的键，键最多 {KEY_MAX} 个字符，不能含控制字符"),
                    ),
                );
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                bound(item, if fits { &at } else { path }, wrong);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a listing has to fulfil to be submitted; every mistake is named with its JSON path.
pub(crate) fn check(listing: &Listing, site: &Site<'_>) -> Result<(), Invalid> {
    let Listing {
        access_type,
        name,
        summary,
        description,
        version,
        categories,
        support,
        agreement,
        logo,
        screenshots,
        delivery_days,
        currency,
        specs,
        tax: _,
        industries: _,
        certifications: _,
        highlights: _,
        cases: _,
        user_guide: _,
        copyright: _,
        qualifications: _,
        supervised: _,
        opening: _,
        service: _,
        fields: _,
        parameters: _,
        contacts: _,
        encryption: _,
        seo: _,
    } = listing;
    let policy = site.policy;
    let mut wrong = Invalid::default();
    line(name, 2, NAME_MAX, "name", &mut wrong);
    for (lang, text) in [("en", &name.en), ("zh", &name.zh)] {
        for message in naming::product_name(text, &policy.catalogue.forbidden_words) {
            wrong.check(false, format!("name.{lang}"), message);
        }
    }
    line(summary, 2, SUMMARY_MAX, "summary", &mut wrong);
    check_description(description, policy, &mut wrong);
    let hint = (
        "must look like V1.0; begin with a capital V and a number from 1",
        "须为 V1.0 这样的格式，以大写字母 V 和不小于 1 的数字开头",
    );
    wrong.check(naming::is_version(version), "version", hint);
    check_categories(categories, policy, &mut wrong);
    check_support(support, &mut wrong);
    match agreement {
        None => wrong.check(
            false,
            "agreement",
            (
                "is missing; upload the agreement as a document and name its id",
                "尚未提供，须先上传协议文件，再填写文件的 ID",
            ),
        ),
        Some(agreement) => check_agreement(*agreement, site, &mut wrong),
    }
    check_pictures(*logo, screenshots, site, &mut wrong);
    let realistic = delivery_days.is_some_and(|days| days <= DELIVERY_DAYS_MAX);
    let hint = (
        format!("must be from 0 to {DELIVERY_DAYS_MAX} calendar days; 0 if delivery is immediate"),
        format!("须为 0 到 {DELIVERY_DAYS_MAX} 个自然日，即时交付填 0"),
    );
    wrong.check(realistic, "delivery_days", hint);
    let codes = policy.site.currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>().join(", ");
    let known = currency.is_some_and(|currency| policy.site.currencies.contains(&currency));
    wrong.check(
        known,
        "currency",
        (format!("must be a currency of this site: {codes}"), format!("须为本站支持的币种：{codes}")),
    );
    listing.check_tax(&mut wrong);
    check_access_type(*access_type, site, &mut wrong);
    evidence::check(listing, site, &mut wrong);
    fields::check(listing, site, &mut wrong);
    specs::check(listing, specs, *access_type, policy, &mut wrong);
    wrong.done()
}

/// One line in both languages.
pub(super) fn line(text: &Localized, min: usize, max: usize, field: &str, wrong: &mut Invalid) {
    for (lang, text) in [("en", &text.en), ("zh", &text.zh)] {
        wrong.length(text, min, max, format!("{field}.{lang}"));
        wrong.check(!text.contains(['\n', '\r', '\t']), format!("{field}.{lang}"), ("must be one line", "只能有一行"));
    }
}

fn check_access_type(access_type: AccessType, site: &Site<'_>, wrong: &mut Invalid) {
    let codes: Vec<&str> = site.policy.access_types.iter().map(|rules| rules.code.as_str()).collect();
    let hint = (
        format!("is not listed on this site; choose one of: {}", codes.join(", ")),
        format!("本站不支持这种接入类型，可选：{}", codes.join("、")),
    );
    wrong.check(site.policy.access(access_type).is_some(), "access_type", hint);
    let same = site.on_sale.is_none_or(|on_sale| on_sale.access_type == access_type);
    let hint = (
        "cannot be changed once the product was listed; begin a new product for the other type",
        "商品上架后不能更改接入类型，须另建商品",
    );
    wrong.check(same, "access_type", hint);
}

/// Characters that say something: blanks in a row count once.
fn plain_length(text: &str) -> usize {
    text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>().saturating_sub(1)
}

fn check_description(description: &Localized, policy: &Policy, wrong: &mut Invalid) {
    let least = policy.catalogue.description_length_min as usize;
    for (lang, text) in [("en", &description.en), ("zh", &description.zh)] {
        let field = format!("description.{lang}");
        let length = plain_length(text);
        let hint = (
            format!(
                "must have at least {least} characters; it has {length}. Say what it does, for whom, and how it is used"
            ),
            format!("至少 {least} 个字符，现有 {length} 个；须说明商品的功能、适用对象和使用方法"),
        );
        wrong.check(length >= least, &field, hint);
        wrong.length(text, 0, DESCRIPTION_MAX, field);
    }
}

fn check_categories(categories: &[String], policy: &Policy, wrong: &mut Invalid) {
    let count = (1..=CATEGORIES_MAX).contains(&categories.len());
    wrong.check(
        count,
        "categories",
        (format!("must be from 1 to {CATEGORIES_MAX}"), format!("须为 1 到 {CATEGORIES_MAX} 个")),
    );
    for (index, category) in categories.iter().enumerate() {
        let known = policy.catalogue.categories.iter().any(|known| known.code == *category);
        let hint = (
            "is not a category of this site; GET /api/v1/categories lists them",
            "不是本站的类目，可选的类目见 GET /api/v1/categories",
        );
        wrong.check(known, format!("categories[{index}]"), hint);
        wrong.check(
            !categories[..index].contains(category),
            format!("categories[{index}]"),
            ("is named twice", "重复了"),
        );
    }
}

fn check_support(support: &Support, wrong: &mut Invalid) {
    let Support { hours, content, hotline, email } = support;
    line(hours, 2, 200, "support.hours", wrong);
    line(content, 2, TEXT_MAX, "support.content", wrong);
    let digits = hotline.chars().filter(char::is_ascii_digit).count();
    let plain = hotline.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c));
    let phone = plain && (5..=20).contains(&digits) && hotline.len() <= 30;
    wrong.check(
        phone,
        "support.hotline",
        ("must be a phone number such as 400-820-8820", "须为电话号码，例如 400-820-8820"),
    );
    wrong.keep(email.parse::<Email>(), "support.email");
}

fn check_pictures(logo: Option<DocumentId>, screenshots: &[DocumentId], site: &Site<'_>, wrong: &mut Invalid) {
    if let Some(logo) = logo {
        let known = site.files.get(&logo).is_some_and(|file| file.purpose == Purpose::ProductLogo);
        let hint = (
            "is not a logo of your account; upload it as product_logo first",
            "不是本账号的商品图标，须先以 product_logo 用途上传",
        );
        wrong.check(known, "logo", hint);
    }
    let count = (format!("may be at most {SCREENSHOTS_MAX}"), format!("最多 {SCREENSHOTS_MAX} 张"));
    wrong.check(screenshots.len() <= SCREENSHOTS_MAX, "screenshots", count);
    for (index, screenshot) in screenshots.iter().enumerate() {
        let field = format!("screenshots[{index}]");
        let known = site.files.get(screenshot).is_some_and(|file| file.purpose == Purpose::ProductScreenshot);
        let hint = (
            "is not a screenshot of your account; upload it as product_screenshot first",
            "不是本账号的商品截图，须先以 product_screenshot 用途上传",
        );
        wrong.check(known, &field, hint);
        wrong.check(!screenshots[..index].contains(screenshot), field, ("is named twice", "重复了"));
    }
}

fn check_agreement(agreement: DocumentId, site: &Site<'_>, wrong: &mut Invalid) {
    let Some(Document { name, size, purpose, .. }) = site.files.get(&agreement) else {
        wrong.check(
            false,
            "agreement",
            ("is not a document of your account; upload it first", "不是本账号的文件，须先上传"),
        );
        return;
    };
    let rules = &site.policy.catalogue;
    let for_it = *purpose == Purpose::ServiceAgreement;
    wrong.check(
        for_it,
        "agreement",
        (
            "was uploaded for another purpose; upload it as service_agreement, since buyers can read it",
            "上传时选了其他用途；协议会展示给买家，须以 service_agreement 用途重新上传",
        ),
    );
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let endings = rules.agreement_endings.join(", ");
    wrong.check(
        rules.agreement_endings.contains(&ending),
        "agreement",
        (format!("must be a file of one of the kinds {endings}"), format!("文件格式须为以下之一：{endings}")),
    );
    let fits = *size > 0 && *size <= i64::from(rules.agreement_bytes_max);
    wrong.check(
        fits,
        "agreement",
        (
            format!("must have at most {} bytes", rules.agreement_bytes_max),
            format!("不能为空，也不能超过 {} 字节", rules.agreement_bytes_max),
        ),
    );
}
