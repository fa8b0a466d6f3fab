//! Price books: the same plan in another currency.

use std::borrow::Cow;

use kernel::{Currency, Localized};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    meter::{OnDemand, USAGE_SCALE, UsagePrice},
    package::{Overage, Package},
    plan::{Billing, PRICE_SCALE_MAX, PeriodPrice, Plan, Price, QuantityPrice, Tier},
    refused::PricingRefused,
};

/// A currency beside the plan's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Book {
    pub currency: Currency,
    pub prices: BookPrices,
}

/// Where the prices of a book come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum BookPrices {
    /// Written for this currency.
    Own { billing: Box<Billing> },
    /// Each price of the plan times a rate that is locked until the seller changes it; a price keeps eight decimals,
    /// half to even.
    Rate {
        /// What one unit of the plan's currency is in this one.
        #[serde(with = "rust_decimal::serde::str")]
        #[schema(value_type = String, example = "0.14")]
        rate: Decimal,
    },
}

impl Plan {
    /// The currencies in which it can be paid, its own first.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        std::iter::once(self.currency).chain(self.books.iter().map(|book| book.currency))
    }

    /// The plan in a currency that it has prices for.
    pub fn in_currency(&self, currency: Currency) -> Result<Cow<'_, Self>, PricingRefused> {
        if currency == self.currency {
            return Ok(Cow::Borrowed(self));
        }
        let billing = match &self.book(currency)?.prices {
            BookPrices::Own { billing } => (**billing).clone(),
            BookPrices::Rate { rate } => converted(&self.billing, *rate)?,
        };
        Ok(Cow::Owned(Self { currency, quantities: self.quantities.clone(), billing, books: Vec::new() }))
    }

    fn book(&self, currency: Currency) -> Result<&Book, PricingRefused> {
        let refused = || PricingRefused::CurrencyNotOffered { currency, offered: self.currencies().collect() };
        self.books.iter().find(|book| book.currency == currency).ok_or_else(refused)
    }

    /// Says so when the prices of a currency come from a rate.
    pub(super) fn rate_note(&self, currency: Currency) -> Option<Localized> {
        let book = self.books.iter().find(|book| book.currency == currency)?;
        let BookPrices::Rate { rate } = &book.prices else { return None };
        let (own, rate) = (self.currency, rate.normalize());
        Some(Localized {
            en: format!("Prices in {currency} at the seller's locked rate: 1 {own} = {rate} {currency}"),
            zh: format!("{currency} 价格按商家锁定的汇率计算：1 {own} = {rate} {currency}"),
        })
    }
}

type Converted<T> = Result<T, PricingRefused>;

fn converted(billing: &Billing, rate: Decimal) -> Converted<Billing> {
    Ok(match billing {
        Billing::OneOff { price } => Billing::OneOff { price: of_price(price, rate)? },
        Billing::Period { day, month, year, set_up } => {
            let [day, month, year] =
                [of_period(day.as_ref(), rate)?, of_period(month.as_ref(), rate)?, of_period(year.as_ref(), rate)?];
            Billing::Period { day, month, year, set_up: of_part(*set_up, rate)? }
        }
        Billing::OnDemand(on_demand) => Billing::OnDemand(of_use(on_demand, rate)?),
        Billing::Package(package) => {
            let overage = match &package.overage {
                Overage::Stop => Overage::Stop,
                Overage::OnDemand { billing } => Overage::OnDemand { billing: of_use(billing, rate)? },
            };
            Billing::Package(Package { price: of_price(&package.price, rate)?, overage, ..package.clone() })
        }
    })
}

fn of_period(period: Option<&PeriodPrice>, rate: Decimal) -> Converted<Option<PeriodPrice>> {
    let Some(period) = period else { return Ok(None) };
    Ok(Some(PeriodPrice { price: of_price(&period.price, rate)?, ..period.clone() }))
}

fn of(price: Decimal, rate: Decimal) -> Converted<Decimal> {
    let product = price.checked_mul(rate).ok_or(PricingRefused::Overflow)?;
    Ok(product.round_dp_with_strategy(PRICE_SCALE_MAX, RoundingStrategy::MidpointNearestEven).normalize())
}

fn of_part(price: Option<Decimal>, rate: Decimal) -> Converted<Option<Decimal>> {
    price.map(|price| of(price, rate)).transpose()
}

fn of_price(price: &Price, rate: Decimal) -> Converted<Price> {
    let tiers = |tiers: &[Tier]| {
        tiers.iter().map(|tier| Ok(Tier { unit_price: of(tier.unit_price, rate)?, ..*tier })).collect::<Converted<_>>()
    };
    let rules = price.quantities.iter().map(|(code, rule)| {
        let rule = match rule {
            QuantityPrice::Linear { unit_price } => QuantityPrice::Linear { unit_price: of(*unit_price, rate)? },
            QuantityPrice::Tiered { tiers: own } => QuantityPrice::Tiered { tiers: tiers(own)? },
            QuantityPrice::Volume { tiers: own } => QuantityPrice::Volume { tiers: tiers(own)? },
        };
        Ok((code.clone(), rule))
    });
    Ok(Price { base: of_part(price.base, rate)?, quantities: rules.collect::<Converted<_>>()? })
}

fn of_use(on_demand: &OnDemand, rate: Decimal) -> Converted<OnDemand> {
    let mut own = on_demand.clone();
    own.set_up = of_part(own.set_up, rate)?;
    if let Some(commitment) = &mut own.commitment {
        commitment.amount = of(commitment.amount, rate)?;
    }
    for meter in &mut own.meters {
        match &mut meter.price {
            UsagePrice::Fixed { unit_price: price } | UsagePrice::PackageSize { price, .. } => {
                *price = of(*price, rate)?;
            }
            UsagePrice::Tiered { ranges } | UsagePrice::Volume { ranges } => {
                for range in ranges {
                    range.unit_price = of(range.unit_price, rate)?;
                }
            }
            UsagePrice::StairStep { stairs } => {
                for stair in stairs {
                    stair.price = of(stair.price, rate)?;
                }
            }
            // A part of what was spent is the same part in every currency; what is free of it is an amount.
            UsagePrice::Percentage { .. } => {
                if let Some(allowance) = &mut meter.allowance {
                    let free = allowance.quantity.checked_mul(rate).ok_or(PricingRefused::Overflow)?;
                    allowance.quantity =
                        free.round_dp_with_strategy(USAGE_SCALE, RoundingStrategy::MidpointNearestEven).normalize();
                }
            }
        }
    }
    Ok(own)
}
