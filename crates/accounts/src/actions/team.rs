//! Sub-users of an account and the operator's staff: made, changed, disabled, enabled.

use kernel::{
    Error, Event, Invalid, Page, Result, Thing, Timestamp,
    id::{AccountId, UserId},
    page::PageOf,
    text::Lang,
};
use platform::{Tx, http::IfMatch, jobs};

use crate::{
    Accounts, Buyer, Member, Operator, Permission, Role, StaffPermission, StaffRole,
    actions::{authenticate::Unauthenticated, passwords::RESET_PAUSE_SECONDS},
    rules::{self, AccountRefused, TeamRole},
    store,
    store::user::User,
};

/// A sub-user that is wanted. Without a password the user is sent a link to choose one.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub role: TeamRole,
    pub email: Option<String>,
    pub mobile: Option<String>,
    pub lang: Lang,
    pub password: Option<String>,
}

/// A member of staff that is wanted, who signs in by mail address and chooses a password by a link.
#[derive(Clone, Debug)]
pub struct NewStaff {
    pub email: String,
    pub role: StaffRole,
    pub lang: Lang,
}

/// A user that has passed its checks and whose password, if any, is hashed.
#[derive(Clone, Debug)]
pub struct CheckedUser {
    name: String,
    role: Role,
    contacts: rules::Contacts,
    lang: Lang,
    password_hash: Option<String>,
}

/// What of a sub-user is changed; what is left out stays, and an empty text takes a contact away.
#[derive(Clone, Debug, Default)]
pub struct UserEdit {
    pub role: Option<TeamRole>,
    pub email: Option<String>,
    pub mobile: Option<String>,
    pub lang: Option<Lang>,
}

impl Accounts {
    /// Checks a sub-user and hashes the password: call it before the transaction of [`Accounts::create_user`].
    pub async fn check_user(&self, buyer: &Buyer, new: &NewUser) -> Result<CheckedUser> {
        let NewUser { name, role, email, mobile, lang, password } = new;
        may_manage(buyer, (*role).into())?;
        let policy = self.policies.current().await?;
        let mut wrong = Invalid::default();
        rules::check_user_name(&mut wrong, name);
        let contacts = rules::contacts(&mut wrong, email.as_deref(), mobile.as_deref());
        if let Some(password) = password {
            let names = [name.as_str(), email.as_deref().unwrap_or_default()];
            rules::check_password(&mut wrong, password, policy.sign_in.password_length_min, &names);
        }
        wrong.done()?;
        let password_hash = match password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None if contacts.email.is_none() => return Err(AccountRefused::NoEmail.into()),
            None => None,
        };
        Ok(CheckedUser { name: name.clone(), role: (*role).into(), contacts, lang: *lang, password_hash })
    }

    pub async fn create_user(&self, tx: &mut Tx, buyer: &Buyer, new: &CheckedUser) -> Result<User> {
        may_manage(buyer, new.role)?;
        self.hold_acting(tx, buyer).await?;
        let now = self.app.clock.now();
        let most = self.policies.current().await?.sellers.sub_users_max;
        store::account::hold(tx, buyer.account()).await?;
        if store::user::sub_users(tx, buyer.account()).await? >= i64::from(most) {
            return Err(AccountRefused::TooManyUsers(most).into());
        }
        let user = User {
            name: new.name.clone(),
            email: new.contacts.email.as_ref().map(ToString::to_string),
            by_email: false,
            mobile: new.contacts.mobile.clone(),
            lang: new.lang,
            password_hash: new.password_hash.clone(),
            ..User::by_email(buyer.account(), UserId::new(now), new.role.as_str(), "", now)
        };
        store::user::insert(tx, &user, || AccountRefused::UserTaken(user.name.clone()).into()).await?;
        if user.password_hash.is_none() {
            jobs::publish(tx, now, &Event::UserInvited { user: user.id }).await?;
        }
        let detail = serde_json::json!({ "name": user.name, "role": user.role });
        self.audit(tx, buyer, "user.created", &user.id.to_string(), &detail).await?;
        Ok(user)
    }

    pub async fn users(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<User>> {
        buyer.may(Permission::View)?;
        store::user::list(tx, buyer.account(), page).await
    }

    pub async fn user(&self, tx: &mut Tx, buyer: &Buyer, id: UserId) -> Result<User> {
        buyer.may(Permission::View)?;
        store::user::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::User))
    }

    pub async fn edit_user(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, version): (UserId, IfMatch),
        edit: &UserEdit,
    ) -> Result<User> {
        let mut user = self.someone_else(tx, buyer, id).await?;
        version.check(user.version)?;
        let UserEdit { role, email, mobile, lang } = edit;
        let mut wrong = Invalid::default();
        let written = |contact: &Option<String>| contact.clone().filter(|text| !text.is_empty());
        let contacts = rules::contacts(&mut wrong, written(email).as_deref(), written(mobile).as_deref());
        wrong.done()?;
        if let Some(role) = role {
            may_manage(buyer, (*role).into())?;
            user.role = Role::from(*role).to_string();
        }
        let old = user.email.clone();
        if email.is_some() {
            user.email = contacts.email.map(|email| email.to_string());
        }
        if user.email.is_none() && user.password_hash.is_none() {
            return Err(AccountRefused::NoEmail.into());
        }
        let mut detail = serde_json::json!({ "role": user.role });
        if user.email != old {
            // Whoever reads the old mailbox is not to choose the password.
            store::session::forget_links(tx, user.account_id, user.id).await?;
            detail["email"] = serde_json::json!({ "old": old, "new": user.email });
        }
        if mobile.is_some() {
            user.mobile = contacts.mobile;
        }
        user.lang = lang.unwrap_or(user.lang);
        let user = self.save_user(tx, user).await?;
        self.audit(tx, buyer, "user.changed", &id.to_string(), &detail).await?;
        Ok(user)
    }

    /// Ends everything by which a sub-user can act: signing in, sessions, tokens, keys and links.
    pub async fn disable_user(&self, tx: &mut Tx, buyer: &Buyer, id: UserId) -> Result<User> {
        let user = self.someone_else(tx, buyer, id).await?;
        self.disable(tx, buyer, user, "user.disabled").await
    }

    pub async fn enable_user(&self, tx: &mut Tx, buyer: &Buyer, id: UserId) -> Result<User> {
        let user = self.someone_else(tx, buyer, id).await?;
        self.enable(tx, buyer, user, "user.enabled").await
    }

    /// Sends a sub-user a link to choose a new password.
    pub async fn send_link(&self, tx: &mut Tx, buyer: &Buyer, id: UserId) -> Result<()> {
        let user = self.someone_else(tx, buyer, id).await?;
        if user.disabled_at.is_some() {
            return Err(AccountRefused::UserDisabled.into());
        }
        if user.email.is_none() {
            return Err(AccountRefused::NoEmail.into());
        }
        // Nobody's mailbox is filled from here.
        let now = self.app.clock.now();
        let pause_ended = now.plus_seconds(-RESET_PAUSE_SECONDS);
        if !store::session::note_told(tx, ("link", &id.to_string()), now, pause_ended).await? {
            return Ok(());
        }
        jobs::publish(tx, now, &Event::UserInvited { user: id }).await?;
        self.audit(tx, buyer, "user.link_sent", &id.to_string(), &serde_json::json!({})).await
    }

    /// A sub-user of the account that the member may manage: not the owner, not oneself, nobody who may do more.
    pub(super) async fn someone_else(&self, tx: &mut Tx, buyer: &Buyer, id: UserId) -> Result<User> {
        buyer.may(Permission::ManageTeam)?;
        self.hold_acting(tx, buyer).await?;
        let user = store::user::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::User))?;
        if user.id == buyer.user() {
            return Err(AccountRefused::Oneself.into());
        }
        if user.is_owner() {
            return Err(AccountRefused::OwnerIsFixed.into());
        }
        may_manage(buyer, user.role.parse().map_err(Error::fault)?)?;
        Ok(user)
    }

    /// Refuses who was disabled or given another role after the request was authenticated.
    pub(super) async fn hold_acting(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        let of = (member.account(), member.user());
        store::user::hold(tx, of, member.role(), || Unauthenticated::Token.into()).await
    }

    pub(crate) async fn save_user(&self, tx: &mut Tx, user: User) -> Result<User> {
        store::user::update(tx, &user, || Error::Busy).await?;
        self.known.forget(tx);
        Ok(User { version: user.version + 1, ..user })
    }

    async fn disable(&self, tx: &mut Tx, by: &Member, user: User, action: &str) -> Result<User> {
        let now = self.app.clock.now();
        let of = (user.account_id, user.id);
        if !store::user::disable(tx, of.0, of.1, now).await? {
            return Err(AccountRefused::UserDisabled.into());
        }
        store::session::end_all(tx, of.0, of.1, None).await?;
        store::session::forget_links(tx, of.0, of.1).await?;
        store::credential::revoke_tokens_of(tx, of.0, of.1, now).await?;
        store::credential::disable_keys_of(tx, of.0, of.1).await?;
        self.known.forget(tx);
        self.audit(tx, by, action, &user.id.to_string(), &serde_json::json!({})).await?;
        Ok(User { disabled_at: Some(now), version: user.version + 1, ..user })
    }

    async fn enable(&self, tx: &mut Tx, by: &Member, user: User, action: &str) -> Result<User> {
        if !store::user::enable(tx, user.account_id, user.id).await? {
            return Err(AccountRefused::UserEnabled.into());
        }
        store::session::forget_tries(tx, &user.id.to_string()).await?;
        self.known.forget(tx);
        self.audit(tx, by, action, &user.id.to_string(), &serde_json::json!({})).await?;
        Ok(User { disabled_at: None, version: user.version + 1, ..user })
    }

    /// How somebody of the staff is called, also after they have left.
    pub async fn colleague(&self, tx: &mut Tx, operator: &Operator, id: UserId) -> Result<String> {
        operator.may_staff(StaffPermission::View)?;
        let user = store::user::find_for(tx, operator.account(), id).await?.ok_or(Error::NotFound(Thing::User))?;
        Ok(user.name)
    }

    pub async fn staff_list(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<User>> {
        operator.may_staff(StaffPermission::RunSite)?;
        store::user::list(tx, operator.account(), page).await
    }

    pub(crate) async fn staff_member(&self, tx: &mut Tx, operator: &Operator, id: UserId) -> Result<User> {
        operator.may_staff(StaffPermission::RunSite)?;
        store::user::find_for(tx, operator.account(), id).await?.ok_or(Error::NotFound(Thing::User))
    }

    pub async fn create_staff(&self, tx: &mut Tx, operator: &Operator, new: &NewStaff) -> Result<User> {
        operator.may_staff(StaffPermission::RunSite)?;
        let NewStaff { email, role, lang } = new;
        let now = self.app.clock.now();
        let mut wrong = Invalid::default();
        let email = rules::contacts(&mut wrong, Some(email), None).email;
        wrong.done()?;
        let email = email.ok_or_else(|| Invalid::one("email", ("must be a mail address", "须为邮箱地址")))?;
        let id = UserId::new(now);
        let user = User { lang: *lang, ..User::by_email(operator.account(), id, role.as_str(), email.as_str(), now) };
        store::user::insert(tx, &user, || AccountRefused::EmailTaken.into()).await?;
        jobs::publish(tx, now, &Event::UserInvited { user: id }).await?;
        self.audit(tx, operator, "staff.created", &id.to_string(), &serde_json::json!({ "role": role })).await?;
        Ok(user)
    }

    pub async fn edit_staff(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (id, version): (UserId, IfMatch),
        role: StaffRole,
    ) -> Result<User> {
        let mut user = self.other_staff(tx, operator, id).await?;
        version.check(user.version)?;
        user.role = role.to_string();
        let user = self.save_user(tx, user).await?;
        self.audit(tx, operator, "staff.changed", &id.to_string(), &serde_json::json!({ "role": role })).await?;
        Ok(user)
    }

    pub async fn disable_staff(&self, tx: &mut Tx, operator: &Operator, id: UserId) -> Result<User> {
        let user = self.other_staff(tx, operator, id).await?;
        self.disable(tx, operator, user, "staff.disabled").await
    }

    pub async fn enable_staff(&self, tx: &mut Tx, operator: &Operator, id: UserId) -> Result<User> {
        let user = self.other_staff(tx, operator, id).await?;
        self.enable(tx, operator, user, "staff.enabled").await
    }

    /// Nobody locks themselves out, and two who would lock out each other wait for one another; so there is always one
    /// administrator left.
    async fn other_staff(&self, tx: &mut Tx, operator: &Operator, id: UserId) -> Result<User> {
        operator.may_staff(StaffPermission::RunSite)?;
        self.hold_acting(tx, operator).await?;
        let user = store::user::find_for(tx, operator.account(), id).await?.ok_or(Error::NotFound(Thing::User))?;
        if user.id == operator.user() { Err(AccountRefused::Oneself.into()) } else { Ok(user) }
    }
}

/// Nobody makes, changes or takes over a user who may do more than they may with the credential they hold.
fn may_manage(buyer: &Buyer, role: Role) -> Result<()> {
    buyer.may(Permission::ManageTeam)?;
    for permission in Permission::ALL.iter().filter(|permission| role.allows(**permission)) {
        buyer.may(*permission).map_err(|_| AccountRefused::ScopeTooWide(*permission))?;
    }
    Ok(())
}

impl User {
    /// A user who signs in by mail address, and has no password yet.
    pub(crate) fn by_email(account: AccountId, id: UserId, role: &str, email: &str, now: Timestamp) -> Self {
        Self {
            id,
            account_id: account,
            role: role.to_owned(),
            name: email.to_owned(),
            email: Some(email.to_owned()),
            by_email: true,
            mobile: None,
            lang: Lang::En,
            password_hash: None,
            disabled_at: None,
            totp_secret: None,
            totp_confirmed_at: None,
            last_sign_in_at: None,
            version: 1,
            created_at: now,
        }
    }
}
