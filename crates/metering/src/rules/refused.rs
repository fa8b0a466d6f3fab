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
    #[error("there is no record, and no correction of one, with this number")]
    CorrectsNothing,
    #[error("something else is recorded under this number; give each correction its own")]
    CorrectionKnown,
    #[error(
        "the amount has to be 0 or more, with at most 4 decimals, and no more than a record may count; 0 withdraws the record"
    )]
    CorrectionQuantity,
    #[error("the record begins more than {0} days ago, and cannot be corrected any more")]
    CorrectionTooOld(u32),
    #[error("what this corrects was corrected since; look at the record as it is now")]
    CorrectionOutdated,
    #[error("a record can be corrected like this {0} times at most")]
    CorrectionTimes(usize),
    #[error("the record is one of {0}; what corrects it has to say the same meter, or none")]
    CorrectionMeter(String),
    #[error("the record counts this already")]
    CorrectionSame,
    #[error("this correction was decided already, or nobody has decided in time")]
    CorrectionDecided,
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
            Self::CorrectsNothing => "usage.corrects_nothing",
            Self::CorrectionKnown => "usage.correction_known",
            Self::CorrectionQuantity => "usage.correction_quantity",
            Self::CorrectionTooOld(_) => "usage.correction_too_old",
            Self::CorrectionOutdated => "usage.correction_outdated",
            Self::CorrectionTimes(_) => "usage.correction_times",
            Self::CorrectionMeter(_) => "usage.correction_meter",
            Self::CorrectionSame => "usage.correction_same",
            Self::CorrectionDecided => "usage.correction_decided",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotByUse => "该资源按期限或一次性购买，只有按用量付费的资源可以关闭".to_owned(),
            Self::Ended => "该资源已经结束".to_owned(),
            Self::Over => "该话单已修正或已忽略".to_owned(),
            Self::PackageUsed => "该套餐包已有用量抵扣，不能退订".to_owned(),
            Self::BoughtAgain => "该套餐包已自动复购，可在新的套餐包上设置".to_owned(),
            Self::CorrectsNothing => "没有该流水号的话单或更正".to_owned(),
            Self::CorrectionKnown => "该流水号已有其他内容，每次更正须有唯一编号".to_owned(),
            Self::CorrectionQuantity => {
                "用量须不小于 0、最多 4 位小数且不超过单条话单上限；填 0 表示撤销该话单".to_owned()
            }
            Self::CorrectionTooOld(days) => format!("该话单开始于 {days} 天以前，不能再更正"),
            Self::CorrectionOutdated => "所更正的内容此后已被更正，请以该话单的最新状态为准".to_owned(),
            Self::CorrectionTimes(most) => format!("一条话单最多可这样更正 {most} 次"),
            Self::CorrectionMeter(meter) => format!("该话单的计费项为 {meter}，更正须填写相同的计费项或不填"),
            Self::CorrectionSame => "该话单的用量已是此值".to_owned(),
            Self::CorrectionDecided => "该更正已处理或已超过期限".to_owned(),
            Self::Count(most) => format!("一次须上报 1 至 {most} 条话单"),
        };
        Localized::new(self.to_string(), zh)
    }
}
