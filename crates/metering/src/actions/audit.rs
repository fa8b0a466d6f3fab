//! Every charge computed again from its records.

use kernel::Result;
use ledger::Difference;
use platform::Tx;

use super::charging::{stage, uses};
use crate::{
    Metering,
    rules::{
        contract::Contract,
        rating::{self, Standing},
    },
    store::{charges, contracts, records},
};

impl Metering {
    /// The first charge that its records do not give, or that is not booked as it stands. Give it the snapshot of the ledger's
    /// audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = charges::first_drift(tx).await? {
            let what = format!("{} minor units were charged, {} were booked", row.charged, row.booked);
            return Ok(Some(Difference::new("usage", format!("charge {}", row.id), what)));
        }
        let mut last = None;
        loop {
            let some = contracts::after(tx, last).await?;
            let Some(end) = some.last() else { return Ok(None) };
            last = Some(end.instance);
            for contract in &some {
                if let Some(difference) = derive(tx, contract).await? {
                    return Ok(Some(difference));
                }
            }
        }
    }
}

async fn derive(tx: &mut Tx, contract: &Contract) -> Result<Option<Difference>> {
    let (mut standing, mut counted) = (Standing::default(), 0_i64);
    for charge in charges::in_order(tx, contract.instance).await? {
        let uses = uses(tx, contract, charge.period).await?;
        let again = rating::charge(&contract.terms, (charge.period, stage(contract, charge.period)), &uses, &standing)?;
        // The words of an explanation may change with a release, what they explain may not.
        let same = again.parts.len() == charge.parts.len()
            && again.parts.iter().zip(&charge.parts).all(|(is, was)| is.counts_the_same(was));
        if again.exact != charge.exact || again.amount != charge.amount || !same {
            let (was, is) = ((charge.exact, charge.amount), (again.exact, again.amount));
            let what = format!("{} ({}) was charged, its records give {} ({})", was.0, was.1, is.0, is.1);
            return Ok(Some(Difference::new("usage", format!("charge {}", charge.id), what)));
        }
        counted = counted.saturating_add(charge.records);
        standing = again.standing;
    }
    let there = records::charged(tx, contract.instance, contract.charged_until).await?;
    if there != counted {
        let what = format!(
            "{counted} records are charged, there are {there} of the hours and days before {}",
            contract.charged_until
        );
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    let carried = (standing.carry, contract.standing.carry);
    if carried.0 != carried.1 {
        let what = format!("{} is carried on, its charges leave {}", carried.1.exact(), carried.0.exact());
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    Ok(None)
}
