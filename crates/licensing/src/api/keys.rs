//! The keys with which licence files are verified, as a JSON Web Key Set ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).

use accounts::Operator;
use axum::{Json, extract::State};
use platform::http::{Access, Answer, Once, Op, Problem, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Licensing;

pub(super) fn routes(licensing: &Licensing) -> Routes {
    Routes::of(licensing.clone())
        .get(
            "/api/v1/licence-keys",
            list,
            Op::does(Access::Public, "Get the public keys of licence files, as a JSON Web Key Set")
                .gives::<LicenceKeySetJson>(200),
        )
        .post(
            "/api/v1/operator/licence-keys",
            rotate,
            Op::does(Access::Operator, "Let a new key sign licence files; the earlier ones stay published")
                .gives::<NewLicenceKeyJson>(201),
        )
        .done()
}

#[derive(Debug, Serialize, ToSchema)]
struct LicenceKeySetJson {
    /// The newest first.
    keys: Vec<LicenceKeyJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LicenceKeyJson {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct NewLicenceKeyJson {
    kid: String,
}

async fn list(State(licensing): State<Licensing>) -> Reply<LicenceKeySetJson> {
    let keys = licensing.public_keys(&mut licensing.app.db.read()).await?;
    let keys = keys.into_iter().map(|(kid, x)| LicenceKeyJson {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        usage: "sig",
        kid,
        x,
    });
    Ok(Json(LicenceKeySetJson { keys: keys.collect() }))
}

async fn rotate(State(licensing): State<Licensing>, operator: Operator, once: Once) -> Result<Answer, Problem> {
    once.run(&licensing.app, async |tx| {
        let kid = licensing.rotate_key(tx, &operator).await?;
        Ok(Answer::created(&NewLicenceKeyJson { kid }))
    })
    .await
}
