//! What a program of V1.0 answers: signed over its exact bytes, with user name and password hidden.
//!
//! `Body-Sign: sign_type="HMAC-SHA256", signature="base64(HMAC-SHA256(K, body))"`

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use platform::outgoing::{Fetched, NoAnswer};
use serde_json::Value;
use sha2::Sha256;

use super::{Ask, cipher::FieldCipher, query::mac};
use crate::rules::{
    answer::{Answer, Check, Checks, INSTANCE_MAX, Info, Read, Standing, access, begun, infos, word},
    trouble::{BodySign, ResultCode, Trouble},
};

/// What is looked at in an answer.
fn looked_at(ask: Ask) -> Vec<Check> {
    let mut all = vec![
        Check::Reached,
        Check::Status,
        Check::ContentType,
        Check::BodySign,
        Check::Json,
        Check::ResultCode,
        Check::ResultMsg,
        Check::Accepted,
    ];
    match ask {
        Ask::NewInstance => all.extend([Check::InstanceId, Check::FrontEndUrl, Check::Encryption]),
        Ask::QueryInstance => all.extend([Check::Info, Check::FrontEndUrl, Check::Encryption, Check::Usage]),
        Ask::RefreshInstance
        | Ask::ExpireInstance
        | Ask::InstanceStatus
        | Ask::Upgrade
        | Ask::ReleaseInstance
        | Ask::OrderNotify
        | Ask::RefreshLicenseCode
        | Ask::UpdateLicenseCodeStatus
        | Ask::ReleaseLicenseCode
        | Ask::ChangeInstanceCheck => {}
    }
    all
}

/// Reads what came back. `keys`: those that the program may know.
pub(crate) fn read(ask: Ask, (keys, encryption): (&[&str], FieldCipher), came: Result<&Fetched, NoAnswer>) -> Read {
    let mut checks = Checks::of(looked_at(ask));
    let signer = came.ok().filter(|fetched| fetched.status == 200).map(|fetched| signer(fetched, keys));
    if let Some(signer) = &signer {
        checks.note(Check::BodySign, signer.is_ok());
    }
    let (mut said, code) = match begun(came, &mut checks) {
        Ok(begun) => begun,
        Err(trouble) => return checks.end(Err(trouble)),
    };
    let refused = |mut checks: Checks, trouble| {
        checks.note(Check::Accepted, false);
        checks.end(Err(trouble))
    };
    let code = code.parse::<ResultCode>().map_err(|_| Trouble::Unknown(code));
    // Who has another key signs with that one: this refusal alone is believed as it is.
    if code == Ok(ResultCode::Signature) {
        return refused(checks, Trouble::Refused(ResultCode::Signature));
    }
    let key = match signer.unwrap_or(Err(BodySign::Missing)) {
        Ok(key) => key,
        Err(why) => return checks.end(Err(Trouble::BodySign(why))),
    };
    let processing = match code {
        Ok(ResultCode::Done) => false,
        Ok(ResultCode::Processing) if ask == Ask::NewInstance => true,
        Ok(code) => return refused(checks, Trouble::Refused(code)),
        Err(unknown) => return refused(checks, unknown),
    };
    checks.note(Check::Accepted, true);
    // Told to the seller, but no reason to leave a buyer without what was bought.
    let shown = show(&mut said, key, encryption);
    if let Some(fine) = shown {
        checks.note(Check::Encryption, fine);
    }
    let read = told(ask, &said, processing, checks);
    let result = read.result.map(|answer| Answer { unread: shown == Some(false), ..answer });
    Read { opened: Some(said.to_string()), result, ..read }
}

/// Reads again what was read once and is kept in clear, without what could not be read.
pub(crate) fn opened(ask: Ask, body: &[u8]) -> Result<Answer, Trouble> {
    let said: Value = serde_json::from_slice(body).map_err(|_| Trouble::NotJson)?;
    let processing = said["resultCode"].as_str().map(str::trim) == Some(ResultCode::Processing.as_str());
    told(ask, &said, processing, Checks::of(looked_at(ask))).result
}

/// What a positive answer tells.
fn told(ask: Ask, said: &Value, processing: bool, mut checks: Checks) -> Read {
    match ask {
        Ask::NewInstance => {
            let instance = word(&said["instanceId"], INSTANCE_MAX);
            checks.note(Check::InstanceId, instance.is_some());
            let Some(instance) = instance else {
                // It is asked again later by the same order.
                let trouble = if processing { Trouble::Refused(ResultCode::Processing) } else { Trouble::NoInstanceId };
                return checks.end(Err(trouble));
            };
            let access = access(&said["appInfo"]);
            // Who sends the access by mail need not say it here.
            if let Some(access) = &access {
                checks.note(Check::FrontEndUrl, access.front_end_url.is_some());
            }
            let info = if processing {
                Vec::new()
            } else {
                vec![Info { instance: instance.clone(), access, standing: Standing::default() }]
            };
            checks.end(Ok(Answer { processing, instance: Some(instance), info, unread: false }))
        }
        Ask::QueryInstance => {
            let info = infos(said, &mut checks);
            checks.end(Ok(Answer { info, ..Answer::default() }))
        }
        Ask::RefreshInstance
        | Ask::ExpireInstance
        | Ask::InstanceStatus
        | Ask::Upgrade
        | Ask::ReleaseInstance
        | Ask::OrderNotify
        | Ask::RefreshLicenseCode
        | Ask::UpdateLicenseCodeStatus
        | Ask::ReleaseLicenseCode
        | Ask::ChangeInstanceCheck => checks.end(Ok(Answer::default())),
    }
}

/// Puts user names and passwords in clear where they are hidden, and leaves both out where one cannot be; none: there are none.
fn show(said: &mut Value, key: &str, usual: FieldCipher) -> Option<bool> {
    let whole = FieldCipher::named(&said["encryptType"]);
    let infos = said.get_mut("info").and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default();
    let of_infos: Vec<bool> = infos
        .iter_mut()
        .filter_map(|info| {
            let encryption = FieldCipher::named(&info["encryptType"]).or(whole).unwrap_or(usual);
            show_in(info.get_mut("appInfo")?, key, encryption)
        })
        .collect();
    let own = said.get_mut("appInfo").and_then(|app| show_in(app, key, whole.unwrap_or(usual)));
    own.into_iter().chain(of_infos).reduce(|one, other| one && other)
}

fn show_in(app: &mut Value, key: &str, encryption: FieldCipher) -> Option<bool> {
    const NAMES: [&str; 2] = ["userName", "password"];
    let mut fine = None;
    for name in NAMES {
        let Some(value) = app.get_mut(name) else { continue };
        let Some(hidden) = value.as_str().filter(|hidden| !hidden.trim().is_empty()) else { continue };
        let shown = encryption.show(key, hidden);
        fine = Some(fine.unwrap_or(true) && shown.is_some());
        *value = Value::from(shown);
    }
    if fine == Some(false) {
        for name in NAMES {
            app[name] = Value::Null;
        }
    }
    fine
}

/// The key that an answer is signed with.
fn signer<'k>(fetched: &Fetched, keys: &[&'k str]) -> Result<&'k str, BodySign> {
    let header = fetched.signature.as_deref().ok_or(BodySign::Missing)?;
    let given = signature(header).ok_or(BodySign::Malformed)?;
    let given = BASE64_STANDARD.decode(given).map_err(|_| BodySign::Malformed)?;
    let fits = |key: &&str| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return false };
        mac.update(&fetched.body);
        // Compared in the same time whatever it is.
        mac.verify_slice(&given).is_ok()
    };
    keys.iter().copied().find(fits).ok_or(BodySign::Wrong)
}

/// The header over an answer.
pub(crate) fn body_sign(key: &str, body: &[u8]) -> String {
    format!(r#"sign_type="HMAC-SHA256", signature="{}""#, mac(key, body))
}

/// What stands in the header, whose names and quotes have to be there; none: it is written otherwise.
fn signature(header: &str) -> Option<&str> {
    let (mut kind, mut signature) = (None, None);
    for part in header.split(',') {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        match name.trim() {
            "sign_type" => kind = Some(value),
            "signature" => signature = Some(value.trim()),
            _ => {}
        }
    }
    kind.filter(|kind| kind.eq_ignore_ascii_case("HMAC-SHA256")).and(signature)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rules::{
        answer::{AppInfo, Found},
        v1::cipher::iv,
    };

    const KEY: &str = "ebf72724-bacc-414b-a86b-fda5bcc8153c";

    fn came(body: &[u8], signature: Option<String>) -> Fetched {
        Fetched {
            status: 200,
            content_type: "application/json".to_owned(),
            body: body.to_vec(),
            retry_after: None,
            signature,
        }
    }

    fn reads(ask: Ask, body: &str) -> Read {
        let fetched = came(body.as_bytes(), Some(body_sign(KEY, body.as_bytes())));
        read(ask, (&[KEY], FieldCipher::Aes256), Ok(&fetched))
    }

    fn found(read: &Read, check: Check) -> Found {
        read.checks.iter().find(|(known, _)| *known == check).unwrap().1
    }

    #[test]
    fn the_signature_is_over_the_exact_bytes() {
        // Computed with Python's hmac and base64.
        let body = " {\"resultCode\":\"000000\",\"resultMsg\":\"成功\"}\n";
        let good = "TnydGvJGYhf+vL1FchQOxnln5gW6FpquA7cVwA195II=";
        let check = |body: &str, header: Option<&str>, expected: Result<(), BodySign>| {
            let fetched = came(body.as_bytes(), header.map(str::to_owned));
            let read = read(Ask::ReleaseInstance, (&["another", KEY], FieldCipher::Aes256), Ok(&fetched));
            let signed = if expected.is_ok() { Found::Passed } else { Found::Failed };
            assert_eq!(found(&read, Check::BodySign), signed, "{header:?}");
            assert_eq!(read.result.map(drop), expected.map_err(Trouble::BodySign), "{header:?}");
        };
        check(body, Some(&format!(r#"sign_type="HMAC-SHA256", signature="{good}""#)), Ok(()));
        check(body, Some(&format!(r#"sign_type="HMAC-SHA256", signature= "{good}""#)), Ok(()));
        check(body, Some(&format!(r#"sign_type="HMAC-SHA256",signature="{good}""#)), Ok(()));
        check(body.trim(), Some(&format!(r#"sign_type="HMAC-SHA256", signature="{good}""#)), Err(BodySign::Wrong));
        check(body, None, Err(BodySign::Missing));
        for malformed in [
            format!("sign_type=HMAC-SHA256, signature={good}"),
            format!("sign_type='HMAC-SHA256', signature='{good}'"),
            format!(r#"sign_type="HMAC-MD5", signature="{good}""#),
            format!(r#"signature="{good}""#),
            good.to_owned(),
            String::new(),
        ] {
            check(body, Some(&malformed), Err(BodySign::Malformed));
        }
    }

    #[test]
    fn a_refusal_of_the_signature_alone_is_believed_unsigned() {
        let of =
            |body: &str| read(Ask::ReleaseInstance, (&[KEY], FieldCipher::Aes256), Ok(&came(body.as_bytes(), None)));
        let signature = of(r#"{"resultCode":"000001","resultMsg":""}"#);
        assert_eq!(signature.result, Err(Trouble::Refused(ResultCode::Signature)));
        // Otherwise anybody could have a release pass for done.
        let unknown = of(r#"{"resultCode":"000003","resultMsg":""}"#);
        assert_eq!(unknown.result, Err(Trouble::BodySign(BodySign::Missing)));
        assert_eq!(
            reads(Ask::ReleaseInstance, r#"{"resultCode":"000003"}"#).result,
            Err(Trouble::Refused(ResultCode::NoInstance))
        );
        assert_eq!(reads(Ask::Upgrade, r#"{"resultCode":"E17"}"#).result, Err(Trouble::Unknown("E17".to_owned())));
        assert_eq!(
            reads(Ask::Upgrade, r#"{"resultCode":"000004"}"#).result,
            Err(Trouble::Refused(ResultCode::Processing))
        );
    }

    #[test]
    fn names_and_passwords_are_shown_as_they_were_hidden() {
        let hide = |encryption: FieldCipher, text: &str| encryption.hide(KEY, &iv("n", text), text);
        let body = |kind: Value, encryption: FieldCipher| {
            json!({ "resultCode": "000000", "resultMsg": "ok", "encryptType": kind, "instanceId": "i-1", "appInfo": {
                "frontEndUrl": "https://app.seller.example/1", "userName": hide(encryption, "ada"),
                "password": hide(encryption, "s3cret"), "memo": "\u{6b22}\u{8fce}" } })
        };
        for (kind, encryption) in [
            (json!("1"), FieldCipher::Aes256),
            (json!("2"), FieldCipher::Aes128),
            (json!(2), FieldCipher::Aes128),
            (Value::Null, FieldCipher::Aes256),
        ] {
            let read = reads(Ask::NewInstance, &body(kind, encryption).to_string());
            let answer = read.result.clone().unwrap();
            let access = answer.info[0].access.clone().unwrap();
            assert_eq!((access.user_name.as_deref(), access.password.as_deref()), (Some("ada"), Some("s3cret")));
            assert_eq!((answer.instance.as_deref(), answer.processing), (Some("i-1"), false));
            assert!(read.checks.iter().all(|(_, found)| *found == Found::Passed), "{:?}", read.checks);
            // What is kept of it says the same.
            assert_eq!(opened(Ask::NewInstance, read.opened.unwrap().as_bytes()), Ok(answer));
        }
        let empty = r#"{"resultCode":"000000","instanceId":"i-1","appInfo":{"frontEndUrl":"https://a.b","userName":"","password":null}}"#;
        let read = reads(Ask::NewInstance, empty);
        assert_eq!((found(&read, Check::Encryption), read.result.is_ok()), (Found::NotReached, true));
        let list = json!({ "resultCode": "000000", "resultMsg": "", "info": [
            { "instanceId": "i-1", "encryptType": 2, "appInfo": { "frontEndUrl": "https://a.b/", "password": hide(FieldCipher::Aes128, "one") } },
            { "instanceId": "i-2", "appInfo": { "frontEndUrl": "https://a.b/", "password": hide(FieldCipher::Aes256, "two") } } ] });
        let answer = reads(Ask::QueryInstance, &list.to_string()).result.unwrap();
        let passwords = answer.info.iter().map(|info| info.access.as_ref().unwrap().password.as_deref());
        assert_eq!(passwords.collect::<Vec<_>>(), [Some("one"), Some("two")]);
    }

    #[test]
    fn what_cannot_be_decrypted_is_left_out_of_what_is_delivered() {
        let hidden = FieldCipher::Aes256.hide(KEY, &iv("n", "password"), "s3cret");
        let other = FieldCipher::Aes128.hide(KEY, &iv("n", "password"), "s3cret");
        for app in [
            json!({ "frontEndUrl": "https://a.b/", "userName": "ada", "password": hidden }),
            json!({ "frontEndUrl": "https://a.b/", "password": other }),
            json!({ "frontEndUrl": "https://a.b/", "userName": "ada" }),
        ] {
            let body = json!({ "resultCode": "000000", "resultMsg": "", "instanceId": "i-1", "appInfo": app });
            let read = reads(Ask::NewInstance, &body.to_string());
            assert_eq!(found(&read, Check::Encryption), Found::Failed, "{app}");
            let answer = read.result.unwrap();
            let access = AppInfo { front_end_url: Some("https://a.b/".to_owned()), ..AppInfo::default() };
            let info = vec![Info { instance: "i-1".to_owned(), access: Some(access), standing: Standing::default() }];
            assert_eq!(answer, Answer { processing: false, instance: Some("i-1".to_owned()), info, unread: true });
            let kept = opened(Ask::NewInstance, read.opened.unwrap().as_bytes()).unwrap();
            assert_eq!(kept.info, answer.info, "{app}");
        }
    }

    #[test]
    fn a_creation_that_takes_its_time_is_asked_for_again() {
        let making = reads(Ask::NewInstance, r#"{"resultCode":"000004","instanceId":"i-1"}"#).result.unwrap();
        assert!(making.processing && making.info.is_empty());
        let unnamed = reads(Ask::NewInstance, r#"{"resultCode":"000004"}"#).result;
        assert_eq!(unnamed, Err(Trouble::Refused(ResultCode::Processing)));
        assert_eq!(reads(Ask::NewInstance, r#"{"resultCode":"000000"}"#).result, Err(Trouble::NoInstanceId));
        let without = reads(Ask::NewInstance, r#"{"resultCode":"000000","instanceId":"i-1"}"#).result.unwrap();
        let said = Info { instance: "i-1".to_owned(), access: None, standing: Standing::default() };
        assert_eq!(without.info, [said], "told otherwise");
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(body in prop::collection::vec(any::<u8>(), 0..300), status in 100_u16..600, header in ".{0,80}", which in 0..Ask::ALL.len()) {
            let fetched = Fetched { status, ..came(&body, Some(header)) };
            prop_assert!(read(Ask::ALL[which], (&[KEY], FieldCipher::Aes128), Ok(&fetched)).result.is_err());
            let _ = opened(Ask::ALL[which], &body);
        }

        #[test]
        fn strange_values_are_left_out(value in "[ -~]{0,80}", wide in ".{0,80}", which in 0_usize..2) {
            let app = json!({ "frontEndUrl": value, "adminUrl": wide, "userName": [1], "password": {}, "memo": wide });
            let said = json!({ "resultCode": "000000", "instanceId": value, "encryptType": wide, "appInfo": app,
                "info": [{ "instanceId": wide, "appInfo": app }, value, 1] });
            if let Ok(answer) = reads([Ask::NewInstance, Ask::QueryInstance][which], &said.to_string()).result {
                for access in answer.info.iter().filter_map(|info| info.access.as_ref()) {
                    for link in [&access.front_end_url, &access.admin_url].into_iter().flatten() {
                        prop_assert!(link.to_lowercase().starts_with("http"), "{link}");
                    }
                }
            }
        }
    }
}
