//! Why an order is not placed, paid or moved on.

use kernel::{Localized, Money, Refusal, Timestamp};

use super::StateName;

#[derive(Debug, thiserror::Error)]
pub enum OrderRefused {
    #[error("an order that is {state} cannot be {wanted}")]
    WrongState { state: StateName, wanted: StateName },
    #[error("the quote was valid until {0}; ask for a new one")]
    QuoteExpired(Timestamp),
    #[error("this quote was accepted already; ask for a new one to buy again")]
    QuoteUsed,
    #[error("the price or its terms have changed since you looked; look at the new ones, then accept them")]
    OfferChanged,
    #[error("buying needs real-name verification; submit it under your account first")]
    Unverified,
    #[error("a seller cannot buy its own product; use test codes to try it")]
    OwnProduct,
    #[error("this can be bought again when what you have of it has ended")]
    OnePurchase,
    #[error("an account may hold at most {max} of this, and yours holds {held}; choose less")]
    TooMany { max: u64, held: u64 },
    #[error("this was bought for no certain time, so that there is nothing to renew")]
    NothingToRenew,
    #[error("another term costs {price} now, which is more than {max}; agree to at least that")]
    BelowRenewal { price: Money, max: Money },
    #[error("an account may have {max} of this at a time, and yours has {held}; buy again when one of them has ended")]
    TooManyPurchases { max: u64, held: u64 },
    #[error(
        "only so many of this are sold, and you have an order of it that is not paid; pay or cancel that one first"
    )]
    UnpaidPiece,
    #[error("this is paid as it is used, and your wallet is empty; top up first")]
    EmptyWallet,
    #[error("this is paid as it is used, and what was used before is unpaid; top up first, and it is paid at once")]
    Owing,
    #[error("what is paid as it is used is sold at its list prices; leave it out of the offer")]
    ByUse,
    #[error("what this order is for is not sold to you any more, so that it cannot be paid; nothing was charged")]
    NoLongerSold,
    #[error("the payment of this order was due at {0}; it is being cancelled")]
    PaymentOverdue(Timestamp),
    /// What the site says about when it can be bought.
    #[error("this kind of product cannot be bought yet; {}", .0.en)]
    NotYet(Localized),
}

impl StateName {
    const fn zh(self) -> &'static str {
        match self {
            Self::Placed => "待付款",
            Self::Paid => "处理中",
            Self::Completed => "已完成",
            Self::Cancelled => "已取消",
            Self::Refunded => "已退订",
        }
    }

    /// What brings an order into this state.
    const fn step_zh(self) -> &'static str {
        match self {
            Self::Placed => "下单",
            Self::Paid => "支付",
            Self::Completed => "完成",
            Self::Cancelled => "取消",
            Self::Refunded => "退订",
        }
    }
}

impl Refusal for OrderRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongState { .. } => "order.wrong_state",
            Self::QuoteExpired(_) => "quote.expired",
            Self::QuoteUsed => "quote.used",
            Self::OfferChanged => "order.offer_changed",
            Self::Unverified => "order.unverified",
            Self::OwnProduct => "order.own_product",
            Self::OnePurchase => "order.one_purchase",
            Self::TooMany { .. } | Self::TooManyPurchases { .. } => "order.too_many",
            Self::UnpaidPiece => "order.unpaid_piece",
            Self::EmptyWallet => "order.empty_wallet",
            Self::Owing => "order.owing",
            Self::ByUse => "order.by_use",
            Self::NothingToRenew => "order.nothing_to_renew",
            Self::BelowRenewal { .. } => "order.below_renewal",
            Self::NoLongerSold => "order.no_longer_sold",
            Self::PaymentOverdue(_) => "order.payment_overdue",
            Self::NotYet(_) => "order.not_yet",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::WrongState { state, wanted } => format!("订单{}，不能{}", state.zh(), wanted.step_zh()),
            Self::QuoteExpired(until) => format!("询价的有效期已于 {until} 结束，须重新询价"),
            Self::QuoteUsed => "该询价已经下过单，再次购买须重新询价".to_owned(),
            Self::OfferChanged => "价格或条款在您查看之后有变化，请核对后重新提交".to_owned(),
            Self::Unverified => "购买前须完成账号的实名认证".to_owned(),
            Self::OwnProduct => "商家不能购买自己的商品，可用测试授权码试用".to_owned(),
            Self::OnePurchase => "该规格限购一份，现有资源到期后才能再次购买".to_owned(),
            Self::TooMany { max, held } => {
                format!("每个账号最多可拥有 {max}，当前已有 {held}，须减少购买数量")
            }
            Self::NothingToRenew => "该资源没有到期时间，无须续费".to_owned(),
            Self::BelowRenewal { price, max } => {
                format!("当前续费价格为 {price}，高于 {max}，自动续费的最高价格不能低于当前价格")
            }
            Self::TooManyPurchases { max, held } => {
                format!("每个账号最多同时拥有 {max} 份，当前已有 {held} 份，其中一份到期后才能再次购买")
            }
            Self::UnpaidPiece => "该规格库存有限，您已有一笔待付款订单，须先付款或取消该订单".to_owned(),
            Self::EmptyWallet => "该商品按用量付费，钱包须有余额才能开通，请先充值".to_owned(),
            Self::Owing => "该商品按用量付费，您此前的用量费用尚未付清，请先充值，到账后自动扣费".to_owned(),
            Self::ByUse => "按用量付费的规格只按标价销售，不能列入专属报价".to_owned(),
            Self::NoLongerSold => "订单中的商品已不再向您销售，不能付款，未产生任何扣款".to_owned(),
            Self::PaymentOverdue(due) => format!("该订单的付款期限是 {due}，现已超时，正在取消"),
            Self::NotYet(later) => format!("暂时不能购买此类商品。{}", later.zh),
        };
        Localized::new(self.to_string(), zh)
    }
}
