//! API tokens and access keys.

use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery, Timestamp,
    id::{AccessKeyId, TokenId, UserId},
};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checked;
use crate::{
    Accounts, Buyer, Permission,
    actions::credentials::{NewAccessKey, NewToken},
    store::credential::{AccessKey, Token},
};

/// An API token, to make one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenJson {
    #[schema(min_length = 1, max_length = 64, example = "build server")]
    name: String,
    /// What the token may do; never more than its maker.
    #[schema(min_items = 1, max_items = 20, example = json!(["view", "list"]))]
    scopes: Vec<Permission>,
    /// Days until it expires.
    #[schema(minimum = 1, maximum = 366, example = 90)]
    days: u32,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenJson {
    id: TokenId,
    /// The user for whom it acts.
    user: UserId,
    name: String,
    scopes: Vec<Permission>,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// To about ten minutes.
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// The token itself, when it is made: send it as `Authorization: Bearer kt_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<Token> for TokenJson {
    fn from(token: Token) -> Self {
        let Token { id, user_id, name, scopes, created_at, expires_at, last_used_at, revoked_at } = token;
        Self {
            id,
            user: user_id,
            name,
            scopes: scopes.0,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
            token: None,
        }
    }
}

/// A pair of keys for signed requests, to make one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeyJson {
    #[schema(min_length = 1, max_length = 64, example = "licence server")]
    name: String,
    /// What the key may do; never more than its maker.
    #[schema(min_items = 1, max_items = 20, example = json!(["integrate"]))]
    scopes: Vec<Permission>,
}

/// What of a pair of keys is changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyEditJson {
    #[schema(min_length = 1, max_length = 64, example = "old licence server")]
    name: Option<String>,
    #[schema(example = false)]
    active: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AccessKeyJson {
    id: AccessKeyId,
    /// The user for whom it acts.
    user: UserId,
    name: String,
    /// The public half (AK).
    access_key: String,
    /// The secret half (SK), when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
    scopes: Vec<Permission>,
    active: bool,
    version: i64,
    created_at: Timestamp,
    /// To about ten minutes.
    last_used_at: Option<Timestamp>,
}

impl From<AccessKey> for AccessKeyJson {
    fn from(key: AccessKey) -> Self {
        let AccessKey { id, user_id, name, access, scopes, active, version, created_at, last_used_at } = key;
        Self {
            id,
            user: user_id,
            name,
            access_key: access,
            secret_key: None,
            scopes: scopes.0,
            active,
            version,
            created_at,
            last_used_at,
        }
    }
}

async fn issue(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<NewTokenJson>,
) -> Result<Answer, Problem> {
    let NewTokenJson { name, scopes, days } = input;
    let wanted = NewToken { name, scopes, days };
    once.run(&accounts.app, async |tx| {
        let (token, secret) = accounts.new_token(tx, &buyer, &wanted).await?;
        Ok(Answer::created(&TokenJson { token: Some(secret), ..token.into() }).secret())
    })
    .await
}

async fn tokens(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<TokenJson>> {
    let page = checked(&page)?;
    Ok(Json(accounts.tokens(&mut accounts.app.db.read(), &buyer, page).await?.map(TokenJson::from)))
}

async fn revoke(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<TokenId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.revoke_token(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn create_key(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<NewKeyJson>,
) -> Result<Answer, Problem> {
    let NewKeyJson { name, scopes } = input;
    let wanted = NewAccessKey { name, scopes };
    once.run(&accounts.app, async |tx| {
        let (key, secret) = accounts.create_key(tx, &buyer, &wanted).await?;
        let version = key.version;
        Ok(Answer::created(&AccessKeyJson { secret_key: Some(secret), ..key.into() }).secret().version(version))
    })
    .await
}

async fn keys(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<AccessKeyJson>> {
    let page = checked(&page)?;
    Ok(Json(accounts.keys(&mut accounts.app.db.read(), &buyer, page).await?.map(AccessKeyJson::from)))
}

async fn edit_key(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    (once, version): (Once, IfMatch),
    PathParam(id): PathParam<AccessKeyId>,
    Body(input): Body<KeyEditJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let edit = (input.name.as_deref(), input.active);
        let key = accounts.edit_key(tx, &buyer, (id, version), edit).await?;
        let version = key.version;
        Ok(Answer::ok(&AccessKeyJson::from(key)).version(version))
    })
    .await
}

async fn delete_key(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<AccessKeyId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.delete_key(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let tokens_op =
        Op::does(Access::Buyer, "List the account's API tokens").query::<PageQuery>().gives::<Page<TokenJson>>(200);
    let issue_op = Op::does(Access::Buyer, "Make an API token").takes::<NewTokenJson>().gives::<TokenJson>(201);
    let keys_op = Op::does(Access::Buyer, "List the account's access keys").query::<PageQuery>();
    let create_op = Op::does(Access::Buyer, "Make an access key and its secret").takes::<NewKeyJson>();
    let edit_op =
        Op::does(Access::Buyer, "Rename an access key, or switch it off or on").takes::<KeyEditJson>().if_match();
    Routes::of(accounts.clone())
        .get("/api/v1/tokens", tokens, tokens_op)
        .post("/api/v1/tokens", issue, issue_op)
        .delete("/api/v1/tokens/{token}", revoke, Op::does(Access::Buyer, "Revoke an API token"))
        .get("/api/v1/access-keys", keys, keys_op.gives::<Page<AccessKeyJson>>(200))
        .post("/api/v1/access-keys", create_key, create_op.gives::<AccessKeyJson>(201))
        .patch("/api/v1/access-keys/{access_key}", edit_key, edit_op.gives::<AccessKeyJson>(200))
        .delete("/api/v1/access-keys/{access_key}", delete_key, Op::does(Access::Buyer, "Delete an access key"))
        .done()
}
