//! How prices of use are told before anything was used: `Minutes: up to 3: 0.30, above: 0.20 per minute, added up over a day`.

use kernel::{Currency, Localized};
use rust_decimal::Decimal;

use super::{number, numbers::count, write_length, write_percent, write_rounding};
use crate::rules::{
    meter::{BillingCycle, CountingCycle, Meter, OnDemand, Stair, UsagePrice, UsageRange},
    package::{Overage, Package},
    quote::Rounded,
};

/// A text that grows in both languages.
#[derive(Default)]
struct Both {
    en: String,
    zh: String,
}

impl Both {
    fn say(&mut self, en: &str, zh: &str) -> &mut Self {
        self.en.push_str(en);
        self.zh.push_str(zh);
        self
    }

    fn number(&mut self, exact: Decimal, currency: Currency) -> &mut Self {
        number(&mut self.en, exact, currency);
        number(&mut self.zh, exact, currency);
        self
    }

    fn count(&mut self, exact: Decimal) -> &mut Self {
        count(&mut self.en, exact);
        count(&mut self.zh, exact);
        self
    }

    fn done(self) -> Localized {
        Localized { en: self.en, zh: self.zh }
    }
}

pub(super) const fn cycle_words(cycle: CountingCycle) -> (&'static str, &'static str) {
    match cycle {
        CountingCycle::Day => ("day", "日"),
        CountingCycle::Month => ("month", "月"),
        CountingCycle::Year => ("year", "年"),
    }
}

/// What using it will cost, meter by meter.
pub(in crate::rules) fn on_demand(on_demand: &OnDemand, currency: Currency) -> Vec<Localized> {
    let cycle = match on_demand.cycle {
        BillingCycle::Hour => Localized::new("What is used is charged by the hour", "按实际用量每小时扣费"),
        BillingCycle::Day => Localized::new("What is used is charged by the day", "按实际用量每日扣费"),
    };
    let meters = on_demand.meters.iter().map(|meter| priced(meter, currency));
    let commitment = on_demand.commitment.map(|commitment| {
        let (en, zh) = cycle_words(commitment.cycle);
        let mut text = Both::default();
        text.say("At least ", &format!("每{zh}最低消费 ")).number(commitment.amount, currency);
        text.say(&format!(" a {en}, whatever was used"), "，不足部分补收");
        text.done()
    });
    std::iter::once(cycle).chain(meters).chain(commitment).collect()
}

fn priced(meter: &Meter, currency: Currency) -> Localized {
    let mut text = Both::default();
    text.say(&meter.counts.name.en, &meter.counts.name.zh).say(": ", "：");
    match &meter.price {
        UsagePrice::Fixed { unit_price } => {
            text.number(*unit_price, currency);
            say_unit(&mut text, meter);
        }
        UsagePrice::Tiered { ranges } => {
            say_ranges(&mut text, ranges, currency);
            say_unit(&mut text, meter);
            text.say(", each range at its own price", "，各段按各自单价计算");
        }
        UsagePrice::Volume { ranges } => {
            say_ranges(&mut text, ranges, currency);
            say_unit(&mut text, meter);
            text.say(", all at the price of the range that is reached", "，全部按达到的区间单价计算");
        }
        UsagePrice::StairStep { stairs } => {
            say_stairs(&mut text, stairs, currency);
            text.say(" in all", "（总价）");
        }
        UsagePrice::PackageSize { size, price } => {
            text.number(*price, currency).say(" per started ", "/每 ").count(Decimal::from(*size));
            let (en, zh) =
                (format!(" {}", meter.counts.unit.en), format!(" {}，不足部分按整份计算", meter.counts.unit.zh));
            text.say(&en, &zh);
        }
        UsagePrice::Percentage { basis_points } => {
            text.say("", "消费金额的 ");
            write_percent(*basis_points, &mut text.en, &mut text.zh);
            text.say(" of what was spent", "");
        }
    }
    if let Some(cycle) = meter.accumulation {
        let (en, zh) = cycle_words(cycle);
        text.say(&format!(", added up over a {en}"), &format!("，按{zh}累计"));
    }
    if let Some(allowance) = meter.allowance {
        let (en, zh) = cycle_words(allowance.cycle);
        text.say("; the first ", &format!("；每{zh}前 ")).count(allowance.quantity);
        text.say(&format!(" of a {en} are free"), " 免费");
    }
    text.done()
}

/// ` per minute`, `/分钟`; ` per 1,000,000 tokens`, `/1,000,000 tokens`
fn say_unit(text: &mut Both, meter: &Meter) {
    let counts = &meter.counts;
    if meter.per == 1 {
        let one = counts.unit_one.as_ref().unwrap_or(&counts.unit.en);
        text.say(&format!(" per {one}"), &format!("/{}", counts.unit.zh));
    } else {
        text.say(" per ", "/").count(Decimal::from(meter.per));
        text.say(&format!(" {}", counts.unit.en), &format!(" {}", counts.unit.zh));
    }
}

fn say_end(text: &mut Both, first: bool, up_to: Option<Decimal>) {
    if !first {
        text.say(", ", "、");
    }
    match up_to {
        Some(up_to) => text.say("up to ", "不超过 ").count(up_to).say(": ", "："),
        None if first => text,
        None => text.say("above: ", "超过："),
    };
}

fn say_ranges(text: &mut Both, ranges: &[UsageRange], currency: Currency) {
    for (index, range) in ranges.iter().enumerate() {
        say_end(text, index == 0, range.up_to);
        text.number(range.unit_price, currency);
    }
}

fn say_stairs(text: &mut Both, stairs: &[Stair], currency: Currency) {
    for (index, stair) in stairs.iter().enumerate() {
        say_end(text, index == 0, stair.up_to);
        text.number(stair.price, currency);
    }
}

/// `Package of 10,000 calls a month, valid for 12 months: 990.00`
pub(in crate::rules) fn package(package: &Package, price: Rounded) -> Localized {
    let mut text = Both::default();
    text.say("Package of ", "套餐包 ").count(package.amount);
    text.say(&format!(" {}", package.counts.unit.en), &format!(" {}", package.counts.unit.zh));
    if let Some(reset) = package.reset {
        let (en, zh) = cycle_words(reset);
        text.say(&format!(" a {en}"), &format!("/{zh}"));
    }
    text.say(", valid for ", "，有效期 ");
    write_length(package.term.unit, package.term.count, &mut text.en, &mut text.zh);
    text.say(": ", "：").number(price.exact, price.amount.currency());
    write_rounding(price, &mut text.en, &mut text.zh);
    text.done()
}

/// What happens beyond a package.
pub(in crate::rules) fn overage(overage: &Overage, currency: Currency) -> Vec<Localized> {
    match overage {
        Overage::Stop => vec![Localized::new("When it is used up, use stops", "用完即停")],
        Overage::OnDemand { billing } => {
            let beyond =
                Localized::new("What goes beyond the package is charged as it is used", "超出套餐包的用量按需计费");
            std::iter::once(beyond).chain(on_demand(billing, currency)).collect()
        }
    }
}
