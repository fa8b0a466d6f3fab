//! Pages for those who write software that calls the doors.

mod checks;
mod debugger;
mod shown;

pub(crate) use debugger::routes;
