//! Texts for people: in both languages, and the checked kinds of text that everybody uses.

use serde::{Deserialize, Serialize};

choices! {
    /// A language of the product.
    pub enum Lang { En = "en", Zh = "zh" }
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

/// A mail address that could exist: one `@`, a name, a dotted domain, nothing invisible.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address like name@example.com")]
pub struct WrongEmail;

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
        let plain = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+".contains(c));
        let dotted =
            domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        let fits = !name.is_empty() && text.len() <= 254;
        if fits && plain(name) && plain(domain) && dotted { Ok(Self(text)) } else { Err(WrongEmail) }
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
    use super::*;

    #[test]
    fn a_mail_address_has_a_name_and_a_dotted_domain() {
        for good in ["ada@example.com", "A.B+c@sub.example.org"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in
            ["", "ada", "@example.com", "ada@example", "ada@@example.com", "ada@.com", "a b@example.com", "a\n@b.c"]
        {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }
}
