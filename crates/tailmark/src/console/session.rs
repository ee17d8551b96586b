//! Who is signed in: sessions in memory, known by a random cookie. A restart signs everybody out.
//!
//! A session holds the issuer's access token, which never reaches the browser, and ends after a time without requests,
//! after a longer time in any case, or when the issuer gives no new token. Source: OWASP, *Session Management*.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::devices::job::Job;
use super::provider::{Identity, Provider, Tokens};
use super::refusal::Refusal;
use super::sheet::Waiting;

/// The most sessions, and the most visits to an issuer that are under way.
const MOST: usize = 1000;
/// The most bytes of files that wait in all sessions together; read, a file takes some four times as much.
const ROOM: usize = 256 * 1024 * 1024;
/// How many changes of devices a session knows of; the last one may be under way.
const CHANGES: usize = 10;
/// Seconds that a visit to the issuer may take.
const VISIT: i64 = 10 * 60;
/// Seconds before its end at which a token is exchanged for a new one.
const MARGIN: i64 = 60;

/// Somebody who has signed in.
pub struct Session {
    /// Who.
    pub identity: Identity,
    /// Unix time, seconds.
    began: i64,
    seen: Mutex<i64>,
    tokens: tokio::sync::Mutex<Tokens>,
    /// The file that was read and not imported yet.
    waiting: Mutex<Option<Arc<Waiting>>>,
    /// Changes of devices, the latest last.
    changes: Mutex<VecDeque<Arc<Job>>>,
}

/// Somebody who is at the issuer's, signing in.
#[derive(Clone, Debug)]
pub struct Visit {
    /// RFC 6749 §10.12.
    pub state: String,
    /// OpenID Connect Core 1.0 §3.1.2.1.
    pub nonce: String,
    /// RFC 7636 §4.1.
    pub verifier: String,
    /// Where in the console they wanted to go.
    pub to: String,
    expires: i64,
}

/// All of them.
pub struct Sessions {
    idle: i64,
    lifetime: i64,
    /// The most bytes of files that wait.
    room: usize,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    visits: Mutex<HashMap<String, Visit>>,
}

/// 256 random bits as text that may stand in a cookie or an address.
///
/// # Errors
/// The system gives no random numbers.
pub fn random() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Visit {
    /// Somebody sets out at this time.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(to: String, now: i64) -> Result<Self, Refusal> {
        Ok(Self { state: random()?, nonce: random()?, verifier: random()?, to, expires: now + VISIT })
    }
}

impl Sessions {
    /// None yet, with these times in seconds.
    pub fn new(idle: u64, lifetime: u64) -> Self {
        let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX / 2);
        Self {
            idle: seconds(idle),
            lifetime: seconds(lifetime),
            room: ROOM,
            sessions: Mutex::default(),
            visits: Mutex::default(),
        }
    }

    /// Remembers a visit to the issuer, and gives it a name.
    ///
    /// # Errors
    /// The system gives no random numbers, or too many are under way.
    pub fn set_out(&self, visit: Visit, now: i64) -> Result<String, Refusal> {
        let id = random()?;
        let mut visits = locked(&self.visits);
        visits.retain(|_, visit| now < visit.expires);
        if visits.len() >= MOST {
            return Err(Refusal::Busy);
        }
        visits.insert(id.clone(), visit);
        Ok(id)
    }

    /// The visit of this name, which is over with that.
    pub fn come_back(&self, id: &str, now: i64) -> Option<Visit> {
        locked(&self.visits).remove(id).filter(|visit| now < visit.expires)
    }

    /// Begins a session, and gives it a name.
    ///
    /// # Errors
    /// The system gives no random numbers, or too many are signed in.
    pub fn begin(&self, identity: Identity, tokens: Tokens, now: i64) -> Result<String, Refusal> {
        let id = random()?;
        let mut sessions = locked(&self.sessions);
        sessions.retain(|_, session| self.is_alive(session, now));
        if sessions.len() >= MOST {
            return Err(Refusal::Busy);
        }
        let session = Session {
            identity,
            began: now,
            seen: Mutex::new(now),
            tokens: tokio::sync::Mutex::new(tokens),
            waiting: Mutex::default(),
            changes: Mutex::default(),
        };
        sessions.insert(id.clone(), Arc::new(session));
        Ok(id)
    }

    /// The session of this name, if it has not ended.
    pub fn find(&self, id: &str, now: i64) -> Option<Arc<Session>> {
        let session =
            locked(&self.sessions).get(id).filter(|session| self.is_alive(session, now)).cloned()?;
        *locked(&session.seen) = now;
        Some(session)
    }

    /// Another file waits in a session from now on.
    ///
    /// # Errors
    /// Those that wait in the others leave no room for it.
    pub fn wait(&self, session: &Session, file: Arc<Waiting>) -> Result<(), Refusal> {
        let sessions = locked(&self.sessions);
        let others = sessions.values().filter(|other| !std::ptr::eq(Arc::as_ptr(other), session));
        let taken: usize =
            others.map(|other| locked(&other.waiting).as_ref().map_or(0, |file| file.size)).sum();
        // One alone is as large as a request may be.
        if taken > 0 && taken.saturating_add(file.size) > self.room {
            return Err(Refusal::Busy);
        }
        *locked(&session.waiting) = Some(file);
        Ok(())
    }

    /// Ends a session, and what goes on in its name.
    pub fn end(&self, id: &str) {
        let session = locked(&self.sessions).remove(id);
        if let Some(job) = session.and_then(|session| session.last_change()) {
            job.stop();
        }
    }

    fn is_alive(&self, session: &Session, now: i64) -> bool {
        now - *locked(&session.seen) < self.idle && now - session.began < self.lifetime
    }
}

impl Session {
    /// An access token that is good for a while yet.
    ///
    /// # Errors
    /// The issuer gives no new one.
    pub async fn token(&self, provider: &Provider, now: i64) -> Result<String, Refusal> {
        let mut tokens = self.tokens.lock().await;
        if now + MARGIN >= tokens.expires {
            let refresh = tokens.refresh.clone().ok_or(Refusal::SignedOut)?;
            let mut renewed = provider.renew(&refresh, now).await.map_err(|_| Refusal::SignedOut)?;
            renewed.refresh = renewed.refresh.or(Some(refresh));
            *tokens = renewed;
        }
        Ok(tokens.access.clone())
    }

    /// The file that waits to be imported, if it has this name.
    pub fn waiting(&self, id: &str) -> Option<Arc<Waiting>> {
        locked(&self.waiting).clone().filter(|waiting| waiting.id == id)
    }

    /// The file that waits to be imported.
    pub fn last(&self) -> Option<Arc<Waiting>> {
        locked(&self.waiting).clone()
    }

    /// No file waits any more.
    pub fn forget(&self) {
        *locked(&self.waiting) = None;
    }

    /// A change of devices begins.
    ///
    /// # Errors
    /// Another one is under way.
    pub fn begin_change(&self, job: Arc<Job>) -> Result<(), Refusal> {
        let mut changes = locked(&self.changes);
        if changes.back().is_some_and(|last| !last.has_ended()) {
            let why = "Another change of yours is under way: wait for its end, or stop it.";
            return Err(Refusal::Form(why.to_owned()));
        }
        changes.push_back(job);
        if changes.len() > CHANGES {
            changes.pop_front();
        }
        Ok(())
    }

    /// The change of this name.
    pub fn change(&self, id: &str) -> Option<Arc<Job>> {
        locked(&self.changes).iter().find(|job| job.id == id).cloned()
    }

    /// The latest change.
    pub fn last_change(&self) -> Option<Arc<Job>> {
        locked(&self.changes).back().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet;
    use super::*;

    #[test]
    fn what_waits_in_all_sessions_has_an_end() {
        let sessions = Sessions { room: 100, ..Sessions::new(60, 60) };
        let identity = || Identity { name: String::new(), upn: String::new(), tenant: String::new() };
        let begin = || {
            let id = sessions
                .begin(identity(), Tokens { access: String::new(), refresh: None, expires: 0 }, 0)
                .unwrap();
            sessions.find(&id, 0).unwrap()
        };
        let file = |size: usize| Arc::new(sheet::read(String::new(), "a.csv", &vec![b'x'; size]));
        let (one, other) = (begin(), begin());
        sessions.wait(&one, file(101)).unwrap();
        assert!(matches!(sessions.wait(&other, file(1)), Err(Refusal::Busy)));
        // Its own is replaced, so it does not count.
        sessions.wait(&one, file(70)).unwrap();
        assert!(matches!(sessions.wait(&other, file(31)), Err(Refusal::Busy)));
        sessions.wait(&other, file(30)).unwrap();
        one.forget();
        sessions.wait(&other, file(100)).unwrap();
    }
}
