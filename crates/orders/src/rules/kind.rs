//! What an order is of.

use kernel::choices;

use super::Content;

choices! {
    pub enum OrderKind {
        /// Something is bought (新购).
        New = "new",
        /// Something is tried for nothing (试用).
        Trial = "trial",
        /// What was tried is bought and goes on (试用转正式).
        Conversion = "conversion",
        /// Another term of something that is owned (续费).
        Renewal = "renewal",
        /// Another specification of something that is owned (变更).
        Change = "change",
        /// Another term of something that is owned, with another specification (续费变更).
        RenewalChange = "renewal_change",
    }
}

impl Content {
    pub fn kind(&self) -> OrderKind {
        match (self.renews, self.converts, &self.changes) {
            (Some(_), _, None) => OrderKind::Renewal,
            (Some(_), _, Some(_)) => OrderKind::RenewalChange,
            (None, Some(_), _) => OrderKind::Conversion,
            (None, None, Some(_)) => OrderKind::Change,
            (None, None, None) if self.is_trial => OrderKind::Trial,
            (None, None, None) => OrderKind::New,
        }
    }
}

impl Content {
    /// Days after which what is bought counts as accepted, where its term begins with its acceptance. What was tried has been
    /// looked at, and what goes on was accepted before.
    pub fn accept_days(&self) -> Option<u32> {
        match self.kind() {
            OrderKind::New => self.terms.accept_days,
            OrderKind::Trial
            | OrderKind::Conversion
            | OrderKind::Renewal
            | OrderKind::Change
            | OrderKind::RenewalChange => None,
        }
    }
}

impl OrderKind {
    /// Whether something is bought that was not owned before: it counts among what a product has sold and an account has bought.
    pub fn is_sale(self) -> bool {
        match self {
            Self::New | Self::Conversion => true,
            Self::Trial | Self::Renewal | Self::Change | Self::RenewalChange => false,
        }
    }
}
