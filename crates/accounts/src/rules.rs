//! What an account, a user and a password have to be like, and how a verification and a sign-in move on.

use std::net::IpAddr;

use kernel::{Invalid, Localized, Refusal, choices, id::DocumentId, text::Email};
use platform::http::limit::network;

use crate::{AccountKind, Permission, Role};

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
    const fn zh(self) -> &'static str {
        match self {
            Self::Pending => "在等待审核",
            Self::Approved => "通过",
            Self::Rejected => "被驳回",
        }
    }
}

/// Why something about accounts is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefused {
    #[error("this mail address already belongs to a user who signs in with it; sign in, or ask for a new password")]
    EmailTaken,
    #[error("the short name '{0}' is taken; choose another")]
    SlugTaken(String),
    #[error("the account already has a user named '{0}'; choose another name")]
    UserTaken(String),
    #[error("an account has at most {0} sub-users; remove one first")]
    TooManyUsers(u32),
    #[error("the owner cannot be changed or disabled by others")]
    OwnerIsFixed,
    #[error("nobody disables or demotes themselves; ask another administrator")]
    Oneself,
    #[error("an owner or administrator of the account does this for a sub-user")]
    OwnerDecides,
    #[error("the user is already disabled")]
    UserDisabled,
    #[error("the user is already enabled")]
    UserEnabled,
    #[error("the user has no mail address to send a link to; add one, or set a password")]
    NoEmail,
    #[error("nobody gives or manages more than they may do with the credential they hold, which lacks: {0}")]
    ScopeTooWide(Permission),
    #[error("a verification is already waiting for the operator's decision")]
    VerificationPending,
    #[error("an enterprise account cannot become personal; open a new account")]
    BackToPersonal,
    #[error(
        "an admitted seller is verified as '{0}', and its products were reviewed under that name; another company opens an account of its own"
    )]
    SellerName(String),
    #[error("the verification is already {0} and cannot be decided again")]
    VerificationDecided(VerificationState),
    #[error("the link is wrong, was used before, or is too old; ask for a new one")]
    LinkRefused,
    #[error("the present password is wrong")]
    WrongPassword,
    #[error("two-step sign-in is already switched on; switch it off first")]
    TotpOn,
    #[error("begin by enrolling: there is no secret to confirm")]
    TotpNotBegun,
    #[error("two-step sign-in is not switched on")]
    TotpOff,
    #[error("the code is wrong or was used before; wait for the next one and check the clock of your device")]
    TotpWrong,
}

impl Refusal for AccountRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::EmailTaken => "account.email_taken",
            Self::SlugTaken(_) => "account.slug_taken",
            Self::UserTaken(_) => "user.name_taken",
            Self::TooManyUsers(_) => "user.too_many",
            Self::OwnerIsFixed => "user.owner",
            Self::Oneself => "user.oneself",
            Self::OwnerDecides => "user.owner_decides",
            Self::UserDisabled | Self::UserEnabled => "user.wrong_state",
            Self::NoEmail => "user.no_email",
            Self::ScopeTooWide(_) => "credential.scope_too_wide",
            Self::VerificationPending => "verification.pending",
            Self::BackToPersonal => "verification.back_to_personal",
            Self::SellerName(_) => "verification.seller_name",
            Self::VerificationDecided(_) => "verification.wrong_state",
            Self::LinkRefused => "password.link",
            Self::WrongPassword => "password.wrong",
            Self::TotpOn => "totp.on",
            Self::TotpNotBegun => "totp.not_begun",
            Self::TotpOff => "totp.off",
            Self::TotpWrong => "totp.wrong",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::EmailTaken => "该邮箱已被其他用户用于登录，可直接登录，或重置密码".to_owned(),
            Self::SlugTaken(slug) => format!("短名称“{slug}”已被使用，须换一个"),
            Self::UserTaken(name) => format!("本账号已有名为“{name}”的用户，须换一个名称"),
            Self::TooManyUsers(most) => format!("一个账号最多 {most} 个子用户，须先移除一个"),
            Self::OwnerIsFixed => "其他用户不能修改或停用账号所有者".to_owned(),
            Self::Oneself => "不能停用自己或降低自己的权限，可联系其他管理员".to_owned(),
            Self::OwnerDecides => "子用户的这项操作由其账号的所有者或管理员进行".to_owned(),
            Self::UserDisabled => "该用户已经停用".to_owned(),
            Self::UserEnabled => "该用户已经启用".to_owned(),
            Self::NoEmail => "该用户没有可接收链接的邮箱，须填写邮箱，或直接设置密码".to_owned(),
            Self::ScopeTooWide(lacking) => {
                format!("授予和管理的权限不能超出所用凭证的权限，缺少：{lacking}（{}）", lacking.zh())
            }
            Self::VerificationPending => "已有实名认证申请在等待运营方审核".to_owned(),
            Self::SellerName(name) => {
                format!("该账号已以“{name}”的名义入驻，商品也以此名称通过审核；其他企业须另开一个账号")
            }
            Self::BackToPersonal => "企业账号不能改为个人账号，须另开一个账号".to_owned(),
            Self::VerificationDecided(state) => format!("该实名认证申请已{}，不能再次审核", state.zh()),
            Self::LinkRefused => "链接有误、已用过或已过期，须重新获取".to_owned(),
            Self::WrongPassword => "当前密码有误".to_owned(),
            Self::TotpOn => "两步验证已经开启，须先关闭".to_owned(),
            Self::TotpNotBegun => "尚未开始设置两步验证，没有可确认的密钥".to_owned(),
            Self::TotpOff => "两步验证没有开启".to_owned(),
            Self::TotpWrong => "验证码有误或已用过，须等待下一个验证码，并检查设备时间".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }

    fn status(&self) -> u16 {
        match self {
            Self::EmailTaken
            | Self::SlugTaken(_)
            | Self::UserTaken(_)
            | Self::UserDisabled
            | Self::UserEnabled
            | Self::VerificationPending
            | Self::VerificationDecided(_)
            | Self::TotpOn
            | Self::TotpOff
            | Self::TotpNotBegun => 409,
            Self::OwnerIsFixed | Self::OwnerDecides | Self::Oneself | Self::ScopeTooWide(_) => 403,
            Self::TooManyUsers(_)
            | Self::NoEmail
            | Self::BackToPersonal
            | Self::SellerName(_)
            | Self::LinkRefused
            | Self::WrongPassword
            | Self::TotpWrong => 422,
        }
    }
}

/// Why nobody is signed in. Wrong name, wrong password, disabled and locked give the same answer, so that none can be told
/// from another; the owner of a locked account learns of it by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefused {
    #[error(
        "name or password is wrong, or signing in is paused after too many wrong tries; try again later or ask for a new password"
    )]
    Refused,
    #[error("send the present six-digit code of your authenticator as totp")]
    TotpWanted,
}

impl Refusal for SignInRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Refused => "sign_in.refused",
            Self::TotpWanted => "sign_in.totp_wanted",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Refused => "用户名或密码有误，或因多次输错暂停登录；可稍后再试，或重置密码",
            Self::TotpWanted => "须在 totp 中填写验证器当前显示的六位验证码",
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        401
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

/// What the counter of wrong tries says to one more try, which has been counted before its password is looked at: tries
/// that run beside each other cannot get past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Try {
    /// Look at the password; when it is wrong, others may follow.
    Open,
    /// Look at the password; when it is wrong, signing in is paused.
    Last,
    /// Do not look: too many tries already run.
    Over,
    /// Do not look yet: everybody has to wait a little.
    Later,
}

pub(crate) fn count_try(counted: i64, failures_before_lock: u32) -> Try {
    match counted.cmp(&i64::from(failures_before_lock)) {
        std::cmp::Ordering::Less => Try::Open,
        std::cmp::Ordering::Equal => Try::Last,
        std::cmp::Ordering::Greater => Try::Over,
    }
}

/// How long the next try from anywhere waits after so many: a second longer with each, up to a limit.
pub(crate) fn delay_seconds(counted: i64, failures_before_delay: u32, delay_seconds_max: u32) -> i64 {
    (counted - i64::from(failures_before_delay)).clamp(0, i64::from(delay_seconds_max))
}

/// Where a try comes from: an address, or the network that one customer has of IPv6 addresses.
pub(crate) fn place(address: &str) -> String {
    match address.parse().map(network) {
        Ok(IpAddr::V6(wide)) => format!("{wide}/64"),
        Ok(IpAddr::V4(narrow)) => narrow.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// How many codes stand in for a lost authenticator.
pub(crate) const RECOVERY_CODES: usize = 10;

/// A recovery code as people read it, from a random number: ten letters and digits that are not mistaken for each other.
pub(crate) fn recovery_code(random: u64) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |place: u32| char::from(LETTERS[usize::try_from(random >> (5 * place) & 31).unwrap_or(0)]);
    let half = |from: u32| (from..from + 5).map(letter).collect::<String>();
    format!("{}-{}", half(0), half(5))
}

/// A recovery code as people type it, in the form in which it is compared; `None`: nothing that was ever given out.
pub(crate) fn plain_recovery_code(text: &str) -> Option<String> {
    if text.len() > 40 {
        return None;
    }
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    (plain.len() == 10).then_some(plain)
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

    #[test]
    fn tries_from_anywhere_wait_longer_and_longer_up_to_a_limit() {
        let waits: Vec<i64> = [1, 20, 21, 22, 80, 1_000].map(|counted| delay_seconds(counted, 20, 60)).into();
        assert_eq!(waits, [0, 0, 1, 2, 60, 60]);
    }

    #[test]
    fn a_customer_of_ipv6_is_one_place() {
        assert_eq!(place("203.0.113.7"), "203.0.113.7");
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(place("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_eq!(place("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(place("unknown"), "unknown");
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        let code = recovery_code(0x0123_4567_89ab_cdef);
        assert_eq!(code.len(), 11);
        let plain = plain_recovery_code(&code).unwrap();
        assert_eq!(plain_recovery_code(&format!(" {} ", code.to_uppercase().replace('-', " "))), Some(plain));
        for other in ["", "123456", "abcde-abcdef", "编码编码编码编码编码"] {
            assert_eq!(plain_recovery_code(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_try_pauses_and_more_are_not_looked_at() {
        let said: Vec<Try> = (1..=7).map(|counted| count_try(counted, 5)).collect();
        assert_eq!(said, [Try::Open, Try::Open, Try::Open, Try::Open, Try::Last, Try::Over, Try::Over]);
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
