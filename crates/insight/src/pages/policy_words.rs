//! The rules of a site in plain words, one by one, and what one version changed of another.

use std::collections::BTreeMap;

use kernel::text::Lang;
use maud::{Markup, html};
use toml::Value;
use ui::View;

/// One rule of a file: `orders.quote_minutes`, and of what it is where there are several: a tax class, a fee.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    section: String,
    rule: String,
    of: String,
}

/// All rules of a file, in the order of the file, with their values.
fn lines(text: &str) -> Vec<(Place, Value)> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let mut found = Vec::new();
    for (section, value) in &table {
        collect(section, section, "", value, &mut found);
    }
    found
}

fn collect(section: &str, rule: &str, of: &str, value: &Value, found: &mut Vec<(Place, Value)>) {
    let place = || Place { section: section.to_owned(), rule: rule.to_owned(), of: of.to_owned() };
    match value {
        Value::Table(table) if is_text(table) => found.push((place(), value.clone())),
        Value::Table(table) => {
            for (key, inner) in table {
                // What a table of fees is keyed by is no rule of its own.
                if KEYED.contains(&rule) {
                    collect(section, rule, &joined(of, key), inner, found);
                } else {
                    collect(section, &format!("{rule}.{key}"), of, inner, found);
                }
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (number, item) in (1..).zip(items) {
                let (name, told) = item.as_table().and_then(named).unwrap_or_else(|| (format!("{number}"), &[]));
                let rest = item.as_table().into_iter().flatten().filter(|(key, _)| !told.contains(&key.as_str()));
                for (key, inner) in rest {
                    collect(section, &format!("{rule}.{key}"), &joined(of, &name), inner, found);
                }
            }
        }
        Value::Array(_)
        | Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => found.push((place(), value.clone())),
    }
}

/// Tables whose keys are words of the trade.
const KEYED: [&str; 3] = ["fees", "access_types.modes", "access_types.cases"];
/// Lists of words of the trade.
const LISTS: [&str; 2] = ["access_types.cases", "access_types.documents"];

fn joined(of: &str, more: &str) -> String {
    if of.is_empty() { more.to_owned() } else { format!("{of} · {more}") }
}

/// A text in both languages.
fn is_text(table: &toml::Table) -> bool {
    table.len() == 2 && table.contains_key("en") && table.contains_key("zh")
}

/// What an entry of a list is told from its neighbours by, and the keys that say so.
fn named(table: &toml::Table) -> Option<(String, &'static [&'static str])> {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    if let Some(code) = text("code") {
        return Some((code.to_owned(), &["code"]));
    }
    let combination = format!("{} · {}", text("access_type")?, text("billing_mode")?);
    Some((combination, &["access_type", "billing_mode"]))
}

/// A rule's name in words; as it is written where there are none.
fn name(view: &View, place: &Place) -> Markup {
    let said = view.word("policy-rule", &place.rule);
    html! {
        @if said.starts_with("policy-rule-") { code { (place.rule) } } @else { (said) }
        @if !place.of.is_empty() { " " span.muted { "(" (of(view, &place.of)) ")" } }
    }
}

/// What a rule does, where its name does not say it.
fn why(view: &View, place: &Place) -> Option<String> {
    let said = view.word("policy-why", &place.rule);
    (!said.starts_with("policy-why-")).then_some(said)
}

/// Words of the trade among the keys, in the reader's language.
fn of(view: &View, keys: &str) -> String {
    let one = |key: &str| {
        let said = view.word("policy-key", key);
        if said.starts_with("policy-key-") { key.to_owned() } else { said }
    };
    keys.split(" · ").map(one).collect::<Vec<_>>().join(" · ")
}

fn value(view: &View, place: &Place, value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let text = |lang: &str| table.get(lang).and_then(Value::as_str).unwrap_or_default();
            match view.lang {
                Lang::En => format!("{} / {}", text("en"), text("zh")),
                Lang::Zh => format!("{} / {}", text("zh"), text("en")),
            }
        }
        Value::Integer(number) if place.rule.ends_with("basis_points") || place.rule == "fees" => {
            view.ta("policy-percent", &[("percent", percent(*number).into())])
        }
        Value::Integer(number) => view.count(*number),
        Value::Array(items) => {
            let word = |text: &str| if LISTS.contains(&place.rule.as_str()) { of(view, text) } else { text.to_owned() };
            let one = |item: &Value| item.as_str().map_or_else(|| item.to_string(), word);
            items.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        // A tax class has a name of its own and may be called as an access type is.
        Value::String(text) if KEYED.contains(&place.rule.as_str()) => text.clone(),
        Value::String(text) => of(view, text),
        Value::Boolean(yes) => view.t(if *yes { "policy-yes" } else { "policy-no" }),
        Value::Float(_) | Value::Datetime(_) => value.to_string(),
    }
}

/// Basis points as percent, without idle noughts.
fn percent(basis_points: i64) -> String {
    let text = format!("{}.{:02}", basis_points / 100, (basis_points % 100).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The rules section by section.
pub(super) fn rules(view: &View, text: &str) -> Markup {
    let mut sections: Vec<(String, Vec<(Place, Value)>)> = Vec::new();
    for line in lines(text) {
        match sections.iter_mut().find(|(section, _)| *section == line.0.section) {
            Some((_, own)) => own.push(line),
            None => sections.push((line.0.section.clone(), vec![line])),
        }
    }
    html! {
        @for (section, own) in &sections {
            @let said = view.word("policy-section", section);
            details.rule-section {
                summary {
                    strong { @if said.starts_with("policy-section-") { code { (section) } } @else { (said) } }
                    " " span.muted.small { (view.ta("policy-count", &[("count", own.len().into())])) }
                }
                (facts_of(view, own))
            }
        }
    }
}

/// The rules of a section, those of one thing together under its name.
fn facts_of(view: &View, lines: &[(Place, Value)]) -> Markup {
    let mut groups: Vec<(&str, Vec<&(Place, Value)>)> = Vec::new();
    for line in lines {
        let whose = line.0.of.split(" · ").next().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == whose) {
            Some((_, own)) => own.push(line),
            None => groups.push((whose, vec![line])),
        }
    }
    html! {
        @for (whose, own) in &groups {
            @if !whose.is_empty() { h3 { (of(view, whose)) } }
            dl.facts.rule-facts {
                @for (place, given) in own {
                    @let rest = place.of.strip_prefix(whose).unwrap_or_default().trim_start_matches(" · ");
                    @let place = Place { of: rest.to_owned(), ..place.clone() };
                    div {
                        dt { (name(view, &place)) @if let Some(why) = why(view, &place) { p.small.muted { (why) } } }
                        dd { (value(view, &place, given)) }
                    }
                }
            }
        }
    }
}

/// What differs, rule by rule: its name, how it was, how it is.
pub(super) fn changes(view: &View, before: &str, after: &str) -> Markup {
    let (old, new) = (lines(before), lines(after));
    let was: BTreeMap<&Place, &Value> = old.iter().map(|(place, value)| (place, value)).collect();
    let is: BTreeMap<&Place, &Value> = new.iter().map(|(place, value)| (place, value)).collect();
    let changed = new.iter().filter(|(place, value)| was.get(place) != Some(&value)).map(|(place, _)| place);
    let gone = old.iter().filter(|(place, _)| !is.contains_key(place)).map(|(place, _)| place);
    let places: Vec<&Place> = changed.chain(gone).collect();
    let shown =
        |values: &BTreeMap<&Place, &Value>, place: &Place| values.get(place).map(|given| value(view, place, given));
    html! {
        @if places.is_empty() { p.muted { (view.t("policy-same")) } } @else {
            table.compare {
                caption.unseen { (view.t("policy-changes")) }
                thead { tr {
                    th scope="col" { (view.t("policy-rule")) }
                    th scope="col" { (view.t("policy-before")) }
                    th scope="col" { (view.t("policy-after")) }
                } }
                tbody {
                    @for place in places {
                        tr.changed {
                            th scope="row" { (section_of(view, place)) (name(view, place)) }
                            td.text { @if let Some(text) = shown(&was, place) { del { (text) } } @else { span.muted { (view.t("policy-not-there")) } } }
                            td.text { @if let Some(text) = shown(&is, place) { ins { (text) } } @else { span.muted { (view.t("policy-not-there")) } } }
                        }
                    }
                }
            }
        }
    }
}

fn section_of(view: &View, place: &Place) -> Markup {
    let said = view.word("policy-section", &place.section);
    html! { div.small.muted { @if said.starts_with("policy-section-") { (place.section) } @else { (said) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "[site]\nname = { en = \"A\", zh = \"甲\" }\n[fees]\nlicense = 500\n[[tax_classes]]\ncode = \"software\"\nbasis_points = 1300\n";

    #[test]
    fn rules_are_told_apart_by_what_they_are_of() {
        let found = lines(BEFORE);
        let places: Vec<String> = found.iter().map(|(place, _)| format!("{}|{}", place.rule, place.of)).collect();
        assert_eq!(places, ["fees|license", "site.name|", "tax_classes.basis_points|software"]);
        assert_eq!((percent(500), percent(1_305), percent(5)), ("5".to_owned(), "13.05".to_owned(), "0.05".to_owned()));
    }

    #[test]
    fn what_is_no_file_of_rules_has_none() {
        assert!(lines("not = [").is_empty());
    }
}
