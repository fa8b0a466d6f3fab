//! What buyers and sellers are told about renewals and ends.

use kernel::{Localized, Result};
use messages::Topic;
use orders::{Line, Order};
use platform::Tx;

use super::{Read, automatic::Why};
use crate::{
    Renewals,
    rules::{self, Consent, ExpiryPlan, ExpiryPolicy, Life, Renewal, RenewalCause},
};

const MINUTE_PATTERN: &str = "%Y-%m-%d %H:%M";

impl Renewals {
    /// Buyer and seller learn that something goes on.
    pub(super) async fn tell_renewed(
        &self,
        tx: &mut Tx,
        renewal: &Renewal,
        (order, line): (&Order, &Line),
    ) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let (from, until) =
            (renewal.term.from.format(MINUTE_PATTERN, &zone), renewal.term.until.format(MINUTE_PATTERN, &zone));
        let (number, price, bought) = (&order.number, order.total, &line.content.title);
        let back = if renewal.is_effective(renewal.renewed_at) {
            Localized::default()
        } else {
            Localized::new(
                format!(" Until {from}, when the new term begins, it can be given back in full."),
                format!("新的期限自 {from} 开始，此前可全额退订。"),
            )
        };
        let (title, text) = match renewal.cause {
            RenewalCause::ByHand => (
                Localized::new(format!("Renewed: {}", bought.en), format!("续费成功：{}", bought.zh)),
                Localized::new(
                    format!("It goes on until {until}. You paid {price} with order {number}.{}", back.en),
                    format!("有效期至 {until}，订单 {number} 已支付 {price}。{}", back.zh),
                ),
            ),
            RenewalCause::Automatic => (
                Localized::new(format!("Renewed automatically: {}", bought.en), format!("已自动续费：{}", bought.zh)),
                Localized::new(
                    format!(
                        "It goes on until {until}. {price} was paid from your wallet with order {number}, as you had agreed.{}",
                        back.en
                    ),
                    format!("有效期至 {until}，已按您同意的条件从钱包支付 {price}（订单 {number}）。{}", back.zh),
                ),
            ),
        };
        self.messages.tell(tx, renewal.account, Topic::Order, title, text).await?;
        let title = Localized::new(format!("A customer renewed: {}", bought.en), format!("客户续费：{}", bought.zh));
        let text = Localized::new(
            format!("Order {number} over {price} was paid. The new term is from {from} to {until}."),
            format!("订单 {number} 已付款 {price}，新的期限为 {from} 至 {until}。"),
        );
        self.messages.tell(tx, renewal.seller, Topic::Order, title, text).await
    }

    /// The buyer learns that an end is near, and what will happen.
    pub(super) async fn tell_of_end(&self, tx: &mut Tx, read: &Read, (plan, life): (&ExpiryPlan, Life)) -> Result<()> {
        let policy = self.policies.current().await?;
        let zone = policy.zone();
        let bought = &read.instance.title;
        let day = life.term.until.format("%Y-%m-%d", &zone);
        let end = life.term.until.format(MINUTE_PATTERN, &zone);
        let title = Localized::new(format!("{} ends on {day}", bought.en), format!("{}将于 {day} 到期", bought.zh));
        let after = &read.instance.after;
        let usable = read.instance.usable_until().filter(|_| after.grace_days > 0);
        let then = frozen_then(usable.map(|until| until.format(MINUTE_PATTERN, &zone)).as_deref(), after.frozen_days);
        let (en, zh) = (&then.en, &then.zh);
        let text = match plan.policy {
            ExpiryPolicy::Manual => Localized::new(
                format!(
                    "Its term ends at {end}. Renew it under what you own, or have it renewed automatically; otherwise {en}."
                ),
                format!("有效期至 {end}。可在“已购资源”中续费或开通自动续费；{zh}。"),
            ),
            ExpiryPolicy::End => Localized::new(
                format!("Its term ends at {end}, and you let it end: {en}."),
                format!("有效期至 {end}，您已选择到期不续费，{zh}。"),
            ),
            ExpiryPolicy::Automatic if plan.trouble.is_some() => Localized::new(
                format!(
                    "Its term ends at {end} and it could not be renewed automatically so far; under what you own you see why. If that goes on, {en}."
                ),
                format!("有效期至 {end}，自动续费尚未成功，原因可在“已购资源”中查看；{zh}。"),
            ),
            ExpiryPolicy::Automatic => {
                let first = rules::first_try(life.term.until, &policy.renewals, &zone);
                goes_on(plan.consent.as_ref(), &end, &first.format(MINUTE_PATTERN, &zone))
            }
        };
        self.messages.tell(tx, read.instance.account, Topic::Licence, title, text).await
    }

    /// The buyer learns why something was not renewed automatically, and what helps.
    pub(super) async fn tell_not_renewed(&self, tx: &mut Tx, read: &Read, life: Life, why: &Why) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let bought = &read.instance.title;
        let end = life.term.until.format(MINUTE_PATTERN, &zone);
        let (title, text) = match why {
            Why::Funds { price, missing } => (
                Localized::new(
                    format!("Not renewed for lack of money: {}", bought.en),
                    format!("余额不足，未能自动续费：{}", bought.zh),
                ),
                Localized::new(
                    format!(
                        "Its renewal costs {price} and your wallet lacks {missing}. Top up: it is tried again every day. Its term ends at {end}."
                    ),
                    format!("续费需 {price}，钱包还差 {missing}。请充值，系统每天会再次尝试。当前有效期至 {end}。"),
                ),
            ),
            Why::Price { price, max } => (
                Localized::new(
                    format!("Your consent is needed to renew: {}", bought.en),
                    format!("自动续费需要您确认新价格：{}", bought.zh),
                ),
                Localized::new(
                    format!(
                        "Its renewal now costs {price}; you agreed to {max} at most, so nothing was paid. Agree to the new price under what you own, or renew it by hand. Its term ends at {end}."
                    ),
                    format!(
                        "续费现价为 {price}，高于您同意的最高价格 {max}，未扣款。请在“已购资源”中确认新价格，或手动续费。当前有效期至 {end}。"
                    ),
                ),
            ),
            Why::NoRight => (
                Localized::new(
                    format!("Somebody has to agree anew to renew: {}", bought.en),
                    format!("自动续费需要重新确认：{}", bought.zh),
                ),
                Localized::new(
                    format!(
                        "Whoever agreed to its automatic renewal may not buy for your account any more, so nothing was paid. Agree to it anew under what you own, or renew it by hand. Its term ends at {end}."
                    ),
                    format!(
                        "同意自动续费的用户已无采购或支付权限，未扣款。请由有权限的用户在“已购资源”中重新确认，或手动续费。当前有效期至 {end}。"
                    ),
                ),
            ),
            Why::NotSold(reason) => (
                Localized::new(format!("It cannot be renewed: {}", bought.en), format!("无法自动续费：{}", bought.zh)),
                Localized::new(
                    format!("The reason: {}. It is tried again every day. Its term ends at {end}.", reason.en),
                    format!("原因：{}。系统每天会再次尝试。当前有效期至 {end}。", reason.zh),
                ),
            ),
        };
        self.messages.tell(tx, read.instance.account, Topic::Licence, title, text).await
    }
}

/// What follows an end that is not renewed: until when it can still be used, for how many days it is frozen.
fn frozen_then(usable: Option<&str>, frozen: u32) -> Localized {
    let (days, later) = match frozen {
        1 => ("a day later".to_owned(), "1 天后".to_owned()),
        _ => (format!("{frozen} days later"), format!("{frozen} 天后")),
    };
    match (usable, frozen) {
        (Some(until), 0) => Localized::new(
            format!("it can still be used until {until} and is released then"),
            format!("到期未续费仍可使用至 {until}，之后将被释放"),
        ),
        (Some(until), _) => Localized::new(
            format!("it can still be used until {until}, is frozen then and released {days}"),
            format!("到期未续费仍可使用至 {until}，之后将被冻结，{later}释放"),
        ),
        (None, 0) => Localized::new("it is released then", "到期未续费将被释放"),
        (None, _) => {
            Localized::new(format!("it is frozen then and released {days}"), format!("到期未续费将被冻结，{later}释放"))
        }
    }
}

/// What is said of an end that is renewed automatically.
fn goes_on(consent: Option<&Consent>, end: &str, first: &str) -> Localized {
    let max = consent.map(|consent| consent.price_max.to_string()).unwrap_or_default();
    Localized::new(
        format!(
            "Its term ends at {end}. It is renewed automatically from {first} on, for {max} at most; keep enough in your wallet. You can change that under what you own."
        ),
        format!("有效期至 {end}。将自 {first} 起自动续费，最高 {max}，请保持钱包余额充足。可在“已购资源”中修改。"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_frozen_is_released_at_once() {
        for (usable, frozen, en, zh) in [
            (None, 15, "it is frozen then and released 15 days later", "到期未续费将被冻结，15 天后释放"),
            (None, 1, "it is frozen then and released a day later", "到期未续费将被冻结，1 天后释放"),
            (None, 0, "it is released then", "到期未续费将被释放"),
            (
                Some("1 June"),
                2,
                "it can still be used until 1 June, is frozen then and released 2 days later",
                "到期未续费仍可使用至 1 June，之后将被冻结，2 天后释放",
            ),
            (
                Some("1 June"),
                0,
                "it can still be used until 1 June and is released then",
                "到期未续费仍可使用至 1 June，之后将被释放",
            ),
        ] {
            assert_eq!(frozen_then(usable, frozen), Localized::new(en, zh));
        }
    }
}
