//! What both sides see of use.

use kernel::{
    Localized, Money, Timestamp,
    id::{AccountId, InstanceId, OrderLineId, ProductId, UsageChargeId},
    time::Period,
};
use pricing::{BillingCycle, Meter};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::packages::HeldPackageJson;
use crate::{
    Charge, Part, UsageChargeState,
    actions::reading::{Gauge, Live, Unpriced},
};

/// A free count that is used up first.
#[derive(Debug, Serialize, ToSchema)]
struct UsageAllowanceJson {
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1000")]
    quantity: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "250")]
    left: Decimal,
}

#[derive(Debug, Serialize, ToSchema)]
struct UsageMeterJson {
    #[schema(example = "calls")]
    code: String,
    name: Localized,
    unit: Localized,
    /// What was used and is not charged yet.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "750")]
    open: Decimal,
    /// Of the present cycle of the allowance; null: nothing is free.
    allowance: Option<UsageAllowanceJson>,
    /// What counts for the ranges of the price in the present cycle; null: each record counts alone.
    #[serde(with = "rust_decimal::serde::str_option")]
    #[schema(value_type = Option<String>)]
    counted: Option<Decimal>,
}

impl From<Gauge> for UsageMeterJson {
    fn from(gauge: Gauge) -> Self {
        let Gauge { code, name, unit, open, free, counted } = gauge;
        let allowance = free.map(|(quantity, left)| UsageAllowanceJson { quantity, left });
        Self { code, name, unit, open, allowance, counted }
    }
}

/// How the use of an instance stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageJson {
    instance: InstanceId,
    order_line: OrderLineId,
    product: ProductId,
    title: Localized,
    cycle: BillingCycle,
    /// The moment that all numbers are of.
    at: Timestamp,
    began_at: Timestamp,
    closed_at: Option<Timestamp>,
    /// What was used before is charged.
    charged_until: Timestamp,
    meters: Vec<UsageMeterJson>,
    /// What would be charged for what is not charged yet, line by line.
    open: Vec<Part>,
    /// Null: not everything can be priced yet.
    #[serde(with = "rust_decimal::serde::str_option")]
    #[schema(value_type = Option<String>, example = "1.2345")]
    open_exact: Option<Decimal>,
    /// Why not; null: it is priced.
    unpriced: Option<Unpriced>,
    /// The fraction of what was charged that is not posted yet.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "0.0045")]
    carried: Decimal,
    charged: Money,
    /// What of it is not paid.
    due: Money,
    unpaid_since: Option<Timestamp>,
    frozen_at: Option<Timestamp>,
    /// When what is frozen is released unless everything is paid.
    release_at: Option<Timestamp>,
    /// How many records are charged.
    records: i64,
    /// The prices under which it was bought.
    prices: Vec<Meter>,
    /// The packages that cover its use before anything is charged, in the order in which they are taken from.
    packages: Vec<HeldPackageJson>,
}

impl From<Live> for UsageJson {
    fn from(live: Live) -> Self {
        let Live { contract, at, gauges, open, open_exact, unpriced, carried, charged, due, release_at, .. } = live;
        let (records, packages) = (live.records, live.packages);
        Self {
            instance: contract.instance,
            order_line: contract.line,
            product: contract.product,
            title: contract.title,
            cycle: contract.terms.prices.cycle,
            at,
            began_at: contract.began_at,
            closed_at: contract.closed_at,
            charged_until: contract.charged_until,
            meters: gauges.into_iter().map(Into::into).collect(),
            open,
            open_exact: unpriced.is_none().then_some(open_exact),
            unpriced,
            carried,
            charged,
            due,
            unpaid_since: contract.unpaid_since,
            frozen_at: contract.frozen_at,
            release_at,
            records,
            prices: contract.terms.prices.meters,
            packages: packages.into_iter().map(Into::into).collect(),
        }
    }
}

/// What was used in one hour or day, priced.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageChargeJson {
    id: UsageChargeId,
    instance: InstanceId,
    buyer: AccountId,
    period: Period,
    records: i64,
    parts: Vec<Part>,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1.2345")]
    exact: Decimal,
    /// What is posted: whole minor units, with the fractions of those before. Below zero, after corrections: it is paid back.
    amount: Money,
    /// What of it corrections have made unnecessary to pay; of one below zero, what is set off and not paid back.
    set_off: Money,
    state: UsageChargeState,
    charged_at: Timestamp,
    paid_at: Option<Timestamp>,
}

impl From<Charge> for UsageChargeJson {
    fn from(charge: Charge) -> Self {
        Self {
            id: charge.id,
            instance: charge.instance,
            buyer: charge.account,
            period: charge.period,
            records: charge.records,
            parts: charge.parts,
            exact: charge.exact,
            amount: charge.amount,
            set_off: Money::of(charge.credited, charge.amount.currency()),
            state: charge.state,
            charged_at: charge.charged_at,
            paid_at: charge.paid_at,
        }
    }
}
