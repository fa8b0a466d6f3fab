//! Statements on `message` and `message_preference`.

use kernel::{
    Arg, Error, Localized, Page, Result, Timestamp,
    arg::json,
    args,
    id::{AccountId, MessageId, UserId},
    page::PageOf,
    text::Lang,
};
use platform::{OnUnique, Tx};
use sqlx::types::Json;

use crate::rules::{MessageState, Topic};

/// A notice to one person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Message {
    pub id: MessageId,
    pub account_id: AccountId,
    pub user_id: UserId,
    pub topic: Topic,
    pub title: Json<Localized>,
    pub body: Json<Localized>,
    /// What is sent instead of the body, when it holds a link that lets somebody in.
    pub(crate) sealed_letter: Option<Vec<u8>>,
    pub mail_to: Option<String>,
    pub sms_to: Option<String>,
    pub lang: Lang,
    pub state: MessageState,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
    pub(crate) mailed_at: Option<Timestamp>,
    pub(crate) texted_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
}

pub(crate) async fn insert(tx: &mut Tx, messages: &[Message]) -> Result<()> {
    let row = |message: &Message| -> Vec<Arg> {
        args![
            message.id,
            message.account_id,
            message.user_id,
            message.topic,
            json(&message.title.0),
            json(&message.body.0),
            message.sealed_letter.clone(),
            message.mail_to.clone(),
            message.sms_to.clone(),
            message.lang,
            message.state,
            message.created_at
        ]
    };
    let insert = "insert into message (id, account_id, user_id, topic, title, body, sealed_letter, mail_to, sms_to, lang, state, \
                  created_at)";
    tx.insert_rows(insert, messages.iter().map(row).collect(), "").await?;
    Ok(())
}

/// For the worker that sends it.
pub(crate) async fn find(tx: &mut Tx, id: MessageId) -> Result<Option<Message>> {
    tx.fetch_optional(
        "select id, account_id, user_id, topic, title, body, sealed_letter, mail_to, sms_to, lang, state, created_at, read_at, \
         mailed_at, texted_at, sent_at from message where id = $1",
        args![id],
    )
    .await
}

pub(crate) async fn find_for(tx: &mut Tx, of: (AccountId, UserId), id: MessageId) -> Result<Option<Message>> {
    tx.fetch_optional(
        "select id, account_id, user_id, topic, title, body, sealed_letter, mail_to, sms_to, lang, state, created_at, read_at, \
         mailed_at, texted_at, sent_at from message where account_id = $1 and user_id = $2 and id = $3",
        args![of.0, of.1, id],
    )
    .await
}

pub(crate) async fn list(
    tx: &mut Tx,
    of: (AccountId, UserId),
    topic: Option<Topic>,
    page: PageOf,
) -> Result<Page<Message>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, user_id, topic, title, body, sealed_letter, mail_to, sms_to, lang, state, created_at, \
             read_at, mailed_at, texted_at, sent_at from message where account_id = $1 and user_id = $2 and ($3 is null or topic = $3) \
             and ($4 is null or id < $4) order by id desc limit $5",
            args![of.0, of.1, topic, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |message: &Message| message.id.uuid()))
}

/// Only what was not read yet.
pub(crate) async fn list_unread(
    tx: &mut Tx,
    of: (AccountId, UserId),
    topic: Option<Topic>,
    page: PageOf,
) -> Result<Page<Message>> {
    let rows = tx
        .fetch_all(
            "select id, account_id, user_id, topic, title, body, sealed_letter, mail_to, sms_to, lang, state, created_at, \
             read_at, mailed_at, texted_at, sent_at from message where account_id = $1 and user_id = $2 and read_at is null \
             and ($3 is null or topic = $3) and ($4 is null or id < $4) order by id desc limit $5",
            args![of.0, of.1, topic, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |message: &Message| message.id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

pub(crate) async fn unread(tx: &mut Tx, of: (AccountId, UserId)) -> Result<i64> {
    let sql = "select count(*) as count from message where account_id = $1 and user_id = $2 and read_at is null";
    Ok(tx.fetch_one::<Count>(sql, args![of.0, of.1]).await?.count)
}

pub(crate) async fn read(tx: &mut Tx, of: (AccountId, UserId), id: MessageId, now: Timestamp) -> Result<u64> {
    let sql = "update message set read_at = $1 where account_id = $2 and user_id = $3 and id = $4 and read_at is null";
    tx.execute(sql, args![now, of.0, of.1, id]).await
}

pub(crate) async fn read_all(tx: &mut Tx, of: (AccountId, UserId), now: Timestamp) -> Result<u64> {
    let sql = "update message set read_at = $1 where account_id = $2 and user_id = $3 and read_at is null";
    tx.execute(sql, args![now, of.0, of.1]).await
}

pub(crate) async fn mailed(tx: &mut Tx, id: MessageId, now: Timestamp) -> Result<u64> {
    tx.execute("update message set mailed_at = $1 where id = $2", args![now, id]).await
}

pub(crate) async fn texted(tx: &mut Tx, id: MessageId, now: Timestamp) -> Result<u64> {
    tx.execute("update message set texted_at = $1 where id = $2", args![now, id]).await
}

/// Notes that it has left; the sealed letter is not kept.
pub(crate) async fn sent(tx: &mut Tx, id: MessageId, now: Timestamp) -> Result<u64> {
    let sql = "update message set state = $1, sent_at = $2, sealed_letter = null where id = $3 and state = $4";
    tx.execute(sql, args![MessageState::Sent, now, id, MessageState::Queued]).await
}

/// What a person has chosen for a topic.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Preference {
    pub user_id: UserId,
    pub topic: Topic,
    pub mail: bool,
    pub sms: bool,
    pub version: i64,
}

/// What the users of an account have chosen for a topic.
pub(crate) async fn preferences(tx: &mut Tx, account: AccountId, topic: Topic) -> Result<Vec<Preference>> {
    tx.fetch_all(
        "select user_id, topic, mail, sms, version from message_preference where account_id = $1 and topic = $2",
        args![account, topic],
    )
    .await
}

pub(crate) async fn preferences_of(tx: &mut Tx, of: (AccountId, UserId)) -> Result<Vec<Preference>> {
    tx.fetch_all(
        "select user_id, topic, mail, sms, version from message_preference where account_id = $1 and user_id = $2",
        args![of.0, of.1],
    )
    .await
}

/// The first choice for a topic.
pub(crate) async fn insert_preference(tx: &mut Tx, account: AccountId, preference: &Preference) -> Result<()> {
    let Preference { user_id, topic, mail, sms, version } = preference;
    tx.execute(
        "insert into message_preference (account_id, user_id, topic, mail, sms, version) values ($1, $2, $3, $4, $5, $6)",
        args![account, *user_id, *topic, *mail, *sms, *version],
    )
    .await
    .on_unique(|| Error::Busy)?;
    Ok(())
}

/// Guarded by the version before.
pub(crate) async fn update_preference(tx: &mut Tx, account: AccountId, preference: &Preference) -> Result<()> {
    let Preference { user_id, topic, mail, sms, version } = preference;
    tx.execute_one(
        "update message_preference set mail = $1, sms = $2, version = $3 \
         where account_id = $4 and user_id = $5 and topic = $6 and version = $7",
        args![*mail, *sms, *version, account, *user_id, *topic, *version - 1],
        || Error::Busy,
    )
    .await
}
