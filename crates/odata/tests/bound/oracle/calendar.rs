//! Days and times by counting.

pub const SECOND: i64 = 10_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const DAY: i64 = 24 * 60 * MINUTE;

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn lengths(year: i64) -> [i64; 12] {
    [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// Year, month and day of a number of days since 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    // 400 years have 146 097 days whenever they begin.
    let (cycles, mut left) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let mut year = 1970 + 400 * cycles;
    loop {
        let length = 365 + i64::from(is_leap(year));
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    for (month, length) in (1..).zip(lengths(year)) {
        if left < length {
            return (year, month, left + 1);
        }
        left -= length;
    }
    unreachable!("a year has twelve months")
}

/// `2020-02-29` as a number of days since 1970-01-01.
pub fn days(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let (year, month, day): (i64, usize, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let lengths = lengths(year);
    let before: i64 = lengths.get(..month.checked_sub(1)?)?.iter().sum();
    let (cycles, of_cycle) = ((year - 1970).div_euclid(400), (year - 1970).rem_euclid(400));
    let years: i64 = (1970..1970 + of_cycle).map(|year| 365 + i64::from(is_leap(year))).sum();
    (day >= 1 && day <= *lengths.get(month - 1)?).then_some(cycles * 146_097 + years + before + day - 1)
}

/// `2020-02-29`
pub fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `07:30:00.5`
pub fn clock_text(ticks: i64) -> String {
    let second = ticks / SECOND;
    let text = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    match ticks % SECOND {
        0 => text,
        fraction => format!("{text}.{}", format!("{fraction:07}").trim_end_matches('0')),
    }
}

/// `2020-02-29T12:30:00.5-08:00`, in the offset's own time.
pub fn instant_text(ticks: i64, offset: i64) -> String {
    let local = ticks + offset * MINUTE;
    let zone = match offset {
        0 => "Z".to_owned(),
        _ => {
            format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60)
        }
    };
    format!("{}T{}{zone}", date_text(local.div_euclid(DAY)), clock_text(local.rem_euclid(DAY)))
}
