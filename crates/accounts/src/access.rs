//! Who is asking and what they may do: values that only authentication can make.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    http::{header, request::Parts},
};
use kernel::{
    Localized, Refusal, choices,
    id::{AccountId, SessionId, UserId},
    text::Lang,
};
use platform::http::{CallerName, Problem};

use crate::Accounts;

choices! {
    /// What a user may do within a customer's account.
    pub enum Role { Owner = "owner", Admin = "admin", Developer = "developer", Finance = "finance", ReadOnly = "read_only" }
}

choices! {
    /// What a user of the operator may do.
    pub enum StaffRole { Admin = "admin", Reviewer = "reviewer", Finance = "finance", Support = "support" }
}

choices! {
    /// One thing that a member of a customer's account may be allowed to do; also the scopes of a token or key.
    pub enum Permission {
        /// See everything of the account but secrets.
        View = "view",
        /// Ask for quotes, order, cancel and return.
        Buy = "buy",
        /// Pay orders and top up the wallet.
        Pay = "pay",
        /// See codes and licence files of what the account owns.
        Use = "use",
        /// Edit and submit listings.
        List = "list",
        /// Apply as a seller, change its information and business information.
        RunShop = "run_shop",
        /// Use the open API and test codes.
        Integrate = "integrate",
        /// Make and end users, tokens and keys of the account.
        ManageTeam = "manage_team",
        /// Verification and everything that only the owner decides.
        Own = "own",
    }
}

choices! {
    /// One thing that a member of the operator's staff may be allowed to do.
    pub enum StaffPermission {
        View = "view",
        /// Decide on verifications, sellers, business information and listings.
        Review = "review",
        /// Confirm transfers and see the books.
        HandleMoney = "handle_money",
        /// Restart dead letters, read the audit log.
        Support = "support",
        /// Publish rules, make and end staff.
        RunSite = "run_site",
    }
}

impl Role {
    pub fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner => true,
            Self::Admin => permission != P::Own,
            Self::Developer => matches!(permission, P::View | P::Use | P::List | P::Integrate),
            Self::Finance => matches!(permission, P::View | P::Buy | P::Pay),
            Self::ReadOnly => permission == P::View,
        }
    }
}

impl StaffRole {
    pub fn allows(self, permission: StaffPermission) -> bool {
        use StaffPermission as P;
        match self {
            Self::Admin => true,
            Self::Reviewer => matches!(permission, P::View | P::Review),
            Self::Finance => matches!(permission, P::View | P::HandleMoney),
            Self::Support => matches!(permission, P::View | P::Support),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Forbidden {
    #[error("the role {role} does not allow to {wanted}; ask an owner or admin of the account")]
    Role { role: Role, wanted: Permission },
    #[error("the role {role} does not allow to {wanted}; ask an admin of the site")]
    Staff { role: StaffRole, wanted: StaffPermission },
    #[error("this credential does not carry the scope {0}")]
    Scope(Permission),
    #[error("only a buyer's or seller's account can do this")]
    NotCustomer,
    #[error("only an admitted seller can do this")]
    NotSeller,
    #[error("only the operator can do this")]
    NotOperator,
    #[error("this needs a signed-in session, not a token or key")]
    InPerson,
}

impl Role {
    const fn zh(self) -> &'static str {
        match self {
            Self::Owner => "所有者",
            Self::Admin => "管理员",
            Self::Developer => "开发者",
            Self::Finance => "财务",
            Self::ReadOnly => "只读",
        }
    }
}

impl StaffRole {
    const fn zh(self) -> &'static str {
        match self {
            Self::Admin => "管理员",
            Self::Reviewer => "审核员",
            Self::Finance => "财务",
            Self::Support => "客服",
        }
    }
}

impl Permission {
    pub(crate) const fn zh(self) -> &'static str {
        match self {
            Self::View => "查看账号内容",
            Self::Buy => "询价和下单",
            Self::Pay => "付款和充值",
            Self::Use => "使用已购资源",
            Self::List => "编辑和提交商品",
            Self::RunShop => "管理商家信息",
            Self::Integrate => "对接开放接口",
            Self::ManageTeam => "管理用户和密钥",
            Self::Own => "执行所有者的操作",
        }
    }
}

impl StaffPermission {
    const fn zh(self) -> &'static str {
        match self {
            Self::View => "查看后台",
            Self::Review => "审核",
            Self::HandleMoney => "处理资金",
            Self::Support => "处理失败任务和查看审计日志",
            Self::RunSite => "管理站点",
        }
    }
}

impl Refusal for Forbidden {
    fn code(&self) -> &'static str {
        match self {
            Self::Role { .. } | Self::Staff { .. } => "forbidden.role",
            Self::Scope(_) => "forbidden.scope",
            Self::NotSeller => "forbidden.seller",
            Self::NotCustomer | Self::NotOperator => "forbidden.kind",
            Self::InPerson => "forbidden.in_person",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Role { role, wanted } => {
                format!("“{}”角色无权{}，可联系账号的所有者或管理员", role.zh(), wanted.zh())
            }
            Self::Staff { role, wanted } => format!("“{}”角色无权{}，可联系站点管理员", role.zh(), wanted.zh()),
            Self::Scope(wanted) => format!("所用的凭证没有 {wanted} 权限（{}）", wanted.zh()),
            Self::NotCustomer => "只有买家或商家账号可以执行此操作".to_owned(),
            Self::NotSeller => "只有已入驻的商家可以执行此操作".to_owned(),
            Self::NotOperator => "只有运营方可以执行此操作".to_owned(),
            Self::InPerson => "此操作须登录后进行，不能使用令牌或密钥".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        403
    }
}

/// A signed-in user: who, of which account, and through what. Made by authentication only.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
    pub(crate) standing: Standing,
    /// The scopes of a token or key; `None` for a session, which carries all that the role allows.
    pub(crate) scopes: Option<Arc<[Permission]>>,
    pub(crate) lang: Lang,
    /// The address that the request came from, for evidence and the audit log.
    pub(crate) from: String,
    /// The name of the credential, for rate limits: a session's, token's or key's id.
    pub(crate) credential: Arc<str>,
}

/// What kind of user it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Customer { role: Role, verified: bool, seller: bool },
    Staff { role: StaffRole },
}

impl Member {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn lang(&self) -> Lang {
        self.lang
    }

    pub fn from(&self) -> &str {
        &self.from
    }

    pub fn credential(&self) -> &str {
        &self.credential
    }

    pub fn role(&self) -> &'static str {
        match self.standing {
            Standing::Customer { role, .. } => role.as_str(),
            Standing::Staff { role } => role.as_str(),
        }
    }

    /// Refuses tokens and keys: passwords, sessions and second factors are a person's own business.
    pub fn in_person(&self) -> Result<(), Forbidden> {
        if self.scopes.is_none() { Ok(()) } else { Err(Forbidden::InPerson) }
    }

    /// Refuses tokens and keys that were not given the right to see things; people may always see what is theirs.
    pub fn may_view(&self) -> Result<(), Forbidden> {
        match self.standing {
            Standing::Customer { .. } => self.may(Permission::View),
            Standing::Staff { .. } => Ok(()),
        }
    }

    /// The session that the request came with.
    pub(crate) fn session(&self) -> Result<SessionId, Forbidden> {
        self.credential.parse().map_err(|_| Forbidden::InPerson)
    }

    /// Whether it is the owner of a customer's account.
    pub fn is_owner(&self) -> bool {
        matches!(self.standing, Standing::Customer { role: Role::Owner, .. })
    }

    /// Whether it is one of the operator's staff.
    pub fn is_staff(&self) -> bool {
        matches!(self.standing, Standing::Staff { .. })
    }

    /// What the role and the credential's scopes allow, as words.
    pub fn allowed(&self) -> Vec<&'static str> {
        match self.standing {
            Standing::Customer { .. } => Permission::ALL
                .iter()
                .filter(|wanted| self.may(**wanted).is_ok())
                .map(|wanted| wanted.as_str())
                .collect(),
            Standing::Staff { role } => StaffPermission::ALL
                .iter()
                .filter(|wanted| role.allows(**wanted))
                .map(|wanted| wanted.as_str())
                .collect(),
        }
    }

    /// Refuses what the role or the credential's scopes do not allow.
    pub fn may(&self, wanted: Permission) -> Result<(), Forbidden> {
        let Standing::Customer { role, .. } = self.standing else {
            return Err(Forbidden::NotCustomer);
        };
        if !role.allows(wanted) {
            return Err(Forbidden::Role { role, wanted });
        }
        match &self.scopes {
            Some(scopes) if !scopes.contains(&wanted) => Err(Forbidden::Scope(wanted)),
            Some(_) | None => Ok(()),
        }
    }
}

macro_rules! capability {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name(Member);

        impl std::ops::Deref for $name {
            type Target = Member;
            fn deref(&self) -> &Member {
                &self.0
            }
        }

        impl<S> FromRequestParts<S> for $name
        where
            Accounts: FromRef<S>,
            S: Send + Sync,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let member = <Member as FromRequestParts<S>>::from_request_parts(parts, state).await?;
                Ok(Self::try_from(member).map_err(kernel::Error::from)?)
            }
        }
    };
}

capability! {
    /// The right to act as a buying account. Its id scopes every query.
    Buyer
}
capability! {
    /// The right to act as an admitted seller.
    Seller
}
capability! {
    /// The right to act for the operator of the site.
    Operator
}

impl TryFrom<Member> for Buyer {
    type Error = Forbidden;
    fn try_from(member: Member) -> Result<Self, Forbidden> {
        match member.standing {
            Standing::Customer { .. } => Ok(Self(member)),
            Standing::Staff { .. } => Err(Forbidden::NotCustomer),
        }
    }
}

impl TryFrom<Member> for Seller {
    type Error = Forbidden;
    fn try_from(member: Member) -> Result<Self, Forbidden> {
        match member.standing {
            Standing::Customer { seller: true, .. } => Ok(Self(member)),
            Standing::Customer { .. } | Standing::Staff { .. } => Err(Forbidden::NotSeller),
        }
    }
}

impl TryFrom<Member> for Operator {
    type Error = Forbidden;
    fn try_from(member: Member) -> Result<Self, Forbidden> {
        match member.standing {
            Standing::Staff { .. } => Ok(Self(member)),
            Standing::Customer { .. } => Err(Forbidden::NotOperator),
        }
    }
}

impl Buyer {
    /// Whether the account has passed real-name verification, which buying needs.
    pub fn is_verified(&self) -> bool {
        matches!(self.standing, Standing::Customer { verified: true, .. })
    }
}

impl Operator {
    /// Refuses what the staff role does not allow.
    pub fn may_staff(&self, wanted: StaffPermission) -> Result<(), Forbidden> {
        let Standing::Staff { role } = self.standing else {
            return Err(Forbidden::NotOperator);
        };
        if role.allows(wanted) { Ok(()) } else { Err(Forbidden::Staff { role, wanted }) }
    }
}

impl<S> FromRequestParts<S> for Member
where
    Accounts: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let member = Accounts::from_ref(state).authenticate(parts).await?;
        let (user, credential) = (member.user.to_string(), member.credential.to_string());
        parts.extensions.insert(CallerName { user, credential });
        Ok(member)
    }
}

/// Whoever asks without a credential is nobody; one that is not good is still refused.
impl<S> OptionalFromRequestParts<S> for Member
where
    Accounts: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}
