//! What an account, a user, a password and an identity have to be like.

use kernel::{Invalid, choices, id::DocumentId, text::Email};

use crate::{AccountKind, Role};

mod refused;
mod tries;

pub use refused::{AccountRefused, SignInRefused};
pub(crate) use tries::{RECOVERY_CODES, Try, count_try, delay_seconds, place, plain_recovery_code, recovery_code};

choices! {
    /// What a customer is, legally.
    pub enum CustomerKind { Personal = "personal", Enterprise = "enterprise" }
}

impl From<CustomerKind> for AccountKind {
    fn from(kind: CustomerKind) -> Self {
        match kind {
            CustomerKind::Personal => Self::Personal,
            CustomerKind::Enterprise => Self::Enterprise,
        }
    }
}

choices! {
    /// Where a verification stands.
    pub enum VerificationState { Pending = "pending", Approved = "approved", Rejected = "rejected" }
}

choices! {
    /// A role that an owner or admin can give; an account has one owner, who made it.
    pub enum TeamRole { Admin = "admin", Developer = "developer", Finance = "finance", ReadOnly = "read_only" }
}

impl From<TeamRole> for Role {
    fn from(role: TeamRole) -> Self {
        match role {
            TeamRole::Admin => Self::Admin,
            TeamRole::Developer => Self::Developer,
            TeamRole::Finance => Self::Finance,
            TeamRole::ReadOnly => Self::ReadOnly,
        }
    }
}

impl VerificationState {
    pub(super) const fn zh(self) -> &'static str {
        match self {
            Self::Pending => "在等待审核",
            Self::Approved => "通过",
            Self::Rejected => "被驳回",
        }
    }
}

/// What somebody sends to open an account.
#[derive(Clone, Debug)]
pub struct Registration {
    pub kind: CustomerKind,
    pub name: String,
    /// The short name for signing in sub-users; made from the account's id when left out.
    pub slug: Option<String>,
    pub email: String,
    pub password: String,
    pub mobile: Option<String>,
    pub lang: kernel::text::Lang,
}

/// The checked form of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contacts {
    pub(crate) email: Option<Email>,
    pub(crate) mobile: Option<String>,
}

pub(crate) const NAME_MAX: usize = 100;
pub(crate) const PASSWORD_MAX: usize = 256;

/// The short name of an account: part of the address at which its sub-users sign in.
pub(crate) fn check_slug(wrong: &mut Invalid, slug: &str) {
    let fine = (3..=32).contains(&slug.len())
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    wrong.check(
        fine,
        "slug",
        (
            "must have 3 to 32 of a-z, 0-9 and hyphen, and begin with a letter",
            "须为 3 到 32 个小写字母、数字或连字符，并以字母开头",
        ),
    );
}

/// The name with which a sub-user signs in.
pub(crate) fn check_user_name(wrong: &mut Invalid, name: &str) {
    let fine = (2..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
    wrong.check(
        fine,
        "name",
        (
            "must have 2 to 32 of a-z, 0-9, dot, underscore and hyphen",
            "须为 2 到 32 个小写字母、数字、点、下划线或连字符",
        ),
    );
}

/// A telephone number as people write it becomes its digits, with a plus sign in front for a country code.
pub(crate) fn mobile(text: &str) -> Result<String, (&'static str, &'static str)> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    let fine = (6..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let message = (
        "must be a telephone number of 6 to 15 digits, such as +86 138 0013 8000",
        "须为 6 到 15 位数字的电话号码，例如 +86 138 0013 8000",
    );
    if fine { Ok(plain) } else { Err(message) }
}

pub(crate) fn contacts(wrong: &mut Invalid, email: Option<&str>, number: Option<&str>) -> Contacts {
    let email = email.and_then(|text| wrong.keep(text.parse::<Email>(), "email"));
    let mobile = number.and_then(|text| wrong.keep(mobile(text), "mobile"));
    Contacts { email, mobile }
}

choices! {
    /// How hard a password is to guess for somebody who knows what people choose.
    pub(crate) enum Strength { Weak = "weak", Fair = "fair", Good = "good", Strong = "strong" }
}

/// The longest part of a password that is looked at: more changes nothing.
const STRENGTH_CHARS_MAX: usize = 100;

pub(crate) fn strength(password: &str, names: &[&str]) -> Strength {
    let looked_at: String = password.chars().take(STRENGTH_CHARS_MAX).collect();
    match u8::from(zxcvbn::zxcvbn(&looked_at, names).score()) {
        0 | 1 => Strength::Weak,
        2 => Strength::Fair,
        3 => Strength::Good,
        _ => Strength::Strong,
    }
}

/// A password is long, no name, and none of those that are tried first.
pub(crate) fn check_password(wrong: &mut Invalid, password: &str, length_min: u32, names: &[&str]) {
    let length = password.chars().count();
    let min = usize::try_from(length_min).unwrap_or(PASSWORD_MAX).min(PASSWORD_MAX);
    let message =
        (format!("must have {min} to {PASSWORD_MAX} characters"), format!("须为 {min} 到 {PASSWORD_MAX} 个字符"));
    wrong.check((min..=PASSWORD_MAX).contains(&length), "password", message);
    let lower = password.to_lowercase();
    let repeats = names.iter().any(|name| !name.is_empty() && lower == name.to_lowercase());
    wrong.check(!repeats, "password", ("must not be the same as the name or mail address", "不能与用户名或邮箱相同"));
    let monotonous = password.chars().skip(1).all(|c| password.starts_with(c));
    wrong.check(!monotonous, "password", ("must not be one character repeated", "不能由同一个字符重复组成"));
    let guessed = wrong.0.is_empty() && strength(password, names) == Strength::Weak;
    let message = (
        "is easy to guess; put a few words together that do not belong together",
        "容易被猜出，可改用几个互不相关的词组合而成",
    );
    wrong.check(!guessed, "password", message);
}

/// What somebody sends for real-name verification.
#[derive(Clone, Debug)]
pub struct Identity {
    pub kind: CustomerKind,
    /// A person's full name, or a company's as registered.
    pub name: String,
    /// ISO 3166 code of two letters.
    pub country: String,
    /// The number of an identity document or of the company's registration.
    pub number: String,
    /// Who acts for a company.
    pub representative: Option<String>,
    pub documents: Vec<DocumentId>,
}

impl Identity {
    /// Checks the fields, and that an account of this kind may become what is asked for.
    pub(crate) fn check(&self, present: AccountKind) -> Result<(), kernel::Error> {
        let mut wrong = Invalid::default();
        wrong.line(&self.name, 2, NAME_MAX, "name");
        let country = self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase());
        wrong.check(
            country,
            "country",
            ("must be a country code of two capital letters, such as CN", "须为两个大写字母的国家或地区代码，例如 CN"),
        );
        let number = (4..=40).contains(&self.number.len())
            && self.number.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.'));
        wrong.check(
            number,
            "number",
            (
                "must have 4 to 40 letters, digits, hyphens, dots or slashes",
                "须为 4 到 40 个字母、数字、连字符、点或斜线",
            ),
        );
        match (self.kind, self.representative.as_deref()) {
            (CustomerKind::Enterprise, Some(name)) => wrong.length(name, 2, NAME_MAX, "representative"),
            (CustomerKind::Enterprise, None) => {
                wrong.check(
                    false,
                    "representative",
                    ("must name who acts for the company", "须填写企业的法定代表人或经办人"),
                );
            }
            (CustomerKind::Personal, Some(_)) => {
                wrong.check(false, "representative", ("is for enterprises only", "仅企业认证需要，个人认证不用填写"));
            }
            (CustomerKind::Personal, None) => {}
        }
        wrong.check(self.documents.len() <= 10, "documents", ("must be at most 10", "最多 10 项"));
        let company = self.kind == CustomerKind::Enterprise;
        wrong.check(
            !company || !self.documents.is_empty(),
            "documents",
            ("must hold the company's registration document", "须包含企业的注册登记文件"),
        );
        wrong.done()?;
        if present == AccountKind::Enterprise && self.kind == CustomerKind::Personal {
            return Err(AccountRefused::BackToPersonal.into());
        }
        Ok(())
    }
}

/// The end of a number that people recognise it by.
pub(crate) fn masked(number: &str) -> String {
    let count = number.chars().count();
    let shown = if count >= 8 { 4 } else { 2 };
    number.chars().enumerate().map(|(at, c)| if at + shown < count { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn mistakes(check: impl FnOnce(&mut Invalid)) -> Vec<String> {
        let mut wrong = Invalid::default();
        check(&mut wrong);
        wrong.0.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_short_name_is_plain_and_begins_with_a_letter() {
        for (slug, fine) in [
            ("acme", true),
            ("a-1", true),
            ("ab", false),
            ("1ab", false),
            ("Acme", false),
            ("a_b", false),
            ("商店店", false),
        ] {
            assert_eq!(mistakes(|wrong| check_slug(wrong, slug)).is_empty(), fine, "{slug}");
        }
    }

    #[test]
    fn a_password_is_long_and_no_name() {
        let check = |password, fine: bool| {
            let found = mistakes(|wrong| check_password(wrong, password, 10, &["ada@example.com"]));
            assert_eq!(found.is_empty(), fine, "{password}");
        };
        check("correct horse", true);
        check("密码要足够长才安全可靠", true);
        check("short", false);
        check("Ada@Example.com", false);
        check("aaaaaaaaaaaaaaa", false);
        check("password1234", false);
        check("1234567890", false);
        check(&"ab".repeat(200), false);
    }

    #[test]
    fn a_telephone_number_loses_its_spaces() {
        assert_eq!(mobile("+86 138-0013 8000"), Ok("+8613800138000".to_owned()));
        for bad in ["", "12345", "+86x38001380", "1234567890123456", "\u{0}12345678"] {
            assert!(mobile(bad).is_err(), "{bad:?}");
        }
    }

    fn identity(kind: CustomerKind) -> Identity {
        let now = Timestamp::from_micros(0);
        let company = kind == CustomerKind::Enterprise;
        Identity {
            kind,
            name: "Acme Ltd".to_owned(),
            country: "CN".to_owned(),
            number: "91440300MA5EXAMPLE".to_owned(),
            representative: company.then(|| "Ada Li".to_owned()),
            documents: if company { vec![DocumentId::new(now)] } else { vec![] },
        }
    }

    #[test]
    fn an_enterprise_stays_one_and_a_person_may_become_one() {
        use CustomerKind::{Enterprise, Personal};
        let check = |present, wanted, code: Option<&str>| {
            let found = identity(wanted).check(present).err();
            assert_eq!(found.as_ref().and_then(kernel::Error::refusal_code), code);
        };
        check(AccountKind::Personal, Personal, None);
        check(AccountKind::Personal, Enterprise, None);
        check(AccountKind::Enterprise, Enterprise, None);
        check(AccountKind::Enterprise, Personal, Some("verification.back_to_personal"));
    }

    proptest! {
        #[test]
        fn a_masked_number_shows_at_most_half(number in "[A-Z0-9]{4,40}") {
            let text = masked(&number);
            prop_assert_eq!(text.chars().count(), number.chars().count());
            prop_assert!(text.chars().filter(|c| *c != '*').count() * 2 <= number.len());
        }

        #[test]
        fn checks_never_panic(text in any::<String>()) {
            let _ = mistakes(|wrong| {
                check_slug(wrong, &text);
                check_user_name(wrong, &text);
                check_password(wrong, &text, 10, &[&text]);
                contacts(wrong, Some(&text), Some(&text));
            });
            let _ = masked(&text);
        }
    }
}
