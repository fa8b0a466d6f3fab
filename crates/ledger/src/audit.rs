//! Deriving everything again from the journals, and saying where it differs.

use kernel::Result;
use platform::Tx;

use crate::{
    Ledger,
    seals::{SEALED_WITHIN, seal_hash},
    store,
};

/// Where the books and what is derived from them part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{check}: {place}: {what}")]
pub struct Difference {
    /// Which check found it: `balance`, `seal`, …
    pub check: &'static str,
    /// The exact place: a journal, a book, a line.
    pub place: String,
    pub what: String,
}

impl Difference {
    pub fn new(check: &'static str, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check, place: place.into(), what: what.into() }
    }
}

/// What was looked at, for the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    pub journals: i64,
    pub seals: i64,
}

impl Ledger {
    /// The first difference, or how much was found in order. Give it a snapshot.
    pub async fn audit(&self, tx: &mut Tx) -> Result<std::result::Result<Checked, Difference>> {
        if let Some(row) = store::first_without_postings(tx).await? {
            return Ok(Err(Difference::new("journal", row.id.to_string(), "has no postings")));
        }
        if let Some(row) = store::first_unbalanced(tx).await? {
            let what = format!("its postings sum to {} minor units of {} instead of 0", row.sum, row.currency);
            return Ok(Err(Difference::new("journal", row.journal_id.to_string(), what)));
        }
        if let Some(row) = store::first_drift(tx).await? {
            let place = format!("{} {} of {} slot {}", row.currency, row.kind, row.owner, row.slot);
            let what = format!("the balance is {} but its postings sum to {}", row.kept, row.posted);
            return Ok(Err(Difference::new("balance", place, what)));
        }
        if let Some(row) = store::first_negative(tx).await? {
            let place = format!("{} {} of {} slot {}", row.currency, row.kind, row.owner, row.slot);
            return Ok(Err(Difference::new("balance", place, format!("is negative: {}", row.kept))));
        }
        let seals = match self.audit_seals(tx).await? {
            Ok(seals) => seals,
            Err(difference) => return Ok(Err(difference)),
        };
        // Measured from the newest journal: a server that was stopped has the last ones sealed when it starts again.
        if let Some(newest) = store::newest_at(tx).await?
            && let Some(row) = store::unsealed_before(tx, newest.plus_micros(-SEALED_WITHIN)).await?
        {
            return Ok(Err(Difference::new(
                "seal",
                row.id.to_string(),
                "is far older than the newest and under no seal",
            )));
        }
        Ok(Ok(Checked { journals: store::journals(tx).await?, seals }))
    }

    async fn audit_seals(&self, tx: &mut Tx) -> Result<std::result::Result<i64, Difference>> {
        let (mut number, mut previous) = (0, String::new());
        loop {
            let seals = store::seals_after(tx, number).await?;
            if seals.is_empty() {
                return Ok(Ok(number));
            }
            let last = seals.last().map_or(number, |seal| seal.number);
            let mut postings = store::sealed_postings(tx, number, last).await?.into_iter().peekable();
            for seal in seals {
                let place = format!("seal {}", seal.number);
                if seal.number != number + 1 || seal.previous != previous {
                    return Ok(Err(Difference::new("seal", place, "does not follow the seal before it")));
                }
                let covered: Vec<_> = std::iter::from_fn(|| postings.next_if(|row| row.seal == seal.number)).collect();
                let mut journals: Vec<_> = covered.iter().map(|row| row.journal_id).collect();
                journals.dedup();
                if i64::try_from(journals.len()) != Ok(seal.journals) {
                    let what = format!("covers {} journals but {} are there", seal.journals, journals.len());
                    return Ok(Err(Difference::new("seal", place, what)));
                }
                if seal_hash(&self.app.vault, (seal.number, &previous, seal.sealed_at), &covered) != seal.hash {
                    let first = journals.first().map(ToString::to_string).unwrap_or_default();
                    let last = journals.last().map(ToString::to_string).unwrap_or_default();
                    let what =
                        format!("its hash does not fit its journals, {first} to {last}: one of them was changed");
                    return Ok(Err(Difference::new("seal", place, what)));
                }
                (number, previous) = (seal.number, seal.hash);
            }
        }
    }
}
