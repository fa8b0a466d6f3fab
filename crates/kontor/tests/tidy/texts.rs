//! Every text of a page is there in both languages, and every text that is there is used.

use ui::Uses;

use crate::{none, source::files, source::read, source::sources};

/// Calls that take a key as it stands, and the one that puts it together from a beginning and a word.
const KEYS: [&str; 2] = [".t(\"", ".ta(\""];
const BEGINNINGS: [&str; 1] = [".word(\""];

#[test]
fn texts_are_complete_and_used() {
    let mut uses = Uses::default();
    for source in sources() {
        let text = read(&source.path);
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( \"", "(\"");
        uses.called.extend(KEYS.iter().flat_map(|call| after(&text, call)));
        uses.beginnings.extend(BEGINNINGS.iter().flat_map(|call| after(&text, call)));
        uses.mentioned.extend(source.strings.into_iter().map(|(_, text)| text));
    }
    // The words of a navigation are handed on with the beginning of their keys.
    let handed_on = uses.mentioned.iter().filter(|text| text.starts_with("nav-"));
    uses.beginnings.extend(handed_on.cloned().collect::<Vec<_>>());
    none(&ui::check_keys(&uses));
}

/// What stands in quotes after each call.
fn after(text: &str, call: &str) -> Vec<String> {
    text.match_indices(call)
        .filter_map(|(at, _)| text[at + call.len()..].split_once('"').map(|(key, _)| key.to_owned()))
        .collect()
}

#[test]
fn both_languages_have_the_same_files() {
    let names = |lang: &str| {
        let folder = format!("locales/{lang}");
        let names: Vec<String> =
            files(&folder, ".ftl").iter().map(|path| path.trim_start_matches(&folder).to_owned()).collect();
        names
    };
    assert_eq!(names("en"), names("zh-CN"));
}
