//! `/api/v1/operator`: the site itself: rules, jobs that were given up, the invariants.

use accounts::{Accounts, Operator, StaffPermission};
use axum::{
    Json,
    extract::{FromRef, State},
};
use insight::Invariants as Seen;
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{JobId, PolicyId},
};
use platform::{
    App,
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes},
    jobs::{self, JobRow},
};
use policy::{Policies, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Kontor;

#[derive(Clone, FromRef)]
pub(crate) struct Operations {
    app: App,
    policies: Policies,
    accounts: Accounts,
    #[from_ref(skip)]
    kontor: Box<Kontor>,
}

impl Operations {
    pub(crate) fn new(kontor: &Kontor) -> Self {
        Self {
            app: kontor.app.clone(),
            policies: kontor.policies.clone(),
            accounts: kontor.accounts.clone(),
            kontor: Box::new(kontor.clone()),
        }
    }

    pub(crate) fn routes(&self) -> Routes {
        Routes::of(self.clone())
            .get(
                "/api/v1/operator/policy",
                policy_versions,
                Op::does(Access::Operator, "List the versions of the site's rules").gives::<PolicyVersions>(200),
            )
            .post(
                "/api/v1/operator/policy",
                publish_policy,
                Op::does(Access::Operator, "Publish rules that hold from a moment on")
                    .takes::<PublishPolicy>()
                    .gives::<PolicyVersion>(201),
            )
            .get(
                "/api/v1/operator/dead-letters",
                dead_letters,
                Op::does(Access::Operator, "List the jobs that were given up")
                    .query::<PageQuery>()
                    .gives::<Page<DeadLetter>>(200),
            )
            .post(
                "/api/v1/operator/dead-letters/{job}/restart",
                restart,
                Op::does(Access::Operator, "Try a job again that was given up"),
            )
            .get(
                "/api/v1/operator/invariants",
                invariants,
                Op::does(
                    Access::Operator,
                    "See whether the books fit what is derived from them, and how the site stands",
                )
                .gives::<Invariants>(200),
            )
            .done()
    }
}

#[derive(Serialize, ToSchema)]
struct PolicyVersions {
    /// The latest first.
    items: Vec<PolicyVersion>,
}

#[derive(Serialize, ToSchema)]
struct PolicyVersion {
    id: PolicyId,
    effective_from: Timestamp,
    published_at: Timestamp,
    published_by: String,
    /// The rules as TOML.
    rules: String,
}

impl From<Version> for PolicyVersion {
    fn from(version: Version) -> Self {
        let Version { id, source, effective_from, published_at, published_by } = version;
        Self { id, effective_from, published_at, published_by, rules: source.0.toml }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rules": "[site]\n…", "effective_from": "2027-01-01T00:00:00Z"}))]
struct PublishPolicy {
    /// The whole rules as TOML; start from the version that holds.
    #[schema(max_length = 200_000)]
    rules: String,
    /// Now, unless told.
    #[serde(default)]
    effective_from: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct DeadLetter {
    id: JobId,
    /// What had happened, with the ids it is about.
    #[schema(value_type = Object)]
    event: serde_json::Value,
    attempts: i64,
    last_error: Option<String>,
    created_at: Timestamp,
    given_up_at: Option<Timestamp>,
}

impl From<JobRow> for DeadLetter {
    fn from(job: JobRow) -> Self {
        let JobRow { id, event, due_at: _, created_at, attempts, last_error, dead_at } = job;
        Self { id, event: event.0, attempts, last_error, created_at, given_up_at: dead_at }
    }
}

#[derive(Serialize, ToSchema)]
struct Invariants {
    /// Whether everything that is derived from the journals fits them.
    in_order: bool,
    /// The first difference and its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
    /// When the books were derived last: at most once a minute.
    derived_at: Timestamp,
    journals: i64,
    seals: i64,
    sealed_at: Option<Timestamp>,
    jobs_due: i64,
    oldest_job_due_at: Option<Timestamp>,
    dead_letters: i64,
}

async fn policy_versions(State(site): State<Operations>, operator: Operator) -> Reply<PolicyVersions> {
    operator.may_staff(StaffPermission::View).map_err(Error::from)?;
    let versions = site.policies.versions().await?;
    Ok(Json(PolicyVersions { items: versions.into_iter().map(PolicyVersion::from).collect() }))
}

async fn publish_policy(
    State(site): State<Operations>,
    operator: Operator,
    once: Once,
    Body(input): Body<PublishPolicy>,
) -> Result<Answer, Problem> {
    let PublishPolicy { rules, effective_from } = input;
    let answer = once
        .run(&site.app, async |tx| {
            let version = site.kontor.insight.publish_policy(tx, &operator, &rules, effective_from).await?;
            Ok(Answer::created(&PolicyVersion::from(version)))
        })
        .await?;
    site.policies.forget_cached();
    Ok(answer)
}

async fn dead_letters(
    State(site): State<Operations>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<DeadLetter>> {
    operator.may_staff(StaffPermission::Support).map_err(Error::from)?;
    let page = page.checked().map_err(Error::from)?;
    Ok(Json(jobs::dead_letters(&mut site.app.db.read(), page).await?.map(DeadLetter::from)))
}

async fn restart(
    State(site): State<Operations>,
    operator: Operator,
    PathParam(job): PathParam<JobId>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&site.app, async |tx| {
        site.kontor.insight.restart(tx, &operator, job).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn invariants(State(site): State<Operations>, operator: Operator) -> Reply<Invariants> {
    let Seen { derived, backlog, sealed_at } = site.kontor.insight.invariants(&operator).await?;
    let checked = derived.outcome.as_ref().copied().unwrap_or_default();
    Ok(Json(Invariants {
        in_order: derived.outcome.is_ok(),
        difference: derived.outcome.err().map(|difference| difference.to_string()),
        derived_at: derived.at,
        journals: checked.journals,
        seals: checked.seals,
        sealed_at,
        jobs_due: backlog.due,
        oldest_job_due_at: backlog.oldest_due_at,
        dead_letters: backlog.dead,
    }))
}
