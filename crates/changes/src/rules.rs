//! What keeps something from being changed, and where a change stands.

use std::collections::BTreeMap;

use catalogue::{Changeable, Offer};
use delivery::{ChangeCheck, CheckState};
use instances::{Instance, State};
use jiff::tz::TimeZone;
use kernel::{
    Localized, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, SkuId},
    time::Period,
};
use policy::{AccessType, BillingMode};
use pricing::PeriodUnit;

choices! {
    /// Where a change stands.
    pub enum ChangeProgress {
        /// Paid with a renewal; it begins with the new term.
        Ahead = "ahead",
        /// Paid; its seller's system has to carry it out.
        Running = "running",
        Done = "done",
        /// It was not carried out, and its price went back.
        Failed = "failed",
        /// It was given back with what it changed.
        Returned = "returned",
        /// Its renewal was given back before the new term began.
        Withdrawn = "withdrawn",
    }
}

/// A change that was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub line: OrderLineId,
    pub instance: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub order: OrderId,
    pub state: ChangeProgress,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Of one that was bought with a renewal: when the new term begins, and it with that.
    pub starts_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeRefused {
    #[error("this is being tried; buy it first, then it can be changed")]
    Trial,
    #[error("its term is over; renew it first, then it can be changed")]
    Frozen,
    #[error("this has been released and cannot be changed; buy it again")]
    Released,
    #[error("a change of this is being carried out; change it again when that is done or was paid back")]
    Running,
    #[error("this is not paid for a term of months or years, so that it cannot be changed; buy another one")]
    NoTerm,
    #[error("this waits for its acceptance; accept it first, then change it")]
    NotAccepted,
    #[error("its renewal from {from} on is paid already; give that back or wait until then, then change it", from = minute(*.0))]
    RenewedAhead(Timestamp),
    #[error("this was bought under a private offer; ask its seller for an amendment of that")]
    Agreed,
    #[error("its seller does not allow changes of this before the end of its term; ask the seller")]
    NotAllowed,
    #[error("its seller allows more of the same alone; to have another edition, ask the seller")]
    OnlyMore,
    #[error("it can become another edition of the same product that is paid for a term, and nothing else")]
    OtherProduct,
    #[error("this is what you have; choose more or another edition")]
    Nothing,
    #[error("it can be renewed with another specification from {from} on", from = minute(*.0))]
    TooEarly(Timestamp),
    #[error(
        "with a renewal, only hosted software that is paid for months or years can get another specification; renew this as it is"
    )]
    NotHosted,
    #[error("its seller does not allow changes of this; renew it as it is, or ask the seller")]
    NotAtAll,
    #[error("its seller allows another number of the same alone; to have another edition, ask the seller")]
    OnlyNumbers,
    #[error("this is what you have; choose another number or edition, or renew it as it is")]
    AsItIs,
}

impl Refusal for ChangeRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Trial => "change.trial",
            Self::Frozen => "change.frozen",
            Self::Released => "change.released",
            Self::Running => "change.running",
            Self::NoTerm => "change.no_term",
            Self::NotAccepted => "change.not_accepted",
            Self::RenewedAhead(_) => "change.renewed_ahead",
            Self::Agreed => "change.agreed",
            Self::NotAllowed => "change.not_allowed",
            Self::OnlyMore => "change.only_more",
            Self::OtherProduct => "change.other_product",
            Self::Nothing | Self::AsItIs => "change.nothing",
            Self::TooEarly(_) => "change.too_early",
            Self::NotHosted => "change.not_hosted",
            Self::NotAtAll => "change.not_at_all",
            Self::OnlyNumbers => "change.only_numbers",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Trial => "该资源正在试用，购买后才能变更".to_owned(),
            Self::Frozen => "该资源已到期，续费后才能变更".to_owned(),
            Self::Released => "该资源已释放，不能变更，可重新购买".to_owned(),
            Self::Running => "该资源正在变更，完成或退款后才能再次变更".to_owned(),
            Self::NoTerm => "该资源不是包年包月，不能变更，可另行购买".to_owned(),
            Self::NotAccepted => "该资源待验收，确认验收后才能变更".to_owned(),
            Self::RenewedAhead(from) => {
                format!("自 {} 起的续费已支付，须先退订该续费，或等续费生效后再变更", minute(*from))
            }
            Self::Agreed => "该资源按专属报价购买，须请商家变更报价".to_owned(),
            Self::NotAllowed => "商家不支持在有效期内变更该规格，可联系商家".to_owned(),
            Self::OnlyMore => "商家仅支持扩容，如需其他规格请联系商家".to_owned(),
            Self::OtherProduct => "只能变更为同一商品中包年包月的其他规格".to_owned(),
            Self::Nothing => "所选规格与当前规格相同，须增加数量或选择其他规格".to_owned(),
            Self::TooEarly(from) => format!("自 {} 起可在续费时变更规格", minute(*from)),
            Self::NotHosted => "仅包年包月的 SaaS 支持续费变更，该资源可按原规格续费".to_owned(),
            Self::NotAtAll => "商家不支持变更该规格，可按原规格续费或联系商家".to_owned(),
            Self::OnlyNumbers => "商家仅支持变更数量，如需其他规格请联系商家".to_owned(),
            Self::AsItIs => "所选规格与当前规格相同，须选择其他数量或规格，或按原规格续费".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// A moment for people, who may be anywhere.
fn minute(moment: Timestamp) -> String {
    moment.format("%Y-%m-%d %H:%M UTC", &TimeZone::UTC)
}

/// What is known of something that is to be changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// The last term that is paid.
    pub(crate) term: Option<Period>,
    /// It is paid for a term of months or years.
    pub(crate) periodic: Periodic,
    /// Its present term was paid under a private offer.
    pub(crate) agreed: bool,
    pub(crate) allowed: Changeable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Periodic {
    Yes,
    No,
}

/// The term for the rest of which something can be changed now.
pub(crate) fn may_change(instance: &Instance, standing: Standing, now: Timestamp) -> Result<Period, ChangeRefused> {
    match instance.state {
        State::Pending { .. } => return Err(ChangeRefused::NotAccepted),
        State::Active | State::Grace { .. } | State::Expired { .. } if instance.is_trial => {
            return Err(ChangeRefused::Trial);
        }
        State::Active if instance.is_in_term(now) => {}
        // In its grace there is nothing left of the term that a change could be reckoned on.
        State::Active | State::Grace { .. } | State::Expired { .. } => return Err(ChangeRefused::Frozen),
        State::Released { .. } => return Err(ChangeRefused::Released),
    }
    may_be_paid_now(instance, standing, now)?;
    let term = standing.term.filter(|_| standing.periodic == Periodic::Yes).ok_or(ChangeRefused::NoTerm)?;
    if standing.agreed {
        return Err(ChangeRefused::Agreed);
    }
    match standing.allowed {
        Changeable::Never => return Err(ChangeRefused::NotAllowed),
        Changeable::More | Changeable::Any => {}
    }
    Ok(term)
}

/// What is paid and has not begun, or is not done, comes first: neither more of what is there now, nor another specification of
/// what is to come, so that no limit is gone round by one and the other.
fn may_be_paid_now(instance: &Instance, standing: Standing, now: Timestamp) -> Result<(), ChangeRefused> {
    match standing.term {
        Some(term) if now < term.from => Err(ChangeRefused::RenewedAhead(term.from)),
        Some(_) | None if instance.changing.is_some() => Err(ChangeRefused::Running),
        Some(_) | None => Ok(()),
    }
}

/// Whether something can become what is offered at all: another specification of the same product that is paid for a term.
pub(crate) fn is_a_target(instance: &Instance, offer: &Offer) -> Result<(), ChangeRefused> {
    let fits = offer.product == instance.product
        && offer.access_type == instance.access_type
        && offer.billing_mode == BillingMode::Period;
    if fits { Ok(()) } else { Err(ChangeRefused::OtherProduct) }
}

/// Whether something can be renewed with another specification now: in the days before its end, and until it is released.
/// Until when it is paid.
pub(crate) fn may_renew_into(
    instance: &Instance,
    standing: Standing,
    renewal_days: u32,
    now: Timestamp,
) -> Result<Timestamp, ChangeRefused> {
    match instance.state {
        State::Pending { .. } => return Err(ChangeRefused::NotAccepted),
        State::Active | State::Grace { .. } | State::Expired { .. } if instance.is_trial => {
            return Err(ChangeRefused::Trial);
        }
        State::Active | State::Grace { .. } | State::Expired { .. } => {}
        State::Released { .. } => return Err(ChangeRefused::Released),
    }
    may_be_paid_now(instance, standing, now)?;
    let until = instance.expires_at.filter(|_| standing.periodic == Periodic::Yes && standing.term.is_some());
    let until = until.filter(|_| instance.access_type == AccessType::Saas).ok_or(ChangeRefused::NotHosted)?;
    if standing.agreed {
        return Err(ChangeRefused::Agreed);
    }
    match standing.allowed {
        Changeable::Never => return Err(ChangeRefused::NotAtAll),
        Changeable::More | Changeable::Any => {}
    }
    let from = until.plus_days(-i64::from(renewal_days));
    if now < from { Err(ChangeRefused::TooEarly(from)) } else { Ok(until) }
}

/// Whether a term of such a unit can begin with another specification: a day is over before its seller's system has done it.
pub(crate) fn is_renewed_into_by(unit: Option<PeriodUnit>) -> Result<(), ChangeRefused> {
    match unit {
        Some(PeriodUnit::Month | PeriodUnit::Year) => Ok(()),
        Some(PeriodUnit::Day) | None => Err(ChangeRefused::NotHosted),
    }
}

/// Whether something may become what is wanted of it with its renewal: more or fewer of the same, and where its seller allows
/// that, another edition, larger or smaller.
pub(crate) fn may_be_renewed_as(
    instance: &Instance,
    (sku, quantities): (SkuId, &BTreeMap<String, u64>),
    allowed: Changeable,
) -> Result<(), ChangeRefused> {
    let same = sku == instance.sku;
    if same && *quantities == instance.quantities {
        return Err(ChangeRefused::AsItIs);
    }
    match allowed {
        Changeable::Any => Ok(()),
        Changeable::More if same => Ok(()),
        Changeable::More => Err(ChangeRefused::OnlyNumbers),
        Changeable::Never => Err(ChangeRefused::NotAtAll),
    }
}

/// What its seller's system has to say to another specification before that is paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckWanted {
    #[error("ask its seller's system first whether this is possible; its answer counts for a while, and for one order")]
    Ask,
    #[error("its seller's system is being asked whether this is possible; wait for its answer")]
    Asking,
    #[error("its seller's system does not agree{}", said(.0.as_ref()))]
    Refused(Option<String>),
    #[error("its seller's system has not answered whether this is possible; try again later")]
    Unanswered,
}

fn said(words: Option<&String>) -> String {
    words.map(|words| format!(": {words}")).unwrap_or_default()
}

impl Refusal for CheckWanted {
    fn code(&self) -> &'static str {
        match self {
            Self::Ask => "change.not_checked",
            Self::Asking => "change.being_checked",
            Self::Refused(_) => "change.check_refused",
            Self::Unanswered => "change.check_unanswered",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Ask => "须先询问商家系统能否变更，其答复在一段时间内对一个订单有效".to_owned(),
            Self::Asking => "正在询问商家系统能否变更，请等待答复".to_owned(),
            Self::Refused(Some(words)) => format!("商家系统不同意变更：{words}"),
            Self::Refused(None) => "商家系统不同意变更".to_owned(),
            Self::Unanswered => "商家系统未答复能否变更，请稍后再试".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// Whether what a seller's system said lets just that be paid now.
pub(crate) fn agreed(check: Option<&ChangeCheck>) -> Result<&ChangeCheck, CheckWanted> {
    match check.map(|check| (check.state, check)) {
        None => Err(CheckWanted::Ask),
        Some((CheckState::Passed, check)) => Ok(check),
        Some((CheckState::Asked, _)) => Err(CheckWanted::Asking),
        Some((CheckState::Refused, check)) => Err(CheckWanted::Refused(check.said.clone())),
        Some((CheckState::Unanswered, _)) => Err(CheckWanted::Unanswered),
    }
}

/// Whether something may become what is wanted of it.
pub(crate) fn may_become(
    instance: &Instance,
    (sku, quantities): (SkuId, &BTreeMap<String, u64>),
    allowed: Changeable,
) -> Result<(), ChangeRefused> {
    let same = sku == instance.sku;
    if same && *quantities == instance.quantities {
        return Err(ChangeRefused::Nothing);
    }
    let had = |code: &str| instance.quantities.get(code).copied().unwrap_or(0);
    let only_more = same && quantities.iter().all(|(code, count)| *count >= had(code));
    match allowed {
        Changeable::Any => Ok(()),
        Changeable::More if only_more => Ok(()),
        Changeable::More => Err(ChangeRefused::OnlyMore),
        Changeable::Never => Err(ChangeRefused::NotAllowed),
    }
}

#[cfg(test)]
mod tests {
    use delivery::Target;
    use instances::AfterTerm;
    use kernel::id::{ErrandId, ProductId};

    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_days(days)
    }

    fn instance() -> Instance {
        Instance {
            id: InstanceId::new(at(0)),
            account: AccountId::new(at(0)),
            seller: AccountId::new(at(0)),
            order: OrderId::new(at(0)),
            line: OrderLineId::new(at(0)),
            product: ProductId::new(at(0)),
            sku: SkuId::new(at(0)),
            sku_code: "PRO".to_owned(),
            title: Localized::new("Log search", "日志检索"),
            attributes: BTreeMap::new(),
            access_type: AccessType::Saas,
            quantities: BTreeMap::from([("users".to_owned(), 25)]),
            activated_at: at(0),
            expires_at: Some(at(30)),
            after: AfterTerm { grace_days: 0, frozen_days: 15 },
            is_trial: false,
            state: State::Active,
            version: 1,
            specified_by: None,
            changing: None,
        }
    }

    fn standing() -> Standing {
        let term = Some(Period { from: at(0), until: at(30) });
        Standing { term, periodic: Periodic::Yes, agreed: false, allowed: Changeable::Any }
    }

    #[test]
    fn only_what_runs_in_a_paid_term_of_the_list_can_be_changed() {
        let check = |instance: &Instance, standing: Standing, day: i64, expected: Result<(), ChangeRefused>| {
            assert_eq!(may_change(instance, standing, at(day)).map(drop), expected);
        };
        let (plain, usual) = (instance(), standing());
        check(&plain, usual, 1, Ok(()));
        check(&plain, usual, 30, Err(ChangeRefused::Frozen));
        let frozen = State::Expired { at: at(30), release_at: at(45) };
        check(&Instance { state: frozen, ..instance() }, usual, 31, Err(ChangeRefused::Frozen));
        let released = State::Released { at: at(46), cause: instances::EndCause::Expiry };
        check(&Instance { state: released, ..instance() }, usual, 50, Err(ChangeRefused::Released));
        check(&Instance { is_trial: true, ..instance() }, usual, 1, Err(ChangeRefused::Trial));
        check(&Instance { changing: Some(plain.line), ..instance() }, usual, 1, Err(ChangeRefused::Running));
        check(&plain, Standing { term: None, ..usual }, 1, Err(ChangeRefused::NoTerm));
        check(&plain, Standing { periodic: Periodic::No, ..usual }, 1, Err(ChangeRefused::NoTerm));
        check(&plain, Standing { agreed: true, ..usual }, 1, Err(ChangeRefused::Agreed));
        check(&plain, Standing { allowed: Changeable::Never, ..usual }, 1, Err(ChangeRefused::NotAllowed));
        check(&plain, Standing { allowed: Changeable::More, ..usual }, 1, Ok(()));
        let ahead = Some(Period { from: at(30), until: at(60) });
        let renewed = Instance { expires_at: Some(at(60)), ..instance() };
        check(&renewed, Standing { term: ahead, ..usual }, 29, Err(ChangeRefused::RenewedAhead(at(30))));
        check(&renewed, Standing { term: ahead, ..usual }, 30, Ok(()));
    }

    #[test]
    fn more_is_less_than_anything_else() {
        let held = instance();
        let check = |sku: SkuId, users: u64, allowed: Changeable, expected: Result<(), ChangeRefused>| {
            let wanted = BTreeMap::from([("users".to_owned(), users)]);
            assert_eq!(may_become(&held, (sku, &wanted), allowed), expected, "{users}");
        };
        let other = SkuId::new(at(1));
        for allowed in [Changeable::More, Changeable::Any] {
            check(held.sku, 25, allowed, Err(ChangeRefused::Nothing));
            check(held.sku, 26, allowed, Ok(()));
        }
        check(held.sku, 24, Changeable::More, Err(ChangeRefused::OnlyMore));
        check(other, 25, Changeable::More, Err(ChangeRefused::OnlyMore));
        check(other, 25, Changeable::Any, Ok(()));
        check(held.sku, 26, Changeable::Never, Err(ChangeRefused::NotAllowed));
    }

    #[test]
    fn from_thirty_days_before_its_end_it_is_renewed_as_something_else() {
        let usual = Standing { term: Some(Period { from: at(0), until: at(365) }), ..standing() };
        let plain = Instance { expires_at: Some(at(365)), ..instance() };
        let check = |instance: &Instance, standing: Standing, day: i64, expected: Result<Timestamp, ChangeRefused>| {
            assert_eq!(may_renew_into(instance, standing, 30, at(day)), expected, "{day}");
        };
        check(&plain, usual, 334, Err(ChangeRefused::TooEarly(at(335))));
        check(&plain, usual, 335, Ok(at(365)));
        check(&plain, usual, 364, Ok(at(365)));
        // Frozen, it begins at the old end all the same; released, there is nothing to renew.
        let frozen = Instance { state: State::Expired { at: at(365), release_at: at(380) }, ..plain.clone() };
        check(&frozen, usual, 370, Ok(at(365)));
        let released = State::Released { at: at(380), cause: instances::EndCause::Expiry };
        check(&Instance { state: released, ..plain.clone() }, usual, 381, Err(ChangeRefused::Released));
        check(&Instance { is_trial: true, ..plain.clone() }, usual, 340, Err(ChangeRefused::Trial));
        let file = Instance { access_type: AccessType::License, ..plain.clone() };
        check(&file, usual, 340, Err(ChangeRefused::NotHosted));
        check(&plain, Standing { periodic: Periodic::No, ..usual }, 340, Err(ChangeRefused::NotHosted));
        check(&plain, Standing { agreed: true, ..usual }, 340, Err(ChangeRefused::Agreed));
        check(&plain, Standing { allowed: Changeable::Never, ..usual }, 340, Err(ChangeRefused::NotAtAll));
        check(&plain, Standing { allowed: Changeable::More, ..usual }, 340, Ok(at(365)));
    }

    #[test]
    fn what_is_paid_and_not_done_forbids_everything_else() {
        let ahead = Standing { term: Some(Period { from: at(30), until: at(60) }), ..standing() };
        let paid = Instance { expires_at: Some(at(60)), changing: Some(instance().line), ..instance() };
        for day in [1, 29] {
            assert_eq!(may_change(&paid, ahead, at(day)), Err(ChangeRefused::RenewedAhead(at(30))));
            assert_eq!(may_renew_into(&paid, ahead, 30, at(day)), Err(ChangeRefused::RenewedAhead(at(30))));
        }
        // Its term has begun and its seller's system works on it.
        assert_eq!(may_change(&paid, ahead, at(30)), Err(ChangeRefused::Running));
        assert_eq!(may_renew_into(&paid, ahead, 30, at(30)), Err(ChangeRefused::Running));
        // A renewal as it was, paid ahead, is given back first.
        let renewed = Instance { changing: None, ..paid };
        assert_eq!(may_renew_into(&renewed, ahead, 30, at(29)), Err(ChangeRefused::RenewedAhead(at(30))));
        assert_eq!(may_renew_into(&renewed, ahead, 30, at(30)), Ok(at(60)));
    }

    #[test]
    fn by_the_day_it_is_renewed_as_it_is() {
        for unit in [PeriodUnit::Month, PeriodUnit::Year] {
            assert_eq!(is_renewed_into_by(Some(unit)), Ok(()));
        }
        for unit in [Some(PeriodUnit::Day), None] {
            assert_eq!(is_renewed_into_by(unit), Err(ChangeRefused::NotHosted));
        }
    }

    #[test]
    fn moments_are_said_for_people() {
        let early = ChangeRefused::TooEarly(at(3)).text();
        assert!(early.en.contains("from 1970-01-04 00:00 UTC on"), "{}", early.en);
        assert!(early.zh.contains("自 1970-01-04 00:00 UTC 起"), "{}", early.zh);
    }

    #[test]
    fn with_a_renewal_it_becomes_less_too() {
        let held = instance();
        let check = |sku: SkuId, users: u64, allowed: Changeable, expected: Result<(), ChangeRefused>| {
            let wanted = BTreeMap::from([("users".to_owned(), users)]);
            assert_eq!(may_be_renewed_as(&held, (sku, &wanted), allowed), expected, "{users}");
        };
        let other = SkuId::new(at(1));
        for allowed in [Changeable::More, Changeable::Any] {
            check(held.sku, 25, allowed, Err(ChangeRefused::AsItIs));
            check(held.sku, 26, allowed, Ok(()));
            check(held.sku, 1, allowed, Ok(()));
        }
        check(other, 25, Changeable::Any, Ok(()));
        check(other, 25, Changeable::More, Err(ChangeRefused::OnlyNumbers));
        check(held.sku, 1, Changeable::Never, Err(ChangeRefused::NotAtAll));
    }

    #[test]
    fn nothing_is_paid_that_its_sellers_system_has_not_agreed_to() {
        let check = |state: CheckState, words: Option<&str>| ChangeCheck {
            errand: ErrandId::new(at(0)),
            instance: instance().id,
            account: instance().account,
            seller: instance().seller,
            target: Target {
                product: instance().product,
                sku: instance().sku,
                sku_code: "PRO".to_owned(),
                title: Localized::new("Pro", "专业版"),
                attributes: BTreeMap::new(),
                quantities: BTreeMap::new(),
                before: instance().line,
            },
            state,
            said: words.map(str::to_owned),
            asked_at: at(0),
            answered_at: None,
            used_by: None,
        };
        assert_eq!(agreed(None).unwrap_err(), CheckWanted::Ask);
        assert!(agreed(Some(&check(CheckState::Passed, None))).is_ok());
        for (state, code) in [
            (CheckState::Asked, "change.being_checked"),
            (CheckState::Refused, "change.check_refused"),
            (CheckState::Unanswered, "change.check_unanswered"),
        ] {
            assert_eq!(agreed(Some(&check(state, None))).unwrap_err().code(), code);
        }
        let refused = agreed(Some(&check(CheckState::Refused, Some("12 users are in use")))).unwrap_err().text();
        assert!(refused.en.ends_with("does not agree: 12 users are in use"), "{}", refused.en);
        assert!(refused.zh.ends_with("：12 users are in use"), "{}", refused.zh);
    }
}
