//! What buyers say of products: who may, how much, under which name, and how long a report waits.

use kernel::{Invalid, choices};
use serde::Deserialize;

use super::Policy;

choices! {
    /// Under which name a review stands.
    pub enum ShownNames {
        /// The first and the last sign of the account's name; the first one only where it has no more than three.
        Masked = "masked",
        /// The account's name.
        Whole = "whole",
        /// None: it is from somebody who has bought the product.
        None = "none",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewRules {
    /// The fewest and the most characters of a review's text, and the most of its title.
    pub text_min: u32,
    pub text_max: u32,
    pub title_max: u32,
    /// The most characters of a seller's answer.
    pub answer_max: u32,
    /// How often an account may write or change reviews within 24 hours, and how often it may change one of them at all.
    pub per_day: u32,
    pub edits_max: u32,
    /// How many reviews an account may report within 24 hours.
    pub reports_per_day: u32,
    /// What was given back sooner than so many hours after its delivery was not used enough to be reviewed.
    pub returned_after_hours: u32,
    pub names: ShownNames,
    /// Working days in which a report is decided, in which its author may appeal, and in which the appeal is decided.
    pub report_days: u32,
    pub appeal_window_days: u32,
    pub appeal_days: u32,
}

/// Of versions that were published before there were reviews.
impl Default for ReviewRules {
    fn default() -> Self {
        Self {
            text_min: 10,
            text_max: 2_000,
            title_max: 60,
            answer_max: 1_000,
            per_day: 10,
            edits_max: 10,
            reports_per_day: 10,
            returned_after_hours: 72,
            names: ShownNames::Masked,
            report_days: 3,
            appeal_window_days: 10,
            appeal_days: 5,
        }
    }
}

/// Longer texts are no reviews.
const TEXT_MAX: u32 = 10_000;
/// Nobody waits longer for a decision.
const DAYS_MAX: u32 = 90;

impl ReviewRules {
    /// The name under which an account's reviews stand; `None`: without one. Mail addresses are never shown whole, whatever an
    /// account calls itself.
    pub fn shown_name(&self, name: &str) -> Option<String> {
        match self.names {
            ShownNames::Whole if !name.contains('@') => Some(name.to_owned()),
            ShownNames::Whole | ShownNames::Masked => Some(masked(name)),
            ShownNames::None => None,
        }
    }
}

fn masked(name: &str) -> String {
    let name = name.trim();
    let mut signs = name.chars();
    let first: String = signs.next().into_iter().collect();
    // Of a short name the first sign and the last one are all there is.
    let long = name.chars().count() >= 4 && !name.contains('@');
    match signs.next_back().filter(|_| long) {
        Some(last) => format!("{first}***{last}"),
        None => format!("{first}***"),
    }
}

impl Policy {
    pub(super) fn check_reviews(&self, wrong: &mut Invalid) {
        let rules = &self.reviews;
        let at_least_one = ("must be at least 1", "不能小于 1");
        for (field, number) in [
            ("reviews.text_min", rules.text_min),
            ("reviews.title_max", rules.title_max),
            ("reviews.answer_max", rules.answer_max),
            ("reviews.per_day", rules.per_day),
            ("reviews.edits_max", rules.edits_max),
            ("reviews.reports_per_day", rules.reports_per_day),
            ("reviews.report_days", rules.report_days),
            ("reviews.appeal_window_days", rules.appeal_window_days),
            ("reviews.appeal_days", rules.appeal_days),
        ] {
            wrong.check(number > 0, field, at_least_one);
        }
        let range = (
            format!("must be from reviews.text_min to {TEXT_MAX}"),
            format!("不能小于 reviews.text_min，也不能超过 {TEXT_MAX}"),
        );
        for (field, number, most) in [
            ("reviews.title_max", rules.title_max, 200),
            ("reviews.answer_max", rules.answer_max, TEXT_MAX),
            ("reviews.report_days", rules.report_days, DAYS_MAX),
            ("reviews.appeal_window_days", rules.appeal_window_days, DAYS_MAX),
            ("reviews.appeal_days", rules.appeal_days, DAYS_MAX),
        ] {
            wrong.check(number <= most, field, (format!("must not be above {most}"), format!("不能超过 {most}")));
        }
        wrong.check((rules.text_min..=TEXT_MAX).contains(&rules.text_max), "reviews.text_max", range);
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn rules_without_reviews_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[reviews]").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        let usual = Policy::parse(&format!("{before}[{after}")).unwrap().reviews;
        assert_eq!(usual, ReviewRules::default());
        assert_eq!(usual, Policy::parse(DEFAULT).unwrap().reviews, "the file says what holds without it");
        let text = DEFAULT.replace("text_min = 10", "text_min = 0").replace("text_max = 2000", "text_max = 20000");
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["reviews.text_min", "reviews.text_max"]);
    }

    #[test]
    fn names_are_shown_as_the_policy_wants() {
        let shown = |names, name| ReviewRules { names, ..ReviewRules::default() }.shown_name(name);
        assert_eq!(shown(ShownNames::Masked, "杭州云帆科技"), Some("杭***技".to_owned()));
        assert_eq!(shown(ShownNames::Masked, "Ada"), Some("A***".to_owned()));
        for (short, shown_as) in [("王伟", "王***"), ("Al", "A***"), ("欧阳娜", "欧***"), ("王", "王***")] {
            assert_eq!(shown(ShownNames::Masked, short), Some(shown_as.to_owned()), "{short} is not told whole");
        }
        assert_eq!(shown(ShownNames::Masked, "欧阳娜娜"), Some("欧***娜".to_owned()));
        assert_eq!(shown(ShownNames::Masked, "A"), Some("A***".to_owned()));
        assert_eq!(shown(ShownNames::Whole, "Ada Ltd."), Some("Ada Ltd.".to_owned()));
        assert_eq!(shown(ShownNames::Whole, "ada@example.com"), Some("a***".to_owned()), "no address is shown");
        assert_eq!(shown(ShownNames::None, "Ada Ltd."), None);
    }
}
