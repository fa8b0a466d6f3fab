//! The few kinds of value that a statement takes, the same for both engines.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::time::Timestamp;

/// One bound value; `None` is a typed null.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Uuid(Option<Uuid>),
    Bool(Option<bool>),
    Time(Option<Timestamp>),
    Json(Option<serde_json::Value>),
    Bytes(Option<Vec<u8>>),
}

/// What can be bound to a statement.
pub trait ToArg {
    const NULL: Arg;
    fn to_arg(self) -> Arg;
}

impl<T: ToArg> ToArg for Option<T> {
    const NULL: Arg = T::NULL;
    fn to_arg(self) -> Arg {
        self.map_or(T::NULL, T::to_arg)
    }
}

macro_rules! plain {
    ($($type:ty => $kind:ident),+ $(,)?) => {$(
        impl ToArg for $type {
            const NULL: Arg = Arg::$kind(None);
            fn to_arg(self) -> Arg {
                Arg::$kind(Some(self.into()))
            }
        }
    )+};
}

plain! {
    i64 => Int, i32 => Int, u32 => Int, u16 => Int,
    String => Text, &str => Text, &String => Text,
    Uuid => Uuid, bool => Bool, Timestamp => Time,
    serde_json::Value => Json, Vec<u8> => Bytes, &[u8] => Bytes,
}

impl ToArg for Decimal {
    const NULL: Arg = Arg::Text(None);
    fn to_arg(self) -> Arg {
        Arg::Text(Some(self.to_string()))
    }
}

/// A value for a JSON column. It has to serialise to an object or an array: SQLite would turn a bare number into an integer.
pub fn json<T: serde::Serialize>(value: &T) -> Arg {
    Arg::Json(Some(serde_json::to_value(value).unwrap_or_default()))
}

/// The values of a statement, in order: `args![order.id, order.state]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::arg::IntoArg::into_arg($value)),*] };
}

/// Accepts ready [`Arg`]s beside everything that can become one.
pub trait IntoArg {
    fn into_arg(self) -> Arg;
}

impl<T: ToArg> IntoArg for T {
    fn into_arg(self) -> Arg {
        self.to_arg()
    }
}

impl IntoArg for Arg {
    fn into_arg(self) -> Arg {
        self
    }
}
