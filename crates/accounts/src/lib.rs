//! Accounts: who buys, sells and operates, and how they prove it.
//!
//! Owns: accounts, users, roles, verification, sessions, keys, the audit log. Tables: `account`, `account_user`,
//! `verification`, `user_session`, `sign_in_link`, `sign_in_try`, `recovery_code`, `api_token`, `access_key`, `used_signature`, `audit_entry`.
//! Does not own: what a seller has to show to be admitted (`sellers`), messages to people (`messages`).
//!
//! Invariants
//! - `Buyer`, `Seller` and `Operator` values are made by authentication alone.
//! - Passwords, tokens and links are kept as hashes, secrets of keys and second factors sealed; none is logged, or shown again
//!   but to a repeat of the request that made it.
//! - A try to sign in is counted before its password is looked at, and names that do not exist cost the same work.
//! - A signed change is accepted once, unless repeating it changes nothing more.
//! - The audit log is only ever added to.

mod access;
mod actions;
mod api;
mod pages;
mod passwords;
mod replay;
mod rules;
mod signature;
mod signing;
mod store;
mod totp;
mod visit;

use std::{pin::Pin, sync::Arc};

use kernel::{
    Result, Timestamp, choices,
    id::{AccountId, DocumentId, UserId},
    text::Lang,
};
use platform::{App, http::Routes};
use policy::Policies;

pub use access::{Buyer, Forbidden, Member, Operator, Permission, Role, Seller, StaffPermission, StaffRole};
pub use actions::{
    account::{NewAccount, Search},
    audit::AuditSearch,
    authenticate::Unauthenticated,
    credentials::{NewAccessKey, NewToken},
    passwords::{Link, LinkPurpose, Login, NewPassword},
    sign_in::{SignIn, SignedIn, Tried},
    team::{CheckedUser, NewStaff, NewUser, UserEdit},
    totp::Enrolment,
    verification::Verdict,
};
pub use rules::{AccountRefused, CustomerKind, Identity, Registration, SignInRefused, TeamRole, VerificationState};
pub use signature::SignatureMade;
pub use signing::Unsigned;
pub use store::{
    audit::AuditEntry,
    credential::{AccessKey, Token},
    session::Session,
    user::User,
    verification::Verification,
};
pub use visit::{Visit, has_session, make_room, onward, receive};

choices! {
    /// What an account is.
    pub enum AccountKind { Personal = "personal", Enterprise = "enterprise", Operator = "operator" }
}

/// A legal person or individual that buys, sells or both, or the operator of the site.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Account {
    pub id: AccountId,
    pub kind: AccountKind,
    pub name: String,
    /// The short name that sub-users sign in with.
    pub slug: String,
    /// Whether it has passed real-name verification.
    pub verified: bool,
    /// The name that was verified.
    pub verified_name: Option<String>,
    pub seller: bool,
    pub version: i64,
    pub created_at: Timestamp,
}

impl Account {
    /// Where its sub-users sign in.
    pub fn sign_in_path(&self) -> String {
        format!("/login/{}", self.slug)
    }
}

/// Somebody who is told what concerns an account.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub account: AccountId,
    pub user: UserId,
    /// What the user is called.
    pub name: String,
    pub email: Option<String>,
    pub mobile: Option<String>,
    pub lang: Lang,
}

/// Whether an account has uploaded a document. Documents stand above accounts, so whoever puts both together says how.
pub type OwnsDocument =
    Arc<dyn Fn(AccountId, DocumentId) -> Pin<Box<dyn Future<Output = Result<bool>> + Send>> + Send + Sync>;

platform::shared! {
    pub struct Accounts(Parts);
}

/// What all copies of [`Accounts`] share.
#[derive(Clone)]
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    owns_document: Option<OwnsDocument>,
    passwords: passwords::Passwords,
    known: actions::authenticate::Known,
}

impl Accounts {
    pub fn new(app: App, policies: Policies) -> Self {
        let passwords = passwords::Passwords::new(app.config.passwords);
        let known = actions::authenticate::Known::new();
        Self::of(Parts { app, policies, owns_document: None, passwords, known })
    }

    /// The same, for a site with documents: what is shown for a verification has to be the account's own.
    #[must_use]
    pub fn with_documents(self, owns_document: OwnsDocument) -> Self {
        Self::of(Parts { owns_document: Some(owns_document), ..Parts::clone(&self) })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
