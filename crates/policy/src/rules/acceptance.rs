//! How long the buyer of something that opens after its acceptance may look at it, and when the buyer is reminded.

use std::collections::BTreeSet;

use kernel::Invalid;
use serde::Deserialize;

use super::Policy;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcceptanceRules {
    /// Days after its creation until it counts as accepted.
    pub days: u32,
    /// How many days before that the buyer is reminded, and at which hour on the site's wall.
    pub reminder_days: BTreeSet<u32>,
    pub reminder_hour: u8,
}

/// Of versions that were published before anything opened after its acceptance.
impl Default for AcceptanceRules {
    fn default() -> Self {
        Self { days: 15, reminder_days: [7, 3, 1].into(), reminder_hour: 9 }
    }
}

/// Nobody looks at something for longer than a quarter of a year.
const DAYS_MAX: u32 = 92;

impl Policy {
    pub(super) fn check_acceptance(&self, wrong: &mut Invalid) {
        let AcceptanceRules { days, reminder_days, reminder_hour } = &self.acceptance;
        let range = (format!("must be from 1 to {DAYS_MAX}"), format!("须为 1 到 {DAYS_MAX}"));
        wrong.check((1..=DAYS_MAX).contains(days), "acceptance.days", range);
        wrong.check(
            reminder_days.iter().all(|days| *days > 0),
            "acceptance.reminder_days",
            ("must be at least 1 each", "每项不能小于 1"),
        );
        wrong.check(*reminder_hour < 24, "acceptance.reminder_hour", ("must be from 0 to 23", "须为 0 到 23"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn rules_from_before_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[acceptance]").unwrap();
        let (own, after) = rest.split_once("\n[").unwrap();
        let usual = Policy::parse(&format!("{before}[{after}")).unwrap().acceptance;
        assert_eq!((usual.days, usual.reminder_days.len(), usual.reminder_hour), (15, 3, 9));
        let nonsense = own
            .replace("\ndays = 15", "\ndays = 0")
            .replace("reminder_days = [7, 3, 1]", "reminder_days = [7, 0]")
            .replace("reminder_hour = 9", "reminder_hour = 24");
        let wrong = Policy::parse(&format!("{before}[acceptance]{nonsense}\n[{after}")).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["acceptance.days", "acceptance.reminder_days", "acceptance.reminder_hour"]);
    }
}
