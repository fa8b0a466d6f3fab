//! `kontor audit`: everything derived again from the journals.

use kernel::Result;
use ledger::{Checked, Difference, Ledger};
use orders::Orders;
use payments::Payments;
use platform::App;
use quotations::PrivateOffers;
use refunds::Refunds;
use renewals::Renewals;

use crate::Kontor;

impl Kontor {
    /// The first difference between the books and what is derived from them, or how much was found in order.
    pub async fn audit(&self) -> Result<std::result::Result<Checked, Difference>> {
        let derived = (self.renewals.clone(), self.refunds.clone(), self.private_offers.clone());
        let books = (self.ledger.clone(), self.orders.clone(), self.payments.clone(), derived);
        derive(&self.app, &books).await
    }
}

/// All that the audit reads.
type Books = (Ledger, Orders, Payments, (Renewals, Refunds, PrivateOffers));

/// The same for who has only the books.
pub(crate) async fn derive(
    app: &App,
    (ledger, orders, payments, (renewals, refunds, agreed)): &Books,
) -> Result<std::result::Result<Checked, Difference>> {
    let mut tx = app.db.snapshot().await?;
    let checked = match ledger.audit(&mut tx).await? {
        Ok(checked) => checked,
        Err(difference) => return Ok(Err(difference)),
    };
    let derived = [
        orders.audit(&mut tx).await?,
        payments.audit(&mut tx).await?,
        renewals.audit(&mut tx).await?,
        refunds.audit(&mut tx).await?,
        agreed.audit(&mut tx).await?,
    ];
    match derived.into_iter().flatten().next() {
        Some(difference) => Ok(Err(difference)),
        None => Ok(Ok(checked)),
    }
}
