//! Cycles on the site's calendar: which one a moment lies in. In every zone they follow each other without a gap, and a moment lies
//! in one.

use jiff::{civil, tz::TimeZone};
use kernel::{Timestamp, time::Period};

use super::{
    meter::{BillingCycle, CountingCycle},
    package::Package,
    term::Length,
};

impl BillingCycle {
    /// The hour or day on the wall in which a moment lies.
    pub fn around(self, moment: Timestamp, zone: &TimeZone) -> Period {
        match self {
            Self::Day => CountingCycle::Day.around(moment, zone),
            Self::Hour => hour_around(moment, zone),
        }
    }
}

impl CountingCycle {
    /// The calendar day, month or year in which a moment lies.
    pub fn around(self, moment: Timestamp, zone: &TimeZone) -> Period {
        self.of_day(moment.date_in(zone), moment, zone)
    }

    fn of_day(self, date: civil::Date, moment: Timestamp, zone: &TimeZone) -> Period {
        let (first, next) = match self {
            Self::Day => (date, date.tomorrow()),
            Self::Month => (date.first_of_month(), date.last_of_month().tomorrow()),
            Self::Year => (date.first_of_year(), date.last_of_year().tomorrow()),
        };
        let until = next.as_ref().map_or(moment, |next| start_of(*next, moment, zone));
        match next {
            // The clock was put back over midnight: what follows the first midnight is of the new day.
            Ok(next) if until <= moment => self.of_day(next, moment, zone),
            Ok(_) | Err(_) => Period { from: start_of(first, moment, zone), until },
        }
    }

    const fn length(self) -> Length {
        match self {
            Self::Day => Length::Days(1),
            Self::Month => Length::Months(1),
            Self::Year => Length::Months(12),
        }
    }
}

/// From one full hour on the wall to the next; where the clock is moved by less than an hour, what is left of the hour before and
/// behind is one of its own.
fn hour_around(moment: Timestamp, zone: &TimeZone) -> Period {
    const HOUR: i64 = 3_600;
    let at = |moment: Timestamp| jiff::Timestamp::from_microsecond(moment.as_micros()).unwrap_or_default();
    let micros = |moment: jiff::Timestamp| Timestamp::from_micros(moment.as_microsecond());
    let offset = |moment: Timestamp| zone.to_offset(at(moment));
    let wall = i64::from(offset(moment).seconds());
    let seconds = moment.as_micros().div_euclid(1_000_000) + wall;
    let from = Timestamp::from_micros((seconds.div_euclid(HOUR) * HOUR - wall) * 1_000_000);
    let until = from.plus_seconds(HOUR);
    if offset(from) == offset(moment) && offset(until.plus_micros(-1)) == offset(moment) {
        return Period { from, until };
    }
    let before = zone.preceding(at(moment.plus_micros(1))).next().map(|change| micros(change.timestamp()));
    let behind = zone.following(at(moment)).next().map(|change| micros(change.timestamp()));
    Period {
        from: before.map_or(from, |change| change.max(from)),
        until: behind.map_or(until, |change| change.min(until)),
    }
}

fn start_of(date: civil::Date, otherwise: Timestamp, zone: &TimeZone) -> Timestamp {
    let start = date.to_zoned(zone.clone());
    start.map_or(otherwise, |start| Timestamp::from_micros(start.timestamp().as_microsecond()))
}

impl Package {
    /// The time from one filling to the next in which a moment lies, counted from when the package began; its whole term
    /// where it is never filled again.
    pub fn filling(&self, began: Timestamp, moment: Timestamp, zone: &TimeZone) -> Period {
        let end = Length::of(self.term.unit, self.term.count).end(began, zone);
        let Some(cycle) = self.reset else { return Period { from: began, until: end } };
        let mut filling = Period { from: began, until: cycle.length().end(began, zone) };
        while filling.until <= moment && filling.until < end {
            filling = cycle.length().next(began, filling.until, zone);
        }
        Period { until: filling.until.min(end), ..filling }
    }
}
