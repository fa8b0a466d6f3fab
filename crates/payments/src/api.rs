//! `/api/v1`: wallets and top-ups.

use accounts::{Buyer, Operator};
use axum::{Json, extract::State};
use kernel::{
    Money, Page, PageQuery, Timestamp,
    id::{JournalId, OrderId, RefundId, TopUpId, UsageChargeId},
};
use ledger::{JournalLine, Recipe};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Payments,
    rules::{Channel, Outcome, TopUp, TopUpState},
};

pub(crate) fn routes(payments: &Payments) -> Routes {
    Routes::of(payments.clone())
        .get("/api/v1/wallet", wallet, Op::does(Access::Buyer, "See what the wallet holds").gives::<WalletJson>(200))
        .get(
            "/api/v1/wallet/lines",
            wallet_lines,
            Op::does(Access::Buyer, "List the wallet's movements")
                .query::<PageQuery>()
                .gives::<Page<WalletLineJson>>(200),
        )
        .post(
            "/api/v1/top-ups",
            declare,
            Op::does(Access::Buyer, "Declare a top-up").takes::<DeclareTopUp>().gives::<TopUpJson>(201),
        )
        .get(
            "/api/v1/top-ups",
            list,
            Op::does(Access::Buyer, "List top-ups").query::<PageQuery>().gives::<Page<TopUpJson>>(200),
        )
        .get("/api/v1/top-ups/{top_up}", show, Op::does(Access::Buyer, "See a top-up").gives::<TopUpJson>(200))
        .get(
            "/api/v1/operator/top-ups",
            list_all,
            Op::does(Access::Operator, "List the top-ups of all accounts")
                .query::<TopUpFilter>()
                .gives::<Page<TopUpJson>>(200),
        )
        .post(
            "/api/v1/operator/top-ups/{top_up}/confirm",
            confirm,
            Op::does(Access::Operator, "Confirm that a transfer has arrived")
                .takes::<ConfirmTopUp>()
                .gives::<TopUpJson>(200),
        )
        .post(
            "/api/v1/operator/top-ups/{top_up}/reject",
            reject,
            Op::does(Access::Operator, "Reject a declared top-up").takes::<RejectTopUp>().gives::<TopUpJson>(200),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct WalletJson {
    /// One balance for each currency that the wallet has ever held.
    balances: Vec<Money>,
}

#[derive(Serialize, ToSchema)]
struct WalletLineJson {
    journal: JournalId,
    kind: Recipe,
    /// The order, top-up, refund or charge of use that it belongs to.
    #[schema(example = "ord_01jd8kx2v9e5jtf6xw4sz3q7ab")]
    subject: String,
    /// Positive: came in; negative: went out.
    amount: Money,
    booked_at: Timestamp,
}

impl From<JournalLine> for WalletLineJson {
    fn from(line: JournalLine) -> Self {
        let JournalLine { journal, recipe, subject, currency, amount, booked_at } = line;
        let subject = match recipe {
            Recipe::TopUp | Recipe::DevelopmentTopUp => TopUpId::from_uuid(subject).to_string(),
            Recipe::Sale | Recipe::Renewal | Recipe::Change => OrderId::from_uuid(subject).to_string(),
            Recipe::Refund => RefundId::from_uuid(subject).to_string(),
            Recipe::Usage | Recipe::UsageCredit => UsageChargeId::from_uuid(subject).to_string(),
        };
        Self { journal, kind: recipe, subject, amount: Money::of(amount, currency), booked_at }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "bank_transfer", "amount": {"minor": 1_000_000, "currency": "CNY"}, "payer": "Ada Ltd."}))]
struct DeclareTopUp {
    channel: Channel,
    amount: Money,
    /// The name that the transfer comes from; not needed for the development channel.
    #[serde(default)]
    #[schema(max_length = 100)]
    payer: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"received": {"minor": 1_000_000, "currency": "CNY"}, "bank_reference": "20261122-000017"}))]
struct ConfirmTopUp {
    /// What has arrived, which is what is booked.
    received: Money,
    /// The bank's own number of the transfer; it confirms one top-up only.
    #[schema(min_length = 1, max_length = 64)]
    bank_reference: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "No such transfer arrived within ten days."}))]
struct RejectTopUp {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

#[derive(Deserialize, IntoParams)]
struct TopUpFilter {
    state: Option<TopUpState>,
    /// The reference as it stands in the transfer.
    reference: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct TopUpJson {
    id: TopUpId,
    account: kernel::id::AccountId,
    channel: Channel,
    state: TopUpState,
    declared: Money,
    /// Write this into the transfer, so that it is found.
    reference: String,
    payer: String,
    declared_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<Money>,
    /// The bank's own number of the transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
}

impl From<TopUp> for TopUpJson {
    fn from(top_up: TopUp) -> Self {
        let state = top_up.outcome.state();
        let (received, bank_reference, reason, decided_at) = match top_up.outcome {
            Outcome::Declared => (None, None, None, None),
            Outcome::Confirmed { received, bank_reference, at } => {
                (Some(received), Some(bank_reference), None, Some(at))
            }
            Outcome::Rejected { reason, at } => (None, None, Some(reason), Some(at)),
        };
        Self {
            id: top_up.id,
            account: top_up.account,
            channel: top_up.channel,
            state,
            declared: top_up.declared,
            reference: top_up.reference,
            payer: top_up.payer,
            declared_at: top_up.declared_at,
            received,
            bank_reference,
            reason,
            decided_at,
        }
    }
}

async fn wallet(State(payments): State<Payments>, buyer: Buyer) -> Reply<WalletJson> {
    let balances = payments.wallets(&mut payments.app.db.read(), &buyer).await?;
    Ok(Json(WalletJson { balances }))
}

async fn wallet_lines(
    State(payments): State<Payments>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<WalletLineJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let lines = payments.wallet_lines(&mut payments.app.db.read(), &buyer, None, page).await?;
    Ok(Json(lines.map(WalletLineJson::from)))
}

async fn declare(
    State(payments): State<Payments>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<DeclareTopUp>,
) -> Result<Answer, Problem> {
    let DeclareTopUp { channel, amount, payer } = input;
    once.run(&payments.app, async |tx| {
        let top_up = payments.declare(tx, &buyer, channel, amount, &payer).await?;
        Ok(Answer::created(&TopUpJson::from(top_up)))
    })
    .await
}

async fn list(State(payments): State<Payments>, buyer: Buyer, Query(page): Query<PageQuery>) -> Reply<Page<TopUpJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let top_ups = payments.top_ups(&mut payments.app.db.read(), &buyer, page).await?;
    Ok(Json(top_ups.map(TopUpJson::from)))
}

async fn show(State(payments): State<Payments>, buyer: Buyer, PathParam(id): PathParam<TopUpId>) -> Reply<TopUpJson> {
    Ok(Json(payments.top_up(&mut payments.app.db.read(), &buyer, id).await?.into()))
}

async fn list_all(
    State(payments): State<Payments>,
    operator: Operator,
    Query(filter): Query<TopUpFilter>,
) -> Reply<Page<TopUpJson>> {
    let TopUpFilter { state, reference, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let top_ups =
        payments.all_top_ups(&mut payments.app.db.read(), &operator, (state, reference.as_deref()), page).await?;
    Ok(Json(top_ups.map(TopUpJson::from)))
}

async fn confirm(
    State(payments): State<Payments>,
    operator: Operator,
    PathParam(id): PathParam<TopUpId>,
    once: Once,
    Body(input): Body<ConfirmTopUp>,
) -> Result<Answer, Problem> {
    let ConfirmTopUp { received, bank_reference } = input;
    once.run(&payments.app, async |tx| {
        let top_up = payments.confirm(tx, &operator, id, received, &bank_reference).await?;
        Ok(Answer::ok(&TopUpJson::from(top_up)))
    })
    .await
}

async fn reject(
    State(payments): State<Payments>,
    operator: Operator,
    PathParam(id): PathParam<TopUpId>,
    once: Once,
    Body(input): Body<RejectTopUp>,
) -> Result<Answer, Problem> {
    let RejectTopUp { reason } = input;
    once.run(&payments.app, async |tx| {
        let top_up = payments.reject(tx, &operator, id, &reason).await?;
        Ok(Answer::ok(&TopUpJson::from(top_up)))
    })
    .await
}
