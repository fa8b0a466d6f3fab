//! Reports, what the operator makes of them, and appeals.

use std::collections::BTreeSet;

use accounts::{Buyer, Operator, Permission, StaffPermission};
use catalogue::ShownReview;
use kernel::{
    Error, Event, Localized, Page, Result, Thing,
    id::{AccountId, ProductId, ReviewCaseId, ReviewId},
    page::PageOf,
    time::DAY,
};
use platform::{Tx, http::IfMatch, jobs};
use serde_json::json;

use crate::{
    Reviews,
    rules::{
        self, Case, Filed, Kept, Review, ReviewAppealOutcome, ReviewCaseState, ReviewOutcome, ReviewRefused,
        ReviewState,
    },
    store::{
        cases::{self, Report},
        reviews::{self as store, Version},
    },
};

/// A case with all that it is about.
pub(crate) struct CaseSeen {
    pub(crate) case: Case,
    pub(crate) review: Review,
    pub(crate) shown: ShownReview,
    pub(crate) product: Localized,
    pub(crate) author: String,
    pub(crate) seller: String,
    pub(crate) reports: i64,
}

/// What was said with the reports of a case, who said it, and every version of the review.
pub(crate) struct CaseFile {
    pub(crate) reports: Vec<(Report, String)>,
    pub(crate) versions: Vec<Version>,
}

impl Reviews {
    /// A review that somebody may read, to be reported.
    pub(crate) async fn to_report(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (product, id): (ProductId, ReviewId),
    ) -> Result<Review> {
        buyer.may(Permission::View)?;
        self.catalogue.rating_seen(tx, Some(buyer), product).await?;
        let found = store::find(tx, id).await?;
        let shown = found.filter(|review| review.product == product && review.state == ReviewState::Shown);
        shown.ok_or(Error::NotFound(Thing::Review))
    }

    /// Reports a review, once for each account and case. What the operator has kept is not reported again before it changes.
    pub(crate) async fn report(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (about, filed): ((ProductId, ReviewId), &Filed),
    ) -> Result<()> {
        let review = self.to_report(tx, buyer, about).await?;
        rules::check_note(&filed.note)?;
        if review.account == buyer.account() {
            return Err(ReviewRefused::OwnReport.into());
        }
        let last = cases::last_of(tx, review.id).await?;
        if last.as_ref().is_some_and(|case| case.stands(review.version)) {
            return Err(ReviewRefused::KeptAsItIs.into());
        }
        let open = last.filter(|case| case.state == ReviewCaseState::Open).map(|case| case.id);
        if let Some(case) = open
            && cases::has_reported(tx, case, buyer.account()).await?
        {
            return Err(ReviewRefused::Reported.into());
        }
        let (now, policy) = (self.app.clock.now(), self.policies.current().await?);
        let most = policy.reviews.reports_per_day;
        if cases::reported_since(tx, buyer.account(), now.plus_micros(-DAY)).await? >= i64::from(most) {
            return Err(ReviewRefused::TooManyReports(most).into());
        }
        let case = if let Some(open) = open {
            open
        } else {
            let due = policy.review_due(now, policy.reviews.report_days);
            let case = Case::open((ReviewCaseId::new(now), review.id), now, due);
            cases::insert(tx, &case).await?;
            jobs::publish(tx, now, &Event::ReviewCaseMoved { case: case.id }).await?;
            case.id
        };
        let by = (buyer.account(), buyer.user());
        cases::insert_report(tx, (review.id, review.version, case), by, (filed, now)).await?;
        let detail = json!({ "product": review.product, "case": case, "reason": filed.reason });
        self.accounts.audit(tx, buyer, "review.reported", &review.id.to_string(), &detail).await
    }

    /// Keeps or hides what was reported, with reasons, as it was read.
    pub(crate) async fn decide(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (id, read): (ReviewCaseId, Option<IfMatch>),
        (verdict, statement): (ReviewOutcome, &str),
    ) -> Result<Case> {
        operator.may_staff(StaffPermission::Review)?;
        rules::check_statement(statement, "statement")?;
        let before = cases::find(tx, id).await?.ok_or(Error::NotFound(Thing::ReviewCase))?;
        let (now, policy, from) = (self.app.clock.now(), self.policies.current().await?, before.state);
        let appeal_until = policy.review_due(now, policy.reviews.appeal_window_days);
        let review = self.review_of(tx, &before).await?;
        let after = before.decide((verdict, statement, review.version), operator.user(), (now, appeal_until))?;
        // Its author has changed it meanwhile: the reasons would be for what it does not say any more.
        if let Some(read) = read {
            read.check(review.version)?;
        }
        cases::save(tx, &after, from).await?;
        if verdict == ReviewOutcome::Hide {
            let hidden = review.hide();
            store::save(tx, &hidden).await?;
            self.rate(tx, &hidden).await?;
        }
        let action = match verdict {
            ReviewOutcome::Keep => "review.kept",
            ReviewOutcome::Hide => "review.hidden",
        };
        self.moved(tx, operator, &after, (action, statement)).await?;
        Ok(after)
    }

    /// The author says why the review has to be shown.
    pub(crate) async fn appeal(&self, tx: &mut Tx, buyer: &Buyer, (id, text): (ReviewId, &str)) -> Result<()> {
        buyer.may(Permission::Buy)?;
        let review = store::find_for(tx, buyer.account(), id).await?;
        rules::check_statement(text, "text")?;
        let case = cases::last_of(tx, review.id).await?.ok_or(Error::NotFound(Thing::ReviewCase))?;
        let (now, policy, from) = (self.app.clock.now(), self.policies.current().await?, case.state);
        let due = policy.review_due(now, policy.reviews.appeal_days);
        let after = case.appeal(text, buyer.user(), (now, due))?;
        cases::save(tx, &after, from).await?;
        let detail = json!({ "case": after.id, "text": text.trim() });
        self.accounts.audit(tx, buyer, "review.appealed", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::ReviewCaseMoved { case: after.id }).await
    }

    /// Decides on an appeal; not by whoever hid the review.
    pub(crate) async fn decide_appeal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (id, verdict, answer): (ReviewCaseId, ReviewAppealOutcome, &str),
    ) -> Result<Case> {
        operator.may_staff(StaffPermission::Review)?;
        rules::check_statement(answer, "answer")?;
        let before = cases::find(tx, id).await?.ok_or(Error::NotFound(Thing::ReviewCase))?;
        let (now, from) = (self.app.clock.now(), before.state);
        let after = before.answer((verdict, answer), (operator.user(), now))?;
        cases::save(tx, &after, from).await?;
        let action = match verdict {
            ReviewAppealOutcome::Uphold => "review.upheld",
            ReviewAppealOutcome::Restore => {
                let hidden = self.review_of(tx, &after).await?;
                let restored = self.restored(tx, hidden).await?;
                store::save(tx, &restored).await?;
                self.rate(tx, &restored).await?;
                "review.restored"
            }
        };
        self.moved(tx, operator, &after, (action, answer)).await?;
        Ok(after)
    }

    /// A hidden review as it comes back: its author may sell here by now, and what it is about may have been given back.
    async fn restored(&self, tx: &mut Tx, hidden: Review) -> Result<Review> {
        let sells = self.accounts.find(tx, hidden.account).await?.seller;
        let (kept, _) = self.kept(tx, &hidden).await?;
        let shown = Review { sells, returned: kept != Kept::Something, ..hidden.restore() };
        Ok(if kept == Kept::Unused { shown.unused() } else { shown })
    }

    async fn moved(&self, tx: &mut Tx, operator: &Operator, case: &Case, (action, why): (&str, &str)) -> Result<()> {
        let detail = json!({ "review": case.review_id, "reason": why.trim() });
        self.accounts.audit(tx, operator, action, &case.id.to_string(), &detail).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::ReviewCaseMoved { case: case.id }).await
    }

    /// The review of a case, held.
    async fn review_of(&self, tx: &mut Tx, case: &Case) -> Result<Review> {
        let found = store::find(tx, case.review_id).await?.ok_or(Error::NotFound(Thing::Review))?;
        self.held(tx, &found).await
    }

    /// What waits, the earliest due first; or what is in a state, the latest first.
    pub(crate) async fn cases(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<ReviewCaseState>,
        page: PageOf,
    ) -> Result<Page<CaseSeen>> {
        operator.may_staff(StaffPermission::View)?;
        let found = match state {
            None => cases::waiting(tx, page).await?,
            Some(state) => cases::in_state(tx, state, page).await?,
        };
        let mut items = Vec::with_capacity(found.items.len());
        for case in found.items {
            items.push(self.seen(tx, case).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    pub(crate) async fn case(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: ReviewCaseId,
    ) -> Result<(CaseSeen, CaseFile)> {
        operator.may_staff(StaffPermission::View)?;
        let case = cases::find(tx, id).await?.ok_or(Error::NotFound(Thing::ReviewCase))?;
        let seen = self.seen(tx, case).await?;
        let found = cases::reports(tx, id).await?;
        let accounts: BTreeSet<AccountId> = found.iter().map(|report| report.account_id).collect();
        let names = self.accounts.names(tx, accounts).await?;
        let told_by = |report: Report| {
            let name = names.get(&report.account_id).cloned().unwrap_or_default();
            (report, name)
        };
        let reports = found.into_iter().map(told_by).collect();
        let versions = store::versions(tx, seen.review.id).await?;
        Ok((seen, CaseFile { reports, versions }))
    }

    pub(crate) async fn seen(&self, tx: &mut Tx, case: Case) -> Result<CaseSeen> {
        let review = store::find(tx, case.review_id).await?.ok_or(Error::NotFound(Thing::Review))?;
        let shown = self.shown(tx, vec![review.clone()]).await?.pop().ok_or(Error::NotFound(Thing::Review))?;
        Ok(CaseSeen {
            product: self.catalogue.product_name(tx, review.product).await?,
            author: shown.account_name.clone(),
            seller: self.accounts.find(tx, review.seller).await?.name,
            reports: cases::reports_in(tx, case.id).await?,
            case,
            review,
            shown,
        })
    }
}
