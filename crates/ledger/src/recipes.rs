//! What is booked when: callers decide when, this file decides what. Each recipe shows its table.

use kernel::{
    Money,
    id::{AccountId, OrderId, OrderLineId, RefundId, TopUpId, UsageChargeId},
};

use crate::rules::{Book, BookKind, Entry, Recipe, Transfer};

/// A bank transfer of the buyer's has arrived.
///
/// | from | to     | amount             |
/// |------|--------|--------------------|
/// | bank | wallet | what was transferred |
pub fn top_up(id: TopUpId, buyer: AccountId, amount: Money) -> Entry {
    from_site(Recipe::TopUp, BookKind::Bank, id, buyer, amount)
}

/// Play money, in development only.
///
/// | from        | to     | amount        |
/// |-------------|--------|---------------|
/// | development | wallet | what was asked |
pub fn development_top_up(id: TopUpId, buyer: AccountId, amount: Money) -> Entry {
    from_site(Recipe::DevelopmentTopUp, BookKind::Development, id, buyer, amount)
}

fn from_site(recipe: Recipe, kind: BookKind, id: TopUpId, buyer: AccountId, amount: Money) -> Entry {
    let from = Book::of_site(kind, amount.currency(), buyer);
    let to = Book::wallet(buyer, amount.currency());
    Entry { recipe, subject: id.uuid(), transfers: vec![Transfer { from, to, amount, line: None }] }
}

/// An order is paid from the buyer's wallet; the money waits in escrow, line by line.
///
/// | from   | to     | amount        |
/// |--------|--------|---------------|
/// | wallet | escrow | each line's price |
pub fn sale(order: OrderId, buyer: AccountId, lines: &[(OrderLineId, Money)]) -> Entry {
    let transfers = lines.iter().map(|(line, amount)| into_escrow(buyer, *line, *amount)).collect();
    Entry { recipe: Recipe::Sale, subject: order.uuid(), transfers }
}

/// Another term of something owned is paid from the buyer's wallet; the money waits in escrow.
///
/// | from   | to     | amount             |
/// |--------|--------|--------------------|
/// | wallet | escrow | the renewal's price |
pub fn renewal(order: OrderId, buyer: AccountId, (line, amount): (OrderLineId, Money)) -> Entry {
    Entry { recipe: Recipe::Renewal, subject: order.uuid(), transfers: vec![into_escrow(buyer, line, amount)] }
}

/// Another specification of something owned is paid for the rest of its term from the buyer's wallet; the money waits in
/// escrow beside that of the term.
///
/// | from   | to     | amount             |
/// |--------|--------|--------------------|
/// | wallet | escrow | the change's price |
pub fn change(order: OrderId, buyer: AccountId, (line, amount): (OrderLineId, Money)) -> Entry {
    Entry { recipe: Recipe::Change, subject: order.uuid(), transfers: vec![into_escrow(buyer, line, amount)] }
}

fn into_escrow(buyer: AccountId, line: OrderLineId, amount: Money) -> Transfer {
    Transfer {
        from: Book::wallet(buyer, amount.currency()),
        to: Book::of_site(BookKind::Escrow, amount.currency(), buyer),
        amount,
        line: Some(line),
    }
}

/// A line is refunded before it was settled.
///
/// | from   | to     | amount         |
/// |--------|--------|----------------|
/// | escrow | wallet | the line's price |
pub fn refund(id: RefundId, buyer: AccountId, line: OrderLineId, amount: Money) -> Entry {
    let from = Book::of_site(BookKind::Escrow, amount.currency(), buyer);
    let to = Book::wallet(buyer, amount.currency());
    Entry {
        recipe: Recipe::Refund,
        subject: id.uuid(),
        transfers: vec![Transfer { from, to, amount, line: Some(line) }],
    }
}

/// What was used is paid from the buyer's wallet; the money waits apart from that of orders, for the line it was used under.
///
/// | from   | to    | amount     |
/// |--------|-------|------------|
/// | wallet | usage | the charge |
pub fn usage(id: UsageChargeId, buyer: AccountId, line: OrderLineId, amount: Money) -> Entry {
    let from = Book::wallet(buyer, amount.currency());
    let to = Book::of_site(BookKind::Usage, amount.currency(), buyer);
    Entry {
        recipe: Recipe::Usage,
        subject: id.uuid(),
        transfers: vec![Transfer { from, to, amount, line: Some(line) }],
    }
}

/// What was charged too much for use is paid back to the buyer, when a correction of what was reported has made it less.
///
/// | from  | to     | amount                                           |
/// |-------|--------|--------------------------------------------------|
/// | usage | wallet | the charge below zero, without what was set off |
pub fn usage_credit(id: UsageChargeId, buyer: AccountId, line: OrderLineId, amount: Money) -> Entry {
    let from = Book::of_site(BookKind::Usage, amount.currency(), buyer);
    let to = Book::wallet(buyer, amount.currency());
    Entry {
        recipe: Recipe::UsageCredit,
        subject: id.uuid(),
        transfers: vec![Transfer { from, to, amount, line: Some(line) }],
    }
}
