//! What is done with use: recorded, charged, paid, looked at, computed again.

pub(crate) mod audit;
pub(crate) mod charging;
mod corrected;
pub(crate) mod correcting;
pub(crate) mod covering;
pub(crate) mod elsewhere;
pub(crate) mod ingest;
pub(crate) mod life;
pub(crate) mod packages;
pub(crate) mod paying;
pub(crate) mod proving;
pub(crate) mod reading;
pub(crate) mod recovering;
pub(crate) mod refusals;
pub(crate) mod rerating;
pub(crate) mod watching;
