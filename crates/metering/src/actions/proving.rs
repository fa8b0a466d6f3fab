//! What packages have covered, derived again from records and packages.

use kernel::{
    Result, Timestamp,
    time::{MINUTE, SECOND},
};
use ledger::Difference;
use platform::Tx;

use crate::{
    Metering,
    rules::package::Held,
    store::{corrections, packages},
};

/// Records that come in beside the delivery of a package may not see it yet, and two nodes' clocks differ a little.
const MEANWHILE: i64 = MINUTE;

impl Metering {
    /// The first package of which something else was taken than its records say, that has covered what it could not, or that has
    /// something left for what is charged.
    pub(super) async fn audit_packages(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = packages::first_filling_drift(tx).await? {
            let what = format!(
                "{} ten-thousandths were taken from {} on, it has covered {}",
                row.taken, row.filling_from, row.covered
            );
            return Ok(Some(Difference::new("package", format!("package {}", row.package_id), what)));
        }
        if let Some(row) = packages::first_record_drift(tx).await? {
            let what = format!(
                "{} of {} ten-thousandths of it are said to be covered, packages have covered {}",
                row.said, row.quantity, row.covered
            );
            let place = format!("record {} of {}", row.number, row.instance_id);
            return Ok(Some(Difference::new("package", place, what)));
        }
        if let Some(row) = corrections::first_drift(tx).await? {
            let what = format!(
                "{} ten-thousandths are said to be covered by it, packages have covered {}",
                row.said, row.covered
            );
            return Ok(Some(Difference::new("package", format!("correction {}", row.id), what)));
        }
        let mut last = None;
        loop {
            let some = packages::after(tx, last).await?;
            let Some(end) = some.last() else { return Ok(None) };
            last = Some(end.instance);
            for held in &some {
                if let Some(what) = drift(tx, held).await? {
                    return Ok(Some(Difference::new("package", format!("package {}", held.instance), what)));
                }
            }
        }
    }
}

async fn drift(tx: &mut Tx, held: &Held) -> Result<Option<String>> {
    for (period, amount) in packages::every_filling(tx, held.instance).await? {
        let again = held.filling(period.from);
        if again != period || amount != held.amount() {
            let what = format!(
                "it holds {amount} ten-thousandths from {} until {}, what was bought gives {} from {} until {}",
                period.from,
                period.until,
                held.amount(),
                again.from,
                again.until
            );
            return Ok(Some(what));
        }
    }
    let begins = Timestamp::from_micros(held.term.from.as_seconds() * SECOND);
    if let Some(row) = packages::first_cover_drift(tx, held.instance, begins).await? {
        return Ok(Some(format!("it has covered the record {} of {}, and could not", row.number, row.instance_id)));
    }
    if held.returned {
        return Ok(None);
    }
    let known = packages::known_since(tx, held.instance).await?.max(held.term.from);
    let uncovered = packages::first_uncovered(tx, held, known.plus_micros(MEANWHILE)).await?;
    Ok(uncovered.map(|row| {
        format!("the record {} of {} is charged, and it has something left for it", row.number, row.instance_id)
    }))
}
