//! Signatures that were used: a signed change is accepted once.
//!
//! Kept in memory, by process, for as long as the window of `X-Sdk-Date` lasts. Reading requests may be repeated, they change
//! nothing. Two changes that are equal to the byte and signed in the same second have the same signature: the second is
//! refused, and a caller that means both signs another second or one more header.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use kernel::Timestamp;

/// About 40 MB when full, which takes more than a thousand changes a second over a window of 15 minutes.
const SIGNATURES_MAX: usize = 1_000_000;

#[derive(Clone, Default)]
pub(crate) struct Replays(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Half a signature is unique enough. By the second that they were signed in.
    by_second: BTreeMap<i64, HashSet<[u8; 16]>>,
    count: usize,
    /// What was signed in this second or before is refused, because its signatures were forgotten.
    floor: i64,
}

impl Replays {
    /// Notes a signature. False: it was used before, or so long ago that nobody can tell.
    pub(crate) fn first_use(
        &self,
        signature: &[u8; 32],
        signed_at: Timestamp,
        now: Timestamp,
        skew_seconds: u32,
    ) -> bool {
        self.0.lock().is_ok_and(|mut seen| {
            seen.forget_before(now.as_seconds() - i64::from(skew_seconds));
            seen.note(signature, signed_at.as_seconds(), SIGNATURES_MAX)
        })
    }
}

impl Seen {
    fn forget_before(&mut self, second: i64) {
        while let Some(oldest) = self.by_second.first_entry().filter(|oldest| *oldest.key() < second) {
            self.count -= oldest.remove().len();
        }
    }

    fn note(&mut self, signature: &[u8; 32], second: i64, most: usize) -> bool {
        // When memory is full the window gets shorter; a replay is never accepted instead.
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

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(second)
    }

    #[test]
    fn a_signature_is_good_once() {
        let replays = Replays::default();
        assert!(replays.first_use(&[1; 32], at(1_000), at(1_000), 900));
        assert!(!replays.first_use(&[1; 32], at(1_000), at(1_899), 900));
        assert!(replays.first_use(&[2; 32], at(1_000), at(1_899), 900));
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let replays = Replays::default();
        assert!(replays.first_use(&[1; 32], at(1_000), at(1_000), 900));
        assert!(replays.first_use(&[2; 32], at(2_000), at(2_000), 900));
        assert_eq!(replays.0.lock().unwrap().count, 1);
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
