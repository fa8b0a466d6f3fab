//! Who is told of coupons.

use kernel::{
    Event, Localized, Result,
    id::{AccountId, CouponBatchId, CouponId},
};
use messages::Topic;
use platform::{Tx, jobs};

use crate::{
    Offers,
    rules::Taken,
    store::{batches, coupons},
};

/// Holders of a voided batch who are told in one job, well within its lease.
const HOLDERS: usize = 500;

impl Offers {
    /// The customer learns that it has a coupon, and until when.
    pub async fn on_coupon_given(&self, tx: &mut Tx, id: CouponId) -> Result<()> {
        let Some(Taken { coupon, batch }) = coupons::find(tx, id).await? else { return Ok(()) };
        let Some(account) = coupon.account else { return Ok(()) };
        let giver = self.accounts.find(tx, batch.account).await?.name;
        let (name, value) = (&batch.terms.name, batch.terms.value.text());
        let zone = self.policies.current().await?.zone();
        let until = batch.valid.until.format("%Y-%m-%d %H:%M", &zone);
        let title =
            Localized::new(format!("A coupon for you: {}", value.en), format!("您收到一张优惠券：{}", value.zh));
        let text = Localized::new(
            format!("{giver} gave you the coupon “{}” ({}). It can be used until {until}.", name.en, value.en),
            format!("{giver} 向您发放了优惠券「{}」（{}），有效期至 {until}。", name.zh, value.zh),
        );
        self.messages.tell(tx, account, Topic::Order, title, text).await
    }

    /// Those who held coupons of the batch learn that they cannot use them any more: some now, the rest in jobs of their own.
    pub async fn on_batch_voided(&self, tx: &mut Tx, id: CouponBatchId, after: Option<AccountId>) -> Result<()> {
        let Some(batch) = batches::find(tx, id).await? else { return Ok(()) };
        let giver = self.accounts.find(tx, batch.account).await?.name;
        let name = &batch.terms.name;
        let title = Localized::new(format!("Coupon voided: {}", name.en), format!("优惠券已作废：{}", name.zh));
        let text = Localized::new(
            format!("{giver} voided the coupon “{}”. Orders that were placed with it keep their price.", name.en),
            format!("{giver} 已作废优惠券「{}」。已用该券下的订单价格不变。", name.zh),
        );
        let holders = coupons::holders_voided(tx, (id, after), HOLDERS).await?;
        for account in &holders {
            self.messages.tell(tx, *account, Topic::Order, title.clone(), text.clone()).await?;
        }
        match holders.last() {
            Some(last) if holders.len() == HOLDERS => {
                let rest = Event::CouponBatchVoided { batch: id, after: Some(*last) };
                jobs::publish(tx, self.app.clock.now(), &rest).await
            }
            Some(_) | None => Ok(()),
        }
    }
}
