//! What both sides' pages of an offer have in common.

use kernel::{Money, id::AccountId};
use maud::{Markup, html};
use orders::receipt;
use ui::{Field, Mistakes, Tone, View};

use crate::{
    actions::{Read, Thread},
    rules::{Due, DueState, Earlier, PrivateOfferState, Sent, SentLine},
};

pub(super) fn badge(view: &View, state: PrivateOfferState) -> Markup {
    let tone = match state {
        PrivateOfferState::Sent => Tone::Warn,
        PrivateOfferState::Accepted => Tone::Good,
        PrivateOfferState::Declined => Tone::Bad,
        PrivateOfferState::Draft | PrivateOfferState::Withdrawn | PrivateOfferState::Expired => Tone::Plain,
    };
    ui::badge(tone, &view.word("offer-state", state.as_str()))
}

/// A line with how its price is made; `page` is where its product is read.
pub(super) fn line_card(view: &View, (line, page): (&SentLine, Option<&str>), action: &Markup) -> Markup {
    let content = &line.agreed.content;
    html! {
        section.card {
            div.spread {
                h2 {
                    @match page {
                        Some(page) => a href=(page) { (view.of(&content.title)) },
                        None => (view.of(&content.title)),
                    }
                }
                (action)
            }
            (receipt(view, &content.quote))
            @if line.price().minor() < line.list.minor() {
                p.small.muted { (view.ta("offer-list-price", &[("amount", view.money_text(line.list).into())])) }
            }
        }
    }
}

/// The days and amounts of an offer that was not accepted yet.
pub(super) fn schedule(view: &View, sent: &Sent) -> Markup {
    html! {
        @if sent.instalments.len() > 1 {
            section.card {
                h2 { (view.t("offer-schedule")) }
                dl.receipt {
                    @for (index, instalment) in sent.instalments.iter().enumerate() {
                        div {
                            dt {
                                @match instalment.due_at.filter(|_| index > 0) {
                                    None => (view.t("offer-at-acceptance")),
                                    Some(due_at) => (view.date(due_at)),
                                }
                            }
                            dd { (view.money(instalment.amount)) }
                        }
                    }
                    div.receipt-total { dt { (view.t("order-total")) } dd { (view.money(sent.total)) } }
                }
                (promises(view, sent))
            }
        }
    }
}

/// What happens on the days of the instalments, and what does not.
fn promises(view: &View, sent: &Sent) -> Markup {
    let hours = sent.lines.first().map_or(0, |line| line.agreed.content.terms.payment_hours);
    let time = orders::window(view, hours);
    html! {
        p.small { (view.t("offer-instalments-charged")) }
        p.small { (view.ta("offer-instalments-lacking", &[("time", time.into())])) }
        p.small { (view.t("offer-instalments-return")) }
    }
}

/// What a side says of an instalment.
type Told<'a, T> = &'a dyn Fn(&Due) -> T;

/// The instalments of an accepted offer; `order` is where its order is read, `again` a form for one that was missed.
pub(super) fn dues(view: &View, dues: &[Due], (order, again): (Told<'_, Option<String>>, Told<'_, Markup>)) -> Markup {
    html! {
        @if !dues.is_empty() {
            section.card {
                h2 { (view.t("offer-schedule")) }
                ul.plain {
                    @for due in dues {
                        li.spread {
                            span {
                                (view.ta("offer-instalment", &[("number", due.number.into())])) " · " (view.date(due.due_at)) " "
                                (due_badge(view, due.state))
                            }
                            span.row {
                                @match order(due) {
                                    Some(href) => a href=(href) { (view.money(due.amount)) span.unseen { " " (view.ta("offer-instalment", &[("number", due.number.into())])) } },
                                    None => (view.money(due.amount)),
                                }
                                (again(due))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn due_badge(view: &View, state: DueState) -> Markup {
    let tone = match state {
        DueState::Planned | DueState::Cancelled | DueState::Replaced => Tone::Plain,
        DueState::Ordered => Tone::Warn,
        DueState::Paid => Tone::Good,
        DueState::Missed => Tone::Bad,
    };
    ui::badge(tone, &view.word("offer-due", state.as_str()))
}

/// What was said, and a field to say more.
pub(super) fn thread_card(
    view: &View,
    (thread, own): (&Thread, AccountId),
    form: Option<&str>,
    (typed, mistakes): (&str, &Mistakes),
) -> Markup {
    let name = |account: AccountId| thread.names.get(&account).map_or("", String::as_str);
    html! {
        section.card {
            h2 { (view.t("offer-thread")) }
            @if thread.said.is_empty() { p.muted { (view.t("offer-thread-none")) } }
            @if !thread.said.is_empty() {
                ol.timeline {
                    @for said in &thread.said {
                        li {
                            span.timeline-title { @if said.account_id == own { (view.t("offer-thread-you")) } @else { (name(said.account_id)) } }
                            (view.time(said.sent_at))
                            div.timeline-detail { p.kept-lines { (said.text) } }
                        }
                    }
                }
            }
            @if let Some(action) = form {
                (ui::form(view, action, &html! {
                    (Field::area("text", &view.t("offer-message"), 3).value(typed).required().with("maxlength", "2000").render(view, mistakes))
                    div.row { button.button type="submit" { (view.t("offer-message-send")) } }
                }))
            }
        }
    }
}

/// The offer's own terms and its documents; `path` is where they are read.
pub(super) fn terms_card(
    view: &View,
    read: &Read,
    (terms, path): (&str, &dyn Fn(&documents::Document) -> String),
) -> Markup {
    html! {
        @if !terms.is_empty() || !read.documents.is_empty() {
            section.card {
                h2 { (view.t("offer-terms")) }
                @if !terms.is_empty() { p.kept-lines { (terms) } }
                @if !read.documents.is_empty() {
                    ul.plain {
                        @for document in &read.documents {
                            li { a href=(path(document)) download { (document.name) } " " span.small.muted { (view.size(document.size)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What was sent before, for who wants to compare.
pub(super) fn earlier(view: &View, versions: &[Earlier]) -> Markup {
    html! {
        @if !versions.is_empty() {
            details {
                summary { (view.ta("offer-earlier", &[("count", i64::try_from(versions.len()).unwrap_or(i64::MAX).into())])) }
                ul.plain {
                    @for sent in versions {
                        li.spread { span { (view.ta("offer-version", &[("number", sent.version.into())])) " · " (view.time(sent.sent_at)) } (view.money(sent.total)) }
                    }
                }
            }
        }
    }
}

/// An amount beside what the list says.
pub(super) fn total(view: &View, (total, list): (Money, Money)) -> Markup {
    html! {
        (view.money(total))
        @if total.minor() < list.minor() { " " span.small.muted { (view.ta("offer-instead", &[("amount", view.money_text(list).into())])) } }
    }
}
