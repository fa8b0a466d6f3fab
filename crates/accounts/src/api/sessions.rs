//! Signing in and out, and new passwords for those who have forgotten theirs.

use axum::{Json, extract::State};
use kernel::{
    Timestamp,
    id::{SessionId, UserId},
};
use platform::http::{Access, Answer, Body, ClientAddress, Once, Op, PathParam, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Accounts, Member,
    actions::sign_in::{SignIn, SignedIn},
    store::session::Session,
};

/// Who signs in: an owner or a member of staff by mail address; a sub-user by the account's short name and the own name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInJson {
    /// The account's short name, for sub-users.
    #[schema(max_length = 32, example = "acme")]
    account: Option<String>,
    /// The mail address, or the sub-user's name.
    #[schema(max_length = 254, example = "grace")]
    login: String,
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    password: String,
    /// The present code of the authenticator, or a recovery code, when two-step sign-in is switched on.
    #[schema(max_length = 20, example = "287082")]
    totp: Option<String>,
}

impl From<SignInJson> for SignIn {
    fn from(input: SignInJson) -> Self {
        let SignInJson { account, login, password, totp } = input;
        Self { account, login, password, totp }
    }
}

/// A new session. Its token is shown here only.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInJson {
    id: SessionId,
    user: UserId,
    /// Send it as `Authorization: Bearer ks_…`.
    token: String,
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionJson {
    id: SessionId,
    /// The address it was opened from.
    from: String,
    /// Whether it is the session of this request.
    current: bool,
    created_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsJson {
    items: Vec<SessionJson>,
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetJson {
    /// The account's short name, for sub-users.
    #[schema(max_length = 32, example = "acme")]
    account: Option<String>,
    #[schema(max_length = 254, example = "grace")]
    login: String,
}

/// A password chosen by a link that was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseJson {
    /// The token of the link, `kr_…`.
    #[schema(max_length = 100, example = "kr_0123456789abcdef0123456789abcdef01234567")]
    token: String,
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    password: String,
}

async fn sign_in(
    State(accounts): State<Accounts>,
    address: ClientAddress,
    once: Once,
    Body(input): Body<SignInJson>,
) -> Result<Answer, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    let (input, from) = (input.into(), address.to_string());
    let tried = accounts.try_sign_in(&input, &from);
    once.run_after(&accounts.app, tried, async |tx, tried| {
        let SignedIn { user, session, token } = accounts.open_session(tx, &tried, &from).await?;
        let Session { id, expires_at, .. } = session;
        Ok(Answer::created(&SignedInJson { id, user, token, expires_at }).secret())
    })
    .await
}

async fn list(State(accounts): State<Accounts>, member: Member) -> Reply<SessionsJson> {
    let sessions = accounts.sessions(&mut accounts.app.db.read(), &member).await?;
    let items = sessions.into_iter().map(|session| {
        let Session { id, from_address, created_at, expires_at } = session;
        SessionJson { id, from: from_address, current: member.credential() == id.to_string(), created_at, expires_at }
    });
    Ok(Json(SessionsJson { items: items.collect() }))
}

/// A repeat that comes later is refused before it gets here, because the session is over.
async fn sign_out(State(accounts): State<Accounts>, member: Member, once: Once) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.sign_out(tx, &member).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn end(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    PathParam(id): PathParam<SessionId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.end_session(tx, &member, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn ask_reset(
    State(accounts): State<Accounts>,
    address: ClientAddress,
    once: Once,
    Body(input): Body<ResetJson>,
) -> Result<Answer, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    once.run(&accounts.app, async |tx| {
        accounts.ask_reset(tx, input.account.as_deref(), &input.login).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn choose(
    State(accounts): State<Accounts>,
    address: ClientAddress,
    once: Once,
    Body(input): Body<ChooseJson>,
) -> Result<Answer, Problem> {
    accounts.app.limits.sign_in(&address.to_string())?;
    once.run_after(&accounts.app, accounts.check_link(&input.token, &input.password), async |tx, new| {
        accounts.use_link(tx, &input.token, &new).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let in_op = Op::does(Access::Public, "Sign in").takes::<SignInJson>().gives::<SignedInJson>(201);
    let reset_op = Op::does(Access::Public, "Ask for a link to choose a new password").takes::<ResetJson>();
    let choose_op = Op::does(Access::Public, "Choose a password by a link").takes::<ChooseJson>();
    Routes::of(accounts.clone())
        .post("/api/v1/sessions", sign_in, in_op)
        .get("/api/v1/sessions", list, Op::does(Access::SignedIn, "List one's sessions").gives::<SessionsJson>(200))
        .delete("/api/v1/sessions/current", sign_out, Op::does(Access::SignedIn, "Sign out"))
        .delete("/api/v1/sessions/{session}", end, Op::does(Access::SignedIn, "End one of one's sessions"))
        .post("/api/v1/password-resets", ask_reset, reset_op)
        .post("/api/v1/password-resets/complete", choose, choose_op)
        .done()
}
