//! Moments, periods, calendars. Nothing here reads a clock.

use std::fmt;

use jiff::{ToSpan, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A moment in UTC, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Past the year 9000 no calendar arithmetic of ours leads anywhere.
const LATEST: i64 = 221_845_392_000 * SECOND;

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(SECOND))
    }

    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_micros(days.saturating_mul(DAY))
    }

    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same wall-clock time some months later in the site's zone; the 31st becomes the last day of a shorter month.
    #[must_use]
    pub fn plus_months(self, months: i64, zone: &TimeZone) -> Self {
        let span = jiff::Span::new().try_months(months);
        span.and_then(|span| self.jiff().to_zoned(zone.clone()).checked_add(span))
            .map_or(Self(LATEST), |moment| Self(moment.timestamp().as_microsecond()))
    }

    /// The same wall-clock time some days later in the site's zone, however long its days are.
    #[must_use]
    pub fn plus_calendar_days(self, days: i64, zone: &TimeZone) -> Self {
        let span = jiff::Span::new().try_days(days);
        span.and_then(|span| self.jiff().to_zoned(zone.clone()).checked_add(span))
            .map_or(Self(LATEST), |moment| Self(moment.timestamp().as_microsecond()))
    }

    /// At an hour on the wall so many calendar days before, in a zone.
    #[must_use]
    pub fn days_before(self, days: u32, hour: u8, zone: &TimeZone) -> Self {
        let hour = i8::try_from(hour.min(23)).unwrap_or(0);
        let span = jiff::Span::new().try_days(i64::from(days));
        span.and_then(|span| self.date_in(zone).checked_sub(span))
            .and_then(|day| day.at(hour, 0, 0, 0).to_zoned(zone.clone()))
            .map_or(Self(0), |moment| Self(moment.timestamp().as_microsecond()))
    }

    /// The date on the wall in a zone.
    pub fn date_in(self, zone: &TimeZone) -> civil::Date {
        self.jiff().to_zoned(zone.clone()).date()
    }

    /// The month on the wall of a zone: when it begins, and when the next one does.
    pub fn month_in(self, zone: &TimeZone) -> (Self, Self) {
        let first = self.date_in(zone).first_of_month();
        let begins = |day: civil::Date| {
            day.to_zoned(zone.clone()).map_or(Self(LATEST), |moment| Self(moment.timestamp().as_microsecond()))
        };
        (begins(first), first.checked_add(1.month()).map_or(Self(LATEST), begins))
    }

    /// When a day like 2026-12-24 begins in a zone.
    pub fn start_of(day: &str, zone: &TimeZone) -> Option<Self> {
        let day: civil::Date = day.parse().ok()?;
        Some(Self(day.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()))
    }

    /// A pattern of jiff's `strftime`, in a zone.
    pub fn format(self, pattern: &str, zone: &TimeZone) -> String {
        self.jiff().to_zoned(zone.clone()).strftime(pattern).to_string()
    }

    /// Reads a pattern of jiff's `strptime` as a moment in UTC.
    pub fn parse_utc(pattern: &str, text: &str) -> Option<Self> {
        let civil = civil::DateTime::strptime(pattern, text).ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|moment| Self(moment.timestamp().as_microsecond()))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0.clamp(0, LATEST)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// RFC 3339 with six decimals, always: the text order is the time order.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::tz::Offset::UTC.to_datetime(self.jiff());
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let parts = [
            (0..4, i32::from(at.year())),
            (5..7, i32::from(at.month())),
            (8..10, i32::from(at.day())),
            (11..13, i32::from(at.hour())),
            (14..16, i32::from(at.minute())),
            (17..19, i32::from(at.second())),
            (20..26, at.subsec_nanosecond() / 1_000),
        ];
        for (place, number) in parts {
            let mut rest = number.unsigned_abs();
            for digit in text[place].iter_mut().rev() {
                *digit += u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time like 2026-11-22T08:00:00Z")]
pub struct WrongTime(String);

impl std::str::FromStr for Timestamp {
    type Err = WrongTime;
    fn from_str(text: &str) -> Result<Self, WrongTime> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| WrongTime(text.to_owned()))?;
        Ok(Self(moment.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .examples(["2026-11-22T08:00:00.000000Z"])
            .into()
    }
}
impl utoipa::ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

mod encoding {
    use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type, encode::IsNull, error::BoxDynError};
    use time::OffsetDateTime;

    use super::Timestamp;

    impl Type<Postgres> for Timestamp {
        fn type_info() -> <Postgres as Database>::TypeInfo {
            <OffsetDateTime as Type<Postgres>>::type_info()
        }
    }
    impl Encode<'_, Postgres> for Timestamp {
        fn encode_by_ref(&self, buf: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
            let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)?;
            Encode::<Postgres>::encode_by_ref(&moment, buf)
        }
    }
    impl<'r> Decode<'r, Postgres> for Timestamp {
        fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
            let moment = <OffsetDateTime as Decode<Postgres>>::decode(value)?;
            Ok(Self(i64::try_from(moment.unix_timestamp_nanos() / 1_000)?))
        }
    }
    impl sqlx::postgres::PgHasArrayType for Timestamp {
        fn array_type_info() -> sqlx::postgres::PgTypeInfo {
            <OffsetDateTime as sqlx::postgres::PgHasArrayType>::array_type_info()
        }
    }
    impl Type<Sqlite> for Timestamp {
        fn type_info() -> <Sqlite as Database>::TypeInfo {
            <String as Type<Sqlite>>::type_info()
        }
        fn compatible(_: &<Sqlite as Database>::TypeInfo) -> bool {
            true
        }
    }
    impl Encode<'_, Sqlite> for Timestamp {
        fn encode_by_ref(&self, buf: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
            Encode::<Sqlite>::encode(self.to_string(), buf)
        }
    }
    impl<'r> Decode<'r, Sqlite> for Timestamp {
        fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
            Ok(<&str as Decode<Sqlite>>::decode(value)?.parse()?)
        }
    }
}

/// From a moment (inside) until a moment (outside).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Period {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Period {
    pub fn contains(self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.until
    }
}

/// The site's zone and the days on which nobody works, or works although it is a weekend.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub zone: TimeZone,
    pub holidays: Vec<civil::Date>,
    pub extra_workdays: Vec<civil::Date>,
}

impl Calendar {
    pub fn is_working(&self, date: civil::Date) -> bool {
        let weekend = matches!(date.weekday(), civil::Weekday::Saturday | civil::Weekday::Sunday);
        self.extra_workdays.contains(&date) || (!weekend && !self.holidays.contains(&date))
    }

    /// The same time of day after so many working days; the day of the moment itself does not count.
    pub fn plus_working_days(&self, moment: Timestamp, days: u32) -> Timestamp {
        let mut at = moment.jiff().to_zoned(self.zone.clone());
        let mut left = days;
        while left > 0 {
            match at.checked_add(1.day()) {
                Ok(next) => at = next,
                Err(_) => return Timestamp(LATEST),
            }
            if self.is_working(at.date()) {
                left -= 1;
            }
        }
        Timestamp(at.timestamp().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_text_has_a_fixed_width_and_reads_back() {
        for micros in [0, 1_000_000, 1_700_000_000_123_456] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(moment.to_string().len(), 27);
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }

    proptest::proptest! {
        #[test]
        fn the_text_is_rfc_3339(micros in 0..=LATEST) {
            let moment = Timestamp::from_micros(micros);
            proptest::prop_assert_eq!(moment.to_string(), moment.jiff().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        }
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let check =
            |from: &str, months, to: &str| assert_eq!(at(from).plus_months(months, &shanghai), at(to), "{from}");
        check("2026-01-31T04:00:00Z", 1, "2026-02-28T04:00:00Z");
        check("2028-01-31T04:00:00Z", 1, "2028-02-29T04:00:00Z");
        check("2028-02-29T04:00:00Z", 12, "2029-02-28T04:00:00Z");
        // 17:00 UTC on the 31st is already the 1st of the next month in Shanghai.
        check("2026-01-31T17:00:00Z", 1, "2026-02-28T17:00:00Z");
        // A night in which the clocks change has 23 hours.
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(at("2026-03-28T11:00:00Z").plus_calendar_days(1, &berlin), at("2026-03-29T10:00:00Z"));
    }

    #[test]
    fn an_hour_some_days_before_is_on_the_wall() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let check = |end: &str, (days, hour), zone: &TimeZone, expected: &str| {
            assert_eq!(at(end).days_before(days, hour, zone), at(expected), "{end}");
        };
        check("2026-04-02T01:00:00Z", (7, 3), &shanghai, "2026-03-25T19:00:00Z");
        // 17:00 UTC is the next day in Shanghai.
        check("2026-04-01T17:00:00Z", (7, 3), &shanghai, "2026-03-25T19:00:00Z");
        check("2028-03-01T04:00:00Z", (1, 10), &shanghai, "2028-02-29T02:00:00Z");
        check("2026-01-03T04:00:00Z", (7, 3), &shanghai, "2025-12-26T19:00:00Z");
        // The clocks go forward on 29 March; at two there is no such hour, and it is three.
        check("2026-04-05T10:00:00Z", (7, 3), &berlin, "2026-03-29T01:00:00Z");
        check("2026-04-05T10:00:00Z", (7, 2), &berlin, "2026-03-29T01:00:00Z");
        check("2026-04-05T10:00:00Z", (8, 3), &berlin, "2026-03-28T02:00:00Z");
        check("2026-04-05T10:00:00Z", (0, 3), &shanghai, "2026-04-04T19:00:00Z");
    }

    #[test]
    fn working_days_skip_weekends_and_holidays_and_count_make_up_days() {
        let calendar = Calendar {
            zone: TimeZone::UTC,
            holidays: vec!["2026-10-01".parse().unwrap()],
            extra_workdays: vec!["2026-10-04".parse().unwrap()],
        };
        // Wednesday 30 September: Friday 2, Sunday 4 (make-up day), Monday 5.
        assert_eq!(calendar.plus_working_days(at("2026-09-30T09:00:00Z"), 3), at("2026-10-05T09:00:00Z"));
    }
}
