//! The time of day, read in one place. The libraries below get it as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use odata::value::DateTimeOffset;

/// Now, in UTC, to 100 ns.
#[must_use]
pub fn now() -> DateTimeOffset {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    DateTimeOffset::utc_from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

/// Now, in seconds since 1970, as tokens count them.
#[must_use]
pub fn unix_seconds() -> i64 {
    now().ticks.div_euclid(10_000_000)
}
