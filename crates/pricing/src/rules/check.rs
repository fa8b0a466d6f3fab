//! What a plan has to fulfil before anybody is quoted under it; and the least and the most that it can cost.

use std::fmt::Write as _;

use kernel::{Invalid, Lang, Localized, Money, text::is_printable};
use rust_decimal::Decimal;

use super::{
    plan::{
        Billing, DISCOUNTS_MAX, Discount, PERIODS_MAX, PRICE_BELOW, PRICE_SCALE_MAX, PeriodPrice, PeriodUnit, Plan,
        Price, QUANTITIES_MAX, QUANTITY_MAX, Quantity, QuantityPrice, TIERS_MAX, Tier,
    },
    quote::{Periods, Rounded, amount, due},
    refused::{Gap, PricingRefused},
};

/// Whether an amount in major units may be a price: not negative, below a hundred million, at most eight decimals.
pub fn price_is_bounded(price: Decimal) -> bool {
    price >= Decimal::ZERO && price < Decimal::from(PRICE_BELOW) && price.normalize().scale() <= PRICE_SCALE_MAX
}

impl Plan {
    /// Refuses a plan that could fail to give a price, or gives a wrong one; every mistake is listed with its place.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        check_quantities(&self.quantities, &mut wrong);
        for (path, price, period) in self.prices() {
            let price_path = if period.is_some() { format!("{path}.price") } else { path.clone() };
            check_price(price, &self.quantities, &price_path, &mut wrong);
            if let Some(period) = period {
                check_periods(period, &path, &mut wrong);
            }
        }
        let empty = matches!(self.billing, Billing::Period { day: None, month: None, year: None, set_up: _ });
        wrong.check(
            !empty,
            "billing",
            (
                "must have a price for the day, the month or the year, or several of them",
                "须设置按日、按月或按年价格，也可设置多种",
            ),
        );
        wrong.done()?;
        self.check_size()
    }

    /// The least that a buyer can pay under this plan.
    pub fn cheapest(&self) -> Result<Money, PricingRefused> {
        let mut least: Option<Money> = None;
        let mut keep = |candidate: Money| {
            least = Some(
                least.map_or(candidate, |least| if candidate.minor() < least.minor() { candidate } else { least }),
            );
        };
        for (_, price, period) in self.prices() {
            let parts = self.parts(price, least_of)?;
            let Some(period) = period else {
                keep(total(self, &parts, None)?);
                continue;
            };
            let none = Discount { periods_min: 1, basis_points: 0 };
            for discount in period.discounts.iter().chain([&none]) {
                let periods = Periods {
                    unit: PeriodUnit::Month,
                    count: discount.periods_min,
                    basis_points: discount.basis_points,
                };
                keep(total(self, &parts, Some(periods))?);
            }
        }
        least.ok_or(PricingRefused::Uncovered(Gap::Price))
    }

    fn check_size(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        for (path, price, period) in self.prices() {
            let periods =
                period.map(|period| Periods { unit: PeriodUnit::Month, count: period.periods_max, basis_points: 0 });
            let dearest = self.parts(price, most_of).and_then(|parts| total(self, &parts, periods));
            wrong.check(dearest.is_ok(), &path, self.too_large(&path, period));
        }
        wrong.done()
    }

    fn too_large(&self, path: &str, period: Option<&PeriodPrice>) -> Localized {
        let list = |lang: Lang, between: &str| {
            let parts = self.quantities.iter().map(|quantity| format!("{} {}", quantity.max, quantity.unit.of(lang)));
            parts.collect::<Vec<_>>().join(between)
        };
        let (mut en, mut zh) = (list(Lang::En, ", "), list(Lang::Zh, "、"));
        if let Some(period) = period {
            let unit = path.rsplit('.').next().unwrap_or_default();
            let _ = write!(en, " for {} {unit}s", period.periods_max);
            let _ = write!(zh, " {} {}", period.periods_max, if unit == "year" { "年" } else { "个月" });
        }
        let (en, zh) = (en.trim(), zh.trim());
        Localized::new(
            format!("{en} would cost more than an amount can hold; lower a price or a maximum"),
            format!("可选的最大购买量（{zh}）算出的金额过大，须降低价格或最大值"),
        )
    }

    /// The prices of a plan with their paths; those per period with their rules.
    fn prices(&self) -> Vec<(String, &Price, Option<&PeriodPrice>)> {
        match &self.billing {
            Billing::OneOff { price } => vec![("billing.price".to_owned(), price, None)],
            Billing::Period { .. } => {
                let given = PeriodUnit::ALL.iter().filter_map(|unit| Some((*unit, self.period(*unit)?)));
                given.map(|(unit, period)| (format!("billing.{unit}"), &period.price, Some(period))).collect()
            }
            Billing::Package(package) => vec![("billing.price".to_owned(), &package.price, None)],
            Billing::OnDemand(_) => Vec::new(),
        }
    }

    /// The rounded parts of a price for one period, each quantity as `extreme` values it.
    fn parts(&self, price: &Price, extreme: Extreme) -> Result<Vec<Money>, PricingRefused> {
        let base = price.base.into_iter().map(Ok);
        let rules =
            self.quantities.iter().filter_map(|quantity| Some((quantity, price.quantities.get(&quantity.code)?)));
        let exact = base.chain(rules.map(|(quantity, rule)| extreme(quantity, rule)));
        exact.map(|exact| Ok(Rounded::new(exact?, self.currency)?.amount)).collect()
    }
}

type Extreme = fn(&Quantity, &QuantityPrice) -> Result<Decimal, PricingRefused>;

fn total(plan: &Plan, parts: &[Money], periods: Option<Periods>) -> Result<Money, PricingRefused> {
    let lines = parts.iter().map(|part| Ok(due(*part, periods)?.amount)).collect::<Result<Vec<_>, PricingRefused>>()?;
    Ok(Money::sum(plan.currency, lines)?)
}

/// Where the whole quantity has one price, a larger quantity can cost less: every range is looked at.
fn ends(quantity: &Quantity, rule: &QuantityPrice) -> Vec<u64> {
    let mut counts = vec![quantity.min, quantity.max];
    if let QuantityPrice::Volume { tiers } = rule {
        let inside = |count: u64| count.max(quantity.min).min(quantity.max);
        counts.extend(tiers.iter().flat_map(|tier| [inside(tier.from), inside(tier.last())]));
    }
    counts
}

fn amounts(quantity: &Quantity, rule: &QuantityPrice) -> Result<Vec<Decimal>, PricingRefused> {
    ends(quantity, rule).into_iter().map(|count| amount(rule, count, |_, _| ())).collect()
}

fn least_of(quantity: &Quantity, rule: &QuantityPrice) -> Result<Decimal, PricingRefused> {
    Ok(amounts(quantity, rule)?.into_iter().min().unwrap_or_default())
}

fn most_of(quantity: &Quantity, rule: &QuantityPrice) -> Result<Decimal, PricingRefused> {
    Ok(amounts(quantity, rule)?.into_iter().max().unwrap_or_default())
}

fn check_quantities(quantities: &[Quantity], wrong: &mut Invalid) {
    wrong.check(
        quantities.len() <= QUANTITIES_MAX,
        "quantities",
        (format!("must be at most {QUANTITIES_MAX}"), format!("最多 {QUANTITIES_MAX} 个")),
    );
    for (index, quantity) in quantities.iter().enumerate() {
        let Quantity { code, unit, unit_one, min, max, step } = quantity;
        let at = |field: &str| format!("quantities[{index}].{field}");
        wrong.length(code, 1, 40, at("code"));
        let twice = quantities[..index].iter().any(|other| other.code == *code);
        wrong.check(
            !twice,
            at("code"),
            ("is used by another quantity; give each its own code", "已被另一个数量属性使用，每个属性须有各自的编码"),
        );
        for (lang, text) in [("en", &unit.en), ("zh", &unit.zh)] {
            wrong.check(
                is_one_line(text),
                at(&format!("unit.{lang}")),
                ("must have 1 to 40 printable characters on one line", "须为一行 1 到 40 个字符，不能含控制字符"),
            );
        }
        let one = unit_one.as_deref().is_none_or(is_one_line);
        wrong.check(
            one,
            at("unit_one"),
            ("must have 1 to 40 printable characters on one line", "须为一行 1 到 40 个字符，不能含控制字符"),
        );
        wrong.check(
            *max <= QUANTITY_MAX,
            at("max"),
            (format!("must be at most {QUANTITY_MAX}"), format!("不能大于 {QUANTITY_MAX}")),
        );
        wrong.check((1..=QUANTITY_MAX).contains(step), at("step"), ("must be at least 1", "不能小于 1"));
        wrong.check(min <= max, at("min"), ("must not be above max", "不能大于 max"));
        let reachable = min > max || *step == 0 || (max - min).is_multiple_of(*step);
        wrong.check(
            reachable,
            at("max"),
            (
                "cannot be reached from min in whole steps; change max or step",
                "从 min 起按 step 递增到不了这个值，须调整 max 或 step",
            ),
        );
    }
}

fn is_one_line(text: &str) -> bool {
    (1..=40).contains(&text.trim().chars().count()) && is_printable(text) && !text.contains(['\n', '\r', '\t'])
}

fn check_price(price: &Price, quantities: &[Quantity], path: &str, wrong: &mut Invalid) {
    let Price { base, quantities: rules } = price;
    let some = base.is_some() || !rules.is_empty();
    wrong.check(some, path, ("must have a base price or a price for a quantity", "须设置基础价格或数量价格"));
    if let Some(base) = base {
        check_amount(*base, &format!("{path}.base"), wrong);
    }
    for code in rules.keys().filter(|code| !quantities.iter().any(|quantity| quantity.code == **code)) {
        let field =
            format!("{path}.quantities.{}", code.chars().filter(|c| !c.is_control()).take(40).collect::<String>());
        wrong.check(
            false,
            field,
            (
                "is not a quantity attribute of the spec; add the attribute or remove its price",
                "不是该规格的数量属性，须添加该属性或删除其价格",
            ),
        );
    }
    for quantity in quantities {
        let field = format!("{path}.quantities.{}", quantity.code);
        match rules.get(&quantity.code) {
            None => wrong.check(
                false,
                field,
                ("needs a price; give it one, 0 if it is included", "尚未定价；若已包含在内，价格填 0"),
            ),
            Some(QuantityPrice::Linear { unit_price }) => {
                check_amount(*unit_price, &format!("{field}.unit_price"), wrong);
            }
            Some(QuantityPrice::Tiered { tiers } | QuantityPrice::Volume { tiers }) => {
                check_tiers(tiers, quantity, &format!("{field}.tiers"), wrong);
            }
        }
    }
}

fn check_amount(price: Decimal, field: &str, wrong: &mut Invalid) {
    wrong.check(price >= Decimal::ZERO, field, ("must not be negative", "不能为负数"));
    let bounded = price < Decimal::ZERO || price_is_bounded(price);
    wrong.check(
        bounded,
        field,
        (
            format!("must be below {PRICE_BELOW} with at most {PRICE_SCALE_MAX} decimals"),
            format!("须小于 {PRICE_BELOW}，最多 {PRICE_SCALE_MAX} 位小数"),
        ),
    );
}

/// The ranges begin at 1, follow each other without gap or overlap and reach the largest quantity.
fn check_tiers(tiers: &[Tier], quantity: &Quantity, path: &str, wrong: &mut Invalid) {
    wrong.check(
        (1..=TIERS_MAX).contains(&tiers.len()),
        path,
        (format!("must be from 1 to {TIERS_MAX}"), format!("须为 1 到 {TIERS_MAX} 个区间")),
    );
    let mut expected = Some(1_u64);
    for (index, tier) in tiers.iter().enumerate() {
        check_amount(tier.unit_price, &format!("{path}[{index}].unit_price"), wrong);
        let from = format!("{path}[{index}].from");
        match expected {
            None => wrong.check(
                false,
                &from,
                (
                    "follows a range without an end; give the range before it a 'to'",
                    "前一个区间没有上限，须为其填写 to",
                ),
            ),
            Some(expected) if tier.from > expected => {
                wrong.check(
                    false,
                    &from,
                    (format!("leaves a gap; must be {expected}"), format!("与前一个区间不连续，须为 {expected}")),
                );
            }
            Some(expected) => {
                wrong.check(
                    tier.from == expected,
                    &from,
                    (
                        format!("overlaps the range before it; must be {expected}"),
                        format!("与前一个区间重叠，须为 {expected}"),
                    ),
                );
            }
        }
        let to = format!("{path}[{index}].to");
        wrong.check(tier.last() >= tier.from, &to, ("must not be below from", "不能小于 from"));
        wrong.check(
            tier.to.is_none_or(|to| to <= QUANTITY_MAX),
            &to,
            (format!("must be at most {QUANTITY_MAX}"), format!("不能大于 {QUANTITY_MAX}")),
        );
        expected = tier.to.map(|to| to.saturating_add(1));
    }
    let covered = tiers.last().is_none_or(|tier| tier.last() >= quantity.max);
    let message = (
        format!("end before the largest quantity, {}; leave the last 'to' out", quantity.max),
        format!("没有覆盖到最大数量 {}，最后一个区间不填 to 即可", quantity.max),
    );
    wrong.check(covered, path, message);
}

fn check_periods(period: &PeriodPrice, path: &str, wrong: &mut Invalid) {
    let PeriodPrice { price: _, periods_max, discounts } = period;
    let field = format!("{path}.periods_max");
    wrong.check(
        (1..=PERIODS_MAX).contains(periods_max),
        field,
        (format!("must be from 1 to {PERIODS_MAX}"), format!("须在 1 到 {PERIODS_MAX} 之间")),
    );
    let field = format!("{path}.discounts");
    wrong.check(
        discounts.len() <= DISCOUNTS_MAX,
        &field,
        (format!("must be at most {DISCOUNTS_MAX}"), format!("最多 {DISCOUNTS_MAX} 个")),
    );
    let mut before: Option<Discount> = None;
    for (index, discount) in discounts.iter().enumerate() {
        let Discount { periods_min, basis_points } = *discount;
        let field = format!("{path}.discounts[{index}]");
        let reachable = (2..=*periods_max).contains(&periods_min);
        wrong.check(
            reachable,
            format!("{field}.periods_min"),
            ("must be from 2 to periods_max", "须在 2 到 periods_max 之间"),
        );
        let part = (1..kernel::rate::BASIS_POINTS).contains(&basis_points);
        wrong.check(part, format!("{field}.basis_points"), ("must be from 1 to 9999", "须在 1 到 9999 之间"));
        if let Some(before) = before {
            let rises = periods_min > before.periods_min && basis_points > before.basis_points;
            wrong.check(
                rises,
                &field,
                (
                    "must have a higher threshold and a higher discount than the one before it",
                    "门槛和折扣都须高于前一档",
                ),
            );
        }
        before = Some(*discount);
    }
}
