//! What the operator sees and decides about accounts, its staff, and the audit log.

use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery,
    id::{AccountId, UserId, VerificationId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    account::{AccountJson, AuditJson},
    checked,
    me::UserJson,
    verification::{VerificationJson, masked_page},
};
use crate::{
    AccountKind, Accounts, Operator, StaffRole,
    actions::{account::Search, audit::AuditSearch, team::NewStaff, verification::Verdict},
    rules::VerificationState,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AccountsQuery {
    /// Part of a name or short name, or a user's mail address.
    q: Option<String>,
    #[param(inline)]
    kind: Option<AccountKind>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct VerificationsQuery {
    #[param(inline)]
    state: Option<VerificationState>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only the acts of this account's users.
    #[param(inline)]
    account: Option<AccountId>,
    /// Only this kind of act, such as `verification.decided`.
    action: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AccountWithUsersJson {
    account: AccountJson,
    /// The newest hundred.
    users: Vec<UserJson>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionJson {
    #[schema(example = "approve")]
    verdict: Verdict,
    /// What the account is told; a rejection needs one.
    #[serde(default)]
    #[schema(max_length = 500, example = "The documents fit the register.")]
    reason: String,
}

/// A member of staff, who is sent a link to choose a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStaffJson {
    #[schema(max_length = 254, example = "reviewer@market.example.com")]
    email: String,
    #[schema(example = "reviewer")]
    role: StaffRole,
    #[schema(example = "zh")]
    lang: Lang,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffEditJson {
    #[schema(example = "support")]
    role: StaffRole,
}

async fn search(
    State(accounts): State<Accounts>,
    operator: Operator,
    Query(query): Query<AccountsQuery>,
) -> Reply<Page<AccountJson>> {
    let AccountsQuery { q, kind, cursor, limit } = query;
    let page = checked(&PageQuery { cursor, limit })?;
    let search = Search { text: q, kind };
    Ok(Json(accounts.search(&mut accounts.app.db.read(), &operator, &search, page).await?.map(AccountJson::from)))
}

async fn look_at(
    State(accounts): State<Accounts>,
    operator: Operator,
    PathParam(id): PathParam<AccountId>,
) -> Reply<AccountWithUsersJson> {
    let (account, users) = accounts.look_at(&mut accounts.app.db.read(), &operator, id).await?;
    let users = users.into_iter().map(UserJson::from).collect();
    Ok(Json(AccountWithUsersJson { account: account.into(), users }))
}

async fn verifications(
    State(accounts): State<Accounts>,
    operator: Operator,
    Query(query): Query<VerificationsQuery>,
) -> Reply<Page<VerificationJson>> {
    let VerificationsQuery { state, cursor, limit } = query;
    let page = checked(&PageQuery { cursor, limit })?;
    let found = accounts.review_list(&mut accounts.app.db.read(), &operator, state, page).await?;
    Ok(Json(masked_page(&accounts, found)?))
}

async fn verification(
    State(accounts): State<Accounts>,
    operator: Operator,
    PathParam(id): PathParam<VerificationId>,
) -> Reply<VerificationJson> {
    let found = accounts.review(&mut accounts.app.db.read(), &operator, id).await?;
    Ok(Json(VerificationJson::whole(&accounts, found)?))
}

async fn decide(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<VerificationId>,
    Body(input): Body<DecisionJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let decision = (input.verdict, input.reason.as_str());
        let decided = accounts.decide_verification(tx, &operator, id, decision).await?;
        Ok(Answer::ok(&VerificationJson::masked(&accounts, decided)?))
    })
    .await
}

async fn staff(
    State(accounts): State<Accounts>,
    operator: Operator,
    Query(page): Query<PageQuery>,
) -> Reply<Page<UserJson>> {
    let page = checked(&page)?;
    Ok(Json(accounts.staff_list(&mut accounts.app.db.read(), &operator, page).await?.map(UserJson::from)))
}

async fn create_staff(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    Body(input): Body<NewStaffJson>,
) -> Result<Answer, Problem> {
    let NewStaffJson { email, role, lang } = input;
    let new = NewStaff { email, role, lang };
    once.run(&accounts.app, async |tx| {
        let user = accounts.create_staff(tx, &operator, &new).await?;
        let version = user.version;
        Ok(Answer::created(&UserJson::from(user)).version(version))
    })
    .await
}

async fn edit_staff(
    State(accounts): State<Accounts>,
    operator: Operator,
    (once, version): (Once, IfMatch),
    PathParam(id): PathParam<UserId>,
    Body(input): Body<StaffEditJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let user = accounts.edit_staff(tx, &operator, (id, version), input.role).await?;
        let version = user.version;
        Ok(Answer::ok(&UserJson::from(user)).version(version))
    })
    .await
}

async fn disable_staff(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        Ok(Answer::ok(&UserJson::from(accounts.disable_staff(tx, &operator, id).await?)))
    })
    .await
}

async fn enable_staff(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| Ok(Answer::ok(&UserJson::from(accounts.enable_staff(tx, &operator, id).await?))))
        .await
}

async fn disable_totp(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.staff_disable_totp(tx, &operator, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn audit_log(
    State(accounts): State<Accounts>,
    operator: Operator,
    Query(query): Query<AuditQuery>,
) -> Reply<Page<AuditJson>> {
    let AuditQuery { account, action, cursor, limit } = query;
    let page = checked(&PageQuery { cursor, limit })?;
    let search = AuditSearch { account, action };
    Ok(Json(accounts.audit_log(&mut accounts.app.db.read(), &operator, &search, page).await?.map(AuditJson::from)))
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let does = |summary| Op::does(Access::Operator, summary);
    let edit_op =
        does("Change the role of a member of staff").takes::<StaffEditJson>().if_match().gives::<UserJson>(200);
    let create_op = does("Make a member of staff").takes::<NewStaffJson>().gives::<UserJson>(201);
    let decide_op = does("Approve or reject a verification").takes::<DecisionJson>().gives::<VerificationJson>(200);
    let list_op = does("List verifications and when they are due").query::<VerificationsQuery>();
    let disable_op = does("Disable a member of staff and end all sessions").gives::<UserJson>(200);
    let enable_op = does("Let a disabled member of staff sign in again").gives::<UserJson>(200);
    let search_op = does("Search accounts").query::<AccountsQuery>().gives::<Page<AccountJson>>(200);
    let log_op = does("Read the audit log").query::<AuditQuery>().gives::<Page<AuditJson>>(200);
    let staff_op = does("List the staff").query::<PageQuery>().gives::<Page<UserJson>>(200);
    let show_op = does("See a verification").gives::<VerificationJson>(200);
    let look_op = does("See an account and its users").gives::<AccountWithUsersJson>(200);
    let totp_op = does("Switch two-step sign-in off for an owner or a member of staff who has lost the authenticator");
    Routes::of(accounts.clone())
        .get("/api/v1/operator/accounts", search, search_op)
        .get("/api/v1/operator/accounts/{account}", look_at, look_op)
        .get("/api/v1/operator/verifications", verifications, list_op.gives::<Page<VerificationJson>>(200))
        .get("/api/v1/operator/verifications/{verification}", verification, show_op)
        .post("/api/v1/operator/verifications/{verification}/decision", decide, decide_op)
        .get("/api/v1/operator/staff", staff, staff_op)
        .post("/api/v1/operator/staff", create_staff, create_op)
        .patch("/api/v1/operator/staff/{user}", edit_staff, edit_op)
        .post("/api/v1/operator/staff/{user}/disable", disable_staff, disable_op)
        .post("/api/v1/operator/staff/{user}/enable", enable_staff, enable_op)
        .post("/api/v1/operator/users/{user}/totp/disable", disable_totp, totp_op)
        .get("/api/v1/operator/audit", audit_log, log_op)
        .done()
}
