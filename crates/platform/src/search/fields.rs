//! What a document is made of, and the fields of the index that hold it.

use tantivy::{
    TantivyDocument,
    schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{
        AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer, TokenizerManager, WhitespaceTokenizer,
    },
};

use super::{sound::sounds, text::Cut};

/// How many texts a document has, the most telling first.
pub const LEVELS: usize = 4;

/// How many numbers a document has.
pub const NUMBERS: usize = 6;

pub type Numbers = [u64; NUMBERS];

/// What is looked for and how it is shown.
#[derive(Clone, Debug, Default)]
pub struct Doc {
    /// By which it is replaced and taken away.
    pub key: String,
    /// The most telling first; the first two are found by pinyin too.
    pub texts: [String; LEVELS],
    /// What it can be chosen and counted by: a kind and a value of that kind.
    pub labels: Vec<(&'static str, String)>,
    pub numbers: Numbers,
    /// What the caller wants back.
    pub payload: Vec<u8>,
}

/// The fields by their place in the schema, which is always made in the same order.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) key: Field,
    pub(super) payload: Field,
    pub(super) texts: [Field; LEVELS],
    /// Single characters of the first two texts, to find any row of them.
    pub(super) characters: Field,
    /// Latin words as they are written, to complete and correct what is typed.
    pub(super) spelling: Field,
    pub(super) sound: Field,
    pub(super) labels: Field,
    pub(super) numbers: [Field; NUMBERS],
}

pub(super) const TEXTS: [&str; LEVELS] = ["text0", "text1", "text2", "text3"];
pub(super) const NUMBER_NAMES: [&str; NUMBERS] = ["number0", "number1", "number2", "number3", "number4", "number5"];
pub(super) const LABELS: &str = "labels";

/// Parts the kind of a label from its value.
pub(super) const PART: char = ':';

/// The analyser of one word, as the texts were analysed.
pub(super) const STEM: &str = "stem";

pub(super) fn schema() -> (Schema, Fields) {
    let text = |analyser: &str, option: IndexRecordOption| {
        TextOptions::default()
            .set_indexing_options(TextFieldIndexing::default().set_tokenizer(analyser).set_index_option(option))
    };
    let plain = |analyser: &str| {
        let indexing = TextFieldIndexing::default().set_tokenizer(analyser).set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing.set_index_option(IndexRecordOption::Basic))
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        payload: schema.add_bytes_field("payload", STORED),
        texts: TEXTS.map(|name| schema.add_text_field(name, text("words", IndexRecordOption::WithFreqs))),
        characters: schema.add_text_field("characters", text("characters", IndexRecordOption::WithFreqsAndPositions)),
        spelling: schema.add_text_field("spelling", plain("latin")),
        sound: schema.add_text_field("sound", plain("blanks")),
        labels: schema.add_text_field(LABELS, plain("raw").set_fast("raw")),
        numbers: NUMBER_NAMES.map(|name| schema.add_u64_field(name, FAST)),
    };
    (schema.build(), fields)
}

pub(super) fn analysers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    let stemmer = || Stemmer::new(Language::English);
    manager.register("words", TextAnalyzer::builder(Cut::Words).filter(AsciiFoldingFilter).filter(stemmer()).build());
    manager.register("latin", TextAnalyzer::builder(Cut::Latin).filter(AsciiFoldingFilter).build());
    manager.register("characters", TextAnalyzer::builder(Cut::Characters).filter(AsciiFoldingFilter).build());
    manager.register("blanks", WhitespaceTokenizer::default());
    manager.register("fold", TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build());
    let stem = TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).filter(stemmer());
    manager.register(STEM, stem.build());
    manager
}

impl Fields {
    pub(super) fn document(&self, doc: &Doc) -> TantivyDocument {
        let Doc { key, texts, labels, numbers, payload } = doc;
        let mut made = TantivyDocument::new();
        made.add_text(self.key, key);
        made.add_bytes(self.payload, payload);
        for (field, text) in self.texts.iter().zip(texts) {
            made.add_text(*field, text);
        }
        let [name, maker, summary, ..] = texts;
        let named = format!("{name}\n{maker}");
        made.add_text(self.sound, sounds(&named).into_iter().collect::<Vec<_>>().join(" "));
        made.add_text(self.spelling, format!("{named}\n{summary}"));
        made.add_text(self.characters, named);
        for (kind, value) in labels {
            made.add_text(self.labels, format!("{kind}{PART}{value}"));
        }
        for (field, number) in self.numbers.iter().zip(numbers) {
            made.add_u64(*field, *number);
        }
        made
    }
}
