//! Decisions about applicants and sellers: states, what is refused, reasons.

pub(crate) mod agreement;
pub(crate) mod business;
pub(crate) mod form;
pub(crate) mod information;
pub(crate) mod notices;
pub(crate) mod website;

use kernel::{FieldError, Invalid, Refusal, choices};

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
    #[error("{thing} that is {state} cannot be {wanted}")]
    Step { thing: &'static str, state: &'static str, wanted: &'static str },
    #[error("{0} was changed by somebody else at the same moment; read it again")]
    Overtaken(&'static str),
}

impl Refusal for WrongState {
    fn code(&self) -> &'static str {
        "seller.wrong_state"
    }
}

impl ApplicationState {
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
                Err(WrongState::Step { thing: "an application", state: self.as_str(), wanted: step.as_str() })
            }
        }
    }
}

impl ChangeState {
    pub fn after(self, step: ChangeStep) -> Result<Self, WrongState> {
        match (self, step) {
            (Self::Submitted, ChangeStep::Approve) => Ok(Self::Approved),
            (Self::Submitted, ChangeStep::Reject) => Ok(Self::Rejected),
            (Self::Submitted, ChangeStep::Withdraw) => Ok(Self::Withdrawn),
            (Self::Approved | Self::Rejected | Self::Withdrawn, step) => {
                Err(WrongState::Step { thing: "a change", state: self.as_str(), wanted: step.as_str() })
            }
        }
    }
}

impl CertificationState {
    pub fn after(self, step: CertificationStep) -> Result<Self, WrongState> {
        use CertificationStep as Step;
        match (self, step) {
            (Self::Submitted, Step::Certify) => Ok(Self::Certified),
            (Self::Submitted, Step::Reject) => Ok(Self::Rejected),
            (Self::Certified, Step::Replace) => Ok(Self::Replaced),
            (Self::Submitted, Step::Replace)
            | (Self::Certified, Step::Certify | Step::Reject)
            | (Self::Rejected | Self::Replaced, Step::Certify | Step::Reject | Step::Replace) => {
                Err(WrongState::Step { thing: "business information", state: self.as_str(), wanted: step.as_str() })
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
}

/// A field's name for reasons that concern no single field.
pub(crate) const GENERAL: &str = "general";

const REASONS_MAX: usize = 30;
const REASON_MAX: usize = 500;

/// Why something was rejected, field by field: at least one reason, each about a field that was reviewed.
pub(crate) fn check_reasons(reasons: &[FieldError], fields: &[&str]) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.check((1..=REASONS_MAX).contains(&reasons.len()), "reasons", format!("must be 1 to {REASONS_MAX}"));
    for (place, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
        let known = reason.field == GENERAL || fields.contains(&reason.field.as_str());
        let allowed = format!("must be {GENERAL} or one of {}", fields.join(", "));
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
        let reason = |field: &str, message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
        let check = |reasons: &[FieldError]| check_reasons(reasons, &["website"]).is_ok();
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
