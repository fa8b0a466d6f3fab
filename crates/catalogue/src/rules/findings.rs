//! What is found in a listing before a person looks at it: of every check, whether it passed, and if not, where and what to do.

use std::collections::BTreeSet;

use kernel::{FieldError, Localized, choices, id::ProductId};
use policy::{Checks, Policy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    links::led_away,
    naming::{as_read, contains_word},
};

choices! {
    /// What is looked for.
    pub(crate) enum Check {
        /// The rules of the form, again.
        Rules = "rules",
        /// Links, addresses and numbers in texts.
        Links = "links",
        /// Words that other people own or nobody can prove.
        Words = "words",
        /// The same text as another seller's product.
        Texts = "texts",
        /// The same picture as another seller's, or one that shows nothing.
        Pictures = "pictures",
        /// The seller's own system: proven, and tried out with what it will be told.
        System = "system",
    }
}

impl Check {
    /// Whether its failure alone keeps a revision from being approved. What looks copied may be the seller's right, which a
    /// reviewer can find out and a program cannot.
    pub(crate) fn decides(self) -> bool {
        match self {
            Self::Rules | Self::Links | Self::System => true,
            Self::Words | Self::Texts | Self::Pictures => false,
        }
    }

    pub(crate) fn name(self) -> Localized {
        let (en, zh) = match self {
            Self::Rules => ("rules of the form", "填写规则"),
            Self::Links => ("links and contacts", "链接与联系方式"),
            Self::Words => ("words", "用词"),
            Self::Texts => ("copied texts", "雷同文字"),
            Self::Pictures => ("pictures", "图片"),
            Self::System => ("seller's system", "商家系统"),
        };
        Localized::new(en, zh)
    }
}

choices! {
    /// How a check ended.
    pub(crate) enum CheckResult { Passed = "passed", Warned = "warned", Failed = "failed" }
}

/// One thing that a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"check": "links", "verdict": "warned", "field": "description.en",
    "message": {"en": "has a phone number; write it into the support's hotline", "zh": "含有电话号码；电话填写在支持信息的热线栏"}}))]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) verdict: CheckResult,
    /// A JSON path in the listing.
    pub(crate) field: String,
    /// What it is and how to mend it; goes on where the field's name ends.
    pub(crate) message: Localized,
    /// The other product; reviewers alone learn which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<ProductId>,
}

/// What a picture looks like, and whether others have handed in the same one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    pub(crate) side: u32,
    pub(crate) blank_percent: u32,
    pub(crate) others: usize,
}

impl Finding {
    pub(crate) fn rule(wrong: FieldError) -> Self {
        let FieldError { field, message } = wrong;
        Self { check: Check::Rules, verdict: CheckResult::Failed, field, message, about: None }
    }

    /// The same as the seller may read it.
    pub(crate) fn for_seller(self) -> Self {
        Self { about: None, ..self }
    }
}

/// How a check ended: as badly as the worst that it has found.
pub(crate) fn verdict_of(check: Check, findings: &[Finding]) -> CheckResult {
    let own = findings.iter().filter(|finding| finding.check == check);
    own.map(|finding| finding.verdict).max().unwrap_or(CheckResult::Passed)
}

/// So many findings say enough.
const FINDINGS_MAX: usize = 200;

pub(crate) fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.truncate(FINDINGS_MAX);
    findings
}

/// All texts of a listing in both languages, with their paths.
pub(crate) fn texts(listing: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(listing, String::new(), &mut found);
    found
}

fn gather(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if matches!(path.rsplit('.').next(), Some("en" | "zh")) => found.push((path, text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(item, format!("{path}[{index}]"), found);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                gather(item, at, found);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the texts say that they should not.
pub(crate) fn read_through(listing: &Value, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    for (field, text) in texts(listing) {
        found.extend(led_away(&field, &text, &policy.review.checks));
        // Names are held against these words by the rules of the form.
        if !field.contains("name.") {
            found.extend(words(&field, &text, &policy.catalogue.forbidden_words));
        }
    }
    found
}

fn words(field: &str, text: &str, forbidden: &[String]) -> Vec<Finding> {
    let lower = as_read(text).to_lowercase();
    let found: BTreeSet<&String> =
        forbidden.iter().filter(|word| contains_word(&lower, &word.to_lowercase())).collect();
    let finding = |word: &String| {
        let en = format!("says '{word}'; say what can be proven, or show that you may use the name");
        let zh = format!("含有“{word}”；须改用可证实的表述，或证明有权使用该名称");
        let message = Localized::new(en, zh);
        Finding { check: Check::Words, verdict: CheckResult::Warned, field: field.to_owned(), message, about: None }
    };
    found.into_iter().map(finding).collect()
}

/// What is wrong with a picture; `least` is the shortest side that it may have.
pub(crate) fn looked_at(field: &str, picture: Picture, least: u32, checks: &Checks) -> Vec<Finding> {
    let Picture { side, blank_percent, others } = picture;
    let finding =
        |verdict, message| Finding { check: Check::Pictures, verdict, field: field.to_owned(), message, about: None };
    let mut found = Vec::new();
    if side < least {
        let en = format!("has a side of {side} pixels; from {least} on it is sharp on every screen");
        let zh = format!("有一边只有 {side} 像素；不小于 {least} 像素才能在各种屏幕上清晰显示");
        found.push(finding(CheckResult::Warned, Localized::new(en, zh)));
    }
    if blank_percent >= checks.blank_percent {
        let en = format!("is one colour to {blank_percent} %; show the product");
        let zh = format!("有 {blank_percent}% 是同一种颜色；须展示商品本身");
        found.push(finding(CheckResult::Failed, Localized::new(en, zh)));
    } else if others > 0 {
        let en = "is the same picture that another seller shows; use your own, or show that you may use it";
        let zh = "与其他商家使用的图片相同；须使用自有图片，或证明有权使用";
        found.push(finding(CheckResult::Warned, Localized::new(en, zh)));
    }
    found
}

/// What is said of a text that another seller's product has too; `None`: they differ enough.
pub(crate) fn copied(field: &str, percent: u32, other: ProductId, checks: &Checks) -> Option<Finding> {
    if percent < checks.same_text_warn_percent {
        return None;
    }
    let verdict = if percent >= checks.same_text_fail_percent { CheckResult::Failed } else { CheckResult::Warned };
    let en =
        format!("is to about {percent} % the text of another seller's product; say in your own words what yours does");
    let zh = format!("与其他商家的商品约有 {percent}% 相同；须用自己的文字说明商品");
    let message = Localized::new(en, zh);
    Some(Finding { check: Check::Texts, verdict, field: field.to_owned(), message, about: Some(other) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        Policy::parse(policy::DEFAULT).unwrap()
    }

    #[test]
    fn words_are_found_in_every_text_but_names() {
        let listing = json!({"name": {"en": "Best Lens", "zh": "透镜"}, "summary": {"en": "The best there is.", "zh": "国家级品质"},
            "specs": [{"code": "best", "name": {"en": "Best", "zh": "顶级"}}]});
        let found = read_through(&listing, &policy());
        let fields: Vec<&str> = found.iter().map(|finding| finding.field.as_str()).collect();
        assert_eq!(fields, ["summary.en", "summary.zh"], "{found:?}");
        assert_eq!(verdict_of(Check::Words, &found), CheckResult::Warned);
        assert_eq!(verdict_of(Check::Links, &found), CheckResult::Passed);
    }

    #[test]
    fn a_picture_is_small_blank_or_somebody_elses() {
        let checks = policy().review.checks;
        let look = |side, blank_percent, others| {
            let found = looked_at("logo", Picture { side, blank_percent, others }, 128, &checks);
            found.into_iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        assert_eq!(look(128, 40, 0), []);
        assert_eq!(look(127, 40, 0), [CheckResult::Warned]);
        assert_eq!(look(128, 96, 5), [CheckResult::Failed], "blank pictures are all alike");
        assert_eq!(look(128, 40, 1), [CheckResult::Warned]);
    }

    #[test]
    fn a_text_is_a_copy_from_the_policys_share_on() {
        let checks = policy().review.checks;
        let other: ProductId = "prd_01jd8kx2v9e5jtf6xw4sz3q7ab".parse().unwrap();
        let verdict = |percent| copied("description.en", percent, other, &checks).map(|finding| finding.verdict);
        assert_eq!(
            [59, 60, 89, 90].map(verdict),
            [None, Some(CheckResult::Warned), Some(CheckResult::Warned), Some(CheckResult::Failed)]
        );
    }
}
