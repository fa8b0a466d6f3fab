//! Quotes that are kept, and orders: their states and the moves between them.

mod changes;
mod kind;
mod refused;
mod trial;

use std::collections::BTreeMap;

use catalogue::{BuyerAnswer, ContactData, Replies};
use jiff::tz::TimeZone;
use kernel::{
    Localized, Money, Timestamp, choices,
    id::{AccountId, CouponId, InstanceId, OrderId, OrderLineId, ProductId, QuoteId, RevisionId, SkuId, UserId},
    money::MoneyError,
    time::Period,
};
use offers::{CouponUse, DiscountUse, ResaleUse};
use platform::vault::fingerprint;
use policy::{AccessType, BillingMode};
use pricing::{Choice, OnDemand, Package, Quote};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::agreed::AgreedUse;

pub use changes::Changes;
pub use kind::OrderKind;
pub use refused::OrderRefused;
pub(crate) use trial::{trial, trial_terms};

/// What a buyer wants of a SKU, and with what it lowers the price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub choice: Choice,
    pub coupons: Vec<CouponId>,
    /// The customer that a reseller sells on to.
    pub customer: Option<AccountId>,
    /// It is to be renewed automatically, each time for so much at most.
    pub renew_up_to: Option<Money>,
    /// What is said to what its seller asks.
    pub replies: Replies,
}

impl Wish {
    /// A choice at what it costs the buyer anyway.
    pub fn of(choice: Choice) -> Self {
        Self { choice, coupons: Vec::new(), customer: None, renew_up_to: None, replies: Replies::default() }
    }
}

/// A price that was computed for a buyer and is kept for a while.
#[derive(Clone, Debug)]
pub struct StoredQuote {
    pub id: QuoteId,
    pub account: AccountId,
    pub seller: AccountId,
    pub product: ProductId,
    pub revision: RevisionId,
    pub sku: SkuId,
    pub content: Content,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What is bought, how its price was computed, and the rules that hold for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Content {
    pub title: Localized,
    pub sku_code: String,
    /// The chosen values of the SKU's attributes.
    pub attributes: BTreeMap<String, String>,
    pub access_type: AccessType,
    pub billing_mode: BillingMode,
    pub choice: Choice,
    /// Its last lines are what a discount and coupons took off.
    pub quote: Quote,
    /// The discount that the seller gave the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<DiscountUse>,
    /// The authorisation under which a reseller buys it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resale: Option<ResaleUse>,
    /// The coupons that lowered the price, and who bears what they saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<CouponUse>,
    /// What goes on by it; absent where something new is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<Renews>,
    /// It is tried for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_trial: bool,
    /// What was tried and goes on by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converts: Option<InstanceId>,
    /// What gets another specification by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The private offer under which it is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<AgreedUse>,
    /// What use will cost, where it is charged as it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_use: Option<OnDemand>,
    /// What of use it pays for in advance, where it is a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// That it is renewed automatically, as its buyer has agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<GoesOn>,
    /// What its buyer answered to the seller's questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<BuyerAnswer>,
    /// Which contact data of the buyer its seller is told, as its buyer has agreed to; of what was bought before buyers were
    /// asked, nothing is said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<ContactData>,
    pub terms: Terms,
}

/// Another term of something that is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renews {
    pub instance: InstanceId,
    /// It begins where the term before it ends, whenever it is paid.
    pub term: Period,
}

/// A consent, given with the order, to renew what is bought automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoesOn {
    /// It is never renewed automatically for more.
    pub price_max: Money,
    pub agreed_at: Timestamp,
    pub agreed_by: UserId,
}

/// The policy's rules at the time of the quote; they hold for what is bought under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Terms {
    /// The platform's share.
    pub fee_basis_points: u32,
    pub tax_class: String,
    pub tax_basis_points: u32,
    /// Hours after delivery in which it can be returned without a reason.
    pub no_reason_hours: u32,
    /// Hours within which the order has to be paid.
    pub payment_hours: u32,
    /// Days after the end of the term for which it can still be used, but for no longer than it was paid for.
    #[serde(default)]
    pub grace_days: u32,
    /// Days after that for which it is kept frozen, until its release.
    pub frozen_days: u32,
    /// Days after its creation after which it counts as accepted, where its term begins with its buyer's acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_days: Option<u32>,
}

choices! {
    /// A state without what it carries, as stored and filtered.
    pub enum StateName {
        /// Waits for payment (待付款).
        Placed = "placed",
        /// Paid, not all delivered (处理中).
        Paid = "paid",
        /// Everything is delivered (已完成).
        Completed = "completed",
        /// By the buyer or because it was not paid in time (已取消).
        Cancelled = "cancelled",
        /// The money went back (已退订).
        Refunded = "refunded",
    }
}

choices! {
    /// Where a line stands. Its money is in escrow while it is paid or delivered.
    pub enum LineState {
        Placed = "placed",
        Paid = "paid",
        Delivered = "delivered",
        Cancelled = "cancelled",
        Refunded = "refunded",
    }
}

/// Where an order stands, with what only that state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Placed {
        due_at: Timestamp,
    },
    Paid {
        paid_at: Timestamp,
    },
    Completed {
        paid_at: Timestamp,
        completed_at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
    /// Completed before, when it was delivered.
    Refunded {
        paid_at: Timestamp,
        completed_at: Option<Timestamp>,
        at: Timestamp,
    },
}

impl State {
    pub fn name(self) -> StateName {
        match self {
            Self::Placed { .. } => StateName::Placed,
            Self::Paid { .. } => StateName::Paid,
            Self::Completed { .. } => StateName::Completed,
            Self::Cancelled { .. } => StateName::Cancelled,
            Self::Refunded { .. } => StateName::Refunded,
        }
    }

    fn refuse(self, wanted: StateName) -> OrderRefused {
        OrderRefused::WrongState { state: self.name(), wanted }
    }
}

#[derive(Clone, Debug)]
pub struct Line {
    pub id: OrderLineId,
    pub order: OrderId,
    pub account: AccountId,
    pub seller: AccountId,
    /// From 1.
    pub position: u32,
    pub product: ProductId,
    pub sku: SkuId,
    pub amount: Money,
    pub state: LineState,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub number: String,
    pub kind: OrderKind,
    pub account: AccountId,
    pub seller: AccountId,
    pub quote: QuoteId,
    pub total: Money,
    pub placed_at: Timestamp,
    pub state: State,
}

/// An order in a list, with what was bought.
#[derive(Clone, Debug)]
pub struct Listed {
    pub order: Order,
    pub title: Localized,
}

choices! {
    /// In which order a list of orders is read.
    pub enum Sort { Newest = "newest", Oldest = "oldest", Dearest = "dearest", Cheapest = "cheapest" }
}

/// Which orders a list wants, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub state: Option<StateName>,
    pub kind: Option<OrderKind>,
    pub sort: Sort,
}

impl Wanted {
    /// In some state and of some kind, or in any, the newest first.
    pub fn newest(state: Option<StateName>, kind: Option<OrderKind>) -> Self {
        Self { state, kind, sort: Sort::Newest }
    }
}

/// An account that bought from a seller.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) account: AccountId,
    pub(crate) last_order: OrderId,
    pub(crate) last_number: String,
    pub(crate) last_at: Timestamp,
    /// How many orders were paid, those that were returned later among them.
    pub(crate) orders: i64,
    /// What was paid and not returned.
    pub(crate) kept: Money,
}

/// What a wallet says to a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    pub balance: Money,
    pub after: After,
}

/// What remains of a wallet when the price is paid, or what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Left(Money),
    Missing(Money),
}

/// Compares what an account has in its wallets with a price.
pub(crate) fn cover(wallets: &[Money], price: Money) -> Result<Cover, MoneyError> {
    let own = wallets.iter().find(|wallet| wallet.currency() == price.currency());
    let balance = own.copied().unwrap_or(Money::zero(price.currency()));
    let left = balance.minus(price)?;
    let after = if left.is_negative() { After::Missing(left.negated()?) } else { After::Left(left) };
    Ok(Cover { balance, after })
}

/// What keeps somebody from buying what they look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    Unverified,
    /// The buyer is the seller.
    Own,
    /// The user's role does not buy.
    Role,
}

impl Content {
    /// What tells whether it is the same that somebody has seen. What its buyer adds to it is not part of that.
    pub fn seen(&self) -> String {
        let shown = Self { goes_on: None, answers: Vec::new(), contacts: None, ..self.clone() };
        fingerprint(&serde_json::to_string(&shown).unwrap_or_default())
    }
}

impl StoredQuote {
    /// Accepts a quote that still holds.
    pub fn accept(&self, number: String, now: Timestamp) -> Result<Order, OrderRefused> {
        if now >= self.expires_at {
            return Err(OrderRefused::QuoteExpired(self.expires_at));
        }
        let due_at = now.plus_seconds(i64::from(self.content.terms.payment_hours) * 3_600);
        Ok(Order {
            id: OrderId::new(now),
            number,
            kind: self.content.kind(),
            account: self.account,
            seller: self.seller,
            quote: self.id,
            total: self.content.quote.total,
            placed_at: now,
            state: State::Placed { due_at },
        })
    }
}

impl Order {
    pub fn pay(self, now: Timestamp) -> Result<Self, OrderRefused> {
        match self.state {
            State::Placed { due_at } if now >= due_at => Err(OrderRefused::PaymentOverdue(due_at)),
            State::Placed { .. } => Ok(Self { state: State::Paid { paid_at: now }, ..self }),
            State::Paid { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                Err(self.state.refuse(StateName::Paid))
            }
        }
    }

    pub fn cancel(self, now: Timestamp) -> Result<Self, OrderRefused> {
        match self.state {
            State::Placed { .. } => Ok(Self { state: State::Cancelled { at: now }, ..self }),
            State::Paid { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                Err(self.state.refuse(StateName::Cancelled))
            }
        }
    }

    /// All lines are delivered.
    pub fn complete(self, now: Timestamp) -> Result<Self, OrderRefused> {
        match self.state {
            State::Paid { paid_at } => Ok(Self { state: State::Completed { paid_at, completed_at: now }, ..self }),
            State::Placed { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                Err(self.state.refuse(StateName::Completed))
            }
        }
    }

    /// All lines' money went back.
    pub fn refund(self, now: Timestamp) -> Result<Self, OrderRefused> {
        match self.state {
            State::Paid { paid_at } => {
                Ok(Self { state: State::Refunded { paid_at, completed_at: None, at: now }, ..self })
            }
            State::Completed { paid_at, completed_at } => {
                Ok(Self { state: State::Refunded { paid_at, completed_at: Some(completed_at), at: now }, ..self })
            }
            State::Placed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                Err(self.state.refuse(StateName::Refunded))
            }
        }
    }
}

impl Line {
    /// As its seller sees it: up to which price its buyer would renew is not the seller's to know.
    pub(crate) fn for_seller(self) -> Self {
        Self { content: Content { goes_on: None, ..self.content }, ..self }
    }

    /// The number that sellers' programs know a line by.
    pub fn number(&self, order: &Order) -> String {
        format!("{}-{:06}", order.number, self.position)
    }
}

const NUMBER_LETTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The form that people and programs expect: `CS`, the minute on the site's wall, five letters or digits.
pub(crate) fn order_number(now: Timestamp, zone: &TimeZone, random: u32) -> String {
    let mut rest = random;
    let mut tail = String::with_capacity(5);
    for _ in 0..5 {
        tail.push(char::from(NUMBER_LETTERS[(rest % 36) as usize]));
        rest /= 36;
    }
    format!("CS{}{tail}", now.format("%y%m%d%H%M", zone))
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn placed() -> Order {
        Order {
            id: OrderId::new(at(0)),
            number: "CS2611221200ABCDE".into(),
            kind: OrderKind::New,
            account: AccountId::new(at(0)),
            seller: AccountId::new(at(0)),
            quote: QuoteId::new(at(0)),
            total: Money::of(100, Currency::CNY),
            placed_at: at(0),
            state: State::Placed { due_at: at(100) },
        }
    }

    #[test]
    fn only_a_placed_order_can_be_paid_and_only_in_time() {
        let paid = placed().pay(at(99)).unwrap();
        assert_eq!(paid.state, State::Paid { paid_at: at(99) });
        assert!(matches!(paid.pay(at(99)), Err(OrderRefused::WrongState { .. })));
        assert!(matches!(placed().pay(at(100)), Err(OrderRefused::PaymentOverdue(_))));
    }

    #[test]
    fn a_paid_order_is_refunded_but_never_cancelled() {
        let paid = placed().pay(at(1)).unwrap();
        assert!(paid.clone().cancel(at(2)).is_err());
        assert!(paid.clone().refund(at(2)).is_ok());
        assert!(paid.complete(at(2)).unwrap().refund(at(3)).is_ok());
        assert!(placed().refund(at(1)).is_err());
    }

    #[test]
    fn a_wallet_covers_a_price_or_says_what_is_missing() {
        let check = |wallets: &[i64], price, after| {
            let wallets: Vec<Money> = wallets.iter().map(|minor| Money::of(*minor, Currency::CNY)).collect();
            assert_eq!(cover(&wallets, Money::of(price, Currency::CNY)).unwrap().after, after);
        };
        check(&[1_000], 700, After::Left(Money::of(300, Currency::CNY)));
        check(&[700], 700, After::Left(Money::zero(Currency::CNY)));
        check(&[699], 700, After::Missing(Money::of(1, Currency::CNY)));
        check(&[], 700, After::Missing(Money::of(700, Currency::CNY)));
        let dollars = [Money::of(9_999, Currency::USD)];
        let covered = cover(&dollars, Money::of(700, Currency::CNY)).unwrap();
        assert_eq!(covered.after, After::Missing(Money::of(700, Currency::CNY)));
    }

    #[test]
    fn an_order_number_shows_the_minute_in_the_sites_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let number = order_number("2022-11-18T10:19:00Z".parse().unwrap(), &shanghai, 0);
        assert_eq!(number, "CS2211181819AAAAA");
    }

    proptest! {
        #[test]
        fn an_order_ends_once_whatever_is_tried(moves in prop::collection::vec(0_u8..4, 0..12)) {
            let mut order = placed();
            let (mut paid, mut ended) = (0, 0);
            for (second, step) in moves.into_iter().enumerate() {
                let now = at(i64::try_from(second).unwrap());
                let next = match step {
                    0 => order.clone().pay(now),
                    1 => order.clone().cancel(now),
                    2 => order.clone().complete(now),
                    _ => order.clone().refund(now),
                };
                if let Ok(next) = next {
                    paid += i32::from(next.state.name() == StateName::Paid);
                    ended += i32::from(matches!(next.state.name(), StateName::Cancelled | StateName::Refunded));
                    order = next;
                }
            }
            prop_assert!(paid <= 1 && ended <= 1);
        }
    }
}
