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

use super::{checks, tabs};
use crate::{
    Activity, Production, Request, Signed,
    actions::Tried,
    rules::{
        address::Address,
        answer::{Found, shown},
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

const SCENES: [&str; 4] = ["TRIAL_TO_FORMAL", "RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD", "RENEWAL_CHANGE"];
const STATUSES: [&str; 2] = ["FREEZE", "UNFREEZE"];

impl Chosen {
    /// What a first look offers.
    fn usual() -> Self {
        Self {
            activity: Activity::NewInstance.as_str().to_owned(),
            order: "MOCKPERIODYEARNEW".to_owned(),
            status: STATUSES[0].to_owned(),
            scene: SCENES[1].to_owned(),
            ..Self::default()
        }
    }

    fn checked(&self, business: &str) -> Result<(ProductionAddressId, Request), Invalid> {
        let mut wrong = Invalid::default();
        let address = wrong.keep(self.address.parse().map_err(|_| ("choose an address", "须选择地址")), "address");
        let activity = wrong.keep(self.activity.parse().map_err(|_| ("choose an activity", "须选择接口")), "activity");
        let activity = activity.unwrap_or(Activity::NewInstance);
        let (order, instance) = (self.order.trim(), self.instance.trim());
        let wants_instance = !matches!(activity, Activity::NewInstance | Activity::OrderNotify);
        let needed = ("is needed for this activity", "此接口必填");
        wrong.check(!wants_instance || (1..=100).contains(&instance.len()), "instance", needed);
        wrong.check(wants_instance || (1..=64).contains(&order.len()), "order", needed);
        wrong.done()?;
        let of_order = |request: Request| request.with("orderId", order).with("orderLineId", format!("{order}-000001"));
        let of_instance = Request::new(activity).with("instanceId", instance);
        let request = match activity {
            Activity::NewInstance => of_order(Request::new(activity)).with("businessId", business),
            Activity::OrderNotify => of_order(Request::new(activity)),
            Activity::QueryInstance => of_instance,
            Activity::RefreshInstance => {
                of_order(of_instance).with("scene", self.scene.as_str()).with("expireTime", self.expires.trim())
            }
            Activity::UpdateInstanceStatus => of_instance.with("status", self.status.as_str()),
            Activity::ReleaseInstance if order.is_empty() => of_instance,
            Activity::ReleaseInstance | Activity::UpgradeInstance => of_order(of_instance),
            Activity::ChangeInstanceCheck => {
                of_instance.with("productInfo", serde_json::json!([{ "productId": "TESTPRODUCT", "skuCode": "TEST" }]))
            }
        };
        let missing = || Invalid::one("address", ("choose an address", "须选择地址"));
        Ok((address.ok_or_else(missing)?, request.test()))
    }
}

/// What is shown below the form.
enum Made {
    Signed(Box<(Address, Signed)>),
    Sent(Box<Tried>),
}

async fn show(
    State(production): State<Production>,
    visit: Visit,
    seller: Seller,
    Query(asked): Query<Chosen>,
) -> Result<Page, Problem> {
    let chosen = if asked.activity.is_empty() { Chosen::usual() } else { asked };
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
    let business = platform::vault::random_token("b");
    let (address, request) = chosen.checked(&business)?;
    if chosen.wish == "show" {
        let (address, signed) = production.signed(seller, address, &request).await?;
        return Ok(Made::Signed(Box::new((address, signed))));
    }
    Ok(Made::Sent(Box::new(production.try_out(seller, address, request).await?)))
}

async fn page(
    production: &Production,
    view: &View,
    seller: &Seller,
    (chosen, mistakes, made): (&Chosen, &Mistakes, Option<&Made>),
) -> Result<Page, Problem> {
    let mut addresses = production.addresses(&mut production.app.db.read(), seller).await?;
    addresses.retain(|address| address.key.is_some());
    let title = view.t("production-debug-title");
    Ok(ui::page(
        view,
        Place::Seller("production"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("production-debug-lead")), &html! {}))
            (tabs(view, "debugger"))
            (mistakes.summary(view))
            @if let Some(Made::Sent(tried)) = made { (answered(view, tried)) }
            @if addresses.is_empty() {
                (ui::empty(&view.t("production-debug-none"), &view.t("production-debug-none-text"), &ui::button_link("/seller/production", &view.t("production-debug-go"), true)))
            } @else { (ui::card(None, &choose(view, &addresses, chosen, mistakes))) }
            @match made {
                Some(Made::Signed(shown)) => (request(view, &shown.0, &shown.1)),
                Some(Made::Sent(tried)) => (request(view, &tried.address, &tried.signed)),
                None => {}
            }
        },
    ))
}

fn choose(view: &View, addresses: &[Address], chosen: &Chosen, mistakes: &Mistakes) -> Markup {
    let choices = |words: &[&str]| words.iter().map(|word| Choice::new(*word, *word)).collect::<Vec<_>>();
    let places: Vec<Choice> =
        addresses.iter().map(|address| Choice::new(address.id.to_string(), address.url.as_str())).collect();
    let names: Vec<&str> = Activity::ALL.iter().map(|activity| activity.as_str()).collect();
    let (activities, scenes, statuses) = (choices(&names), choices(&SCENES), choices(&STATUSES));
    let label = |word: &str| view.word("production-field", word);
    let (address, activity, order, instance) = (label("address"), label("activity"), label("order"), label("instance"));
    let (status, scene, expires) = (label("status"), label("scene"), label("expires"));
    ui::form(
        view,
        "/seller/production/debugger",
        &html! {
            div.fields {
                (Field::select("address", &address, &places).value(&chosen.address).required().render(view, mistakes))
                (Field::select("activity", &activity, &activities).value(&chosen.activity).required().render(view, mistakes))
                (Field::text("order", &order).value(&chosen.order).hint(view.t("production-hint-order")).with("maxlength", "64").render(view, mistakes))
                (Field::text("instance", &instance).value(&chosen.instance).hint(view.t("production-hint-instance")).with("maxlength", "100").render(view, mistakes))
            }
            details.more {
                summary { (view.t("production-debug-more")) }
                div.fields {
                    (Field::select("status", &status, &statuses).value(&chosen.status).required().render(view, mistakes))
                    (Field::select("scene", &scene, &scenes).value(&chosen.scene).required().render(view, mistakes))
                    (Field::text("expires", &expires).value(&chosen.expires).hint(view.t("production-hint-expires")).with("maxlength", "17").render(view, mistakes))
                }
            }
            div.row {
                button.button.primary type="submit" name="do" value="send" { (view.t("production-debug-send")) }
                button.button type="submit" name="do" value="show" { (view.t("production-debug-show")) }
            }
        },
    )
}

fn answered(view: &View, tried: &Tried) -> Markup {
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
    }
}

/// The request, step by step as it is signed. The key itself is not shown: K stands for it.
fn request(view: &View, address: &Address, signed: &Signed) -> Markup {
    let Signed { body, body_hash, nonce, timestamp_ms, signature } = signed;
    let url = signed.url(&address.url);
    html! {
        section.stack {
            h2 { (view.t("production-debug-request")) }
            (ui::code(view, &view.ta("production-step-body", &[("bytes", body.len().to_string().into())]), body))
            (ui::code(view, &view.t("production-step-hash"), body_hash))
            (ui::code(view, &view.t("production-step-canonical"), &format!("K + {nonce} + {timestamp_ms} + {body_hash}")))
            (ui::code(view, &view.t("production-step-signature"), signature))
            (ui::code(view, &view.t("production-step-raw"), &format!("POST {url} HTTP/1.1\nAccept: application/json\nContent-Type: application/json;charset=utf8\n\n{body}")))
        }
    }
}
