//! How V1.0 hides what is nobody else's: `iv || base64(AES-CBC(key, iv, text))`, the key made of the access key as Java does it.

use aes::{Aes128, Aes256};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7},
};
use kernel::choices;
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

choices! {
    /// How phone numbers, mail addresses, user names and passwords are hidden between this site and a program of V1.0.
    #[derive(Default)]
    pub enum FieldCipher {
        #[default]
        Aes256 = "aes256",
        Aes128 = "aes128",
    }
}

const BLOCK: usize = 16;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl FieldCipher {
    /// As `encryptType` names it, in a text or as a number.
    pub(super) fn named(code: &Value) -> Option<Self> {
        match code
            .as_str()
            .map(str::trim)
            .or(code.as_u64().and_then(|code| ["", "1", "2"].get(usize::try_from(code).ok()?).copied()))?
        {
            "1" => Some(Self::Aes256),
            "2" => Some(Self::Aes128),
            _ => None,
        }
    }

    pub(super) fn hide(self, key: &str, iv: &[u8; BLOCK], text: &str) -> String {
        let made = made_key(key);
        let hidden = match self {
            Self::Aes256 => {
                Encryptor::<Aes256>::new(&made.into(), &(*iv).into()).encrypt_padded_vec::<Pkcs7>(text.as_bytes())
            }
            Self::Aes128 => {
                Encryptor::<Aes128>::new(&half(made).into(), &(*iv).into()).encrypt_padded_vec::<Pkcs7>(text.as_bytes())
            }
        };
        let iv: String = iv.iter().copied().map(char::from).collect();
        iv + &BASE64_STANDARD.encode(hidden)
    }

    /// None: it was not hidden with this key.
    pub(super) fn show(self, key: &str, hidden: &str) -> Option<String> {
        let (iv, rest) = hidden.trim().split_at_checked(BLOCK)?;
        let iv: [u8; BLOCK] = iv.as_bytes().try_into().ok()?;
        // Older libraries break long lines.
        let rest: String = rest.chars().filter(|letter| !letter.is_whitespace()).collect();
        let bytes = BASE64_STANDARD.decode(rest).ok()?;
        let made = made_key(key);
        let shown = match self {
            Self::Aes256 => Decryptor::<Aes256>::new(&made.into(), &iv.into()).decrypt_padded_vec::<Pkcs7>(&bytes),
            Self::Aes128 => {
                Decryptor::<Aes128>::new(&half(made).into(), &iv.into()).decrypt_padded_vec::<Pkcs7>(&bytes)
            }
        };
        String::from_utf8(shown.ok()?).ok()
    }
}

/// Letters and digits for one field of one request. `nonce`: what nobody can guess.
pub(super) fn iv(nonce: &str, field: &str) -> [u8; BLOCK] {
    let digest = Sha256::digest(format!("{nonce} {field}"));
    let mut iv = [0; BLOCK];
    for (letter, byte) in iv.iter_mut().zip(digest) {
        *letter = LETTERS[usize::from(byte) % LETTERS.len()];
    }
    iv
}

/// The shorter key is the beginning of the longer one.
fn half(key: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&key[..16]);
    half
}

/// The first 32 bytes of Java's `SHA1PRNG` after one `setSeed`.
fn made_key(seed: &str) -> [u8; 32] {
    let mut state: [u8; 20] = Sha1::digest(seed.as_bytes()).into();
    let mut key = [0; 32];
    for part in key.chunks_mut(20) {
        let output: [u8; 20] = Sha1::digest(state).into();
        part.copy_from_slice(&output[..part.len()]);
        advance(&mut state, output);
    }
    key
}

/// As it adds up there: byte for byte with their signs, so that what is carried over may be negative.
fn advance(state: &mut [u8; 20], output: [u8; 20]) {
    let (before, mut carried) = (*state, 1_i32);
    for (byte, add) in state.iter_mut().zip(output) {
        let sum = i32::from(byte.cast_signed()) + i32::from(add.cast_signed()) + carried;
        // What is left is a byte.
        *byte = u8::try_from(sum.rem_euclid(256)).unwrap_or_default();
        carried = sum >> 8;
    }
    if *state == before {
        state[0] = state[0].wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEY: &str = "ebf72724-bacc-414b-a86b-fda5bcc8153c";
    const IV: &[u8; 16] = b"3LQvu8363e5O4zqw";

    #[test]
    fn keys_are_those_that_java_makes() {
        // Made by KeyGenerator("AES") of OpenJDK 17 with a SecureRandom("SHA1PRNG") that was seeded with the key.
        let check = |seed: &str, key: &str| assert_eq!(hex::encode(made_key(seed)), key, "{seed}");
        check(KEY, "9dae850c6750255efbf285046f83df9fbb0733d6cada35a5c9a8918e5213371d");
        check("a", "667f407de7c6ad07358fa38daed7828a72014b4e621d7140210c8cf1565a8f02");
        check("", "be1bdec0aa74b4dcb079943e70528096cca985f80a0e17bb3ba928a79edc0fd2");
        check(
            "00000000-0000-4000-8000-000000000000",
            "30b3042e15331b25167964726c8ddde08a96668e222e9afba415134bbf1eb1d0",
        );
        check("k\u{e9}y", "cfc5d0b999110395bdb8a2aab9d82e4121e3436fda82f910c10b80d139f68de4");
    }

    #[test]
    fn texts_are_hidden_as_the_documents_and_java_do_it() {
        let check = |encryption: FieldCipher, (key, iv): (&str, &[u8; 16]), text: &str, hidden: &str| {
            let whole = format!("{}{hidden}", std::str::from_utf8(iv).unwrap());
            assert_eq!(encryption.hide(key, iv, text), whole);
            assert_eq!(encryption.show(key, &whole).as_deref(), Some(text));
        };
        check(FieldCipher::Aes128, (KEY, IV), "hwadmin", "FbXK8PXivk6zI4uatJmp6g==");
        check(FieldCipher::Aes256, (KEY, IV), "hwadmin", "hfaUFh1lyNiEMbOG2fPy6A==");
        let other = ("00000000-0000-4000-8000-000000000000", b"abcdefghijklmnop");
        check(FieldCipher::Aes256, other, "欢迎 13800138000", "eG0U2mxrNbf6/a6ZnZz67EjmVe8QMwQWWHDmUZ4Bsj8=");
    }

    #[test]
    fn what_was_not_hidden_with_the_key_is_not_shown() {
        let hidden = FieldCipher::Aes256.hide(KEY, IV, "hwadmin");
        assert_eq!(
            FieldCipher::Aes256.show(KEY, &format!("{}\r\n{}", &hidden[..20], &hidden[20..])).as_deref(),
            Some("hwadmin")
        );
        assert_eq!(FieldCipher::Aes128.show(KEY, &hidden), None);
        assert_eq!(FieldCipher::Aes256.show("another", &hidden), None);
        for wrong in
            ["", "hwadmin", "3LQvu8363e5O4zqw", "3LQvu8363e5O4zqw%%%%", "三LQvu8363e5O4zqwhfaUFh1lyNiEMbOG2fPy6A=="]
        {
            assert_eq!(FieldCipher::Aes256.show(KEY, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn its_number_may_be_a_text_or_a_number() {
        for (code, expected) in [
            (json!("1"), Some(FieldCipher::Aes256)),
            (json!(2), Some(FieldCipher::Aes128)),
            (json!(" 2 "), Some(FieldCipher::Aes128)),
            (json!(0), None),
            (json!(3), None),
            (json!(""), None),
            (Value::Null, None),
        ] {
            assert_eq!(FieldCipher::named(&code), expected, "{code}");
        }
    }

    proptest! {
        #[test]
        fn what_was_hidden_is_shown_again(key in "[ -~]{1,60}", nonce in "[0-9a-f]{40}", text in ".{0,80}", which in 0_usize..2) {
            let encryption = FieldCipher::ALL[which];
            let iv = iv(&nonce, "email");
            prop_assert!(iv.iter().all(u8::is_ascii_alphanumeric));
            let hidden = encryption.hide(&key, &iv, &text);
            prop_assert!(hidden.is_ascii() && hidden.starts_with(std::str::from_utf8(&iv).unwrap()));
            let shown = encryption.show(&key, &hidden);
            prop_assert_eq!(shown.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn nothing_that_is_shown_is_too_strange(hidden in ".{0,60}", which in 0_usize..2) {
            let _ = FieldCipher::ALL[which].show(KEY, &hidden);
        }
    }
}
