//! Why there is no price, and what to do about it.

use kernel::{Currency, Localized, Money, Refusal, money::MoneyError};

use super::{
    adjust::AdjustmentKind,
    meter::{USAGE_MAX, USAGE_SCALE},
    plan::PeriodUnit,
};

/// Why there is no price for a choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingRefused {
    #[error("'{0}' is not a quantity of this SKU; leave it out")]
    UnknownQuantity(String),
    #[error("choose how many {}: quantities.{code} is missing", unit.en)]
    MissingQuantity { code: String, unit: Localized },
    #[error("quantities.{code} must be from {min} to {max}")]
    OutOfRange { code: String, min: u64, max: u64 },
    #[error("quantities.{code} must be {min} or more in steps of {step}")]
    OffStep { code: String, min: u64, step: u64 },
    #[error("periods must be from 1 to {max}")]
    Periods { max: u32 },
    #[error("this SKU is paid once: leave period_unit out and periods at 1")]
    PaidOnce,
    #[error("this SKU is paid as it is used: leave period_unit out and periods at 1")]
    PaidByUse,
    #[error("this SKU has no price for the {0}; choose the other period_unit")]
    NotOffered(PeriodUnit),
    #[error("this SKU can be paid by {}: choose a period_unit", listed(.0, " or by ", |unit| format!("the {unit}")))]
    UnitMissing(Vec<PeriodUnit>),
    #[error("this SKU has no prices in {currency}; choose {}", listed(offered, " or ", ToString::to_string))]
    CurrencyNotOffered { currency: Currency, offered: Vec<Currency> },
    #[error("the price is too large to be represented; choose less")]
    Overflow,
    #[error("the prices of this SKU do not cover this choice ({0}); ask the seller to correct them")]
    Uncovered(Gap),
    #[error("'{}' is in {own}, the price in {currency}; leave it out or pay in {own}", name.en)]
    AdjustmentCurrency { name: Localized, own: Currency, currency: Currency },
    #[error("'{}' holds from {threshold} up, this comes to {due}; buy more or leave it out", name.en)]
    BelowThreshold { name: Localized, threshold: Money, due: Money },
    #[error("only one {} can be used for one payment; leave the others out", .0.en())]
    OnlyOne(AdjustmentKind),
    #[error("'{}' cannot be used together with anything else; leave it or the others out", name.en)]
    NotTogether { name: Localized },
    #[error("this price is final already; ask for a new one")]
    Final,
    #[error("this was bought for no certain time; there is no term to renew")]
    NothingToRenew,
    #[error("the term is over; renew it, and change it then")]
    TermOver,
    #[error("this change would give money back; make it when the term is renewed")]
    Less,
    #[error("a count must be from 0 to {USAGE_MAX}, with at most {USAGE_SCALE} decimals")]
    UsageBounds,
}

/// What a plan lacks that passed no check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    #[error("a price is negative")]
    Negative,
    #[error("a quantity has no price")]
    Quantity,
    #[error("there is no price")]
    Price,
    #[error("no range holds the quantity")]
    Range,
}

impl Gap {
    const fn zh(self) -> &'static str {
        match self {
            Self::Negative => "有价格为负数",
            Self::Quantity => "有数量属性没有定价",
            Self::Price => "没有价格",
            Self::Range => "没有区间包含该数量",
        }
    }
}

fn listed<T>(items: &[T], between: &str, text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(between)
}

impl Refusal for PricingRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownQuantity(_) => "pricing.unknown_quantity",
            Self::MissingQuantity { .. } => "pricing.missing_quantity",
            Self::OutOfRange { .. } => "pricing.out_of_range",
            Self::OffStep { .. } => "pricing.off_step",
            Self::Periods { .. } => "pricing.periods",
            Self::PaidOnce => "pricing.paid_once",
            Self::PaidByUse => "pricing.paid_by_use",
            Self::NotOffered(_) => "pricing.not_offered",
            Self::UnitMissing(_) => "pricing.unit_missing",
            Self::CurrencyNotOffered { .. } => "pricing.currency_not_offered",
            Self::Overflow => "pricing.overflow",
            Self::Uncovered(_) => "pricing.uncovered",
            Self::AdjustmentCurrency { .. } => "pricing.adjustment_currency",
            Self::BelowThreshold { .. } => "pricing.below_threshold",
            Self::OnlyOne(_) => "pricing.only_one",
            Self::NotTogether { .. } => "pricing.not_together",
            Self::Final => "pricing.final",
            Self::NothingToRenew => "pricing.nothing_to_renew",
            Self::TermOver => "pricing.term_over",
            Self::Less => "pricing.less",
            Self::UsageBounds => "pricing.usage_bounds",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::UnknownQuantity(code) => format!("“{code}”不是该 SKU 的数量属性，不用填写"),
            Self::MissingQuantity { code, unit } => format!("须选择数量（{}），缺少 quantities.{code}", unit.zh),
            Self::OutOfRange { code, min, max } => format!("quantities.{code} 须在 {min} 到 {max} 之间"),
            Self::OffStep { code, min, step } => format!("quantities.{code} 须从 {min} 起，按 {step} 递增"),
            Self::Periods { max } => format!("periods 须在 1 到 {max} 之间"),
            Self::PaidOnce => "该 SKU 一次性付费，不用填写 period_unit，periods 填 1".to_owned(),
            Self::PaidByUse => "该 SKU 按实际用量付费，不用填写 period_unit，periods 填 1".to_owned(),
            Self::NotOffered(unit) => format!("该 SKU 没有按{}计费的价格，须换一个 period_unit", unit.zh()),
            Self::UnitMissing(units) => {
                let units = listed(units, "或", |unit| format!("按{}", unit.zh()));
                format!("该 SKU 可{units}付费，须选择 period_unit")
            }
            Self::CurrencyNotOffered { currency, offered } => {
                let offered = listed(offered, " 或 ", ToString::to_string);
                format!("该 SKU 没有 {currency} 价格，须选择 {offered}")
            }
            Self::Overflow => "金额过大，无法计算，须减少购买数量".to_owned(),
            Self::Uncovered(gap) => format!("该 SKU 的定价不适用于这个选择（{}），须联系商家更正", gap.zh()),
            Self::AdjustmentCurrency { name, own, currency } => {
                format!("“{}”的币种是 {own}，价格的币种是 {currency}，须不使用它，或改用 {own} 支付", name.zh)
            }
            Self::BelowThreshold { name, threshold, due } => {
                format!("“{}”须满 {threshold} 可用，当前金额为 {due}，须增加购买数量或不使用它", name.zh)
            }
            Self::OnlyOne(kind) => format!("一次支付只能使用一个{}，须去掉其余的", kind.zh()),
            Self::NotTogether { name } => format!("“{}”不能与其他优惠同时使用，须去掉它或其他优惠", name.zh),
            Self::Final => "该价格已经确定，须重新询价".to_owned(),
            Self::NothingToRenew => "该资源没有购买期限，不能续费".to_owned(),
            Self::TermOver => "购买期限已结束，须先续费再变更".to_owned(),
            Self::Less => "该变更会产生退款，须在续费时变更".to_owned(),
            Self::UsageBounds => format!("用量须在 0 到 {USAGE_MAX} 之间，最多 {USAGE_SCALE} 位小数"),
        };
        Localized::new(self.to_string(), zh)
    }
}

impl From<MoneyError> for PricingRefused {
    fn from(_: MoneyError) -> Self {
        Self::Overflow
    }
}
