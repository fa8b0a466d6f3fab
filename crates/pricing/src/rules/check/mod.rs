//! What a plan has to fulfil before anybody is quoted under it. What is wrong is said with its place and, where it is about
//! amounts, with the choice that breaks it.

mod extremes;
mod usage;

use kernel::{Invalid, text::is_printable};
use rust_decimal::Decimal;

use super::{
    book::{Book, BookPrices},
    plan::{
        Billing, DISCOUNTS_MAX, Discount, PRICE_BELOW, PRICE_SCALE_MAX, PeriodPrice, PeriodUnit, Plan, Price,
        QUANTITIES_MAX, QUANTITY_MAX, Quantity, QuantityPrice, TIERS_MAX, Tier,
    },
    tax::TaxRule,
};

/// Whether an amount in major units may be a price: not negative, below a hundred million, at most eight decimals.
pub fn price_is_bounded(price: Decimal) -> bool {
    price >= Decimal::ZERO && price < Decimal::from(PRICE_BELOW) && price.normalize().scale() <= PRICE_SCALE_MAX
}

impl Plan {
    /// Refuses a plan that could fail to give a price, gives a wrong one, or comes to nothing; every mistake is listed with
    /// its place.
    pub fn check(&self) -> Result<(), Invalid> {
        self.check_under(None)
    }

    /// The same for a plan whose prices are under a tax: whatever is chosen has to be representable with it.
    pub fn check_taxed(&self, rule: &TaxRule) -> Result<(), Invalid> {
        self.check_under(Some(rule))
    }

    fn check_under(&self, tax: Option<&TaxRule>) -> Result<(), Invalid> {
        self.check_form()?;
        let mut wrong = Invalid::default();
        self.check_amounts(tax, &mut wrong);
        for (index, book) in self.books.iter().enumerate() {
            self.check_book((book, tax), &format!("books[{index}]"), &mut wrong);
        }
        wrong.done()
    }

    /// Whether the plan is well formed: no gaps, no overlaps, nothing out of bounds.
    pub(super) fn check_form(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        check_quantities(&self.quantities, &mut wrong);
        match &self.billing {
            Billing::OneOff { price } => check_price(price, &self.quantities, "billing.price", &mut wrong),
            Billing::Period { .. } => self.check_period(&mut wrong),
            Billing::OnDemand(on_demand) => {
                self.check_uncounted(&mut wrong);
                usage::check_on_demand(on_demand, "billing", &mut wrong);
            }
            Billing::Package(package) => {
                self.check_uncounted(&mut wrong);
                usage::check_package(package, &mut wrong);
            }
        }
        for (index, book) in self.books.iter().enumerate() {
            let twice = self.books[..index].iter().any(|other| other.currency == book.currency);
            wrong.check(
                !twice && book.currency != self.currency,
                format!("books[{index}].currency"),
                ("has prices already; give each currency one book", "已有价格，每个币种只能有一套价格"),
            );
        }
        wrong.done()
    }

    fn check_period(&self, wrong: &mut Invalid) {
        let mut some = false;
        for unit in PeriodUnit::ALL {
            let Some(period) = self.period(*unit) else { continue };
            some = true;
            let path = format!("billing.{unit}");
            check_price(&period.price, &self.quantities, &format!("{path}.price"), wrong);
            check_periods(period, *unit, &path, wrong);
        }
        wrong.check(
            some,
            "billing",
            (
                "must have a price for the day, the month or the year, or several of them",
                "须设置按日、按月或按年价格，也可设置多种",
            ),
        );
        if let Some(set_up) = self.billing.set_up() {
            check_amount(set_up, "billing.set_up", wrong);
        }
    }

    /// What is paid by use or as a package is not bought by number.
    fn check_uncounted(&self, wrong: &mut Invalid) {
        wrong.check(
            self.quantities.is_empty(),
            "quantities",
            (
                "have no price in this billing mode; remove the quantity attributes",
                "在这种计费模式下没有价格，须删除数量属性",
            ),
        );
    }

    /// The plan has to be right in every currency that it is offered in.
    fn check_book(&self, (book, tax): (&Book, Option<&TaxRule>), path: &str, wrong: &mut Invalid) {
        let path = match &book.prices {
            BookPrices::Own { billing } => {
                wrong.check(
                    std::mem::discriminant(&**billing) == std::mem::discriminant(&self.billing),
                    format!("{path}.prices.billing.mode"),
                    ("must be the plan's own billing mode", "须与本币价格的计费模式一致"),
                );
                usage::check_same_meters(&self.billing, billing, &format!("{path}.prices.billing"), wrong);
                format!("{path}.prices")
            }
            BookPrices::Rate { rate } => {
                let fine = *rate > Decimal::ZERO && price_is_bounded(*rate);
                wrong.check(
                    fine,
                    format!("{path}.prices.rate"),
                    (
                        format!("must be more than 0 and below {PRICE_BELOW}, with at most {PRICE_SCALE_MAX} decimals"),
                        format!("须大于 0 且小于 {PRICE_BELOW}，最多 {PRICE_SCALE_MAX} 位小数"),
                    ),
                );
                if !fine {
                    return;
                }
                format!("{path}.prices.rate.")
            }
        };
        let checked = match self.in_currency(book.currency) {
            Ok(plan) => plan.check_under(tax),
            Err(refused) => Err(Invalid::one("billing", kernel::Refusal::text(&refused))),
        };
        for mistake in checked.err().into_iter().flat_map(|mistakes| mistakes.0) {
            let between = if path.ends_with('.') { "" } else { "." };
            wrong.check(false, format!("{path}{between}{}", mistake.field), mistake.message);
        }
    }
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
    wrong.check(
        price >= Decimal::ZERO,
        field,
        (format!("must not be negative, as {price} is"), format!("不能为负数（现为 {price}）")),
    );
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
                    (
                        format!("leaves a gap; must be {expected}, which has no price otherwise"),
                        format!("与前一个区间不连续，须为 {expected}，否则 {expected} 没有价格"),
                    ),
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

fn check_periods(period: &PeriodPrice, unit: PeriodUnit, path: &str, wrong: &mut Invalid) {
    let PeriodPrice { price: _, periods_max, discounts } = period;
    let field = format!("{path}.periods_max");
    let most = unit.periods_max();
    wrong.check(
        (1..=most).contains(periods_max),
        field,
        (format!("must be from 1 to {most}"), format!("须在 1 到 {most} 之间")),
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
