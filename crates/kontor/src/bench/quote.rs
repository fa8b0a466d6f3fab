//! Quotes a second on one core. The floor computes the same sum with the same exact decimals and explains nothing.

use std::{collections::BTreeMap, hint::black_box, time::Instant};

use anyhow::Context;
use kernel::{Currency, rate::charge_rounded_half_even};
use pricing::{Choice, Plan};
use rust_decimal::Decimal;

use super::{Row, cpu, measure::Measured};

/// The standard example: 25 users at tiered prices, twelve months less ten per cent.
fn example() -> anyhow::Result<(Plan, Choice)> {
    let plan = serde_json::from_value(serde_json::json!({
        "currency": "CNY",
        "quantities": [{ "code": "users", "unit": { "en": "users", "zh": "用户" }, "min": 1, "max": 1000, "step": 1 }],
        "billing": { "mode": "period", "month": {
            "price": { "quantities": { "users": { "model": "tiered", "tiers": [
                { "from": 1, "to": 10, "unit_price": "30.00" },
                { "from": 11, "unit_price": "25.00" }
            ] } } },
            "periods_max": 36,
            "discounts": [{ "periods_min": 12, "basis_points": 1000 }]
        } }
    }))?;
    Ok((plan, Choice { quantities: BTreeMap::from([("users".to_owned(), 25)]), periods: 12, ..Choice::default() }))
}

pub(super) fn run(seconds: u32) -> anyhow::Result<Vec<Row>> {
    let (plan, choice) = example()?;
    let total = pricing::quote(&plan, &choice)?.total;
    anyhow::ensure!(total.minor() == 729_000, "the example comes to {total} instead of 7,290.00 CNY");
    let ours =
        repeat(seconds, || pricing::quote(black_box(&plan), black_box(&choice)).map(|quote| quote.total.minor()))?;
    let floor = repeat(seconds, || {
        let (first, second) = (black_box(Decimal::from(10)), black_box(Decimal::from(15)));
        let month = first * black_box(Decimal::from(30)) + second * black_box(Decimal::from(25));
        let due = month * black_box(Decimal::from(12)) * black_box(Decimal::new(9, 1));
        charge_rounded_half_even(due, Currency::CNY).map(kernel::Money::minor)
    })?;
    Ok(vec![ours.beside(&floor, "quote".to_owned(), "none")])
}

/// Repeats a computation in batches, so that the clock costs nothing beside it.
fn repeat<E>(seconds: u32, mut once: impl FnMut() -> Result<i64, E>) -> anyhow::Result<Measured>
where
    E: std::error::Error + Send + Sync + 'static,
{
    const BATCH: u64 = 1_000;
    let (cpu, begun) = (cpu::used_us(), Instant::now());
    let (mut count, mut latencies) = (0, Vec::new());
    while begun.elapsed().as_secs() < u64::from(seconds) {
        let started = Instant::now();
        for _ in 0..BATCH {
            black_box(once().context("a quote of the example")?);
        }
        count += BATCH;
        latencies.push(u64::try_from(started.elapsed().as_micros())? / BATCH);
    }
    Ok(Measured::of(count, begun.elapsed(), cpu::used_us().saturating_sub(cpu), latencies))
}
