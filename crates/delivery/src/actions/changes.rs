//! What a seller's system is told of another specification.

use instances::Instance;
use kernel::{Localized, Result, id::OrderLineId};
use orders::Line;
use platform::Tx;
use production::Trouble;

use crate::{
    Deliveries,
    rules::Delivery,
    rules::errand::{Errand, ErrandKind, Refresh, Scene},
    store::errands,
};

impl Deliveries {
    /// Has a seller's system carry out what a line has paid for; what comes of it is told by an event. False: there is no such
    /// system, and nothing to wait for.
    pub async fn carry_out_change(&self, tx: &mut Tx, instance: &Instance, line: &Line) -> Result<bool> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(false) };
        // What was bought after a trial is known by the order of its purchase.
        let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
        // With a term that begins it is told of both at once, in the form that has a word for that.
        let begins = line.content.renews.map(|renews| (renews.term.until, line.product));
        let refresh = begins.map(|(until, product)| Refresh {
            line: line.id,
            scene: Scene::Changed,
            until,
            product: Some(product),
        });
        let at_once = refresh.is_none() || self.production.is_asked(tx, instance.seller).await?;
        let fresh = self.fresh(&delivery, ErrandKind::Upgrade);
        let remote = Some(remote.remote_id);
        let told =
            Errand { remote: remote.clone(), change: Some(line.id), refresh: refresh.filter(|_| at_once), ..fresh };
        self.open_one(tx, &told).await?;
        if !at_once {
            let refresh = refresh.map(|refresh| Refresh { scene: Scene::Renewal, ..refresh });
            let fresh = self.fresh(&delivery, ErrandKind::Refresh);
            self.open_one(tx, &Errand { remote, refresh, ..fresh }).await?;
        }
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
