//! What is told to sellers' programs by Standard Webhooks, as the API document's `webhooks`. The examples are what would be
//! sent.

use std::collections::BTreeMap;

use kernel::{Localized, Timestamp, id::ProductId};
use platform::http::Told;
use policy::BillingMode;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    EventType, Kept, Reason,
    rules::{form::CallForm, trial::Trial, webhook},
};

/// Whoever describes an event describes all that is said of it.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident tells $data:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "it is described here and written in rules/webhook/event.rs")]
        struct $name {
            r#type: EventType,
            /// When it was first to be told; the same however often it is sent.
            timestamp: Timestamp,
            data: $data,
        }
    )+};
}

events! {
    CreateEvent tells CreateData,
    OrderPlacedEvent tells CreateData,
    InstanceEvent tells InstanceData,
    AcceptedEvent tells AcceptedData,
    EndEvent tells EndData,
    ChangeEvent tells ChangeData,
    CheckEvent tells CheckData,
    ReleaseEvent tells ReleaseData,
    LicenceEndEvent tells LicenceEndData,
    LicenceCodeEvent tells LicenceCodeData,
    LicenceReleaseEvent tells LicenceReleaseData,
}

/// What was bought, and by whom.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery/src/rules/told.rs")]
struct CreateData {
    #[schema(example = "CS2211181819B4LVS")]
    order: String,
    /// The same one always gets the same instance.
    #[schema(example = "CS2211181819B4LVS-000001")]
    order_line: String,
    product: ProductId,
    /// The seller's own code of what was bought.
    sku: String,
    title: Option<Localized>,
    attributes: Option<Value>,
    quantities: BTreeMap<String, u64>,
    billing_mode: BillingMode,
    /// `day`, `month` or `year`; none: it has no term.
    period_unit: Option<String>,
    periods: Option<u32>,
    trial: bool,
    /// What its buyer has answered to the seller's questions, by their names; none: nothing was asked.
    answers: Option<BTreeMap<String, String>>,
    buyer: EventBuyer,
    /// True: it is tried out, and nobody bought anything.
    test: Option<bool>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct EventBuyer {
    id: String,
    name: String,
    email: Option<String>,
    mobile: Option<String>,
}

/// Which instance it is about.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct InstanceData {
    instance: String,
    test: Option<bool>,
}

/// Its buyer has looked at what was created, and accepted it: its term, and charging, begin.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery/src/rules/errand/asked.rs")]
struct AcceptedData {
    instance: String,
    order: String,
    order_line: String,
    accepted_at: Timestamp,
    /// Until when it is paid; none: it has no term.
    expires_at: Option<Timestamp>,
    test: Option<bool>,
}

/// Until when an instance is paid, and by which order. It can be used until `instance.frozen`, which comes some days of grace later
/// where the site gives them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct EndData {
    instance: String,
    order: Option<String>,
    order_line: Option<String>,
    expires_at: Timestamp,
    /// The product, where the period of the price has changed.
    product: Option<ProductId>,
    test: Option<bool>,
}

/// What an instance is from now on, and the order that paid for it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery/src/rules/told.rs")]
struct ChangeData {
    instance: String,
    order: String,
    order_line: String,
    /// The seller's own code of what it is now.
    sku: String,
    title: Option<Localized>,
    attributes: Option<Value>,
    quantities: BTreeMap<String, u64>,
    /// Until when it goes on as that; there where it was renewed with another specification, and its new term begins.
    expires_at: Option<Timestamp>,
    test: Option<bool>,
}

/// What an instance would become with its renewal, if its seller's system agrees.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery/src/rules/check.rs")]
struct CheckData {
    instance: String,
    /// The seller's own code of what it would be.
    sku: String,
    title: Option<Localized>,
    attributes: Option<Value>,
    quantities: BTreeMap<String, u64>,
    test: Option<bool>,
}

/// An instance that is over for good.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct ReleaseData {
    instance: String,
    /// It was given back for money, by the order that is named.
    returned: bool,
    order: Option<String>,
    order_line: Option<String>,
    test: Option<bool>,
}

/// Until when an authorisation code is paid, and by which order. It works until `licence.frozen`, which comes some days of grace later
/// where the site gives them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct LicenceEndData {
    /// The code itself.
    #[schema(example = "PL8H74JR63JYQSTDBTVCYXJDXS")]
    licence: String,
    order: String,
    order_line: String,
    expires_at: Timestamp,
    /// The product, where the period of the price has changed.
    product: Option<ProductId>,
    test: Option<bool>,
}

/// Which authorisation code it is about.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct LicenceCodeData {
    /// The code itself.
    licence: String,
    test: Option<bool>,
}

/// A code that never works again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and written in delivery")]
struct LicenceReleaseData {
    /// The code itself.
    licence: String,
    /// It was given back for money, by the order that is named.
    returned: bool,
    order: Option<String>,
    order_line: Option<String>,
    test: Option<bool>,
}

/// What a program answers to a creation and to the question how an instance is opened.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read in rules/webhook/answer.rs")]
struct EventAnswer {
    #[schema(min_length = 1, max_length = 64)]
    instance: String,
    /// Left out where the seller sends it otherwise.
    access: Option<EventAccess>,
    /// How it stands; the nightly comparison tells again what was missed.
    state: Option<Kept>,
    /// The end that the program knows.
    expires_at: Option<Timestamp>,
    /// The seller's own code of what it is, and how many of what: compared with what was told last.
    sku: Option<String>,
    quantities: Option<BTreeMap<String, u64>>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read in rules/webhook/answer.rs")]
struct EventAccess {
    #[schema(max_length = 512)]
    front_end_url: String,
    #[schema(max_length = 512)]
    admin_url: Option<String>,
    user_name: Option<String>,
    password: Option<String>,
    memo: Option<String>,
}

/// Why an event is refused, or a question answered with no.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read in rules/webhook/answer.rs")]
struct EventRefusal {
    code: Option<Reason>,
    /// Of a change that is refused: why, in words for the buyer.
    #[schema(max_length = 255)]
    message: Option<String>,
}

/// All events that are sent.
pub(super) fn told() -> Vec<Told> {
    EventType::ALL.iter().copied().map(described).map(answered).collect()
}

/// An event that is sent.
fn described(event: EventType) -> (EventType, Told) {
    let (name, example) = (event.as_str(), example(event));
    let told = match event {
        EventType::Create => Told::of::<CreateEvent>(name, "Create what was bought, or is to be tried", example),
        EventType::Accepted => {
            Told::of::<AcceptedEvent>(name, "Its buyer has accepted it, and its term begins", example)
        }
        EventType::Describe => Told::of::<InstanceEvent>(name, "Say how the buyer gets in", example),
        EventType::Renewed => Told::of::<EndEvent>(name, "It goes on until another end", example),
        EventType::RenewalReturned => Told::of::<EndEvent>(name, "A renewal was given back: it ends earlier", example),
        EventType::TrialBought => Told::of::<EndEvent>(name, "What was tried was bought and goes on as it is", example),
        EventType::Frozen => Told::of::<InstanceEvent>(name, "Keep everybody out, and the data", example),
        EventType::Unfrozen => Told::of::<InstanceEvent>(name, "It was frozen and goes on", example),
        EventType::Released => Told::of::<ReleaseEvent>(name, "It is over for good: delete it", example),
        EventType::Changed => {
            Told::of::<ChangeEvent>(name, "It has another specification, which was paid for", example)
        }
        EventType::CheckChange => {
            Told::of::<CheckEvent>(name, "Say whether it could be renewed as something else", example)
        }
        EventType::LicenceRenewed => {
            Told::of::<LicenceEndEvent>(name, "An authorisation code works until another end", example)
        }
        EventType::LicenceRenewalReturned => {
            Told::of::<LicenceEndEvent>(name, "A renewal was given back: the code ends earlier", example)
        }
        EventType::LicenceFrozen => Told::of::<LicenceCodeEvent>(name, "The code does not work for now", example),
        EventType::LicenceUnfrozen => Told::of::<LicenceCodeEvent>(name, "The code works again", example),
        EventType::LicenceReleased => Told::of::<LicenceReleaseEvent>(name, "The code never works again", example),
        EventType::OrderPlaced => Told::of::<OrderPlacedEvent>(
            name,
            "Take note of an order that was paid, if its seller wants to know",
            example,
        ),
    };
    (event, told)
}

fn answered((event, told): (EventType, Told)) -> Told {
    let told = told
        .with("webhook-id", "What a resend of the same event is known by")
        .with("webhook-timestamp", "When this try was sent, in seconds since 1970")
        .with("webhook-signature", "`v1,` and base64 of HMAC-SHA256 over id, timestamp and body, joined by dots; one for each secret that is in use");
    let told = match event {
        EventType::Create | EventType::Describe => told
            .answered_with::<EventAnswer>("200", "Done")
            .answered_with::<EventAnswer>("202", "In the making; `instance.describe` asks again"),
        // Its buyer waits for it: who has not answered is not asked again by itself.
        EventType::CheckChange => {
            return told
                .answered("2XX", "It could be renewed so")
                .answered("401", "The signature does not fit")
                .answered("404", "There is no such instance")
                .answered("410", "No, whatever its code says")
                .answered_with::<EventRefusal>("4XX", "No: what is used of it does not fit, or another reason")
                .answered("5XX", "It failed; the buyer is asked to try later");
        }
        EventType::Accepted
        | EventType::Renewed
        | EventType::RenewalReturned
        | EventType::TrialBought
        | EventType::Changed
        | EventType::Frozen
        | EventType::Unfrozen
        | EventType::Released
        | EventType::OrderPlaced
        | EventType::LicenceRenewed
        | EventType::LicenceRenewalReturned
        | EventType::LicenceFrozen
        | EventType::LicenceUnfrozen
        | EventType::LicenceReleased => told.answered("2XX", "Done"),
    };
    told.answered("401", "The signature does not fit")
        .answered("404", "There is no such instance; a release is done with that")
        .answered("410", "Refused, and it is not tried again; a release is done with that")
        .answered("429", "Too much at the moment; it comes again after `Retry-After`")
        .answered_with::<EventRefusal>("4XX", "Refused; it is tried again by the site's rules")
        .answered("5XX", "It failed; it is tried again by the site's rules")
}

/// What would be sent to try it out.
fn example(event: EventType) -> Value {
    let instance = match event {
        // Of codes, one that was never sold is named.
        EventType::Create
        | EventType::OrderPlaced
        | EventType::LicenceRenewed
        | EventType::LicenceRenewalReturned
        | EventType::LicenceFrozen
        | EventType::LicenceUnfrozen
        | EventType::LicenceReleased => String::new(),
        EventType::Accepted
        | EventType::Describe
        | EventType::Renewed
        | EventType::RenewalReturned
        | EventType::TrialBought
        | EventType::CheckChange
        | EventType::Changed
        | EventType::Frozen
        | EventType::Unfrozen
        | EventType::Released => "MOCKPERIODYEARNEW-000001".to_owned(),
    };
    let order = "MOCKPERIODYEARNEW".to_owned();
    let trial = Trial { activity: event.to_string(), order, instance, ..Trial::default() };
    // The same in every document.
    let moment = Timestamp::from_micros(1_796_025_600_000_000);
    let sent = trial.request(CallForm::StandardWebhooks, ("", moment)).ok();
    let message = sent.map(|request| webhook::sign(&request, &[], String::new(), moment));
    message.and_then(|message| serde_json::from_str(&message.body).ok()).unwrap_or_default()
}
