//! Activate, heartbeat, software-usage-info.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::Arc,
};

use accounts::Seller;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Error, Result, Timestamp,
    id::{OrderId, ProductId},
};
use licensing::{Heartbeat, Licence, LicenceStatus};
use platform::http::{Access, Op, Routes};
use serde::{Serialize, Serializer, ser::Error as _};
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
    expire_time: Moment,
    product_id: OrTest<ProductId>,
    order_id: OrTest<OrderId>,
    sku_code: &'l str,
    attributes: &'l BTreeMap<String, String>,
    amount: u64,
    quantities: &'l BTreeMap<String, u64>,
}

// Written from the licence as it is kept: programs ask for this more often than for anything else.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LicenseInfo<'l> {
    license_code: &'l str,
    status: LicenceStatus,
    #[schema(value_type = String, example = "20261122080000")]
    activate_time: Moment,
    /// The end of the term; `20991231235959` for a code without one.
    #[schema(value_type = String, example = "20271122080000")]
    expire_time: Moment,
    #[schema(value_type = String)]
    product_id: OrTest<ProductId>,
    #[schema(value_type = String)]
    order_id: OrTest<OrderId>,
    /// The seller's own code of what was bought; `TEST` for a test code.
    sku_code: &'l str,
    /// The chosen values of the SKU's attributes, such as the edition.
    attributes: &'l BTreeMap<String, String>,
    /// The bought quantity, when the SKU has one quantity attribute; else 1.
    amount: u64,
    /// All bought quantities by attribute.
    quantities: &'l BTreeMap<String, u64>,
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
    let now = doors.app.clock.now();
    let info = activated.first().map(|licence| code_info((licence, None), now));
    Ok(LicenseActivatedAnswer::with(LicenseActivated { license_code_info: text(&info)? }))
}

pub(super) async fn activate_list(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseActivateList>,
) -> Answered<LicenseActivatedAnswer> {
    let wanted = body.checked()?;
    let activated = run_activate(&doors, &seller, &wanted).await.map_err(Refused::of_list)?;
    let now = doors.app.clock.now();
    let coded = activated.iter().zip(&wanted.codes);
    let infos: Vec<_> = coded.map(|(licence, code)| code_info((licence, Some(code)), now)).collect();
    Ok(LicenseActivatedAnswer::with(LicenseActivated { license_code_info: text(&infos)? }))
}

pub(super) async fn heartbeat(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseHeartbeat>,
) -> Result<Response, Refused> {
    let codes = body.checked()?;
    let beats = doors.licensing.heartbeat(&seller, &codes).await?;
    let info = infos((&beats, &codes), doors.app.clock.now())
        .next()
        .ok_or_else(|| Error::fault("a heartbeat without an answer"))?;
    Ok(LicenseInfoAnswer::with(info).into_response())
}

pub(super) async fn heartbeat_list(
    State(doors): State<Arc<Doors>>,
    Caller(seller): Caller,
    Sent(body): Sent<LicenseHeartbeatList>,
) -> Result<Response, Refused> {
    let codes = body.checked()?;
    let beats = doors.licensing.heartbeat(&seller, &codes).await.map_err(Refused::of_list)?;
    Ok(LicenseInfoListAnswer::with(infos((&beats, &codes), doors.app.clock.now()).collect()).into_response())
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

fn infos<'l>((beats, codes): (&'l [Heartbeat], &'l [String]), now: Timestamp) -> impl Iterator<Item = LicenseInfo<'l>> {
    beats.iter().zip(codes).map(move |(Heartbeat { licence, status, activation }, code)| LicenseInfo {
        license_code: code,
        status: *status,
        activate_time: Moment(Some(activation.at)),
        expire_time: Moment(licence.told_end(now)),
        product_id: OrTest(licence.product, "TESTPRODUCT"),
        order_id: OrTest(licence.order, "TESTORDER"),
        sku_code: &licence.sku_code,
        attributes: &licence.attributes,
        amount: licence.amount(),
        quantities: &licence.quantities,
    })
}

fn code_info<'l>((licence, code): (&'l Licence, Option<&'l str>), now: Timestamp) -> LicenseCodeInfo<'l> {
    LicenseCodeInfo {
        license: code,
        status: LicenceStatus::Alive,
        expire_time: Moment(licence.told_end(now)),
        product_id: OrTest(licence.product, "TESTPRODUCT"),
        order_id: OrTest(licence.order, "TESTORDER"),
        sku_code: &licence.sku_code,
        attributes: &licence.attributes,
        amount: licence.amount(),
        quantities: &licence.quantities,
    }
}

fn text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::fault)
}

/// A moment as `yyyyMMddHHmmss` in UTC. Clients parse the field always, so that no end needs a time far away.
#[derive(Clone, Copy, Debug)]
struct Moment(Option<Timestamp>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self(Some(at)) = self else { return serializer.serialize_str("20991231235959") };
        let mut digits = Digits([0; 14], 0);
        write!(digits, "{at}").map_err(S::Error::custom)?;
        serializer.serialize_str(str::from_utf8(&digits.0).unwrap_or_default())
    }
}

/// The first fourteen digits of what is written.
struct Digits([u8; 14], usize);

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for digit in text.bytes().filter(u8::is_ascii_digit) {
            if let Some(place) = self.0.get_mut(self.1) {
                *place = digit;
                self.1 += 1;
            }
        }
        Ok(())
    }
}

/// An id, or what stands in its place for a test code.
#[derive(Clone, Copy, Debug)]
struct OrTest<T>(Option<T>, &'static str);

impl<T: Serialize> Serialize for OrTest<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.0 {
            Some(id) => id.serialize(serializer),
            None => serializer.serialize_str(self.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clients_read_them() {
        let written = |at: Option<&str>| text(&Moment(at.map(|at| at.parse().unwrap()))).unwrap();
        assert_eq!(written(Some("2026-01-02T15:35:55.999Z")), "\"20260102153555\"");
        assert_eq!(written(None), "\"20991231235959\"");
    }
}
