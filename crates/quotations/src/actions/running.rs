//! What came of an accepted offer, as its deliveries tell, and what an accepted amendment changes of it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Error, Localized, Result, Timestamp,
    id::{InstanceId, PrivateOfferId},
};
use messages::Topic;
use orders::Line;
use platform::Tx;

use crate::{
    PrivateOffers,
    rules::{AmendmentState, Proposed, Running},
    store::{amendments, offers},
};

/// What an instance becomes by an amendment that was accepted.
#[derive(Clone, Debug)]
pub struct AmendedInstance {
    pub instance: InstanceId,
    pub quantities: BTreeMap<String, u64>,
    /// When it ended before, and when it ends from now on.
    pub ends: (Option<Timestamp>, Option<Timestamp>),
}

impl PrivateOffers {
    /// A line of an accepted offer has become an instance.
    pub async fn on_delivered(
        &self,
        tx: &mut Tx,
        line: &Line,
        (instance, begins_at, ends_at): (InstanceId, Timestamp, Option<Timestamp>),
    ) -> Result<()> {
        let Some(agreed) = line.content.agreed.filter(|agreed| agreed.instalment == 1) else { return Ok(()) };
        let runs = Running { line: agreed.line, instance, begins_at, ends_at, over: false };
        amendments::begin_term(tx, agreed.offer, &runs).await
    }

    /// Something goes on by the list: its end is not the offer's any more, and nothing of it can be amended.
    pub async fn on_renewed(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        amendments::end_term(tx, instance).await
    }

    /// An instance has ended for good: nothing of it can be amended any more.
    pub async fn on_instance_released(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        amendments::end_term(tx, instance).await
    }

    /// What becomes of instances by an amendment, if it was accepted.
    pub async fn amended_by(&self, tx: &mut Tx, offer: PrivateOfferId, number: u32) -> Result<Vec<AmendedInstance>> {
        let found = amendments::find(tx, offer, number).await?;
        let Some(accepted) = found.filter(|found| found.state == AmendmentState::Accepted) else {
            return Ok(Vec::new());
        };
        // What a later one has changed is that one's, in whatever order their events come.
        let all = amendments::of(tx, offer).await?;
        let later =
            |proposed: &&Proposed| proposed.state == AmendmentState::Accepted && proposed.amendment.number > number;
        let later: BTreeSet<u32> =
            all.iter().filter(later).flat_map(|later| &later.amendment.lines).map(|line| line.line).collect();
        let lines = accepted.amendment.lines.into_iter().filter(|line| !later.contains(&line.line));
        let changed = lines.map(|line| AmendedInstance {
            instance: line.instance,
            quantities: line.quantities,
            ends: (line.ends_before, line.ends_at),
        });
        Ok(changed.collect())
    }

    /// The other side learns of an amendment, or of how it ended.
    pub async fn on_amended(&self, tx: &mut Tx, id: PrivateOfferId, number: u32) -> Result<()> {
        let Some(offer) = offers::find(tx, id).await? else { return Ok(()) };
        let Some(found) = amendments::find(tx, id, number).await? else { return Ok(()) };
        let name = &offer.sent.as_ref().ok_or_else(|| Error::fault("an amended offer was sent"))?.name;
        let difference = found.amendment.difference;
        let (to, title, text) = match found.state {
            AmendmentState::Proposed => (
                offer.buyer,
                Localized::new(format!("Amendment of “{name}”"), format!("专属报价「{name}」有变更待确认")),
                Localized::new(
                    format!(
                        "The seller proposes to amend “{name}”; it comes to {difference}. Read and answer it under your offers."
                    ),
                    format!("商家提议变更专属报价「{name}」，差额 {difference}，请在“专属报价”中查看并答复。"),
                ),
            ),
            AmendmentState::Accepted => (
                offer.seller,
                Localized::new(format!("Amendment accepted: {name}"), format!("变更已被接受：{name}")),
                Localized::new(
                    format!("The buyer accepted amendment {number} of “{name}”, which comes to {difference}."),
                    format!("买家已接受「{name}」的第 {number} 次变更，差额 {difference}。"),
                ),
            ),
            AmendmentState::Declined => (
                offer.seller,
                Localized::new(format!("Amendment declined: {name}"), format!("变更被谢绝：{name}")),
                Localized::new(
                    format!("The buyer declined amendment {number} of “{name}”; the offer stays as it was."),
                    format!("买家谢绝了「{name}」的第 {number} 次变更，报价保持不变。"),
                ),
            ),
            AmendmentState::Withdrawn => (
                offer.buyer,
                Localized::new(format!("Amendment withdrawn: {name}"), format!("变更已撤回：{name}")),
                Localized::new(
                    format!("The seller took amendment {number} of “{name}” back; the offer stays as it was."),
                    format!("商家撤回了「{name}」的第 {number} 次变更，报价保持不变。"),
                ),
            ),
            AmendmentState::Expired => return Ok(()),
        };
        self.messages.tell(tx, to, Topic::Order, title, text).await
    }
}
