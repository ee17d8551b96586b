//! How long to wait before a throttled request is sent again, and when to give up.
//!
//! `Retry-After` comes as whole seconds, as a fraction (`2.128`), as an HTTP date, or not at all: the
//! device-management endpoints often leave it out. Without it the pauses double. Attempts are counted and
//! the sum of the pauses is bounded, so a run ends (with exit code 8) however busy the service is.
//!
//! <https://learn.microsoft.com/graph/throttling>, RFC 9110 §10.2.3

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The bounds of patience, and who hears of it.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How often a request is sent at most.
    pub attempts: u32,
    /// The first pause where the service names none.
    pub first_pause: Duration,
    /// The sum of all pauses of one request.
    pub patience: Duration,
    /// Told before every pause.
    pub on_wait: Option<fn(Waiting)>,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            attempts: 8,
            first_pause: Duration::from_millis(500),
            patience: Duration::from_secs(600),
            on_wait: None,
        }
    }
}

/// A pause that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// What the service answered.
    pub status: StatusCode,
    /// How long the pause is.
    pub delay: Duration,
}

impl Retry {
    pub(super) fn start(self) -> Pause {
        Pause { retry: self, attempts: 1, spent: Duration::ZERO }
    }
}

/// The pauses of one request.
#[derive(Debug)]
pub(super) struct Pause {
    retry: Retry,
    attempts: u32,
    spent: Duration,
}

impl Pause {
    /// The next pause; `None` when it is time to give up.
    pub(super) fn next(&mut self, asked: Option<Duration>, status: StatusCode) -> Option<Duration> {
        let doubled = self.retry.first_pause.saturating_mul(1 << (self.attempts - 1).min(16));
        let delay = asked.unwrap_or(doubled.min(Duration::from_secs(30)));
        self.spent = self.spent.saturating_add(delay);
        if self.attempts >= self.retry.attempts || self.spent > self.retry.patience {
            return None;
        }
        self.attempts += 1;
        if let Some(tell) = self.retry.on_wait {
            tell(Waiting { status, delay });
        }
        Some(delay)
    }

    /// How often the request was sent.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// What the service asks for, if it does so in a form that can be read.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    parse(text.trim(), OffsetDateTime::now_utc())
}

fn parse(text: &str, now: OffsetDateTime) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    Some(Duration::try_from(at - now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<f64>) {
        let now = OffsetDateTime::parse("Sun, 06 Nov 1994 08:49:00 +0000", &Rfc2822).unwrap();
        assert_eq!(parse(text, now).map(|delay| delay.as_secs_f64()), expected, "{text}");
    }

    #[test]
    fn every_form_of_retry_after() {
        check("3", Some(3.0));
        check("2.128", Some(2.128));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(37.0));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0.0));
        check("-1", None);
        check("NaN", None);
        check("soon", None);
    }

    #[test]
    fn pauses_double_and_end() {
        let retry = Retry { attempts: 4, first_pause: Duration::from_secs(1), ..Retry::default() };
        let mut pause = retry.start();
        let status = StatusCode::TOO_MANY_REQUESTS;
        let pauses: Vec<_> = std::iter::from_fn(|| pause.next(None, status)).map(|p| p.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4]);
        assert_eq!(retry.start().next(Some(Duration::from_secs(3600)), status), None, "beyond all patience");
    }
}
