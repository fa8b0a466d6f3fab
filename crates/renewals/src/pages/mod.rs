//! Renewing a thing, saying what happens at its end, and the part of its page that leads to both.

mod expiry;
mod part;
mod renew;

use platform::http::Routes;
use pricing::{PeriodUnit, Plan};
use ui::{Choice, Field, Mistakes, View};

use crate::{
    Renewals,
    actions::Wanted,
    rules::{self, Offered},
};

pub(crate) fn routes(renewals: &Renewals) -> Routes {
    renew::routes(renewals).and(expiry::routes(renewals))
}

/// What a field of lengths says: `month.12`. Nothing: as the last time.
fn wanted(term: &str) -> Wanted {
    match Offered::read(term) {
        Some((unit, count)) => Wanted { periods: Some(count), unit: Some(unit) },
        None => Wanted::default(),
    }
}

fn length(view: &View, unit: PeriodUnit, count: u32) -> String {
    let count = [("count", count.into())];
    match unit {
        PeriodUnit::Day => view.ta("order-term-day", &count),
        PeriodUnit::Month => view.ta("order-term-month", &count),
        PeriodUnit::Year => view.ta("order-term-year", &count),
    }
}

/// The field of the lengths that can be chosen of a plan, for other pages: round ones, those from which it is cheaper, and `own`.
pub fn length_choice(view: &View, (plan, own): (&Plan, &[(PeriodUnit, u32)]), chosen: &str) -> maud::Markup {
    length_field(view, &rules::offered(plan, own), chosen)
}

/// What such a field says.
pub fn read_length(term: &str) -> Option<(PeriodUnit, u32)> {
    Offered::read(term)
}

/// The field of the lengths that can be chosen.
fn length_field(view: &View, offered: &[Offered], chosen: &str) -> maud::Markup {
    let choice = |one: &Offered| {
        let length = length(view, one.unit, one.count);
        let text = if one.basis_points == 0 {
            length
        } else {
            let percent = format!("{}.{:02}", one.basis_points / 100, one.basis_points % 100);
            let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
            view.ta("renewal-length-saving", &[("length", length.into()), ("percent", percent.into())])
        };
        Choice::new(one.code(), text)
    };
    let choices: Vec<Choice> = offered.iter().map(choice).collect();
    let label = view.t("renewal-length");
    Field::select("term", &label, &choices).value(chosen).required().render(view, &Mistakes::none())
}
