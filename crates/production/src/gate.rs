//! How many calls of one address run at once, a pause for those that are down, and an order for those who wait: one dead
//! or slow seller delays nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{Timestamp, id::ProductionAddressId, time::SECOND};

/// Calls at the same time of one address that is well, and of one that is not.
const AT_ONCE: u32 = 4;
const UNWELL_AT_ONCE: u32 = 1;
/// Calls at the same time of all addresses together that are not well: what is left belongs to the others.
const UNWELL_ALL: u32 = 32;
/// An answer that takes longer than this is slow.
const SLOW_MICROS: i64 = SECOND;
/// Failures in a row after which it is left alone, and for how long.
const FAILURES: u32 = 3;
const PAUSE_SECONDS: i64 = 60;
/// A call of an address that nothing is known of takes about this long.
const USUAL_MICROS: i64 = SECOND / 2;
/// Those who wait ask again one after the other within this time.
const QUEUE_SECONDS: i64 = 60;

#[derive(Clone, Default)]
pub(crate) struct Gates(Arc<Mutex<All>>);

#[derive(Default)]
struct All {
    gates: HashMap<ProductionAddressId, Gate>,
    /// Calls of addresses that are not well.
    unwell: u32,
}

#[derive(Default)]
struct Gate {
    running: u32,
    failures: u32,
    closed_until: Option<Timestamp>,
    /// How long the last call took.
    took: Option<i64>,
    /// When the last of those who wait asks again.
    queue: Option<Timestamp>,
}

/// A place at an address, given back when it is dropped.
pub(crate) struct Place {
    gates: Gates,
    address: ProductionAddressId,
    unwell: bool,
}

/// How a call went, for the ones after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    Up,
    Down,
}

impl Gates {
    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, if there is one now.
    pub(crate) fn enter(&self, address: ProductionAddressId, now: Timestamp) -> Option<Place> {
        let mut all = self.all();
        let room = all.unwell < UNWELL_ALL;
        let gate = all.gates.entry(address).or_default();
        let unwell = gate.is_unwell();
        if !gate.has_place(now) || (unwell && !room) {
            return None;
        }
        gate.running += 1;
        all.unwell += u32::from(unwell);
        drop(all);
        Some(Place { gates: self.clone(), address, unwell })
    }

    /// When somebody who found no place asks again. Each gets a moment of its own, as calls of this address take their
    /// time, so that a long queue is not gone through again and again.
    pub(crate) fn ask_again(&self, address: ProductionAddressId, now: Timestamp) -> Timestamp {
        match self.all().gates.get_mut(&address) {
            Some(gate) => gate.ask_again(now),
            None => now.plus_seconds(1),
        }
    }
}

impl Gate {
    fn is_unwell(&self) -> bool {
        self.failures > 0 || self.took.is_some_and(|took| took > SLOW_MICROS)
    }

    fn has_place(&self, now: Timestamp) -> bool {
        match self.closed_until {
            Some(until) if now < until => false,
            // After a pause, one goes ahead.
            Some(_) => self.running == 0,
            None => self.running < if self.is_unwell() { UNWELL_AT_ONCE } else { AT_ONCE },
        }
    }

    fn ask_again(&mut self, now: Timestamp) -> Timestamp {
        let places = if self.is_unwell() { UNWELL_AT_ONCE } else { AT_ONCE };
        let step = self.took.unwrap_or(USUAL_MICROS).max(SECOND / 10) / i64::from(places);
        let first = self.closed_until.filter(|until| now < *until).unwrap_or(now).plus_micros(step);
        let last = first.plus_seconds(QUEUE_SECONDS);
        let next = self.queue.map_or(first, |queue| queue.plus_micros(step));
        // The end of the queue begins anew; the first of it have gone meanwhile.
        let at = if (first..=last).contains(&next) { next } else { first };
        self.queue = Some(at);
        at
    }
}

impl Place {
    pub(crate) fn went(&self, went: Went, (now, took_micros): (Timestamp, i64)) {
        let mut all = self.gates.all();
        let Some(gate) = all.gates.get_mut(&self.address) else { return };
        gate.took = Some(took_micros);
        match went {
            Went::Up => (gate.failures, gate.closed_until) = (0, None),
            Went::Down => {
                gate.failures = gate.failures.saturating_add(1);
                if gate.failures >= FAILURES {
                    gate.closed_until = Some(now.plus_seconds(PAUSE_SECONDS));
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.gates.all();
        all.unwell -= u32::from(self.unwell);
        if let Some(gate) = all.gates.get_mut(&self.address) {
            gate.running = gate.running.saturating_sub(1);
            if gate.running == 0 && !gate.is_unwell() {
                all.gates.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: i64 = SECOND / 20;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(seconds)
    }

    fn address() -> ProductionAddressId {
        ProductionAddressId::new(at(0))
    }

    #[test]
    fn an_address_has_few_places_and_rests_when_it_is_down() {
        let gates = Gates::default();
        let (dead, fine) = (address(), address());
        let places: Vec<Place> = (0..4).map(|_| gates.enter(dead, at(0)).unwrap()).collect();
        assert!(gates.enter(dead, at(0)).is_none(), "four are enough");
        assert!(gates.enter(fine, at(0)).is_some(), "nobody else waits for it");
        for place in places.iter().take(2) {
            place.went(Went::Down, (at(0), QUICK));
        }
        drop(places);
        let third = gates.enter(dead, at(0)).unwrap();
        assert!(gates.enter(dead, at(0)).is_none(), "who has failed gets one place");
        third.went(Went::Down, (at(0), QUICK));
        drop(third);
        assert!(gates.enter(dead, at(59)).is_none(), "it rests");
        let probe = gates.enter(dead, at(60)).unwrap();
        assert!(gates.enter(dead, at(60)).is_none(), "one goes ahead");
        probe.went(Went::Up, (at(60), QUICK));
        drop(probe);
        assert!(gates.enter(dead, at(60)).is_some());
        assert!(gates.all().gates.is_empty() && gates.all().unwell == 0, "what is well is not kept");
    }

    #[test]
    fn the_slow_and_the_failing_leave_room_for_the_others() {
        let gates = Gates::default();
        let slow: Vec<ProductionAddressId> = (0..100).map(|_| address()).collect();
        for one in &slow {
            gates.enter(*one, at(0)).unwrap().went(Went::Up, (at(0), 4 * SECOND));
        }
        let entered: Vec<Place> = slow.iter().filter_map(|one| gates.enter(*one, at(1))).collect();
        assert_eq!(entered.len(), 32);
        assert!(gates.enter(address(), at(1)).is_some());
        drop(entered);
        let mended = gates.enter(slow[0], at(2)).unwrap();
        mended.went(Went::Up, (at(2), QUICK));
        drop(mended);
        let well: Vec<Place> = (0..4).map(|_| gates.enter(slow[0], at(2)).unwrap()).collect();
        assert_eq!(gates.all().unwell, 0, "{} well", well.len());
    }

    #[test]
    fn who_waits_asks_again_in_turn() {
        let gates = Gates::default();
        let dead = address();
        for second in 0..3 {
            gates.enter(dead, at(second)).unwrap().went(Went::Down, (at(second), QUICK));
        }
        let moments: Vec<Timestamp> = (0..600).map(|_| gates.ask_again(dead, at(3))).collect();
        assert!(moments.is_sorted() && moments.windows(2).all(|two| two[0] != two[1]));
        assert!(moments[0] > at(62) && moments[599] <= at(62 + 61), "after the pause, within a minute");
        let all: Vec<Timestamp> = (0..10_000).map(|_| gates.ask_again(dead, at(3))).collect();
        assert!(all.iter().all(|moment| (at(62)..=at(62 + 61)).contains(moment)));
    }
}
