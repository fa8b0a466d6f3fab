//! `/api/v1/seller`: production addresses, their keys, the log of calls; cases and probes stand in files of their own.

mod calls;
mod cases;
mod events;
mod probes;

use std::collections::BTreeMap;

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Timestamp,
    id::{ErrandId, ProductionAddressId, ProductionCallId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Activity, FieldCipher, Found, Production, Trouble,
    actions::Tried,
    rules::{
        address::{Address, AddressState, KeyHint},
        answer::shown,
        form::CallForm,
        trial::Trial,
    },
    store::Call,
};

pub(crate) fn routes(production: &Production) -> Routes {
    let does = |summary| Op::does(Access::Seller, summary);
    Routes::of(production.clone())
        .get(
            "/api/v1/seller/production-addresses",
            list,
            does("List the addresses at which the seller's own system is called").gives::<ProductionAddressesJson>(200),
        )
        .post(
            "/api/v1/seller/production-addresses",
            add,
            does("Add an address of the seller's own system")
                .takes::<NewProductionAddress>()
                .gives::<ProductionAddressJson>(201),
        )
        .delete(
            "/api/v1/seller/production-addresses/{production_address}",
            remove,
            does("Remove an address that deliveries do not go to"),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/keys",
            make_key,
            does("Make a key for an address; it is shown this once").gives::<ProductionKeyJson>(201),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/verify",
            verify,
            does("Prove an address: a right signature has to be accepted there, a wrong one refused"),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/change-key",
            change_key,
            does("Sign with the newest key from now on, after the address has accepted it"),
        )
        .delete(
            "/api/v1/seller/production-addresses/{production_address}/next-key",
            withdraw_key,
            does("Take a new key back before it signs alone: it was lost, or somebody has seen it"),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/use",
            use_it,
            does("Let deliveries go to this address from now on"),
        )
        .post(
            "/api/v1/seller/production-addresses/{production_address}/calls",
            try_out,
            does("Call the seller's own system to try it out: the exact request, the answer, and how each check went")
                .takes::<NewProductionCall>()
                .gives::<ProductionTrialJson>(200),
        )
        .get(
            "/api/v1/seller/production-calls",
            calls,
            does("List the calls of the seller's own system, newest first")
                .query::<CallFilter>()
                .gives::<Page<ProductionCallJson>>(200),
        )
        .get(
            "/api/v1/seller/production-calls/{production_call}",
            call,
            does("Show one call with its request and answer").gives::<ProductionCallJson>(200),
        )
        .done()
        .and(cases::routes(production))
        .and(probes::routes(production))
        .and(calls::routes(production))
        .telling(events::told())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://app.seller.example/webhooks", "form": "standard_webhooks"}))]
struct NewProductionAddress {
    #[schema(max_length = 512)]
    url: String,
    /// How the program there is spoken to; it stays with the address.
    #[serde(default = "usual_form")]
    #[schema(default = "koogallery_v2")]
    form: CallForm,
    /// In KooGallery's V1.0: how phone numbers, mail addresses, user names and passwords are encrypted (`encryptType` 1 and 2).
    #[serde(default)]
    #[schema(default = "aes256")]
    encryption: FieldCipher,
}

fn usual_form() -> CallForm {
    CallForm::KooGalleryV2
}

#[derive(Serialize, ToSchema)]
struct ProductionAddressesJson {
    items: Vec<ProductionAddressJson>,
}

#[derive(Serialize, ToSchema)]
struct ProductionAddressJson {
    id: ProductionAddressId,
    url: String,
    form: CallForm,
    /// In KooGallery's V1.0: how fields are encrypted.
    encryption: Option<FieldCipher>,
    state: AddressState,
    /// Deliveries go there.
    in_use: bool,
    /// The key that requests are signed with.
    key: Option<KeyHintJson>,
    /// A newer key that is not used yet.
    next_key: Option<KeyHintJson>,
    /// Until when both keys sign, where the form has room for two signatures; then the newer one signs alone.
    next_until: Option<Timestamp>,
    added_at: Timestamp,
    verified_at: Option<Timestamp>,
    /// Since when all cases are being sent to it; none: they are not.
    cases_asked_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct KeyHintJson {
    /// Its last letters.
    #[schema(example = "…c3a9")]
    hint: String,
    made_at: Timestamp,
}

impl From<KeyHint> for KeyHintJson {
    fn from(KeyHint { hint, made_at }: KeyHint) -> Self {
        Self { hint, made_at }
    }
}

impl From<Address> for ProductionAddressJson {
    fn from(address: Address) -> Self {
        Self {
            id: address.id,
            url: address.url,
            form: address.form,
            encryption: (address.form == CallForm::KooGalleryV1).then_some(address.encryption),
            state: address.state,
            in_use: address.in_use,
            key: address.key.map(KeyHintJson::from),
            next_key: address.next.map(KeyHintJson::from),
            next_until: address.next_until,
            added_at: address.added_at,
            verified_at: address.verified_at,
            cases_asked_at: address.cases_asked_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ProductionKeyJson {
    /// In Standard Webhooks the secret, `whsec_…`.
    #[schema(example = "kpk_0b5c…")]
    key: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"activity": "instance.create", "order": "MOCKPERIODYEARNEW"}))]
struct NewProductionCall {
    /// An activity of the production interface in the words of the form, such as `newInstance`; in Standard Webhooks a type of
    /// event.
    #[schema(max_length = 40)]
    activity: String,
    /// A mock order, which the order query answers too.
    #[serde(default)]
    #[schema(max_length = 64)]
    order: String,
    /// As the seller's system named it; without it, the order's instance is created first. Of what is about an authorisation
    /// code, such as `refreshLicenseCode`, that code; without it, one that was never sold.
    #[serde(default)]
    #[schema(max_length = 100)]
    instance: String,
    /// Of `updateInstanceStatus` and `updateLicenseCodeStatus`: `FREEZE` or `UNFREEZE`; of `instanceStatus` in V1.0: `FREEZE` or `NORMAL`.
    #[serde(default)]
    #[schema(max_length = 40)]
    status: String,
    /// Of `refreshInstance`: `TRIAL_TO_FORMAL`, `RENEWAL`, `UNSUBSCRIBE_RENEWAL_PERIOD` or `RENEWAL_CHANGE`; of
    /// `refreshLicenseCode`: `RENEWAL` or `UNSUBSCRIBE_RENEWAL_PERIOD`; of `newInstance`: `ACCEPTANCE`, to tell it again because its
    /// buyer has accepted what was created.
    #[serde(default)]
    #[schema(max_length = 40)]
    scene: String,
    /// The end that is told: `20271122080000`, or in Standard Webhooks `2027-11-22T08:00:00Z`; without it, a year from now.
    #[serde(default)]
    #[schema(max_length = 40)]
    expires: String,
}

#[derive(Serialize, ToSchema)]
struct ProductionTrialJson {
    /// By which it can be looked up, and kept as a case.
    call: ProductionCallId,
    url: String,
    /// What the form adds to the head of the request: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    headers: BTreeMap<&'static str, String>,
    /// The body as it was signed and sent; in V1.0, which has none, the text that was signed.
    request: String,
    sent_at: Timestamp,
    took_millis: i64,
    status: Option<u16>,
    /// Without passwords.
    answer: String,
    /// What is wrong, as a stable code; none: it was accepted.
    #[schema(example = "http.422.sold_out")]
    trouble: Option<String>,
    checks: Vec<ProductionCheckJson>,
}

#[derive(Serialize, ToSchema)]
struct ProductionCheckJson {
    #[schema(example = "reached")]
    check: &'static str,
    found: Found,
}

impl From<Tried> for ProductionTrialJson {
    fn from(tried: Tried) -> Self {
        let fetched = tried.came.as_ref().ok();
        let checks =
            tried.read.checks.iter().map(|(check, found)| ProductionCheckJson { check: check.as_str(), found: *found });
        Self {
            call: tried.id,
            url: tried.signed.url(&tried.address.url),
            headers: tried.signed.headers().into_iter().collect(),
            request: tried.signed.body().to_owned(),
            sent_at: tried.sent_at,
            took_millis: tried.took_millis,
            status: fetched.map(|fetched| fetched.status),
            answer: fetched.map(|fetched| shown(&fetched.body)).unwrap_or_default(),
            trouble: tried.read.result.as_ref().err().map(Trouble::code),
            checks: checks.collect(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
struct CallFilter {
    /// Those of one task only.
    errand: Option<ErrandId>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ProductionCallJson {
    id: ProductionCallId,
    address: ProductionAddressId,
    /// The task that it was made for; none: a proof or the debugger.
    errand: Option<ErrandId>,
    form: CallForm,
    activity: Activity,
    /// The activity, or in Standard Webhooks the type of the event.
    #[schema(example = "instance.create")]
    name: &'static str,
    test: bool,
    url: String,
    /// What the form adds to the head of the request, a line each.
    headers: String,
    /// Of an authorisation code that was sold, its last letters alone.
    request: String,
    sent_at: Timestamp,
    took_millis: i64,
    status: Option<i64>,
    /// Without passwords.
    answer: String,
    /// What is wrong, as a stable code; none: it was accepted.
    #[schema(example = "code.000106")]
    trouble: Option<String>,
}

impl From<Call> for ProductionCallJson {
    fn from(call: Call) -> Self {
        Self {
            id: call.id,
            address: call.address_id,
            errand: call.errand_id,
            form: call.form,
            activity: call.activity,
            name: call.name(),
            test: call.test,
            url: call.url,
            headers: call.headers,
            request: call.request,
            sent_at: call.sent_at,
            took_millis: call.took_millis,
            status: call.status,
            answer: call.answer_shown,
            trouble: call.trouble,
        }
    }
}

async fn list(State(production): State<Production>, seller: Seller) -> Reply<ProductionAddressesJson> {
    let found = production.addresses(&mut production.app.db.read(), &seller).await?;
    Ok(Json(ProductionAddressesJson { items: found.into_iter().map(ProductionAddressJson::from).collect() }))
}

async fn add(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    Body(input): Body<NewProductionAddress>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        let added = production.add(tx, &seller, (&input.url, input.form, input.encryption)).await?;
        Ok(Answer::created(&ProductionAddressJson::from(added)))
    })
    .await
}

async fn remove(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        production.remove(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn make_key(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        let (_, key) = production.make_key(tx, &seller, id).await?;
        Ok(Answer::created(&ProductionKeyJson { key }).secret())
    })
    .await
}

async fn verify(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run_after(&production.app, production.prove(&seller, id), async |tx, proven| {
        production.verified(tx, &seller, &proven).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn change_key(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run_after(&production.app, production.prove_next(&seller, id), async |tx, proven| {
        production.change_key(tx, &seller, &proven).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn withdraw_key(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        production.withdraw_key(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn use_it(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
) -> Result<Answer, Problem> {
    once.run(&production.app, async |tx| {
        production.use_it(tx, &seller, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn try_out(
    State(production): State<Production>,
    seller: Seller,
    once: Once,
    PathParam(id): PathParam<ProductionAddressId>,
    Body(input): Body<NewProductionCall>,
) -> Result<Answer, Problem> {
    let NewProductionCall { activity, order, instance, status, scene, expires } = input;
    let trial = Trial { activity, order, instance, status, scene, expires };
    once.run_after(&production.app, production.try_out(&seller, id, &trial), async |_, tried| {
        Ok(Answer::ok(&ProductionTrialJson::from(tried)))
    })
    .await
}

async fn calls(
    State(production): State<Production>,
    seller: Seller,
    Query(filter): Query<CallFilter>,
) -> Reply<Page<ProductionCallJson>> {
    let CallFilter { errand, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = production.calls(&mut production.app.db.read(), &seller, errand, page).await?;
    Ok(Json(found.map(ProductionCallJson::from)))
}

async fn call(
    State(production): State<Production>,
    seller: Seller,
    PathParam(id): PathParam<ProductionCallId>,
) -> Reply<ProductionCallJson> {
    Ok(Json(production.find_call(&mut production.app.db.read(), &seller, id).await?.into()))
}
