//! How packages of use are looked after.

use kernel::Invalid;
use serde::Deserialize;

/// When buyers are told of the end of a package, how often it is tried to buy one again, and what becomes of one that is used up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Packages {
    /// Days before the end on which buyers are told, at an hour of the site's day.
    pub notice_days: Vec<u32>,
    pub notice_hour: u8,
    /// Hours between two tries to buy a package again automatically, and how many there are.
    pub retry_hours: u32,
    pub tries: u32,
    /// Hours from one automatic purchase of a package to the next at least.
    pub again_hours: u32,
    /// Whether a seller's system is told of a package that is used up and beyond which nothing is charged.
    pub freeze_used_up: bool,
    /// Whether one of which nothing was used can be returned without a reason, if what goes beyond it is charged.
    pub returned_unused: bool,
}

/// Of versions that were published before a package could be bought.
impl Default for Packages {
    fn default() -> Self {
        Self {
            notice_days: vec![7, 1],
            notice_hour: 10,
            retry_hours: 24,
            tries: 7,
            again_hours: 24,
            freeze_used_up: true,
            returned_unused: true,
        }
    }
}

impl Packages {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        wrong.check(self.notice_hour < 24, "packages.notice_hour", ("must be from 0 to 23", "须为 0 到 23"));
        let days = |days: &u32| (1..=366).contains(days);
        let range = ("must be from 1 to 366", "须为 1 到 366");
        wrong.check(self.notice_days.iter().all(days), "packages.notice_days", range);
        let hours = (1..=24 * 31).contains(&self.retry_hours);
        wrong.check(hours, "packages.retry_hours", ("must be from 1 to 744", "须为 1 到 744"));
        let again = (1..=24 * 31).contains(&self.again_hours);
        wrong.check(again, "packages.again_hours", ("must be from 1 to 744", "须为 1 到 744"));
        wrong.check(self.tries > 0, "packages.tries", ("must be at least 1", "不能小于 1"));
    }
}
