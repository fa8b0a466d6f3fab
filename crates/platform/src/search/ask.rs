//! What was typed, as a question to the index: words by their stems, beginnings, pinyin, and what was meant instead.

use kernel::{Error, Result};
use tantivy::{
    Score, Term,
    query::{BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery, TermSetQuery},
    schema::{Field, IndexRecordOption},
};

use super::{
    fields::{LEVELS, STEM},
    shelf::Shelf,
    sound::spoken,
    text::{Piece, pieces},
};

/// One thing that a document has to have: any of the phrases.
#[derive(Clone, Debug)]
pub struct Need {
    pub any: Vec<Phrase>,
}

/// Words that stand for a need, all of them.
#[derive(Clone, Debug)]
pub struct Phrase {
    pub text: String,
    /// How much it counts, of a hundred: what was typed counts whole, another word for it less.
    pub percent: u32,
}

/// By what a document was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A word of one of its texts, the most telling being 0.
    Text(usize),
    /// A row of characters of the first two texts.
    Characters,
    /// A word that begins like this, or that was meant.
    Spelling,
    Sound,
}

/// A word that nothing has, and the one that was looked for instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    pub typed: String,
    pub meant: String,
}

/// How a question is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As it was typed, the last word perhaps not to its end.
    Exact,
    /// Words that nothing has are taken for those they resemble.
    Forgiving,
}

/// Other ways of a word count little beside the word itself.
const BEGINS_PERCENT: u32 = 300;
const SOUND_PERCENT: u32 = 250;
const CHARACTERS_PERCENT: u32 = 60;
const MEANT_PERCENT: u32 = 300;

/// A word that so many names have is no beginning of another one.
const ENOUGH: u64 = 200;

/// Longer rows of Chinese without a break are cut.
const RUN_MAX: usize = 30;
const WORD_MAX: usize = 6;

/// A question as it is put together.
pub(super) enum Tree {
    Any(Vec<Tree>),
    All(Vec<Tree>),
    Leaf(Source, Box<dyn Query>),
}

impl Tree {
    /// Scores add up over the leaves, so that their parts can be told.
    pub(super) fn query(self) -> Box<dyn Query> {
        match self {
            Self::Leaf(_, query) => query,
            Self::Any(mut trees) | Self::All(mut trees) if trees.len() == 1 => trees.remove(0).query(),
            Self::Any(trees) | Self::All(trees) if trees.is_empty() => Box::new(EmptyQuery),
            Self::Any(trees) => Box::new(BooleanQuery::union(trees.into_iter().map(Self::query).collect())),
            Self::All(trees) => Box::new(BooleanQuery::intersection(trees.into_iter().map(Self::query).collect())),
        }
    }

    pub(super) fn leaves(self, found: &mut Vec<(Source, Box<dyn Query>)>) {
        match self {
            Self::Leaf(source, query) => found.push((source, query)),
            Self::Any(trees) | Self::All(trees) => {
                for tree in trees {
                    tree.leaves(found);
                }
            }
        }
    }
}

/// All of the needs, or as many as have to be met.
pub(super) fn together(trees: Vec<Tree>, least: usize) -> Box<dyn Query> {
    if least >= trees.len() {
        return Tree::All(trees).query();
    }
    let clauses = trees.into_iter().map(|tree| (Occur::Should, tree.query())).collect();
    Box::new(BooleanQuery::with_minimum_required_clauses(clauses, least))
}

/// One question to one state of the index.
pub(super) struct Reader<'s> {
    shelf: &'s Shelf,
    boosts: &'s [u32; LEVELS],
    reading: Reading,
    pub(super) corrected: Vec<Corrected>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(shelf: &'s Shelf, boosts: &'s [u32; LEVELS], reading: Reading) -> Self {
        Self { shelf, boosts, reading, corrected: Vec::new() }
    }

    /// A tree for each need. The last one may be the beginning of a word.
    pub(super) fn read(&mut self, needs: &[Need]) -> Result<Vec<Tree>> {
        let mut trees = Vec::with_capacity(needs.len());
        for (at, need) in needs.iter().enumerate() {
            let last = at + 1 == needs.len();
            let mut any = Vec::with_capacity(need.any.len());
            for (number, phrase) in need.any.iter().enumerate() {
                // Only what was typed may be unfinished or mistyped.
                any.push(if number == 0 { self.typed(phrase, last)? } else { self.meaning(phrase)? });
            }
            trees.push(Tree::Any(any));
        }
        Ok(trees)
    }

    fn typed(&mut self, phrase: &Phrase, last: bool) -> Result<Tree> {
        let pieces = pieces(&phrase.text);
        let mut all = Vec::with_capacity(pieces.len());
        for (at, piece) in pieces.iter().enumerate() {
            let open = last && at + 1 == pieces.len();
            all.push(match piece {
                Piece::Latin(word) => self.latin(word, open, phrase.percent)?,
                Piece::Han(run) => self.han(run, open, phrase.percent)?,
            });
        }
        Ok(Tree::All(all))
    }

    /// Another word for what was typed.
    fn meaning(&mut self, phrase: &Phrase) -> Result<Tree> {
        let mut all = Vec::new();
        for piece in pieces(&phrase.text) {
            all.push(match piece {
                Piece::Latin(word) => Tree::Any(self.texts(&self.analyse(STEM, &word)?, phrase.percent)?),
                Piece::Han(run) => self.han_words(&run, false, phrase.percent)?,
            });
        }
        Ok(Tree::All(all))
    }

    fn latin(&mut self, word: &str, open: bool, percent: u32) -> Result<Tree> {
        let (stem, plain) = (self.analyse(STEM, word)?, self.analyse("fold", word)?);
        let mut any = self.texts(&stem, percent)?;
        let exact = !any.is_empty();
        let fields = self.shelf.fields;
        let name = Term::from_field_text(fields.texts[0], &stem);
        if open && plain.chars().count() >= 2 && self.shelf.count_of(&name)? < ENOUGH {
            let mut longer = self.shelf.beginning(fields.spelling, &plain)?;
            longer.retain(|(found, _)| *found != plain);
            push_set(&mut any, Source::Spelling, fields.spelling, &longer, BEGINS_PERCENT * percent / 100);
        }
        let letters = plain.len() >= 2 && plain.bytes().all(|b| b.is_ascii_lowercase());
        if letters && !exact {
            let mut sounds = self.shelf.beginning(fields.sound, &plain)?;
            if !open {
                sounds.retain(|(found, _)| *found == plain || plain.len() >= 4);
            }
            push_set(&mut any, Source::Sound, fields.sound, &sounds, SOUND_PERCENT * percent / 100);
        }
        if any.is_empty() && self.reading == Reading::Forgiving {
            let meant = self.shelf.resembling(fields.spelling, &plain)?;
            if let Some((best, _)) = meant.first() {
                self.corrected.push(Corrected { typed: word.to_owned(), meant: best.clone() });
            }
            push_set(&mut any, Source::Spelling, fields.spelling, &meant, MEANT_PERCENT * percent / 100);
            if letters && meant.is_empty() {
                let sounds = self.shelf.resembling(fields.sound, &plain)?;
                push_set(&mut any, Source::Sound, fields.sound, &sounds, SOUND_PERCENT * percent / 100);
            }
        }
        Ok(Tree::Any(any))
    }

    fn han(&mut self, run: &str, open: bool, percent: u32) -> Result<Tree> {
        let mut any = vec![self.han_words(run, open, percent)?];
        let fields = self.shelf.fields;
        let characters: Vec<Term> =
            run.chars().take(RUN_MAX).map(|c| Term::from_field_text(fields.characters, &c.to_string())).collect();
        let boost = CHARACTERS_PERCENT * percent / 100;
        if characters.len() > 1 {
            any.push(Tree::Leaf(Source::Characters, boosted(Box::new(PhraseQuery::new(characters)), boost)));
        } else {
            let single = characters
                .into_iter()
                .map(|term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)) });
            any.extend(single.map(|query| Tree::Leaf(Source::Characters, boosted(query, boost))));
        }
        if self.reading == Reading::Forgiving && run.chars().count() > 1 {
            // A word that is written with other characters sounds the same.
            let sound = spoken(run);
            if !sound.is_empty() {
                let sounds = self.shelf.beginning(fields.sound, &sound)?;
                push_set(&mut any, Source::Sound, fields.sound, &sounds, SOUND_PERCENT * percent / 100);
            }
        }
        Ok(Tree::Any(any))
    }

    /// The words of a run, all of them, as the index knows them. Its own words are the dictionary, so that the large one
    /// is needed for indexing only.
    fn han_words(&self, run: &str, open: bool, percent: u32) -> Result<Tree> {
        let characters: Vec<char> = run.chars().take(RUN_MAX).collect();
        let cut = cut(&characters, |word| self.knows(word))?;
        let mut all = Vec::with_capacity(cut.len());
        for (at, word) in cut.iter().enumerate() {
            let mut any = self.texts(word, percent)?;
            if open && at + 1 == cut.len() {
                let name = self.shelf.fields.texts[0];
                let mut longer = self.shelf.beginning(name, word)?;
                longer.retain(|(found, _)| found != word);
                push_set(&mut any, Source::Text(0), name, &longer, BEGINS_PERCENT * percent / 100);
            }
            all.push(Tree::Any(any));
        }
        Ok(Tree::All(all))
    }

    fn knows(&self, word: &str) -> Result<bool> {
        for field in self.shelf.fields.texts {
            if self.shelf.has(&Term::from_field_text(field, word))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A leaf for each text that has the word somewhere.
    fn texts(&self, word: &str, percent: u32) -> Result<Vec<Tree>> {
        let mut leaves = Vec::with_capacity(LEVELS);
        for (level, (field, boost)) in self.shelf.fields.texts.iter().zip(self.boosts).enumerate() {
            let term = Term::from_field_text(*field, word);
            if self.shelf.has(&term)? {
                let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                leaves.push(Tree::Leaf(Source::Text(level), boosted(query, boost * percent / 100)));
            }
        }
        Ok(leaves)
    }

    fn analyse(&self, name: &str, word: &str) -> Result<String> {
        let missing = || Error::fault("an analyser of the search index is missing");
        let mut analyser = self.shelf.searcher.index().tokenizers().get(name).ok_or_else(missing)?;
        let mut stream = analyser.token_stream(word);
        Ok(stream.next().map(|token| token.text.clone()).unwrap_or_default())
    }
}

/// A leaf for any of some words, if there are any.
fn push_set(any: &mut Vec<Tree>, source: Source, field: Field, words: &[(String, u64)], percent: u32) {
    if !words.is_empty() {
        let terms = words.iter().map(|(word, _)| Term::from_field_text(field, word));
        any.push(Tree::Leaf(source, boosted(Box::new(TermSetQuery::new(terms)), percent)));
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "the library counts in floats; nothing is owed"
)]
fn boosted(query: Box<dyn Query>, percent: u32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, percent as Score / 100.0))
}

/// Cuts a run into the fewest words that are known; a character that begins none stands alone.
fn cut(run: &[char], knows: impl Fn(&str) -> Result<bool>) -> Result<Vec<String>> {
    // For each place: the fewest words from here to the end, and the length of the first of them.
    let mut best = vec![(0_usize, 0_usize); run.len() + 1];
    for start in (0..run.len()).rev() {
        // A single character costs more than a word, so that words win.
        best[start] = (best[start + 1].0 + 3, 1);
        for length in 1..=WORD_MAX.min(run.len() - start) {
            let word: String = run[start..start + length].iter().collect();
            let cost = best[start + length].0 + if length == 1 { 3 } else { 2 };
            if cost <= best[start].0 && (length == 1 || knows(&word)?) {
                best[start] = (cost, length);
            }
        }
    }
    let (mut words, mut at) = (Vec::new(), 0);
    while at < run.len() {
        let length = best[at].1;
        words.push(run[at..at + length].iter().collect());
        at += length;
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_into_the_fewest_known_words() {
        let known = ["日志", "分析", "日志分析", "系统", "志分"];
        let cut = |text: &str| {
            let run: Vec<char> = text.chars().collect();
            cut(&run, |word| Ok(known.contains(&word))).unwrap()
        };
        assert_eq!(cut("日志分析系统"), ["日志分析", "系统"]);
        assert_eq!(cut("日志的系统"), ["日志", "的", "系统"]);
        assert_eq!(cut("未知"), ["未", "知"]);
    }
}
