//! Use of what this marketplace does not know: its seller may have it in another one, such as a sandbox of its own. What is taken in
//! there leaves nothing here; what is known nowhere is kept here to be mended.

use std::{collections::BTreeSet, pin::Pin, sync::Arc};

use accounts::Seller;
use kernel::{Error, Localized, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ingest::Ingested;
use crate::{
    Metering,
    rules::record::{Sent, UsageCode, moment},
};

/// What a program has pushed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Pushed {
    Records(Vec<Sent>),
    /// `CloudEvents`, as they came.
    Events(Vec<Value>),
}

/// What became of it elsewhere. Refused with `001`: it is not known there either.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TakenIn {
    pub added: u64,
    pub known: u64,
    /// By the places in what was pushed.
    pub refused: Vec<(usize, UsageCode, Localized)>,
}

/// Takes in for a seller what is known elsewhere. None: there is no such marketplace.
pub type Elsewhere =
    Arc<dyn Fn(Seller, Pushed) -> Pin<Box<dyn Future<Output = Result<Option<TakenIn>>> + Send>> + Send + Sync>;

impl TakenIn {
    fn unknown(&self) -> BTreeSet<usize> {
        let unknown = self.refused.iter().filter(|(_, code, _)| *code == UsageCode::NoInstance);
        unknown.map(|(place, ..)| *place).collect()
    }
}

impl From<Ingested> for TakenIn {
    fn from(ingested: Ingested) -> Self {
        let Ingested { added, known, refused } = ingested;
        Self { added, known, refused: refused.into_iter().map(|(place, code)| (place, code, code.text())).collect() }
    }
}

impl Sent {
    /// The same record at the time that `at` gives for its beginning, as long as it was. What cannot be read stays as it is.
    #[must_use]
    pub fn moved(&self, at: impl FnOnce(Timestamp) -> Timestamp) -> Self {
        let (Ok(begin), Ok(end)) = (moment(&self.begin), moment(&self.end)) else { return self.clone() };
        let moved = at(begin);
        let end = moved.plus_micros(end.micros_since(begin));
        Self { begin: moved.to_string(), end: end.to_string(), ..self.clone() }
    }
}

impl Metering {
    /// Asks there, from now on, for what is not known here.
    pub fn ask_elsewhere(&self, elsewhere: Elsewhere) {
        // It is said once, when a marketplace is put together.
        let _ = self.elsewhere.set(elsewhere);
    }

    /// Takes in what a program has pushed, each record where its instance is. Each of the two is a change of its own: what was
    /// taken in stays so when the other one fails, and the same again changes nothing.
    pub async fn receive_records(&self, seller: &Seller, sent: &[Sent]) -> Result<Ingested> {
        let mut tx = self.app.db.begin().await?;
        let mut ingested = self.ingest_known(&mut tx, seller, sent).await?;
        tx.commit().await?;
        let unknown = ingested.refused.iter().filter(|(_, code)| **code == UsageCode::NoInstance);
        let unknown: Vec<usize> = unknown.map(|(place, _)| *place).collect();
        let theirs = unknown.iter().filter_map(|place| sent.get(*place)).cloned().collect();
        let Some(told) = self.taken_in_elsewhere(seller, &unknown, Pushed::Records(theirs)).await? else {
            return self.keep_unknown(seller, (sent, ingested)).await;
        };
        ingested.added += told.added;
        ingested.known += told.known;
        for place in &unknown {
            ingested.refused.remove(place);
        }
        ingested.refused.extend(told.refused.into_iter().map(|(place, code, _)| (place, code)));
        self.keep_unknown(seller, (sent, ingested)).await
    }

    /// Takes in what is known here, and says what is not, without keeping that.
    pub async fn take_in_known(&self, seller: &Seller, sent: &[Sent]) -> Result<TakenIn> {
        let mut tx = self.app.db.begin().await?;
        let ingested = self.ingest_known(&mut tx, seller, sent).await?;
        tx.commit().await?;
        Ok(ingested.into())
    }

    /// What became elsewhere of what is not known here, by the places in the request. None: nothing was asked.
    pub(crate) async fn taken_in_elsewhere(
        &self,
        seller: &Seller,
        unknown: &[usize],
        theirs: Pushed,
    ) -> Result<Option<TakenIn>> {
        let Some(elsewhere) = self.elsewhere.get().filter(|_| !unknown.is_empty()) else { return Ok(None) };
        let told = match elsewhere(seller.clone(), theirs).await {
            // What is at fault there holds up nothing here: it is kept as what nobody knows.
            Err(Error::Fault(error)) => {
                tracing::warn!(%error, "use could not be handed on");
                None
            }
            told => told?,
        };
        let Some(told) = told else { return Ok(None) };
        let placed = |(place, code, text): (usize, UsageCode, Localized)| {
            let place = unknown.get(place).ok_or_else(|| Error::fault("an answer about a record that was not sent"))?;
            Ok((*place, code, text))
        };
        Ok(Some(TakenIn { refused: told.refused.into_iter().map(placed).collect::<Result<_>>()?, ..told }))
    }

    /// Keeps what is known nowhere to be mended here.
    async fn keep_unknown(&self, seller: &Seller, (sent, ingested): (&[Sent], Ingested)) -> Result<Ingested> {
        let unknown = ingested.refused.iter().filter(|(_, code)| **code == UsageCode::NoInstance);
        let unknown: Vec<(&Sent, UsageCode)> =
            unknown.filter_map(|(place, code)| Some((sent.get(*place)?, *code))).collect();
        if !unknown.is_empty() {
            let mut tx = self.app.db.begin().await?;
            self.keep_refused(&mut tx, seller.account(), unknown.into_iter()).await?;
            tx.commit().await?;
        }
        Ok(ingested)
    }

    /// The same of events that are records.
    pub(crate) async fn keep_unknown_events(&self, seller: &Seller, sent: &[Sent]) -> Result<()> {
        let refused = (0..sent.len()).map(|place| (place, UsageCode::NoInstance)).collect();
        self.keep_unknown(seller, (sent, Ingested { refused, ..Ingested::default() })).await.map(drop)
    }

    /// Which places of what was told are known nowhere.
    pub(crate) fn nowhere(told: Option<&TakenIn>, unknown: &[usize]) -> BTreeSet<usize> {
        told.map_or_else(|| unknown.iter().copied().collect(), TakenIn::unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UsageForm;

    #[test]
    fn a_record_is_moved_as_a_whole_and_what_cannot_be_read_stays() {
        let sent = Sent {
            form: UsageForm::Push,
            instance: "i-1".to_owned(),
            number: "1".to_owned(),
            meter: String::new(),
            kind: String::new(),
            begin: "20261129T080000Z".to_owned(),
            end: "2026-11-29T09:30:00Z".to_owned(),
            quantity: "1".to_owned(),
            recorded: None,
            product: String::new(),
            package: String::new(),
        };
        let moved = sent.moved(|begin| begin.plus_days(31));
        assert_eq!(
            (moved.begin.as_str(), moved.end.as_str()),
            ("2026-12-30T08:00:00.000000Z", "2026-12-30T09:30:00.000000Z")
        );
        let wrong = Sent { end: "soon".to_owned(), ..sent };
        assert_eq!(wrong.moved(|begin| begin.plus_days(31)), wrong);
    }
}
