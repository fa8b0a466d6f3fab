//! Two-step sign-in: enrolled, confirmed by a first code, switched off with the password.

use kernel::{Error, Result};
use platform::Tx;

use crate::{
    Accounts, Member,
    rules::AccountRefused,
    store,
    store::user::User,
    totp::{self, SECRET_LENGTH},
};

/// What an authenticator app is given; shown here and nowhere else.
#[derive(Clone, Debug)]
pub struct Enrolment {
    pub secret: String,
    pub address: String,
}

impl Accounts {
    /// Makes a secret that waits to be confirmed; asking again makes another one.
    pub async fn enrol_totp(&self, tx: &mut Tx, member: &Member) -> Result<Enrolment> {
        member.in_person()?;
        let (account, user) = self.me(tx, member).await?;
        let secret: [u8; SECRET_LENGTH] = rand::random();
        let sealed = self.app.vault.seal(&secret, &context(&user))?;
        store::user::begin_totp(tx, user.id, sealed, || AccountRefused::TotpOn.into()).await?;
        let issuer = self.policies.current().await?.site.name.en.clone();
        let name =
            if user.by_email { user.email.unwrap_or(user.name) } else { format!("{}/{}", account.slug, user.name) };
        Ok(Enrolment { secret: totp::in_base32(&secret), address: totp::address(&issuer, &name, &secret) })
    }

    /// Switches two-step sign-in on, once the app shows the right code.
    pub async fn confirm_totp(&self, tx: &mut Tx, member: &Member, code: &str) -> Result<()> {
        member.in_person()?;
        let (_, user) = self.me(tx, member).await?;
        if user.totp_confirmed_at.is_some() {
            return Err(AccountRefused::TotpOn.into());
        }
        if user.totp_secret.is_none() {
            return Err(AccountRefused::TotpNotBegun.into());
        }
        if !self.code_fits(tx, &user, code).await? {
            return Err(AccountRefused::TotpWrong.into());
        }
        store::user::confirm_totp(tx, user.id, self.app.clock.now(), || AccountRefused::TotpOn.into()).await?;
        self.audit(tx, member, "totp.enabled", &user.id.to_string(), &serde_json::json!({})).await
    }

    /// Refuses to switch off without the password: call it before the transaction of [`Accounts::disable_totp`].
    pub async fn check_disable_totp(&self, member: &Member, password: &str) -> Result<()> {
        self.confirm_password(member, password).await
    }

    pub async fn disable_totp(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        member.in_person()?;
        store::user::end_totp(tx, member.user(), || AccountRefused::TotpOff.into()).await?;
        self.audit(tx, member, "totp.disabled", &member.user().to_string(), &serde_json::json!({})).await
    }

    /// Whether a code fits now and was not used; it is used up by this.
    pub(crate) async fn code_fits(&self, tx: &mut Tx, user: &User, code: &str) -> Result<bool> {
        let Some(sealed) = &user.totp_secret else {
            return Ok(false);
        };
        let secret = self.app.vault.unseal(sealed, &context(user))?;
        let secret = secret.try_into().map_err(|_| Error::fault("a second factor of the wrong length"))?;
        match totp::step_of(secret, code, self.app.clock.now()) {
            Some(step) => store::user::use_step(tx, user.id, step).await,
            None => Ok(false),
        }
    }
}

fn context(user: &User) -> String {
    format!("totp/{}", user.id)
}
