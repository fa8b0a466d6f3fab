//! What stands beside a price, and what a seller sells, for those who lower prices.

use kernel::{
    Localized,
    id::{AccountId, ProductId, SpecId},
    time::Period,
};
use policy::AccessType;
use uuid::Uuid;

/// A line beside the price on products' pages.
#[derive(Clone, Debug)]
pub struct Note {
    /// What it speaks of, to take it away by.
    pub about: Uuid,
    /// `None`: on the products of every seller.
    pub seller: Option<AccountId>,
    /// `None`: on all products of the seller.
    pub product: Option<ProductId>,
    pub text: Localized,
    pub shown: Period,
}

/// A product on sale and its editions, by name.
#[derive(Clone, Debug)]
pub struct Sold {
    pub product: ProductId,
    pub seller: AccountId,
    pub name: Localized,
    pub access_type: AccessType,
    pub specs: Vec<(SpecId, Localized)>,
}
