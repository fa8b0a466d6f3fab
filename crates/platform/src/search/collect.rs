//! Going through what fits: the best of it, and how many of each label.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use kernel::{Error, Result};
use tantivy::{
    DocAddress, Score, Term,
    query::{AllQuery, BooleanQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermSetQuery},
};

use super::{
    ask::{Corrected, Need, Reader, Reading, Source, together},
    fields::{LEVELS, Numbers, PART},
    shelf::{Labels, Shelf},
};

/// A place in the order: greater stands first. Given how well the texts fit, in thousandths, and the numbers.
pub type Order<'a> = &'a (dyn Fn(u64, &Numbers) -> u64 + Sync);

/// A question.
pub struct Ask<'a> {
    /// All have to be met; none is everything.
    pub needs: &'a [Need],
    /// How much a word in each text counts, in hundredths.
    pub boosts: &'a [u32; LEVELS],
    /// Of each kind, any of the values.
    pub chosen: &'a BTreeMap<&'static str, BTreeSet<String>>,
    pub order: Order<'a>,
    /// By how much the numbers can raise a place above the fitness; `None` when the order does not follow the fitness. What
    /// cannot come so far is not looked at.
    pub reach: Option<u64>,
    pub skip: usize,
    pub take: usize,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub key: String,
    pub payload: Vec<u8>,
    /// How well its texts fit, in thousandths.
    pub fitness: u64,
    pub numbers: Numbers,
    /// Where the fitness comes from, when that was asked for.
    pub parts: Vec<(Source, u64)>,
    at: (u32, u32),
}

/// How many documents each value of each kind has, when all other kinds are as chosen.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    pub items: Vec<Hit>,
    pub total: u64,
    pub counts: Counts,
    /// So many fit that the counts are those of a part, times its share.
    pub estimated: bool,
    /// Words that nothing has, and what was looked for instead.
    pub corrected: Vec<Corrected>,
    /// Nothing meets all needs; these meet most.
    pub relaxed: bool,
}

/// Up to so many documents are counted one by one; of those after them, every eighth.
const COUNTED_MAX: u64 = 40_000;
const SHARE: u64 = 8;

impl Shelf {
    /// What fits best, with the counts of all that fits. What nothing has is taken for what it resembles; when no document
    /// meets all needs, those are found that meet most.
    pub fn search(&self, ask: &Ask<'_>) -> Result<Hits> {
        if ask.needs.is_empty() {
            return self.gather(&AllQuery, ask);
        }
        let mut reader = Reader::new(self, ask.boosts, Reading::Exact);
        let hits = self.gather(&*together(reader.read(ask.needs)?, ask.needs.len()), ask)?;
        if hits.total > 0 || hits.has_counts() {
            return Ok(hits);
        }
        let mut reader = Reader::new(self, ask.boosts, Reading::Forgiving);
        let query = together(reader.read(ask.needs)?, ask.needs.len());
        let mut hits = self.gather(&*query, ask)?;
        if hits.total == 0 && !hits.has_counts() && ask.needs.len() > 1 {
            let least = ask.needs.len().div_ceil(2);
            let mut again = Reader::new(self, ask.boosts, Reading::Forgiving);
            hits = self.gather(&*together(again.read(ask.needs)?, least), ask)?;
            hits.relaxed = hits.total > 0;
            reader.corrected = again.corrected;
        }
        if hits.total > 0 {
            hits.corrected = reader.corrected;
        }
        Ok(hits)
    }

    /// Says of each hit where its fitness comes from.
    pub fn explain(&self, ask: &Ask<'_>, hits: &mut Hits) -> Result<()> {
        let reading = if hits.corrected.is_empty() && !hits.relaxed { Reading::Exact } else { Reading::Forgiving };
        let mut leaves = Vec::new();
        for tree in Reader::new(self, ask.boosts, reading).read(ask.needs)? {
            tree.leaves(&mut leaves);
        }
        for (source, query) in leaves {
            let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher)).map_err(Error::fault)?;
            for hit in &mut hits.items {
                let (segment, doc) = hit.at;
                let reader = self.searcher.segment_reader(segment);
                let mut scorer = weight.scorer(reader, 1.0).map_err(Error::fault)?;
                if scorer.doc() <= doc && scorer.seek(doc) == doc {
                    let points = thousandths(scorer.score());
                    match hit.parts.iter_mut().find(|(known, _)| *known == source) {
                        Some((_, sum)) => *sum += points,
                        None => hit.parts.push((source, points)),
                    }
                }
            }
        }
        for hit in &mut hits.items {
            hit.parts.sort_unstable();
        }
        Ok(())
    }

    /// The best of what fits, and the counts: of a kind of which something was chosen, among what fits but for that.
    fn gather(&self, query: &dyn Query, ask: &Ask<'_>) -> Result<Hits> {
        let all = self.narrowed(query, ask, None);
        let mut hits = Hits { items: self.best(&*all, ask)?, ..Hits::default() };
        hits.total = self.count(&*all, |kind| !ask.chosen.contains_key(kind), &mut hits)?;
        for own in ask.chosen.keys() {
            let wider = self.narrowed(query, ask, Some(own));
            self.count(&*wider, |kind| kind == *own, &mut hits)?;
        }
        Ok(hits)
    }

    /// What fits and is as chosen, but for one kind.
    fn narrowed(&self, query: &dyn Query, ask: &Ask<'_>, except: Option<&str>) -> Box<dyn Query> {
        let mut clauses = vec![(Occur::Must, query.box_clone())];
        for (kind, values) in ask.chosen.iter().filter(|(kind, _)| Some(**kind) != except) {
            let term = |value: &String| Term::from_field_text(self.fields.labels, &format!("{kind}{PART}{value}"));
            let any: Box<dyn Query> = Box::new(TermSetQuery::new(values.iter().map(term)));
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(any, 0.0))));
        }
        if clauses.len() == 1 { query.box_clone() } else { Box::new(BooleanQuery::new(clauses)) }
    }

    fn best(&self, query: &dyn Query, ask: &Ask<'_>) -> Result<Vec<Hit>> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher)).map_err(Error::fault)?;
        let mut best = Best { heap: BinaryHeap::new(), most: ask.skip.saturating_add(ask.take), reach: ask.reach };
        for (number, (reader, segment)) in (0_u32..).zip(self.searcher.segment_readers().iter().zip(&*self.segments)) {
            let alive = reader.alive_bitset();
            weight
                .for_each_pruning(best.least(), reader, &mut |doc, score| {
                    if alive.is_none_or(|alive| alive.is_alive(doc)) {
                        let (fitness, numbers) = (thousandths(score), segment.numbers(doc));
                        best.offer((ask.order)(fitness, &numbers), fitness, (number, doc));
                    }
                    best.least()
                })
                .map_err(Error::fault)?;
        }
        let mut hits = Vec::new();
        for (fitness, at) in best.ordered().into_iter().skip(ask.skip) {
            let (key, payload) = self.read(DocAddress::new(at.0, at.1))?;
            let segment = usize::try_from(at.0).ok().and_then(|number| self.segments.get(number));
            let numbers = segment.map(|segment| segment.numbers(at.1)).unwrap_or_default();
            hits.push(Hit { key, payload, fitness, numbers, parts: Vec::new(), at });
        }
        Ok(hits)
    }

    /// Counts what fits, and the labels of some kinds.
    fn count(&self, query: &dyn Query, is_counted: impl Fn(&str) -> bool, hits: &mut Hits) -> Result<u64> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher)).map_err(Error::fault)?;
        let mut seen = 0_u64;
        for (reader, segment) in self.searcher.segment_readers().iter().zip(&*self.segments) {
            let (labels, alive) = (segment.labels.as_ref(), reader.alive_bitset());
            let mut counts = vec![0_u64; labels.map_or(0, Labels::count)];
            weight
                .for_each_no_score(reader, &mut |docs| {
                    for doc in docs.iter().filter(|doc| alive.is_none_or(|alive| alive.is_alive(**doc))) {
                        seen += 1;
                        let stands_for = if seen <= COUNTED_MAX { 1 } else { SHARE };
                        if let Some(labels) = labels.filter(|_| seen <= COUNTED_MAX || seen.is_multiple_of(SHARE)) {
                            for label in labels.of.values_for_doc(*doc) {
                                counts[number(label)] += stands_for;
                            }
                        }
                    }
                })
                .map_err(Error::fault)?;
            for (label, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                let (kind, value) = labels.map(|labels| labels.label(label)).unwrap_or_default();
                if is_counted(kind) {
                    *hits.counts.entry(kind.to_owned()).or_default().entry(value.to_owned()).or_default() += count;
                }
            }
        }
        hits.estimated |= seen > COUNTED_MAX;
        Ok(seen)
    }
}

impl Hits {
    /// Something fits the words, though perhaps not what was chosen.
    fn has_counts(&self) -> bool {
        self.counts.values().any(|values| !values.is_empty())
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the library scores in floats; from here on it is whole numbers"
)]
fn thousandths(score: Score) -> u64 {
    (score.max(0.0) * 1_000.0) as u64
}

/// A place in the order, the earlier of two documents first, and how well the document fits.
type Placed = (u64, Reverse<(u32, u32)>, u64);

/// The first few, in their order.
struct Best {
    heap: BinaryHeap<Reverse<Placed>>,
    most: usize,
    reach: Option<u64>,
}

impl Best {
    fn offer(&mut self, place: u64, fitness: u64, at: (u32, u32)) {
        let entry = Reverse((place, Reverse(at), fitness));
        if self.heap.len() < self.most {
            self.heap.push(entry);
        } else if let Some(mut last) = self.heap.peek_mut()
            && last.0 < entry.0
        {
            *last = entry;
        }
    }

    /// The score above which a document could still be among the first.
    fn least(&self) -> Score {
        let last = self.heap.peek().filter(|_| self.heap.len() == self.most);
        match (last, self.reach) {
            (Some(Reverse((place, ..))), Some(reach)) => score_of(place.saturating_sub(reach).saturating_sub(1)),
            (None, _) | (_, None) => Score::MIN,
        }
    }

    fn ordered(self) -> Vec<(u64, (u32, u32))> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse((_, Reverse(at), fitness))| (fitness, at)).collect()
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "the library compares floats; a little less only looks at more"
)]
fn score_of(thousandths: u64) -> Score {
    (thousandths as Score / 1_000.0).next_down()
}

fn number(label: u64) -> usize {
    usize::try_from(label).unwrap_or(usize::MAX)
}
