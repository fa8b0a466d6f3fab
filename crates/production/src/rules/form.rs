//! The form of a call: how a request is written and signed, and how its answer is read. What is told when, and what follows,
//! is the same in all of them.

use std::collections::BTreeSet;

use kernel::{Timestamp, choices};
use platform::outgoing::{Fetched, NoAnswer};
use policy::{BillingMode, Scenario};

use super::{
    answer::{self, Read},
    request::{Activity, Request, Signed},
    v1::{self, FieldCipher, SignedQuery},
    webhook::{self, EventType, Message},
};

choices! {
    /// How a seller's system is spoken to.
    pub enum CallForm {
        /// KooGallery's production interface V2.0, which existing programs speak.
        KooGalleryV2 = "koogallery_v2",
        /// The same in V1.0, for older programs.
        KooGalleryV1 = "koogallery_v1",
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
    V1(SignedQuery),
    Webhook(Message),
}

impl CallForm {
    /// Signs a request. `to`: where it goes, and how fields are hidden there. `nonce`: what nobody can guess, for the forms that
    /// want it.
    pub(crate) fn sign(
        self,
        request: &Request,
        (to, encryption): (&str, FieldCipher),
        (keys, nonce): (&Keys, String),
        now: Timestamp,
    ) -> Outbound {
        match self {
            Self::KooGalleryV1 => Outbound::V1(v1::sign(request, (to, &keys.key, encryption), &nonce, now)),
            Self::KooGalleryV2 => Outbound::V2(request.sign(&keys.key, nonce, now.as_millis())),
            Self::StandardWebhooks => {
                let secrets: Vec<&str> =
                    [Some(&keys.key), keys.next.as_ref()].into_iter().flatten().map(String::as_str).collect();
                Outbound::Webhook(webhook::sign(request, &secrets, nonce, now))
            }
        }
    }

    /// What a seller's system is asked to prove that it knows its key: something that changes nothing, of an instance that nobody
    /// has, and that every program of the form knows.
    pub(crate) fn probe(self, nobodys: &str) -> Request {
        let request = match self {
            // A question is not asked of everybody there.
            Self::KooGalleryV1 => Request::new(Activity::ReleaseInstance).with("orderId", nobodys),
            Self::KooGalleryV2 | Self::StandardWebhooks => Request::new(Activity::QueryInstance),
        };
        request.with("instanceId", nobodys).test()
    }

    /// Whether a request that lets buyers in again is said by a word of its own.
    pub(crate) fn unfreezes(self, mode: BillingMode) -> bool {
        match self {
            Self::KooGalleryV1 => v1::unfreezes(mode),
            Self::KooGalleryV2 | Self::StandardWebhooks => true,
        }
    }

    /// Whether a system of this form can be asked what it knows of something that is paid so. In V1.0 only what is paid by use has to
    /// know the question, and a creation that is sent again makes what is not there.
    pub fn asks(self, mode: BillingMode) -> bool {
        match self {
            Self::KooGalleryV1 => v1::unfreezes(mode),
            Self::KooGalleryV2 | Self::StandardWebhooks => true,
        }
    }

    /// What has to pass at a system of this form, of what the rules of the site ask for.
    pub fn asked(self, cases: BTreeSet<Scenario>, mode: BillingMode) -> BTreeSet<Scenario> {
        let asked = |scenario: Scenario| match (self, scenario) {
            (Self::KooGalleryV1, scenario) => v1::asked(scenario, mode),
            // The end of a term has no word of its own here.
            (Self::KooGalleryV2 | Self::StandardWebhooks, Scenario::Expire) => Some(Scenario::Freeze),
            (Self::KooGalleryV2 | Self::StandardWebhooks, other) => Some(other),
        };
        cases.into_iter().filter_map(asked).collect()
    }

    /// What can be tried out in this form.
    pub(crate) fn scenarios(self) -> impl Iterator<Item = Scenario> {
        let known = move |scenario: &Scenario| match self {
            Self::KooGalleryV1 => v1::says(*scenario).is_some(),
            Self::KooGalleryV2 | Self::StandardWebhooks => *scenario != Scenario::Expire,
        };
        Scenario::ALL.iter().copied().filter(known)
    }
}

/// Reads again an answer without a secret in it, which came to a request that is known by its activity and what was sent.
pub(crate) fn read_again(
    form: CallForm,
    (activity, sent): (Activity, &str),
    came: Result<&Fetched, NoAnswer>,
) -> Option<Read> {
    match form {
        CallForm::KooGalleryV2 => Some(answer::read(activity, came)),
        CallForm::StandardWebhooks => Some(webhook::read(EventType::sent(activity, sent), came)),
        // Its signature was over what is not kept.
        CallForm::KooGalleryV1 => None,
    }
}

impl Outbound {
    /// Reads what came back.
    pub(crate) fn read(
        &self,
        activity: Activity,
        (keys, encryption): (&Keys, FieldCipher),
        came: Result<&Fetched, NoAnswer>,
    ) -> Read {
        match self {
            Self::V2(_) => answer::read(activity, came),
            Self::Webhook(message) => webhook::read(EventType::sent(activity, &message.body), came),
            Self::V1(query) => {
                let keys: Vec<&str> =
                    [Some(&keys.key), keys.next.as_ref()].into_iter().flatten().map(String::as_str).collect();
                v1::read(query.ask, (&keys, encryption), came)
            }
        }
    }

    /// Where it is sent to.
    pub(crate) fn url(&self, address: &str) -> String {
        match self {
            Self::V2(signed) => signed.url(address),
            Self::V1(query) => query.url(address),
            Self::Webhook(_) => address.to_owned(),
        }
    }

    /// The same as it is written down: what proves who asked is not for who reads it.
    pub(crate) fn url_to_keep(&self, address: &str) -> String {
        match self {
            Self::V1(query) => query.url_to_keep(address),
            Self::V2(_) | Self::Webhook(_) => self.url(address),
        }
    }

    /// What stands in its head beside the usual.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::V2(_) | Self::V1(_) => Vec::new(),
            Self::Webhook(message) => message.headers().to_vec(),
        }
    }

    /// The text that was signed: the body, where there is one.
    pub(crate) fn body(&self) -> &str {
        match self {
            Self::V2(signed) => &signed.body,
            Self::V1(query) => &query.content,
            Self::Webhook(message) => &message.body,
        }
    }

    /// The same as text, a line each.
    pub(crate) fn head(&self) -> String {
        match self {
            Self::V2(_) | Self::V1(_) => String::new(),
            Self::Webhook(message) => message.head(),
        }
    }
}
