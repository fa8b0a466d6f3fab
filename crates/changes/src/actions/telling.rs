//! What buyers and sellers are told of changes.

use instances::{Instance, State};
use kernel::{Localized, Result, Timestamp};
use messages::Topic;
use orders::{Line, Order, Renews, with_amounts};
use platform::Tx;
use renewals::Consent;

use crate::{Changes, rules::Change};

const MINUTE_PATTERN: &str = "%Y-%m-%d %H:%M";

impl Changes {
    /// Buyer and seller learn that something goes on as something else.
    pub(super) async fn tell_ahead(&self, tx: &mut Tx, change: &Change, (order, line): (&Order, &Line)) -> Result<()> {
        let Some(Renews { term, .. }) = line.content.renews else { return Ok(()) };
        let zone = self.policies.current().await?.zone();
        let (from, until) = (term.from.format(MINUTE_PATTERN, &zone), term.until.format(MINUTE_PATTERN, &zone));
        let ((now, was), number, price) = (self.names(tx, line).await?, &order.number, order.total);
        let (back, told) = if change.asked_at < term.from {
            (
                Localized::new(
                    format!(" Until then it stays {}, and the renewal can be given back in full.", was.en),
                    format!("此前保持「{}」，可全额退订。", was.zh),
                ),
                Localized::new("Your system is told when the new term begins.", "新的期限开始时通知贵方系统。"),
            )
        } else {
            (
                Localized::new(
                    " That term has begun, so that the seller's system carries it out now; if it does not in time, the price goes back in full.",
                    "该期限已开始，商家系统正在执行变更；未能按时完成的，款项全额退回。",
                ),
                Localized::new("That term has begun: your system is told now.", "该期限已开始，现在通知贵方系统。"),
            )
        };
        let title = Localized::new(format!("Renewed with a change: {}", now.en), format!("续费变更成功：{}", now.zh));
        let text = Localized::new(
            format!("From {from} until {until} it is {}. You paid {price} with order {number}.{}", now.en, back.en),
            format!("自 {from} 起变更为「{}」，有效期至 {until}，订单 {number} 已支付 {price}。{}", now.zh, back.zh),
        );
        self.messages.tell(tx, change.account, Topic::Order, title, text).await?;
        let title = Localized::new(
            format!("A customer renewed with a change: {}", now.en),
            format!("客户续费变更：{}", now.zh),
        );
        let text = Localized::new(
            format!(
                "{} becomes {} at {from} and goes on until {until}. Order {number} over {price} was paid; the money is in escrow. {}",
                was.en, now.en, told.en
            ),
            format!(
                "「{}」自 {from} 起变更为「{}」，有效期至 {until}。订单 {number} 已付款 {price}，款项由平台托管。{}",
                was.zh, now.zh, told.zh
            ),
        );
        self.messages.tell(tx, change.seller, Topic::Order, title, text).await
    }

    /// Buyer and seller learn that something is what was paid for.
    pub(super) async fn tell_done(&self, tx: &mut Tx, change: &Change, line: &Line) -> Result<()> {
        let (now, was) = self.names(tx, line).await?;
        let number = self.orders.find(tx, change.order).await?.number;
        let price = line.amount;
        if change.starts_at.is_some() {
            return self.tell_begun(tx, change, (&now, &was, &number)).await;
        }
        let title = Localized::new(format!("Changed: {}", now.en), format!("变更完成：{}", now.zh));
        let text = Localized::new(
            format!("{} is now {}. You paid {price} for the rest of its term with order {number}.", was.en, now.en),
            format!("「{}」已变更为「{}」，剩余期限的费用 {price} 已支付（订单 {number}）。", was.zh, now.zh),
        );
        self.messages.tell(tx, change.account, Topic::Order, title, text).await?;
        let title = Localized::new(format!("A customer changed: {}", now.en), format!("客户变更：{}", now.zh));
        let text = Localized::new(
            format!("{} is now {}. Order {number} over {price} was paid; the money is in escrow.", was.en, now.en),
            format!("「{}」已变更为「{}」。订单 {number} 已付款 {price}，款项由平台托管。", was.zh, now.zh),
        );
        self.messages.tell(tx, change.seller, Topic::Order, title, text).await
    }

    /// The term has begun that was paid for with another specification.
    async fn tell_begun(
        &self,
        tx: &mut Tx,
        change: &Change,
        (now, was, number): (&Localized, &Localized, &str),
    ) -> Result<()> {
        let title = Localized::new(format!("Changed: {}", now.en), format!("变更完成：{}", now.zh));
        let text = Localized::new(
            format!("The new term has begun: {} is now {}, as paid with order {number}.", was.en, now.en),
            format!("新的期限已开始，「{}」已变更为「{}」（订单 {number}）。", was.zh, now.zh),
        );
        self.messages.tell(tx, change.account, Topic::Order, title.clone(), text.clone()).await?;
        self.messages.tell(tx, change.seller, Topic::Order, title, text).await
    }

    /// They learn that nothing came of it, and why.
    pub(super) async fn tell_failed(
        &self,
        tx: &mut Tx,
        change: &Change,
        (line, why): (&Line, Option<[Localized; 2]>),
        (instance, agreed): (&Instance, Option<Consent>),
    ) -> Result<()> {
        let (now, was) = self.names(tx, line).await?;
        let number = self.orders.find(tx, change.order).await?.number;
        let price = line.amount;
        let [for_buyer, for_seller] = why.unwrap_or_default();
        let zone = self.policies.current().await?.zone();
        let minute = |moment: Timestamp| moment.format(MINUTE_PATTERN, &zone);
        let (buyer_has, seller_keeps) = match (&instance.state, change.starts_at) {
            (State::Expired { release_at, .. }, Some(end)) => {
                let [end, release] = [end, *release_at].map(minute);
                (left(&end, &release, agreed.as_ref()), ended(&end))
            }
            (State::Grace { freeze_at, .. }, Some(end)) => {
                let [end, freeze] = [end, *freeze_at].map(minute);
                let is_kept = instance.after.frozen_days > 0;
                (usable(&end, (&freeze, is_kept), agreed.as_ref()), ended(&end))
            }
            // Its timer has not run.
            (State::Active, Some(end)) => (Localized::default(), ended(&minute(end))),
            (State::Active | State::Grace { .. } | State::Expired { .. }, None) => (
                Localized::new(", and what you have stays as it was", "，原资源保持不变"),
                Localized::new(" Keep what it was before.", "，请保持变更前的规格"),
            ),
            (State::Pending { .. } | State::Released { .. }, _) => (Localized::default(), Localized::default()),
        };
        let title = Localized::new(format!("Not changed: {}", was.en), format!("变更未完成：{}", was.zh));
        let (to_wallet, to_buyer) = if price.is_zero() {
            let nothing = Localized::new(format!("order {number} cost nothing"), format!("订单 {number} 未产生费用"));
            (nothing.clone(), nothing)
        } else {
            (
                Localized::new(
                    format!("{price} of order {number} went back to your wallet in full"),
                    format!("订单 {number} 的 {price} 已全额退回钱包"),
                ),
                Localized::new(
                    format!("{price} of order {number} went back to the buyer"),
                    format!("订单 {number} 的 {price} 已退回买家"),
                ),
            )
        };
        let text = Localized::new(
            format!("{} It did not become {}; {}{}.", for_buyer.en, now.en, to_wallet.en, buyer_has.en),
            format!("{}未能变更为「{}」，{}{}。", for_buyer.zh, now.zh, to_wallet.zh, buyer_has.zh),
        );
        self.messages.tell(tx, change.account, Topic::Order, title.clone(), trimmed(text)).await?;
        let text = Localized::new(
            format!("{} It did not become {}; {}.{}", for_seller.en, now.en, to_buyer.en, seller_keeps.en),
            format!("{}未能变更为「{}」，{}{}。", for_seller.zh, now.zh, to_buyer.zh, seller_keeps.zh),
        );
        self.messages.tell(tx, change.seller, Topic::Order, title, trimmed(text)).await
    }

    /// What a line makes of something and what it was before, each with its numbers.
    async fn names(&self, tx: &mut Tx, line: &Line) -> Result<(Localized, Localized)> {
        let content = &line.content;
        let now = self.orders.catalogue.amounts(tx, line.product, &content.choice.quantities).await?;
        let was = content.changes.as_ref().map_or(&content.title, |changes| &changes.title);
        Ok((with_amounts(&content.title, &now), was.clone()))
    }
}

/// The same of one that can still be used, until it is frozen, or released where nothing is kept frozen.
fn usable(end: &str, (freeze, is_kept): (&str, bool), agreed: Option<&Consent>) -> Localized {
    let (then, then_zh) = if is_kept { ("frozen", "冻结") } else { ("released", "释放") };
    match agreed.map(|agreed| agreed.price_max) {
        Some(max) => Localized::new(
            format!(
                ", and its term ended at {end}; as you have agreed, it is renewed as it was by itself if that costs {max} at most, and otherwise {then} at {freeze}"
            ),
            format!(
                "，其有效期已于 {end} 结束。因已开通自动续费，费用不超过 {max} 时将自动按原规格续费，否则于 {freeze} {then_zh}"
            ),
        ),
        None => Localized::new(
            format!(", and its term ended at {end}; renew it as it was before {freeze} to go on using it"),
            format!("，其有效期已于 {end} 结束，如需继续使用请在 {freeze} 前按原规格续费"),
        ),
    }
}

/// What its buyer can do about a term that has ended because nothing came of the next one.
fn left(end: &str, release: &str, agreed: Option<&Consent>) -> Localized {
    match agreed.map(|agreed| agreed.price_max) {
        Some(max) => Localized::new(
            format!(
                ", and its term ended at {end}; as you have agreed, it is renewed as it was by itself if that costs {max} at most, and otherwise released at {release}"
            ),
            format!(
                "，其有效期已于 {end} 结束。因已开通自动续费，费用不超过 {max} 时将自动按原规格续费，否则于 {release} 释放"
            ),
        ),
        None => Localized::new(
            format!(", and its term ended at {end}; renew it as it was before {release} to keep it"),
            format!("，其有效期已于 {end} 结束，如需保留请在 {release} 前按原规格续费"),
        ),
    }
}

/// The same for its seller.
fn ended(end: &str) -> Localized {
    Localized::new(
        format!(" Its term ended at {end}, unless it is renewed as it was. Keep what it was before."),
        format!("，有效期已于 {end} 结束，除非按原规格续费；请保持变更前的规格"),
    )
}

fn trimmed(text: Localized) -> Localized {
    Localized::new(text.en.trim(), text.zh)
}
