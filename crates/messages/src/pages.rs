//! The inbox with a browser, for everyone who is signed in.

use accounts::{Member, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Page, PageQuery, id::MessageId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Place, Table, Tone, View};

use crate::{
    Messages,
    actions::Filter,
    rules::{Topic, Ways},
    store::{Message, Preference},
};

#[derive(Deserialize)]
struct InboxQuery {
    #[serde(default)]
    unread: String,
    topic: Option<String>,
    cursor: Option<String>,
}

/// The topics that are also told by mail and by SMS.
#[derive(Deserialize)]
struct SettingsForm {
    #[serde(default)]
    mail: Vec<Topic>,
    #[serde(default)]
    sms: Vec<Topic>,
}

/// Customers read in their console, the operator's staff beside its work.
fn place(view: &View) -> Place {
    let staff = view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator);
    if staff { Place::Operator("messages") } else { Place::Console("messages") }
}

/// The running of the site is nothing that customers are told of.
fn concerns(view: &View, topic: Topic) -> bool {
    topic != Topic::Operations || view.viewer.as_ref().is_some_and(|viewer| viewer.is_operator)
}

async fn inbox(
    State(messages): State<Messages>,
    visit: Visit,
    member: Member,
    Query(query): Query<InboxQuery>,
) -> Result<ui::Page, Problem> {
    let (view, tx) = (&visit.view, &mut messages.app.db.read());
    let topic: Option<Topic> = query.topic.as_deref().and_then(|topic| topic.parse().ok());
    let filter = if query.unread == "true" { Filter::Unread } else { Filter::All };
    let page = PageQuery { cursor: query.cursor, limit: None }.checked().map_err(Error::from)?;
    let found = messages.inbox(tx, &member, (filter, topic), page).await?;
    let unread = messages.unread(tx, &member).await?;
    let title = view.t("messages-title");
    let lead = view.ta("messages-unread", &[("count", unread.into())]);
    let acts = html! {
        @if unread > 0 {
            (ui::form(view, "/console/messages/read-all", &html! { button.button type="submit" { (view.t("messages-read-all")) } }))
        }
        (ui::button_link("/console/messages/settings", &view.t("messages-settings"), false))
    };
    Ok(ui::page(
        view,
        place(view),
        &title,
        &html! {
            (ui::header(&title, Some(&lead), &acts))
            (filters(view, filter, topic))
            (list(view, &found, filter == Filter::Unread || topic.is_some()))
        },
    ))
}

fn filters(view: &View, filter: Filter, topic: Option<Topic>) -> Markup {
    let mut topics = vec![Choice::new("", view.t("messages-topic-any"))];
    topics.extend(
        Topic::ALL
            .iter()
            .filter(|topic| concerns(view, **topic))
            .map(|topic| Choice::new(topic.as_str(), view.word("messages-topic", topic.as_str()))),
    );
    let unread = if filter == Filter::Unread { "true" } else { "" };
    html! {
        form.filters method="get" action="/console/messages" data-auto {
            (Field::select("topic", &view.t("messages-topic"), &topics).value(topic.map_or("", Topic::as_str)).required().render(view, &Mistakes::none()))
            (Field::check("unread", &view.t("messages-only-unread")).value(unread).render(view, &Mistakes::none()))
            button.button.quiet type="submit" { (view.t("ui-filter")) }
        }
    }
}

fn list(view: &View, found: &Page<Message>, filtered: bool) -> Markup {
    if found.items.is_empty() {
        return if filtered {
            ui::empty(
                &view.t("messages-none-here"),
                &view.t("messages-none-here-text"),
                &ui::button_link("/console/messages", &view.t("messages-all"), false),
            )
        } else {
            ui::empty(&view.t("messages-none"), &view.t("messages-none-text"), &html! {})
        };
    }
    html! {
        section.card aria-label=(view.t("messages-title")) {
            ol.inbox { @for message in &found.items { (entry(view, message)) } }
        }
        @if let Some(cursor) = &found.next_cursor {
            nav.paging aria-label=(view.t("ui-pages")) { a href=(view.with_query("cursor", cursor)) { (view.t("ui-older")) } }
        }
    }
}

fn entry(view: &View, message: &Message) -> Markup {
    let unread = message.read_at.is_none();
    html! {
        li.unread[unread] {
            div.spread {
                h2 { (view.of(&message.title.0)) @if unread { span.unseen { " " (view.t("messages-new")) } } }
                span.row.small.muted {
                    (ui::badge(Tone::Plain, &view.word("messages-topic", message.topic.as_str())))
                    (view.time(message.created_at))
                }
            }
            p { (view.of(&message.body.0)) }
            @if unread {
                (ui::form(view, &format!("/console/messages/{}/read", message.id), &html! {
                    div.row { button.copy type="submit" { (view.t("messages-read")) } }
                }))
            }
        }
    }
}

/// How many are unread, for the navigation; nothing when there are none.
async fn unread(State(messages): State<Messages>, member: Member) -> Result<Markup, Problem> {
    let count = messages.unread(&mut messages.app.db.read(), &member).await?;
    Ok(html! { @if count > 0 { (count) } })
}

async fn read(
    State(messages): State<Messages>,
    member: Member,
    once: Once,
    PathParam(id): PathParam<MessageId>,
) -> Result<Answer, Problem> {
    once.run(&messages.app, async |tx| {
        messages.mark_read(tx, &member, id).await?;
        Ok(Answer::see_other("/console/messages"))
    })
    .await
}

async fn read_all(State(messages): State<Messages>, member: Member, once: Once) -> Result<Answer, Problem> {
    once.run(&messages.app, async |tx| {
        messages.mark_all_read(tx, &member).await?;
        Ok(Answer::see_other("/console/messages"))
    })
    .await
}

async fn settings(State(messages): State<Messages>, visit: Visit, member: Member) -> Result<ui::Page, Problem> {
    let chosen = messages.preferences(&mut messages.app.db.read(), &member).await?;
    Ok(settings_page(&visit.view, &chosen, &Mistakes::none()))
}

fn settings_page(view: &View, chosen: &[Preference], mistakes: &Mistakes) -> ui::Page {
    let title = view.t("messages-settings");
    let topic = |one: &Preference| view.word("messages-topic", one.topic.as_str());
    let chosen: Vec<&Preference> = chosen.iter().filter(|one| concerns(view, one.topic)).collect();
    let tick = |way: &'static str, said: String, one: &Preference, on: bool| {
        html! { input type="checkbox" name=(way) value=(one.topic) checked[on] aria-label={ (topic(one)) ": " (said) }; }
    };
    ui::page(
        view,
        place(view),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("messages-settings-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/console/messages/settings", &html! {
                (mistakes.summary(view))
                (Table::new(view, title.as_str(), &chosen)
                    .column(view.t("messages-topic"), |one| html! { span.named { (topic(one)) span.muted.small { (view.word("messages-about", one.topic.as_str())) } } })
                    .column(view.t("messages-by-mail"), |one| tick("mail", view.t("messages-by-mail"), one, one.mail))
                    .column(view.t("messages-by-sms"), |one| tick("sms", view.t("messages-by-sms"), one, one.sms))
                    .render())
                p.small.muted { (view.t("messages-sms-note")) " " a href="/console/security" { (view.t("messages-sms-where")) } }
                div.row {
                    button.button.primary type="submit" { (view.t("account-save")) }
                    (ui::button_link("/console/messages", &view.t("ui-cancel"), false))
                }
            })))
        },
    )
}

async fn choose(
    State(messages): State<Messages>,
    visit: Visit,
    member: Member,
    once: Once,
    Form(form): Form<SettingsForm>,
) -> Result<Response, Problem> {
    let saved = once.run(&messages.app, async |tx| {
        for present in messages.preferences(tx, &member).await? {
            let ways = Ways { mail: form.mail.contains(&present.topic), sms: form.sms.contains(&present.topic) };
            if concerns(&visit.view, present.topic) && (ways.mail, ways.sms) != (present.mail, present.sms) {
                messages.choose(tx, &member, (present.topic, IfMatch(present.version)), ways).await?;
            }
        }
        Ok(Answer::see_other("/console/messages/settings?done=saved"))
    });
    match saved.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let chosen = messages.preferences(&mut messages.app.db.read(), &member).await?;
            Ok(settings_page(&visit.view, &chosen, &mistakes).refused().into_response())
        }
    }
}

pub(crate) fn routes(messages: &Messages) -> Routes {
    Routes::of(messages.clone())
        .page("/console/messages", inbox, Access::SignedIn)
        .page("/console/messages/unread", unread, Access::SignedIn)
        .page("/console/messages/settings", settings, Access::SignedIn)
        .form("/console/messages/settings", choose, Access::SignedIn)
        .form("/console/messages/read-all", read_all, Access::SignedIn)
        .form("/console/messages/{message}/read", read, Access::SignedIn)
        .done()
}
