//! Under which rules a sandbox runs, how far its clock may be turned, what faults may be injected.

use jiff::tz::TimeZone;
use kernel::{Invalid, Localized, Refusal, Timestamp};
use production::{Fault, FaultPlan};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use utoipa::ToSchema;

/// Why something that was asked of a sandbox is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SandboxRefused {
    #[error("this site runs no sandboxes")]
    Disabled,
    #[error("as many sandboxes run as this site lets run at once, {0}; try again in some minutes")]
    TooMany(u32),
    #[error("the sandbox is doing something else just now; wait until that is done")]
    AtWork,
    #[error("the sandbox has grown to {0} MB, as large as it may; end it and start another one")]
    Full(u32),
    #[error("nothing is due in it: no job waits")]
    NothingWaits,
    #[error(
        "the address or a key of your system, or what it is told of codes, has changed since it was started; end it and start another one"
    )]
    OtherAddress,
    #[error("it could not be made in time; try again in a minute")]
    Slow,
    #[error("too many sandboxes are at work just now; try again in some seconds")]
    Crowded,
    #[error("the process in which the sandbox runs does not answer; try again in some seconds")]
    Away,
    #[error("a sandbox has room for {0} listings, and others came before it")]
    Listings(usize),
}

impl Refusal for SandboxRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Disabled => "sandbox.disabled",
            Self::TooMany(_) => "sandbox.too_many",
            Self::AtWork => "sandbox.at_work",
            Self::Full(_) => "sandbox.full",
            Self::NothingWaits => "sandbox.nothing_waits",
            Self::OtherAddress => "sandbox.other_address",
            Self::Slow => "sandbox.slow",
            Self::Crowded => "sandbox.crowded",
            Self::Away => "sandbox.away",
            Self::Listings(_) => "sandbox.listings",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::Disabled => "本站未开放沙箱".to_owned(),
            Self::TooMany(most) => format!("同时运行的沙箱已达本站上限 {most} 个，请过几分钟再试"),
            Self::AtWork => "沙箱正在执行其他操作，请等待完成".to_owned(),
            Self::Full(megabytes) => format!("沙箱数据已达上限 {megabytes} MB，请结束后重新启动"),
            Self::NothingWaits => "没有等待执行的任务".to_owned(),
            Self::OtherAddress => "启动后贵方系统的地址、密钥或授权码通知用例已变更，请结束后重新启动".to_owned(),
            Self::Slow => "启动超时，请稍后再试".to_owned(),
            Self::Crowded => "当前正在执行操作的沙箱过多，请过几秒再试".to_owned(),
            Self::Away => "沙箱所在的进程没有响应，请过几秒再试".to_owned(),
            Self::Listings(most) => format!("沙箱最多容纳 {most} 个商品，已由其他商品占满"),
        };
        Localized::new(self.to_string(), zh)
    }

    fn status(&self) -> u16 {
        match self {
            Self::Disabled | Self::Full(_) | Self::NothingWaits | Self::OtherAddress | Self::Listings(_) => 422,
            Self::TooMany(_) | Self::Slow | Self::Crowded => 429,
            Self::AtWork => 409,
            Self::Away => 503,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(_) | Self::Slow => Some(60),
            Self::AtWork => Some(1),
            Self::Crowded | Self::Away => Some(5),
            Self::Disabled | Self::Full(_) | Self::NothingWaits | Self::OtherAddress | Self::Listings(_) => None,
        }
    }
}

/// The rules of a site as they hold in a sandbox: prices, terms, windows and retries are kept; what keeps strangers out, or needs
/// somebody who decides, falls away.
pub(crate) fn policy_inside(site: &str) -> Result<String, toml::de::Error> {
    let mut rules: Table = site.parse()?;
    let mut set = |path: &[&str], value: Value| {
        if let [section, rule @ ..] = path
            && let Some(table) = rules.entry(*section).or_insert(Value::Table(Table::new())).as_table_mut()
            && let [rule] = rule
        {
            table.insert((*rule).to_owned(), value);
        }
    };
    let none = || Value::Array(Vec::new());
    set(&["probing", "on"], false.into());
    set(&["sandbox", "enabled"], false.into());
    set(&["sign_in", "confirm_addresses"], false.into());
    set(&["sign_in", "password_length_min"], 10.into());
    set(&["review", "second_reviewer_from"], none());
    set(&["review", "second_reviewer_types"], none());
    set(&["sellers", "mandatory"], none());
    for rule in ["business_years_min", "employees_min", "registered_capital_min"] {
        set(&["sellers", rule], 1.into());
    }
    for access in rules.get_mut("access_types").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(access) = access.as_table_mut() {
            access.insert("documents".to_owned(), none());
            // Left out, they would be the usual ones.
            access.insert("cases".to_owned(), Table::new().into());
        }
    }
    Ok(rules.to_string())
}

/// Where a turn to what is due next ends: that may lie further away than a turn may lead.
pub(crate) fn bounded(next: Timestamp, (started_at, now): (Timestamp, Timestamp), days_max: u32) -> Option<Timestamp> {
    let moment = next.min(now.plus_days(i64::from(days_max)));
    (moment <= started_at.plus_days(YEARS_MAX * 365)).then_some(moment)
}

/// How the clock of a sandbox is turned: by one of these.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"months": 1}))]
pub(crate) struct TurnSandbox {
    /// Hours as they pass: what is paid by use is charged by the hour or the day.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(crate) hours: Option<i64>,
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(crate) days: Option<i64>,
    /// By the site's calendar: from the 31st to the last of the month.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(crate) months: Option<i64>,
    /// To a moment.
    #[serde(default)]
    pub(crate) until: Option<Timestamp>,
    /// To when the next thing is due: a notice, a renewal, a try.
    #[serde(default)]
    pub(crate) next: bool,
}

/// Where the clock is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    At(Timestamp),
    AtNext,
}

/// No sandbox sees more than this of the future.
const YEARS_MAX: i64 = 10;

impl TurnSandbox {
    /// `started_at`: where the clock began. `days_max`: by how much it is turned at once.
    pub(crate) fn checked(
        &self,
        (started_at, now): (Timestamp, Timestamp),
        days_max: u32,
        zone: &TimeZone,
    ) -> Result<Stop, Invalid> {
        let Self { hours, days, months, until, next } = self;
        let most = i64::from(days_max);
        let within = |field: &str, most: i64, wanted: i64, moment: &dyn Fn() -> Timestamp| {
            let range = (format!("must be from 1 to {most}"), format!("须为 1 到 {most}"));
            if (1..=most).contains(&wanted) { Ok(moment()) } else { Err(Invalid::one(field, range)) }
        };
        let to = |until: Timestamp| {
            let ahead = (
                format!("must be after the sandbox's present and at most {most} days ahead"),
                format!("须晚于沙箱当前时间，且不超过 {most} 天"),
            );
            let fine = now < until && until <= now.plus_days(most + 1);
            if fine { Ok(until) } else { Err(Invalid::one("until", ahead)) }
        };
        let (field, moment) = match (hours, days, months, until, next) {
            (Some(hours), None, None, None, false) => {
                ("hours", within("hours", most * 24, *hours, &|| now.plus_seconds(hours * 3_600))?)
            }
            (None, Some(days), None, None, false) => {
                ("days", within("days", most, *days, &|| now.plus_calendar_days(*days, zone))?)
            }
            (None, None, Some(months), None, false) => {
                ("months", within("months", (most / 28).max(1), *months, &|| now.plus_months(*months, zone))?)
            }
            (None, None, None, Some(until), false) => ("until", to(*until)?),
            (None, None, None, None, true) => return Ok(Stop::AtNext),
            _ => {
                let one = ("must be the only one of hours, days, months, until and next", "与其他方式须且只能填写一项");
                return Err(Invalid::one("days", one));
            }
        };
        // So many months may be longer than so many days.
        if moment > now.plus_days(most + 1) {
            let range = (format!("leads further than {most} days"), format!("超过了 {most} 天"));
            return Err(Invalid::one(field, range));
        }
        if moment > started_at.plus_days(YEARS_MAX * 365) {
            let far = ("leads further than ten years from the start", "超出了启动后十年的范围");
            return Err(Invalid::one(field, far));
        }
        Ok(Stop::At(moment))
    }
}

/// Which faults calls meet from now on. Nothing chosen: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"faults": ["lost", "duplicated"], "percent": 30, "seed": 7}))]
pub(crate) struct InjectFaults {
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
    /// Of a hundred calls so many meet one.
    #[serde(default = "all")]
    #[schema(minimum = 0, maximum = 100, default = 100)]
    pub(crate) percent: u32,
    /// After so many it is over; without it, it goes on.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) at_most: Option<u32>,
    /// The same seed and the same calls meet the same faults.
    #[serde(default)]
    pub(crate) seed: u32,
}

fn all() -> u32 {
    100
}

impl InjectFaults {
    pub(crate) fn checked(&self) -> Result<FaultPlan, Invalid> {
        let mut wrong = Invalid::default();
        let percent = u8::try_from(self.percent).ok().filter(|percent| *percent <= 100);
        wrong.check(percent.is_some(), "percent", ("must be from 0 to 100", "须为 0 到 100"));
        let counted = self.at_most.is_none_or(|most| (1..=100_000).contains(&most));
        wrong.check(counted, "at_most", ("must be from 1 to 100000", "须为 1 到 100000"));
        wrong.done()?;
        Ok(FaultPlan {
            faults: self.faults.iter().copied().collect(),
            percent: percent.unwrap_or_default(),
            at_most: self.at_most,
            seed: self.seed.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use policy::{AccessType, BillingMode, DEFAULT, Policy};

    use super::*;

    #[test]
    fn prices_and_terms_of_the_site_hold_inside_and_what_needs_people_does_not() {
        let site = DEFAULT
            .replace("automatic_days = 7", "automatic_days = 9")
            .replace("fee_basis_points = 500", "fee_basis_points = 700");
        let inside = Policy::parse(&policy_inside(&site).unwrap()).unwrap();
        let outside = Policy::parse(&site).unwrap();
        assert_eq!((inside.renewals.automatic_days, &inside.renewals), (9, &outside.renewals));
        assert_eq!(inside.access_types[0].fee_basis_points, 700);
        assert_eq!(inside.delivery.calls, outside.delivery.calls);
        assert!(!inside.probing.on && !inside.sandbox.enabled);
        assert!(inside.access_types.iter().all(|access| access.documents.is_empty()));
        assert!(inside.cases(AccessType::Saas, BillingMode::Period).is_empty());
        assert_eq!(inside.sign_in.confirm_addresses, Some(false));
    }

    #[test]
    fn a_site_of_older_rules_has_a_sandbox_all_the_same() {
        let (before, rest) = DEFAULT.split_once("[probing]").unwrap();
        let (_, after) = rest.split_once("\n[metering]").unwrap();
        let inside = Policy::parse(&policy_inside(&format!("{before}[metering]{after}")).unwrap()).unwrap();
        assert!(!inside.probing.on && !inside.sandbox.enabled);
        assert!(policy_inside("no = toml = at all").is_err());
    }

    #[test]
    fn the_clock_goes_forward_by_one_of_its_ways_and_not_too_far() {
        let now: Timestamp = "2027-01-31T02:00:00Z".parse().unwrap();
        let started: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        let turn = |turn: TurnSandbox| turn.checked((started, now), 366, &TimeZone::UTC);
        let of = TurnSandbox::default;
        let at = |text: &str| Ok(Stop::At(text.parse().unwrap()));
        assert_eq!(turn(TurnSandbox { days: Some(1), ..of() }), at("2027-02-01T02:00:00Z"));
        assert_eq!(turn(TurnSandbox { hours: Some(2), ..of() }), at("2027-01-31T04:00:00Z"));
        assert_eq!(turn(TurnSandbox { months: Some(1), ..of() }), at("2027-02-28T02:00:00Z"));
        assert_eq!(turn(TurnSandbox { next: true, ..of() }), Ok(Stop::AtNext));
        let until = |text: &str| TurnSandbox { until: Some(text.parse().unwrap()), ..of() };
        assert_eq!(turn(until("2027-02-01T00:00:00Z")), at("2027-02-01T00:00:00Z"));
        for (wrong, field) in [
            (of(), "days"),
            (TurnSandbox { days: Some(0), ..of() }, "days"),
            (TurnSandbox { days: Some(-3), ..of() }, "days"),
            (TurnSandbox { days: Some(367), ..of() }, "days"),
            (TurnSandbox { months: Some(13), ..of() }, "months"),
            (TurnSandbox { days: Some(i64::MAX), ..of() }, "days"),
            (TurnSandbox { hours: Some(0), ..of() }, "hours"),
            (TurnSandbox { hours: Some(366 * 24 + 1), ..of() }, "hours"),
            (TurnSandbox { hours: Some(1), days: Some(1), ..of() }, "days"),
            (TurnSandbox { days: Some(1), next: true, ..of() }, "days"),
            (until("2027-01-31T02:00:00Z"), "until"),
            (until("2026-01-31T02:00:00Z"), "until"),
            (until("2029-01-31T02:00:00Z"), "until"),
        ] {
            assert_eq!(turn(wrong).unwrap_err().0[0].field, field);
        }
        let late =
            TurnSandbox { days: Some(366), ..of() }.checked((started, started.plus_days(3_600)), 366, &TimeZone::UTC);
        assert_eq!(late.unwrap_err().0[0].field, "days");
        // A month is longer than what a site of few days allows.
        let month = TurnSandbox { months: Some(1), ..of() };
        let short =
            |days| month.checked((started, now), days, &TimeZone::UTC).map_err(|wrong| wrong.0[0].field.clone());
        assert_eq!(short(7), Err("months".to_owned()));
        assert!(short(28).is_ok());
    }

    #[test]
    fn what_is_due_far_ahead_is_reached_in_turns_that_are_not_too_long() {
        let now: Timestamp = "2027-01-31T02:00:00Z".parse().unwrap();
        let near = now.plus_days(3);
        assert_eq!(bounded(near, (now, now), 366), Some(near));
        assert_eq!(bounded(now.plus_days(1_000), (now, now), 366), Some(now.plus_days(366)));
        assert_eq!(bounded(now.plus_days(3), (now.plus_days(-3_650), now), 366), None);
    }

    #[test]
    fn faults_have_a_share_and_an_end_within_bounds() {
        let plan = InjectFaults { faults: vec![Fault::Late, Fault::Late], percent: 100, at_most: Some(1), seed: 5 };
        assert_eq!(plan.checked().unwrap().faults, [Fault::Late].into());
        let wrong = InjectFaults { percent: 101, at_most: Some(0), ..plan };
        let fields: Vec<String> = wrong.checked().unwrap_err().0.into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["percent", "at_most"]);
    }
}
