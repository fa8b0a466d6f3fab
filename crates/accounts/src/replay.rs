//! Signatures that were used: a signed change is accepted once.
//!
//! Kept in memory, by process, for as long as the window of `X-Sdk-Date` lasts. Reading requests may be repeated, they change
//! nothing. Two changes that are equal to the byte and signed in the same second have the same signature: the second is
//! refused, and a caller that means both signs another second or one more header.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use kernel::Timestamp;

/// For each key, so that one that signs without end harms only itself. About 4 MB when full.
const SIGNATURES_MAX: usize = 100_000;

/// How often keys without signatures are looked for, in seconds.
const SWEEP_STEP: i64 = 60;

/// A signature that fits its request, which changes something.
#[derive(Clone, Copy)]
pub(crate) struct SignedChange {
    pub(crate) signature: [u8; 32],
    pub(crate) signed_at: Timestamp,
    /// What was signed earlier than this is refused anyway.
    pub(crate) oldest: Timestamp,
}

#[derive(Clone, Default)]
pub(crate) struct Replays(Arc<Mutex<Keys>>);

#[derive(Default)]
struct Keys {
    by_key: HashMap<String, Seen>,
    swept: i64,
}

/// What one key has signed.
#[derive(Default)]
struct Seen {
    /// Half a signature is unique enough. By the second that they were signed in.
    by_second: BTreeMap<i64, HashSet<[u8; 16]>>,
    count: usize,
    /// What was signed in this second or before is refused, because its signatures were forgotten.
    floor: i64,
}

impl Replays {
    /// Notes a signature of a key. False: it was used before, or so long ago that nobody can tell.
    pub(crate) fn first_use(&self, key: &str, change: SignedChange) -> bool {
        let SignedChange { signature, signed_at, oldest } = change;
        self.0.lock().is_ok_and(|mut keys| {
            let oldest = oldest.as_seconds();
            keys.sweep(oldest);
            let seen = keys.by_key.entry(key.to_owned()).or_default();
            seen.forget_before(oldest);
            seen.note(&signature, signed_at.as_seconds(), SIGNATURES_MAX)
        })
    }
}

impl Keys {
    fn sweep(&mut self, oldest: i64) {
        if oldest < self.swept + SWEEP_STEP {
            return;
        }
        self.swept = oldest;
        self.by_key.retain(|_, seen| {
            seen.forget_before(oldest);
            // A floor within the window still refuses.
            seen.count > 0 || seen.floor >= oldest
        });
    }
}

impl Seen {
    fn forget_before(&mut self, second: i64) {
        while let Some(oldest) = self.by_second.first_entry().filter(|oldest| *oldest.key() < second) {
            self.count -= oldest.remove().len();
        }
    }

    fn note(&mut self, signature: &[u8; 32], second: i64, most: usize) -> bool {
        // When a key's memory is full its window gets shorter; a replay is never accepted instead.
        while self.count >= most {
            let Some(oldest) = self.by_second.first_entry() else {
                break;
            };
            self.floor = *oldest.key();
            self.count -= oldest.remove().len();
        }
        if second <= self.floor {
            return false;
        }
        let (half, _) = signature.split_at(16);
        let fresh = <[u8; 16]>::try_from(half).is_ok_and(|half| self.by_second.entry(second).or_default().insert(half));
        self.count += usize::from(fresh);
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(signature: u8, signed: i64, now: i64) -> SignedChange {
        let at = |second| Timestamp::from_micros(0).plus_seconds(second);
        SignedChange { signature: [signature; 32], signed_at: at(signed), oldest: at(now - 900) }
    }

    #[test]
    fn a_signature_is_good_once_for_each_key() {
        let replays = Replays::default();
        assert!(replays.first_use("a", change(1, 1_000, 1_000)));
        assert!(!replays.first_use("a", change(1, 1_000, 1_899)));
        assert!(replays.first_use("a", change(2, 1_000, 1_899)));
        assert!(replays.first_use("b", change(1, 1_000, 1_899)));
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten_with_its_key() {
        let replays = Replays::default();
        assert!(replays.first_use("a", change(1, 1_000, 1_000)));
        assert!(replays.first_use("b", change(1, 1_000, 1_000)));
        assert!(replays.first_use("b", change(2, 2_000, 2_000)));
        let keys = replays.0.lock().unwrap();
        assert_eq!(keys.by_key.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(keys.by_key["b"].count, 1);
    }

    #[test]
    fn a_floor_within_the_window_outlives_its_signatures() {
        let full = Seen { floor: 1_000, ..Seen::default() };
        let mut keys = Keys { by_key: HashMap::from([("a".to_owned(), full)]), swept: 0 };
        keys.sweep(1_000);
        assert_eq!(keys.by_key.len(), 1);
        keys.sweep(1_060);
        assert_eq!(keys.by_key.len(), 0);
    }

    #[test]
    fn a_full_memory_refuses_the_old_and_never_accepts_twice() {
        let mut seen = Seen::default();
        for second in 1..=10_u8 {
            assert!(seen.note(&[second; 32], i64::from(second), 3));
        }
        assert!(seen.count <= 3);
        for second in 1..=10_u8 {
            assert!(!seen.note(&[second; 32], i64::from(second), 3), "{second}");
        }
    }
}
