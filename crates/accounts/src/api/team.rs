//! Sub-users of an account.

use axum::{Json, extract::State};
use kernel::{Page, PageQuery, id::UserId, text::Lang};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{checked, me::UserJson};
use crate::{
    Accounts, Buyer,
    actions::team::{NewUser, UserEdit},
    rules::TeamRole,
};

/// A sub-user, to make one. Without a password the user is sent a link to choose one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserJson {
    /// The name with which the user signs in, beside the account's short name.
    #[schema(pattern = "^[a-z0-9._-]{2,32}$", example = "grace")]
    name: String,
    #[schema(example = "developer")]
    role: TeamRole,
    #[schema(max_length = 254, example = "grace@example.com")]
    email: Option<String>,
    #[schema(example = "+86 138 0013 8000")]
    mobile: Option<String>,
    #[schema(example = "en")]
    lang: Lang,
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    password: Option<String>,
}

impl From<NewUserJson> for NewUser {
    fn from(input: NewUserJson) -> Self {
        let NewUserJson { name, role, email, mobile, lang, password } = input;
        Self { name, role, email, mobile, lang, password }
    }
}

/// What of a sub-user is changed; what is left out stays, and an empty text takes a contact away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserEditJson {
    #[schema(example = "finance")]
    role: Option<TeamRole>,
    #[schema(max_length = 254, example = "grace@example.com")]
    email: Option<String>,
    #[schema(example = "+86 138 0013 8000")]
    mobile: Option<String>,
    #[schema(example = "zh")]
    lang: Option<Lang>,
}

impl From<UserEditJson> for UserEdit {
    fn from(input: UserEditJson) -> Self {
        let UserEditJson { role, email, mobile, lang } = input;
        Self { role, email, mobile, lang }
    }
}

async fn list(State(accounts): State<Accounts>, buyer: Buyer, Query(page): Query<PageQuery>) -> Reply<Page<UserJson>> {
    let page = checked(&page)?;
    Ok(Json(accounts.users(&mut accounts.app.db.read(), &buyer, page).await?.map(UserJson::from)))
}

async fn show(State(accounts): State<Accounts>, buyer: Buyer, PathParam(id): PathParam<UserId>) -> Reply<UserJson> {
    Ok(Json(accounts.user(&mut accounts.app.db.read(), &buyer, id).await?.into()))
}

async fn create(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<NewUserJson>,
) -> Result<Answer, Problem> {
    let input = input.into();
    once.run_after(&accounts.app, accounts.check_user(&buyer, &input), async |tx, new| {
        let user = accounts.create_user(tx, &buyer, &new).await?;
        let version = user.version;
        Ok(Answer::created(&UserJson::from(user)).version(version))
    })
    .await
}

async fn edit(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    (once, version): (Once, IfMatch),
    PathParam(id): PathParam<UserId>,
    Body(input): Body<UserEditJson>,
) -> Result<Answer, Problem> {
    let input = UserEdit::from(input);
    once.run(&accounts.app, async |tx| {
        let user = accounts.edit_user(tx, &buyer, (id, version), &input).await?;
        let version = user.version;
        Ok(Answer::ok(&UserJson::from(user)).version(version))
    })
    .await
}

async fn disable(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| Ok(Answer::ok(&UserJson::from(accounts.disable_user(tx, &buyer, id).await?))))
        .await
}

async fn enable(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| Ok(Answer::ok(&UserJson::from(accounts.enable_user(tx, &buyer, id).await?))))
        .await
}

async fn send_link(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.send_link(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn disable_totp(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<UserId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.disable_totp_of(tx, &buyer, id).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let list_op = Op::does(Access::Buyer, "List the account's users").query::<PageQuery>().gives::<Page<UserJson>>(200);
    let create_op = Op::does(Access::Buyer, "Make a sub-user").takes::<NewUserJson>().gives::<UserJson>(201);
    let edit_op =
        Op::does(Access::Buyer, "Change a sub-user").takes::<UserEditJson>().if_match().gives::<UserJson>(200);
    let disable_op = Op::does(Access::Buyer, "Disable a sub-user and end all of the user's sessions, tokens and keys");
    let enable_op = Op::does(Access::Buyer, "Let a disabled sub-user sign in again").gives::<UserJson>(200);
    let link_op = Op::does(Access::Buyer, "Send a sub-user a link to choose a new password");
    let totp_op = Op::does(Access::Buyer, "Switch two-step sign-in off for a sub-user who has lost the authenticator");
    Routes::of(accounts.clone())
        .get("/api/v1/users", list, list_op)
        .post("/api/v1/users", create, create_op)
        .get("/api/v1/users/{user}", show, Op::does(Access::Buyer, "See a user of the account").gives::<UserJson>(200))
        .patch("/api/v1/users/{user}", edit, edit_op)
        .post("/api/v1/users/{user}/disable", disable, disable_op.gives::<UserJson>(200))
        .post("/api/v1/users/{user}/enable", enable, enable_op)
        .post("/api/v1/users/{user}/send-link", send_link, link_op)
        .post("/api/v1/users/{user}/totp/disable", disable_totp, totp_op)
        .done()
}
