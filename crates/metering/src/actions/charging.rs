//! Each hour or day is charged when it is over and its records have had time to come in.

use instances::State;
use kernel::{
    Error, Event, Localized, Refusal, Result, Timestamp,
    id::{InstanceId, UsageChargeId},
    time::Period,
};
use messages::Topic;
use platform::{Tx, jobs};
use pricing::USAGE_MAX;
use rust_decimal::Decimal;

use super::rerating;
use crate::{
    Metering,
    rules::{
        bill::Bill,
        contract::Contract,
        correction::{Correction, Known},
        package,
        rating::{Charged, Part, Stage, Use},
        record,
        refused::Unchargeable,
    },
    store::{
        charges::{self, Charge, UsageChargeState},
        contracts, packages,
        records::{self, Place},
        sums::{self, Sum},
    },
};

/// How many hours or days one job charges; the next one goes on.
const PERIODS_AT_ONCE: usize = 50;

/// With how many records it stops before, so that nobody waits for long: what it is about is held.
const RECORDS_AT_ONCE: i64 = 50_000;

impl Metering {
    /// An hour or a day is over.
    pub async fn on_cycle_due(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let Some(mut contract) = contracts::hold(tx, instance).await? else { return Ok(()) };
        let now = self.app.clock.now();
        if contract.due_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        // What follows from its end may still be on its way.
        if contract.closed_at.is_none()
            && let State::Released { at, .. } = self.instances.find(tx, instance).await?.state
        {
            contract.closed_at = Some(at);
        }
        let rules = self.policies.current().await?.metering;
        let ripe = now.plus_seconds(-contract.terms.lag_seconds(&rules));
        let (mut charged, mut records) = (0, 0_i64);
        while charged < PERIODS_AT_ONCE && records < RECORDS_AT_ONCE {
            skip_idle(tx, &mut contract, ripe).await?;
            let period = contract.open_period();
            if period.until > ripe {
                break;
            }
            match self.charge_period(tx, &mut contract, period).await? {
                Ok(more) => records = records.saturating_add(more),
                // It is met again by the next job, alone; that is given up and stands before the operator.
                Err(_) if charged > 0 => break,
                Err(why) => {
                    let why = why.to_string();
                    return Err(Error::fault(Unchargeable { instance, period, why }));
                }
            }
            charged += 1;
        }
        contract.due_at = None;
        if contract.is_open(now, &rules) || contract.open_period().until <= ripe {
            self.wait_for_cycle(tx, &mut contract).await?;
        }
        contracts::save(tx, &contract).await?;
        if charged > 0 {
            jobs::publish(tx, now, &Event::UsageCharged { account: contract.account }).await?;
        }
        Ok(())
    }

    /// The job that charges was given up: of an hour or a day that cannot be priced both hear who can do something about it.
    pub async fn on_cycle_given_up(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let Some(mut contract) = contracts::find(tx, instance).await? else { return Ok(()) };
        let policy = self.policies.current().await?;
        let ripe = self.app.clock.now().plus_seconds(-contract.terms.lag_seconds(&policy.metering));
        skip_idle(tx, &mut contract, ripe).await?;
        let period = contract.open_period();
        let sums = sums::of(tx, instance, period).await?;
        let why = match bill(tx, &contract, (period, stage(&contract, period)), &sums).await {
            Err(Error::Refused(why)) => why,
            Err(other) => return Err(other),
            Ok(_) => return Ok(()),
        };
        self.tell_of_unpriced(tx, (&contract, period), &why.text()).await
    }

    async fn tell_of_unpriced(
        &self,
        tx: &mut Tx,
        (contract, period): (&Contract, Period),
        why: &Localized,
    ) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let day = |moment: Timestamp| moment.format("%Y-%m-%d %H:%M", &zone);
        let (from, until, bought, instance) = (day(period.from), day(period.until), &contract.title, contract.instance);
        let title =
            Localized::new(format!("Use cannot be charged: {}", bought.en), format!("用量无法计费：{}", bought.zh));
        let text = Localized::new(
            format!(
                "What was reported of the instance {instance} from {from} to {until} cannot be priced: {}. It and everything \
                 after it stays uncharged until that is mended. Look at the records that you reported for this time and \
                 correct those that are wrong: then it is charged.",
                why.en
            ),
            format!(
                "资源 {instance} 在 {from} 至 {until} 上报的用量无法计费：{}。处理前，该时段及之后的用量均不会计费。\
                 请核对该时段上报的话单并更正有误的话单，更正后自动计费。",
                why.zh
            ),
        );
        self.messages.tell(tx, contract.seller, Topic::Delivery, title.clone(), text).await?;
        let text = Localized::new(
            format!(
                "What was used of the instance {instance} from {from} to {until} cannot be priced: {}. It and everything after it \
                 stays uncharged. Its seller was told to correct the records; the job stands among those that were given up.",
                why.en
            ),
            format!(
                "资源 {instance} 在 {from} 至 {until} 的用量无法计费：{}。该时段及之后的用量均不会计费。已通知商家更正话单；\
                 相应任务在失败任务列表中。",
                why.zh
            ),
        );
        self.messages.tell_operator(tx, Topic::Operations, title, text).await
    }

    /// Gives how many records it charged, or why nothing was.
    async fn charge_period(
        &self,
        tx: &mut Tx,
        contract: &mut Contract,
        period: Period,
    ) -> Result<std::result::Result<i64, Box<dyn Refusal>>> {
        let now = self.app.clock.now();
        let sums = sums::of(tx, contract.instance, period).await?;
        let charged = match bill(tx, contract, (period, stage(contract, period)), &sums).await {
            Err(Error::Refused(why)) => return Ok(Err(why)),
            other => other?,
        };
        sums::forget(tx, contract.instance, period.until).await?;
        contract.charged_until = period.until;
        contract.standing = charged.standing;
        if charged.parts.is_empty() {
            return Ok(Ok(0));
        }
        let records = charged.parts.iter().map(|part| part.records).sum();
        // Nothing is booked for less than one minor unit.
        let paid_at = charged.amount.is_zero().then_some(now);
        let charge = Charge {
            id: UsageChargeId::new(now),
            account: contract.account,
            seller: contract.seller,
            instance: contract.instance,
            line: contract.line,
            period,
            records,
            parts: charged.parts,
            exact: charged.exact,
            amount: charged.amount,
            credited: 0,
            state: if paid_at.is_some() { UsageChargeState::Paid } else { UsageChargeState::Due },
            charged_at: now,
            paid_at,
        };
        charges::insert(tx, &charge).await?;
        contract.charged = contract.charged.and(charge.amount, records)?;
        Ok(Ok(records))
    }
}

/// Where a period stands in the life of a contract.
pub(crate) fn stage(contract: &Contract, period: Period) -> Stage {
    match contract.closed_at {
        Some(closed) if period.contains(closed) => Stage::Ending,
        Some(closed) if closed < period.from => Stage::Over,
        Some(_) | None => Stage::Running,
    }
}

/// Goes on to the next hour or day that something is charged with, and no further than what is not ripe yet.
async fn skip_idle(tx: &mut Tx, contract: &mut Contract, ripe: Timestamp) -> Result<()> {
    let terms = &contract.terms;
    let mut next = terms.period(ripe).from;
    if let Some(used) = records::next_used(tx, contract.instance, contract.charged_until).await? {
        next = next.min(terms.period(used).from);
    }
    if let Some(waits) = rerating::waits_from(tx, contract).await? {
        next = next.min(waits);
    }
    // What was committed to falls due at the end of its cycle, and when the contract ends.
    if let Some(commitment) = &terms.prices.commitment
        && contract.closed_at.is_none_or(|closed| contract.charged_until <= closed)
    {
        let cycle = commitment.cycle.around(contract.charged_until, &terms.zone());
        let last = contract.closed_at.map_or(cycle.until, |closed| closed.plus_micros(1).min(cycle.until));
        next = next.min(terms.period(last.plus_micros(-1)).from);
    }
    contract.charged_until = contract.charged_until.max(next);
    Ok(())
}

/// Prices what was used in a period, what came too late for the one it was used in, and what corrections change of what was charged
/// before.
pub(crate) async fn bill(
    tx: &mut Tx,
    contract: &Contract,
    (period, stage): (Period, Stage),
    sums: &[Sum],
) -> Result<Charged> {
    let (own, before) = rerating::of_period(tx, contract, period).await?;
    let known = Known::of(&own);
    let mut standing = contract.standing.clone();
    let adjusted = rerating::adjust(tx, contract, (period, &mut standing), &before).await?;
    let mut bill = Bill::open(&contract.terms, (period, stage), &standing);
    bill.adjust(adjusted);
    for meter in contract.terms.meters() {
        rerating::add_in_time(tx, &mut bill, (contract, meter, period), (sums, &known)).await?;
    }
    let mut behind = Place::before(Timestamp::from_micros(0));
    while sums.iter().any(|sum| sum.late) {
        let some = records::late(tx, contract.instance, period.from, &behind).await?;
        let Some(last) = some.last() else { break };
        behind = last.place();
        for mut one in some {
            one.quantity = known.now(&one.number, one.quantity);
            bill.add(&single(one, true))?;
        }
    }
    let mut charged = bill.end()?;
    if !sums.is_empty() {
        for mut covered in packages::covered_in(tx, contract.instance, period).await? {
            let same = |one: &&Correction| one.meter == covered.meter && one.late == covered.late;
            covered.quantity += own.iter().filter(same).map(|one| one.after.covered - one.before.covered).sum::<i64>();
            let of =
                |part: &&mut Part| part.meter == covered.meter && part.late == covered.late && part.corrections == 0;
            if let Some(part) = charged.parts.iter_mut().find(of) {
                part.text = package::beside(&part.text, covered.quantity, contract.terms.prices.meter(&covered.meter));
            }
        }
    }
    Ok(charged)
}

pub(super) fn single(one: records::One, late: bool) -> Use {
    Use { meter: one.meter, at: one.begin_at, quantity: record::count(one.quantity), records: 1, late }
}

/// One of many records of a meter that count the same, in time.
pub(super) fn counted(meter: &str, at: Timestamp, quantity: i64) -> Use {
    Use { meter: meter.to_owned(), at, quantity: record::count(quantity), records: 1, late: false }
}

/// A sum, in pieces where it is more than can be priced at once.
pub(super) fn summed(sum: &Sum, period: Period) -> impl Iterator<Item = Use> {
    let (most, mut left, mut records) = (Decimal::from(USAGE_MAX), sum.quantity(), sum.records);
    std::iter::from_fn(move || {
        // What packages have covered whole costs nothing, and its records count all the same.
        let quantity = Some(left.min(most)).filter(|quantity| *quantity > Decimal::ZERO || records > 0)?;
        left -= quantity;
        let records = std::mem::take(&mut records);
        Some(Use { meter: sum.meter.clone(), at: period.from, quantity, records, late: false })
    })
}
