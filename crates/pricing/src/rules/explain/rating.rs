//! How one usage record is told: `8 minutes: 3 × 0.30 + 5 × 0.20 = 1.90`.

use kernel::{Currency, Localized};
use rust_decimal::Decimal;

use super::{
    numbers::{count, number, result},
    using::cycle_words,
    write_rounding,
};
use crate::rules::{
    meter::{Commitment, Counted, Meter, UsagePrice},
    quote::Rounded,
};

/// The products of a record, as they are computed.
pub(in crate::rules) struct Formula<'m> {
    meter: &'m Meter,
    currency: Currency,
    products: String,
}

impl<'m> Formula<'m> {
    pub(in crate::rules) fn new(meter: &'m Meter, currency: Currency) -> Self {
        Self { meter, currency, products: String::with_capacity(48) }
    }

    /// A count and its unit price.
    pub(in crate::rules) fn add(&mut self, quantity: Decimal, price: Decimal) {
        let out = &mut self.products;
        if !out.is_empty() {
            out.push_str(" + ");
        }
        count(out, quantity);
        if self.meter.per > 1 {
            out.push_str(" ÷ ");
            count(out, Decimal::from(self.meter.per));
        }
        out.push_str(" × ");
        number(out, price, self.currency);
    }

    /// The price of the stair that is reached, and of the one that was charged.
    pub(in crate::rules) fn stairs(&mut self, reached: Decimal, charged: Decimal) {
        if !charged.is_zero() {
            number(&mut self.products, reached, self.currency);
            self.products.push_str(" − ");
            number(&mut self.products, charged, self.currency);
        }
    }

    /// The whole text of a record of so much, of which some was free, after which there is so much in the cycle.
    pub(in crate::rules) fn done(
        self,
        (quantity, free): (Decimal, Decimal),
        after: Decimal,
        exact: Decimal,
    ) -> Localized {
        let Self { meter, currency, products } = self;
        let (mut en, mut zh) = (String::with_capacity(96), String::with_capacity(96));
        write_counted(&meter.counts, quantity, &mut en, &mut zh);
        if free > Decimal::ZERO {
            en.push_str(", ");
            zh.push_str("，其中 ");
            count(&mut en, free);
            count(&mut zh, free);
            en.push_str(" of them free");
            zh.push_str(" 免费");
        }
        write_range(meter, after, &mut en, &mut zh);
        en.push_str(": ");
        zh.push('：');
        for out in [&mut en, &mut zh] {
            out.push_str(&products);
            if !products.is_empty() {
                out.push_str(" = ");
            }
            number(out, exact, currency);
        }
        Localized { en, zh }
    }
}

/// What was counted, with its unit.
pub(in crate::rules) fn counted(counts: &Counted, quantity: Decimal) -> Localized {
    let (mut en, mut zh) = (String::new(), String::new());
    write_counted(counts, quantity, &mut en, &mut zh);
    Localized { en, zh }
}

/// `8 minutes`, `8 分钟`
fn write_counted(counts: &Counted, quantity: Decimal, en: &mut String, zh: &mut String) {
    count(en, quantity);
    count(zh, quantity);
    en.push(' ');
    zh.push(' ');
    let one = counts.unit_one.as_ref().filter(|_| quantity == Decimal::ONE);
    en.push_str(one.unwrap_or(&counts.unit.en));
    zh.push_str(&counts.unit.zh);
}

/// Which part of the price holds, where the products alone do not say it. `after` is what has been priced in the cycle, or
/// of the record where nothing accumulates.
fn write_range(meter: &Meter, after: Decimal, en: &mut String, zh: &mut String) {
    match &meter.price {
        UsagePrice::Fixed { .. } | UsagePrice::Tiered { .. } | UsagePrice::Percentage { .. } => {}
        UsagePrice::Volume { ranges } => {
            let below = ranges.iter().filter_map(|range| range.up_to).take_while(|up_to| after > *up_to);
            if let Some(low) = below.last() {
                en.push_str(" (price above ");
                zh.push_str("（超过 ");
                count(en, low);
                count(zh, low);
                en.push(')');
                zh.push_str(" 的单价）");
            }
        }
        UsagePrice::StairStep { .. } => {
            if meter.accumulation.is_some() {
                en.push_str(", ");
                zh.push_str("，累计 ");
                count(en, after);
                count(zh, after);
                en.push_str(" in all");
            }
        }
        UsagePrice::PackageSize { size, .. } => {
            en.push_str(", per started ");
            zh.push_str("，每 ");
            count(en, Decimal::from(*size));
            count(zh, Decimal::from(*size));
            zh.push_str(" 计一份");
        }
    }
}

/// `At least 100.00 a month, charged 62.50: 37.50`
pub(in crate::rules) fn shortfall(
    commitment: &Commitment,
    charged: Decimal,
    (missing, currency): (Decimal, Currency),
) -> Localized {
    let (cycle_en, cycle_zh) = cycle_words(commitment.cycle);
    let (mut en, mut zh) = ("At least ".to_owned(), format!("每{cycle_zh}最低消费 "));
    number(&mut en, commitment.amount, currency);
    number(&mut zh, commitment.amount, currency);
    en.push_str(" a ");
    en.push_str(cycle_en);
    en.push_str(": ");
    zh.push('：');
    for out in [&mut en, &mut zh] {
        number(out, commitment.amount, currency);
        out.push_str(" − ");
        number(out, charged, currency);
        result(out, missing, currency);
    }
    Localized { en, zh }
}

/// `8 minutes: 5 from the package, which keeps 0; 3 beyond it`
pub(in crate::rules) fn deducted(
    counts: &Counted,
    (quantity, taken): (Decimal, Decimal),
    (left, beyond): (Decimal, Decimal),
) -> Localized {
    let (mut en, mut zh) = (String::new(), String::new());
    write_counted(counts, quantity, &mut en, &mut zh);
    en.push_str(": ");
    zh.push_str("：套餐包抵扣 ");
    count(&mut en, taken);
    count(&mut zh, taken);
    en.push_str(" from the package, ");
    zh.push_str("，剩余 ");
    count(&mut en, left);
    count(&mut zh, left);
    en.push_str(" left");
    if beyond > Decimal::ZERO {
        en.push_str("; ");
        zh.push_str("，超出 ");
        count(&mut en, beyond);
        count(&mut zh, beyond);
        en.push_str(" beyond it");
    }
    Localized { en, zh }
}

/// Says what an exact amount is rounded to, if it is.
pub(in crate::rules) fn say_rounding(rounded: Rounded, text: &mut Localized) {
    write_rounding(rounded, &mut text.en, &mut text.zh);
}
