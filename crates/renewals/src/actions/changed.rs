//! Terms that bring another specification: `changes` decides on them and carries them out.

use instances::{Instance, State};
use kernel::Result;
use orders::{Line, Order, OrderRefused, StoredQuote};
use platform::Tx;

use crate::{
    Renewals,
    rules::{Consent, ExpiryPlan, Renewal, RenewalCause},
    store,
};

impl Renewals {
    /// Pays a term with another specification and moves the end. The caller, which has checked who asks, sees to it that it
    /// becomes that when the term begins, and that its seller's system learns of both then.
    pub async fn renew_into(
        &self,
        tx: &mut Tx,
        instance: Instance,
        quote: &StoredQuote,
    ) -> Result<(Instance, Order, Line)> {
        let term = quote.content.renews.ok_or(OrderRefused::NothingToRenew)?.term;
        let (order, line) = self.orders.buy_change(tx, quote).await?;
        let instance = self.instances.renew(tx, instance, term.until).await?;
        let renewal = Renewal {
            line: line.id,
            instance: instance.id,
            account: line.account,
            seller: line.seller,
            order: order.id,
            cause: RenewalCause::ByHand,
            term,
            renewed_at: self.app.clock.now(),
            returned_at: None,
        };
        store::insert(tx, &renewal).await?;
        self.private_offers.on_renewed(tx, instance.id).await?;
        self.licensing.on_renewed(tx, &instance).await?;
        self.orders.resource_goes_on(tx, instance.line).await?;
        self.orders.resource_goes_on(tx, instance.specified_by()).await?;
        let plan = self.plan(tx, &instance).await?;
        self.look_again(tx, ExpiryPlan { trouble: None, ..plan }).await?;
        Ok((instance, order, line))
    }

    /// Nothing came of what a term was to bring, and its price has gone back: it ends as it would have without. What its buyer
    /// wants at its end stays, so that what was to go on by itself still does: what its buyer has agreed to.
    pub async fn drop_term(&self, tx: &mut Tx, instance: Instance, line: &Line) -> Result<Option<Consent>> {
        let standing = self.standing(tx, instance.id).await?;
        let Some(renewal) = standing.into_iter().find(|renewal| renewal.line == line.id) else { return Ok(None) };
        store::take_back(tx, line.id, self.app.clock.now()).await?;
        let end = renewal.term.from;
        match instance.state {
            State::Released { .. } => {
                self.instances.forget_term(tx, instance, end).await?;
                Ok(None)
            }
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {
                let instance = self.instances.take_back(tx, instance, end).await?;
                self.licensing.on_renewal_returned(tx, &instance).await?;
                self.deliveries.on_renewal_returned(tx, &instance, line).await?;
                let plan = self.plan(tx, &instance).await?;
                let agreed = plan.automatic().cloned();
                self.look_again(tx, plan).await?;
                Ok(agreed)
            }
        }
    }
}
