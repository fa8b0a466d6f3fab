//! Seals: batches of journals under a chain of hashes.

use std::fmt::Write as _;

use kernel::{
    Error, Result, Timestamp,
    id::JournalId,
    time::{HOUR, SECOND},
};
use platform::{Tx, Vault};
use uuid::Uuid;

use crate::{
    Ledger,
    store::{self, PostingRow, SealRow},
};

/// Journals under one seal at most.
const BATCH: u32 = 1_000;

/// A transaction that began before the newest sealed journal may commit after it; its journal is looked for this far back.
const OVERLAP: i64 = HOUR;

/// A journal without a seal that is so much older than the newest one was written behind our back, or the sealer stands still.
pub(crate) const SEALED_WITHIN: i64 = 2 * HOUR;

impl Ledger {
    /// Seals one batch of journals; says how many.
    async fn seal(&self, tx: &mut Tx) -> Result<u32> {
        let now = self.app.clock.now();
        let last = store::last_seal(tx).await?;
        let newest = store::newest_sealed_at(tx).await?;
        let postings = store::unsealed(tx, overlap(newest), BATCH).await?;
        let mut journals: Vec<JournalId> = postings.iter().map(|posting| posting.journal_id).collect();
        journals.dedup();
        if journals.is_empty() {
            return Ok(0);
        }
        let (number, previous) = last.map_or((1, String::new()), |seal| (seal.number + 1, seal.hash));
        let hash = seal_hash(&self.app.vault, (number, &previous, now), &postings);
        let count = u32::try_from(journals.len()).map_err(Error::fault)?;
        let seal = SealRow { number, previous, hash, journals: i64::from(count), sealed_at: now };
        store::insert_seal(tx, &seal, &journals).await?;
        Ok(count)
    }

    /// Seals all journals that wait, batch by batch; says how many.
    pub async fn seal_pending(&self) -> Result<u32> {
        let mut sealed = 0;
        while self.has_unsealed().await? {
            let mut tx = self.app.db.begin().await?;
            sealed += self.seal(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(sealed)
    }

    /// A look that does not take the writer.
    async fn has_unsealed(&self) -> Result<bool> {
        let mut tx = self.app.db.read();
        let newest = store::newest_sealed_at(&mut tx).await?;
        Ok(!store::unsealed(&mut tx, overlap(newest), 1).await?.is_empty())
    }

    /// When the last seal was set.
    pub async fn sealed_at(&self, tx: &mut Tx) -> Result<Option<Timestamp>> {
        Ok(store::last_seal(tx).await?.map(|seal| seal.sealed_at))
    }
}

/// From where on unsealed journals are looked for: a little before the newest that the last seal covers.
fn overlap(newest: Option<Timestamp>) -> JournalId {
    first_id_of(newest.map_or(Timestamp::from_micros(0), |at| at.plus_micros(-OVERLAP)))
}

/// The smallest id of a millisecond: ids begin with it, big-endian.
fn first_id_of(moment: Timestamp) -> JournalId {
    let millis = u128::try_from(moment.plus_micros(-SECOND).as_millis()).unwrap_or(0);
    JournalId::from_uuid(Uuid::from_u128(millis << 80))
}

/// The hash over the seal's number, the seal before it, its time and every field of every posting, a line each. It is keyed
/// with the master key, so that whoever changes the database alone cannot make it fit again.
pub(crate) fn seal_hash(vault: &Vault, seal: (i64, &str, Timestamp), postings: &[PostingRow]) -> String {
    let (seal, previous, sealed_at) = seal;
    let mut text = format!("{seal} {previous} {sealed_at}");
    for row in postings {
        let PostingRow {
            journal_id,
            number,
            recipe,
            subject,
            booked_at,
            owner,
            kind,
            currency,
            slot,
            line_id,
            amount,
            ..
        } = row;
        let line = line_id.map(|line| line.to_string()).unwrap_or_default();
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\n{journal_id} {number} {recipe} {subject} {booked_at} {owner} {kind} {currency} {slot} {line} {amount}"
        );
    }
    vault.mac("ledger seal", text.as_bytes())
}
