//! How the debugger looks: what to choose, what is sent, what came back.

use maud::{Markup, html};
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::{
    checks::{Check, Outcome, difference},
    debugger::{Answered, Chosen, Made, Offer},
};
use crate::huawei::Call;

pub(super) fn page(
    view: &View,
    offer: &Offer,
    chosen: &Chosen,
    mistakes: &Mistakes,
    result: Option<(&Made, Option<&Answered>)>,
) -> Page {
    let title = view.t("debug-title");
    let codes = ui::button_link("/seller/licences/test-codes", &view.t("debug-to-codes"), false);
    ui::page(
        view,
        Place::Seller("debugger"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("debug-lead")), &codes))
            (mistakes.summary(view))
            @if let Some((_, Some(answered))) = result { (answer(view, answered)) }
            (ui::card(Some(&view.t("debug-choose")), &choose(view, offer, chosen, mistakes)))
            @if let Some((made, _)) = result { (request(view, made, &chosen.theirs)) }
        },
    )
}

fn choose(view: &View, offer: &Offer, chosen: &Chosen, mistakes: &Mistakes) -> Markup {
    let calls: Vec<Choice> = Call::ALL
        .iter()
        .map(|call| Choice::new(call.as_str(), view.word("debug-call", call.as_str())).hint(short(call.path())))
        .collect();
    let mut keys: Vec<Choice> =
        offer.keys.iter().map(|key| Choice::new(&key.access, format!("{} · {}", key.name, key.access))).collect();
    keys.push(Choice::new("", view.t("debug-key-pasted")));
    let label = |word: &str| view.word("debug-field", word);
    let (key, access, secret, code) = (label("key"), label("access"), label("secret"), label("code"));
    let (effective, client, active, theirs) = (label("effective"), label("client"), label("active"), label("theirs"));
    let more = [&chosen.effective, &chosen.client, &chosen.active, &chosen.theirs].iter().any(|text| !text.is_empty());
    ui::form(
        view,
        "/seller/debugger",
        &html! {
            (ui::choice_cards(&label("call"), "call", &calls, &chosen.call, mistakes))
            div.fields {
                (Field::text("code", &code).value(&chosen.code).required().with("list", "codes").with("autocomplete", "off").hint(view.t("debug-hint-code")).render(view, mistakes))
                (Field::select("key", &key, &keys).value(&chosen.key).required().hint(view.t("debug-hint-key")).render(view, mistakes))
            }
            datalist #codes { @for code in &offer.codes { option value=(code) {} } }
            details.more open[chosen.key.is_empty()] {
                summary { (view.t("debug-paste")) }
                div.fields {
                    (Field::text("access", &access).value(&chosen.access).with("autocomplete", "off").render(view, mistakes))
                    (Field::input("password", "secret", &secret).with("autocomplete", "off").hint(view.t("debug-hint-secret")).render(view, mistakes))
                }
            }
            details.more open[more] {
                summary { (view.t("debug-more")) }
                div.stack {
                    div.fields {
                        (Field::text("effective", &effective).value(&chosen.effective).hint(view.t("debug-hint-effective")).render(view, mistakes))
                        (Field::text("client", &client).value(&chosen.client).hint(view.t("debug-hint-client")).render(view, mistakes))
                        (Field::text("active", &active).value(&chosen.active).with("inputmode", "numeric").hint(view.t("debug-hint-active")).render(view, mistakes))
                    }
                    (Field::area("theirs", &theirs, 5).value(&chosen.theirs).hint(view.t("debug-hint-theirs")).render(view, mistakes))
                }
            }
            div.row {
                button.button.primary type="submit" name="do" value="send" { (view.t("debug-send")) }
                button.button type="submit" name="do" value="show" { (view.t("debug-show")) }
            }
        },
    )
}

/// The end of a path, by which the calls differ.
fn short(path: &str) -> String {
    format!("…{}", path.strip_prefix("/api/mkp-openapi-public/global").unwrap_or(path))
}

fn answer(view: &View, answered: &Answered) -> Markup {
    let fine = answered.checks.iter().all(|(_, outcome)| *outcome == Outcome::Passed);
    html! {
        (ui::notice(if fine { Tone::Good } else { Tone::Bad }, &html! {
            p { strong { (view.ta("debug-answered", &[("status", answered.status.to_string().into()), ("code", answered.code.as_str().into())])) } }
            // A report is accepted as a whole, whatever it had to leave out.
            @if !fine && answered.code == "92020000" { p { (view.t("debug-left-out")) } } @else { p { (view.word("debug-answer", &answered.code)) } }
        }))
        div.columns {
            (ui::card(Some(&view.t("debug-checks")), &checks(view, &answered.checks)))
            (ui::code(view, &view.t("debug-body"), &answered.body))
        }
    }
}

fn checks(view: &View, checks: &[(Check, Outcome)]) -> Markup {
    let badge = |outcome: Outcome| match outcome {
        Outcome::Passed => ui::badge(Tone::Good, &view.t("debug-passed")),
        Outcome::Failed => ui::badge(Tone::Bad, &view.t("debug-failed")),
        Outcome::NotReached => ui::badge(Tone::Plain, &view.t("debug-not-reached")),
    };
    html! {
        ol.stack {
            @for (check, outcome) in checks {
                li { div.spread { span { (view.word("debug-check", check.as_str())) } (badge(*outcome)) } }
            }
        }
    }
}

/// The request, step by step as a signer makes it.
fn request(view: &View, made: &Made, theirs: &str) -> Markup {
    let signature = &made.signature;
    let headers: Vec<String> = made.headers.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    let raw = format!("POST {} HTTP/1.1\n{}\n\n{}", made.call.path(), headers.join("\n"), made.body);
    html! {
        section.stack {
            h2 { (view.t("debug-request")) }
            p.muted { (view.t("debug-request-lead")) }
            (ui::code(view, &view.t("debug-step-body"), &made.body))
            (ui::code(view, &view.ta("debug-step-hash", &[("bytes", made.body.len().to_string().into())]), &made.body_hash))
            (ui::code(view, &view.ta("debug-step-canonical", &[("bytes", signature.canonical_request.len().to_string().into())]), &signature.canonical_request))
            p.small.muted { (view.t("debug-canonical-how")) }
            @if !theirs.trim().is_empty() { (compared(view, &signature.canonical_request, theirs)) }
            (ui::code(view, &view.t("debug-step-sign"), &signature.string_to_sign))
            p.small.muted { (view.t("debug-sign-how")) }
            (ui::code(view, &view.t("debug-step-signature"), &signature.signature))
            (ui::code(view, &view.t("debug-step-raw"), &raw))
            (ui::code(view, "curl", &curl(made)))
        }
    }
}

fn compared(view: &View, ours: &str, theirs: &str) -> Markup {
    match difference(ours, theirs) {
        None => ui::notice(Tone::Good, &html! { p { (view.t("debug-same")) } }),
        Some((line, ours, theirs)) => {
            let shown = |text: &str| if text.is_empty() { view.t("debug-empty-line") } else { text.to_owned() };
            ui::notice(
                Tone::Bad,
                &html! {
                    p { strong { (view.ta("debug-differs", &[("line", line.to_string().into())])) } }
                    (ui::facts(&[
                        (view.t("debug-ours"), html! { code { (shown(ours)) } }),
                        (view.t("debug-theirs"), html! { code { (shown(theirs)) } }),
                    ]))
                },
            )
        }
    }
}

/// The same request for a shell.
fn curl(made: &Made) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut lines = vec![format!("curl -X POST {}", quoted(&made.address))];
    let sent = made.headers.iter().filter(|(name, _)| name != "Host");
    lines.extend(sent.map(|(name, text)| format!("  -H {}", quoted(&format!("{name}: {text}")))));
    lines.push(format!("  -d {}", quoted(&made.body)));
    lines.join(" \\\n")
}
