//! API tokens and access keys: made, shown once, listed, ended.

use kernel::{
    Error, Invalid, Page, Result, Thing,
    id::{AccessKeyId, TokenId},
    page::PageOf,
};
use platform::{Tx, http::IfMatch, vault};
use rand::RngExt;
use sqlx::types::Json;

use crate::{
    Accounts, Buyer, Member, Permission,
    rules::AccountRefused,
    store,
    store::credential::{AccessKey, Token},
};

/// A token lasts at most this long, so that a forgotten one does not stay open for ever.
pub(crate) const TOKEN_DAYS_MAX: u32 = 366;
pub(crate) const CREDENTIAL_NAME_MAX: usize = 64;

/// A token that is wanted.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scopes: Vec<Permission>,
    pub days: u32,
}

/// A pair of keys that is wanted.
#[derive(Clone, Debug)]
pub struct NewAccessKey {
    pub name: String,
    pub scopes: Vec<Permission>,
}

impl Accounts {
    /// Makes an API token that acts as the member within the scopes. The text is given out here and nowhere else.
    pub async fn issue_token(&self, tx: &mut Tx, member: &Member, wanted: &NewToken) -> Result<(TokenId, String)> {
        let (token, text) = self.new_token(tx, member, wanted).await?;
        Ok((token.id, text))
    }

    pub(crate) async fn new_token(&self, tx: &mut Tx, member: &Member, wanted: &NewToken) -> Result<(Token, String)> {
        let NewToken { name, scopes, days } = wanted;
        let mut wrong = Invalid::default();
        let days_fine = (1..=TOKEN_DAYS_MAX).contains(days);
        wrong.check(
            days_fine,
            "days",
            (format!("must be from 1 to {TOKEN_DAYS_MAX}"), format!("须在 1 到 {TOKEN_DAYS_MAX} 之间")),
        );
        let scopes = check(member, name, scopes, wrong)?;
        self.hold_acting(tx, member).await?;
        let now = self.app.clock.now();
        let text = vault::random_token("kt");
        let token = Token {
            id: TokenId::new(now),
            user_id: member.user(),
            name: name.trim().to_owned(),
            scopes: Json(scopes),
            created_at: now,
            expires_at: now.plus_days(i64::from(*days)),
            last_used_at: None,
            revoked_at: None,
        };
        store::credential::insert_token(tx, member.account(), &token, &vault::fingerprint(&text)).await?;
        let detail =
            serde_json::json!({ "name": token.name, "scopes": token.scopes.0, "expires_at": token.expires_at });
        self.audit(tx, member, "token.issued", &token.id.to_string(), &detail).await?;
        Ok((token, text))
    }

    pub async fn tokens(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Token>> {
        buyer.may(Permission::ManageTeam)?;
        store::credential::tokens(tx, buyer.account(), page).await
    }

    pub async fn revoke_token(&self, tx: &mut Tx, buyer: &Buyer, id: TokenId) -> Result<()> {
        buyer.may(Permission::ManageTeam)?;
        store::credential::revoke_token(tx, buyer.account(), id, self.app.clock.now()).await?;
        self.known.forget(tx);
        self.audit(tx, buyer, "token.revoked", &id.to_string(), &serde_json::json!({})).await
    }

    /// Makes a pair of keys for signed requests. The secret key is given out here and nowhere else.
    pub async fn create_key(&self, tx: &mut Tx, member: &Member, wanted: &NewAccessKey) -> Result<(AccessKey, String)> {
        let NewAccessKey { name, scopes } = wanted;
        let scopes = check(member, name, scopes, Invalid::default())?;
        self.hold_acting(tx, member).await?;
        let now = self.app.clock.now();
        let id = AccessKeyId::new(now);
        let secret = random_text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40);
        let key = AccessKey {
            id,
            user_id: member.user(),
            name: name.trim().to_owned(),
            access: random_text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20),
            scopes: Json(scopes),
            active: true,
            version: 1,
            created_at: now,
            last_used_at: None,
        };
        let sealed = self.app.vault.seal(secret.as_bytes(), &vault_context(id))?;
        store::credential::insert_key(tx, member.account(), &key, sealed).await?;
        let detail = serde_json::json!({ "name": key.name, "access_key": key.access, "scopes": key.scopes.0 });
        self.audit(tx, member, "access_key.created", &id.to_string(), &detail).await?;
        Ok((key, secret))
    }

    pub async fn keys(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<AccessKey>> {
        buyer.may(Permission::ManageTeam)?;
        store::credential::keys(tx, buyer.account(), page).await
    }

    /// Renames a pair of keys, or switches it off and on.
    pub async fn edit_key(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, version): (AccessKeyId, IfMatch),
        (name, active): (Option<&str>, Option<bool>),
    ) -> Result<AccessKey> {
        buyer.may(Permission::ManageTeam)?;
        let mut key =
            store::credential::key_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::AccessKey))?;
        version.check(key.version)?;
        if let Some(name) = name {
            let mut wrong = Invalid::default();
            wrong.length(name, 1, CREDENTIAL_NAME_MAX, "name");
            wrong.done()?;
            name.trim().clone_into(&mut key.name);
        }
        key.active = active.unwrap_or(key.active);
        store::credential::update_key(tx, buyer.account(), &key, || Error::Busy).await?;
        self.known.forget(tx);
        let detail = serde_json::json!({ "name": key.name, "active": key.active });
        self.audit(tx, buyer, "access_key.changed", &id.to_string(), &detail).await?;
        Ok(AccessKey { version: key.version + 1, ..key })
    }

    pub async fn delete_key(&self, tx: &mut Tx, buyer: &Buyer, id: AccessKeyId) -> Result<()> {
        buyer.may(Permission::ManageTeam)?;
        store::credential::delete_key(tx, buyer.account(), id).await?;
        self.known.forget(tx);
        self.audit(tx, buyer, "access_key.deleted", &id.to_string(), &serde_json::json!({})).await
    }
}

/// What the secret of a key is sealed for.
pub(crate) fn vault_context(id: AccessKeyId) -> String {
    format!("access_key/{id}")
}

/// Nobody gives a credential more than they may do with the one they hold.
fn check(member: &Member, name: &str, scopes: &[Permission], mut wrong: Invalid) -> Result<Vec<Permission>> {
    member.may(Permission::ManageTeam)?;
    wrong.length(name, 1, CREDENTIAL_NAME_MAX, "name");
    wrong.check(!scopes.is_empty(), "scopes", ("must name at least one", "至少须包含一项"));
    wrong.done()?;
    for scope in scopes {
        member.may(*scope).map_err(|_| AccountRefused::ScopeTooWide(*scope))?;
    }
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

fn random_text(letters: &'static [u8], length: usize) -> String {
    let mut random = rand::rng();
    (0..length).map(|_| char::from(letters[random.random_range(0..letters.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_have_their_length_and_letters() {
        let text = random_text(b"AB", 20);
        assert_eq!(text.len(), 20);
        assert!(text.bytes().all(|b| b"AB".contains(&b)));
        assert_ne!(random_text(b"ABCDEFGH", 40), random_text(b"ABCDEFGH", 40));
    }
}
