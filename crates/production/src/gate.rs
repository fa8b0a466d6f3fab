//! How many calls of one address run at once, and a pause for those that are down: one dead seller delays nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Timestamp, id::ProductionAddressId};

/// Calls of one address at the same time.
const AT_ONCE: u32 = 2;
/// Failures in a row after which it is left alone, and for how long.
const FAILURES: u32 = 3;
const PAUSE_SECONDS: i64 = 60;
/// When somebody asks again who found all places taken.
const TAKEN_SECONDS: i64 = 2;

#[derive(Clone, Default)]
pub(crate) struct Gates(Arc<Mutex<HashMap<ProductionAddressId, Gate>>>);

#[derive(Default)]
struct Gate {
    running: u32,
    failures: u32,
    closed_until: Option<Timestamp>,
}

/// A place at an address, given back when it is dropped.
pub(crate) struct Place {
    gates: Gates,
    address: ProductionAddressId,
}

/// How a call went, for the ones after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    Up,
    Down,
}

impl Gates {
    /// A place, or when to ask again.
    pub(crate) fn enter(&self, address: ProductionAddressId, now: Timestamp) -> Result<Place, Timestamp> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(address).or_default();
        if let Some(until) = gate.again_at(now) {
            return Err(until);
        }
        gate.running += 1;
        Ok(Place { gates: self.clone(), address })
    }

    /// When there may be a place again; none: now.
    pub(crate) fn again_at(&self, address: ProductionAddressId, now: Timestamp) -> Option<Timestamp> {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.get(&address).and_then(|gate| gate.again_at(now))
    }
}

impl Gate {
    fn again_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.closed_until {
            Some(until) if now < until => Some(until),
            // After a pause, one goes ahead.
            Some(_) if self.running > 0 => Some(now.plus_seconds(TAKEN_SECONDS)),
            Some(_) => None,
            None => (self.running >= AT_ONCE).then(|| now.plus_seconds(TAKEN_SECONDS)),
        }
    }
}

impl Place {
    pub(crate) fn went(&self, went: Went, now: Timestamp) {
        let mut gates = self.gates.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(gate) = gates.get_mut(&self.address) else { return };
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
        let mut gates = self.gates.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get_mut(&self.address) {
            gate.running = gate.running.saturating_sub(1);
            if gate.running == 0 && gate.failures == 0 {
                gates.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_few_places_and_rests_when_it_is_down() {
        let (gates, now) = (Gates::default(), Timestamp::from_micros(0));
        let (dead, fine) = (ProductionAddressId::new(now), ProductionAddressId::new(now));
        let first = gates.enter(dead, now).ok().unwrap();
        let second = gates.enter(dead, now).ok().unwrap();
        assert_eq!(gates.enter(dead, now).err(), Some(now.plus_seconds(2)));
        assert!(gates.enter(fine, now).is_ok(), "nobody else waits for it");
        first.went(Went::Down, now);
        first.went(Went::Down, now);
        drop(second);
        assert!(gates.again_at(dead, now).is_none());
        first.went(Went::Down, now);
        drop(first);
        let later = now.plus_seconds(60);
        assert_eq!(gates.enter(dead, now.plus_seconds(59)).err(), Some(later));
        let probe = gates.enter(dead, later).ok().unwrap();
        assert!(gates.enter(dead, later).is_err(), "one goes ahead");
        probe.went(Went::Up, later);
        drop(probe);
        assert!(gates.enter(dead, later).is_ok());
        assert!(gates.0.lock().unwrap().is_empty(), "what is well is not kept");
    }
}
