//! Escrow against open lines, derived again.

use kernel::Result;
use ledger::Difference;
use platform::Tx;

use crate::{Orders, store::drift};

impl Orders {
    /// The first line or order whose money does not fit its state. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = drift::first_escrow_drift(tx).await? {
            let what = format!("{} minor units are in escrow, its state says {}", row.escrow, row.open_amount);
            return Ok(Some(Difference::new("escrow", format!("line {}", row.line_id), what)));
        }
        if let Some(row) = drift::first_total_drift(tx).await? {
            let what = format!("its total is {} but its lines sum to {}", row.total, row.lines);
            return Ok(Some(Difference::new("order", format!("order {}", row.id), what)));
        }
        if let Some(row) = drift::first_sale_drift(tx).await? {
            let what = format!("{} minor units were sold, {} were booked", row.total, row.lines);
            return Ok(Some(Difference::new("sale", format!("order {}", row.id), what)));
        }
        if let Some(row) = drift::first_coupon_drift(tx).await? {
            let what = match row.state {
                Some(state) => format!("it is used up by an order that is {state}"),
                None => "it is used up by no order".to_owned(),
            };
            return Ok(Some(Difference::new("coupon", format!("coupon {}", row.id), what)));
        }
        if let Some((order, coupon)) = drift::first_unused_drift(tx).await? {
            let what = format!("it names the coupon {coupon}, which is not used up by it");
            return Ok(Some(Difference::new("coupon", format!("order {order}"), what)));
        }
        coupon_counts(tx).await
    }
}

/// What batches count of their coupons, against the coupons.
async fn coupon_counts(tx: &mut Tx) -> Result<Option<Difference>> {
    if let Some(row) = drift::first_batch_drift(tx).await? {
        let what = format!("{} coupons are counted as given out, {} are there", row.counted, row.there);
        return Ok(Some(Difference::new("coupon", format!("batch {}", row.id), what)));
    }
    if let Some(row) = drift::first_share_drift(tx).await? {
        let what = format!("{} coupons of a batch are counted, it has got {}", row.counted, row.there);
        return Ok(Some(Difference::new("coupon", format!("account {}", row.account_id), what)));
    }
    Ok(None)
}
