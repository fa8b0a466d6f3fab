//! How many tries to sign in there may be, where they come from, and what stands in for a lost authenticator.

use std::net::IpAddr;

use platform::http::limit::network;

/// What the counter of wrong tries says to one more try, which has been counted before its password is looked at: tries
/// that run beside each other cannot get past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Try {
    /// Look at the password; when it is wrong, others may follow.
    Open,
    /// Look at the password; when it is wrong, signing in is paused.
    Last,
    /// Do not look: too many tries already run.
    Over,
    /// Do not look yet: everybody has to wait a little.
    Later,
}

pub(crate) fn count_try(counted: i64, failures_before_lock: u32) -> Try {
    match counted.cmp(&i64::from(failures_before_lock)) {
        std::cmp::Ordering::Less => Try::Open,
        std::cmp::Ordering::Equal => Try::Last,
        std::cmp::Ordering::Greater => Try::Over,
    }
}

/// How long the next try from anywhere waits after so many: a second longer with each, up to a limit.
pub(crate) fn delay_seconds(counted: i64, failures_before_delay: u32, delay_seconds_max: u32) -> i64 {
    (counted - i64::from(failures_before_delay)).clamp(0, i64::from(delay_seconds_max))
}

/// Where a try comes from: an address, or the network that one customer has of IPv6 addresses.
pub(crate) fn place(address: &str) -> String {
    match address.parse().map(network) {
        Ok(IpAddr::V6(wide)) => format!("{wide}/64"),
        Ok(IpAddr::V4(narrow)) => narrow.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// How many codes stand in for a lost authenticator.
pub(crate) const RECOVERY_CODES: usize = 10;

/// A recovery code as people read it, from a random number: ten letters and digits that are not mistaken for each other.
pub(crate) fn recovery_code(random: u64) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |place: u32| char::from(LETTERS[usize::try_from(random >> (5 * place) & 31).unwrap_or(0)]);
    let half = |from: u32| (from..from + 5).map(letter).collect::<String>();
    format!("{}-{}", half(0), half(5))
}

/// A recovery code as people type it, in the form in which it is compared; `None`: nothing that was ever given out.
pub(crate) fn plain_recovery_code(text: &str) -> Option<String> {
    if text.len() > 40 {
        return None;
    }
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    (plain.len() == 10).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_from_anywhere_wait_longer_and_longer_up_to_a_limit() {
        let waits: Vec<i64> = [1, 20, 21, 22, 80, 1_000].map(|counted| delay_seconds(counted, 20, 60)).into();
        assert_eq!(waits, [0, 0, 1, 2, 60, 60]);
    }

    #[test]
    fn a_customer_of_ipv6_is_one_place() {
        assert_eq!(place("203.0.113.7"), "203.0.113.7");
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(place("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_eq!(place("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(place("unknown"), "unknown");
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        let code = recovery_code(0x0123_4567_89ab_cdef);
        assert_eq!(code.len(), 11);
        let plain = plain_recovery_code(&code).unwrap();
        assert_eq!(plain_recovery_code(&format!(" {} ", code.to_uppercase().replace('-', " "))), Some(plain));
        for other in ["", "123456", "abcde-abcdef", "编码编码编码编码编码"] {
            assert_eq!(plain_recovery_code(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_try_pauses_and_more_are_not_looked_at() {
        let said: Vec<Try> = (1..=7).map(|counted| count_try(counted, 5)).collect();
        assert_eq!(said, [Try::Open, Try::Open, Try::Open, Try::Open, Try::Last, Try::Over, Try::Over]);
    }
}
