//! A review: what may be written, and the moves between its states.

use catalogue::{STARS_MAX, leads_away, seen_length, turns_round};
use kernel::{
    Invalid, Localized, Timestamp, choices,
    id::{AccountId, InstanceId, ProductId, ReviewId, UserId},
    text::Lang,
    time::DAY,
};
use policy::{Policy, ReviewRules};

use super::{Purchase, ReviewNotCounted, ReviewRefused};

choices! {
    pub(crate) enum ReviewState {
        Shown = "shown",
        /// By the operator, after a report.
        Hidden = "hidden",
        /// By its author.
        Withdrawn = "withdrawn",
    }
}

choices! {
    /// In which order reviews are read.
    pub(crate) enum ReviewSorting { Newest = "newest", Highest = "highest", Lowest = "lowest" }
}

/// What a buyer writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) stars: u8,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) lang: Lang,
}

/// How long a text may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) min: u32,
    pub(crate) max: u32,
}

/// Texts of the operator and appeals.
const STATEMENT_MAX: usize = 2_000;
/// What is said beside the reason of a report.
const NOTE_MAX: usize = 500;

fn length(wrong: &mut Invalid, text: &str, bounds: Bounds, field: &str) {
    let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    wrong.length(text, whole(bounds.min), whole(bounds.max), field);
}

/// What is written can be seen, and reads in the direction in which it stands.
fn readable(wrong: &mut Invalid, text: &str, min: usize, field: &str) {
    // What is too short in any case was said.
    let hides = text.trim().chars().count() >= min && seen_length(text) < min;
    let unseen = (
        "must not have characters that cannot be seen or that turn text round; type it anew",
        "不能含有不可见或改变文字方向的字符，请重新输入",
    );
    wrong.check(!hides && !turns_round(text), field, unseen);
}

/// Deals are made here, and reviews lead nowhere else.
fn stays_here(wrong: &mut Invalid, text: &str, policy: &Policy, field: &str) {
    let away = (
        "must not have links, addresses, phone numbers or ways to deal outside of this site",
        "不能含有链接、邮箱、电话或引导站外交易的内容",
    );
    wrong.check(!leads_away(text, &policy.review.checks), field, away);
}

impl Written {
    /// The same without spaces around it, if it may be shown.
    pub(crate) fn checked(self, policy: &Policy) -> Result<Self, Invalid> {
        let ReviewRules { text_min, text_max, title_max, .. } = policy.reviews;
        let mut wrong = Invalid::default();
        let stars = (format!("must be from 1 to {STARS_MAX}"), format!("须为 1 到 {STARS_MAX}"));
        wrong.check((1..=STARS_MAX).contains(&self.stars), "stars", stars);
        let title_length = usize::try_from(title_max).unwrap_or(usize::MAX);
        wrong.line(&self.title, 1, title_length, "title");
        length(&mut wrong, &self.text, Bounds { min: text_min, max: text_max }, "text");
        readable(&mut wrong, &self.title, 1, "title");
        readable(&mut wrong, &self.text, usize::try_from(text_min).unwrap_or(usize::MAX), "text");
        stays_here(&mut wrong, &self.title, policy, "title");
        stays_here(&mut wrong, &self.text, policy, "text");
        wrong.done()?;
        let Self { stars, title, text, lang } = self;
        Ok(Self { stars, title: title.trim().to_owned(), text: text.trim().to_owned(), lang })
    }
}

/// What a seller may answer.
pub(crate) fn check_answer(text: &str, policy: &Policy) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    length(&mut wrong, text, Bounds { min: 1, max: policy.reviews.answer_max }, "text");
    readable(&mut wrong, text, 1, "text");
    stays_here(&mut wrong, text, policy, "text");
    wrong.done()
}

pub(crate) fn check_statement(text: &str, field: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.length(text, 1, STATEMENT_MAX, field);
    readable(&mut wrong, text, 1, field);
    wrong.done()
}

/// A note on a report says where to look, no more.
pub(crate) fn check_note(text: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.length(text, 0, NOTE_MAX, "note");
    readable(&mut wrong, text, 0, "note");
    wrong.done()
}

/// What the seller says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) lang: Lang,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    pub(crate) edited_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Review {
    pub(crate) id: ReviewId,
    pub(crate) product: ProductId,
    pub(crate) account: AccountId,
    pub(crate) seller: AccountId,
    /// Who wrote it last.
    pub(crate) user: UserId,
    pub(crate) instance: InstanceId,
    pub(crate) edition: Localized,
    pub(crate) bought_at: Timestamp,
    pub(crate) written: Written,
    pub(crate) state: ReviewState,
    pub(crate) returned: bool,
    pub(crate) sells: bool,
    /// Its author is the same company or person as the product's seller.
    pub(crate) own: bool,
    pub(crate) uncounted: Option<ReviewNotCounted>,
    pub(crate) identity: String,
    pub(crate) written_at: Timestamp,
    pub(crate) edited_at: Option<Timestamp>,
    pub(crate) version: i64,
    pub(crate) answer: Option<Answer>,
    /// How often its seller has answered, answers that were taken away included.
    pub(crate) answers: i64,
}

impl Review {
    /// How many days after the delivery it was written last.
    pub(crate) fn after_days(&self) -> u32 {
        let last = self.edited_at.unwrap_or(self.written_at);
        u32::try_from(last.micros_since(self.bought_at).max(0) / DAY).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_counted(&self) -> bool {
        self.state == ReviewState::Shown && self.uncounted.is_none()
    }

    /// Written anew by its author, also after it was withdrawn.
    pub(crate) fn rewrite(
        self,
        (written, user): (Written, UserId),
        purchase: &Purchase,
        (edits_max, now): (u32, Timestamp),
    ) -> Result<Self, ReviewRefused> {
        match self.state {
            ReviewState::Shown | ReviewState::Withdrawn => {}
            ReviewState::Hidden => return Err(ReviewRefused::Hidden),
        }
        if self.version > i64::from(edits_max) {
            return Err(ReviewRefused::TooManyEdits(edits_max));
        }
        Ok(Self {
            user,
            instance: purchase.instance,
            edition: purchase.edition.clone(),
            bought_at: purchase.from,
            returned: purchase.returned_at.is_some(),
            written,
            state: ReviewState::Shown,
            edited_at: Some(now),
            version: self.version + 1,
            ..self
        })
    }

    pub(crate) fn withdraw(self) -> Result<Self, ReviewRefused> {
        match self.state {
            ReviewState::Shown => Ok(Self { state: ReviewState::Withdrawn, uncounted: None, ..self }),
            // It would come back by being written anew.
            ReviewState::Hidden => Err(ReviewRefused::Hidden),
            ReviewState::Withdrawn => Err(ReviewRefused::Withdrawn),
        }
    }

    /// What it is about was given back too soon. One that is hidden stays so, and cannot be written anew either.
    pub(crate) fn unused(self) -> Self {
        let state = match self.state {
            ReviewState::Shown | ReviewState::Withdrawn => ReviewState::Withdrawn,
            ReviewState::Hidden => ReviewState::Hidden,
        };
        Self { state, returned: true, uncounted: None, ..self }
    }

    fn is_shown(&self) -> Result<(), ReviewRefused> {
        match self.state {
            ReviewState::Shown => Ok(()),
            ReviewState::Hidden => Err(ReviewRefused::Hidden),
            ReviewState::Withdrawn => Err(ReviewRefused::Withdrawn),
        }
    }

    /// Its seller answers, or changes the answer.
    pub(crate) fn answered(
        self,
        (text, lang): (&str, Lang),
        (by, edits_max, now): (UserId, u32, Timestamp),
    ) -> Result<Self, ReviewRefused> {
        self.is_shown()?;
        if self.answers >= i64::from(edits_max) {
            return Err(ReviewRefused::TooManyAnswers(edits_max));
        }
        let first = self.answer.as_ref().map(|answer| answer.at);
        let answer =
            Answer { text: text.trim().to_owned(), lang, by, at: first.unwrap_or(now), edited_at: first.map(|_| now) };
        Ok(Self { answer: Some(answer), answers: self.answers + 1, ..self })
    }

    pub(crate) fn unanswered(self) -> Result<Self, ReviewRefused> {
        self.is_shown()?;
        if self.answer.is_none() {
            return Err(ReviewRefused::NoAnswer);
        }
        Ok(Self { answer: None, ..self })
    }

    pub(crate) fn hide(self) -> Self {
        Self { state: ReviewState::Hidden, uncounted: None, ..self }
    }

    pub(crate) fn restore(self) -> Self {
        Self { state: ReviewState::Shown, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bought;
    use super::*;

    fn now() -> Timestamp {
        "2026-11-30T00:00:00Z".parse().unwrap()
    }

    fn said(stars: u8, title: &str, text: &str) -> Written {
        Written { stars, title: title.to_owned(), text: text.to_owned(), lang: Lang::En }
    }

    fn review(state: ReviewState) -> Review {
        Review {
            id: ReviewId::new(now()),
            product: ProductId::new(now()),
            account: AccountId::new(now()),
            seller: AccountId::new(now()),
            user: UserId::new(now()),
            instance: InstanceId::new(now()),
            edition: Localized::new("Server", "服务器版"),
            bought_at: now().plus_days(-40),
            written: said(4, "Good", "Does what it says."),
            state,
            returned: false,
            sells: false,
            own: false,
            uncounted: None,
            identity: String::new(),
            written_at: now().plus_days(-10),
            edited_at: None,
            version: 1,
            answer: None,
            answers: 0,
        }
    }

    fn purchase() -> Purchase {
        Purchase {
            instance: InstanceId::new(now()),
            edition: Localized::default(),
            from: now().plus_days(-40),
            bought: Bought::Paid,
            returned_at: None,
        }
    }

    #[test]
    fn what_may_be_written_is_said_field_by_field() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let wrong = |written: Written| -> Vec<String> {
            written
                .checked(&policy)
                .err()
                .map(|wrong| wrong.0.into_iter().map(|one| one.field).collect())
                .unwrap_or_default()
        };
        assert!(wrong(said(5, "The best buy of this year", "The support answers at once. 很好用。")).is_empty());
        assert_eq!(wrong(said(0, "", "short")), ["stars", "title", "text"]);
        assert_eq!(wrong(said(6, "a\nb", &"x".repeat(2_001))), ["stars", "title", "text"]);
        assert_eq!(wrong(said(3, "see www.example.com", "cheaper by telegram, ask me there")), ["title", "text"]);
        let hidden = said(3, "\u{200b}", &"\u{2060}".repeat(10));
        assert_eq!(wrong(hidden), ["title", "text"], "nothing can be seen of it");
        assert_eq!(wrong(said(3, "Good\u{202e}", "It does what it says.")), ["title"], "it would turn the line round");
        assert!(wrong(said(5, "Great ❤\u{fe0f}", "We 👩\u{200d}💻 like it a lot.")).is_empty());
        let trimmed = said(5, " Good ", " Does what it says. ").checked(&policy).unwrap();
        assert_eq!((trimmed.title.as_str(), trimmed.text.as_str()), ("Good", "Does what it says."));
    }

    #[test]
    fn a_seller_answers_without_leading_away() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        for text in ["Thank you. The next version brings it. Best regards", "感谢反馈，我们会第一时间处理。"]
        {
            assert!(check_answer(text, &policy).is_ok(), "{text}");
        }
        for text in ["", "写信到 ada@example.com 给您优惠", "加微信详谈"] {
            assert!(check_answer(text, &policy).is_err(), "{text}");
        }
    }

    #[test]
    fn a_review_moves_as_its_state_allows() {
        use ReviewState::{Hidden, Shown, Withdrawn};
        let anew = |state| {
            let written = (said(2, "Worse", "It has become slow."), UserId::new(now()));
            review(state).rewrite(written, &purchase(), (1, now())).map(|after| (after.state, after.version))
        };
        assert_eq!(anew(Shown), Ok((Shown, 2)));
        assert_eq!(anew(Withdrawn), Ok((Shown, 2)));
        assert_eq!(
            anew(Hidden),
            Err(ReviewRefused::Hidden),
            "what was hidden does not come back by being written anew"
        );
        let withdrawn = |state| review(state).withdraw().map(|after| after.state);
        assert_eq!(withdrawn(Shown), Ok(Withdrawn));
        assert_eq!(withdrawn(Hidden), Err(ReviewRefused::Hidden));
        assert_eq!(withdrawn(Withdrawn), Err(ReviewRefused::Withdrawn));
        let twice = Review { version: 2, ..review(Shown) };
        let written = (said(2, "Worse", "It has become slow."), UserId::new(now()));
        assert_eq!(twice.rewrite(written, &purchase(), (1, now())), Err(ReviewRefused::TooManyEdits(1)));
    }

    #[test]
    fn an_answer_keeps_its_day_and_says_that_it_was_changed() {
        let by = UserId::new(now());
        let first = review(ReviewState::Shown).answered(("Thanks.", Lang::En), (by, 2, now())).unwrap();
        let second = first.answered(("Thank you.", Lang::En), (by, 2, now().plus_days(1))).unwrap();
        let answer = second.answer.clone().unwrap();
        assert_eq!((answer.at, answer.edited_at), (now(), Some(now().plus_days(1))));
        let none = second.unanswered().unwrap();
        assert_eq!(none.clone().unanswered(), Err(ReviewRefused::NoAnswer));
        let third = none.answered(("Thanks.", Lang::En), (by, 2, now()));
        assert_eq!(third, Err(ReviewRefused::TooManyAnswers(2)), "what was taken away is counted too");
        assert!(review(ReviewState::Hidden).answered(("Thanks.", Lang::En), (by, 2, now())).is_err());
        assert_eq!(review(ReviewState::Shown).after_days(), 30);
    }
}
