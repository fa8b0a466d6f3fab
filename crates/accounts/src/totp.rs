//! Codes of authenticator apps (RFC 6238): SHA-1, six digits, thirty seconds, one step of tolerance.

use kernel::Timestamp;
use totp_rs::Builder;

pub(crate) const SECRET_LENGTH: usize = 20;

/// The step of time whose code was given, when it is a code of now.
pub(crate) fn step_of(secret: [u8; SECRET_LENGTH], code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let totp = Builder::new().with_secret(secret).build().ok()?;
    let step = totp.check(&digits, u64::try_from(now.as_seconds()).ok()?)?;
    i64::try_from(step).ok()
}

/// The secret as people type it.
pub(crate) fn in_base32(secret: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(secret.len() * 8 / 5 + 1);
    for chunk in secret.chunks(5) {
        let mut padded = [0_u8; 8];
        padded[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(padded);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            text.push(char::from(LETTERS[usize::try_from(bits >> (35 - place * 5) & 31).unwrap_or(0)]));
        }
    }
    text
}

/// The address that an app reads from a picture.
pub(crate) fn address(issuer: &str, name: &str, secret: &[u8]) -> String {
    let (issuer, name) = (escaped(issuer), escaped(name));
    format!(
        "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        in_base32(secret)
    )
}

fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: [u8; SECRET_LENGTH] = *b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(second)
    }

    #[test]
    fn the_codes_of_rfc_6238_are_accepted() {
        for (second, code, step) in
            [(59, "287082", 1), (1_111_111_109, "081804", 37_037_036), (2_000_000_000, "279037", 66_666_666)]
        {
            assert_eq!(step_of(SECRET, code, at(second)), Some(step));
            assert_eq!(step_of(SECRET, &format!("{} {}", &code[..3], &code[3..]), at(second)), Some(step));
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after() {
        assert_eq!(step_of(SECRET, "287082", at(29)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(89)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(90)), None);
    }

    #[test]
    fn a_secret_in_base32_is_as_apps_read_it() {
        assert_eq!(in_base32(&SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(in_base32(b"foob"), "MZXW6YQ");
        let text = address("商站 A", "ada@example.com", b"foob");
        assert!(
            text.starts_with("otpauth://totp/%E5%95%86%E7%AB%99%20A:ada%40example.com?secret=MZXW6YQ&issuer="),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn no_code_makes_it_panic(code in any::<String>(), second in any::<i64>()) {
            let _ = step_of(SECRET, &code, Timestamp::from_micros(second));
        }
    }
}
