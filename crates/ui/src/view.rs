//! To whom and how a page is shown.

use fluent_bundle::{FluentArgs, FluentValue};
use jiff::tz::TimeZone;
use kernel::{Localized, text::Lang};

use crate::{export::Export, texts};

/// How bright a reader wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn of(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }
}

/// Who is signed in, as far as a page shows it.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The user's own name or mail address.
    pub user: String,
    /// The account's name.
    pub account: String,
    pub is_buyer: bool,
    pub is_seller: bool,
    pub is_operator: bool,
}

/// To whom, in which language and zone, with which tokens a page is made. Every page function takes it first.
#[derive(Clone, Debug)]
pub struct View {
    pub lang: Lang,
    pub zone: TimeZone,
    /// The reader has chosen the zone; else it is the device's, or the site's.
    pub own_zone: bool,
    pub theme: Theme,
    /// The path of the request with its query, to come back to.
    pub path: String,
    pub viewer: Option<Viewer>,
    /// What a form has to carry to be believed.
    pub csrf: String,
    pub site: Localized,
    /// Where the site is: `https://market.example`, for addresses that are read elsewhere.
    pub origin: String,
    /// Where a table of the page leaves its rows for a file; none: the page cannot be asked for again.
    pub export: Option<Export>,
}

/// An argument of a text: a number that decides between one and many, or a word.
pub type Word<'a> = FluentValue<'a>;

impl View {
    /// One text.
    pub fn t(&self, key: &'static str) -> String {
        texts::text(self.lang, key, None)
    }

    /// One text with its arguments: `view.ta("ui-problems", &[("count", 3.into())])`.
    pub fn ta(&self, key: &'static str, args: &[(&'static str, Word<'_>)]) -> String {
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            given.set(*name, value.clone());
        }
        texts::text(self.lang, key, Some(&given))
    }

    /// The text for a word of the program, such as a state: `view.word("order-state", "paid")` is `order-state-paid`.
    pub fn word(&self, beginning: &'static str, word: &str) -> String {
        texts::text(self.lang, &format!("{beginning}-{}", word.replace(['_', '.'], "-")), None)
    }

    /// What a site or a seller wrote in both languages; the other one when this one was left empty.
    pub fn of<'l>(&self, text: &'l Localized) -> &'l str {
        let own = text.of(self.lang);
        if own.is_empty() { if text.en.is_empty() { &text.zh } else { &text.en } } else { own }
    }

    /// The language as HTML names it.
    pub fn lang_tag(&self) -> &'static str {
        match self.lang {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }

    /// The path without its query.
    pub fn here(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }

    /// A value of the query of this page's address, as it stands there.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }
}
