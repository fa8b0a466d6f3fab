//! What keeps something from being changed, and where a change stands.

use std::collections::BTreeMap;

use catalogue::Changeable;
use instances::{Instance, State};
use kernel::{
    Localized, Refusal, Timestamp, choices,
    id::{AccountId, InstanceId, OrderId, OrderLineId, SkuId},
    time::Period,
};

choices! {
    /// Where a change stands.
    pub enum ChangeProgress {
        /// Paid; its seller's system has to carry it out.
        Running = "running",
        Done = "done",
        /// It was not carried out, and its price went back.
        Failed = "failed",
        /// It was given back with what it changed.
        Returned = "returned",
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeRefused {
    #[error("this is being tried; buy it first, then it can be changed")]
    Trial,
    #[error("its term is over and it is frozen; renew it first, then it can be changed")]
    Frozen,
    #[error("this has been released and cannot be changed; buy it again")]
    Released,
    #[error("a change of this is being carried out; change it again when that is done or was paid back")]
    Running,
    #[error("this is not paid for a term of months or years, so that it cannot be changed; buy another one")]
    NoTerm,
    #[error("its renewal from {0} on is paid already; give that back or wait until then, then change it")]
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
}

impl Refusal for ChangeRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Trial => "change.trial",
            Self::Frozen => "change.frozen",
            Self::Released => "change.released",
            Self::Running => "change.running",
            Self::NoTerm => "change.no_term",
            Self::RenewedAhead(_) => "change.renewed_ahead",
            Self::Agreed => "change.agreed",
            Self::NotAllowed => "change.not_allowed",
            Self::OnlyMore => "change.only_more",
            Self::OtherProduct => "change.other_product",
            Self::Nothing => "change.nothing",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Trial => "该资源正在试用，购买后才能变更".to_owned(),
            Self::Frozen => "该资源已到期冻结，续费后才能变更".to_owned(),
            Self::Released => "该资源已释放，不能变更，可重新购买".to_owned(),
            Self::Running => "该资源正在变更，完成或退款后才能再次变更".to_owned(),
            Self::NoTerm => "该资源不是包年包月，不能变更，可另行购买".to_owned(),
            Self::RenewedAhead(from) => format!("自 {from} 起的续费已支付，须先退订该续费，或等续费生效后再变更"),
            Self::Agreed => "该资源按专属报价购买，须请商家变更报价".to_owned(),
            Self::NotAllowed => "商家不支持在有效期内变更该规格，可联系商家".to_owned(),
            Self::OnlyMore => "商家仅支持扩容，如需其他规格请联系商家".to_owned(),
            Self::OtherProduct => "只能变更为同一商品中包年包月的其他规格".to_owned(),
            Self::Nothing => "所选规格与当前规格相同，须增加数量或选择其他规格".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
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
        State::Active | State::Expired { .. } if instance.is_trial => return Err(ChangeRefused::Trial),
        State::Active if instance.is_usable(now) => {}
        State::Active | State::Expired { .. } => return Err(ChangeRefused::Frozen),
        State::Released { .. } => return Err(ChangeRefused::Released),
    }
    if instance.changing.is_some() {
        return Err(ChangeRefused::Running);
    }
    let term = standing.term.filter(|_| standing.periodic == Periodic::Yes).ok_or(ChangeRefused::NoTerm)?;
    if standing.agreed {
        return Err(ChangeRefused::Agreed);
    }
    match standing.allowed {
        Changeable::Never => return Err(ChangeRefused::NotAllowed),
        Changeable::More | Changeable::Any => {}
    }
    if now < term.from { Err(ChangeRefused::RenewedAhead(term.from)) } else { Ok(term) }
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
    use kernel::id::ProductId;
    use policy::AccessType;

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
            frozen_days: 15,
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
}
