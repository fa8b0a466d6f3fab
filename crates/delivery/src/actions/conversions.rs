//! Buying what is being tried: it goes on as it is, in a term that begins with the order.

use accounts::{Buyer, Permission};
use instances::{EndCause, Formal, Instance, State as InstanceState};
use kernel::{Event, Result, id::InstanceId};
use orders::{Converting, Length, OrderRefused};
use platform::{Tx, jobs};

use super::term;
use crate::{Deliveries, rules::errand::ErrandKind};

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
            after: super::after(&line.content),
        };
        let bought = self.instances.convert(tx, instance, formal).await?;
        self.tell_remote(tx, &bought, (ErrandKind::Convert, EndCause::Expiry)).await?;
        match was {
            InstanceState::Expired { .. } => self.unfreeze(tx, &bought).await?,
            InstanceState::Pending { .. }
            | InstanceState::Active
            | InstanceState::Grace { .. }
            | InstanceState::Released { .. } => {}
        }
        jobs::publish(tx, self.app.clock.now(), &Event::TrialBought { instance: id }).await?;
        Ok(bought)
    }
}
