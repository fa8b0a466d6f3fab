//! Every charge computed again from its records.

use std::collections::BTreeMap;

use kernel::{Result, Timestamp};
use ledger::Difference;
use platform::Tx;

use super::{
    charging::{bill, stage},
    rerating,
};
use crate::{
    Metering,
    rules::{
        contract::{Charges, Contract},
        rating::Standing,
        record::Recorded,
    },
    store::{
        charges, contracts, corrections, records,
        sums::{self, Sum},
    },
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
        if let Some(difference) = self.audit_packages(tx).await? {
            return Ok(Some(difference));
        }
        if let Some(twice) = corrections::first_twice(tx).await? {
            let what = format!("its number {} is that of a record and of a correction", twice.number);
            return Ok(Some(Difference::new("usage", format!("instance {}", twice.instance_id), what)));
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
                if let Some(what) = open_drift(tx, contract).await? {
                    return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
                }
                if let Some(what) = corrections_drift(tx, contract).await? {
                    return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
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
    let (mut standing, mut counted, mut corrected) = (Standing::default(), Charges::default(), 0_i64);
    for charge in charges::in_order(tx, contract.instance).await? {
        let mut sums = records::sums(tx, contract.instance, charge.period).await?;
        sums.extend(records::late_sums(tx, contract.instance, charge.period.from).await?);
        rerating::add_pieces(&mut sums, &rerating::of_period(tx, contract, charge.period).await?.0);
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
        counted = counted.and(charge.amount, charge.records)?;
        corrected = charge.parts.iter().map(|part| part.corrections).fold(corrected, i64::saturating_add);
        standing = again.standing;
    }
    let there = records::charged(tx, contract.instance, contract.charged_until).await?;
    if counted != contract.charged {
        let (said, is) = (contract.charged, counted);
        let what = format!(
            "{} minor units for {} records are said to be charged, its charges say {} for {}",
            said.minor, said.records, is.minor, is.records
        );
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    if there != counted.records {
        let what = format!(
            "{} records are charged, there are {there} of the hours and days before {}",
            counted.records, contract.charged_until
        );
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    let known = corrections::charged(tx, contract.instance, contract.charged_until).await?;
    if known != corrected {
        let what = format!("{corrected} corrections of what was charged are charged, there are {known}");
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    let carried = (standing.carry, contract.standing.carry);
    if carried.0 != carried.1 {
        let what = format!("{} is carried on, its charges leave {}", carried.1.exact(), carried.0.exact());
        return Ok(Some(Difference::new("usage", format!("instance {}", contract.instance), what)));
    }
    Ok(None)
}

/// Each correction goes on from what its record counted before; all that count are counted, and what is set off is set off against
/// something.
async fn corrections_drift(tx: &mut Tx, contract: &Contract) -> Result<Option<String>> {
    let alone = charges::set_off_alone(tx, contract.instance).await?;
    if alone != 0 {
        return Ok(Some(format!("{alone} minor units of its charges are set off against nothing")));
    }
    let counted = corrections::by_record(tx, contract.instance).await?;
    if i64::try_from(counted.len()).ok() != Some(contract.corrections) {
        let said = contract.corrections;
        return Ok(Some(format!("{said} corrections are said to count, there are {}", counted.len())));
    }
    let mut record: Option<Recorded> = None;
    let mut worth = None;
    for one in &counted {
        if record.as_ref().is_none_or(|record| record.number != one.record) {
            record = records::find(tx, contract.instance, &one.record).await?;
            worth = record.as_ref().map(|record| record.worth);
        }
        if record.as_ref().is_none_or(|record| !one.is_of(contract, record)) {
            return Ok(Some(format!(
                "the correction {} of {} says something else than its record",
                one.id, one.record
            )));
        }
        if worth != Some(one.before) {
            let what = "does not begin with what its record counted before";
            return Ok(Some(format!("the correction {} of {} {what}", one.id, one.record)));
        }
        worth = Some(one.after);
    }
    Ok(None)
}

/// What is counted for hours and days that are not charged yet has to be what their records come to.
async fn open_drift(tx: &mut Tx, contract: &Contract) -> Result<Option<String>> {
    let (mut counted, mut periods) = (0_i64, BTreeMap::<Timestamp, Vec<Sum>>::new());
    for sums::Open { period_from, sum } in sums::open(tx, contract.instance, i64::MAX).await? {
        counted = counted.saturating_add(sum.records);
        periods.entry(period_from).or_default().push(sum);
    }
    for (from, mut sums) in periods {
        let period = contract.terms.period(from);
        let mut there = records::sums(tx, contract.instance, period).await?;
        there.extend(records::late_sums(tx, contract.instance, from).await?);
        rerating::add_pieces(&mut there, &rerating::of_period(tx, contract, period).await?.0);
        for list in [&mut sums, &mut there] {
            list.sort_by(|one, other| (&one.meter, one.late).cmp(&(&other.meter, other.late)));
        }
        if sums != there {
            let what =
                format!("its running sums from {from} on are {}, its records give {}", told(&sums), told(&there));
            return Ok(Some(what));
        }
    }
    let there = records::open(tx, contract.instance, contract.charged_until).await?;
    let what = || format!("its running sums count {counted} records that are not charged yet, there are {there}");
    Ok((there != counted).then(what))
}

fn told(sums: &[Sum]) -> String {
    let one = |sum: &Sum| {
        let late = if sum.late { " (late)" } else { "" };
        format!("{} of {}{late} in {} records", sum.quantity(), sum.meter, sum.records)
    };
    if sums.is_empty() { "nothing".to_owned() } else { sums.iter().map(one).collect::<Vec<_>>().join(", ") }
}
