//! Seals: batches of journals under a chain of hashes.

use kernel::{
    Error, Result, Timestamp,
    id::JournalId,
    time::{HOUR, SECOND},
};
use platform::Tx;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Ledger,
    store::{self, PostingRow, SealRow},
};

/// Journals under one seal at most.
const BATCH: u32 = 1_000;

/// A transaction that began before the last seal may commit after it; its journal is looked for this far back.
const OVERLAP: i64 = HOUR;

/// A journal that is older than this and has no seal was written behind our back, or the sealer stands still.
pub(crate) const SEALED_WITHIN: i64 = 2 * HOUR;

impl Ledger {
    /// Seals one batch of journals; says how many.
    async fn seal(&self, tx: &mut Tx) -> Result<u32> {
        let now = self.app.clock.now();
        let last = store::last_seal(tx).await?;
        let postings = store::unsealed(tx, overlap(last.as_ref()), BATCH).await?;
        let mut journals: Vec<JournalId> = postings.iter().map(|posting| posting.journal_id).collect();
        journals.dedup();
        if journals.is_empty() {
            return Ok(0);
        }
        let (number, previous) = last.map_or((1, String::new()), |seal| (seal.number + 1, seal.hash));
        let hash = seal_hash(&previous, &postings);
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
        let last = store::last_seal(&mut tx).await?;
        Ok(!store::unsealed(&mut tx, overlap(last.as_ref()), 1).await?.is_empty())
    }

    /// When the last seal was set.
    pub async fn sealed_at(&self, tx: &mut Tx) -> Result<Option<Timestamp>> {
        Ok(store::last_seal(tx).await?.map(|seal| seal.sealed_at))
    }
}

/// From where on unsealed journals are looked for.
fn overlap(last: Option<&SealRow>) -> JournalId {
    first_id_of(last.map_or(Timestamp::from_micros(0), |seal| seal.sealed_at.plus_micros(-OVERLAP)))
}

/// The smallest id of a millisecond: ids begin with it, big-endian.
fn first_id_of(moment: Timestamp) -> JournalId {
    let millis = u128::try_from(moment.plus_micros(-SECOND).as_millis()).unwrap_or(0);
    JournalId::from_uuid(Uuid::from_u128(millis << 80))
}

/// The hash over the seal before and every field of every posting, a line each.
pub(crate) fn seal_hash(previous: &str, postings: &[PostingRow]) -> String {
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    for row in postings {
        let PostingRow { journal_id, number, recipe, subject, booked_at, owner, kind, currency, slot, line_id, amount } =
            row;
        let line = line_id.map(|line| line.to_string()).unwrap_or_default();
        hash.update(
            format!("\n{journal_id} {number} {recipe} {subject} {booked_at} {owner} {kind} {currency} {slot} {line} {amount}")
                .as_bytes(),
        );
    }
    hex::encode(hash.finalize())
}
