//! Why an offer is not written, sent, accepted or ended.

use kernel::{Localized, Money, Refusal, Timestamp};

use super::PrivateOfferState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateOfferRefused {
    #[error("an offer that is {0} cannot be changed any more; make a new one")]
    Closed(PrivateOfferState),
    #[error("this offer is {0}; only one that lies before the buyer can be answered")]
    NotOpen(PrivateOfferState),
    #[error("this offer could be accepted until {0}; ask the seller to send it again")]
    Over(Timestamp),
    #[error("the seller has sent another version since you looked; read it, then accept it")]
    Revised,
    #[error("something in this offer is not on sale any more; ask the seller to revise it")]
    OffSale,
    #[error("tick that you agree to the terms of this offer")]
    NotAgreed,
    #[error("only an instalment whose order ended without a payment can be asked for again")]
    NotMissed,
    #[error("nothing was sent yet; messages begin with the offer")]
    NotSent,
    #[error("this offer is {0}; only one that was accepted and runs can be amended")]
    NotRunning(PrivateOfferState),
    #[error("what was ordered at acceptance is not delivered yet; amend the offer when it is")]
    NotDelivered,
    #[error("it can be returned without a reason until {0}; amend the offer after that")]
    StillReturnable(Timestamp),
    #[error("an amendment lies before the buyer already; withdraw it first")]
    AmendmentOpen,
    #[error("this amendment is not open any more; look at the offer again")]
    AmendmentOver,
    #[error(
        "an instalment has become due or the offer has changed since the amendment was sent; ask the seller to send it again"
    )]
    AmendmentMoved,
    #[error("the wallet lacks money for {0}; top it up, then accept")]
    WalletShort(Money),
}

impl Refusal for PrivateOfferRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Closed(_) => "private_offer.closed",
            Self::NotOpen(_) => "private_offer.not_open",
            Self::Over(_) => "private_offer.over",
            Self::Revised => "private_offer.revised",
            Self::OffSale => "private_offer.off_sale",
            Self::NotAgreed => "private_offer.not_agreed",
            Self::NotMissed => "private_offer.not_missed",
            Self::NotSent => "private_offer.not_sent",
            Self::NotRunning(_) => "private_offer.not_running",
            Self::NotDelivered => "private_offer.not_delivered",
            Self::StillReturnable(_) => "private_offer.still_returnable",
            Self::AmendmentOpen => "private_offer.amendment_open",
            Self::AmendmentOver => "private_offer.amendment_over",
            Self::AmendmentMoved => "private_offer.amendment_moved",
            Self::WalletShort(_) => "private_offer.wallet_short",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::Closed(state) => format!("{}的报价不能再修改，可新建一份报价", state.zh()),
            Self::NotOpen(state) => format!("该报价{}，只有待买家答复的报价可以处理", state.zh()),
            Self::Over(until) => format!("该报价的有效期已于 {until} 结束，可请商家重新发送"),
            Self::Revised => "商家在您查看之后发送了新版本，请核对后再接受".to_owned(),
            Self::OffSale => "报价中有商品已下架，可请商家修改报价".to_owned(),
            Self::NotAgreed => "须勾选同意本报价的条款".to_owned(),
            Self::NotMissed => "只有订单已结束而未支付的分期可以再次请款".to_owned(),
            Self::NotSent => "报价尚未发送，发送后才能留言".to_owned(),
            Self::NotRunning(state) => format!("该报价{}，只有已接受且在履行中的报价可以变更", state.zh()),
            Self::NotDelivered => "首笔订单尚未交付，交付后才能变更".to_owned(),
            Self::StillReturnable(until) => format!("买家在 {until} 之前可无理由退订，此后才能变更"),
            Self::AmendmentOpen => "已有变更待买家答复，须先撤回".to_owned(),
            Self::AmendmentOver => "该变更已不可答复，请重新查看报价".to_owned(),
            Self::AmendmentMoved => "变更发送后已有分期到期或报价有变动，可请商家重新发送变更".to_owned(),
            Self::WalletShort(amount) => format!("钱包余额不足以支付 {amount}，请充值后再接受"),
        };
        Localized::new(self.to_string(), zh)
    }
}

impl PrivateOfferState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "未发送",
            Self::Sent => "待答复",
            Self::Accepted => "已接受",
            Self::Declined => "已谢绝",
            Self::Withdrawn => "已撤回",
            Self::Expired => "已过期",
        }
    }
}
