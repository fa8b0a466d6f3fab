//! CPU time of this process, from Linux's `/proc`; zero where there is none.

/// Clock ticks a second in `/proc/self/stat`; Linux fixes it at 100 for programs.
const TICKS_PER_SECOND: u64 = 100;

/// Microseconds that all threads of this process have computed, in user and kernel mode.
pub(super) fn used_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses that may hold blanks; user and system time are the 12th and 13th after it.
    let ticks = stat.rsplit_once(')').map_or(0, |(_, rest)| {
        rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
    });
    ticks * (1_000_000 / TICKS_PER_SECOND)
}
