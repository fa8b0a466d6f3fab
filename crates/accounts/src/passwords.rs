//! Hashing of passwords with argon2id, away from the threads that serve requests and a few at a time.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kernel::{Error, Result};
use platform::config;
use tokio::sync::Semaphore;

use crate::rules::PASSWORD_MAX;

#[derive(Clone)]
pub(crate) struct Passwords {
    argon: Argon2<'static>,
    /// Takes as long to compare with as a real one, and fits nothing.
    nobody: Arc<str>,
    /// Each hash takes its memory while it runs, so that a flood of sign-ins must not run beside each other.
    seats: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
#[error("argon2: {0}")]
struct HashFault(String);

fn fault(error: impl std::fmt::Display) -> Error {
    Error::fault(HashFault(error.to_string()))
}

impl Passwords {
    pub(crate) fn new(cost: config::Passwords) -> Self {
        // The configuration has been checked; settings that argon2 still refuses fall back to its own.
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).unwrap_or_default();
        let nobody = format!(
            "$argon2id$v=19$m={},t={},p=1$bm9ib2R5bm9ib2R5bm9ib2Q$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            params.m_cost(),
            params.t_cost()
        );
        let seats = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            nobody: nobody.into(),
            seats: Arc::new(Semaphore::new(seats)),
        }
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let (argon, password) = (self.argon.clone(), password.to_owned());
        let _seat = self.seats.acquire().await.map_err(fault)?;
        let hash = move || argon.hash_password(password.as_bytes()).map(|hash| hash.to_string());
        tokio::task::spawn_blocking(hash).await.map_err(fault)?.map_err(fault)
    }

    /// Whether the password fits the hash; without a hash the same work is done in vain.
    pub(crate) async fn fits(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        // No password is longer; what is, is not worth its work.
        let (password, hash) = if password.len() > 4 * PASSWORD_MAX { ("", None) } else { (password, hash) };
        let (argon, password) = (self.argon.clone(), password.to_owned());
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let _seat = self.seats.acquire().await.map_err(fault)?;
        let verify = move || argon.verify_password(password.as_bytes(), hash.as_str()).is_ok();
        tokio::task::spawn_blocking(verify).await.map_err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::new(config::Passwords { memory_kib: 8, passes: 1 })
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_only() {
        let passwords = cheap();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(passwords.fits("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("Correct horse", Some(&hash)).await.unwrap());
        assert_ne!(passwords.hash("correct horse").await.unwrap(), hash);
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_costs_the_same_work() {
        let passwords = cheap();
        assert!(!passwords.fits("", None).await.unwrap());
        // It is a hash that argon2 reads and works through, not a text that it refuses at once.
        let nobody = argon2::PasswordHash::new(&passwords.nobody).unwrap();
        assert_eq!(nobody.hash.unwrap().len(), 32);
    }
}
