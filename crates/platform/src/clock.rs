//! The only place that knows the present.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use kernel::Timestamp;

/// Tells the time: the system's, or one that tests, the sandbox and the simulation turn by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Turned(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is turned.
    pub fn turned(start: Timestamp) -> Self {
        Self::Turned(Arc::new(AtomicI64::new(start.as_micros())))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Turned(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Turns a clock forward; the system's clock does not listen.
    pub fn turn(&self, micros: i64) {
        if let Self::Turned(at) = self {
            at.fetch_add(micros.max(0), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
