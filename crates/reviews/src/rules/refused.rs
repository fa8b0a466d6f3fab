//! Why something about a review is not done.

use kernel::{Localized, Refusal};

use super::case::ReviewCaseState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReviewRefused {
    #[error("only an account that has bought the product and paid for it can review it")]
    NotBought,
    #[error("a trial cannot be reviewed; buy the product, and say what you think of it then")]
    Trial,
    #[error("what you had of this product cost nothing; only what was paid for can be reviewed")]
    NotPaid,
    #[error("what you had of this product was given back within {0} hours, too soon to be reviewed")]
    ReturnedUnused(u32),
    #[error("this is your own product; sellers do not review what they sell")]
    Own,
    #[error(
        "your account was verified as the same company or person as the seller's; sellers do not review what they sell"
    )]
    SameAsSeller,
    #[error("you have reviewed this product already; change that review instead")]
    Exists,
    #[error("the operator has hidden this review; it can be appealed, not changed")]
    Hidden,
    #[error("this review has been withdrawn")]
    Withdrawn,
    #[error("an account can write or change {0} reviews in 24 hours; go on tomorrow")]
    TooOften(u32),
    #[error("this review was changed {0} times, which is as often as it can be")]
    TooManyEdits(u32),
    #[error("this review was answered {0} times, which is as often as it can be")]
    TooManyAnswers(u32),
    #[error("this review has no answer")]
    NoAnswer,
    #[error("this is your own review; change or withdraw it instead")]
    OwnReport,
    #[error("you have reported this review already; the operator looks at it")]
    Reported,
    #[error(
        "the operator has looked at this review and keeps it as it is; report it again when it says something else"
    )]
    KeptAsItIs,
    #[error("an account can report {0} reviews in 24 hours; go on tomorrow")]
    TooManyReports(u32),
    #[error("this is {state}, so that it cannot be {wanted}")]
    CaseState { state: ReviewCaseState, wanted: &'static str },
    #[error("the time for an appeal is over")]
    AppealOver,
    #[error("whoever hid the review does not decide on the appeal; leave it to a colleague")]
    SameHand,
}

impl Refusal for ReviewRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotBought => "review.not_bought",
            Self::Trial => "review.trial",
            Self::NotPaid => "review.not_paid",
            Self::ReturnedUnused(_) => "review.returned_unused",
            Self::Own | Self::SameAsSeller => "review.own",
            Self::Exists => "review.exists",
            Self::Hidden => "review.hidden",
            Self::Withdrawn => "review.withdrawn",
            Self::TooOften(_) => "review.too_often",
            Self::TooManyEdits(_) => "review.too_many_edits",
            Self::TooManyAnswers(_) => "review.too_many_answers",
            Self::NoAnswer => "review.no_answer",
            Self::OwnReport => "review.own_report",
            Self::Reported => "review.reported",
            Self::KeptAsItIs => "review.kept",
            Self::TooManyReports(_) => "review.too_many_reports",
            Self::CaseState { .. } => "review.case_state",
            Self::AppealOver => "review.appeal_over",
            Self::SameHand => "review.same_hand",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotBought => "只有购买并付款的账号可以评价该商品".to_owned(),
            Self::Trial => "试用不能评价，购买后可以评价".to_owned(),
            Self::NotPaid => "贵账号使用该商品未产生费用，只有付费购买的可以评价".to_owned(),
            Self::ReturnedUnused(hours) => format!("所购商品在交付后 {hours} 小时内已退订，不能评价"),
            Self::Own => "这是本账号的商品，商家不能评价自己的商品".to_owned(),
            Self::SameAsSeller => "本账号与商家的实名主体相同，商家不能评价自己的商品".to_owned(),
            Self::Exists => "本账号已评价过该商品，可修改原有评价".to_owned(),
            Self::Hidden => "该评价已被平台屏蔽，不能修改，可以申诉".to_owned(),
            Self::Withdrawn => "该评价已撤回".to_owned(),
            Self::TooOften(most) => format!("每个账号 24 小时内最多发表或修改 {most} 条评价，明天再继续"),
            Self::TooManyEdits(most) => format!("每条评价最多修改 {most} 次，不能再修改"),
            Self::TooManyAnswers(most) => format!("每条评价最多回复或修改回复 {most} 次，不能再修改"),
            Self::NoAnswer => "该评价没有回复".to_owned(),
            Self::OwnReport => "这是本账号的评价，可以修改或撤回".to_owned(),
            Self::Reported => "已举报过该评价，平台正在处理".to_owned(),
            Self::KeptAsItIs => "平台已审核该评价并予以保留，内容修改后可以再次举报".to_owned(),
            Self::TooManyReports(most) => format!("每个账号 24 小时内最多举报 {most} 条评价，明天再继续"),
            Self::CaseState { state, wanted } => {
                let wanted = match *wanted {
                    "appealed" => "申诉",
                    _ => "审核",
                };
                format!("该举报{}，不能{wanted}", state.zh())
            }
            Self::AppealOver => "申诉期限已过".to_owned(),
            Self::SameHand => "作出屏蔽决定的审核员不能审核申诉，须由其他审核员处理".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}
