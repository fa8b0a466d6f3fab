//! Values on their way into statements.

use kernel::{Arg, Error, Result};
use sqlx::{postgres::PgArguments, sqlite::SqliteArguments};

use super::Engine;

macro_rules! bind_all {
    ($arguments:ty, $args:expr) => {{
        use sqlx::Arguments as _;
        let mut bound = <$arguments>::default();
        for arg in $args {
            let added = match arg {
                Arg::Int(value) => bound.add(value),
                Arg::Text(value) => bound.add(value),
                Arg::Uuid(value) => bound.add(value),
                Arg::Bool(value) => bound.add(value),
                Arg::Time(value) => bound.add(value),
                Arg::Json(value) => bound.add(value.map(sqlx::types::Json)),
                Arg::Bytes(value) => bound.add(value),
            };
            added.map_err(Error::Fault)?;
        }
        Ok(bound)
    }};
}

pub(super) fn sqlite_arguments(args: Vec<Arg>) -> Result<SqliteArguments> {
    bind_all!(SqliteArguments, args)
}

pub(super) fn postgres_arguments(args: Vec<Arg>) -> Result<PgArguments> {
    bind_all!(PgArguments, args)
}

/// Rows as one array for each column: the function that gives them back, and what it takes.
pub(super) fn arrays(rows: Vec<Vec<Arg>>) -> Result<(String, PgArguments)> {
    use sqlx::Arguments as _;
    let width = rows.first().map_or(0, Vec::len);
    let mut columns: Vec<Vec<Arg>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let (mut bound, mut types) = (PgArguments::default(), Vec::with_capacity(width));
    macro_rules! column {
        ($values:expr, $kind:ident, $name:literal, $value:ident => $made:expr) => {{
            let mut column = Vec::with_capacity($values.len());
            for value in $values {
                let Arg::$kind($value) = value else {
                    return Err(Error::fault("a column of rows has two kinds of values"));
                };
                column.push($made);
            }
            types.push($name);
            bound.add(column).map_err(Error::Fault)?;
        }};
    }
    for values in columns {
        match values.first() {
            Some(Arg::Int(_)) => column!(values, Int, "bigint", value => value),
            Some(Arg::Text(_)) => column!(values, Text, "text", value => value),
            Some(Arg::Uuid(_)) => column!(values, Uuid, "uuid", value => value),
            Some(Arg::Bool(_)) => column!(values, Bool, "boolean", value => value),
            Some(Arg::Time(_)) => column!(values, Time, "timestamptz", value => value),
            Some(Arg::Json(_)) => column!(values, Json, "jsonb", value => value.map(sqlx::types::Json)),
            Some(Arg::Bytes(_)) => column!(values, Bytes, "bytea", value => value),
            None => {}
        }
    }
    let columns = (1..=types.len()).map(|place| format!("column{place}")).collect::<Vec<_>>();
    let places = (1..).zip(types).map(|(place, name)| format!("${place}::{name}[]")).collect::<Vec<_>>();
    Ok((format!("unnest({}) as rows({})", places.join(", "), columns.join(", ")), bound))
}

/// The places of rows of values. On SQLite they have no names: each that has one is looked for among all before it.
pub(super) fn placeholders(engine: Engine, rows: usize, width: usize) -> String {
    let row = |row: usize| {
        let place = |place: usize| match engine {
            Engine::Sqlite => "?".to_owned(),
            Engine::Postgres => format!("${}", row * width + place),
        };
        format!("({})", (1..=width).map(place).collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_number_their_places_through_or_leave_them_without_names() {
        assert_eq!(placeholders(Engine::Postgres, 2, 2), "($1, $2), ($3, $4)");
        assert_eq!(placeholders(Engine::Sqlite, 2, 2), "(?, ?), (?, ?)");
    }
}
