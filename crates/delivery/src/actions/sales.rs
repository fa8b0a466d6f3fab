//! The sale that an errand is about, for a form that names it with everything that it says.

use kernel::{Result, Timestamp, id::ProductionCallId};
use orders::{Line, Order, State};
use platform::Tx;
use pricing::PeriodUnit;
use production::{Customer, Request, Sale};

use crate::{
    Deliveries,
    rules::{
        Outcome,
        errand::{Errand, ErrandKind},
    },
};

impl Deliveries {
    /// Whether a seller's system has no word for it: there a renewal lets the buyer of what is paid by the period in again.
    pub(super) async fn is_silent(&self, tx: &mut Tx, errand: &Errand) -> Result<bool> {
        // Of codes every form has the same words.
        if errand.kind != ErrandKind::Unfreeze || errand.is_of_code() {
            return Ok(false);
        }
        let mode = self.orders.line(tx, errand.line).await?.content.billing_mode;
        Ok(!self.production.unfreezes(tx, errand.seller, mode).await?)
    }

    /// A request with its sale, where the form of the seller's system names that. `told`: the line that the errand tells of.
    pub(super) async fn with_sale(
        &self,
        tx: &mut Tx,
        (errand, told): (&Errand, &Line),
        request: Request,
    ) -> Result<Request> {
        if !self.production.names_sales(tx, errand.seller).await? {
            return Ok(request);
        }
        let delivery = self.find(tx, errand.delivery).await?;
        let (order, first) = (self.orders.find(tx, delivery.order).await?, self.orders.line(tx, delivery.line).await?);
        let (told, customer) = match (errand.kind, &delivery.outcome) {
            // A creation that is sent again is the same, whatever was bought since.
            (ErrandKind::Create | ErrandKind::Accept | ErrandKind::Access, _) => {
                (first.clone(), Some(self.customer(tx, &first).await?))
            }
            (ErrandKind::Convert, Outcome::Delivered { instance, .. }) => {
                let bought = self.instances.find(tx, *instance).await?.line;
                (self.orders.line(tx, bought).await?, None)
            }
            (ErrandKind::Convert, Outcome::Due { .. } | Outcome::Offered { .. } | Outcome::Failed { .. })
            | (
                ErrandKind::Notify
                | ErrandKind::Refresh
                | ErrandKind::Check
                | ErrandKind::Upgrade
                | ErrandKind::Freeze
                | ErrandKind::Unfreeze
                | ErrandKind::Release,
                _,
            ) => (told.clone(), None),
        };
        let content = &told.content;
        let period = content.quote.unit.and_then(|unit| match unit {
            PeriodUnit::Month => Some("month"),
            PeriodUnit::Year => Some("year"),
            // There is no word for days; the end says enough.
            PeriodUnit::Day => None,
        });
        Ok(request.sold(Sale {
            business: ProductionCallId::new(self.app.clock.now()).to_string(),
            line: first.number(&order),
            order: order.number.clone(),
            mode: first.content.billing_mode,
            product: told.product.to_string(),
            sku: content.sku_code.clone(),
            quantities: content.choice.quantities.clone(),
            answers: content.answers.iter().map(|answer| (answer.name.clone(), answer.value.clone())).collect(),
            period: period.map(|unit| (unit, content.quote.periods)),
            amount: Some(told.amount),
            is_trial: content.is_trial,
            ends: match self.accepted_at(tx, errand).await? {
                Some((_, ends)) => ends,
                None => self.planned_end(&order, &first).await?,
            },
            customer,
        }))
    }

    /// When a term would end that begins with the payment.
    async fn planned_end(&self, order: &Order, line: &Line) -> Result<Option<Timestamp>> {
        let zone = self.policies.current().await?.zone();
        let begins = match order.state {
            State::Paid { paid_at } | State::Completed { paid_at, .. } | State::Refunded { paid_at, .. } => paid_at,
            State::Placed { .. } | State::Cancelled { .. } => order.placed_at,
        };
        Ok(line.content.quote.length().map(|length| length.end(begins, &zone)))
    }

    /// Who bought it, as far as its seller may know: what the order query answers too.
    pub(super) async fn customer(&self, tx: &mut Tx, line: &Line) -> Result<Customer> {
        let account = self.accounts.find(tx, line.account).await?;
        let contact = self.accounts.recipients(tx, line.account).await?.into_iter().next();
        let told = line.content.told();
        Ok(Customer {
            id: account.id.to_string(),
            name: account.name,
            user: contact.as_ref().map(|contact| contact.user.to_string()),
            user_name: contact.as_ref().map(|contact| contact.name.clone()),
            mobile: contact.as_ref().and_then(|contact| contact.mobile.clone()).filter(|_| told.phone),
            email: contact.and_then(|contact| contact.email).filter(|_| told.email),
        })
    }
}
