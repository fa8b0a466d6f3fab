//! Words of the index that begin like, or resemble, what was typed.

use std::collections::BTreeMap;

use kernel::{Error, Result};
use tantivy::{Term, query::FuzzyTermQuery, schema::Field};

use super::shelf::Shelf;

/// As many words as stand for a beginning: the most frequent ones.
const LONGER_MAX: usize = 32;

/// As many entries of a segment's dictionary as are looked at for a beginning.
const LOOKED_MAX: usize = 2_000;

/// As many words as are tried for a mistyped one.
const MEANT_MAX: usize = 3;

impl Shelf {
    /// Whether the index has a term, perhaps in a document that is gone.
    pub(super) fn has(&self, term: &Term) -> Result<bool> {
        Ok(self.searcher.doc_freq(term).map_err(Error::fault)? > 0)
    }

    /// Words of a field that begin so, the most frequent first.
    pub(super) fn beginning(&self, field: Field, beginning: &str) -> Result<Vec<(String, u64)>> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(field).map_err(Error::fault)?;
            let mut words = index.terms().range().ge(beginning.as_bytes()).into_stream().map_err(Error::fault)?;
            for _ in 0..LOOKED_MAX {
                let Some((word, about)) = words.next() else { break };
                if !word.starts_with(beginning.as_bytes()) {
                    break;
                }
                *found.entry(String::from_utf8_lossy(word).into_owned()).or_default() += u64::from(about.doc_freq);
            }
        }
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        found.sort_by_key(|(word, count)| (word != beginning, std::cmp::Reverse(*count)));
        found.truncate(LONGER_MAX);
        Ok(found)
    }

    /// Words of a field that somebody may have meant: one letter away, two in a long word. Only those of documents that
    /// are there, because they are shown.
    pub(super) fn resembling(&self, field: Field, typed: &str) -> Result<Vec<(String, u64)>> {
        let distance = match typed.chars().count() {
            0..=2 => return Ok(Vec::new()),
            3..=5 => 1,
            _ => 2,
        };
        let fuzzy = FuzzyTermQuery::new(Term::from_field_text(field, typed), distance, true);
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for reader in self.searcher.segment_readers() {
            let index = reader.inverted_index(field).map_err(Error::fault)?;
            let automaton = fuzzy.automaton().map_err(Error::fault)?;
            let mut words = index.terms().search(automaton).into_stream().map_err(Error::fault)?;
            while let Some((word, about)) = words.next() {
                *found.entry(String::from_utf8_lossy(word).into_owned()).or_default() += u64::from(about.doc_freq);
            }
        }
        let mut ordered: Vec<(usize, String, u64)> =
            found.into_iter().map(|(word, count)| (apart(typed, &word), word, count)).collect();
        ordered.sort_by_key(|(distance, _, count)| (*distance, std::cmp::Reverse(*count)));
        let nearest = ordered.first().map_or(0, |(distance, ..)| *distance);
        let mut meant = Vec::new();
        for (distance, word, count) in ordered {
            if distance > nearest || meant.len() == MEANT_MAX {
                break;
            }
            if self.is_alive(&Term::from_field_text(field, &word))? {
                meant.push((word, count));
            }
        }
        Ok(meant)
    }
}

/// How many letters were put in, left out, changed, or swapped with their neighbour.
fn apart(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![vec![0_usize; other.len() + 1]; one.len() + 1];
    for (at, row) in rows.iter_mut().enumerate() {
        row[0] = at;
    }
    for (at, cell) in rows[0].iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let changed = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_letters_are_one_mistake() {
        assert_eq!(
            [apart("lens", "lens"), apart("lnes", "lens"), apart("len", "lens"), apart("lans", "lens")],
            [0, 1, 1, 1]
        );
    }
}
