//! Where a seller's system is, whether it is proven to be the seller's, and its keys.

use kernel::{
    Invalid, Localized, Refusal, Timestamp, choices,
    id::{AccountId, ProductionAddressId},
};
use url::{Host, Url};

use super::{
    form::CallForm,
    trouble::{ResultCode, Trouble},
    v1::{self, FieldCipher},
};

choices! {
    pub(crate) enum AddressState {
        /// Nobody has proven yet that the seller's program answers there.
        Added = "added",
        Verified = "verified",
    }
}

/// A key that requests to one address are signed with, as its seller sees it: the end of it, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyHint {
    pub(crate) hint: String,
    pub(crate) made_at: Timestamp,
}

/// A production address (生产地址).
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) id: ProductionAddressId,
    pub(crate) seller: AccountId,
    pub(crate) url: String,
    pub(crate) form: CallForm,
    /// Of V1.0: how fields are hidden.
    pub(crate) encryption: FieldCipher,
    pub(crate) state: AddressState,
    /// Deliveries go there. One of a seller's addresses at most.
    pub(crate) in_use: bool,
    pub(crate) key: Option<KeyHint>,
    /// A key that was made to follow the present one and is not used yet.
    pub(crate) next: Option<KeyHint>,
    /// Until when both keys sign; from then on the newer one alone.
    pub(crate) next_until: Option<Timestamp>,
    pub(crate) added_at: Timestamp,
    pub(crate) verified_at: Option<Timestamp>,
    /// Since when all cases are to be sent to it; none: they were.
    pub(crate) cases_asked_at: Option<Timestamp>,
    pub(crate) version: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum AddressRefused {
    #[error("there is no key for this address yet; make one and give it to your system first")]
    NoKey,
    #[error("there is no new key to change to; make one first")]
    NoNextKey,
    #[error("two secrets of this address sign at the moment; change to the newer one before you make another")]
    Changing,
    #[error("no address is used for deliveries yet; verify one first, or name the address")]
    NoneUsed,
    #[error("{}", .0.for_seller().en)]
    Trouble(Trouble),
    #[error("your system did not accept a request that was signed with the key of this address; give it the key")]
    KeyUnknown,
    #[error(
        "your system answered a request with a wrong signature; let it check every signature and answer 000001 (in Standard Webhooks HTTP 401) when it does not fit"
    )]
    Unchecked,
    #[error("deliveries go to this address; use another one first")]
    InUse,
    #[error("this address is not verified yet; verify it first")]
    NotVerified,
    #[error("at most {ADDRESSES_MAX} addresses can be kept; remove one first")]
    TooMany,
    #[error("this address is there already")]
    Twice,
    #[error("your system is being called already; wait for its answer")]
    AtOnce,
}

/// The most addresses of one seller.
pub(crate) const ADDRESSES_MAX: usize = 10;

impl Refusal for AddressRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "production.no_key",
            Self::NoNextKey => "production.no_next_key",
            Self::Changing => "production.key_changing",
            Self::NoneUsed => "production.none_used",
            Self::Trouble(_) => "production.no_proof",
            Self::KeyUnknown => "production.key_unknown",
            Self::Unchecked => "production.signature_unchecked",
            Self::InUse => "production.in_use",
            Self::NotVerified => "production.not_verified",
            Self::TooMany => "production.too_many",
            Self::Twice => "production.twice",
            Self::AtOnce => "production.at_once",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::AtOnce => 429,
            Self::NoKey
            | Self::NoNextKey
            | Self::Changing
            | Self::NoneUsed
            | Self::Trouble(_)
            | Self::KeyUnknown
            | Self::Unchecked
            | Self::InUse
            | Self::NotVerified
            | Self::TooMany
            | Self::Twice => 422,
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::NoKey => "该地址还没有密钥，须先生成密钥并配置到贵方系统".to_owned(),
            Self::NoNextKey => "没有可切换的新密钥，须先生成".to_owned(),
            Self::Changing => "该地址目前由新旧两个密钥同时签名，须先切换到新密钥，再生成下一个".to_owned(),
            Self::NoneUsed => "尚无用于交付的地址，须先验证一个地址，或指定要调用的地址".to_owned(),
            Self::Trouble(trouble) => return trouble.for_seller(),
            Self::KeyUnknown => "贵方系统未通过该地址密钥的签名校验，请确认已配置该密钥".to_owned(),
            Self::Unchecked => {
                "贵方系统接受了错误的签名，须校验每个请求的签名，不符时返回 000001（Standard Webhooks 返回 HTTP 401）"
                    .to_owned()
            }
            Self::InUse => "该地址正用于交付，须先启用其他地址".to_owned(),
            Self::NotVerified => "该地址尚未验证，须先完成验证".to_owned(),
            Self::TooMany => format!("最多保留 {ADDRESSES_MAX} 个地址，须先移除一个"),
            Self::Twice => "该地址已经添加过".to_owned(),
            Self::AtOnce => "正在调用贵方系统，须等待其应答".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// Checks an address that was typed. `opened`: a host inside a network that the site's settings open.
pub(crate) fn checked(form: CallForm, text: &str, opened: impl Fn(&Url) -> bool) -> Result<String, Invalid> {
    let wrong = |en: &str, zh: &str| Invalid::one("url", (en, zh));
    let text = text.trim();
    if text.len() > 512 {
        return Err(wrong("may have at most 512 characters", "不能超过 512 个字符"));
    }
    let url = Url::parse(text).map_err(|_| {
        wrong(
            "must be an address like https://app.example.com/produce",
            "须为地址，例如 https://app.example.com/produce",
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong("must not hold a user name or a mark", "不能包含用户名或锚点"));
    }
    let is_named = matches!(url.host(), Some(Host::Domain(name)) if name.trim_end_matches('.').contains('.'));
    if !(url.scheme() == "https" && is_named || opened(&url)) {
        return Err(wrong(
            "must begin with https:// and a domain name",
            "须以 https:// 开头，并使用域名而不是 IP 地址",
        ));
    }
    match form {
        CallForm::KooGalleryV1 => fits_v1(&url)?,
        CallForm::KooGalleryV2 | CallForm::StandardWebhooks => {}
    }
    Ok(url.to_string())
}

/// What V1.0 signs of an address has to be readable, and each name there once.
fn fits_v1(url: &Url) -> Result<(), Invalid> {
    let own: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    // What is no UTF-8 decodes to the replacement character.
    let is_text = |text: &str| text.chars().all(|letter| !letter.is_control() && letter != char::REPLACEMENT_CHARACTER);
    if !own.iter().all(|(name, value)| is_text(name) && is_text(value)) {
        let wrong = (
            "must have parameters of valid UTF-8 without control characters",
            "自带参数须为有效的 UTF-8 文本，且不能含控制字符",
        );
        return Err(Invalid::one("url", wrong));
    }
    if let Some(name) = v1::names(url) {
        let wrong = (
            format!("must not have {name} for itself; the marketplace sends a parameter of this name"),
            format!("不能自带参数 {name}，平台会发送同名参数"),
        );
        return Err(Invalid::one("url", wrong));
    }
    let is_twice = |at: usize, name: &str| own.iter().take(at).any(|(other, _)| other == name);
    if let Some((_, (name, _))) = own.iter().enumerate().find(|(at, (name, _))| is_twice(*at, name)) {
        let wrong = (
            format!("must have the parameter {name} only once"),
            format!("自带参数 {name} 重复，每个参数只能出现一次"),
        );
        return Err(Invalid::one("url", wrong));
    }
    Ok(())
}

/// What two probes prove: one signed rightly, one signed with a key that nobody has.
pub(crate) fn proof(right: Result<(), Trouble>, wrong: &Result<(), Trouble>) -> Result<(), AddressRefused> {
    // Libraries of webhooks let many programs answer 400 to a signature that does not fit.
    let signature = |result: &Result<(), Trouble>| match result {
        Err(Trouble::Http { status: 400, .. }) => true,
        Err(other) => other.reason() == Some(ResultCode::Signature),
        Ok(()) => false,
    };
    if signature(&right) {
        return Err(AddressRefused::KeyUnknown);
    }
    match right {
        Ok(()) => {}
        // Any code of the interface: the program understood, and knows no such instance.
        Err(other) if other.reason().is_some() => {}
        Err(other) => return Err(AddressRefused::Trouble(other)),
    }
    if signature(wrong) { Ok(()) } else { Err(AddressRefused::Unchecked) }
}

#[cfg(test)]
mod tests {
    use platform::outgoing::NoAnswer;

    use super::*;
    use crate::rules::trouble::Reason;

    #[test]
    fn an_address_is_https_with_a_name_or_opened() {
        let here = |url: &Url| url.host_str() == Some("127.0.0.1");
        for fine in ["https://app.seller.example/produce", " https://a.b:8443/x?y=z ", "http://127.0.0.1:9000/"] {
            assert!(checked(CallForm::KooGalleryV2, fine, here).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "app.seller.example",
            "http://app.seller.example/",
            "https://8.8.8.8/",
            "https://[2606:4700::1]/",
            "https://localhost/",
            "https://u@a.b/",
            "https://a.b/#c",
            "ftp://a.b/",
            "javascript:alert(1)",
        ] {
            assert!(checked(CallForm::KooGalleryV2, wrong, here).is_err(), "{wrong}");
        }
        assert!(checked(CallForm::KooGalleryV2, &format!("https://a.b/{}", "x".repeat(512)), here).is_err());
        let taken = "https://a.b/in?tenant=1&orderId=2";
        assert!(checked(CallForm::KooGalleryV1, taken, here).unwrap_err().0[0].message.en.contains("orderId"));
        assert!(checked(CallForm::KooGalleryV2, taken, here).is_ok());
        assert!(checked(CallForm::KooGalleryV1, "https://a.b/in?tenant=1", here).is_ok());
        for wrong in ["a=1&b=2&a=3", "a=%00", "a=%0A", "a=%FF", "%C3=1", "a&a"] {
            let url = format!("https://a.b/in?{wrong}");
            assert!(checked(CallForm::KooGalleryV1, &url, here).is_err(), "{wrong}");
            assert!(checked(CallForm::KooGalleryV2, &url, here).is_ok(), "{wrong}");
        }
        assert!(checked(CallForm::KooGalleryV1, "https://a.b/in?a=1&A=%E4%B8%AD+%2B&b", here).is_ok());
    }

    #[test]
    fn only_who_knows_the_key_and_checks_it_proves_the_address() {
        let refused = |code| Err(Trouble::Refused(code));
        let bad = || refused(ResultCode::Signature);
        assert!(proof(Ok(()), &bad()).is_ok());
        assert!(proof(refused(ResultCode::NoInstance), &bad()).is_ok());
        assert!(matches!(proof(bad(), &bad()), Err(AddressRefused::KeyUnknown)));
        assert!(matches!(proof(Ok(()), &Ok(())), Err(AddressRefused::Unchecked)));
        assert!(matches!(proof(Ok(()), &Err(Trouble::NoAnswer(NoAnswer::Slow))), Err(AddressRefused::Unchecked)));
        assert!(matches!(proof(Err(Trouble::NotJson), &bad()), Err(AddressRefused::Trouble(Trouble::NotJson))));
        // The same in the statuses of HTTP.
        let http = |status, reason| Err(Trouble::Http { status, reason });
        let unknown = || http(404, Some(Reason::UnknownInstance));
        assert!(proof(unknown(), &http(401, Some(Reason::Signature))).is_ok());
        assert!(proof(Ok(()), &http(400, Some(Reason::Invalid))).is_ok());
        let to_all = |status, reason| proof(http(status, reason), &http(status, reason));
        assert!(matches!(to_all(400, Some(Reason::Invalid)), Err(AddressRefused::KeyUnknown)));
        assert!(matches!(to_all(403, Some(Reason::Signature)), Err(AddressRefused::KeyUnknown)));
        assert!(matches!(to_all(404, Some(Reason::UnknownInstance)), Err(AddressRefused::Unchecked)));
        assert!(matches!(to_all(405, None), Err(AddressRefused::Trouble(_))));
    }
}
