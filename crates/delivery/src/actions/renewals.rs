//! What a seller's system is told when the end of an instance has moved.

use instances::{EndCause, Instance, State as InstanceState};
use kernel::Result;
use orders::Line;
use platform::Tx;
use pricing::PeriodUnit;

use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandKind, Refresh, Scene},
    store::errands,
};

impl Deliveries {
    /// It was renewed: the seller's system learns the new end, and lets its buyer in again if it was frozen. `was` is how it
    /// stood before, `last` the period by which the term before was paid, `renewal` the line of the new one.
    pub async fn on_renewed(
        &self,
        tx: &mut Tx,
        (was, instance): (InstanceState, &Instance),
        (last, renewal): (Option<PeriodUnit>, &Line),
    ) -> Result<()> {
        let Some(until) = instance.expires_at else { return Ok(()) };
        let changed = last != renewal.content.quote.unit;
        let product = changed.then_some(renewal.product);
        let refresh = Refresh { line: renewal.id, scene: Scene::Renewal, until, product };
        self.tell_end(tx, instance, refresh).await?;
        match was {
            InstanceState::Expired { .. } => self.unfreeze(tx, instance).await,
            InstanceState::Pending { .. }
            | InstanceState::Active
            | InstanceState::Grace { .. }
            | InstanceState::Released { .. } => Ok(()),
        }
    }

    /// A renewal was given back: it ends as it would have without. What is over by then is frozen by its own event. Who was not
    /// told of it, because its term had not begun to change anything, need not unlearn it.
    pub async fn on_renewal_returned(&self, tx: &mut Tx, instance: &Instance, renewal: &Line) -> Result<()> {
        let Some(until) = instance.expires_at else { return Ok(()) };
        let line = errands::remote_of(tx, instance.id).await?.map_or(instance.line, |remote| remote.line_id);
        let all = errands::of_line(tx, line).await?;
        let was_told = all.iter().any(|errand| errand.refresh.is_some_and(|refresh| refresh.line == renewal.id));
        if !was_told {
            return Ok(());
        }
        let refresh = Refresh { line: renewal.id, scene: Scene::Returned, until, product: None };
        self.tell_end(tx, instance, refresh).await
    }

    async fn tell_end(&self, tx: &mut Tx, instance: &Instance, refresh: Refresh) -> Result<()> {
        let told = match refresh.scene {
            Scene::Renewal | Scene::Changed => self.addressee(tx, instance, ErrandKind::Refresh).await?,
            // Who was told of a renewal learns that it is none, whatever its seller wants by now.
            Scene::Returned => self.keeper(tx, instance).await?,
        };
        let Some((delivery, remote)) = told else { return Ok(()) };
        let fresh = self.fresh(&delivery, ErrandKind::Refresh);
        self.open_one(tx, &Errand { remote, refresh: Some(refresh), ..fresh }).await
    }

    /// It goes on: its buyer is let in again where its seller's system was told to keep everybody out.
    pub async fn unfreeze_frozen(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        if self.is_told_frozen(tx, instance).await? { self.unfreeze(tx, instance).await } else { Ok(()) }
    }

    /// What was frozen goes on: its buyer is let in again.
    pub async fn unfreeze(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        self.tell_remote(tx, instance, (ErrandKind::Unfreeze, EndCause::Expiry)).await
    }
}
