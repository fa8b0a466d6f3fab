//! What is told when something has happened to an account.

use accounts::{LinkPurpose, VerificationState};
use kernel::{
    Result,
    id::{AccountId, UserId, VerificationId},
};
use platform::Tx;

use crate::{Messages, Topic, templates};

impl Messages {
    /// Tells the account that its verification waits, and the reviewers that there is work.
    pub async fn on_verification_submitted(&self, tx: &mut Tx, id: VerificationId) -> Result<()> {
        let verification = self.accounts.verification(tx, id).await?;
        let account = self.accounts.find(tx, verification.account_id).await?;
        let zone = self.accounts.policies.current().await?.zone();
        let due = verification.due_at.format(templates::MOMENT, &zone);
        let (title, text) = templates::verification_received(&due);
        self.tell(tx, account.id, Topic::Verification, title, text).await?;
        let (title, text) = templates::verification_waits(&account.name, &due);
        self.tell_operator(tx, Topic::Verification, title, text).await
    }

    pub async fn on_verification_decided(&self, tx: &mut Tx, id: VerificationId) -> Result<()> {
        let verification = self.accounts.verification(tx, id).await?;
        let reason = verification.reason.as_deref().unwrap_or_default();
        let (title, text) = match verification.state {
            VerificationState::Approved => templates::verification_approved(&verification.name, reason),
            VerificationState::Rejected => templates::verification_rejected(reason),
            // Decisions are final; an event of a verification that waits tells nothing yet.
            VerificationState::Pending => return Ok(()),
        };
        self.tell(tx, verification.account_id, Topic::Verification, title, text).await
    }

    pub async fn on_account_locked(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        let minutes = self.accounts.policies.current().await?.sign_in.lock_minutes;
        let (title, text) = templates::sign_in_paused(minutes);
        self.tell(tx, account, Topic::Security, title, text).await
    }

    /// Makes the link and the letter that carries it.
    pub async fn on_password_reset_requested(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        self.send_link(tx, user, LinkPurpose::Reset).await
    }

    pub async fn on_user_invited(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        self.send_link(tx, user, LinkPurpose::Invitation).await
    }

    /// Who is new gets the link to choose a password; who has had an account for long learns that somebody tried.
    pub async fn on_sign_up_asked(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        if self.accounts.has_password(tx, user).await? {
            let (title, text) = templates::sign_up_again();
            return self.tell_user(tx, user, Topic::Security, title, text).await;
        }
        self.send_link(tx, user, LinkPurpose::SignUp).await
    }

    async fn send_link(&self, tx: &mut Tx, user: UserId, purpose: LinkPurpose) -> Result<()> {
        let Some(link) = self.accounts.make_link(tx, user, purpose).await? else {
            return Ok(());
        };
        let zone = self.accounts.policies.current().await?.zone();
        let until = link.expires_at.format(templates::MOMENT, &zone);
        let address = format!("{}/reset-password?token={}", self.app.config.public_url(), link.token);
        let words = templates::link(purpose, &link.login, &address, &until);
        let letter = words.letter.of(link.recipient.lang);
        self.write_sealed(tx, &link.recipient, (&words.title, &words.text), letter).await
    }

    pub async fn on_totp_disabled(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        let (title, text) = templates::totp_disabled();
        self.tell_user(tx, user, Topic::Security, title, text).await
    }

    pub async fn on_password_changed(&self, tx: &mut Tx, user: UserId) -> Result<()> {
        let (title, text) = templates::password_changed();
        self.tell_user(tx, user, Topic::Security, title, text).await
    }
}
