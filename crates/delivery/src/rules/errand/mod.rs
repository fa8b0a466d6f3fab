//! What a seller's system has to be told of one order line, and what follows from its answer.

use kernel::{
    Localized, Refusal, Timestamp, choices,
    id::{AccountId, DeliveryId, ErrandId, OrderId, OrderLineId, ProductId},
};
use policy::Scenario;
use production::Trouble;

mod asked;
mod follow;

pub(crate) use asked::About;
pub(crate) use follow::{After, Pauses};

choices! {
    pub enum ErrandKind {
        /// Take note of an order that was paid.
        Notify = "notify",
        /// Create the instance.
        Create = "create",
        /// Its buyer has accepted it: its term has begun.
        Accept = "accept",
        /// Ask how its buyer gets in.
        Access = "access",
        /// Its end has moved, by a renewal or because one was given back.
        Refresh = "refresh",
        /// What was tried was bought, and goes on until another end.
        Convert = "convert",
        /// Ask whether it could be renewed with another specification.
        Check = "check",
        /// It gets another specification, which was paid for: now, or with the term that begins.
        Upgrade = "upgrade",
        /// Its term is over: nobody may use it.
        Freeze = "freeze",
        /// It was frozen and goes on: it can be used again.
        Unfreeze = "unfreeze",
        /// It is over for good.
        Release = "release",
    }
}

impl ErrandKind {
    /// Whether an earlier one must not be told after this one: it would undo it, or tell what is not so any more.
    pub(crate) fn overtakes(self, earlier: Self) -> bool {
        match self {
            Self::Freeze => earlier == Self::Unfreeze,
            Self::Unfreeze => earlier == Self::Freeze,
            Self::Refresh => earlier == Self::Refresh,
            Self::Notify
            | Self::Create
            | Self::Accept
            | Self::Access
            | Self::Convert
            | Self::Check
            | Self::Upgrade
            | Self::Release => false,
        }
    }

    /// Whether money waits for it: it is tried as often and as long as a creation, and then the money goes back.
    pub(crate) fn is_paid(self) -> bool {
        match self {
            Self::Create | Self::Upgrade => true,
            Self::Notify
            | Self::Accept
            | Self::Access
            | Self::Refresh
            | Self::Convert
            | Self::Check
            | Self::Freeze
            | Self::Unfreeze
            | Self::Release => false,
        }
    }

    /// The case that a seller keeps who wants to be told such a thing of authorisation codes, or the other of its pair; none: nobody is.
    pub(crate) fn of_code(self) -> Option<Scenario> {
        match self {
            Self::Refresh => Some(Scenario::RenewCode),
            Self::Freeze => Some(Scenario::FreezeCode),
            Self::Unfreeze => Some(Scenario::UnfreezeCode),
            Self::Release => Some(Scenario::ReleaseCode),
            Self::Notify | Self::Create | Self::Accept | Self::Access | Self::Convert | Self::Check | Self::Upgrade => {
                None
            }
        }
    }

    /// Whether it says what something is, or would be.
    fn tells_what(self) -> bool {
        match self {
            Self::Notify | Self::Create | Self::Check | Self::Upgrade => true,
            Self::Accept
            | Self::Access
            | Self::Refresh
            | Self::Convert
            | Self::Freeze
            | Self::Unfreeze
            | Self::Release => false,
        }
    }

    /// Whether it is a question, which says nothing by itself.
    pub(crate) fn asks(self) -> bool {
        self.only_asks() && self != Self::Notify
    }

    /// Whether it asks, or tells of an order, and changes nothing: such a one waits for nobody, and nobody waits for it.
    pub(crate) fn only_asks(self) -> bool {
        match self {
            Self::Notify | Self::Access | Self::Check => true,
            Self::Create
            | Self::Accept
            | Self::Refresh
            | Self::Convert
            | Self::Upgrade
            | Self::Freeze
            | Self::Unfreeze
            | Self::Release => false,
        }
    }
}

choices! {
    /// Why an end has moved, as sellers' systems are told.
    pub enum Scene {
        Renewal = "RENEWAL",
        Returned = "UNSUBSCRIBE_RENEWAL_PERIOD",
        /// The term begins for which it was renewed with another specification.
        Changed = "RENEWAL_CHANGE",
    }
}

/// What is told of an end that has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// The renewal's own.
    pub line: OrderLineId,
    pub scene: Scene,
    pub until: Timestamp,
    /// The product, where the period of the price has changed.
    pub product: Option<ProductId>,
}

choices! {
    pub enum ErrandState {
        /// Waits for its next try.
        Due = "due",
        /// The seller's system has accepted it and works on it.
        Waiting = "waiting",
        Done = "done",
        /// Given up; its seller can restart it.
        Dead = "dead",
        /// Something later has made it needless.
        Dropped = "dropped",
    }
}

impl ErrandState {
    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::Due | Self::Waiting => true,
            Self::Done | Self::Dead | Self::Dropped => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Errand {
    pub id: ErrandId,
    pub kind: ErrandKind,
    pub line: OrderLineId,
    pub order: OrderId,
    pub account: AccountId,
    pub seller: AccountId,
    pub delivery: DeliveryId,
    /// How the seller's system names the instance, as soon as it is known.
    pub remote: Option<String>,
    /// It was given back for money.
    pub returned: bool,
    /// Of one that tells of another end.
    pub refresh: Option<Refresh>,
    /// Of one that tells of another specification: the line that paid for it.
    pub change: Option<OrderLineId>,
    pub state: ErrandState,
    pub tries: u32,
    /// What went wrong the last time.
    pub trouble: Option<Trouble>,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ErrandRefused {
    #[error("this is done or needless by now; nothing is left to restart")]
    Over,
    #[error("only what was told can be told again; a question, a creation and a change of specification are not")]
    NotTold,
    #[error("something of the same purchase is still to be told; wait for it, or restart it")]
    Busy,
    #[error("its specification was changed after that; what was told before would undo the change")]
    Changed,
    #[error("the order was not carried out in time and its price went back to the buyer; it cannot be restarted")]
    Refunded,
}

impl Refusal for ErrandRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Over => "errand.over",
            Self::NotTold => "errand.not_told",
            Self::Busy => "errand.busy",
            Self::Changed => "errand.changed",
            Self::Refunded => "errand.refunded",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::Over => "该任务已处理完毕或不再需要，无须重新启动",
            Self::NotTold => "只能重新通知已通知过的事项，查询、开通和变更规格不能重发",
            Self::Busy => "同一购买还有事项尚未通知，请等待其完成或重新启动",
            Self::Changed => "此后已变更规格，重新通知此前的事项会使变更失效",
            Self::Refunded => "订单未能按时完成，款项已退回买家，不能重新启动",
        };
        Localized::new(self.to_string(), zh)
    }
}

/// Whether all that a seller's system was told of one line, the first one first, leaves it frozen.
pub(crate) fn is_frozen(all: &[Errand]) -> bool {
    let tells = |errand: &&Errand| matches!(errand.kind, ErrandKind::Freeze | ErrandKind::Unfreeze);
    let last = all.iter().rev().filter(tells).find(|errand| errand.state != ErrandState::Dropped);
    last.is_some_and(|last| last.kind == ErrandKind::Freeze)
}

impl Errand {
    /// Whether it tells of an authorisation code, which no seller's system has given a name.
    pub(crate) fn is_of_code(&self) -> bool {
        self.remote.is_none() && self.kind.of_code().is_some()
    }

    /// Whether another one of its line has to be over first; asking for the way in changes nothing and waits for nobody.
    pub(crate) fn waits_for(&self, other: &Self) -> bool {
        other.id < self.id && other.state.is_open() && !other.kind.only_asks() && !self.kind.only_asks()
    }

    /// Whether it tells of the term that a line has paid for, and of nothing else.
    pub(crate) fn tells_of(&self, line: Option<OrderLineId>) -> bool {
        let term = self.refresh.filter(|_| self.kind == ErrandKind::Refresh).map(|refresh| refresh.line);
        term.is_some() && term == line
    }

    /// Whether it is an event of its own that a program can be told again: it has the same id, and changes nothing twice.
    pub(crate) fn can_be_told_again(&self) -> bool {
        self.state == ErrandState::Done && !self.kind.is_paid() && !self.kind.asks()
    }

    /// Tells it again, and all that its line was told after it, so that the last word stays the last. `all`: of its line.
    pub(crate) fn replayed(&self, all: &[Self], now: Timestamp) -> Result<Vec<(Self, Self)>, ErrandRefused> {
        if !self.can_be_told_again() {
            return Err(ErrandRefused::NotTold);
        }
        let left = |other: &Self| other.id != self.id && other.state.is_open() && !other.kind.only_asks();
        if all.iter().any(left) {
            return Err(ErrandRefused::Busy);
        }
        // An order that was placed is nothing that happens to what was bought.
        let alone = self.kind == ErrandKind::Notify;
        let after = |other: &&Self| other.id >= self.id && other.can_be_told_again();
        let wanted = all.iter().filter(after).filter(|other| other.id == self.id || !alone && !other.kind.only_asks());
        // These name an order of their own, and with it what was bought before the change.
        let named = |one: &Self| matches!(one.kind, ErrandKind::Accept | ErrandKind::Refresh | ErrandKind::Convert);
        let changed = |one: &Self| {
            all.iter()
                .any(|other| other.kind == ErrandKind::Upgrade && other.state == ErrandState::Done && other.id > one.id)
        };
        if wanted.clone().any(|one| named(one) && changed(one)) {
            return Err(ErrandRefused::Changed);
        }
        let again = |one: &Self| Self {
            state: ErrandState::Due,
            tries: 0,
            trouble: None,
            due_at: now,
            ended_at: None,
            ..one.clone()
        };
        Ok(wanted.map(|one| (one.clone(), again(one))).collect())
    }

    pub(crate) fn ended(self, state: ErrandState, now: Timestamp) -> Self {
        Self { state, ended_at: Some(now), ..self }
    }

    /// Its seller wants it tried at once: an open one now, a dead one with all its tries.
    pub(crate) fn restart(self, now: Timestamp) -> Result<Self, ErrandRefused> {
        match (self.state, self.kind) {
            (ErrandState::Due | ErrandState::Waiting, _) => Ok(Self { due_at: now, ..self }),
            (ErrandState::Dead, ErrandKind::Create | ErrandKind::Upgrade) => Err(ErrandRefused::Refunded),
            (
                ErrandState::Dead,
                ErrandKind::Notify
                | ErrandKind::Accept
                | ErrandKind::Access
                | ErrandKind::Refresh
                | ErrandKind::Convert
                | ErrandKind::Freeze
                | ErrandKind::Unfreeze
                | ErrandKind::Release,
            ) => Ok(Self { state: ErrandState::Due, tries: 0, due_at: now, ended_at: None, ..self }),
            (ErrandState::Dead, ErrandKind::Check) | (ErrandState::Done | ErrandState::Dropped, _) => {
                Err(ErrandRefused::Over)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::time::MINUTE;
    use platform::outgoing::NoAnswer;
    use policy::SellerCalls;
    use production::{Activity, Answer, AppInfo, Info, Reason, ResultCode, Standing};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rules::check::Target;

    const PAUSES: Pauses<'static> = Pauses {
        create_minutes: &[60, 60, 60],
        calls: SellerCalls { tries: 60, pause_minutes: 2, poll_minutes: 1, secret_overlap_hours: 24 },
        check_minutes: 2,
    };

    const ABOUT: About<'static> = About {
        order: "CS1",
        line: "CS1-000001",
        business: "biz",
        bought: None,
        accepted: None,
        target: None,
        code: None,
        content: &[],
    };

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(minutes * MINUTE)
    }

    fn errand(kind: ErrandKind, remote: Option<&str>) -> Errand {
        Errand {
            id: ErrandId::new(at(0)),
            kind,
            line: OrderLineId::new(at(0)),
            order: OrderId::new(at(0)),
            account: AccountId::new(at(0)),
            seller: AccountId::new(at(0)),
            delivery: DeliveryId::new(at(0)),
            remote: remote.map(str::to_owned),
            returned: false,
            refresh: None,
            change: None,
            state: ErrandState::Due,
            tries: 0,
            trouble: None,
            opened_at: at(0),
            due_at: at(0),
            ended_at: None,
        }
    }

    #[test]
    fn a_term_that_is_paid_back_is_known_by_its_line() {
        let (line, other) = (OrderLineId::new(at(1)), OrderLineId::new(at(2)));
        let refresh = Some(Refresh { line, scene: Scene::Renewal, until: at(9), product: None });
        let told = Errand { refresh, ..errand(ErrandKind::Refresh, Some("i-1")) };
        assert!(told.tells_of(Some(line)) && !told.tells_of(Some(other)) && !told.tells_of(None));
        // What changes and begins in one call is no call of the term alone.
        assert!(!Errand { kind: ErrandKind::Upgrade, change: Some(line), ..told }.tells_of(Some(line)));
        assert!(!errand(ErrandKind::Refresh, Some("i-1")).tells_of(None));
    }

    #[test]
    fn what_is_told_of_codes_names_the_code_and_needs_no_release_of_what_is_not_there() {
        let about = About { code: Some("PLTEST"), ..ABOUT };
        let check = |errand: &Errand, body: &str| assert_eq!(errand.request(&about).body(), body);
        let told = |kind| errand(kind, None);
        let until = Timestamp::from_micros(1_796_025_600_000_000);
        let refresh = Some(Refresh { line: OrderLineId::new(at(1)), scene: Scene::Renewal, until, product: None });
        check(
            &Errand { refresh, ..told(ErrandKind::Refresh) },
            r#"{"activity":"refreshLicenseCode","expireTime":"20261130080000","license":"PLTEST","orderId":"CS1","orderLineId":"CS1-000001","scene":"RENEWAL"}"#,
        );
        check(
            &told(ErrandKind::Freeze),
            r#"{"activity":"updateLicenseCodeStatus","license":"PLTEST","status":"FREEZE"}"#,
        );
        check(
            &told(ErrandKind::Unfreeze),
            r#"{"activity":"updateLicenseCodeStatus","license":"PLTEST","status":"UNFREEZE"}"#,
        );
        check(&told(ErrandKind::Release), r#"{"activity":"releaseLicenseCode","license":"PLTEST"}"#);
        let returned = Errand { returned: true, ..told(ErrandKind::Release) };
        check(
            &returned,
            r#"{"activity":"releaseLicenseCode","license":"PLTEST","orderId":"CS1","orderLineId":"CS1-000001"}"#,
        );
        let unknown = || Err(Trouble::Refused(ResultCode::NoInstance));
        assert!(matches!(returned.after(unknown(), PAUSES, at(0)), After::Done(_)));
        assert!(matches!(told(ErrandKind::Freeze).after(unknown(), PAUSES, at(0)), After::Again(_)));
    }

    fn new_instance(processing: bool) -> Answer {
        Answer { processing, instance: Some("i-1".to_owned()), info: Vec::new(), unread: false }
    }

    fn shown(instance: &str) -> Answer {
        let access = Some(AppInfo::default());
        Answer {
            info: vec![Info { instance: instance.to_owned(), access, standing: Standing::default() }],
            ..Answer::default()
        }
    }

    const DOWN: Trouble = Trouble::Status(503);

    #[test]
    fn what_was_paid_for_is_tried_hourly_for_three_hours_and_given_up() {
        for (kind, remote) in [(ErrandKind::Create, None), (ErrandKind::Upgrade, Some("i-1"))] {
            let (mut errand, mut now) = (errand(kind, remote), at(0));
            for hour in 1..=3 {
                let After::Again(next) = errand.after(Err(DOWN), PAUSES, now) else { panic!("too early") };
                assert_eq!((next.due_at, next.tries), (at(60 * hour), u32::try_from(hour).unwrap()));
                (now, errand) = (next.due_at, next);
            }
            let After::GivenUp(dead) = errand.after(Err(DOWN), PAUSES, now) else { panic!("once too often") };
            assert_eq!((dead.state, dead.tries, dead.trouble.clone()), (ErrandState::Dead, 4, Some(DOWN)));
            assert!(matches!(dead.restart(now), Err(ErrandRefused::Refunded)), "{kind}");
        }
    }

    #[test]
    fn a_seller_who_restarts_a_creation_loses_no_time() {
        let (mut errand, mut calls) = (errand(ErrandKind::Create, None), 0);
        for minute in 0..180 {
            let now = at(minute);
            let After::Again(next) = errand.restart(now).unwrap().after(Err(DOWN), PAUSES, now) else {
                panic!("given up after {minute} minutes")
            };
            assert!(next.due_at > now && next.due_at <= at(180));
            (errand, calls) = (next, calls + 1);
        }
        assert_eq!((errand.due_at, errand.tries), (at(180), calls));
        assert!(matches!(errand.after(Err(DOWN), PAUSES, at(180)), After::GivenUp(_)));
    }

    #[test]
    fn a_creation_that_never_gets_its_turn_is_given_up_in_time() {
        let create = errand(ErrandKind::Create, None);
        let After::Again(next) = create.put_off(at(179), PAUSES, at(178)) else { panic!("too early") };
        assert_eq!((next.tries, next.due_at), (0, at(179)));
        let After::GivenUp(dead) = next.put_off(at(181), PAUSES, at(180)) else { panic!("the time is over") };
        assert_eq!(dead.trouble, Some(Trouble::NoAnswer(NoAnswer::Unreachable)));
        let freeze = errand(ErrandKind::Freeze, Some("i-1"));
        assert!(matches!(freeze.put_off(at(901), PAUSES, at(900)), After::Again(_)), "nobody waits for money");
        let upgrade = errand(ErrandKind::Upgrade, Some("i-1"));
        assert!(matches!(upgrade.put_off(at(181), PAUSES, at(180)), After::GivenUp(_)), "its buyer has paid");
    }

    #[test]
    fn what_is_refused_for_good_is_not_tried_again() {
        let gone = |reason| Err(Trouble::Http { status: 410, reason });
        let create = errand(ErrandKind::Create, None).after(gone(Some(Reason::BoughtAlready)), PAUSES, at(0));
        let After::GivenUp(dead) = create else { panic!("it was refused for good") };
        assert_eq!((dead.state, dead.tries), (ErrandState::Dead, 1));
        let waiting = Errand { state: ErrandState::Waiting, ..errand(ErrandKind::Create, Some("i-1")) };
        let unknown = || gone(Some(Reason::UnknownInstance));
        assert!(matches!(waiting.clone().after(unknown(), PAUSES, at(1)), After::GivenUp(_)));
        let making = Err(Trouble::Http { status: 404, reason: Some(Reason::UnknownInstance) });
        assert!(matches!(waiting.after(making, PAUSES, at(1)), After::Again(_)), "it may still come");
        let frozen = errand(ErrandKind::Freeze, Some("i-1")).after(unknown(), PAUSES, at(0));
        assert!(matches!(frozen, After::GivenUp(_)), "its seller looks after it");
        assert!(matches!(errand(ErrandKind::Release, Some("i-1")).after(unknown(), PAUSES, at(0)), After::Done(_)));
    }

    #[test]
    fn what_is_there_at_once_with_its_way_in_needs_no_question() {
        let there = Answer { instance: Some("i-1".to_owned()), ..shown("i-1") };
        let After::Created { access, .. } = errand(ErrandKind::Create, None).after(Ok(there), PAUSES, at(0)) else {
            panic!("it was created")
        };
        assert!(access.is_some());
    }

    #[test]
    fn credentials_that_cannot_be_read_keep_nothing_from_its_buyer() {
        let unread = Answer { instance: Some("i-1".to_owned()), unread: true, ..shown("i-1") };
        let created = errand(ErrandKind::Create, None).after(Ok(unread.clone()), PAUSES, at(0));
        assert!(matches!(created, After::Created { access: Some(_), .. }), "the instance is there");
        let asked = errand(ErrandKind::Access, Some("i-1")).after(Ok(unread), PAUSES, at(0));
        let After::Again(next) = asked else { panic!("what was told before stays") };
        assert_eq!(next.trouble, Some(Trouble::Encryption));
    }

    #[test]
    fn what_is_not_there_needs_no_release() {
        let gone = || Err(Trouble::Refused(ResultCode::NoInstance));
        assert!(matches!(errand(ErrandKind::Release, Some("i-1")).after(gone(), PAUSES, at(0)), After::Done(_)));
        assert!(matches!(errand(ErrandKind::Freeze, Some("i-1")).after(gone(), PAUSES, at(0)), After::Again(_)));
    }

    #[test]
    fn everything_else_is_tried_sixty_times_every_two_minutes() {
        for kind in ErrandKind::ALL.iter().copied().filter(|kind| !kind.is_paid() && *kind != ErrandKind::Check) {
            let (mut errand, mut now, mut calls) = (errand(kind, Some("i-1")), at(0), 1);
            while let After::Again(next) = errand.clone().after(Err(DOWN), PAUSES, now) {
                assert_eq!(next.due_at, now.plus_seconds(120));
                (now, calls, errand) = (next.due_at, calls + 1, next);
            }
            assert_eq!((calls, now), (60, at(118)), "{kind}");
            let After::GivenUp(dead) = errand.after(Err(DOWN), PAUSES, now) else { panic!("it goes on") };
            let again = dead.restart(at(500)).unwrap();
            assert_eq!((again.state, again.tries, again.due_at), (ErrandState::Due, 0, at(500)));
        }
    }

    #[test]
    fn what_takes_its_time_is_asked_for_until_it_is_there() {
        let After::Again(waiting) = errand(ErrandKind::Create, None).after(Ok(new_instance(true)), PAUSES, at(0))
        else {
            panic!("it was accepted")
        };
        assert_eq!((waiting.state, waiting.due_at), (ErrandState::Waiting, at(1)));
        assert_eq!(waiting.request(&ABOUT).activity, Activity::QueryInstance);
        for came in [
            Err(Trouble::Refused(ResultCode::NoInstance)),
            Err(Trouble::Refused(ResultCode::Processing)),
            Err(DOWN),
            Ok(Answer::default()),
            Ok(shown("another")),
        ] {
            let After::Again(next) = waiting.clone().after(came, PAUSES, at(1)) else { panic!("not yet") };
            assert_eq!((next.due_at, next.tries), (at(2), 0), "asking is no new try");
        }
        let After::Created { remote, access, .. } = waiting.clone().after(Ok(shown("i-1")), PAUSES, at(9)) else {
            panic!("it is there")
        };
        assert_eq!((remote.as_str(), access.is_some()), ("i-1", true));
        assert!(matches!(waiting.after(Err(DOWN), PAUSES, at(180)), After::GivenUp(_)), "three hours are over");
    }

    #[test]
    fn what_would_undo_a_later_errand_is_overtaken_by_it() {
        use ErrandKind as E;
        let overtaken =
            |later: E| E::ALL.iter().copied().filter(|earlier| later.overtakes(*earlier)).collect::<Vec<_>>();
        assert_eq!(overtaken(E::Freeze), [E::Unfreeze]);
        assert_eq!(overtaken(E::Unfreeze), [E::Freeze]);
        assert_eq!(overtaken(E::Refresh), [E::Refresh]);
        assert!(
            [E::Notify, E::Create, E::Access, E::Convert, E::Check, E::Upgrade, E::Release]
                .into_iter()
                .all(|kind| overtaken(kind).is_empty())
        );
        // Asking for the way in waits for nobody, and nobody waits for it.
        let line = |id: i64, kind| Errand { id: ErrandId::new(at(id)), ..errand(kind, Some("i-1")) };
        let waits = |later: E, earlier: E| line(2, later).waits_for(&line(1, earlier));
        assert!(waits(E::Convert, E::Freeze) && !waits(E::Convert, E::Access) && !waits(E::Access, E::Freeze));
        assert!(!waits(E::Check, E::Upgrade) && !waits(E::Upgrade, E::Check));
        assert!(!waits(E::Create, E::Notify) && !waits(E::Notify, E::Create));
    }

    #[test]
    fn each_errand_asks_for_its_own() {
        let body = |errand: &Errand| errand.request(&ABOUT).body();
        let create = errand(ErrandKind::Create, None);
        let new = r#"{"activity":"newInstance","businessId":"biz","orderId":"CS1","orderLineId":"CS1-000001"}"#;
        assert_eq!(body(&create), new);
        let placed = r#"{"activity":"orderNotify","orderId":"CS1","orderLineId":"CS1-000001","testFlag":"0"}"#;
        assert_eq!(body(&errand(ErrandKind::Notify, None)), placed);
        let freeze = r#"{"activity":"updateInstanceStatus","instanceId":"i-1","status":"FREEZE"}"#;
        assert_eq!(body(&errand(ErrandKind::Freeze, Some("i-1"))), freeze);
        let unfreeze = r#"{"activity":"updateInstanceStatus","instanceId":"i-1","status":"UNFREEZE"}"#;
        assert_eq!(body(&errand(ErrandKind::Unfreeze, Some("i-1"))), unfreeze);
        let until = "2027-02-28T16:00:00.5Z".parse().unwrap();
        let moved = |scene, product| Refresh { line: OrderLineId::new(at(0)), scene, until, product };
        let refresh = |refresh| Errand { refresh: Some(refresh), ..errand(ErrandKind::Refresh, Some("i-1")) };
        let renewed = r#"{"activity":"refreshInstance","expireTime":"20270228160000","instanceId":"i-1","orderId":"CS1","orderLineId":"CS1-000001","scene":"RENEWAL"}"#;
        assert_eq!(body(&refresh(moved(Scene::Renewal, None))), renewed);
        let product = ProductId::new(at(0));
        let of_product = format!(r#""orderLineId":"CS1-000001","productId":"{product}","scene":"RENEWAL"}}"#);
        assert!(body(&refresh(moved(Scene::Renewal, Some(product)))).ends_with(&of_product));
        let back = r#""orderId":"CS1-R","orderLineId":"CS1-R-000001","scene":"UNSUBSCRIBE_RENEWAL_PERIOD"}"#;
        assert!(body(&refresh(moved(Scene::Returned, None))).ends_with(back), "by an order of its own");
        let trial = About { bought: Some(("2027-01-01T00:00:00Z".parse().unwrap(), product)), ..ABOUT };
        let told = errand(ErrandKind::Convert, Some("i-1")).request(&trial).body();
        let bought = r#"{"activity":"refreshInstance","expireTime":"20270101000000","instanceId":"i-1","orderId":"CS1","orderLineId":"CS1-000001","#;
        assert_eq!(told, format!(r#"{bought}"productId":"{product}","scene":"TRIAL_TO_FORMAL"}}"#));
        let accepted = About { accepted: Some(("2026-12-01T08:00:00.25Z".parse().unwrap(), Some(until))), ..ABOUT };
        let told = errand(ErrandKind::Accept, Some("i-1")).request(&accepted).body();
        let again = r#"{"acceptanceTime":"20261201080000250","activity":"newInstance","businessId":"biz","orderId":"CS1","orderLineId":"CS1-000001"}"#;
        assert_eq!(told, again, "the same creation, with its moment");
        let upgrade = r#"{"activity":"upgradeInstance","instanceId":"i-1","orderId":"CS1","orderLineId":"CS1-000001"}"#;
        let changed = [("sku", json!("PRO")), ("quantities", json!({ "users": 40 }))];
        let about = About { content: &changed, ..ABOUT };
        // What it becomes is told in the form that has room for it; in this one, the order is asked for it.
        assert_eq!(errand(ErrandKind::Upgrade, Some("i-1")).request(&about).body(), upgrade);
        // With the term that begins, it is told in the words of a renewal.
        let begins = Errand { kind: ErrandKind::Upgrade, ..refresh(moved(Scene::Changed, Some(product))) };
        let told = begins.request(&about);
        assert_eq!(
            told.body(),
            format!(r#"{{"activity":"refreshInstance","expireTime":"20270228160000","instanceId":"i-1",{of_product}"#)
                .replace(r#""orderLineId":"CS1-000001""#, r#""orderId":"CS1","orderLineId":"CS1-000001""#)
                .replace(r#""scene":"RENEWAL""#, r#""scene":"RENEWAL_CHANGE""#)
        );
        let release = errand(ErrandKind::Release, Some("i-1"));
        assert_eq!(body(&release), r#"{"activity":"releaseInstance","instanceId":"i-1"}"#);
        let returned =
            r#"{"activity":"releaseInstance","instanceId":"i-1","orderId":"CS1","orderLineId":"CS1-000001"}"#;
        assert_eq!(body(&Errand { returned: true, ..release }), returned);
        assert_eq!(
            body(&errand(ErrandKind::Access, Some("i-1"))),
            r#"{"activity":"queryInstance","instanceId":"i-1"}"#
        );
    }

    #[test]
    fn what_was_told_is_told_again_with_all_that_came_after_it() {
        use ErrandKind as E;
        let at_line = |id: i64, kind, state| Errand {
            id: ErrandId::new(at(id)),
            state,
            ended_at: (!state.is_open()).then_some(at(id)),
            ..errand(kind, Some("i-1"))
        };
        let kinds = [E::Notify, E::Create, E::Access, E::Refresh, E::Freeze, E::Upgrade, E::Unfreeze];
        let all: Vec<Errand> = (0..).zip(kinds).map(|(id, kind)| at_line(id, kind, ErrandState::Done)).collect();
        let again = |index: usize, all: &[Errand]| {
            let again = all[index].replayed(all, at(500)).map_err(|refused| refused.code())?;
            assert!(again.iter().all(|(before, after)| {
                before.state == ErrandState::Done
                    && (after.state, after.due_at, after.tries) == (ErrandState::Due, at(500), 0)
            }));
            Ok::<_, &str>(again.into_iter().map(|(_, after)| after.kind).collect::<Vec<_>>())
        };
        assert_eq!(again(3, &all).unwrap_err(), "errand.changed", "the change would be undone");
        assert_eq!(again(4, &all).unwrap(), [E::Freeze, E::Unfreeze], "the last word stays the last");
        assert_eq!(again(6, &all).unwrap(), [E::Unfreeze]);
        assert_eq!(again(0, &all).unwrap(), [E::Notify], "an order by itself");
        for index in [1, 2, 5] {
            assert_eq!(again(index, &all).unwrap_err(), "errand.not_told", "{}", all[index].kind);
        }
        let mut open = all.clone();
        open.push(at_line(9, E::Release, ErrandState::Due));
        assert_eq!(again(4, &open).unwrap_err(), "errand.busy");
        open[7].state = ErrandState::Dropped;
        assert_eq!(again(4, &open).unwrap(), [E::Freeze, E::Unfreeze]);
        assert_eq!(again(7, &open).unwrap_err(), "errand.not_told");
    }

    #[test]
    fn a_question_about_another_specification_is_asked_once() {
        let target = Target {
            product: ProductId::new(at(0)),
            sku: kernel::id::SkuId::new(at(0)),
            sku_code: "PRO".to_owned(),
            title: Localized::new("Log search", "日志检索"),
            attributes: std::collections::BTreeMap::new(),
            quantities: [("users".to_owned(), 5)].into(),
            before: OrderLineId::new(at(0)),
        };
        let check = errand(ErrandKind::Check, Some("i-1"));
        let product = target.product;
        assert_eq!(
            check.request(&About { target: Some(&target), ..ABOUT }).body(),
            format!(
                r#"{{"activity":"changeInstanceCheck","instanceId":"i-1","productInfo":{{"linearValue":5,"productId":"{product}","productName":"Log search","skuCode":"PRO"}}}}"#
            )
        );
        for (came, fine) in
            [(Ok(Answer::default()), true), (Err(Trouble::Refused(ResultCode::Internal)), false), (Err(DOWN), false)]
        {
            let After::Answered { errand, came } = check.clone().after(came, PAUSES, at(1)) else {
                panic!("asked once")
            };
            assert_eq!((errand.state, errand.tries, came.is_ok()), (ErrandState::Done, 1, fine));
            assert!(matches!(errand.restart(at(2)), Err(ErrandRefused::Over)), "its buyer asks again");
        }
        assert!(matches!(check.clone().put_off(at(1), PAUSES, at(0)), After::Again(_)), "it rests for a moment");
        let After::Answered { came: Err(_), .. } = check.put_off(at(2), PAUSES, at(1)) else {
            panic!("it waits no longer")
        };
    }

    #[test]
    fn whoever_names_what_was_accepted_otherwise_has_made_another_one() {
        let accept = || errand(ErrandKind::Accept, Some("i-1"));
        assert!(matches!(accept().after(Ok(new_instance(false)), PAUSES, at(0)), After::Done(_)));
        assert!(matches!(accept().after(Ok(Answer::default()), PAUSES, at(0)), After::Done(_)), "an event names none");
        let other = Answer { instance: Some("i-2".to_owned()), ..Answer::default() };
        let After::Again(next) = accept().after(Ok(other), PAUSES, at(0)) else { panic!("it is told again") };
        assert_eq!(next.trouble, Some(Trouble::OtherInstance));
    }

    #[test]
    fn a_name_that_is_taken_is_a_failed_try() {
        let After::Created { errand, .. } =
            errand(ErrandKind::Create, None).after(Ok(new_instance(false)), PAUSES, at(0))
        else {
            panic!("it was created")
        };
        let After::Again(next) = errand.taken(PAUSES, at(0)) else { panic!("there are tries left") };
        assert_eq!((next.state, next.tries, next.remote), (ErrandState::Due, 1, None));
    }

    proptest! {
        #[test]
        fn every_errand_ends(kind in 0..ErrandKind::ALL.len(), answers in prop::collection::vec(0_u8..6, 1..400)) {
            let kind = ErrandKind::ALL[kind];
            let mut errand = errand(kind, (kind != ErrandKind::Create).then_some("i-1"));
            let mut now = at(0);
            // When the answers run out, nobody is there any more.
            for answer in answers.into_iter().chain(std::iter::repeat_n(0, 400)) {
                let came = match answer {
                    0 => Err(DOWN),
                    1 => Err(Trouble::Refused(ResultCode::NoInstance)),
                    2 => Err(Trouble::Refused(ResultCode::SoldOut)),
                    3 => Ok(new_instance(true)),
                    4 => Ok(Answer::default()),
                    _ => Err(Trouble::NotJson),
                };
                match errand.clone().after(came, PAUSES, now) {
                    After::Again(next) => {
                        prop_assert!(next.state.is_open() && next.due_at > now, "it goes on later");
                        prop_assert!(next.due_at <= at(60 * 6), "and not for ever");
                        (now, errand) = (next.due_at, next);
                    }
                    After::GivenUp(ended)
                    | After::Done(ended)
                    | After::Created { errand: ended, .. }
                    | After::Answered { errand: ended, .. }
                    | After::Told { errand: ended, .. } => {
                        prop_assert!(!ended.state.is_open() && ended.ended_at == Some(now));
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "it never ended");
        }
    }
}
