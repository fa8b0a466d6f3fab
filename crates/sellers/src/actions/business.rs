//! Certifying business information (商业信息认证), for one contracting entity at a time.

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Error, Event, Page, Result, Thing,
    id::{AccountId, BusinessCertificationId},
    page::PageOf,
};
use platform::{Tx, http::IfMatch, jobs::publish};
use serde_json::json;
use sqlx::types::Json;

use crate::{
    Certification, SellerRow, Sellers,
    rules::{
        CertificationState, CertificationStep, Reason, SellerRefused, as_kept,
        business::{AUTOMATIC, BusinessInformation, FIELDS, is_blocked, masked},
        check_reasons, notices,
    },
    store::{certifications as store, profiles},
};

impl Sellers {
    /// Hands business information in. The automatic check may refuse it at once, which counts as a failure; otherwise the
    /// operator decides.
    pub async fn submit_business_information(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        sent: &BusinessInformation,
    ) -> Result<Certification> {
        seller.may(Permission::RunShop)?;
        let policy = self.policies.current().await?;
        let row = self.admitted(tx, seller.account()).await?;
        let most = policy.sellers.business_information_failures_max;
        if is_blocked(row.business_failures, most) {
            return Err(SellerRefused::BusinessInformationBlocked(most).into());
        }
        let information = sent.checked(&policy)?;
        let now = self.app.clock.now();
        let due_at = policy.review_due(now, policy.review.business_information_days);
        let reasons = information.automatic_reasons(&row.name);
        let refused = !reasons.is_empty();
        let id = BusinessCertificationId::new(now);
        let sealed =
            self.app.vault.seal(information.account_number.as_bytes(), &format!("business account of {id}"))?;
        let submitted = Certification {
            id,
            account_id: seller.account(),
            entity: information.entity,
            regions: Json(information.regions),
            state: CertificationState::Submitted,
            account_holder: information.account_holder,
            bank: information.bank,
            account_number_masked: masked(&information.account_number),
            taxpayer_identity: information.taxpayer_identity,
            taxpayer_number: information.taxpayer_number,
            submitted_at: now,
            due_at,
            decided_at: None,
            decided_by: None,
            reasons: Json(reasons),
            version: 1,
        };
        let (certification, event) = if refused {
            profiles::count_failure(tx, seller.account()).await?;
            let state = submitted.state.after(CertificationStep::Reject)?;
            let decided_by = Some(AUTOMATIC.to_owned());
            let refused = Certification { state, decided_at: Some(now), decided_by, ..submitted };
            (refused, Event::BusinessInformationDecided { certification: id })
        } else {
            (submitted, Event::BusinessInformationSubmitted { certification: id })
        };
        store::insert(tx, &certification, sealed).await?;
        publish(tx, now, &event).await?;
        let detail = json!({ "entity": certification.entity, "state": certification.state });
        self.accounts.audit(tx, seller, "seller.business_information_submitted", &id.to_string(), &detail).await?;
        Ok(certification)
    }

    pub async fn business_information(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: BusinessCertificationId,
    ) -> Result<Certification> {
        seller.may(Permission::View)?;
        store::find_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::BusinessInformation))
    }

    pub async fn own_business_information(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        page: PageOf,
    ) -> Result<Page<Certification>> {
        seller.may(Permission::View)?;
        store::list_for(tx, seller.account(), page).await
    }

    /// Certifies business information; what was certified for the same entity before is replaced, failures are forgotten.
    pub async fn certify_business_information(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: BusinessCertificationId,
        seen: IfMatch,
    ) -> Result<Certification> {
        operator.may_staff(StaffPermission::Review)?;
        let before = self.certification(tx, id).await?;
        seen.check(before.version)?;
        let state = before.state.after(CertificationStep::Certify)?;
        let now = self.app.clock.now();
        for old in store::certified(tx, before.account_id).await?.into_iter().filter(|old| old.entity == before.entity)
        {
            let state = old.state.after(CertificationStep::Replace)?;
            store::save(tx, &old, &Certification { state, ..old.clone() }).await?;
        }
        let decided_by = Some(operator.user().to_string());
        let after = Certification { state, decided_at: Some(now), decided_by, ..before.clone() };
        let after = self.save_certification(tx, &before, after).await?;
        profiles::forget_failures(tx, after.account_id).await?;
        let detail = json!({ "account": after.account_id, "entity": after.entity, "regions": after.regions.0 });
        self.accounts.audit(tx, operator, "seller.business_information_certified", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::BusinessInformationDecided { certification: id }).await?;
        Ok(after)
    }

    pub async fn reject_business_information(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: BusinessCertificationId,
        seen: IfMatch,
        reasons: &[Reason],
    ) -> Result<Certification> {
        operator.may_staff(StaffPermission::Review)?;
        check_reasons(reasons, FIELDS)?;
        let before = self.certification(tx, id).await?;
        seen.check(before.version)?;
        let state = before.state.after(CertificationStep::Reject)?;
        let now = self.app.clock.now();
        let decided_by = Some(operator.user().to_string());
        let reasons = Json(as_kept(reasons));
        let after = Certification { state, decided_at: Some(now), decided_by, reasons, ..before.clone() };
        let after = self.save_certification(tx, &before, after).await?;
        profiles::count_failure(tx, after.account_id).await?;
        let detail = json!({ "account": after.account_id, "entity": after.entity, "reasons": after.reasons.0 });
        self.accounts.audit(tx, operator, "seller.business_information_rejected", &id.to_string(), &detail).await?;
        publish(tx, now, &Event::BusinessInformationDecided { certification: id }).await?;
        Ok(after)
    }

    /// Lets a seller whose business information failed too often try again.
    pub async fn lift_business_block(&self, tx: &mut Tx, operator: &Operator, account: AccountId) -> Result<SellerRow> {
        operator.may_staff(StaffPermission::Review)?;
        let policy = self.policies.current().await?;
        let seller = self.admitted(tx, account).await?;
        if !is_blocked(seller.business_failures, policy.sellers.business_information_failures_max) {
            return Err(SellerRefused::NotBlocked.into());
        }
        profiles::forget_failures(tx, account).await?;
        let detail = json!({ "failures": seller.business_failures });
        self.accounts
            .audit(tx, operator, "seller.business_information_unblocked", &account.to_string(), &detail)
            .await?;
        self.tell(tx, account, notices::business_unblocked()).await?;
        Ok(SellerRow { business_failures: 0, ..seller })
    }

    pub async fn certifications(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<CertificationState>,
        page: PageOf,
    ) -> Result<Page<Certification>> {
        operator.may_staff(StaffPermission::View)?;
        // A queue is worked off from its oldest end.
        if state == Some(CertificationState::Submitted) {
            store::waiting(tx, page).await
        } else {
            store::list(tx, state, page).await
        }
    }

    pub async fn certification_for_review(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: BusinessCertificationId,
    ) -> Result<Certification> {
        operator.may_staff(StaffPermission::View)?;
        self.certification(tx, id).await
    }

    pub(super) async fn certification(&self, tx: &mut Tx, id: BusinessCertificationId) -> Result<Certification> {
        store::find(tx, id).await?.ok_or(Error::NotFound(Thing::BusinessInformation))
    }

    async fn save_certification(
        &self,
        tx: &mut Tx,
        before: &Certification,
        after: Certification,
    ) -> Result<Certification> {
        store::save(tx, before, &after).await?;
        Ok(Certification { version: before.version + 1, ..after })
    }
}
