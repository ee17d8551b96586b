//! The rule of throttling, without a clock: so many requests in a window of time, which opens with the first of them.
//!
//! In: who asks, of what kind, and the time since some fixed moment. Out: nothing, and it is counted; or how long to wait,
//! and it is not. A window that has ended counts for nothing, so who waits as long as told gets in.
//!
//! Memory is bounded: where there are as many windows as may be, ended ones are forgotten, and if that does not help, an
//! application that is not among them waits.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;

use uuid::Uuid;

use crate::config::throttle::Throttle;

/// How often ended windows are looked for, at most.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether a request changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It does not.
    Read,
    /// It may.
    Write,
}

/// Who has asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One application in one tenant.
    Application,
    /// The applications of one tenant together.
    Tenant,
}

/// A request too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Whose.
    pub scope: Scope,
    /// Seconds after which another gets in, at least one.
    pub retry_after: u64,
}

/// Counts requests.
#[derive(Debug)]
pub struct Limiter {
    length: Duration,
    application: Limit,
    tenant: Limit,
    most: usize,
    windows: HashMap<Key, Window>,
    swept: Option<Duration>,
    /// Applications are known by a digest: an issuer elsewhere may give them names of any length.
    digest: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    writes: u32,
    requests: u32,
}

/// A tenant, or one of its applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    tenant: Uuid,
    application: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    end: Duration,
    writes: u32,
    requests: u32,
}

impl Limiter {
    /// With these numbers, and at most so many windows.
    pub fn new(settings: &Throttle, most: usize) -> Self {
        Self {
            length: Duration::from_secs(settings.window),
            application: Limit { writes: settings.writes_per_app, requests: settings.requests_per_app },
            tenant: Limit { writes: settings.writes_per_tenant, requests: settings.requests_per_tenant },
            most,
            windows: HashMap::new(),
            swept: None,
            digest: RandomState::new(),
        }
    }

    /// Counts a request of an application, or of one without a name.
    ///
    /// # Errors
    /// It is one too many, and not counted.
    pub fn take(
        &mut self,
        tenant: Uuid,
        application: Option<&str>,
        kind: Kind,
        now: Duration,
    ) -> Result<(), Throttled> {
        let application = Some(self.digest.hash_one(application.unwrap_or_default()));
        let keys = [
            (Scope::Application, Key { tenant, application }, self.application),
            (Scope::Tenant, Key { tenant, application: None }, self.tenant),
        ];
        let full = keys.iter().filter_map(|(scope, key, limit)| {
            let open = self.windows.get(key).copied().filter(|window| window.end > now);
            let window = open.unwrap_or_else(|| Window::opened(now, self.length));
            window.is_full(*limit, kind).then_some((window.end, *scope))
        });
        // Who waits for the one that ends first would meet the other.
        if let Some((end, scope)) = full.max_by_key(|(end, _)| *end) {
            return Err(Throttled { scope, retry_after: seconds(end.saturating_sub(now)) });
        }
        if keys.iter().any(|(_, key, _)| !self.windows.contains_key(key)) {
            self.make_room(keys.len(), now)?;
        }
        for (_, key, _) in keys {
            let window = self.windows.entry(key).or_insert_with(|| Window::opened(now, self.length));
            if window.end <= now {
                *window = Window::opened(now, self.length);
            }
            window.requests += 1;
            window.writes += u32::from(kind == Kind::Write);
        }
        Ok(())
    }

    fn make_room(&mut self, places: usize, now: Duration) -> Result<(), Throttled> {
        let has_room = |windows: &HashMap<Key, Window>| windows.len() + places <= self.most;
        if !has_room(&self.windows) && self.swept.is_none_or(|swept| now >= swept + PAUSE) {
            self.windows.retain(|_, window| window.end > now);
            self.swept = Some(now);
        }
        if has_room(&self.windows) {
            return Ok(());
        }
        Err(Throttled { scope: Scope::Application, retry_after: seconds(self.length) })
    }
}

impl Window {
    fn opened(now: Duration, length: Duration) -> Self {
        Self { end: now.saturating_add(length), writes: 0, requests: 0 }
    }

    fn is_full(&self, limit: Limit, kind: Kind) -> bool {
        self.requests >= limit.requests || (kind == Kind::Write && self.writes >= limit.writes)
    }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTOSO: Uuid = Uuid::from_u128(1);
    const FABRIKAM: Uuid = Uuid::from_u128(2);

    fn limiter() -> Limiter {
        Limiter::new(&Throttle::default(), 1000)
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// How many of so many get in, and what the last one is told.
    fn ask(
        limiter: &mut Limiter,
        (tenant, app): (Uuid, &str),
        kind: Kind,
        times: u32,
        now: Duration,
    ) -> (u32, Option<Throttled>) {
        let asked = (0..times).map(|_| limiter.take(tenant, Some(app), kind, now).err());
        let asked: Vec<_> = asked.collect();
        let admitted = asked.iter().filter(|told| told.is_none()).count();
        (u32::try_from(admitted).unwrap(), asked.last().copied().flatten())
    }

    fn told(scope: Scope, retry_after: u64) -> Option<Throttled> {
        Some(Throttled { scope, retry_after })
    }

    #[test]
    fn the_published_numbers_are_the_limits_of_an_application() {
        let mut limiter = limiter();
        let app = (CONTOSO, "a");
        assert_eq!(ask(&mut limiter, app, Kind::Write, 100, at(0)), (100, None));
        assert_eq!(ask(&mut limiter, app, Kind::Write, 1, at(0)), (0, told(Scope::Application, 20)));
        // What it reads is counted with what it writes, and what was refused is not.
        assert_eq!(ask(&mut limiter, app, Kind::Read, 900, at(0)), (900, None));
        assert_eq!(ask(&mut limiter, app, Kind::Read, 1, at(0)), (0, told(Scope::Application, 20)));
    }

    #[test]
    fn applications_of_a_tenant_share_its_limits() {
        let mut limiter = limiter();
        assert_eq!(ask(&mut limiter, (CONTOSO, "a"), Kind::Write, 101, at(0)).0, 100);
        assert_eq!(ask(&mut limiter, (CONTOSO, "b"), Kind::Write, 100, at(0)), (100, None));
        assert_eq!(ask(&mut limiter, (CONTOSO, "c"), Kind::Write, 1, at(0)), (0, told(Scope::Tenant, 20)));
        assert_eq!(ask(&mut limiter, (CONTOSO, "c"), Kind::Read, 1001, at(0)).0, 1000);
        assert_eq!(
            ask(&mut limiter, (CONTOSO, "d"), Kind::Read, 1000, at(0)),
            (800, told(Scope::Tenant, 20))
        );
        assert_eq!(
            ask(&mut limiter, (FABRIKAM, "a"), Kind::Write, 100, at(0)),
            (100, None),
            "another tenant"
        );
    }

    #[test]
    fn who_waits_as_long_as_told_gets_in() {
        let mut limiter = limiter();
        let app = (CONTOSO, "a");
        assert_eq!(ask(&mut limiter, app, Kind::Write, 1, at(500)).0, 1);
        assert_eq!(ask(&mut limiter, app, Kind::Write, 99, at(10_000)).0, 99);
        assert_eq!(ask(&mut limiter, app, Kind::Write, 1, at(10_000)).1, told(Scope::Application, 11));
        assert_eq!(ask(&mut limiter, app, Kind::Write, 1, at(20_499)).1, told(Scope::Application, 1));
        assert_eq!(ask(&mut limiter, app, Kind::Write, 101, at(20_500)).0, 100);
    }

    #[test]
    fn the_longer_wait_is_told() {
        let mut limiter = limiter();
        assert_eq!(ask(&mut limiter, (CONTOSO, "a"), Kind::Write, 100, at(0)).0, 100);
        assert_eq!(ask(&mut limiter, (CONTOSO, "b"), Kind::Write, 100, at(15_000)).0, 100);
        let told_a = ask(&mut limiter, (CONTOSO, "a"), Kind::Write, 1, at(15_000)).1;
        assert_eq!(told_a, told(Scope::Tenant, 5));
        assert_eq!(
            ask(&mut limiter, (CONTOSO, "b"), Kind::Write, 1, at(15_000)).1,
            told(Scope::Application, 20)
        );
        assert_eq!(ask(&mut limiter, (CONTOSO, "a"), Kind::Write, 1, at(20_000)), (1, None));
    }

    #[test]
    fn an_application_without_a_name_is_one_application() {
        let mut limiter = limiter();
        let mut write = |tenant| limiter.take(tenant, None, Kind::Write, at(0)).is_ok();
        assert_eq!((0..200).filter(|_| write(CONTOSO)).count(), 100);
        assert!(write(FABRIKAM));
    }

    #[test]
    fn memory_is_bounded_and_comes_free() {
        let mut limiter = Limiter::new(&Throttle::default(), 10);
        let admitted = |limiter: &mut Limiter, now| {
            let tenants = (0..100).map(Uuid::from_u128);
            let admitted = tenants.filter(|tenant| limiter.take(*tenant, Some("a"), Kind::Read, now).is_ok());
            let count = admitted.count();
            assert!(limiter.windows.len() <= 10);
            count
        };
        assert_eq!(admitted(&mut limiter, at(0)), 5);
        assert_eq!(admitted(&mut limiter, at(19_000)), 5, "those who are known");
        let stranger = limiter.take(Uuid::from_u128(99), None, Kind::Read, at(19_000)).unwrap_err();
        assert_eq!(stranger.retry_after, 20);
        assert_eq!(admitted(&mut limiter, at(20_000)), 5);
        let other = limiter.take(Uuid::from_u128(99), None, Kind::Read, at(40_000));
        assert_eq!(other, Ok(()), "the others are forgotten");
        assert_eq!(limiter.windows.len(), 2);
    }

    #[test]
    fn without_a_limit_of_requests_there_is_one_of_writes_still() {
        let settings = Throttle { requests_per_app: u32::MAX, writes_per_app: 0, ..Throttle::default() };
        let mut limiter = Limiter::new(&settings, 10);
        assert_eq!(
            ask(&mut limiter, (CONTOSO, "a"), Kind::Write, 1, at(0)),
            (0, told(Scope::Application, 20))
        );
        assert_eq!(ask(&mut limiter, (CONTOSO, "a"), Kind::Read, 10, at(0)), (10, None));
    }
}
