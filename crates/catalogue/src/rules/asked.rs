//! What buyers are asked for with an order: the seller's questions, and consent to hand on their contact data.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Invalid, Localized, text::Email};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::particulars::{Parameter, ParameterKind};

/// The most characters of one answer.
pub const ANSWER_MAX: usize = 200;

/// The most letters of all answers as they are sent: `saasExtendParams` of the older interface has 2048 after base64.
const TOGETHER_MAX: usize = 1_500;

/// Which contact data of a buyer are meant: those that a seller's software needs, or those that their buyer agrees to hand on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactData {
    /// The mobile number.
    #[serde(default)]
    pub phone: bool,
    /// The mail address.
    #[serde(default)]
    pub email: bool,
}

impl ContactData {
    pub fn any(self) -> bool {
        self.phone || self.email
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { phone: self.phone && other.phone, email: self.email && other.email }
    }
}

/// What a buyer answered to a question of the seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyerAnswer {
    /// As the seller's software knows the question.
    #[schema(example = "emailDomainName")]
    pub name: String,
    /// The question as it was asked.
    pub label: Localized,
    #[schema(example = "example.com")]
    pub value: String,
}

/// What a buyer says to what is asked, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    /// By the names of the questions.
    pub answers: BTreeMap<String, String>,
    pub contacts: ContactData,
}

/// What a product asks of its buyers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    pub parameters: Vec<Parameter>,
    pub contacts: ContactData,
}

impl Asks {
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && !self.contacts.any()
    }

    /// What several products ask together; a question that they share is asked once.
    pub fn joined<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for asks in all {
            for parameter in &asks.parameters {
                match joined.parameters.iter_mut().find(|known| known.name == parameter.name) {
                    Some(known) => known.mandatory |= parameter.mandatory,
                    None => joined.parameters.push(parameter.clone()),
                }
            }
            joined.contacts.phone |= asks.contacts.phone;
            joined.contacts.email |= asks.contacts.email;
        }
        joined
    }

    /// The answers that were given, in the order of the questions. What was left empty is not there: [`Self::check`] looks for it.
    pub fn answered(&self, given: &BTreeMap<String, String>) -> Result<Vec<BuyerAnswer>, Invalid> {
        let mut wrong = Invalid::default();
        self.known(given, &mut wrong);
        let mut answers = Vec::new();
        for Parameter { name, label, kind, mandatory: _ } in &self.parameters {
            let value = given.get(name).map_or("", |value| value.trim());
            if !value.is_empty() {
                fits(*kind, value, &format!("answers.{name}"), &mut wrong);
                answers.push(BuyerAnswer { name: name.clone(), label: label.clone(), value: value.to_owned() });
            }
        }
        let together: usize = answers.iter().map(|answer| 22 + answer.name.len() + sent_length(&answer.value)).sum();
        let long = ("are too long together; shorten some of them", "合计过长，请缩短部分内容");
        wrong.check(together <= TOGETHER_MAX, "answers", long);
        wrong.done()?;
        Ok(answers)
    }

    /// Notes answers to what nobody asked.
    fn known(&self, given: &BTreeMap<String, String>, wrong: &mut Invalid) {
        let names: BTreeSet<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let unknown = given.keys().any(|name| !names.contains(name.as_str()));
        let list: Vec<&str> = names.into_iter().collect();
        let hint = if list.is_empty() {
            ("must be left out; the seller asks nothing".to_owned(), "须留空，商家未设置需填写的信息".to_owned())
        } else {
            let (en, zh) = (list.join(", "), list.join("、"));
            (
                format!("answer something that is not asked for; asked for are: {en}"),
                format!("含有未要求填写的项目，可填写：{zh}"),
            )
        };
        // The names are whatever somebody has sent, and are not repeated.
        wrong.check(!unknown, "answers", hint);
    }

    /// Whether all that is needed was answered and agreed to; `there`: the contact data that the buyer has.
    pub fn check(&self, answers: &[BuyerAnswer], agreed: ContactData, there: ContactData) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        for parameter in self.parameters.iter().filter(|parameter| parameter.mandatory) {
            let given = answers.iter().any(|answer| answer.name == parameter.name);
            let hint = (
                format!(
                    "is missing: {}; the seller's software needs it, so give it with the quote",
                    parameter.label.en
                ),
                format!("尚未填写：{}；商家系统开通服务时需要，询价时须一并提供", parameter.label.zh),
            );
            wrong.check(given, format!("answers.{}", parameter.name), hint);
        }
        let needed = (
            "has to be agreed to: the seller's software needs it to open what you buy",
            "须同意提供：商家系统开通服务时需要",
        );
        wrong.check(agreed.phone || !self.contacts.phone, "contacts.phone", needed);
        wrong.check(agreed.email || !self.contacts.email, "contacts.email", needed);
        let phone =
            ("is needed, and your account has no mobile number yet; add one first", "账号尚未登记手机号码，须先添加");
        wrong.check(!(self.contacts.phone && agreed.phone) || there.phone, "contacts.phone", phone);
        let email =
            ("is needed, and your account has no mail address yet; add one first", "账号尚未登记邮箱，须先添加");
        wrong.check(!(self.contacts.email && agreed.email) || there.email, "contacts.email", email);
        wrong.done()
    }
}

fn fits(kind: ParameterKind, value: &str, field: &str, wrong: &mut Invalid) {
    wrong.line(value, 1, ANSWER_MAX, field);
    match kind {
        ParameterKind::Text => {}
        ParameterKind::Number => {
            let hint = ("must be a number such as 12 or 0.5", "须为 12 或 0.5 这样的数字");
            wrong.check(is_number(value), field, hint);
        }
        ParameterKind::Email => {
            wrong.keep(value.parse::<Email>(), field);
        }
        ParameterKind::Phone => {
            let hint = ("must be a phone number such as +86 138 0013 8000", "须为 +86 138 0013 8000 这样的电话号码");
            wrong.check(is_phone(value), field, hint);
        }
        ParameterKind::Domain => {
            let hint = ("must be a domain such as example.com", "须为 example.com 这样的域名");
            wrong.check(is_domain(value), field, hint);
        }
    }
}

fn is_number(value: &str) -> bool {
    let plain = value.strip_prefix('-').unwrap_or(value);
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole, 15) && digits(part, 8)
}

fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    (5..=20).contains(&digits) && value.len() <= 30 && value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c))
}

/// A domain as it stands in an address: labels of letters, digits and hyphens, also of other scripts.
fn is_domain(value: &str) -> bool {
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        (1..=63).contains(&label.len()) && edges && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let last = value.rsplit('.').next().is_some_and(|last| last.chars().any(|c| !c.is_ascii_digit()));
    value.len() <= 253 && value.contains('.') && last && value.split('.').all(label)
}

/// How long a value is in the JSON that older programs are sent, which escapes everything but plain ASCII.
fn sent_length(value: &str) -> usize {
    let letter = |letter: char| match letter {
        '"' | '\\' => 2,
        '>' | '~' => 6,
        plain if plain.is_ascii() => 1,
        other => other.len_utf16() * 6,
    };
    value.chars().map(letter).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parameter(name: &str, kind: ParameterKind, mandatory: bool) -> Parameter {
        Parameter { name: name.to_owned(), label: Localized::new(name, name), kind, mandatory }
    }

    fn asks() -> Asks {
        let parameters = vec![
            parameter("domain", ParameterKind::Domain, true),
            parameter("seats", ParameterKind::Number, false),
            parameter("phone", ParameterKind::Phone, false),
            parameter("mail", ParameterKind::Email, false),
            parameter("note", ParameterKind::Text, false),
        ];
        Asks { parameters, contacts: ContactData { phone: true, email: false } }
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_answer_fits_the_kind_of_its_question() {
        let fields = |name: &str, value: &str| {
            let wrong = asks().answered(&given(&[(name, value)])).err().unwrap_or_default();
            wrong.0.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        for (name, fine, bad) in [
            (
                "domain",
                &["example.com", "a-b.example.co", "例子.中国"][..],
                &["example", "a b.com", "-a.com", "1.2.3.4", "http://x.y"][..],
            ),
            ("seats", &["12", "-0.5", "0"][..], &["1e9", "twelve", "1.", ".5", "１２"][..]),
            ("phone", &["13800138000", "+86 (21) 5555-0101"][..], &["1234", "call me", "138001380001380013800"][..]),
            ("mail", &["ada@example.com"][..], &["ada", "ada@example", "a@b@c.de"][..]),
            ("note", &["<script>alert(1)</script>", "中文"][..], &["two\nlines", "null\u{0}"][..]),
        ] {
            for value in fine {
                assert_eq!(fields(name, value), Vec::<String>::new(), "{name} {value}");
            }
            for value in bad {
                assert!(fields(name, value).contains(&format!("answers.{name}")), "{name} {value}");
            }
        }
        assert_eq!(fields("colour", "red"), ["answers"]);
        assert_eq!(fields("note", &"字".repeat(201)), ["answers.note"]);
        assert_eq!(fields("note", "  "), Vec::<String>::new(), "an empty field is no answer");
    }

    #[test]
    fn what_is_needed_has_to_be_answered_and_agreed_to() {
        let missing = |answers: &[(&str, &str)], agreed: ContactData, there: ContactData| {
            let answers = asks().answered(&given(answers)).unwrap();
            let wrong = asks().check(&answers, agreed, there).err().unwrap_or_default();
            wrong.0.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        let (none, both) = (ContactData::default(), ContactData { phone: true, email: true });
        assert_eq!(missing(&[], none, both), ["answers.domain", "contacts.phone"]);
        assert_eq!(missing(&[("domain", " ")], both, both), ["answers.domain"]);
        assert_eq!(missing(&[("domain", "example.com")], both, both), Vec::<String>::new());
        assert_eq!(missing(&[("domain", "example.com")], both, none), ["contacts.phone"], "there is none to hand on");
    }

    #[test]
    fn products_bought_together_ask_once() {
        let other = Asks {
            parameters: vec![
                parameter("note", ParameterKind::Text, true),
                parameter("room", ParameterKind::Text, false),
            ],
            contacts: ContactData { phone: false, email: true },
        };
        let joined = Asks::joined([&asks(), &other]);
        let names: Vec<(&str, bool)> = joined.parameters.iter().map(|one| (one.name.as_str(), one.mandatory)).collect();
        let wanted =
            [("domain", true), ("seats", false), ("phone", false), ("mail", false), ("note", true), ("room", false)];
        assert_eq!((names, joined.contacts), (wanted.into(), ContactData { phone: true, email: true }));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_typed_on_one_line_and_not_too_long(note in ".{0,300}", seats in ".{0,20}") {
            let asks = asks();
            if let Ok(answers) = asks.answered(&given(&[("note", &note), ("seats", &seats)])) {
                for BuyerAnswer { name, value, .. } in &answers {
                    let typed = if name == "note" { &note } else { &seats };
                    prop_assert_eq!(value.as_str(), typed.trim());
                    prop_assert!(value.chars().count() <= ANSWER_MAX && !value.contains(['\n', '\r']));
                }
                let sent: usize = answers.iter().map(|answer| sent_length(&answer.value)).sum();
                prop_assert!(sent <= TOGETHER_MAX);
            }
        }
    }
}
