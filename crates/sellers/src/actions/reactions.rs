//! What follows from the events of sellers: both sides are told.

use kernel::{
    Error, Localized, Result, Thing,
    id::{AccountId, BusinessCertificationId, SellerApplicationId, SellerChangeId},
};
use messages::Topic;
use platform::Tx;
use policy::Policy;

use crate::{
    Sellers,
    rules::{
        ApplicationState, CertificationState, ChangeState,
        business::is_blocked,
        notices::{self, ForEntity, Notice},
    },
    store::{applications, changes},
};

impl Sellers {
    pub async fn on_applied(&self, tx: &mut Tx, id: SellerApplicationId) -> Result<()> {
        let application = applications::find(tx, id).await?.ok_or(Error::NotFound(Thing::Application))?;
        let (ApplicationState::Submitted, Some(due)) = (application.state, application.due_at) else {
            return Ok(());
        };
        let policy = self.policies.current().await?;
        let company = application.form.company_name.as_deref().unwrap_or_default();
        self.tell(tx, application.account_id, notices::application_received(company, due, &policy)).await?;
        self.tell_operator(tx, notices::application_waits(company, due, &policy)).await
    }

    pub async fn on_application_decided(&self, tx: &mut Tx, id: SellerApplicationId) -> Result<AccountId> {
        let application = applications::find(tx, id).await?.ok_or(Error::NotFound(Thing::Application))?;
        let company = application.form.company_name.as_deref().unwrap_or_default();
        let notice = match application.state {
            ApplicationState::Approved => notices::application_approved(company),
            ApplicationState::Rejected => notices::application_rejected(company, &application.reasons),
            // It was rejected, corrected and sent again before this ran; the reasons are on its page.
            ApplicationState::Draft | ApplicationState::Submitted => return Ok(application.account_id),
        };
        self.tell(tx, application.account_id, notice).await?;
        Ok(application.account_id)
    }

    pub async fn on_change_submitted(&self, tx: &mut Tx, id: SellerChangeId) -> Result<()> {
        let change = changes::find(tx, id).await?.ok_or(Error::NotFound(Thing::Change))?;
        if change.state != ChangeState::Submitted {
            return Ok(());
        }
        let policy = self.policies.current().await?;
        let company = self.admitted(tx, change.account_id).await?.name;
        self.tell(tx, change.account_id, notices::change_received(change.due_at, &policy)).await?;
        self.tell_operator(tx, notices::change_waits(&company, change.due_at, &policy)).await
    }

    pub async fn on_change_decided(&self, tx: &mut Tx, id: SellerChangeId) -> Result<()> {
        let change = changes::find(tx, id).await?.ok_or(Error::NotFound(Thing::Change))?;
        let notice = match change.state {
            ChangeState::Approved => notices::change_approved(),
            ChangeState::Rejected => notices::change_rejected(&change.reasons),
            ChangeState::Submitted | ChangeState::Withdrawn => return Ok(()),
        };
        self.tell(tx, change.account_id, notice).await
    }

    pub async fn on_business_information_submitted(&self, tx: &mut Tx, id: BusinessCertificationId) -> Result<()> {
        let certification = self.certification(tx, id).await?;
        if certification.state != CertificationState::Submitted {
            return Ok(());
        }
        let policy = self.policies.current().await?;
        let company = self.admitted(tx, certification.account_id).await?.name;
        let entity = entity_name(&policy, &certification.entity);
        let about = ForEntity { company: &company, entity: &entity };
        let due = certification.due_at;
        self.tell(tx, certification.account_id, notices::business_received(about, due, &policy)).await?;
        self.tell_operator(tx, notices::business_waits(about, due, &policy)).await
    }

    pub async fn on_business_information_decided(&self, tx: &mut Tx, id: BusinessCertificationId) -> Result<()> {
        let certification = self.certification(tx, id).await?;
        let policy = self.policies.current().await?;
        let seller = self.admitted(tx, certification.account_id).await?;
        let entity = entity_name(&policy, &certification.entity);
        let about = ForEntity { company: &seller.name, entity: &entity };
        match certification.state {
            CertificationState::Certified | CertificationState::Replaced => {
                self.tell(tx, certification.account_id, notices::business_certified(about)).await
            }
            CertificationState::Rejected => {
                let most = policy.sellers.business_information_failures_max;
                let left = u32::try_from(i64::from(most) - seller.business_failures).unwrap_or(0);
                let notice = notices::business_rejected(about, &certification.reasons, left);
                self.tell(tx, certification.account_id, notice).await?;
                if is_blocked(seller.business_failures, most) {
                    self.tell_operator(tx, notices::business_blocked(&seller.name)).await?;
                }
                Ok(())
            }
            CertificationState::Submitted => Ok(()),
        }
    }

    pub(super) async fn tell(&self, tx: &mut Tx, account: AccountId, notice: Notice) -> Result<()> {
        self.messages.tell(tx, account, Topic::Seller, notice.title, notice.text).await
    }

    async fn tell_operator(&self, tx: &mut Tx, notice: Notice) -> Result<()> {
        self.messages.tell_operator(tx, Topic::Seller, notice.title, notice.text).await
    }
}

/// An entity that a later policy no longer names is still told by its code.
fn entity_name(policy: &Policy, code: &str) -> Localized {
    policy.contracting_entity(code).map_or_else(|| Localized::new(code, code), |entity| entity.name.clone())
}
