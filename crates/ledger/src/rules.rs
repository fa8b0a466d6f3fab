//! Books, transfers and entries as values. A transfer has a from and a to, so it cannot fail to balance.

use std::collections::BTreeMap;

use kernel::{
    Currency, Localized, Money, Refusal, choices,
    id::{AccountId, OrderLineId},
    money::MoneyError,
};
use uuid::Uuid;

choices! {
    /// What a book is kept for. A positive balance is what the site owes to the book's owner.
    pub enum BookKind {
        /// What a buyer has to spend.
        Wallet = "wallet",
        /// Paid and neither settled nor refunded.
        Escrow = "escrow",
        /// Paid for what was used, and neither settled nor given back.
        Usage = "usage",
        /// Transfers received at the site's bank; negative by what has come in.
        Bank = "bank",
        /// Play money of development; negative by what was given out.
        Development = "development",
    }
}

impl BookKind {
    /// Whether the book may never fall below zero.
    pub fn is_guarded(self) -> bool {
        match self {
            Self::Wallet | Self::Escrow | Self::Usage => true,
            Self::Bank | Self::Development => false,
        }
    }
}

choices! {
    /// Why something was booked. `recipes.rs` has a function and a table for each.
    pub enum Recipe {
        TopUp = "top_up",
        DevelopmentTopUp = "development_top_up",
        Sale = "sale",
        Renewal = "renewal",
        Change = "change",
        Refund = "refund",
        Usage = "usage",
        UsageCredit = "usage_credit",
    }
}

/// One balance: whose, what for, in which currency, and in which slot.
///
/// The site's own books are split into slots by the counterparty, so that orders of different buyers never wait for the
/// same row; the balance of such a book is the sum of its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Book {
    pub owner: Uuid,
    pub kind: BookKind,
    pub currency: Currency,
    pub slot: Uuid,
}

impl Book {
    pub fn wallet(account: AccountId, currency: Currency) -> Self {
        Self { owner: account.uuid(), kind: BookKind::Wallet, currency, slot: Uuid::nil() }
    }

    /// A book of the site, in the slot of a counterparty.
    pub fn of_site(kind: BookKind, currency: Currency, counterparty: AccountId) -> Self {
        Self { owner: Uuid::nil(), kind, currency, slot: counterparty.uuid() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub from: Book,
    pub to: Book,
    pub amount: Money,
    /// The order line whose money it is, while it is in escrow.
    pub line: Option<OrderLineId>,
}

/// What is booked at once: a recipe, the case it belongs to, and its transfers.
#[derive(Clone, Debug)]
pub struct Entry {
    pub recipe: Recipe,
    /// The id of the order, top-up, refund or charge.
    pub subject: Uuid,
    pub transfers: Vec<Transfer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) book: Book,
    pub(crate) line: Option<OrderLineId>,
    pub(crate) amount: i64,
}

#[derive(Debug, thiserror::Error)]
#[error("the balance is less than {0}; top up first")]
pub struct InsufficientFunds(pub Money);

impl Refusal for InsufficientFunds {
    fn code(&self) -> &'static str {
        "ledger.insufficient_funds"
    }
    fn text(&self) -> Localized {
        Localized::new(self.to_string(), format!("余额不足 {}，先充值再支付", self.0))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongEntry {
    #[error("an entry needs at least one transfer of a positive amount")]
    Nothing,
    #[error("a transfer of {0} touches a book in another currency")]
    Currency(Money),
}

impl Entry {
    pub(crate) fn check(&self) -> Result<(), WrongEntry> {
        if self.transfers.is_empty() {
            return Err(WrongEntry::Nothing);
        }
        for transfer in &self.transfers {
            if !transfer.amount.is_positive() {
                return Err(WrongEntry::Nothing);
            }
            let currency = transfer.amount.currency();
            if transfer.from.currency != currency || transfer.to.currency != currency {
                return Err(WrongEntry::Currency(transfer.amount));
            }
        }
        Ok(())
    }

    pub(crate) fn postings(&self) -> Vec<Posting> {
        let both = |transfer: &Transfer| {
            let Transfer { from, to, amount, line } = *transfer;
            [Posting { book: from, line, amount: -amount.minor() }, Posting { book: to, line, amount: amount.minor() }]
        };
        self.transfers.iter().flat_map(both).collect()
    }

    /// The change of each balance, in the one order in which everybody touches rows, so that nobody waits in a circle.
    pub(crate) fn changes(&self) -> Result<Vec<(Book, Money)>, MoneyError> {
        let mut changes: BTreeMap<Book, Money> = BTreeMap::new();
        for posting in self.postings() {
            let currency = posting.book.currency;
            let change = changes.entry(posting.book).or_insert_with(|| Money::zero(currency));
            *change = change.plus(Money::of(posting.amount, currency))?;
        }
        Ok(changes.into_iter().filter(|(_, change)| !change.is_zero()).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn book(number: u8) -> Book {
        let owner = Uuid::from_u128(u128::from(number));
        Book { owner, kind: BookKind::Wallet, currency: Currency::CNY, slot: Uuid::nil() }
    }

    fn transfer(from: u8, to: u8, minor: i64) -> Transfer {
        Transfer { from: book(from), to: book(to), amount: Money::of(minor, Currency::CNY), line: None }
    }

    #[test]
    fn an_entry_of_nothing_is_refused() {
        let entry = |transfers| Entry { recipe: Recipe::Sale, subject: Uuid::nil(), transfers };
        assert!(entry(vec![]).check().is_err());
        assert!(entry(vec![transfer(1, 2, 0)]).check().is_err());
        assert!(entry(vec![transfer(1, 2, -5)]).check().is_err());
        assert!(entry(vec![transfer(1, 2, 5)]).check().is_ok());
    }

    proptest! {
        #[test]
        fn every_entry_balances(moves in prop::collection::vec((0_u8..5, 0_u8..5, 1_i64..1_000_000), 1..30)) {
            let transfers = moves.iter().map(|(from, to, minor)| transfer(*from, *to, *minor)).collect();
            let entry = Entry { recipe: Recipe::Sale, subject: Uuid::nil(), transfers };
            prop_assert_eq!(entry.postings().iter().map(|posting| posting.amount).sum::<i64>(), 0);
            let changes = entry.changes().unwrap();
            prop_assert_eq!(changes.iter().map(|(_, change)| change.minor()).sum::<i64>(), 0);
            prop_assert!(changes.is_sorted_by_key(|(book, _)| *book));
        }
    }
}
