//! Licence files: what a licence allows, signed for software that cannot ask.
//!
//! A file is a JWS in compact form ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)) signed with Ed25519
//! ([RFC 8037](https://www.rfc-editor.org/rfc/rfc8037)), so that any JOSE or JWT library verifies it with the published key.
//! It cannot be called back: it carries the end of the term (of the grace, once the term is over), and software that can reach us should send heartbeats instead.

use std::collections::BTreeMap;

use accounts::{Buyer, Operator, Permission, StaffPermission};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signer, SigningKey};
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, InstanceId, LicenceId, OrderId, ProductId},
};
use platform::{Tx, vault};
use serde::Serialize;

use crate::{
    Licensing,
    rules::{Licence, LicenceEventKind, LicenceRefused, LicenceState},
    store::{
        keys::{self, KeyRow},
        licences,
    },
};

/// The names of JWT where there is one, so that libraries check issuer and expiry; the rest is ours.
#[derive(Serialize)]
struct Claims<'l> {
    format: &'static str,
    format_version: u32,
    iss: String,
    sub: LicenceId,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    account: AccountId,
    seller: AccountId,
    instance: Option<InstanceId>,
    order: Option<OrderId>,
    product: Option<ProductId>,
    sku_code: &'l str,
    attributes: &'l BTreeMap<String, String>,
    quantities: &'l BTreeMap<String, u64>,
    /// The software compares it with the hash of the code that its user typed in.
    code_sha256: &'l str,
}

impl Licensing {
    /// A signed file for an instance that can be used now.
    pub async fn licence_file(&self, tx: &mut Tx, buyer: &Buyer, instance: InstanceId) -> Result<(LicenceId, String)> {
        buyer.may(Permission::Use)?;
        let licence = self.of_buyer(tx, buyer, instance).await?;
        let now = self.app.clock.now();
        match licence.state_name(now) {
            LicenceState::Created | LicenceState::Active => {}
            ended @ (LicenceState::Expired | LicenceState::Released) => {
                return Err(LicenceRefused::NotUsable(ended).into());
            }
        }
        let key = self.signing_key(tx, now).await?;
        licences::add_event(tx, &licence, LicenceEventKind::FileIssued, now, Some(buyer.from())).await?;
        Ok((licence.id, self.sign(&key, &licence, now)?))
    }

    /// Whether software without a network may have a file that was signed since.
    pub async fn file_issued_since(&self, tx: &mut Tx, instance: InstanceId, since: Timestamp) -> Result<bool> {
        match licences::of_instance(tx, instance).await? {
            Some(licence) => licences::happened_since(tx, &licence, LicenceEventKind::FileIssued, since).await,
            None => Ok(false),
        }
    }

    fn sign(&self, key: &KeyRow, licence: &Licence, now: Timestamp) -> Result<String> {
        let secret = self.app.vault.unseal(&key.private_sealed, &context(&key.id))?;
        let secret = <[u8; 32]>::try_from(secret).map_err(|_| Error::fault("a signing key has 32 bytes"))?;
        let header = serde_json::json!({ "alg": "EdDSA", "kid": key.id, "typ": "kontor-licence" });
        let claims = Claims {
            format: "kontor-licence",
            format_version: 1,
            iss: self.app.config.public_url(),
            sub: licence.id,
            iat: now.as_seconds(),
            exp: licence.told_end(now).map(Timestamp::as_seconds),
            issued_at: now,
            expires_at: licence.told_end(now),
            account: licence.account,
            seller: licence.seller,
            instance: licence.instance,
            order: licence.order,
            product: licence.product,
            sku_code: &licence.sku_code,
            attributes: &licence.attributes,
            quantities: &licence.quantities,
            code_sha256: &licence.fingerprint,
        };
        let claims = serde_json::to_vec(&claims).map_err(Error::fault)?;
        let signed = format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims));
        let signature = SigningKey::from_bytes(&secret).sign(signed.as_bytes());
        Ok(format!("{signed}.{}", BASE64URL.encode(signature.to_bytes())))
    }

    /// The key that signs now, made on first use.
    async fn signing_key(&self, tx: &mut Tx, now: Timestamp) -> Result<KeyRow> {
        if let Some(key) = keys::signing(tx).await? {
            return Ok(key);
        }
        let key = self.make_key(now)?;
        if keys::insert(tx, &key).await? {
            return Ok(key);
        }
        // Somebody else made the first key at the same moment.
        keys::signing(tx).await?.ok_or(Error::Busy)
    }

    fn make_key(&self, now: Timestamp) -> Result<KeyRow> {
        let secret: [u8; 32] = rand::random();
        let public_key = SigningKey::from_bytes(&secret).verifying_key().to_bytes().to_vec();
        let id = thumbprint(&public_key)?;
        let private_sealed = self.app.vault.seal(&secret, &context(&id))?;
        Ok(KeyRow { id, public_key, private_sealed, signs: true, made_at: now })
    }

    /// Lets a new key sign from now on. The earlier ones stay published: their files stay valid.
    pub async fn rotate_key(&self, tx: &mut Tx, operator: &Operator) -> Result<String> {
        operator.may_staff(StaffPermission::RunSite)?;
        let key = self.make_key(self.app.clock.now())?;
        keys::retire(tx).await?;
        if !keys::insert(tx, &key).await? {
            return Err(Error::Busy);
        }
        self.accounts.audit(tx, operator, "licence_key.rotated", &key.id, &serde_json::json!({})).await?;
        Ok(key.id)
    }

    /// The keys with which licence files are verified: id and public key, the newest first.
    pub(crate) async fn public_keys(&self, tx: &mut Tx) -> Result<Vec<(String, String)>> {
        let keys = keys::all(tx).await?;
        Ok(keys.into_iter().map(|key| (key.id, BASE64URL.encode(key.public_key))).collect())
    }
}

/// What a sealed key is sealed to.
fn context(id: &str) -> String {
    format!("licence_key/{id}")
}

/// The key's name, [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638).
fn thumbprint(public_key: &[u8]) -> Result<String> {
    let x = BASE64URL.encode(public_key);
    let hash = vault::sha256_hex(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
    Ok(BASE64URL.encode(hex::decode(hash).map_err(Error::fault)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_as_the_standard_says() {
        // RFC 8037, appendix A.3.
        let key = BASE64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&key).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[tokio::test]
    async fn a_file_is_verified_by_the_published_key_alone_even_after_a_new_key() {
        use ed25519_dalek::{Signature, VerifyingKey};

        use crate::world::World;

        let world = World::new().await;
        let (licensing, instance) = (&world.licensing, world.instance(instances::Term::Months(12)).await);
        let mut tx = licensing.app.db.begin().await.unwrap();
        licensing.issue(&mut tx, &instance).await.unwrap();
        let licence = licences::of_instance(&mut tx, instance.id).await.unwrap().unwrap();
        let now = world.now();
        let key = licensing.signing_key(&mut tx, now).await.unwrap();
        assert_eq!(licensing.signing_key(&mut tx, now).await.unwrap().id, key.id);
        let file = licensing.sign(&key, &licence, now).unwrap();

        keys::retire(&mut tx).await.unwrap();
        assert_ne!(licensing.signing_key(&mut tx, now.plus_seconds(1)).await.unwrap().id, key.id);
        let published = licensing.public_keys(&mut tx).await.unwrap();
        assert_eq!(published.len(), 2);
        let (_, x) = published.iter().find(|(id, _)| *id == key.id).unwrap();
        let public = <[u8; 32]>::try_from(BASE64URL.decode(x).unwrap()).unwrap();
        let public = VerifyingKey::from_bytes(&public).unwrap();
        let (signed, signature) = file.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&BASE64URL.decode(signature).unwrap()).unwrap();
        public.verify_strict(signed.as_bytes(), &signature).unwrap();
        assert!(public.verify_strict(signed.replacen("ey", "eY", 1).as_bytes(), &signature).is_err());

        let claims = BASE64URL.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["format"], "kontor-licence");
        assert_eq!(claims["attributes"]["edition"], "pro");
        assert_eq!(claims["exp"], licence.expires_at.unwrap().as_seconds());
        assert_eq!(claims["code_sha256"], licence.fingerprint.as_str());
    }
}
