//! A record of use (话单): as it was sent, and what is wrong with it.

use kernel::{
    Localized, Timestamp, choices,
    id::{AccountId, InstanceId, ProductId},
};
use policy::Metering as Rules;
use pricing::{Meter, USAGE_SCALE, UsagePrice};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    contract::{Contract, Terms},
    correction::Worth,
};

/// The most records at once.
pub const RECORDS_MAX: usize = 1_000;

/// Counts are kept in ten-thousandths.
pub(crate) const PARTS: i64 = 10_i64.pow(USAGE_SCALE);

/// The most that one record counts: a hundred of them fit into what is priced at once.
const QUANTITY_MAX: i64 = 10_000_000_000;
/// The most that one record may cost, in major units: what millions of them come to can still be booked.
pub(crate) const COST_MAX: i64 = 1_000_000;
/// The longest number, and the longest of anything else.
pub(crate) const NUMBER_MAX: usize = 500;
pub(crate) const FIELD_MAX: usize = 64;
/// What may name a meter, such as the type of an event, may be longer.
const KIND_MAX: usize = 200;
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
        /// Of an event that corrects another one: it cannot be, and is told why.
        Correction = "101",
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
            Self::Correction => ("This correction cannot be made.", "无法进行该更正。"),
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

/// The fields of a refused record as its seller has mended them.
#[derive(Clone, Debug)]
pub(crate) struct Mended {
    pub instance: String,
    pub number: String,
    pub meter: String,
    pub begin: String,
    pub end: String,
    pub quantity: String,
    pub product: String,
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
    /// What of it packages have covered; the rest is charged.
    pub covered: i64,
    pub begin: Timestamp,
    pub end: Timestamp,
    /// Whether other records may be for the same time.
    pub apart: bool,
    /// Where its own hour or day begins.
    pub period: Timestamp,
    /// Its own hour or day was charged already: the one it is charged with instead.
    pub late_in: Option<Timestamp>,
    pub product: ProductId,
    /// The package that it is taken from first: its own, or the one that it names.
    pub package: Option<InstanceId>,
    /// Without a package that covers it, it is refused.
    pub stops: bool,
}

/// A record as it was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) number: String,
    pub(crate) meter: String,
    pub(crate) worth: Worth,
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
    /// Its own hour or day was charged already when it came: the one that it is charged with instead.
    pub(crate) late_in: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
}

impl Recorded {
    /// The hour or day that it is charged with.
    pub(crate) fn charged_with(&self, terms: &Terms) -> Timestamp {
        self.late_in.unwrap_or_else(|| terms.period(self.begin).from)
    }
}

impl Record {
    /// Whether two records of one number say the same.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        (&self.meter, self.quantity, self.begin, self.end) == (&other.meter, other.quantity, other.begin, other.end)
    }
}

impl Sent {
    /// The number of an event: no other pair of source and id gives the same.
    pub(crate) fn number_of_event(source: &str, id: &str) -> String {
        format!("{}#{id}", source.replace('%', "%25").replace('#', "%23"))
    }

    /// The same record with other fields, in the form in which it came.
    pub(crate) fn mended(&self, fields: &Mended) -> Self {
        let trimmed = |text: &String| text.trim().to_owned();
        let Mended { instance, number, meter, begin, end, quantity, product, package } = fields;
        Self {
            form: self.form,
            instance: trimmed(instance),
            number: trimmed(number),
            meter: trimmed(meter),
            kind: self.kind.clone(),
            begin: trimmed(begin),
            end: trimmed(end),
            quantity: trimmed(quantity),
            recorded: None,
            product: trimmed(product),
            package: trimmed(package),
        }
    }

    /// Every field with its bound, and the code for what goes beyond it.
    fn fields(&self) -> [(&str, usize, UsageCode); 10] {
        [
            (&self.instance, FIELD_MAX, UsageCode::NoInstance),
            (&self.product, FIELD_MAX, UsageCode::NoInstance),
            (&self.number, NUMBER_MAX, UsageCode::NoNumber),
            (&self.meter, FIELD_MAX, UsageCode::Quantity),
            (&self.kind, KIND_MAX, UsageCode::Quantity),
            (&self.quantity, FIELD_MAX, UsageCode::Quantity),
            (&self.begin, FIELD_MAX, UsageCode::Time),
            (&self.end, FIELD_MAX, UsageCode::Time),
            (self.recorded.as_deref().unwrap_or_default(), FIELD_MAX, UsageCode::Time),
            (&self.package, FIELD_MAX, UsageCode::NotByUse),
        ]
    }

    /// Whether every field can be a value at all. Nothing else is asked of a record that is not legible.
    pub(crate) fn legible(&self) -> Result<(), UsageCode> {
        let wrong = self.fields().into_iter().find(|(text, most, _)| !is_legible(text, *most));
        wrong.map_or(Ok(()), |(_, _, code)| Err(code))
    }

    /// As it is kept when it was refused: cut where it is too long, without what no text holds.
    pub(crate) fn kept(&self) -> Self {
        let cut = |text: &String, most: usize| {
            let legible = text.chars().map(|one| if one.is_control() { char::REPLACEMENT_CHARACTER } else { one });
            legible.take(most + 1).collect::<String>()
        };
        let Self { form, instance, number, meter, kind, begin, end, quantity, recorded, product, package } = self;
        Self {
            form: *form,
            instance: cut(instance, FIELD_MAX),
            number: cut(number, NUMBER_MAX),
            meter: cut(meter, FIELD_MAX),
            kind: cut(kind, KIND_MAX),
            begin: cut(begin, FIELD_MAX),
            end: cut(end, FIELD_MAX),
            quantity: cut(quantity, FIELD_MAX),
            recorded: recorded.as_ref().map(|moment| cut(moment, FIELD_MAX)),
            product: cut(product, FIELD_MAX),
            package: cut(package, FIELD_MAX),
        }
    }

    /// Checks one that is legible against what it is about.
    pub(crate) fn check(
        &self,
        (contract, package): (&Contract, Option<&Contract>),
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Record, UsageCode> {
        if self.form != UsageForm::Unnumbered && self.number.trim().is_empty() {
            return Err(UsageCode::NoNumber);
        }
        if !self.product.is_empty() && self.product != contract.product.to_string() {
            return Err(UsageCode::NoInstance);
        }
        let (begin, end) = (moment(&self.begin)?, moment(&self.end)?);
        self.recorded.as_deref().map(moment).transpose()?;
        let quantity = scaled(&self.quantity)?;
        let named = if self.meter.is_empty() { contract.terms.prices.meter(&self.kind) } else { None };
        let meter = named.or_else(|| contract.terms.meter(Some(&self.meter))).ok_or(UsageCode::Quantity)?;
        if cost_at_most(meter, count(quantity)).is_none_or(|most| most > Decimal::from(COST_MAX)) {
            return Err(UsageCode::Quantity);
        }
        // Sellers count whole seconds.
        let opened = Timestamp::from_micros(contract.began_at.as_seconds() * kernel::time::SECOND);
        if begin > end || begin < opened || end > now.plus_seconds(EARLY_SECONDS) {
            return Err(UsageCode::Range);
        }
        if begin < now.plus_days(-i64::from(rules.late_days)) {
            return Err(UsageCode::TooOld);
        }
        let own = contract.terms.package;
        let closed_at = contract.closed_at.into_iter().chain(own.map(|own| own.until)).min();
        if closed_at.is_some_and(|closed| end > closed) || contract.was_frozen((begin, end)) {
            return Err(UsageCode::State);
        }
        let meter = meter.counts.code.clone();
        let package = match package {
            Some(named) if !named.is_package_for(contract, &meter) => return Err(UsageCode::NotByUse),
            Some(named) => Some(named.instance),
            None => own.map(|_| contract.instance),
        };
        let number = match self.form {
            UsageForm::Push | UsageForm::Event => self.number.trim().to_owned(),
            // However its time is written.
            UsageForm::Unnumbered => format!("{meter}/{begin}/{end}"),
        };
        let period = contract.terms.period(begin).from;
        let late = period < contract.charged_until;
        Ok(Record {
            account: contract.account,
            instance: contract.instance,
            number,
            meter,
            quantity,
            covered: 0,
            begin,
            end,
            apart: self.form == UsageForm::Event,
            period,
            late_in: late.then_some(contract.charged_until),
            product: contract.product,
            package,
            stops: own.is_some_and(|own| own.stops),
        })
    }
}

/// Whether a text can be a value at all, and has so many characters at most.
pub(crate) fn is_legible(text: &str, most: usize) -> bool {
    text.chars().take(most + 1).count() <= most && !text.contains(char::is_control)
}

/// What a count costs at most, whatever was counted before it; none: more than can be computed.
pub(crate) fn cost_at_most(meter: &Meter, quantity: Decimal) -> Option<Decimal> {
    let most = match &meter.price {
        UsagePrice::Fixed { unit_price } => quantity.checked_mul(*unit_price)?,
        UsagePrice::Tiered { ranges } | UsagePrice::Volume { ranges } => {
            quantity.checked_mul(ranges.iter().map(|range| range.unit_price).max().unwrap_or_default())?
        }
        UsagePrice::StairStep { stairs } => return stairs.iter().map(|stair| stair.price).max(),
        UsagePrice::PackageSize { size, price } => {
            quantity.checked_div(Decimal::from(*size))?.checked_add(Decimal::ONE)?.checked_mul(*price)?
        }
        UsagePrice::Percentage { basis_points } => quantity.checked_mul(Decimal::new(i64::from(*basis_points), 4))?,
    };
    most.checked_div(Decimal::from(meter.per))
}

/// `yyyyMMddTHHmmssZ`, or RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Timestamp, UsageCode> {
    let text = text.trim();
    let digits =
        |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let compact = text.len() == 16 && digits(0, 8).is_some() && digits(9, 15).is_some();
    let found = if compact { Timestamp::parse_utc("%Y%m%dT%H%M%SZ", text) } else { text.parse().ok() };
    found.ok_or(UsageCode::Time)
}

/// A count as it is written: a text, or a number.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// A count above nothing, in ten-thousandths.
fn scaled(text: &str) -> Result<i64, UsageCode> {
    scaled_or_nothing(text).and_then(|parts| if parts > 0 { Ok(parts) } else { Err(UsageCode::Quantity) })
}

/// A count in ten-thousandths.
pub(crate) fn scaled_or_nothing(text: &str) -> Result<i64, UsageCode> {
    let text = text.trim();
    if text.contains('_') {
        return Err(UsageCode::Quantity);
    }
    let count = Decimal::from_str_exact(text).map_err(|_| UsageCode::Quantity)?.normalize();
    if count < Decimal::ZERO || count > Decimal::from(QUANTITY_MAX) || count.scale() > USAGE_SCALE {
        return Err(UsageCode::Quantity);
    }
    let parts = count.mantissa() * 10_i128.pow(USAGE_SCALE - count.scale());
    i64::try_from(parts).map_err(|_| UsageCode::Quantity)
}

/// The count of so many ten-thousandths.
pub(crate) fn count(parts: i64) -> Decimal {
    Decimal::new(parts, USAGE_SCALE).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        let text = str::to_owned;
        Sent {
            form: UsageForm::Push,
            instance: text("i-1"),
            number: text("1"),
            meter: String::new(),
            kind: String::new(),
            begin: text("20261129T080000Z"),
            end: text("20261129T090000Z"),
            quantity: text("1"),
            recorded: None,
            product: String::new(),
            package: String::new(),
        }
    }

    #[test]
    fn what_no_field_can_hold_is_refused_by_the_code_of_the_field_and_kept_in_short() {
        type Field = fn(&mut Sent) -> &mut String;
        let fields: [(Field, UsageCode); 9] = [
            (|sent| &mut sent.instance, UsageCode::NoInstance),
            (|sent| &mut sent.product, UsageCode::NoInstance),
            (|sent| &mut sent.number, UsageCode::NoNumber),
            (|sent| &mut sent.meter, UsageCode::Quantity),
            (|sent| &mut sent.kind, UsageCode::Quantity),
            (|sent| &mut sent.quantity, UsageCode::Quantity),
            (|sent| &mut sent.begin, UsageCode::Time),
            (|sent| &mut sent.end, UsageCode::Time),
            (|sent| &mut sent.package, UsageCode::NotByUse),
        ];
        assert_eq!(sent().legible(), Ok(()));
        for (field, code) in fields {
            for text in ["a\0".to_owned(), "a\u{7f}".to_owned(), "长".repeat(100_000)] {
                let mut wrong = sent();
                text.clone_into(field(&mut wrong));
                assert_eq!(wrong.legible(), Err(code));
                let mut kept = wrong.kept();
                let short = field(&mut kept);
                assert!(short.chars().count() <= NUMBER_MAX + 1 && !short.contains(char::is_control), "{short}");
            }
        }
        assert_eq!(Sent { recorded: Some("\n".to_owned()), ..sent() }.legible(), Err(UsageCode::Time));
        let long = Sent { number: "n".repeat(NUMBER_MAX), instance: "长".repeat(FIELD_MAX), ..sent() };
        assert_eq!((long.legible(), long.kept()), (Ok(()), long.clone()));
    }

    #[test]
    fn each_pair_of_source_and_id_has_its_own_number() {
        let numbers = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a%", "23b#c")]
            .map(|(source, id)| Sent::number_of_event(source, id));
        let different: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert_eq!(different.len(), numbers.len(), "{numbers:?}");
        assert_eq!(Sent::number_of_event("/eu/gateway-1", "7f1c"), "/eu/gateway-1#7f1c");
    }

    #[test]
    fn what_costs_more_than_can_be_booked_is_known_whatever_comes_before() {
        let meter = |price: Value, per: u64| -> Meter {
            let counts =
                serde_json::json!({"code": "calls", "name": {"en": "c", "zh": "c"}, "unit": {"en": "c", "zh": "c"}});
            serde_json::from_value(serde_json::json!({"counts": counts, "per": per, "price": price})).unwrap()
        };
        let most = |price, per, quantity: i64| cost_at_most(&meter(price, per), Decimal::from(quantity));
        let fixed = |price: &str| serde_json::json!({"model": "fixed", "unit_price": price});
        assert_eq!(most(fixed("3"), 1_000_000, QUANTITY_MAX), Some(Decimal::from(30_000)));
        assert!(most(fixed("99999999"), 1, QUANTITY_MAX).is_some_and(|most| most > Decimal::from(COST_MAX)));
        let tiered =
            serde_json::json!({"model": "tiered", "ranges": [{"up_to": "5", "unit_price": "1"}, {"unit_price": "7"}]});
        assert_eq!(most(tiered, 1, 3), Some(Decimal::from(21)), "it may come behind others");
        let packages = serde_json::json!({"model": "package_size", "size": 10, "price": "4"});
        assert_eq!(most(packages, 1, 10), Some(Decimal::from(8)));
    }

    #[test]
    fn counts_are_plain_numbers() {
        assert_eq!(scaled(" 12.5 "), Ok(125_000));
        for wrong in ["1_000", "0", "-1", "0.00001", "1e3", "10000000001", ""] {
            assert_eq!(scaled(wrong), Err(UsageCode::Quantity), "{wrong}");
        }
    }
}
