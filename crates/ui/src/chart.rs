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
    let scale = Scale::of(data);
    let places = data.len().max(PLACES_MIN);
    let step = WIDTH / i64::try_from(places).unwrap_or(WIDTH);
    let gap = (step / 5).max(1);
    let drawn = html! {
        @for (place, bar) in (0_i64..).zip(data) {
            @let (end, zero) = (scale.y(bar.value), scale.y(0));
            rect.below[bar.value < 0] x=(place * step + gap / 2) y=(end.min(zero)) width=((step - gap).max(1)) height=((end - zero).abs()) rx="2" {
                title { (bar.label) ": " (bar.shown) }
            }
        }
    };
    figure(view, title, data, ("bars", places, scale), &drawn)
}

/// What goes up and down over time.
pub fn lines(view: &View, title: &str, data: &[Bar]) -> Markup {
    let scale = Scale::of(data);
    let step = WIDTH / i64::try_from(data.len().max(2) - 1).unwrap_or(WIDTH).max(1);
    let mut line = String::new();
    for (place, point) in (0_i64..).zip(data) {
        let _ = write!(line, "{}{},{} ", if place == 0 { "M" } else { "L" }, place * step, scale.y(point.value));
    }
    let last = step * i64::try_from(data.len().saturating_sub(1)).unwrap_or(0);
    let zero = scale.y(0);
    let area = format!("{line}L{last},{zero} L0,{zero} Z");
    let drawn = html! {
        @if !data.is_empty() {
            path.area d=(area) {}
            path.line d=(line.trim_end()) {}
        }
    };
    figure(view, title, data, ("lines", data.len().max(2) - 1, scale), &drawn)
}

/// From the lowest to the highest value; zero is always on it.
#[derive(Clone, Copy, Debug)]
struct Scale {
    low: i64,
    high: i64,
}

impl Scale {
    fn of(data: &[Bar]) -> Self {
        let values = || data.iter().map(|bar| bar.value);
        Self { low: values().min().unwrap_or(0).min(0), high: values().max().unwrap_or(0).max(1) }
    }

    fn y(self, value: i64) -> i64 {
        let (low, high) = (i128::from(self.low), i128::from(self.high));
        let height = (i128::from(value) - low) * i128::from(FLOOR - TOP) / (high - low);
        FLOOR - i64::try_from(height).unwrap_or(0)
    }
}

/// What the drawing goes up to, and down to where it goes below zero.
fn ends(view: &View, data: &[Bar], scale: Scale) -> Markup {
    let shown = |value: i64| data.iter().find(|bar| bar.value == value).map(|bar| bar.shown.as_str());
    html! {
        p.chart-scale {
            @if let Some(highest) = shown(scale.high) { span { (view.t("ui-chart-highest")) " " (highest) } }
            @if let Some(lowest) = shown(scale.low).filter(|_| scale.low < 0) { span { (view.t("ui-chart-lowest")) " " (lowest) } }
        }
    }
}

fn figure(
    view: &View,
    title: &str,
    data: &[Bar],
    (class, places, scale): (&str, usize, Scale),
    drawn: &Markup,
) -> Markup {
    // As many names below as there is room for, each where its value begins.
    let every = (places / 4).max(1);
    let named = data.iter().enumerate().step_by(every).filter(|(place, _)| place + every <= places);
    html! {
        figure.chart {
            figcaption { (title) }
            (ends(view, data, scale))
            svg class=(class) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) preserveAspectRatio="none" {
                line.ceiling x1="0" x2=(WIDTH) y1=(TOP) y2=(TOP) {}
                line.floor x1="0" x2=(WIDTH) y1=(scale.y(0)) y2=(scale.y(0)) {}
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[i64]) -> Scale {
        let bar = |value: &i64| Bar { label: String::new(), value: *value, shown: value.to_string() };
        Scale::of(&values.iter().map(bar).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_below_zero_is_drawn_below_the_line() {
        let both = scale(&[100, -100, 0]);
        assert_eq!((both.y(100), both.y(-100), both.y(0)), (TOP, FLOOR, TOP + (FLOOR - TOP) / 2));
        let above = scale(&[3, 7]);
        assert_eq!((above.y(7), above.y(0)), (TOP, FLOOR));
        let nothing = scale(&[]);
        assert_eq!(nothing.y(0), FLOOR);
        let wide = scale(&[i64::MAX, i64::MIN]);
        assert_eq!((wide.y(i64::MAX), wide.y(i64::MIN)), (TOP, FLOOR));
    }
}
