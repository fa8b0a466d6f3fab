//! What can go wrong between us and a seller's system, and what each side is told of it.

use kernel::{Localized, choices};
use platform::outgoing::NoAnswer;

choices! {
    /// What a seller's system answers, by the codes of the interface.
    pub enum ResultCode {
        Done = "000000",
        Signature = "000001",
        Parameter = "000002",
        NoInstance = "000003",
        Processing = "000004",
        Internal = "000005",
        NoResource = "000100",
        Mobile = "000101",
        Mail = "000102",
        BoughtAlready = "000103",
        ServiceInternal = "000104",
        HasBenefit = "000105",
        SoldOut = "000106",
        MailDomain = "000107",
        LicenceQuota = "000900",
        LicenceWindow = "000901",
        LicenceExpiry = "000902",
        LicenceDevice = "000903",
    }
}

choices! {
    /// Why an event was refused: the `code` in the answer of a seller's system.
    pub enum Reason {
        Signature = "signature",
        Invalid = "invalid",
        UnknownInstance = "unknown_instance",
        Processing = "processing",
        NoCapacity = "no_capacity",
        SoldOut = "sold_out",
        BoughtAlready = "bought_already",
        EntitledAlready = "entitled_already",
        MobileNeeded = "mobile_needed",
        MailNeeded = "mail_needed",
        MailDomainTaken = "mail_domain_taken",
    }
}

choices! {
    /// What is wrong with the signature of an answer (V1.0).
    pub enum BodySign {
        /// There is no header `Body-Sign`.
        Missing = "missing",
        /// Its names or its quotes are others.
        Malformed = "malformed",
        /// It fits another body or another key.
        Wrong = "wrong",
    }
}

impl Reason {
    /// The same as the other form says it.
    fn code(self) -> ResultCode {
        match self {
            Self::Signature => ResultCode::Signature,
            Self::Invalid => ResultCode::Parameter,
            Self::UnknownInstance => ResultCode::NoInstance,
            Self::Processing => ResultCode::Processing,
            Self::NoCapacity => ResultCode::NoResource,
            Self::SoldOut => ResultCode::SoldOut,
            Self::BoughtAlready => ResultCode::BoughtAlready,
            Self::EntitledAlready => ResultCode::HasBenefit,
            Self::MobileNeeded => ResultCode::Mobile,
            Self::MailNeeded => ResultCode::Mail,
            Self::MailDomainTaken => ResultCode::MailDomain,
        }
    }
}

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The seller has no verified address with a key.
    NoAddress,
    NoAnswer(NoAnswer),
    /// Another status than 200.
    Status(u16),
    NotJson,
    /// No `resultCode`, or one that is no text.
    NoCode,
    Refused(ResultCode),
    /// A code that the interface does not know.
    Unknown(String),
    /// An event was not answered with a status of success.
    Http {
        status: u16,
        reason: Option<Reason>,
    },
    /// The answer is not signed as it should be, so that nobody knows who gave it.
    BodySign(BodySign),
    /// User name or password could not be decrypted.
    Encryption,
    /// It was accepted, but lacks what has to be in it.
    NoInstanceId,
    /// The seller gave another order the same `instanceId`.
    InstanceTaken,
    /// The same order was answered with another `instanceId` than before.
    OtherInstance,
    /// It is not ready within the time of the site's rules.
    NotReady,
}

impl Trouble {
    /// The text under which it is kept; [`Trouble::read`] knows it again.
    pub fn code(&self) -> String {
        match self {
            Self::NoAddress => "no_address".to_owned(),
            Self::NoAnswer(why) => format!("no_answer.{why}"),
            Self::Status(status) => format!("status.{status}"),
            Self::NotJson => "not_json".to_owned(),
            Self::NoCode => "no_code".to_owned(),
            Self::Refused(code) => format!("code.{code}"),
            Self::Unknown(code) => format!("unknown.{code}"),
            Self::Http { status, reason: None } => format!("http.{status}"),
            Self::Http { status, reason: Some(reason) } => format!("http.{status}.{reason}"),
            Self::BodySign(why) => format!("body_sign.{why}"),
            Self::Encryption => "encryption".to_owned(),
            Self::NoInstanceId => "no_instance_id".to_owned(),
            Self::InstanceTaken => "instance_taken".to_owned(),
            Self::OtherInstance => "other_instance".to_owned(),
            Self::NotReady => "not_ready".to_owned(),
        }
    }

    pub fn read(code: &str) -> Option<Self> {
        Some(match code.split_once('.') {
            Some(("no_answer", why)) => Self::NoAnswer(why.parse().ok()?),
            Some(("status", status)) => Self::Status(status.parse().ok()?),
            Some(("code", code)) => Self::Refused(code.parse().ok()?),
            Some(("body_sign", why)) => Self::BodySign(why.parse().ok()?),
            Some(("unknown", code)) => Self::Unknown(code.to_owned()),
            Some(("http", said)) => match said.split_once('.') {
                Some((status, reason)) => {
                    Self::Http { status: status.parse().ok()?, reason: Some(reason.parse().ok()?) }
                }
                None => Self::Http { status: said.parse().ok()?, reason: None },
            },
            Some(_) => return None,
            None => match code {
                "no_address" => Self::NoAddress,
                "not_json" => Self::NotJson,
                "no_code" => Self::NoCode,
                "encryption" => Self::Encryption,
                "no_instance_id" => Self::NoInstanceId,
                "instance_taken" => Self::InstanceTaken,
                "other_instance" => Self::OtherInstance,
                "not_ready" => Self::NotReady,
                _ => return None,
            },
        })
    }

    /// Whether the seller's system is not there at all, so that others of its calls need not be tried at once.
    pub fn is_down(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Status(status) | Self::Http { status, .. } => *status >= 500,
            Self::NoAddress
            | Self::NotJson
            | Self::NoCode
            | Self::Refused(_)
            | Self::Unknown(_)
            | Self::BodySign(_)
            | Self::Encryption
            | Self::NoInstanceId
            | Self::InstanceTaken
            | Self::OtherInstance
            | Self::NotReady => false,
        }
    }

    /// What the seller's system said by it, in whichever form.
    pub fn reason(&self) -> Option<ResultCode> {
        match self {
            Self::Refused(code) => Some(*code),
            Self::Http { reason, .. } => reason.map(Reason::code),
            Self::NoAddress
            | Self::NoAnswer(_)
            | Self::Status(_)
            | Self::NotJson
            | Self::NoCode
            | Self::Unknown(_)
            | Self::BodySign(_)
            | Self::Encryption
            | Self::NoInstanceId
            | Self::InstanceTaken
            | Self::OtherInstance
            | Self::NotReady => None,
        }
    }

    /// Whether the seller's system will say the same however often it is asked.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Http { status: 410, .. })
    }

    /// Whether a seller's system answered a question with no. Who did not believe us, is not ready or is not there has not
    /// answered it.
    pub fn is_no(&self) -> bool {
        match self {
            Self::Refused(code) => match code {
                ResultCode::Done | ResultCode::Signature | ResultCode::Processing => false,
                ResultCode::Parameter
                | ResultCode::NoInstance
                | ResultCode::Internal
                | ResultCode::NoResource
                | ResultCode::Mobile
                | ResultCode::Mail
                | ResultCode::BoughtAlready
                | ResultCode::ServiceInternal
                | ResultCode::HasBenefit
                | ResultCode::SoldOut
                | ResultCode::MailDomain
                | ResultCode::LicenceQuota
                | ResultCode::LicenceWindow
                | ResultCode::LicenceExpiry
                | ResultCode::LicenceDevice => true,
            },
            Self::Unknown(_) => true,
            Self::Http { status, .. } => (400..500).contains(status) && !matches!(status, 401 | 403 | 408 | 425 | 429),
            Self::NoAddress
            | Self::NoAnswer(_)
            | Self::Status(_)
            | Self::NotJson
            | Self::NoCode
            | Self::BodySign(_)
            | Self::Encryption
            | Self::NoInstanceId
            | Self::InstanceTaken
            | Self::OtherInstance
            | Self::NotReady => false,
        }
    }

    /// Whether it was refused for what its buyer is or has: nothing that the seller could have done better.
    pub fn is_of_buyer(&self) -> bool {
        matches!(
            self.reason(),
            Some(
                ResultCode::Mobile
                    | ResultCode::Mail
                    | ResultCode::BoughtAlready
                    | ResultCode::HasBenefit
                    | ResultCode::MailDomain
            )
        )
    }

    /// What is wrong and how the seller mends it.
    pub fn for_seller(&self) -> Localized {
        match self {
            Self::NoAddress => Localized::new(
                "There is no verified production address with a key. Add one and verify it.",
                "没有已验证的生产地址和密钥。请先添加生产地址并完成验证。",
            ),
            Self::NoAnswer(why) => no_answer(*why),
            Self::Status(status) => Localized::new(
                format!("Your system answered HTTP {status}. Answer 200 always, and say in resultCode how it went."),
                format!("贵方系统返回 HTTP {status}。须始终返回 200，处理结果用 resultCode 表示。"),
            ),
            Self::NotJson => Localized::new(
                "The answer is no JSON object. Answer one in UTF-8 and nothing around it.",
                "返回内容不是 JSON 对象。须以 UTF-8 返回一个 JSON 对象，前后不能有其他内容。",
            ),
            Self::NoCode => Localized::new(
                "The answer has no resultCode of text. Answer \"000000\" when it is done.",
                "返回内容缺少文本类型的 resultCode。处理成功时须返回“000000”。",
            ),
            Self::Refused(code) => refused(*code),
            Self::Http { status, reason } => http(*status, *reason),
            Self::Unknown(code) => Localized::new(
                format!("Your system answered the code {code}, which the interface does not know."),
                format!("贵方系统返回了接口未定义的结果码 {code}。"),
            ),
            Self::BodySign(why) => body_sign(*why),
            Self::Encryption => Localized::new(
                "userName or password could not be decrypted. Encrypt both as encryptType says: 16 letters or digits (the IV), then \
                 base64 of AES-CBC with the key that OpenJDK's SHA1PRNG makes of your access key.",
                "userName 或 password 无法解密。须按 encryptType 加密：16 位字母或数字（IV），后接 AES-CBC 密文的 Base64，AES 密钥由访问密钥经 \
                 OpenJDK 的 SHA1PRNG 生成。",
            ),
            Self::NoInstanceId => Localized::new(
                "The answer was positive but did not name the instance (instanceId or instance) in 1 to 64 characters.",
                "返回成功，但缺少实例 ID（instanceId 或 instance），长度须为 1 到 64 个字符。",
            ),
            Self::InstanceTaken => Localized::new(
                "The instance that was named belongs to another order already. Give each order line its own.",
                "该实例 ID 已用于其他订单，每个订单行须使用不同的实例 ID。",
            ),
            Self::OtherInstance => Localized::new(
                "The order was answered with another instance than before. The same order and line always get the same one.",
                "同一订单返回了与此前不同的实例 ID。相同的订单和订单行须始终返回同一实例。",
            ),
            Self::NotReady => Localized::new(
                "The instance was accepted, but was not ready in time when your system was asked for it.",
                "已受理创建请求，但查询时未在规定时间内返回开通结果。",
            ),
        }
    }

    /// What a buyer is told who waits for it: nothing about the seller's inside.
    pub fn for_buyer(&self) -> Localized {
        match self.reason() {
            Some(ResultCode::NoResource | ResultCode::SoldOut) => {
                Localized::new("The seller has no capacity for it at the moment.", "商家目前没有可用的资源。")
            }
            Some(ResultCode::Mobile) => Localized::new(
                "The seller needs a mobile number that is not used there yet. Add one to your account.",
                "商家需要一个尚未注册过的手机号，请在账号中填写。",
            ),
            Some(ResultCode::Mail | ResultCode::MailDomain) => Localized::new(
                "The seller needs a mail address that is not used there yet.",
                "商家需要一个尚未注册过的邮箱地址。",
            ),
            Some(ResultCode::BoughtAlready | ResultCode::HasBenefit) => Localized::new(
                "According to the seller, this account has it already and cannot have it twice.",
                "商家反馈，该账号已拥有此商品，不能重复购买。",
            ),
            Some(
                ResultCode::Done
                | ResultCode::Signature
                | ResultCode::Parameter
                | ResultCode::NoInstance
                | ResultCode::Processing
                | ResultCode::Internal
                | ResultCode::ServiceInternal
                | ResultCode::LicenceQuota
                | ResultCode::LicenceWindow
                | ResultCode::LicenceExpiry
                | ResultCode::LicenceDevice,
            )
            | None => match self {
                Self::NotReady => Localized::new("The seller is still preparing it.", "商家仍在准备。"),
                Self::NoAddress
                | Self::NoAnswer(_)
                | Self::Status(_)
                | Self::NotJson
                | Self::NoCode
                | Self::Refused(_)
                | Self::Unknown(_)
                | Self::Http { .. }
                | Self::BodySign(_)
                | Self::Encryption
                | Self::NoInstanceId
                | Self::InstanceTaken
                | Self::OtherInstance => {
                    Localized::new("The seller's system could not deliver it yet.", "商家的系统暂时未能完成交付。")
                }
            },
        }
    }
}

fn no_answer(why: NoAnswer) -> Localized {
    let (en, zh) = match why {
        NoAnswer::Address => (
            "The production address is none that this site calls: it has to begin with https://.",
            "生产地址不符合要求，须以 https:// 开头。",
        ),
        NoAnswer::Network => (
            "The production address leads into a private network. It has to be reachable from the internet.",
            "生产地址指向内网，须能从公网访问。",
        ),
        NoAnswer::Unreachable => (
            "Nobody could be reached at the production address. Is it public, or stopped by a firewall or gateway?",
            "无法连接生产地址。请检查地址是否可从公网访问，是否被防火墙或网关拦截。",
        ),
        NoAnswer::Tls => (
            "The secure connection failed. Use a certificate of a trusted authority for this name, and TLS 1.2 or newer.",
            "安全连接失败。须使用受信任机构为该域名签发的证书，并支持 TLS 1.2 或更高版本。",
        ),
        NoAnswer::Slow => (
            "No answer came in time. Answer at once; accept slow work (000004 or HTTP 202) and tell the rest when asked.",
            "响应超时。请立即返回；若开通较慢，可先受理（000004 或 HTTP 202），在查询时再返回结果。",
        ),
        NoAnswer::Large => ("The answer was too large.", "返回内容过大。"),
        NoAnswer::Broken => {
            ("The connection broke off before the answer was complete.", "连接中断，未收到完整的返回内容。")
        }
    };
    Localized::new(en, zh)
}

fn body_sign(why: BodySign) -> Localized {
    let (en, zh) = match why {
        BodySign::Missing => (
            "The answer is not signed. Send the header Body-Sign: sign_type=\"HMAC-SHA256\", signature=\"...\".",
            "返回内容未签名。须返回响应头 Body-Sign: sign_type=\"HMAC-SHA256\", signature=\"…\"。",
        ),
        BodySign::Malformed => (
            "The header Body-Sign cannot be read. It has to be sign_type=\"HMAC-SHA256\", signature=\"...\", with these names and \
             double quotes, the signature in base64.",
            "响应头 Body-Sign 格式有误。须为 sign_type=\"HMAC-SHA256\", signature=\"…\"，名称不变并使用双引号，签名为 Base64。",
        ),
        BodySign::Wrong => (
            "The signature in Body-Sign does not fit. Sign the exact bytes of the answer, blanks and line ends too, with the key of \
             this address, after everything that changes them.",
            "Body-Sign 签名不符。须使用该地址的密钥，对实际返回的全部字节（包括首尾空白和换行）签名，签名后不得再改动返回内容。",
        ),
    };
    Localized::new(en, zh)
}

fn refused(code: ResultCode) -> Localized {
    let Localized { en, zh } = meant(code);
    Localized::new(format!("{code}: {en}"), format!("{code}：{zh}"))
}

/// The answer to an event that was no success.
fn http(status: u16, reason: Option<Reason>) -> Localized {
    match (status, reason) {
        (_, Some(reason)) => {
            let Localized { en, zh } = meant(reason.code());
            Localized::new(format!("HTTP {status}, {reason}: {en}"), format!("HTTP {status}，{reason}：{zh}"))
        }
        (300..=399, None) => Localized::new(
            format!("Your system answered HTTP {status}. Redirects are not followed: add the address where it ends."),
            format!("贵方系统返回 HTTP {status}。平台不跟随重定向，请添加最终地址。"),
        ),
        (410, None) => Localized::new(
            "Your system refused it for good (HTTP 410) and did not say why. Add a code.",
            "贵方系统永久拒绝（HTTP 410），但未说明原因。请返回 code。",
        ),
        (400..=499, None) => Localized::new(
            format!("Your system refused it with HTTP {status} and no code that is known. Add one."),
            format!("贵方系统返回 HTTP {status}，缺少可识别的 code。请返回 code 说明原因。"),
        ),
        (_, None) => Localized::new(
            format!("Your system failed with HTTP {status}. Answer 2xx as soon as it is done or accepted."),
            format!("贵方系统处理失败，返回 HTTP {status}。处理完成或已受理时须返回 2xx。"),
        ),
    }
}

/// What a code of either form means.
fn meant(code: ResultCode) -> Localized {
    let (en, zh) = match code {
        ResultCode::Done => ("Done.", "成功。"),
        ResultCode::Signature => (
            "Your system did not accept the signature. Compare the key, the body as it was sent and the clock.",
            "贵方系统未通过签名校验。请核对密钥、收到的原始请求体和服务器时间。",
        ),
        ResultCode::Parameter => ("Your system found a parameter invalid.", "贵方系统认为参数无效。"),
        ResultCode::NoInstance => ("Your system does not know the instance.", "贵方系统中不存在该实例。"),
        ResultCode::Processing => ("Your system is still working on it.", "贵方系统仍在处理。"),
        ResultCode::Internal | ResultCode::ServiceInternal => {
            ("Your system reported an error of its own.", "贵方系统报告了内部错误。")
        }
        ResultCode::NoResource => ("Your system has no instance to give.", "贵方系统没有可分配的实例资源。"),
        ResultCode::Mobile => ("The mobile number is missing or taken.", "手机号为空或已被使用。"),
        ResultCode::Mail => ("The mail address is missing or taken.", "邮箱为空或已被使用。"),
        ResultCode::BoughtAlready => ("The buyer may not buy it twice.", "该商品不可重复购买。"),
        ResultCode::HasBenefit => ("The account has this benefit already.", "该账号已拥有此权益。"),
        ResultCode::SoldOut => ("It is sold out.", "商品已售罄。"),
        ResultCode::MailDomain => ("The mail domain is taken.", "邮箱域名重复。"),
        ResultCode::LicenceQuota => ("The order's licences are used up.", "订单的授权数量已用完。"),
        ResultCode::LicenceWindow => ("It lies outside of the order's term.", "请求时间不在订单有效期内。"),
        ResultCode::LicenceExpiry => ("It needs a date of expiry.", "缺少到期时间。"),
        ResultCode::LicenceDevice => ("It needs a fingerprint of the device.", "缺少设备指纹或硬件码。"),
    };
    Localized::new(en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_read_a_question_says_no() {
        let http = |status| Trouble::Http { status, reason: None };
        for no in [Trouble::Refused(ResultCode::Internal), Trouble::Unknown("900001".to_owned()), http(409), http(410)]
        {
            assert!(no.is_no(), "{no:?}");
        }
        for none in [
            Trouble::NoAnswer(NoAnswer::Slow),
            Trouble::Refused(ResultCode::Signature),
            Trouble::Refused(ResultCode::Processing),
            Trouble::Status(502),
            Trouble::NotJson,
            Trouble::NoAddress,
            http(401),
            http(429),
            http(500),
        ] {
            assert!(!none.is_no(), "{none:?}");
        }
    }

    #[test]
    fn every_trouble_is_known_again_and_said_in_both_languages() {
        let mut all = vec![
            Trouble::NoAddress,
            Trouble::Status(502),
            Trouble::NotJson,
            Trouble::NoCode,
            Trouble::Encryption,
            Trouble::Unknown("E.17".to_owned()),
            Trouble::NoInstanceId,
            Trouble::InstanceTaken,
            Trouble::OtherInstance,
            Trouble::NotReady,
        ];
        all.extend(NoAnswer::ALL.iter().copied().map(Trouble::NoAnswer));
        all.extend(BodySign::ALL.iter().copied().map(Trouble::BodySign));
        all.extend(ResultCode::ALL.iter().copied().map(Trouble::Refused));
        all.extend([301, 404, 410, 502].map(|status| Trouble::Http { status, reason: None }));
        all.extend(Reason::ALL.iter().map(|reason| Trouble::Http { status: 422, reason: Some(*reason) }));
        for trouble in all {
            assert_eq!(Trouble::read(&trouble.code()), Some(trouble.clone()));
            for said in [trouble.for_seller(), trouble.for_buyer()] {
                assert!(
                    !said.en.is_empty() && !said.zh.is_empty() && said.en.is_ascii() | said.en.contains('…'),
                    "{said:?}"
                );
            }
            let buyer = trouble.for_buyer();
            assert!(!buyer.en.contains("0000") && !buyer.en.contains("HTTP"), "{buyer:?}");
        }
        assert_eq!(Trouble::read("the machine is off"), None);
        assert_eq!(Trouble::read("no_answer.x"), None);
    }

    #[test]
    fn what_its_buyer_is_or_has_is_not_held_against_a_seller() {
        let of_buyer = ResultCode::ALL.iter().copied().filter(|code| Trouble::Refused(*code).is_of_buyer());
        let codes: Vec<&str> = of_buyer.map(ResultCode::as_str).collect();
        assert_eq!(codes, ["000101", "000102", "000103", "000105", "000107"]);
        let event = |reason| Trouble::Http { status: 409, reason };
        assert!(event(Some(Reason::BoughtAlready)).is_of_buyer() && !event(Some(Reason::SoldOut)).is_of_buyer());
        assert!(!event(None).is_of_buyer() && !Trouble::NotReady.is_of_buyer());
    }
}
