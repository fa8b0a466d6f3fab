//! From a file to listings.

use std::collections::BTreeMap;

use kernel::Localized;
use serde_json::{Map, Value};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    Base, FileError, Written, is_key,
    types::{Leaf, Place, Step},
};

/// A text with more commas and line ends than this holds more values than any file of listings needs; each value takes a
/// hundred times its length while it is read.
const MARKS_MAX: usize = 1_000_000;
/// The same of one product.
const MARKS_OF_ONE_MAX: usize = 50_000;

fn check_size(text: &str, most: usize) -> Result<(), FileError> {
    if text.contains('\0') || text.contains("\\u0000") || text.contains("\\U00000000") || text.contains("\\x00") {
        return Err(FileError::new(None, "", ("must not contain the character NUL", "不能包含 NUL 字符")));
    }
    let marks = text.bytes().filter(|byte| matches!(byte, b',' | b'\n')).count();
    if marks <= most {
        return Ok(());
    }
    let hint = ("holds too many values; send it in parts", "的内容过多，须拆分后分别提交");
    Err(FileError::new(None, "", hint))
}

/// One product in one file.
pub(crate) fn read_one(text: &str) -> Result<Written, Vec<FileError>> {
    check_size(text, MARKS_OF_ONE_MAX).map_err(|wrong| vec![wrong])?;
    let places = Places::of(text);
    let table = DeTable::parse(text).map_err(|error| vec![places.syntax(&error)])?;
    written(table.get_ref(), 1, &places).map_err(|wrong| vec![wrong])
}

/// Many products in one file, each below `[[products]]`. What is wrong with one of them does not keep the others.
pub(crate) fn read_many(text: &str) -> Result<Vec<Result<Written, FileError>>, FileError> {
    check_size(text, MARKS_MAX)?;
    let places = Places::of(text);
    let table = DeTable::parse(text).map_err(|error| places.syntax(&error))?;
    let products =
        table.get_ref().iter().find(|(name, _)| name.get_ref() == "products").map(|(_, value)| value.get_ref());
    let Some(DeValue::Array(products)) = products else {
        let hint = ("must hold its products below [[products]]", "中的商品须写在 [[products]] 之下");
        return Err(FileError::new(None, "", hint));
    };
    let read = |product: &Spanned<DeValue<'_>>| {
        let line = places.line(product.span().start);
        match product.get_ref() {
            DeValue::Table(table) => written(table, line, &places),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => Err(FileError::new(Some(line), "", ("must be a table", "须为表"))),
        }
    };
    Ok(products.iter().map(read).collect())
}

fn written(table: &DeTable<'_>, line: u64, places: &Places) -> Result<Written, FileError> {
    let mut lines = BTreeMap::new();
    let mut fields = Map::new();
    let (mut key, mut base) = (None, None);
    let place = Place::root();
    for (name, value) in table {
        let (name, at) = (name.get_ref().as_ref(), places.line(name.span().start));
        lines.insert(name.to_owned(), at);
        match name {
            "key" => key = value.get_ref().as_str().map(str::to_owned),
            "base" => {
                let given = plain(value.get_ref(), &Place::root(), "base", (places, &mut lines));
                base = Some(serde_json::from_value::<Base>(given).map_err(|error| {
                    let message = Localized::new(
                        format!("is not as it was exported ({error}); take the line out or export again"),
                        format!("与导出时不符（{error}），须删除该行或重新导出"),
                    );
                    FileError::new(Some(at), "base", message)
                })?);
            }
            name => {
                let inside = place.step(&Step::Field(name.to_owned()));
                fields.insert(name.to_owned(), plain(value.get_ref(), &inside, name, (places, &mut lines)));
            }
        }
    }
    let wrong = |line: u64| {
        let hint = (
            "must be the name under which you know the product: small letters, digits, hyphens, at most 60",
            "须为您给商品起的代号：小写字母、数字和连字符，最多 60 个",
        );
        FileError::new(Some(line), "key", hint)
    };
    let at = lines.get("key").copied().unwrap_or(line);
    let key = key.filter(|key| is_key(key)).ok_or_else(|| wrong(at))?;
    Ok(Written { key, base, listing: Value::Object(fields), line, lines })
}

/// A value as the API has it: a number is a text where the field takes one, so that no price goes through a float.
fn plain(value: &DeValue<'_>, place: &Place, path: &str, into: (&Places, &mut BTreeMap<String, u64>)) -> Value {
    let (places, lines) = into;
    match value {
        DeValue::String(text) => Value::String(text.replace("\r\n", "\n")),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Float(number) => Value::String(number.as_str().to_owned()),
        DeValue::Integer(number) => {
            let as_text = place.leaf() == Some(Leaf::Text);
            let whole = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|_| !as_text);
            whole.map_or_else(|| Value::String(number.as_str().to_owned()), Value::from)
        }
        DeValue::Array(items) => array(items, place, path, (places, lines)),
        DeValue::Table(fields) => {
            let mut read = Map::new();
            for (name, value) in fields {
                let at = format!("{path}.{}", name.get_ref());
                lines.insert(at.clone(), places.line(name.span().start));
                let inside = place.step(&Step::Field(name.get_ref().to_string()));
                read.insert(name.get_ref().to_string(), plain(value.get_ref(), &inside, &at, (places, &mut *lines)));
            }
            Value::Object(read)
        }
    }
}

fn array(items: &DeArray<'_>, place: &Place, path: &str, into: (&Places, &mut BTreeMap<String, u64>)) -> Value {
    let (places, lines) = into;
    let mut read = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = format!("{path}[{index}]");
        lines.insert(at.clone(), places.line(item.span().start));
        read.push(plain(item.get_ref(), &place.step(&Step::Item(index)), &at, (places, &mut *lines)));
    }
    Value::Array(read)
}

/// Where the lines of a text begin.
struct Places(Vec<usize>);

impl Places {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn line(&self, at: usize) -> u64 {
        u64::try_from(self.0.partition_point(|end| *end < at)).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn syntax(&self, error: &toml::de::Error) -> FileError {
        let line = error.span().map(|span| self.line(span.start));
        let said = error.message();
        FileError::new(line, "", (format!("is no TOML: {said}"), format!("不是有效的 TOML：{said}")))
    }
}
