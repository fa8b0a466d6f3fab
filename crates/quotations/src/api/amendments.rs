//! Amendments of accepted offers, for both sides.

use accounts::{Buyer, Seller};
use axum::extract::State;
use kernel::{Money, Timestamp, id::PrivateOfferId};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{buyer::answered, seller::moved, shown::OfferDetail};
use crate::{
    PrivateOffers,
    rules::{AmendedLine, AmendmentState, AmendmentWish, Instalment, Proposed},
};

const BUYER: Access = Access::Buyer;
const SELLER: Access = Access::Seller;

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    let propose = Op::does(SELLER, "Propose an amendment of an accepted private offer");
    let withdraw = Op::does(SELLER, "Take the amendment back that lies before the buyer");
    let accept = Op::does(BUYER, "Accept the amendment of a private offer and pay what is due at once from the wallet");
    let decline = Op::does(BUYER, "Decline the amendment of a private offer");
    Routes::of(private_offers.clone())
        .post(
            "/api/v1/seller/private-offers/{private_offer}/amendments",
            self::propose,
            propose.takes::<AmendmentWish>().gives::<OfferDetail>(201),
        )
        .post(
            "/api/v1/seller/private-offers/{private_offer}/amendment/withdraw",
            self::withdraw,
            withdraw.gives::<OfferDetail>(200),
        )
        .post(
            "/api/v1/private-offers/{private_offer}/amendment/accept",
            self::accept,
            accept.takes::<AcceptAmendment>().gives::<OfferDetail>(200),
        )
        .post(
            "/api/v1/private-offers/{private_offer}/amendment/decline",
            self::decline,
            decline.takes::<DeclineAmendment>().gives::<OfferDetail>(200),
        )
        .done()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amendment": 1}))]
#[schema(as = AcceptPrivateOfferAmendment)]
struct AcceptAmendment {
    /// The number of the amendment that you have read.
    #[schema(minimum = 1)]
    amendment: u32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "We keep what we have."}))]
#[schema(as = DeclinePrivateOfferAmendment)]
struct DeclineAmendment {
    /// The seller reads it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: String,
}

/// An amendment as it was sent, with what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferAmendment)]
pub(super) struct AmendmentJson {
    number: u32,
    state: AmendmentState,
    from: Timestamp,
    valid_until: Timestamp,
    note: String,
    lines: Vec<AmendedLine>,
    /// What all lines cost more; less than nothing: what is not to be paid any more.
    difference: Money,
    /// The numbers of the instalments whose place the new ones take.
    replaces: Vec<u32>,
    instalments: Vec<Instalment>,
    sent_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// The version of the offer that its acceptance made.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

impl From<&Proposed> for AmendmentJson {
    fn from(proposed: &Proposed) -> Self {
        let sent = proposed.amendment.clone();
        Self {
            number: sent.number,
            state: proposed.state,
            from: sent.from,
            valid_until: sent.valid_until,
            note: sent.note,
            lines: sent.lines,
            difference: sent.difference,
            replaces: sent.replaced,
            instalments: sent.instalments,
            sent_at: proposed.sent_at,
            ended_at: proposed.ended.map(|ended| ended.at),
            version: proposed.version,
        }
    }
}

async fn propose(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(wish): Body<AmendmentWish>,
) -> Result<Answer, Problem> {
    once.run(&private_offers.app, async |tx| {
        private_offers.propose(tx, &seller, (id, &wish)).await?;
        let read = private_offers.read_own(tx, &seller, id).await?;
        Ok(Answer::created(&OfferDetail::of_seller(&read)))
    })
    .await
}

async fn withdraw(
    State(private_offers): State<PrivateOffers>,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &seller, id);
    moved(of, once, async |tx| private_offers.withdraw_amendment(tx, &seller, id).await).await
}

async fn accept(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(AcceptAmendment { amendment }): Body<AcceptAmendment>,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &buyer, id);
    answered(of, once, async |tx| private_offers.accept_amendment(tx, &buyer, (id, amendment)).await).await
}

async fn decline(
    State(private_offers): State<PrivateOffers>,
    buyer: Buyer,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Body(DeclineAmendment { reason }): Body<DeclineAmendment>,
) -> Result<Answer, Problem> {
    let of = (&private_offers, &buyer, id);
    answered(of, once, async |tx| private_offers.decline_amendment(tx, &buyer, (id, &reason)).await).await
}
