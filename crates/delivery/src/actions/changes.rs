//! What a seller's system is told of another specification.

use instances::Instance;
use kernel::{Localized, Result, id::OrderLineId};
use platform::Tx;
use production::Trouble;

use crate::{
    Deliveries,
    rules::Delivery,
    rules::errand::{Errand, ErrandKind},
    store::errands,
};

impl Deliveries {
    /// Has a seller's system carry out what a line has paid for; what comes of it is told by an event. False: there is no such
    /// system, and nothing to wait for.
    pub async fn carry_out_change(&self, tx: &mut Tx, instance: &Instance, line: OrderLineId) -> Result<bool> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(false) };
        // What was bought after a trial is known by the order of its purchase.
        let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
        let fresh = self.fresh(&delivery, ErrandKind::Upgrade);
        self.open_one(tx, &Errand { remote: Some(remote.remote_id), change: Some(line), ..fresh }).await?;
        Ok(true)
    }

    /// Why a seller's system has not carried out a change so far, for its buyer and for its seller.
    pub async fn change_trouble(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        line: OrderLineId,
    ) -> Result<Option<[Localized; 2]>> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(None) };
        let told = errands::of_line(tx, remote.line_id).await?.into_iter().find(|errand| errand.change == Some(line));
        let trouble = told.and_then(|errand| errand.trouble);
        Ok(trouble.map(|trouble: Trouble| [trouble.for_buyer(), trouble.for_seller()]))
    }
}
