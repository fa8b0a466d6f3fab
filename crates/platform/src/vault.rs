//! Encryption at rest: secrets are sealed under a master key that lies beside the data or comes from the environment.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use kernel::{Error, Result, args};
use sha2::Sha256;

use crate::db::Db;

/// What is sealed to know the master key again.
const CHECK: &str = "vault check";

#[derive(sqlx::FromRow)]
struct Known {
    sealed: Vec<u8>,
}

/// Seals and opens secrets with AES-256-GCM; the context (what the secret is of) is authenticated with it.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    cipher: Aes256Gcm,
    master: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the master key in {0} must be 32 bytes in base64")]
    Key(String),
    #[error(
        "this database's secrets were sealed under another master key: give it as master_key (KONTOR_MASTER_KEY), or put its \
         file into the data folder"
    )]
    OtherKey,
    #[error("a secret could not be opened: it was sealed under another master key or has been changed")]
    Sealed,
}

impl Vault {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(Keys { cipher: Aes256Gcm::new(&key.into()), master: key }))
    }

    /// Reads the key file, or makes one that only its owner may read.
    pub fn open(file: &Path) -> Result<Self> {
        if !file.exists() {
            let key: [u8; 32] = rand::random();
            // Whole or not at all: a half-written key would be none.
            let draft = file.with_extension("new");
            let mut made = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)
                .map_err(Error::fault)?;
            made.write_all(BASE64_STANDARD.encode(key).as_bytes()).map_err(Error::fault)?;
            made.sync_all().map_err(Error::fault)?;
            std::fs::rename(&draft, file).map_err(Error::fault)?;
        }
        let text = std::fs::read_to_string(file).map_err(Error::fault)?;
        Self::from_base64(&text, &file.display().to_string())
    }

    /// `source` names where the text came from, for the error.
    pub fn from_base64(text: &str, source: &str) -> Result<Self> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Self::new).ok_or_else(|| Error::fault(VaultError::Key(source.to_owned())))
    }

    /// A keyed hash, in hexadecimal: only who has the master key can make one that fits.
    pub fn mac(&self, context: &str, text: &[u8]) -> String {
        // The hash's block is 64 bytes; a shorter key is filled with zeros, as the standard has it.
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.0.master);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(context.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        hexadecimal(&mac.finalize().into_bytes().into())
    }

    /// Refuses a database whose secrets were sealed under another master key; a new one is marked with this.
    pub async fn check(&self, db: &Db) -> Result<()> {
        let mut tx = db.begin().await?;
        let known: Option<Known> = tx.fetch_optional("select sealed from vault_check where id = 1", vec![]).await?;
        if let Some(known) = known {
            return self.unseal(&known.sealed, CHECK).map(drop).map_err(|_| Error::fault(VaultError::OtherKey));
        }
        let sealed = self.seal(CHECK.as_bytes(), CHECK)?;
        tx.execute("insert into vault_check (id, sealed) values (1, $1) on conflict (id) do nothing", args![sealed])
            .await?;
        tx.commit().await
    }

    pub fn seal(&self, secret: &[u8], context: &str) -> Result<Vec<u8>> {
        let nonce: [u8; 12] = rand::random();
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed =
            self.0.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| Error::fault(VaultError::Sealed))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn unseal(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>> {
        let wrong = || Error::fault(VaultError::Sealed);
        let (nonce, text) = sealed.split_at_checked(12).ok_or_else(wrong)?;
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| wrong())?;
        let payload = Payload { msg: text, aad: context.as_bytes() };
        self.0.cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| wrong())
    }
}

/// A fresh random secret of 160 bits in letters that people can copy: `prefix_…`.
pub fn random_token(prefix: &str) -> String {
    use std::fmt::Write as _;
    let bytes: [u8; 20] = rand::random();
    let mut token = format!("{prefix}_");
    for byte in bytes {
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The SHA-256 of a text, in hexadecimal: how tokens are kept.
pub fn fingerprint(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

/// Letter by letter, as `hex::encode` does it, costs more than the hash.
fn hexadecimal(hash: &[u8; 32]) -> String {
    let mut digits = [0; 64];
    let written = hex::encode_to_slice(hash, &mut digits);
    written.ok().and_then(|()| str::from_utf8(&digits).ok()).unwrap_or_default().to_owned()
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hexadecimal(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_context_and_unchanged() {
        let vault = Vault::new([7; 32]);
        let mut sealed = vault.seal(b"sk-secret", "access_key/1").unwrap();
        assert_eq!(vault.unseal(&sealed, "access_key/1").unwrap(), b"sk-secret");
        assert!(vault.unseal(&sealed, "access_key/2").is_err());
        sealed[20] ^= 1;
        assert!(vault.unseal(&sealed, "access_key/1").is_err());
        assert!(vault.unseal(b"short", "x").is_err());
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let sealed = Vault::open(&file).unwrap().seal(b"x", "c").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Vault::open(&file).unwrap().unseal(&sealed, "c").unwrap(), b"x");
    }
}
