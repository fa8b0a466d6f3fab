//! Whether a seller's system agrees to another specification: what it is asked, and for how long its answer counts.

use std::collections::BTreeMap;

use kernel::{
    Localized, Refusal, Timestamp, choices,
    id::{AccountId, ErrandId, InstanceId, OrderLineId, ProductId, SkuId},
};
use platform::vault::fingerprint;
use policy::ChangeRules;
use production::CallForm;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most letters of a product's name there.
const NAME_MAX: usize = 64;

/// What something would become, as its seller's system is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub product: ProductId,
    pub sku: SkuId,
    pub sku_code: String,
    pub title: Localized,
    pub attributes: BTreeMap<String, String>,
    pub quantities: BTreeMap<String, u64>,
    /// The line that has made it what it is.
    pub before: OrderLineId,
}

impl Target {
    /// What two questions have in common that ask the same.
    pub(crate) fn key(&self) -> String {
        fingerprint(&serde_json::to_string(self).unwrap_or_default())
    }

    /// The same in the words of KooGallery's interface: an object, as its documents show it, with a number where something is
    /// counted.
    pub(crate) fn product_info(&self) -> Value {
        let mut quantities = self.quantities.values();
        let linear = quantities.next().filter(|_| quantities.next().is_none());
        let name: String = self.title.en.chars().take(NAME_MAX).collect();
        json!({
            "productId": self.product.to_string(), "productName": name, "skuCode": self.sku_code, "linearValue": linear
        })
    }

    /// The same by the names of the API.
    pub(crate) fn content(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("sku", Value::from(self.sku_code.as_str())),
            ("title", json!(self.title)),
            ("attributes", json!(self.attributes)),
            ("quantities", json!(self.quantities)),
        ]
    }
}

choices! {
    /// What a seller's system says to another specification.
    pub enum CheckState {
        /// It is being asked.
        Asked = "asked",
        Passed = "passed",
        /// It does not agree.
        Refused = "refused",
        /// It has not answered, or nothing that could be understood.
        Unanswered = "unanswered",
    }
}

/// A question to a seller's system, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCheck {
    pub errand: ErrandId,
    pub instance: InstanceId,
    pub account: AccountId,
    pub seller: AccountId,
    pub target: Target,
    pub state: CheckState,
    /// Why it does not agree, in its seller's words.
    pub said: Option<String>,
    pub asked_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// The order line that was bought with it.
    pub used_by: Option<OrderLineId>,
}

impl ChangeCheck {
    /// Until when its answer is waited for.
    fn waits_until(&self, rules: ChangeRules) -> Timestamp {
        self.asked_at.plus_seconds(i64::from(rules.check_wait_minutes) * 60)
    }

    /// Until when it counts that it was agreed to; none: it was not, or something was bought with it.
    pub fn good_until(&self, rules: ChangeRules) -> Option<Timestamp> {
        let answered = self.answered_at.filter(|_| self.state == CheckState::Passed && self.used_by.is_none())?;
        Some(answered.plus_seconds(i64::from(rules.check_minutes) * 60))
    }

    /// How it stands at a moment, as far as it still tells anything: a question that nobody answers in time is over.
    pub fn stands(&self, rules: ChangeRules, now: Timestamp) -> Option<CheckState> {
        match self.state {
            CheckState::Asked if now < self.waits_until(rules) => Some(CheckState::Asked),
            CheckState::Asked => Some(CheckState::Unanswered),
            CheckState::Passed => self.good_until(rules).filter(|until| now < *until).map(|_| CheckState::Passed),
            ended @ (CheckState::Refused | CheckState::Unanswered) => Some(ended),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckRefused {
    #[error("its seller's system is being asked about another specification; wait for that answer")]
    Asking,
    #[error("its seller's system was asked about this too often; try again in an hour")]
    TooOften,
    #[error(
        "its seller's system cannot be asked whether this is possible, so that the specification cannot be changed with a renewal; ask the seller"
    )]
    NoWords,
}

impl Refusal for CheckRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Asking => "change_check.asking",
            Self::TooOften => "change_check.too_often",
            Self::NoWords => "change_check.no_words",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::Asking => "正在向商家系统询问另一规格，请等待其答复",
            Self::TooOften => "向商家系统询问过于频繁，请一小时后再试",
            Self::NoWords => "商家系统不支持续费变更校验，续费时不能变更规格，可联系商家",
        };
        Localized::new(self.to_string(), zh)
    }
}

/// Whether a form can ask about another specification. A yes counts for all of what was asked, so that all of it has to be said:
/// KooGallery's interface has one number, and no name for what that counts.
pub(crate) fn has_words(form: Option<CallForm>, about: Option<&Target>) -> Result<(), CheckRefused> {
    let counted = about.map_or(0, |target| target.quantities.len());
    match form {
        Some(CallForm::StandardWebhooks) => Ok(()),
        Some(CallForm::KooGalleryV2) if counted <= 1 => Ok(()),
        Some(CallForm::KooGalleryV2 | CallForm::KooGalleryV1) | None => Err(CheckRefused::NoWords),
    }
}

/// Whether a seller's system may be asked now, given what it was asked of the instance in the last hour, the last one last.
pub(crate) fn may_ask(last_hour: &[ChangeCheck], rules: ChangeRules, now: Timestamp) -> Result<(), CheckRefused> {
    if last_hour.iter().any(|check| check.stands(rules, now) == Some(CheckState::Asked)) {
        return Err(CheckRefused::Asking);
    }
    let most = usize::try_from(rules.checks_per_hour).unwrap_or(usize::MAX);
    if last_hour.len() >= most { Err(CheckRefused::TooOften) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(minutes * 60)
    }

    fn check(state: CheckState) -> ChangeCheck {
        let target = Target {
            product: ProductId::new(at(0)),
            sku: SkuId::new(at(0)),
            sku_code: "PRO".to_owned(),
            title: Localized::new("Pro", "专业版"),
            attributes: BTreeMap::new(),
            quantities: BTreeMap::from([("users".to_owned(), 5)]),
            before: OrderLineId::new(at(0)),
        };
        ChangeCheck {
            errand: ErrandId::new(at(0)),
            instance: InstanceId::new(at(0)),
            account: AccountId::new(at(0)),
            seller: AccountId::new(at(0)),
            target,
            state,
            said: None,
            asked_at: at(0),
            answered_at: (state != CheckState::Asked).then(|| at(1)),
            used_by: None,
        }
    }

    #[test]
    fn a_yes_counts_for_minutes_and_for_one_order() {
        let rules = ChangeRules::default();
        let passed = check(CheckState::Passed);
        assert_eq!(passed.stands(rules, at(30)), Some(CheckState::Passed));
        assert_eq!(passed.stands(rules, at(31)), None);
        let used = ChangeCheck { used_by: Some(OrderLineId::new(at(2))), ..passed };
        assert_eq!(used.stands(rules, at(2)), None);
        assert_eq!(check(CheckState::Refused).stands(rules, at(500)), Some(CheckState::Refused));
    }

    #[test]
    fn a_question_waits_for_its_answer_and_no_longer() {
        let (rules, asked) = (ChangeRules::default(), check(CheckState::Asked));
        assert_eq!(asked.stands(rules, at(1)), Some(CheckState::Asked));
        assert_eq!(may_ask(std::slice::from_ref(&asked), rules, at(1)), Err(CheckRefused::Asking));
        assert_eq!(asked.stands(rules, at(2)), Some(CheckState::Unanswered));
        assert_eq!(may_ask(&[asked], rules, at(2)), Ok(()));
        let often = vec![check(CheckState::Refused); 20];
        assert_eq!(may_ask(&often[..19], rules, at(2)), Ok(()));
        assert_eq!(may_ask(&often, rules, at(2)), Err(CheckRefused::TooOften));
    }

    #[test]
    fn what_cannot_be_said_whole_is_not_asked() {
        let one = check(CheckState::Asked).target;
        let none = Target { quantities: BTreeMap::new(), ..one.clone() };
        let numbers = BTreeMap::from([("users".to_owned(), 50), ("storage".to_owned(), 20)]);
        let two = Target { quantities: numbers, ..one.clone() };
        for about in [None, Some(&none), Some(&one), Some(&two)] {
            let short = about.is_some_and(|target| target.quantities.len() > 1);
            let no = Err(CheckRefused::NoWords);
            assert_eq!(has_words(Some(CallForm::StandardWebhooks), about), Ok(()));
            assert_eq!(has_words(Some(CallForm::KooGalleryV2), about), if short { no } else { Ok(()) });
            assert_eq!(has_words(Some(CallForm::KooGalleryV1), about), no);
            assert_eq!(has_words(None, about), no);
        }
    }

    #[test]
    fn what_is_asked_is_known_by_all_of_it() {
        let one = check(CheckState::Asked).target;
        let more = Target { quantities: BTreeMap::from([("users".to_owned(), 6)]), ..one.clone() };
        let later = Target { before: OrderLineId::new(at(9)), ..one.clone() };
        assert!(one.key() == one.clone().key() && one.key() != more.key() && one.key() != later.key());
        assert_eq!(one.product_info()["linearValue"], 5);
    }
}
