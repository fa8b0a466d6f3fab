//! `/api/v1`: changing what the account owns.

use std::collections::BTreeMap;

use accounts::Buyer;
use axum::{Json, extract::State};
use kernel::{
    Localized, Money, Timestamp,
    id::{InstanceId, OrderId, OrderLineId, SkuId},
    time::Period,
};
use orders::{After, Content};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Changes,
    actions::{Preview, Wanted},
    rules::{Change, ChangeProgress},
};

pub(crate) fn routes(changes: &Changes) -> Routes {
    Routes::of(changes.clone())
        .get(
            "/api/v1/instances/{instance}/change-options",
            options,
            Op::does(Access::Buyer, "See what an instance can be changed to").gives::<ChangeOptionsJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/change-preview",
            preview,
            Op::does(Access::Buyer, "See what another specification would cost for the rest of the term")
                .takes::<ChangeWish>()
                .gives::<ChangePreviewJson>(200),
        )
        .get(
            "/api/v1/instances/{instance}/changes",
            list,
            Op::does(Access::Buyer, "List the changes of an instance").gives::<InstanceChangesJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/changes",
            change,
            Op::does(Access::Buyer, "Change an instance as it was previewed, paid from the wallet")
                .takes::<ChangeInstance>()
                .gives::<InstanceChangeJson>(201),
        )
        .done()
}

#[derive(Serialize, ToSchema)]
struct ChangeOptionsJson {
    /// What it is now stands first.
    items: Vec<ChangeOption>,
}

#[derive(Serialize, ToSchema)]
struct ChangeOption {
    sku: SkuId,
    sku_code: String,
    title: Localized,
    /// Whether it is what the instance is now, which can have other numbers.
    present: bool,
    quantities: Vec<ChangeQuantity>,
}

#[derive(Serialize, ToSchema)]
struct ChangeQuantity {
    code: String,
    unit: Localized,
    min: u64,
    max: u64,
    step: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 40}}))]
struct ChangeWish {
    /// Another edition of the same product; as it is unless told.
    #[serde(default)]
    sku: Option<SkuId>,
    /// How many of what; as it is unless told.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 40}, "seen": "9f86d081884c7d659a2feaa0c55ad015"}))]
struct ChangeInstance {
    /// Another edition of the same product; as it is unless told.
    #[serde(default)]
    sku: Option<SkuId>,
    /// How many of what; as it is unless told.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// What the preview of the same change said.
    seen: String,
}

#[derive(Serialize, ToSchema)]
struct ChangePreviewJson {
    instance: InstanceId,
    /// It ends as before; what is left of it is paid anew.
    term: Period,
    total: Money,
    /// What the wallet lacks to pay it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Money>,
    /// How the price is made up, in one text.
    explanation: Localized,
    /// Changing with it accepts exactly this.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    seen: String,
    #[serde(flatten)]
    content: Content,
}

impl ChangePreviewJson {
    fn of(instance: InstanceId, preview: Preview) -> Self {
        let Preview { quote, term, cover } = preview;
        let missing = match cover.after {
            After::Missing(missing) => Some(missing),
            After::Left(_) => None,
        };
        let content = quote.content;
        let (total, explanation, seen) = (content.quote.total, content.quote.explanation(), content.seen());
        Self { instance, term, total, missing, explanation, seen, content }
    }
}

#[derive(Serialize, ToSchema)]
struct InstanceChangeJson {
    instance: InstanceId,
    order: OrderId,
    order_line: OrderLineId,
    /// `ahead` until the term begins that it was bought with; `running` until its seller's system has carried it out.
    state: ChangeProgress,
    asked_at: Timestamp,
    ended_at: Option<Timestamp>,
    /// Of one that was bought with a renewal: when the new term begins, and it with that.
    starts_at: Option<Timestamp>,
}

impl From<Change> for InstanceChangeJson {
    fn from(change: Change) -> Self {
        let Change { line, instance, account: _, seller: _, order, state, asked_at, ended_at, starts_at } = change;
        Self { instance, order, order_line: line, state, asked_at, ended_at, starts_at }
    }
}

#[derive(Serialize, ToSchema)]
struct InstanceChangesJson {
    items: Vec<InstanceChangeJson>,
}

async fn options(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<ChangeOptionsJson> {
    let tx = &mut changes.app.db.read();
    let read = changes.read(tx, buyer.account(), id).await?;
    let targets = changes.targets(tx, &buyer, &read).await?;
    let option = |offer: &catalogue::Offer| ChangeOption {
        sku: offer.sku,
        sku_code: offer.sku_code.clone(),
        title: offer.title(),
        present: offer.sku == read.instance.sku,
        quantities: offer.plan.quantities.iter().map(quantity).collect(),
    };
    Ok(Json(ChangeOptionsJson { items: targets.iter().map(|offer| option(offer)).collect() }))
}

fn quantity(known: &pricing::Quantity) -> ChangeQuantity {
    let pricing::Quantity { code, unit, min, max, step, unit_one: _ } = known.clone();
    ChangeQuantity { code, unit, min, max, step }
}

async fn preview(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Body(ChangeWish { sku, quantities }): Body<ChangeWish>,
) -> Reply<ChangePreviewJson> {
    let wanted = Wanted { sku, quantities };
    let preview = changes.preview(&mut changes.app.db.read(), &buyer, (id, &wanted)).await?;
    Ok(Json(ChangePreviewJson::of(id, preview)))
}

async fn list(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<InstanceChangesJson> {
    let found = changes.list(&mut changes.app.db.read(), &buyer, id).await?;
    Ok(Json(InstanceChangesJson { items: found.into_iter().map(|(change, _)| change.into()).collect() }))
}

async fn change(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<ChangeInstance>,
) -> Result<Answer, Problem> {
    let ChangeInstance { sku, quantities, seen } = input;
    let wanted = Wanted { sku, quantities };
    once.run(&changes.app, async |tx| {
        let change = changes.change(tx, &buyer, (id, &wanted), &seen).await?;
        Ok(Answer::created(&InstanceChangeJson::from(change)))
    })
    .await
}
