//! `/api/v1`: changing what the account owns.

use std::{collections::BTreeMap, sync::Arc};

use accounts::Buyer;
use axum::{Json, extract::State};
use delivery::CheckState;
use kernel::{
    Localized, Money, Timestamp,
    id::{InstanceId, OrderId, OrderLineId, SkuId},
    time::Period,
};
use orders::{After, Content};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Reply, Routes};
use pricing::PeriodUnit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Changes,
    actions::{
        Preview, Read, Wanted,
        ahead::{Preview as Ahead, Wish},
    },
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
        .get(
            "/api/v1/instances/{instance}/renewal-change-options",
            options_ahead,
            Op::does(Access::Buyer, "See what an instance can be renewed as").gives::<ChangeOptionsJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/renewal-change-preview",
            preview_ahead,
            Op::does(
                Access::Buyer,
                "See what another term with another specification would cost, and whether its seller's system agrees",
            )
            .takes::<RenewalChangeWish>()
            .gives::<RenewalChangePreviewJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/renewal-change-check",
            ask_ahead,
            Op::does(
                Access::Buyer,
                "Ask the seller's system whether an instance can be renewed with another specification",
            )
            .takes::<RenewalChangeWish>()
            .gives::<RenewalChangePreviewJson>(200),
        )
        .post(
            "/api/v1/instances/{instance}/renewal-changes",
            change_ahead,
            Op::does(
                Access::Buyer,
                "Renew an instance with another specification as it was previewed, paid from the wallet",
            )
            .takes::<BuyRenewalChange>()
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 5}, "periods": 1, "period_unit": "year"}))]
struct RenewalChangeWish {
    /// Another edition of the same product; as it is unless told.
    #[serde(default)]
    sku: Option<SkuId>,
    /// How many of what; as it is unless told.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// How many days, months or years; as the last time unless told.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
}

impl RenewalChangeWish {
    fn wish(self) -> Wish {
        let Self { sku, quantities, periods, period_unit } = self;
        Wish { wanted: Wanted { sku, quantities }, periods, unit: period_unit }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantities": {"users": 5}, "periods": 1, "period_unit": "year", "seen": "9f86d081884c7d659a2feaa0c55ad015"}))]
struct BuyRenewalChange {
    /// Another edition of the same product; as it is unless told.
    #[serde(default)]
    sku: Option<SkuId>,
    /// How many of what; as it is unless told.
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// How many days, months or years; as the last time unless told.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 366)]
    periods: Option<u32>,
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// What the preview of the same said.
    seen: String,
}

/// What the seller's system says to just that.
#[derive(Serialize, ToSchema)]
struct ChangeCheckJson {
    /// Nothing is paid before it has `passed`.
    state: CheckState,
    /// Why it does not agree, in its seller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    asked_at: Timestamp,
    /// Until when it counts that it has agreed, for one order.
    #[serde(skip_serializing_if = "Option::is_none")]
    good_until: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct RenewalChangePreviewJson {
    instance: InstanceId,
    /// It begins where the present term ends, and the other specification with it.
    term: Period,
    total: Money,
    /// What the wallet lacks to pay it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Money>,
    /// How the price is made up, in one text.
    explanation: Localized,
    /// Renewing with it accepts exactly this.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    seen: String,
    /// Absent while it was not asked, and when its answer counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<ChangeCheckJson>,
    #[serde(flatten)]
    content: Content,
}

impl RenewalChangePreviewJson {
    fn of(instance: InstanceId, preview: Ahead) -> Self {
        let Ahead { quote, term, cover, check, good_until, .. } = preview;
        let missing = match cover.after {
            After::Missing(missing) => Some(missing),
            After::Left(_) => None,
        };
        let check = check.map(|check| ChangeCheckJson {
            state: check.state,
            said: check.said,
            asked_at: check.asked_at,
            good_until,
        });
        let content = quote.content;
        let (total, explanation, seen) = (content.quote.total, content.quote.explanation(), content.seen());
        Self { instance, term, total, missing, explanation, seen, check, content }
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
    Ok(Json(told(&read, &targets)))
}

async fn options_ahead(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Reply<ChangeOptionsJson> {
    let tx = &mut changes.app.db.read();
    let read = changes.read(tx, buyer.account(), id).await?;
    let targets = changes.targets_ahead(tx, &buyer, &read).await?;
    Ok(Json(told(&read, &targets)))
}

fn told(read: &Read, targets: &[Arc<catalogue::Offer>]) -> ChangeOptionsJson {
    let option = |offer: &catalogue::Offer| ChangeOption {
        sku: offer.sku,
        sku_code: offer.sku_code.clone(),
        title: offer.title(),
        present: offer.sku == read.instance.sku,
        quantities: offer.plan.quantities.iter().map(quantity).collect(),
    };
    ChangeOptionsJson { items: targets.iter().map(|offer| option(offer)).collect() }
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

async fn preview_ahead(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    Body(wish): Body<RenewalChangeWish>,
) -> Reply<RenewalChangePreviewJson> {
    let preview = changes.preview_ahead(&mut changes.app.db.read(), &buyer, (id, &wish.wish())).await?;
    Ok(Json(RenewalChangePreviewJson::of(id, preview)))
}

async fn ask_ahead(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(wish): Body<RenewalChangeWish>,
) -> Result<Answer, Problem> {
    let wish = wish.wish();
    once.run(&changes.app, async |tx| {
        let preview = changes.ask_ahead(tx, &buyer, (id, &wish)).await?;
        Ok(Answer::ok(&RenewalChangePreviewJson::of(id, preview)))
    })
    .await
}

async fn change_ahead(
    State(changes): State<Changes>,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Body(input): Body<BuyRenewalChange>,
) -> Result<Answer, Problem> {
    let BuyRenewalChange { sku, quantities, periods, period_unit, seen } = input;
    let wish = RenewalChangeWish { sku, quantities, periods, period_unit }.wish();
    once.run(&changes.app, async |tx| {
        let change = changes.change_ahead(tx, &buyer, (id, &wish), &seen).await?;
        Ok(Answer::created(&InstanceChangeJson::from(change)))
    })
    .await
}
