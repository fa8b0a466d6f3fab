//! `kontor audit`: everything derived again from the journals.

use kernel::Result;
use ledger::{Checked, Difference};

use crate::Kontor;

impl Kontor {
    /// The first difference between the books and what is derived from them, or how much was found in order.
    pub async fn audit(&self) -> Result<std::result::Result<Checked, Difference>> {
        let mut tx = self.app.db.snapshot().await?;
        let checked = match self.ledger.audit(&mut tx).await? {
            Ok(checked) => checked,
            Err(difference) => return Ok(Err(difference)),
        };
        let derived = [
            self.orders.audit(&mut tx).await?,
            self.payments.audit(&mut tx).await?,
            self.refunds.audit(&mut tx).await?,
        ];
        match derived.into_iter().flatten().next() {
            Some(difference) => Ok(Err(difference)),
            None => Ok(Ok(checked)),
        }
    }
}
