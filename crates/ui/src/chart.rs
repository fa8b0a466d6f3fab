//! Charts as SVG made by the server, each with its table behind it.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::View;

/// One column: its name, its value for the drawing, and the value as it is written.
#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    pub value: i64,
    pub shown: String,
}

const WIDTH: i64 = 640;
const HEIGHT: i64 = 180;
const FLOOR: i64 = 156;
const TOP: i64 = 8;
/// A few bars stay bars: each has at most the twelfth part of the width.
const PLACES_MIN: usize = 12;

/// Counts or amounts side by side.
pub fn bars(view: &View, title: &str, data: &[Bar]) -> Markup {
    let highest = highest(data);
    let places = data.len().max(PLACES_MIN);
    let step = WIDTH / i64::try_from(places).unwrap_or(WIDTH);
    let gap = (step / 5).max(1);
    let drawn = html! {
        @for (place, bar) in (0_i64..).zip(data) {
            @let top = y(bar.value, highest);
            rect x=(place * step + gap / 2) y=(top) width=((step - gap).max(1)) height=(FLOOR - top) rx="2" {
                title { (bar.label) ": " (bar.shown) }
            }
        }
    };
    figure(view, title, data, ("bars", places), &drawn)
}

/// What goes up and down over time.
pub fn lines(view: &View, title: &str, data: &[Bar]) -> Markup {
    let highest = highest(data);
    let step = WIDTH / i64::try_from(data.len().max(2) - 1).unwrap_or(WIDTH).max(1);
    let mut line = String::new();
    for (place, point) in (0_i64..).zip(data) {
        let _ = write!(line, "{}{},{} ", if place == 0 { "M" } else { "L" }, place * step, y(point.value, highest));
    }
    let last = step * i64::try_from(data.len().saturating_sub(1)).unwrap_or(0);
    let area = format!("{line}L{last},{FLOOR} L0,{FLOOR} Z");
    let drawn = html! {
        path.area d=(area) {}
        path.line d=(line.trim_end()) {}
    };
    figure(view, title, data, ("lines", data.len().max(2) - 1), &drawn)
}

fn highest(data: &[Bar]) -> i64 {
    data.iter().map(|bar| bar.value).max().unwrap_or(0).max(1)
}

fn y(value: i64, highest: i64) -> i64 {
    let height = i128::from(value.max(0)) * i128::from(FLOOR - TOP) / i128::from(highest);
    FLOOR - i64::try_from(height).unwrap_or(0)
}

fn figure(view: &View, title: &str, data: &[Bar], (class, places): (&str, usize), drawn: &Markup) -> Markup {
    // As many names below as there is room for, each where its value begins.
    let every = (places / 4).max(1);
    let named = data.iter().enumerate().step_by(every).filter(|(place, _)| place + every <= places);
    html! {
        figure.chart {
            figcaption { (title) }
            svg class=(class) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) preserveAspectRatio="none" {
                line.floor x1="0" x2=(WIDTH) y1=(FLOOR) y2=(FLOOR) {}
                (drawn)
            }
            svg.chart-names aria-hidden="true" {
                @for (place, bar) in named { text x={ (place * 100 / places) "." (place * 1_000 / places % 10) "%" } y="12" { (bar.label) } }
            }
            details.chart-table {
                summary { (view.t("ui-chart-table")) }
                table {
                    caption.unseen { (title) }
                    tbody {
                        @for bar in data { tr { th scope="row" { (bar.label) } td.number { (bar.shown) } } }
                    }
                }
            }
        }
    }
}
