//! The private catalogue of an organisation (企业采购目录): what its members may buy of all that is sold to them.

use accounts::AccountKind;
use kernel::{Localized, Refusal, choices};

choices! {
    /// From what the members of an account buy.
    pub(crate) enum BuysFrom {
        /// All that is sold to them.
        Everything = "everything",
        /// Only what their organisation has approved.
        Approved = "approved",
    }
}

/// How a product stands in the catalogue of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// The organisation buys everything.
    NotNeeded,
    Approved,
    Missing,
}

impl Approval {
    pub(crate) fn of(buys_from: Option<BuysFrom>, approved: Option<impl Sized>) -> Self {
        match (buys_from, approved) {
            (None | Some(BuysFrom::Everything), _) => Self::NotNeeded,
            (Some(BuysFrom::Approved), Some(_)) => Self::Approved,
            (Some(BuysFrom::Approved), None) => Self::Missing,
        }
    }
}

/// As many products as one organisation approves.
pub(crate) const APPROVED_MAX: i64 = 500;

/// Only an enterprise has people for whom it decides.
pub(crate) fn keeps_catalogue(kind: AccountKind) -> Result<(), CatalogueNotKept> {
    match kind {
        AccountKind::Enterprise => Ok(()),
        AccountKind::Personal | AccountKind::Operator => Err(CatalogueNotKept::NotEnterprise),
    }
}

/// Why an organisation's catalogue is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CatalogueNotKept {
    #[error("only an enterprise keeps a catalogue for its members; verify your account as one first")]
    NotEnterprise,
    #[error("a private catalogue holds at most {APPROVED_MAX} products; remove one that nobody needs any more")]
    Full,
}

impl Refusal for CatalogueNotKept {
    fn code(&self) -> &'static str {
        match self {
            Self::NotEnterprise => "private_catalogue.not_enterprise",
            Self::Full => "private_catalogue.full",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotEnterprise => "仅企业账号可以设置采购目录，请先完成企业认证".to_owned(),
            Self::Full => format!("采购目录最多 {APPROVED_MAX} 个商品，可先移除不再需要的商品"),
        };
        Localized::new(self.to_string(), zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approval_is_asked_for_only_where_the_organisation_says_so() {
        for (buys_from, approved, expected) in [
            (None, None, Approval::NotNeeded),
            (Some(BuysFrom::Everything), None, Approval::NotNeeded),
            (Some(BuysFrom::Approved), None, Approval::Missing),
            (Some(BuysFrom::Approved), Some(()), Approval::Approved),
        ] {
            assert_eq!(Approval::of(buys_from, approved), expected);
        }
    }
}
