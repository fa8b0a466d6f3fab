//! What a seller's system is told when the end of an instance has moved.

use instances::{Instance, State as InstanceState};
use kernel::Result;
use orders::Line;
use platform::Tx;

use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandKind, ErrandState, Refresh, Scene},
    store::errands,
};

impl Deliveries {
    /// It was renewed: the seller's system learns the new end, and lets its buyer in again if it was frozen. `was` is how it
    /// stood before; `bought` the line of its first term, `renewal` that of the new one.
    pub async fn on_renewed(
        &self,
        tx: &mut Tx,
        (was, instance): (InstanceState, &Instance),
        (bought, renewal): (&Line, &Line),
    ) -> Result<()> {
        let Some(until) = instance.expires_at else { return Ok(()) };
        let changed = bought.content.quote.unit != renewal.content.quote.unit;
        let product = changed.then_some(renewal.product);
        let refresh = Refresh { line: renewal.id, scene: Scene::Renewal, until, product };
        self.tell_end(tx, instance, refresh).await?;
        match was {
            InstanceState::Expired { .. } => self.unfreeze(tx, instance).await,
            InstanceState::Active | InstanceState::Released { .. } => Ok(()),
        }
    }

    /// A renewal was given back: it ends as it would have without. What is over by then is frozen by its own event.
    pub async fn on_renewal_returned(&self, tx: &mut Tx, instance: &Instance, renewal: &Line) -> Result<()> {
        let Some(until) = instance.expires_at else { return Ok(()) };
        let refresh = Refresh { line: renewal.id, scene: Scene::Returned, until, product: None };
        self.tell_end(tx, instance, refresh).await
    }

    async fn tell_end(&self, tx: &mut Tx, instance: &Instance, refresh: Refresh) -> Result<()> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(()) };
        let delivery = self.find(tx, remote.delivery_id).await?;
        let fresh = self.fresh(&delivery, ErrandKind::Refresh);
        self.open_one(tx, &Errand { remote: Some(remote.remote_id), refresh: Some(refresh), ..fresh }).await
    }

    /// A freeze that never reached the seller's system must not be restarted any more.
    async fn unfreeze(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let all = errands::of_line(tx, instance.line).await?;
        let dead = |errand: &&Errand| errand.kind == ErrandKind::Freeze && errand.state == ErrandState::Dead;
        for needless in all.iter().filter(dead) {
            errands::save(tx, needless, &needless.clone().ended(ErrandState::Dropped, now)).await?;
        }
        let delivery = self.find(tx, remote.delivery_id).await?;
        let fresh = self.fresh(&delivery, ErrandKind::Unfreeze);
        self.open_one(tx, &Errand { remote: Some(remote.remote_id), ..fresh }).await
    }
}
