//! What packages cover of records that come in, before anything of them is charged.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, InstanceId, ProductId},
    time::SECOND,
};
use platform::{Tx, jobs};

use crate::{
    Metering,
    rules::{
        package::{Cover, Filling, Held, Pool},
        record::Record,
    },
    store::{
        packages::{self, Key},
        records::{self, Numbered},
    },
};

/// What of records was covered, by instance and number.
pub(super) type Covers = Vec<(InstanceId, String, Cover)>;

/// What came of asking packages for records.
#[derive(Default)]
pub(super) struct Covered {
    pub(super) covers: Covers,
    /// Those that have no package to be used from any more, by their place.
    pub(super) refused: Vec<usize>,
    /// Those that were not asked for: they are not added either.
    left_out: Vec<Numbered>,
    pools: BTreeMap<Key, Pool>,
}

fn key(record: &Record) -> Key {
    (record.account, record.product, record.meter.clone())
}

impl Metering {
    /// Lets packages cover what they can of records, of which their instances are held, in the order in which they begin. What is
    /// there already, or takes the time of another one, is not covered: it is not added either.
    pub(super) async fn cover(&self, tx: &mut Tx, records: &mut [Record]) -> Result<Covered> {
        let keys: BTreeSet<Key> = records.iter().map(key).collect();
        let Some(first) = records.iter().map(|record| record.begin).min() else { return Ok(Covered::default()) };
        let mut pools = self.hold_pools(tx, &keys, first).await?;
        let asked: Vec<usize> = (0..records.len())
            .filter(|place| records.get(*place).is_some_and(|one| one.stops || pools.contains_key(&key(one))))
            .collect();
        if asked.is_empty() {
            return Ok(Covered::default());
        }
        let some: Vec<&Record> = asked.iter().filter_map(|place| records.get(*place)).collect();
        let known: HashSet<Numbered> = records::taken(tx, &some).await?.into_iter().collect();
        // Of those for one time the first in the request is added, unless it is refused.
        let mut order: Vec<_> =
            asked.iter().filter_map(|place| records.get(*place).map(|one| (one.begin, one.end, *place))).collect();
        order.sort_unstable();
        let (mut covers, mut refused, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut times = HashSet::new();
        for place in order.into_iter().map(|(.., place)| place) {
            let Some(one) = records.get_mut(place) else { continue };
            let numbered = Numbered { instance_id: one.instance, number: one.number.clone() };
            let time = (one.instance, one.begin, one.end, one.meter.clone());
            if known.contains(&numbered) || (!one.apart && times.contains(&time)) {
                left_out.push(numbered);
                continue;
            }
            let pool = pools.entry(key(one)).or_default();
            if one.stops && !pool.has_left(one.begin, one.package) {
                refused.push(place);
                continue;
            }
            if !one.apart {
                times.insert(time);
            }
            for cover in pool.cover((one.begin, one.quantity), one.package) {
                one.covered += cover.quantity;
                covers.push((one.instance, one.number.clone(), cover));
            }
        }
        Ok(Covered { covers, refused, left_out, pools })
    }

    /// Writes what was covered; what has to be done about a package now is done by a job of its own.
    pub(super) async fn take_covered(
        &self,
        tx: &mut Tx,
        covered: Covered,
        is_added: impl Fn(&Numbered) -> bool,
    ) -> Result<()> {
        let Covered { covers, refused: _, left_out, mut pools } = covered;
        if left_out.iter().any(&is_added) {
            return Err(Error::fault("a record that no package was asked for is added"));
        }
        if covers.is_empty() {
            return Ok(());
        }
        let gone = |(instance, number, _): &(InstanceId, String, Cover)| {
            !is_added(&Numbered { instance_id: *instance, number: number.clone() })
        };
        if covers.iter().any(gone) {
            return Err(Error::fault("a record that was covered is not added"));
        }
        let now = self.app.clock.now();
        packages::write_covers(tx, covers, now).await?;
        for pool in pools.values_mut() {
            let fresh = pool.fillings.iter().filter(|(_, filling)| filling.now > 0);
            let taken: Vec<(InstanceId, Filling)> = fresh.map(|((id, _), filling)| (*id, *filling)).collect();
            if !taken.is_empty() {
                packages::take(tx, taken).await?;
                self.wake(tx, pool, now).await?;
            }
        }
        Ok(())
    }

    /// Sets a job for those packages of a pool that is held about which something has to be done, now or sooner than was known.
    pub(super) async fn wake(&self, tx: &mut Tx, pool: &mut Pool, now: Timestamp) -> Result<()> {
        let policy = self.policies.current().await?;
        let rules = (&policy.packages, &policy.zone());
        for place in 0..pool.held.len() {
            let (Some(look), Some(held)) = (pool.look(place, now), pool.held.get(place)) else { continue };
            let due = held.next_due(&look, rules, now);
            let Some(due) = due.filter(|due| *due <= now || held.due_at.is_none_or(|known| *due < known)) else {
                continue;
            };
            packages::save(tx, &Held { due_at: Some(due), ..held.clone() }).await?;
            jobs::schedule(tx, now, due, &Event::PackageDue { instance: held.instance }).await?;
        }
        Ok(())
    }

    /// The packages of some pools that may cover what begins at a moment or later, held until the transaction ends, with what
    /// was taken of them.
    pub(super) async fn hold_pools(
        &self,
        tx: &mut Tx,
        keys: &BTreeSet<Key>,
        from: Timestamp,
    ) -> Result<BTreeMap<Key, Pool>> {
        let held = packages::hold(tx, keys, from).await?;
        self.pools(tx, held, from).await
    }

    pub(super) async fn pools(&self, tx: &mut Tx, held: Vec<Held>, from: Timestamp) -> Result<BTreeMap<Key, Pool>> {
        if held.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: BTreeSet<InstanceId> = held.iter().map(|one| one.instance).collect();
        // What follows from their end may still be on its way.
        let ended = self.instances.ended_among(tx, &ids).await?;
        // What begins in the second in which one began is in its first filling.
        let fillings = packages::fillings(tx, ids.into_iter(), from.plus_micros(-SECOND)).await?;
        let mut pools: BTreeMap<Key, Pool> = BTreeMap::new();
        let mut keys: BTreeMap<InstanceId, Key> = BTreeMap::new();
        for one in held {
            let key: (AccountId, ProductId, String) = (one.account, one.product, one.meter().to_owned());
            keys.insert(one.instance, key.clone());
            let ended_at = one.ended_at.or_else(|| ended.get(&one.instance).copied());
            pools.entry(key).or_default().held.push(Held { ended_at, ..one });
        }
        for (id, filling) in fillings {
            let pool = keys.get(&id).and_then(|key| pools.get_mut(key));
            if let Some(pool) = pool {
                pool.fillings.insert((id, filling.period.from), filling);
            }
        }
        Ok(pools)
    }
}
