//! When what is used is charged, and what follows where it is not paid.

use kernel::Invalid;
use serde::Deserialize;

/// How what is used is charged. Rules that were published before anything was metered say nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metering {
    /// Minutes from the end of an hour or a day to its charge.
    pub hour_lag_minutes: u32,
    pub day_lag_minutes: u32,
    /// Days after which a record is too old.
    pub late_days: u32,
    /// Whether nothing paid by use is sold to an empty wallet.
    pub needs_balance: bool,
    /// Hours from the first unpaid charge to the freezing.
    pub grace_hours: u32,
    /// Days from the freezing to the release.
    pub frozen_days: u32,
    /// Days after which a record is too old to be corrected.
    pub correct_days: u32,
    /// By how many percent a correction may raise what a record counted at first without its buyer's consent.
    pub correct_up_percent: u32,
    /// What the increases of one instance within thirty days may cost at most without its buyer's consent, in major units.
    pub correct_up_amount: u32,
    /// Days that a buyer has to agree to a correction.
    pub consent_days: u32,
}

impl Default for Metering {
    fn default() -> Self {
        Self {
            hour_lag_minutes: 15,
            day_lag_minutes: 60,
            late_days: 21,
            needs_balance: true,
            grace_hours: 72,
            frozen_days: 15,
            correct_days: 45,
            correct_up_percent: 20,
            correct_up_amount: 1_000,
            consent_days: 14,
        }
    }
}

/// Counts of earlier cycles are kept for late records so long.
const LATE_DAYS_MAX: u32 = 60;

impl Metering {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        let some = ("must be at least 1", "不能小于 1");
        for (field, count) in [
            ("metering.late_days", self.late_days),
            ("metering.hour_lag_minutes", self.hour_lag_minutes),
            ("metering.day_lag_minutes", self.day_lag_minutes),
            ("metering.correct_days", self.correct_days),
            ("metering.consent_days", self.consent_days),
        ] {
            wrong.check(count > 0, field, some);
        }
        let late = self.late_days <= LATE_DAYS_MAX;
        wrong.check(late, "metering.late_days", ("cannot be more than 60", "不能超过 60"));
        let decided = self.correct_days.saturating_add(self.consent_days) <= LATE_DAYS_MAX;
        let hint = ("with metering.consent_days it cannot be more than 60", "与 metering.consent_days 之和不能超过 60");
        wrong.check(decided, "metering.correct_days", hint);
    }
}
