//! What an admitted seller sees and does about itself.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery,
    id::{BusinessCertificationId, SellerChangeId},
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{AcceptAgreement, AcceptanceJson, CertificationJson, ChangeJson, SellerJson};
use crate::{Accepted, BusinessInformation, FinanceContact, Information, Sellers, TaxpayerIdentity};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "entity": "CN1", "regions": ["CN"], "account_holder": "Cloudco Software Ltd.", "bank": "Bank of Shanghai, Zhangjiang branch",
    "account_number": "1001 2345 6789 0123 456", "taxpayer_identity": "general", "taxpayer_number": "91310115MA1K35XX7Q"
}))]
pub(crate) struct SubmitBusinessInformation {
    /// The code of the contracting entity.
    #[schema(max_length = 50)]
    entity: String,
    #[schema(min_items = 1)]
    regions: Vec<String>,
    /// Has to be the company's own name.
    #[schema(min_length = 1, max_length = 120)]
    account_holder: String,
    #[schema(min_length = 2, max_length = 120)]
    bank: String,
    #[schema(min_length = 6)]
    account_number: String,
    taxpayer_identity: TaxpayerIdentity,
    #[schema(min_length = 5, max_length = 30)]
    taxpayer_number: String,
}

impl From<SubmitBusinessInformation> for BusinessInformation {
    fn from(sent: SubmitBusinessInformation) -> Self {
        let SubmitBusinessInformation {
            entity,
            regions,
            account_holder,
            bank,
            account_number,
            taxpayer_identity,
            taxpayer_number,
        } = sent;
        Self { entity, regions, account_holder, bank, account_number, taxpayer_identity, taxpayer_number }
    }
}

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    let does = |summary| Op::does(Access::Seller, summary);
    let change = does("Ask for new seller information to hold").takes::<Information>().gives::<ChangeJson>(201);
    let finance =
        does("Change the finance contact at once").if_match().takes::<FinanceContact>().gives::<SellerJson>(200);
    let business = does("Submit business information for certification").takes::<SubmitBusinessInformation>();
    let accept = does("Accept the seller agreement in force").takes::<AcceptAgreement>().gives::<AcceptanceJson>(201);
    Routes::of(sellers.clone())
        .get("/api/v1/seller", show, does("Look up what holds of you as a seller").gives::<SellerJson>(200))
        .put("/api/v1/seller/finance-contact", set_finance_contact, finance)
        .post("/api/v1/seller/agreements", accept_agreement, accept)
        .post("/api/v1/seller/changes", submit_change, change)
        .get(
            "/api/v1/seller/changes",
            list_changes,
            does("List your changes of seller information").query::<PageQuery>().gives::<Page<ChangeJson>>(200),
        )
        .get("/api/v1/seller/changes/{change}", show_change, does("Look up a change").gives::<ChangeJson>(200))
        .post(
            "/api/v1/seller/changes/{change}/withdraw",
            withdraw_change,
            does("Withdraw a change").gives::<ChangeJson>(200),
        )
        .post("/api/v1/seller/business-information", submit_business, business.gives::<CertificationJson>(201))
        .get(
            "/api/v1/seller/business-information",
            list_business,
            does("List your business information").query::<PageQuery>().gives::<Page<CertificationJson>>(200),
        )
        .get(
            "/api/v1/seller/business-information/{certification}",
            show_business,
            does("Look up business information").gives::<CertificationJson>(200),
        )
        .done()
}

async fn show(State(sellers): State<Sellers>, seller: Seller) -> Reply<SellerJson> {
    Ok(Json(sellers.own(&mut sellers.app.db.read(), &seller).await?.into()))
}

async fn set_finance_contact(
    State(sellers): State<Sellers>,
    seller: Seller,
    seen: IfMatch,
    once: Once,
    Body(contact): Body<FinanceContact>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        let row = sellers.set_finance_contact(tx, &seller, seen, &contact).await?;
        let version = row.version;
        Ok(Answer::ok(&SellerJson::from(row)).version(version))
    })
    .await
}

async fn accept_agreement(
    State(sellers): State<Sellers>,
    seller: Seller,
    once: Once,
    Body(input): Body<AcceptAgreement>,
) -> Result<Answer, Problem> {
    let accepted = Accepted::from(input);
    once.run(&sellers.app, async |tx| {
        let acceptance = sellers.accept_agreement(tx, &seller, &accepted).await?;
        Ok(Answer::created(&AcceptanceJson::from(acceptance)))
    })
    .await
}

async fn submit_change(
    State(sellers): State<Sellers>,
    seller: Seller,
    once: Once,
    Body(information): Body<Information>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(Answer::created(&ChangeJson::from(sellers.submit_change(tx, &seller, &information).await?)))
    })
    .await
}

async fn list_changes(
    State(sellers): State<Sellers>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<ChangeJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(sellers.own_changes(&mut sellers.app.db.read(), &seller, page).await?.map(ChangeJson::from)))
}

async fn show_change(
    State(sellers): State<Sellers>,
    seller: Seller,
    PathParam(id): PathParam<SellerChangeId>,
) -> Reply<ChangeJson> {
    Ok(Json(sellers.change(&mut sellers.app.db.read(), &seller, id).await?.into()))
}

async fn withdraw_change(
    State(sellers): State<Sellers>,
    seller: Seller,
    PathParam(id): PathParam<SellerChangeId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(Answer::ok(&ChangeJson::from(sellers.withdraw_change(tx, &seller, id).await?)))
    })
    .await
}

async fn submit_business(
    State(sellers): State<Sellers>,
    seller: Seller,
    once: Once,
    Body(input): Body<SubmitBusinessInformation>,
) -> Result<Answer, Problem> {
    let sent = BusinessInformation::from(input);
    once.run(&sellers.app, async |tx| {
        let certification = sellers.submit_business_information(tx, &seller, &sent).await?;
        Ok(Answer::created(&CertificationJson::from(certification)))
    })
    .await
}

async fn list_business(
    State(sellers): State<Sellers>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<CertificationJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let found = sellers.own_business_information(&mut sellers.app.db.read(), &seller, page).await?;
    Ok(Json(found.map(CertificationJson::from)))
}

async fn show_business(
    State(sellers): State<Sellers>,
    seller: Seller,
    PathParam(id): PathParam<BusinessCertificationId>,
) -> Reply<CertificationJson> {
    Ok(Json(sellers.business_information(&mut sellers.app.db.read(), &seller, id).await?.into()))
}
