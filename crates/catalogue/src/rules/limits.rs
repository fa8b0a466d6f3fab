//! How much may be bought: limits for each account (限购) and stock (库存).

use kernel::{Invalid, Localized, Refusal, id::SpecId};
use policy::BillingMode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::{Attribute, Spec};

/// What one account may buy of a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"single_purchase": false, "units": {"of": "users", "max": 50}}))]
pub struct Limit {
    /// Not again before what was bought has ended.
    #[serde(default)]
    pub single_purchase: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<UnitLimit>,
}

/// The most that one account may hold at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitLimit {
    /// The code of a quantity attribute; without it, purchases are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub max: u64,
}

/// What holds for buying a SKU now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseRules {
    pub spec: SpecId,
    pub limit: Limit,
    /// What is left of it; `None`: as much as is wanted.
    pub stock: Option<u64>,
}

pub(crate) const UNITS_MAX: u64 = 1_000_000;

impl Limit {
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Holds a limit against the spec as it is sold.
    pub(crate) fn check(&self, spec: &Spec) -> Result<(), Invalid> {
        let Self { single_purchase: _, units } = self;
        let mut wrong = Invalid::default();
        let counted = matches!(spec.billing_mode, Some(BillingMode::OneOff | BillingMode::Period) | None);
        let metered = (
            "are not for what is paid by use; buyers set a spending limit there",
            "不适用于按使用量付费的规格，买家可自行设置消费上限",
        );
        wrong.check(counted || self.is_open(), "limit", metered);
        if let Some(UnitLimit { of, max }) = units {
            let range = (format!("must be from 1 to {UNITS_MAX}"), format!("须为 1 到 {UNITS_MAX}"));
            wrong.check((1..=UNITS_MAX).contains(max), "units.max", range);
            let known = of.as_ref().is_none_or(|code| {
                spec.attributes
                    .iter()
                    .any(|attribute| matches!(attribute, Attribute::Quantity { code: own, .. } if own == code))
            });
            let unknown = ("is not a quantity attribute of this edition", "不是该规格的数量属性");
            wrong.check(known, "units.of", unknown);
        }
        wrong.done()
    }
}

/// Why there is nothing to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is sold out; ask the seller when there will be more")]
pub(crate) struct SoldOut;

impl Refusal for SoldOut {
    fn code(&self) -> &'static str {
        "sale.sold_out"
    }
    fn text(&self) -> Localized {
        Localized::new(self.to_string(), "已售罄，可联系商家了解补货时间")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_limit_names_what_the_spec_has_and_is_not_for_what_is_paid_by_use() {
        let spec = |mode: &str| -> Spec {
            serde_json::from_value(json!({"code": "server", "billing_mode": mode, "attributes": [
                {"kind": "quantity", "code": "users", "min": 1, "max": 100, "step": 1}]}))
            .unwrap()
        };
        let check = |limit: serde_json::Value, mode: &str, expected: &[&str]| {
            let limit: Limit = serde_json::from_value(limit).unwrap();
            let wrong = limit.check(&spec(mode)).err().map_or_else(Vec::new, |wrong| wrong.0);
            let fields: Vec<String> = wrong.into_iter().map(|one| one.field).collect();
            assert_eq!(fields, expected, "{limit:?}");
        };
        check(json!({}), "on_demand", &[]);
        check(json!({"single_purchase": true}), "period", &[]);
        check(json!({"single_purchase": true}), "on_demand", &["limit"]);
        check(json!({"units": {"of": "users", "max": 5}}), "one_off", &[]);
        check(json!({"units": {"of": "rooms", "max": 0}}), "period", &["units.max", "units.of"]);
        check(json!({"units": {"max": 2}}), "period", &[]);
    }
}
