//! Posting entries and reading balances.

use kernel::{
    Currency, Error, Money, Page, Result,
    id::{AccountId, JournalId, OrderLineId},
    page::PageOf,
};
use platform::{App, Tx};

use crate::{
    Ledger,
    rules::{BookKind, Entry, InsufficientFunds, Recipe},
    store::{self, JournalLine, LinePosting},
};

impl Ledger {
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Books an entry: its journal, its postings and the balances they change, or nothing.
    pub async fn post(&self, tx: &mut Tx, entry: &Entry) -> Result<JournalId> {
        entry.check().map_err(Error::fault)?;
        let now = self.app.clock.now();
        let id = JournalId::new(now);
        for (book, change) in entry.changes()? {
            if change.is_negative() && book.kind.is_guarded() {
                let wanted = change.negated()?;
                store::take(tx, book, wanted.minor(), || InsufficientFunds(wanted)).await?;
            } else {
                store::add(tx, book, change.minor()).await?;
            }
        }
        store::insert_journal(tx, id, entry.recipe, entry.subject, now).await?;
        store::insert_postings(tx, id, &entry.postings()).await?;
        Ok(id)
    }

    /// What an account has to spend, by currency.
    pub async fn wallets(&self, tx: &mut Tx, account: AccountId) -> Result<Vec<Money>> {
        Ok(store::wallets(tx, account).await?.into_iter().map(|row| Money::of(row.amount, row.currency)).collect())
    }

    /// The movements of an account's wallets, newest first.
    pub async fn wallet_lines(
        &self,
        tx: &mut Tx,
        account: AccountId,
        recipe: Option<Recipe>,
        page: PageOf,
    ) -> Result<Page<JournalLine>> {
        store::wallet_lines(tx, account, recipe, page).await
    }

    /// Where the money of a buyer's order line went, posting by posting.
    pub async fn line_postings(&self, tx: &mut Tx, buyer: AccountId, line: OrderLineId) -> Result<Vec<LinePosting>> {
        store::line_postings(tx, buyer, line).await
    }

    /// The balance of one of the site's own books.
    pub async fn site_balance(&self, tx: &mut Tx, kind: BookKind, currency: Currency) -> Result<Money> {
        Ok(Money::of(store::site_balance(tx, kind, currency).await?, currency))
    }
}
