//! Statements on `api_token` and `access_key`, and the look-up of every kind of credential.

use kernel::{
    Error, Page, Result, Thing, Timestamp,
    arg::json,
    args,
    id::{AccessKeyId, AccountId, SessionId, TokenId, UserId},
    page::PageOf,
    text::Lang,
};
use platform::Tx;
use sqlx::types::Json;

use crate::{AccountKind, Permission};

/// An API token as its account sees it; the token itself is not kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Token {
    pub id: TokenId,
    pub user_id: UserId,
    pub name: String,
    pub scopes: Json<Vec<Permission>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A pair of keys for signed requests; the secret one is sealed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccessKey {
    pub id: AccessKeyId,
    pub user_id: UserId,
    pub name: String,
    pub access: String,
    pub scopes: Json<Vec<Permission>>,
    pub active: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

pub(crate) async fn insert_token(tx: &mut Tx, account: AccountId, token: &Token, hash: &str) -> Result<()> {
    tx.execute(
        "insert into api_token (id, account_id, user_id, name, token_hash, scopes, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            token.id,
            account,
            token.user_id,
            &token.name,
            hash,
            json(&token.scopes.0),
            token.created_at,
            token.expires_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn tokens(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<Token>> {
    let rows = tx
        .fetch_all(
            "select id, user_id, name, scopes, created_at, expires_at, last_used_at, revoked_at from api_token \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |token: &Token| token.id.uuid()))
}

pub(crate) async fn revoke_token(tx: &mut Tx, account: AccountId, id: TokenId, now: Timestamp) -> Result<()> {
    let sql = "update api_token set revoked_at = $1 where account_id = $2 and id = $3 and revoked_at is null";
    tx.execute_one(sql, args![now, account, id], || Error::NotFound(Thing::Token)).await
}

pub(crate) async fn revoke_tokens_of(tx: &mut Tx, account: AccountId, user: UserId, now: Timestamp) -> Result<u64> {
    let sql = "update api_token set revoked_at = $1 where account_id = $2 and user_id = $3 and revoked_at is null";
    tx.execute(sql, args![now, account, user]).await
}

pub(crate) async fn insert_key(tx: &mut Tx, account: AccountId, key: &AccessKey, sealed: Vec<u8>) -> Result<()> {
    tx.execute(
        "insert into access_key (id, account_id, user_id, name, access, sealed_secret, scopes, active, version, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            key.id,
            account,
            key.user_id,
            &key.name,
            &key.access,
            sealed,
            json(&key.scopes.0),
            key.active,
            key.version,
            key.created_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn keys(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<AccessKey>> {
    let rows = tx
        .fetch_all(
            "select id, user_id, name, access, scopes, active, version, created_at, last_used_at from access_key \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |key: &AccessKey| key.id.uuid()))
}

pub(crate) async fn key_for(tx: &mut Tx, account: AccountId, id: AccessKeyId) -> Result<Option<AccessKey>> {
    tx.fetch_optional(
        "select id, user_id, name, access, scopes, active, version, created_at, last_used_at from access_key \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// Guarded by the version that the edit was made from.
pub(crate) async fn update_key(
    tx: &mut Tx,
    account: AccountId,
    key: &AccessKey,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    tx.execute_one(
        "update access_key set name = $1, active = $2, version = version + 1 where account_id = $3 and id = $4 and version = $5",
        args![&key.name, key.active, account, key.id, key.version],
        missed,
    )
    .await
}

pub(crate) async fn delete_key(tx: &mut Tx, account: AccountId, id: AccessKeyId) -> Result<()> {
    let sql = "delete from access_key where account_id = $1 and id = $2";
    tx.execute_one(sql, args![account, id], || Error::NotFound(Thing::AccessKey)).await
}

pub(crate) async fn disable_keys_of(tx: &mut Tx, account: AccountId, user: UserId) -> Result<u64> {
    let sql =
        "update access_key set active = $1, version = version + 1 where account_id = $2 and user_id = $3 and active";
    tx.execute(sql, args![false, account, user]).await
}

/// Who stands behind a credential.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Holder {
    pub(crate) account_id: AccountId,
    pub(crate) user_id: UserId,
    pub(crate) kind: AccountKind,
    pub(crate) verified: bool,
    pub(crate) seller: bool,
    pub(crate) role: String,
    pub(crate) lang: Lang,
}

#[derive(sqlx::FromRow)]
pub(crate) struct SessionHolder {
    pub(crate) id: SessionId,
    pub(crate) expires_at: Timestamp,
    #[sqlx(flatten)]
    pub(crate) holder: Holder,
}

pub(crate) async fn by_session(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<SessionHolder>> {
    tx.fetch_optional(
        "select s.id, s.expires_at, s.account_id, s.user_id, a.kind, a.verified, a.seller, u.role, u.lang from user_session s \
         join account_user u on u.id = s.user_id join account a on a.id = s.account_id \
         where s.token_hash = $1 and s.expires_at > $2 and u.disabled_at is null",
        args![hash, now],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct TokenHolder {
    pub(crate) id: TokenId,
    pub(crate) expires_at: Timestamp,
    pub(crate) scopes: Json<Vec<Permission>>,
    pub(crate) last_used_at: Option<Timestamp>,
    #[sqlx(flatten)]
    pub(crate) holder: Holder,
}

pub(crate) async fn by_token(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<TokenHolder>> {
    tx.fetch_optional(
        "select t.id, t.expires_at, t.scopes, t.last_used_at, t.account_id, t.user_id, a.kind, a.verified, a.seller, u.role, \
         u.lang from api_token t join account_user u on u.id = t.user_id join account a on a.id = t.account_id \
         where t.token_hash = $1 and t.expires_at > $2 and t.revoked_at is null and u.disabled_at is null",
        args![hash, now],
    )
    .await
}

#[derive(sqlx::FromRow)]
pub(crate) struct KeyHolder {
    pub(crate) id: AccessKeyId,
    pub(crate) sealed_secret: Vec<u8>,
    pub(crate) scopes: Json<Vec<Permission>>,
    pub(crate) last_used_at: Option<Timestamp>,
    #[sqlx(flatten)]
    pub(crate) holder: Holder,
}

pub(crate) async fn by_access(tx: &mut Tx, access: &str) -> Result<Option<KeyHolder>> {
    tx.fetch_optional(
        "select k.id, k.sealed_secret, k.scopes, k.last_used_at, k.account_id, k.user_id, a.kind, a.verified, a.seller, u.role, \
         u.lang from access_key k join account_user u on u.id = k.user_id join account a on a.id = k.account_id \
         where k.access = $1 and k.active and u.disabled_at is null",
        args![access],
    )
    .await
}

pub(crate) async fn token_used(tx: &mut Tx, id: TokenId, now: Timestamp) -> Result<u64> {
    tx.execute("update api_token set last_used_at = $1 where id = $2", args![now, id]).await
}

pub(crate) async fn key_used(tx: &mut Tx, id: AccessKeyId, now: Timestamp) -> Result<u64> {
    tx.execute("update access_key set last_used_at = $1 where id = $2", args![now, id]).await
}

/// Notes a signature. False: the key has used it before.
pub(crate) async fn use_signature(
    tx: &mut Tx,
    key: AccessKeyId,
    signature: &[u8],
    signed_at: Timestamp,
) -> Result<bool> {
    let sql = "insert into used_signature (access_key_id, signature, signed_at) values ($1, $2, $3) \
               on conflict (access_key_id, signature) do nothing";
    Ok(tx.execute(sql, args![key, signature.to_vec(), signed_at]).await? == 1)
}

/// Signatures that are too old to be accepted anyway.
pub(crate) async fn forget_signatures(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute("delete from used_signature where signed_at < $1", args![before]).await
}
