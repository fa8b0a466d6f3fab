//! Charges are taken from the wallet, the oldest first; what it does not hold stays due, with a warning and a grace.

use std::collections::{BTreeMap, BTreeSet};

use instances::EndCause;
use kernel::{
    Currency, Event, Localized, Money, Result,
    id::{AccountId, InstanceId},
};
use messages::Topic;
use platform::{Tx, jobs};

use crate::{
    Metering,
    rules::contract::{self, Contract},
    store::{
        charges::{self, Charge},
        contracts,
    },
};

impl Metering {
    /// There is more in a wallet than before.
    pub async fn on_wallet_filled(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        self.settle(tx, account).await
    }

    /// Something of an account's was charged.
    pub async fn on_usage_charged(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        self.settle(tx, account).await
    }

    /// Takes from an account's wallets what it owes for use, and says what follows. Nothing more of what is looked at is
    /// charged meanwhile; what is charged beside it is looked at next.
    async fn settle(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        self.payments.hold_debts(tx, account).await?;
        let now = self.app.clock.now();
        let warned = contracts::unpaid_of(tx, account).await?.into_iter().map(|contract| contract.instance);
        let ids = charges::owing(tx, account).await?.into_iter().chain(warned).collect();
        let held = contracts::hold_all(tx, ids).await?;
        let mut short: BTreeMap<Currency, Money> = BTreeMap::new();
        let mut unpaid: BTreeSet<InstanceId> = BTreeSet::new();
        let looked_at: BTreeSet<InstanceId> = held.iter().map(|contract| contract.instance).collect();
        let due = charges::due_of(tx, account).await?;
        let due = due.into_iter().filter(|charge| looked_at.contains(&charge.instance)).collect();
        for charge in self.pay_back(tx, account, due).await? {
            let (currency, amount) = (charge.amount.currency(), charge.payable()?);
            // What is younger waits for what is older.
            if !short.contains_key(&currency) && self.payments.covers(tx, account, amount).await? {
                self.payments.charge_usage(tx, account, charge.id, charge.line, amount).await?;
                charges::mark_paid(tx, charge.id, now).await?;
                continue;
            }
            let missing = short.entry(currency).or_insert_with(|| Money::zero(currency));
            *missing = missing.plus(amount)?;
            unpaid.insert(charge.instance);
        }
        for contract in held {
            match (unpaid.contains(&contract.instance), contract.unpaid_since) {
                (true, None) => {
                    let owed = short.get(&contract.terms.currency).copied();
                    self.warn(tx, contract, owed).await?;
                }
                (false, Some(_)) => self.is_paid_again(tx, contract).await?,
                (true, Some(_)) | (false, None) => {}
            }
        }
        let owed: Vec<Money> = short.into_values().collect();
        self.payments.save_debts(tx, account, &owed).await
    }

    /// What corrections have made negative is set off against what is due of the same instance, the oldest first; the rest was paid, and
    /// goes back to the wallet. Gives what is due still.
    async fn pay_back(&self, tx: &mut Tx, account: AccountId, due: Vec<Charge>) -> Result<Vec<Charge>> {
        let now = self.app.clock.now();
        let (credits, mut owed): (Vec<Charge>, Vec<Charge>) = due.into_iter().partition(|one| one.amount.minor() < 0);
        for credit in credits {
            let mut left = credit.payable()?.negated()?;
            for charge in owed.iter_mut().filter(|charge| charge.instance == credit.instance) {
                let minor = charge.payable()?.minor().min(left.minor());
                if minor > 0 {
                    charges::set_off(tx, (credit.id, charge.id), minor).await?;
                    charge.credited += minor;
                    left = left.minus(Money::of(minor, left.currency()))?;
                }
            }
            if left.is_positive() {
                self.payments.credit_usage(tx, account, credit.id, credit.line, left).await?;
                self.tell_of_credit(tx, &credit, left).await?;
            }
            charges::mark_paid(tx, credit.id, now).await?;
        }
        let mut open = Vec::with_capacity(owed.len());
        for charge in owed {
            if charge.payable()?.is_zero() {
                charges::mark_paid(tx, charge.id, now).await?;
            } else {
                open.push(charge);
            }
        }
        Ok(open)
    }

    async fn tell_of_credit(&self, tx: &mut Tx, credit: &Charge, amount: Money) -> Result<()> {
        let Some(contract) = contracts::find(tx, credit.instance).await? else { return Ok(()) };
        let bought = &contract.title;
        let title = Localized::new(
            format!("{amount} was paid back for {}", bought.en),
            format!("「{}」已退回 {amount}", bought.zh),
        );
        let text = Localized::new(
            "What its seller reported of your use was corrected after it was charged. The difference is in your wallet; the charge \
             explains it.",
            "商家更正了已计费的用量，差额已退回钱包，账单中有计算过程。",
        );
        self.messages.tell(tx, credit.account, Topic::Wallet, title, text).await
    }

    /// The first charge of an instance that could not be paid.
    async fn warn(&self, tx: &mut Tx, contract: Contract, owed: Option<Money>) -> Result<()> {
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let end = now.plus_seconds(i64::from(policy.metering.grace_hours) * 3_600);
        jobs::schedule(tx, now, end, &Event::UsageGraceOver { instance: contract.instance }).await?;
        let (bought, day) = (&contract.title, end.format("%Y-%m-%d %H:%M", &policy.zone()));
        let owed = owed.map_or_else(String::new, |owed| owed.to_string());
        let title = Localized::new(
            format!("Your wallet cannot pay for {}", bought.en),
            format!("余额不足，无法支付「{}」的用量费用", bought.zh),
        );
        let text = Localized::new(
            format!(
                "You owe {owed} for what was used. Top up by {day}, or it is frozen then. It is paid as soon as the money is there."
            ),
            format!("您有 {owed} 用量费用尚未支付。请在 {day} 前充值，否则将被冻结；款项到账后自动扣费。"),
        );
        self.messages.tell(tx, contract.account, Topic::Wallet, title, text).await?;
        contracts::save(tx, &Contract { unpaid_since: Some(now), ..contract }).await
    }

    /// Everything that was owed for an instance is paid.
    async fn is_paid_again(&self, tx: &mut Tx, mut contract: Contract) -> Result<()> {
        if contract.frozen_at.is_some() && contract.closed_at.is_none() {
            let instance = self.instances.find(tx, contract.instance).await?;
            self.deliveries.unfreeze(tx, &instance).await?;
            let bought = &contract.title;
            let title = Localized::new(format!("{} can be used again", bought.en), format!("{}已恢复使用", bought.zh));
            let text = Localized::new(
                "Everything that was owed for it is paid, and it is not frozen any more.",
                "欠费已全部结清，冻结已解除。",
            );
            self.messages.tell(tx, contract.account, Topic::Wallet, title, text).await?;
        }
        contract.thaw(self.app.clock.now());
        contracts::save(tx, &Contract { unpaid_since: None, ..contract }).await
    }

    /// The grace is over, as it was when the timer was set.
    pub async fn on_grace_over(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let Some(contract) = contracts::hold(tx, instance).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let grace = i64::from(policy.metering.grace_hours) * 3_600;
        let Some(since) = contract.unpaid_since else { return Ok(()) };
        if contract.frozen_at.is_some() || contract.closed_at.is_some() {
            return Ok(());
        }
        let end = since.plus_seconds(grace);
        if end > now {
            // The grace is longer than it was.
            return jobs::schedule(tx, now, end, &Event::UsageGraceOver { instance }).await;
        }
        let frozen = self.instances.find(tx, instance).await?;
        self.deliveries.freeze(tx, &frozen).await?;
        let release = contract::released_at(now, &policy.metering);
        jobs::schedule(tx, now, release, &Event::UsageReleaseDue { instance }).await?;
        let (bought, day) = (&contract.title, release.format("%Y-%m-%d %H:%M", &policy.zone()));
        let title = Localized::new(format!("{} is frozen", bought.en), format!("{}已冻结", bought.zh));
        let text = Localized::new(
            format!(
                "What was used is unpaid and the grace is over. Top up your wallet: it can be used again as soon as everything is paid. If it is still unpaid on {day}, it is released for good."
            ),
            format!(
                "用量费用在宽限期内未支付，资源已冻结。充值并结清欠费后自动恢复；如 {day} 仍未结清，资源将被释放，不能恢复。"
            ),
        );
        self.messages.tell(tx, contract.account, Topic::Wallet, title.clone(), text).await?;
        let text = Localized::new(
            "Its buyer has not paid for what was used. Your system is told to keep the buyer out until that is paid.",
            "买家尚未支付用量费用，已通知贵方系统停止服务，结清后恢复。",
        );
        self.messages.tell(tx, contract.seller, Topic::Delivery, title, text).await?;
        contracts::save(tx, &Contract { frozen_at: Some(now), ..contract }).await
    }

    /// It was frozen for as long as the rules said when the timer was set. What is due stays due; nothing more is charged than what
    /// was used, and what is missing to the commitment of the present cycle.
    pub async fn on_release_due(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let Some(found) = contracts::find(tx, instance).await? else { return Ok(()) };
        // Money that came in time pays, even if nobody has seen it yet.
        self.settle(tx, found.account).await?;
        let Some(contract) = contracts::hold(tx, instance).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let Some(frozen) = contract.frozen_at.filter(|_| contract.closed_at.is_none()) else { return Ok(()) };
        let release = contract::released_at(frozen, &self.policies.current().await?.metering);
        if release > now {
            // It was thawed in between, or is kept for longer than it was.
            return jobs::schedule(tx, now, release, &Event::UsageReleaseDue { instance }).await;
        }
        let unpaid = self.instances.find(tx, instance).await?;
        self.instances.end(tx, unpaid, EndCause::Arrears).await?;
        // Whoever pays now does not get it back.
        contracts::save(tx, &Contract { closed_at: Some(now), ..contract }).await
    }
}
