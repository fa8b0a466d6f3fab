//! Why a coupon is not given, not taken or not used.

use kernel::{Currency, Localized, Money, Refusal, Timestamp, money::MoneyError};
use pricing::PricingRefused;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefused {
    #[error("no coupon has this code; check it letter by letter")]
    UnknownCode,
    #[error("this code was redeemed already")]
    CodeRedeemed,
    #[error("this coupon was used already")]
    Used,
    #[error("this coupon was voided by whoever issued it")]
    Voided,
    #[error("this coupon can be used from {0}")]
    NotYet(Timestamp),
    #[error("this coupon could be used until {0}")]
    Over(Timestamp),
    #[error("this coupon is for products of another seller")]
    OtherSeller,
    #[error("this coupon is for other products of the seller")]
    OtherProduct,
    #[error("this coupon is for prices in {0}")]
    OtherCurrency(Currency),
    #[error("this coupon needs a price of {from} or more, and this is {price}")]
    BelowThreshold { from: Money, price: Money },
    #[error("an order takes {0} coupons at most; take one off first")]
    TooMany(u32),
    #[error("the price is nothing already")]
    NothingLeft,
    #[error("a share of this price is less than the smallest amount there is; use this coupon on a higher price")]
    TooSmall,
    #[error("all coupons of this batch are given out")]
    NoneLeft,
    #[error("this account has all the coupons of this batch that one account may have: {0}")]
    ShareTaken(u32),
    #[error("a seller cannot take its own coupons")]
    OwnCoupon,
    #[error("these coupons are given to customers by name or by code")]
    NotShown,
    #[error("only an open batch can be changed; this one was voided")]
    BatchVoided,
    #[error("this discount has ended")]
    DiscountEnded,
    #[error("this resale authorisation has ended")]
    ResaleEnded,
    #[error("this resale authorisation was decided already")]
    ResaleDecided,
    #[error("this account does not resell this product; leave the customer out")]
    NotResold,
    #[error("what this coupon takes off is too large to be computed")]
    Overflow,
}

impl Refusal for OfferRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownCode => "coupon.unknown_code",
            Self::CodeRedeemed => "coupon.code_redeemed",
            Self::Used => "coupon.used",
            Self::Voided => "coupon.voided",
            Self::NotYet(_) => "coupon.not_yet",
            Self::Over(_) => "coupon.over",
            Self::OtherSeller => "coupon.other_seller",
            Self::OtherProduct => "coupon.other_product",
            Self::OtherCurrency(_) => "coupon.other_currency",
            Self::BelowThreshold { .. } => "coupon.below_threshold",
            Self::TooMany(_) => "coupon.too_many",
            Self::NothingLeft => "coupon.nothing_left",
            Self::TooSmall => "coupon.too_small",
            Self::NoneLeft => "coupon.none_left",
            Self::ShareTaken(_) => "coupon.share_taken",
            Self::OwnCoupon => "coupon.own",
            Self::NotShown => "coupon.not_shown",
            Self::BatchVoided => "coupon.batch_voided",
            Self::DiscountEnded => "discount.ended",
            Self::ResaleEnded => "resale.ended",
            Self::ResaleDecided => "resale.decided",
            Self::NotResold => "resale.not_resold",
            Self::Overflow => "coupon.overflow",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::UnknownCode => "没有这个兑换码，请逐位核对".to_owned(),
            Self::CodeRedeemed => "该兑换码已被兑换".to_owned(),
            Self::Used => "该优惠券已经用过".to_owned(),
            Self::Voided => "该优惠券已被发放方作废".to_owned(),
            Self::NotYet(from) => format!("该优惠券从 {from} 起可用"),
            Self::Over(until) => format!("该优惠券的有效期已于 {until} 结束"),
            Self::OtherSeller => "该优惠券适用于其他商家的商品".to_owned(),
            Self::OtherProduct => "该优惠券适用于该商家的其他商品".to_owned(),
            Self::OtherCurrency(currency) => format!("该优惠券适用于以 {currency} 计价的商品"),
            Self::BelowThreshold { from, price } => format!("满 {from} 可用，当前金额为 {price}"),
            Self::TooMany(most) => format!("每个订单最多使用 {most} 张优惠券，可先取消已选的"),
            Self::NothingLeft => "应付金额已为零".to_owned(),
            Self::TooSmall => "按比例减免的金额不足最小货币单位，可用于金额更高的订单".to_owned(),
            Self::NoneLeft => "这批优惠券已发完".to_owned(),
            Self::ShareTaken(most) => format!("这批优惠券每个账号最多 {most} 张，本账号已领完"),
            Self::OwnCoupon => "商家不能领取自己发放的优惠券".to_owned(),
            Self::NotShown => "这批优惠券由发放方定向发放或凭兑换码领取".to_owned(),
            Self::BatchVoided => "这批优惠券已作废，不能再操作".to_owned(),
            Self::DiscountEnded => "该专属优惠已结束".to_owned(),
            Self::ResaleEnded => "该转售授权已终止".to_owned(),
            Self::ResaleDecided => "该转售授权已处理".to_owned(),
            Self::NotResold => "本账号未获该商品的转售授权，不用填写客户".to_owned(),
            Self::Overflow => "优惠金额过大，无法计算".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// What prices refuse beyond what coupons and discounts check themselves is a number that does not fit.
impl From<PricingRefused> for OfferRefused {
    fn from(_: PricingRefused) -> Self {
        Self::Overflow
    }
}

impl From<MoneyError> for OfferRefused {
    fn from(_: MoneyError) -> Self {
        Self::Overflow
    }
}
