//! How an amount, a number and a moment look. One function each, so that they look the same everywhere.

use kernel::{Currency, Money, Timestamp, text::Lang};
use maud::{Markup, html};

use crate::View;

impl View {
    /// An amount in the reader's form, with the one that programs read.
    pub fn money(&self, amount: Money) -> Markup {
        let class = if amount.is_negative() { "money negative" } else { "money" };
        let plain = amount.to_string().replace(',', "");
        html! { data class=(class) value=(plain) { (self.money_text(amount)) } }
    }

    /// The same as plain text, for titles and attributes.
    pub fn money_text(&self, amount: Money) -> String {
        money_in(self.lang, amount)
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

    /// A size of a file: `1.4 MB`, as the limits count it: a megabyte has 1024 × 1024 bytes.
    pub fn size(&self, bytes: i64) -> String {
        const KILO: i64 = 1 << 10;
        const MEGA: i64 = 1 << 20;
        let bytes = bytes.max(0);
        match (bytes / MEGA, bytes % MEGA * 10 / MEGA) {
            (0, _) if bytes < KILO => format!("{bytes} B"),
            (0, _) => format!("{} kB", bytes / KILO),
            (whole, 0) => format!("{whole} MB"),
            (whole, tenths) => format!("{whole}.{tenths} MB"),
        }
    }

    /// Where a request came from, as it was noted.
    pub fn address(&self, noted: &str) -> String {
        if noted == "unknown" { self.t("ui-address-unknown") } else { noted.to_owned() }
    }
}

/// An amount in the form of a language, for texts that are kept in both.
pub fn money_in(lang: Lang, amount: Money) -> String {
    // `7,290.00 CNY`, as the kernel writes it; readers want the sign first.
    let text = amount.to_string();
    let digits = text.split(' ').next().unwrap_or_default();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    format!("{sign}{}{digits}", symbol(lang, amount.currency()))
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
    fn sizes_are_counted_as_the_limits_are() {
        let view = sample_view();
        let check = |bytes, text: &str| assert_eq!(view.size(bytes), text);
        check(671, "671 B");
        check(2_048, "2 kB");
        check(20 * 1_024 * 1_024, "20 MB");
        check(1_500_000, "1.4 MB");
    }

    #[test]
    fn moments_are_in_the_readers_zone_and_form() {
        let view = sample_view();
        let moment: Timestamp = "2026-11-22T17:05:00Z".parse().unwrap();
        assert_eq!(view.time_text(moment), "23 Nov 2026, 01:05");
        assert_eq!(View { lang: Lang::Zh, ..view }.date_text(moment), "2026年11月23日");
    }
}
