//! How what is owned is changed in the middle of its term, and at its end.

use kernel::Invalid;
use serde::Deserialize;

use super::Policy;

/// What changes of specification cost, and when another one can be had with a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRules {
    /// Whether more of the same is paid at the unit price of the range that it reaches; otherwise as any other change is: the
    /// new price of the rest of the term less the old one.
    pub expansion_at_range_reached: bool,
    /// Days before the end of a term from which on it can be renewed with another specification.
    pub renewal_days: u32,
    /// Minutes for which it counts that a seller's system has agreed to another specification.
    pub check_minutes: u32,
    /// Minutes after which a seller's system that was asked and says nothing has not answered.
    pub check_wait_minutes: u32,
    /// How often in an hour a seller's system is asked for one instance.
    pub checks_per_hour: u32,
}

/// Of versions that were published before anything could be changed.
impl Default for ChangeRules {
    fn default() -> Self {
        Self {
            expansion_at_range_reached: true,
            renewal_days: 30,
            check_minutes: 30,
            check_wait_minutes: 2,
            checks_per_hour: 20,
        }
    }
}

impl Policy {
    pub(super) fn check_changes(&self, wrong: &mut Invalid) {
        let ChangeRules {
            expansion_at_range_reached: _,
            renewal_days,
            check_minutes,
            check_wait_minutes,
            checks_per_hour,
        } = self.changes;
        let range = |most: u32| (format!("must be from 1 to {most}"), format!("须为 1 到 {most}"));
        for (value, most, field) in [
            (renewal_days, 366, "changes.renewal_days"),
            (check_minutes, 1_440, "changes.check_minutes"),
            (check_wait_minutes, 60, "changes.check_wait_minutes"),
            (checks_per_hour, 1_000, "changes.checks_per_hour"),
        ] {
            wrong.check((1..=most).contains(&value), field, range(most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn rules_from_before_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[changes]").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        assert_eq!(Policy::parse(&format!("{before}[{after}")).unwrap().changes, ChangeRules::default());
        assert_eq!(Policy::parse(DEFAULT).unwrap().changes, ChangeRules::default());
        for (is, wrong) in [
            ("renewal_days = 30", "renewal_days = 0"),
            ("check_minutes = 30", "check_minutes = 2000"),
            ("check_wait_minutes = 2", "check_wait_minutes = 0"),
            ("checks_per_hour = 20", "checks_per_hour = 0"),
        ] {
            assert!(DEFAULT.contains(is) && Policy::parse(&DEFAULT.replace(is, wrong)).is_err(), "{wrong}");
        }
    }
}
