//! Signed requests: `SDK-HMAC-SHA256` as Huawei's SDKs make it, checked strictly.
//!
//! The string to sign is `SDK-HMAC-SHA256\n{X-Sdk-Date}\n{sha256 of the canonical request}`; the canonical request is method,
//! path ending in a slash, sorted query, signed headers, their names and the hash of the body; the key is the secret itself.

use axum::http::{HeaderMap, Method, Uri};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use platform::vault::sha256_hex;
use sha2::Sha256;

mod canonical;

use canonical::{canonical_request, only_value};

pub(crate) const SCHEME: &str = "SDK-HMAC-SHA256";
const DATE: &str = "x-sdk-date";

/// What the `Authorization` header of a signed request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'h> {
    pub(crate) access: &'h str,
    signed_headers: &'h str,
    pub(crate) signature: [u8; 32],
}

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    #[error("the Authorization header must read 'SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…'")]
    Malformed,
    #[error("SignedHeaders must name host and x-sdk-date, in lower case, sorted, each once and present in the request")]
    Headers,
    #[error("X-Sdk-Date must be a time like 20261122T080000Z")]
    Date,
    #[error("X-Sdk-Date is too far from the server's time; check the clock and sign again")]
    TooOld,
    #[error("the body must be signed: send no X-Sdk-Content-Sha256, or the hash of the body")]
    UnsignedBody,
    #[error("path and query must be valid percent-encoded UTF-8, with %20 for a space and %2B for a plus sign")]
    Path,
    #[error("the signature does not fit the request and the key")]
    Wrong,
}

impl SignatureRefused {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "signature.malformed",
            Self::Headers => "signature.headers",
            Self::Date => "signature.date",
            Self::TooOld => "signature.expired",
            Self::UnsignedBody => "signature.unsigned_body",
            Self::Path => "signature.path",
            Self::Wrong => "signature.wrong",
        }
    }

    pub(crate) const fn zh(self) -> &'static str {
        match self {
            Self::Malformed => "Authorization 头须为“SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…”",
            Self::Headers => "SignedHeaders 须包含 host 和 x-sdk-date，小写、按序排列、不重复，且都在请求中",
            Self::Date => "X-Sdk-Date 须为 20261122T080000Z 这样的时间",
            Self::TooOld => "X-Sdk-Date 与服务器时间相差过大，须校准时钟后重新签名",
            Self::UnsignedBody => "请求体须参与签名：不发送 X-Sdk-Content-Sha256，或填写请求体的哈希值",
            Self::Path => "路径和查询参数须为合法的百分号编码 UTF-8，空格写作 %20，加号写作 %2B",
            Self::Wrong => "签名与请求或密钥不符",
        }
    }
}

/// Reads the `Authorization` header of a signed request.
pub(crate) fn parse(header: &str) -> Result<Authorization<'_>, SignatureRefused> {
    let rest =
        header.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' ')).ok_or(SignatureRefused::Malformed)?;
    let (mut access, mut signed_headers, mut signature) = (None, None, None);
    for part in rest.split(',') {
        let (name, value) = part.trim().split_once('=').ok_or(SignatureRefused::Malformed)?;
        let slot = match name {
            "Access" => &mut access,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => return Err(SignatureRefused::Malformed),
        };
        if value.is_empty() || slot.replace(value).is_some() {
            return Err(SignatureRefused::Malformed);
        }
    }
    let (Some(access), Some(signed_headers), Some(signature)) = (access, signed_headers, signature) else {
        return Err(SignatureRefused::Malformed);
    };
    let mut bytes = [0; 32];
    hex::decode_to_slice(signature, &mut bytes).map_err(|_| SignatureRefused::Malformed)?;
    Ok(Authorization { access, signed_headers, signature: bytes })
}

/// The parts of a request that a signature covers.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'r> {
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    /// The SHA-256 of the body in hexadecimal; `None`: there is no body.
    pub(crate) body_hash: Option<&'r str>,
}

/// The moment that the request says it was signed at, when that is near enough to `now`.
pub(crate) fn signed_at(signed: Signed<'_>, now: Timestamp, skew_seconds: u32) -> Result<Timestamp, SignatureRefused> {
    let text = only_value(signed.headers, DATE).ok_or(SignatureRefused::Date)?;
    // The fixed width comes first: the parser would also take shorter forms, which no signer sends.
    let at = if text.len() == 16 { Timestamp::parse_utc("%Y%m%dT%H%M%SZ", text) } else { None };
    let at = at.ok_or(SignatureRefused::Date)?;
    let apart = now.as_seconds().saturating_sub(at.as_seconds()).abs();
    if apart <= i64::from(skew_seconds) { Ok(at) } else { Err(SignatureRefused::TooOld) }
}

/// Checks the signature over the request with the key's secret, in constant time.
pub(crate) fn verify(given: &Authorization<'_>, signed: Signed<'_>, secret: &[u8]) -> Result<(), SignatureRefused> {
    let canonical = canonical_request(given.signed_headers, signed)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| SignatureRefused::Wrong)?;
    mac.update(string_to_sign(signed, &canonical)?.as_bytes());
    mac.verify_slice(&given.signature).map_err(|_| SignatureRefused::Wrong)
}

/// A signature with the texts that it was made from, for those who want to see how.
#[derive(Clone, Debug)]
pub struct SignatureMade {
    pub canonical_request: String,
    pub string_to_sign: String,
    /// In hexadecimal.
    pub signature: String,
    /// The header that carries it.
    pub authorization: String,
}

/// Signs a request as its sender would.
pub(crate) fn sign(
    signed_headers: &str,
    signed: Signed<'_>,
    (access, secret): (&str, &[u8]),
) -> Result<SignatureMade, SignatureRefused> {
    let canonical_request = canonical_request(signed_headers, signed)?;
    let string_to_sign = string_to_sign(signed, &canonical_request)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| SignatureRefused::Wrong)?;
    mac.update(string_to_sign.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let authorization = format!("{SCHEME} Access={access}, SignedHeaders={signed_headers}, Signature={signature}");
    Ok(SignatureMade { canonical_request, string_to_sign, signature, authorization })
}

fn string_to_sign(signed: Signed<'_>, canonical: &str) -> Result<String, SignatureRefused> {
    let date = only_value(signed.headers, DATE).ok_or(SignatureRefused::Date)?;
    Ok([SCHEME, date, &sha256_hex(canonical.as_bytes())].join("\n"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"s3cr3t-Key-0123456789abcdefABCDEF";

    struct Vector {
        method: &'static str,
        uri: &'static str,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
        authorization: &'static str,
    }

    // Made by huaweicloudsdkcore 3.1.219's `Signer` with access AKIDEXAMPLE000000001 and the secret above.
    const VECTORS: [Vector; 4] = [
        Vector {
            method: "POST",
            uri: "/api/mkp-openapi-public/global/v1/license/activate",
            headers: &[("content-type", "application/json")],
            body: r#"{"license":"PLabc","real_effect_time":"2026"}"#,
            authorization: "SDK-HMAC-SHA256 Access=AKIDEXAMPLE000000001, SignedHeaders=content-type;host;x-sdk-date, \
                            Signature=fa70a92de2cd48d1197fd11d7fcf499ed23caebb2a24a4de2908cebd7c37d46c",
        },
        Vector {
            method: "GET",
            uri: "/api/v1/orders?cursor=a%20b%2Bc%2Fd~e&empty=&limit=20&state=created&state=paid&x=true",
            headers: &[],
            body: "",
            authorization: "SDK-HMAC-SHA256 Access=AKIDEXAMPLE000000001, SignedHeaders=host;x-sdk-date, \
                            Signature=3697fb63fe6aa066e775fe3e85191ab72be1bffe6c398e06af0c3496abd07833",
        },
        Vector {
            method: "DELETE",
            uri: "/api/v1/things/a%20b/%E4%B8%AD%E6%96%87:x",
            headers: &[],
            body: "",
            authorization: "SDK-HMAC-SHA256 Access=AKIDEXAMPLE000000001, SignedHeaders=host;x-sdk-date, \
                            Signature=06be438bb2f7b1ffe2b948b54afd1a191abf68dae9030d83b531ccb63e7f02d4",
        },
        Vector {
            method: "PUT",
            uri: "/api/v1/x/?%E5%90%8D=%E5%80%BC",
            headers: &[("content-type", "application/json;charset=utf8"), ("x-note", "grüße")],
            body: r#"{"a":"ü"}"#,
            authorization: "SDK-HMAC-SHA256 Access=AKIDEXAMPLE000000001, SignedHeaders=content-type;host;x-note;x-sdk-date, \
                            Signature=550785063ddad2b86563d22b03918585fd7d91bbeadf26d1c18db943d35c29be",
        },
    ];

    struct Sent {
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body_hash: Option<String>,
    }

    impl Vector {
        fn sent(&self) -> Sent {
            let mut headers = HeaderMap::new();
            for (name, value) in
                [("host", "market.example.com"), ("x-sdk-date", "20261122T080000Z")].iter().chain(self.headers)
            {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            Sent {
                method: self.method.parse().unwrap(),
                uri: self.uri.parse().unwrap(),
                headers,
                body_hash: (!self.body.is_empty()).then(|| sha256_hex(self.body.as_bytes())),
            }
        }
    }

    impl Sent {
        fn signed(&self) -> Signed<'_> {
            Signed {
                method: &self.method,
                uri: &self.uri,
                headers: &self.headers,
                body_hash: self.body_hash.as_deref(),
            }
        }

        fn verify(&self, authorization: &str) -> Result<(), SignatureRefused> {
            verify(&parse(authorization)?, self.signed(), SECRET)
        }
    }

    #[test]
    fn what_the_sdk_signs_is_accepted() {
        for vector in VECTORS {
            assert_eq!(vector.sent().verify(vector.authorization), Ok(()), "{} {}", vector.method, vector.uri);
        }
    }

    #[test]
    fn what_is_signed_here_is_what_the_sdk_signs() {
        for vector in VECTORS {
            let names = parse(vector.authorization).unwrap().signed_headers;
            let made = sign(names, vector.sent().signed(), ("AKIDEXAMPLE000000001", SECRET)).unwrap();
            assert_eq!(made.authorization, vector.authorization);
        }
    }

    #[test]
    fn a_change_anywhere_is_refused() {
        use SignatureRefused::{Headers, UnsignedBody, Wrong};
        let vector = &VECTORS[0];
        let path = "/api/mkp-openapi-public/global/v1/license";
        let change = |change: &dyn Fn(&mut Sent), why| {
            let mut sent = vector.sent();
            change(&mut sent);
            assert_eq!(sent.verify(vector.authorization), Err(why));
        };
        change(&|sent| sent.method = Method::PUT, Wrong);
        for uri in ["/activatf", "/activate?a=1", "/activate/x"] {
            change(&|sent| sent.uri = format!("{path}{uri}").parse().unwrap(), Wrong);
        }
        change(&|sent| sent.body_hash = Some(sha256_hex(b"other")), Wrong);
        change(&|sent| sent.body_hash = None, Wrong);
        let header = |name: &'static str, value: &'static str, why| {
            change(&|sent| drop(sent.headers.insert(name, HeaderValue::from_static(value))), why);
        };
        header("x-sdk-date", "20261122T080001Z", Wrong);
        header("content-type", "text/plain", Wrong);
        header("host", "other.example.com", Wrong);
        header("x-sdk-content-sha256", "UNSIGNED-PAYLOAD", UnsignedBody);
        change(&|sent| drop(sent.headers.remove("host")), Headers);
        let again = HeaderValue::from_static("application/json");
        change(&|sent| assert!(sent.headers.append("content-type", again.clone())), Headers);
    }

    #[test]
    fn every_bit_of_the_signature_counts() {
        let sent = VECTORS[0].sent();
        let given = parse(VECTORS[0].authorization).unwrap();
        for bit in 0..256 {
            let mut other = given.clone();
            other.signature[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&other, sent.signed(), SECRET), Err(SignatureRefused::Wrong));
        }
        assert_eq!(verify(&given, sent.signed(), b"another secret"), Err(SignatureRefused::Wrong));
    }

    #[test]
    fn a_request_is_good_for_the_window_only() {
        let sent = VECTORS[0].sent();
        let check = |now: &str, fine: bool| {
            assert_eq!(signed_at(sent.signed(), now.parse().unwrap(), 900).is_ok(), fine, "{now}");
        };
        check("2026-11-22T08:00:00Z", true);
        check("2026-11-22T08:15:00Z", true);
        check("2026-11-22T08:15:01Z", false);
        check("2026-11-22T07:45:00Z", true);
        check("2026-11-22T07:44:59Z", false);
    }

    #[test]
    fn a_header_that_is_not_as_the_sdk_writes_it_is_refused() {
        let signature = "0".repeat(64);
        let good = format!("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature={signature}");
        assert_eq!(parse(&good).unwrap().access, "AK");
        for bad in [
            String::new(),
            "SDK-HMAC-SHA256".to_owned(),
            "SDK-HMAC-SHA256 Access=AK".to_owned(),
            good.replace("HMAC", "HMAX"),
            good.replace("Access=AK", "Access="),
            good.replace("Access=AK", "Access=AK, Access=AB"),
            good.replace("SignedHeaders", "Signed"),
            format!("{good}0"),
            format!("{good}, More=1"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
        let sent = VECTORS[1].sent();
        for names in [
            "x-sdk-date;host",
            "host;host;x-sdk-date",
            "host",
            "x-sdk-date",
            "Host;x-sdk-date",
            "host;missing;x-sdk-date",
        ] {
            let header = good.replace("host;x-sdk-date", names);
            assert_eq!(sent.verify(&header), Err(SignatureRefused::Headers), "{names}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(text in any::<String>(), tail in "[A-Za-z=,; 0-9a-f]{0,120}") {
            let _ = parse(&text);
            let _ = parse(&format!("{SCHEME} {text}"));
            let _ = parse(&format!("{SCHEME} {tail}"));
        }
    }
}
