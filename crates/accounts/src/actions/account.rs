//! Opening accounts, looking at them, and telling others who is behind them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Error, Event, Invalid, Page, Result, Thing,
    id::{AccountId, UserId},
    page::PageOf,
    text::{Email, Lang},
};
use platform::{Tx, config::Environment, http::IfMatch, jobs};

use crate::{
    Account, AccountKind, Accounts, Buyer, Member, Operator, Permission, Recipient, Role, StaffPermission, StaffRole,
    access::Standing,
    actions::{passwords::RESET_PAUSE_SECONDS, sign_in::nobody},
    rules::{self, AccountRefused, NAME_MAX, Registration},
    store,
    store::user::User,
};

/// A registration that has passed its checks and whose password is hashed.
#[derive(Clone, Debug)]
pub struct NewAccount {
    kind: AccountKind,
    name: String,
    slug: Option<String>,
    email: Email,
    mobile: Option<String>,
    lang: Lang,
    /// None where the password is chosen by a letter.
    password_hash: Option<String>,
}

/// Whether the mail address of a new account is its owner's from the beginning, or only when a letter to it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    Taken,
    Unconfirmed,
}

/// Which accounts an operator looks for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub text: Option<String>,
    pub kind: Option<AccountKind>,
}

impl Accounts {
    /// Checks a registration and hashes its password: call it before the transaction of [`Accounts::register`].
    pub async fn check_registration(&self, registration: &Registration) -> Result<NewAccount> {
        let Registration { kind, name, slug, email, password, mobile, lang } = registration;
        let policy = self.policies.current().await?;
        let mut wrong = Invalid::default();
        wrong.line(name, 2, NAME_MAX, "name");
        if let Some(slug) = slug {
            rules::check_slug(&mut wrong, slug);
        }
        let contacts = rules::contacts(&mut wrong, Some(email), mobile.as_deref());
        let by_letter = self.confirms_addresses().await?;
        if !by_letter {
            rules::check_password(&mut wrong, password, policy.sign_in.password_length_min, &[email, name]);
        }
        wrong.done()?;
        let email = contacts.email.ok_or_else(|| Invalid::one("email", ("must be a mail address", "须为邮箱地址")))?;
        Ok(NewAccount {
            kind: (*kind).into(),
            name: name.trim().to_owned(),
            slug: slug.clone(),
            email,
            mobile: contacts.mobile,
            lang: *lang,
            password_hash: if by_letter { None } else { Some(self.passwords.hash(password).await?) },
        })
    }

    /// Whether a new account's mail address is confirmed before anybody can sign in.
    pub(crate) async fn confirms_addresses(&self) -> Result<bool> {
        let chosen = self.policies.current().await?.sign_in.confirm_addresses;
        Ok(chosen.unwrap_or(self.app.config.environment == Environment::Production))
    }

    /// Opens an account whose owner chooses a password by a letter. Whether the address has one already stays unsaid: its user
    /// is told instead. Until the letter was read the address is nobody's: whoever has given it keeps nobody from it, and its
    /// owner keeps the account whose letter they follow.
    pub(crate) async fn ask_to_register(&self, tx: &mut Tx, new: &NewAccount) -> Result<()> {
        if let Some(slug) = &new.slug
            && store::account::slug_is_taken(tx, slug).await?
        {
            return Err(AccountRefused::SlugTaken(slug.clone()).into());
        }
        let now = self.app.clock.now();
        let address = nobody(None, new.email.as_str());
        if !store::session::note_told(tx, ("sign-up", &address), now, now.plus_seconds(-RESET_PAUSE_SECONDS)).await? {
            return Ok(());
        }
        let user = match store::user::by_email(tx, new.email.as_str()).await? {
            Some(user) => user.id,
            None => self.open(tx, new, Address::Unconfirmed).await?.1,
        };
        jobs::publish(tx, now, &Event::SignUpAsked { user }).await
    }

    /// Opens an account with its owner.
    pub async fn register(&self, tx: &mut Tx, new: &NewAccount) -> Result<(Account, UserId)> {
        self.open(tx, new, Address::Taken).await
    }

    async fn open(&self, tx: &mut Tx, new: &NewAccount, address: Address) -> Result<(Account, UserId)> {
        let now = self.app.clock.now();
        let id = AccountId::new(now);
        let slug = new.slug.clone().unwrap_or_else(|| slug_of(id));
        let account = Account::new(id, new.kind, &new.name, slug.clone(), now);
        store::account::insert(tx, &account, || AccountRefused::SlugTaken(slug).into()).await?;
        let owner = User {
            by_email: address == Address::Taken,
            mobile: new.mobile.clone(),
            lang: new.lang,
            password_hash: new.password_hash.clone(),
            ..User::by_email(id, UserId::new(now), Role::Owner.as_str(), new.email.as_str(), now)
        };
        store::user::insert(tx, &owner, || AccountRefused::EmailTaken.into()).await?;
        Ok((account, owner.id))
    }

    /// Makes a member of staff from the command line, and the operator's account with the first one.
    pub async fn create_operator(&self, email: &str, password: &str, role: StaffRole) -> Result<UserId> {
        let policy = self.policies.current().await?;
        let mut wrong = Invalid::default();
        let email = wrong.keep(email.parse::<Email>(), "email");
        let name = email.as_ref().map_or("", Email::as_str);
        rules::check_password(&mut wrong, password, policy.sign_in.password_length_min, &[name]);
        wrong.done()?;
        let hash = self.passwords.hash(password).await?;
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let account = match store::account::operator(&mut tx).await? {
            Some(account) => account,
            None => self.open_operator(&mut tx, &policy.site.name.en).await?,
        };
        let user =
            User { password_hash: Some(hash), ..User::by_email(account, UserId::new(now), role.as_str(), name, now) };
        store::user::insert(&mut tx, &user, || AccountRefused::EmailTaken.into()).await?;
        let detail = serde_json::json!({ "role": role });
        self.audit_system(&mut tx, "staff.created", &user.id.to_string(), &detail).await?;
        tx.commit().await?;
        Ok(user.id)
    }

    async fn open_operator(&self, tx: &mut Tx, name: &str) -> Result<AccountId> {
        let now = self.app.clock.now();
        let id = AccountId::new(now);
        let account = Account { verified: true, ..Account::new(id, AccountKind::Operator, name, slug_of(id), now) };
        // Two first operators at the same moment: the second tries again and finds the account.
        store::account::insert(tx, &account, || Error::Busy).await?;
        Ok(id)
    }

    pub async fn find(&self, tx: &mut Tx, account: AccountId) -> Result<Account> {
        store::account::find(tx, account).await?.ok_or(Error::NotFound(Thing::Account))
    }

    /// What accounts are called, for those who trade with them.
    pub async fn names(&self, tx: &mut Tx, accounts: BTreeSet<AccountId>) -> Result<BTreeMap<AccountId, String>> {
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        let mut names = BTreeMap::new();
        for some in accounts.chunks(store::account::NAMES) {
            names.extend(store::account::names(tx, some).await?);
        }
        Ok(names)
    }

    /// What an account is, and the country where it is registered once that has been verified.
    pub async fn registered(&self, tx: &mut Tx, account: AccountId) -> Result<(AccountKind, Option<String>)> {
        store::account::registered(tx, account).await?.ok_or(Error::NotFound(Thing::Account))
    }

    pub async fn operator_account(&self, tx: &mut Tx) -> Result<Option<AccountId>> {
        store::account::operator(tx).await
    }

    /// Who is told what concerns an account: its owner and its admins.
    pub async fn recipients(&self, tx: &mut Tx, account: AccountId) -> Result<Vec<Recipient>> {
        store::user::recipients(tx, account).await
    }

    /// The staff who may do a thing, to be told of work that waits.
    pub async fn staff(&self, tx: &mut Tx, permission: StaffPermission) -> Result<Vec<Recipient>> {
        store::user::staff(tx, permission).await
    }

    /// One user as somebody to write to; `None`: gone or disabled.
    pub async fn recipient(&self, tx: &mut Tx, user: UserId) -> Result<Option<Recipient>> {
        let user = store::user::find(tx, user).await?.filter(|user| user.disabled_at.is_none());
        Ok(user.map(|user| Recipient {
            account: user.account_id,
            user: user.id,
            name: user.name,
            email: user.email,
            mobile: user.mobile,
            lang: user.lang,
        }))
    }

    /// Whether somebody who agreed to something may still do it now: not disabled, of a verified account, in a role that may.
    pub async fn may_still(&self, tx: &mut Tx, user: UserId, wanted: &[Permission]) -> Result<bool> {
        let Some(user) = store::user::find(tx, user).await?.filter(|user| user.disabled_at.is_none()) else {
            return Ok(false);
        };
        let Ok(role) = user.role.parse::<Role>() else { return Ok(false) };
        let verified = self.find(tx, user.account_id).await?.verified;
        Ok(verified && wanted.iter().all(|one| role.allows(*one)))
    }

    /// The buyer that somebody who agreed to something still is, to do it now; none: it may not be done any more.
    pub async fn acting_again(&self, tx: &mut Tx, user: UserId) -> Result<Option<Buyer>> {
        let wanted = [Permission::View, Permission::Buy, Permission::Pay];
        if !self.may_still(tx, user, &wanted).await? {
            return Ok(None);
        }
        let Some(user) = store::user::find(tx, user).await? else { return Ok(None) };
        let account = self.find(tx, user.account_id).await?;
        let role = user.role.parse().map_err(Error::fault)?;
        let standing = Standing::Customer { role, verified: account.verified, seller: account.seller };
        let member = Member {
            account: account.id,
            user: user.id,
            standing,
            scopes: Some(wanted.into()),
            lang: user.lang,
            from: String::new(),
            credential: user.id.to_string().into(),
        };
        Ok(Buyer::try_from(member).ok())
    }

    /// Sets or takes away what makes `Seller` values.
    pub async fn admit_seller(&self, tx: &mut Tx, account: AccountId, admitted: bool) -> Result<()> {
        store::account::set_seller(tx, account, admitted).await?;
        self.known.forget(tx);
        Ok(())
    }

    /// The account and the user that a member is.
    pub async fn me(&self, tx: &mut Tx, member: &Member) -> Result<(Account, User)> {
        let account = self.find(tx, member.account()).await?;
        let user =
            store::user::find_for(tx, member.account(), member.user()).await?.ok_or(Error::NotFound(Thing::User))?;
        Ok((account, user))
    }

    /// Changes one's own language and telephone number.
    pub async fn edit_me(
        &self,
        tx: &mut Tx,
        member: &Member,
        version: IfMatch,
        (lang, mobile): (Option<Lang>, Option<&str>),
    ) -> Result<User> {
        member.in_person()?;
        let (_, mut user) = self.me(tx, member).await?;
        version.check(user.version)?;
        let mut wrong = Invalid::default();
        if let Some(number) = rules::contacts(&mut wrong, None, mobile).mobile {
            user.mobile = Some(number);
        }
        wrong.done()?;
        user.lang = lang.unwrap_or(user.lang);
        self.save_user(tx, user).await
    }

    pub async fn rename(&self, tx: &mut Tx, buyer: &Buyer, version: IfMatch, name: &str) -> Result<Account> {
        buyer.may(Permission::Own)?;
        let mut wrong = Invalid::default();
        wrong.line(name, 2, NAME_MAX, "name");
        wrong.done()?;
        let account = self.find(tx, buyer.account()).await?;
        version.check(account.version)?;
        let name = name.trim().to_owned();
        store::account::rename(tx, &account, &name, || Error::Busy).await?;
        let detail = serde_json::json!({ "from": account.name, "to": name });
        self.audit(tx, buyer, "account.renamed", &account.id.to_string(), &detail).await?;
        Ok(Account { name, version: account.version + 1, ..account })
    }

    pub async fn search(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        search: &Search,
        page: PageOf,
    ) -> Result<Page<Account>> {
        operator.may_staff(StaffPermission::View)?;
        let mut wrong = Invalid::default();
        if let Some(text) = &search.text {
            wrong.length(text, 1, NAME_MAX, "q");
        }
        wrong.done()?;
        let text = search.text.as_deref().map(str::trim);
        store::account::list(tx, text, search.kind, page).await
    }

    /// A customer's account as the operator sees it, with its users.
    pub async fn look_at(&self, tx: &mut Tx, operator: &Operator, account: AccountId) -> Result<(Account, Vec<User>)> {
        operator.may_staff(StaffPermission::View)?;
        let account = self.find(tx, account).await?;
        let page = PageOf { before: None, limit: kernel::page::LIMIT_MAX };
        let users = store::user::list(tx, account.id, page).await?.items;
        Ok((account, users))
    }
}

/// A short name for an account that chose none: the random end of its id.
fn slug_of(id: AccountId) -> String {
    let text = id.to_string();
    format!("a{}", text.get(text.len().saturating_sub(10)..).unwrap_or_default())
}
