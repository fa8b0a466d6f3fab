//! Lists of things: columns, an empty state, the way to the next page, the same rows as CSV.

use maud::{Markup, html};

use crate::{View, export::cell};

type Cell<'a, T> = Box<dyn Fn(&T) -> Markup + 'a>;

struct Column<'a, T> {
    title: String,
    cell: Cell<'a, T>,
    number: bool,
    orders: Option<Orders>,
}

/// The values of `sort` by which a column puts a whole list in order: the first one, and the one when it already does.
type Orders = [&'static str; 2];

/// A table of rows. On narrow screens each row becomes a card with its columns' names beside the values.
///
/// A list with several pages is sorted where it is read, by the columns that say how. One that is shown whole is sorted by
/// scripts; a cell with `data-sort` is sorted by that.
pub struct Table<'a, T> {
    view: &'a View,
    label: String,
    rows: &'a [T],
    columns: Vec<Column<'a, T>>,
    empty: Markup,
    filters: Markup,
    next: Option<String>,
    csv: Option<String>,
}

impl<'a, T> Table<'a, T> {
    /// `label` says what the rows are, for those who do not see it.
    pub fn new(view: &'a View, label: impl Into<String>, rows: &'a [T]) -> Self {
        let label = label.into();
        Self { view, label, rows, columns: Vec::new(), empty: html! {}, filters: html! {}, next: None, csv: None }
    }

    #[must_use]
    pub fn column(self, title: impl Into<String>, cell: impl Fn(&T) -> Markup + 'a) -> Self {
        self.add(title.into(), Box::new(cell), false)
    }

    /// A column of amounts or counts.
    #[must_use]
    pub fn number(self, title: impl Into<String>, cell: impl Fn(&T) -> Markup + 'a) -> Self {
        self.add(title.into(), Box::new(cell), true)
    }

    fn add(mut self, title: String, cell: Cell<'a, T>, number: bool) -> Self {
        self.columns.push(Column { title, cell, number, orders: None });
        self
    }

    /// Lets the whole list be put in order by the column that was added last: by `sort=<falling>` or `sort=<rising>`.
    #[must_use]
    pub fn in_order(mut self, falling: &'static str, rising: &'static str) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.orders = Some([falling, rising]);
        }
        self
    }

    /// What stands there instead when there are no rows: [`crate::empty`].
    #[must_use]
    pub fn empty(mut self, empty: Markup) -> Self {
        self.empty = empty;
        self
    }

    /// Fields of a form that asks for this page again with other rows.
    #[must_use]
    pub fn filters(mut self, filters: Markup) -> Self {
        self.filters = filters;
        self
    }

    /// The cursor of the next page; the page's other query parameters are kept.
    #[must_use]
    pub fn next(mut self, cursor: Option<&str>) -> Self {
        self.next = cursor.map(str::to_owned);
        self
    }

    /// Where there is a file with more than the table shows; else every table is one by what it shows.
    #[must_use]
    pub fn csv(mut self, href: impl Into<String>) -> Self {
        self.csv = Some(href.into());
        self
    }

    pub fn render(self) -> Markup {
        self.export();
        let Self { view, label, rows, columns, empty, filters, next, csv } = self;
        let csv = csv.or_else(|| view.export.as_ref().map(|_| view.csv_of(&label)));
        let later = view.query("cursor").is_some();
        let whole = !later && next.is_none() && columns.iter().all(|column| column.orders.is_none());
        html! {
            div.table-box {
                @if !filters.0.is_empty() {
                    form.filters method="get" action=(view.here()) data-auto {
                        (filters)
                        button.button.quiet type="submit" { (view.t("ui-filter")) }
                    }
                }
                @if rows.is_empty() { (empty) } @else {
                    table data-sortable=(if whole { "rows" } else { "" }) {
                        caption.unseen { (label) }
                        thead { tr { @for column in &columns { (head(view, column)) } } }
                        tbody {
                            @for row in rows {
                                tr {
                                    @for column in &columns {
                                        td.number[column.number] data-label=(column.title) { ((column.cell)(row)) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if later || next.is_some() || (csv.is_some() && !rows.is_empty()) {
                    nav.paging aria-label={ (label) ": " (view.t("ui-pages")) } {
                        @if later { a href=(view.without_query("cursor")) { (view.t("ui-newest")) } }
                        @if let Some(next) = &next { a href=(view.with_query("cursor", next)) rel="next" { (view.t("ui-older")) } }
                        @if let Some(csv) = csv.as_ref().filter(|_| !rows.is_empty()) {
                            a.csv href=(csv) download { (view.t("ui-csv")) }
                        }
                    }
                }
            }
        }
    }
}

impl<T> Table<'_, T> {
    /// Leaves the rows for a file, when the page was asked for to have it.
    fn export(&self) {
        let Some(export) = self.view.wants_csv(&self.label) else { return };
        let said: Vec<&Column<'_, T>> = self.columns.iter().filter(|column| !column.title.is_empty()).collect();
        let titles = said.iter().map(|column| column.title.clone()).collect();
        let cells = |row: &T| said.iter().map(|column| cell(&(column.cell)(row), column.number)).collect();
        export.add(titles, self.rows.iter().map(cells).collect(), self.next.clone());
    }
}

fn head<T>(view: &View, column: &Column<'_, T>) -> Markup {
    let sorted = view.query("sort");
    let (rises, falls) = match column.orders {
        Some([falling, rising]) => (sorted == Some(rising), sorted == Some(falling)),
        None => (false, false),
    };
    let order = if rises { Some("ascending") } else { falls.then_some("descending") };
    html! {
        th.number[column.number] scope="col" aria-sort=[order] {
            @match column.orders {
                Some([falling, rising]) => {
                    a href=(view.first_page_with("sort", if falls { rising } else { falling })) { (column.title) }
                }
                None => @if column.title.is_empty() { span.unseen { (view.t("ui-actions")) } } @else { (column.title) },
            }
        }
    }
}

impl View {
    /// The first page of this list with one parameter set to another value.
    fn first_page_with(&self, name: &str, value: &str) -> String {
        let first = Self { path: self.without_query("cursor"), ..self.clone() };
        first.with_query(name, value)
    }

    /// This page's address with one parameter set to another value.
    pub fn with_query(&self, name: &str, value: &str) -> String {
        let rest = self.without_query(name);
        let joint = if rest.contains('?') { '&' } else { '?' };
        format!("{rest}{joint}{name}={}", escaped(value))
    }

    /// This page's address without one parameter.
    pub fn without_query(&self, name: &str) -> String {
        let Some((path, query)) = self.path.split_once('?') else { return self.path.clone() };
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name)).collect();
        if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
    }
}

/// A text as part of a query.
pub fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::sample_view;

    #[test]
    fn the_next_page_keeps_the_filter_and_replaces_the_cursor() {
        let view = View { path: "/console/orders?state=paid&cursor=a".to_owned(), ..sample_view() };
        assert_eq!(view.with_query("cursor", "b c"), "/console/orders?state=paid&cursor=b%20c");
        assert_eq!(view.without_query("cursor"), "/console/orders?state=paid");
        assert_eq!(view.without_query("other"), view.path);
    }
}
