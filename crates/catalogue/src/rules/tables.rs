//! Prices of many SKUs at once: as a table that a spreadsheet has made, and by a formula of a base and a factor for each value.

use std::collections::BTreeMap;

use kernel::{Invalid, Localized};
use rust_decimal::Decimal;

use super::{
    draft::{Attribute, AttributeValue, Sku, Spec},
    shape::{Cells, Column, Shape, prices_of, with_set_up},
};

/// So many mistakes of a table are told at once.
const MISTAKES_MAX: usize = 20;
const SOLD: &str = "sold";

/// What a value of an attribute does to a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Factor {
    Add(Decimal),
    Times(Decimal),
}

impl Factor {
    /// `+100`, `-5`, `100`; `x1.5`, `×1.5`, `*1.5`; `150%` is `×1.5`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('＋', "+").replace('％', "%");
        if let Some(times) = text.strip_prefix(['x', 'X', '×', '*']) {
            return amount(times).map(Self::Times);
        }
        if let Some(percent) = text.strip_suffix('%') {
            return amount(percent)?.checked_div(Decimal::ONE_HUNDRED).map(Self::Times);
        }
        amount(text.trim_start_matches('+')).map(Self::Add)
    }
}

/// An amount as people type it: blanks anywhere, commas between thousands. A comma that stands elsewhere may be the decimal
/// sign of another country, so it is refused instead of being read as nothing.
pub(crate) fn amount(text: &str) -> Option<Decimal> {
    let text = text.replace([' ', '\u{a0}', '\u{202f}'], "").replace('，', ",");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default().len();
    let grouped = whole.contains(',');
    if rest.contains(',') || (grouped && !((1..=3).contains(&first) && groups.all(|group| group.len() == 3))) {
        return None;
    }
    text.replace(',', "").parse().ok()
}

/// A computed unit price: to the cent, or as fine as what it was computed from, half to even. `None`: nothing would be left
/// of a price.
pub(crate) fn rounded(price: Decimal, finest: u32) -> Option<Decimal> {
    let rounded = price.round_dp(finest.clamp(CENTS, UNIT_PRICE_SCALE));
    Some(rounded).filter(|rounded| rounded.is_zero() == price.is_zero())
}

const CENTS: u32 = 2;
/// Unit prices have at most so many decimals.
const UNIT_PRICE_SCALE: u32 = 8;

/// All that is added comes before all that multiplies; rounded to the cent, or as fine as the base, half to even.
pub(crate) fn by_formula(base: Decimal, factors: &[Factor]) -> Option<Decimal> {
    let mut price = base;
    for factor in factors {
        if let Factor::Add(more) = factor {
            price = price.checked_add(*more)?;
        }
    }
    for factor in factors {
        if let Factor::Times(times) = factor {
            price = price.checked_mul(*times)?;
        }
    }
    rounded(price, base.normalize().scale())
        .filter(|price| !price.is_sign_negative() && pricing::price_is_bounded(*price))
}

/// What a column of a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Title {
    Attribute(String),
    Sold,
    Price(usize),
}

impl Spec {
    /// The prices as a table: titles, then a row for each SKU.
    pub(crate) fn sheet(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let shape = Shape::of(self);
        let enums: Vec<&str> = self.enums().into_iter().map(|(code, _)| code).collect();
        let mut titles: Vec<String> = enums.iter().map(|code| (*code).to_owned()).collect();
        titles.push(SOLD.to_owned());
        titles.extend(shape.columns().iter().map(title_of));
        let row = |sku: &Sku| {
            let mut row: Vec<String> =
                enums.iter().map(|code| sku.values.get(*code).cloned().unwrap_or_default()).collect();
            row.push(if sku.not_sold { "no" } else { "yes" }.to_owned());
            let cells = shape.cells(sku.billing.as_ref()).unwrap_or_default();
            row.extend(cells.iter().map(|cell| cell.map_or_else(String::new, |price| price.to_string())));
            row
        };
        (titles, self.skus.iter().map(row).collect())
    }

    /// Writes a table into the SKUs; a column that it does not have stays as it is. All or nothing is written.
    pub(crate) fn read_sheet(&mut self, text: &str) -> Result<(), Invalid> {
        self.span();
        let shape = Shape::of(self);
        let columns = shape.columns();
        let mut wrong = Invalid::default();
        let mut rows: Vec<Cells> = self.skus.iter().map(|sku| cells_of(&shape, sku)).collect();
        let mut sold: Vec<bool> = self.skus.iter().map(|sku| !sku.not_sold).collect();
        let mut titles: Option<Vec<Title>> = None;
        for (number, record) in records(text)?.into_iter().enumerate() {
            let Some(titles) = &titles else {
                titles = Some(self.titles(&record, &columns)?);
                continue;
            };
            let line = number.saturating_add(1);
            let Some(place) = self.place_of(titles, &record, line, &mut wrong) else { continue };
            for (title, cell) in titles.iter().zip(&record) {
                match title {
                    Title::Attribute(_) => {}
                    Title::Sold => sold[place] = said_yes(cell),
                    Title::Price(column) => {
                        let price = price_of(cell);
                        let hint = (
                            format!("line {line}: '{cell}' is not an amount such as 29.90"),
                            format!("第 {line} 行：“{cell}”不是 29.90 这样的金额"),
                        );
                        wrong.check(price.is_some() || cell.trim().is_empty(), "table", hint);
                        rows[place][*column] = price;
                    }
                }
            }
        }
        let some = titles.is_some();
        wrong.check(some, "table", ("is empty; paste the table with its titles", "为空，须粘贴包含表头的表格"));
        self.write_rows(&shape, &rows, &sold, &mut wrong);
        wrong.0.truncate(MISTAKES_MAX);
        wrong.done()
    }

    /// Prices every SKU that is sold by a formula: a base for each column, a factor for some values.
    pub(crate) fn price_by_formula(
        &mut self,
        bases: &[Option<Decimal>],
        factors: &BTreeMap<(String, String), Factor>,
    ) -> Result<(), Invalid> {
        self.span();
        let shape = Shape::of(self);
        let mut wrong = Invalid::default();
        let mut rows: Vec<Cells> = self.skus.iter().map(|sku| cells_of(&shape, sku)).collect();
        let sold: Vec<bool> = self.skus.iter().map(|sku| !sku.not_sold).collect();
        for (sku, row) in self.skus.iter().zip(&mut rows) {
            let own = sku.values.iter().filter_map(|(code, value)| factors.get(&(code.clone(), value.clone())));
            let own: Vec<Factor> = own.copied().collect();
            for (cell, base) in row.iter_mut().zip(bases) {
                let Some(base) = base else { continue };
                *cell = by_formula(*base, &own);
                let hint = (
                    "comes to less than nothing or too much for some combination; change a factor",
                    "某些组合算出的价格为负数或过大，须调整系数",
                );
                let said = wrong.0.iter().any(|known| known.field == "formula");
                wrong.check(cell.is_some() || sku.not_sold || said, "formula", hint);
            }
        }
        self.write_rows(&shape, &rows, &sold, &mut wrong);
        wrong.0.truncate(MISTAKES_MAX);
        wrong.done()
    }

    fn write_rows(&mut self, shape: &Shape, rows: &[Cells], sold: &[bool], wrong: &mut Invalid) {
        let written = shape.written(rows);
        let names: Vec<String> = self.skus.iter().map(|sku| name_of(self, sku)).collect();
        for (((sku, cells), sold), name) in self.skus.iter_mut().zip(rows).zip(sold).zip(names) {
            sku.not_sold = !sold;
            if !sold {
                sku.billing = None;
                continue;
            }
            // What is paid by use or as a package has no row in such a table.
            if sku.billing.as_ref().is_some_and(|billing| prices_of(billing).is_empty()) {
                continue;
            }
            if let Ok(billing) = shape.billing(cells, &written) {
                sku.billing = Some(with_set_up(billing, sku.billing.as_ref()));
            } else {
                let hint = (
                    format!("{name}: some of its prices are missing; 0 for what is included"),
                    format!("{name}：部分价格未填写，已包含的部分填 0"),
                );
                wrong.check(false, "table", hint);
            }
        }
    }

    fn titles(&self, record: &[String], columns: &[Column]) -> Result<Vec<Title>, Invalid> {
        let enums = self.enums();
        let known: Vec<String> = columns.iter().map(title_of).collect();
        let mut wrong = Invalid::default();
        let mut titles = Vec::with_capacity(record.len());
        for cell in record {
            let cell = cell.trim();
            let own =
                enums.iter().find(|(code, _)| *code == cell).map(|(code, _)| Title::Attribute((*code).to_owned()));
            let price = || known.iter().position(|title| title == cell).map(Title::Price);
            let title = own.or_else(price).or_else(|| (cell == SOLD).then_some(Title::Sold));
            let hint = (
                format!("has the unknown title '{cell}'; download the table to see the titles"),
                format!("表头“{cell}”无法识别，可下载表格查看正确的表头"),
            );
            titles.extend(wrong.keep(title.ok_or(hint), "table"));
        }
        for (code, values) in &enums {
            let there = values.len() < 2 || titles.contains(&Title::Attribute((*code).to_owned()));
            let hint = (
                format!("lacks the title '{code}'; without it nobody knows which SKU a row is"),
                format!("缺少表头“{code}”，无法确定每一行对应的 SKU"),
            );
            wrong.check(there, "table", hint);
        }
        wrong.done()?;
        Ok(titles)
    }

    /// Which SKU a row of a table is.
    fn place_of(&self, titles: &[Title], record: &[String], line: usize, wrong: &mut Invalid) -> Option<usize> {
        let mut values: BTreeMap<&str, &str> = BTreeMap::new();
        for (title, cell) in titles.iter().zip(record) {
            let Title::Attribute(code) = title else { continue };
            let own = self.attributes.iter().find_map(|attribute| match attribute {
                Attribute::Enum { code: own, values, .. } if own == code => Some(values),
                Attribute::Enum { .. } | Attribute::Quantity { .. } => None,
            });
            let value = own.and_then(|values| values.iter().find(|value| is_called(value, cell)));
            let hint = (
                format!("line {line}: '{cell}' is no value of {code}"),
                format!("第 {line} 行：“{cell}”不是 {code} 的值"),
            );
            values.insert(code, &wrong.keep(value.ok_or(hint), "table")?.code);
        }
        let fits = |sku: &Sku| values.iter().all(|(code, value)| sku.values.get(*code).is_some_and(|own| own == value));
        self.skus.iter().position(fits)
    }
}

/// The prices that there are, or blanks where they have another form.
fn cells_of(shape: &Shape, sku: &Sku) -> Cells {
    shape.cells(sku.billing.as_ref()).unwrap_or_else(|| vec![None; shape.columns().len()])
}

fn title_of(column: &Column) -> String {
    column.path().trim_start_matches("billing.").to_owned()
}

fn name_of(spec: &Spec, sku: &Sku) -> String {
    let names: Vec<&str> =
        spec.enums().into_iter().filter_map(|(code, _)| sku.values.get(code)).map(String::as_str).collect();
    if names.is_empty() { spec.code.clone() } else { names.join(" · ") }
}

fn is_called(value: &AttributeValue, text: &str) -> bool {
    let AttributeValue { code, name: Localized { en, zh } } = value;
    let text = text.trim().to_lowercase();
    [code, en, zh].into_iter().any(|own| own.to_lowercase() == text)
}

fn said_yes(cell: &str) -> bool {
    !["no", "false", "0", "n", "否", "不销售"].contains(&cell.trim().to_lowercase().as_str())
}

fn price_of(cell: &str) -> Option<Decimal> {
    amount(cell.trim().trim_start_matches(['¥', '￥', '$', '€'])).filter(|price| pricing::price_is_bounded(*price))
}

/// The rows of a table, parted by tabs as they are copied from a spreadsheet, or by commas as in a file.
fn records(text: &str) -> Result<Vec<Vec<String>>, Invalid> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let unreadable = |error: csv::Error| {
            Invalid::one("table", (format!("cannot be read: {error}"), format!("无法读取：{error}")))
        };
        let cells: Vec<String> = record.map_err(unreadable)?.iter().map(str::to_owned).collect();
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            records.push(cells);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn spec() -> Spec {
        let mut spec: Spec =
            serde_json::from_value(json!({"code": "server", "billing_mode": "one_off", "attributes": [
            {"kind": "enum", "code": "edition", "name": {"en": "Edition", "zh": "版本"}, "values": [
                {"code": "s", "name": {"en": "Standard", "zh": "标准版"}},
                {"code": "p", "name": {"en": "Professional", "zh": "专业版"}}]},
            {"kind": "enum", "code": "os", "name": {"en": "System", "zh": "系统"}, "values": [
                {"code": "linux", "name": {"en": "Linux", "zh": "Linux"}},
                {"code": "windows", "name": {"en": "Windows", "zh": "Windows"}}]}]}))
            .unwrap();
        spec.span();
        spec
    }

    fn prices(spec: &Spec) -> Vec<String> {
        let (_, rows) = spec.sheet();
        rows.into_iter().map(|row| row.join(" ")).collect()
    }

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_formula_prices_every_combination() {
        let mut spec = spec();
        let factor = |attribute: &str, value: &str, text: &str| {
            ((attribute.to_owned(), value.to_owned()), Factor::parse(text).unwrap())
        };
        let factors = BTreeMap::from([factor("edition", "p", "×1.5"), factor("os", "windows", "+40")]);
        spec.price_by_formula(&[Some(dec("100"))], &factors).unwrap();
        assert_eq!(prices(&spec), ["s linux yes 100", "s windows yes 140", "p linux yes 150.0", "p windows yes 210.0"]);
        let below = BTreeMap::from([factor("os", "linux", "-200")]);
        assert_eq!(spec.price_by_formula(&[Some(dec("100"))], &below).unwrap_err().0[0].field, "formula");
    }

    #[test]
    fn a_table_is_read_by_codes_and_by_names() {
        let mut spec = spec();
        let table = "edition\tos\tsold\tprice.base\n标准版\tlinux\tyes\t1,000\nProfessional\tLinux\tyes\t¥2000.50\n\
                     s\twindows\tno\t\np\twindows\t否\t";
        spec.read_sheet(table).unwrap();
        assert_eq!(prices(&spec), ["s linux yes 1000", "s windows no ", "p linux yes 2000.50", "p windows no "]);
    }

    #[test]
    fn what_is_wrong_with_a_table_names_its_line() {
        let said = |table: &str| spec().read_sheet(table).unwrap_err().0[0].message.en.clone();
        assert!(said("edition,os,price\ns,linux,1").contains("'price'"));
        assert!(said("edition,price.base\ns,1").contains("'os'"));
        assert!(said("edition,os,price.base\ns,linux,1\nx,linux,1").contains("line 3: 'x'"));
        assert!(said("edition,os,price.base\ns,linux,much").contains("'much'"));
        assert!(said("").contains("empty"));
    }

    proptest! {
        #[test]
        fn what_was_downloaded_can_be_sent_back(base in 0_u32..1_000_000, more in 0_u32..1000) {
            let mut priced = spec();
            let factors = BTreeMap::from([(("os".to_owned(), "windows".to_owned()), Factor::Add(more.into()))]);
            priced.price_by_formula(&[Some(Decimal::new(base.into(), 2))], &factors).unwrap();
            let (titles, rows) = priced.sheet();
            let text = std::iter::once(titles).chain(rows).map(|row| row.join(",")).collect::<Vec<_>>().join("\n");
            let mut read = spec();
            read.read_sheet(&text).unwrap();
            prop_assert_eq!(prices(&read), prices(&priced));
        }

        #[test]
        fn no_table_is_a_fault(text in ".{0,200}") {
            let _ = (spec().read_sheet(&text), Factor::parse(&text));
        }
    }
}
