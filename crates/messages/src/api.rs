//! The inbox and its settings, for everyone who is signed in.

use accounts::Member;
use axum::{Json, extract::State};
use kernel::{Error, Localized, Page, PageQuery, Timestamp, id::MessageId};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Messages,
    actions::Filter,
    rules::{MessageState, Topic, Ways},
    store::{Message, Preference},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct MessageJson {
    id: MessageId,
    topic: Topic,
    title: Localized,
    text: Localized,
    /// Whether it also leaves by mail or SMS.
    state: MessageState,
    created_at: Timestamp,
    read_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
}

impl From<Message> for MessageJson {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            topic: message.topic,
            title: message.title.0,
            text: message.body.0,
            state: message.state,
            created_at: message.created_at,
            read_at: message.read_at,
            sent_at: message.sent_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadJson {
    unread: i64,
}

/// By which ways besides the inbox one is told about a topic.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreferenceJson {
    topic: Topic,
    mail: bool,
    sms: bool,
    /// 0 as long as nothing was chosen.
    version: i64,
}

impl From<Preference> for PreferenceJson {
    fn from(preference: Preference) -> Self {
        let Preference { user_id: _, topic, mail, sms, version } = preference;
        Self { topic, mail, sms, version }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PreferencesJson {
    items: Vec<PreferenceJson>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaysJson {
    #[schema(example = true)]
    mail: bool,
    #[schema(example = false)]
    sms: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// Only what was not read yet.
    unread: Option<bool>,
    #[param(inline)]
    topic: Option<Topic>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

async fn list(
    State(messages): State<Messages>,
    member: Member,
    Query(query): Query<InboxQuery>,
) -> Reply<Page<MessageJson>> {
    let InboxQuery { unread, topic, cursor, limit } = query;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let filter = if unread.unwrap_or(false) { Filter::Unread } else { Filter::All };
    let found = messages.inbox(&mut messages.app.db.read(), &member, (filter, topic), page).await?;
    Ok(Json(found.map(MessageJson::from)))
}

async fn unread(State(messages): State<Messages>, member: Member) -> Reply<UnreadJson> {
    Ok(Json(UnreadJson { unread: messages.unread(&mut messages.app.db.read(), &member).await? }))
}

async fn show(
    State(messages): State<Messages>,
    member: Member,
    PathParam(id): PathParam<MessageId>,
) -> Reply<MessageJson> {
    Ok(Json(messages.show(&mut messages.app.db.read(), &member, id).await?.into()))
}

async fn read(
    State(messages): State<Messages>,
    member: Member,
    once: Once,
    PathParam(id): PathParam<MessageId>,
) -> Result<Answer, Problem> {
    once.run(&messages.app, async |tx| {
        messages.mark_read(tx, &member, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn read_all(State(messages): State<Messages>, member: Member, once: Once) -> Result<Answer, Problem> {
    once.run(&messages.app, async |tx| {
        messages.mark_all_read(tx, &member).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn preferences(State(messages): State<Messages>, member: Member) -> Reply<PreferencesJson> {
    let found = messages.preferences(&mut messages.app.db.read(), &member).await?;
    Ok(Json(PreferencesJson { items: found.into_iter().map(PreferenceJson::from).collect() }))
}

async fn choose(
    State(messages): State<Messages>,
    member: Member,
    (once, version): (Once, IfMatch),
    PathParam(topic): PathParam<Topic>,
    Body(input): Body<WaysJson>,
) -> Result<Answer, Problem> {
    let WaysJson { mail, sms } = input;
    once.run(&messages.app, async |tx| {
        let chosen = messages.choose(tx, &member, (topic, version), Ways { mail, sms }).await?;
        let version = chosen.version;
        Ok(Answer::ok(&PreferenceJson::from(chosen)).version(version))
    })
    .await
}

pub(crate) fn routes(messages: &Messages) -> Routes {
    let does = |summary| Op::does(Access::SignedIn, summary);
    let list_op = does("Read one's inbox").query::<InboxQuery>().gives::<Page<MessageJson>>(200);
    let choose_op = does("Choose how one is told about a topic").takes::<WaysJson>().if_match();
    let preferences_op = does("See how one is told about each topic").gives::<PreferencesJson>(200);
    Routes::of(messages.clone())
        .get("/api/v1/messages", list, list_op)
        .get("/api/v1/messages/unread-count", unread, does("Count one's unread messages").gives::<UnreadJson>(200))
        .post("/api/v1/messages/read-all", read_all, does("Mark all of one's messages as read"))
        .get("/api/v1/messages/{message}", show, does("See a message").gives::<MessageJson>(200))
        .post("/api/v1/messages/{message}/read", read, does("Mark a message as read"))
        .get("/api/v1/message-preferences", preferences, preferences_op)
        .put("/api/v1/message-preferences/{topic}", choose, choose_op.gives::<PreferenceJson>(200))
        .done()
}
