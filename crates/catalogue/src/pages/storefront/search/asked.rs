//! What a page of results is asked for, and the addresses that ask for a little more or less.

use std::{collections::BTreeSet, str::FromStr};

use serde::Deserialize;
use ui::escaped;

use crate::rules::{Sorting, Tree, Wanted};

/// The query of the address. What is no filter of ours is not heard; several values of one filter stand with commas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) q: String,
    pub(super) category: String,
    #[serde(rename = "type")]
    pub(super) types: String,
    pub(super) mode: String,
    pub(super) environment: String,
    pub(super) certification: String,
    pub(super) price: String,
    pub(super) seller: String,
    pub(super) at_once: String,
    pub(super) trial: String,
    pub(super) rating: String,
    pub(super) sort: String,
    pub(super) page: String,
}

/// Longer texts are cut: nothing on sale has so many words.
const WORDS_MAX: usize = 100;

pub(super) fn words(typed: &str) -> String {
    typed.trim().chars().take(WORDS_MAX).collect()
}

fn list<T: FromStr + Ord>(text: &str) -> BTreeSet<T> {
    text.split(',').filter_map(|one| one.parse().ok()).collect()
}

/// Codes, as far as they look like some.
fn codes(text: &str) -> BTreeSet<String> {
    let code = |one: &&str| {
        (1..=40).contains(&one.len()) && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.split(',').filter(code).map(str::to_owned).collect()
}

fn joined<T: ToString>(values: &BTreeSet<T>) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Asked {
    pub(super) fn wanted(&self, tree: &Tree) -> Wanted {
        let category = tree.resolve(&self.category).filter(|category| tree.is_shown(&category.code));
        Wanted {
            words: words(&self.q),
            category: category.map(|category| category.code.clone()),
            types: list(&self.types),
            modes: list(&self.mode),
            environments: codes(&self.environment),
            certifications: codes(&self.certification),
            band: self.price.parse().ok(),
            sellers: list(&self.seller),
            at_once: self.at_once == "true",
            trial: self.trial == "true",
            rated: self.rating.parse().ok(),
            sorting: self.sort.parse().ok(),
        }
    }

    /// Whether the category that was asked for is another one by now.
    pub(super) fn has_moved(&self, wanted: &Wanted) -> bool {
        wanted.category.as_ref().is_some_and(|code| *code != self.category)
    }

    pub(super) fn page(&self) -> usize {
        self.page.parse().unwrap_or(1)
    }
}

/// What is set in a question, as it stands in the address; nothing that is empty.
pub(super) fn pairs(wanted: &Wanted) -> Vec<(&'static str, String)> {
    let Wanted {
        words,
        category,
        types,
        modes,
        environments,
        certifications,
        band,
        sellers,
        at_once,
        trial,
        rated,
        sorting,
    } = wanted;
    let flag = |set: bool| if set { "true".to_owned() } else { String::new() };
    let all = [
        ("q", words.clone()),
        ("category", category.clone().unwrap_or_default()),
        ("type", joined(types)),
        ("mode", joined(modes)),
        ("environment", joined(environments)),
        ("certification", joined(certifications)),
        ("price", band.map(|band| band.to_string()).unwrap_or_default()),
        ("seller", joined(sellers)),
        ("at_once", flag(*at_once)),
        ("trial", flag(*trial)),
        ("rating", rated.map(|from| from.to_string()).unwrap_or_default()),
        ("sort", sorting.filter(|sorting| *sorting != Sorting::Fitting).map(|one| one.to_string()).unwrap_or_default()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The address of the first page of what is wanted.
pub(super) fn address(wanted: &Wanted) -> String {
    // A comma may stand in a query as it is.
    let pair = |(name, value): (&str, String)| format!("{name}={}", escaped(&value).replace("%2C", ","));
    let query: Vec<String> = pairs(wanted).into_iter().map(pair).collect();
    if query.is_empty() { "/search".to_owned() } else { format!("/search?{}", query.join("&")) }
}

/// The address of another page of the same.
pub(super) fn page_address(wanted: &Wanted, page: usize) -> String {
    let first = address(wanted);
    let joint = if first.contains('?') { '&' } else { '?' };
    if page <= 1 { first } else { format!("{first}{joint}page={page}") }
}

/// With the value if it was not chosen, without it if it was.
pub(super) fn toggled<T: Ord + Clone>(values: &BTreeSet<T>, value: T) -> BTreeSet<T> {
    let mut values = values.clone();
    if !values.remove(&value) {
        values.insert(value);
    }
    values
}

#[cfg(test)]
mod tests {
    use policy::BillingMode;

    use super::*;

    #[test]
    fn an_address_holds_what_was_chosen_and_nothing_empty() {
        let asked = Asked {
            q: " 日志 log ".to_owned(),
            mode: "period,weekly,one_off".to_owned(),
            price: "cheap".to_owned(),
            page: "x".to_owned(),
            ..Asked::default()
        };
        let mut wanted = asked.wanted(&Tree::default());
        assert_eq!(address(&wanted), "/search?q=%E6%97%A5%E5%BF%97%20log&mode=one_off,period");
        assert_eq!(page_address(&wanted, 3), "/search?q=%E6%97%A5%E5%BF%97%20log&mode=one_off,period&page=3");
        wanted.modes = toggled(&wanted.modes, BillingMode::OneOff);
        wanted.words.clear();
        wanted.sorting = Some(Sorting::Fitting);
        assert_eq!(address(&wanted), "/search?mode=period");
        wanted.modes = toggled(&wanted.modes, BillingMode::Period);
        assert_eq!((address(&wanted), asked.page()), ("/search".to_owned(), 1));
    }
}
