//! An offer, what was sent of it, its states, and the instalments of one that was accepted.

use jiff::tz::TimeZone;
use kernel::{
    Money, Timestamp, choices,
    id::{AccountId, DocumentId, InstalmentId, OrderId, PrivateOfferId, UserId},
};
use orders::AgreedLine;
use pricing::{TermPart, days_between, price_of_term};
use serde::{Deserialize, Serialize};

use super::{Draft, Instalment, PrivateOfferRefused, Running};

choices! {
    /// Where an offer stands, as stored and filtered.
    pub enum PrivateOfferState {
        /// The seller works on it; the buyer does not know of it.
        Draft = "draft",
        /// The buyer can accept it.
        Sent = "sent",
        Accepted = "accepted",
        /// By the buyer.
        Declined = "declined",
        /// By the seller.
        Withdrawn = "withdrawn",
        /// Its last day has passed.
        Expired = "expired",
    }
}

/// When something ended, and who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) at: Timestamp,
    /// `None`: time did.
    pub(crate) by: Option<UserId>,
}

/// Where an offer stands, with what only that state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Draft,
    Sent,
    Accepted(Ended),
    Declined(Ended),
    Withdrawn(Ended),
    Expired(Ended),
}

impl State {
    pub(crate) const fn name(self) -> PrivateOfferState {
        match self {
            Self::Draft => PrivateOfferState::Draft,
            Self::Sent => PrivateOfferState::Sent,
            Self::Accepted(_) => PrivateOfferState::Accepted,
            Self::Declined(_) => PrivateOfferState::Declined,
            Self::Withdrawn(_) => PrivateOfferState::Withdrawn,
            Self::Expired(_) => PrivateOfferState::Expired,
        }
    }

    pub(crate) const fn ended(self) -> Option<Ended> {
        match self {
            Self::Draft | Self::Sent => None,
            Self::Accepted(ended) | Self::Declined(ended) | Self::Withdrawn(ended) | Self::Expired(ended) => {
                Some(ended)
            }
        }
    }

    /// The seller writes a draft, revises what was not taken, or withdraws it; what was accepted or withdrawn stays as it is.
    pub(crate) const fn check_written(self) -> Result<(), PrivateOfferRefused> {
        match self {
            Self::Draft | Self::Sent | Self::Declined(_) | Self::Expired(_) => Ok(()),
            Self::Accepted(_) | Self::Withdrawn(_) => Err(PrivateOfferRefused::Closed(self.name())),
        }
    }

    /// Only what lies before the buyer can be accepted or declined, or expires.
    pub(crate) const fn check_open(self) -> Result<(), PrivateOfferRefused> {
        match self {
            Self::Sent => Ok(()),
            Self::Draft | Self::Accepted(_) | Self::Declined(_) | Self::Withdrawn(_) | Self::Expired(_) => {
                Err(PrivateOfferRefused::NotOpen(self.name()))
            }
        }
    }
}

/// A line as it was sent: the price and the rules of that day hold at acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentLine {
    pub(crate) agreed: AgreedLine,
    /// What the list said on that day.
    pub(crate) list: Money,
    /// What its whole term costs since it was amended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<TermPart>,
}

impl SentLine {
    pub(crate) fn price(&self) -> Money {
        self.agreed.content.quote.total
    }

    /// What its whole term costs, and how many days that has.
    pub(crate) fn rate(&self, runs: &Running, zone: &TimeZone) -> Result<TermPart, kernel::Error> {
        if let Some(rate) = self.rate {
            return Ok(rate);
        }
        let days = runs.ends_at.map_or(0, |end| days_between(runs.begins_at, end, zone).max(1));
        Ok(TermPart { price: price_of_term(&self.agreed.content.quote)?, days, left: days })
    }
}

/// A version of an offer as the buyer reads it; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) lines: Vec<SentLine>,
    pub(crate) terms: String,
    pub(crate) documents: Vec<DocumentId>,
    /// At least one, as they were agreed on first; the first is paid at acceptance.
    pub(crate) instalments: Vec<Instalment>,
    pub(crate) total: Money,
    pub(crate) list: Money,
    pub(crate) valid_until: Timestamp,
    pub(crate) sent_at: Timestamp,
    /// The number of the last instalment, since it was amended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u32>,
}

impl Sent {
    /// The number of the last instalment.
    pub(crate) fn last_instalment(&self) -> Result<u32, kernel::Error> {
        match self.last {
            Some(last) => Ok(last),
            None => u32::try_from(self.instalments.len()).map_err(kernel::Error::fault),
        }
    }

    /// Whether both come to the same money and the same numbers, in whatever words that is explained.
    pub(crate) fn comes_to_the_same(&self, other: &Self) -> bool {
        let tax = |line: &SentLine| line.agreed.content.quote.tax.as_ref().map(|tax| (tax.net, tax.tax));
        let line = |(one, two): (&SentLine, &SentLine)| {
            let (content, others) = (&one.agreed.content, &two.agreed.content);
            one.rate == two.rate
                && content.choice == others.choice
                && content.quote.total == others.quote.total
                && tax(one) == tax(two)
        };
        (self.version, self.total, self.last) == (other.version, other.total, other.last)
            && self.lines.len() == other.lines.len()
            && self.lines.iter().zip(&other.lines).all(line)
    }

    /// What is paid at acceptance.
    pub(crate) fn first(&self) -> Money {
        self.instalments.first().map_or(self.total, |first| first.amount)
    }

    /// Whether it can still be accepted in the version that somebody has read.
    pub(crate) fn check_taken(&self, read: i64, now: Timestamp) -> Result<(), PrivateOfferRefused> {
        if now >= self.valid_until {
            return Err(PrivateOfferRefused::Over(self.valid_until));
        }
        if read == self.version { Ok(()) } else { Err(PrivateOfferRefused::Revised) }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) id: PrivateOfferId,
    /// The seller's account.
    pub(crate) seller: AccountId,
    pub(crate) buyer: AccountId,
    pub(crate) state: State,
    /// What the seller works on; the buyer never sees it.
    pub(crate) draft: Draft,
    /// What was sent last.
    pub(crate) sent: Option<Sent>,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}

impl Offer {
    /// What its seller reads of it: the draft while that is worked on, what was sent when nothing can be changed any more.
    pub(crate) fn for_seller(&self) -> (&str, &[DocumentId]) {
        match (&self.sent, self.state.check_written()) {
            (Some(sent), Err(_)) => (&sent.name, &sent.documents),
            (_, Ok(())) | (None, Err(_)) => (&self.draft.name, &self.draft.documents),
        }
    }
}

/// A version that was sent before the present one.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) total: Money,
    pub(crate) sent_at: Timestamp,
}

/// An offer in a list: as it was sent last, or as it is drafted.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: PrivateOfferId,
    pub(crate) seller: AccountId,
    pub(crate) buyer: AccountId,
    pub(crate) state: PrivateOfferState,
    pub(crate) name: String,
    /// 0: nothing was sent yet.
    pub(crate) version: i64,
    /// What was sent comes to, and what the list said.
    pub(crate) price: Option<(Money, Money)>,
    pub(crate) valid_until: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

impl From<&Offer> for Listed {
    fn from(offer: &Offer) -> Self {
        let sent = offer.sent.as_ref();
        Self {
            id: offer.id,
            seller: offer.seller,
            buyer: offer.buyer,
            state: offer.state.name(),
            name: sent.map_or(&offer.draft.name, |sent| &sent.name).clone(),
            version: sent.map_or(0, |sent| sent.version),
            price: sent.map(|sent| (sent.total, sent.list)),
            valid_until: sent.map_or(offer.draft.valid_until, |sent| sent.valid_until),
            created_at: offer.created_at,
            ended_at: offer.state.ended().map(|ended| ended.at),
        }
    }
}

choices! {
    /// Where an instalment of an accepted offer stands.
    pub(crate) enum DueState {
        /// Its day has not come.
        Planned = "planned",
        /// Its order waits for the payment.
        Ordered = "ordered",
        Paid = "paid",
        /// Its order ended without a payment; the seller can ask for it again.
        Missed = "missed",
        /// What it was for was paid back.
        Cancelled = "cancelled",
        /// An amendment has put others in its place.
        Replaced = "replaced",
    }
}

/// An instalment of an accepted offer.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) id: InstalmentId,
    pub(crate) offer: PrivateOfferId,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) due_at: Timestamp,
    pub(crate) amount: Money,
    /// What of it falls on each line, in their order.
    pub(crate) shares: Vec<Money>,
    pub(crate) state: DueState,
    pub(crate) order: Option<OrderId>,
}

impl Due {
    /// Whether the seller may ask for it again.
    pub(crate) const fn check_asked_again(&self) -> Result<(), PrivateOfferRefused> {
        match self.state {
            DueState::Missed => Ok(()),
            DueState::Planned | DueState::Ordered | DueState::Paid | DueState::Cancelled | DueState::Replaced => {
                Err(PrivateOfferRefused::NotMissed)
            }
        }
    }

    /// Whether some of it falls on a line.
    pub(crate) fn asks_for(&self, line: usize) -> bool {
        self.shares.get(line).is_some_and(|share| !share.is_zero())
    }

    /// Without what falls on a line that was paid back.
    pub(crate) fn without(mut self, line: usize) -> Result<Self, kernel::money::MoneyError> {
        if let Some(share) = self.shares.get_mut(line) {
            self.amount = self.amount.minus(*share)?;
            *share = Money::zero(share.currency());
        }
        if self.amount.is_zero() {
            self.state = DueState::Cancelled;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_moves_only_along_its_states() {
        let ended = Ended { at: Timestamp::from_micros(0), by: None };
        let all = [
            State::Draft,
            State::Sent,
            State::Accepted(ended),
            State::Declined(ended),
            State::Withdrawn(ended),
            State::Expired(ended),
        ];
        let may = |check: fn(State) -> Result<(), PrivateOfferRefused>| all.map(|state| check(state).is_ok());
        assert_eq!(may(State::check_open), [false, true, false, false, false, false]);
        assert_eq!(may(State::check_written), [true, true, false, true, false, true]);
    }
}
