//! Who works on a case, what a reviewer answers, when two have to approve, and which objections are still open.

use std::collections::BTreeMap;

use kernel::{Invalid, Localized, Money, Refusal, Timestamp, choices, id::UserId, time::MINUTE};
use policy::{ChecklistPoint, Review};
use pricing::Plan;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Check, CheckResult, Finding, Listing, Reason, lies_in, skus::plan, verdict_of};

/// Why a reviewer's step is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReviewRefused {
    #[error("another reviewer works on this case; take another one, or wait until it is released")]
    Claimed,
    #[error("you have approved this revision already; a second reviewer has to approve it too")]
    SamePerson,
    #[error("this case is decided or was taken back; there is nothing to work on")]
    Over,
    #[error(
        "all that this revision sells was taken off sale since it was submitted; reject it, and its seller prepares another"
    )]
    NothingSold,
    #[error("automatic checks have not run yet: {}; take the case, which runs them, and see what they find", listed(.0).en)]
    ChecksOpen(Vec<Check>),
    #[error("automatic checks failed: {}; reject the revision and say what has to change", listed(.0).en)]
    ChecksFailed(Vec<Check>),
    #[error("at the seller's system these cases have not passed: {}; reject the revision, and its seller runs them", .0.en)]
    CasesOpen(Localized),
    #[error("the seller has no verified system that could open what is sold; the seller adds one under Your system")]
    NoSystem,
}

impl Refusal for ReviewRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Claimed => "review.claimed",
            Self::SamePerson => "review.same_person",
            Self::Over => "review.over",
            Self::NothingSold => "review.nothing_sold",
            Self::ChecksOpen(_) => "review.checks_open",
            Self::ChecksFailed(_) => "review.checks_failed",
            Self::CasesOpen(_) => "review.cases_open",
            Self::NoSystem => "review.no_system",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Claimed => "其他审核员正在处理这项审核，可处理其他审核，或等对方释放".to_owned(),
            Self::SamePerson => "您已通过该版本，还须由另一位审核员复核".to_owned(),
            Self::Over => "这项审核已有结论或已被撤回，无须处理".to_owned(),
            Self::ChecksOpen(checks) => {
                format!("自动检查尚未执行：{}；领取该审核后会立即执行，查看结果后再通过", listed(checks).zh)
            }
            Self::ChecksFailed(checks) => {
                format!("自动检查未通过：{}；须驳回该版本，并说明需要修改的内容", listed(checks).zh)
            }
            Self::CasesOpen(cases) => {
                format!("以下用例尚未在商家系统调试通过：{}；须驳回该版本，由商家完成调试", cases.zh)
            }
            Self::NoSystem => "商家还没有通过验证的系统来开通所售商品，须由商家在“生产接口”页面添加并验证".to_owned(),
            Self::NothingSold => "该版本提交后，其中的规格已全部下架，须驳回并由商家重新准备".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        409
    }
}

fn listed(checks: &[Check]) -> Localized {
    let names: Vec<Localized> = checks.iter().map(|check| check.name()).collect();
    let joined = |of: fn(&Localized) -> &str, comma: &str| names.iter().map(of).collect::<Vec<_>>().join(comma);
    Localized::new(joined(|name| &name.en, ", "), joined(|name| &name.zh, "、"))
}

/// Whether a revision may be approved as far as the automatic checks go: they have run, and none that decides has failed. The
/// seller's system is looked at anew with each approval.
pub(crate) fn may_approve(checked: Option<Timestamp>, findings: &[Finding]) -> Result<(), ReviewRefused> {
    if checked.is_none() {
        return Err(ReviewRefused::ChecksOpen(Check::ALL.to_vec()));
    }
    let kept = |check: Check| check.decides() && check != Check::System;
    let failed = |check: &&Check| kept(**check) && verdict_of(**check, findings) == CheckResult::Failed;
    let failed: Vec<Check> = Check::ALL.iter().filter(failed).copied().collect();
    if failed.is_empty() { Ok(()) } else { Err(ReviewRefused::ChecksFailed(failed)) }
}

/// Who works on a case, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

impl Claim {
    /// A claim that nobody has used for long is none.
    pub(crate) fn holds(self, now: Timestamp, minutes: u32) -> bool {
        now < self.at.plus_micros(i64::from(minutes) * MINUTE)
    }
}

/// Whether somebody may work on a case.
pub(crate) fn check_claim(claim: Option<Claim>, by: UserId, now: Timestamp, minutes: u32) -> Result<(), ReviewRefused> {
    match claim.filter(|claim| claim.holds(now, minutes)) {
        Some(claim) if claim.by != by => Err(ReviewRefused::Claimed),
        Some(_) | None => Ok(()),
    }
}

choices! {
    /// What a reviewer says to a point of the checklist.
    pub(crate) enum Said { Fine = "fine", NotApplicable = "not_applicable", Wrong = "wrong" }
}

/// A reviewer's answer to one point of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"point": "honest", "said": "fine"}))]
pub(crate) struct Given {
    /// The code of a point of the site's checklist.
    #[schema(max_length = 60)]
    pub(crate) point: String,
    pub(crate) said: Said,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(crate) note: String,
}

/// An answer as it is kept on the revision, with the point as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptAnswer {
    pub(crate) point: String,
    pub(crate) text: Localized,
    pub(crate) said: Said,
    pub(crate) note: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

/// Whether an approval needs every point to be answered, or what was answered is only noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answering {
    Whole,
    Part,
}

/// Holds answers against the points that were asked, and keeps them.
pub(crate) fn answered(
    points: &[&ChecklistPoint],
    given: &[Given],
    answering: Answering,
    (by, at): (UserId, Timestamp),
) -> Result<Vec<KeptAnswer>, Invalid> {
    let mut wrong = Invalid::default();
    for (index, Given { point, said: _, note }) in given.iter().enumerate() {
        let field = format!("answers[{index}]");
        let known = points.iter().any(|known| known.code == *point);
        let hint = ("names a point that is not on the checklist", "对应的检查项不在清单中");
        wrong.check(known, format!("{field}.point"), hint);
        let twice = given[..index].iter().any(|other| other.point == *point);
        wrong.check(!twice, format!("{field}.point"), ("is answered twice", "重复作答"));
        wrong.length(note, 0, 500, format!("{field}.note"));
    }
    let said = |point: &ChecklistPoint| given.iter().find(|given| given.point == point.code).map(|given| given.said);
    if answering == Answering::Whole {
        let open = points.iter().any(|point| said(point).is_none());
        let hint = ("have to be given to all points before the product is approved", "须逐项作答后才能通过");
        wrong.check(!open, "answers", hint);
        let bad = points.iter().any(|point| said(point) == Some(Said::Wrong));
        let hint = ("say that something is wrong; reject the product and say why", "中有不符合项，须驳回并说明原因");
        wrong.check(!bad, "answers", hint);
    }
    wrong.done()?;
    let kept = points.iter().filter_map(|point| {
        let given = given.iter().find(|given| given.point == point.code)?;
        let (said, note) = (given.said, given.note.trim().to_owned());
        Some(KeptAnswer { point: point.code.clone(), text: point.text.clone(), said, note, by, at })
    });
    Ok(kept.collect())
}

/// Whether two reviewers have to approve: for what a year of it may cost one buyer, in any currency that it is sold in.
pub(crate) fn needs_second(listing: &Listing, rules: &Review) -> bool {
    let mut plans = listing.specs.iter().flat_map(|spec| spec.sold().filter_map(|sku| plan(listing, spec, sku)));
    plans.any(|plan| rules.second_reviewer_from.iter().any(|from| reaches(&plan, *from)))
        || rules.second_reviewer_types.contains(&listing.access_type)
}

/// What is too much for an amount is enough for a second look.
fn reaches(plan: &Plan, from: Money) -> bool {
    let currency = from.currency();
    let most = |plan: &Plan| plan.in_currency(currency)?.dearest_year();
    plan.currencies().any(|offered| offered == currency) && most(plan).map_or(true, |most| most.minor() >= from.minor())
}

/// The reasons of a rejection that the draft has not answered yet: a reason goes away with the first change of its field.
pub(crate) fn still_open<'r>(reasons: &'r [Reason], changes: &[Change]) -> Vec<&'r Reason> {
    let answered = |reason: &&Reason| {
        let touched = |change: &Change| lies_in(&change.path, &reason.field) || lies_in(&reason.field, &change.path);
        if reason.field.is_empty() { !changes.is_empty() } else { changes.iter().any(touched) }
    };
    reasons.iter().filter(|reason| !answered(reason)).collect()
}

/// One decision, for statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided {
    pub(crate) by: UserId,
    pub(crate) rejected: bool,
    pub(crate) submitted_at: Timestamp,
    pub(crate) decided_at: Timestamp,
    pub(crate) due_at: Timestamp,
    /// It was rejected, came again without a change, and was approved.
    pub(crate) overturned: bool,
}

choices! {
    /// What reviewers do beside the last word on a revision.
    pub(crate) enum OtherWork {
        /// The first of two approvals.
        FirstApproval = "first_approval",
        /// Of something being taken off sale.
        Removal = "removal",
        /// Taken against a product.
        Measure = "measure",
        /// Decided.
        Appeal = "appeal",
    }
}

/// How often one reviewer did something of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) by: UserId,
    pub(crate) work: OtherWork,
    pub(crate) times: u32,
}

/// What one reviewer did in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) decided: u32,
    pub(crate) rejected: u32,
    pub(crate) overdue: u32,
    pub(crate) overturned: u32,
    /// Of the times from submission to decision.
    pub(crate) median_minutes: i64,
    pub(crate) first_approvals: u32,
    pub(crate) removals: u32,
    pub(crate) measures: u32,
    pub(crate) appeals: u32,
}

pub(crate) fn tallied(decisions: &[Decided], other: &[Done]) -> BTreeMap<UserId, Tally> {
    let mut by: BTreeMap<UserId, (Tally, Vec<i64>)> = BTreeMap::new();
    for decision in decisions {
        let (tally, times) = by.entry(decision.by).or_default();
        let count = |counts: bool| u32::from(counts);
        tally.decided += 1;
        tally.rejected += count(decision.rejected);
        tally.overdue += count(decision.decided_at > decision.due_at);
        tally.overturned += count(decision.overturned);
        times.push(decision.decided_at.micros_since(decision.submitted_at) / MINUTE);
    }
    let median = |mut times: Vec<i64>| {
        times.sort_unstable();
        let (low, high) = (times.len().saturating_sub(1) / 2, times.len() / 2);
        i64::midpoint(times.get(low).copied().unwrap_or_default(), times.get(high).copied().unwrap_or_default())
    };
    for Done { by: user, work, times } in other {
        let (tally, _) = by.entry(*user).or_default();
        let counted = match work {
            OtherWork::FirstApproval => &mut tally.first_approvals,
            OtherWork::Removal => &mut tally.removals,
            OtherWork::Measure => &mut tally.measures,
            OtherWork::Appeal => &mut tally.appeals,
        };
        *counted = counted.saturating_add(*times);
    }
    by.into_iter().map(|(by, (tally, times))| (by, Tally { median_minutes: median(times), ..tally })).collect()
}

#[cfg(test)]
mod tests {
    use policy::Policy;
    use serde_json::json;

    use super::*;

    fn user(last: char) -> UserId {
        format!("usr_01jd8kx2v9e5jtf6xw4sz3q7a{last}").parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_claim_keeps_others_away_until_it_lapses() {
        let (ada, bob) = (user('a'), user('b'));
        let claim = Some(Claim { by: ada, at: at("2026-11-23T10:00:00Z") });
        let (soon, late) = (at("2026-11-23T10:59:59Z"), at("2026-11-23T11:00:00Z"));
        assert_eq!(check_claim(claim, bob, soon, 60), Err(ReviewRefused::Claimed));
        assert_eq!(check_claim(claim, ada, soon, 60), Ok(()));
        assert_eq!(check_claim(claim, bob, late, 60), Ok(()));
        assert_eq!(check_claim(None, bob, soon, 60), Ok(()));
    }

    #[test]
    fn an_approval_waits_for_the_checks_and_for_what_only_the_seller_can_mend() {
        let found = |check, verdict| Finding {
            check,
            verdict,
            field: "summary.en".to_owned(),
            message: Localized::default(),
            about: None,
        };
        let now = Some(at("2026-11-23T10:00:00Z"));
        assert_eq!(may_approve(None, &[]), Err(ReviewRefused::ChecksOpen(Check::ALL.to_vec())));
        assert_eq!(may_approve(now, &[]), Ok(()));
        assert_eq!(may_approve(now, &[found(Check::Links, CheckResult::Warned)]), Ok(()));
        assert_eq!(may_approve(now, &[found(Check::Texts, CheckResult::Failed)]), Ok(()), "a reviewer's to judge");
        let failed =
            may_approve(now, &[found(Check::Texts, CheckResult::Failed), found(Check::Links, CheckResult::Failed)]);
        let failed = failed.unwrap_err();
        assert_eq!(failed, ReviewRefused::ChecksFailed(vec![Check::Links]));
        assert!(failed.text().en.contains("links and contacts") && failed.text().zh.contains("链接与联系方式"));
    }

    #[test]
    fn an_approval_answers_every_point_and_a_rejection_some() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let points: Vec<&ChecklistPoint> = policy.review.points(policy::AccessType::License).collect();
        let by = (user('a'), at("2026-11-23T10:00:00Z"));
        let say = |said| {
            let given = |point: &&ChecklistPoint| Given { point: point.code.clone(), said, note: String::new() };
            points.iter().map(given).collect::<Vec<_>>()
        };
        let kept = answered(&points, &say(Said::Fine), Answering::Whole, by).unwrap();
        assert_eq!((kept.len(), &kept[0].text), (points.len(), &points[0].text));
        assert_eq!(answered(&points, &say(Said::Fine)[1..], Answering::Whole, by).unwrap_err().0[0].field, "answers");
        assert_eq!(answered(&points, &say(Said::Wrong), Answering::Whole, by).unwrap_err().0[0].field, "answers");
        assert_eq!(answered(&points, &say(Said::Wrong)[1..], Answering::Part, by).unwrap().len(), points.len() - 1);
        let mut strange = say(Said::Fine);
        strange[0].point = "colour".to_owned();
        assert!(answered(&points, &strange, Answering::Part, by).is_err());
    }

    #[test]
    fn a_reason_goes_away_with_the_first_change_of_its_field() {
        let reason = |field: &str| Reason { field: field.to_owned(), message: "Why?".to_owned() };
        let change = |path: &str| Change { path: path.to_owned(), before: None, after: None };
        let reasons = ["name.en", "specs[server].name", "categories", ""].map(reason);
        let open = |paths: &[&str]| {
            let changes: Vec<Change> = paths.iter().map(|path| change(path)).collect();
            still_open(&reasons, &changes).iter().map(|reason| reason.field.clone()).collect::<Vec<_>>()
        };
        assert_eq!(open(&[]).len(), 4);
        assert_eq!(open(&["name.zh"]), ["name.en", "specs[server].name", "categories"]);
        assert_eq!(open(&["name.en", "specs[server].name.zh"]), ["categories"]);
        assert_eq!(open(&["specs[server]", "categories[security]"]), ["name.en"]);
    }

    #[test]
    fn two_look_at_what_may_cost_much_in_a_year_however_it_is_paid() {
        let rules = |minor, currency: &str| Review {
            second_reviewer_from: vec![Money::of(minor, currency.parse().unwrap())],
            second_reviewer_types: std::collections::BTreeSet::new(),
            ..Policy::parse(policy::DEFAULT).unwrap().review
        };
        let sold = |mode: &str, billing: serde_json::Value| -> Listing {
            let books = json!([{"currency": "USD", "prices": {"by": "rate", "rate": "0.5"}}]);
            serde_json::from_value(json!({"access_type": "license", "currency": "CNY", "specs": [{"code": "server",
                "billing_mode": mode, "attributes": [], "skus": [{"values": {}, "billing": billing, "books": books}]}]}))
            .unwrap()
        };
        let check = |listing: &Listing, most: i64, currency: &str| {
            assert!(needs_second(listing, &rules(most, currency)), "{most} {currency}");
            assert!(!needs_second(listing, &rules(most + 1, currency)), "{most} {currency}");
        };
        let month = json!({"mode": "period", "month": {"price": {"base": "100.00"}, "periods_max": 3}});
        check(&sold("period", month.clone()), 120_000, "CNY");
        check(&sold("period", month.clone()), 60_000, "USD");
        assert!(!needs_second(&sold("period", month), &rules(1, "JPY")));
        let counts =
            json!({"code": "calls", "name": {"en": "Calls", "zh": "调用"}, "unit": {"en": "calls", "zh": "次"}});
        let meter = json!({"counts": counts, "price": {"model": "fixed", "unit_price": "0.01"}});
        let by_use = json!({"mode": "on_demand", "cycle": "hour", "meters": [meter],
            "commitment": {"amount": "1000.00", "cycle": "month"}, "set_up": "500.00"});
        check(&sold("on_demand", by_use), 1_250_000, "CNY");
    }

    #[test]
    fn statistics_know_the_median_and_what_was_late_or_overturned() {
        let decided = |minutes: &str, rejected, overturned| Decided {
            by: user('a'),
            rejected,
            overturned,
            submitted_at: at("2026-11-23T10:00:00Z"),
            decided_at: at(&format!("2026-11-23T1{minutes}:00Z")),
            due_at: at("2026-11-23T12:00:00Z"),
        };
        let all = [decided("0:10", false, false), decided("0:30", true, true), decided("3:00", true, false)];
        let tally = tallied(&all, &[])[&user('a')];
        let counted =
            Tally { decided: 3, rejected: 2, overdue: 1, overturned: 1, median_minutes: 30, ..Tally::default() };
        assert_eq!(tally, counted);
        assert_eq!(tallied(&all[..2], &[])[&user('a')].median_minutes, 20);
        // Whoever only gave first approvals has worked too.
        let done = |by, work, times| Done { by: user(by), work, times };
        let other = [
            done('a', OtherWork::Appeal, 2),
            done('b', OtherWork::FirstApproval, 3),
            done('b', OtherWork::Removal, 1),
            done('b', OtherWork::Measure, 4),
        ];
        let both = tallied(&all, &other);
        assert_eq!(both[&user('a')], Tally { appeals: 2, ..counted });
        assert_eq!(both[&user('b')], Tally { first_approvals: 3, removals: 1, measures: 4, ..Tally::default() });
    }
}
