//! What has been committed, as it is looked at: the segments with their labels and numbers.

use std::sync::Arc;

use kernel::{Error, Result};
use tantivy::{
    DocAddress, DocSet, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term,
    columnar::{Column, ColumnValues, StrColumn},
    schema::{IndexRecordOption, Value},
};

use super::fields::{Fields, LABELS, NUMBER_NAMES, NUMBERS, Numbers, PART, schema};

/// One state of the index.
#[derive(Clone)]
pub struct Shelf {
    pub(super) searcher: Searcher,
    pub(super) segments: Arc<[Segment]>,
    pub(super) fields: Fields,
    generation: u64,
}

/// The parts of a segment that are read for each document that fits.
pub(super) struct Segment {
    pub(super) labels: Option<Labels>,
    pub(super) numbers: [Arc<dyn ColumnValues<u64>>; NUMBERS],
}

/// The labels of a segment: each has a number, by which it is counted.
pub(super) struct Labels {
    pub(super) of: Column<u64>,
    /// The labels in their order, kind and value.
    texts: Vec<Box<str>>,
}

impl Shelf {
    pub(super) fn of(searcher: Searcher, generation: u64) -> Result<Self> {
        let segments = searcher.segment_readers().iter().map(Segment::of).collect::<Result<Arc<[Segment]>>>()?;
        Ok(Self { searcher, segments, fields: schema().1, generation })
    }

    /// Rises with every state that this process looks at.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The key and the payload of a document.
    pub(super) fn read(&self, at: DocAddress) -> Result<(String, Vec<u8>)> {
        let found: TantivyDocument = self.searcher.doc(at).map_err(Error::fault)?;
        let key = found.get_first(self.fields.key).and_then(|value| value.as_str().map(str::to_owned));
        let payload = found.get_first(self.fields.payload).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        Ok((key.unwrap_or_default(), payload.unwrap_or_default()))
    }

    /// How many documents have a term, perhaps some that are gone among them.
    pub(super) fn count_of(&self, term: &Term) -> Result<u64> {
        self.searcher.doc_freq(term).map_err(Error::fault)
    }

    /// Whether a document that was not taken away has the term. The dictionaries keep words of documents that are gone
    /// until their segment is merged: nothing of those may be shown.
    pub(super) fn is_alive(&self, term: &Term) -> Result<bool> {
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(term.field()).map_err(Error::fault)?;
            let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic).map_err(Error::fault)? else {
                continue;
            };
            let Some(alive) = reader.alive_bitset() else { return Ok(true) };
            let mut doc = postings.doc();
            while doc != TERMINATED {
                if alive.is_alive(doc) {
                    return Ok(true);
                }
                doc = postings.advance();
            }
        }
        Ok(false)
    }
}

impl Segment {
    fn of(reader: &SegmentReader) -> Result<Self> {
        let fast = reader.fast_fields();
        let mut numbers = Vec::with_capacity(NUMBERS);
        for name in NUMBER_NAMES {
            numbers.push(fast.column_first_or_default::<u64>(name).map_err(Error::fault)?);
        }
        let numbers = numbers.try_into().map_err(|_| Error::fault("a segment lacks numbers"))?;
        let column = fast.str(LABELS).map_err(Error::fault)?;
        let labels = column.map(Labels::of).transpose()?;
        Ok(Self { labels, numbers })
    }

    pub(super) fn numbers(&self, doc: u32) -> Numbers {
        std::array::from_fn(|at| self.numbers[at].get_val(doc))
    }
}

impl Labels {
    fn of(column: StrColumn) -> Result<Self> {
        let mut texts: Vec<Box<str>> = Vec::with_capacity(column.num_terms());
        let mut text = String::new();
        for number in 0..column.num_terms() {
            column.ord_to_str(u64::try_from(number).map_err(Error::fault)?, &mut text).map_err(Error::fault)?;
            texts.push(text.as_str().into());
        }
        let (_, of) = column.into_parts();
        Ok(Self { of, texts })
    }

    /// How many different labels there are.
    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }

    /// The kind and the value of a label.
    pub(super) fn label(&self, number: usize) -> (&str, &str) {
        self.texts.get(number).and_then(|text| text.split_once(PART)).unwrap_or_default()
    }
}
