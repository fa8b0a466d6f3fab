//! Cycles on the site's calendar: which one a moment lies in.

use jiff::{RoundMode, Unit, ZonedRound, civil, tz::TimeZone};
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
            Self::Hour => {
                let hour = ZonedRound::new().smallest(Unit::Hour).mode(RoundMode::Floor);
                let from = jiff::Timestamp::from_microsecond(moment.as_micros())
                    .and_then(|moment| moment.to_zoned(zone.clone()).round(hour))
                    .map_or(moment, |hour| Timestamp::from_micros(hour.timestamp().as_microsecond()));
                Period { from, until: from.plus_seconds(3_600) }
            }
        }
    }
}

impl CountingCycle {
    /// The calendar day, month or year in which a moment lies.
    pub fn around(self, moment: Timestamp, zone: &TimeZone) -> Period {
        let date = moment.date_in(zone);
        let (first, next) = match self {
            Self::Day => (date, date.tomorrow()),
            Self::Month => (date.first_of_month(), date.last_of_month().tomorrow()),
            Self::Year => (date.first_of_year(), date.last_of_year().tomorrow()),
        };
        Period { from: start_of(first, moment, zone), until: next.map_or(moment, |next| start_of(next, moment, zone)) }
    }

    const fn length(self) -> Length {
        match self {
            Self::Day => Length::Days(1),
            Self::Month => Length::Months(1),
            Self::Year => Length::Months(12),
        }
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
