//! Why an offer is not written, sent, accepted or ended.

use kernel::{Localized, Refusal, Timestamp};

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
