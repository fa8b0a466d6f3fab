//! Amendments of an accepted offer: other numbers, another end, another price, another schedule for what is still to be paid.
//!
//! What an amendment costs is fixed when it is sent, from the day on which it counts. What is paid stays paid: an amendment
//! moves only what is still to come.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use kernel::{
    Error, Invalid, Money, Timestamp, choices,
    id::{InstanceId, UserId},
};
use policy::AccessType;
use pricing::{TermPart, days_between};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Due, DueState, Ended, INSTALMENTS_MAX, Instalment, PrivateOfferRefused, Sent, SentLine};

choices! {
    /// Where an amendment stands.
    pub enum AmendmentState {
        /// The buyer can accept it.
        Proposed = "proposed",
        Accepted = "accepted",
        /// By the buyer.
        Declined = "declined",
        /// By the seller.
        Withdrawn = "withdrawn",
        /// Its last day has passed.
        Expired = "expired",
    }
}

/// What a seller wants to amend.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmendPrivateOffer)]
#[schema(example = json!({
    "from": "2027-02-28T16:00:00Z", "valid_until": "2027-02-28T16:00:00Z", "note": "50 more users, as discussed.",
    "lines": [{"line": 1, "quantities": {"users": 250}, "price": {"minor": 900_000, "currency": "CNY"}}]
}))]
pub(crate) struct AmendmentWish {
    /// From which moment on the new conditions are paid for.
    pub(crate) from: Timestamp,
    /// Until when it can be accepted: at most to the end of the day that `from` begins.
    pub(crate) valid_until: Timestamp,
    /// What the buyer reads beside it.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) note: String,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(crate) lines: Vec<LineWish>,
    /// How all that is still to come is paid; empty: more is paid at acceptance, less is taken off the last instalments.
    #[serde(default)]
    #[schema(max_items = 36)]
    pub(crate) instalments: Vec<Instalment>,
}

/// What is wanted of one line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmendPrivateOfferLine)]
pub(crate) struct LineWish {
    /// From 1.
    #[schema(minimum = 1, maximum = 20)]
    pub(crate) line: u32,
    /// How many of each quantity from now on; empty: as many as before.
    #[serde(default)]
    pub(crate) quantities: BTreeMap<String, u64>,
    /// When it ends from now on; absent: as before.
    #[serde(default)]
    pub(crate) ends_at: Option<Timestamp>,
    /// What the whole term as it was agreed first would cost under the new conditions; absent: as before.
    #[serde(default)]
    pub(crate) price: Option<Money>,
}

/// What came of a line: the instance, and the term that is paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// From 0.
    pub(crate) line: u32,
    pub(crate) instance: InstanceId,
    pub(crate) begins_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    /// It was given back or has ended for good.
    pub(crate) over: bool,
}

/// What is amended of one line, and what of it was read before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivateOfferAmendedLine)]
pub(crate) struct AmendedLine {
    /// From 0.
    pub(crate) line: u32,
    pub(crate) instance: InstanceId,
    pub(crate) quantities_before: BTreeMap<String, u64>,
    pub(crate) quantities: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) before: TermPart,
    pub(crate) after: TermPart,
    /// What it costs more; less than nothing: what is not to be paid any more.
    pub(crate) difference: Money,
}

/// An amendment as it was sent; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amendment {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) from: Timestamp,
    pub(crate) valid_until: Timestamp,
    pub(crate) note: String,
    pub(crate) lines: Vec<AmendedLine>,
    /// What all lines cost more or less together.
    pub(crate) difference: Money,
    /// The numbers of the instalments whose place the new ones take, and what those come to.
    pub(crate) replaced: Vec<u32>,
    pub(crate) open: Money,
    pub(crate) instalments: Vec<Instalment>,
}

/// An amendment with what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) amendment: Amendment,
    pub(crate) state: AmendmentState,
    pub(crate) sent_at: Timestamp,
    pub(crate) sent_by: UserId,
    pub(crate) ended: Option<Ended>,
    /// The version of the offer that its acceptance made.
    pub(crate) version: Option<i64>,
}

impl Proposed {
    /// As it stands at a moment: nobody accepts it after its last day.
    pub(crate) fn stands(&self, now: Timestamp) -> AmendmentState {
        match self.state {
            AmendmentState::Proposed if now >= self.amendment.valid_until => AmendmentState::Expired,
            AmendmentState::Proposed
            | AmendmentState::Accepted
            | AmendmentState::Declined
            | AmendmentState::Withdrawn
            | AmendmentState::Expired => self.state,
        }
    }

    /// Whether it can still be answered.
    pub(crate) fn check_open(&self, now: Timestamp) -> Result<(), PrivateOfferRefused> {
        match self.stands(now) {
            AmendmentState::Proposed => Ok(()),
            AmendmentState::Accepted
            | AmendmentState::Declined
            | AmendmentState::Withdrawn
            | AmendmentState::Expired => Err(PrivateOfferRefused::AmendmentOver),
        }
    }
}

impl Amendment {
    /// What is paid at acceptance.
    pub(crate) fn now(&self) -> Option<Money> {
        self.instalments.first().filter(|first| first.due_at.is_none()).map(|first| first.amount)
    }

    /// Whether the offer is still as it was when this was sent, and what it amends still runs.
    pub(crate) fn check_same(
        &self,
        running: &[Running],
        dues: &[Due],
        now: Timestamp,
    ) -> Result<(), PrivateOfferRefused> {
        let open: Vec<u32> = dues.iter().filter(|due| due.state == DueState::Planned).map(|due| due.number).collect();
        let same = |line: &AmendedLine| {
            let is_it =
                |runs: &Running| runs.instance == line.instance && runs.ends_at == line.ends_before && !runs.over;
            line.ends_before.is_none_or(|end| now < end) && running.iter().any(is_it)
        };
        let fits = open == self.replaced && self.lines.iter().all(same);
        if fits { Ok(()) } else { Err(PrivateOfferRefused::AmendmentMoved) }
    }
}

/// The offer as it is once an amendment was accepted.
pub(crate) fn amended(before: &Sent, amendment: &Amendment, at: Timestamp) -> Result<Sent, Error> {
    let mut next = before.clone();
    for change in &amendment.lines {
        let index = usize::try_from(change.line).map_err(Error::fault)?;
        let line = next.lines.get_mut(index).ok_or_else(|| Error::fault("an amended line is one of the offer"))?;
        let content = &mut line.agreed.content;
        content.quote = pricing::amend(content.quote.clone(), amendment.number, (change.before, change.after))?;
        content.choice.quantities.clone_from(&change.quantities);
        line.rate = Some(TermPart { left: change.after.days, ..change.after });
    }
    let added = u32::try_from(amendment.instalments.len()).map_err(Error::fault)?;
    next.last = Some(before.last_instalment()?.saturating_add(added));
    next.total = next.total.plus(amendment.difference)?;
    (next.version, next.sent_at) = (before.version.saturating_add(1), at);
    Ok(next)
}

/// An amendment is priced against what holds on all days from its first one on, so that none may begin before one that was
/// accepted.
pub(crate) fn check_order(earlier: &[Proposed], wish: &AmendmentWish) -> Result<(), Invalid> {
    let accepted = earlier.iter().filter(|proposed| proposed.state == AmendmentState::Accepted);
    let begun = accepted.map(|proposed| proposed.amendment.from).max();
    match begun.filter(|begun| wish.from < *begun) {
        Some(_) => {
            let early = ("must not be before the last accepted amendment begins", "不能早于上一次已接受变更的起始日");
            Err(Invalid::one("from", early))
        }
        None => Ok(()),
    }
}

/// What a seller's wish makes of an offer that runs, or what is wrong with it.
pub(crate) fn amend(
    (sent, running, dues): (&Sent, &[Running], &[Due]),
    wish: &AmendmentWish,
    (number, days_max): (u32, u32),
    (now, zone): (Timestamp, &TimeZone),
) -> Result<Amendment, Error> {
    check_times(wish, (now, days_max))?;
    let lines = lines(sent, running, wish, zone)?;
    let difference = Money::sum(sent.total.currency(), lines.iter().map(|line| line.difference))?;
    let planned: Vec<&Due> = dues.iter().filter(|due| due.state == DueState::Planned).collect();
    let open = Money::sum(sent.total.currency(), planned.iter().map(|due| due.amount))?;
    let old: Vec<Instalment> =
        planned.iter().map(|due| Instalment { due_at: Some(due.due_at), amount: due.amount }).collect();
    remaining(sent, &lines, dues)?;
    let instalments = if wish.instalments.is_empty() {
        usual(&old, difference)?
    } else {
        check_rest(&wish.instalments, open.plus(difference)?, (wish.valid_until, dues.len()))?;
        wish.instalments.clone()
    };
    if lines.is_empty() && instalments == old {
        let nothing = ("must change something", "须至少变更一项内容");
        return Err(Invalid::one("lines", nothing).into());
    }
    Ok(Amendment {
        number,
        from: wish.from,
        valid_until: wish.valid_until,
        note: wish.note.trim().to_owned(),
        lines,
        difference,
        replaced: planned.iter().map(|due| due.number).collect(),
        open,
        instalments,
    })
}

fn check_times(wish: &AmendmentWish, (now, days_max): (Timestamp, u32)) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.length(&wish.note, 0, super::draft::MESSAGE_MAX, "note");
    wrong.check(wish.valid_until > now, "valid_until", ("must be in the future", "须晚于现在"));
    let early = ("must not be after the day on which the new conditions begin", "不能晚于变更生效日当天");
    wrong.check(wish.valid_until <= wish.from.plus_days(1), "valid_until", early);
    let far = (format!("may be at most {days_max} days from now"), format!("距今最多 {days_max} 天"));
    wrong.check(wish.from <= now.plus_days(i64::from(days_max)), "from", far);
    let many = (format!("may be at most {INSTALMENTS_MAX}"), format!("最多 {INSTALMENTS_MAX} 项"));
    wrong.check(wish.lines.len() <= super::draft::LINES_MAX, "lines", many.clone());
    wrong.check(wish.instalments.len() <= INSTALMENTS_MAX, "instalments", many);
    wrong.done()
}

fn lines(sent: &Sent, running: &[Running], wish: &AmendmentWish, zone: &TimeZone) -> Result<Vec<AmendedLine>, Error> {
    let mut known = BTreeSet::new();
    let mut lines = Vec::with_capacity(wish.lines.len());
    for (index, wanted) in wish.lines.iter().enumerate() {
        let at = |name: &str| format!("lines.{}.{name}", index + 1);
        let place = usize::try_from(wanted.line).unwrap_or(0).checked_sub(1);
        let unknown = ("is no line of the offer, or is named twice", "不是报价中的项目，或重复");
        let line = place.and_then(|place| sent.lines.get(place)).filter(|_| known.insert(wanted.line));
        let line = line.ok_or_else(|| Invalid::one(at("line"), unknown))?;
        let runs = running.iter().find(|now| now.line.saturating_add(1) == wanted.line && !now.over);
        let runs = runs.filter(|now| now.ends_at.is_none_or(|end| days_between(wish.from, end, zone) > 0));
        let over = ("does not run any more on the day when the new conditions begin", "在变更生效日已不在使用中");
        let runs = runs.ok_or_else(|| Invalid::one(at("line"), over))?;
        if let Some(changed) = amended_line((line, runs), wanted, (wish.from, zone), &at)? {
            lines.push(changed);
        }
    }
    Ok(lines)
}

/// What is amended of a line; `None`: nothing.
fn amended_line(
    (line, runs): (&SentLine, &Running),
    wanted: &LineWish,
    (from, zone): (Timestamp, &TimeZone),
    at: &dyn Fn(&str) -> String,
) -> Result<Option<AmendedLine>, Error> {
    let content = &line.agreed.content;
    let (currency, before) = (content.quote.total.currency(), line.rate(runs, zone)?);
    let own = &content.choice.quantities;
    let quantities = if wanted.quantities.is_empty() { own } else { &wanted.quantities };
    let ends_at = wanted.ends_at.or(runs.ends_at);
    let price = wanted.price.unwrap_or(before.price);
    let (numbers, end) = (quantities != own, ends_at != runs.ends_at);
    if !numbers && !end && price == before.price {
        return Ok(None);
    }
    let mut wrong = Invalid::default();
    let all = quantities.keys().eq(own.keys()) && quantities.values().all(|count| *count > 0);
    wrong.check(all, at("quantities"), ("must be numbers of all that is counted", "须为每个数量属性填写数量"));
    let told = ("is needed with other numbers", "变更数量时须填写价格");
    wrong.check(!numbers || wanted.price.is_some(), at("price"), told);
    let fits = price.currency() == currency && price.is_positive();
    let money = (format!("must be more than nothing, in {currency}"), format!("须大于零，币种为 {currency}"));
    wrong.check(fits, at("price"), money);
    let hosted = (
        "runs at your own system, which this site cannot tell of it; amend its price or its instalments",
        "由商家系统开通，暂不支持变更数量或到期时间，可变更价格或分期",
    );
    // What a package holds and how long is what was paid for.
    let ours = content.access_type == AccessType::License && content.package.is_none();
    wrong.check(ours || !numbers, at("quantities"), hosted);
    wrong.check(ours || !end, at("ends_at"), hosted);
    let later = ("must be after the day on which the new conditions begin", "须晚于变更生效日");
    let later_end = ends_at.is_none_or(|end| days_between(from, end, zone) > 0);
    wrong.check(!end || (runs.ends_at.is_some() && later_end), at("ends_at"), later);
    wrong.done()?;
    let first = from.max(runs.begins_at);
    let left = |end: Option<Timestamp>| end.map_or(0, |end| days_between(first, end, zone));
    let (before, after) =
        (TermPart { left: left(runs.ends_at), ..before }, TermPart { price, days: before.days, left: left(ends_at) });
    Ok(Some(AmendedLine {
        line: runs.line,
        instance: runs.instance,
        quantities_before: own.clone(),
        quantities: quantities.clone(),
        ends_before: runs.ends_at,
        ends_at,
        before,
        after,
        difference: after.amount()?.minus(before.amount()?)?,
    }))
}

/// What each line still has to pay once an amendment was accepted. What was paid does not come back by an amendment.
pub(crate) fn remaining(sent: &Sent, lines: &[AmendedLine], dues: &[Due]) -> Result<Vec<Money>, Error> {
    let planned: Vec<&Due> = dues.iter().filter(|due| due.state == DueState::Planned).collect();
    let mut rest = Vec::with_capacity(sent.lines.len());
    for index in 0..sent.lines.len() {
        let open = planned.iter().filter_map(|due| due.shares.get(index).copied());
        let open = Money::sum(sent.total.currency(), open)?;
        let change = lines.iter().find(|line| usize::try_from(line.line) == Ok(index));
        let left = change.map_or(Ok(open), |change| open.plus(change.difference))?;
        if left.is_negative() {
            let back = left.negated()?;
            let said = (
                format!("would give back {back} of line {} more than is still to be paid", index + 1),
                format!("第 {} 项将比剩余应付金额多退 {back}", index + 1),
            );
            return Err(Invalid::one("lines", said).into());
        }
        rest.push(left);
    }
    Ok(rest)
}

/// What is paid when nothing is said of it: more at acceptance, less off the last of what was planned.
fn usual(old: &[Instalment], difference: Money) -> Result<Vec<Instalment>, Error> {
    if difference.is_positive() {
        let now = Instalment { due_at: None, amount: difference };
        return Ok(std::iter::once(now).chain(old.iter().copied()).collect());
    }
    let mut off = difference.negated()?;
    let mut kept = Vec::with_capacity(old.len());
    for instalment in old.iter().rev() {
        let taken = if off.minor() > instalment.amount.minor() { instalment.amount } else { off };
        off = off.minus(taken)?;
        let amount = instalment.amount.minus(taken)?;
        if amount.is_positive() {
            kept.push(Instalment { amount, ..*instalment });
        }
    }
    kept.reverse();
    Ok(kept)
}

/// Refuses a schedule that does not go on in order after the amendment's last day, or does not sum to what is to come.
fn check_rest(schedule: &[Instalment], whole: Money, (valid_until, before): (Timestamp, usize)) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let many = (format!("may have at most {INSTALMENTS_MAX} parts in all"), format!("合计最多 {INSTALMENTS_MAX} 期"));
    wrong.check(before + schedule.len() <= INSTALMENTS_MAX, "instalments", many);
    let mut last = None;
    for (index, instalment) in schedule.iter().enumerate() {
        let field = |name: &str| format!("instalments.{}.{name}", index + 1);
        let fits = instalment.amount.currency() == whole.currency() && instalment.amount.is_positive();
        wrong.check(
            fits,
            field("amount"),
            ("must be more than nothing, in the currency of the offer", "须大于零，且与报价币种相同"),
        );
        let later =
            ("must be after the amendment's last day and after the part before it", "须晚于变更的有效期和上一期");
        let in_order = match instalment.due_at {
            None => index == 0,
            Some(due_at) => due_at >= valid_until && last.is_none_or(|last| due_at > last),
        };
        wrong.check(in_order, field("due_at"), later);
        last = instalment.due_at.or(last);
    }
    wrong.done()?;
    let sum = Money::sum(whole.currency(), schedule.iter().map(|instalment| instalment.amount));
    let said = (
        format!("must sum to {whole}, which is still to be paid under the new conditions"),
        format!("各期金额之和须等于变更后的剩余应付金额 {whole}"),
    );
    if sum == Ok(whole) { Ok(()) } else { Err(Invalid::one("instalments", said)) }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000).plus_days(day)
    }

    fn plan(amounts: &[i64]) -> Vec<Instalment> {
        (0..)
            .zip(amounts)
            .map(|(day, amount)| Instalment { due_at: Some(at(30 + day)), amount: yuan(*amount) })
            .collect()
    }

    fn wrong(schedule: &[(Option<i64>, i64)], whole: i64) -> Vec<String> {
        let schedule: Vec<Instalment> =
            schedule.iter().map(|(day, amount)| Instalment { due_at: day.map(at), amount: yuan(*amount) }).collect();
        let checked = check_rest(&schedule, yuan(whole), (at(10), 3));
        checked.err().map_or_else(Vec::new, |wrong| wrong.0.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn what_is_to_come_goes_on_in_order_after_the_amendment_and_sums_up() {
        let none: Vec<String> = Vec::new();
        assert_eq!(wrong(&[(None, 50), (Some(10), 50)], 100), none);
        assert_eq!(wrong(&[(Some(10), 50), (Some(20), 50)], 100), none);
        assert_eq!(wrong(&[(Some(9), 100)], 100), ["instalments.1.due_at"]);
        assert_eq!(wrong(&[(Some(20), 50), (None, 50)], 100), ["instalments.2.due_at"]);
        assert_eq!(wrong(&[(Some(20), 50), (Some(20), 50)], 100), ["instalments.2.due_at"]);
        assert_eq!(wrong(&[(None, 0)], 0), ["instalments.1.amount"]);
        assert_eq!(wrong(&[(None, 99)], 100), ["instalments"]);
    }

    #[test]
    fn less_is_taken_off_the_last_parts_and_more_is_paid_at_once() {
        let amounts = |found: Vec<Instalment>| found.iter().map(|one| one.amount.minor()).collect::<Vec<_>>();
        assert_eq!(amounts(usual(&plan(&[100, 100, 100]), yuan(-150)).unwrap()), [100, 50]);
        let more = usual(&plan(&[100]), yuan(30)).unwrap();
        assert_eq!((more[0].due_at, amounts(more)), (None, vec![30, 100]));
    }

    proptest! {
        #[test]
        fn what_is_to_come_changes_by_the_difference(
            amounts in prop::collection::vec(1_i64..1_000_000, 0..8), difference in -8_000_000_i64..8_000_000,
        ) {
            let open: i64 = amounts.iter().sum();
            prop_assume!(open + difference >= 0);
            let planned = usual(&plan(&amounts), yuan(difference)).unwrap();
            prop_assert!(planned.iter().all(|one| one.amount.is_positive()));
            prop_assert_eq!(planned.iter().map(|one| one.amount.minor()).sum::<i64>(), open + difference);
            prop_assert!(planned.windows(2).all(|pair| pair[0].due_at < pair[1].due_at));
        }
    }
}
