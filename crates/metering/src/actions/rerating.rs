//! What corrections change of what was charged, read from the records of the time that they are of.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Result, Timestamp, time::Period};
use platform::Tx;
use pricing::Meter;

use super::charging::{counted, single, stage, summed};
use crate::{
    rules::{
        bill::Bill,
        contract::Contract,
        correction::{Correction, Known, pieces},
        rating::{self, Part, Standing},
        rerate::{self, Replay, Window},
    },
    store::{
        charges, corrections,
        records::{self, LateOne, Place},
        sums::Sum,
    },
};

/// What a window was charged with before a period.
struct Past {
    periods: BTreeSet<Timestamp>,
    sums: BTreeMap<Timestamp, Vec<Sum>>,
    late: Vec<LateOne>,
}

/// The lines with what corrections change of what was charged before a period; the standing before it becomes what it would have been.
pub(super) async fn adjust(
    tx: &mut Tx,
    contract: &Contract,
    (period, standing): (Period, &mut Standing),
    some: &[Correction],
) -> Result<Vec<Part>> {
    let mut windows: BTreeMap<Window, Vec<&Correction>> = BTreeMap::new();
    for one in some {
        let Some(meter) = contract.terms.prices.meter(&one.meter) else { continue };
        windows.entry(Window::of(&contract.terms, meter, one.begin)).or_default().push(one);
    }
    let mut parts = Vec::new();
    for (window, own) in &windows {
        let span = Period { from: window.from, until: window.until };
        let every = corrections::of_time(tx, contract.instance, span).await?;
        let known =
            |until: Timestamp| Known::of(every.iter().filter(|one| one.known_in.is_none_or(|known| known < until)));
        let past = past(tx, contract, window, period.from).await?;
        let was = replay(tx, contract, (window, &past), &known(period.from)).await?;
        let is = replay(tx, contract, (window, &past), &known(period.from.plus_micros(1))).await?;
        parts.extend(rerate::adjusted(standing, (&was, &is), own)?);
    }
    Ok(parts)
}

async fn past(tx: &mut Tx, contract: &Contract, window: &Window, before: Timestamp) -> Result<Past> {
    let span = Period { from: window.from, until: window.until };
    let mut sums: BTreeMap<Timestamp, Vec<Sum>> = BTreeMap::new();
    for row in records::past_sums(tx, contract.instance, (span, before)).await? {
        sums.entry(row.period_from).or_default().push(row.sum());
    }
    let mut late = records::past_late(tx, contract.instance, (span, before)).await?;
    late.retain(|row| window.counts(&row.one.meter));
    let mut periods: BTreeSet<Timestamp> = sums.keys().copied().chain(late.iter().map(|row| row.late_in)).collect();
    let life = (contract.began_at, contract.closed_at);
    periods.extend(rerate::falls_due(&contract.terms, window, life, before).into_iter().map(|period| period.from));
    // What was committed to falls due with what was charged.
    if window.meter.is_none() {
        let until = window.until.min(before);
        periods.extend(charges::begun(tx, contract.instance, Period { until, ..span }).await?);
    }
    Ok(Past { periods, sums, late })
}

/// Prices a window as it was charged, with what was known of its records.
async fn replay<'t>(
    tx: &mut Tx,
    contract: &'t Contract,
    (window, past): (&'t Window, &Past),
    known: &Known,
) -> Result<Replay<'t>> {
    let mut replay = Replay::of(&contract.terms, window);
    for from in &past.periods {
        let period = contract.terms.period(*from);
        let mut bill = replay.open((period, stage(contract, period)));
        if let Some(sums) = past.sums.get(from) {
            for meter in contract.terms.meters().into_iter().filter(|meter| window.counts(&meter.counts.code)) {
                let mut sums: Vec<Sum> = sums.iter().filter(|sum| sum.meter == meter.counts.code).cloned().collect();
                let (whole, rest) = pieces(known.added(*from, &meter.counts.code));
                for sum in &mut sums {
                    (sum.whole, sum.rest) = (sum.whole + whole, sum.rest + rest);
                }
                add_in_time(tx, &mut bill, (contract, meter, period), (&sums, known)).await?;
            }
        }
        let begin = past.late.partition_point(|row| row.late_in < *from);
        for row in past.late.iter().skip(begin).take_while(|row| row.late_in == *from) {
            let mut one = row.one.clone();
            one.quantity = known.now(&one.number, one.quantity);
            bill.add(&single(one, true))?;
        }
        replay.close(bill)?;
    }
    Ok(replay)
}

/// Adds to a bill what a meter counted in time in a period. Where the sum costs the same as the records, it is enough; else they are
/// read some at a time, and count what is known of them.
pub(super) async fn add_in_time(
    tx: &mut Tx,
    bill: &mut Bill<'_>,
    (contract, meter, period): (&Contract, &Meter, Period),
    (sums, known): (&[Sum], &Known),
) -> Result<()> {
    let code = meter.counts.code.as_str();
    if rating::is_additive(meter) {
        for one in sums.iter().filter(|sum| sum.meter == code && !sum.late).flat_map(|sum| summed(sum, period)) {
            bill.add(&one)?;
        }
        return Ok(());
    }
    if rating::is_alone(meter)
        && let Some(some) = records::alike(tx, contract.instance, (period, code)).await?
    {
        let mut counts: BTreeMap<i64, i64> = some.into_iter().map(|alike| (alike.quantity, alike.records)).collect();
        for (quantity, records) in known.moved(period.from, code) {
            *counts.entry(quantity).or_default() += records;
        }
        for (quantity, records) in counts.into_iter().filter(|(_, records)| *records > 0) {
            bill.add_alike(&counted(code, period.from, quantity), records)?;
        }
        return Ok(());
    }
    let mut behind = Place::before(period.from);
    loop {
        let some = records::each(tx, contract.instance, (period, code), &behind).await?;
        let Some(last) = some.last() else { return Ok(()) };
        behind = last.place();
        for mut one in some {
            one.quantity = known.now(&one.number, one.quantity);
            bill.add(&single(one, false))?;
        }
    }
}

/// Adds what corrections change to sums of the records of a period that were made without them.
pub(super) fn add_pieces<'c>(sums: &mut [Sum], some: impl IntoIterator<Item = &'c Correction>) {
    for one in some {
        let (whole, rest) = pieces(one.delta());
        if let Some(sum) = sums.iter_mut().find(|sum| sum.meter == one.meter && sum.late == one.late) {
            (sum.whole, sum.rest) = (sum.whole + whole, sum.rest + rest);
        }
    }
}

/// Whether the price of something has to be worked out again from what was charged before.
pub(super) async fn waits_from(tx: &mut Tx, contract: &Contract) -> Result<Option<Timestamp>> {
    match contract.corrections {
        0 => Ok(None),
        _ => corrections::next_known(tx, contract.instance, contract.charged_until).await,
    }
}

/// The corrections that a period is charged with: of records that it charges, and of what was charged before.
pub(super) async fn of_period(
    tx: &mut Tx,
    contract: &Contract,
    period: Period,
) -> Result<(Vec<Correction>, Vec<Correction>)> {
    if contract.corrections == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let own = corrections::charged_with(tx, contract.instance, period.from).await?;
    Ok((own, corrections::known_in(tx, contract.instance, period.from).await?))
}
