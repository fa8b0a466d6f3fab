//! Opening an account, seeing it, and its audit log.

use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{AccountId, AuditId, UserId},
    text::Lang,
};
use platform::http::{Access, Answer, Body, ClientAddress, IfMatch, Once, Op, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Account, AccountKind, Accounts, Buyer,
    rules::{CustomerKind, Registration},
    store::audit::AuditEntry,
};

/// An account, to open it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterJson {
    #[schema(example = "enterprise")]
    kind: CustomerKind,
    #[schema(min_length = 2, max_length = 100, example = "Acme Software Ltd")]
    name: String,
    /// The short name with which sub-users sign in; made up when left out.
    #[schema(pattern = "^[a-z][a-z0-9-]{2,31}$", example = "acme")]
    slug: Option<String>,
    /// The owner's mail address, with which the owner signs in.
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    password: String,
    #[schema(example = "+86 138 0013 8000")]
    mobile: Option<String>,
    #[schema(example = "en")]
    lang: Lang,
}

impl From<RegisterJson> for Registration {
    fn from(input: RegisterJson) -> Self {
        let RegisterJson { kind, name, slug, email, password, mobile, lang } = input;
        Self { kind, name, slug, email, password, mobile, lang }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AccountJson {
    id: AccountId,
    kind: AccountKind,
    name: String,
    slug: String,
    /// Where sub-users sign in.
    sign_in_path: String,
    /// Whether the account has passed real-name verification.
    verified: bool,
    /// The name that was verified.
    verified_name: Option<String>,
    /// Whether the account is admitted to sell.
    seller: bool,
    version: i64,
    created_at: Timestamp,
}

impl From<Account> for AccountJson {
    fn from(account: Account) -> Self {
        let sign_in_path = account.sign_in_path();
        let Account { id, kind, name, slug, verified, verified_name, seller, version, created_at } = account;
        Self { id, kind, name, slug, sign_in_path, verified, verified_name, seller, version, created_at }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredJson {
    account: AccountJson,
    owner: UserId,
}

/// What of an account is changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameJson {
    #[schema(min_length = 2, max_length = 100, example = "Acme Cloud Ltd")]
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AuditJson {
    id: AuditId,
    account: Option<AccountId>,
    user: Option<UserId>,
    /// The credential that was used, or `system`.
    actor: String,
    action: String,
    target: String,
    detail: serde_json::Value,
    from: String,
    at: Timestamp,
}

impl From<AuditEntry> for AuditJson {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, account_id, user_id, actor, action, target, detail, from_address, at } = entry;
        Self { id, account: account_id, user: user_id, actor, action, target, detail: detail.0, from: from_address, at }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only this kind of act, such as `token.issued`.
    action: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

async fn register(
    State(accounts): State<Accounts>,
    address: ClientAddress,
    once: Once,
    Body(input): Body<RegisterJson>,
) -> Result<Answer, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    let input = input.into();
    let by_letter = accounts.confirms_addresses().await?;
    once.run_after(&accounts.app, accounts.check_registration(&input), async |tx, new| {
        if by_letter {
            accounts.ask_to_register(tx, &new).await?;
            return Ok(Answer::empty());
        }
        let (account, owner) = accounts.register(tx, &new).await?;
        let version = account.version;
        Ok(Answer::created(&RegisteredJson { account: account.into(), owner }).version(version))
    })
    .await
}

async fn show(State(accounts): State<Accounts>, buyer: Buyer) -> Reply<AccountJson> {
    Ok(Json(accounts.find(&mut accounts.app.db.read(), buyer.account()).await?.into()))
}

async fn rename(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    version: IfMatch,
    Body(input): Body<RenameJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let account = accounts.rename(tx, &buyer, version, &input.name).await?;
        let version = account.version;
        Ok(Answer::ok(&AccountJson::from(account)).version(version))
    })
    .await
}

async fn audit_log(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    Query(query): Query<AuditQuery>,
) -> Reply<Page<AuditJson>> {
    let AuditQuery { action, cursor, limit } = query;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let log = accounts.own_audit_log(&mut accounts.app.db.read(), &buyer, action.as_deref(), page).await?;
    Ok(Json(log.map(AuditJson::from)))
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let register_op = Op::does(Access::Public, "Open an account").takes::<RegisterJson>().gives::<RegisteredJson>(201);
    let rename_op =
        Op::does(Access::Buyer, "Rename the account").takes::<RenameJson>().if_match().gives::<AccountJson>(200);
    let log_op =
        Op::does(Access::Buyer, "Read the account's audit log").query::<AuditQuery>().gives::<Page<AuditJson>>(200);
    Routes::of(accounts.clone())
        .post("/api/v1/accounts", register, register_op)
        .get("/api/v1/account", show, Op::does(Access::Buyer, "See the account").gives::<AccountJson>(200))
        .patch("/api/v1/account", rename, rename_op)
        .get("/api/v1/audit", audit_log, log_op)
        .done()
}
