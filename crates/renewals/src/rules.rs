//! When buyers are told of an end, when it is renewed automatically, and what keeps it from being renewed.

use jiff::tz::TimeZone;
use kernel::{
    Localized, Money, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, UserId},
    time::Period,
};
use policy::RenewalRules as Rules;
use pricing::{PeriodUnit, Plan};
use serde::{Deserialize, Serialize};

choices! {
    /// Who renewed.
    pub enum RenewalCause { ByHand = "by_hand", Automatic = "automatic" }
}

choices! {
    /// What happens when a term ends (到期策略).
    pub enum ExpiryPolicy {
        /// Its buyer is told, and renews it or not.
        Manual = "manual",
        /// It goes on by itself, within what its buyer has agreed to.
        Automatic = "automatic",
        /// Its buyer lets it end.
        End = "end",
    }
}

choices! {
    /// Why an automatic renewal did not succeed.
    pub enum RenewalTrouble {
        /// The wallet lacks money.
        Funds = "funds",
        /// It costs more than was agreed to.
        Price = "price",
        /// It is not sold any more, or not like this.
        NotSold = "not_sold",
        /// Whoever agreed to it may not buy for the account any more.
        NoRight = "no_right",
    }
}

/// What a buyer has agreed to: another term of such a length, for so much at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub periods: u32,
    pub period_unit: Option<PeriodUnit>,
    pub price_max: Money,
    pub agreed_at: Timestamp,
    pub agreed_by: UserId,
}

impl Consent {
    /// Never more than was agreed to, and in no other currency.
    pub(crate) fn covers(&self, price: Money) -> bool {
        price.currency() == self.price_max.currency() && price.minor() <= self.price_max.minor()
    }
}

/// What is to happen at the end of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiryPlan {
    pub instance: InstanceId,
    pub account: AccountId,
    pub policy: ExpiryPolicy,
    /// There is one while it is renewed automatically.
    pub consent: Option<Consent>,
    /// Why the last automatic renewal did not succeed.
    pub trouble: Option<RenewalTrouble>,
    /// The last try; the next one waits for the hour of another day.
    pub(crate) tried_at: Option<Timestamp>,
    pub(crate) look_at: Option<Timestamp>,
    pub(crate) version: i64,
}

/// What is to happen at an end, and what keeps it from being renewed automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    pub policy: ExpiryPolicy,
    pub trouble: Option<RenewalTrouble>,
}

impl ExpiryPlan {
    /// What holds until its buyer says otherwise.
    pub(crate) fn usual(instance: InstanceId, account: AccountId) -> Self {
        Self {
            instance,
            account,
            policy: ExpiryPolicy::Manual,
            consent: None,
            trouble: None,
            tried_at: None,
            look_at: None,
            version: 0,
        }
    }

    pub(crate) fn automatic(&self) -> Option<&Consent> {
        self.consent.as_ref().filter(|_| self.policy == ExpiryPolicy::Automatic)
    }
}

/// One more term of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    pub line: OrderLineId,
    pub instance: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub order: OrderId,
    pub cause: RenewalCause,
    pub term: Period,
    pub renewed_at: Timestamp,
    pub returned_at: Option<Timestamp>,
}

impl Renewal {
    /// Whether its term has begun.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        self.term.from <= now
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewalRefused {
    #[error("agree to the highest price at which it is renewed automatically; now it costs {0}")]
    NoConsent(Money),
    #[error("it costs {price} now, which is more than {max}; agree to at least that")]
    BelowPrice { price: Money, max: Money },
}

impl Refusal for RenewalRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoConsent(_) => "renewal.no_consent",
            Self::BelowPrice { .. } => "renewal.below_price",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NoConsent(price) => format!("须同意自动续费的最高价格，当前价格为 {price}"),
            Self::BelowPrice { price, max } => format!("当前价格为 {price}，高于 {max}，最高价格不能低于当前价格"),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// The last term that is paid, and when what was not renewed is released.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) term: Period,
    pub(crate) release_at: Timestamp,
}

/// When the buyer is told so many days before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) days: u32,
    pub(crate) at: Timestamp,
}

/// The notices of a term in their order. What would come in its first half is left out: nobody wants to hear of the end on the
/// day after the beginning.
pub(crate) fn notices(term: Period, rules: &Rules, zone: &TimeZone) -> Vec<Notice> {
    let half = term.from.plus_micros(term.until.micros_since(term.from) / 2);
    let notice = |days: &u32| Notice { days: *days, at: term.until.days_before(*days, rules.notice_hour, zone) };
    let mut notices: Vec<Notice> = rules.notice_days.iter().map(notice).filter(|notice| notice.at >= half).collect();
    notices.sort_by_key(|notice| notice.at);
    notices
}

/// The one that is to be told now, if any: of those that were missed only the last.
pub(crate) fn notice_due(life: Life, policy: ExpiryPolicy, at: (&Rules, &TimeZone), now: Timestamp) -> Option<Notice> {
    if now >= life.term.until {
        return None;
    }
    let notices = notices(life.term, at.0, at.1);
    let last = notices.last().map(|notice| notice.days);
    let due = notices.into_iter().rev().find(|notice| notice.at <= now)?;
    match policy {
        // Who lets it end is told once more, at last.
        ExpiryPolicy::End => Some(due).filter(|due| Some(due.days) == last),
        ExpiryPolicy::Manual | ExpiryPolicy::Automatic => Some(due),
    }
}

/// The hour of the day at or before a moment at which automatic renewals are tried.
fn slot(now: Timestamp, rules: &Rules, zone: &TimeZone) -> Timestamp {
    let today = now.days_before(0, rules.automatic_hour, zone);
    if today <= now { today } else { now.days_before(1, rules.automatic_hour, zone) }
}

/// The first time at which an end is renewed automatically.
pub(crate) fn first_try(until: Timestamp, rules: &Rules, zone: &TimeZone) -> Timestamp {
    until.days_before(rules.automatic_days, rules.automatic_hour, zone)
}

/// The first hour at which an automatic renewal of a term can be tried.
fn first_slot(term: Period, rules: &Rules, zone: &TimeZone) -> Timestamp {
    let first = first_try(term.until, rules, zone);
    if first >= term.from {
        return first;
    }
    let slot = slot(term.from, rules, zone);
    if slot < term.from { slot.plus_calendar_days(1, zone) } else { slot }
}

/// Whether an automatic renewal that is agreed to now waits for no hour of another day: there is none before the end.
pub(crate) fn is_last_chance(life: Life, (rules, zone): (&Rules, &TimeZone), now: Timestamp) -> bool {
    life.term.from <= now
        && first_try(life.term.until, rules, zone) <= now
        && slot(now, rules, zone).plus_calendar_days(1, zone) >= life.term.until
}

/// Whether an automatic renewal is to be tried now: from the first time on, once for each day's hour, until it is released.
/// A term that has not begun is not followed by another one: those that are shorter than the days before it would run ahead.
pub(crate) fn try_due(
    life: Life,
    tried_at: Option<Timestamp>,
    (rules, zone): (&Rules, &TimeZone),
    now: Timestamp,
) -> bool {
    let slot = slot(now, rules, zone);
    let begun = first_try(life.term.until, rules, zone).max(life.term.from) <= slot;
    begun && now < life.release_at && tried_at.is_none_or(|tried| tried < slot)
}

/// When to look after an end again; none: nothing more will be due.
pub(crate) fn next_look(
    life: Life,
    policy: ExpiryPolicy,
    (rules, zone): (&Rules, &TimeZone),
    now: Timestamp,
) -> Option<Timestamp> {
    let told = notices(life.term, rules, zone).into_iter().map(|notice| notice.at).find(|at| *at > now);
    let tried = match policy {
        ExpiryPolicy::Automatic => {
            let first = first_slot(life.term, rules, zone);
            let next = if now < first { first } else { slot(now, rules, zone).plus_calendar_days(1, zone) };
            Some(next).filter(|next| *next < life.release_at)
        }
        ExpiryPolicy::Manual | ExpiryPolicy::End => None,
    };
    told.into_iter().chain(tried).min()
}

/// A length that something can be renewed for, and what it saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) unit: PeriodUnit,
    pub(crate) count: u32,
    pub(crate) basis_points: u32,
}

impl Offered {
    pub(crate) fn code(self) -> String {
        format!("{}.{}", self.unit, self.count)
    }

    /// `month.12`
    pub(crate) fn read(code: &str) -> Option<(PeriodUnit, u32)> {
        let (unit, count) = code.split_once('.')?;
        Some((unit.parse().ok()?, count.parse().ok()?))
    }
}

/// The lengths that people choose from: round ones, those from which it is cheaper, and their own: the present one and the one
/// that they have agreed to.
pub(crate) fn offered(plan: &Plan, own: &[(PeriodUnit, u32)]) -> Vec<Offered> {
    let mut offered = Vec::new();
    for unit in PeriodUnit::ALL {
        let Some(price) = plan.period(*unit) else { continue };
        let round: &[u32] = match unit {
            PeriodUnit::Day => &[1, 7, 30, 90],
            PeriodUnit::Month => &[1, 2, 3, 6, 12, 24],
            PeriodUnit::Year => &[1, 2, 3, 5],
        };
        let cheaper = price.discounts.iter().map(|discount| discount.periods_min);
        let own = own.iter().filter(|(own, _)| own == unit).map(|(_, count)| *count);
        let mut counts: Vec<u32> = round.iter().copied().chain(cheaper).chain(own).collect();
        counts.sort_unstable();
        counts.dedup();
        offered.extend(counts.into_iter().filter(|count| *count <= price.periods_max).map(|count| {
            let reached = price.discounts.iter().filter(|discount| discount.periods_min <= count);
            let basis_points =
                reached.max_by_key(|discount| discount.periods_min).map_or(0, |found| found.basis_points);
            Offered { unit: *unit, count, basis_points }
        }));
    }
    offered
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, time::DAY};
    use pricing::{Choice, Length};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn life(from: &str, until: &str) -> Life {
        let term = Period { from: at(from), until: at(until) };
        Life { term, release_at: term.until.plus_days(15) }
    }

    #[test]
    fn a_renewal_begins_at_the_old_end_at_month_ends_in_leap_years_and_in_any_zone() {
        let check = |zone_name: &str, (began, until), length: Length, end: &str| {
            let term = length.next(at(began), at(until), &zone(zone_name));
            assert_eq!(term, Period { from: at(until), until: at(end) }, "{zone_name} {began} {until} {length:?}");
        };
        let (jan_31, feb_28) = ("2026-01-31T04:00:00Z", "2026-02-28T04:00:00Z");
        // What began on the 31st ends on the last day of a shorter month, and on the 31st again.
        check("Asia/Shanghai", (jan_31, feb_28), Length::Months(1), "2026-03-31T04:00:00Z");
        check("Asia/Shanghai", (jan_31, "2026-03-31T04:00:00Z"), Length::Months(1), "2026-04-30T04:00:00Z");
        check("Asia/Shanghai", (jan_31, feb_28), Length::Months(12), "2027-02-28T04:00:00Z");
        check("Asia/Shanghai", (jan_31, feb_28), Length::Months(24), "2028-02-29T04:00:00Z");
        // The leap day, bought by the year and renewed by the month, and the other way round.
        check("UTC", ("2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z"), Length::Months(36), "2032-02-29T00:00:00Z");
        check("UTC", ("2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z"), Length::Months(1), "2029-03-29T00:00:00Z");
        check("UTC", ("2028-01-29T00:00:00Z", "2028-02-29T00:00:00Z"), Length::Months(12), "2029-02-28T00:00:00Z");
        // 17:00 UTC on the 30th is the 31st in Shanghai, so that February ends on its 28th there.
        check(
            "Asia/Shanghai",
            ("2026-01-30T17:00:00Z", "2026-02-27T17:00:00Z"),
            Length::Months(1),
            "2026-03-30T17:00:00Z",
        );
        check("UTC", ("2026-01-30T17:00:00Z", "2026-02-28T17:00:00Z"), Length::Months(1), "2026-03-30T17:00:00Z");
        // The same time on the wall in summer and in winter.
        check(
            "Europe/Berlin",
            ("2026-02-15T09:00:00Z", "2026-03-15T09:00:00Z"),
            Length::Months(1),
            "2026-04-15T08:00:00Z",
        );
        check(
            "Europe/Berlin",
            ("2026-03-28T11:00:00Z", "2026-03-28T11:00:00Z"),
            Length::Days(1),
            "2026-03-29T10:00:00Z",
        );
        // By days after months, and by months after days: the days begin where the months ended.
        check("Asia/Shanghai", (jan_31, feb_28), Length::Days(30), "2026-03-30T04:00:00Z");
        check("Asia/Shanghai", (jan_31, "2026-03-30T04:00:00Z"), Length::Months(1), "2026-04-30T04:00:00Z");
    }

    #[test]
    fn notices_are_told_in_the_second_half_of_a_term() {
        let check = |from: &str, until: &str, expected: &[(u32, &str)]| {
            let found = notices(life(from, until).term, &Rules::default(), &zone("Asia/Shanghai"));
            let expected: Vec<Notice> =
                expected.iter().map(|(days, moment)| Notice { days: *days, at: at(moment) }).collect();
            assert_eq!(found, expected, "{from} {until}");
        };
        check(
            "2026-03-02T01:00:00Z",
            "2027-03-02T01:00:00Z",
            &[
                (30, "2027-01-31T02:00:00Z"),
                (15, "2027-02-15T02:00:00Z"),
                (7, "2027-02-23T02:00:00Z"),
                (3, "2027-02-27T02:00:00Z"),
                (1, "2027-03-01T02:00:00Z"),
            ],
        );
        check(
            "2026-03-02T01:00:00Z",
            "2026-04-02T01:00:00Z",
            &[
                (15, "2026-03-18T02:00:00Z"),
                (7, "2026-03-26T02:00:00Z"),
                (3, "2026-03-30T02:00:00Z"),
                (1, "2026-04-01T02:00:00Z"),
            ],
        );
        check(
            "2026-03-02T01:00:00Z",
            "2026-03-09T01:00:00Z",
            &[(3, "2026-03-06T02:00:00Z"), (1, "2026-03-08T02:00:00Z")],
        );
        check("2026-03-02T01:00:00Z", "2026-03-03T01:00:00Z", &[]);
    }

    #[test]
    fn of_missed_notices_only_the_last_is_told_and_none_after_the_end() {
        let life = life("2026-03-02T01:00:00Z", "2027-03-02T01:00:00Z");
        let zone = zone("Asia/Shanghai");
        let due =
            |policy, now: &str| notice_due(life, policy, (&Rules::default(), &zone), at(now)).map(|notice| notice.days);
        assert_eq!(due(ExpiryPolicy::Manual, "2027-01-31T01:59:59Z"), None);
        assert_eq!(due(ExpiryPolicy::Manual, "2027-01-31T02:00:00Z"), Some(30));
        assert_eq!(due(ExpiryPolicy::Automatic, "2027-02-27T03:00:00Z"), Some(3));
        assert_eq!(due(ExpiryPolicy::End, "2027-02-27T03:00:00Z"), None);
        assert_eq!(due(ExpiryPolicy::End, "2027-03-01T03:00:00Z"), Some(1));
        assert_eq!(due(ExpiryPolicy::Manual, "2027-03-02T01:00:00Z"), None);
    }

    #[test]
    fn an_automatic_renewal_is_tried_seven_days_before_at_three_and_then_daily_until_the_release() {
        let life = life("2026-03-02T01:00:00Z", "2026-04-02T01:00:00Z");
        let (rules, zone) = (Rules::default(), zone("Asia/Shanghai"));
        // 03:00 on 26 March in Shanghai.
        let first = at("2026-03-25T19:00:00Z");
        assert_eq!(first_try(life.term.until, &rules, &zone), first);
        let due = |tried: Option<Timestamp>, now| try_due(life, tried, (&rules, &zone), now);
        assert!(!due(None, first.plus_seconds(-1)));
        assert!(due(None, first) && due(None, first.plus_seconds(40_000)));
        assert!(!due(Some(first), first.plus_seconds(40_000)), "once a day");
        assert!(due(Some(first), first.plus_days(1)) && !due(Some(first.plus_seconds(1)), first.plus_seconds(86_399)));
        let last = life.release_at.plus_seconds(-1);
        assert!(due(Some(first), last) && !due(Some(first), life.release_at));
        let next = |policy, now| next_look(life, policy, (&rules, &zone), now);
        assert_eq!(next(ExpiryPolicy::Automatic, first.plus_days(-30)), Some(at("2026-03-18T02:00:00Z")));
        assert_eq!(next(ExpiryPolicy::Automatic, at("2026-03-18T02:00:00Z")), Some(first));
        assert_eq!(next(ExpiryPolicy::Manual, at("2026-03-18T02:00:00Z")), Some(at("2026-03-26T02:00:00Z")));
        assert_eq!(next(ExpiryPolicy::Automatic, life.term.until), Some(at("2026-04-02T19:00:00Z")));
        assert_eq!(next(ExpiryPolicy::Automatic, last), None);
        assert_eq!(next(ExpiryPolicy::Manual, life.term.until), None);
    }

    #[test]
    fn terms_that_are_shorter_than_the_days_before_an_end_do_not_run_ahead() {
        let (rules, zone) = (Rules::default(), zone("Asia/Shanghai"));
        let look = |life, tried, now: Timestamp| {
            let at = (&rules, &zone);
            (try_due(life, tried, at, now), next_look(life, ExpiryPolicy::Automatic, at, now))
        };
        // Two days, bought at nine and renewed on the first night: the next term begins two days later.
        let (bought, night) = (at("2026-03-02T01:00:00Z"), at("2026-03-02T19:00:00Z"));
        let first = life("2026-03-02T01:00:00Z", "2026-03-04T01:00:00Z");
        assert_eq!(look(first, None, bought), (false, Some(night)));
        assert!(look(first, None, night).0);
        let second = life("2026-03-04T01:00:00Z", "2026-03-06T01:00:00Z");
        let third_night = at("2026-03-04T19:00:00Z");
        assert_eq!(look(second, Some(night), night.plus_days(1)), (false, Some(third_night)));
        assert!(look(second, Some(night), third_night).0);
    }

    #[test]
    fn who_agrees_on_the_last_day_is_renewed_at_once() {
        let (rules, zone) = (Rules::default(), zone("Asia/Shanghai"));
        let life = life("2026-03-02T01:00:00Z", "2026-04-02T01:00:00Z");
        let last = |now: &str| is_last_chance(life, (&rules, &zone), at(now));
        // There is one more night before the end on 2 April at nine.
        assert!(!last("2026-03-20T01:00:00Z") && !last("2026-04-01T18:59:00Z"));
        assert!(last("2026-04-01T19:01:00Z") && last("2026-04-10T01:00:00Z"));
    }

    #[test]
    fn nothing_is_paid_beyond_what_was_agreed_to() {
        let yuan = |minor| Money::of(minor, Currency::CNY);
        let consent = Consent {
            periods: 1,
            period_unit: None,
            price_max: yuan(30_000),
            agreed_at: at("2026-03-02T01:00:00Z"),
            agreed_by: UserId::new(at("2026-03-02T01:00:00Z")),
        };
        let covered = [29_999, 30_000, 30_001].map(|minor| consent.covers(yuan(minor)));
        assert_eq!(covered, [true, true, false]);
        assert!(!consent.covers(Money::of(1, Currency::USD)));
    }

    fn plan() -> Plan {
        serde_json::from_value(serde_json::json!({
            "currency": "CNY",
            "billing": { "mode": "period", "set_up": "500.00",
                "month": { "price": { "base": "100.00" }, "periods_max": 12, "discounts": [{ "periods_min": 9, "basis_points": 1_000 }] },
                "year": { "price": { "base": "1000.00" }, "periods_max": 3 } }
        }))
        .unwrap()
    }

    #[test]
    fn lengths_are_round_or_cheaper_or_the_present_one() {
        let codes = |own: &[_]| offered(&plan(), own).iter().map(|one| one.code()).collect::<Vec<_>>().join(" ");
        assert_eq!(codes(&[]), "month.1 month.2 month.3 month.6 month.9 month.12 year.1 year.2 year.3");
        assert_eq!(
            codes(&[(PeriodUnit::Month, 5), (PeriodUnit::Month, 7)]),
            "month.1 month.2 month.3 month.5 month.6 month.7 month.9 month.12 year.1 year.2 year.3"
        );
        assert_eq!(offered(&plan(), &[])[4].basis_points, 1_000);
        assert_eq!(Offered::read("year.2"), Some((PeriodUnit::Year, 2)));
        assert_eq!(["year", "year.x", "fortnight.1"].map(Offered::read), [None, None, None]);
    }

    #[test]
    fn a_month_becomes_a_year_and_what_was_paid_once_is_not_paid_again() {
        let price = |unit, periods| {
            let choice = Choice { period_unit: Some(unit), periods, ..Choice::default() };
            let life = (at("2026-01-31T04:00:00Z"), at("2026-02-28T04:00:00Z"));
            let renewal = pricing::renewal(&plan(), &choice, life, &zone("Asia/Shanghai")).unwrap();
            (renewal.quote.total.minor(), renewal.term.until)
        };
        assert_eq!(price(PeriodUnit::Month, 1), (10_000, at("2026-03-31T04:00:00Z")));
        assert_eq!(price(PeriodUnit::Month, 9), (81_000, at("2026-11-30T04:00:00Z")));
        assert_eq!(price(PeriodUnit::Year, 1), (100_000, at("2027-02-28T04:00:00Z")));
    }

    proptest! {
        /// Looking when told to is enough: every notice and every try is seen, none twice, and it comes to an end.
        #[test]
        fn whoever_looks_when_told_to_misses_nothing(
            start in 0_i64..2_000 * DAY, days in prop_oneof![1_i64..10, 1_i64..800], automatic: bool, zone_name in 0_usize..3,
        ) {
            let zone = zone(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"][zone_name]);
            let (rules, from) = (Rules::default(), Timestamp::from_micros(1_767_225_600_000_000 + start));
            let term = Period { from, until: from.plus_calendar_days(days, &zone) };
            let life = Life { term, release_at: term.until.plus_days(15) };
            let policy = if automatic { ExpiryPolicy::Automatic } else { ExpiryPolicy::Manual };
            let (mut now, mut tried, mut tries, mut told) = (from, None, Vec::new(), Vec::new());
            while let Some(next) = next_look(life, policy, (&rules, &zone), now) {
                prop_assert!(next > now && next < life.release_at);
                now = next;
                if automatic && try_due(life, tried, (&rules, &zone), now) {
                    prop_assert!(term.from <= now, "a term that has not begun is not followed by another one");
                    tries.push(now);
                    tried = Some(now);
                }
                if let Some(due) = notice_due(life, policy, (&rules, &zone), now) && told.last() != Some(&due.days) {
                    told.push(due.days);
                }
            }
            let wanted: Vec<u32> = notices(term, &rules, &zone).iter().map(|notice| notice.days).collect();
            prop_assert_eq!(told, wanted);
            if automatic {
                let first = first_slot(term, &rules, &zone);
                // The day on which summer time begins has 23 hours.
                let length = (life.release_at.micros_since(first) + DAY / 24) / DAY;
                prop_assert!((length - 1..=length + 1).contains(&i64::try_from(tries.len()).unwrap()), "{} tries", tries.len());
            }
        }
    }
}
