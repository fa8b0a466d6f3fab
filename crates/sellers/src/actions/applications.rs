//! Applying to become a seller, and deciding on it.

use accounts::{AccountKind, Buyer, Operator, Permission, StaffPermission};
use kernel::{Error, Event, Invalid, Page, Result, Thing, id::SellerApplicationId, page::PageOf};
use platform::{Tx, http::IfMatch, jobs::publish};
use serde_json::json;
use sqlx::types::Json;

use super::agreements::Accepted;
use crate::{
    Application, SellerRow, Sellers,
    rules::{ApplicationState, ApplicationStep, Reason, SellerRefused, as_kept, check_reasons, form::Form},
    store::{applications as store, profiles},
};

impl Sellers {
    /// Begins the account's one application with a draft.
    pub async fn begin_application(&self, tx: &mut Tx, buyer: &Buyer, form: &Form) -> Result<Application> {
        buyer.may(Permission::RunShop)?;
        let form = self.checked_draft(tx, buyer, form).await?;
        let now = self.app.clock.now();
        let application = Application {
            id: SellerApplicationId::new(now),
            account_id: buyer.account(),
            state: ApplicationState::Draft,
            form: Json(form),
            registration_key: None,
            submitted_at: None,
            due_at: None,
            decided_at: None,
            reasons: Json(Vec::new()),
            created_at: now,
            version: 1,
        };
        store::insert(tx, &application).await?;
        Ok(application)
    }

    /// Replaces the form of a draft or of a rejected application.
    pub async fn save_application(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        seen: IfMatch,
        form: &Form,
    ) -> Result<Application> {
        buyer.may(Permission::RunShop)?;
        let before = self.own_application(tx, buyer).await?;
        seen.check(before.version)?;
        let state = before.state.after(ApplicationStep::Save)?;
        let form = self.checked_draft(tx, buyer, form).await?;
        self.save(tx, &before, Application { state, form: Json(form), ..before.clone() }).await
    }

    /// Sends the application for review; from then on its company is taken.
    pub async fn submit_application(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        seen: IfMatch,
        accepted: &Accepted,
    ) -> Result<Application> {
        buyer.may(Permission::RunShop)?;
        let before = self.own_application(tx, buyer).await?;
        seen.check(before.version)?;
        let state = before.state.after(ApplicationStep::Submit)?;
        let account = self.accounts.find(tx, buyer.account()).await?;
        let verified_name =
            account.verified_name.filter(|_| account.verified && account.kind == AccountKind::Enterprise);
        let verified_name = verified_name.ok_or(SellerRefused::NotVerified)?;
        let policy = self.policies.current().await?;
        let submission = before.form.check_submission(&policy, &verified_name)?;
        self.note_acceptance(tx, buyer, accepted).await?;
        let now = self.app.clock.now();
        let after = Application {
            state,
            registration_key: Some(submission.registration_key),
            submitted_at: Some(now),
            due_at: Some(policy.review_due(now, policy.review.seller_days)),
            decided_at: None,
            ..before.clone()
        };
        let after = self.save(tx, &before, after).await?;
        publish(tx, now, &Event::SellerApplied { application: after.id }).await?;
        let detail = json!({ "company": after.form.company_name });
        self.accounts.audit(tx, buyer, "seller.applied", &after.id.to_string(), &detail).await?;
        Ok(after)
    }

    /// Takes an application back before it is decided; it becomes a draft again.
    pub async fn withdraw_application(&self, tx: &mut Tx, buyer: &Buyer, seen: IfMatch) -> Result<Application> {
        buyer.may(Permission::RunShop)?;
        let before = self.own_application(tx, buyer).await?;
        seen.check(before.version)?;
        let state = before.state.after(ApplicationStep::Withdraw)?;
        let after = Application { state, registration_key: None, submitted_at: None, due_at: None, ..before.clone() };
        self.accounts.audit(tx, buyer, "seller.withdrawn", &before.id.to_string(), &json!({})).await?;
        self.save(tx, &before, after).await
    }

    /// The account's application.
    pub async fn application(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Application> {
        buyer.may(Permission::View)?;
        self.own_application(tx, buyer).await
    }

    /// Admits the applicant as a seller.
    pub async fn approve_application(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: SellerApplicationId,
        seen: IfMatch,
    ) -> Result<Application> {
        operator.may_staff(StaffPermission::Review)?;
        let before = self.submitted_application(tx, id).await?;
        seen.check(before.version)?;
        let state = before.state.after(ApplicationStep::Approve)?;
        let account = self.accounts.find(tx, before.account_id).await?;
        before.form.check_name(account.verified_name.as_deref().unwrap_or_default())?;
        let now = self.app.clock.now();
        let after = Application { state, decided_at: Some(now), reasons: Json(Vec::new()), ..before.clone() };
        let after = self.save(tx, &before, after).await?;
        let seller = SellerRow {
            account_id: after.account_id,
            application_id: after.id,
            name: after.form.company_name.clone().unwrap_or_default(),
            registration_number: after.registration_key.clone().unwrap_or_default(),
            information: Json(after.form.information()),
            finance_contact: None,
            business_failures: 0,
            admitted_at: now,
            version: 1,
        };
        profiles::insert(tx, &seller).await?;
        self.accounts.admit_seller(tx, after.account_id, true).await?;
        let detail = json!({ "account": after.account_id, "company": seller.name });
        self.accounts.audit(tx, operator, "seller.approved", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::SellerApplicationDecided { application: id }).await?;
        Ok(after)
    }

    /// Refuses an application with reasons by field; it can be corrected and submitted again.
    pub async fn reject_application(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: SellerApplicationId,
        seen: IfMatch,
        reasons: &[Reason],
    ) -> Result<Application> {
        operator.may_staff(StaffPermission::Review)?;
        check_reasons(reasons, policy::APPLICATION_FIELDS)?;
        let before = self.submitted_application(tx, id).await?;
        seen.check(before.version)?;
        let state = before.state.after(ApplicationStep::Reject)?;
        let now = self.app.clock.now();
        let reasons = Json(as_kept(reasons));
        // The company is free again until the next submission.
        let after = Application { state, decided_at: Some(now), registration_key: None, reasons, ..before.clone() };
        let after = self.save(tx, &before, after).await?;
        let detail = json!({ "account": after.account_id, "reasons": after.reasons.0 });
        self.accounts.audit(tx, operator, "seller.rejected", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::SellerApplicationDecided { application: id }).await?;
        Ok(after)
    }

    /// What has been submitted, for the operator.
    pub async fn applications(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<ApplicationState>,
        page: PageOf,
    ) -> Result<Page<Application>> {
        operator.may_staff(StaffPermission::View)?;
        // A queue is worked off from its oldest end.
        if state == Some(ApplicationState::Submitted) {
            store::waiting(tx, page).await
        } else {
            store::list(tx, state, page).await
        }
    }

    pub async fn application_for_review(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: SellerApplicationId,
    ) -> Result<Application> {
        operator.may_staff(StaffPermission::View)?;
        self.submitted_application(tx, id).await
    }

    async fn own_application(&self, tx: &mut Tx, buyer: &Buyer) -> Result<Application> {
        store::of_account(tx, buyer.account()).await?.ok_or(Error::NotFound(Thing::Application))
    }

    /// Drafts are the applicant's alone: for the operator they are not there.
    async fn submitted_application(&self, tx: &mut Tx, id: SellerApplicationId) -> Result<Application> {
        let found = store::find(tx, id).await?.filter(|application| application.state != ApplicationState::Draft);
        found.ok_or(Error::NotFound(Thing::Application))
    }

    async fn checked_draft(&self, tx: &mut Tx, buyer: &Buyer, form: &Form) -> Result<Form> {
        let form = form.tidied();
        form.check_draft()?;
        if let Some(document) = form.business_licence {
            match self.documents.find_for(tx, buyer.account(), document).await {
                Ok(_) => {}
                Err(Error::NotFound(_)) => {
                    return Err(Invalid::one(
                        "business_licence",
                        ("must be a document that this account has uploaded", "须为本账号已上传的文件"),
                    )
                    .into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(form)
    }

    async fn save(&self, tx: &mut Tx, before: &Application, after: Application) -> Result<Application> {
        store::save(tx, before, &after).await?;
        Ok(Application { version: before.version + 1, ..after })
    }
}
