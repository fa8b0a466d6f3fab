//! Who is asking: from the credential of a request to a `Member`.
//!
//! What a credential stands for is kept in memory for a few seconds, so that calls that come often do not read the
//! database each time. Changes in this process are seen as soon as they are committed, unless a request reads the old state
//! in the moment before; such a reading, and changes of another process, are over after those few seconds.

use std::{sync::Arc, time::Duration};

use axum::http::{header, request::Parts};
use kernel::{
    Error, Localized, Refusal, Result, Timestamp,
    id::{AccessKeyId, TokenId},
    time::MINUTE,
};
use platform::{
    Tx,
    http::{BodyHash, ClientAddress, Problem, Repeatable, TriedAgain},
    vault::fingerprint,
};

use crate::{
    AccountKind, Accounts, Member, Permission,
    access::Standing,
    replay::SignedChange,
    signature::{self, SignatureRefused, Signed},
    store,
    store::credential::Holder,
};

const KEPT_SECONDS: u64 = 5;
const KEPT_MAX: u64 = 20_000;

/// `last_used_at` is exact to this.
const USE_STEP: i64 = 10 * MINUTE;

/// What credentials stand for, by the fingerprint of a token or the name of a key.
#[derive(Clone)]
pub(crate) struct Known(moka::sync::Cache<String, Arc<Credential>>);

struct Credential {
    member: Member,
    expires_at: Option<Timestamp>,
    /// The secret of a key for signed requests.
    secret: Vec<u8>,
}

impl Known {
    pub(crate) fn new() -> Self {
        let cache = moka::sync::Cache::builder().max_capacity(KEPT_MAX).time_to_live(Duration::from_secs(KEPT_SECONDS));
        Self(cache.build())
    }

    /// After any change to accounts, users, sessions, tokens or keys. Changes are rare, and what is still good is read again.
    /// Before the commit what is there may still be read, so that it is forgotten once more after it.
    pub(crate) fn forget(&self, tx: &mut Tx) {
        self.0.invalidate_all();
        let known = self.0.clone();
        tx.after_commit(move || known.invalidate_all());
    }
}

/// Nobody is signed in, or not in this way.
#[derive(Debug, thiserror::Error)]
pub enum Unauthenticated {
    #[error("sign in, or send a token or a signed request")]
    Missing,
    #[error("the token is wrong, was revoked or has expired; sign in again")]
    Token,
    #[error("the access key is unknown or switched off")]
    AccessKey,
    #[error("{0}")]
    Signature(SignatureRefused),
    #[error("this signed request was accepted before; sign each change anew")]
    Replay,
}

impl Refusal for Unauthenticated {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::Token => "unauthenticated",
            Self::AccessKey => "signature.unknown_key",
            Self::Signature(refused) => refused.code(),
            Self::Replay => "signature.replayed",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Missing => "须先登录，或使用令牌、签名请求",
            Self::Token => "令牌有误、已吊销或已过期，须重新登录",
            Self::AccessKey => "访问密钥不存在或已停用",
            Self::Signature(refused) => refused.zh(),
            Self::Replay => "该签名请求已处理过，每次修改都须重新签名",
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        401
    }
}

impl From<SignatureRefused> for Unauthenticated {
    fn from(refused: SignatureRefused) -> Self {
        Self::Signature(refused)
    }
}

/// Whose last use is noted.
#[derive(Clone, Copy)]
enum Used {
    Token(TokenId),
    Key(AccessKeyId),
}

impl Accounts {
    /// Authenticates a request: `Bearer ks_…` (session), `Bearer kt_…` (token) or `SDK-HMAC-SHA256 …` (signed).
    /// Members are limited by their credential, strangers by their address.
    pub async fn authenticate(&self, parts: &mut Parts) -> Result<Member, Problem> {
        let from = ClientAddress::of(parts).to_string();
        let (member, change) = match self.identify(parts).await {
            Ok(known) => known,
            // Whoever guesses credentials is limited by address.
            Err(refused) => return Err(self.app.limits.request(&from).err().unwrap_or(refused.into())),
        };
        // The server itself tries a change again when the database was busy; only the first try is a use.
        if parts.extensions.get::<TriedAgain>().is_none() {
            // The limit comes first: whoever is told to try again later may do so with the same signature.
            self.app.limits.request(&member.credential)?;
            if let Some(change) = change
                && parts.extensions.get::<Repeatable>().is_none()
            {
                self.use_signature(&member.credential, change).await?;
            }
        }
        Ok(Member { from, ..member })
    }

    /// Whether a request shows a credential of somebody, before its body is read. Of a signed request only the key is
    /// known by then.
    pub(crate) async fn knows(&self, credential: &str) -> Result<bool> {
        let known = if credential.starts_with(signature::SCHEME) {
            let given = signature::parse(credential).map_err(Unauthenticated::from)?;
            self.known_key(given.access, self.app.clock.now()).await.map(drop)
        } else {
            let token = bearer(credential).ok_or(Unauthenticated::Missing)?;
            self.member_by_token(token).await.map(drop)
        };
        match known {
            Ok(()) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Who sends a request, and the signature of a signed change.
    async fn identify(&self, parts: &Parts) -> Result<(Member, Option<SignedChange>)> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let given = given.ok_or(Unauthenticated::Missing)?;
        if given.starts_with(signature::SCHEME) {
            return self.member_by_signature(parts, given).await;
        }
        let token = bearer(given).ok_or(Unauthenticated::Missing)?;
        Ok((self.member_by_token(token).await?, None))
    }

    /// Who a session's or an API token stands for.
    pub async fn member_by_token(&self, token: &str) -> Result<Member> {
        let now = self.app.clock.now();
        let hash = fingerprint(token);
        if let Some(kept) = self.known.0.get(&hash).filter(|kept| kept.is_good(now)) {
            return Ok(kept.member.clone());
        }
        let found = if token.starts_with("ks_") {
            self.load_session(&hash, now).await?
        } else if token.starts_with("kt_") {
            self.load_token(&hash, now).await?
        } else {
            None
        };
        let found = found.ok_or(Unauthenticated::Token)?;
        let member = found.member.clone();
        self.known.0.insert(hash, Arc::new(found));
        Ok(member)
    }

    async fn member_by_signature(&self, parts: &Parts, header: &str) -> Result<(Member, Option<SignedChange>)> {
        let now = self.app.clock.now();
        let skew = self.policies.current().await?.open_api.clock_skew_seconds;
        let given = signature::parse(header).map_err(Unauthenticated::from)?;
        let body_hash = parts.extensions.get::<BodyHash>().map(|hash| hash.0.as_str());
        let signed = Signed { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body_hash };
        let signed_at = signature::signed_at(signed, now, skew).map_err(Unauthenticated::from)?;
        let key = self.known_key(given.access, now).await?;
        signature::verify(&given, signed, &key.secret).map_err(Unauthenticated::from)?;
        let change = SignedChange { signature: given.signature, signed_at };
        Ok((key.member.clone(), (!parts.method.is_safe()).then_some(change)))
    }

    async fn known_key(&self, access: &str, now: Timestamp) -> Result<Arc<Credential>> {
        if let Some(kept) = self.known.0.get(access).filter(|kept| kept.is_good(now)) {
            return Ok(kept);
        }
        let found = Arc::new(self.load_key(access, now).await?.ok_or(Unauthenticated::AccessKey)?);
        self.known.0.insert(access.to_owned(), found.clone());
        Ok(found)
    }

    async fn load_session(&self, hash: &str, now: Timestamp) -> Result<Option<Credential>> {
        let Some(row) = store::credential::by_session(&mut self.app.db.read(), hash, now).await? else {
            return Ok(None);
        };
        let member = member(&row.holder, row.id.to_string(), None)?;
        Ok(Some(Credential { member, expires_at: Some(row.expires_at), secret: Vec::new() }))
    }

    async fn load_token(&self, hash: &str, now: Timestamp) -> Result<Option<Credential>> {
        let Some(row) = store::credential::by_token(&mut self.app.db.read(), hash, now).await? else {
            return Ok(None);
        };
        self.note_use(Used::Token(row.id), row.last_used_at, now);
        let member = member(&row.holder, row.id.to_string(), Some(row.scopes.0))?;
        Ok(Some(Credential { member, expires_at: Some(row.expires_at), secret: Vec::new() }))
    }

    async fn load_key(&self, access: &str, now: Timestamp) -> Result<Option<Credential>> {
        // Nothing of another form was ever given out, and PostgreSQL refuses some texts.
        if access.len() != 20 || !access.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let Some(row) = store::credential::by_access(&mut self.app.db.read(), access).await? else {
            return Ok(None);
        };
        self.note_use(Used::Key(row.id), row.last_used_at, now);
        let secret = self.app.vault.unseal(&row.sealed_secret, &super::credentials::vault_context(row.id))?;
        let member = member(&row.holder, row.id.to_string(), Some(row.scopes.0))?;
        Ok(Some(Credential { member, expires_at: None, secret }))
    }

    /// The secret of a key, for signing on behalf of its owner.
    pub(crate) async fn key_secret(&self, tx: &mut Tx, access: &str) -> Result<Option<Vec<u8>>> {
        let Some(row) = store::credential::by_access(tx, access).await? else { return Ok(None) };
        Ok(Some(self.app.vault.unseal(&row.sealed_secret, &super::credentials::vault_context(row.id))?))
    }

    /// Notes the use of a credential beside the request, which may hold the only connection that writes.
    fn note_use(&self, used: Used, last: Option<Timestamp>, now: Timestamp) {
        if last.is_some_and(|last| now.micros_since(last) < USE_STEP) {
            return;
        }
        let db = self.app.db.clone();
        tokio::spawn(async move {
            let noted = async {
                let mut tx = db.begin().await?;
                match used {
                    Used::Token(id) => store::credential::token_used(&mut tx, id, now).await?,
                    Used::Key(id) => store::credential::key_used(&mut tx, id, now).await?,
                };
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::debug!(%error, "the last use of a credential was not noted");
            }
        });
    }
}

impl Credential {
    fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|until| now < until)
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The member behind a credential; the address is filled in by whoever has the request.
fn member(holder: &Holder, credential: String, scopes: Option<Vec<Permission>>) -> Result<Member> {
    let standing = match holder.kind {
        AccountKind::Personal | AccountKind::Enterprise => Standing::Customer {
            role: holder.role.parse().map_err(Error::fault)?,
            verified: holder.verified,
            seller: holder.seller,
        },
        AccountKind::Operator => Standing::Staff { role: holder.role.parse().map_err(Error::fault)? },
    };
    Ok(Member {
        account: holder.account_id,
        user: holder.user_id,
        standing,
        scopes: scopes.map(Arc::from),
        lang: holder.lang,
        from: String::new(),
        credential: credential.into(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bearer_token_is_found_whatever_the_case() {
        assert_eq!(bearer("Bearer ks_1"), Some("ks_1"));
        assert_eq!(bearer("bearer  ks_1 "), Some("ks_1"));
        assert_eq!(bearer("Basic ks_1"), None);
        assert_eq!(bearer("Bearer"), None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(text in any::<String>()) {
            let _ = bearer(&text);
        }
    }
}
