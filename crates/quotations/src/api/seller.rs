//! Private offers for those who make them.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Error, Page, PageQuery, Result as Done,
    id::{AccountId, PrivateOfferId},
};
use platform::{
    Tx,
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shown::{OfferDetail, OfferFilter, OfferSummary, SaidJson, Say, SentJson};
use crate::{PrivateOffers, rules::Draft};

const SELLER: Access = Access::Seller;

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    let list = Op::does(SELLER, "List your private offers").query::<OfferFilter>().gives::<Page<OfferSummary>>(200);
    let begin = Op::does(SELLER, "Begin a private offer for one buyer").takes::<BeginOffer>().gives::<OfferDetail>(201);
    let write = Op::does(SELLER, "Write a private offer anew").takes::<Draft>().gives::<OfferDetail>(200);
    let send = Op::does(SELLER, "Send a private offer, or the next version of it").gives::<OfferDetail>(200);
    let say = Op::does(SELLER, "Say something to the buyer").takes::<Say>().gives::<SaidJson>(201);
    let again = Op::does(SELLER, "Ask for an instalment again that was not paid in time");
    Routes::of(private_offers.clone())
        .get("/api/v1/seller/private-offers", self::list, list)
        .post("/api/v1/seller/private-offers", self::begin, begin)
        .get(
            "/api/v1/seller/private-offers/{private_offer}",
            show,
            Op::does(SELLER, "See a private offer of yours").gives::<OfferDetail>(200),
        )
        .put("/api/v1/seller/private-offers/{private_offer}", self::write, write)
        .post("/api/v1/seller/private-offers/{private_offer}/send", self::send, send)
        .post(
            "/api/v1/seller/private-offers/{private_offer}/withdraw",
            withdraw,
            Op::does(SELLER, "Take a private offer back").gives::<OfferDetail>(200),
        )
        .post("/api/v1/seller/private-offers/{private_offer}/messages", self::say, say)
        .post(
            "/api/v1/seller/private-offers/{private_offer}/ask-again",
            ask_again,
            again.takes::<AskAgain>().gives::<OfferDetail>(200),
        )
        .get(
            "/api/v1/seller/private-offers/{private_offer}/versions/{version}",
            version,
            Op::does(SELLER, "See a version of a private offer of yours").gives::<SentJson>(200),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "buyer": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "buyer_name": "Ada Ltd.",
    "offer": {
        "name": "Rollout 2027", "valid_until": "2027-01-31T16:00:00Z", "terms": "Support in Chinese and English.",
        "lines": [{
            "sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "choice": {"quantities": {"users": 200}, "periods": 12},
            "price": {"kind": "percent", "basis_points": 1_500}
        }]
    }
}))]
#[schema(as = BeginPrivateOffer)]
struct BeginOffer {
    buyer: AccountId,
    /// What the account is called. It has to fit the ID.
    buyer_name: String,
    offer: Draft,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"instalment": 2}))]
#[schema(as = AskInstalmentAgain)]
struct AskAgain {
    #[schema(minimum = 2)]
    instalment: u32,
}

async fn list(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    Query(filter): Query<OfferFilter>,
) -> Reply<Page<OfferSummary>> {
    let OfferFilter { state, cursor, limit } = filter;
    let page = PageQuery { cursor, limit }.checked().map_err(Error::from)?;
    let found = private_offers.offers_of(&mut private_offers.app.db.read(), &seller, state, page).await?;
    Ok(Json(found.map(|(offer, _)| OfferSummary::from(offer))))
}

async fn begin(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    once: Once,
    Body(input): Body<BeginOffer>,
) -> Result<Answer, Problem> {
    let BeginOffer { buyer, buyer_name, offer } = input;
    once.run(&private_offers.app, async |tx| {
        let id = private_offers.begin(tx, &seller, (buyer, &buyer_name), offer.clone()).await?;
        let read = private_offers.read_own(tx, &seller, id).await?;
        Ok(Answer::created(&OfferDetail::of_seller(&read)))
    })
    .await
}

async fn show(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
) -> Reply<OfferDetail> {
    let read = private_offers.read_own(&mut private_offers.app.db.read(), &seller, id).await?;
    Ok(Json(OfferDetail::of_seller(&read)))
}

async fn version(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam((id, version)): PathParam<(PrivateOfferId, i64)>,
) -> Reply<SentJson> {
    let mut tx = private_offers.app.db.read();
    let offer = private_offers.own(&mut tx, &seller, id).await?;
    Ok(Json((&private_offers.version(&mut tx, &offer, version).await?).into()))
}

/// Does something to an offer, and shows it as it stands then.
pub(super) async fn moved(
    (private_offers, seller, id): (&PrivateOffers, &Seller, PrivateOfferId),
    once: Once,
    act: impl AsyncFnOnce(&mut Tx) -> Done<()>,
) -> Result<Answer, Problem> {
    let done = once.run(&private_offers.app, async |tx| {
        act(tx).await?;
        Ok(Answer::ok(&OfferDetail::of_seller(&private_offers.read_own(tx, seller, id).await?)))
    });
    done.await
}

async fn write(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(draft): Body<Draft>,
) -> Result<Answer, Problem> {
    let write = async |tx: &mut Tx| {
        let anew = |present: &mut Draft| {
            *present = draft;
            Ok(())
        };
        private_offers.write(tx, (&seller, id), anew).await
    };
    moved((&private_offers, &seller, id), once, write).await
}

async fn send(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &seller, id);
    moved(of, once, async |tx| private_offers.send(tx, &seller, id).await).await
}

async fn withdraw(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &seller, id);
    moved(of, once, async |tx| private_offers.withdraw(tx, &seller, id).await).await
}

async fn say(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(Say { text }): Body<Say>,
) -> Result<Answer, Problem> {
    once.run(&private_offers.app, async |tx| {
        let said = private_offers.reply(tx, &seller, (id, &text)).await?;
        Ok(Answer::created(&SaidJson::from(&said)))
    })
    .await
}

async fn ask_again(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(AskAgain { instalment }): Body<AskAgain>,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &seller, id);
    moved(of, once, async |tx| private_offers.ask_again(tx, &seller, (id, instalment)).await).await
}
