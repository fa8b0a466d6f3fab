//! Private offers for those who get them.

use std::collections::BTreeMap;

use accounts::Buyer;
use axum::{Json, extract::State, response::Response};
use catalogue::{ContactData, Replies};
use kernel::{
    Error, Page, PageQuery, Result as Done,
    id::{DocumentId, PrivateOfferId},
};
use platform::{
    Tx,
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shown::{OfferDetail, OfferFilter, OfferSummary, SaidJson, Say, SentJson};
use crate::PrivateOffers;

const BUYER: Access = Access::Buyer;

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    let list = Op::does(BUYER, "List the private offers that you have got");
    let accept = Op::does(BUYER, "Accept a private offer and pay its first instalment from the wallet");
    let decline = Op::does(BUYER, "Decline a private offer").takes::<Decline>().gives::<OfferDetail>(200);
    let say = Op::does(BUYER, "Say something to the seller").takes::<Say>().gives::<SaidJson>(201);
    let version = Op::does(BUYER, "See a version of a private offer");
    let document = Op::does(BUYER, "Download a document of a private offer");
    Routes::of(private_offers.clone())
        .get("/api/v1/private-offers", self::list, list.query::<OfferFilter>().gives::<Page<OfferSummary>>(200))
        .get(
            "/api/v1/private-offers/{private_offer}",
            show,
            Op::does(BUYER, "See a private offer").gives::<OfferDetail>(200),
        )
        .post(
            "/api/v1/private-offers/{private_offer}/accept",
            self::accept,
            accept.takes::<Accept>().gives::<OfferDetail>(200),
        )
        .post("/api/v1/private-offers/{private_offer}/decline", self::decline, decline)
        .post("/api/v1/private-offers/{private_offer}/messages", self::say, say)
        .get("/api/v1/private-offers/{private_offer}/versions/{version}", self::version, version.gives::<SentJson>(200))
        .get(
            "/api/v1/private-offers/{private_offer}/documents/{document}",
            self::document,
            document.gives_text("application/octet-stream"),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version": 1}))]
#[schema(as = AcceptPrivateOffer)]
struct Accept {
    /// The version that you have read.
    version: i64,
    /// What you answer to the questions of the products' `parameters`, by their names.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// That you agree to the seller being told the contact data that the products' `contacts` ask for.
    #[serde(default)]
    contacts: ContactData,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "We have found another solution."}))]
#[schema(as = DeclinePrivateOffer)]
struct Decline {
    /// The seller reads it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: String,
}

async fn list(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    Query(filter): Query<OfferFilter>,
) -> Reply<Page<OfferSummary>> {
    let OfferFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = private_offers.offers_for(&mut private_offers.app.db.read(), &buyer, state, page).await?;
    Ok(Json(found.map(|(offer, _)| OfferSummary::from(offer))))
}

async fn show(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
) -> Reply<OfferDetail> {
    Ok(Json(OfferDetail::of(&private_offers.read_got(&mut private_offers.app.db.read(), &buyer, id).await?)))
}

async fn version(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam((id, version)): PathParam<(PrivateOfferId, i64)>,
) -> Reply<SentJson> {
    let mut tx = private_offers.app.db.read();
    let offer = private_offers.got(&mut tx, &buyer, id).await?;
    Ok(Json((&private_offers.version(&mut tx, &offer, version).await?).into()))
}

/// Answers an offer, and shows it as it stands then.
pub(super) async fn answered(
    (private_offers, buyer, id): (&PrivateOffers, &Buyer, PrivateOfferId),
    once: Once,
    answer: impl AsyncFnOnce(&mut Tx) -> Done<()>,
) -> Result<Answer, Problem> {
    let done = once.run(&private_offers.app, async |tx| {
        answer(tx).await?;
        Ok(Answer::ok(&OfferDetail::of(&private_offers.read_got(tx, buyer, id).await?)))
    });
    done.await
}

async fn accept(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(Accept { version, answers, contacts }): Body<Accept>,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &buyer, id);
    let replies = Replies { answers, contacts };
    answered(of, once, async |tx| private_offers.accept(tx, &buyer, (id, version), &replies).await).await
}

async fn decline(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(Decline { reason }): Body<Decline>,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &buyer, id);
    answered(of, once, async |tx| private_offers.decline(tx, &buyer, (id, &reason)).await).await
}

async fn say(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(Say { text }): Body<Say>,
) -> Result<Answer, Problem> {
    once.run(&private_offers.app, async |tx| {
        let said = private_offers.ask(tx, &buyer, (id, &text)).await?;
        Ok(Answer::created(&SaidJson::from(&said)))
    })
    .await
}

async fn document(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam((id, document)): PathParam<(PrivateOfferId, DocumentId)>,
) -> Result<Response, Problem> {
    let mut tx = private_offers.app.db.read();
    let (document, bytes) = private_offers.document(&mut tx, &buyer, (id, document)).await?;
    Ok(documents::download(&document, bytes))
}
