//! What applicants, sellers and the operator do, by what it is about.

mod agreements;
mod applications;
mod business;
mod changes;
mod profiles;
mod reactions;

pub use agreements::Accepted;
pub use profiles::SellerProfile;
