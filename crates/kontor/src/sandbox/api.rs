//! `/api/v1/seller/sandbox`: a seller's own sandbox.

use std::collections::BTreeMap;

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Localized, Money, Result, Timestamp,
    id::{ErrandId, InstanceId, SandboxId, SkuId},
    time::MINUTE,
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use pricing::PeriodUnit;
use production::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Room, Sandboxes,
    deeds::{Deed, Done, Look, Purchase, SandboxSku},
    rules::{InjectFaults, TurnSandbox},
};

const SANDBOX: &str = "/api/v1/seller/sandbox";

pub(super) fn routes(sandboxes: &Sandboxes) -> Routes {
    running(sandboxes).and(buying(sandboxes)).and(looking(sandboxes))
}

fn does(summary: &'static str) -> Op {
    Op::does(Access::Seller, summary)
}

/// A second try of what was done would do it again.
fn acts(summary: &'static str) -> Op {
    does(summary).tries_by_itself()
}

fn running(sandboxes: &Sandboxes) -> Routes {
    let starts =
        "Start a sandbox, or see the one that runs: a private marketplace with the seller's system and listings";
    let turns = "Turn the clock of the sandbox; what falls due on the way happens, and calls really go out";
    let injects = "Choose the faults that calls to the seller's system meet from now on";
    Routes::of(sandboxes.clone())
        .get(SANDBOX, show, does("See the sandbox: its clock, its buyers, its faults").gives::<SandboxJson>(200))
        .post(SANDBOX, start, acts(starts).gives::<SandboxJson>(201))
        .delete(SANDBOX, end, acts("End the sandbox; nothing of it is kept"))
        .post("/api/v1/seller/sandbox/clock", turn, acts(turns).takes::<TurnSandbox>().gives::<SandboxDone>(200))
        .put("/api/v1/seller/sandbox/faults", inject, acts(injects).takes::<InjectFaults>().gives::<SandboxFaults>(200))
        .done()
}

fn buying(sandboxes: &Sandboxes) -> Routes {
    let goes = "Say as its buyer whether something in the sandbox is renewed automatically";
    Routes::of(sandboxes.clone())
        .post(
            "/api/v1/seller/sandbox/orders",
            buy,
            acts("Buy something in the sandbox as one of its buyers")
                .takes::<SandboxPurchase>()
                .gives::<SandboxDone>(201),
        )
        .post(
            "/api/v1/seller/sandbox/instances/{instance}/renewal",
            renew,
            acts("Renew something in the sandbox as its buyer").takes::<SandboxRenewal>().gives::<SandboxDone>(201),
        )
        .put(
            "/api/v1/seller/sandbox/instances/{instance}/expiry",
            goes_on,
            acts(goes).takes::<SandboxExpiry>().gives::<SandboxDone>(200),
        )
        .post(
            "/api/v1/seller/sandbox/instances/{instance}/changes",
            change,
            acts("Change something in the sandbox as its buyer").takes::<SandboxChange>().gives::<SandboxDone>(201),
        )
        .post(
            "/api/v1/seller/sandbox/instances/{instance}/return",
            give_back,
            acts("Return something in the sandbox as its buyer").gives::<SandboxDone>(201),
        )
        .post(
            "/api/v1/seller/sandbox/errands/{errand}/restart",
            restart,
            acts("Try again in the sandbox what was given up").gives::<SandboxDone>(200),
        )
        .done()
}

fn looking(sandboxes: &Sandboxes) -> Routes {
    let listed = |summary| does(summary).gives::<SandboxList>(200);
    let skus_are = "List what can be bought in the sandbox";
    let orders_are = "List the orders of the sandbox, as `/api/v1/seller/orders` does";
    let instances_are = "List the instances of the sandbox, as `/api/v1/seller/instances` does";
    let errands_are = "List what the seller's system is told from the sandbox, as `/api/v1/seller/errands` does";
    let calls_are = "List the calls of the sandbox, as `/api/v1/seller/production-calls` does, each with its `fault`";
    let messages_are = "List what everybody in the sandbox was told, as `/api/v1/messages` does, and who was";
    let money_is = "See the wallets and the escrow of the sandbox";
    Routes::of(sandboxes.clone())
        .get("/api/v1/seller/sandbox/skus", skus, does(skus_are).gives::<SandboxSkus>(200))
        .get("/api/v1/seller/sandbox/orders", orders, listed(orders_are))
        .get("/api/v1/seller/sandbox/instances", instances, listed(instances_are))
        .get("/api/v1/seller/sandbox/errands", errands, listed(errands_are))
        .get("/api/v1/seller/sandbox/calls", calls, listed(calls_are))
        .get("/api/v1/seller/sandbox/messages", messages, listed(messages_are))
        .get("/api/v1/seller/sandbox/money", money, does(money_is).gives::<SandboxMoney>(200))
        .done()
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SandboxJson {
    pub(super) id: SandboxId,
    pub(super) started_at: Timestamp,
    /// When it ends unless somebody uses it.
    pub(super) ends_at: Timestamp,
    /// The present inside.
    pub(super) now: Timestamp,
    /// Where the clock was to stop when the last turn was cut short: turn it `until` then to go on.
    pub(super) goal: Option<Timestamp>,
    /// Where its calls go: the seller's proven address in use. None: there is none, and nothing is called.
    pub(super) url: Option<String>,
    pub(super) buyers: Vec<SandboxBuyer>,
    pub(super) faults: SandboxFaults,
    /// Listings of the seller that are not on sale inside.
    pub(super) left_out: Vec<SandboxLeftOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SandboxBuyer {
    /// By this number it buys: 1 or 2.
    pub(super) buyer: usize,
    pub(super) name: String,
    /// The `customerId` that programs are told.
    #[schema(example = "acc_01jd8kx2v9e5jtf6xw4sz3q7ab")]
    pub(super) account: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SandboxFaults {
    pub(super) faults: Vec<Fault>,
    /// Of a hundred calls so many meet one.
    pub(super) percent: u8,
    /// How many are still to come, where there is an end.
    pub(super) left: Option<u32>,
    pub(super) seed: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SandboxLeftOut {
    pub(super) name: Localized,
    pub(super) why: Localized,
}

impl SandboxJson {
    pub(super) fn of(room: &Room, idle_minutes: u32) -> Result<Self> {
        let inside = room.inside()?;
        let buyer = |(buyer, actor): (usize, &super::inside::Actor)| SandboxBuyer {
            buyer,
            name: actor.name.clone(),
            account: actor.account.clone(),
        };
        let left_out =
            inside.left_out.iter().map(|one| SandboxLeftOut { name: one.name.clone(), why: one.why.clone() });
        Ok(Self {
            id: room.id,
            started_at: room.started_at,
            ends_at: room.used_at().plus_micros(i64::from(idle_minutes) * MINUTE),
            now: inside.now(),
            goal: inside.goal(),
            url: inside.url.clone(),
            buyers: (1..).zip(&inside.buyers).map(buyer).collect(),
            faults: SandboxFaults::of(room)?,
            left_out: left_out.collect(),
        })
    }
}

impl SandboxFaults {
    fn of(room: &Room) -> Result<Self> {
        let (plan, left) = room.inside()?.way.plan();
        Ok(Self { faults: plan.faults.into_iter().collect(), percent: plan.percent, left, seed: plan.seed })
    }
}

/// What came of something that was done in a sandbox, and of all that was due by then.
#[derive(Debug, Serialize, ToSchema)]
struct SandboxDone {
    /// As the marketplace answers it: an order, a renewal, a change, a refund.
    #[schema(value_type = Option<Object>)]
    answer: Option<Value>,
    /// What it was about; none: nothing was delivered yet.
    #[schema(example = "ins_01jd8kx2v9e5jtf6xw4sz3q7ab")]
    instance: Option<String>,
    /// The present inside.
    now: Timestamp,
    /// Where the clock was to stop, and whether it stands there. If not, the time or the jobs of one request were used up: turn
    /// it `until` then to go on.
    stop: Timestamp,
    reached: bool,
    /// How many jobs ran.
    jobs: u64,
    took_millis: u64,
    /// When something is due next; none: nothing waits.
    next_at: Option<Timestamp>,
}

impl From<Done> for SandboxDone {
    fn from(done: Done) -> Self {
        let Done { answer, instance, turned } = done;
        Self {
            answer: Some(answer).filter(|answer| !answer.is_null()),
            instance,
            now: turned.now,
            stop: turned.stop,
            reached: turned.reached,
            jobs: turned.jobs,
            took_millis: u64::try_from(turned.took.as_millis()).unwrap_or(u64::MAX),
            next_at: turned.next_at,
        }
    }
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SandboxList {
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SandboxSkus {
    #[schema(value_type = Vec<SandboxSku>)]
    items: Value,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SandboxMoney {
    wallets: Vec<SandboxWallet>,
    /// Paid and neither settled nor given back, by currency.
    escrow: Vec<Money>,
    /// Paid for use, by currency.
    usage: Vec<Money>,
    /// Whether the books of the sandbox fit what is derived from them.
    in_order: bool,
    difference: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SandboxWallet {
    buyer: usize,
    name: String,
    balances: Vec<Money>,
}

/// What one of the buyers buys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"buyer": 1, "sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 10}, "periods": 1, "automatic": true}))]
struct SandboxPurchase {
    #[serde(default = "first")]
    #[schema(minimum = 1, maximum = 2, default = 1)]
    buyer: usize,
    sku: SkuId,
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    periods: u32,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// Renew it automatically for the same length at the same price.
    #[serde(default)]
    automatic: bool,
}

fn first() -> usize {
    1
}

fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SandboxRenewal {
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    periods: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SandboxExpiry {
    /// Whether it is renewed automatically, at what it costs now; otherwise it ends.
    automatic: bool,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    periods: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SandboxChange {
    /// Another edition; without it, the same one.
    #[serde(default)]
    sku: Option<SkuId>,
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
}

async fn answer(sandboxes: &Sandboxes, room: &Room) -> Result<SandboxJson> {
    SandboxJson::of(room, sandboxes.rules().await?.idle_minutes)
}

async fn show(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxJson> {
    seller.may(accounts::Permission::View).map_err(kernel::Error::from)?;
    let room = sandboxes.of_seller(&seller)?;
    Ok(Json(answer(&sandboxes, &room).await?))
}

async fn start(State(sandboxes): State<Sandboxes>, seller: Seller, once: Once) -> Result<Answer, Problem> {
    let starting = async {
        let room = sandboxes.start(&seller).await?;
        answer(&sandboxes, &room).await
    };
    once.run_after(&sandboxes.app, starting, async |_, started| Ok(Answer::created(&started))).await
}

async fn end(State(sandboxes): State<Sandboxes>, seller: Seller, once: Once) -> Result<Answer, Problem> {
    once.run_after(&sandboxes.app, sandboxes.end(&seller), async |_, ()| Ok(Answer::empty())).await
}

async fn inject(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    Body(faults): Body<InjectFaults>,
) -> Result<Answer, Problem> {
    let injecting = async { SandboxFaults::of(&*sandboxes.inject(&seller, &faults)?) };
    once.run_after(&sandboxes.app, injecting, async |_, faults| Ok(Answer::ok(&faults))).await
}

/// Does something once and says what came of it.
async fn act((sandboxes, seller): (&Sandboxes, &Seller), once: Once, deed: Deed) -> Result<Answer, Problem> {
    let creates = match &deed {
        Deed::Buy(_) | Deed::Renew(..) | Deed::Change(..) | Deed::Return(_) => true,
        Deed::Turn(_) | Deed::GoesOn(..) | Deed::Restart(_) => false,
    };
    once.run_after(&sandboxes.app, sandboxes.act(seller, deed), async |_, done| {
        let done = SandboxDone::from(done);
        Ok(if creates { Answer::created(&done) } else { Answer::ok(&done) })
    })
    .await
}

async fn turn(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    Body(turn): Body<TurnSandbox>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::Turn(turn)).await
}

async fn buy(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    Body(input): Body<SandboxPurchase>,
) -> Result<Answer, Problem> {
    let SandboxPurchase { buyer, sku, quantities, periods, period_unit, automatic } = input;
    // Places begin at nothing; a number of nobody is told as such.
    let buyer = buyer.wrapping_sub(1);
    let deed = Deed::Buy(Purchase { buyer, sku, quantities, periods, period_unit, automatic });
    act((&sandboxes, &seller), once, deed).await
}

async fn renew(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxRenewal>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::Renew(id, input.periods)).await
}

async fn goes_on(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxExpiry>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::GoesOn(id, input.automatic, input.periods)).await
}

async fn change(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxChange>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::Change(id, input.sku, input.quantities)).await
}

async fn give_back(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::Return(id)).await
}

async fn restart(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), once, Deed::Restart(id)).await
}

async fn skus(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxSkus> {
    let mut found = sandboxes.look(&seller, Look::Skus).await?;
    Ok(Json(SandboxSkus { items: found["items"].take() }))
}

async fn list(sandboxes: &Sandboxes, seller: &Seller, look: Look) -> Reply<SandboxList> {
    let found = sandboxes.look(seller, look).await?;
    Ok(Json(serde_json::from_value(found).map_err(kernel::Error::fault)?))
}

async fn orders(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Orders).await
}

async fn instances(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Instances).await
}

async fn errands(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Errands).await
}

async fn calls(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Calls).await
}

async fn messages(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Messages).await
}

async fn money(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxMoney> {
    let found = sandboxes.look(&seller, Look::Money).await?;
    Ok(Json(serde_json::from_value(found).map_err(kernel::Error::fault)?))
}
