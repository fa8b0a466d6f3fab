//! Real-name verification, as the account sees it.

use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery, Result, Timestamp,
    id::{AccountId, DocumentId, UserId, VerificationId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checked;
use crate::{
    Accounts, Buyer,
    rules::{CustomerKind, Identity, VerificationState},
    store::verification::Verification,
};

/// Who stands behind the account. A personal account that submits an enterprise becomes one when it is approved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityJson {
    #[schema(example = "enterprise")]
    kind: CustomerKind,
    /// A person's full name, or a company's as registered.
    #[schema(min_length = 2, max_length = 100, example = "Acme Software Ltd")]
    name: String,
    #[schema(pattern = "^[A-Z]{2}$", example = "CN")]
    country: String,
    /// The number of an identity document, or of the company's registration.
    #[schema(pattern = "^[A-Za-z0-9./-]{4,40}$", example = "91440300MA5EXAMPLE")]
    number: String,
    /// Who acts for the company; enterprises only.
    #[schema(min_length = 2, max_length = 100, example = "Ada Li")]
    representative: Option<String>,
    /// Uploaded documents; enterprises send at least one.
    #[serde(default)]
    #[schema(max_items = 10)]
    documents: Vec<DocumentId>,
}

impl From<IdentityJson> for Identity {
    fn from(input: IdentityJson) -> Self {
        let IdentityJson { kind, name, country, number, representative, documents } = input;
        Self { kind, name, country, number, representative, documents }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationJson {
    id: VerificationId,
    account: AccountId,
    kind: CustomerKind,
    name: String,
    country: String,
    /// Only its end is shown; reviewers see the whole of it.
    number: String,
    representative: Option<String>,
    documents: Vec<DocumentId>,
    state: VerificationState,
    submitted_at: Timestamp,
    /// The moment until which the operator decides.
    due_at: Timestamp,
    decided_at: Option<Timestamp>,
    decided_by: Option<UserId>,
    reason: Option<String>,
}

impl VerificationJson {
    /// With all but the end of the number hidden.
    pub(crate) fn masked(accounts: &Accounts, verification: Verification) -> Result<Self> {
        let number = accounts.masked_number(&verification)?;
        Ok(Self::with(number, verification))
    }

    /// For whoever decides.
    pub(crate) fn whole(accounts: &Accounts, verification: Verification) -> Result<Self> {
        let number = accounts.number(&verification)?;
        Ok(Self::with(number, verification))
    }

    fn with(number: String, verification: Verification) -> Self {
        Self {
            id: verification.id,
            account: verification.account_id,
            kind: verification.kind,
            name: verification.name,
            country: verification.country,
            number,
            representative: verification.representative,
            documents: verification.documents.0,
            state: verification.state,
            submitted_at: verification.submitted_at,
            due_at: verification.due_at,
            decided_at: verification.decided_at,
            decided_by: verification.decided_by,
            reason: verification.reason,
        }
    }
}

/// A page of verifications with their numbers masked.
pub(crate) fn masked_page(accounts: &Accounts, page: Page<Verification>) -> Result<Page<VerificationJson>> {
    let Page { items, next_cursor } = page;
    let items = items.into_iter().map(|item| VerificationJson::masked(accounts, item)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor })
}

async fn submit(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<IdentityJson>,
) -> Result<Answer, Problem> {
    let identity = Identity::from(input);
    once.run(&accounts.app, async |tx| {
        let verification = accounts.submit_verification(tx, &buyer, &identity).await?;
        Ok(Answer::created(&VerificationJson::masked(&accounts, verification)?))
    })
    .await
}

async fn list(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<VerificationJson>> {
    let page = checked(&page)?;
    let found = accounts.verifications(&mut accounts.app.db.read(), &buyer, page).await?;
    Ok(Json(masked_page(&accounts, found)?))
}

async fn show(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    PathParam(id): PathParam<VerificationId>,
) -> Reply<VerificationJson> {
    let found = accounts.verification_for(&mut accounts.app.db.read(), &buyer, id).await?;
    Ok(Json(VerificationJson::masked(&accounts, found)?))
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let submit_op = Op::does(Access::Buyer, "Submit who stands behind the account").takes::<IdentityJson>();
    let list_op = Op::does(Access::Buyer, "List the account's verifications").query::<PageQuery>();
    let show_op = Op::does(Access::Buyer, "See a verification and when it is due").gives::<VerificationJson>(200);
    Routes::of(accounts.clone())
        .post("/api/v1/verifications", submit, submit_op.gives::<VerificationJson>(201))
        .get("/api/v1/verifications", list, list_op.gives::<Page<VerificationJson>>(200))
        .get("/api/v1/verifications/{verification}", show, show_op)
        .done()
}
