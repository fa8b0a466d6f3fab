//! The form of a call: how a request is written and signed, and how its answer is read. What is told when, and what follows,
//! is the same in all of them.

use kernel::{Timestamp, choices};
use platform::outgoing::{Fetched, NoAnswer};

use super::{
    answer::{self, Read},
    request::{Activity, Request, Signed},
    webhook::{self, EventType, Message},
};

choices! {
    /// How a seller's system is spoken to.
    pub enum CallForm {
        /// KooGallery's production interface V2.0, which existing programs speak.
        KooGalleryV2 = "koogallery_v2",
        /// Standard Webhooks, which libraries of most languages check.
        StandardWebhooks = "standard_webhooks",
    }
}

/// What requests to an address are signed with.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) key: String,
    /// A newer one, which signs too where there is room for two signatures.
    pub(crate) next: Option<String>,
}

/// A request as it goes out, with the steps of its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outbound {
    V2(Signed),
    Webhook(Message),
}

impl CallForm {
    /// Signs a request. `nonce`: what nobody can guess, for the form that wants it.
    pub(crate) fn sign(self, request: &Request, keys: &Keys, nonce: String, now: Timestamp) -> Outbound {
        match self {
            Self::KooGalleryV2 => Outbound::V2(request.sign(&keys.key, nonce, now.as_millis())),
            Self::StandardWebhooks => {
                let secrets: Vec<&str> =
                    [Some(&keys.key), keys.next.as_ref()].into_iter().flatten().map(String::as_str).collect();
                Outbound::Webhook(webhook::sign(request, &secrets, nonce, now))
            }
        }
    }

    /// Reads what came back to a request, which is known by its activity and the body that was sent.
    pub(crate) fn read(self, (activity, sent): (Activity, &str), came: Result<&Fetched, NoAnswer>) -> Read {
        match self {
            Self::KooGalleryV2 => answer::read(activity, came),
            Self::StandardWebhooks => webhook::read(EventType::sent(activity, sent), came),
        }
    }
}

impl Outbound {
    /// Where it is sent to.
    pub(crate) fn url(&self, address: &str) -> String {
        match self {
            Self::V2(signed) => signed.url(address),
            Self::Webhook(_) => address.to_owned(),
        }
    }

    /// What stands in its head beside the usual.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::V2(_) => Vec::new(),
            Self::Webhook(message) => message.headers().to_vec(),
        }
    }

    pub(crate) fn body(&self) -> &str {
        match self {
            Self::V2(signed) => &signed.body,
            Self::Webhook(message) => &message.body,
        }
    }

    /// The same as text, a line each.
    pub(crate) fn head(&self) -> String {
        match self {
            Self::V2(_) => String::new(),
            Self::Webhook(message) => message.head(),
        }
    }
}
