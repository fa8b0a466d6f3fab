//! The texts of the pages, in [Project Fluent](https://projectfluent.org)'s files under `locales/`.

use std::{collections::BTreeSet, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use kernel::text::Lang;
use unic_langid::LanguageIdentifier;

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        const FILES: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../locales/en/", $name, ".ftl")),
            include_str!(concat!("../../../locales/zh-CN/", $name, ".ftl")),
        )),+];
    };
}

// One file for each part of the product, the same in both languages.
files![
    "acceptance",
    "account",
    "changes",
    "corrections",
    "files",
    "insight",
    "limits",
    "listing",
    "measure",
    "messages",
    "metering",
    "packages",
    "offers",
    "orders",
    "owned",
    "private",
    "private_offers",
    "production",
    "release",
    "renewals",
    "review",
    "reviews",
    "sale",
    "sandbox",
    "search",
    "selling",
    "shelf",
    "storefront",
    "trials",
    "ui",
    "usage",
    "wallet",
    "window",
];

struct Languages {
    en: FluentBundle<FluentResource>,
    zh: FluentBundle<FluentResource>,
}

static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| Languages {
    en: bundle("en", FILES.iter().map(|(_, en, _)| *en)),
    zh: bundle("zh-CN", FILES.iter().map(|(_, _, zh)| *zh)),
});

fn bundle(lang: &str, texts: impl Iterator<Item = &'static str>) -> FluentBundle<FluentResource> {
    let lang: LanguageIdentifier = lang.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![lang]);
    // The marks around inserted texts are for mixed writing directions, which neither language has.
    bundle.set_use_isolating(false);
    for text in texts {
        // What is wrong in a file is left out here and found by the tests.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let _ = bundle.add_resource(resource);
    }
    bundle
}

/// One text. A key that is not there is shown as itself; a test keeps that from happening.
pub(crate) fn text(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> String {
    let bundle = match lang {
        Lang::En => &LANGUAGES.en,
        Lang::Zh => &LANGUAGES.zh,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, args, &mut errors).into_owned()
}

/// Whether there is such a text.
pub(crate) fn is_known(key: &str) -> bool {
    LANGUAGES.en.has_message(key)
}

/// How the sources speak of texts.
#[derive(Debug, Default)]
pub struct Uses {
    /// Keys that are asked for as they stand.
    pub called: BTreeSet<String>,
    /// Every text of the sources: a key that a variable holds is among them.
    pub mentioned: BTreeSet<String>,
    /// The beginnings of keys that are put together from a word.
    pub beginnings: BTreeSet<String>,
}

/// Everything that is wrong with the texts: keys that are missing, not used, given twice, or not in both languages.
pub fn check_keys(uses: &Uses) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for (name, en, zh) in FILES {
        let (en_keys, zh_keys) = (keys(en), keys(zh));
        wrong.extend(check_file(&format!("locales/en/{name}.ftl"), en, &en_keys));
        wrong.extend(check_file(&format!("locales/zh-CN/{name}.ftl"), zh, &zh_keys));
        let (en_set, zh_set): (BTreeSet<_>, BTreeSet<_>) = (en_keys.iter().collect(), zh_keys.iter().collect());
        wrong.extend(en_set.difference(&zh_set).map(|key| format!("locales/zh-CN/{name}.ftl: {key} is missing")));
        wrong.extend(zh_set.difference(&en_set).map(|key| format!("locales/en/{name}.ftl: {key} is missing")));
        for key in en_keys {
            let put_together = uses.beginnings.iter().any(|beginning| key.starts_with(&format!("{beginning}-")));
            if !uses.mentioned.contains(&key) && !put_together {
                wrong.push(format!("locales/en/{name}.ftl: {key} is not used"));
            }
            if !known.insert(key.clone()) {
                wrong.push(format!("locales/en/{name}.ftl: {key} is in another file too"));
            }
        }
    }
    wrong.extend(uses.called.difference(&known).map(|key| format!("{key} is used and in no file of locales/en")));
    let idle = |beginning: &&String| !known.iter().any(|key| key.starts_with(&format!("{beginning}-")));
    let none = |beginning: &String| format!("{beginning}-… is used and in no file of locales/en");
    wrong.extend(uses.beginnings.iter().filter(idle).map(none));
    wrong
}

fn check_file(path: &str, text: &str, keys: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
        wrong.extend(errors.iter().map(|error| format!("{path}: {error}")));
    }
    let mut seen = BTreeSet::new();
    wrong.extend(keys.iter().filter(|key| !seen.insert(*key)).map(|key| format!("{path}: {key} is there twice")));
    wrong
}

/// The keys of a file in their order.
fn keys(text: &str) -> Vec<String> {
    let key = |line: &str| {
        let (key, _) = line.split_once('=')?;
        let key = key.trim_end();
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        (plain && key.starts_with(|c: char| c.is_ascii_lowercase())).then(|| key.to_owned())
    };
    text.lines().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_both_languages_and_takes_its_arguments() {
        let mut args = FluentArgs::new();
        args.set("count", 2);
        assert_eq!(text(Lang::En, "ui-problems", Some(&args)), "2 things need your attention");
        assert_eq!(text(Lang::Zh, "ui-problems", Some(&args)), "有 2 处需要修改");
        assert_eq!(text(Lang::En, "no-such-key", None), "no-such-key");
    }
}
