//! Pages of orders: the checkout, the buyer's list, the seller's sales and customers, the operator's list.
//!
//! The page of one order stands in `delivery`, which knows what became of it; what it shows of an order is in [`parts`].

mod buyer;
mod checkout;
mod operator;
pub(crate) mod parts;
mod seller;

use kernel::{Error, PageQuery, page::PageOf};
use platform::http::{Problem, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, View};

use crate::{Orders, rules::StateName};

/// Rows of a file for spreadsheets.
const FILE: PageOf = PageOf { before: None, limit: 10_000 };

/// What a list of orders is asked for. Whatever is no state means all.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    account: String,
    cursor: Option<String>,
}

impl Asked {
    fn state(&self) -> Option<StateName> {
        self.state.parse().ok()
    }

    fn page(&self) -> Result<PageOf, Problem> {
        Ok(PageQuery { cursor: self.cursor.clone(), limit: None }.checked().map_err(Error::from)?)
    }

    /// The same choice for the file.
    fn file(&self, path: &str) -> String {
        match self.state() {
            Some(state) => format!("{path}?state={state}"),
            None => path.to_owned(),
        }
    }
}

/// The filter by state, for lists that know these states.
fn state_field(view: &View, states: &[StateName], chosen: &str) -> maud::Markup {
    let mut choices = vec![Choice::new("all", view.t("order-state-all"))];
    choices.extend(states.iter().map(|state| Choice::new(state.as_str(), view.word("order-state", state.as_str()))));
    let label = view.t("order-state-label");
    Field::select("state", &label, &choices).value(chosen).required().render(view, &Mistakes::none())
}

pub(crate) fn routes(orders: &Orders) -> Routes {
    checkout::routes(orders).and(buyer::routes(orders)).and(seller::routes(orders)).and(operator::routes(orders))
}
