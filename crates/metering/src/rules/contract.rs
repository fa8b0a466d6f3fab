//! What is metered: one instance, the prices that it was bought at, and how far it is charged.

use jiff::tz::TimeZone;
use kernel::{
    Currency, Localized, Money, Timestamp,
    id::{AccountId, InstanceId, OrderLineId, ProductId},
    money::MoneyError,
    time::Period,
};
use policy::Metering as Rules;
use pricing::{BillingCycle, Meter, OnDemand};
use serde::{Deserialize, Serialize};

use super::rating::{KEPT_DAYS, Standing};

/// The prices under which something was bought; later prices of the same product do not touch it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub currency: Currency,
    /// The site's zone on the day of the purchase: hours, days and months are counted in it for good.
    pub zone: String,
    pub prices: OnDemand,
    /// The platform's share of what is charged.
    pub fee_basis_points: u32,
    /// It is a package: its prices are those of what goes beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<OfPackage>,
}

/// What a package says of records that are reported for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfPackage {
    /// It is over then, whatever is seen of that first.
    pub until: Timestamp,
    /// Nothing more is used when it is used up.
    pub stops: bool,
}

impl Terms {
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The hour or day that a moment is charged with.
    pub fn period(&self, moment: Timestamp) -> Period {
        self.prices.cycle.around(moment, &self.zone())
    }

    /// Its meters in the order in which they are charged.
    pub(crate) fn meters(&self) -> Vec<&Meter> {
        let mut meters: Vec<&Meter> = self.prices.meters.iter().collect();
        meters.sort_by(|one, other| one.counts.code.cmp(&other.counts.code));
        meters
    }

    /// Seconds from the end of an hour or a day to its charge.
    pub fn lag_seconds(&self, rules: &Rules) -> i64 {
        let minutes = match self.prices.cycle {
            BillingCycle::Hour => rules.hour_lag_minutes,
            BillingCycle::Day => rules.day_lag_minutes,
        };
        i64::from(minutes) * 60
    }

    /// The meter that a record means; one that names none means the only one.
    pub fn meter(&self, named: Option<&str>) -> Option<&Meter> {
        match (named.filter(|code| !code.is_empty()), self.prices.meters.as_slice()) {
            (Some(code), _) => self.prices.meter(code),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// What was charged of something in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    /// In minor units.
    pub minor: i64,
    pub records: i64,
}

impl Charges {
    pub(crate) fn and(self, amount: Money, records: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_add(amount.minor()).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, records: self.records.saturating_add(records) })
    }
}

/// When something that was frozen for unpaid use is released.
pub(crate) fn released_at(frozen: Timestamp, rules: &Rules) -> Timestamp {
    frozen.plus_days(i64::from(rules.frozen_days))
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub instance: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub product: ProductId,
    pub line: OrderLineId,
    pub title: Localized,
    /// How its seller's system names it.
    pub name: String,
    pub terms: Terms,
    pub began_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// What was used before is charged.
    pub charged_until: Timestamp,
    pub standing: Standing,
    pub charged: Charges,
    pub unpaid_since: Option<Timestamp>,
    pub frozen_at: Option<Timestamp>,
    /// When it was frozen earlier; what a record is too old for is forgotten.
    pub thawed: Vec<Period>,
    /// How many corrections of its records count.
    pub corrections: i64,
    /// When it is looked at next; none: nothing more was expected of it.
    pub due_at: Option<Timestamp>,
}

impl Contract {
    /// The next hour or day to be charged.
    pub(crate) fn open_period(&self) -> Period {
        self.terms.period(self.charged_until)
    }

    /// Whether it was frozen at any moment of a time.
    pub(crate) fn was_frozen(&self, (begin, end): (Timestamp, Timestamp)) -> bool {
        self.frozen_at.is_some_and(|frozen| end > frozen)
            || self.thawed.iter().any(|span| begin < span.until && end > span.from)
    }

    /// It is not frozen any more; that it was is kept for records of that time.
    pub(crate) fn thaw(&mut self, now: Timestamp) {
        self.thawed.retain(|span| span.until > now.plus_days(-KEPT_DAYS));
        self.thawed.extend(self.frozen_at.take().map(|from| Period { from, until: now }));
    }

    /// Whether it is a package that goes with something of the same buyer's, and counts a meter of that.
    pub(crate) fn is_package_for(&self, other: &Self, meter: &str) -> bool {
        let same = self.account == other.account && self.product == other.product;
        self.terms.package.is_some() && same && self.terms.prices.meter(meter).is_some()
    }

    /// Whether records can still come in.
    pub(crate) fn is_open(&self, now: Timestamp, rules: &Rules) -> bool {
        self.closed_at.is_none_or(|closed| now < closed.plus_days(i64::from(rules.late_days)))
    }
}
