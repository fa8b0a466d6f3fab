//! Activate, heartbeat, software-usage-info.

use std::{collections::BTreeMap, sync::Arc};

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{Error, Result, Timestamp};
use licensing::{Heartbeat, Licence, LicenceStatus};
use platform::http::{Access, Op, Routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::{LicenseActivatedAnswer, LicenseInfoAnswer, LicenseInfoListAnswer, Refused, SoftwareUsageAnswer, Text},
    request::{
        Activate, Caller, LicenseActivate, LicenseActivateList, LicenseHeartbeat, LicenseHeartbeatList, Sent,
        SoftwareUsage,
    },
};
use crate::Doors;

/// Signers end the path with a slash when they sign; clients send it with or without one.
macro_rules! door {
    ($routes:expr, $path:literal, $handler:ident, $op:expr) => {
        $routes.post(concat!("/api/mkp-openapi-public/global/", $path), $handler, $op.clone()).post(
            concat!("/api/mkp-openapi-public/global/", $path, "/"),
            $handler,
            $op,
        )
    };
}

pub(crate) fn routes(doors: Arc<Doors>) -> Routes {
    let does = |summary| Op::does(Access::Seller, summary).refuses::<Text>();
    let routes = Routes::of(doors);
    let op = does("Activate an authorisation code").takes::<LicenseActivate>().gives::<LicenseActivatedAnswer>(200);
    let routes = door!(routes, "v1/license/activate", activate, op);
    let op = does("Activate authorisation codes, all or none")
        .takes::<LicenseActivateList>()
        .gives::<LicenseActivatedAnswer>(200);
    let routes = door!(routes, "v2/license/activate", activate_list, op);
    let op = does("Ask for the state of an authorisation code, at its first use each day")
        .takes::<LicenseHeartbeat>()
        .gives::<LicenseInfoAnswer>(200)
        .tries_by_itself();
    let routes = door!(routes, "v1/license/heartbeat", heartbeat, op);
    let op = does("Ask for the states of authorisation codes, at their first use each day")
        .takes::<LicenseHeartbeatList>()
        .gives::<LicenseInfoListAnswer>(200)
        .tries_by_itself();
    let routes = door!(routes, "v2/license/heartbeat", heartbeat_list, op);
    let op = does("Report who used the software today").takes::<SoftwareUsage>().gives::<SoftwareUsageAnswer>(200);
    door!(routes, "v2/license/software-usage-info", usage, op).done()
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenseActivated {
    /// JSON as text.
    #[schema(
        example = r#"{"status":"ALIVE","expire_time":"20271122080000","product_id":"prd_…","order_id":"ord_…","amount":25}"#
    )]
    license_code_info: String,
}

#[derive(Serialize)]
struct LicenseCodeInfo<'l> {
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'l str>,
    status: LicenceStatus,
    expire_time: String,
    product_id: String,
    order_id: String,
    sku_code: &'l str,
    attributes: &'l BTreeMap<String, String>,
    amount: u64,
    quantities: &'l BTreeMap<String, u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenseInfo {
    license_code: String,
    status: LicenceStatus,
    #[schema(example = "20261122080000")]
    activate_time: String,
    /// The end of the term; `20991231235959` for a code without one.
    #[schema(example = "20271122080000")]
    expire_time: String,
    product_id: String,
    order_id: String,
    /// The seller's own code of what was bought; `TEST` for a test code.
    sku_code: String,
    /// The chosen values of the SKU's attributes, such as the edition.
    attributes: BTreeMap<String, String>,
    /// The bought quantity, when the SKU has one quantity attribute; else 1.
    amount: u64,
    /// All bought quantities by attribute.
    quantities: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SoftwareUsageChecked {
    /// Codes whose use was not recorded, because they do not exist or are not activated.
    check_fail_list: Vec<String>,
}

type Answered<T> = Result<Json<T>, Refused>;

pub(super) async fn activate(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseActivate>,
) -> Answered<LicenseActivatedAnswer> {
    let wanted = body.checked()?;
    let activated = run_activate(&doors, &seller, &wanted).await?;
    let info = activated.first().map(|licence| code_info(licence, None));
    Ok(LicenseActivatedAnswer::with(LicenseActivated { license_code_info: text(&info)? }))
}

pub(super) async fn activate_list(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseActivateList>,
) -> Answered<LicenseActivatedAnswer> {
    let wanted = body.checked()?;
    let activated = run_activate(&doors, &seller, &wanted).await.map_err(Refused::of_list)?;
    let infos: Vec<_> =
        activated.iter().zip(&wanted.codes).map(|(licence, code)| code_info(licence, Some(code))).collect();
    Ok(LicenseActivatedAnswer::with(LicenseActivated { license_code_info: text(&infos)? }))
}

pub(super) async fn heartbeat(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseHeartbeat>,
) -> Answered<LicenseInfoAnswer> {
    let codes = body.checked()?;
    let info = infos(&doors, &seller, codes).await?.pop();
    Ok(LicenseInfoAnswer::with(info.ok_or_else(|| Error::fault("a heartbeat without an answer"))?))
}

pub(super) async fn heartbeat_list(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseHeartbeatList>,
) -> Answered<LicenseInfoListAnswer> {
    let codes = body.checked()?;
    Ok(LicenseInfoListAnswer::with(infos(&doors, &seller, codes).await.map_err(Refused::of_list)?))
}

pub(super) async fn usage(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<SoftwareUsage>,
) -> Answered<SoftwareUsageAnswer> {
    let reports = body.checked()?;
    let mut tx = doors.app.db.begin().await?;
    let check_fail_list = doors.licensing.report_usage(&mut tx, &seller, &reports).await?;
    tx.commit().await?;
    Ok(SoftwareUsageAnswer::with(SoftwareUsageChecked { check_fail_list }))
}

async fn run_activate(doors: &Doors, seller: &Seller, wanted: &Activate) -> Result<Vec<Licence>> {
    let mut tx = doors.app.db.begin().await?;
    let activated = doors.licensing.activate(&mut tx, seller, &wanted.codes, wanted.effective).await?;
    tx.commit().await?;
    Ok(activated)
}

async fn infos(doors: &Doors, seller: &Seller, codes: Vec<String>) -> Result<Vec<LicenseInfo>> {
    let answers = doors.licensing.heartbeat(seller, &codes).await?;
    Ok(answers.into_iter().zip(codes).map(|(answer, code)| info(&answer, code)).collect())
}

fn info(answer: &Heartbeat, code: String) -> LicenseInfo {
    let Heartbeat { licence, status, activation } = answer;
    LicenseInfo {
        license_code: code,
        status: *status,
        activate_time: time(activation.at),
        expire_time: expire_time(licence),
        product_id: product_id(licence),
        order_id: order_id(licence),
        sku_code: licence.sku_code.clone(),
        attributes: licence.attributes.clone(),
        amount: licence.amount(),
        quantities: licence.quantities.clone(),
    }
}

fn code_info<'l>(licence: &'l Licence, code: Option<&'l str>) -> LicenseCodeInfo<'l> {
    LicenseCodeInfo {
        license: code,
        status: LicenceStatus::Alive,
        expire_time: expire_time(licence),
        product_id: product_id(licence),
        order_id: order_id(licence),
        sku_code: &licence.sku_code,
        attributes: &licence.attributes,
        amount: licence.amount(),
        quantities: &licence.quantities,
    }
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::fault)
}

/// Clients parse the field always, so that a code without end needs a time far away.
const NEVER: &str = "20991231235959";

fn expire_time(licence: &Licence) -> String {
    licence.expires_at.map_or_else(|| NEVER.to_owned(), time)
}

fn product_id(licence: &Licence) -> String {
    licence.product.map_or_else(|| "TESTPRODUCT".to_owned(), |product| product.to_string())
}

fn order_id(licence: &Licence) -> String {
    licence.order.map_or_else(|| "TESTORDER".to_owned(), |order| order.to_string())
}

/// `yyyyMMddHHmmss` in UTC.
fn time(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.chars().filter(char::is_ascii_digit).take(14).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clients_read_them() {
        assert_eq!(time("2026-01-02T15:35:55.999Z".parse().unwrap()), "20260102153555");
    }
}
