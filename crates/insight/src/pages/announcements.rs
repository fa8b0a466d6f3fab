//! `/operator/announcements`, and `/announcements` where everybody reads them.

use accounts::{Operator, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Localized, id::AnnouncementId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{
    Field, Mistakes, Page, Place, Table, Tone, View, badge, button_link, card, confirm, empty, form, header, rich,
};

use crate::{Insight, rules::Announcing, store::Announcement};

#[derive(Default, Deserialize)]
struct Written {
    #[serde(rename = "title.en")]
    title_en: String,
    #[serde(rename = "title.zh")]
    title_zh: String,
    #[serde(rename = "text.en")]
    text_en: String,
    #[serde(rename = "text.zh")]
    text_zh: String,
    days: String,
}

impl Written {
    fn announcing(&self) -> Announcing {
        Announcing {
            title: Localized::new(self.title_en.trim(), self.title_zh.trim()),
            text: Localized::new(self.text_en.trim(), self.text_zh.trim()),
            days: self.days.trim().parse().unwrap_or(0),
        }
    }
}

async fn list(State(insight): State<Insight>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    let all = insight.all_announcements(&mut insight.app.db.read(), &operator).await?;
    let fresh = Written { days: "7".to_owned(), ..Written::default() };
    Ok(page(&visit.view, &all, insight.app.clock.now(), &fresh, &Mistakes::none()))
}

async fn announce(
    State(insight): State<Insight>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(written): Form<Written>,
) -> Result<Response, Problem> {
    let said = written.announcing();
    let done = once.run(&insight.app, async |tx| {
        insight.announce(tx, &operator, &said).await?;
        Ok(Answer::see_other("/operator/announcements?done=announced"))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let all = insight.all_announcements(&mut insight.app.db.read(), &operator).await?;
            Ok(page(&visit.view, &all, insight.app.clock.now(), &written, &mistakes).refused().into_response())
        }
    }
}

async fn end(
    State(insight): State<Insight>,
    operator: Operator,
    PathParam(id): PathParam<AnnouncementId>,
    once: Once,
) -> Result<Response, Problem> {
    let done = once.run(&insight.app, async |tx| {
        insight.end_announcement(tx, &operator, id).await?;
        Ok(Answer::see_other("/operator/announcements?done=announcement-ended"))
    });
    Ok(done.await?.into_response())
}

fn page(view: &View, all: &[Announcement], now: kernel::Timestamp, written: &Written, mistakes: &Mistakes) -> Page {
    let (title, stop) = (view.t("announcements-title"), view.t("announcements-end"));
    let shown = |said: &Announcement| {
        if said.shown_until > now {
            badge(Tone::Good, &view.t("announcements-shown"))
        } else {
            badge(Tone::Plain, &view.t("announcements-over"))
        }
    };
    let ending = |said: &Announcement| {
        html! {
            @if said.shown_until > now {
                (confirm(view, &stop, &stop, true, &form(view, &format!("/operator/announcements/{}/end", said.id), &html! { button.button.danger type="submit" { (stop) } })))
            }
        }
    };
    ui::page(
        view,
        Place::Operator("announcements"),
        &title,
        &html! {
            (header(&title, Some(&view.t("announcements-lead")), &button_link("/announcements", &view.t("announcements-read"), false)))
            (card(Some(&view.t("announcements-new")), &fields(view, written, mistakes)))
            (card(Some(&view.t("announcements-all")), &Table::new(view, title.as_str(), all)
                .column(view.t("announcements-what"), |said| html! { (view.of(&said.title)) })
                .column(view.t("announcements-from"), |said| view.date(said.shown_from))
                .column(view.t("announcements-until"), |said| view.date(said.shown_until))
                .column(view.t("announcements-state"), shown)
                .column("", ending)
                .empty(empty(&view.t("announcements-none"), &view.t("announcements-none-how"), &html! {}))
                .render()))
        },
    )
}

fn fields(view: &View, written: &Written, mistakes: &Mistakes) -> Markup {
    let (title_en, title_zh) = (view.t("announcements-title-en"), view.t("announcements-title-zh"));
    let (text_en, text_zh, days) =
        (view.t("announcements-text-en"), view.t("announcements-text-zh"), view.t("announcements-days"));
    form(
        view,
        "/operator/announcements",
        &html! {
            (mistakes.summary(view))
            div.fields.two {
                (Field::text("title.en", &title_en).value(&written.title_en).required().render(view, mistakes))
                (Field::text("title.zh", &title_zh).value(&written.title_zh).required().render(view, mistakes))
                (Field::area("text.en", &text_en, 4).value(&written.text_en).required().render(view, mistakes))
                (Field::area("text.zh", &text_zh, 4).value(&written.text_zh).required().render(view, mistakes))
                (Field::input("number", "days", &days).value(&written.days).required().with("min", "1").with("max", "90").render(view, mistakes))
            }
            div.row { button.button.primary type="submit" { (view.t("announcements-do")) } }
        },
    )
}

async fn read(State(insight): State<Insight>, visit: Visit) -> Result<Page, Problem> {
    let view = &visit.view;
    let said = insight.announced(&mut insight.app.db.read()).await?;
    let title = view.t("announcements-title");
    Ok(ui::page(
        view,
        Place::Storefront("announcements"),
        &title,
        &html! {
            (header(&title, None, &html! {}))
            @if said.is_empty() { (empty(&view.t("announcements-quiet"), &view.t("announcements-quiet-why"), &button_link("/", &view.t("announcements-home"), false))) }
            @for said in &said {
                (card(Some(view.of(&said.title)), &html! {
                    p.muted.small { (view.date(said.shown_from)) }
                    div.prose { (rich(view.of(&said.text))) }
                }))
            }
        },
    ))
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone())
        .page("/operator/announcements", list, Access::Operator)
        .form("/operator/announcements", announce, Access::Operator)
        .form("/operator/announcements/{announcement}/end", end, Access::Operator)
        .page("/announcements", read, Access::Public)
        .done()
}
