//! How long what was bought outlives its term.

use kernel::Invalid;
use serde::Deserialize;

use super::{AccessType, Policy};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// Days after the end of a term for which it can still be used (宽限期). Rules that say nothing of it give none.
    #[serde(default)]
    pub grace_days: u32,
    /// Days after that for which it is kept frozen (保留期).
    pub frozen_days: u32,
}

/// Nothing outlives its term by more than a year and again a year.
const DAYS_MAX: u32 = 366;

impl Policy {
    /// Days after the end of a term for which it can still be used.
    pub fn grace_days(&self, access_type: AccessType) -> u32 {
        self.access(access_type).and_then(|rules| rules.grace_days).unwrap_or(self.instances.grace_days)
    }

    pub(super) fn check_instances(&self, wrong: &mut Invalid) {
        let most = (format!("cannot be more than {DAYS_MAX}"), format!("不能超过 {DAYS_MAX}"));
        let Instances { grace_days, frozen_days } = self.instances;
        for (field, days) in [("instances.grace_days", grace_days), ("instances.frozen_days", frozen_days)] {
            wrong.check(days <= DAYS_MAX, field, most.clone());
        }
        for rules in &self.access_types {
            let fits = rules.grace_days.is_none_or(|days| days <= DAYS_MAX);
            wrong.check(fits, format!("access_types.{}.grace_days", rules.code), most.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT;
    use super::*;

    #[test]
    fn an_access_type_may_have_days_of_grace_of_its_own() {
        let days = |text: &str| {
            let policy = Policy::parse(text).unwrap();
            [AccessType::Saas, AccessType::License].map(|code| policy.grace_days(code))
        };
        assert_eq!(days(DEFAULT), [0, 0], "as the reference: frozen at the end of the term");
        assert_eq!(days(&DEFAULT.replace("grace_days = 0\n", "")), [0, 0], "rules from before");
        let some = DEFAULT.replace("grace_days = 0\n", "grace_days = 7\n");
        assert_eq!(days(&some), [7, 7]);
        assert_eq!(days(&some.replace("code = \"license\"\n", "code = \"license\"\ngrace_days = 3\n")), [7, 3]);
    }

    #[test]
    fn nonsense_is_refused() {
        let text = DEFAULT
            .replace("grace_days = 0\n", "grace_days = 400\n")
            .replace("code = \"saas\"\n", "code = \"saas\"\ngrace_days = 367\n");
        let wrong = Policy::parse(&text).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["instances.grace_days", "access_types.saas.grace_days"]);
    }
}
