//! How long reviews may take, what reviewers go through, and what is checked before they look.

use std::collections::BTreeSet;

use kernel::{Invalid, Localized, Money};
use serde::Deserialize;

use super::{AccessType, Policy};

/// Working days within which the operator decides, and how listings are reviewed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub verification_days: u32,
    pub seller_days: u32,
    pub seller_change_days: u32,
    pub business_information_days: u32,
    pub product_days: u32,
    /// For taking something off sale.
    #[serde(default = "removal_days")]
    pub removal_days: u32,
    /// For an appeal against a measure.
    #[serde(default = "appeal_days")]
    pub appeal_days: u32,
    /// Within which a seller may appeal a measure.
    #[serde(default = "appeal_window_days")]
    pub appeal_window_days: u32,
    /// From so many submissions of one seller on one day, each later one may take longer; 0: never.
    #[serde(default)]
    pub many_from: u32,
    /// By so many working days.
    #[serde(default)]
    pub many_days: u32,
    /// How long a case that a reviewer has taken is kept from others.
    #[serde(default = "an_hour")]
    pub claim_minutes: u32,
    /// From what the dearest SKU may cost one buyer in a year on, a second reviewer has to approve too; one for each currency.
    #[serde(default)]
    pub second_reviewer_from: Vec<Money>,
    /// The access types of which every listing needs a second reviewer.
    #[serde(default)]
    pub second_reviewer_types: BTreeSet<AccessType>,
    #[serde(default)]
    pub checks: Checks,
    /// What no rule can check.
    #[serde(default)]
    pub checklist: Vec<ChecklistPoint>,
}

fn removal_days() -> u32 {
    3
}

fn appeal_days() -> u32 {
    5
}

fn appeal_window_days() -> u32 {
    10
}

fn an_hour() -> u32 {
    60
}

/// One thing that a reviewer has to look at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistPoint {
    pub code: String,
    /// For which access types; empty: for all.
    #[serde(default)]
    pub access_types: BTreeSet<AccessType>,
    pub text: Localized,
}

/// What is looked for in every listing before a person sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// From how many percent of the same text as another seller's product a reviewer is warned.
    pub same_text_warn_percent: u32,
    /// From how many percent on the listing fails the check.
    pub same_text_fail_percent: u32,
    /// In how many of its 64 bits a picture's print may differ from another's and still be the same picture.
    pub same_picture_bits: u32,
    /// Logos with shorter sides are blurred on pages.
    pub logo_side_min: u32,
    pub screenshot_side_min: u32,
    /// A picture of which so many percent are one colour shows nothing.
    pub blank_percent: u32,
    /// Words that lead to deals outside of the site.
    pub outside_words: Vec<String>,
    /// Hosts that links must not lead to, with all their subdomains.
    pub outside_hosts: Vec<String>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            same_text_warn_percent: 60,
            same_text_fail_percent: 90,
            same_picture_bits: 3,
            logo_side_min: 128,
            screenshot_side_min: 640,
            blank_percent: 95,
            outside_words: Vec::new(),
            outside_hosts: Vec::new(),
        }
    }
}

impl Review {
    /// What a reviewer has to look at in a listing of an access type.
    pub fn points(&self, access_type: AccessType) -> impl Iterator<Item = &ChecklistPoint> {
        let meant =
            move |point: &&ChecklistPoint| point.access_types.is_empty() || point.access_types.contains(&access_type);
        self.checklist.iter().filter(meant)
    }
}

impl Policy {
    pub(super) fn check_review(&self, wrong: &mut Invalid) {
        let review = &self.review;
        let at_least_one = ("must be at least 1", "不能小于 1");
        wrong.check(review.claim_minutes > 0, "review.claim_minutes", at_least_one);
        for (index, from) in review.second_reviewer_from.iter().enumerate() {
            let currency = from.currency();
            let known = self.site.currencies.contains(&currency);
            let twice = review.second_reviewer_from[..index].iter().any(|other| other.currency() == currency);
            let field = format!("review.second_reviewer_from.{}", currency.code());
            wrong.check(known, &field, ("uses a currency that the site does not", "使用了本站不支持的币种"));
            wrong.check(!twice, field, ("is named twice", "重复了"));
        }
        for (index, point) in review.checklist.iter().enumerate() {
            let plain = point.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            let twice = review.checklist[..index].iter().any(|other| other.code == point.code);
            let field = format!("review.checklist.{}", point.code);
            let hint =
                ("must have a code of small letters, digits and hyphens", "的编码须由小写字母、数字和连字符组成");
            wrong.check(plain && !point.code.is_empty(), &field, hint);
            wrong.check(!twice, field, ("is named twice", "重复了"));
        }
        let checks = &review.checks;
        for (field, percent) in [
            ("same_text_warn_percent", checks.same_text_warn_percent),
            ("same_text_fail_percent", checks.same_text_fail_percent),
            ("blank_percent", checks.blank_percent),
        ] {
            let hint = ("must be from 1 to 100", "须在 1 到 100 之间");
            wrong.check((1..=100).contains(&percent), format!("review.checks.{field}"), hint);
        }
        let hint =
            ("must be at most 3: prints that differ in more bits are not found", "不能大于 3，差异更多的图片无法检出");
        wrong.check(checks.same_picture_bits <= 3, "review.checks.same_picture_bits", hint);
    }
}
