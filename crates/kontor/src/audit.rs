//! `kontor audit`: everything derived again from the journals.

use changes::Changes;
use delivery::Deliveries;
use kernel::Result;
use ledger::{Checked, Difference, Ledger};
use metering::Metering;
use orders::Orders;
use payments::Payments;
use platform::App;
use quotations::PrivateOffers;
use refunds::Refunds;
use renewals::Renewals;
use reviews::Reviews;

use crate::Kontor;

/// All that keeps account of money, and of what is summed up from what people say.
#[derive(Clone)]
pub(crate) struct Books {
    ledger: Ledger,
    orders: Orders,
    payments: Payments,
    metering: Metering,
    deliveries: Deliveries,
    renewals: Renewals,
    changes: Changes,
    refunds: Refunds,
    agreed: PrivateOffers,
    reviews: Reviews,
}

impl Books {
    pub(crate) fn of(
        (ledger, orders, payments, metering): (Ledger, Orders, Payments, Metering),
        (deliveries, renewals, changes): (Deliveries, Renewals, Changes),
        (refunds, agreed, reviews): (Refunds, PrivateOffers, Reviews),
    ) -> Self {
        Self { ledger, orders, payments, metering, deliveries, renewals, changes, refunds, agreed, reviews }
    }
}

impl Kontor {
    /// The first difference between the books and what is derived from them, or how much was found in order.
    pub async fn audit(&self) -> Result<std::result::Result<Checked, Difference>> {
        let sold = (self.ledger.clone(), self.orders.clone(), self.payments.clone(), self.metering.clone());
        let gone_on = (self.deliveries.clone(), self.renewals.clone(), self.changes.clone());
        let rest = (self.refunds.clone(), self.private_offers.clone(), self.reviews.clone());
        let books = Books::of(sold, gone_on, rest);
        derive(&self.app, &books).await
    }
}

/// The same for who has only the books.
pub(crate) async fn derive(app: &App, books: &Books) -> Result<std::result::Result<Checked, Difference>> {
    let mut tx = app.db.snapshot().await?;
    let checked = match books.ledger.audit(&mut tx).await? {
        Ok(checked) => checked,
        Err(difference) => return Ok(Err(difference)),
    };
    let derived = [
        books.orders.audit(&mut tx).await?,
        books.payments.audit(&mut tx).await?,
        books.deliveries.audit(&mut tx).await?,
        books.renewals.audit(&mut tx).await?,
        books.changes.audit(&mut tx).await?,
        books.refunds.audit(&mut tx).await?,
        books.agreed.audit(&mut tx).await?,
        books.metering.audit(&mut tx).await?,
        books.reviews.audit(&mut tx).await?,
    ];
    match derived.into_iter().flatten().next() {
        Some(difference) => Ok(Err(difference)),
        None => Ok(Ok(checked)),
    }
}
