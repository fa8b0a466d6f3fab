//! Closed sets of words: an enum that is the same text in the code, the database and the API.

/// Declares an enum whose variants have a fixed text.
///
/// ```
/// kernel::choices! {
///     /// Where an order stands.
///     pub enum Stage { Placed = "placed", Paid = "paid" }
/// }
/// assert_eq!("paid".parse(), Ok(Stage::Paid));
/// assert_eq!(Stage::ALL.len(), 2);
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::choice::UnknownChoice;
            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err($crate::choice::UnknownChoice { found: other.to_owned(), allowed: &[$($text),+] }),
                }
            }
        }

        impl $crate::choice::serde::Serialize for $name {
            fn serialize<S: $crate::choice::serde::Serializer>(&self, s: S) -> ::std::result::Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::choice::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::choice::serde::Deserializer<'de>>(d: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as $crate::choice::serde::Deserialize>::deserialize(d)?;
                text.parse().map_err($crate::choice::serde::de::Error::custom)
            }
        }

        $crate::stored_as_text!($name);

        impl $crate::choice::utoipa::PartialSchema for $name {
            fn schema() -> $crate::choice::utoipa::openapi::RefOr<$crate::choice::utoipa::openapi::schema::Schema> {
                $crate::choice::utoipa::openapi::ObjectBuilder::new()
                    .schema_type($crate::choice::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($text),+]))
                    .into()
            }
        }
        impl $crate::choice::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> { stringify!($name).into() }
        }
    };
}

/// Stores a type as text on both engines, through `Display` and `FromStr`.
#[macro_export]
macro_rules! stored_as_text {
    ($name:ty) => {
        impl $crate::arg::ToArg for $name {
            const NULL: $crate::Arg = $crate::Arg::Text(None);
            fn to_arg(self) -> $crate::Arg {
                $crate::Arg::Text(Some(self.to_string()))
            }
        }
        impl<DB: $crate::choice::sqlx::Database> $crate::choice::sqlx::Type<DB> for $name
        where
            String: $crate::choice::sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <String as $crate::choice::sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <String as $crate::choice::sqlx::Type<DB>>::compatible(ty)
            }
        }
        impl<'r, DB: $crate::choice::sqlx::Database> $crate::choice::sqlx::Decode<'r, DB> for $name
        where
            &'r str: $crate::choice::sqlx::Decode<'r, DB>,
        {
            fn decode(
                value: DB::ValueRef<'r>,
            ) -> ::std::result::Result<Self, $crate::choice::sqlx::error::BoxDynError> {
                Ok(<&'r str as $crate::choice::sqlx::Decode<'r, DB>>::decode(value)?.parse()?)
            }
        }
    };
}

#[doc(hidden)]
pub use {serde, sqlx, utoipa};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not one of {}", allowed.join(", "))]
pub struct UnknownChoice {
    pub found: String,
    pub allowed: &'static [&'static str],
}
