//! Why something that was asked of what is metered is not done.

use kernel::{Localized, Refusal, id::InstanceId, time::Period};

#[derive(Debug, thiserror::Error)]
pub enum MeteringRefused {
    #[error("this was bought for a term or for good; only what is paid as it is used can be closed")]
    NotByUse,
    #[error("this has ended already")]
    Ended,
    #[error("this record was mended or laid aside already")]
    Over,
    #[error("send 1 to {0} records at once")]
    Count(usize),
    #[error("part of this package has been used, so that it cannot be given back")]
    PackageUsed,
    #[error("this package was bought again already; say on the new one when it is bought again")]
    BoughtAgain,
}

/// An hour or a day that cannot be charged, for whoever has to mend that. What follows waits: its price depends on it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the hour or day from {} to {} of the instance {instance} cannot be charged: {why}. Everything before it is charged; what is used \
     later waits",
    period.from, period.until
)]
pub(crate) struct Unchargeable {
    pub(crate) instance: InstanceId,
    pub(crate) period: Period,
    pub(crate) why: String,
}

impl Refusal for MeteringRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotByUse => "usage.not_by_use",
            Self::Ended => "usage.ended",
            Self::Over => "usage.over",
            Self::Count(_) => "usage.count",
            Self::PackageUsed => "package.used",
            Self::BoughtAgain => "package.bought_again",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotByUse => "该资源按期限或一次性购买，只有按用量付费的资源可以关闭".to_owned(),
            Self::Ended => "该资源已经结束".to_owned(),
            Self::Over => "该话单已修正或已忽略".to_owned(),
            Self::PackageUsed => "该套餐包已有用量抵扣，不能退订".to_owned(),
            Self::BoughtAgain => "该套餐包已自动复购，可在新的套餐包上设置".to_owned(),
            Self::Count(most) => format!("一次须上报 1 至 {most} 条话单"),
        };
        Localized::new(self.to_string(), zh)
    }
}
