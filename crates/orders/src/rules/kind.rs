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
    }
}

impl Content {
    pub fn kind(&self) -> OrderKind {
        match self.converts {
            Some(_) => OrderKind::Conversion,
            None if self.is_trial => OrderKind::Trial,
            None => OrderKind::New,
        }
    }
}

impl OrderKind {
    /// Whether it counts among what a product has sold and an account has bought.
    pub fn is_sale(self) -> bool {
        match self {
            Self::New | Self::Conversion => true,
            Self::Trial => false,
        }
    }
}
