//! The rules of listings: their form, their names, their SKUs, their review.

mod diff;
mod draft;
mod form;
mod naming;
mod revision;
mod skus;
mod specs;

pub(crate) use diff::{Change, diff};
pub(crate) use draft::{Attribute, Listing, Spec, Support};
pub(crate) use form::{AgreementFile, Site, check, check_bounds};
pub use revision::{CatalogueRefused, ProductState, RevisionState};
pub(crate) use revision::{Decision, Reason};
pub use skus::Offer;
pub(crate) use skus::{Identities, Identity, Release};
