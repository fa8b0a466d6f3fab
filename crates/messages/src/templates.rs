//! The words of notices, in both languages: functions from data to title and text.

use accounts::{LinkPurpose, Login};
use kernel::{Localized, text::Lang};

/// How a moment is written in a notice, in the site's zone.
pub(crate) const MOMENT: &str = "%Y-%m-%d %H:%M";

type Notice = (Localized, Localized);

pub(crate) fn verification_received(due: &str) -> Notice {
    (
        Localized::new("Your verification is under review", "实名认证已提交审核"),
        Localized::new(
            format!(
                "We have received your real-name verification and will decide by {due}. You need do nothing until then."
            ),
            format!("我们已收到您的实名认证申请，将于 {due} 前完成审核。在此之前您无需进行任何操作。"),
        ),
    )
}

pub(crate) fn verification_waits(account: &str, due: &str) -> Notice {
    (
        Localized::new("A verification waits for review", "有新的实名认证待审核"),
        Localized::new(
            format!("The account \"{account}\" has submitted its real-name verification. It is due by {due}."),
            format!("账号“{account}”提交了实名认证申请，请于 {due} 前完成审核。"),
        ),
    )
}

pub(crate) fn verification_approved(name: &str, reason: &str) -> Notice {
    let (note_en, note_zh) = if reason.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(" Note: {reason}"), format!("备注：{reason}"))
    };
    (
        Localized::new("Your account is verified", "实名认证已通过"),
        Localized::new(
            format!("Your account has been verified as \"{name}\". You can buy now, and apply as a seller.{note_en}"),
            format!(
                "您的账号已通过实名认证，认证主体为“{name}”。您现在可以购买商品，也可以申请入驻成为商家。{note_zh}"
            ),
        ),
    )
}

pub(crate) fn verification_rejected(reason: &str) -> Notice {
    (
        Localized::new("Your verification was not approved", "实名认证未通过"),
        Localized::new(
            format!("We could not verify your account: {reason} Please correct this and submit it again."),
            format!("您的实名认证未通过审核，原因：{reason} 请修改后重新提交。"),
        ),
    )
}

pub(crate) fn sign_in_paused(minutes: u32) -> Notice {
    (
        Localized::new("Sign-in was paused after wrong passwords", "多次密码错误，登录已暂停"),
        Localized::new(
            format!(
                "Somebody entered a wrong password or code for a user of your account too many times. Signing in as this user is \
                 paused for {minutes} minutes at the address that it came from. If it was none of you, choose a new password and switch on two-step sign-in."
            ),
            format!(
                "您账号下的某个用户多次输入错误的密码或验证码，该来源地址登录此用户已暂停 {minutes} 分钟。\
                 如非本人操作，请更换密码并开启两步验证。"
            ),
        ),
    )
}

pub(crate) fn sign_up_again() -> Notice {
    (
        Localized::new("You have an account already", "您已有账号"),
        Localized::new(
            "Somebody wanted to open an account with your mail address, and it has one. If it was you, sign in, or ask for a new \
             password. If it was not you, do nothing: whoever asked has not learned that you have an account.",
            "有人使用您的邮箱注册账号，而该邮箱已有账号。如为本人操作，请直接登录或重置密码；\
             如非本人操作，可忽略本邮件，对方并不知道您已有账号。",
        ),
    )
}

pub(crate) fn password_changed() -> Notice {
    (
        Localized::new("Your password was changed", "您的密码已修改"),
        Localized::new(
            "The password of your user was changed and your other sessions were ended. If it was not you, ask for a new \
             password at once and tell the owner of the account.",
            "您的登录密码已修改，其他会话均已退出。如非本人操作，请立即重置密码，并通知账号所有者。",
        ),
    )
}

pub(crate) fn totp_disabled() -> Notice {
    (
        Localized::new("Two-step sign-in was switched off", "两步验证已关闭"),
        Localized::new(
            "Two-step sign-in was switched off for your user, by you, by an administrator of your account or by the operator \
             on request. If nobody asked for it, choose a new password at once and switch it on again.",
            "您的用户已关闭两步验证。操作人可能是您本人、账号管理员，或应申请协助处理的平台运营人员。如果没有人提出过申请，\
             请立即修改密码并重新开启两步验证。",
        ),
    )
}

/// A notice whose letter says more than the inbox shows.
pub(crate) struct LinkWords {
    pub(crate) title: Localized,
    pub(crate) text: Localized,
    pub(crate) letter: Localized,
}

pub(crate) fn link(purpose: LinkPurpose, login: &Login, address: &str, until: &str) -> LinkWords {
    let (who_en, who_zh) = match &login.account {
        Some(account) => {
            (format!("account {account}, user {}", login.name), format!("账号 {account}，用户名 {}", login.name))
        }
        None => (login.name.clone(), login.name.clone()),
    };
    match purpose {
        LinkPurpose::Reset => LinkWords {
            title: Localized::new("Choose a new password", "重置密码"),
            text: Localized::new(
                "Somebody asked for a new password for your user. A link was sent to your mail address. If it was not you, do \
                 nothing: your password stays as it is.",
                "有人为您的用户申请了重置密码，链接已发送至您的邮箱。如非本人操作，请忽略，您的密码不会改变。",
            ),
            letter: Localized::new(
                format!(
                    "Somebody, hopefully you, asked for a new password ({who_en}).\n\nOpen this address to choose one. It works \
                     once, until {until}:\n\n{address}\n\nIf it was not you, do nothing: your password stays as it is."
                ),
                format!(
                    "有人（希望是您本人）申请重置密码（{who_zh}）。\n\n请打开以下链接设置新密码，链接仅可使用一次，\
                     有效期至 {until}：\n\n{address}\n\n如非本人操作，请忽略本邮件，您的密码不会改变。"
                ),
            ),
        },
        LinkPurpose::SignUp => LinkWords {
            title: Localized::new("Confirm your mail address", "确认邮箱"),
            text: Localized::new(
                "A link to choose your password was sent to your mail address.",
                "设置登录密码的链接已发送至您的邮箱。",
            ),
            letter: Localized::new(
                format!(
                    "Somebody, hopefully you, opened an account with this mail address ({who_en}).\n\nOpen this address to choose \
                     your password and begin. It works once, until {until}:\n\n{address}\n\nIf it was not you, do nothing: \
                     nobody can sign in without this link."
                ),
                format!(
                    "有人（希望是您本人）使用此邮箱注册了账号（{who_zh}）。\n\n请打开以下链接设置密码并开始使用，链接仅可使用一次，\
                     有效期至 {until}：\n\n{address}\n\n如非本人操作，请忽略本邮件，没有此链接无法登录。"
                ),
            ),
        },
        LinkPurpose::Invitation => LinkWords {
            title: Localized::new("Choose your password", "设置登录密码"),
            text: Localized::new(
                "A link to choose your password was sent to your mail address.",
                "设置登录密码的链接已发送至您的邮箱。",
            ),
            letter: Localized::new(
                format!(
                    "You can sign in now ({who_en}) and only have to choose a password.\n\nOpen this address to do so. It works \
                     once, until {until}:\n\n{address}\n\nWhen it is too old, ask for another one."
                ),
                format!(
                    "您的登录用户已就绪（{who_zh}），只需设置密码。\n\n请打开以下链接设置密码，链接仅可使用一次，\
                     有效期至 {until}：\n\n{address}\n\n链接过期后，请重新申请。"
                ),
            ),
        },
    }
}

/// What a letter looks like around its text.
pub(crate) fn letter(lang: Lang, text: &str, site: &str, address: &str) -> String {
    let foot = match lang {
        Lang::En => {
            format!("{site}\n{address}\nYou can choose which notices reach you by mail in your message settings.")
        }
        Lang::Zh => format!("{site}\n{address}\n您可以在消息设置中选择通过邮件接收哪些通知。"),
    };
    format!("{text}\n\n-- \n{foot}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_in_the_letter_alone() {
        for purpose in [LinkPurpose::Reset, LinkPurpose::Invitation] {
            let login = Login { account: Some("acme".to_owned()), name: "grace".to_owned() };
            let words = link(purpose, &login, "https://m.example/reset-password?token=kr_1", "2026-11-22 08:00");
            for lang in [Lang::En, Lang::Zh] {
                assert!(words.letter.of(lang).contains("token=kr_1"));
                assert!(words.letter.of(lang).contains("acme") && words.letter.of(lang).contains("grace"));
                assert!(!words.text.of(lang).contains("kr_") && !words.title.of(lang).contains("kr_"));
            }
        }
    }

    #[test]
    fn both_languages_say_what_matters() {
        let (_, text) = verification_rejected("the number is not in the register.");
        let (_, due) = verification_waits("Acme", "2026-11-23 08:00");
        for lang in [Lang::En, Lang::Zh] {
            assert!(text.of(lang).contains("the number is not in the register."));
            assert!(due.of(lang).contains("Acme") && due.of(lang).contains("2026-11-23 08:00"));
        }
    }
}
