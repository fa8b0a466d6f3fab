//! The signature of Standard Webhooks: `v1,base64(HMAC-SHA256(secret, id.timestamp.body))`, one for each secret that is in use.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use sha2::Sha256;

use super::event;
use crate::rules::request::Request;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// An event as it goes out, with the steps of its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same for every try of the same event.
    pub(crate) id: String,
    pub(crate) timestamp_seconds: i64,
    pub(crate) body: String,
    /// Of each secret, without `v1,`.
    pub(crate) signatures: Vec<String>,
}

impl Message {
    pub(crate) fn headers(&self) -> [(&'static str, String); 3] {
        let signatures: Vec<String> = self.signatures.iter().map(|signature| format!("v1,{signature}")).collect();
        [
            ("webhook-id", self.id.clone()),
            ("webhook-timestamp", self.timestamp_seconds.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ]
    }

    /// The same as text, a line each.
    pub(crate) fn head(&self) -> String {
        self.headers().map(|(name, value)| format!("{name}: {value}")).join("\n")
    }
}

/// A secret of random bytes, as its seller gets it.
pub(crate) fn secret(random: &[u8; 24]) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(random))
}

/// Signs an event with each secret. `fresh` is the id of what was not given one: a question that is not asked again.
pub(crate) fn sign(request: &Request, secrets: &[&str], fresh: String, now: Timestamp) -> Message {
    let (id, at) = request.message().map_or((fresh, now), |(id, at)| (id.to_owned(), at));
    let (body, timestamp_seconds) = (event::body(request, at), now.as_seconds());
    let mac = |secret: &&str| signature(secret, (&id, &timestamp_seconds.to_string()), body.as_bytes());
    let signatures = secrets.iter().filter_map(mac).collect();
    Message { id, timestamp_seconds, body, signatures }
}

/// Whether one of the signatures in the header fits a body as it was received: what a seller's program checks.
pub fn fits(secret: &str, body: &[u8], (id, timestamp): (&str, &str), header: &str) -> bool {
    let Some(mac) = keyed(secret, (id, timestamp), body) else { return false };
    header.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|one| {
        // Compared in the same time whatever it is.
        BASE64_STANDARD.decode(one).is_ok_and(|bytes| mac.clone().verify_slice(&bytes).is_ok())
    })
}

fn signature(secret: &str, head: (&str, &str), body: &[u8]) -> Option<String> {
    Some(BASE64_STANDARD.encode(keyed(secret, head, body)?.finalize().into_bytes()))
}

fn keyed(secret: &str, (id, timestamp): (&str, &str), body: &[u8]) -> Option<Hmac<Sha256>> {
    let key = BASE64_STANDARD.decode(secret.strip_prefix(PREFIX)?).ok().filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Activity;

    /// The example of the libraries of Standard Webhooks.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_signature_is_what_the_libraries_compute() {
        let head = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let made = signature(SECRET, head, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(made, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(fits(SECRET, br#"{"test": 2432232314}"#, head, &format!("v1,{made}")));
        assert!(fits(SECRET, br#"{"test": 2432232314}"#, head, &format!("v2,x v1,AAAA v1,{made}")));
        assert!(!fits(SECRET, br#"{"test": 2432232314}"#, head, &made), "the version belongs to it");
        for wrong in ["", "kpk_1", "whsec_", "whsec_%"] {
            assert!(!fits(wrong, b"", head, &format!("v1,{made}")), "{wrong}");
        }
    }

    #[test]
    fn a_retry_has_the_same_id_and_body_and_its_own_time() {
        let opened = Timestamp::from_micros(1_796_000_000_000_000);
        let request = Request::new(Activity::ReleaseInstance).with("instanceId", "i-1").message_of("err_1", opened);
        let first = sign(&request, &[SECRET], "x".to_owned(), opened);
        let second = sign(&request, &[SECRET], "y".to_owned(), opened.plus_seconds(120));
        assert_eq!((&first.id, &first.body), (&second.id, &second.body));
        assert_eq!(second.timestamp_seconds - first.timestamp_seconds, 120);
        assert_ne!(first.signatures, second.signatures);
    }

    proptest! {
        #[test]
        fn either_secret_of_an_overlap_opens_it_and_no_other(one in any::<[u8; 24]>(), two in any::<[u8; 24]>(), other in any::<[u8; 24]>(), id in "[a-z0-9_]{1,40}") {
            prop_assume!(other != one && other != two);
            let (one, two, other) = (secret(&one), secret(&two), secret(&other));
            let request = Request::new(Activity::QueryInstance).with("instanceId", "i-1");
            let message = sign(&request, &[&one, &two], id, Timestamp::from_micros(0));
            let [(_, id), (_, time), (_, header)] = message.headers();
            let opens = |secret: &str| fits(secret, message.body.as_bytes(), (&id, &time), &header);
            prop_assert!(opens(&one) && opens(&two) && !opens(&other));
            prop_assert!(!fits(&one, message.body.as_bytes(), (&id, "1"), &header));
        }
    }
}
