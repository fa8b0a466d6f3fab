//! What a text looks like, in few numbers: texts that share most of their words have most of the numbers in common.
//!
//! A print holds the least hash of all shingles of the text under each of 64 functions (min-hash): the share of places in
//! which two prints agree is close to the share of shingles that the texts have in common. Prints are found by bands of four
//! numbers: of texts that are 60 % the same, nine in ten pairs have a band in common; of those that are 90 % the same, all.

use std::collections::BTreeSet;

const FUNCTIONS: usize = 64;
const BAND: usize = 4;
/// So many words or characters in a row are one shingle.
const SHINGLE: usize = 4;
/// Texts with fewer shingles are too short to be copies of each other.
const SHINGLES_MIN: usize = 12;

/// The print of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextPrint([u32; FUNCTIONS]);

impl TextPrint {
    /// `None`: the text is too short.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let tokens = tokens(text);
        let shingles: BTreeSet<u64> = tokens.windows(SHINGLE).map(hash_of).collect();
        if shingles.len() < SHINGLES_MIN {
            return None;
        }
        let mut least = [u32::MAX; FUNCTIONS];
        for shingle in shingles {
            let mut seed = shingle;
            for place in &mut least {
                seed = mixed(seed);
                // The upper half of the mixed number.
                *place = (*place).min(u32::try_from(seed >> 32).unwrap_or(u32::MAX));
            }
        }
        Some(Self(least))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<u32> = numbers.iter().map(|number| u32::from_be_bytes(*number)).collect();
        if rest.is_empty() { numbers.try_into().ok().map(Self) } else { None }
    }

    /// By what it is found.
    pub(crate) fn bands(&self) -> Vec<i64> {
        let band = |(index, numbers): (usize, &[u32])| {
            let begin = u64::try_from(index).unwrap_or_default();
            let hash = numbers.iter().fold(mixed(begin), |hash, number| mixed(hash ^ u64::from(*number)));
            hash.cast_signed()
        };
        self.0.chunks(BAND).enumerate().map(band).collect()
    }

    /// How many percent of two texts are the same, about.
    pub(crate) fn same_percent(&self, other: &Self) -> u32 {
        let same = self.0.iter().zip(other.0).filter(|(one, two)| *one == two).count();
        u32::try_from(same * 100 / FUNCTIONS).unwrap_or_default()
    }
}

/// Latin words as a whole, other letters one by one; what is neither says nothing.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            match tokens.last_mut().filter(|_| open) {
                Some(word) => word.push(c),
                None => tokens.push(c.to_string()),
            }
            open = true;
        } else {
            open = false;
            if c.is_alphanumeric() {
                tokens.push(c.to_string());
            }
        }
    }
    tokens
}

fn hash_of(shingle: &[String]) -> u64 {
    let bytes = shingle.iter().flat_map(|token| token.bytes().chain([0]));
    // FNV-1a
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Splitmix64.
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENS: &str = "Log Lens reads the logs of all your servers and finds the line that matters. It learns what is usual on \
                        each of them, so that what is not stands out, and it keeps everything on your own machines.";
    const LENS_ZH: &str = "日志透镜读取所有服务器的日志，找到真正重要的那一行。它学习每台服务器的日常状态，异常立即凸显，所有数据都留在您自己的机器上。";

    fn same(one: &str, other: &str) -> u32 {
        TextPrint::of(one).unwrap().same_percent(&TextPrint::of(other).unwrap())
    }

    #[test]
    fn a_copy_with_another_name_is_nearly_the_same() {
        assert!(same(LENS, &LENS.replace("Log Lens", "Line Finder")) > 75);
        assert!(same(LENS_ZH, &LENS_ZH.replace("日志透镜", "寻线")) > 75);
        assert_eq!(same(LENS, &LENS.to_uppercase().replace(',', " ;")), 100);
    }

    #[test]
    fn other_texts_are_not_the_same() {
        let other = "A ledger for workshops: write down what was cut, glued and sold, and see at the end of the month which \
                     pieces paid for the machine and which of them only paid for the glue that holds them together.";
        assert!(same(LENS, other) < 15);
        let other = "面向工坊的记账软件：记录每一次切割、粘合与销售，月底即可看出哪些作品赚回了设备成本，哪些只够买胶水，让手艺人专注于手艺。";
        assert!(same(LENS_ZH, other) < 15);
        assert_eq!(TextPrint::of("Too short to be a copy."), None);
    }

    #[test]
    fn copies_are_found_by_their_bands() {
        let bands = |text: &str| TextPrint::of(text).unwrap().bands();
        let copy = LENS.replace("Log Lens", "Line Finder");
        assert!(bands(LENS).iter().any(|band| bands(&copy).contains(band)));
    }

    proptest! {
        #[test]
        fn a_print_reads_back_and_no_text_is_a_fault(text in ".{0,400}") {
            if let Some(print) = TextPrint::of(&text) {
                prop_assert_eq!(TextPrint::from_bytes(&print.bytes()), Some(print.clone()));
                prop_assert_eq!(print.same_percent(&print), 100);
            }
        }
    }
}
