//! `Edm.DateTimeOffset`: an instant, and the offset from UTC in which it was written.
//!
//! Kept as 100 ns ticks because that is the resolution Graph shows, and because the whole of 0000 to 9999
//! then fits 64 bits; .NET clients send both ends of it. The offset only matters when printing.
//! Specification: OData 4.01 ABNF `dateTimeOffsetValue`; CSDL 4.01, 3.3 and 7.2.3 "Precision".

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::calendar::{
    self, TICKS_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND, civil_from_days, print_fraction,
};

/// An instant with the offset it was written in. Two are equal, and ordered, by the instant alone.
#[derive(Clone, Copy, Debug)]
pub struct DateTimeOffset {
    /// The instant: units of 100 ns since 1970-01-01T00:00:00Z.
    pub ticks: i64,
    /// The offset of the place of writing, in minutes east of UTC.
    pub offset_minutes: i16,
}

impl DateTimeOffset {
    /// 0001-01-01T00:00:00Z, which Graph shows for "never".
    pub const NEVER: DateTimeOffset = DateTimeOffset { ticks: -621_355_968_000_000_000, offset_minutes: 0 };

    /// The instant in UTC that lies `seconds` and `nanos` after 1970-01-01T00:00:00Z, to 100 ns.
    pub fn utc_from_unix(seconds: i64, nanos: u32) -> Self {
        let ticks = seconds.saturating_mul(TICKS_PER_SECOND).saturating_add(i64::from(nanos / 100));
        DateTimeOffset { ticks, offset_minutes: 0 }
    }

    /// Reads `YYYY-MM-DDThh:mm[:ss[.f]]` followed by `Z` or `±hh:mm`. Seven of up to twelve fraction digits
    /// are kept. There is no hour 24.
    // Differs: years go from 0000 to 9999 and there are no leap seconds; OData's grammar allows both.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let date = calendar::date(date)?;
        let rest = rest.strip_prefix(['T', 't'])?;
        let (time, offset_minutes) = match rest.strip_suffix(['Z', 'z']) {
            Some(time) => (time, 0),
            None => {
                let (time, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
                (time, parse_offset(offset)?)
            }
        };
        let days = i64::from(date.to_julian_day()) - UNIX_EPOCH_JULIAN_DAY;
        let local = days * TICKS_PER_DAY + calendar::ticks_of_day(calendar::time_of_day(time)?);
        Some(DateTimeOffset { ticks: local - i64::from(offset_minutes) * TICKS_PER_MINUTE, offset_minutes })
    }

    /// The same instant, written in UTC.
    #[must_use]
    pub fn to_utc(self) -> Self {
        DateTimeOffset { offset_minutes: 0, ..self }
    }
}

const UNIX_EPOCH_JULIAN_DAY: i64 = 2_440_588;

fn parse_offset(text: &str) -> Option<i16> {
    let (sign, time) = match text.split_at_checked(1)? {
        ("+", time) => (1, time),
        ("-", time) => (-1, time),
        _ => return None,
    };
    let time = calendar::time_of_day(time)?;
    Some(sign * (i16::from(time.hour()) * 60 + i16::from(time.minute())))
}

impl fmt::Display for DateTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In 128 bits, because a time near the ends of `ticks` may leave them when moved to its own offset.
        let local = i128::from(self.ticks) + i128::from(self.offset_minutes) * i128::from(TICKS_PER_MINUTE);
        let (days, ticks) =
            (local.div_euclid(i128::from(TICKS_PER_DAY)), local.rem_euclid(i128::from(TICKS_PER_DAY)));
        let (year, month, day) = civil_from_days(i64::try_from(days).unwrap_or_default());
        let ticks = i64::try_from(ticks).unwrap_or_default();
        let seconds = ticks / TICKS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        print_fraction(f, ticks % TICKS_PER_SECOND)?;
        match self.offset_minutes {
            0 => f.write_str("Z"),
            offset => {
                let sign = if offset < 0 { '-' } else { '+' };
                let offset = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", offset / 60, offset % 60)
            }
        }
    }
}

impl PartialEq for DateTimeOffset {
    fn eq(&self, other: &Self) -> bool {
        self.ticks == other.ticks
    }
}

impl Eq for DateTimeOffset {}

impl PartialOrd for DateTimeOffset {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTimeOffset {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ticks.cmp(&other.ticks)
    }
}

impl Hash for DateTimeOffset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ticks.hash(state);
    }
}
