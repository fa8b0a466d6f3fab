//! Decisions about applicants and sellers: states, what is refused, reasons.

pub(crate) mod agreement;
pub(crate) mod business;
pub(crate) mod form;
pub(crate) mod information;
pub(crate) mod notices;
pub(crate) mod website;

use kernel::{FieldError, Invalid, Localized, Refusal, Thing, choices};
use serde::Deserialize;
use utoipa::ToSchema;

choices! {
    /// Where an application stands.
    pub enum ApplicationState { Draft = "draft", Submitted = "submitted", Approved = "approved", Rejected = "rejected" }
}

choices! {
    /// What can be done with an application.
    pub enum ApplicationStep { Save = "saved", Submit = "submitted", Withdraw = "withdrawn", Approve = "approved", Reject = "rejected" }
}

choices! {
    /// Where a change of a seller's information stands.
    pub enum ChangeState { Submitted = "submitted", Approved = "approved", Rejected = "rejected", Withdrawn = "withdrawn" }
}

choices! {
    pub enum ChangeStep { Approve = "approved", Reject = "rejected", Withdraw = "withdrawn" }
}

choices! {
    /// Where business information stands with one contracting entity.
    pub enum CertificationState {
        Submitted = "submitted",
        Certified = "certified",
        Rejected = "rejected",
        /// Newer information was certified for the same entity.
        Replaced = "replaced",
    }
}

choices! {
    pub enum CertificationStep { Certify = "certified", Reject = "rejected", Replace = "replaced" }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    #[error("an application that is {0} cannot be {1}")]
    Application(ApplicationState, ApplicationStep),
    #[error("a change that is {0} cannot be {1}")]
    Change(ChangeState, ChangeStep),
    #[error("business information that is {0} cannot be {1}")]
    Certification(CertificationState, CertificationStep),
    #[error("the {0} was changed by somebody else at the same moment; read it again")]
    Overtaken(Thing),
}

impl Refusal for WrongState {
    fn code(&self) -> &'static str {
        "seller.wrong_state"
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Application(state, step) => format!("入驻申请{}，不能{}", state.zh(), step.zh()),
            Self::Change(state, step) => format!("变更申请{}，不能{}", state.zh(), step.zh()),
            Self::Certification(state, step) => format!("商业信息{}，不能{}", state.zh(), step.zh()),
            Self::Overtaken(thing) => format!("该{}刚被他人修改过，重新读取后再操作", thing.zh()),
        };
        Localized::new(self.to_string(), zh)
    }
}

impl ApplicationStep {
    const fn zh(self) -> &'static str {
        match self {
            Self::Save => "修改",
            Self::Submit => "提交",
            Self::Withdraw => "撤回",
            Self::Approve => "通过",
            Self::Reject => "驳回",
        }
    }
}

impl ChangeStep {
    const fn zh(self) -> &'static str {
        match self {
            Self::Approve => "通过",
            Self::Reject => "驳回",
            Self::Withdraw => "撤回",
        }
    }
}

impl CertificationStep {
    const fn zh(self) -> &'static str {
        match self {
            Self::Certify => "认证通过",
            Self::Reject => "驳回",
            Self::Replace => "替换",
        }
    }
}

impl ApplicationState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "还是草稿",
            Self::Submitted => "正在审核",
            Self::Approved => "已通过",
            Self::Rejected => "已被驳回",
        }
    }

    /// The state after a step; a rejected application is edited and submitted again, an approved one stays.
    pub fn after(self, step: ApplicationStep) -> Result<Self, WrongState> {
        use ApplicationStep as Step;
        match (self, step) {
            (Self::Draft, Step::Save) | (Self::Submitted, Step::Withdraw) => Ok(Self::Draft),
            (Self::Rejected, Step::Save) | (Self::Submitted, Step::Reject) => Ok(Self::Rejected),
            (Self::Draft | Self::Rejected, Step::Submit) => Ok(Self::Submitted),
            (Self::Submitted, Step::Approve) => Ok(Self::Approved),
            (Self::Draft | Self::Rejected, Step::Withdraw | Step::Approve | Step::Reject)
            | (Self::Submitted, Step::Save | Step::Submit)
            | (Self::Approved, Step::Save | Step::Submit | Step::Withdraw | Step::Approve | Step::Reject) => {
                Err(WrongState::Application(self, step))
            }
        }
    }
}

impl ChangeState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Submitted => "正在审核",
            Self::Approved => "已通过",
            Self::Rejected => "已被驳回",
            Self::Withdrawn => "已撤回",
        }
    }

    pub fn after(self, step: ChangeStep) -> Result<Self, WrongState> {
        match (self, step) {
            (Self::Submitted, ChangeStep::Approve) => Ok(Self::Approved),
            (Self::Submitted, ChangeStep::Reject) => Ok(Self::Rejected),
            (Self::Submitted, ChangeStep::Withdraw) => Ok(Self::Withdrawn),
            (Self::Approved | Self::Rejected | Self::Withdrawn, step) => Err(WrongState::Change(self, step)),
        }
    }
}

impl CertificationState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Submitted => "正在审核",
            Self::Certified => "已认证",
            Self::Rejected => "已被驳回",
            Self::Replaced => "已被新的信息替换",
        }
    }

    pub fn after(self, step: CertificationStep) -> Result<Self, WrongState> {
        use CertificationStep as Step;
        match (self, step) {
            (Self::Submitted, Step::Certify) => Ok(Self::Certified),
            (Self::Submitted, Step::Reject) => Ok(Self::Rejected),
            (Self::Certified, Step::Replace) => Ok(Self::Replaced),
            (Self::Submitted, Step::Replace)
            | (Self::Certified, Step::Certify | Step::Reject)
            | (Self::Rejected | Self::Replaced, Step::Certify | Step::Reject | Step::Replace) => {
                Err(WrongState::Certification(self, step))
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SellerRefused {
    #[error("selling needs an enterprise account that has passed real-name verification; verify the account first")]
    NotVerified,
    #[error("this account has an application already; edit and submit that one")]
    ApplicationExists,
    #[error(
        "this company is a seller already or has applied from another account; one company sells through one account"
    )]
    CompanyTaken,
    #[error("the agreement in force is version {0}, and you accepted another text; read it and accept it again")]
    AgreementChanged(String),
    #[error("a change is under review already; withdraw it first or wait for the decision")]
    ChangeOpen,
    #[error("nothing differs from what holds already")]
    NothingChanged,
    #[error("publishing needs certified business information; submit it for at least one contracting entity")]
    BusinessInformationMissing,
    #[error("business information for this contracting entity is under review already; wait for the decision")]
    BusinessInformationOpen,
    #[error("business information failed {0} times in a row; ask the operator to lift the block")]
    BusinessInformationBlocked(u32),
    #[error("this seller's business information is not blocked")]
    NotBlocked,
}

impl Refusal for SellerRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotVerified => "seller.not_verified",
            Self::ApplicationExists => "seller.application_exists",
            Self::CompanyTaken => "seller.company_taken",
            Self::AgreementChanged(_) => "seller.agreement_changed",
            Self::ChangeOpen => "seller.change_open",
            Self::NothingChanged => "seller.nothing_changed",
            Self::BusinessInformationMissing => "seller.business_information_missing",
            Self::BusinessInformationOpen => "seller.business_information_open",
            Self::BusinessInformationBlocked(_) => "seller.business_information_blocked",
            Self::NotBlocked => "seller.not_blocked",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotVerified => "只有通过实名认证的企业账号才能成为商家，须先完成企业实名认证".to_owned(),
            Self::ApplicationExists => "本账号已有入驻申请，修改后提交原申请即可".to_owned(),
            Self::CompanyTaken => "该企业已是商家，或已用其他账号申请入驻；一家企业只能用一个账号销售".to_owned(),
            Self::AgreementChanged(version) => {
                format!("现行协议为 {version} 版，与刚才同意的内容不同，阅读后须重新同意")
            }
            Self::ChangeOpen => "已有变更正在审核，可先撤回，或等待审核结果".to_owned(),
            Self::NothingChanged => "内容与现行信息相同，没有需要变更的地方".to_owned(),
            Self::BusinessInformationMissing => {
                "商业信息认证通过后才能发布商品，须至少为一个签约主体提交商业信息".to_owned()
            }
            Self::BusinessInformationOpen => "该签约主体的商业信息正在审核，等待审核结果即可".to_owned(),
            Self::BusinessInformationBlocked(times) => {
                format!("商业信息认证已连续失败 {times} 次，须联系运营方解除锁定")
            }
            Self::NotBlocked => "该商家的商业信息认证没有被锁定".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// One thing to correct, in the words of whoever looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SellerReason)]
pub struct Reason {
    pub field: String,
    pub message: String,
}

/// Nobody translates what the operator wrote.
impl From<&Reason> for FieldError {
    fn from(Reason { field, message }: &Reason) -> Self {
        Self { field: field.clone(), message: Localized::new(message, message) }
    }
}

pub(crate) fn as_kept(reasons: &[Reason]) -> Vec<FieldError> {
    reasons.iter().map(FieldError::from).collect()
}

/// A field's name for reasons that concern no single field.
pub(crate) const GENERAL: &str = "general";

const REASONS_MAX: usize = 30;
const REASON_MAX: usize = 500;

/// Why something was rejected, field by field: at least one reason, each about a field that was reviewed.
pub(crate) fn check_reasons(reasons: &[Reason], fields: &[&str]) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.check(
        (1..=REASONS_MAX).contains(&reasons.len()),
        "reasons",
        (format!("must be 1 to {REASONS_MAX}"), format!("须为 1 到 {REASONS_MAX} 条")),
    );
    for (place, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
        let known = reason.field == GENERAL || fields.contains(&reason.field.as_str());
        let allowed = (
            format!("must be {GENERAL} or one of {}", fields.join(", ")),
            format!("须为 {GENERAL} 或以下字段之一：{}", fields.join("、")),
        );
        wrong.check(known, format!("reasons.{place}.field"), allowed);
        wrong.length(&reason.message, 1, REASON_MAX, format!("reasons.{place}.message"));
    }
    wrong.done()
}

/// Makes spellings of one name equal: full-width letters, case and spaces do not count.
pub(crate) fn normalised(name: &str) -> String {
    let narrow = |c: char| match c {
        // The full-width forms lie in the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    };
    name.chars().map(narrow).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_application_moves_only_along_its_path() {
        use ApplicationState as State;
        use ApplicationStep as Step;
        let path = [
            (State::Draft, Step::Save, State::Draft),
            (State::Draft, Step::Submit, State::Submitted),
            (State::Submitted, Step::Withdraw, State::Draft),
            (State::Submitted, Step::Approve, State::Approved),
            (State::Submitted, Step::Reject, State::Rejected),
            (State::Rejected, Step::Save, State::Rejected),
            (State::Rejected, Step::Submit, State::Submitted),
        ];
        for state in State::ALL {
            for step in Step::ALL {
                let wanted = path.iter().find(|(from, by, _)| from == state && by == step).map(|(_, _, to)| *to);
                assert_eq!(state.after(*step).ok(), wanted, "{state} {step}");
            }
        }
    }

    #[test]
    fn a_change_and_business_information_are_decided_once() {
        use CertificationState as State;
        use CertificationStep as Step;
        for (state, open) in
            [(ChangeState::Submitted, true), (ChangeState::Approved, false), (ChangeState::Withdrawn, false)]
        {
            for step in ChangeStep::ALL {
                assert_eq!(state.after(*step).is_ok(), open, "{state} {step}");
            }
        }
        assert_eq!(State::Submitted.after(Step::Certify), Ok(State::Certified));
        assert_eq!(State::Submitted.after(Step::Reject), Ok(State::Rejected));
        assert_eq!(State::Certified.after(Step::Replace), Ok(State::Replaced));
        assert!(State::Certified.after(Step::Reject).is_err());
        for step in Step::ALL {
            assert!(State::Rejected.after(*step).is_err() && State::Replaced.after(*step).is_err());
        }
        let refused = State::Certified.after(Step::Reject).unwrap_err();
        assert_eq!(refused.to_string(), "business information that is certified cannot be rejected");
    }

    #[test]
    fn reasons_name_fields_and_say_something() {
        let reason = |field: &str, message: &str| Reason { field: field.to_owned(), message: message.to_owned() };
        let check = |reasons: &[Reason]| check_reasons(reasons, &["website"]).is_ok();
        assert!(check(&[reason("website", "cannot be reached")]));
        assert!(check(&[
            reason("general", "the licence belongs to another company"),
            reason("website", "is a login page")
        ]));
        assert!(!check(&[]));
        assert!(!check(&[reason("web site", "cannot be reached")]));
        assert!(!check(&[reason("website", "  ")]));
        assert!(!check(&[reason("website", "a\0b")]));
        assert!(!check(&vec![reason("website", "no"); 31]));
    }

    #[test]
    fn width_case_and_spaces_do_not_make_another_company() {
        assert_eq!(normalised("ＡＣＭＥ（上海）有限公司"), normalised("Acme (上海)　有限公司"));
        assert_ne!(normalised("Acme Ltd"), normalised("Acme Ltd."));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(name in "\\PC{0,40}") {
            // A few capital letters become two small ones; the second time nothing is left to do.
            prop_assert_eq!(normalised(&normalised(&name)), normalised(&name));
        }
    }
}
