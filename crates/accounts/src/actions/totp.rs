//! Two-step sign-in: enrolled, confirmed by a first code, switched off with the password, or by those who may help somebody
//! who has lost the authenticator and the recovery codes.

use kernel::{Error, Event, Result, Thing, id::UserId};
use platform::{Tx, jobs};

use crate::{
    Accounts, Buyer, Member, Operator, StaffPermission,
    rules::{self, AccountRefused},
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

    /// Switches two-step sign-in on, once the app shows the right code. Gives the codes that stand in for a lost
    /// authenticator; they are shown here and nowhere else.
    pub async fn confirm_totp(&self, tx: &mut Tx, member: &Member, code: &str) -> Result<Vec<String>> {
        member.in_person()?;
        let (_, user) = self.me(tx, member).await?;
        if user.totp_confirmed_at.is_some() {
            return Err(AccountRefused::TotpOn.into());
        }
        if user.totp_secret.is_none() {
            return Err(AccountRefused::TotpNotBegun.into());
        }
        if !self.step_fits(tx, &user, code).await? {
            return Err(AccountRefused::TotpWrong.into());
        }
        store::user::confirm_totp(tx, user.id, self.app.clock.now(), || AccountRefused::TotpOn.into()).await?;
        let codes: Vec<String> = (0..rules::RECOVERY_CODES).map(|_| rules::recovery_code(rand::random())).collect();
        let macs: Vec<String> = codes.iter().filter_map(|code| self.recovery_mac(&user, code)).collect();
        store::recovery::replace(tx, user.id, &macs).await?;
        self.audit(tx, member, "totp.enabled", &user.id.to_string(), &serde_json::json!({})).await?;
        Ok(codes)
    }

    /// Refuses to switch off without the password: call it before the transaction of [`Accounts::disable_totp`].
    pub async fn check_disable_totp(&self, member: &Member, password: &str) -> Result<()> {
        self.confirm_password(member, password).await
    }

    pub async fn disable_totp(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        member.in_person()?;
        self.end_totp(tx, member, member.user()).await
    }

    /// Switches it off for a sub-user who has lost the authenticator and the recovery codes.
    pub async fn disable_totp_of(&self, tx: &mut Tx, buyer: &Buyer, user: UserId) -> Result<()> {
        let user = self.someone_else(tx, buyer, user).await?;
        self.end_totp(tx, buyer, user.id).await
    }

    /// The operator's part: for the owner of an account, who has nobody else to ask, and for other members of staff.
    pub async fn staff_disable_totp(&self, tx: &mut Tx, operator: &Operator, user: UserId) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        let user = store::user::find(tx, user).await?.ok_or(Error::NotFound(Thing::User))?;
        if user.id == operator.user() {
            return Err(AccountRefused::Oneself.into());
        }
        if user.account_id != operator.account() && !user.is_owner() {
            return Err(AccountRefused::OwnerDecides.into());
        }
        self.end_totp(tx, operator, user.id).await
    }

    /// Whoever it was, the user is told.
    async fn end_totp(&self, tx: &mut Tx, by: &Member, user: UserId) -> Result<()> {
        store::user::end_totp(tx, user, || AccountRefused::TotpOff.into()).await?;
        store::recovery::replace(tx, user, &[]).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::TotpDisabled { user }).await?;
        self.audit(tx, by, "totp.disabled", &user.to_string(), &serde_json::json!({})).await
    }

    /// Whether a code of the authenticator or a recovery code fits now and was not used; it is used up by this.
    pub(crate) async fn code_fits(&self, tx: &mut Tx, user: &User, code: &str) -> Result<bool> {
        if self.step_fits(tx, user, code).await? {
            return Ok(true);
        }
        let Some(mac) = self.recovery_mac(user, code) else {
            return Ok(false);
        };
        let now = self.app.clock.now();
        if !store::recovery::use_up(tx, user.id, &mac, now).await? {
            return Ok(false);
        }
        let detail = serde_json::json!({ "left": store::recovery::left(tx, user.id).await? });
        self.audit_system(tx, "totp.recovered", &user.id.to_string(), &detail).await?;
        Ok(true)
    }

    async fn step_fits(&self, tx: &mut Tx, user: &User, code: &str) -> Result<bool> {
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

    /// Keyed, because fifty bits could be found by trying when the hash is fast.
    fn recovery_mac(&self, user: &User, code: &str) -> Option<String> {
        let code = rules::plain_recovery_code(code)?;
        Some(self.app.vault.mac(&format!("recovery/{}", user.id), code.as_bytes()))
    }
}

fn context(user: &User) -> String {
    format!("totp/{}", user.id)
}
