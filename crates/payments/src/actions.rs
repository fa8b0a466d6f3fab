//! Topping up, and moving money between wallets and orders.

use accounts::{Accounts, Buyer, Operator, Permission, StaffPermission};
use kernel::{
    Error, Event, Invalid, Localized, Money, Page, Result, Thing,
    id::{AccountId, OrderId, OrderLineId, RefundId, TopUpId, UsageChargeId},
    page::PageOf,
};
use ledger::{Difference, JournalLine, Ledger, Recipe};
use messages::{Messages, Topic};
use platform::{App, Tx, jobs};
use policy::Policies;

use crate::{
    Parts, Payments,
    rules::{self, Channel, Outcome, TopUp, TopUpState},
    store::{self, debts},
};

impl Payments {
    pub fn new(app: App, policies: Policies, ledger: Ledger, accounts: Accounts, messages: Messages) -> Self {
        Self::of(Parts { app, policies, ledger, accounts, messages })
    }

    /// A buyer says that money is on its way; play money arrives at once.
    pub async fn declare(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        channel: Channel,
        amount: Money,
        payer: &str,
    ) -> Result<TopUp> {
        buyer.may(Permission::Pay)?;
        let policy = self.policies.current().await?;
        rules::check_amount(amount, &policy.site.currencies, "amount")?;
        rules::check_channel(channel, self.app.config.environment)?;
        let mut wrong = Invalid::default();
        wrong.length(payer, usize::from(channel == Channel::BankTransfer), 100, "payer");
        wrong.done()?;
        let now = self.app.clock.now();
        let id = TopUpId::new(now);
        let top_up = TopUp {
            id,
            account: buyer.account(),
            channel,
            declared: amount,
            reference: reference_of(id),
            payer: payer.trim().to_owned(),
            declared_at: now,
            outcome: Outcome::Declared,
        };
        store::insert(tx, &top_up).await?;
        match channel {
            Channel::BankTransfer => {
                jobs::publish(tx, now, &Event::TopUpDeclared { top_up: id }).await?;
                Ok(top_up)
            }
            Channel::Development => {
                let reference = top_up.reference.clone();
                let top_up = top_up.confirm(amount, reference, now)?;
                store::decide(tx, &top_up).await?;
                self.ledger.post(tx, &ledger::development_top_up(id, buyer.account(), amount)).await?;
                jobs::publish(tx, now, &Event::WalletFilled { account: buyer.account() }).await?;
                Ok(top_up)
            }
        }
    }

    /// The operator has found the transfer at the bank; what has arrived is booked.
    pub async fn confirm(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: TopUpId,
        received: Money,
        bank_reference: &str,
    ) -> Result<TopUp> {
        operator.may_staff(StaffPermission::HandleMoney)?;
        let policy = self.policies.current().await?;
        rules::check_amount(received, &policy.site.currencies, "received")?;
        let mut wrong = Invalid::default();
        wrong.length(bank_reference, 1, 64, "bank_reference");
        wrong.done()?;
        let now = self.app.clock.now();
        let declared = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::TopUp))?;
        let top_up = declared.confirm(received, bank_reference.trim().to_owned(), now)?;
        store::decide(tx, &top_up).await?;
        self.ledger.post(tx, &ledger::top_up(id, top_up.account, received)).await?;
        let detail = serde_json::json!({ "received": received, "bank_reference": bank_reference });
        self.accounts.audit(tx, operator, "top_up.confirmed", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::TopUpDecided { top_up: id }).await?;
        jobs::publish(tx, now, &Event::WalletFilled { account: top_up.account }).await?;
        Ok(top_up)
    }

    pub async fn reject(&self, tx: &mut Tx, operator: &Operator, id: TopUpId, reason: &str) -> Result<TopUp> {
        operator.may_staff(StaffPermission::HandleMoney)?;
        let mut wrong = Invalid::default();
        wrong.length(reason, 1, 1_000, "reason");
        wrong.done()?;
        let now = self.app.clock.now();
        let declared = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::TopUp))?;
        let top_up = declared.reject(reason.trim().to_owned(), now)?;
        store::decide(tx, &top_up).await?;
        let detail = serde_json::json!({ "reason": reason });
        self.accounts.audit(tx, operator, "top_up.rejected", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::TopUpDecided { top_up: id }).await?;
        Ok(top_up)
    }

    pub async fn top_up(&self, tx: &mut Tx, buyer: &Buyer, id: TopUpId) -> Result<TopUp> {
        buyer.may(Permission::View)?;
        store::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::TopUp))
    }

    pub async fn top_ups(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<TopUp>> {
        buyer.may(Permission::View)?;
        store::list_for(tx, buyer.account(), page).await
    }

    pub async fn all_top_ups(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (state, reference): (Option<TopUpState>, Option<&str>),
        page: PageOf,
    ) -> Result<Page<TopUp>> {
        operator.may_staff(StaffPermission::HandleMoney)?;
        let mut wrong = Invalid::default();
        wrong.length(reference.unwrap_or_default(), 0, 20, "reference");
        wrong.done()?;
        store::list(tx, state, reference, page).await
    }

    /// A top-up as the operator sees it, with the name of its account.
    pub(crate) async fn transfer(&self, tx: &mut Tx, operator: &Operator, id: TopUpId) -> Result<(TopUp, String)> {
        operator.may_staff(StaffPermission::HandleMoney)?;
        let top_up = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::TopUp))?;
        let name = self.accounts.find(tx, top_up.account).await?.name;
        Ok((top_up, name))
    }

    pub async fn wallets(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Vec<Money>> {
        buyer.may(Permission::View)?;
        self.ledger.wallets(tx, buyer.account()).await
    }

    /// For other capabilities, which have checked who asks.
    pub async fn wallets_of(&self, tx: &mut Tx, account: AccountId) -> Result<Vec<Money>> {
        self.ledger.wallets(tx, account).await
    }

    pub async fn wallet_lines(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        recipe: Option<Recipe>,
        page: PageOf,
    ) -> Result<Page<JournalLine>> {
        buyer.may(Permission::View)?;
        self.ledger.wallet_lines(tx, buyer.account(), recipe, page).await
    }

    /// The first top-up whose journal does not fit it. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let Some(row) = store::first_drift(tx).await? else { return Ok(None) };
        let place = format!("top-up {}", TopUpId::from_uuid(row.subject));
        let what = format!("{} minor units were booked, {} were confirmed", row.booked, row.confirmed);
        Ok(Some(Difference::new("top_up", place, what)))
    }

    /// Nobody else settles what an account owes until the transaction ends.
    pub async fn hold_debts(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        debts::hold(tx, account).await
    }

    /// What an account owes by now, an amount for each currency.
    pub async fn save_debts(&self, tx: &mut Tx, account: AccountId, owed: &[Money]) -> Result<()> {
        debts::save(tx, account, owed).await
    }

    /// Whether an account owes anything that its wallet did not hold.
    pub async fn owes(&self, tx: &mut Tx, account: AccountId) -> Result<bool> {
        Ok(!debts::of(tx, account).await?.is_empty())
    }

    /// Some accounts with what they owe, behind one of them, for the audit.
    pub async fn debts_after(&self, tx: &mut Tx, account: Option<AccountId>) -> Result<Vec<(AccountId, Vec<Money>)>> {
        debts::after(tx, account).await
    }

    /// Whether a wallet holds an amount.
    pub async fn covers(&self, tx: &mut Tx, account: AccountId, amount: Money) -> Result<bool> {
        let wallets = self.ledger.wallets(tx, account).await?;
        let own = wallets.iter().find(|wallet| wallet.currency() == amount.currency());
        Ok(own.is_some_and(|wallet| wallet.minor() >= amount.minor()))
    }

    /// Takes an order's price from the buyer's wallet into escrow.
    pub async fn charge(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        order: OrderId,
        lines: &[(OrderLineId, Money)],
    ) -> Result<()> {
        // What coupons cover wholly moves no money.
        let paid: Vec<_> = lines.iter().copied().filter(|(_, amount)| !amount.is_zero()).collect();
        if !paid.is_empty() {
            self.ledger.post(tx, &ledger::sale(order, buyer, &paid)).await?;
        }
        Ok(())
    }

    /// Takes what was used from the buyer's wallet, which has to hold it.
    pub async fn charge_usage(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        charge: UsageChargeId,
        line: OrderLineId,
        amount: Money,
    ) -> Result<()> {
        self.ledger.post(tx, &ledger::usage(charge, buyer, line, amount)).await?;
        Ok(())
    }

    /// Gives back what was charged too much for use, of what was paid for use.
    pub async fn credit_usage(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        charge: UsageChargeId,
        line: OrderLineId,
        amount: Money,
    ) -> Result<()> {
        self.ledger.post(tx, &ledger::usage_credit(charge, buyer, line, amount)).await?;
        Ok(())
    }

    /// Moves the price of another term from the buyer's wallet into escrow.
    pub async fn charge_renewal(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        order: OrderId,
        (line, amount): (OrderLineId, Money),
    ) -> Result<()> {
        if !amount.is_zero() {
            self.ledger.post(tx, &ledger::renewal(order, buyer, (line, amount))).await?;
        }
        Ok(())
    }

    /// Moves the price of another specification from the buyer's wallet into escrow.
    pub async fn charge_change(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        order: OrderId,
        (line, amount): (OrderLineId, Money),
    ) -> Result<()> {
        if !amount.is_zero() {
            self.ledger.post(tx, &ledger::change(order, buyer, (line, amount))).await?;
        }
        Ok(())
    }

    /// Gives a line's price from escrow back to the buyer's wallet.
    pub async fn give_back(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        refund: RefundId,
        line: OrderLineId,
        amount: Money,
    ) -> Result<()> {
        if amount.is_zero() {
            return Ok(());
        }
        self.ledger.post(tx, &ledger::refund(refund, buyer, line, amount)).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::WalletFilled { account: buyer }).await
    }

    pub async fn on_top_up_declared(&self, tx: &mut Tx, id: TopUpId) -> Result<()> {
        let Some(top_up) = store::find(tx, id).await? else { return Ok(()) };
        let (amount, reference, payer) = (top_up.declared, &top_up.reference, &top_up.payer);
        let title = Localized::new(format!("Transfer of {amount} announced"), format!("收到 {amount} 的汇款声明"));
        let text = Localized::new(
            format!(
                "{payer} announced a transfer of {amount} with the reference {reference}. Confirm it when it has arrived."
            ),
            format!("{payer} 声明汇款 {amount}，附言 {reference}。到账后请确认。"),
        );
        self.messages.tell_operator(tx, Topic::Wallet, title, text).await
    }

    pub async fn on_top_up_decided(&self, tx: &mut Tx, id: TopUpId) -> Result<()> {
        let Some(top_up) = store::find(tx, id).await? else { return Ok(()) };
        let (title, text) = match &top_up.outcome {
            Outcome::Declared => return Ok(()),
            Outcome::Confirmed { received, .. } => (
                Localized::new(format!("{received} arrived in your wallet"), format!("{received} 已到账")),
                Localized::new(
                    format!("Your transfer {} has arrived: {received} can be spent now.", top_up.reference),
                    format!("您的汇款 {} 已到账，{received} 现在即可使用。", top_up.reference),
                ),
            ),
            Outcome::Rejected { reason, .. } => (
                Localized::new("Your top-up was not confirmed", "您的充值未通过确认"),
                Localized::new(
                    format!("The top-up {} over {} was rejected: {reason}", top_up.reference, top_up.declared),
                    format!("充值 {}（{}）未通过：{reason}", top_up.reference, top_up.declared),
                ),
            ),
        };
        self.messages.tell(tx, top_up.account, Topic::Wallet, title, text).await
    }
}

/// Eight letters that a buyer can type into a transfer, from the random part of the id.
fn reference_of(id: TopUpId) -> String {
    let text = id.to_string();
    let tail = &text[text.len() - 8..];
    format!("KT{}", tail.to_uppercase())
}
