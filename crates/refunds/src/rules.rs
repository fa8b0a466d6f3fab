//! Whether a line may be returned, and what goes back.

use kernel::{
    Localized, Money, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, RefundId},
};
use orders::LineState;

choices! {
    /// Why money goes back.
    pub enum Cause {
        /// Within the days in which no reason is needed (5天无理由退订).
        NoReason = "no_reason",
        /// A renewal whose term had not begun (退订续费周期).
        RenewalNotBegun = "renewal_not_begun",
        /// What opens after its buyer's acceptance was refused (验收不通过).
        NotAccepted = "not_accepted",
        /// Delivery was given up.
        DeliveryFailed = "delivery_failed",
        /// A change of specification was given up.
        ChangeFailed = "change_failed",
    }
}

#[derive(Clone, Debug)]
pub struct Refund {
    pub id: RefundId,
    pub account: AccountId,
    pub seller: AccountId,
    pub order: OrderId,
    pub line: OrderLineId,
    pub instance: Option<InstanceId>,
    pub cause: Cause,
    /// What the buyer wrote, or why delivery or a change was given up.
    pub reason: String,
    pub amount: Money,
    pub paid_at: Timestamp,
}

/// What a return would do, and under which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub cause: Cause,
    pub amount: Money,
    /// Until when it can be returned like this.
    pub until: Timestamp,
    /// How many returns of this year are used and allowed.
    pub used: u32,
    pub allowed: u32,
    pub explanation: Localized,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
    #[error(
        "what was bought is of a kind that cannot be returned without a reason; write to the seller's support instead"
    )]
    NotReturnable,
    #[error("it could be returned without a reason until {0}; write to the seller's support instead")]
    TooLate(Timestamp),
    #[error("this account has used all {0} returns without a reason of this calendar year")]
    AllowanceUsed(u32),
    #[error("it was renewed; give its renewals back first, the last one first")]
    Renewed,
    #[error("it has no renewal that could be given back")]
    NotRenewed,
    #[error("its new term began at {0}; only a renewal whose term has not begun can be given back")]
    RenewalBegun(Timestamp),
    #[error("a change of it is being carried out; give it back when that is done or was paid back")]
    Changing,
    #[error("it was changed in its new term, so that its renewal cannot be given back")]
    Changed,
    #[error("a licence file that holds for the new term was downloaded after the renewal, so it cannot be given back")]
    FileIssued,
    #[error("part of this package has been used, and only a package of which nothing was used can be given back")]
    PackageUsed,
    #[error("it has been released, so that nothing of it can be given back")]
    Released,
    #[error("an order line that is {0} cannot be returned")]
    WrongState(LineState),
}

impl Refusal for RefundRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotReturnable => "refund.not_returnable",
            Self::TooLate(_) => "refund.too_late",
            Self::AllowanceUsed(_) => "refund.allowance_used",
            Self::Renewed => "refund.renewed",
            Self::NotRenewed => "refund.not_renewed",
            Self::RenewalBegun(_) => "refund.renewal_begun",
            Self::Changing => "refund.changing",
            Self::Changed => "refund.changed",
            Self::FileIssued => "refund.file_issued",
            Self::PackageUsed => "refund.package_used",
            Self::Released => "refund.released",
            Self::WrongState(_) => "refund.wrong_state",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotReturnable => "该类商品不支持无理由退订，可联系商家的售后支持".to_owned(),
            Self::TooLate(until) => format!("无理由退订的期限已于 {until} 结束，可联系商家的售后支持"),
            Self::AllowanceUsed(most) => format!("本账号今年的 {most} 次无理由退订已经用完"),
            Self::Renewed => "该资源已续费，须先从最近一次开始退订续费".to_owned(),
            Self::NotRenewed => "该资源没有可退订的续费".to_owned(),
            Self::RenewalBegun(at) => format!("续费的期限已于 {at} 开始，只有尚未生效的续费可以退订"),
            Self::Changing => "该资源正在变更，变更完成或退款后才能退订".to_owned(),
            Self::Changed => "该资源在新的期限内已变更，续费不能退订".to_owned(),
            Self::FileIssued => "续费后已下载包含新期限的授权文件，该续费不能退订".to_owned(),
            Self::PackageUsed => "该套餐包已有用量抵扣，只有未使用的套餐包可以退订".to_owned(),
            Self::Released => "该资源已释放，不能退订".to_owned(),
            Self::WrongState(state) => format!("该订单行{}，不能退订", state_zh(*state)),
        };
        Localized::new(self.to_string(), zh)
    }
}

const fn state_zh(state: LineState) -> &'static str {
    match state {
        LineState::Placed => "尚未付款",
        LineState::Paid => "尚未交付",
        LineState::Delivered => "已交付",
        LineState::Cancelled => "已取消",
        LineState::Refunded => "已退订",
    }
}

/// What is known of a line when its return is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What was paid for it, and for changes of its specification, which go back with it.
    pub(crate) back: pricing::Refund,
    pub(crate) state: LineState,
    pub(crate) opened_at: Timestamp,
    /// The rule under which it was bought.
    pub(crate) no_reason_hours: u32,
    pub(crate) used: u32,
    pub(crate) allowed: u32,
}

/// What has happened since a renewal that keeps it from being given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    Nothing,
    /// Its specification was changed in the new term.
    Changed,
    /// A file that cannot be called back holds for the new term.
    FileIssued,
    Released,
}

/// Decides on giving a renewal back: in full before its term begins. After that only where the site's rules gave it days, as
/// something new within those from its effect: the later of its term's beginning and its payment (`opened_at`).
pub(crate) fn renewal(
    case: &Case,
    (begins, since): (Timestamp, Since),
    now: Timestamp,
) -> Result<Preview, RefundRefused> {
    match since {
        Since::Nothing => {}
        Since::Changed => return Err(RefundRefused::Changed),
        Since::FileIssued => return Err(RefundRefused::FileIssued),
        Since::Released => return Err(RefundRefused::Released),
    }
    if now >= begins {
        return if case.no_reason_hours == 0 { Err(RefundRefused::RenewalBegun(begins)) } else { no_reason(case, now) };
    }
    let Case { back, state, used, allowed, opened_at: _, no_reason_hours: _ } = case;
    match *state {
        // What brings another specification is delivered when its term begins.
        LineState::Delivered | LineState::Paid => {}
        LineState::Placed | LineState::Cancelled | LineState::Refunded => {
            return Err(RefundRefused::WrongState(*state));
        }
    }
    let pricing::Refund { amount, text } = back;
    let explanation = Localized::new(
        format!("{}. The new term has not begun; this is not counted among the year's returns.", text.en),
        format!("{}。新的期限尚未开始，不计入本年退订次数。", text.zh),
    );
    Ok(Preview {
        cause: Cause::RenewalNotBegun,
        amount: *amount,
        until: begins,
        used: *used,
        allowed: *allowed,
        explanation,
    })
}

/// Decides on refusing what waits for its acceptance: the full price, until it counts as accepted. So that nobody uses one thing
/// after the other for nothing, it is one of the year's returns.
pub(crate) fn not_accepted(case: &Case, accept_by: Timestamp, now: Timestamp) -> Result<Preview, RefundRefused> {
    let Case { ref back, state, used, allowed, .. } = *case;
    match state {
        LineState::Paid => {}
        LineState::Placed | LineState::Delivered | LineState::Cancelled | LineState::Refunded => {
            return Err(RefundRefused::WrongState(state));
        }
    }
    if now >= accept_by {
        return Err(RefundRefused::TooLate(accept_by));
    }
    if used >= allowed {
        return Err(RefundRefused::AllowanceUsed(allowed));
    }
    let nth = used + 1;
    let pricing::Refund { amount, text } = back;
    let explanation = Localized::new(
        format!("{}. It was not accepted; this is return {nth} of {allowed} this calendar year.", text.en),
        format!("{}。验收未通过。本自然年第 {nth} 次，共可 {allowed} 次。", text.zh),
    );
    Ok(Preview { cause: Cause::NotAccepted, amount: *amount, until: accept_by, used, allowed, explanation })
}

/// Decides on a return without a reason: the full price, inside the window, while the year's allowance lasts.
pub(crate) fn no_reason(case: &Case, now: Timestamp) -> Result<Preview, RefundRefused> {
    let Case { ref back, state, opened_at, no_reason_hours, used, allowed } = *case;
    match state {
        LineState::Delivered => {}
        LineState::Placed | LineState::Paid | LineState::Cancelled | LineState::Refunded => {
            return Err(RefundRefused::WrongState(state));
        }
    }
    if no_reason_hours == 0 {
        return Err(RefundRefused::NotReturnable);
    }
    let until = opened_at.plus_seconds(i64::from(no_reason_hours) * 3_600);
    if now >= until {
        return Err(RefundRefused::TooLate(until));
    }
    if used >= allowed {
        return Err(RefundRefused::AllowanceUsed(allowed));
    }
    let nth = used + 1;
    let pricing::Refund { amount, text } = back;
    let explanation = Localized::new(
        format!(
            "{}. It is returned within {no_reason_hours} hours of opening, as return {nth} of {allowed} this calendar year.",
            text.en
        ),
        format!("{}。开通后 {no_reason_hours} 小时内退订，本自然年第 {nth} 次，共可 {allowed} 次。", text.zh),
    );
    Ok(Preview { cause: Cause::NoReason, amount: *amount, until, used, allowed, explanation })
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn case() -> Case {
        Case {
            back: pricing::refund(Money::of(729_000, Currency::CNY), &[]).unwrap(),
            state: LineState::Delivered,
            opened_at: Timestamp::from_micros(0),
            no_reason_hours: 120,
            used: 0,
            allowed: 10,
        }
    }

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(hours * 3_600)
    }

    #[test]
    fn five_days_are_five_times_24_hours_from_the_opening() {
        assert_eq!(no_reason(&case(), hours(120).plus_micros(-1)).unwrap().amount, Money::of(729_000, Currency::CNY));
        assert_eq!(no_reason(&case(), hours(120)), Err(RefundRefused::TooLate(hours(120))));
    }

    #[test]
    fn what_was_sold_without_a_window_cannot_be_returned() {
        assert_eq!(no_reason(&Case { no_reason_hours: 0, ..case() }, hours(0)), Err(RefundRefused::NotReturnable));
    }

    #[test]
    fn what_waits_for_its_acceptance_goes_back_in_full_until_it_counts_as_accepted() {
        let waiting = Case { state: LineState::Paid, no_reason_hours: 0, ..case() };
        let preview = not_accepted(&waiting, hours(360), hours(359)).unwrap();
        assert_eq!(
            (preview.cause, preview.amount, preview.until),
            (Cause::NotAccepted, case().back.amount, hours(360))
        );
        assert_eq!(not_accepted(&waiting, hours(360), hours(360)), Err(RefundRefused::TooLate(hours(360))));
        let used_up = not_accepted(&Case { used: 10, ..waiting.clone() }, hours(360), hours(1));
        assert_eq!(used_up, Err(RefundRefused::AllowanceUsed(10)));
        for state in LineState::ALL {
            let refused = not_accepted(&Case { state: *state, ..waiting.clone() }, hours(360), hours(1));
            assert_eq!(refused.is_ok(), *state == LineState::Paid, "{state}");
        }
    }

    #[test]
    fn the_years_allowance_is_a_limit() {
        assert_eq!(no_reason(&Case { used: 9, ..case() }, hours(1)).unwrap().used, 9);
        assert_eq!(no_reason(&Case { used: 10, ..case() }, hours(1)), Err(RefundRefused::AllowanceUsed(10)));
    }

    #[test]
    fn a_renewal_goes_back_in_full_until_its_term_begins_and_then_within_five_days() {
        let begins = hours(1_000);
        let check = |case: &Case, now: i64, expected: Result<Cause, RefundRefused>| {
            assert_eq!(
                renewal(case, (begins, Since::Nothing), hours(now)).map(|preview| preview.cause),
                expected,
                "{now}"
            );
        };
        let effective = Case { opened_at: begins, ..case() };
        check(&effective, 0, Ok(Cause::RenewalNotBegun));
        check(&effective, 999, Ok(Cause::RenewalNotBegun));
        check(&effective, 1_000, Ok(Cause::NoReason));
        check(&effective, 1_119, Ok(Cause::NoReason));
        check(&effective, 1_120, Err(RefundRefused::TooLate(hours(1_120))));
        // What has not begun needs neither a window nor an allowance.
        check(&Case { no_reason_hours: 0, used: 10, ..effective.clone() }, 999, Ok(Cause::RenewalNotBegun));
        check(&Case { no_reason_hours: 0, ..effective.clone() }, 1_000, Err(RefundRefused::RenewalBegun(begins)));
        check(&Case { used: 10, ..effective.clone() }, 1_000, Err(RefundRefused::AllowanceUsed(10)));
        check(&Case { state: LineState::Paid, ..effective.clone() }, 999, Ok(Cause::RenewalNotBegun));
        check(
            &Case { state: LineState::Paid, ..effective.clone() },
            1_000,
            Err(RefundRefused::WrongState(LineState::Paid)),
        );
        check(
            &Case { state: LineState::Refunded, ..effective.clone() },
            0,
            Err(RefundRefused::WrongState(LineState::Refunded)),
        );
        // Paid while it was frozen: five days from the payment.
        let late = Case { opened_at: hours(1_200), ..case() };
        check(&late, 1_319, Ok(Cause::NoReason));
        check(&late, 1_320, Err(RefundRefused::TooLate(hours(1_320))));
        let back = |since| renewal(&effective, (begins, since), hours(0)).map(|preview| preview.amount);
        assert_eq!(back(Since::Nothing), Ok(Money::of(729_000, Currency::CNY)));
        assert_eq!(back(Since::Changed), Err(RefundRefused::Changed));
        assert_eq!(back(Since::FileIssued), Err(RefundRefused::FileIssued));
        assert_eq!(back(Since::Released), Err(RefundRefused::Released));
    }

    #[test]
    fn what_goes_back_is_told_by_the_price_engine_and_why_by_the_sites_rules() {
        let yuan = |minor| Money::of(minor, Currency::CNY);
        let back = pricing::refund(yuan(729_000), &[yuan(50_000)]).unwrap();
        let preview = no_reason(&Case { back: back.clone(), ..case() }, hours(1)).unwrap();
        assert_eq!(preview.amount, yuan(779_000));
        assert!(preview.explanation.en.starts_with(&back.text.en), "{}", preview.explanation.en);
        assert!(preview.explanation.zh.contains("本自然年第 1 次"), "{}", preview.explanation.zh);
    }

    #[test]
    fn only_what_was_delivered_can_be_returned() {
        for state in LineState::ALL {
            let returned = no_reason(&Case { state: *state, ..case() }, hours(1));
            assert_eq!(returned.is_ok(), *state == LineState::Delivered, "{state}");
        }
    }
}
