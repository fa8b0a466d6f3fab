//! What a site is called, where it stands and in which currencies it trades.

use std::sync::OnceLock;

use jiff::{civil, tz::TimeZone};
use kernel::{Currency, Localized};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub name: Localized,
    pub zone: String,
    pub currencies: Vec<Currency>,
    /// What the tax on prices is called.
    #[serde(default = "vat")]
    pub tax_name: Localized,
    pub holidays: Vec<civil::Date>,
    pub extra_workdays: Vec<civil::Date>,
    /// Looked up once: many days are counted in it.
    #[serde(skip)]
    pub(crate) found: OnceLock<TimeZone>,
}

fn vat() -> Localized {
    Localized::new("VAT", "增值税")
}

impl Site {
    /// The currency in which prices of different sellers stand beside each other: the first one. No rate between currencies
    /// is anybody's promise here, so that numbers of others are left out of what is compared.
    pub fn compared_in(&self) -> Currency {
        self.currencies.first().copied().unwrap_or(Currency::CNY)
    }
}
