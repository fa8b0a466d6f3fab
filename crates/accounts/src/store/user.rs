//! Statements on `account_user`.

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, UserId},
    page::PageOf,
    text::Lang,
};
use platform::{OnUnique, Tx};

use crate::{Recipient, Role, StaffPermission, StaffRole};

/// A login inside an account. The role is a customer's or the staff's, as the account is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct User {
    pub id: UserId,
    pub account_id: AccountId,
    pub role: String,
    pub name: String,
    pub email: Option<String>,
    pub by_email: bool,
    pub mobile: Option<String>,
    pub lang: Lang,
    pub(crate) password_hash: Option<String>,
    pub disabled_at: Option<Timestamp>,
    pub(crate) totp_secret: Option<Vec<u8>>,
    pub totp_confirmed_at: Option<Timestamp>,
    pub last_sign_in_at: Option<Timestamp>,
    pub version: i64,
    pub created_at: Timestamp,
}

impl User {
    /// Opened an account and has not read the letter that confirms the mail address yet.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        self.is_owner() && !self.by_email && self.password_hash.is_none()
    }

    pub fn is_owner(&self) -> bool {
        self.role == Role::Owner.as_str()
    }
}

pub(crate) async fn insert(tx: &mut Tx, user: &User, taken: impl FnOnce() -> Error) -> Result<()> {
    tx.execute(
        "insert into account_user (id, account_id, role, name, email, by_email, mobile, lang, password_hash, \
         totp_last_step, version, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)",
        args![
            user.id,
            user.account_id,
            &user.role,
            &user.name,
            user.email.clone(),
            user.by_email,
            user.mobile.clone(),
            user.lang,
            user.password_hash.clone(),
            user.version,
            user.created_at
        ],
    )
    .await
    .on_unique(taken)?;
    Ok(())
}

pub(crate) async fn find_for(tx: &mut Tx, account: AccountId, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(
        "select id, account_id, role, name, email, by_email, mobile, lang, password_hash, disabled_at, \
         totp_secret, totp_confirmed_at, last_sign_in_at, version, created_at from account_user \
         where account_id = $1 and id = $2",
        args![account, id],
    )
    .await
}

/// For reactions and links, which know the user only.
pub(crate) async fn find(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    tx.fetch_optional(
        "select id, account_id, role, name, email, by_email, mobile, lang, password_hash, disabled_at, \
         totp_secret, totp_confirmed_at, last_sign_in_at, version, created_at from account_user where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<User>> {
    tx.fetch_optional(
        "select id, account_id, role, name, email, by_email, mobile, lang, password_hash, disabled_at, \
         totp_secret, totp_confirmed_at, last_sign_in_at, version, created_at from account_user \
         where email = $1 and by_email",
        args![email],
    )
    .await
}

/// A user of the account with a short name, by the user's own name.
pub(crate) async fn by_name(tx: &mut Tx, slug: &str, name: &str) -> Result<Option<User>> {
    tx.fetch_optional(
        "select u.id, u.account_id, u.role, u.name, u.email, u.by_email, u.mobile, u.lang, u.password_hash, u.disabled_at, \
         u.totp_secret, u.totp_confirmed_at, u.last_sign_in_at, u.version, u.created_at \
         from account a join account_user u on u.account_id = a.id where a.slug = $1 and u.name = $2",
        args![slug, name],
    )
    .await
}

pub(crate) async fn list(tx: &mut Tx, account: AccountId, page: PageOf) -> Result<Page<User>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, role, name, email, by_email, mobile, lang, password_hash, disabled_at, \
             totp_secret, totp_confirmed_at, last_sign_in_at, version, created_at from account_user \
             where account_id = $1 and ($2 is null or id < $2) order by id desc limit $3",
            args![account, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |user: &User| user.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn sub_users(tx: &mut Tx, account: AccountId) -> Result<i64> {
    let sql = "select count(*) as count from account_user where account_id = $1 and role <> 'owner'";
    Ok(tx.fetch_one::<Count>(sql, args![account]).await?.count)
}

#[derive(sqlx::FromRow)]
struct RecipientRow {
    id: UserId,
    account_id: AccountId,
    name: String,
    email: Option<String>,
    mobile: Option<String>,
    lang: Lang,
}

impl From<RecipientRow> for Recipient {
    fn from(row: RecipientRow) -> Self {
        let RecipientRow { id, account_id, name, email, mobile, lang } = row;
        Self { account: account_id, user: id, name, email, mobile, lang }
    }
}

/// The owner and the admins who can sign in.
pub(crate) async fn recipients(tx: &mut Tx, account: AccountId) -> Result<Vec<Recipient>> {
    let rows: Vec<RecipientRow> = tx
        .fetch_all(
            "select id, account_id, name, email, mobile, lang from account_user where account_id = $1 and disabled_at is null \
             and role in ($2, $3) order by id",
            args![account, Role::Owner, Role::Admin],
        )
        .await?;
    Ok(rows.into_iter().map(Recipient::from).collect())
}

#[derive(sqlx::FromRow)]
struct StaffRow {
    role: StaffRole,
    #[sqlx(flatten)]
    recipient: RecipientRow,
}

/// The operator's users who may do a thing.
pub(crate) async fn staff(tx: &mut Tx, permission: StaffPermission) -> Result<Vec<Recipient>> {
    let rows: Vec<StaffRow> = tx
        .fetch_all(
            "select u.id, u.account_id, u.name, u.email, u.mobile, u.lang, u.role from account a \
             join account_user u on u.account_id = a.id where a.kind = 'operator' and u.disabled_at is null order by u.id",
            vec![],
        )
        .await?;
    Ok(rows.into_iter().filter(|row| row.role.allows(permission)).map(|row| row.recipient.into()).collect())
}

/// Takes the row of a user who signs in. False: the user was disabled or has another password by now.
pub(crate) async fn signed_in(tx: &mut Tx, user: &User, now: Timestamp) -> Result<bool> {
    let sql = "update account_user set last_sign_in_at = $1 \
               where id = $2 and disabled_at is null and password_hash = $3";
    Ok(tx.execute(sql, args![now, user.id, user.password_hash.clone()]).await? == 1)
}

/// Takes the row of a user who gives rights to others, while the user still has the role that allows it.
pub(crate) async fn hold(
    tx: &mut Tx,
    of: (AccountId, UserId),
    role: &str,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    let sql =
        "update account_user set role = $1 where account_id = $2 and id = $3 and role = $1 and disabled_at is null";
    tx.execute_one(sql, args![role, of.0, of.1], missed).await
}

pub(crate) async fn set_password(tx: &mut Tx, id: UserId, hash: &str) -> Result<()> {
    let sql = "update account_user set password_hash = $1, version = version + 1 where id = $2";
    tx.execute_one(sql, args![hash, id], || Error::NotFound(Thing::User)).await
}

/// The mail address is this user's: a letter to it was read. From now on it signs in.
pub(crate) async fn take_email(tx: &mut Tx, id: UserId, taken: impl FnOnce() -> Error) -> Result<()> {
    let sql = "update account_user set by_email = true, version = version + 1 where id = $1 and not by_email";
    tx.execute(sql, args![id]).await.on_unique(taken)?;
    Ok(())
}

/// Forgets who opened an account before a moment and never read the letter, as long as it could be followed, and their
/// accounts, in which nothing was ever done.
pub(crate) async fn forget_unconfirmed(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let users = "delete from account_user where role = 'owner' and not by_email and password_hash is null and created_at < $1 \
                 and not exists (select 1 from sign_in_link l where l.user_id = account_user.id)";
    let gone = tx.execute(users, args![before]).await?;
    if gone > 0 {
        let accounts = "delete from account where kind <> 'operator' and created_at < $1 \
                        and not exists (select 1 from account_user u where u.account_id = account.id)";
        tx.execute(accounts, args![before]).await?;
    }
    Ok(gone)
}

/// Guarded by the version that the edit was made from.
pub(crate) async fn update(tx: &mut Tx, user: &User, missed: impl FnOnce() -> Error + Send) -> Result<()> {
    tx.execute_one(
        "update account_user set role = $1, email = $2, mobile = $3, lang = $4, version = version + 1 \
         where account_id = $5 and id = $6 and version = $7",
        args![&user.role, user.email.clone(), user.mobile.clone(), user.lang, user.account_id, user.id, user.version],
        missed,
    )
    .await
}

/// False: the user is so already.
pub(crate) async fn disable(tx: &mut Tx, account: AccountId, id: UserId, now: Timestamp) -> Result<bool> {
    let sql = "update account_user set disabled_at = $1, version = version + 1 \
               where account_id = $2 and id = $3 and disabled_at is null";
    Ok(tx.execute(sql, args![now, account, id]).await? == 1)
}

pub(crate) async fn enable(tx: &mut Tx, account: AccountId, id: UserId) -> Result<bool> {
    let sql = "update account_user set disabled_at = null, version = version + 1 \
               where account_id = $1 and id = $2 and disabled_at is not null";
    Ok(tx.execute(sql, args![account, id]).await? == 1)
}

/// A secret that waits to be confirmed.
pub(crate) async fn begin_totp(
    tx: &mut Tx,
    id: UserId,
    sealed: Vec<u8>,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    let sql =
        "update account_user set totp_secret = $1, totp_last_step = 0 where id = $2 and totp_confirmed_at is null";
    tx.execute_one(sql, args![sealed, id], missed).await
}

pub(crate) async fn confirm_totp(
    tx: &mut Tx,
    id: UserId,
    now: Timestamp,
    missed: impl FnOnce() -> Error + Send,
) -> Result<()> {
    let sql = "update account_user set totp_confirmed_at = $1, version = version + 1 \
               where id = $2 and totp_secret is not null and totp_confirmed_at is null";
    tx.execute_one(sql, args![now, id], missed).await
}

pub(crate) async fn end_totp(tx: &mut Tx, id: UserId, missed: impl FnOnce() -> Error + Send) -> Result<()> {
    let sql = "update account_user set totp_secret = null, totp_confirmed_at = null, totp_last_step = 0, version = version + 1 \
               where id = $1 and totp_confirmed_at is not null";
    tx.execute_one(sql, args![id], missed).await
}

/// Uses up a step of time. False: a code of this step or a later one was used.
pub(crate) async fn use_step(tx: &mut Tx, id: UserId, step: i64) -> Result<bool> {
    let sql = "update account_user set totp_last_step = $1 where id = $2 and totp_last_step < $1";
    Ok(tx.execute(sql, args![step, id]).await? == 1)
}

/// How a user and the account are called.
#[derive(sqlx::FromRow)]
pub(crate) struct Face {
    pub(crate) user_name: String,
    pub(crate) account_name: String,
}

pub(crate) async fn face(tx: &mut Tx, id: UserId) -> Result<Option<Face>> {
    let sql = "select u.name as user_name, a.name as account_name from account_user u \
               join account a on a.id = u.account_id where u.id = $1";
    tx.fetch_optional(sql, args![id]).await
}
