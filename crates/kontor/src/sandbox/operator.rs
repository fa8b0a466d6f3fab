//! What the operator sees of sandboxes: how many there are, whose, and how to end one.

use accounts::{Operator, Visit};
use axum::{Json, extract::State};
use kernel::{
    Result, Timestamp,
    id::{AccountId, SandboxId},
};
use maud::html;
use platform::http::{Access, Answer, Once, Op, PathParam, Problem, Reply, Routes};
use serde::Serialize;
use ui::{Page, Place, Table, Tone};
use utoipa::ToSchema;

use super::{Sandboxes, nodes::Running};

pub(super) fn routes(sandboxes: &Sandboxes) -> Routes {
    Routes::of(sandboxes.clone())
        .get(
            "/api/v1/operator/sandboxes",
            list,
            Op::does(Access::Operator, "List the sandboxes that run, in whichever process")
                .gives::<RunningSandboxes>(200),
        )
        .delete(
            "/api/v1/operator/sandboxes/{sandbox}",
            end,
            Op::does(Access::Operator, "End a seller's sandbox; in another process it ends within seconds")
                .tries_by_itself(),
        )
        .page("/operator/sandboxes", show, Access::Operator)
        .form("/operator/sandboxes/{sandbox}/end", end_on_page, Access::Operator)
        .done()
}

#[derive(Debug, Serialize, ToSchema)]
struct RunningSandboxes {
    items: Vec<RunningSandbox>,
    /// How many may run at once in each process.
    most_at_once: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct RunningSandbox {
    id: SandboxId,
    seller: AccountId,
    seller_name: String,
    /// The process in which it runs, by its machine and where it listens.
    #[schema(example = "market-1 0.0.0.0:8080")]
    node: String,
    /// Whether it can be used; if not, it is being made.
    is_ready: bool,
    /// The size of its database when its process said so last.
    bytes: i64,
    started_at: Timestamp,
    used_at: Timestamp,
}

impl From<Running> for RunningSandbox {
    fn from(running: Running) -> Self {
        let Running { id, seller, seller_name, node, is_ready, bytes, started_at, used_at } = running;
        Self { id, seller, seller_name, node, is_ready, bytes, started_at, used_at }
    }
}

async fn list(State(sandboxes): State<Sandboxes>, operator: Operator) -> Reply<RunningSandboxes> {
    let items = sandboxes.running(&operator).await?.into_iter().map(RunningSandbox::from).collect();
    Ok(Json(RunningSandboxes { items, most_at_once: sandboxes.rules().await?.most_at_once }))
}

async fn end(
    State(sandboxes): State<Sandboxes>,
    operator: Operator,
    PathParam(id): PathParam<SandboxId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run_after(&sandboxes.app, sandboxes.end_for(&operator, id), async |_, ()| Ok(Answer::empty())).await
}

async fn end_on_page(
    State(sandboxes): State<Sandboxes>,
    operator: Operator,
    PathParam(id): PathParam<SandboxId>,
    once: Once,
) -> Result<Answer, Problem> {
    let ending = sandboxes.end_for(&operator, id);
    once.run_after(&sandboxes.app, ending, async |_, ()| Ok(Answer::see_other("/operator/sandboxes"))).await
}

/// Begun ones count.
fn megabytes(bytes: i64) -> i64 {
    bytes.max(0).saturating_add(1_048_575) / 1_048_576
}

async fn show(State(sandboxes): State<Sandboxes>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    let view = &visit.view;
    let running = sandboxes.running(&operator).await?;
    let most = sandboxes.rules().await?.most_at_once;
    let title = view.t("sandbox-all-title");
    let count = i64::try_from(running.len()).unwrap_or(i64::MAX);
    let table = Table::new(view, &title, &running)
        .column(view.t("sandbox-all-seller"), |one: &Running| {
            html! { a href={ "/operator/accounts/" (one.seller) } { (one.seller_name) } }
        })
        .column(view.t("sandbox-all-node"), |one| {
            html! {
                (one.node)
                @if !one.is_ready { " " (ui::badge(Tone::Plain, &view.t("sandbox-all-making"))) }
            }
        })
        .number(
            view.t("sandbox-all-size"),
            |one| html! { (view.ta("sandbox-all-megabytes", &[("count", megabytes(one.bytes).into())])) },
        )
        .column(view.t("sandbox-started"), |one| view.time(one.started_at))
        .column(view.t("sandbox-all-used"), |one| view.time(one.used_at))
        .column("", |one| {
            ui::form(
                view,
                &format!("/operator/sandboxes/{}/end", one.id),
                &html! { button.button.danger type="submit" { (view.t("sandbox-end")) } },
            )
        })
        .empty(ui::empty(&view.t("sandbox-all-none"), &view.t("sandbox-all-none-text"), &html! {}));
    Ok(ui::page(
        view,
        Place::Operator("jobs"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.ta("sandbox-all-lead", &[("count", count.into()), ("most", i64::from(most).into())])), &html! {}))
            (table.render())
        },
    ))
}
