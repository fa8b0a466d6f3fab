//! Who one is, and one's own password and second factor.

use axum::{Json, extract::State};
use kernel::{Timestamp, id::UserId, text::Lang};
use platform::http::{Access, Answer, Body, IfMatch, Once, Op, Problem, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::AccountJson;
use crate::{Accounts, Member, actions::totp::Enrolment, store::user::User};

#[derive(Serialize, ToSchema)]
pub(crate) struct UserJson {
    id: UserId,
    /// The name to sign in with; for owners and staff their mail address.
    name: String,
    role: String,
    email: Option<String>,
    mobile: Option<String>,
    lang: Lang,
    disabled: bool,
    /// Invited users have none until they use their link.
    has_password: bool,
    /// Whether two-step sign-in is switched on.
    totp: bool,
    last_sign_in_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
}

impl From<User> for UserJson {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            role: user.role,
            email: user.email,
            mobile: user.mobile,
            lang: user.lang,
            disabled: user.disabled_at.is_some(),
            has_password: user.password_hash.is_some(),
            totp: user.totp_confirmed_at.is_some(),
            last_sign_in_at: user.last_sign_in_at,
            version: user.version,
            created_at: user.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MeJson {
    account: AccountJson,
    user: UserJson,
    /// What the role and the credential allow.
    permissions: Vec<String>,
}

/// What of oneself is changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeEditJson {
    #[schema(example = "zh")]
    lang: Option<Lang>,
    #[schema(example = "+86 138 0013 8000")]
    mobile: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordJson {
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    present: String,
    #[schema(max_length = 256, format = Password, example = "staple of the battery")]
    wanted: String,
}

/// A secret for an authenticator app. It is shown here only, and holds once a first code has confirmed it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentJson {
    /// In base 32, to type it.
    secret: String,
    /// The `otpauth://` address, to show it as a picture.
    address: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeJson {
    #[schema(max_length = 10, example = "287082")]
    code: String,
}

/// What stands in for a lost authenticator. It is shown here only.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryJson {
    /// Each signs in once, in place of the authenticator's code.
    #[schema(example = json!(["k7f2m-9xqpd"]))]
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordJson {
    #[schema(max_length = 256, format = Password, example = "correct horse battery")]
    password: String,
}

async fn show(State(accounts): State<Accounts>, member: Member) -> Reply<MeJson> {
    let (account, user) = accounts.me(&mut accounts.app.db.read(), &member).await?;
    let permissions = member.allowed().into_iter().map(str::to_owned).collect();
    Ok(Json(MeJson { account: account.into(), user: user.into(), permissions }))
}

async fn edit(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    version: IfMatch,
    Body(input): Body<MeEditJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let user = accounts.edit_me(tx, &member, version, (input.lang, input.mobile.as_deref())).await?;
        let version = user.version;
        Ok(Answer::ok(&UserJson::from(user)).version(version))
    })
    .await
}

async fn change_password(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    Body(input): Body<ChangePasswordJson>,
) -> Result<Answer, Problem> {
    let check = accounts.check_password(&member, &input.present, &input.wanted);
    once.run_after(&accounts.app, check, async |tx, new| {
        accounts.change_password(tx, &member, &new).await?;
        Ok(Answer::empty())
    })
    .await
}

async fn enrol(State(accounts): State<Accounts>, member: Member, once: Once) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let Enrolment { secret, address } = accounts.enrol_totp(tx, &member).await?;
        Ok(Answer::created(&EnrolmentJson { secret, address }).secret())
    })
    .await
}

async fn confirm(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    Body(input): Body<CodeJson>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        let codes = accounts.confirm_totp(tx, &member, &input.code).await?;
        Ok(Answer::ok(&RecoveryJson { recovery_codes: codes }).secret())
    })
    .await
}

async fn disable(
    State(accounts): State<Accounts>,
    member: Member,
    once: Once,
    Body(input): Body<PasswordJson>,
) -> Result<Answer, Problem> {
    let check = accounts.check_disable_totp(&member, &input.password);
    once.run_after(&accounts.app, check, async |tx, ()| {
        accounts.disable_totp(tx, &member).await?;
        Ok(Answer::empty())
    })
    .await
}

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    let edit_op = Op::does(Access::SignedIn, "Change one's language and telephone number");
    let edit_op = edit_op.takes::<MeEditJson>().if_match().gives::<UserJson>(200);
    let password_op = Op::does(Access::SignedIn, "Change one's password").takes::<ChangePasswordJson>();
    let enrol_op = Op::does(Access::SignedIn, "Begin two-step sign-in").gives::<EnrolmentJson>(201);
    let confirm_op = Op::does(Access::SignedIn, "Switch two-step sign-in on with a first code").takes::<CodeJson>();
    let confirm_op = confirm_op.gives::<RecoveryJson>(200);
    let disable_op = Op::does(Access::SignedIn, "Switch two-step sign-in off").takes::<PasswordJson>();
    Routes::of(accounts.clone())
        .get("/api/v1/me", show, Op::does(Access::SignedIn, "See who one is").gives::<MeJson>(200))
        .patch("/api/v1/me", edit, edit_op)
        .post("/api/v1/me/password", change_password, password_op)
        .post("/api/v1/me/totp", enrol, enrol_op)
        .post("/api/v1/me/totp/confirm", confirm, confirm_op)
        .post("/api/v1/me/totp/disable", disable, disable_op)
        .done()
}
