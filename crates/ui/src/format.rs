//! How an amount, a number and a moment look. One function each, so that they look the same everywhere.

use kernel::{Currency, Money, Timestamp, text::Lang};
use maud::{Markup, html};

use crate::View;

impl View {
    /// An amount in the reader's form.
    pub fn money(&self, amount: Money) -> Markup {
        let class = if amount.is_negative() { "money negative" } else { "money" };
        html! { span class=(class) { (self.money_text(amount)) } }
    }

    /// The same as plain text, for titles and attributes.
    pub fn money_text(&self, amount: Money) -> String {
        // `7,290.00 CNY`, as the kernel writes it; readers want the sign first.
        let text = amount.to_string();
        let digits = text.split(' ').next().unwrap_or_default();
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
        format!("{sign}{}{digits}", symbol(self.lang, amount.currency()))
    }

    /// A whole number with its groups.
    pub fn count(&self, number: impl Into<i64>) -> String {
        let number: i64 = number.into();
        let digits = number.unsigned_abs().to_string();
        let mut text = String::from(if number < 0 { "−" } else { "" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    /// A moment in the reader's zone.
    pub fn time(&self, moment: Timestamp) -> Markup {
        let exact = moment.format("%Y-%m-%d %H:%M:%S %Z", &self.zone);
        html! { time datetime=(moment) title=(exact) { (self.time_text(moment)) } }
    }

    pub fn time_text(&self, moment: Timestamp) -> String {
        moment.format(
            match self.lang {
                Lang::En => "%-d %b %Y, %H:%M",
                Lang::Zh => "%Y年%-m月%-d日 %H:%M",
            },
            &self.zone,
        )
    }

    /// A day in the reader's zone.
    pub fn date(&self, moment: Timestamp) -> Markup {
        let exact = moment.format("%Y-%m-%d %H:%M:%S %Z", &self.zone);
        html! { time datetime=(moment) title=(exact) { (self.date_text(moment)) } }
    }

    pub fn date_text(&self, moment: Timestamp) -> String {
        moment.format(
            match self.lang {
                Lang::En => "%-d %b %Y",
                Lang::Zh => "%Y年%-m月%-d日",
            },
            &self.zone,
        )
    }

    /// The day and the month, where the year is clear.
    pub fn day_text(&self, moment: Timestamp) -> String {
        moment.format(
            match self.lang {
                Lang::En => "%-d %b",
                Lang::Zh => "%-m月%-d日",
            },
            &self.zone,
        )
    }

    /// A size of a file: `1.4 MB`.
    pub fn size(&self, bytes: i64) -> String {
        let bytes = bytes.max(0);
        match bytes {
            0..1_000 => format!("{bytes} B"),
            1_000..1_000_000 => format!("{} kB", bytes / 1_000),
            _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        }
    }
}

/// The sign of a currency as [CLDR](https://cldr.unicode.org) gives it for the language.
fn symbol(lang: Lang, currency: Currency) -> String {
    let sign = match (lang, currency.code()) {
        (Lang::Zh, "CNY") => "¥",
        (Lang::En, "CNY") => "CN¥",
        (Lang::Zh, "USD") => "US$",
        (Lang::En, "USD") => "$",
        (_, "EUR") => "€",
        (_, "GBP") => "£",
        (_, "HKD") => "HK$",
        (_, code) => return format!("{code}\u{a0}"),
    };
    sign.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::sample_view;

    #[test]
    fn amounts_have_the_sign_that_readers_of_the_language_expect() {
        let check = |lang, minor, currency: &str, text: &str| {
            let view = View { lang, ..sample_view() };
            assert_eq!(view.money_text(Money::of(minor, currency.parse().unwrap())), text);
        };
        check(Lang::En, 729_000, "CNY", "CN¥7,290.00");
        check(Lang::Zh, 729_000, "CNY", "¥7,290.00");
        check(Lang::En, -5, "USD", "−$0.05");
        check(Lang::En, 1_234_567, "JPY", "JPY\u{a0}1,234,567");
    }

    #[test]
    fn moments_are_in_the_readers_zone_and_form() {
        let view = sample_view();
        let moment: Timestamp = "2026-11-22T17:05:00Z".parse().unwrap();
        assert_eq!(view.time_text(moment), "23 Nov 2026, 01:05");
        assert_eq!(View { lang: Lang::Zh, ..view }.date_text(moment), "2026年11月23日");
    }
}
