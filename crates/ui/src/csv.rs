//! Rows as a file for spreadsheets, as [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) has it.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::Money;

/// A download named `name.csv`: a row of titles, then the rows.
pub fn csv(name: &str, titles: &[String], rows: &[Vec<String>]) -> Response {
    let text = text(titles, rows);
    let named = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, named.unwrap_or(HeaderValue::from_static("attachment"))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

/// An amount as programs read it: `-1290.00`. Say the currency beside it.
pub fn plain_amount(amount: Money) -> String {
    amount.to_string().split(' ').next().unwrap_or_default().replace(',', "")
}

fn text(titles: &[String], rows: &[Vec<String>]) -> String {
    // The mark lets spreadsheets know the encoding; without it Chinese is unreadable in them.
    let mut text = String::from("\u{feff}");
    for row in std::iter::once(titles).chain(rows.iter().map(Vec::as_slice)) {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell. What a spreadsheet would run as a formula becomes a text, unless it is a number.
fn quoted(cell: &str) -> String {
    let number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !number(cell);
    let cell = if runs { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r', ';', '\t']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_stay_texts() {
        let row = ["plain", "a, \"b\"", "-5.00", "=1+1", "+49 30 1", "-cmd", "@x", "两\n行"].map(str::to_owned);
        let expected = "\u{feff}one\r\nplain,\"a, \"\"b\"\"\",-5.00,'=1+1,'+49 30 1,'-cmd,'@x,\"两\n行\"\r\n";
        assert_eq!(text(&["one".to_owned()], &[row.to_vec()]), expected);
    }

    #[test]
    fn amounts_are_numbers_for_programs() {
        assert_eq!(plain_amount(Money::of(-123_456_789, Currency::CNY)), "-1234567.89");
    }
}
