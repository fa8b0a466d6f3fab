//! What was typed into the forms of the desk, field by field, as the refusals call them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::{Currency, Invalid, Timestamp};
use offers::typed;
use pricing::{Choice, PeriodUnit};

use crate::rules::{Draft, INSTALMENTS_MAX, Instalment, LinePrice};

/// Fields by name; of a field that was sent twice, the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed(BTreeMap<String, String>);

impl From<Vec<(String, String)>> for Typed {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Typed {
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether a field was sent at all.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn put(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The same with what was typed over it.
    pub(super) fn with(mut self, typed: &Self) -> Self {
        self.0.extend(typed.0.clone());
        self
    }

    /// A draft as its form shows it.
    pub(super) fn of(draft: &Draft, zone: &TimeZone) -> Self {
        let mut typed = Self::default();
        typed.put("name", &draft.name);
        typed.put("terms", &draft.terms);
        // The last day is the one whose end it is.
        typed.put("valid_until", draft.valid_until.plus_micros(-1).format("%Y-%m-%d", zone));
        for (index, instalment) in draft.instalments.iter().enumerate() {
            typed.put(format!("instalments.{}.amount", index + 1), ui::plain_amount(instalment.amount));
            if let Some(due_at) = instalment.due_at {
                typed.put(format!("instalments.{}.due_at", index + 1), due_at.format("%Y-%m-%d", zone));
            }
        }
        typed
    }

    pub(super) fn valid_until(&self, wrong: &mut Invalid, zone: &TimeZone) -> Option<Timestamp> {
        let date = ("must be a date", "须为日期");
        wrong.keep(typed::day_end(self.text("valid_until"), zone).ok_or(date), "valid_until")
    }

    /// The rows of the schedule that say something.
    pub(super) fn instalments(&self, wrong: &mut Invalid, currency: Currency, zone: &TimeZone) -> Vec<Instalment> {
        let (date, money) = (("must be a date", "须为日期"), ("must be an amount such as 5000", "须为金额，例如 5000"));
        let mut found = Vec::new();
        for number in 1..=INSTALMENTS_MAX {
            let (amount, due) = (format!("instalments.{number}.amount"), format!("instalments.{number}.due_at"));
            if self.text(&amount).is_empty() && self.text(&due).is_empty() {
                continue;
            }
            let due_at = match self.text(&due) {
                "" => None,
                text => wrong.keep(typed::day(text, zone).ok_or(date), &due),
            };
            if let Some(amount) = wrong.keep(typed::amount(self.text(&amount), currency).ok_or(money), &amount) {
                found.push(Instalment { due_at, amount });
            }
        }
        found
    }

    /// What is wanted of a SKU: `quantities.<quantity>`, `periods`, `period_unit`.
    pub(super) fn choice(&self, wrong: &mut Invalid) -> Choice {
        let number = ("must be a whole number", "须为整数");
        let mut choice = Choice::default();
        for (name, text) in &self.0 {
            if let Some(code) = name.strip_prefix("quantities.")
                && let Some(count) = wrong.keep(text.trim().parse().map_err(|_| number), name)
            {
                choice.quantities.insert(code.to_owned(), count);
            }
        }
        if !self.text("periods").is_empty() {
            choice.periods = wrong.keep(self.text("periods").parse().map_err(|_| number), "periods").unwrap_or(1);
        }
        choice.period_unit = PeriodUnit::ALL.iter().copied().find(|unit| unit.as_str() == self.text("period_unit"));
        choice
    }

    pub(super) fn price(&self, wrong: &mut Invalid, currency: Currency) -> LinePrice {
        let money = ("must be an amount such as 5000", "须为金额，例如 5000");
        let percentage = ("must be a percentage such as 10 or 12.5", "须为百分比，例如 10 或 12.5");
        match self.text("kind") {
            "percent" => {
                let points = typed::basis_points(self.text("price.basis_points")).ok_or(percentage);
                wrong
                    .keep(points, "price.basis_points")
                    .map_or(LinePrice::List, |basis_points| LinePrice::Percent { basis_points })
            }
            "total" => {
                let amount = typed::amount(self.text("price.amount"), currency).ok_or(money);
                wrong.keep(amount, "price.amount").map_or(LinePrice::List, |amount| LinePrice::Total { amount })
            }
            _ => LinePrice::List,
        }
    }
}
