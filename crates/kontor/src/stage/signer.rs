//! Requests signed with an access key, as sellers' software sends them.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use kernel::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    People, Person,
    client::{Client, Reply, text},
};

/// An access key that signs as `SDK-HMAC-SHA256` does.
pub struct Signer {
    access: String,
    secret: String,
}

/// A signed request.
#[derive(Clone, Debug)]
pub struct Signed {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Signer {
    /// A fresh key of a person.
    pub async fn of(people: &People, person: &Person, scopes: &[&str]) -> anyhow::Result<Self> {
        let wanted = json!({ "name": "signer", "scopes": scopes });
        let key = people.client.post(&person.token, "/api/v1/access-keys", wanted).await?;
        Ok(Self { access: text(&key, "access_key")?.to_owned(), secret: text(&key, "secret_key")?.to_owned() })
    }

    /// `nonce` makes two requests of one second differ.
    pub fn post(&self, path: &str, body: &Value, nonce: &str, now: Timestamp) -> Signed {
        let date = now.format("%Y%m%dT%H%M%SZ", &TimeZone::UTC);
        let body = body.to_string();
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("host", "kontor".to_owned()),
            ("x-nonce", nonce.to_owned()),
            ("x-sdk-date", date.clone()),
        ];
        let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n");
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let canonical = format!("POST\n{path}/\n\n{lines}\n{names}\n{}", hex::encode(Sha256::digest(&body)));
        let to_sign = format!("SDK-HMAC-SHA256\n{date}\n{}", hex::encode(Sha256::digest(&canonical)));
        let signature = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .map(|mac| hex::encode(mac.chain_update(to_sign).finalize().into_bytes()))
            .unwrap_or_default();
        let authorization =
            format!("SDK-HMAC-SHA256 Access={}, SignedHeaders={names}, Signature={signature}", self.access);
        headers.push(("authorization", authorization));
        Signed { path: path.to_owned(), headers, body }
    }
}

impl Signed {
    /// The same with the signature over its body that usage is pushed with.
    #[must_use]
    pub fn pushed(mut self, production_key: &str, nonce: &str, now: Timestamp) -> Self {
        let ts = now.as_millis().to_string();
        let signature = Hmac::<Sha256>::new_from_slice(production_key.as_bytes())
            .map(|mac| mac.chain_update(format!("ts={ts}&nonce={nonce}&body={}", self.body)).finalize().into_bytes())
            .map(|bytes| BASE64_STANDARD.encode(bytes))
            .unwrap_or_default();
        self.headers.extend([("ts", ts), ("nonce", nonce.to_owned()), ("signature", signature)]);
        self
    }

    /// As it goes over a connection of HTTP/1.1.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { path, headers, body } = self;
        let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ": " + value + "\r\n");
        format!("POST {path} HTTP/1.1\r\n{lines}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    pub async fn send(&self, client: &Client) -> anyhow::Result<Reply> {
        client.send("POST", &self.path, self.headers.clone(), self.body.clone().into_bytes()).await
    }
}
