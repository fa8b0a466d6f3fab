//! Lists in pages: newest first, an opaque cursor to the next page.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, Type},
    },
};
use uuid::Uuid;

use crate::refusal::Invalid;

pub const LIMIT_DEFAULT: u32 = 20;
pub const LIMIT_MAX: u32 = 100;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Each kind of page has a name of its own in the API document.
impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("Page_{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let cursor = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Pass it as `cursor` to read on; absent on the last page"));
        ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(Ref::from_schema_name(T::name())))
            .required("items")
            .property("next_cursor", cursor)
            .into()
    }
}

/// Which page is wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// The checked form of [`PageQuery`]: rows older than `before`, `limit` of them.
#[derive(Clone, Copy, Debug)]
pub struct PageOf {
    pub before: Option<Uuid>,
    pub limit: u32,
}

impl PageQuery {
    pub fn checked(&self) -> Result<PageOf, Invalid> {
        let mut wrong = Invalid::default();
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        let range = (format!("must be from 1 to {LIMIT_MAX}"), format!("须在 1 到 {LIMIT_MAX} 之间"));
        wrong.check((1..=LIMIT_MAX).contains(&limit), "limit", range);
        let given = ("must be a next_cursor that this list has given", "须为该列表返回过的 next_cursor");
        let before = self.cursor.as_deref().map(Uuid::try_parse).transpose().map_err(|_| given);
        let before = wrong.keep(before, "cursor").flatten();
        wrong.done()?;
        Ok(PageOf { before, limit })
    }
}

impl PageOf {
    /// How many rows to ask the store for: one more than the page, to know whether there is a next one.
    pub fn fetch(self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the fetched rows to the page and finds its cursor.
    pub fn page<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|row| id(row).to_string()) } else { None };
        Page { items: rows, next_cursor }
    }
}

impl<T> Page<T> {
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}
