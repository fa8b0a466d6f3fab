//! Terms on the calendar: where they end, and where a renewal begins.

use jiff::tz::TimeZone;
use kernel::{Timestamp, time::Period};

use super::plan::PeriodUnit;

/// How long something is bought for, on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Days(u32),
    Months(u32),
}

impl Length {
    pub fn of(unit: PeriodUnit, count: u32) -> Self {
        match unit {
            PeriodUnit::Day => Self::Days(count),
            PeriodUnit::Month => Self::Months(count),
            PeriodUnit::Year => Self::Months(count.saturating_mul(12)),
        }
    }

    /// The first moment after it, at the same time of day on the wall; the 31st becomes the last day of a shorter month.
    pub fn end(self, from: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Days(days) => from.plus_calendar_days(i64::from(days), zone),
            Self::Months(months) => from.plus_months(i64::from(months), zone),
        }
    }

    /// The next term of something that began at `anchor` and is paid until `until`. It begins where the old one ends,
    /// whenever it is paid. What began on the 31st ends on the 31st again after a shorter month.
    pub fn next(self, anchor: Timestamp, until: Timestamp, zone: &TimeZone) -> Period {
        let end = match self {
            Self::Days(_) => self.end(until, zone),
            Self::Months(months) => match months_between(anchor, until, zone) {
                Some(past) => anchor.plus_months(past.saturating_add(i64::from(months)), zone),
                None => self.end(until, zone),
            },
        };
        Period { from: until, until: end }
    }
}

/// How many whole months lie between two moments; `None`: the later one is not the end of a month that began at the earlier.
fn months_between(anchor: Timestamp, until: Timestamp, zone: &TimeZone) -> Option<i64> {
    let (from, to) = (anchor.date_in(zone), until.date_in(zone));
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month());
    (months >= 0 && anchor.plus_months(months, zone) == until).then_some(months)
}

/// How many whole periods lie between two moments.
pub(super) fn periods_between(unit: PeriodUnit, from: Timestamp, until: Timestamp, zone: &TimeZone) -> u32 {
    // No month and no year is longer, so that this is never too few; what is too many is taken back.
    let days_min = match unit {
        PeriodUnit::Day => 1,
        PeriodUnit::Month => 28,
        PeriodUnit::Year => 365,
    };
    let most = days_between(from, until, zone) / days_min;
    (0..=most).rev().find(|count| Length::of(unit, *count).end(from, zone) <= until).unwrap_or(0)
}

/// How many days on the calendar lie between two moments; none if the second is not later.
pub fn days_between(from: Timestamp, until: Timestamp, zone: &TimeZone) -> u32 {
    let days = from.date_in(zone).until(until.date_in(zone)).map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}
