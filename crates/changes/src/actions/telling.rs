//! What buyers and sellers are told of changes.

use instances::State;
use kernel::{Localized, Result};
use messages::Topic;
use orders::{Line, with_amounts};
use platform::Tx;

use crate::{Changes, rules::Change};

impl Changes {
    /// Buyer and seller learn that something is what was paid for.
    pub(super) async fn tell_done(&self, tx: &mut Tx, change: &Change, line: &Line) -> Result<()> {
        let (now, was) = self.names(tx, line).await?;
        let number = self.orders.find(tx, change.order).await?.number;
        let price = line.amount;
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

    /// They learn that nothing came of it, and why.
    pub(super) async fn tell_failed(
        &self,
        tx: &mut Tx,
        change: &Change,
        (line, why): (&Line, Option<[Localized; 2]>),
        state: State,
    ) -> Result<()> {
        let (now, was) = self.names(tx, line).await?;
        let number = self.orders.find(tx, change.order).await?.number;
        let price = line.amount;
        let [for_buyer, for_seller] = why.unwrap_or_default();
        let (buyer_has, seller_keeps) = match state {
            State::Active | State::Expired { .. } => (
                Localized::new(", and what you have stays as it was", "，原资源保持不变"),
                Localized::new(" Keep what it was before.", "，请保持变更前的规格"),
            ),
            State::Released { .. } => (Localized::default(), Localized::default()),
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

fn trimmed(text: Localized) -> Localized {
    Localized::new(text.en.trim(), text.zh)
}
