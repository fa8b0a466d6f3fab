//! Corrections of records over HTTP: the seller's, and the buyer's consent to them.

use accounts::{Buyer, Seller};
use axum::{Json, extract::State};
use kernel::{
    Error, Invalid, Page, PageQuery, Timestamp,
    id::{AccountId, InstanceId, UsageCorrectionId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Metering,
    actions::correcting::Asked,
    rules::{
        correction::{self, Chain, ConsentReason, Correction, UsageCorrectionState, Wanted},
        record,
    },
};

pub(super) fn routes(metering: &Metering) -> Routes {
    let records = Op::does(
        Access::Seller,
        "List records of use of an instance, the latest first, with what they counted at first and count now",
    );
    let correct = Op::does(
        Access::Seller,
        "Correct a record of use by its number; what was charged stays, the difference comes with the next charge",
    );
    Routes::of(metering.clone())
        .get(
            "/api/v1/seller/usage-records",
            records_of,
            records.query::<RecordFilter>().gives::<Page<UsageRecordJson>>(200),
        )
        .get(
            "/api/v1/seller/usage-corrections",
            corrected,
            Op::does(Access::Seller, "List corrections of records of use, newest first")
                .query::<PageQuery>()
                .gives::<Page<UsageCorrectionJson>>(200),
        )
        .post(
            "/api/v1/seller/usage-corrections",
            correct_record,
            correct.takes::<CorrectUsage>().gives::<UsageCorrectionJson>(201),
        )
        .get(
            "/api/v1/instances/{instance}/usage-corrections",
            corrections,
            Op::does(Access::Buyer, "List what was corrected of the use of something, newest first")
                .query::<PageQuery>()
                .gives::<Page<UsageCorrectionJson>>(200),
        )
        .post(
            "/api/v1/usage-corrections/{usage_correction}/agree",
            agree,
            Op::does(Access::Buyer, "Agree that a record of use counts more").gives::<UsageCorrectionJson>(200),
        )
        .post(
            "/api/v1/usage-corrections/{usage_correction}/decline",
            decline,
            Op::does(Access::Buyer, "Do not agree that a record of use counts more").gives::<UsageCorrectionJson>(200),
        )
        .done()
}

/// A correction of a record of use. The record, and what was charged for it, stay as they were.
#[derive(Debug, Serialize, ToSchema)]
struct UsageCorrectionJson {
    id: UsageCorrectionId,
    instance: InstanceId,
    buyer: AccountId,
    /// What identifies it among the corrections of its instance.
    number: String,
    /// The number of the record.
    record: String,
    #[schema(example = "calls")]
    meter: String,
    /// When that was used.
    begin: Timestamp,
    /// What the record counted before, and counts with this.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1200")]
    before: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1000")]
    after: Decimal,
    /// What packages have covered of it more than before; below zero: what they got back.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "0")]
    covered: Decimal,
    reason: String,
    state: UsageCorrectionState,
    /// Why its buyer has to agree to it; null: it counts without.
    asks: Option<ConsentReason>,
    /// So much more is charged with it at most, in major units of the currency of the purchase; for what is of a package, with what was
    /// paid in advance.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "8.00")]
    costs_at_most: Decimal,
    /// Until when its buyer can.
    lapses_at: Option<Timestamp>,
    /// Its record was charged already: the hour or day with which the difference is charged begins then.
    charged_with: Option<Timestamp>,
    corrected_at: Timestamp,
    decided_at: Option<Timestamp>,
}

impl UsageCorrectionJson {
    fn of(one: Correction, now: Timestamp) -> Self {
        Self {
            state: one.state_at(now),
            id: one.id,
            instance: one.instance,
            buyer: one.account,
            number: one.number,
            record: one.record,
            meter: one.meter,
            begin: one.begin,
            before: record::count(one.before.quantity),
            after: record::count(one.after.quantity),
            covered: record::count(one.after.covered - one.before.covered),
            reason: one.reason,
            asks: one.asks,
            costs_at_most: one.most,
            lapses_at: one.lapses_at,
            charged_with: one.known_in,
            corrected_at: one.corrected_at,
            decided_at: one.decided_at,
        }
    }
}

/// A record of use as it was taken in, and what was made of it since.
#[derive(Debug, Serialize, ToSchema)]
struct UsageRecordJson {
    number: String,
    #[schema(example = "calls")]
    meter: String,
    begin: Timestamp,
    end: Timestamp,
    /// What was recorded.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1200")]
    original: Decimal,
    /// What it counts now.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "1000")]
    quantity: Decimal,
    /// What of that packages cover.
    #[serde(with = "rust_decimal::serde::str")]
    #[schema(value_type = String, example = "0")]
    covered: Decimal,
    /// It came when its hour or day was charged already.
    late: bool,
    received_at: Timestamp,
    /// The first first.
    corrections: Vec<UsageCorrectionJson>,
}

impl UsageRecordJson {
    fn of(chain: Chain, now: Timestamp) -> Self {
        let worth = chain.now();
        let Chain { record, corrections } = chain;
        Self {
            number: record.number,
            meter: record.meter,
            begin: record.begin,
            end: record.end,
            original: record::count(record.worth.quantity),
            quantity: record::count(worth.quantity),
            covered: record::count(worth.covered),
            late: record.late_in.is_some(),
            received_at: record.received_at,
            corrections: corrections.into_iter().map(|one| UsageCorrectionJson::of(one, now)).collect(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
struct RecordFilter {
    /// Our id of the instance.
    instance: InstanceId,
    /// One record by its number, or by that of a correction of it.
    number: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

async fn records_of(
    State(metering): State<Metering>,
    seller: Seller,
    Query(filter): Query<RecordFilter>,
) -> Reply<Page<UsageRecordJson>> {
    let RecordFilter { instance, number, cursor, limit } = filter;
    let page = PageQuery { cursor: None, limit }.checked().map_err(Error::from)?;
    let place = correction::read_cursor(cursor.as_deref()).map_err(Error::from)?;
    let asked = number.map_or(Asked::Behind(place, page.fetch()), Asked::One);
    let (_, found) = metering.sold_records(&mut metering.app.db.read(), &seller, (instance, asked)).await?;
    let (some, next_cursor) = correction::page(found, page.limit);
    let now = metering.app.clock.now();
    Ok(Json(Page { items: some.into_iter().map(|chain| UsageRecordJson::of(chain, now)).collect(), next_cursor }))
}

async fn corrected(
    State(metering): State<Metering>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<UsageCorrectionJson>> {
    let page = page.checked().map_err(Error::from)?;
    let found = metering.sold_corrections(&mut metering.app.db.read(), &seller, page).await?;
    let now = metering.app.clock.now();
    Ok(Json(found.map(|one| UsageCorrectionJson::of(one, now))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"instance": "i-1", "corrects": "sn-1", "quantity": "1000", "reason": "Counted twice"}))]
struct CorrectUsage {
    /// How the seller's system names the instance, or our id of it.
    #[schema(max_length = 64)]
    instance: String,
    /// The number of the record, or that of the correction that counts now.
    #[schema(max_length = 500)]
    corrects: String,
    /// What it should count: 0 withdraws the record; at most 4 decimals.
    #[schema(value_type = String, example = "1000")]
    quantity: Value,
    /// The buyer reads it.
    #[schema(max_length = 500)]
    reason: String,
    /// What the correction is called; the same again under the same number changes nothing. Left out: our id of it.
    #[serde(default)]
    #[schema(max_length = 500)]
    number: Option<String>,
}

impl CorrectUsage {
    fn checked(self) -> Result<(String, Wanted), Invalid> {
        let Self { instance, corrects, quantity, reason, number } = self;
        let mut wrong = Invalid::default();
        wrong.line(&instance, 1, 64, "instance");
        wrong.line(&corrects, 1, 500, "corrects");
        if let Some(number) = &number {
            wrong.line(number, 1, 500, "number");
        }
        wrong.done()?;
        let (meter, kind, quantity) = (String::new(), String::new(), record::written(&quantity));
        Ok((instance.trim().to_owned(), Wanted { number, corrects, meter, kind, quantity, reason }))
    }
}

async fn correct_record(
    State(metering): State<Metering>,
    seller: Seller,
    once: Once,
    Body(input): Body<CorrectUsage>,
) -> Result<Answer, Problem> {
    let (instance, wanted) = input.checked().map_err(Error::from)?;
    once.run(&metering.app, async |tx| {
        let correction = metering.correct(tx, &seller, (&instance, wanted.clone())).await?;
        Ok(Answer::created(&UsageCorrectionJson::of(correction, metering.app.clock.now())))
    })
    .await
}

async fn corrections(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<UsageCorrectionJson>> {
    let page = page.checked().map_err(Error::from)?;
    let (_, found) = metering.corrections(&mut metering.app.db.read(), &buyer, (id, page)).await?;
    let now = metering.app.clock.now();
    Ok(Json(found.map(|one| UsageCorrectionJson::of(one, now))))
}

async fn agree(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<UsageCorrectionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&metering.app, async |tx| {
        let correction = metering.agree(tx, &buyer, id).await?;
        Ok(Answer::ok(&UsageCorrectionJson::of(correction, metering.app.clock.now())))
    })
    .await
}

async fn decline(
    State(metering): State<Metering>,
    buyer: Buyer,
    PathParam(id): PathParam<UsageCorrectionId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&metering.app, async |tx| {
        let correction = metering.decline(tx, &buyer, id).await?;
        Ok(Answer::ok(&UsageCorrectionJson::of(correction, metering.app.clock.now())))
    })
    .await
}
