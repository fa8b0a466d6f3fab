//! The site's calendar for the model, counted by hand: the product's own calendar is what is to be tested.

use kernel::time::{DAY, HOUR};

/// Microseconds since 1970, in UTC.
pub(super) type Moment = i64;

/// The site's clocks show Shanghai, all year.
const AHEAD: i64 = 8 * HOUR;

/// The days of a month, counted from January 1970. No year of these lives ends a century.
fn days_in(month: i64) -> i64 {
    match month % 12 {
        1 if (1970 + month / 12) % 4 == 0 => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The date on the wall, in days since 1970.
pub(super) fn day_of(at: Moment) -> i64 {
    (at + AHEAD) / DAY
}

/// The month that a date is in, and how far the date is from its first day.
fn month_of(day: i64) -> (i64, i64) {
    let (mut month, mut left) = (0, day);
    while left >= days_in(month) {
        left -= days_in(month);
        month += 1;
    }
    (month, left)
}

pub(super) fn year_of(at: Moment) -> i64 {
    1970 + month_of(day_of(at)).0 / 12
}

/// The same hour on the same day so many months later; where the month is too short, on its last day.
pub(super) fn months_after(at: Moment, count: i64) -> Moment {
    let (month, day) = month_of(day_of(at));
    let month = month + count;
    let begins: i64 = (0..month).map(days_in).sum();
    (begins + day.min(days_in(month) - 1)) * DAY + (at + AHEAD) % DAY - AHEAD
}

/// Three in the morning of a date.
pub(super) fn three_of(day: i64) -> Moment {
    day * DAY + 3 * HOUR - AHEAD
}

/// The first three in the morning at or after a moment.
pub(super) fn next_three(at: Moment) -> Moment {
    let today = three_of(day_of(at));
    if today >= at { today } else { three_of(day_of(at) + 1) }
}
