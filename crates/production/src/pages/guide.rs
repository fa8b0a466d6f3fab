//! How a program takes events, and what an older one of V1.0 is asked: what comes, how it is signed, what is answered. Made of
//! the same values that are sent.

use accounts::{Seller, Visit};
use axum::extract::State;
use kernel::{Result, Timestamp};
use maud::html;
use platform::http::{Access, Problem, Routes};
use ui::{Page, Place, Table, View};

use super::tabs;
use crate::{
    EventType, FieldCipher, Production, Reason,
    rules::{
        form::CallForm,
        trial::Trial,
        v1::{self, Ask},
        webhook,
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone()).page("/seller/production/guide", show, Access::Seller).done()
}

/// The secret of the example; nobody has it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const LIBRARIES: &str = r"# Python: pip install standardwebhooks
event = Webhook(secret).verify(body, headers)

// TypeScript: npm install standardwebhooks
const event = new Webhook(secret).verify(body, headers);

// Rust: cargo add standardwebhooks
Webhook::new(secret)?.verify(&body, &headers)?;";

const ANSWER: &str = r#"HTTP/1.1 201 Created
Content-Type: application/json

{
  "instance": "MOCKPERIODYEARNEW-000001",
  "access": {
    "front_end_url": "https://app.seller.example/t/1",
    "admin_url": "https://app.seller.example/t/1/admin",
    "user_name": "admin",
    "password": "…",
    "memo": "…"
  }
}"#;

/// What is sent so far, in the order of a life.
const SENT: [EventType; 16] = [
    EventType::Create,
    EventType::Accepted,
    EventType::Describe,
    EventType::Renewed,
    EventType::RenewalReturned,
    EventType::TrialBought,
    EventType::CheckChange,
    EventType::Changed,
    EventType::Frozen,
    EventType::Unfrozen,
    EventType::Released,
    EventType::LicenceRenewed,
    EventType::LicenceRenewalReturned,
    EventType::LicenceFrozen,
    EventType::LicenceUnfrozen,
    EventType::LicenceReleased,
];

/// What statuses mean, by the ends of the keys of their texts.
const STATUSES: [(&str, &str); 7] = [
    ("2xx", "done"),
    ("202", "later"),
    ("401", "signature"),
    ("404", "unknown"),
    ("4xx", "refused"),
    ("410", "final"),
    ("5xx", "failed"),
];

/// The key of the example in V1.0; nobody has it.
const KEY: &str = "ebf72724-bacc-414b-a86b-fda5bcc8153c";

/// What programs of V1.0 are told so far, with the ends of the keys of their texts.
const ASKED: [(Ask, &str); 9] = [
    (Ask::NewInstance, "new"),
    (Ask::QueryInstance, "query"),
    (Ask::RefreshInstance, "refresh"),
    (Ask::ExpireInstance, "expire"),
    (Ask::InstanceStatus, "status"),
    (Ask::ReleaseInstance, "release"),
    (Ask::RefreshLicenseCode, "refresh-code"),
    (Ask::UpdateLicenseCodeStatus, "code-status"),
    (Ask::ReleaseLicenseCode, "release-code"),
];

async fn show(State(production): State<Production>, visit: Visit, _seller: Seller) -> Result<Page, Problem> {
    let view = &visit.view;
    let title = view.t("guide-title");
    let now = production.app.clock.now();
    let (example, in_v1) = (example(now).unwrap_or_default(), example_in_v1(now).unwrap_or_default());
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("guide-lead")), &html! {}))
            (tabs(view, "guide"))
            (ui::card(Some(&view.t("guide-begin")), &html! {
                ol.stack {
                    @for step in ["guide-begin-add", "guide-begin-secret", "guide-begin-verify", "guide-begin-try"] { li { (view.t(step)) } }
                }
            }))
            (ui::card(Some(&view.t("guide-signature")), &html! {
                p { (view.t("guide-signature-text")) }
                (ui::code(view, &view.t("guide-libraries"), LIBRARIES))
                p { (view.t("guide-samples")) }
                (ui::code(view, &view.t("guide-example"), &example))
                (ui::code(view, &view.t("guide-answer"), ANSWER))
            }))
            h2 { (view.t("guide-events")) }
            (events(view).render())
            p { (view.t("guide-codes-wish")) }
            h2 { (view.t("guide-statuses")) }
            (statuses(view).render())
            (ui::card(Some(&view.t("guide-codes")), &html! {
                p { (view.t("guide-codes-text")) }
                p { @for reason in Reason::ALL { code { (reason) } " " } }
            }))
            (ui::card(Some(&view.t("guide-promise")), &html! {
                ul.stack {
                    @for promise in ["guide-promise-once", "guide-promise-order", "guide-promise-tries", "guide-promise-secret"] { li { (view.t(promise)) } }
                }
            }))
            section.stack #v1 {
                h2 { (view.t("guide-v1")) }
                p { (view.t("guide-v1-lead")) }
                (asked(view).render())
                p { (view.t("guide-v1-cases")) }
                (ui::card(Some(&view.t("guide-v1-answers")), &html! {
                    p { (view.t("guide-v1-answers-text")) }
                    (ui::code(view, &view.t("guide-v1-example"), &in_v1.0))
                    (ui::code(view, &view.t("guide-v1-example-answer"), &in_v1.1))
                }))
            }
        },
    ))
}

/// A whole request, as it would be signed now.
fn example(now: Timestamp) -> Option<String> {
    let trial =
        Trial { activity: EventType::Create.to_string(), order: "MOCKPERIODYEARNEW".to_owned(), ..Trial::default() };
    let request = trial.request(CallForm::StandardWebhooks, ("", now)).ok()?;
    let message = webhook::sign(&request, &[SECRET], "err_01jd8kx2v9e5jtf6xw4sz3q7ab".to_owned(), now);
    let head = message.head();
    // As it was signed: whoever checks the example finds that it fits.
    let body = message.body;
    Some(format!("POST /webhooks HTTP/1.1\nContent-Type: application/json;charset=utf8\n{head}\n\n{body}"))
}

/// A whole request of V1.0 and the answer to it, as both would be signed now.
fn example_in_v1(now: Timestamp) -> Option<(String, String)> {
    let trial =
        Trial { activity: Ask::NewInstance.to_string(), order: "MOCKPERIODYEARNEW".to_owned(), ..Trial::default() };
    let request = trial.request(CallForm::KooGalleryV1, ("b_01jd8kx2v9e5jtf6xw4sz3q7ab", now)).ok()?;
    let query = v1::sign(&request, ("https://app.seller.example/produce", KEY, FieldCipher::default()), "guide", now);
    let asked = format!("GET {} HTTP/1.1\nAccept: application/json", query.url("/produce"));
    let body = r#"{"resultCode":"000000","resultMsg":"","instanceId":"b_01jd8kx2v9e5jtf6xw4sz3q7ab"}"#;
    let sign = v1::body_sign(KEY, body.as_bytes());
    let answer = format!("HTTP/1.1 200 OK\nContent-Type: application/json;charset=utf8\nBody-Sign: {sign}\n\n{body}");
    Some((asked, answer))
}

fn asked(view: &View) -> Table<'_, (Ask, &'static str)> {
    Table::new(view, view.t("guide-v1"), &ASKED)
        .column(view.t("guide-v1-ask"), |(ask, _): &(Ask, &str)| html! { code { (ask) } })
        .column(view.t("guide-v1-tells"), |(_, key)| html! { (view.word("guide-v1-tells", key)) })
}

fn events(view: &View) -> Table<'_, EventType> {
    let key = |event: &EventType| event.as_str().trim_start_matches("instance.").replace(['_', '.'], "-");
    Table::new(view, view.t("guide-events"), &SENT)
        .column(view.t("production-field-event"), |event: &EventType| html! { code { (event) } })
        .column(view.t("guide-event-when"), move |event| html! { (view.word("guide-when", &key(event))) })
        .column(view.t("guide-event-data"), move |event| html! { (view.word("guide-data", &key(event))) })
}

fn statuses(view: &View) -> Table<'_, (&'static str, &'static str)> {
    Table::new(view, view.t("guide-statuses"), &STATUSES)
        .column(view.t("production-status"), |(status, _): &(&str, &str)| html! { code { (status) } })
        .column(view.t("guide-status-means"), |(_, key)| html! { (view.word("guide-status", key)) })
}
