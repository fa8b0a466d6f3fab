//! What packages cover of records that are corrected, and of others instead.

use std::collections::BTreeSet;

use kernel::{
    Result,
    id::{InstanceId, UsageCorrectionId},
};
use platform::Tx;
use rust_decimal::Decimal;

use super::correcting::{Made, enter};
use crate::{
    Metering,
    rules::{
        contract::Contract,
        correction::{self, COVERED_INSTEAD, Chain, Correction, UsageCorrectionState, Worth},
        package::{Cover, Filling, Pool},
    },
    store::{
        contracts, corrections, packages,
        records::{self, Uncovered},
    },
};

/// So many pages of records are looked at for what a package got back: its instances are held meanwhile. What is left after them
/// covers what comes.
const PAGES_MAX: usize = 25;

impl Metering {
    /// Where packages cover use, all instances that they may cover are held, before any package is.
    pub(super) async fn hold_beside(&self, tx: &mut Tx, some: impl Iterator<Item = &Contract> + Send) -> Result<()> {
        let pools: BTreeSet<_> = some.map(|contract| (contract.account, contract.product)).collect();
        let mut beside = BTreeSet::new();
        for (account, product) in pools {
            if packages::any(tx, (account, product)).await? {
                beside.extend(contracts::of_pool(tx, (account, product)).await?);
            }
        }
        if !beside.is_empty() {
            contracts::hold_all(tx, beside).await?;
        }
        Ok(())
    }

    /// What packages cover of a record when it counts something else: of less, what is charged goes first, then what packages have
    /// covered goes back to them; of more, they cover what they can of the rest.
    pub(super) async fn cover_anew(
        &self,
        tx: &mut Tx,
        contract: &Contract,
        (chain, quantity): (&Chain, i64),
    ) -> Result<Vec<Cover>> {
        let (record, present) = (&chain.record, chain.now());
        let key = (contract.account, contract.product, record.meter.clone());
        let pools = self.hold_pools(tx, &BTreeSet::from([key]), record.begin).await?;
        let Some(mut pool) = pools.into_values().next() else { return Ok(Vec::new()) };
        let own = contract.terms.package.map(|_| contract.instance);
        let covers = if quantity > present.quantity {
            pool.cover((record.begin, quantity - present.quantity), own)
        } else {
            let freed = (present.covered - quantity).max(0);
            let there = corrections::covers_of(tx, contract.instance, &record.number).await?;
            pool.give_back((record.begin, freed), (own, there))
        };
        for cover in covers.iter().filter(|cover| cover.quantity < 0) {
            packages::give_back(tx, &Cover { quantity: -cover.quantity, ..*cover }).await?;
        }
        let taken = pool.fillings.iter().filter(|(_, filling)| filling.now > 0);
        let taken: Vec<(InstanceId, Filling)> = taken.map(|((id, _), filling)| (*id, *filling)).collect();
        packages::take(tx, taken).await?;
        if !covers.is_empty() {
            self.look_at_again(tx, &mut pool).await?;
        }
        Ok(covers)
    }

    /// What is to be done about packages of which more or less is left now. Who was told that one runs low is told again when it does.
    async fn look_at_again(&self, tx: &mut Tx, pool: &mut Pool) -> Result<()> {
        let now = self.app.clock.now();
        for place in 0..pool.held.len() {
            let (Some(look), Some(held)) = (pool.look(place, now), pool.held.get_mut(place)) else { continue };
            let is_low = held.watch.alarm.is_some_and(|alarm| alarm.is_reached(&look));
            if held.watch.told_in == Some(look.filling.from) && !is_low {
                held.watch.told_in = None;
                packages::save(tx, held).await?;
            }
        }
        self.wake(tx, pool, now).await
    }

    /// What a package got back covers what came after the corrected record and is charged, in the order in which it came: as if it had
    /// been left then.
    pub(super) async fn cover_others(
        &self,
        tx: &mut Tx,
        (contract, chain): (&Contract, &Chain),
        (cause, covers): (&Correction, &[Cover]),
        made: &mut Made,
    ) -> Result<()> {
        let mut number = 0;
        for back in covers.iter().filter(|cover| cover.quantity < 0) {
            let key = (contract.account, contract.product, cause.meter.clone());
            let pools = self.hold_pools(tx, &BTreeSet::from([key]), cause.begin).await?;
            let Some(mut pool) = pools.into_values().next() else { return Ok(()) };
            let Some(term) =
                pool.held.iter().find(|held| held.instance == back.package).map(|held| (held.term.from, held.ends()))
            else {
                continue;
            };
            let Some(filling) = pool.fillings.get(&(back.package, back.filling)).copied() else { continue };
            let span = (filling.period.from.max(term.0), filling.period.until.min(term.1));
            let mut left = filling.left();
            let mut behind = Uncovered::behind(contract, &chain.record, span.0);
            for _ in 0..PAGES_MAX {
                if left <= 0 {
                    break;
                }
                let some = records::uncovered(tx, contract, (&cause.meter, span), &behind).await?;
                let Some(last) = some.last() else { break };
                behind = last.clone();
                for other in some {
                    if left <= 0 {
                        break;
                    }
                    let taken = self.cover_other(tx, (cause, number), &other, (back, left), made).await?;
                    number += i32::from(taken > 0);
                    left -= taken;
                }
            }
            let taken = filling.left() - left;
            if taken > 0 {
                packages::take(tx, vec![(back.package, Filling { now: taken, ..filling })]).await?;
                if let Some(known) = pool.fillings.get_mut(&(back.package, back.filling)) {
                    known.now += taken;
                }
                self.look_at_again(tx, &mut pool).await?;
            }
        }
        Ok(())
    }

    /// Covers of one record what it can, and says how much that is.
    async fn cover_other(
        &self,
        tx: &mut Tx,
        (cause, number): (&Correction, i32),
        other: &Uncovered,
        (back, left): (&Cover, i64),
        made: &mut Made,
    ) -> Result<i64> {
        let Some(mut contract) = contracts::hold(tx, other.instance_id).await? else { return Ok(0) };
        let Some(chain) = self.chain(tx, other.instance_id, &other.number).await? else { return Ok(0) };
        let before = chain.now();
        let taken = before.charged().min(left);
        if taken <= 0 {
            return Ok(0);
        }
        // Where less can cost more, what would is left as it is.
        let charged = (before.charged(), before.charged() - taken);
        let meter = contract.terms.prices.meter(&chain.record.meter);
        if meter.and_then(|meter| correction::rises_at_most(meter, charged)).is_none_or(|more| more > Decimal::ZERO) {
            return Ok(0);
        }
        let now = self.app.clock.now();
        let mut one = Correction {
            id: UsageCorrectionId::new(now),
            instance: contract.instance,
            number: format!("{}.{number}", cause.id),
            record: chain.record.number.clone(),
            begin: chain.record.begin,
            charged_with: chain.record.charged_with(&contract.terms),
            late: chain.record.late_in.is_some(),
            before,
            after: Worth { covered: before.covered + taken, ..before },
            reason: COVERED_INSTEAD.to_owned(),
            state: UsageCorrectionState::Counted,
            turn: None,
            asks: None,
            lapses_at: None,
            most: Decimal::ZERO,
            known_in: None,
            corrected_at: now,
            decided_at: None,
            ..cause.clone()
        };
        enter(tx, &mut contract, &mut one, (now, made)).await?;
        corrections::insert(tx, &one).await?;
        corrections::write_covers(tx, one.id, &[Cover { quantity: taken, ..*back }]).await?;
        Ok(taken)
    }
}
