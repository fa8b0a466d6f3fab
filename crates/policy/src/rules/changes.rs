//! How what is owned is changed in the middle of its term.

use serde::Deserialize;

/// What changes of specification cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeRules {
    /// Whether more of the same is paid at the unit price of the range that it reaches; otherwise as any other change is: the
    /// new price of the rest of the term less the old one.
    pub expansion_at_range_reached: bool,
}

/// Of versions that were published before anything could be changed.
impl Default for ChangeRules {
    fn default() -> Self {
        Self { expansion_at_range_reached: true }
    }
}
