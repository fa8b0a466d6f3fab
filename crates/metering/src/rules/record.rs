//! A record of use (话单): as it was sent, and what is wrong with it.

use kernel::{
    Localized, Timestamp, choices,
    id::{AccountId, InstanceId},
};
use policy::Metering as Rules;
use pricing::USAGE_SCALE;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::contract::Contract;

/// The most records at once.
pub const RECORDS_MAX: usize = 1_000;

/// The most that one record counts: a thousand of them still fit into what a cycle may count.
const QUANTITY_MAX: i64 = 10_000_000_000;
const NUMBER_MAX: usize = 200;
/// How far a seller's time may be ahead of ours.
const EARLY_SECONDS: i64 = 300;

choices! {
    /// Why a record is refused, by the numbers that sellers' programs know. 006 (the product has left the shelf) is never
    /// given: what was bought of it goes on.
    pub enum UsageCode {
        NoInstance = "001",
        Time = "002",
        Quantity = "003",
        NoNumber = "004",
        /// Twice in one request, with different content.
        NumberTwice = "005",
        TooOld = "007",
        NotYours = "009",
        /// Something else was recorded under the same number, or for the same time.
        Known = "010",
        Range = "011",
        NotByUse = "012",
        /// Used while it was frozen, or after it had ended.
        State = "013",
    }
}

impl UsageCode {
    /// What is wrong, and how to mend it.
    pub fn text(self) -> Localized {
        let (en, zh) = match self {
            Self::NoInstance => (
                "You have no such instance; send the name that your system gave it.",
                "没有该实例，须填写贵方系统返回的实例 ID。",
            ),
            Self::Time => (
                "A time is missing or cannot be read; send UTC like 20261129T080000Z.",
                "时间缺失或格式有误，须为 UTC 时间，如 20261129T080000Z。",
            ),
            Self::Quantity => (
                "The amount must be above 0 with at most 4 decimals, and the meter one of the instance's.",
                "用量须大于 0 且最多 4 位小数，计费项须属于该实例。",
            ),
            Self::NoNumber => {
                ("The record has no number; give each record its own.", "话单流水号缺失，每条话单须有唯一流水号。")
            }
            Self::NumberTwice => (
                "Two different records of one request have the same number; give each its own.",
                "同一请求中两条不同的话单使用了相同的流水号，须分别编号。",
            ),
            Self::TooOld => ("It begins too long ago to be charged.", "开始时间过早，已超出可上报期限。"),
            Self::NotYours => ("The instance is of another seller's product.", "该实例属于其他商家的商品。"),
            Self::Known => (
                "Something else was recorded under this number or for this time; what came first counts.",
                "该流水号或该时间段已有其他话单，以先上报的为准。",
            ),
            Self::Range => (
                "It ends before it begins, begins before the instance, or has not ended yet.",
                "时间范围有误：结束早于开始、开始早于实例开通，或尚未结束。",
            ),
            Self::NotByUse => (
                "The instance is not paid by use, or a package is named that it does not have.",
                "该实例不按用量计费，或指定了不存在的套餐包。",
            ),
            Self::State => ("It was used while it was frozen or after it had ended.", "使用时该实例已冻结或已结束。"),
        };
        Localized::new(en, zh)
    }
}

choices! {
    /// In which form a record came, which decides what identifies it.
    pub enum UsageForm {
        /// With a number; a time is recorded once for each meter.
        Push = "push",
        /// Without one: the time identifies it.
        Unnumbered = "unnumbered",
        /// An event: the number alone identifies it, many happen at the same time.
        Event = "event",
    }
}

/// A record as it was sent, field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub form: UsageForm,
    pub instance: String,
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub meter: String,
    /// What may name the meter, where nothing else does.
    #[serde(default)]
    pub kind: String,
    pub begin: String,
    pub end: String,
    pub quantity: String,
    /// Moments that are only checked to be some.
    #[serde(default)]
    pub recorded: Option<String>,
    /// The product that it has to be of.
    #[serde(default)]
    pub product: String,
    /// A package of the same customer's to take it from.
    #[serde(default)]
    pub package: String,
}

/// A record that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub account: AccountId,
    pub instance: InstanceId,
    pub number: String,
    pub meter: String,
    /// In ten-thousandths.
    pub quantity: i64,
    pub begin: Timestamp,
    pub end: Timestamp,
    /// Whether other records may be for the same time.
    pub apart: bool,
    /// Its own hour or day was charged already: the one it is charged with instead.
    pub late_in: Option<Timestamp>,
}

impl Record {
    /// Whether two records of one number say the same.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        (&self.meter, self.quantity, self.begin, self.end) == (&other.meter, other.quantity, other.begin, other.end)
    }
}

impl Sent {
    /// What identifies it within its instance, where that can be told.
    pub(crate) fn key(&self) -> Result<String, UsageCode> {
        let number = match self.form {
            UsageForm::Push | UsageForm::Event => self.number.trim().to_owned(),
            UsageForm::Unnumbered => format!("{}/{}/{}", self.meter, self.begin, self.end),
        };
        if number.is_empty() || number.len() > NUMBER_MAX { Err(UsageCode::NoNumber) } else { Ok(number) }
    }

    /// Checks it against what it is about.
    pub(crate) fn check(&self, contract: &Contract, now: Timestamp, rules: &Rules) -> Result<Record, UsageCode> {
        let number = self.key()?;
        if !self.package.is_empty() {
            return Err(UsageCode::NotByUse);
        }
        if !self.product.is_empty() && self.product != contract.product.to_string() {
            return Err(UsageCode::NoInstance);
        }
        let (begin, end) = (moment(&self.begin)?, moment(&self.end)?);
        self.recorded.as_deref().map(moment).transpose()?;
        let quantity = scaled(&self.quantity)?;
        let named = if self.meter.is_empty() { contract.terms.prices.meter(&self.kind) } else { None };
        let meter =
            named.or_else(|| contract.terms.meter(Some(&self.meter))).ok_or(UsageCode::Quantity)?.counts.code.clone();
        // Sellers count whole seconds.
        let opened = Timestamp::from_micros(contract.began_at.as_seconds() * kernel::time::SECOND);
        if begin > end || begin < opened || end > now.plus_seconds(EARLY_SECONDS) {
            return Err(UsageCode::Range);
        }
        if begin < now.plus_days(-i64::from(rules.late_days)) {
            return Err(UsageCode::TooOld);
        }
        if contract.closed_at.is_some_and(|closed| end > closed)
            || contract.frozen_at.is_some_and(|frozen| end > frozen)
        {
            return Err(UsageCode::State);
        }
        let late = contract.terms.period(begin).from < contract.charged_until;
        Ok(Record {
            account: contract.account,
            instance: contract.instance,
            number,
            meter,
            quantity,
            begin,
            end,
            apart: self.form == UsageForm::Event,
            late_in: late.then_some(contract.charged_until),
        })
    }
}

/// `yyyyMMddTHHmmssZ`, or RFC 3339.
fn moment(text: &str) -> Result<Timestamp, UsageCode> {
    let text = text.trim();
    let digits =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let compact = text.len() == 16 && digits(0, 8).is_some() && digits(9, 15).is_some();
    let found = if compact { Timestamp::parse_utc("%Y%m%dT%H%M%SZ", text) } else { text.parse().ok() };
    found.ok_or(UsageCode::Time)
}

/// A count in ten-thousandths.
fn scaled(text: &str) -> Result<i64, UsageCode> {
    let count = Decimal::from_str_exact(text.trim()).map_err(|_| UsageCode::Quantity)?.normalize();
    if count <= Decimal::ZERO || count > Decimal::from(QUANTITY_MAX) || count.scale() > USAGE_SCALE {
        return Err(UsageCode::Quantity);
    }
    let parts = count.mantissa() * 10_i128.pow(USAGE_SCALE - count.scale());
    i64::try_from(parts).map_err(|_| UsageCode::Quantity)
}

/// The count of so many ten-thousandths.
pub(crate) fn count(parts: i64) -> Decimal {
    Decimal::new(parts, USAGE_SCALE).normalize()
}
