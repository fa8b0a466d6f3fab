//! The floors of the first page over JSON.

use accounts::{Member, Operator};
use axum::{Json, extract::State};
use kernel::{Localized, Timestamp, id::FloorId};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::search::FoundProduct;
use crate::{
    Catalogue,
    rules::{Floor, FloorContent, FloorDraft},
};

/// A floor as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ShownFloor {
    title: Localized,
    products: Vec<FoundProduct>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ShownFloors {
    items: Vec<ShownFloor>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FloorJson {
    id: FloorId,
    title: Localized,
    content: FloorContent,
    position: i64,
    shown_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown_until: Option<Timestamp>,
    version: i64,
}

impl From<Floor> for FloorJson {
    fn from(floor: Floor) -> Self {
        let Floor { id, title, content, position, shown_from, shown_until, version } = floor;
        Self { id, title, content, position, shown_from, shown_until, version }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct FloorsJson {
    items: Vec<FloorJson>,
}

/// What a floor is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": {"en": "New in security", "zh": "安全新品"}, "content": {"rule": "newest", "category": "security"}, "position": 15}))]
struct FloorInput {
    title: Localized,
    content: FloorContent,
    /// Floors stand in the order of their positions.
    #[serde(default)]
    position: i64,
    /// Now, unless told.
    #[serde(default)]
    shown_from: Option<Timestamp>,
    /// For ever, unless told.
    #[serde(default)]
    shown_until: Option<Timestamp>,
}

impl FloorInput {
    fn draft(self, now: Timestamp) -> FloorDraft {
        let Self { title, content, position, shown_from, shown_until } = self;
        FloorDraft { title, content, position, shown_from: shown_from.unwrap_or(now), shown_until }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let operator = |summary| Op::does(Access::Operator, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/floors",
            shown,
            Op::does(Access::Public, "List the floors of the first page with their products").gives::<ShownFloors>(200),
        )
        .get(
            "/api/v1/operator/floors",
            list,
            operator("List all floors, later and past ones too").gives::<FloorsJson>(200),
        )
        .post(
            "/api/v1/operator/floors",
            add,
            operator("Add a floor to the first page").takes::<FloorInput>().gives::<FloorJson>(201),
        )
        .put(
            "/api/v1/operator/floors/{floor}",
            change,
            operator("Change a floor").if_match().takes::<FloorInput>().gives::<FloorJson>(200),
        )
        .delete("/api/v1/operator/floors/{floor}", remove, operator("Remove a floor"))
        .done()
}

async fn shown(State(catalogue): State<Catalogue>, member: Option<Member>) -> Reply<ShownFloors> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    let floors = catalogue.furnished(tx, &who).await?;
    let one = |furnished: crate::actions::Furnished| ShownFloor {
        title: furnished.floor.title,
        products: furnished.entries.iter().map(|entry| FoundProduct::from(entry.as_ref())).collect(),
    };
    Ok(Json(ShownFloors { items: floors.into_iter().map(one).collect() }))
}

async fn list(State(catalogue): State<Catalogue>, operator: Operator) -> Reply<FloorsJson> {
    let floors = catalogue.floors(&mut catalogue.app.db.read(), &operator).await?;
    Ok(Json(FloorsJson { items: floors.into_iter().map(FloorJson::from).collect() }))
}

async fn add(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    once: Once,
    Body(input): Body<FloorInput>,
) -> Result<Answer, Problem> {
    let draft = input.draft(catalogue.app.clock.now());
    once.run(&catalogue.app, async |tx| {
        let floor = catalogue.add_floor(tx, &operator, &draft).await?;
        let version = floor.version;
        Ok(Answer::created(&FloorJson::from(floor)).version(version))
    })
    .await
}

async fn change(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<FloorId>,
    IfMatch(version): IfMatch,
    once: Once,
    Body(input): Body<FloorInput>,
) -> Result<Answer, Problem> {
    let draft = input.draft(catalogue.app.clock.now());
    once.run(&catalogue.app, async |tx| {
        let floor = catalogue.change_floor(tx, &operator, (id, version), &draft).await?;
        let version = floor.version;
        Ok(Answer::ok(&FloorJson::from(floor)).version(version))
    })
    .await
}

async fn remove(
    State(catalogue): State<Catalogue>,
    operator: Operator,
    PathParam(id): PathParam<FloorId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.remove_floor(tx, &operator, id).await?;
        Ok(Answer::empty())
    })
    .await
}
