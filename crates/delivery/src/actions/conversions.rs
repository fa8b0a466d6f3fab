//! Buying what is being tried: it goes on as it is, in a term that begins with the order.

use accounts::{Buyer, Permission};
use instances::{EndCause, Formal, Instance, State as InstanceState};
use kernel::{Result, id::InstanceId};
use orders::{Converting, OrderRefused};
use platform::Tx;
use pricing::PeriodUnit;

use super::term;
use crate::{
    Deliveries,
    rules::errand::{ErrandKind, ErrandState},
    store::errands,
};

/// For how long what was tried is bought; what is not said is the shortest.
pub(crate) type Length = (Option<u32>, Option<PeriodUnit>);

impl Deliveries {
    /// What buying something that is tried would cost now.
    pub(crate) async fn converting(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        id: InstanceId,
        length: Length,
    ) -> Result<(Instance, Converting)> {
        buyer.may(Permission::View)?;
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        instance.may_convert()?;
        let tried = self.orders.line(tx, instance.line).await?;
        let converting = self.orders.price_conversion(tx, buyer, (&tried, id), length).await?;
        Ok((instance, converting))
    }

    /// Buys it at the price that its buyer has seen, and tells the seller's system.
    pub(crate) async fn convert(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, length): (InstanceId, Length),
        seen: &str,
    ) -> Result<Instance> {
        let (instance, Converting { quote, .. }) = self.converting(tx, buyer, id, length).await?;
        if quote.content.seen() != seen {
            return Err(OrderRefused::OfferChanged.into());
        }
        let tried = self.orders.line(tx, instance.line).await?;
        let (order, line) = self.orders.buy_conversion(tx, buyer, &tried, &quote).await?;
        let was = instance.state;
        let formal = Formal {
            order: order.id,
            line: line.id,
            term: term(&line.content.quote),
            frozen_days: line.content.terms.frozen_days,
        };
        let bought = self.instances.convert(tx, instance, formal).await?;
        self.tell_remote(tx, &bought, (ErrandKind::Convert, EndCause::Expiry)).await?;
        match was {
            InstanceState::Expired { .. } => self.unfreeze(tx, &bought).await?,
            InstanceState::Active | InstanceState::Released { .. } => {}
        }
        Ok(bought)
    }

    /// A freeze that never reached the seller's system must not be restarted any more.
    async fn unfreeze(&self, tx: &mut Tx, bought: &Instance) -> Result<()> {
        let Some(remote) = errands::remote_of(tx, bought.id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        for errand in errands::of_line(tx, remote.line_id).await? {
            if errand.kind == ErrandKind::Freeze && errand.state == ErrandState::Dead {
                errands::save(tx, &errand, &errand.clone().ended(ErrandState::Dropped, now)).await?;
            }
        }
        self.tell_remote(tx, bought, (ErrandKind::Unfreeze, EndCause::Expiry)).await
    }
}
