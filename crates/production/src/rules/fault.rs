//! What goes wrong on the way from a sandbox to a seller's system, drawn from a seed: the same seed and the same calls meet the
//! same faults.

use std::collections::BTreeSet;

use kernel::choices;

choices! {
    /// What is done to a call of a sandbox.
    pub enum Fault {
        /// It is never sent.
        Lost = "lost",
        /// It is sent, and its answer is thrown away.
        AnswerLost = "answer_lost",
        /// The same bytes are sent twice; the first answer is heard.
        Duplicated = "duplicated",
        /// Nothing is heard of it, and it gets there just before the next one.
        Late = "late",
        /// Nothing is heard of it, and it gets there after the next one, if that is about something else.
        Reordered = "reordered",
        /// It is signed with a key that nobody has.
        WrongSignature = "wrong_signature",
        /// Something in between says 500, and it is not sent.
        ServerError = "server_error",
    }
}

/// Which faults are injected, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    pub faults: BTreeSet<Fault>,
    /// Of a hundred calls so many meet one.
    pub percent: u8,
    /// After so many it is over; none: it is never over.
    pub at_most: Option<u32>,
    pub seed: u64,
}

/// A plan that is being carried out.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    plan: FaultPlan,
    left: Option<u32>,
    state: u64,
    /// Each fault comes once before any comes again.
    bag: Vec<Fault>,
}

impl Drawn {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        Self { left: plan.at_most, state: plan.seed, bag: Vec::new(), plan }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// How many are still to come, where that is known.
    pub(crate) fn left(&self) -> Option<u32> {
        self.left
    }

    /// What the next call meets.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        if self.plan.faults.is_empty() || self.left == Some(0) || self.number(100) >= u64::from(self.plan.percent) {
            return None;
        }
        if self.bag.is_empty() {
            self.bag = self.plan.faults.iter().copied().collect();
        }
        let place = self.number(self.bag.len() as u64);
        let fault = self.bag.swap_remove(usize::try_from(place).unwrap_or(0));
        self.left = self.left.map(|left| left - 1);
        Some(fault)
    }

    /// A number below `below`, by `SplitMix64`.
    fn number(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn drawn(plan: FaultPlan, calls: usize) -> Vec<Option<Fault>> {
        let mut drawn = Drawn::new(plan);
        (0..calls).map(|_| drawn.next()).collect()
    }

    #[test]
    fn the_same_seed_meets_the_same_faults_and_another_one_others() {
        let plan = |seed| FaultPlan { faults: Fault::ALL.iter().copied().collect(), percent: 50, at_most: None, seed };
        assert_eq!(drawn(plan(7), 200), drawn(plan(7), 200));
        assert_ne!(drawn(plan(7), 200), drawn(plan(8), 200));
    }

    #[test]
    fn each_fault_comes_before_any_comes_again_and_about_as_many_calls_meet_one_as_was_said() {
        let plan = FaultPlan { faults: Fault::ALL.iter().copied().collect(), percent: 30, at_most: None, seed: 1 };
        let met = drawn(plan, 10_000).into_iter().flatten().collect::<Vec<_>>();
        assert!((2_800..3_200).contains(&met.len()), "{}", met.len());
        let mut counts: BTreeMap<Fault, i64> = BTreeMap::new();
        for fault in met {
            *counts.entry(fault).or_default() += 1;
        }
        let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
        assert!(counts.len() == Fault::ALL.len() && most - least <= 1, "{counts:?}");
    }

    #[test]
    fn a_plan_of_nothing_of_no_share_or_that_is_over_harms_nobody() {
        let one = FaultPlan { faults: [Fault::Lost].into(), percent: 100, at_most: Some(2), seed: 3 };
        assert_eq!(drawn(one.clone(), 4), [Some(Fault::Lost), Some(Fault::Lost), None, None]);
        assert_eq!(drawn(FaultPlan { percent: 0, ..one.clone() }, 50), vec![None; 50]);
        assert_eq!(drawn(FaultPlan { faults: BTreeSet::new(), ..one }, 50), vec![None; 50]);
    }
}
