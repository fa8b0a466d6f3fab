//! What sellers, the operator, buyers and orders do with coupons.

mod batches;
mod checkout;
mod discounts;
mod holding;
mod reactions;
mod resale;

pub use checkout::{Coupons, Offered};

pub(crate) use batches::{Giver, Receiver};
pub(crate) use holding::Claimable;
pub(crate) use resale::ResaleNamed;
