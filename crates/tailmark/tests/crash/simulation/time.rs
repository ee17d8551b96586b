//! The clock and the ids of a simulation: each thread has its own, set by the run that it simulates.

use std::cell::Cell;

use odata::value::DateTimeOffset;
use uuid::Uuid;

/// Units of 100 ns.
pub const SECOND: i64 = 10_000_000;
/// When simulations begin: 2030-01-01T00:00:00Z.
pub const BEGINNING: i64 = 1_893_456_000 * SECOND;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(BEGINNING) };
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Begins anew.
pub fn reset() {
    set(BEGINNING);
    MADE.set(0);
}

/// What the clock of the program shows that is about to do something.
pub fn set(now: i64) {
    NOW.set(now);
}

pub fn now() -> DateTimeOffset {
    DateTimeOffset { ticks: NOW.get(), offset_minutes: 0 }
}

/// A new id: ascending with the clock, so that one made after the clock was set back is less than those before.
pub fn new_id() -> String {
    MADE.set(MADE.get() + 1);
    let milliseconds = u128::from((NOW.get() / (SECOND / 1000)).unsigned_abs());
    Uuid::from_u128((milliseconds << 80) | (7 << 76) | (2 << 62) | u128::from(MADE.get())).to_string()
}
