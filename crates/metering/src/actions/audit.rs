//! Every charge computed again from its records.

use kernel::Result;
use ledger::Difference;
use platform::Tx;

use super::charging::{bill, stage};
use crate::{
    Metering,
    rules::{contract::Contract, rating::Standing},
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
        if let Some(difference) = self.audit_debts(tx).await? {
            return Ok(Some(difference));
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
                if contract.unpaid_since.is_some() && !self.payments.owes(tx, contract.account).await? {
                    let what = format!("it is unpaid, its account {} owes nothing", contract.account);
                    return Ok(Some(Difference::new("debt", format!("instance {}", contract.instance), what)));
                }
            }
        }
    }

    /// What an account owes is unpaid, and it was told of that. What was charged since it was looked at last is not among it.
    async fn audit_debts(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let mut last = None;
        loop {
            let some = self.payments.debts_after(tx, last).await?;
            let Some((end, _)) = some.last() else { return Ok(None) };
            last = Some(*end);
            for (account, owed) in some {
                let due = charges::due_sums(tx, account).await?;
                let place = || format!("account {account}");
                for one in &owed {
                    let unpaid = due.iter().find(|due| due.currency() == one.currency()).map_or(0, |due| due.minor());
                    if one.minor() > unpaid {
                        let what = format!("it owes {one}, of its charges {unpaid} minor units are unpaid");
                        return Ok(Some(Difference::new("debt", place(), what)));
                    }
                }
                if !owed.is_empty() && contracts::unpaid_of(tx, account).await?.is_empty() {
                    let what = "it owes for use, and nothing that it uses is marked as unpaid".to_owned();
                    return Ok(Some(Difference::new("debt", place(), what)));
                }
            }
        }
    }
}

async fn derive(tx: &mut Tx, contract: &Contract) -> Result<Option<Difference>> {
    let (mut standing, mut counted) = (Standing::default(), 0_i64);
    for charge in charges::in_order(tx, contract.instance).await? {
        let sums = records::sums(tx, contract.instance, charge.period).await?;
        let before = Contract { standing, ..contract.clone() };
        let again = bill(tx, &before, (charge.period, stage(contract, charge.period)), &sums).await?;
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
