//! An offer as JSON.

use kernel::{
    Money, Timestamp,
    id::{AccountId, DocumentId, InstanceId, OfferMessageId, OrderId, PrivateOfferId, ProductId, SkuId},
};
use orders::Content;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::amendments::AmendmentJson;
use crate::{
    actions::Read,
    rules::{Draft, Due, DueState, Earlier, Instalment, Listed, PrivateOfferState, Running, Sent},
    store::thread::Said,
};

#[derive(Deserialize, IntoParams)]
pub(super) struct OfferFilter {
    pub(super) state: Option<PrivateOfferState>,
    pub(super) cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Could the second part be due in March?"}))]
#[schema(as = SayOfPrivateOffer)]
pub(super) struct Say {
    #[schema(min_length = 1, max_length = 2000)]
    pub(super) text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferSummary)]
pub(super) struct OfferSummary {
    id: PrivateOfferId,
    seller: AccountId,
    buyer: AccountId,
    state: PrivateOfferState,
    name: String,
    /// What was sent last; 0: nothing yet.
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

impl From<Listed> for OfferSummary {
    fn from(offer: Listed) -> Self {
        Self {
            id: offer.id,
            seller: offer.seller,
            buyer: offer.buyer,
            state: offer.state,
            name: offer.name,
            version: offer.version,
            total: offer.price.map(|(total, _)| total),
            valid_until: offer.price.map(|_| offer.valid_until),
            created_at: offer.created_at,
            ended_at: offer.ended_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferLine)]
struct OfferLine {
    product: ProductId,
    sku: SkuId,
    /// What the list said when it was sent.
    list: Money,
    #[serde(flatten)]
    content: Content,
}

/// A version as the buyer reads it.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferVersion)]
pub(super) struct SentJson {
    version: i64,
    name: String,
    lines: Vec<OfferLine>,
    terms: String,
    documents: Vec<DocumentId>,
    instalments: Vec<Instalment>,
    total: Money,
    list: Money,
    valid_until: Timestamp,
    sent_at: Timestamp,
}

impl From<&Sent> for SentJson {
    fn from(sent: &Sent) -> Self {
        let Sent { version, name, lines, terms, documents, instalments, total, list, valid_until, sent_at, last: _ } =
            sent.clone();
        let line = |line: crate::rules::SentLine| OfferLine {
            product: line.agreed.product,
            sku: line.agreed.sku,
            list: line.list,
            content: line.agreed.content,
        };
        let lines = lines.into_iter().map(line).collect();
        Self { version, name, lines, terms, documents, instalments, total, list, valid_until, sent_at }
    }
}

/// A version that was sent before; all of it stands at its own address.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferEarlier)]
struct EarlierJson {
    version: i64,
    name: String,
    total: Money,
    sent_at: Timestamp,
}

impl From<&Earlier> for EarlierJson {
    fn from(earlier: &Earlier) -> Self {
        let Earlier { version, name, total, sent_at } = earlier.clone();
        Self { version, name, total, sent_at }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferDue)]
struct DueJson {
    number: u32,
    due_at: Timestamp,
    amount: Money,
    state: DueState,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
}

impl From<&Due> for DueJson {
    fn from(due: &Due) -> Self {
        Self { number: due.number, due_at: due.due_at, amount: due.amount, state: due.state, order: due.order }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferMessage)]
pub(super) struct SaidJson {
    id: OfferMessageId,
    /// Whose side said it.
    account: AccountId,
    text: String,
    sent_at: Timestamp,
}

impl From<&Said> for SaidJson {
    fn from(said: &Said) -> Self {
        Self { id: said.id, account: said.account_id, text: said.text.clone(), sent_at: said.sent_at }
    }
}

/// An offer with all that belongs to it.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOffer)]
pub(super) struct OfferDetail {
    #[serde(flatten)]
    summary: OfferSummary,
    /// What the seller works on; the seller's side only.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<Draft>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<SentJson>,
    /// What was sent before, newest first.
    earlier: Vec<EarlierJson>,
    /// The instalments of an offer that was accepted.
    instalments: Vec<DueJson>,
    /// What was said last, up to 500.
    messages: Vec<SaidJson>,
    /// What was proposed since it was accepted, newest first.
    amendments: Vec<AmendmentJson>,
    /// What came of the lines that were delivered.
    running: Vec<RunningJson>,
}

/// The term of what came of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = PrivateOfferTerm)]
struct RunningJson {
    /// From 1.
    line: u32,
    instance: InstanceId,
    begins_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
}

impl From<&Running> for RunningJson {
    fn from(runs: &Running) -> Self {
        Self {
            line: runs.line.saturating_add(1),
            instance: runs.instance,
            begins_at: runs.begins_at,
            ends_at: runs.ends_at,
        }
    }
}

impl OfferDetail {
    /// As the buyer reads it.
    pub(super) fn of(read: &Read) -> Self {
        Self {
            summary: Listed::from(&read.offer).into(),
            draft: None,
            sent: read.offer.sent.as_ref().map(SentJson::from),
            earlier: read.earlier.iter().map(EarlierJson::from).collect(),
            instalments: read.dues.iter().map(DueJson::from).collect(),
            messages: read.thread.said.iter().map(SaidJson::from).collect(),
            amendments: read.amendments.iter().map(AmendmentJson::from).collect(),
            running: read.running.iter().filter(|runs| !runs.over).map(RunningJson::from).collect(),
        }
    }

    /// As the seller reads it.
    pub(super) fn of_seller(read: &Read) -> Self {
        Self { draft: Some(read.offer.draft.clone()), ..Self::of(read) }
    }
}
