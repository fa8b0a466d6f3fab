//! Accepting the cooperation agreement, with evidence.

use accounts::{Buyer, Member, Permission, Seller};
use kernel::{Page, Result, id::AgreementAcceptanceId, page::PageOf};
use platform::Tx;
use sqlx::types::Json;

use crate::{
    Acceptance, Sellers,
    rules::agreement::{check_accepted, hash},
    store::agreements as store,
};

/// What somebody says to have read: the version and the hash of its text.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub version: String,
    pub sha256: String,
}

impl Sellers {
    /// An admitted seller accepts a newer agreement.
    pub async fn accept_agreement(&self, tx: &mut Tx, seller: &Seller, accepted: &Accepted) -> Result<Acceptance> {
        seller.may(Permission::RunShop)?;
        self.note_acceptance(tx, seller, accepted).await
    }

    pub async fn acceptances(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Acceptance>> {
        buyer.may(Permission::View)?;
        store::list_for(tx, buyer.account(), page).await
    }

    /// Keeps who accepted which text when and from where.
    pub(super) async fn note_acceptance(
        &self,
        tx: &mut Tx,
        member: &Member,
        accepted: &Accepted,
    ) -> Result<Acceptance> {
        let policy = self.policies.current().await?;
        let agreement = &policy.sellers.agreement;
        check_accepted(agreement, &accepted.version, &accepted.sha256)?;
        let now = self.app.clock.now();
        let acceptance = Acceptance {
            id: AgreementAcceptanceId::new(now),
            account_id: member.account(),
            user_id: member.user(),
            sha256: hash(agreement),
            accepted_at: now,
            from_address: member.from().to_owned(),
            version: agreement.version.clone(),
            title: Json(agreement.title.clone()),
            text: Json(agreement.text.clone()),
        };
        store::keep_text(tx, &acceptance.sha256, agreement, now).await?;
        store::insert(tx, &acceptance).await?;
        Ok(acceptance)
    }
}
