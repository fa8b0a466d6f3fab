//! Signing in and out.

use kernel::{
    Error, Event, Result, Timestamp,
    id::{SessionId, UserId},
};
use platform::{Tx, jobs, vault};

use crate::{
    Accounts, Member,
    rules::{self, SignInRefused, Try},
    store,
    store::{session::Session, user::User},
};

/// What somebody signs in with: the mail address, or the account's short name with the user's name.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub account: Option<String>,
    pub login: String,
    pub password: String,
    pub totp: Option<String>,
}

/// An open session; its token is given out here and nowhere else.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: UserId,
    pub session: Session,
    pub token: String,
}

impl Accounts {
    /// Opens a session. Each try is counted and committed before its password is looked at, so that tries that run beside
    /// each other cannot get past the limit, and names that do not exist cost the same work as those that do.
    pub async fn sign_in(&self, given: &SignIn, from: &str) -> Result<SignedIn> {
        let user = self.user_by_login(given.account.as_deref(), &given.login).await?;
        let who =
            user.as_ref().map_or_else(|| nobody(given.account.as_deref(), &given.login), |user| user.id.to_string());
        let room = self.count_try(&who).await?;
        let candidate = match room {
            Try::Open | Try::Last => user.as_ref().filter(|user| user.disabled_at.is_none()),
            Try::Over => None,
        };
        let hash = candidate.and_then(|user| user.password_hash.as_deref());
        let fits = self.passwords.fits(&given.password, hash).await?;
        if let (true, Some(user)) = (fits, candidate)
            && let Some(signed_in) = self.open_session(user, given.totp.as_deref(), from).await?
        {
            return Ok(signed_in);
        }
        self.pause_after(room, &who, user.as_ref()).await?;
        Err(SignInRefused::Refused.into())
    }

    pub(crate) async fn user_by_login(&self, account: Option<&str>, login: &str) -> Result<Option<User>> {
        let login = login.trim().to_lowercase();
        // What no name or address can be is not looked for; PostgreSQL would refuse some of it.
        let printable = |text: &str| text.len() <= 254 && !text.chars().any(char::is_control);
        if !printable(&login) || !account.is_none_or(printable) {
            return Ok(None);
        }
        let tx = &mut self.app.db.read();
        match account {
            Some(slug) => store::user::by_name(tx, &slug.trim().to_lowercase(), &login).await,
            None => store::user::by_email(tx, &login).await,
        }
    }

    /// Counts one more try, whatever becomes of it.
    pub(crate) async fn count_try(&self, who: &str) -> Result<Try> {
        let limit = self.policies.current().await?.sign_in.failures_before_lock;
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        store::session::forget_tries_before(&mut tx, now.plus_days(-1)).await?;
        let counted = store::session::count_try(&mut tx, who, now).await?;
        tx.commit().await?;
        Ok(counted.map_or(Try::Over, |counted| rules::count_try(counted, limit)))
    }

    /// Takes back the count of a try that was right as far as it went; earlier wrong ones still count.
    pub(crate) async fn uncount_try(&self, who: &str) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        store::session::uncount_try(&mut tx, who).await?;
        tx.commit().await
    }

    /// Opens the session of a user whose password fits. `None`: the code does not fit, or the user has just been changed.
    async fn open_session(&self, user: &User, code: Option<&str>, from: &str) -> Result<Option<SignedIn>> {
        let now = self.app.clock.now();
        let hours = self.policies.current().await?.sign_in.session_hours;
        let mut tx = self.app.db.begin().await?;
        // The row comes first: whoever changes the password waits for this session and then ends it with the others.
        if !store::user::signed_in(&mut tx, user, now).await? {
            return Ok(None);
        }
        let present = store::user::find(&mut tx, user.id).await?.ok_or(Error::NotFound("user"))?;
        if present.totp_confirmed_at.is_some() {
            let Some(code) = code else {
                drop(tx);
                self.uncount_try(&user.id.to_string()).await?;
                return Err(SignInRefused::TotpWanted.into());
            };
            if !self.code_fits(&mut tx, &present, code).await? {
                return Ok(None);
            }
        }
        let session = Session {
            id: SessionId::new(now),
            from_address: from.to_owned(),
            created_at: now,
            expires_at: now.plus_seconds(i64::from(hours) * 3_600),
        };
        let token = vault::random_token("ks");
        let of = (user.account_id, user.id);
        store::session::forget_expired(&mut tx, of.0, of.1, now).await?;
        store::session::insert(&mut tx, &session, of, &vault::fingerprint(&token)).await?;
        store::session::forget_tries(&mut tx, &user.id.to_string()).await?;
        tx.commit().await?;
        Ok(Some(SignedIn { user: user.id, session, token }))
    }

    /// Pauses signing in when a wrong try was one too many, and tells the account's owner.
    pub(crate) async fn pause_after(&self, room: Try, who: &str, user: Option<&User>) -> Result<()> {
        match room {
            Try::Open => return Ok(()),
            Try::Last | Try::Over => {}
        }
        let now = self.app.clock.now();
        let minutes = self.policies.current().await?.sign_in.lock_minutes;
        let until = now.plus_seconds(i64::from(minutes) * 60);
        let mut tx = self.app.db.begin().await?;
        if store::session::pause_tries(&mut tx, who, until).await?
            && let Some(user) = user
        {
            jobs::publish(&mut tx, now, &Event::AccountLocked { account: user.account_id }).await?;
            let detail = serde_json::json!({ "until": until });
            self.audit_system(&mut tx, "user.locked", who, &detail).await?;
        }
        tx.commit().await
    }

    /// The open sessions of a member.
    pub async fn sessions(&self, tx: &mut Tx, member: &Member) -> Result<Vec<Session>> {
        member.in_person()?;
        store::session::list(tx, member.account(), member.user(), self.app.clock.now()).await
    }

    pub async fn end_session(&self, tx: &mut Tx, member: &Member, id: SessionId) -> Result<()> {
        member.in_person()?;
        store::session::end(tx, member.account(), member.user(), id).await?;
        self.known.forget();
        Ok(())
    }

    /// Ends the session that the request came with.
    pub async fn sign_out(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        let id = member.session()?;
        self.end_session(tx, member, id).await
    }

    /// Forgets sessions, links and tries that are over; for those who clean up now and then.
    pub async fn forget_old(&self, tx: &mut Tx, before: Timestamp) -> Result<u64> {
        store::session::forget_all_before(tx, before).await
    }
}

/// What counts the tries for a name that nobody has.
pub(super) fn nobody(account: Option<&str>, login: &str) -> String {
    let account = account.unwrap_or_default().trim().to_lowercase();
    vault::fingerprint(&format!("{account}\n{}", login.trim().to_lowercase()))
}
