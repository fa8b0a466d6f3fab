//! The lookup of what a seller's asset is deployed from: a slot. This site keeps no assets yet, so that the list is empty for
//! whoever asks, as for an asset that is not there. Deployment templates ask by it, with the key of whoever deploys.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, Query, rejection::QueryRejection},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use platform::http::{Access, Op, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Refused, Text};
use crate::Doors;

const PATH: &str = "/api/mkp-openapi-public/v1/asset/deployed-object";

/// The most letters of each word of the question.
const WORD_MAX: usize = 64;

pub(crate) fn routes(doors: Arc<Doors>) -> Routes {
    let op = Op::does(Access::SignedIn, "Find what an asset is deployed from; there are no assets yet")
        .query::<AssetAsked>()
        .gives::<DeployedAssetsAnswer>(200)
        .refuses::<Text>();
    // Signers end the path with a slash when they sign; clients send it with or without one.
    Routes::of(doors)
        .get(PATH, deployed, op.clone())
        .get("/api/mkp-openapi-public/v1/asset/deployed-object/", deployed, op)
        .done()
}

#[derive(Deserialize, IntoParams)]
struct AssetAsked {
    #[serde(default)]
    #[param(min_length = 1, max_length = 64)]
    asset_id: String,
    #[serde(default)]
    #[param(min_length = 1, max_length = 64, example = "software_package")]
    deployed_type: String,
    #[serde(default)]
    #[param(max_length = 64)]
    asset_version: String,
    #[serde(default)]
    #[param(max_length = 64)]
    region: String,
}

#[derive(Serialize, ToSchema)]
struct DeployedAssetsAnswer {
    #[schema(example = "92020000")]
    error_code: &'static str,
    #[schema(example = "success")]
    error_msg: &'static str,
    data: Vec<DeployedAsset>,
}

/// An asset, as clients expect it: one of the two objects is there.
#[derive(Serialize, ToSchema)]
struct DeployedAsset {
    asset_id: String,
    deployed_type: String,
    version: String,
    version_id: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_deployed_object: Option<DeployedImage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_pkg_deployed_object: Option<DeployedPackage>,
}

#[derive(Serialize, ToSchema)]
struct DeployedImage {
    image_id: String,
    image_name: String,
    os_type: String,
    create_time: String,
    architecture: String,
}

#[derive(Serialize, ToSchema)]
struct DeployedPackage {
    package_name: String,
    internal_path: String,
    checksum: String,
}

/// Whoever signed the request; what is asked for is nobody's.
struct Asker;

impl FromRequestParts<Arc<Doors>> for Asker {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Refused> {
        doors.accounts.authenticate(parts).await?;
        Ok(Self)
    }
}

async fn deployed(_: Asker, asked: Result<Query<AssetAsked>, QueryRejection>) -> Result<Response, Refused> {
    let Ok(Query(AssetAsked { asset_id, deployed_type, asset_version, region })) = asked else {
        return Err(Refused::field("the query could not be read"));
    };
    for (name, word) in [("asset_id", &asset_id), ("deployed_type", &deployed_type)] {
        if !(1..=WORD_MAX).contains(&word.chars().count()) {
            return Err(Refused::field(&format!("{name} must have 1 to {WORD_MAX} characters")));
        }
    }
    for (name, word) in [("asset_version", &asset_version), ("region", &region)] {
        if word.chars().count() > WORD_MAX {
            return Err(Refused::field(&format!("{name} must have at most {WORD_MAX} characters")));
        }
    }
    let answer = DeployedAssetsAnswer { error_code: "92020000", error_msg: "success", data: Vec::new() };
    Ok(Json(answer).into_response())
}
