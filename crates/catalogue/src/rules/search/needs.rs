//! What was typed, as needs that a product has to meet, with the site's other words for them.

use platform::search::{Need, Phrase, Piece, pieces};
use policy::Synonyms;

/// More words than these say no more about what is looked for.
const NEEDS_MAX: usize = 12;

/// Another word for what was typed counts less than the word itself.
const SYNONYM_PERCENT: u32 = 60;

/// A stretch of what was typed.
struct Part {
    text: String,
    pieces: Vec<Piece>,
}

/// The needs in a text: one for each word, or for several that mean one thing.
pub(crate) fn needs(text: &str, synonyms: &[Synonyms]) -> Vec<Need> {
    let typed = split(pieces(text), synonyms);
    let mut found = Vec::new();
    let mut at = 0;
    while at < typed.len() && found.len() < NEEDS_MAX {
        let (length, others) = known(&typed[at..], synonyms).unwrap_or((1, Vec::new()));
        let own: Vec<&str> = typed[at..at + length].iter().map(Piece::text).collect();
        let mut any = vec![Phrase { text: own.join(" "), percent: 100 }];
        any.extend(others.into_iter().map(|text| Phrase { text, percent: SYNONYM_PERCENT }));
        found.push(Need { any });
        at += length;
    }
    found
}

/// The words of a group that begins here, without the one that was typed: the longest group member wins.
fn known(typed: &[Piece], synonyms: &[Synonyms]) -> Option<(usize, Vec<String>)> {
    let mut best: Option<(usize, Vec<String>)> = None;
    for group in synonyms {
        let parts: Vec<Part> =
            group.words.iter().map(|word| Part { text: word.clone(), pieces: pieces(word) }).collect();
        let begins = |part: &&Part| {
            !part.pieces.is_empty()
                && part.pieces.len() <= typed.len()
                && part.pieces.iter().zip(typed).all(|(known, typed)| is_same(known, typed))
        };
        let Some(part) = parts.iter().filter(begins).max_by_key(|part| part.pieces.len()) else { continue };
        let length = part.pieces.len();
        if best.as_ref().is_none_or(|(longest, _)| length > *longest) {
            let others = parts.iter().filter(|other| other.text != part.text).map(|other| other.text.clone());
            best = Some((length, others.collect()));
        }
    }
    best
}

/// Plurals mean the same thing.
fn is_same(known: &Piece, typed: &Piece) -> bool {
    match (known, typed) {
        (Piece::Latin(known), Piece::Latin(typed)) => known == typed || typed.strip_suffix('s') == Some(known),
        (Piece::Han(known), Piece::Han(typed)) => known == typed,
        (Piece::Latin(_), Piece::Han(_)) | (Piece::Han(_), Piece::Latin(_)) => false,
    }
}

/// Chinese is written without blanks: a run is parted where a word of a group stands in it.
fn split(typed: Vec<Piece>, synonyms: &[Synonyms]) -> Vec<Piece> {
    let mut words: Vec<String> = Vec::new();
    for word in synonyms.iter().flat_map(|group| &group.words) {
        if let [Piece::Han(word)] = &pieces(word)[..] {
            words.push(word.clone());
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut found = Vec::new();
    for piece in typed {
        match piece {
            Piece::Latin(word) => found.push(Piece::Latin(word)),
            Piece::Han(run) => parted(&run, &words, &mut found),
        }
    }
    found
}

fn parted(run: &str, words: &[String], found: &mut Vec<Piece>) {
    for word in words {
        if let Some(at) = run.find(word.as_str()) {
            let (before, after) = (&run[..at], &run[at + word.len()..]);
            if !before.is_empty() {
                parted(before, words, found);
            }
            found.push(Piece::Han(word.clone()));
            if !after.is_empty() {
                parted(after, words, found);
            }
            return;
        }
    }
    found.push(Piece::Han(run.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let group = |words: &[&str]| Synonyms { words: words.iter().map(|word| (*word).to_owned()).collect() };
        let synonyms = [
            group(&["log", "logging", "日志"]),
            group(&["object storage", "S3", "对象存储"]),
            group(&["storage", "存储"]),
        ];
        let one = |need: &Need| need.any.iter().map(|phrase| phrase.text.clone()).collect::<Vec<_>>().join("|");
        needs(text, &synonyms).iter().map(one).collect()
    }

    #[test]
    fn each_word_is_a_need_with_the_sites_other_words_for_it() {
        assert_eq!(read("Logs search"), ["logs|logging|日志", "search"]);
        assert_eq!(read("cheap object storage"), ["cheap", "object storage|S3|对象存储"], "the longest meaning wins");
        assert_eq!(read("日志分析"), ["日志|log|logging", "分析"], "inside a run of Chinese");
        assert_eq!(read("对象存储 gateway"), ["对象存储|object storage|S3", "gateway"]);
        assert_eq!(read(" ，"), Vec::<String>::new());
    }
}
