//! What both sides are told of corrections.

use kernel::{Localized, Result};
use messages::Topic;
use platform::Tx;

use crate::{
    Metering,
    rules::{
        contract::Contract,
        correction::{self, Correction, UsageCorrectionState},
    },
};

/// So many are told one by one in a message.
const TOLD_MAX: usize = 20;

impl Metering {
    /// The buyer is told of each correction that a seller makes, with its numbers; of what waits for consent in a message of its own.
    pub(super) async fn tell_of_corrections(
        &self,
        tx: &mut Tx,
        contract: &Contract,
        some: &[Correction],
    ) -> Result<()> {
        let (asked, counted): (Vec<&Correction>, Vec<&Correction>) = some.iter().partition(|one| one.asks.is_some());
        let bought = &contract.title;
        if !counted.is_empty() {
            let title =
                Localized::new(format!("Use was corrected: {}", bought.en), format!("用量已更正：{}", bought.zh));
            let end = Localized::new(
                "What this changes of what was charged already comes with the next charge; what was paid too much goes back to your \
                 wallet.",
                "已计费的部分，差额计入下一张账单；多付的金额退回钱包。",
            );
            self.tell_list(tx, contract, (title, end), &counted).await?;
        }
        if !asked.is_empty() {
            let title = Localized::new(
                format!("A correction needs your consent: {}", bought.en),
                format!("用量更正需要您同意：{}", bought.zh),
            );
            let days = self.policies.current().await?.metering.consent_days;
            let end = Localized::new(
                format!(
                    "Nothing of it is charged unless you agree within {days} days. Look at it under Corrections of what you own."
                ),
                format!("{days} 天内未同意则不生效，不产生费用。请在该资源的“用量更正”中查看并处理。"),
            );
            self.tell_list(tx, contract, (title, end), &asked).await?;
        }
        Ok(())
    }

    async fn tell_list(
        &self,
        tx: &mut Tx,
        contract: &Contract,
        (title, end): (Localized, Localized),
        some: &[&Correction],
    ) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for one in some.iter().take(TOLD_MAX) {
            let told = told(contract, one);
            let at = one.begin.format("%Y-%m-%d %H:%M", &zone);
            let why = one.asks.map(|asks| correction::asked(contract, one, asks));
            let why = |of: fn(&Localized) -> &String, stop: &str| {
                why.as_ref().map_or_else(String::new, |why| format!("{stop}{}", of(why)))
            };
            en.push(format!("{at}: {} ({}{})", told.en, one.reason, why(|why| &why.en, "; ")));
            zh.push(format!("{at}：{}（{}{}）", told.zh, one.reason, why(|why| &why.zh, "；")));
        }
        if let Some(more) = some.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
            en.push(format!("and {more} more"));
            zh.push(format!("另有 {more} 条"));
        }
        let text = Localized::new(format!("{}. {}", en.join("; "), end.en), format!("{}。{}", zh.join("；"), end.zh));
        self.messages.tell(tx, contract.account, Topic::Wallet, title, text).await
    }

    /// The seller is told what the buyer has decided.
    pub(super) async fn tell_of_decision(&self, tx: &mut Tx, contract: &Contract, one: &Correction) -> Result<()> {
        let (bought, told) = (&contract.title, told(contract, one));
        let (en, zh) = match one.state {
            UsageCorrectionState::Counted => ("agreed to", "已同意"),
            UsageCorrectionState::Declined
            | UsageCorrectionState::Waiting
            | UsageCorrectionState::Overtaken
            | UsageCorrectionState::Lapsed => ("declined", "未同意"),
        };
        let title =
            Localized::new(format!("A correction was {en}: {}", bought.en), format!("买家{zh}用量更正：{}", bought.zh));
        let text = Localized::new(
            format!("Record {}: {}.", one.record, told.en),
            format!("话单 {}：{}。", one.record, told.zh),
        );
        self.messages.tell(tx, contract.seller, Topic::Delivery, title, text).await
    }
}

fn told(contract: &Contract, one: &Correction) -> Localized {
    correction::told(contract, &one.meter, (one.before.quantity, one.after.quantity))
}
