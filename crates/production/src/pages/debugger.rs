//! The debugger of the production interface: a request is made before the reader's eyes, sent with the test flag, and its
//! answer explained check by check.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Invalid, Result, id::ProductionAddressId};
use maud::{Markup, html};
use platform::http::{Access, Form, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Tone, View};

use super::{addresses::form_word, cases, checks, tabs};
use crate::{
    Activity, EventType, Production, Signed,
    actions::Tried,
    rules::{
        address::Address,
        answer::{Found, shown},
        form::{CallForm, Outbound},
        trial::{OLD_STATUSES, SCENES, STATUSES, Trial},
        v1::SignedQuery,
        webhook::Message,
    },
};

pub(super) fn routes(production: &Production) -> Routes {
    Routes::of(production.clone())
        .page("/seller/production/debugger", show, Access::Seller)
        .form("/seller/production/debugger", run, Access::Seller)
        .done()
}

/// What was chosen and typed.
#[derive(Clone, Default, Deserialize)]
struct Chosen {
    /// In which form the page is shown.
    #[serde(default)]
    form: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    activity: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    instance: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    scene: String,
    #[serde(default)]
    expires: String,
    /// `show` or `send`.
    #[serde(default, rename = "do")]
    wish: String,
}

impl Chosen {
    /// What a first look at a form offers.
    fn usual(form: &str) -> Self {
        Self {
            form: form.to_owned(),
            order: "MOCKPERIODYEARNEW".to_owned(),
            status: STATUSES[0].to_owned(),
            scene: SCENES[1].to_owned(),
            ..Self::default()
        }
    }

    fn checked(&self) -> Result<(ProductionAddressId, Trial), Invalid> {
        let wrong = |_| Invalid::one("address", ("choose an address", "须选择地址"));
        let trial = Trial {
            activity: self.activity.clone(),
            order: self.order.clone(),
            instance: self.instance.clone(),
            status: self.status.clone(),
            scene: self.scene.clone(),
            expires: self.expires.clone(),
        };
        Ok((self.address.parse().map_err(wrong)?, trial))
    }

    /// The form that was chosen, or else that of the address where deliveries go.
    fn form(&self, addresses: &[Address]) -> CallForm {
        let usual = addresses.iter().find(|address| address.in_use).or(addresses.first());
        self.form.parse().unwrap_or_else(|_| usual.map_or(CallForm::StandardWebhooks, |address| address.form))
    }
}

/// What is shown below the form.
enum Made {
    Signed(Box<(Address, Outbound)>),
    Sent(Box<Tried>),
}

async fn show(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Chosen>,
) -> Result<Page, Problem> {
    let chosen = if asked.activity.is_empty() { Chosen::usual(&asked.form) } else { asked };
    page(&production, &visit.view, &seller, (&chosen, &Mistakes::none(), None)).await
}

/// Calls with the test flag change nothing at the marketplace: the answer is the page itself.
async fn run(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    match made(&production, &seller, &chosen).await {
        Ok(made) => {
            Ok(page(&production, view, &seller, (&chosen, &Mistakes::none(), Some(&made))).await?.into_response())
        }
        Err(error) => {
            let mistakes = view.retry(error.into())?;
            Ok(page(&production, view, &seller, (&chosen, &mistakes, None)).await?.refused().into_response())
        }
    }
}

async fn made(production: &Production, seller: &Seller, chosen: &Chosen) -> Result<Made> {
    let (address, trial) = chosen.checked()?;
    if chosen.wish == "show" {
        return Ok(Made::Signed(Box::new(production.signed(seller, address, &trial).await?)));
    }
    Ok(Made::Sent(Box::new(production.try_out(seller, address, &trial).await?)))
}

async fn page(
    production: &Production,
    view: &View,
    seller: &Seller,
    (chosen, mistakes, made): (&Chosen, &Mistakes, Option<&Made>),
) -> Result<Page, Problem> {
    let mut addresses = production.addresses(&mut production.app.db.read(), seller).await?;
    addresses.retain(|address| address.key.is_some());
    let form = chosen.form(&addresses);
    let forms: Vec<CallForm> =
        CallForm::ALL.iter().copied().filter(|form| addresses.iter().any(|one| one.form == *form)).collect();
    addresses.retain(|address| address.form == form);
    let title = view.t("production-debug-title");
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-debug-lead")), &html! {}))
            (tabs(view, "debugger"))
            (mistakes.summary(view))
            @if forms.len() > 1 { (ui::tabs(&view.t("production-form"), &forms.iter().map(|one| {
                (form_word(view, *one), format!("/seller/production/debugger?form={one}"), *one == form)
            }).collect::<Vec<_>>())) }
            @if let Some(Made::Sent(tried)) = made { (answered(view, tried, chosen)) }
            @if addresses.is_empty() {
                (ui::empty(&view.t("production-debug-none"), &view.t("production-debug-none-text"), &ui::button_link("/seller/production", &view.t("production-debug-go"), true)))
            } @else { (ui::card(None, &choose(view, (form, &addresses), chosen, mistakes))) }
            @match made {
                Some(Made::Signed(shown)) => (request(view, &shown.0, &shown.1)),
                Some(Made::Sent(tried)) => (request(view, &tried.address, &tried.signed)),
                None => {}
            }
        },
    ))
}

fn choose(view: &View, (form, addresses): (CallForm, &[Address]), chosen: &Chosen, mistakes: &Mistakes) -> Markup {
    let choices = |words: &[&str]| words.iter().map(|word| Choice::new(*word, *word)).collect::<Vec<_>>();
    let places: Vec<Choice> =
        addresses.iter().map(|address| Choice::new(address.id.to_string(), address.url.as_str())).collect();
    let mut names: Vec<&str> = match form {
        CallForm::KooGalleryV2 => Activity::ALL.iter().map(|activity| activity.as_str()).collect(),
        CallForm::KooGalleryV1 => {
            form.scenarios().filter_map(|scenario| form.says(scenario).split(' ').next()).collect()
        }
        CallForm::StandardWebhooks => EventType::ALL.iter().map(|event| event.as_str()).collect(),
    };
    names.dedup();
    let statuses = if form == CallForm::KooGalleryV1 { OLD_STATUSES } else { STATUSES };
    let (activities, scenes, statuses) = (choices(&names), choices(&SCENES), choices(&statuses));
    let chosen_activity = if chosen.activity.is_empty() { names[0] } else { &chosen.activity };
    let label = |word: &str| view.word("production-field", word);
    let (address, status, scene) = (label("address"), label("status"), label("scene"));
    let [activity, order, instance, expires] = match form {
        CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => ["activity", "order", "instance", "expires"],
        CallForm::StandardWebhooks => ["event", "event-order", "event-instance", "event-expires"],
    }
    .map(label);
    let (of_instance, of_end) = match form {
        CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => ("production-hint-instance", "production-hint-expires"),
        CallForm::StandardWebhooks => ("production-hint-event-instance", "production-hint-event-expires"),
    };
    let until = Field::text("expires", &expires).value(&chosen.expires).hint(view.t(of_end)).with("maxlength", "40");
    let until = until.render(view, mistakes);
    ui::form(
        view,
        "/seller/production/debugger",
        &html! {
            input type="hidden" name="form" value=(form);
            div.fields {
                (Field::select("address", &address, &places).value(&chosen.address).required().render(view, mistakes))
                (Field::select("activity", &activity, &activities).value(chosen_activity).required().render(view, mistakes))
                (Field::text("order", &order).value(&chosen.order).hint(view.t("production-hint-order")).with("maxlength", "64").render(view, mistakes))
                (Field::text("instance", &instance).value(&chosen.instance).hint(view.t(of_instance)).with("maxlength", "100").render(view, mistakes))
            }
            @match form {
                CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => details.more {
                    summary { (view.t("production-debug-more")) }
                    div.fields {
                        (Field::select("status", &status, &statuses).value(&chosen.status).required().render(view, mistakes))
                        (Field::select("scene", &scene, &scenes).value(&chosen.scene).required().render(view, mistakes))
                        (until)
                    }
                },
                CallForm::StandardWebhooks => div.fields { (until) },
            }
            div.row {
                button.button.primary type="submit" name="do" value="send" { (view.t("production-debug-send")) }
                button.button type="submit" name="do" value="show" { (view.t("production-debug-show")) }
            }
        },
    )
}

fn answered(view: &View, tried: &Tried, chosen: &Chosen) -> Markup {
    let words = (chosen.scene.as_str(), chosen.status.as_str());
    let name = cases::usual_name(view, tried.address.form, &chosen.activity, words);
    let body = tried.came.as_ref().map(|fetched| shown(&fetched.body)).unwrap_or_default();
    html! {
        @match &tried.read.result {
            Ok(_) if tried.read.checks.iter().any(|(_, found)| *found == Found::Failed) => {
                (ui::notice(Tone::Warn, &html! { p { (view.t("production-debug-partly")) } }))
            }
            Ok(_) => (ui::notice(Tone::Good, &html! { p { strong { (view.t("production-debug-fine")) } } })),
            Err(trouble) => (ui::notice(Tone::Bad, &html! { p { (view.of(&trouble.for_seller())) } })),
        }
        div.columns {
            (ui::card(Some(&view.t("production-checks")), &checks(view, &tried.read.checks)))
            @if !body.is_empty() { (ui::code(view, &view.t("production-answer"), &body)) }
        }
        @if tried.passed() { (cases::keeping(view, &tried.id.to_string(), &name, &Mistakes::none())) }
    }
}

/// The request, step by step as it is signed. The key itself is not shown: K stands for it.
fn request(view: &View, address: &Address, sent: &Outbound) -> Markup {
    let head = sent.head();
    let head = if head.is_empty() { head } else { format!("\n{head}") };
    let (url, body) = (sent.url(&address.url), sent.body());
    let raw = format!(
        "POST {url} HTTP/1.1\nAccept: application/json\nContent-Type: application/json;charset=utf8{head}\n\n{body}"
    );
    html! {
        section.stack {
            h2 { (view.t("production-debug-request")) }
            @match sent {
                Outbound::V2(signed) => {
                    (steps(view, signed))
                    (ui::code(view, &view.t("production-step-raw"), &raw))
                }
                Outbound::V1(query) => {
                    (query_steps(view, query))
                    (ui::code(view, &view.t("production-step-url"), &format!("GET {url} HTTP/1.1\nAccept: application/json")))
                }
                Outbound::Webhook(message) => {
                    (event_steps(view, message))
                    (ui::code(view, &view.t("production-step-event-raw"), &raw))
                }
            }
        }
    }
}

fn query_steps(view: &View, query: &SignedQuery) -> Markup {
    let SignedQuery { content, time_stamp, auth_token, .. } = query;
    html! {
        (ui::code(view, &view.t("production-step-parameters"), content))
        (ui::code(view, &view.t("production-step-key"), &format!("K + {time_stamp}")))
        (ui::code(view, &view.t("production-step-token"), auth_token))
    }
}

fn event_steps(view: &View, message: &Message) -> Markup {
    let Message { id, timestamp_seconds, body, signatures } = message;
    html! {
        (ui::code(view, &view.ta("production-step-event", &[("bytes", body.len().to_string().into())]), body))
        (ui::code(view, &view.t("production-step-joined"), &format!("{id}.{timestamp_seconds}.{body}")))
        p.small.muted { (view.t("production-step-secret")) }
        (ui::code(view, &view.t("production-step-signatures"), &signatures.join("\n")))
    }
}

fn steps(view: &View, signed: &Signed) -> Markup {
    let Signed { body, body_hash, nonce, timestamp_ms, signature } = signed;
    html! {
            (ui::code(view, &view.ta("production-step-body", &[("bytes", body.len().to_string().into())]), body))
            (ui::code(view, &view.t("production-step-hash"), body_hash))
            (ui::code(view, &view.t("production-step-canonical"), &format!("K + {nonce} + {timestamp_ms} + {body_hash}")))
            (ui::code(view, &view.t("production-step-signature"), signature))
    }
}
