//! How a text falls into words: Latin words by their letters, Chinese by a dictionary, both from one text.

use std::sync::{Arc, Mutex, PoisonError};

use jieba_rs::{Jieba, TokenizeMode};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// A stretch of one script. Latin pieces are one word in small letters; Chinese ones run up to the next other sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Latin(String),
    Han(String),
}

impl Piece {
    pub fn text(&self) -> &str {
        match self {
            Self::Latin(text) | Self::Han(text) => text,
        }
    }
}

/// The dictionary of Chinese words takes tens of megabytes: it is loaded when something is indexed and let go afterwards.
static DICTIONARY: Mutex<Option<Arc<Jieba>>> = Mutex::new(None);

fn dictionary() -> Arc<Jieba> {
    let mut held = DICTIONARY.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_with(|| Arc::new(Jieba::new())).clone()
}

/// Gives the memory of the dictionary back; the next text loads it again.
pub(super) fn forget_dictionary() {
    *DICTIONARY.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Full-width letters and digits are the same as narrow ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// The pieces of a text in their order. What is neither letter nor digit parts them; `c++` and `c#` keep their signs.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let (mut latin, mut han) = (String::new(), String::new());
    let close = |latin: &mut String, han: &mut String, found: &mut Vec<Piece>| {
        if !latin.is_empty() {
            found.push(Piece::Latin(std::mem::take(latin)));
        }
        if !han.is_empty() {
            found.push(Piece::Han(std::mem::take(han)));
        }
    };
    for c in text.chars().map(narrow) {
        if is_han(c) {
            if !latin.is_empty() {
                close(&mut latin, &mut han, &mut found);
            }
            han.push(c);
        } else if c.is_alphanumeric()
            || (matches!(c, '+' | '#') && latin.chars().count() == 1)
            || (c == '+' && latin.ends_with('+'))
        {
            if !han.is_empty() {
                close(&mut latin, &mut han, &mut found);
            }
            latin.extend(c.to_lowercase());
        } else {
            close(&mut latin, &mut han, &mut found);
        }
    }
    close(&mut latin, &mut han, &mut found);
    found
}

/// The words of Chinese text with the number of the character where each begins. `overlapping`: long words and those
/// inside of them, as they are looked for; else each character belongs to one word.
pub(super) fn words(han: &str, overlapping: bool) -> Vec<(String, usize)> {
    let mode = if overlapping { TokenizeMode::Search } else { TokenizeMode::Default };
    let cut = dictionary();
    cut.tokenize(han, mode, true).into_iter().map(|token| (token.word.to_owned(), token.start)).collect()
}

/// What an analyser makes of a text.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    /// Latin words, and Chinese words with those inside of them.
    Words,
    /// Latin words alone.
    Latin,
    /// Single Chinese characters and Latin words, at places that follow each other.
    Characters,
}

impl Tokenizer for Cut {
    type TokenStream<'a> = Stream;

    fn token_stream(&mut self, text: &str) -> Stream {
        let (mut tokens, mut place) = (Vec::new(), 0);
        for piece in pieces(text) {
            match (piece, *self) {
                (Piece::Latin(word), _) => tokens.push((word, place)),
                (Piece::Han(_), Self::Latin) => {}
                (Piece::Han(run), Self::Words) => {
                    tokens.extend(words(&run, true).into_iter().map(|(word, start)| (word, place + start)));
                    place += run.chars().count();
                }
                (Piece::Han(run), Self::Characters) => {
                    for c in run.chars() {
                        tokens.push((c.to_string(), place));
                        place += 1;
                    }
                }
            }
            place += 1;
        }
        Stream { tokens: tokens.into_iter(), token: Token::default() }
    }
}

/// Tokens that were made beforehand; nobody asks for their offsets.
pub(super) struct Stream {
    tokens: std::vec::IntoIter<(String, usize)>,
    token: Token,
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        let Some((text, position)) = self.tokens.next() else { return false };
        self.token.text = text;
        self.token.position = position;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut cut: Cut, text: &str) -> Vec<String> {
        let mut stream = cut.token_stream(text);
        let mut found = Vec::new();
        while let Some(token) = stream.next() {
            found.push(token.text.clone());
        }
        found
    }

    #[test]
    fn a_text_of_two_scripts_falls_into_pieces_of_one() {
        let text: Vec<String> =
            pieces("Log Lens日志透镜 V2.1（ＡＩ）, C++/C#").iter().map(|piece| piece.text().to_owned()).collect();
        assert_eq!(text, ["log", "lens", "日志透镜", "v2", "1", "ai", "c++", "c#"]);
        assert_eq!(pieces("  ，。 "), []);
    }

    #[test]
    fn chinese_is_cut_by_the_dictionary_and_long_words_keep_those_inside() {
        assert_eq!(
            tokens(Cut::Words, "服务器日志分析 for servers"),
            ["服务", "务器", "服务器", "日志", "分析", "for", "servers"]
        );
        assert_eq!(tokens(Cut::Latin, "日志 Lens"), ["lens"]);
        assert_eq!(tokens(Cut::Characters, "日志 Lens"), ["日", "志", "lens"]);
    }
}
