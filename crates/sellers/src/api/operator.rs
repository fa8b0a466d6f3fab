//! Reviews: what the operator's staff sees and decides. A decision names the version that was read.

use accounts::Operator;
use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery,
    id::{AccountId, BusinessCertificationId, SellerApplicationId, SellerChangeId},
    page::PageOf,
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::Deserialize;
use utoipa::IntoParams;

use super::json::{ApplicationJson, CertificationJson, ChangeJson, Rejection, SellerJson};
use crate::{Application, ApplicationState, Certification, CertificationState, Change, ChangeState, Sellers};

macro_rules! filtered {
    ($name:ident, $state:ty) => {
        /// A page of what is in one state, or in any.
        #[derive(Debug, Deserialize, IntoParams)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            #[param(inline)]
            state: Option<$state>,
            /// The `next_cursor` of the page before.
            cursor: Option<String>,
            /// How many items, 1 to 100; 20 unless told.
            #[param(minimum = 1, maximum = 100)]
            limit: Option<u32>,
        }

        impl $name {
            fn checked(self) -> Result<(Option<$state>, PageOf), kernel::Error> {
                let Self { state, cursor, limit } = self;
                Ok((state, PageQuery { cursor, limit }.checked()?))
            }
        }
    };
}

filtered!(ApplicationsQuery, ApplicationState);
filtered!(ChangesQuery, ChangeState);
filtered!(CertificationsQuery, CertificationState);

pub(crate) fn routes(sellers: &Sellers) -> Routes {
    applications(sellers).and(changes(sellers)).and(business(sellers))
}

fn does(summary: &'static str) -> Op {
    Op::does(Access::Operator, summary)
}

fn applications(sellers: &Sellers) -> Routes {
    let list = does("List seller applications").query::<ApplicationsQuery>().gives::<Page<ApplicationJson>>(200);
    let approve = does("Admit an applicant as a seller").if_match().gives::<ApplicationJson>(200);
    let reject = does("Reject a seller application").if_match().takes::<Rejection>().gives::<ApplicationJson>(200);
    let sellers_list = does("List sellers").query::<PageQuery>().gives::<Page<SellerJson>>(200);
    let unblock = does("Let a blocked seller submit business information again").gives::<SellerJson>(200);
    Routes::of(sellers.clone())
        .get("/api/v1/operator/seller-applications", list_applications, list)
        .get(
            "/api/v1/operator/seller-applications/{application}",
            show_application,
            does("Look up a seller application").gives::<ApplicationJson>(200),
        )
        .post("/api/v1/operator/seller-applications/{application}/approve", approve_application, approve)
        .post("/api/v1/operator/seller-applications/{application}/reject", reject_application, reject)
        .get("/api/v1/operator/sellers", list_sellers, sellers_list)
        .get("/api/v1/operator/sellers/{account}", show_seller, does("Look up a seller").gives::<SellerJson>(200))
        .post("/api/v1/operator/sellers/{account}/lift-block", lift_block, unblock)
        .done()
}

fn changes(sellers: &Sellers) -> Routes {
    let list = does("List changes of seller information").query::<ChangesQuery>().gives::<Page<ChangeJson>>(200);
    let approve = does("Put new seller information into effect").if_match().gives::<ChangeJson>(200);
    let reject = does("Reject new seller information").if_match().takes::<Rejection>().gives::<ChangeJson>(200);
    Routes::of(sellers.clone())
        .get("/api/v1/operator/seller-changes", list_changes, list)
        .get(
            "/api/v1/operator/seller-changes/{change}",
            show_change,
            does("Look up a change of seller information").gives::<ChangeJson>(200),
        )
        .post("/api/v1/operator/seller-changes/{change}/approve", approve_change, approve)
        .post("/api/v1/operator/seller-changes/{change}/reject", reject_change, reject)
        .done()
}

fn business(sellers: &Sellers) -> Routes {
    let list = does("List business information").query::<CertificationsQuery>().gives::<Page<CertificationJson>>(200);
    let certify = does("Certify business information").if_match().gives::<CertificationJson>(200);
    let reject = does("Reject business information").if_match().takes::<Rejection>().gives::<CertificationJson>(200);
    Routes::of(sellers.clone())
        .get("/api/v1/operator/business-information", list_business, list)
        .get(
            "/api/v1/operator/business-information/{certification}",
            show_business,
            does("Look up business information").gives::<CertificationJson>(200),
        )
        .post("/api/v1/operator/business-information/{certification}/certify", certify_business, certify)
        .post("/api/v1/operator/business-information/{certification}/reject", reject_business, reject)
        .done()
}

fn application(decided: Application) -> Answer {
    let version = decided.version;
    Answer::ok(&ApplicationJson::from(decided)).version(version)
}

fn change(decided: Change) -> Answer {
    let version = decided.version;
    Answer::ok(&ChangeJson::from(decided)).version(version)
}

fn certification(decided: Certification) -> Answer {
    let version = decided.version;
    Answer::ok(&CertificationJson::from(decided)).version(version)
}

async fn list_applications(
    State(sellers): State<Sellers>,
    operator: Operator,
    Query(query): Query<ApplicationsQuery>,
) -> Reply<Page<ApplicationJson>> {
    let (state, page) = query.checked()?;
    let found = sellers.applications(&mut sellers.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(ApplicationJson::from)))
}

async fn show_application(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
) -> Reply<ApplicationJson> {
    Ok(Json(sellers.application_for_review(&mut sellers.app.db.read(), &operator, id).await?.into()))
}

async fn approve_application(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
    seen: IfMatch,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| Ok(application(sellers.approve_application(tx, &operator, id, seen).await?)))
        .await
}

async fn reject_application(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerApplicationId>,
    seen: IfMatch,
    once: Once,
    Body(Rejection { reasons }): Body<Rejection>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(application(sellers.reject_application(tx, &operator, id, seen, &reasons).await?))
    })
    .await
}

async fn list_sellers(
    State(sellers): State<Sellers>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<SellerJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(sellers.list(&mut sellers.app.db.read(), &operator, page).await?.map(SellerJson::from)))
}

async fn show_seller(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(account): PathParam<AccountId>,
) -> Reply<SellerJson> {
    Ok(Json(sellers.seller_for_operator(&mut sellers.app.db.read(), &operator, account).await?.into()))
}

async fn lift_block(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(account): PathParam<AccountId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(Answer::ok(&SellerJson::from(sellers.lift_business_block(tx, &operator, account).await?)))
    })
    .await
}

async fn list_changes(
    State(sellers): State<Sellers>,
    operator: Operator,
    Query(query): Query<ChangesQuery>,
) -> Reply<Page<ChangeJson>> {
    let (state, page) = query.checked()?;
    let found = sellers.changes(&mut sellers.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(ChangeJson::from)))
}

async fn show_change(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
) -> Reply<ChangeJson> {
    Ok(Json(sellers.change_for_review(&mut sellers.app.db.read(), &operator, id).await?.into()))
}

async fn approve_change(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
    seen: IfMatch,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| Ok(change(sellers.approve_change(tx, &operator, id, seen).await?))).await
}

async fn reject_change(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<SellerChangeId>,
    seen: IfMatch,
    once: Once,
    Body(Rejection { reasons }): Body<Rejection>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| Ok(change(sellers.reject_change(tx, &operator, id, seen, &reasons).await?))).await
}

async fn list_business(
    State(sellers): State<Sellers>,
    operator: Operator,
    Query(query): Query<CertificationsQuery>,
) -> Reply<Page<CertificationJson>> {
    let (state, page) = query.checked()?;
    let found = sellers.certifications(&mut sellers.app.db.read(), &operator, state, page).await?;
    Ok(Json(found.map(CertificationJson::from)))
}

async fn show_business(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
) -> Reply<CertificationJson> {
    Ok(Json(sellers.certification_for_review(&mut sellers.app.db.read(), &operator, id).await?.into()))
}

async fn certify_business(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
    seen: IfMatch,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(certification(sellers.certify_business_information(tx, &operator, id, seen).await?))
    })
    .await
}

async fn reject_business(
    State(sellers): State<Sellers>,
    operator: Operator,
    PathParam(id): PathParam<BusinessCertificationId>,
    seen: IfMatch,
    once: Once,
    Body(Rejection { reasons }): Body<Rejection>,
) -> Result<Answer, Problem> {
    once.run(&sellers.app, async |tx| {
        Ok(certification(sellers.reject_business_information(tx, &operator, id, seen, &reasons).await?))
    })
    .await
}
