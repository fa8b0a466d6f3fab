//! What is used in the large: packages and what goes beyond them, several meters by class of token, commitments over cycles.

use super::*;

fn counted(count: i128) -> Decimal {
    Decimal::from_i128_with_scale(count, 4)
}

/// An exact charge of a meter in whole minor units, rounded once.
fn rounded(counting: &Counting, charge: i128, currency: Currency) -> i128 {
    divided(charge * i128::from(currency.scale()), PARTS * COUNTED * counting.per)
}

#[test]
fn fifty_thousand_packages_equal_the_second_implementation() {
    let mut random = Random(9);
    for round in 0..50_000 {
        let (counting, currency, price) = (Counting::random(&mut random), random.currency(), random.price());
        let amount = 1 + i128::from(random.below(300_000));
        let goes_on = random.happens(2);
        let billing =
            OnDemand { cycle: BillingCycle::Hour, meters: vec![counting.meter()], commitment: None, set_up: None };
        let package = Package {
            counts: counting.meter().counts,
            amount: counted(amount),
            term: Term { unit: PeriodUnit::Month, count: 1 },
            reset: None,
            price: Price { base: Some(decimal(price)), ..Price::default() },
            overage: if goes_on { Overage::OnDemand { billing } } else { Overage::Stop },
        };
        let plan = Plan { currency, quantities: vec![], billing: Billing::Package(package.clone()), books: vec![] };
        let paid = divided(price * i128::from(currency.scale()), PARTS);
        assert_eq!(i128::from(quote(&plan, &Choice::default()).unwrap().total.minor()), paid, "{round}");
        let (mut left, mut used) = (package.amount, 0);
        for _ in 0..4 {
            let record = i128::from(random.below(120_000));
            let deducted = package.deduct(left, counted(record)).unwrap();
            let before = (used - amount).max(0);
            used += record;
            let beyond = (used - amount).max(0) - before;
            assert_eq!((deducted.taken, deducted.beyond), (counted(record - beyond), counted(beyond)), "{round}");
            assert_eq!(deducted.left, counted((amount - used).max(0)), "{round}");
            left = deducted.left;
        }
        let usage = BTreeMap::from([("calls".to_owned(), counted(used))]);
        let foreseen = i128::from(foresee(&plan, None, &usage).unwrap().total.minor());
        let beyond = if goes_on { counting.charged((used - amount).max(0)) } else { 0 };
        assert_eq!(foreseen, paid + rounded(&counting, beyond, currency), "{round}: {plan:?} {used}");
    }
}

/// Everything that is charged is brought to parts of this: the finest that a meter has.
const FINEST: i128 = 1_000_000;

/// A billing item beside others, for a class of tokens.
fn metered(random: &mut Random, index: usize) -> (Counting, Meter) {
    let counting = Counting::random(random);
    let mut meter = counting.meter();
    meter.counts.code = format!("m{index}");
    meter.class = Some(TokenClass::ALL[index]);
    (counting, meter)
}

#[test]
fn forty_thousand_committed_cycles_equal_the_second_implementation() {
    let mut random = Random(10);
    for round in 0..20_000 {
        let currency = random.currency();
        let classes = 1 + usize::try_from(random.below(TokenClass::ALL.len() as u64)).unwrap();
        let (countings, meters): (Vec<Counting>, Vec<Meter>) =
            (0..classes).map(|index| metered(&mut random, index)).unzip();
        let committed = 1 + random.price();
        let commitment = Commitment { amount: decimal(committed), cycle: CountingCycle::Month };
        let commitments = Some(commitment);
        let on_demand = OnDemand { cycle: BillingCycle::Hour, meters, commitment: commitments, set_up: None };
        let (mut carry, mut posted, mut due) = (Carry::default(), 0_i128, 0_i128);
        for _ in 0..2 {
            let (mut tallies, mut used) = (vec![Tally::default(); classes], vec![0_i128; classes]);
            let (mut exact, mut charged) = (Decimal::ZERO, 0_i128);
            for _ in 0..6 {
                let at = usize::try_from(random.below(classes as u64)).unwrap();
                let (counting, meter) = (&countings[at], &on_demand.meters[at]);
                let record = i128::from(random.below(150_000));
                let rated = rate_bare(meter, tallies[at], counted(record)).unwrap();
                tallies[at] = rated.tally;
                let charge = match meter.accumulation {
                    Some(_) => counting.charged(used[at] + record) - counting.charged(used[at]),
                    None => counting.charged(record),
                };
                used[at] += record;
                charged += charge * (FINEST / counting.per);
                exact = add_exactly(exact, rated.exact).unwrap();
                let (amount, next) = carry.post(rated.exact, currency).unwrap();
                (carry, posted) = (next, posted + i128::from(amount.minor()));
            }
            let least = committed * COUNTED * FINEST;
            let missing =
                shortfall(&commitment, exact, currency).unwrap().map_or(Decimal::ZERO, |(missing, _)| missing);
            assert_eq!(missing, Decimal::from_i128_with_scale((least - charged).max(0), 18), "{round}: {on_demand:?}");
            let (amount, next) = carry.post(missing, currency).unwrap();
            (carry, posted, due) = (next, posted + i128::from(amount.minor()), due + charged.max(least));
            let whole = due * i128::from(currency.scale());
            assert_eq!(posted, whole.div_euclid(PARTS * COUNTED * FINEST), "{round}");
            told_before(&on_demand, (&countings, &used), committed, currency);
        }
    }
}

/// The same use told before it happens: one record for each meter, each line rounded once, and what is missing.
fn told_before(on_demand: &OnDemand, (countings, used): (&[Counting], &[i128]), committed: i128, currency: Currency) {
    let usage = on_demand.meters.iter().zip(used).map(|(meter, used)| (meter.counts.code.clone(), counted(*used)));
    let quoted = estimate(on_demand, currency, &usage.collect()).unwrap();
    let charges: Vec<i128> = countings.iter().zip(used).map(|(counting, used)| counting.charged(*used)).collect();
    let mut lines: Vec<i128> =
        countings.iter().zip(&charges).map(|(counting, charge)| rounded(counting, *charge, currency)).collect();
    let all: i128 = countings.iter().zip(&charges).map(|(counting, charge)| charge * (FINEST / counting.per)).sum();
    let missing = committed * COUNTED * FINEST - all;
    if missing > 0 {
        lines.push(divided(missing * i128::from(currency.scale()), PARTS * COUNTED * FINEST));
    }
    assert_eq!(minors(&quoted.lines), lines, "{on_demand:?} {used:?}");
}
