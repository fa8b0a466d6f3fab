//! What is told by which way.

use accounts::{Recipient, StaffPermission};
use kernel::choices;

choices! {
    /// What a message is about.
    pub enum Topic {
        Verification = "verification",
        Seller = "seller",
        Product = "product",
        Order = "order",
        Wallet = "wallet",
        Delivery = "delivery",
        Licence = "licence",
        Refund = "refund",
        Security = "security",
        /// The running of the site, for its operator.
        Operations = "operations",
    }
}

choices! {
    /// Where a message stands.
    pub enum MessageState {
        /// It is in the inbox and goes nowhere else.
        Inbox = "inbox",
        /// It is in the inbox and waits to leave by mail or SMS.
        Queued = "queued",
        Sent = "sent",
    }
}

/// By which ways besides the inbox somebody wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) mail: bool,
    pub(crate) sms: bool,
}

impl Topic {
    /// The ways of those who have chosen none: mail always, SMS for what decides about trading and safety.
    pub(crate) fn ways(self) -> Ways {
        let sms = match self {
            Self::Verification | Self::Seller | Self::Security => true,
            Self::Product
            | Self::Order
            | Self::Wallet
            | Self::Delivery
            | Self::Licence
            | Self::Refund
            | Self::Operations => false,
        };
        Ways { mail: true, sms }
    }

    /// Which of the operator's staff deal with it.
    pub(crate) fn staff(self) -> StaffPermission {
        match self {
            Self::Verification | Self::Seller | Self::Product => StaffPermission::Review,
            Self::Order | Self::Wallet | Self::Refund => StaffPermission::HandleMoney,
            Self::Delivery | Self::Licence | Self::Operations => StaffPermission::Support,
            Self::Security => StaffPermission::RunSite,
        }
    }
}

/// The addresses to which a message leaves: those that the person has and wants to be used.
pub(crate) fn addresses(recipient: &Recipient, ways: Ways) -> (Option<String>, Option<String>) {
    let mail = recipient.email.clone().filter(|_| ways.mail);
    let sms = recipient.mobile.clone().filter(|_| ways.sms);
    (mail, sms)
}

/// A subject is one line, whatever names went into it.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use kernel::{
        Timestamp,
        id::{AccountId, UserId},
        text::Lang,
    };

    use super::*;

    #[test]
    fn a_message_leaves_by_the_ways_that_exist_and_are_wanted() {
        let now = Timestamp::from_micros(0);
        let ada = Recipient {
            account: AccountId::new(now),
            user: UserId::new(now),
            name: "ada".to_owned(),
            email: Some("ada@example.com".to_owned()),
            mobile: None,
            lang: Lang::En,
        };
        let check = |mail, sms, wanted: (Option<&str>, Option<&str>)| {
            let (to, number) = addresses(&ada, Ways { mail, sms });
            assert_eq!((to.as_deref(), number.as_deref()), wanted);
        };
        check(true, true, (Some("ada@example.com"), None));
        check(false, true, (None, None));
    }

    #[test]
    fn a_subject_has_no_line_breaks() {
        assert_eq!(one_line(" Order\r\nBcc: x \t paid "), "Order Bcc: x paid");
    }

    #[test]
    fn somebody_of_the_staff_deals_with_each_topic() {
        for topic in Topic::ALL {
            assert!(accounts::StaffRole::Admin.allows(topic.staff()), "{topic}");
        }
    }
}
