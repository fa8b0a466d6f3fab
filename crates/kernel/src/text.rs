//! Texts for people: in both languages, and the checked kinds of text that everybody uses.

use serde::{Deserialize, Serialize};

choices! {
    /// A language of the product.
    pub enum Lang { En = "en", Zh = "zh" }
}

impl Lang {
    /// The language that a person reads best, by the `Accept-Language` header of what they use
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-accept-language)); `None` if it names none of ours.
    pub fn preferred(header: &str) -> Option<Self> {
        let wishes = header.split(',').filter_map(|wish| {
            let (range, weight) = wish.split_once(';').unwrap_or((wish, ""));
            let primary = range.trim().split('-').next()?.to_lowercase();
            Some((weight_in_thousandths(weight)?, primary.parse::<Self>().ok()?))
        });
        // Of equal wishes the first one counts.
        let best =
            wishes.filter(|(weight, _)| *weight > 0).reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, lang)| lang)
    }
}

/// `q=0.85` is 850, nothing is 1000; anything else is no wish.
fn weight_in_thousandths(parameter: &str) -> Option<u32> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1_000);
    }
    let number = parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|b| b.is_ascii_digit());
    let thousandths: u32 = if digits { format!("{decimals:0<3}").parse().ok()? } else { return None };
    match (whole, thousandths) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"en": "Log search", "zh": "日志检索"}))]
pub struct Localized {
    pub en: String,
    pub zh: String,
}

impl Localized {
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// English, Chinese.
impl<E: Into<String>, Z: Into<String>> From<(E, Z)> for Localized {
    fn from((en, zh): (E, Z)) -> Self {
        Self::new(en, zh)
    }
}

/// A mail address that could exist: one `@`, a name, a dotted domain, nothing invisible.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address like name@example.com")]
pub struct WrongEmail;

impl From<WrongEmail> for Localized {
    fn from(wrong: WrongEmail) -> Self {
        Self::new(wrong.to_string(), "须为 name@example.com 这样的邮箱地址")
    }
}

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Email {
    type Err = WrongEmail;
    fn from_str(text: &str) -> Result<Self, WrongEmail> {
        let text = text.trim().to_lowercase();
        let (name, domain) = text.split_once('@').ok_or(WrongEmail)?;
        // Words between dots; what mail servers take beside is refused by enough of them to be a mistake here.
        let words = |part: &str, also: &str| {
            part.split('.').all(|word| {
                let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
                plain && !word.is_empty() && !word.starts_with('-')
            })
        };
        let labels = domain.split('.').all(|label| !label.ends_with('-') && label.len() <= 63);
        let fits = name.len() <= 64 && text.len() <= 254;
        let fine = fits && words(name, "-_+") && words(domain, "-") && labels && domain.contains('.');
        if fine { Ok(Self(text)) } else { Err(WrongEmail) }
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

crate::stored_as_text!(Email);

/// Texts that end up in a database or on a page: no control characters but line breaks and tabs.
pub fn is_printable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_heaviest_wish_that_we_can_meet_is_the_language() {
        for (header, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
            ("en-GB, zh", Some(Lang::En)),
            ("en;q=0.5, ZH-hant;q=0.75", Some(Lang::Zh)),
            ("fr, de;q=0.9, zh ; q = 0.1", Some(Lang::Zh)),
            ("zh;q=0, en;q=0.001", Some(Lang::En)),
            ("zh;q=0", None),
            ("zh;q=2, en;q=0.1", Some(Lang::En)),
            ("fr, *", None),
            ("", None),
        ] {
            assert_eq!(Lang::preferred(header), lang, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_trouble(header in "(\\PC|[,;=q.0-9zhen* -]){0,60}") {
            let _ = Lang::preferred(&header);
        }
    }

    #[test]
    fn a_mail_address_has_a_name_and_a_dotted_domain() {
        for good in ["ada@example.com", "A.B+c@sub.example.org"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@example",
            "ada@@example.com",
            "ada@.com",
            "a b@example.com",
            "a\n@b.c",
            ".ada@example.com",
            "ada.@example.com",
            "ada..lovelace@example.com",
            "-ada@example.com",
            "ada@-example.com",
            "ada@example-.com",
            "ada@example..com",
            "ada@example.com.",
            "ada@exa_mple.com",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }
}
