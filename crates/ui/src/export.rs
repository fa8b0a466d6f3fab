//! Every table as CSV: the page is asked for again with `csv=<what the rows are>`, page after page, and its table gives the
//! rows that it would show. So the file has the rows, columns and rights of the table, and no list needs a second reading.

use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use maud::Markup;

use crate::{View, csv_file};

/// The parameter of an address that asks for a table as a file.
const ASKED: &str = "csv";

/// Pages of a list that are read into one file at most.
pub const EXPORT_PAGES_MAX: usize = 250;

/// Where the table of a page leaves its rows.
#[derive(Clone, Debug, Default)]
pub struct Export(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    titles: Vec<String>,
    cells: Vec<Vec<Cell>>,
    /// The cursor of what comes after them.
    next: Option<String>,
    /// Since the last page was asked for.
    found: bool,
}

/// What stands in a cell, as programs read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    /// The whole cell is an amount, `7290.00 CNY`.
    is_money: bool,
    /// There is nothing in it but what can be pressed.
    is_pressed: bool,
}

impl Export {
    /// Whether an address asks for a table of its page.
    pub fn is_asked(query: Option<&str>) -> bool {
        query.unwrap_or_default().split('&').any(|pair| pair.split('=').next() == Some(ASKED))
    }

    /// The rows of the table that was asked for. The first one with that name is meant.
    pub(crate) fn add(&self, titles: Vec<String>, cells: Vec<Vec<Cell>>, next: Option<String>) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !rows.found {
            rows.found = true;
            rows.titles = titles;
            rows.cells.extend(cells);
            rows.next = next;
        }
    }

    /// What the page that was asked for last has left: the cursor of the next one; none: it has no such table, or no more.
    pub fn next(&self) -> Option<String> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.found = false;
        rows.next.take()
    }

    /// The file. None: no table left anything. `more`: there are rows that it has no room for, which its last row says.
    pub fn file(&self, view: &View, more: bool) -> Option<Response> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.titles.is_empty() {
            return None;
        }
        let (titles, mut cells) = written(&rows.titles, &rows.cells);
        if more {
            cells.push(vec![view.ta("ui-csv-more", &[("count", cells.len().into())])]);
        }
        Some(csv_file(&name_of(view.here()), &titles, &cells))
    }
}

impl View {
    /// The address of a table of this page as a file, from the first row on.
    pub(crate) fn csv_of(&self, label: &str) -> String {
        let first = Self { path: self.without_query("cursor"), ..self.clone() };
        first.with_query(ASKED, label)
    }

    /// Whether this page is asked for to have this table.
    pub(crate) fn wants_csv(&self, label: &str) -> Option<&Export> {
        self.export.as_ref().filter(|_| self.query(ASKED) == Some(crate::escaped(label).as_str()))
    }
}

/// Amounts of a column that are all in one currency are numbers, and its title says which. A column of buttons is none.
fn written(titles: &[String], cells: &[Vec<Cell>]) -> (Vec<String>, Vec<Vec<String>>) {
    let of = |column: usize| cells.iter().filter_map(move |row| row.get(column));
    let kept: Vec<usize> =
        (0..titles.len()).filter(|column| cells.is_empty() || !of(*column).all(|cell| cell.is_pressed)).collect();
    let titles: Vec<String> = kept.iter().filter_map(|column| titles.get(*column).cloned()).collect();
    let cells: Vec<Vec<Cell>> =
        cells.iter().map(|row| kept.iter().filter_map(|column| row.get(*column).cloned()).collect()).collect();
    let currency = |column: usize| {
        let mut known = None;
        for cell in cells.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.text.is_empty()) {
            let (_, own) = cell.text.split_once(' ').filter(|_| cell.is_money)?;
            if known.is_some_and(|known| known != own) {
                return None;
            }
            known = Some(own);
        }
        known
    };
    let currencies: Vec<Option<&str>> = (0..titles.len()).map(currency).collect();
    let named = titles.iter().zip(&currencies).map(|(title, currency)| match currency {
        Some(currency) => format!("{title} ({currency})"),
        None => title.clone(),
    });
    let row = |row: &Vec<Cell>| {
        let plain = row.iter().zip(&currencies).map(|(cell, currency)| match currency {
            Some(_) => cell.text.split(' ').next().unwrap_or_default().to_owned(),
            None => cell.text.clone(),
        });
        plain.collect()
    };
    (named.collect(), cells.iter().map(row).collect())
}

/// `/seller/production/errands` is `seller-production-errands`.
fn name_of(path: &str) -> String {
    let name: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = name.join("-").replace(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'), "-");
    if name.is_empty() { "table".to_owned() } else { name }
}

/// The text of a cell: moments as they are kept, amounts and numbers as programs read them, what can be pressed left out.
pub(crate) fn cell(markup: &Markup, number: bool) -> Cell {
    let mut reader = Reader::default();
    let mut rest = markup.0.as_str();
    while let Some((text, after)) = rest.split_once('<') {
        reader.text(text);
        // Our own markup has no `>` in an attribute: it is written as an entity.
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        reader.tag(tag);
        rest = after;
    }
    reader.text(rest);
    reader.cell(number)
}

/// What is skipped with all that is in it: what can be pressed or is drawn.
const SKIPPED: &str = "form button svg dialog textarea select";

/// What begins a line.
const BLOCKS: [&str; 5] = ["div", "p", "li", "dt", "dd"];

/// Behind what nothing more is on the same line.
const BREAKS: [&str; 8] = ["br", "/div", "/p", "/li", "/dt", "/dd", "/tr", "/td"];

#[derive(Default)]
struct Reader {
    text: String,
    /// What is skipped until its end, and how deep.
    skips: Option<(String, usize)>,
    /// Something has ended, and no text has come since.
    ended: bool,
    pressed: bool,
    money: usize,
    others: usize,
}

impl Reader {
    fn text(&mut self, text: &str) {
        if self.skips.is_none() && !text.is_empty() {
            self.others += usize::from(!text.trim().is_empty());
            self.ended = false;
            self.text.push_str(text);
        }
    }

    fn tag(&mut self, tag: &str) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if let Some((skipped, depth)) = &mut self.skips {
            if name == skipped {
                *depth += 1;
            } else if name.strip_prefix('/') == Some(skipped) {
                *depth -= 1;
                if *depth == 0 {
                    self.skips = None;
                }
            }
            return;
        }
        let is_dialog = name == "details" && attribute(tag, "data-dialog").is_some();
        // Two badges beside each other, a line below a name: apart for those who see them.
        if !name.starts_with('/') && (self.ended || BLOCKS.contains(&name)) {
            self.text.push(' ');
        }
        self.ended = name.starts_with('/');
        match name {
            "time" => self.instead(name, attribute(tag, "datetime")),
            "data" => {
                self.money += 1;
                self.instead(name, attribute(tag, "value"));
            }
            "input" => {
                let typed = attribute(tag, "type").is_some_and(|kind| kind == "text" || kind == "number");
                self.text(attribute(tag, "value").filter(|_| typed).unwrap_or_default());
            }
            _ if is_dialog || SKIPPED.split(' ').any(|one| one == name) => {
                self.pressed = true;
                self.skips = Some((name.to_owned(), 1));
            }
            _ if BREAKS.contains(&name) => self.text.push(' '),
            _ => {}
        }
    }

    /// What programs read stands instead of what people do.
    fn instead(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text.push_str(value);
            self.ended = true;
            self.skips = Some((name.to_owned(), 1));
        }
    }

    fn cell(self, number: bool) -> Cell {
        let text = ["&lt;", "<", "&gt;", ">", "&quot;", "\"", "&amp;", "&"]
            .chunks(2)
            .fold(self.text, |text, pair| text.replace(pair[0], pair[1]));
        let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let plain = text.replace('−', "-").replace(',', "");
        if number && plain.chars().all(|c| c.is_ascii_digit() || "-.".contains(c)) {
            text = plain;
        }
        if text == "–" || text == "—" {
            text.clear();
        }
        let is_pressed = self.pressed && text.is_empty();
        Cell { text, is_money: self.money == 1 && self.others == 0, is_pressed }
    }
}

/// The value of an attribute, which stands in quotes; of one without a value the empty text.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        if before.ends_with(' ') {
            if let Some(value) = after.strip_prefix("=\"") {
                return value.split('"').next();
            }
            if after.is_empty() || after.starts_with(' ') {
                return Some("");
            }
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money};
    use maud::html;

    use super::*;
    use crate::{Table, gallery::sample_view};

    #[test]
    fn a_cell_is_what_programs_read() {
        let view = sample_view();
        let check = |markup: Markup, number, text: &str| assert_eq!(cell(&markup, number).text, text);
        check(
            html! { a href="/x?a=1&b=2" { "Log \"Search\" & <more>" } br; span.muted { "by Cloudco" } },
            false,
            "Log \"Search\" & <more> by Cloudco",
        );
        check(html! { (view.time("2026-11-22T17:05:00Z".parse().unwrap())) }, false, "2026-11-22T17:05:00.000000Z");
        check(
            html! { span { "Verified" } span { "Seller" } div { "since May" } "it" },
            false,
            "Verified Seller since May it",
        );
        check(html! { a href="#" { "One" } ", two" }, false, "One, two");
        check(html! { "1,234" }, true, "1234");
        check(html! { "1,234" }, false, "1,234");
        check(html! { "–" }, false, "");
        check(
            html! { form method="post" { input type="hidden" name="_csrf" value="secret"; button { "Do" } } "kept" },
            false,
            "kept",
        );
        check(html! { details.dialog data-dialog { summary { "Open" } details { "in" } } "kept" }, false, "kept");
        check(html! { (view.money(Money::of(-729_000, Currency::CNY))) }, true, "-7290.00 CNY");
    }

    #[test]
    fn amounts_of_one_currency_are_numbers_and_others_say_theirs() {
        let view = sample_view();
        let money = |minor, currency: &str| cell(&view.money(Money::of(minor, currency.parse().unwrap())), true);
        check_columns();
        let none = Cell::default();
        let rows = [vec![money(5, "CNY"), money(5, "CNY")], vec![none, money(-700, "USD")]];
        let (titles, cells) = written(&["One".to_owned(), "Two".to_owned()], &rows);
        assert_eq!(titles, ["One (CNY)", "Two"]);
        assert_eq!(cells, [["0.05", "0.05 CNY"], ["", "-7.00 USD"]]);
    }

    fn check_columns() {
        let pressed = cell(&html! { form { button { "Do" } } }, false);
        let (titles, cells) = written(&["Do".to_owned(), "None".to_owned()], &[vec![pressed, Cell::default()]]);
        assert_eq!((titles, cells), (vec!["None".to_owned()], vec![vec![String::new()]]));
    }

    #[test]
    fn a_table_leaves_the_rows_of_each_page() {
        let export = Export::default();
        let asked = |cursor: &str| View {
            path: format!("/seller/products?state=on_sale&csv=My%20products{cursor}"),
            export: Some(export.clone()),
            ..sample_view()
        };
        let page = |view: &View, rows: &[&str], next: Option<&str>| {
            let table = Table::new(view, "My products", rows).column("Name", |row| html! { (row) });
            table.column("", |_| html! { button { "Do" } }).next(next).render()
        };
        page(&asked(""), &["a", "b"], Some("c1"));
        assert_eq!(export.next().as_deref(), Some("c1"));
        page(&asked("&cursor=c1"), &["c"], None);
        assert_eq!(export.next(), None);
        let (titles, cells) = {
            let rows = export.0.lock().unwrap();
            written(&rows.titles, &rows.cells)
        };
        assert_eq!(
            (titles, cells),
            (vec!["Name".to_owned()], ["a", "b", "c"].map(|name| vec![name.to_owned()]).to_vec())
        );
        assert_eq!(name_of("/seller/products"), "seller-products");
        assert!(Export::is_asked(Some("a=1&csv=x")) && !Export::is_asked(Some("csvx=1")) && !Export::is_asked(None));
    }

    #[test]
    fn another_table_of_the_page_leaves_nothing() {
        let export = Export::default();
        let view = View { path: "/x?csv=Orders".to_owned(), export: Some(export.clone()), ..sample_view() };
        Table::new(&view, "Others", &["a"]).column("Name", |row| html! { (row) }).render();
        assert!(export.file(&view, false).is_none());
    }
}
