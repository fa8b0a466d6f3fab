//! What people type into forms: amounts, percentages, dates, ids.

use jiff::{civil::Date, tz::TimeZone};
use kernel::{Currency, Money, Timestamp};

/// An amount: `1,000` or `99.5`. `None`: no amount of this currency.
pub fn amount(text: &str, currency: Currency) -> Option<Money> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = usize::try_from(currency.exponent()).ok()?;
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    let whole = groups.concat();
    let plain = [whole.as_str(), part].iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if whole.is_empty() || !grouped || !plain || part.len() > digits {
        return None;
    }
    let minor = format!("{whole}{part:0<digits$}").parse().ok()?;
    Some(Money::of(minor, currency))
}

/// A percentage in basis points: `12.5` or `12.5 %` is 1250.
pub fn basis_points(text: &str) -> Option<u32> {
    let text = text.trim().trim_end_matches(['%', '％']).trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = [whole, part].iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if whole.is_empty() || !plain || part.len() > 2 {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

/// The beginning of a date such as `2027-04-01` on the wall of whoever typed it.
pub fn day(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    begins(text.trim().parse().ok()?, zone)
}

/// The end of a date: the beginning of the next.
pub fn day_end(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    begins(text.trim().parse::<Date>().ok()?.tomorrow().ok()?, zone)
}

fn begins(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let moment = date.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_micros(moment.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read_exactly_or_not_at_all() {
        let yuan = |text| amount(text, Currency::CNY).map(Money::minor);
        assert_eq!(
            (yuan("1,000"), yuan(" 99.5 "), yuan("0.005"), yuan("-1"), yuan("")),
            (Some(100_000), Some(9_950), None, None, None)
        );
        assert_eq!(
            (basis_points("12.5"), basis_points("10 %"), basis_points("0.001"), basis_points("")),
            (Some(1_250), Some(1_000), None, None)
        );
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(day("2027-04-01", &shanghai), "2027-03-31T16:00:00Z".parse().ok());
        assert_eq!(day_end("2027-04-01", &shanghai), "2027-04-01T16:00:00Z".parse().ok());
        assert_eq!(day("tomorrow", &shanghai), None);
    }
}
