//! `kontor audit`: everything derived again from the journals.

use kernel::Result;
use ledger::{Checked, Difference, Ledger};
use metering::Metering;
use orders::Orders;
use payments::Payments;
use platform::App;
use quotations::PrivateOffers;
use refunds::Refunds;

use crate::Kontor;

/// All that keeps account of money.
#[derive(Clone)]
pub(crate) struct Books {
    ledger: Ledger,
    orders: Orders,
    payments: Payments,
    refunds: Refunds,
    agreed: PrivateOffers,
    metering: Metering,
}

impl Books {
    pub(crate) fn of(
        (ledger, orders, payments): (Ledger, Orders, Payments),
        (refunds, agreed, metering): (Refunds, PrivateOffers, Metering),
    ) -> Self {
        Self { ledger, orders, payments, refunds, agreed, metering }
    }
}

impl Kontor {
    /// The first difference between the books and what is derived from them, or how much was found in order.
    pub async fn audit(&self) -> Result<std::result::Result<Checked, Difference>> {
        let sold = (self.ledger.clone(), self.orders.clone(), self.payments.clone());
        let books = Books::of(sold, (self.refunds.clone(), self.private_offers.clone(), self.metering.clone()));
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
        books.refunds.audit(&mut tx).await?,
        books.agreed.audit(&mut tx).await?,
        books.metering.audit(&mut tx).await?,
    ];
    match derived.into_iter().flatten().next() {
        Some(difference) => Ok(Err(difference)),
        None => Ok(Ok(checked)),
    }
}
