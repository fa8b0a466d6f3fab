//! Charges as lines of a file, one for each part. What a charge comes to stands on its first line, so that the column sums up.

use ui::View;

use crate::Charge;

/// What stands over them.
pub(super) const TITLES: [&str; 13] = [
    "metering-number",
    "metering-instance",
    "metering-whose",
    "metering-from",
    "metering-until",
    "metering-meter",
    "metering-quantity",
    "metering-free",
    "metering-exact",
    "metering-amount",
    "metering-currency",
    "metering-state",
    "metering-explained",
];

/// The lines of one charge of something, or of a customer.
pub(super) fn of(view: &View, charge: &Charge, whose: &str) -> Vec<Vec<String>> {
    let line = |(place, part): (usize, &crate::Part)| {
        let amount = if place == 0 { ui::plain_amount(charge.amount) } else { String::new() };
        vec![
            charge.id.to_string(),
            charge.instance.to_string(),
            whose.to_owned(),
            charge.period.from.to_string(),
            charge.period.until.to_string(),
            part.meter.clone(),
            part.quantity.to_string(),
            part.free.to_string(),
            part.exact.to_string(),
            amount,
            charge.amount.currency().to_string(),
            view.word("metering-state", charge.state.as_str()),
            view.of(&part.text).to_owned(),
        ]
    };
    charge.parts.iter().enumerate().map(line).collect()
}
