//! What waits for the operator, for a seller, for a buyer: each kind in one part of one statement.

use kernel::{
    Result, Timestamp, args,
    id::{AccountId, InstanceId, PrivateOfferId},
};
use platform::Tx;

use crate::rules::{Need, Queue, Task};

/// How much waits for the operator, and by when the first of it is due, or since when it waits.
#[derive(sqlx::FromRow)]
pub(crate) struct Waiting {
    pub(crate) queue: Queue,
    pub(crate) count: i64,
    pub(crate) first: Option<Timestamp>,
}

/// Of deliveries those that were given up since a moment: nobody marks them as seen.
pub(crate) async fn waiting(tx: &mut Tx, since: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "select 'verifications' as queue, cast(count(*) as bigint) as count, min(due_at) as first from verification where state = 'pending' \
               union all select 'applications', cast(count(*) as bigint), min(due_at) from seller_application where state = 'submitted' \
               union all select 'changes', cast(count(*) as bigint), min(due_at) from seller_change where state = 'submitted' \
               union all select 'certifications', cast(count(*) as bigint), min(due_at) from business_certification where state = 'submitted' \
               union all select 'revisions', cast(count(*) as bigint), min(due_at) from revision where state = 'submitted' \
               union all select 'removals', cast(count(*) as bigint), min(due_at) from removal where state = 'submitted' \
               union all select 'appeals', cast(count(*) as bigint), min(appeal_due_at) from product_measure where state = 'appealed' \
               union all select 'proposals', cast(count(*) as bigint), min(proposed_at) from measure_proposal where state = 'open' \
               union all select 'resale', cast(count(*) as bigint), min(created_at) from resale where state = 'waiting' \
               union all select 'reports', cast(count(*) as bigint), min(due_at) from product_review_case where state in ('open', 'appealed') \
               union all select 'transfers', cast(count(*) as bigint), min(declared_at) from top_up where state = 'declared' \
               union all select 'deliveries', cast(count(*) as bigint), min(ended_at) from delivery where state = 'failed' and ended_at >= $1 \
               union all select 'differences', cast(count(*) as bigint), min(by_hand_since) from comparison \
               where difference is not null and by_hand_since is not null";
    tx.fetch_all(sql, args![since]).await
}

/// How much of one kind a seller has to do.
#[derive(sqlx::FromRow)]
pub(crate) struct Tasks {
    pub(crate) task: Task,
    pub(crate) count: i64,
    /// Since when the first of it waits; of measures, until when the first can be appealed.
    pub(crate) first: Option<Timestamp>,
}

pub(crate) async fn tasks(tx: &mut Tx, seller: AccountId, now: Timestamp) -> Result<Vec<Tasks>> {
    let sql = "select 'errands' as task, cast(count(*) as bigint) as count, min(ended_at) as first from errand \
               where seller_id = $1 and state = 'dead' \
               union all select 'differences', cast(count(*) as bigint), min(by_hand_since) from comparison \
               where seller_id = $1 and difference is not null and by_hand_since is not null \
               union all select 'probes', cast(count(*) as bigint), min(p.begun_at) from production_probe p \
               where p.seller_id = $1 and p.outcome = 'failed' and not exists (select 1 from production_probe l \
               where l.seller_id = p.seller_id and l.outcome = 'passed' and l.begun_at > p.begun_at) \
               union all select 'refused', cast(count(*) as bigint), min(first_at) from usage_refusal \
               where seller_id = $1 and state = 'open' \
               union all select 'measures', cast(count(*) as bigint), min(appeal_until) from product_measure \
               where account_id = $1 and state = 'in_force' and appeal_until > $2 \
               union all select 'questions', cast(count(*) as bigint), min(m.sent_at) from private_offer o \
               join private_offer_message m on m.offer_id = o.id where o.account_id = $1 and o.state = 'sent' \
               and m.account_id = o.buyer_id \
               and m.id = (select l.id from private_offer_message l where l.offer_id = o.id order by l.id desc limit 1) \
               union all select 'missed', cast(count(*) as bigint), min(i.due_at) from private_offer o \
               join private_offer_instalment i on i.offer_id = o.id \
               where o.account_id = $1 and o.state = 'accepted' and i.state = 'missed' \
               union all select 'reviews', cast(count(*) as bigint), min(written_at) from product_review \
               where seller_id = $1 and state = 'shown' and answer is null \
               union all select 'change', cast(count(*) as bigint), min(c.decided_at) from seller_change c \
               where c.account_id = $1 and c.state = 'rejected' and not exists (select 1 from seller_change l \
               where l.account_id = c.account_id and l.id > c.id) \
               union all select 'business', cast(count(*) as bigint), min(c.decided_at) from business_certification c \
               where c.account_id = $1 and c.state = 'rejected' and not exists (select 1 from business_certification l \
               where l.account_id = c.account_id and l.entity = c.entity and l.id > c.id)";
    Ok(tx.fetch_all::<Tasks>(sql, args![seller, now]).await?.into_iter().filter(|tasks| tasks.count > 0).collect())
}

/// One thing that needs a buyer.
#[derive(sqlx::FromRow)]
pub(crate) struct Needed {
    pub(crate) need: Need,
    /// What it is about; of private offers and their amendments it is the offer's.
    id: InstanceId,
    /// Since when it waits; of a correction, until when.
    pub(crate) at: Timestamp,
}

impl Needed {
    pub(crate) fn instance(&self) -> InstanceId {
        self.id
    }

    pub(crate) fn offer(&self) -> PrivateOfferId {
        PrivateOfferId::from_uuid(self.id.uuid())
    }
}

/// What needs a buyer, the oldest of each kind first, at most a hundred of a kind.
pub(crate) async fn needs(tx: &mut Tx, account: AccountId) -> Result<Vec<Needed>> {
    let sql = "select need, id, at from (select 'offer' as need, id, changed_at as at from private_offer \
               where buyer_id = $1 and state = 'sent' order by changed_at limit 100) a \
               union all select need, id, at from (select 'amendment' as need, o.id, n.sent_at as at from private_offer o \
               join private_offer_amendment n on n.offer_id = o.id \
               where o.buyer_id = $1 and n.state = 'proposed' order by n.sent_at limit 100) b \
               union all select need, id, at from (select 'correction' as need, m.instance_id as id, min(c.lapses_at) as at \
               from metered_instance m join usage_correction c on c.instance_id = m.instance_id \
               where m.account_id = $1 and c.state = 'waiting' and c.lapses_at is not null \
               group by m.instance_id order by min(c.lapses_at) limit 100) c \
               union all select need, id, at from (select case when frozen_at is null or closed_at is not null then 'unpaid' \
               else 'frozen' end as need, instance_id as id, unpaid_since as at from metered_instance \
               where account_id = $1 and unpaid_since is not null order by unpaid_since limit 100) d \
               union all select need, id, at from (select 'used_up' as need, instance_id as id, stopped_at as at from usage_package \
               where account_id = $1 and stopped_at is not null and ended_at is null and not returned \
               order by stopped_at limit 100) e";
    tx.fetch_all(sql, args![account]).await
}
