//! How many calls of one address run at once, a pause for those that are down, and an order for those who wait: one dead
//! or slow seller delays nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{
    Timestamp,
    id::{AccountId, ProductionAddressId},
    time::SECOND,
};

/// Calls at the same time of one address that is well; any other has one.
const AT_ONCE: usize = 4;
/// Calls at the same time of all addresses together that are not well, and of those that nothing is known of: what is left
/// belongs to those that are well.
const UNWELL_ALL: usize = 32;
const UNKNOWN_ALL: usize = 64;
/// Calls that people wait for, to try a system out: of one seller and of all together.
const TRIED_AT_ONCE: usize = 2;
const TRIED_ALL: usize = 32;
/// An answer that takes longer than this is slow.
const SLOW_MICROS: i64 = SECOND;
/// Failures in a row after which it is left alone, and for how long.
const FAILURES: u32 = 3;
const PAUSE_SECONDS: i64 = 60;
/// A call of an address that nothing is known of takes about this long.
const USUAL_MICROS: i64 = SECOND / 2;
/// Those who wait ask again one after the other within this time, at least so far apart.
const QUEUE_SECONDS: i64 = 60;
const STEP_MICROS: i64 = SECOND / 10;

#[derive(Clone, Default)]
pub(crate) struct Gates(Arc<Mutex<All>>);

#[derive(Default)]
struct All {
    gates: HashMap<ProductionAddressId, Gate>,
    /// Calls of addresses that are not well, and of those that nothing is known of.
    unwell: usize,
    unknown: usize,
    /// Who tries systems out, once for each call.
    trying: Vec<AccountId>,
}

/// What is known of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    Unwell,
    Unknown,
}

#[derive(Default)]
struct Gate {
    /// When each call that runs began.
    running: Vec<Timestamp>,
    failures: u32,
    closed_until: Option<Timestamp>,
    /// It has asked to be left alone until then, whatever else goes well.
    rests_until: Option<Timestamp>,
    /// How long the last call took.
    took: Option<i64>,
    /// When the last of those who wait asks again.
    queue: Option<Timestamp>,
}

/// A place at an address, given back when it is dropped.
pub(crate) struct Place {
    gates: Gates,
    address: ProductionAddressId,
    began: Timestamp,
    health: Health,
}

/// Leave to try a system out, given back when it is dropped.
pub(crate) struct Trying {
    gates: Gates,
    seller: AccountId,
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
        let All { gates, unwell, unknown, .. } = &mut *all;
        let gate = gates.entry(address).or_default();
        let health = gate.health(now);
        if !gate.has_place(now) {
            return None;
        }
        match health {
            Health::Well => {}
            Health::Unwell if *unwell < UNWELL_ALL => *unwell += 1,
            Health::Unknown if *unknown < UNKNOWN_ALL => *unknown += 1,
            Health::Unwell | Health::Unknown => return None,
        }
        gate.running.push(now);
        drop(all);
        Some(Place { gates: self.clone(), address, began: now, health })
    }

    /// Leave for a call that somebody waits for, unless too many of theirs or of all sellers run.
    pub(crate) fn try_out(&self, seller: AccountId) -> Option<Trying> {
        let mut all = self.all();
        let own = all.trying.iter().filter(|other| **other == seller).count();
        if own >= TRIED_AT_ONCE || all.trying.len() >= TRIED_ALL {
            return None;
        }
        all.trying.push(seller);
        drop(all);
        Some(Trying { gates: self.clone(), seller })
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
    fn health(&self, now: Timestamp) -> Health {
        let slow_now = self.running.iter().any(|began| began.plus_micros(SLOW_MICROS) < now);
        match self.took {
            _ if self.failures > 0 || slow_now => Health::Unwell,
            Some(took) if took > SLOW_MICROS => Health::Unwell,
            Some(_) => Health::Well,
            None => Health::Unknown,
        }
    }

    /// Until when it is left alone, or was.
    fn left_alone(&self) -> Option<Timestamp> {
        self.closed_until.max(self.rests_until)
    }

    fn has_place(&self, now: Timestamp) -> bool {
        match (self.left_alone(), self.health(now)) {
            (Some(until), _) if now < until => false,
            (None, Health::Well) => self.running.len() < AT_ONCE,
            // After a pause, one goes ahead.
            (Some(_), _) | (None, Health::Unwell | Health::Unknown) => self.running.is_empty(),
        }
    }

    fn ask_again(&mut self, now: Timestamp) -> Timestamp {
        let closed = self.left_alone().filter(|until| now < *until);
        let step = match (closed, self.health(now)) {
            (None, Health::Well) => self.took.unwrap_or(USUAL_MICROS).max(STEP_MICROS) / 4,
            (None, Health::Unknown) => USUAL_MICROS,
            // Nobody knows how long it takes; all of them at one moment would be too many.
            (Some(_), _) | (None, Health::Unwell) => STEP_MICROS,
        };
        let first = closed.unwrap_or_else(|| now.plus_micros(step));
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
            Went::Up => {
                (gate.failures, gate.closed_until) = (0, None);
                gate.rests_until = gate.rests_until.filter(|until| now < *until);
            }
            Went::Down => {
                gate.failures = gate.failures.saturating_add(1);
                if gate.failures >= FAILURES {
                    gate.closed_until = Some(now.plus_seconds(PAUSE_SECONDS));
                }
            }
        }
    }
}

impl Place {
    /// It is left alone until then, because it asked for that.
    pub(crate) fn rest(&self, until: Timestamp) {
        if let Some(gate) = self.gates.all().gates.get_mut(&self.address) {
            gate.rests_until = gate.rests_until.max(Some(until));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.gates.all();
        match self.health {
            Health::Well => {}
            Health::Unwell => all.unwell -= 1,
            Health::Unknown => all.unknown -= 1,
        }
        if let Some(gate) = all.gates.get_mut(&self.address)
            && let Some(mine) = gate.running.iter().position(|began| *began == self.began)
        {
            gate.running.swap_remove(mine);
        }
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        let mut all = self.gates.all();
        if let Some(mine) = all.trying.iter().position(|seller| *seller == self.seller) {
            all.trying.swap_remove(mine);
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

    /// An address that has answered quickly.
    fn well(gates: &Gates, now: Timestamp) -> ProductionAddressId {
        let address = address();
        gates.enter(address, now).unwrap().went(Went::Up, (now, QUICK));
        address
    }

    #[test]
    fn an_address_has_few_places_and_rests_when_it_is_down() {
        let gates = Gates::default();
        let (dead, fine) = (well(&gates, at(0)), address());
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
    }

    #[test]
    fn who_has_never_answered_has_one_place() {
        let gates = Gates::default();
        let (new, later) = (address(), address());
        let first = gates.enter(new, at(0)).unwrap();
        assert!(gates.enter(new, at(0)).is_none());
        first.went(Went::Up, (at(0), QUICK));
        assert!(gates.enter(new, at(0)).is_some());
        let others: Vec<Place> = (0..100).filter_map(|_| gates.enter(address(), at(0))).collect();
        assert_eq!(others.len(), 63, "and all of them together leave room for those that are well");
        drop(first);
        assert!(gates.enter(new, at(1)).is_some() && gates.enter(later, at(1)).is_some());
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
        let places: Vec<Place> = (0..4).map(|_| gates.enter(slow[0], at(2)).unwrap()).collect();
        assert_eq!(gates.all().unwell, 0, "{} well", places.len());
    }

    #[test]
    fn who_begins_to_hang_gets_no_more_places() {
        let gates = Gates::default();
        let hangs = well(&gates, at(0));
        let first = gates.enter(hangs, at(0)).unwrap();
        let second = gates.enter(hangs, at(1)).unwrap();
        assert!(gates.enter(hangs, at(2)).is_none(), "its call takes longer than a second");
        drop((first, second));
        assert!(gates.enter(hangs, at(2)).is_some());
    }

    #[test]
    fn who_asks_for_a_rest_gets_it_whatever_came_before() {
        let gates = Gates::default();
        let busy = well(&gates, at(0));
        gates.enter(busy, at(1)).unwrap().rest(at(301));
        assert!(gates.enter(busy, at(300)).is_none());
        assert!((at(301)..=at(361)).contains(&gates.ask_again(busy, at(2))), "those who wait come after it");
        assert!(gates.enter(busy, at(301)).is_some());
    }

    #[test]
    fn a_call_beside_it_that_ends_well_shortens_no_rest() {
        let gates = Gates::default();
        let busy = well(&gates, at(0));
        let (refused, fine, shorter) =
            (gates.enter(busy, at(1)).unwrap(), gates.enter(busy, at(1)).unwrap(), gates.enter(busy, at(1)).unwrap());
        refused.rest(at(301));
        fine.went(Went::Up, (at(2), QUICK));
        shorter.rest(at(60));
        drop((refused, fine, shorter));
        assert!(gates.enter(busy, at(300)).is_none(), "the longest rest counts");
        let first = gates.enter(busy, at(301)).unwrap();
        assert!(gates.enter(busy, at(301)).is_none(), "one goes ahead");
        first.went(Went::Up, (at(301), QUICK));
        assert!(gates.enter(busy, at(301)).is_some());
    }

    #[test]
    fn who_waits_asks_again_in_turn() {
        let gates = Gates::default();
        let dead = address();
        for second in 0..3 {
            gates.enter(dead, at(second)).unwrap().went(Went::Down, (at(second), 20 * SECOND));
        }
        let moments: Vec<Timestamp> = (0..600).map(|_| gates.ask_again(dead, at(3))).collect();
        assert!(moments.is_sorted() && moments.windows(2).all(|two| two[0] != two[1]));
        assert!(moments[0] == at(62) && moments[599] <= at(62 + 60), "after the pause, within a minute");
        let all: Vec<Timestamp> = (0..10_000).map(|_| gates.ask_again(dead, at(3))).collect();
        assert!(all.iter().all(|moment| (at(62)..=at(62 + 60)).contains(moment)));
    }

    #[test]
    fn a_seller_tries_out_two_things_at_once() {
        let gates = Gates::default();
        let (one, other) = (AccountId::new(at(0)), AccountId::new(at(0)));
        let (first, _second) = (gates.try_out(one).unwrap(), gates.try_out(one).unwrap());
        assert!(gates.try_out(one).is_none() && gates.try_out(other).is_some());
        drop(first);
        assert!(gates.try_out(one).is_some());
        let all: Vec<Trying> = (0..100).filter_map(|_| gates.try_out(AccountId::new(at(0)))).collect();
        assert_eq!(all.len(), 31);
    }
}
