//! Countries and regions by name, after ISO 3166-1 and with the names of Unicode's CLDR.

use kernel::text::Lang;

use crate::{Choice, View};

/// Code, English name, Chinese name, and the place in the order of the Chinese names, in the order of the English ones.
const COUNTRIES: &str = include_str!("countries.txt");

struct Country {
    code: &'static str,
    en: &'static str,
    zh: &'static str,
    place_zh: u32,
}

fn all() -> impl Iterator<Item = Country> {
    COUNTRIES.lines().filter_map(|line| {
        let mut parts = line.split('|');
        let (code, en, zh) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Country { code, en, zh, place_zh: parts.next()?.parse().ok()? })
    })
}

impl Country {
    fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// All of them to choose from, in the order of the reader's language.
pub fn countries(view: &View) -> Vec<Choice> {
    let mut found: Vec<Country> = all().collect();
    if view.lang == Lang::Zh {
        found.sort_by_key(|country| country.place_zh);
    }
    found.iter().map(|country| Choice::new(country.code, country.name(view.lang))).collect()
}

/// A country's name by its two letters; the letters themselves when nobody knows them.
pub fn country_name<'c>(view: &View, code: &'c str) -> &'c str {
    all().find(|country| country.code == code).map_or(code, |country| country.name(view.lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::sample_view;

    #[test]
    fn countries_are_named_in_both_languages_and_each_once() {
        let en = View { lang: Lang::En, ..sample_view() };
        let zh = View { lang: Lang::Zh, ..sample_view() };
        assert_eq!(
            (country_name(&en, "DE"), country_name(&zh, "DE"), country_name(&en, "??")),
            ("Germany", "德国", "??")
        );
        for view in [en, zh] {
            let choices = countries(&view);
            let mut codes: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!((choices.len(), codes.len()), (249, 249));
        }
    }
}
