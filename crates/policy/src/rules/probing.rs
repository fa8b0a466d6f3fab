//! When sellers' systems are probed (拨测), what is proposed to the operator of those that fail, and when what they have is
//! compared with what was sold.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use kernel::{Invalid, Timestamp};
use serde::Deserialize;

/// The daily probes of the systems behind products on sale. Rules that were published before there were any say nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probing {
    /// Whether systems are probed at all.
    pub on: bool,
    /// At which hours on the site's wall.
    pub hours: BTreeSet<u8>,
    /// Days of failure in a row from which it is proposed to freeze the trade.
    pub freeze_days: u32,
    /// Failed orders of a product in a calendar month above which its delisting is proposed.
    pub failed_orders: u32,
    /// Whether what is owned is compared each night with what sellers' systems have.
    pub compares: bool,
    /// At which hour on the site's wall.
    pub compares_at: u8,
}

impl Default for Probing {
    fn default() -> Self {
        Self { on: true, hours: [9, 16].into(), freeze_days: 5, failed_orders: 5, compares: true, compares_at: 2 }
    }
}

/// How many days without a probe a rule may ask for before anything is proposed.
const DAYS_MAX: u32 = 90;

impl Probing {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        let Self { on: _, hours, freeze_days, failed_orders, compares: _, compares_at } = self;
        let all = !hours.is_empty() && hours.iter().all(|hour| *hour < 24);
        wrong.check(
            all,
            "probing.hours",
            ("must name at least one hour, each from 0 to 23", "须至少有一个小时，每项为 0 到 23"),
        );
        let range = (format!("must be from 1 to {DAYS_MAX}"), format!("须为 1 到 {DAYS_MAX}"));
        wrong.check((1..=DAYS_MAX).contains(freeze_days), "probing.freeze_days", range);
        wrong.check(*failed_orders > 0, "probing.failed_orders", ("must be at least 1", "不能小于 1"));
        wrong.check(
            *compares_at < 24,
            "probing.compares_at",
            ("must be an hour from 0 to 23", "须为 0 到 23 之间的整点"),
        );
    }

    /// When systems are probed next, after a moment.
    pub fn next_after(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        next_hour(&self.hours, now, zone)
    }

    /// When what is owned is compared next, after a moment.
    pub fn compares_after(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        next_hour(&[self.compares_at].into(), now, zone)
    }
}

/// The next moment at one of these hours on a zone's wall.
fn next_hour(hours: &BTreeSet<u8>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let days = (0..=2).map(|days| now.plus_calendar_days(days, zone));
    let moments = days.flat_map(|day| hours.iter().map(move |hour| day.days_before(0, *hour, zone)));
    moments.filter(|moment| *moment > now).min().unwrap_or_else(|| now.plus_days(1))
}

#[cfg(test)]
mod tests {
    use super::{super::DEFAULT, super::Policy, *};

    #[test]
    fn systems_are_probed_each_morning_and_each_afternoon_of_the_site() {
        let policy = Policy::parse(DEFAULT).unwrap();
        let next = |now: &str| policy.probing.next_after(now.parse().unwrap(), &policy.zone()).to_string();
        for (now, then) in [
            ("2026-11-30T00:59:59Z", "2026-11-30T01:00:00.000000Z"),
            ("2026-11-30T01:00:00Z", "2026-11-30T08:00:00.000000Z"),
            ("2026-11-30T08:00:00Z", "2026-12-01T01:00:00.000000Z"),
            ("2026-12-31T23:00:00Z", "2027-01-01T01:00:00.000000Z"),
        ] {
            assert_eq!(next(now), then, "{now}");
        }
    }

    #[test]
    fn what_is_owned_is_compared_each_night_of_the_site() {
        let policy = Policy::parse(DEFAULT).unwrap();
        let next = |now: &str| policy.probing.compares_after(now.parse().unwrap(), &policy.zone()).to_string();
        assert_eq!(next("2026-11-30T17:59:59Z"), "2026-11-30T18:00:00.000000Z");
        assert_eq!(next("2026-11-30T18:00:00Z"), "2026-12-01T18:00:00.000000Z");
    }

    #[test]
    fn an_hour_that_the_clock_leaves_out_is_not_waited_for_for_ever() {
        // On this day clocks in Berlin go from two to three.
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let probing = Probing { hours: [2].into(), ..Probing::default() };
        let now = "2027-03-27T12:00:00Z".parse().unwrap();
        let first = probing.next_after(now, &zone);
        let second = probing.next_after(first, &zone);
        assert!(now < first && first < second && second <= first.plus_days(1), "{first} {second}");
    }

    #[test]
    fn rules_without_probing_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[probing]").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        assert_eq!(Policy::parse(&format!("{before}[{after}")).unwrap().probing, Probing::default());
        let text = DEFAULT
            .replace("hours = [9, 16]", "hours = [9, 24]")
            .replace("freeze_days = 5", "freeze_days = 0")
            .replace("failed_orders = 5", "failed_orders = 0")
            .replace("compares_at = 2", "compares_at = 24");
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["probing.hours", "probing.freeze_days", "probing.failed_orders", "probing.compares_at"]);
        assert!(Policy::parse(&DEFAULT.replace("hours = [9, 16]", "hours = []")).is_err());
    }
}
