//! What a change gives another specification, and from what its price was computed.

use std::collections::BTreeMap;

use kernel::{
    Localized, Money,
    id::{InstanceId, OrderLineId},
    time::Period,
};
use pricing::ChangeRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Another specification of something that is owned, for the rest of its term, or from its next one on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    pub instance: InstanceId,
    /// The line that has given it its specification so far.
    pub before: OrderLineId,
    /// The line whose price is credited: that one, or a renewal since. Nothing is credited where a new term is paid.
    pub credited: OrderLineId,
    /// What it was before, with its numbers in words.
    pub title: Localized,
    pub quantities: BTreeMap<String, u64>,
    /// The term that is paid: the present one, which ends as before, or the new one.
    pub term: Period,
    /// What the whole term is paid with before the change, and after it.
    pub paid_before: Money,
    pub paid_after: Money,
    pub rule: ChangeRule,
    /// Where its days begin.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
}
