//! Many listings in one table: a line for each product, a column for each field, named by its path in the listing.

use std::collections::BTreeSet;

use kernel::Localized;
use serde_json::{Map, Value};

use super::{
    FileError, Written, is_key,
    types::{Leaf, Place, Step, steps},
};

/// A table to begin with, each title with an example: one licence, paid by the month or by the year.
const TEMPLATE: [(&str, &str); 27] = [
    ("key", "log-lens"),
    ("name.en", "Log Lens"),
    ("name.zh", "日志透镜"),
    ("summary.en", "Finds the line that matters."),
    ("summary.zh", "找到关键的那一行。"),
    ("description.en", "What it does, for whom, and how it is used"),
    ("description.zh", "商品的功能、适用对象和使用方法"),
    ("version", "V1.0"),
    ("categories", "developer-tools; security"),
    ("currency", "CNY"),
    ("delivery_days", "0"),
    ("support.hours.en", "Monday to Friday, 9:00 to 18:00"),
    ("support.hours.zh", "周一至周五 9:00–18:00"),
    ("support.content.en", "Installation, upgrades, faults"),
    ("support.content.zh", "安装、升级、故障处理"),
    ("support.hotline", "400-820-8820"),
    ("support.email", "support@example.com"),
    ("agreement", "agreement.pdf"),
    ("specs[0].code", "server"),
    ("specs[0].name.en", "Server installation"),
    ("specs[0].name.zh", "服务器部署"),
    ("specs[0].billing_mode", "period"),
    ("specs[0].skus[0].billing.mode", "period"),
    ("specs[0].skus[0].billing.month.price.base", "99.00"),
    ("specs[0].skus[0].billing.month.periods_max", "36"),
    ("specs[0].skus[0].billing.year.price.base", "990.00"),
    ("specs[0].skus[0].billing.year.periods_max", "5"),
];

/// The titles and the lines of a table to begin with.
pub(crate) fn template_rows() -> (Vec<String>, Vec<Vec<String>>) {
    let titles = TEMPLATE.iter().map(|(title, _)| (*title).to_owned()).collect();
    (titles, vec![TEMPLATE.iter().map(|(_, example)| (*example).to_owned()).collect()])
}

/// More lines than that are refused as a whole; no more of them are kept.
pub(crate) const LINES_MAX: usize = 20_000;
/// So many items may a list have that a column names by its place.
const ITEMS_MAX: usize = 200;
const COLUMNS_MAX: usize = 500;

struct Column {
    name: String,
    steps: Vec<Step>,
    leaf: Leaf,
}

/// What each line says. An error: the table as a whole cannot be read.
pub(crate) fn read_table(text: &str) -> Result<Vec<Result<Written, FileError>>, Vec<FileError>> {
    // The reader counts a line only when it has read past its end, which with two letters is too late.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().next().unwrap_or_default();
    // What is copied from a spreadsheet comes with tabs; some spreadsheets save with semicolons.
    let delimiter = if first.contains('\t') {
        b'\t'
    } else if first.contains(',') {
        b','
    } else {
        b';'
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let unreadable = |error: &csv::Error| {
        let line = error.position().map(csv::Position::line);
        FileError::new(line, "", (format!("cannot be read: {error}"), format!("无法读取：{error}")))
    };
    let titles = reader.headers().map_err(|error| vec![unreadable(&error)])?.clone();
    let (key, columns) = columns(&titles)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() > LINES_MAX {
            break;
        }
        match record {
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(record) => rows.push(row(&record, key, &columns)),
            Err(error) => rows.push(Err(unreadable(&error))),
        }
    }
    Ok(rows)
}

/// Where the key stands, and what the other columns are.
type Columns = (usize, Vec<(usize, Column)>);

fn columns(titles: &csv::StringRecord) -> Result<Columns, Vec<FileError>> {
    let mut wrong = Vec::new();
    let mut found = Vec::new();
    let mut key = None;
    let mut seen = BTreeSet::new();
    let mut refuse = |name: &str, en: &str, zh: &str| wrong.push(FileError::new(Some(1), name, (en, zh)));
    if titles.len() > COLUMNS_MAX {
        refuse("", "may have at most 500 columns", "最多 500 列");
    }
    for (at, name) in titles.iter().enumerate() {
        let name = name.trim();
        if name.is_empty() {
            continue;
        }
        if !seen.insert(name) {
            refuse(name, "is the title of two columns", "有两列同名");
        }
        if name == "key" {
            key = Some(at);
            continue;
        }
        let steps = steps(name).filter(|steps| !leads_too_far(steps));
        let leaf =
            steps.as_ref().and_then(|steps| steps.iter().fold(Place::root(), |place, step| place.step(step)).leaf());
        match (steps, leaf) {
            (Some(steps), Some(leaf)) => found.push((at, Column { name: name.to_owned(), steps, leaf })),
            (Some(_) | None, _) => {
                refuse(
                    name,
                    "is no field of a listing; name columns like name.en or specs[0].code",
                    "不是商品字段，列名应为 name.en、specs[0].code 这样的路径",
                );
            }
        }
    }
    match key {
        Some(key) if wrong.is_empty() => {
            // What comes first in a list is put there first, wherever its column stands.
            found.sort_by(|(_, one), (_, other)| one.steps.cmp(&other.steps));
            Ok((key, found))
        }
        Some(_) => Err(wrong),
        None => {
            wrong.push(FileError::new(
                Some(1),
                "key",
                ("is missing: a column with your own name of each product", "列缺失，须有一列写明您给每个商品起的代号"),
            ));
            Err(wrong)
        }
    }
}

fn leads_too_far(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Item(index) if *index >= ITEMS_MAX))
}

fn row(record: &csv::StringRecord, key: usize, columns: &[(usize, Column)]) -> Result<Written, FileError> {
    let line = record.position().map_or(0, csv::Position::line);
    let key = record.get(key).unwrap_or_default().trim();
    if !is_key(key) {
        let hint = (
            "must be your own name of the product: small letters, digits, hyphens, at most 60",
            "须为您给商品起的代号：小写字母、数字和连字符，最多 60 个",
        );
        return Err(FileError::new(Some(line), "key", hint));
    }
    let mut listing = Value::Object(Map::new());
    for (at, column) in columns {
        let cell = record.get(*at).unwrap_or_default().trim();
        if cell.is_empty() {
            continue;
        }
        let value = value(cell, column.leaf).map_err(|message| FileError::new(Some(line), &column.name, message))?;
        put(&mut listing, &column.steps, value).map_err(|before| {
            let message = (
                format!("is filled, but nothing stands in [{before}] before it; fill a list from its beginning"),
                format!("已填写，但前面的 [{before}] 没有内容，列表须从头填起"),
            );
            FileError::new(Some(line), &column.name, message)
        })?;
    }
    Ok(Written { key: key.to_owned(), base: None, listing, line, lines: std::collections::BTreeMap::new() })
}

fn value(cell: &str, leaf: Leaf) -> Result<Value, Localized> {
    if cell.contains('\0') {
        return Err(Localized::new("must not contain the character NUL", "不能包含 NUL 字符"));
    }
    match leaf {
        Leaf::Text => Ok(Value::String(cell.to_owned())),
        Leaf::Texts => {
            let items = cell.split([';', '；', '|', '\n']).map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        Leaf::Number => {
            let number = cell.parse::<u64>().map(Value::from);
            number.map_err(|_| Localized::new("must be a whole number", "须为整数"))
        }
        Leaf::Flag => match cell.to_lowercase().as_str() {
            "true" | "yes" | "1" | "是" => Ok(Value::Bool(true)),
            "false" | "no" | "0" | "否" => Ok(Value::Bool(false)),
            _ => Err(Localized::new("must be true or false", "须为 true 或 false")),
        },
    }
}

/// Writes a value at the end of a path, with everything on the way there. An error: the place in a list before this one that
/// is still empty.
fn put(into: &mut Value, steps: &[Step], value: Value) -> Result<(), usize> {
    let Some((step, rest)) = steps.split_first() else {
        *into = value;
        return Ok(());
    };
    let inside = match step {
        Step::Field(name) => {
            if !into.is_object() {
                *into = Value::Object(Map::new());
            }
            into.as_object_mut().map(|fields| fields.entry(name.clone()).or_insert(Value::Null))
        }
        Step::Item(index) => {
            if !into.is_array() {
                *into = Value::Array(Vec::new());
            }
            match into.as_array_mut() {
                Some(items) if items.len() < *index => return Err(items.len()),
                Some(items) => {
                    if items.len() == *index {
                        items.push(Value::Object(Map::new()));
                    }
                    items.get_mut(*index)
                }
                None => None,
            }
        }
    };
    inside.map_or(Ok(()), |inside| put(inside, rest, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rules::Listing;

    #[test]
    fn the_template_is_a_listing() {
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let (titles, examples) = template_rows();
        table.write_record(titles).unwrap();
        table.write_record(&examples[0]).unwrap();
        let rows = read_table(&String::from_utf8(table.into_inner().unwrap()).unwrap()).unwrap();
        let row = rows[0].as_ref().unwrap();
        assert_eq!((rows.len(), row.key.as_str(), row.line), (1, "log-lens", 2));
        assert_eq!(row.listing["categories"], json!(["developer-tools", "security"]));
        assert_eq!(
            row.listing["specs"][0]["skus"][0]["billing"]["month"],
            json!({"price": {"base": "99.00"}, "periods_max": 36})
        );
        let mut listing = row.listing.clone();
        listing.as_object_mut().unwrap().remove("agreement");
        serde_json::from_value::<Listing>(listing).unwrap();
    }

    #[test]
    fn a_wrong_cell_is_named_with_line_and_column() {
        let rows = read_table("key;delivery_days;name.en\na;soon;Lens\nB b;1;Lens\n;;\nc;2;\"Long\nLens\"\nd;3;Last\n")
            .unwrap();
        let wrong = |at: usize| rows[at].as_ref().map_err(|wrong| (wrong.line, wrong.field.clone()));
        assert_eq!(wrong(0).unwrap_err(), (Some(2), "delivery_days".to_owned()));
        assert_eq!(wrong(1).unwrap_err(), (Some(3), "key".to_owned()));
        assert_eq!((rows.len(), wrong(3).unwrap().line), (4, 7));
    }

    #[test]
    fn a_list_is_filled_from_its_beginning() {
        let rows = read_table("key,specs[19].code,specs[0].code,specs[1].code\na,z,,\nb,,x,y\nc,,,y\n").unwrap();
        let wrong = |at: usize| rows[at].as_ref().unwrap_err().field.clone();
        assert_eq!((wrong(0), wrong(2)), ("specs[19].code".to_owned(), "specs[1].code".to_owned()));
        assert_eq!(rows[1].as_ref().unwrap().listing["specs"], json!([{"code": "x"}, {"code": "y"}]));
    }

    #[test]
    fn columns_may_stand_in_any_order_and_lines_end_in_any_way() {
        let rows = read_table("key,specs[1].code,specs[0].code\ra,y,x\rb,y,x\r").unwrap();
        let lines: Vec<u64> = rows.iter().map(|row| row.as_ref().unwrap().line).collect();
        assert_eq!(lines, [2, 3]);
        assert_eq!(rows[0].as_ref().unwrap().listing["specs"], json!([{"code": "x"}, {"code": "y"}]));
    }

    #[test]
    fn a_column_that_is_no_field_refuses_the_table() {
        let fields =
            |text: &str| read_table(text).unwrap_err().into_iter().map(|wrong| wrong.field).collect::<Vec<_>>();
        assert_eq!(fields("key,colour,name.en,name.en,specs[9999].code\n"), ["colour", "name.en", "specs[9999].code"]);
        assert_eq!(fields("name.en\n"), ["key"]);
    }

    proptest! {
        #[test]
        fn no_table_is_a_fault(text in "(key|,|;|\n|\"|name.en|\\PC){0,60}") {
            let _ = read_table(&text);
        }
    }
}
