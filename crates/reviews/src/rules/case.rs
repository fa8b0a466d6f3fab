//! A review that was reported: kept or hidden with reasons, appealed once, decided by somebody else.

use kernel::{
    Timestamp, choices,
    id::{ReviewCaseId, ReviewId, UserId},
};

use super::ReviewRefused;

choices! {
    /// Why somebody reports a review.
    pub(crate) enum ReportReason {
        Untrue = "untrue",
        Insulting = "insulting",
        Advertising = "advertising",
        /// It tells something of a person or company that nobody should read here.
        Personal = "personal",
        OffTopic = "off_topic",
        /// By somebody who is paid for it, or who is behind the product or a competitor.
        Arranged = "arranged",
        Other = "other",
    }
}

choices! {
    pub(crate) enum ReviewCaseState {
        Open = "open",
        Kept = "kept",
        Hidden = "hidden",
        Appealed = "appealed",
        /// The appeal was not granted.
        Upheld = "upheld",
        /// The appeal was granted: the review is shown again.
        Restored = "restored",
    }
}

impl ReviewCaseState {
    pub(crate) fn zh(self) -> &'static str {
        match self {
            Self::Open => "待审核",
            Self::Kept => "已处理，评价予以保留",
            Self::Hidden => "已处理，评价已屏蔽",
            Self::Appealed => "正在申诉",
            Self::Upheld => "申诉已驳回",
            Self::Restored => "申诉已通过",
        }
    }
}

choices! {
    pub(crate) enum ReviewOutcome { Keep = "keep", Hide = "hide" }
}

choices! {
    pub(crate) enum ReviewAppealOutcome { Uphold = "uphold", Restore = "restore" }
}

/// What somebody said with a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) reason: ReportReason,
    pub(crate) note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Case {
    pub(crate) id: ReviewCaseId,
    pub(crate) review_id: ReviewId,
    pub(crate) state: ReviewCaseState,
    pub(crate) opened_at: Timestamp,
    /// Until when it is decided: the report, then the appeal.
    pub(crate) due_at: Timestamp,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) decided_by: Option<UserId>,
    pub(crate) statement: Option<String>,
    /// The version of the review that was decided on.
    pub(crate) version: Option<i64>,
    pub(crate) appeal_until: Option<Timestamp>,
    pub(crate) appeal: Option<String>,
    pub(crate) appealed_at: Option<Timestamp>,
    pub(crate) appealed_by: Option<UserId>,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) answered_by: Option<UserId>,
    pub(crate) answer: Option<String>,
}

impl Case {
    pub(crate) fn open((id, review_id): (ReviewCaseId, ReviewId), opened_at: Timestamp, due_at: Timestamp) -> Self {
        Self {
            id,
            review_id,
            state: ReviewCaseState::Open,
            opened_at,
            due_at,
            decided_at: None,
            decided_by: None,
            statement: None,
            version: None,
            appeal_until: None,
            appeal: None,
            appealed_at: None,
            appealed_by: None,
            answered_at: None,
            answered_by: None,
            answer: None,
        }
    }

    fn refuse<T>(&self, wanted: &'static str) -> Result<T, ReviewRefused> {
        Err(ReviewRefused::CaseState { state: self.state, wanted })
    }

    /// Whether what a review says now was decided on, and stands.
    pub(crate) fn stands(&self, version: i64) -> bool {
        match self.state {
            ReviewCaseState::Kept | ReviewCaseState::Restored => self.version == Some(version),
            ReviewCaseState::Open | ReviewCaseState::Hidden | ReviewCaseState::Appealed | ReviewCaseState::Upheld => {
                false
            }
        }
    }

    pub(crate) fn decide(
        self,
        (verdict, statement, version): (ReviewOutcome, &str, i64),
        by: UserId,
        (now, appeal_until): (Timestamp, Timestamp),
    ) -> Result<Self, ReviewRefused> {
        match self.state {
            ReviewCaseState::Open => {}
            ReviewCaseState::Kept
            | ReviewCaseState::Hidden
            | ReviewCaseState::Appealed
            | ReviewCaseState::Upheld
            | ReviewCaseState::Restored => {
                return self.refuse("decided");
            }
        }
        let (state, appeal_until) = match verdict {
            ReviewOutcome::Keep => (ReviewCaseState::Kept, None),
            ReviewOutcome::Hide => (ReviewCaseState::Hidden, Some(appeal_until)),
        };
        Ok(Self {
            state,
            decided_at: Some(now),
            decided_by: Some(by),
            statement: Some(statement.trim().to_owned()),
            version: Some(version),
            appeal_until,
            ..self
        })
    }

    /// Its author says why the review has to be shown, once.
    pub(crate) fn appeal(
        self,
        text: &str,
        by: UserId,
        (now, due_at): (Timestamp, Timestamp),
    ) -> Result<Self, ReviewRefused> {
        match self.state {
            ReviewCaseState::Hidden => {}
            ReviewCaseState::Open
            | ReviewCaseState::Kept
            | ReviewCaseState::Appealed
            | ReviewCaseState::Upheld
            | ReviewCaseState::Restored => {
                return self.refuse("appealed");
            }
        }
        if self.appeal_until.is_none_or(|until| now >= until) {
            return Err(ReviewRefused::AppealOver);
        }
        Ok(Self {
            state: ReviewCaseState::Appealed,
            appeal: Some(text.trim().to_owned()),
            appealed_at: Some(now),
            appealed_by: Some(by),
            due_at,
            ..self
        })
    }

    pub(crate) fn may_answer(&self, by: UserId) -> Result<(), ReviewRefused> {
        match self.state {
            ReviewCaseState::Appealed if self.decided_by == Some(by) => Err(ReviewRefused::SameHand),
            ReviewCaseState::Appealed => Ok(()),
            ReviewCaseState::Open
            | ReviewCaseState::Kept
            | ReviewCaseState::Hidden
            | ReviewCaseState::Upheld
            | ReviewCaseState::Restored => self.refuse("decided"),
        }
    }

    pub(crate) fn answer(
        self,
        (verdict, answer): (ReviewAppealOutcome, &str),
        (by, now): (UserId, Timestamp),
    ) -> Result<Self, ReviewRefused> {
        self.may_answer(by)?;
        let state = match verdict {
            ReviewAppealOutcome::Uphold => ReviewCaseState::Upheld,
            ReviewAppealOutcome::Restore => ReviewCaseState::Restored,
        };
        Ok(Self {
            state,
            answered_at: Some(now),
            answered_by: Some(by),
            answer: Some(answer.trim().to_owned()),
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        "2026-11-30T00:00:00Z".parse::<Timestamp>().unwrap().plus_days(days)
    }

    fn open() -> Case {
        Case::open((ReviewCaseId::new(at(0)), ReviewId::new(at(0))), at(0), at(3))
    }

    #[test]
    fn what_was_hidden_is_appealed_once_in_time_and_decided_by_another() {
        let [ada, grace, author] = [1, 2, 3].map(|day| UserId::new(at(day)));
        let hidden = open().decide((ReviewOutcome::Hide, " Insults a person. ", 1), ada, (at(1), at(11))).unwrap();
        assert_eq!((hidden.state, hidden.statement.as_deref()), (ReviewCaseState::Hidden, Some("Insults a person.")));
        assert_eq!(hidden.clone().appeal("No.", author, (at(11), at(16))), Err(ReviewRefused::AppealOver));
        let appealed = hidden.appeal("It names nobody.", author, (at(2), at(7))).unwrap();
        assert_eq!((appealed.state, appealed.due_at), (ReviewCaseState::Appealed, at(7)));
        assert!(appealed.clone().appeal("Again.", author, (at(2), at(7))).is_err());
        let answer =
            |by| appealed.clone().answer((ReviewAppealOutcome::Restore, "True."), (by, at(3))).map(|case| case.state);
        assert_eq!(answer(ada), Err(ReviewRefused::SameHand));
        assert_eq!(answer(grace), Ok(ReviewCaseState::Restored));
    }

    #[test]
    fn what_is_decided_is_not_decided_again_and_what_is_kept_not_appealed() {
        let ada = UserId::new(at(0));
        let kept = open().decide((ReviewOutcome::Keep, "An opinion.", 3), ada, (at(1), at(11))).unwrap();
        assert_eq!([kept.stands(3), kept.stands(4), open().stands(1)], [true, false, false]);
        let wanted = |wanted| ReviewRefused::CaseState { state: ReviewCaseState::Kept, wanted };
        assert_eq!(kept.clone().decide((ReviewOutcome::Hide, "x", 3), ada, (at(1), at(11))), Err(wanted("decided")));
        assert_eq!(kept.clone().appeal("x", ada, (at(1), at(11))), Err(wanted("appealed")));
        assert_eq!(kept.answer((ReviewAppealOutcome::Restore, "x"), (ada, at(1))), Err(wanted("decided")));
    }
}
