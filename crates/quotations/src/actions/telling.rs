//! Who is told of what: a new version, an answer, a message, a day that comes near, an instalment that lacks money.

use kernel::{
    Localized, Money, Result,
    id::{OfferMessageId, OrderId, PrivateOfferId},
};
use messages::Topic;
use platform::{Tx, jobs};

use crate::{
    PrivateOffers,
    rules::{Ended, Offer, PrivateOfferState, State},
    store::{offers, thread},
};

impl PrivateOffers {
    /// The buyer learns of an offer or of its next version.
    pub async fn on_sent(&self, tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<()> {
        let Some(offer) = offers::find(tx, id).await? else { return Ok(()) };
        let Some(sent) = offer.sent.as_ref().filter(|sent| sent.version == version) else { return Ok(()) };
        let (seller, name, total) = (self.accounts.find(tx, offer.seller).await?.name, &sent.name, sent.total);
        let until = self.day(sent.valid_until).await?;
        let title = if version == 1 {
            Localized::new(format!("An offer for you: {name}"), format!("您收到一份专属报价：{name}"))
        } else {
            Localized::new(format!("Offer revised: {name}"), format!("专属报价有新版本：{name}"))
        };
        let text = Localized::new(
            format!("{seller} offers you “{name}” for {total}. You can accept it until {until}, under your offers."),
            format!("{seller} 向您发送了专属报价「{name}」，总额 {total}，有效期至 {until}，请在“专属报价”中查看。"),
        );
        self.messages.tell(tx, offer.buyer, Topic::Order, title, text).await
    }

    /// The other side learns how an offer ended.
    pub async fn on_ended(&self, tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<()> {
        let Some(offer) = offers::find(tx, id).await? else { return Ok(()) };
        let Some(sent) = offer.sent.as_ref().filter(|sent| sent.version == version) else { return Ok(()) };
        let (name, total) = (&sent.name, sent.total);
        match offer.state {
            State::Draft | State::Sent => Ok(()),
            State::Accepted(_) => {
                let title = Localized::new(format!("Offer accepted: {name}"), format!("专属报价已被接受：{name}"));
                let text = Localized::new(
                    format!("The buyer accepted “{name}” over {total}; the first order is paid."),
                    format!("买家已接受专属报价「{name}」（{total}），首笔订单已支付。"),
                );
                self.messages.tell(tx, offer.seller, Topic::Order, title, text).await
            }
            State::Declined(_) => {
                let title = Localized::new(format!("Offer declined: {name}"), format!("专属报价被谢绝：{name}"));
                let text = Localized::new(
                    format!("The buyer declined “{name}”. You can revise it and send it again."),
                    format!("买家谢绝了专属报价「{name}」，您可以修改后重新发送。"),
                );
                self.messages.tell(tx, offer.seller, Topic::Order, title, text).await
            }
            State::Withdrawn(_) => {
                let title = Localized::new(format!("Offer withdrawn: {name}"), format!("专属报价已撤回：{name}"));
                let text = Localized::new(
                    format!("The seller withdrew “{name}”. It cannot be accepted any more."),
                    format!("商家已撤回专属报价「{name}」，不能再接受。"),
                );
                self.messages.tell(tx, offer.buyer, Topic::Order, title, text).await
            }
            State::Expired(_) => {
                let title = Localized::new(format!("Offer expired: {name}"), format!("专属报价已过期：{name}"));
                let text = Localized::new(
                    format!("Nobody accepted “{name}” in time. The seller can send it again."),
                    format!("专属报价「{name}」在有效期内未被接受，商家可重新发送。"),
                );
                self.tell_both(tx, &offer, (title, text)).await
            }
        }
    }

    /// The other side learns that something was said.
    pub async fn on_said(&self, tx: &mut Tx, id: OfferMessageId) -> Result<()> {
        let Some((offer, said)) = thread::find(tx, id).await? else { return Ok(()) };
        let Some(offer) = offers::find(tx, offer).await? else { return Ok(()) };
        let name = name_of(&offer);
        let to = if said.account_id == offer.seller { offer.buyer } else { offer.seller };
        let title = Localized::new(format!("A message about the offer {name}"), format!("专属报价有新留言：{name}"));
        self.messages.tell(tx, to, Topic::Order, title, Localized::new(&said.text, &said.text)).await
    }

    /// Both sides are reminded of an offer that nobody has answered.
    pub async fn on_reminder_due(&self, tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<()> {
        let Some(offer) = offers::find(tx, id).await? else { return Ok(()) };
        let Some(sent) = offer.sent.as_ref().filter(|sent| sent.version == version) else { return Ok(()) };
        if offer.state != State::Sent || sent.valid_until <= self.app.clock.now() {
            return Ok(());
        }
        let (name, until) = (&sent.name, self.day(sent.valid_until).await?);
        let title =
            Localized::new(format!("Offer ends on {until}: {name}"), format!("专属报价将于 {until} 到期：{name}"));
        let text = Localized::new(
            format!("“{name}” can still be accepted until {until}."),
            format!("专属报价「{name}」可在 {until} 之前接受。"),
        );
        self.tell_both(tx, &offer, (title, text)).await
    }

    /// The last day of an offer has passed.
    pub async fn on_expiry_due(&self, tx: &mut Tx, id: PrivateOfferId, version: i64) -> Result<()> {
        let Some(offer) = offers::find(tx, id).await? else { return Ok(()) };
        let Some(sent) = offer.sent.as_ref().filter(|sent| sent.version == version) else { return Ok(()) };
        let now = self.app.clock.now();
        if offer.state != State::Sent || sent.valid_until > now {
            return Ok(());
        }
        let ended = (PrivateOfferState::Expired, Ended { at: now, by: None });
        offers::end(tx, (id, PrivateOfferState::Sent, version), ended).await?;
        jobs::publish(tx, now, &kernel::Event::PrivateOfferEnded { offer: id, version }).await
    }

    /// The wallet does not cover an instalment: its order waits, and both sides know.
    pub(super) async fn tell_lacking(
        &self,
        tx: &mut Tx,
        offer: &Offer,
        (number, amount): (u32, Money),
        order: OrderId,
    ) -> Result<()> {
        let (name, number_of) = (name_of(offer), self.orders.find(tx, order).await?.number);
        let hours = self.policies.current().await?.offers.instalment_retry_hours;
        let title = Localized::new(
            format!("Instalment {number} of “{name}” lacks money"),
            format!("「{name}」第 {number} 期余额不足"),
        );
        let text = Localized::new(
            format!(
                "Order {number_of} over {amount} waits for its payment. The wallet is tried again every {hours} hours; \
                 the order ends when it is not paid in time."
            ),
            format!("订单 {number_of}（{amount}）待付款。系统每 {hours} 小时重试一次扣款，逾期未付则订单取消。"),
        );
        self.tell_both(tx, offer, (title, text)).await
    }

    pub(super) async fn tell_missed(&self, tx: &mut Tx, offer: &Offer, (number, amount): (u32, Money)) -> Result<()> {
        let name = name_of(offer);
        let title = Localized::new(
            format!("Instalment {number} of “{name}” was not paid"),
            format!("「{name}」第 {number} 期未支付"),
        );
        let text = Localized::new(
            format!("Its order over {amount} ended without a payment. The seller can ask for it again."),
            format!("该期订单（{amount}）已结束而未支付，商家可再次请款。"),
        );
        self.tell_both(tx, offer, (title, text)).await
    }

    async fn tell_both(&self, tx: &mut Tx, offer: &Offer, (title, text): (Localized, Localized)) -> Result<()> {
        self.messages.tell(tx, offer.buyer, Topic::Order, title.clone(), text.clone()).await?;
        self.messages.tell(tx, offer.seller, Topic::Order, title, text).await
    }

    async fn day(&self, moment: kernel::Timestamp) -> Result<String> {
        Ok(moment.format("%Y-%m-%d %H:%M", &self.policies.current().await?.zone()))
    }
}

fn name_of(offer: &Offer) -> &str {
    offer.sent.as_ref().map_or(&offer.draft.name, |sent| &sent.name)
}
