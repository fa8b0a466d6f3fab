//! What the seller's customers use, and records that were refused.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Error, Localized, Page, PageQuery, Result, Timestamp,
    id::{AccountId, UsageRefusalId},
    page::PageOf,
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::json::{UsageChargeJson, UsageJson};
use crate::{
    Metering, Sent, UsageCode, UsageForm,
    actions::ingest::Told,
    rules::record::Mended,
    store::refusals::{Refusal, UsageRefusalState},
};

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .get(
            "/api/v1/seller/usage",
            usage,
            Op::does(Access::Seller, "List what customers use of what is paid by use, newest instance first")
                .query::<PageQuery>()
                .gives::<Page<SoldUsageJson>>(200),
        )
        .get(
            "/api/v1/seller/usage-charges",
            charges,
            Op::does(Access::Seller, "List what customers were charged for use, newest first")
                .query::<PageQuery>()
                .gives::<Page<UsageChargeJson>>(200),
        )
        .get(
            "/api/v1/seller/usage-refusals",
            refusals,
            Op::does(Access::Seller, "List records of use that were refused, newest first")
                .query::<RefusalFilter>()
                .gives::<Page<UsageRefusalJson>>(200),
        )
        .post(
            "/api/v1/seller/usage-refusals/{usage_refusal}/resend",
            resend,
            Op::does(Access::Seller, "Send a refused record again as it was mended")
                .takes::<UsageMended>()
                .gives::<UsageToldJson>(200),
        )
        .post(
            "/api/v1/seller/usage-refusals/{usage_refusal}/drop",
            drop_refused,
            Op::does(Access::Seller, "Lay a refused record aside"),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct SoldUsageJson {
    buyer: AccountId,
    buyer_name: String,
    /// How the seller's system names it.
    remote_id: String,
    #[serde(flatten)]
    usage: UsageJson,
}

async fn usage(
    State(metering): State<Metering>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<SoldUsageJson>> {
    let page = page.checked().map_err(Error::from)?;
    let mut tx = metering.app.db.read();
    let found = metering.sold(&mut tx, &seller, page).await?;
    let buyers = found.items.iter().map(|live| live.contract.account).collect();
    let names = metering.accounts.names(&mut tx, buyers).await?;
    Ok(Json(found.map(|live| SoldUsageJson {
        buyer: live.contract.account,
        buyer_name: names.get(&live.contract.account).cloned().unwrap_or_default(),
        remote_id: live.contract.name.clone(),
        usage: live.into(),
    })))
}

async fn charges(
    State(metering): State<Metering>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<UsageChargeJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = metering.sold_charges(&mut metering.app.db.read(), &seller, page).await?;
    Ok(Json(found.map(UsageChargeJson::from)))
}

#[derive(Deserialize, IntoParams)]
struct RefusalFilter {
    state: Option<UsageRefusalState>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl RefusalFilter {
    fn checked(self) -> Result<(Option<UsageRefusalState>, PageOf)> {
        let Self { state, cursor, limit } = self;
        Ok((state, PageQuery { cursor, limit }.checked()?))
    }
}

/// A record of use that was refused, field by field as it was sent.
#[derive(Serialize, ToSchema)]
struct UsageRefusalJson {
    id: UsageRefusalId,
    code: UsageCode,
    reason: Localized,
    form: UsageForm,
    instance: String,
    number: String,
    meter: String,
    begin: String,
    end: String,
    quantity: String,
    /// The product that it has to be of, and a package to take it from, where they were named.
    product: String,
    package: String,
    /// How often it came.
    count: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    state: UsageRefusalState,
}

impl From<Refusal> for UsageRefusalJson {
    fn from(refusal: Refusal) -> Self {
        let Sent { form, instance, number, meter, begin, end, quantity, product, package, .. } = refusal.sent;
        Self {
            id: refusal.id,
            code: refusal.code,
            reason: refusal.code.text(),
            form,
            instance,
            number,
            meter,
            begin,
            end,
            quantity,
            product,
            package,
            count: refusal.count,
            first_at: refusal.first_at,
            last_at: refusal.last_at,
            state: refusal.state,
        }
    }
}

async fn refusals(
    State(metering): State<Metering>,
    seller: Seller,
    Query(filter): Query<RefusalFilter>,
) -> Reply<Page<UsageRefusalJson>> {
    let (state, page) = filter.checked()?;
    let found = metering.refused(&mut metering.app.db.read(), &seller, state, page).await?;
    Ok(Json(found.map(UsageRefusalJson::from)))
}

/// The fields of a record as they should be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"instance": "i-1", "number": "sn-1", "begin": "20261129T080000Z", "end": "20261129T090000Z", "quantity": "12.5"}))]
struct UsageMended {
    #[schema(max_length = 64)]
    instance: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    number: String,
    #[serde(default)]
    meter: String,
    begin: String,
    end: String,
    quantity: String,
    /// The product that it has to be of; left out: any.
    #[serde(default)]
    product: String,
    /// Left out: none.
    #[serde(default)]
    package: String,
}

#[derive(Serialize, ToSchema)]
struct UsageToldJson {
    recorded: bool,
    /// Why not.
    code: Option<UsageCode>,
    reason: Option<Localized>,
}

impl From<Told> for UsageToldJson {
    fn from(told: Told) -> Self {
        match told {
            Told::Recorded => Self { recorded: true, code: None, reason: None },
            Told::Refused(code) => Self { recorded: false, code: Some(code), reason: Some(code.text()) },
        }
    }
}

async fn resend(
    State(metering): State<Metering>,
    seller: Seller,
    PathParam(id): PathParam<UsageRefusalId>,
    once: Once,
    Body(mended): Body<UsageMended>,
) -> Result<Answer, Problem> {
    let UsageMended { instance, number, meter, begin, end, quantity, product, package } = mended;
    let fields = Mended { instance, number, meter, begin, end, quantity, product, package };
    let done = once.run(&metering.app, async |tx| {
        let told = metering.mend(tx, &seller, id, &fields).await?;
        Ok(Answer::ok(&UsageToldJson::from(told)))
    });
    done.await
}

async fn drop_refused(
    State(metering): State<Metering>,
    seller: Seller,
    PathParam(id): PathParam<UsageRefusalId>,
    once: Once,
) -> Result<Answer, Problem> {
    let done = once.run(&metering.app, async |tx| {
        metering.drop_refused(tx, &seller, id).await?;
        Ok(Answer::empty())
    });
    done.await
}
