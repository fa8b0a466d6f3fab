//! How often one caller may ask.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

use super::Problem;
use crate::config::LimitSettings;

/// Buckets by caller: a token's, key's or address's name. Addresses of one network share one.
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

/// An address as the place that it stands for: one customer has a whole network of IPv6 addresses and can take another one
/// for each request.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(wide) => {
            let [a, b, c, d, ..] = wide.segments();
            let whole = Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0);
            wide.to_ipv4_mapped().map_or_else(|| whole.into(), IpAddr::from)
        }
        IpAddr::V4(_) => address,
    }
}

fn check(limiter: &DefaultKeyedRateLimiter<String>, caller: &str) -> Result<(), Problem> {
    let caller = caller.parse().map_or_else(|_| caller.to_owned(), |address| network(address).to_string());
    limiter.check_key(&caller).map_err(|until| {
        let wait = until.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1;
        let detail = (format!("too many requests; try again in {wait} s"), format!("请求过于频繁，{wait} 秒后再试"));
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).retry_after(wait)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_network_share_a_bucket() {
        let settings = LimitSettings { requests_per_second: 1, burst: 1, ..LimitSettings::default() };
        let limits = Limits::new(settings);
        assert!(limits.request("2001:db8:1:2::9").is_ok());
        assert_eq!(limits.request("2001:db8:1:2:3:4:5:6").unwrap_err().status(), 429);
        assert!(limits.request("2001:db8:1:3::9").is_ok());
        assert!(limits.request("203.0.113.7").is_ok());
        assert_eq!(limits.request("::ffff:203.0.113.7").unwrap_err().status(), 429);
        assert!(limits.request("203.0.113.8").is_ok());
        assert!(limits.request("tok_1").is_ok());
    }
}
