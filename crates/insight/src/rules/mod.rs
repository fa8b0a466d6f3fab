//! Amounts by day and month, and what other rules would have meant.

mod waits;

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use kernel::{Currency, Invalid, Localized, Money, Result, Timestamp, rate::share_rounded_half_even, time::HOUR};

pub(crate) use waits::{Need, Queue, Task};

/// An amount at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    pub(crate) at: Timestamp,
    pub(crate) amount: Money,
}

/// What happened on a day or in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// The day, or the first day of the month.
    pub(crate) day: Date,
    pub(crate) count: i64,
    pub(crate) sum: Money,
}

/// The last `days` days up to today, with nothing on those on which nothing happened. Only one currency is added up.
pub(crate) fn by_day(
    moved: &[Moved],
    currency: Currency,
    now: Timestamp,
    days: i64,
    zone: &TimeZone,
) -> Result<Vec<Bucket>> {
    let today = now.date_in(zone);
    let first = today.saturating_sub((days - 1).days());
    let empty = first.series(1.day()).take_while(|day| *day <= today).map(|day| (day, (0, Money::zero(currency))));
    fill(empty.collect(), moved, |at| at.date_in(zone))
}

/// The last `months` months up to this one.
pub(crate) fn by_month(
    moved: &[Moved],
    currency: Currency,
    now: Timestamp,
    months: i64,
    zone: &TimeZone,
) -> Result<Vec<Bucket>> {
    let this = now.date_in(zone).first_of_month();
    let empty = (0..months).map(|back| (this.saturating_sub(back.months()), (0, Money::zero(currency))));
    fill(empty.collect(), moved, |at| at.date_in(zone).first_of_month())
}

fn fill(
    mut buckets: BTreeMap<Date, (i64, Money)>,
    moved: &[Moved],
    place: impl Fn(Timestamp) -> Date,
) -> Result<Vec<Bucket>> {
    for Moved { at, amount } in moved {
        if let Some((count, sum)) = buckets.get_mut(&place(*at))
            && sum.currency() == amount.currency()
        {
            *count += 1;
            *sum = sum.plus(*amount)?;
        }
    }
    Ok(buckets.into_iter().map(|(day, (count, sum))| Bucket { day, count, sum }).collect())
}

/// The sum of amounts in one currency.
pub(crate) fn total(moved: &[Moved], currency: Currency) -> Result<Money> {
    let own = moved.iter().map(|moved| moved.amount).filter(|amount| amount.currency() == currency);
    Ok(Money::sum(currency, own)?)
}

/// A line that was sold, as far as other rules would have changed what it meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sold {
    pub(crate) amount: Money,
    pub(crate) fee_basis_points: u32,
    /// The fee that other rules would have taken.
    pub(crate) fee_instead: u32,
    /// Microseconds between delivery and return, when it was returned.
    pub(crate) returned_after: Option<i64>,
}

/// What the last lines meant, and what they would have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) lines: usize,
    pub(crate) sold: Money,
    pub(crate) commission: Money,
    pub(crate) commission_instead: Money,
    pub(crate) returns: usize,
    pub(crate) returned: Money,
    /// Returns that the other window would still have allowed.
    pub(crate) returns_instead: usize,
    pub(crate) returned_instead: Money,
}

/// Buyers would have acted otherwise under other rules; this is what these orders would have meant, no forecast.
pub(crate) fn what_if(lines: &[Sold], currency: Currency, no_reason_hours: u32) -> Result<Effect> {
    let zero = Money::zero(currency);
    let mut effect = Effect {
        lines: 0,
        sold: zero,
        commission: zero,
        commission_instead: zero,
        returns: 0,
        returned: zero,
        returns_instead: 0,
        returned_instead: zero,
    };
    let window = i64::from(no_reason_hours) * HOUR;
    for line in lines.iter().filter(|line| line.amount.currency() == currency) {
        effect.lines += 1;
        effect.sold = effect.sold.plus(line.amount)?;
        let stays = line.returned_after.is_none();
        if let Some(after) = line.returned_after {
            effect.returns += 1;
            effect.returned = effect.returned.plus(line.amount)?;
            // As the rule of returns has it: the window's last moment is outside.
            if after < window {
                effect.returns_instead += 1;
                effect.returned_instead = effect.returned_instead.plus(line.amount)?;
            }
        }
        if stays {
            let own = share_rounded_half_even(line.amount, line.fee_basis_points)?;
            effect.commission = effect.commission.plus(own)?;
        }
        if line.returned_after.is_none_or(|after| after >= window) {
            let other = share_rounded_half_even(line.amount, line.fee_instead)?;
            effect.commission_instead = effect.commission_instead.plus(other)?;
        }
    }
    Ok(effect)
}

const TITLE_MAX: usize = 120;
const TEXT_MAX: usize = 2_000;
const DAYS_MAX: u32 = 90;

/// Something the operator tells everybody for some days.
#[derive(Clone, Debug)]
pub(crate) struct Announcing {
    pub(crate) title: Localized,
    pub(crate) text: Localized,
    pub(crate) days: u32,
}

impl Announcing {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        for (lang, title, text) in [("en", &self.title.en, &self.text.en), ("zh", &self.title.zh, &self.text.zh)] {
            wrong.length(title, 2, TITLE_MAX, format!("title.{lang}"));
            wrong.length(text, 2, TEXT_MAX, format!("text.{lang}"));
        }
        let hint = (format!("must be from 1 to {DAYS_MAX}"), format!("应为 1 到 {DAYS_MAX} 天"));
        wrong.check((1..=DAYS_MAX).contains(&self.days), "days", hint);
        wrong.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    #[test]
    fn days_are_those_of_the_readers_zone_and_none_is_left_out() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        // 17:00 UTC is the next day in Shanghai.
        let moved = ["2026-11-20T17:00:00Z", "2026-11-21T01:00:00Z", "2026-10-01T00:00:00Z"]
            .map(|at| Moved { at: at.parse().unwrap(), amount: yuan(100) });
        let days = by_day(&moved, Currency::CNY, now, 3, &zone).unwrap();
        let seen: Vec<_> = days.iter().map(|day| (day.day.to_string(), day.count, day.sum.minor())).collect();
        assert_eq!(
            seen,
            [("2026-11-20".to_owned(), 0, 0), ("2026-11-21".to_owned(), 2, 200), ("2026-11-22".to_owned(), 0, 0)]
        );
    }

    #[test]
    fn months_go_back_over_the_year() {
        let now = "2026-02-28T10:00:00Z".parse().unwrap();
        let months = by_month(&[], Currency::CNY, now, 3, &TimeZone::UTC).unwrap();
        let seen: Vec<_> = months.iter().map(|month| month.day.to_string()).collect();
        assert_eq!(seen, ["2025-12-01", "2026-01-01", "2026-02-01"]);
    }

    #[test]
    fn another_window_keeps_late_returns_sold() {
        let lines = [
            Sold { amount: yuan(10_000), fee_basis_points: 500, fee_instead: 1_000, returned_after: None },
            Sold { amount: yuan(10_000), fee_basis_points: 500, fee_instead: 1_000, returned_after: Some(10 * HOUR) },
            Sold { amount: yuan(10_000), fee_basis_points: 500, fee_instead: 1_000, returned_after: Some(100 * HOUR) },
        ];
        let effect = what_if(&lines, Currency::CNY, 48).unwrap();
        assert_eq!((effect.commission, effect.commission_instead), (yuan(500), yuan(2_000)));
        assert_eq!((effect.returns, effect.returns_instead), (2, 1));
    }
}
