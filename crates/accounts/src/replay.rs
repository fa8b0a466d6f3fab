//! Signatures that were used: a signed change is accepted once, by whichever process of the site and however often it restarts.
//!
//! A signature is written down before its change begins and forgotten when the window of `X-Sdk-Date` is over. Reading
//! requests may be repeated, they change nothing. Two changes that are equal to the byte and signed in the same second have
//! the same signature: the second is refused, and a caller that means both signs another second or one more header.

use axum::http::StatusCode;
use kernel::{Error, Result, Timestamp, id::AccessKeyId};
use platform::http::Problem;

use crate::{Accounts, actions::authenticate::Unauthenticated, store};

/// A signature that fits its request, which changes something.
#[derive(Clone, Copy)]
pub(crate) struct SignedChange {
    pub(crate) signature: [u8; 32],
    pub(crate) signed_at: Timestamp,
}

impl Accounts {
    /// Refuses a signature that was used before.
    pub(crate) async fn use_signature(&self, key: &str, change: SignedChange) -> Result<(), Problem> {
        match self.is_first_use(key, change).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::from(Unauthenticated::Replay).into()),
            // Not tried again inside the server, where a second try counts as used: the caller may send it again.
            Err(Error::Busy) => {
                let refused = Error::Busy.text();
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", refused).retry_after(1))
            }
            Err(other) => Err(other.into()),
        }
    }

    async fn is_first_use(&self, key: &str, change: SignedChange) -> Result<bool> {
        let key: AccessKeyId = key.parse().map_err(Error::fault)?;
        let mut tx = self.app.db.begin().await?;
        let SignedChange { signature, signed_at } = change;
        let first = store::credential::use_signature(&mut tx, key, &signature, signed_at).await?;
        tx.commit().await?;
        Ok(first)
    }
}
