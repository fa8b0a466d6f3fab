//! Each route as it is counted and timed. What a route counts with is looked up once and kept, because requests are many.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};
use platform::http::{Routes, TRIES};
use tokio::time::Instant;

/// Anybody can invent methods; each name would be a series of its own.
const METHODS: [(Method, &str); 7] = [
    (Method::GET, "GET"),
    (Method::POST, "POST"),
    (Method::PUT, "PUT"),
    (Method::PATCH, "PATCH"),
    (Method::DELETE, "DELETE"),
    (Method::HEAD, "HEAD"),
    (Method::OPTIONS, "OPTIONS"),
];

/// All routes by their addresses, and one for what has none. The server's router tells which one it took only to what is
/// inside of it, and requests are counted and held outside.
pub(crate) struct Known {
    routes: matchit::Router<Arc<Route>>,
    none: Arc<Route>,
}

/// One address with what is known of it.
struct Route {
    name: &'static str,
    tries: u32,
    times: [OnceLock<Histogram>; METHODS.len() + 1],
    answers: RwLock<BTreeMap<(usize, u16), Counter>>,
}

/// A request that is being answered.
pub(crate) struct Seen {
    route: Arc<Route>,
    method: usize,
    begun: Instant,
}

impl Known {
    pub(crate) fn of(routes: &Routes, more: &[&'static str]) -> Self {
        let mut tries = BTreeMap::new();
        for path in routes.faces().iter().map(|face| face.path).chain(more.iter().copied()) {
            tries.insert(path, TRIES);
        }
        for described in routes.described() {
            let least = tries.entry(described.path).or_insert(described.tries());
            *least = described.tries().min(*least);
        }
        let mut known = Self { routes: matchit::Router::new(), none: Arc::new(Route::new("none", TRIES)) };
        for (path, tries) in tries {
            // The server's router has taken the same paths; it says which of them do not go together.
            let _ = known.routes.insert(path, Arc::new(Route::new(path, tries)));
        }
        known
    }

    pub(crate) fn see(&self, method: &Method, path: &str) -> Seen {
        let route = self.routes.at(path).map_or(&self.none, |found| found.value);
        let method = METHODS.iter().position(|(known, _)| known == method).unwrap_or(METHODS.len());
        Seen { route: route.clone(), method, begun: Instant::now() }
    }
}

impl Route {
    fn new(name: &'static str, tries: u32) -> Self {
        Self { name, tries, times: [const { OnceLock::new() }; _], answers: RwLock::default() }
    }

    fn counter(&self, method: usize, status: u16) -> Counter {
        let known = self.answers.read().unwrap_or_else(PoisonError::into_inner).get(&(method, status)).cloned();
        known.unwrap_or_else(|| {
            let status_text = status.to_string();
            let counter = metrics::counter!(
                "kontor_http_requests_total", "method" => name(method), "route" => self.name, "status" => status_text
            );
            self.answers.write().unwrap_or_else(PoisonError::into_inner).insert((method, status), counter.clone());
            counter
        })
    }

    fn times(&self, method: usize) -> Option<&Histogram> {
        let times = self.times.get(method)?;
        let new = || metrics::histogram!("kontor_http_request_seconds", "method" => name(method), "route" => self.name);
        Some(times.get_or_init(new))
    }
}

impl Seen {
    /// How often the request is tried when its transaction meets another one.
    pub(crate) fn tries(&self) -> u32 {
        self.route.tries
    }

    pub(crate) fn count(&self, status: StatusCode) {
        self.route.counter(self.method, status.as_u16()).increment(1);
        if let Some(times) = self.route.times(self.method) {
            times.record(self.begun.elapsed());
        }
    }
}

fn name(method: usize) -> &'static str {
    METHODS.get(method).map_or("other", |(_, name)| name)
}
