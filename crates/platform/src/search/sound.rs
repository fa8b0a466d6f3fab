//! How Chinese words are typed in Latin letters: whole pinyin, initials, and other readings of a character.

use std::collections::BTreeSet;

use pinyin::{ToPinyin, ToPinyinMulti};

use super::text::{Piece, pieces, words};

/// As many characters as one types in a row.
const CHARACTERS_MAX: usize = 8;

/// As many ways of reading one word as are kept.
const READINGS_MAX: usize = 8;

/// What somebody may type for the Chinese words of a text: from each word on, whole and by initials; each syllable alone.
pub(super) fn sounds(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in pieces(text) {
        let Piece::Han(run) = piece else { continue };
        let characters: Vec<char> = run.chars().collect();
        for (word, start) in words(&run, false) {
            let rest = characters.iter().skip(start).take(CHARACTERS_MAX);
            let syllables: Vec<&str> = rest.filter_map(ToPinyin::to_pinyin).map(pinyin::Pinyin::plain).collect();
            found.insert(syllables.concat());
            if syllables.len() > 1 {
                found.insert(initials(&syllables));
            }
            for reading in readings(&word) {
                found.insert(reading.concat());
                if reading.len() > 1 {
                    found.insert(initials(&reading));
                }
            }
        }
        found.extend(characters.iter().flat_map(|c| all(*c)).map(str::to_owned));
    }
    found.remove("");
    found
}

/// A Chinese text as it is most often read.
pub(super) fn spoken(han: &str) -> String {
    han.chars().filter_map(|c| c.to_pinyin()).map(pinyin::Pinyin::plain).collect()
}

fn initials(syllables: &[&str]) -> String {
    syllables.iter().filter_map(|syllable| syllable.chars().next()).collect()
}

/// The ways of reading a character, the most usual first; tones make no difference.
fn all(c: char) -> Vec<&'static str> {
    let mut found: Vec<&str> = c.to_pinyin().map(pinyin::Pinyin::plain).into_iter().collect();
    for reading in c.to_pinyin_multi().into_iter().flatten().map(pinyin::Pinyin::plain) {
        if !found.contains(&reading) {
            found.push(reading);
        }
    }
    found
}

/// The ways of reading a word.
fn readings(word: &str) -> Vec<Vec<&'static str>> {
    let mut found: Vec<Vec<&str>> = vec![Vec::new()];
    for c in word.chars().take(CHARACTERS_MAX) {
        let ways = all(c);
        if ways.is_empty() {
            continue;
        }
        let longer = found.iter().flat_map(|begun| {
            ways.iter().map(|way| {
                let mut next = begun.clone();
                next.push(*way);
                next
            })
        });
        found = longer.take(READINGS_MAX).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_typed_whole_by_initials_and_from_each_word_on() {
        let found = sounds("Log 日志透镜");
        for typed in ["rizhitoujing", "rztj", "toujing", "tj", "rizhi", "rz", "zhi"] {
            assert!(found.contains(typed), "{typed}: {found:?}");
        }
    }

    #[test]
    fn a_character_with_several_readings_is_found_by_each() {
        let found = sounds("银行重置");
        assert!(found.contains("yinhang") && found.contains("chongzhi"), "{found:?}");
        assert_eq!(spoken("日志"), "rizhi");
    }
}
