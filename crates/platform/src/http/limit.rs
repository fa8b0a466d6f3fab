//! How often one caller may ask.

use std::{num::NonZeroU32, sync::Arc};

use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

use super::Problem;
use crate::config::LimitSettings;

/// Buckets by caller: a token's, key's or address's name.
#[derive(Clone)]
pub struct Limits {
    requests: Arc<DefaultKeyedRateLimiter<String>>,
    sign_ins: Arc<DefaultKeyedRateLimiter<String>>,
}

impl Limits {
    pub fn new(settings: LimitSettings) -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let requests =
            Quota::per_second(at_least_one(settings.requests_per_second)).allow_burst(at_least_one(settings.burst));
        let sign_ins = Quota::per_minute(at_least_one(settings.sign_ins_per_minute));
        Self { requests: Arc::new(RateLimiter::keyed(requests)), sign_ins: Arc::new(RateLimiter::keyed(sign_ins)) }
    }

    pub fn request(&self, caller: &str) -> Result<(), Problem> {
        check(&self.requests, caller)
    }

    pub fn sign_in(&self, address: &str) -> Result<(), Problem> {
        check(&self.sign_ins, address)
    }

    /// Forgets callers whose buckets are full again.
    pub fn sweep(&self) {
        self.requests.retain_recent();
        self.sign_ins.retain_recent();
    }
}

fn check(limiter: &DefaultKeyedRateLimiter<String>, caller: &str) -> Result<(), Problem> {
    limiter.check_key(&caller.to_owned()).map_err(|until| {
        let wait = until.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1;
        let detail = (format!("too many requests; try again in {wait} s"), format!("请求过于频繁，{wait} 秒后再试"));
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).retry_after(wait)
    })
}
