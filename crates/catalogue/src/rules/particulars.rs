//! What a listing says beside its names and prices: why to buy it, what proves it, how it is carried out, what its buyers
//! are asked for. Which of it a listing needs depends on its access type.

use kernel::{Localized, choices, id::DocumentId};
use policy::{Policy, Supervision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::Listing;

/// A heading and what it says: a highlight (亮点), a case (案例), a step of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": {"en": "Reads any log", "zh": "兼容各类日志"}, "text": {"en": "Text, JSON and syslog, without an agent.", "zh": "支持文本、JSON 与 syslog，无须安装代理。"}}))]
pub(crate) struct Point {
    #[serde(default)]
    pub(crate) title: Localized,
    #[serde(default)]
    pub(crate) text: Localized,
}

/// A mark of quality or compatibility, and the certificate that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certification {
    /// A code of the site's certifications.
    #[schema(example = "kunpeng")]
    pub(crate) code: String,
    /// An uploaded document with the purpose `certificate`.
    #[serde(default)]
    pub(crate) certificate: Option<DocumentId>,
}

choices! {
    /// Why the holder of the software copyright is not the seller, or why there is no certificate (承诺函).
    pub(crate) enum Declaration {
        /// The holder belongs to the seller's group.
        Affiliate = "affiliate",
        /// The holder allows the seller to sell it.
        Authorised = "authorised",
        /// The seller has written it itself and has no certificate yet.
        Unregistered = "unregistered",
    }
}

/// Who holds the rights in the software (软件著作权).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Copyright {
    /// The name of the software on the certificate; the product is called so.
    #[serde(default)]
    pub(crate) software: String,
    /// The holder on the certificate.
    #[serde(default)]
    pub(crate) holder: String,
    /// An uploaded document with the purpose `software_copyright`.
    #[serde(default)]
    pub(crate) certificate: Option<DocumentId>,
    /// Where the holder is not the seller, or there is no certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) declaration: Option<Declaration>,
    /// The signed declaration: an uploaded document with the purpose `software_copyright`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) letter: Option<DocumentId>,
}

/// A document that the site asks for with this access type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paper {
    /// A code of the site's qualifications.
    #[schema(example = "data_source")]
    pub(crate) code: String,
    /// An uploaded document with the purpose `product_qualification`.
    #[serde(default)]
    pub(crate) document: Option<DocumentId>,
}

/// How a supervised delivery goes: its steps, what the buyer fills in, what the seller hands over, when it is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The steps, in their order (服务流程).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) flow: Vec<Point>,
    /// What the buyer fills in first: an uploaded document with the purpose `service_template`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requirement_template: Option<DocumentId>,
    /// What the seller hands over in the end: an uploaded document with the purpose `service_template`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_template: Option<DocumentId>,
    /// When the work counts as done (验收标准); it holds for each order.
    #[serde(default)]
    pub(crate) acceptance: Localized,
}

choices! {
    /// When something opens (商品实例开通方式): when it is paid, or when its buyer, who looks at it first, accepts it.
    pub(crate) enum Opening {
        AtPayment = "at_payment",
        AtAcceptance = "at_acceptance",
    }
}

impl Default for Opening {
    /// As everything that is not supervised.
    fn default() -> Self {
        Self::AtPayment
    }
}

choices! {
    /// What an answer of the buyer looks like.
    pub enum ParameterKind {
        Text = "text",
        Number = "number",
        Email = "email",
        Phone = "phone",
        Domain = "domain",
    }
}

/// Something that the buyer is asked for and the seller's software is told (扩展参数).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "emailDomainName", "label": {"en": "Mail domain", "zh": "邮箱域名"}, "kind": "domain", "mandatory": true}))]
pub struct Parameter {
    /// As the seller's software knows it.
    pub name: String,
    #[serde(default)]
    pub label: Localized,
    pub kind: ParameterKind,
    #[serde(default)]
    pub mandatory: bool,
}

/// A field that listings had once and nobody reads any more: what older drafts and files say there is passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone;

impl<'de> Deserialize<'de> for Gone {
    fn deserialize<D: serde::Deserializer<'de>>(old: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(old).map(|_| Self)
    }
}

/// What search engines are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seo {
    #[serde(default)]
    pub(crate) title: Localized,
    /// Words, parted by commas.
    #[serde(default)]
    pub(crate) keywords: Localized,
    #[serde(default)]
    pub(crate) description: Localized,
}

/// Whether nothing was said, so that it is left out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Listing {
    /// Whether its delivery is supervised: the site says so, or leaves it to the seller.
    pub(crate) fn is_supervised(&self, policy: &Policy) -> bool {
        match policy.access(self.access_type).map(|rules| rules.supervision) {
            Some(Supervision::Always) => true,
            Some(Supervision::Choice) => self.supervised,
            Some(Supervision::Never) | None => false,
        }
    }

    /// Whether its term begins with its buyer's acceptance.
    pub(crate) fn opens_at_acceptance(&self) -> bool {
        self.access_type.is_called() && self.supervised && self.opening == Opening::AtAcceptance
    }

    /// Whether the site asks for a document with its access type.
    pub(crate) fn needs(&self, policy: &Policy, document: &str) -> bool {
        policy.access(self.access_type).is_some_and(|rules| rules.documents.contains(document))
    }

    /// The documents that buyers may read: the guide and the templates of a service.
    pub(crate) fn public_papers(&self) -> impl Iterator<Item = DocumentId> {
        let service = &self.service;
        [self.user_guide, service.requirement_template, service.delivery_template].into_iter().flatten()
    }

    /// All documents that it names.
    pub(crate) fn documents(&self) -> Vec<DocumentId> {
        let copyright = &self.copyright;
        let papers = self.qualifications.iter().filter_map(|paper| paper.document);
        let certificates = self.certifications.iter().filter_map(|mark| mark.certificate);
        let single = [self.agreement, copyright.certificate, copyright.letter].into_iter().flatten();
        self.pictures().chain(single).chain(self.public_papers()).chain(papers).chain(certificates).collect()
    }
}
