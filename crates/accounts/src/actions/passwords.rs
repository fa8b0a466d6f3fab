//! Changing a password, asking for a new one, and choosing one by a link.

use kernel::{
    Error, Event, Invalid, Result, Thing, Timestamp,
    id::{SessionId, UserId},
};
use platform::{Tx, jobs, vault};

use super::sign_in::{Trier, nobody};
use crate::{
    Accounts, Member, Recipient,
    rules::{self, AccountRefused, Try},
    store,
    store::user::User,
};

/// A link asked for again within this time is not sent again, so that nobody's mailbox is flooded.
pub(super) const RESET_PAUSE_SECONDS: i64 = 60;

/// What a link to choose a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    Reset,
    Invitation,
    /// Who opened the account confirms the mail address by it.
    SignUp,
}

/// A link to choose a password; its token is given out here and nowhere else.
#[derive(Clone, Debug)]
pub struct Link {
    pub recipient: Recipient,
    /// What the user signs in with: the account's short name for those who have no mail address of their own to sign in.
    pub login: Login,
    pub token: String,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub account: Option<String>,
    pub name: String,
}

/// A password that is fit to be set, by its hash.
#[derive(Clone, Debug)]
pub struct NewPassword {
    user: UserId,
    hash: String,
}

impl Accounts {
    /// Checks the present password and hashes the new one: call it before the transaction of [`Accounts::change_password`].
    /// Wrong tries count like those of signing in.
    pub async fn check_password(&self, member: &Member, present: &str, wanted: &str) -> Result<NewPassword> {
        self.confirm_password(member, present).await?;
        let user = self.own_user(member).await?;
        self.fit_password(&user, wanted).await
    }

    /// Refuses unless the member knows the password of the user, whose session may be left open on a desk.
    pub(crate) async fn confirm_password(&self, member: &Member, present: &str) -> Result<()> {
        member.in_person()?;
        let user = self.own_user(member).await?;
        let who = Trier { who: user.id.to_string(), place: rules::place(member.from()), user: Some(&user) };
        let room = self.count_try(&who).await?;
        if matches!(room, Try::Open | Try::Last) && self.passwords.fits(present, user.password_hash.as_deref()).await? {
            return self.uncount_try(&who).await;
        }
        self.pause_after(room, &who).await?;
        Err(AccountRefused::WrongPassword.into())
    }

    async fn own_user(&self, member: &Member) -> Result<User> {
        let user = store::user::find_for(&mut self.app.db.read(), member.account(), member.user()).await?;
        user.ok_or(Error::NotFound(Thing::User))
    }

    async fn fit_password(&self, user: &User, wanted: &str) -> Result<NewPassword> {
        let policy = self.policies.current().await?;
        let mut wrong = Invalid::default();
        let names = [user.name.as_str(), user.email.as_deref().unwrap_or_default()];
        rules::check_password(&mut wrong, wanted, policy.sign_in.password_length_min, &names);
        wrong.done()?;
        Ok(NewPassword { user: user.id, hash: self.passwords.hash(wanted).await? })
    }

    /// Sets a new password and ends the user's other sessions.
    pub async fn change_password(&self, tx: &mut Tx, member: &Member, new: &NewPassword) -> Result<()> {
        let kept = member.session()?;
        let user = store::user::find_for(tx, member.account(), new.user).await?.ok_or(Error::NotFound(Thing::User))?;
        self.set_password(tx, &user, new, Some(kept)).await?;
        self.audit(tx, member, "password.changed", &user.id.to_string(), &serde_json::json!({})).await
    }

    /// Asks for a link to choose a new password. Whether there is such a user stays unsaid.
    pub async fn ask_reset(&self, tx: &mut Tx, account: Option<&str>, login: &str) -> Result<()> {
        let now = self.app.clock.now();
        let user = self.user_by_login(account, login).await?.filter(|user| user.disabled_at.is_none());
        // Names that nobody has are written down like others, so that the time it takes does not tell them apart.
        let who = user.as_ref().map_or_else(|| nobody(account, login), |user| user.id.to_string());
        let pause_ended = now.plus_seconds(-RESET_PAUSE_SECONDS);
        if store::session::note_told(tx, ("reset", &who), now, pause_ended).await?
            && let Some(user) = user
        {
            jobs::publish(tx, now, &Event::PasswordResetRequested { user: user.id }).await?;
        }
        Ok(())
    }

    /// Whether somebody has chosen a password yet.
    pub async fn has_password(&self, tx: &mut Tx, user: UserId) -> Result<bool> {
        Ok(store::user::find(tx, user).await?.is_some_and(|user| user.password_hash.is_some()))
    }

    /// Makes the link that is sent to a user. `None`: nobody to send it to.
    pub async fn make_link(&self, tx: &mut Tx, user: UserId, purpose: LinkPurpose) -> Result<Option<Link>> {
        let Some(user) = store::user::find(tx, user).await?.filter(|user| user.disabled_at.is_none()) else {
            return Ok(None);
        };
        if user.email.is_none() {
            return Ok(None);
        }
        let policy = self.policies.current().await?;
        let seconds = match purpose {
            LinkPurpose::Reset => i64::from(policy.sign_in.reset_minutes) * 60,
            LinkPurpose::Invitation | LinkPurpose::SignUp => i64::from(policy.sign_in.invitation_hours) * 3_600,
        };
        let expires_at = self.app.clock.now().plus_seconds(seconds);
        let token = vault::random_token("kr");
        let of = (user.account_id, user.id);
        store::session::forget_links(tx, of.0, of.1).await?;
        store::session::insert_link(tx, &vault::fingerprint(&token), of, expires_at).await?;
        let login = if user.by_email || user.is_unconfirmed() {
            Login { account: None, name: user.email.clone().unwrap_or_default() }
        } else {
            Login { account: Some(self.find(tx, user.account_id).await?.slug), name: user.name.clone() }
        };
        let recipient = Recipient {
            account: user.account_id,
            user: user.id,
            name: user.name,
            email: user.email,
            mobile: user.mobile,
            lang: user.lang,
        };
        Ok(Some(Link { recipient, login, token, expires_at }))
    }

    /// Checks a link and the password chosen by it: call it before the transaction of [`Accounts::use_link`].
    pub async fn check_link(&self, token: &str, wanted: &str) -> Result<NewPassword> {
        let now = self.app.clock.now();
        let tx = &mut self.app.db.read();
        let user =
            store::session::link(tx, &vault::fingerprint(token), now).await?.ok_or(AccountRefused::LinkRefused)?;
        let user = store::user::find(tx, user).await?.filter(|user| user.disabled_at.is_none());
        self.fit_password(&user.ok_or(AccountRefused::LinkRefused)?, wanted).await
    }

    /// Uses a link up, sets the password chosen by it and ends all sessions of the user.
    pub async fn use_link(&self, tx: &mut Tx, token: &str, new: &NewPassword) -> Result<()> {
        let now = self.app.clock.now();
        store::session::use_link(tx, &vault::fingerprint(token), now, || AccountRefused::LinkRefused.into()).await?;
        let user = store::user::find(tx, new.user).await?.ok_or(AccountRefused::LinkRefused)?;
        if user.is_unconfirmed() {
            store::user::take_email(tx, user.id, || AccountRefused::EmailTaken.into()).await?;
        }
        self.set_password(tx, &user, new, None).await?;
        store::session::forget_links(tx, user.account_id, user.id).await?;
        self.audit_system(tx, "password.chosen", &user.id.to_string(), &serde_json::json!({})).await
    }

    async fn set_password(&self, tx: &mut Tx, user: &User, new: &NewPassword, kept: Option<SessionId>) -> Result<()> {
        let now = self.app.clock.now();
        store::user::set_password(tx, user.id, &new.hash).await?;
        store::session::end_all(tx, user.account_id, user.id, kept).await?;
        store::session::forget_tries(tx, &user.id.to_string()).await?;
        self.known.forget(tx);
        jobs::publish(tx, now, &Event::PasswordChanged { user: user.id }).await
    }
}
