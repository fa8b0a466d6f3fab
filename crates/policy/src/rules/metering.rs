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
        ] {
            wrong.check(count > 0, field, some);
        }
        let late = self.late_days <= LATE_DAYS_MAX;
        wrong.check(late, "metering.late_days", ("cannot be more than 60", "不能超过 60"));
    }
}
