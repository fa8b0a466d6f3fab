//! What waits for whom, by what it is.

use kernel::choices;

choices! {
    /// What waits for the operator.
    pub(crate) enum Queue {
        Verifications = "verifications",
        Applications = "applications",
        Changes = "changes",
        Certifications = "certifications",
        Revisions = "revisions",
        Removals = "removals",
        /// Measures against which their sellers have appealed.
        Appeals = "appeals",
        /// Measures that the site proposes.
        Proposals = "proposals",
        Resale = "resale",
        Reports = "reports",
        Transfers = "transfers",
        /// Given up in the last days; their buyers have their money back.
        Deliveries = "deliveries",
        /// What sellers' systems say otherwise for a second night.
        Differences = "differences",
    }
}

impl Queue {
    /// Whether the rules say by when it has to be done; else it is known since when it waits.
    pub(crate) const fn is_due(self) -> bool {
        match self {
            Self::Verifications
            | Self::Applications
            | Self::Changes
            | Self::Certifications
            | Self::Revisions
            | Self::Removals
            | Self::Appeals
            | Self::Reports => true,
            Self::Proposals | Self::Resale | Self::Transfers | Self::Deliveries | Self::Differences => false,
        }
    }
}

choices! {
    /// What needs a buyer, beside orders to pay and what ends.
    pub(crate) enum Need {
        /// A private offer that can be accepted.
        Offer = "offer",
        /// An amendment of an accepted one.
        Amendment = "amendment",
        /// A correction of use that counts only with the buyer's consent.
        Correction = "correction",
        /// Use that could not be paid from the wallet.
        Unpaid = "unpaid",
        /// The same, and what it is for is frozen.
        Frozen = "frozen",
        /// A package of which nothing is left, beyond which nothing is taken.
        UsedUp = "used_up",
    }
}

choices! {
    /// What a seller has to do, beside its products.
    pub(crate) enum Task {
        /// What the seller's system could not be told.
        Errands = "errands",
        /// What the seller's system says otherwise for a second night.
        Differences = "differences",
        /// Probes that failed since the last one that passed.
        Probes = "probes",
        /// Records of use that were refused.
        Refused = "refused",
        /// Measures that can be appealed.
        Measures = "measures",
        /// Buyers' messages about private offers.
        Questions = "questions",
        /// Instalments of private offers that were not paid in time.
        Missed = "missed",
        Reviews = "reviews",
        /// A change of the seller's own information was rejected.
        Change = "change",
        /// Business information was rejected.
        Business = "business",
    }
}
