//! Why something about accounts is not done, and why nobody is signed in.

use kernel::{Localized, Refusal};

use super::VerificationState;
use crate::Permission;

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
