//! HTTP without business: routes that describe themselves, problem answers, repeatable changes, limits.

mod document;
mod extract;
mod form;
pub mod limit;
mod once;
mod problem;
mod routes;
mod told;

pub use extract::{Body, ClientAddress, IfMatch, PathParam, Query};
pub use form::{Form, Keep, Upload, UploadedFile, cookie, set_cookie};
pub use once::{
    Answer, BodyHash, BodyRoom, CallerName, Once, Repeatable, TRIES, TriedAgain, body_too_large, forget, hold, set_key,
};
pub use problem::{Problem, asked_lang, speak};
pub use routes::{Access, Described, Face, Op, Routes, openapi, shared_names};
pub use told::Told;

/// What a reading handler gives back.
pub type Reply<T> = Result<axum::Json<T>, Problem>;
