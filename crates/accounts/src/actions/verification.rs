//! Real-name verification: submitted by the owner, decided by the operator.

use kernel::{
    Error, Event, Invalid, Page, Result, Thing, choices,
    id::{AccountId, DocumentId, VerificationId},
    page::PageOf,
};
use platform::{Tx, jobs};
use sqlx::types::Json;

use crate::{
    Accounts, Buyer, Operator, Permission, StaffPermission,
    rules::{self, AccountRefused, Identity, VerificationState},
    store,
    store::verification::Verification,
};

choices! {
    /// What the operator decides.
    pub enum Verdict { Approve = "approve", Reject = "reject" }
}

impl Verdict {
    fn state(self) -> VerificationState {
        match self {
            Self::Approve => VerificationState::Approved,
            Self::Reject => VerificationState::Rejected,
        }
    }
}

const REASON_MAX: usize = 500;

impl Accounts {
    /// Asks the operator to verify who stands behind the account, or that it has become an enterprise.
    pub async fn submit_verification(&self, tx: &mut Tx, buyer: &Buyer, identity: &Identity) -> Result<Verification> {
        buyer.may(Permission::Own)?;
        let account = self.find(tx, buyer.account()).await?;
        identity.check(account.kind)?;
        if account.seller {
            keeps_name(account.verified_name.as_deref(), &identity.name)?;
        }
        self.check_documents(account.id, &identity.documents).await?;
        let Identity { kind, name, country, number, representative, documents } = identity.clone();
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let id = VerificationId::new(now);
        let verification = Verification {
            id,
            account_id: account.id,
            kind,
            name: name.trim().to_owned(),
            country,
            sealed_number: self.app.vault.seal(number.as_bytes(), &context(id))?,
            representative: representative.map(|name| name.trim().to_owned()),
            documents: Json(documents),
            state: VerificationState::Pending,
            submitted_by: buyer.user(),
            submitted_at: now,
            due_at: policy.review_due(now, policy.review.verification_days),
            decided_by: None,
            decided_at: None,
            reason: None,
        };
        store::verification::insert(tx, &verification).await?;
        jobs::publish(tx, now, &Event::VerificationSubmitted { verification: id }).await?;
        let detail = serde_json::json!({ "kind": verification.kind });
        self.audit(tx, buyer, "verification.submitted", &id.to_string(), &detail).await?;
        Ok(verification)
    }

    /// What is shown has to be the account's own. A site without documents has none that could be shown.
    async fn check_documents(&self, account: AccountId, documents: &[DocumentId]) -> Result<()> {
        for document in documents {
            let owned = match &self.owns_document {
                Some(owns) => owns(account, *document).await?,
                None => false,
            };
            if !owned {
                let message = ("must be documents that this account has uploaded", "须为本账号已上传的文件");
                return Err(Invalid::one("documents", message).into());
            }
        }
        Ok(())
    }

    pub async fn verifications(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Verification>> {
        buyer.may(Permission::View)?;
        store::verification::list_for(tx, buyer.account(), page).await
    }

    pub async fn verification_for(&self, tx: &mut Tx, buyer: &Buyer, id: VerificationId) -> Result<Verification> {
        buyer.may(Permission::View)?;
        let found = store::verification::find_for(tx, buyer.account(), id).await?;
        found.ok_or(Error::NotFound(Thing::Verification))
    }

    /// For reactions.
    pub async fn verification(&self, tx: &mut Tx, id: VerificationId) -> Result<Verification> {
        store::verification::find(tx, id).await?.ok_or(Error::NotFound(Thing::Verification))
    }

    /// A mark that those accounts share which were verified as the same company or person, and that tells nothing else of it;
    /// `None`: it was not verified.
    pub async fn identity(&self, tx: &mut Tx, account: AccountId) -> Result<Option<String>> {
        let Some(verification) = store::verification::approved(tx, account).await? else { return Ok(None) };
        let number: String = self.number(&verification)?.chars().filter(|sign| sign.is_alphanumeric()).collect();
        let said = format!("{}\n{}", verification.country, number.to_uppercase());
        Ok(Some(self.app.vault.mac("account identity", said.as_bytes())))
    }

    /// The number that was given, with all but its end hidden from those who need not know it.
    pub fn masked_number(&self, verification: &Verification) -> Result<String> {
        Ok(rules::masked(&self.number(verification)?))
    }

    /// The whole of it, for those who decide.
    pub fn number(&self, verification: &Verification) -> Result<String> {
        let number = self.app.vault.unseal(&verification.sealed_number, &context(verification.id))?;
        String::from_utf8(number).map_err(Error::fault)
    }

    pub async fn review_list(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<VerificationState>,
        page: PageOf,
    ) -> Result<Page<Verification>> {
        operator.may_staff(StaffPermission::View)?;
        // A queue is worked off from its oldest end.
        if state == Some(VerificationState::Pending) {
            store::verification::waiting(tx, page).await
        } else {
            store::verification::list(tx, state, page).await
        }
    }

    /// What one account has submitted, the newest twenty.
    pub(crate) async fn verifications_of(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        account: AccountId,
    ) -> Result<Vec<Verification>> {
        operator.may_staff(StaffPermission::View)?;
        let page = PageOf { before: None, limit: kernel::page::LIMIT_DEFAULT };
        Ok(store::verification::list_for(tx, account, page).await?.items)
    }

    pub async fn review(&self, tx: &mut Tx, operator: &Operator, id: VerificationId) -> Result<Verification> {
        operator.may_staff(StaffPermission::Review)?;
        self.verification(tx, id).await
    }

    /// Approves or rejects. An approved account has the kind and the name that were verified.
    pub async fn decide_verification(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: VerificationId,
        (verdict, reason): (Verdict, &str),
    ) -> Result<Verification> {
        operator.may_staff(StaffPermission::Review)?;
        let reason_min = match verdict {
            Verdict::Approve => 0,
            Verdict::Reject => 5,
        };
        let mut wrong = Invalid::default();
        wrong.length(reason, reason_min, REASON_MAX, "reason");
        wrong.done()?;
        let verification = self.verification(tx, id).await?;
        let account = self.find(tx, verification.account_id).await?;
        if account.seller && verdict == Verdict::Approve {
            // Admitted while this waited.
            keeps_name(account.verified_name.as_deref(), &verification.name)?;
        }
        let now = self.app.clock.now();
        let (state, reason) = (verdict.state(), reason.trim());
        let present = verification.state;
        let missed = || match present {
            // It was pending when it was read: somebody else has decided at the same moment.
            VerificationState::Pending => Error::Busy,
            VerificationState::Approved | VerificationState::Rejected => {
                AccountRefused::VerificationDecided(present).into()
            }
        };
        store::verification::decide(tx, id, (state, reason), (operator.user(), now), missed).await?;
        if verdict == Verdict::Approve {
            store::account::set_verified(tx, verification.account_id, verification.kind.into(), &verification.name)
                .await?;
            self.known.forget(tx);
        }
        jobs::publish(tx, now, &Event::VerificationDecided { verification: id }).await?;
        let detail = serde_json::json!({ "verdict": verdict, "reason": reason, "account": verification.account_id });
        self.audit(tx, operator, "verification.decided", &id.to_string(), &detail).await?;
        Ok(Verification {
            state,
            reason: Some(reason.to_owned()),
            decided_by: Some(operator.user()),
            decided_at: Some(now),
            ..verification
        })
    }
}

/// What sellers are, was reviewed with their admission: the company does not change under it.
fn keeps_name(verified: Option<&str>, name: &str) -> Result<(), AccountRefused> {
    let same = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    match verified {
        Some(verified) if same(verified) != same(name) => Err(AccountRefused::SellerName(verified.to_owned())),
        Some(_) | None => Ok(()),
    }
}

fn context(id: VerificationId) -> String {
    format!("verification/{id}")
}
