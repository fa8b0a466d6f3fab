//! The schedule of an offer: what is paid at acceptance and on which days the rest, and what of it falls on which line.

use kernel::{Invalid, Money, Timestamp, money::MoneyError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More parts than months in three years would be a subscription.
pub(crate) const INSTALMENTS_MAX: usize = 36;

/// A part of the price, and when it is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivateOfferInstalment)]
pub(crate) struct Instalment {
    /// Of the first one: left out, it is ordered at acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) amount: Money,
}

/// Refuses a schedule that does not begin at acceptance, go on in order between the offer's last day and the latest that the
/// site allows, and sum to the total. No schedule at all: everything is paid at acceptance.
pub(crate) fn check(
    schedule: &[Instalment],
    total: Money,
    (valid_until, latest): (Timestamp, Timestamp),
) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let many = (format!("may have at most {INSTALMENTS_MAX} parts"), format!("最多分 {INSTALMENTS_MAX} 期"));
    wrong.check(schedule.len() <= INSTALMENTS_MAX, "instalments", many);
    let mut before = None;
    for (index, instalment) in schedule.iter().enumerate() {
        let field = |name: &str| format!("instalments.{}.{name}", index + 1);
        let same = instalment.amount.currency() == total.currency();
        wrong.check(same, field("amount"), ("must be in the currency of the lines", "须与报价内容使用同一币种"));
        let positive = ("must be more than nothing", "须大于零");
        wrong.check(instalment.amount.is_positive(), field("amount"), positive);
        match (index, instalment.due_at) {
            (0, None) => {}
            (0, Some(_)) => {
                let first = ("is paid at acceptance; leave its date out", "第一期在接受报价时支付，不用填写日期");
                wrong.check(false, field("due_at"), first);
            }
            (_, None) => wrong.check(false, field("due_at"), ("needs a date", "须填写日期")),
            (_, Some(due_at)) => {
                let later =
                    ("must be after the offer's last day and after the part before it", "须晚于报价有效期和上一期");
                let fine = due_at >= valid_until && before.is_none_or(|before| due_at > before);
                wrong.check(fine, field("due_at"), later);
                let soon = (format!("must be before {latest}"), format!("不能晚于 {latest}"));
                wrong.check(!fine || due_at < latest, field("due_at"), soon);
                before = Some(due_at);
            }
        }
    }
    wrong.done()?;
    if schedule.is_empty() {
        return Ok(());
    }
    let sum = Money::sum(total.currency(), schedule.iter().map(|instalment| instalment.amount));
    let told = sum.map_or_else(|_| "?".to_owned(), |sum| sum.to_string());
    let whole = (
        format!("must sum to {total}, the price of the lines; they sum to {told}"),
        format!("各期金额之和须等于报价总额 {total}，目前为 {told}"),
    );
    if sum == Ok(total) { Ok(()) } else { Err(Invalid::one("instalments", whole)) }
}

/// What of each instalment falls on each line: an instalment's shares sum to it, a line's shares sum to its price, and none
/// is negative. Each instalment is divided by what the lines still have to pay; left-over units go to the largest
/// remainders, the first of equals.
pub(crate) fn shares(prices: &[Money], amounts: &[Money]) -> Result<Vec<Vec<Money>>, MoneyError> {
    let mut rest: Vec<i128> = prices.iter().map(|price| i128::from(price.minor())).collect();
    let mut shares = Vec::with_capacity(amounts.len());
    for amount in amounts {
        let (whole, wanted) = (rest.iter().sum::<i128>(), i128::from(amount.minor()));
        if wanted > whole || wanted < 0 {
            return Err(MoneyError::NoShares);
        }
        let mut parts: Vec<i128> = rest.iter().map(|rest| if whole == 0 { 0 } else { wanted * rest / whole }).collect();
        let mut by_remainder: Vec<usize> = (0..rest.len()).collect();
        by_remainder.sort_by_key(|index| std::cmp::Reverse(if whole == 0 { 0 } else { wanted * rest[*index] % whole }));
        let left = usize::try_from(wanted - parts.iter().sum::<i128>()).map_err(|_| MoneyError::Overflow)?;
        for index in by_remainder.into_iter().take(left) {
            parts[index] += 1;
        }
        for (rest, part) in rest.iter_mut().zip(&parts) {
            *rest -= part;
        }
        let money = |part: i128| i64::try_from(part).map(|minor| Money::of(minor, amount.currency()));
        shares.push(parts.into_iter().map(money).collect::<Result<_, _>>().map_err(|_| MoneyError::Overflow)?);
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000).plus_days(day)
    }

    fn wrong(schedule: &[(Option<i64>, i64)], total: i64) -> Vec<String> {
        let schedule: Vec<Instalment> =
            schedule.iter().map(|(day, amount)| Instalment { due_at: day.map(at), amount: yuan(*amount) }).collect();
        let checked = check(&schedule, yuan(total), (at(30), at(400)));
        checked.err().map_or_else(Vec::new, |wrong| wrong.0.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn a_schedule_begins_at_acceptance_goes_on_in_order_and_sums_to_the_total() {
        let none: Vec<String> = Vec::new();
        assert_eq!(wrong(&[], 900), none);
        assert_eq!(wrong(&[(None, 300), (Some(30), 300), (Some(60), 300)], 900), none);
        assert_eq!(wrong(&[(None, 300), (Some(31), 601)], 900), ["instalments"]);
        assert_eq!(wrong(&[(Some(31), 900)], 900), ["instalments.1.due_at"]);
        assert_eq!(wrong(&[(None, 450), (None, 450)], 900), ["instalments.2.due_at"]);
        assert_eq!(wrong(&[(None, 300), (Some(29), 600)], 900), ["instalments.2.due_at"]);
        assert_eq!(wrong(&[(None, 300), (Some(60), 300), (Some(60), 300)], 900), ["instalments.3.due_at"]);
        assert_eq!(wrong(&[(None, 300), (Some(400), 600)], 900), ["instalments.2.due_at"]);
        assert_eq!(wrong(&[(None, 900), (Some(31), 0)], 900), ["instalments.2.amount"]);
        assert_eq!(wrong(&[(None, 1); 37], 37)[0], "instalments");
    }

    #[test]
    fn an_instalment_is_divided_by_what_the_lines_still_cost() {
        let shares = shares(&[yuan(100), yuan(200)], &[yuan(100), yuan(100), yuan(100)]).unwrap();
        let minor = |row: &Vec<Money>| row.iter().map(|money| money.minor()).collect::<Vec<_>>();
        assert_eq!(shares.iter().map(minor).collect::<Vec<_>>(), [[33, 67], [34, 66], [33, 67]]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_each_instalment_and_to_each_line(
            prices in prop::collection::vec(0_i64..2_000_000_000_000, 1..8),
            cuts in prop::collection::vec(0_u32..=10_000, 0..8),
        ) {
            let total: i64 = prices.iter().sum();
            let mut points: Vec<i64> =
                cuts.iter().map(|cut| i64::try_from(i128::from(total) * i128::from(*cut) / 10_000).unwrap()).collect();
            points.sort_unstable();
            let ends = points.iter().copied().chain([total]);
            let begins = [0].into_iter().chain(points.iter().copied());
            let amounts: Vec<Money> = ends.zip(begins).map(|(end, begin)| yuan(end - begin)).collect();
            let prices: Vec<Money> = prices.into_iter().map(yuan).collect();
            let shares = shares(&prices, &amounts).unwrap();
            for (row, amount) in shares.iter().zip(&amounts) {
                prop_assert!(row.iter().all(|share| !share.is_negative()));
                prop_assert_eq!(Money::sum(Currency::CNY, row.iter().copied()).unwrap(), *amount);
            }
            for (index, price) in prices.iter().enumerate() {
                let column = shares.iter().map(|row| row[index]);
                prop_assert_eq!(Money::sum(Currency::CNY, column).unwrap(), *price);
            }
        }

        #[test]
        fn a_schedule_is_taken_only_when_it_sums_to_the_total(
            amounts in prop::collection::vec(1_i64..1_000_000_000, 1..12), more in -5_i64..=5,
        ) {
            let total: i64 = amounts.iter().sum();
            let day = |index: usize| (index > 0).then(|| at(30 + i64::try_from(index).unwrap()));
            let schedule: Vec<Instalment> = amounts
                .iter()
                .enumerate()
                .map(|(index, amount)| Instalment { due_at: day(index), amount: yuan(*amount) })
                .collect();
            prop_assert_eq!(check(&schedule, yuan(total + more), (at(30), at(400))).is_ok(), more == 0);
        }
    }
}
