//! How what ends goes on.

use kernel::Invalid;
use serde::Deserialize;

/// When buyers are told of an end, when it is renewed automatically, and what is not renewed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RenewalRules {
    /// Days before the end on which buyers are told, at an hour of the site's day.
    pub notice_days: Vec<u32>,
    pub notice_hour: u8,
    /// Days before the end from which it is renewed automatically, at an hour of the site's day, each day until it succeeds.
    pub automatic_days: u32,
    pub automatic_hour: u8,
    /// Whether what was taken off sale for good goes on, at the price of its last sale.
    pub removed: bool,
    /// Whether what the operator has frozen the trade of goes on.
    pub frozen: bool,
    /// Whether a renewal whose term has begun can be given back like something new.
    pub returned_when_begun: bool,
}

/// Of versions that were published before anything could be renewed.
impl Default for RenewalRules {
    fn default() -> Self {
        Self {
            notice_days: vec![30, 15, 7, 3, 1],
            notice_hour: 10,
            automatic_days: 7,
            automatic_hour: 3,
            removed: false,
            frozen: false,
            returned_when_begun: false,
        }
    }
}

impl RenewalRules {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        let hour = |hour: u8| hour < 24;
        let hours = ("must be from 0 to 23", "须为 0 到 23");
        wrong.check(hour(self.notice_hour), "renewals.notice_hour", hours);
        wrong.check(hour(self.automatic_hour), "renewals.automatic_hour", hours);
        let days = |days: &u32| (1..=366).contains(days);
        let range = ("must be from 1 to 366", "须为 1 到 366");
        wrong.check(self.notice_days.iter().all(days), "renewals.notice_days", range);
        wrong.check(days(&self.automatic_days), "renewals.automatic_days", range);
    }
}
