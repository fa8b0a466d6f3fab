//! Signing in and out.

use kernel::{
    Error, Event, Result, Thing, Timestamp,
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

/// A try to sign in whose password and code are right; a session is opened by it at once.
#[derive(Clone, Debug)]
pub struct Tried {
    user: User,
    code: Option<String>,
}

/// Whose try it is, and from where.
pub(crate) struct Trier<'u> {
    pub(crate) who: String,
    pub(crate) place: String,
    pub(crate) user: Option<&'u User>,
}

/// In place of an address: the tries from all of them.
const ANYWHERE: &str = "";

impl Accounts {
    /// Opens a session: [`Accounts::try_sign_in`] and [`Accounts::open_session`] in a row.
    pub async fn sign_in(&self, given: &SignIn, from: &str) -> Result<SignedIn> {
        let tried = self.try_sign_in(given, from).await?;
        let mut tx = self.app.db.begin().await?;
        let signed_in = self.open_session(&mut tx, &tried, from).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Checks what somebody signs in with: call it before the transaction of [`Accounts::open_session`]. Each try is counted
    /// and committed before its password is looked at, so that tries that run beside each other cannot get past the limit,
    /// and names that do not exist cost the same work as those that do.
    pub async fn try_sign_in(&self, given: &SignIn, from: &str) -> Result<Tried> {
        let user = self.user_by_login(given.account.as_deref(), &given.login).await?;
        let who =
            user.as_ref().map_or_else(|| nobody(given.account.as_deref(), &given.login), |user| user.id.to_string());
        let who = Trier { who, place: rules::place(from), user: user.as_ref() };
        let room = self.count_try(&who).await?;
        let candidate = match room {
            Try::Open | Try::Last => user.as_ref().filter(|user| user.disabled_at.is_none()),
            Try::Over | Try::Later => None,
        };
        let hash = candidate.and_then(|user| user.password_hash.as_deref());
        let fits = self.passwords.fits(&given.password, hash).await?;
        if let (true, Some(user)) = (fits, candidate) {
            let code = given.totp.clone();
            if user.totp_confirmed_at.is_some() && code.is_none() {
                self.uncount_try(&who).await?;
                return Err(SignInRefused::TotpWanted.into());
            }
            if self.would_open(user, code.as_deref()).await? {
                return Ok(Tried { user: user.clone(), code });
            }
        }
        self.pause_after(room, &who).await?;
        Err(SignInRefused::Refused.into())
    }

    /// Whether the second factor, if there is one, is right; what that uses up is rolled back.
    async fn would_open(&self, user: &User, code: Option<&str>) -> Result<bool> {
        let Some(code) = code.filter(|_| user.totp_confirmed_at.is_some()) else {
            return Ok(true);
        };
        let mut tx = self.app.db.begin().await?;
        self.code_fits(&mut tx, user, code).await
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

    /// Counts one more try, whatever becomes of it. Tries from one address pause that address. Tries from anywhere make
    /// everybody wait a little, but those at an address where the user is signed in: a stranger locks nobody out.
    pub(crate) async fn count_try(&self, trier: &Trier<'_>) -> Result<Try> {
        let rules = self.policies.current().await?.sign_in.clone();
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        store::session::forget_tries_before(&mut tx, now.plus_days(-1)).await?;
        let counted = store::session::count_try(&mut tx, (&trier.who, &trier.place), now).await?;
        let room = counted.map_or(Try::Over, |counted| rules::count_try(counted, rules.failures_before_lock));
        let room = match room {
            Try::Over | Try::Later => room,
            Try::Open | Try::Last => match store::session::count_try(&mut tx, (&trier.who, ANYWHERE), now).await? {
                Some(counted) => {
                    let delay = rules::delay_seconds(counted, rules.failures_before_delay, rules.delay_seconds_max);
                    if delay > 0 {
                        store::session::delay_tries(&mut tx, &trier.who, now.plus_seconds(delay)).await?;
                    }
                    room
                }
                None if self.is_at_home(&mut tx, trier, now).await? => room,
                // Nothing is counted, so that impatience is not punished.
                None => return Ok(Try::Later),
            },
        };
        tx.commit().await?;
        Ok(room)
    }

    /// Whether the user has an open session from the same place.
    async fn is_at_home(&self, tx: &mut Tx, trier: &Trier<'_>, now: Timestamp) -> Result<bool> {
        let Some(user) = trier.user else { return Ok(false) };
        let open = store::session::list(tx, user.account_id, user.id, now).await?;
        Ok(open.iter().any(|session| rules::place(&session.from_address) == trier.place))
    }

    /// Takes back the count of a try that was right as far as it went; earlier wrong ones still count.
    pub(crate) async fn uncount_try(&self, trier: &Trier<'_>) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        store::session::uncount_try(&mut tx, &trier.who, &trier.place).await?;
        tx.commit().await
    }

    /// Opens the session of a user whose password and code were right a moment ago.
    pub async fn open_session(&self, tx: &mut Tx, tried: &Tried, from: &str) -> Result<SignedIn> {
        let Tried { user, code } = tried;
        let now = self.app.clock.now();
        let hours = self.policies.current().await?.sign_in.session_hours;
        // The row comes first: whoever changes the password waits for this session and then ends it with the others.
        if !store::user::signed_in(tx, user, now).await? {
            return Err(SignInRefused::Refused.into());
        }
        let present = store::user::find(tx, user.id).await?.ok_or(Error::NotFound(Thing::User))?;
        if present.totp_confirmed_at.is_some() {
            let code = code.as_deref().ok_or(SignInRefused::TotpWanted)?;
            if !self.code_fits(tx, &present, code).await? {
                return Err(SignInRefused::Refused.into());
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
        store::session::forget_expired(tx, of.0, of.1, now).await?;
        store::session::insert(tx, &session, of, &vault::fingerprint(&token)).await?;
        store::session::forget_tries_at(tx, &user.id.to_string(), &rules::place(from)).await?;
        Ok(SignedIn { user: user.id, session, token })
    }

    /// Pauses signing in from an address when a wrong try was one too many, and tells the account's owner, once for all
    /// addresses that are paused in the same time.
    pub(crate) async fn pause_after(&self, room: Try, trier: &Trier<'_>) -> Result<()> {
        match room {
            Try::Open | Try::Later => return Ok(()),
            Try::Last | Try::Over => {}
        }
        let now = self.app.clock.now();
        let pause = i64::from(self.policies.current().await?.sign_in.lock_minutes) * 60;
        let until = now.plus_seconds(pause);
        let mut tx = self.app.db.begin().await?;
        if store::session::pause_tries(&mut tx, (&trier.who, &trier.place), until).await?
            && let Some(user) = trier.user
        {
            let detail = serde_json::json!({ "until": until, "from": trier.place });
            self.audit_system(&mut tx, "user.locked", &trier.who, &detail).await?;
            if store::session::note_told(&mut tx, ("told", &trier.who), now, now.plus_seconds(-pause)).await? {
                jobs::publish(&mut tx, now, &Event::AccountLocked { account: user.account_id }).await?;
            }
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
        self.known.forget(tx);
        Ok(())
    }

    /// Ends the session that the request came with.
    pub async fn sign_out(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        let id = member.session()?;
        self.end_session(tx, member, id).await
    }

    /// Forgets sessions, links and signatures that are over; for those who clean up now and then.
    pub async fn forget_old(&self, tx: &mut Tx, before: Timestamp) -> Result<u64> {
        let skew = i64::from(self.policies.current().await?.open_api.clock_skew_seconds);
        let window = self.app.clock.now().plus_seconds(-skew);
        let signatures = store::credential::forget_signatures(tx, window).await?;
        let ended = store::session::forget_all_before(tx, before).await?;
        Ok(signatures + ended + store::user::forget_unconfirmed(tx, before).await?)
    }
}

/// What counts the tries for a name that nobody has.
pub(super) fn nobody(account: Option<&str>, login: &str) -> String {
    let account = account.unwrap_or_default().trim().to_lowercase();
    vault::fingerprint(&format!("{account}\n{}", login.trim().to_lowercase()))
}
