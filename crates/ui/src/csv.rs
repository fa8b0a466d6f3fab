//! Rows as a file for spreadsheets, as [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180) has it.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::{Money, page::PageOf};

use crate::View;

/// Rows that are read from the database at once.
const BATCH: u32 = 1_000;

/// More than spreadsheets like to open, and what a request can read in its time.
const ROWS_MAX: usize = 100_000;

/// A file that is written while its list is read, page after page.
///
/// ```text
/// let mut sheet = Sheet::new(view, &["order-number", "order-total"]);
/// while let Some(page) = sheet.wants() {
///     let found = orders.list(tx, &buyer, page).await?;
///     sheet.add(found.next_cursor, found.items.iter().map(|order| vec![…]));
/// }
/// sheet.download("orders")
/// ```
pub struct Sheet<'v> {
    view: &'v View,
    text: String,
    rows: usize,
    next: Option<PageOf>,
}

impl<'v> Sheet<'v> {
    /// An empty file with a row of titles.
    pub fn new(view: &'v View, titles: &[&'static str]) -> Self {
        // The mark lets spreadsheets know the encoding; without it Chinese is unreadable in them.
        let mut sheet =
            Self { view, text: "\u{feff}".to_owned(), rows: 0, next: Some(PageOf { before: None, limit: BATCH }) };
        sheet.row(&titles.iter().map(|key| view.t(key)).collect::<Vec<_>>());
        sheet
    }

    /// The page that is wanted next; `None`: there is no more, or no more room.
    pub fn wants(&self) -> Option<PageOf> {
        self.next.filter(|_| self.rows < ROWS_MAX)
    }

    pub fn add(&mut self, next_cursor: Option<String>, rows: impl IntoIterator<Item = Vec<String>>) {
        for row in rows {
            self.row(&row);
            self.rows += 1;
        }
        let before = next_cursor.and_then(|cursor| cursor.parse().ok());
        self.next = before.map(|before| PageOf { before: Some(before), limit: BATCH });
    }

    fn row(&mut self, cells: &[String]) {
        add_row(&mut self.text, cells);
    }

    /// A download named `name.csv`. When there was no more room, its last row says so.
    pub fn download(mut self, name: &str) -> Response {
        if self.next.is_some() {
            let more = self.view.ta("ui-csv-more", &[("count", self.rows.into())]);
            self.row(&[more]);
        }
        download(name, self.text)
    }
}

/// A table that is known as a whole, as a download named `name.csv`.
pub fn csv_file(name: &str, titles: &[String], rows: &[Vec<String>]) -> Response {
    let mut text = "\u{feff}".to_owned();
    add_row(&mut text, titles);
    for row in rows {
        add_row(&mut text, row);
    }
    download(name, text)
}

fn add_row(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

fn download(name: &str, text: String) -> Response {
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
    use crate::gallery::sample_view;

    #[test]
    fn cells_are_quoted_and_formulas_stay_texts() {
        let row = ["plain", "a, \"b\"", "-5.00", "=1+1", "+49 30 1", "-cmd", "@x", "两\n行"].map(str::to_owned);
        let view = sample_view();
        let mut sheet = Sheet::new(&view, &["ui-csv"]);
        sheet.add(None, [row.to_vec()]);
        let expected = format!(
            "\u{feff}{}\r\nplain,\"a, \"\"b\"\"\",-5.00,'=1+1,'+49 30 1,'-cmd,'@x,\"两\n行\"\r\n",
            view.t("ui-csv")
        );
        assert_eq!(sheet.text, expected);
        assert!(sheet.wants().is_none());
    }

    #[test]
    fn a_file_reads_page_after_page_and_says_when_it_is_full() {
        let view = sample_view();
        let cursor = || Some("00000000-0000-0000-0000-000000000000".to_owned());
        let mut sheet = Sheet::new(&view, &["ui-csv"]);
        assert!(sheet.wants().is_some_and(|page| page.before.is_none()));
        sheet.add(cursor(), [vec!["1".to_owned()]]);
        assert!(sheet.wants().is_some_and(|page| page.before.is_some()));
        sheet.add(cursor(), (1..ROWS_MAX).map(|row| vec![row.to_string()]));
        assert!(sheet.wants().is_none(), "it is full");
        assert!(sheet.rows == ROWS_MAX && sheet.next.is_some());
    }

    #[test]
    fn amounts_are_numbers_for_programs() {
        assert_eq!(plain_amount(Money::of(-123_456_789, Currency::CNY)), "-1234567.89");
    }
}
