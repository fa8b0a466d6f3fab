//! The work on a case: taking and leaving it, the checks that come first, the decision of one or two reviewers.

use accounts::{Operator, Seller, StaffPermission};
use kernel::{
    Error, Event, Page, Result, Thing, Timestamp,
    id::{AccountId, ProductId, RevisionId, UserId},
    page::PageOf,
    time::MINUTE,
};
use platform::{Tx, jobs};
use policy::{AccessType, Policy, Review};
use serde_json::json;

use super::operator::any;
use crate::{
    Catalogue,
    rules::{
        Answering, Check, CheckResult, Claim, Decision, Finding, Given, Listing, Picture, ReviewRefused, RevisionState,
        Tally, TextPrint, Tree, answered, bounded, check_claim, copied, looked_at, may_approve, needs_second,
        read_through, system, tallied, verdict_of,
    },
    store::{self, Case, Only, Revision, Waiting, Wanted},
};

/// Which part of the queue is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Overdue,
    /// What the asking reviewer has taken.
    Mine,
    Only(Only),
}

/// What reviewers did in a time.
pub(crate) struct Statistics {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// By name, the busiest first.
    pub(crate) reviewers: Vec<(UserId, String, Tally)>,
    pub(crate) waiting: i64,
    pub(crate) overdue: i64,
}

impl Catalogue {
    /// The cases that wait, the earliest due first.
    pub(crate) async fn queue(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (part, access_type): (Part, Option<AccessType>),
        page: PageOf,
    ) -> Result<Page<Waiting>> {
        operator.may_staff(StaffPermission::View)?;
        let now = self.app.clock.now();
        let wanted = Wanted {
            due_before: (part == Part::Overdue).then_some(now),
            access_type,
            claimed_by: (part == Part::Mine).then(|| operator.user()),
            only: if let Part::Only(only) = part { only } else { Only::All },
            claims_since: self.lapsed(now).await?,
        };
        store::queue(tx, wanted, page).await
    }

    /// Claims that began before have lapsed.
    async fn lapsed(&self, now: Timestamp) -> Result<Timestamp> {
        let minutes = self.policies.current().await?.review.claim_minutes;
        Ok(now.plus_micros(i64::from(minutes).saturating_mul(-MINUTE)))
    }

    /// Takes a case, so that nobody else works on it.
    pub(crate) async fn claim(&self, tx: &mut Tx, operator: &Operator, id: RevisionId) -> Result<Case> {
        operator.may_staff(StaffPermission::Review)?;
        let (revision, case) = self.waiting_case(tx, id).await?;
        let now = self.app.clock.now();
        let by = operator.user();
        if case.approved_by == Some(by) {
            return Err(ReviewRefused::SamePerson.into());
        }
        store::claim(tx, id, Claim { by, at: now }, self.lapsed(now).await?).await?;
        // One from before there were checks; and what a seller's system passed may have changed since.
        if case.checked_at.is_none() || case.access_type.is_called() {
            self.run_checks(tx, &revision).await?;
        }
        self.accounts.audit(tx, operator, "review.claimed", &id.to_string(), &json!({})).await?;
        self.case(tx, id).await
    }

    /// Leaves a case to others. Whoever holds it may; an admin of the site may for somebody who is away.
    pub(crate) async fn release_claim(&self, tx: &mut Tx, operator: &Operator, id: RevisionId) -> Result<Case> {
        operator.may_staff(StaffPermission::Review)?;
        let (_, case) = self.waiting_case(tx, id).await?;
        let minutes = self.policies.current().await?.review.claim_minutes;
        let held = check_claim(case.claim(), operator.user(), self.app.clock.now(), minutes);
        if held.is_err() && operator.may_staff(StaffPermission::RunSite).is_err() {
            held?;
        }
        store::release_claim(tx, id).await?;
        self.accounts.audit(tx, operator, "review.released", &id.to_string(), &json!({})).await?;
        self.case(tx, id).await
    }

    async fn waiting_case(&self, tx: &mut Tx, id: RevisionId) -> Result<(Revision, Case)> {
        let revision = any(tx, id).await?;
        if revision.state != RevisionState::Submitted {
            return Err(ReviewRefused::Over.into());
        }
        Ok((revision, self.case(tx, id).await?))
    }

    pub(crate) async fn case(&self, tx: &mut Tx, id: RevisionId) -> Result<Case> {
        store::find_case(tx, id).await?.ok_or(Error::NotFound(Thing::Revision))
    }

    /// Opens the case of a revision that was just submitted. The checks are a part of submitting: nobody decides without
    /// what they found.
    pub(super) async fn open_case(&self, tx: &mut Tx, revision: &Revision, policy: &Policy) -> Result<()> {
        let listing = &revision.content.listing;
        let case = Case::new(listing.access_type, needs_second(listing, &policy.review));
        store::insert_case(tx, revision.id, &case).await?;
        self.run_checks(tx, revision).await
    }

    /// When a review that begins now has to end: who submits much on one day waits longer.
    pub(super) async fn due(&self, tx: &mut Tx, account: AccountId, policy: &Policy) -> Result<Timestamp> {
        let Review { product_days, many_from, many_days, .. } = policy.review;
        let more = if self.submitted_today(tx, account, policy, many_from).await? { many_days } else { 0 };
        Ok(policy.review_due(self.app.clock.now(), product_days.saturating_add(more)))
    }

    /// Whether a seller has submitted so many revisions today; never, where the policy does not count.
    pub(super) async fn submitted_today(
        &self,
        tx: &mut Tx,
        account: AccountId,
        policy: &Policy,
        count: u32,
    ) -> Result<bool> {
        if policy.review.many_from == 0 {
            return Ok(false);
        }
        let zone = policy.zone();
        let today = self.app.clock.now().date_in(&zone);
        let last = store::last_submissions(tx, account, count).await?;
        Ok(last.len() >= count as usize && last.iter().all(|at| at.date_in(&zone) == today))
    }

    /// Approves or rejects. Where two have to approve, the first approval only notes itself.
    pub(crate) async fn decide(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: RevisionId,
        (decision, given): (&Decision, &[Given]),
    ) -> Result<Revision> {
        operator.may_staff(StaffPermission::Review)?;
        if *decision == Decision::Approve {
            // It stands in its categories as they are then. First of all, as those do who arrange them.
            store::tree::lock(tx).await?;
        }
        let revision = any(tx, id).await?;
        let state = revision.state.leave_review(decision.leads_to())?;
        let case = self.case(tx, id).await?;
        let (policy, now, by) = (self.policies.current().await?, self.app.clock.now(), operator.user());
        check_claim(case.claim(), by, now, policy.review.claim_minutes)?;
        if *decision == Decision::Approve {
            self.may_approve(tx, &revision, &case).await?;
        }
        self.keep_answers(tx, &revision, (&case, &policy), (decision, given), by).await?;
        if *decision == Decision::Approve && case.needs_second {
            match case.approved_by {
                None => {
                    store::approve_first(tx, id, by, now).await?;
                    let detail = json!({ "product": revision.product_id, "number": revision.number });
                    self.accounts.audit(tx, operator, "revision.approved_first", &id.to_string(), &detail).await?;
                    return Ok(revision);
                }
                Some(first) if first == by => return Err(ReviewRefused::SamePerson.into()),
                Some(_) => {}
            }
        }
        self.conclude(tx, operator, (&revision, state), decision).await
    }

    async fn may_approve(&self, tx: &mut Tx, revision: &Revision, case: &Case) -> Result<()> {
        may_approve(case.checked_at, &case.findings)?;
        let listing = &revision.content.listing;
        if !listing.access_type.is_called() {
            return Ok(());
        }
        // Those that were submitted before this was a rule wait without it, and deliveries may go elsewhere by now.
        let system = self.production.system(tx, revision.account_id).await?.ok_or(ReviewRefused::NoSystem)?;
        let open = system::open(listing, &*self.policies.current().await?, &system);
        if open.is_empty() { Ok(()) } else { Err(ReviewRefused::CasesOpen(system::named(&open, &system)).into()) }
    }

    /// An approval without answers, by a program, is noted as such: nothing is kept.
    async fn keep_answers(
        &self,
        tx: &mut Tx,
        revision: &Revision,
        (case, policy): (&Case, &Policy),
        (decision, given): (&Decision, &[Given]),
        by: UserId,
    ) -> Result<()> {
        if given.is_empty() {
            return Ok(());
        }
        let points: Vec<_> = policy.review.points(case.access_type).collect();
        let answering = if *decision == Decision::Approve { Answering::Whole } else { Answering::Part };
        let mut answers = case.answers.0.clone();
        answers.extend(answered(&points, given, answering, (by, self.app.clock.now()))?);
        store::keep_answers(tx, revision.id, &answers).await
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (revision, state): (&Revision, RevisionState),
        decision: &Decision,
    ) -> Result<Revision> {
        let (id, now) = (revision.id, self.app.clock.now());
        store::leave_review(tx, revision, state, operator.user(), decision.reasons(), now).await?;
        store::release_claim(tx, id).await?;
        let action = match decision {
            Decision::Approve => {
                let known = store::find_product(tx, revision.product_id).await?;
                if known.is_some_and(|product| product.revision_id.is_none()) {
                    self.tell_named(tx, revision.product_id).await?;
                }
                store::supersede(tx, revision.product_id, id).await?;
                store::list_product(tx, revision.product_id, id, now).await?;
                let tree = Tree::of(store::tree::categories(tx).await?);
                let codes = tree.standing(&revision.content.listing.categories);
                store::set_categories(tx, revision.product_id, &codes).await?;
                let pictures = revision.content.listing.pictures().collect();
                store::set_pictures(tx, revision.product_id, pictures).await?;
                store::sell(tx, revision).await?;
                if store::removals::sold(tx, revision.product_id).await?.is_empty() {
                    return Err(ReviewRefused::NothingSold.into());
                }
                self.changed(tx, &[revision.product_id]).await?;
                "revision.approved"
            }
            Decision::Reject(_) => "revision.rejected",
        };
        let detail =
            json!({ "product": revision.product_id, "number": revision.number, "reasons": decision.reasons() });
        self.accounts.audit(tx, operator, action, &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::RevisionDecided { revision: id }).await?;
        let reasons = sqlx::types::Json(decision.reasons().to_vec());
        Ok(Revision { state, decided_at: Some(now), reasons, ..revision.clone() })
    }

    /// Runs all checks on a revision that was submitted, and keeps what they find.
    pub(super) async fn run_checks(&self, tx: &mut Tx, revision: &Revision) -> Result<()> {
        let listing = &revision.content.listing;
        let mut findings = Vec::new();
        let on_sale = store::find_product(tx, revision.product_id).await?.and_then(|product| product.revision_id);
        if let Err(wrong) = self.check_beside(tx, (revision.account_id, on_sale), listing).await? {
            findings.extend(wrong.0.into_iter().map(Finding::rule));
        }
        // What is wrong with the system has a line of its own.
        let system = self.system_for(tx, revision.account_id, listing).await?;
        if let Some(wrong) = system::mistake(listing, &*self.policies.current().await?, system.as_ref()) {
            findings.retain(|known| (&known.field, &known.message) != (&wrong.field, &wrong.message));
            findings.push(Finding { check: Check::System, ..Finding::rule(wrong) });
        }
        findings.extend(self.examine(tx, revision.account_id, listing).await?);
        let findings = bounded(findings);
        let ended = |verdict| {
            let checks = Check::ALL.iter().filter(|check| verdict_of(**check, &findings) == verdict).count();
            i64::try_from(checks).unwrap_or(i64::MAX)
        };
        let counts = (ended(CheckResult::Failed), ended(CheckResult::Warned));
        store::keep_findings(tx, revision.id, &findings, counts, self.app.clock.now()).await?;
        let whose = (revision.account_id, revision.product_id);
        store::keep_prints(tx, whose, &prints_of(listing)).await
    }

    /// What the checks find in a draft, as far as it is its seller's to mend.
    pub(crate) async fn findings(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Vec<Finding>> {
        let (product, _) = self.product(tx, seller, id).await?;
        let found = self.examine(tx, product.account_id, &product.draft).await?;
        Ok(bounded(found).into_iter().map(Finding::for_seller).collect())
    }

    /// All checks but the rules of the form.
    async fn examine(&self, tx: &mut Tx, account: AccountId, listing: &Listing) -> Result<Vec<Finding>> {
        let policy = self.policies.current().await?;
        let written = serde_json::to_value(listing).map_err(Error::fault)?;
        let mut found = read_through(&written, &policy);
        for (lang, print) in prints_of(listing) {
            let near = store::prints_near(tx, account, lang, &print).await?;
            let same = near.into_iter().map(|(product, other)| (other.same_percent(&print), product));
            // Of equals the one that was there first.
            if let Some((percent, product)) = same.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
                found.extend(copied(&format!("description.{lang}"), percent, product, &policy.review.checks));
            }
        }
        found.extend(self.look_at_pictures(tx, account, listing, &policy).await?);
        Ok(found)
    }

    async fn look_at_pictures(
        &self,
        tx: &mut Tx,
        account: AccountId,
        listing: &Listing,
        policy: &Policy,
    ) -> Result<Vec<Finding>> {
        let checks = &policy.review.checks;
        let logo = listing.logo.map(|id| ("logo".to_owned(), id, checks.logo_side_min));
        let shots = listing.screenshots.iter().enumerate();
        let shots = shots.map(|(at, id)| (format!("screenshots[{at}]"), *id, checks.screenshot_side_min));
        let mut found = Vec::new();
        for (field, id, least) in logo.into_iter().chain(shots) {
            let Some(print) = self.documents.print(tx, account, id).await? else { continue };
            let others = self.documents.others_with(tx, account, print, checks.same_picture_bits).await?.len();
            let picture = Picture { side: print.width.min(print.height), blank_percent: print.blank_percent, others };
            found.extend(looked_at(&field, picture, least, checks));
        }
        Ok(found)
    }

    /// What reviewers did in a time.
    pub(crate) async fn statistics(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Statistics> {
        operator.may_staff(StaffPermission::View)?;
        let mut reviewers = Vec::new();
        let (decisions, other) = (store::decisions(tx, from, until).await?, store::other_work(tx, from, until).await?);
        for (by, tally) in tallied(&decisions, &other) {
            reviewers.push((by, self.accounts.colleague(tx, operator, by).await?, tally));
        }
        reviewers.sort_by(|one, other| other.2.decided.cmp(&one.2.decided).then_with(|| one.1.cmp(&other.1)));
        let (waiting, overdue) = store::backlog(tx, self.app.clock.now()).await?;
        Ok(Statistics { from, until, reviewers, waiting, overdue })
    }
}

/// What the descriptions of a listing look like.
fn prints_of(listing: &Listing) -> Vec<(&'static str, TextPrint)> {
    let texts = [("en", &listing.description.en), ("zh", &listing.description.zh)];
    texts.into_iter().filter_map(|(lang, text)| Some((lang, TextPrint::of(text)?))).collect()
}
