//! What becomes of something that was bought, written a second time from the marketplace's rules and in as few words as they
//! allow. It knows no orders, jobs or databases and calls nothing of the product: where it and the product differ, one of them is
//! wrong.

use std::collections::BTreeMap;

use kernel::time::{DAY, HOUR};

use super::calendar::{Moment, day_of, months_after, next_three, three_of, year_of};

/// So long what is not renewed can still be used; what was only tried cannot.
const GRACE: i64 = 4 * DAY;
/// What was not renewed in time is kept so long after that.
const FROZEN: i64 = 15 * DAY;
/// So long something new goes back without a reason, so often a year.
const NO_REASON: i64 = 5 * DAY;
const RETURNS: u32 = 10;
/// What opens after its buyer's acceptance counts as accepted so long after it is there.
const LOOK: i64 = 15 * DAY;
/// What a seller's system has not done by then is paid back.
const PATIENCE: i64 = 3 * HOUR;
/// So many days before an end it is renewed automatically.
const AHEAD_DAYS: i64 = 7;
pub(super) const TRIAL: i64 = 14 * DAY;

/// Who delivers it, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A licence, which is there at once.
    Licence,
    /// A seller's system that does as it is told.
    Hosted,
    /// The same, of something that opens after its buyer's acceptance.
    Accepted,
    /// One that changes nothing of what is there.
    Fixed,
    /// One that creates nothing.
    Unwilling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Expiry,
    Refund,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Paid, and not there yet.
    Awaited,
    /// It was never there, and its price went back.
    NeverCame,
    /// Its buyer looks at it.
    Pending,
    Active,
    Grace,
    Frozen,
    Released(Why),
}

/// What its buyer has: the money, and the returns of each year.
#[derive(Clone, Debug, Default)]
pub(super) struct Purse {
    pub(super) holds: i64,
    pub(super) returns: BTreeMap<i64, u32>,
}

/// A term that is paid.
#[derive(Clone, Copy, Debug)]
struct Term {
    from: Moment,
    until: Moment,
    months: i64,
    /// What was paid to have it.
    cost: i64,
    /// What the whole of it is paid with, counting changes as if they had been made on its first day.
    worth: i64,
    changed: bool,
}

/// What a buyer has agreed to.
#[derive(Clone, Copy, Debug)]
struct Consent {
    months: i64,
    most: i64,
    /// It was tried, or thought about, until then.
    after: Moment,
}

/// A change that waits for the seller's system.
#[derive(Clone, Copy, Debug)]
struct Running {
    cost: i64,
    given_up: Moment,
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) kind: Kind,
    pub(super) standing: Standing,
    pub(super) is_trial: bool,
    pub(super) users: i64,
    pub(super) paid: i64,
    pub(super) back: i64,
    /// It was given back.
    returned: bool,
    /// Of what opens after that.
    accepted: bool,
    began: Moment,
    terms: Vec<Term>,
    /// What the changes have cost that were made of it.
    changes: i64,
    changing: Option<Running>,
    consent: Option<Consent>,
}

/// What is refused, by the codes of what is in the way: any of them is an answer.
pub(super) type Refused = Vec<&'static str>;

fn refused_if(reasons: &[(bool, &'static str)]) -> Result<(), Refused> {
    let found: Refused = reasons.iter().filter(|(is, _)| *is).map(|(_, code)| *code).collect();
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// A month of so many users: the first ten at 30.00, each further one at 25.00.
fn month_of(users: i64) -> i64 {
    users.min(10) * 3_000 + (users - 10).max(0) * 2_500
}

/// A tenth less from twelve months on.
const fn discount(months: i64) -> i64 {
    if months >= 12 { 1_000 } else { 0 }
}

pub(super) fn price(users: i64, months: i64) -> i64 {
    month_of(users) * months * (10_000 - discount(months)) / 10_000
}

/// So many parts of an amount, rounded half to even.
fn share(whole: i64, parts: i64, of: i64) -> i64 {
    let (product, of) = (i128::from(whole) * i128::from(parts), i128::from(of));
    let (floor, twice) = (product.div_euclid(of), 2 * product.rem_euclid(of));
    let up = twice > of || (twice == of && floor % 2 != 0);
    i64::try_from(floor).unwrap_or(i64::MAX) + i64::from(up)
}

impl Life {
    /// Bought for so many months.
    pub(super) fn bought(kind: Kind, (users, months): (i64, i64), purse: &mut Purse, now: Moment) -> Self {
        let mut life = Self::begun(kind, users, now);
        let cost = price(users, months);
        life.pays(cost, purse);
        life.terms.push(Term::first(now, months_after(now, months), months, cost));
        match kind {
            Kind::Unwilling => life.standing = Standing::Awaited,
            Kind::Accepted => life.standing = Standing::Pending,
            Kind::Licence | Kind::Hosted | Kind::Fixed => {}
        }
        life
    }

    /// Tried for nothing.
    pub(super) fn tried(users: i64, now: Moment) -> Self {
        let mut life = Self { is_trial: true, ..Self::begun(Kind::Hosted, users, now) };
        life.terms.push(Term::first(now, now + TRIAL, 0, 0));
        life
    }

    fn begun(kind: Kind, users: i64, now: Moment) -> Self {
        Self {
            kind,
            standing: Standing::Active,
            is_trial: false,
            users,
            paid: 0,
            back: 0,
            returned: false,
            accepted: false,
            began: now,
            terms: Vec::new(),
            changes: 0,
            changing: None,
            consent: None,
        }
    }

    fn pays(&mut self, cost: i64, purse: &mut Purse) {
        self.paid += cost;
        purse.holds -= cost;
    }

    fn gets_back(&mut self, amount: i64, purse: &mut Purse) {
        self.back += amount;
        purse.holds += amount;
    }

    fn term(&self) -> Term {
        self.terms.last().copied().unwrap_or(Term::first(self.began, self.began, 0, 0))
    }

    pub(super) fn end(&self) -> Moment {
        self.term().until
    }

    /// The end of what follows the term and can be used.
    fn freezes(&self) -> Moment {
        self.end() + if self.is_trial { 0 } else { GRACE }
    }

    pub(super) fn freeze_at(&self) -> Option<Moment> {
        (self.standing == Standing::Grace).then_some(self.freezes())
    }

    pub(super) fn release_at(&self) -> Option<Moment> {
        (self.standing == Standing::Frozen).then_some(self.freezes() + FROZEN)
    }

    /// Whether its term has: what ended before its acceptance had none.
    pub(super) fn has_begun(&self) -> bool {
        self.kind != Kind::Accepted || self.accepted
    }

    pub(super) fn is_pending(&self) -> bool {
        self.standing == Standing::Pending
    }

    /// Its term begins.
    fn begin(&mut self, at: Moment) {
        let Term { months, cost, .. } = self.term();
        (self.began, self.accepted) = (at, true);
        self.terms = vec![Term::first(at, months_after(at, months), months, cost)];
        self.standing = Standing::Active;
    }

    pub(super) fn may_accept(&self) -> Result<(), Refused> {
        refused_if(&[(!self.is_pending(), "acceptance.not_waiting")])
    }

    pub(super) fn accept(&mut self, now: Moment) {
        self.begin(now);
    }

    pub(super) fn is_changing(&self) -> bool {
        self.changing.is_some()
    }

    fn is_released(&self) -> bool {
        matches!(self.standing, Standing::Released(_))
    }

    /// The next thing that happens by itself, and when.
    fn next(&self) -> Option<(Moment, Step)> {
        let end = self.end();
        let by_state = match self.standing {
            Standing::Awaited => Some((self.began + PATIENCE, Step::NotDelivered)),
            Standing::Pending => Some((self.began + LOOK, Step::Accept)),
            Standing::Active if self.freezes() > end => Some((end, Step::Outlive)),
            Standing::Active | Standing::Grace => Some((self.freezes(), Step::Freeze)),
            Standing::Frozen => Some((self.freezes() + FROZEN, Step::Release)),
            Standing::NeverCame | Standing::Released(_) => None,
        };
        let by_change = self.changing.map(|running| (running.given_up, Step::NotChanged));
        [by_state, by_change, self.next_try().map(|at| (at, Step::Try))].into_iter().flatten().min()
    }

    /// At three in the morning from seven days before the end on, once a day, while it is there and nothing of it changes.
    fn next_try(&self) -> Option<Moment> {
        let consent = self.consent?;
        let there = matches!(self.standing, Standing::Active | Standing::Grace | Standing::Frozen);
        let owned = there && self.changing.is_none();
        let term = self.term();
        let first = three_of(day_of(term.until) - AHEAD_DAYS).max(term.from);
        let at = next_three(first.max(consent.after + 1));
        (owned && at < self.freezes() + FROZEN).then_some(at)
    }

    /// All that happens by itself until a moment.
    pub(super) fn pass(&mut self, purse: &mut Purse, until: Moment) {
        while let Some((at, step)) = self.next().filter(|(at, _)| *at <= until) {
            match step {
                Step::NotDelivered => {
                    self.standing = Standing::NeverCame;
                    self.gets_back(self.paid, purse);
                }
                Step::Accept => self.begin(at),
                Step::Outlive => self.standing = Standing::Grace,
                Step::Freeze => self.standing = Standing::Frozen,
                Step::Release => self.release(Why::Expiry, purse),
                Step::NotChanged => self.drop_change(purse, at),
                Step::Try => self.try_automatically(purse, at),
            }
        }
    }

    fn release(&mut self, why: Why, purse: &mut Purse) {
        self.standing = Standing::Released(why);
        if let Some(running) = self.changing.take() {
            self.gets_back(running.cost, purse);
        }
    }

    /// What waited for the change is made up for as soon as it is over.
    fn drop_change(&mut self, purse: &mut Purse, at: Moment) {
        let Some(running) = self.changing.take() else { return };
        self.gets_back(running.cost, purse);
        if self.next_try().is_some_and(|owed| owed <= at) {
            self.try_automatically(purse, at);
        }
    }

    /// Within what was agreed to and what the wallet holds.
    fn try_automatically(&mut self, purse: &mut Purse, at: Moment) {
        let Some(consent) = &mut self.consent else { return };
        consent.after = at;
        let (months, most) = (consent.months, consent.most);
        let cost = price(self.users, months);
        if cost <= most && cost <= purse.holds {
            self.goes_on((months, cost), purse);
        }
    }

    /// Another term begins where the last one ends, counted from the first beginning.
    fn goes_on(&mut self, (months, cost): (i64, i64), purse: &mut Purse) {
        let from = self.end();
        let all: i64 = self.terms.iter().map(|term| term.months).sum();
        let until = months_after(self.began, all + months);
        self.pays(cost, purse);
        self.terms.push(Term::first(from, until, months, cost));
        self.standing = Standing::Active;
    }

    /// What another term would cost, and its end.
    pub(super) fn may_renew(&self, months: i64) -> Result<(i64, Moment), Refused> {
        refused_if(&[
            (self.is_trial && !self.is_released(), "renewal.trial"),
            (self.is_released(), "renewal.released"),
            (self.is_pending(), "renewal.not_accepted"),
            (self.changing.is_some(), "renewal.changing"),
        ])?;
        let all: i64 = self.terms.iter().map(|term| term.months).sum();
        Ok((price(self.users, months), months_after(self.began, all + months)))
    }

    pub(super) fn renew(&mut self, months: i64, purse: &mut Purse) {
        self.goes_on((months, price(self.users, months)), purse);
    }

    pub(super) fn may_agree(&self, months: i64, most: i64) -> Result<(), Refused> {
        let (cost, _) = self.may_renew(months)?;
        refused_if(&[(most < cost, "renewal.below_price")])
    }

    /// From the next morning on. Who agrees when there is none before the end is renewed at once.
    pub(super) fn agree(&mut self, (months, most): (i64, i64), purse: &mut Purse, now: Moment) {
        self.consent = Some(Consent { months, most, after: now });
        let term = self.term();
        let window = three_of(day_of(term.until) - AHEAD_DAYS).max(term.from);
        if window <= now && next_three(now + 1) >= term.until {
            self.try_automatically(purse, now);
        }
    }

    /// Whether its buyer may say what happens at its end.
    pub(super) fn may_decide(&self) -> Result<(), Refused> {
        refused_if(&[
            (self.is_trial && !self.is_released(), "renewal.trial"),
            (self.is_released(), "renewal.released"),
            (self.is_pending(), "renewal.not_accepted"),
        ])
    }

    pub(super) fn disagree(&mut self) {
        self.consent = None;
    }

    /// What comes back for all of it.
    pub(super) fn may_return(&self, purse: &Purse, now: Moment) -> Result<i64, Refused> {
        let used = purse.returns.get(&year_of(now)).copied().unwrap_or(0);
        refused_if(&[
            (self.terms.len() > 1, "refund.renewed"),
            (self.changing.is_some(), "refund.changing"),
            (self.returned, "refund.wrong_state"),
            (self.is_trial, "refund.not_returnable"),
            (!self.is_pending() && now >= self.began + NO_REASON, "refund.too_late"),
            (used >= RETURNS, "refund.allowance_used"),
        ])?;
        Ok(self.term().cost + self.changes)
    }

    pub(super) fn give_back(&mut self, purse: &mut Purse, now: Moment) {
        self.gets_back(self.term().cost + self.changes, purse);
        *purse.returns.entry(year_of(now)).or_default() += 1;
        self.returned = true;
        if !self.is_released() {
            self.standing = Standing::Released(Why::Refund);
        }
    }

    /// What comes back for the last renewal: all of it before its term begins, and nothing afterwards.
    pub(super) fn may_return_renewal(&self, now: Moment) -> Result<i64, Refused> {
        let last = self.term();
        let renewed = self.terms.len() > 1;
        refused_if(&[
            (self.changing.is_some(), "refund.changing"),
            (!renewed, "refund.not_renewed"),
            (renewed && self.is_released(), "refund.released"),
            (renewed && last.changed, "refund.changed"),
            (renewed && now >= last.from, "refund.renewal_begun"),
        ])?;
        Ok(last.cost)
    }

    /// Nobody who gives a renewal back wants the next one by itself.
    pub(super) fn give_renewal_back(&mut self, purse: &mut Purse) {
        if let Some(last) = self.terms.pop() {
            self.gets_back(last.cost, purse);
        }
        self.consent = None;
    }

    /// What another number of users costs for the rest of the term.
    pub(super) fn may_change(&self, users: i64, now: Moment) -> Result<i64, Refused> {
        let Term { from, until, months, worth, .. } = self.term();
        let live = !self.is_trial && !self.is_released();
        refused_if(&[
            (self.is_trial && !self.is_released(), "change.trial"),
            (self.is_released(), "change.released"),
            (self.is_pending(), "change.not_accepted"),
            (live && matches!(self.standing, Standing::Grace | Standing::Frozen), "change.frozen"),
            (self.changing.is_some(), "change.running"),
            (now < from, "change.renewed_ahead"),
            (users == self.users, "change.nothing"),
            (day_of(until) <= day_of(now), "pricing.term_over"),
        ])?;
        let (left, days) = (day_of(until) - day_of(now), day_of(until) - day_of(from));
        let ahead = (0..=months).rev().find(|count| months_after(now, *count) <= until).unwrap_or(0);
        // More of the same: all of it at the price of the range that it reaches.
        let reached = if users > 10 { 2_500 } else { 3_000 };
        let month = if users > self.users { users * reached } else { month_of(users) };
        let whole = share(month * months, left * (10_000 - discount(ahead)), days * 10_000);
        let cost = whole - share(worth, left, days);
        match cost {
            0.. => Ok(cost),
            _ if users > self.users => Ok(0),
            _ => Err(vec!["pricing.less"]),
        }
    }

    pub(super) fn change(&mut self, (users, cost): (i64, i64), purse: &mut Purse, now: Moment) {
        self.pays(cost, purse);
        if self.kind == Kind::Fixed {
            self.changing = Some(Running { cost, given_up: now + PATIENCE });
            return;
        }
        self.users = users;
        self.changes += cost;
        if let Some(term) = self.terms.last_mut() {
            let (left, days) = (day_of(term.until) - day_of(now), day_of(term.until) - day_of(term.from));
            term.worth += share(cost, days, left);
            term.changed = true;
        }
    }

    /// What it costs to go on with what is tried.
    pub(super) fn may_convert(&self, months: i64) -> Result<i64, Refused> {
        refused_if(&[(!self.is_trial, "conversion.no_trial"), (self.is_released(), "conversion.released")])?;
        Ok(price(self.users, months))
    }

    pub(super) fn convert(&mut self, months: i64, purse: &mut Purse, now: Moment) {
        let cost = price(self.users, months);
        self.pays(cost, purse);
        self.is_trial = false;
        self.began = now;
        self.terms = vec![Term::first(now, months_after(now, months), months, cost)];
        self.standing = Standing::Active;
    }

    /// The operator takes it away.
    pub(super) fn take_away(&mut self, purse: &mut Purse) {
        if self.is_pending() {
            // What nobody has accepted goes back.
            self.gets_back(self.paid, purse);
            self.returned = true;
        }
        if !self.is_released() {
            self.release(Why::Operator, purse);
        }
    }
}

/// What happens by itself, in the order in which it happens at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Accept,
    Outlive,
    Freeze,
    Release,
    NotDelivered,
    NotChanged,
    Try,
}

impl Term {
    fn first(from: Moment, until: Moment, months: i64, cost: i64) -> Self {
        Self { from, until, months, cost, worth: cost, changed: false }
    }
}
