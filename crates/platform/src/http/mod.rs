//! HTTP without business: routes that describe themselves, problem answers, repeatable changes, limits.

mod extract;
pub mod limit;
mod once;
mod problem;
mod routes;

pub use extract::{Body, ClientAddress, IfMatch, PathParam, Query};
pub use once::{Answer, Attempt, BodyHash, CallerName, Once, forget, retry_busy};
pub use problem::Problem;
pub use routes::{Access, Described, Op, Routes, openapi};

/// What a reading handler gives back.
pub type Reply<T> = Result<axum::Json<T>, Problem>;
