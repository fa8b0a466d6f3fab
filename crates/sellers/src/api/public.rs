//! What everybody may read: sellers, the agreement, the contracting entities.

use axum::{Json, extract::State};
use kernel::{Currency, Localized, Timestamp, id::AccountId};
use platform::http::{Access, Op, PathParam, Problem, Reply, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{SellerProfile, Sellers, agreement_hash};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SellerProfileJson {
    account: AccountId,
    /// The company.
    name: String,
    introduction: Option<String>,
    website: Option<String>,
    service_phone: Option<String>,
    service_email: Option<String>,
    service_hours: Option<String>,
    /// Where it may sell.
    regions: Vec<String>,
    admitted_at: Timestamp,
}

impl From<SellerProfile> for SellerProfileJson {
    fn from(profile: SellerProfile) -> Self {
        let SellerProfile {
            account,
            name,
            introduction,
            website,
            service_phone,
            service_email,
            service_hours,
            regions,
            entities: _,
            admitted_at,
        } = profile;
        Self { account, name, introduction, website, service_phone, service_email, service_hours, regions, admitted_at }
    }
}

/// The agreement that an applicant accepts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgreementJson {
    version: String,
    title: Localized,
    text: Localized,
    /// SHA-256 over the English text, a line feed and the Chinese text, in hexadecimal.
    sha256: String,
}

/// A legal entity of the operator that sellers sign with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContractingEntityJson {
    code: String,
    name: Localized,
    regions: Vec<String>,
    currency: Currency,
}

/// Where a seller can sign.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContractingEntitiesJson {
    items: Vec<ContractingEntityJson>,
}

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    let show = Op::does(Access::Public, "Look up a seller").gives::<SellerProfileJson>(200);
    let agreement = Op::does(Access::Public, "Read the seller agreement in force").gives::<AgreementJson>(200);
    let entities = Op::does(Access::Public, "List the contracting entities").gives::<ContractingEntitiesJson>(200);
    Routes::of(sellers.clone())
        .get("/api/v1/sellers/{account}", self::show, show)
        .get("/api/v1/seller/agreement", self::agreement, agreement)
        .get("/api/v1/seller/contracting-entities", self::entities, entities)
        .done()
}

async fn show(State(sellers): State<Sellers>, PathParam(account): PathParam<AccountId>) -> Reply<SellerProfileJson> {
    Ok(Json(sellers.profile(&mut sellers.app.db.read(), account).await?.into()))
}

async fn agreement(State(sellers): State<Sellers>) -> Reply<AgreementJson> {
    let policy = sellers.policies.current().await?;
    let agreement = &policy.sellers.agreement;
    Ok(Json(AgreementJson {
        version: agreement.version.clone(),
        title: agreement.title.clone(),
        text: agreement.text.clone(),
        sha256: agreement_hash(agreement),
    }))
}

async fn entities(State(sellers): State<Sellers>) -> Result<Json<ContractingEntitiesJson>, Problem> {
    let policy = sellers.policies.current().await?;
    let items = policy.contracting_entities.iter().map(|entity| ContractingEntityJson {
        code: entity.code.clone(),
        name: entity.name.clone(),
        regions: entity.regions.clone(),
        currency: entity.currency,
    });
    Ok(Json(ContractingEntitiesJson { items: items.collect() }))
}
