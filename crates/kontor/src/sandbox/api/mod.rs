//! `/api/v1/seller/sandbox`: a seller's own sandbox.

mod json;

use std::convert::Infallible;

use accounts::Seller;
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use kernel::{
    Result,
    id::{ErrandId, InstanceId},
};
use platform::http::{Access, Answer, Body, CallerName, Once, Op, PathParam, Problem, Reply, Routes};
use serde_json::Value;

use json::{
    SandboxChange, SandboxConversion, SandboxExpiry, SandboxList, SandboxMoney, SandboxPurchase, SandboxRenewal,
    SandboxSkus, SandboxTrial,
};
pub(super) use json::{SandboxDone, SandboxFaults, SandboxJson};

use super::{
    Sandboxes,
    deeds::{Deed, Purchase},
    looks::Look,
    nodes::Wish,
    rules::{InjectFaults, TurnSandbox},
    usage::UseInSandbox,
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
        .delete(SANDBOX, end, acts("End the sandbox and all that is in it; in another process it ends within seconds"))
        .post("/api/v1/seller/sandbox/clock", turn, acts(turns).takes::<TurnSandbox>().gives::<SandboxDone>(200))
        .put("/api/v1/seller/sandbox/faults", inject, acts(injects).takes::<InjectFaults>().gives::<SandboxFaults>(200))
        .done()
}

fn buying(sandboxes: &Sandboxes) -> Routes {
    let tries = "Start a trial in the sandbox as one of its buyers";
    let converts = "Buy what is being tried in the sandbox, as its buyer";
    let reports = "Report use in the sandbox in the place of the seller's program, as of its present";
    let goes = "Say as its buyer whether something in the sandbox is renewed automatically";
    Routes::of(sandboxes.clone())
        .post(
            "/api/v1/seller/sandbox/orders",
            buy,
            acts("Buy something in the sandbox as one of its buyers")
                .takes::<SandboxPurchase>()
                .gives::<SandboxDone>(201),
        )
        .post("/api/v1/seller/sandbox/trials", try_out, acts(tries).takes::<SandboxTrial>().gives::<SandboxDone>(201))
        .post(
            "/api/v1/seller/sandbox/instances/{instance}/conversion",
            convert,
            acts(converts).takes::<SandboxConversion>().gives::<SandboxDone>(201),
        )
        .post(
            "/api/v1/seller/sandbox/instances/{instance}/usage",
            report,
            acts(reports).takes::<UseInSandbox>().gives::<SandboxDone>(201),
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
    let usage_is = "List what is used in the sandbox of what is paid by use, as `/api/v1/seller/usage` does";
    let charges_are = "List what was charged for use in the sandbox, as `/api/v1/seller/usage-charges` does";
    let refusals_are = "List records of use that were refused in the sandbox, as `/api/v1/seller/usage-refusals` does";
    let money_is = "See the wallets and the escrow of the sandbox";
    Routes::of(sandboxes.clone())
        .get("/api/v1/seller/sandbox/skus", skus, does(skus_are).gives::<SandboxSkus>(200))
        .get("/api/v1/seller/sandbox/orders", orders, listed(orders_are))
        .get("/api/v1/seller/sandbox/instances", instances, listed(instances_are))
        .get("/api/v1/seller/sandbox/errands", errands, listed(errands_are))
        .get("/api/v1/seller/sandbox/calls", calls, listed(calls_are))
        .get("/api/v1/seller/sandbox/messages", messages, listed(messages_are))
        .get("/api/v1/seller/sandbox/usage", usage, listed(usage_is))
        .get("/api/v1/seller/sandbox/usage-charges", charges, listed(charges_are))
        .get("/api/v1/seller/sandbox/usage-refusals", refusals, listed(refusals_are))
        .get("/api/v1/seller/sandbox/money", money, does(money_is).gives::<SandboxMoney>(200))
        .done()
}

/// By what a deed is known when it is asked for again: who asks, and the key of the request.
pub(super) struct Key(pub(super) Option<String>);

/// A change that happens once, and is known again.
pub(super) type Again = (Once, Key);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let caller = parts.extensions.get::<CallerName>().map(|caller| caller.user.clone()).unwrap_or_default();
        let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        Ok(Self(key.map(|key| format!("{caller} {}", key.trim()))))
    }
}

async fn show(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxJson> {
    Ok(Json(sandboxes.shown(&seller).await?))
}

async fn start(State(sandboxes): State<Sandboxes>, seller: Seller, once: Once) -> Result<Answer, Problem> {
    once.run_after(&sandboxes.app, sandboxes.start(&seller), async |_, started| Ok(Answer::created(&started))).await
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
    let injecting = sandboxes.inject(&seller, faults);
    once.run_after(&sandboxes.app, injecting, async |_, faults| Ok(Answer::ok(&faults))).await
}

impl Sandboxes {
    pub(super) async fn shown(&self, seller: &Seller) -> Result<SandboxJson> {
        seller.may(accounts::Permission::View)?;
        self.wish(seller, Wish::Show).await
    }

    /// Injects other faults from now on.
    pub(super) async fn inject(&self, seller: &Seller, faults: InjectFaults) -> Result<SandboxFaults> {
        seller.may(accounts::Permission::Integrate)?;
        faults.checked()?;
        self.wish(seller, Wish::Inject(faults)).await
    }

    /// Looks at something in a seller's sandbox.
    pub(super) async fn look(&self, seller: &Seller, look: Look) -> Result<Value> {
        seller.may(accounts::Permission::View)?;
        self.wish(seller, Wish::Look(look)).await
    }
}

/// Does something once and says what came of it.
async fn act(
    (sandboxes, seller): (&Sandboxes, &Seller),
    (once, Key(key)): Again,
    deed: Deed,
) -> Result<Answer, Problem> {
    let creates = match &deed {
        Deed::Buy(_)
        | Deed::Try(_)
        | Deed::Convert(..)
        | Deed::Renew(..)
        | Deed::Change(..)
        | Deed::Return(_)
        | Deed::Use(..) => true,
        Deed::Turn(_) | Deed::GoesOn(..) | Deed::Restart(_) => false,
    };
    once.run_after(&sandboxes.app, sandboxes.act(seller, key, deed), async |_, done| {
        Ok(if creates { Answer::created(&done) } else { Answer::ok(&done) })
    })
    .await
}

async fn turn(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    Body(turn): Body<TurnSandbox>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Turn(turn)).await
}

async fn buy(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    Body(input): Body<SandboxPurchase>,
) -> Result<Answer, Problem> {
    let SandboxPurchase { buyer, sku, quantities, periods, period_unit, automatic } = input;
    // Places begin at nothing; a number of nobody is told as such.
    let buyer = buyer.wrapping_sub(1);
    let deed = Deed::Buy(Purchase { buyer, sku, quantities, periods, period_unit, automatic });
    act((&sandboxes, &seller), again, deed).await
}

async fn try_out(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    Body(input): Body<SandboxTrial>,
) -> Result<Answer, Problem> {
    let SandboxTrial { buyer, sku, quantities } = input;
    let buyer = buyer.wrapping_sub(1);
    let deed = Deed::Try(Purchase { buyer, sku, quantities, periods: 1, period_unit: None, automatic: false });
    act((&sandboxes, &seller), again, deed).await
}

async fn convert(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxConversion>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Convert(id, input.periods, input.period_unit)).await
}

async fn report(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<UseInSandbox>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Use(id, input)).await
}

async fn renew(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxRenewal>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Renew(id, input.periods)).await
}

async fn goes_on(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxExpiry>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::GoesOn(id, input.automatic, input.periods)).await
}

async fn change(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
    Body(input): Body<SandboxChange>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Change(id, input.sku, input.quantities)).await
}

async fn give_back(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Return(id)).await
}

async fn restart(
    State(sandboxes): State<Sandboxes>,
    seller: Seller,
    again: Again,
    PathParam(id): PathParam<ErrandId>,
) -> Result<Answer, Problem> {
    act((&sandboxes, &seller), again, Deed::Restart(id)).await
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

async fn usage(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Usage).await
}

async fn charges(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Charges).await
}

async fn refusals(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxList> {
    list(&sandboxes, &seller, Look::Refusals).await
}

async fn money(State(sandboxes): State<Sandboxes>, seller: Seller) -> Reply<SandboxMoney> {
    let found = sandboxes.look(&seller, Look::Money).await?;
    Ok(Json(serde_json::from_value(found).map_err(kernel::Error::fault)?))
}
