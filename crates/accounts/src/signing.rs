//! Signing a request for a developer who wants to see how it is done. Secrets do not leave this crate.

use axum::http::{HeaderMap, Method, Uri};
use kernel::{Result, page::PageOf};
use platform::Tx;

use crate::{
    Accounts, Permission, Seller,
    actions::authenticate::Unauthenticated,
    signature::{self, SignatureMade, Signed},
    store,
    store::credential::AccessKey,
};

/// A request that is to be signed.
#[derive(Clone, Copy)]
pub struct Unsigned<'r> {
    pub method: &'r Method,
    pub uri: &'r Uri,
    pub headers: &'r HeaderMap,
    /// The SHA-256 of the body in hexadecimal; `None`: there is no body.
    pub body_hash: Option<&'r str>,
    /// Their names in lower case, sorted, with semicolons between them.
    pub signed_headers: &'r str,
}

/// Keys that somebody can choose from; more are pasted.
const SHOWN: PageOf = PageOf { before: None, limit: 100 };

impl Accounts {
    /// The keys that a developer may sign with: their own, and everybody's for whoever manages the team.
    pub async fn signing_keys(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<AccessKey>> {
        seller.may(Permission::Integrate)?;
        let everybodys = seller.may(Permission::ManageTeam).is_ok();
        let keys = store::credential::keys(tx, seller.account(), SHOWN).await?.items;
        Ok(keys.into_iter().filter(|key| key.active && (everybodys || key.user_id == seller.user())).collect())
    }

    /// Signs with a key of the account, found by its public part.
    pub async fn sign_with_key(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        access: &str,
        request: Unsigned<'_>,
    ) -> Result<SignatureMade> {
        let keys = self.signing_keys(tx, seller).await?;
        let key = keys.into_iter().find(|key| key.access == access).ok_or(Unauthenticated::AccessKey)?;
        let secret = self.key_secret(tx, &key.access).await?.ok_or(Unauthenticated::AccessKey)?;
        self.sign_with_secret((access, &secret), request)
    }

    /// Signs with a pair that somebody has pasted; it is used here and kept nowhere.
    pub fn sign_with_secret(&self, (access, secret): (&str, &[u8]), request: Unsigned<'_>) -> Result<SignatureMade> {
        let Unsigned { method, uri, headers, body_hash, signed_headers } = request;
        let signed = Signed { method, uri, headers, body_hash };
        let made = signature::sign(signed_headers, signed, (access, secret));
        Ok(made.map_err(Unauthenticated::from)?)
    }
}
