//! How many sellers try their systems in a marketplace of their own at once, and how much each of them may take.

use kernel::Invalid;
use serde::Deserialize;

/// The sandboxes of a site. Rules that were published before there were any say nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxRules {
    pub enabled: bool,
    /// In one process, of all sellers together.
    pub most_at_once: u32,
    /// After so long without a request of its seller it ends.
    pub idle_minutes: u32,
    /// After so many hours it ends in any case.
    pub hours_max: u32,
    /// By how many days the clock is turned at once, and for how long and how many jobs that may run.
    pub turn_days_max: u32,
    pub turn_seconds_max: u32,
    pub turn_jobs_max: u32,
    /// From this size of its database on, nothing more is done in it.
    pub megabytes_max: u32,
}

impl Default for SandboxRules {
    fn default() -> Self {
        Self {
            enabled: true,
            most_at_once: 8,
            idle_minutes: 30,
            hours_max: 8,
            turn_days_max: 366,
            turn_seconds_max: 30,
            turn_jobs_max: 20_000,
            megabytes_max: 256,
        }
    }
}

impl SandboxRules {
    pub(super) fn check(&self, wrong: &mut Invalid) {
        let Self {
            enabled: _,
            most_at_once,
            idle_minutes,
            hours_max,
            turn_days_max,
            turn_seconds_max,
            turn_jobs_max,
            megabytes_max,
        } = self;
        // A request takes two minutes at most, and one round of calls may follow the last look at the watch.
        for (number, most, field) in [
            (most_at_once, 100, "sandbox.most_at_once"),
            (idle_minutes, 1_440, "sandbox.idle_minutes"),
            (hours_max, 168, "sandbox.hours_max"),
            (turn_days_max, 1_100, "sandbox.turn_days_max"),
            (turn_seconds_max, 45, "sandbox.turn_seconds_max"),
            (turn_jobs_max, 1_000_000, "sandbox.turn_jobs_max"),
            (megabytes_max, 4_096, "sandbox.megabytes_max"),
        ] {
            let range = (format!("must be from 1 to {most}"), format!("须为 1 到 {most}"));
            wrong.check((1..=most).contains(number), field, range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::DEFAULT, super::Policy, *};

    #[test]
    fn rules_without_sandboxes_have_the_usual_ones_and_nonsense_is_refused() {
        let (before, rest) = DEFAULT.split_once("[sandbox]").unwrap();
        let (_, after) = rest.split_once("\n[").unwrap();
        assert_eq!(Policy::parse(&format!("{before}[{after}")).unwrap().sandbox, SandboxRules::default());
        let text = DEFAULT
            .replace("most_at_once = 8", "most_at_once = 0")
            .replace("idle_minutes = 30", "idle_minutes = 1441")
            .replace("turn_seconds_max = 30", "turn_seconds_max = 46");
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["sandbox.most_at_once", "sandbox.idle_minutes", "sandbox.turn_seconds_max"]);
    }
}
