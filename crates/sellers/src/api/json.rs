//! The shapes that several audiences see.

use kernel::{
    FieldError, Localized, Timestamp,
    id::{AccountId, AgreementAcceptanceId, BusinessCertificationId, SellerApplicationId, SellerChangeId, UserId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Acceptance, Accepted, Application, ApplicationState, Certification, CertificationState, Change, ChangeState,
    FinanceContact, Form, Information, Reason, SellerRow, TaxpayerIdentity,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApplicationJson {
    id: SellerApplicationId,
    account: AccountId,
    state: ApplicationState,
    form: Form,
    submitted_at: Option<Timestamp>,
    /// Until when the operator decides.
    due_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    /// Why it was rejected the last time, by field.
    reasons: Vec<FieldError>,
    created_at: Timestamp,
    version: i64,
}

impl From<Application> for ApplicationJson {
    fn from(application: Application) -> Self {
        let Application {
            id,
            account_id,
            state,
            form,
            registration_key: _,
            submitted_at,
            due_at,
            decided_at,
            reasons,
            created_at,
            version,
        } = application;
        Self {
            id,
            account: account_id,
            state,
            form: form.0,
            submitted_at,
            due_at,
            decided_at,
            reasons: reasons.0,
            created_at,
            version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SellerJson {
    account: AccountId,
    name: String,
    registration_number: String,
    information: Information,
    finance_contact: Option<FinanceContact>,
    /// Business information that failed in a row; too many block further attempts.
    business_failures: i64,
    admitted_at: Timestamp,
    version: i64,
}

impl From<SellerRow> for SellerJson {
    fn from(seller: SellerRow) -> Self {
        let SellerRow {
            account_id,
            application_id: _,
            name,
            registration_number,
            information,
            finance_contact,
            business_failures,
            admitted_at,
            version,
        } = seller;
        Self {
            account: account_id,
            name,
            registration_number,
            information: information.0,
            finance_contact: finance_contact.map(|contact| contact.0),
            business_failures,
            admitted_at,
            version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeJson {
    id: SellerChangeId,
    account: AccountId,
    state: ChangeState,
    /// What shall hold after approval.
    information: Information,
    submitted_at: Timestamp,
    due_at: Timestamp,
    decided_at: Option<Timestamp>,
    reasons: Vec<FieldError>,
    version: i64,
}

impl From<Change> for ChangeJson {
    fn from(change: Change) -> Self {
        let Change { id, account_id, state, information, submitted_at, due_at, decided_at, reasons, version } = change;
        Self {
            id,
            account: account_id,
            state,
            information: information.0,
            submitted_at,
            due_at,
            decided_at,
            reasons: reasons.0,
            version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificationJson {
    id: BusinessCertificationId,
    account: AccountId,
    entity: String,
    regions: Vec<String>,
    state: CertificationState,
    account_holder: String,
    bank: String,
    /// All but the last four characters are hidden.
    #[schema(example = "***************3456")]
    account_number: String,
    taxpayer_identity: TaxpayerIdentity,
    taxpayer_number: String,
    submitted_at: Timestamp,
    due_at: Timestamp,
    decided_at: Option<Timestamp>,
    reasons: Vec<FieldError>,
    version: i64,
}

impl From<Certification> for CertificationJson {
    fn from(certification: Certification) -> Self {
        Self {
            id: certification.id,
            account: certification.account_id,
            entity: certification.entity,
            regions: certification.regions.0,
            state: certification.state,
            account_holder: certification.account_holder,
            bank: certification.bank,
            account_number: certification.account_number_masked,
            taxpayer_identity: certification.taxpayer_identity,
            taxpayer_number: certification.taxpayer_number,
            submitted_at: certification.submitted_at,
            due_at: certification.due_at,
            decided_at: certification.decided_at,
            reasons: certification.reasons.0,
            version: certification.version,
        }
    }
}

/// What somebody has read and accepts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "version": "2026-01", "sha256": "d3b07384d113edec49eaa6238ad5ff00d3b07384d113edec49eaa6238ad5ff00"
}))]
pub(crate) struct AcceptAgreement {
    #[schema(max_length = 100)]
    version: String,
    /// Of the text, as the current agreement gives it.
    #[schema(max_length = 64)]
    sha256: String,
}

impl From<AcceptAgreement> for Accepted {
    fn from(accept: AcceptAgreement) -> Self {
        let AcceptAgreement { version, sha256 } = accept;
        Self { version, sha256 }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptanceJson {
    id: AgreementAcceptanceId,
    user: UserId,
    /// The address that it was accepted from.
    from: String,
    accepted_at: Timestamp,
    version: String,
    title: Localized,
    text: Localized,
    sha256: String,
}

impl From<Acceptance> for AcceptanceJson {
    fn from(acceptance: Acceptance) -> Self {
        let Acceptance { id, account_id: _, user_id, sha256, accepted_at, from_address, version, title, text } =
            acceptance;
        Self { id, user: user_id, from: from_address, accepted_at, version, title: title.0, text: text.0, sha256 }
    }
}

/// Why something is rejected, by field; `general` when it concerns no single field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reasons": [{"field": "general", "message": "the attached document cannot be read"}]}))]
pub(crate) struct Rejection {
    #[schema(min_items = 1, max_items = 30)]
    pub(crate) reasons: Vec<Reason>,
}
