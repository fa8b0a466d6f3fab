//! Trials: how long they may be, when their buyers are reminded, what follows their end.

use std::collections::BTreeSet;

use kernel::Invalid;
use serde::Deserialize;

use super::Policy;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trials {
    /// The fewest and the most days that a seller may offer.
    pub days_min: u32,
    pub days_max: u32,
    /// How many days before its end the buyer is reminded, and at which hour on the site's wall.
    pub reminder_days: BTreeSet<u32>,
    pub reminder_hour: u8,
    /// Days that what was tried stays frozen after the end, so that it can still be bought as it is, before it is released.
    pub frozen_days: u32,
}

/// Of versions that were published before there were trials.
impl Default for Trials {
    fn default() -> Self {
        Self { days_min: 3, days_max: 180, reminder_days: [15, 7, 3, 1].into(), reminder_hour: 10, frozen_days: 15 }
    }
}

/// No trial is longer than the longest term in days.
const DAYS_MAX: u32 = 366;

impl Policy {
    pub(super) fn check_trials(&self, wrong: &mut Invalid) {
        let Trials { days_min, days_max, reminder_days, reminder_hour, frozen_days: _ } = &self.trials;
        wrong.check(*days_min > 0, "trials.days_min", ("must be at least 1", "不能小于 1"));
        let range = (
            format!("must be from trials.days_min to {DAYS_MAX}"),
            format!("不能小于 trials.days_min，也不能超过 {DAYS_MAX}"),
        );
        wrong.check((*days_min..=DAYS_MAX).contains(days_max), "trials.days_max", range);
        wrong.check(
            reminder_days.iter().all(|days| *days > 0),
            "trials.reminder_days",
            ("must be at least 1 each", "每项不能小于 1"),
        );
        wrong.check(*reminder_hour < 24, "trials.reminder_hour", ("must be from 0 to 23", "须为 0 到 23"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn rules_without_trials_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[trials]").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        let usual = Policy::parse(&format!("{before}[{after}")).unwrap().trials;
        assert_eq!((usual.days_min, usual.days_max, usual.reminder_hour), (3, 180, 10));
        let text = DEFAULT
            .replace("days_min = 3", "days_min = 0")
            .replace("days_max = 180", "days_max = 400")
            .replace("reminder_days = [15, 7, 3, 1]", "reminder_days = [7, 0]")
            .replace("reminder_hour = 10", "reminder_hour = 24");
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["trials.days_min", "trials.days_max", "trials.reminder_days", "trials.reminder_hour"]);
    }
}
