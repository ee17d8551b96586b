//! PostgreSQL: threads with a connection each, that come back by themselves when the database does.
//!
//! A unit that writes is a transaction at REPEATABLE READ: whoever changes what another has changed meanwhile is rolled
//! back and run again, a few times, with a pause that grows and varies. A key that another has taken meanwhile
//! counts as the same. Nothing else is asked of the isolation, no advisory lock is taken, and the statements are those of
//! SQLite: engines that speak PostgreSQL's protocol should carry them.

mod address;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use odata::sql::{Scalar, Statement, functions};
use postgres::Client;
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio::sync::Notify;

use self::address::Address;
use super::{Db, Job, LONGEST_QUEUE, Row, Tx, spawn};
use crate::store::{Engine, Error};

/// Connections that write, and those that read.
const WRITERS: usize = 4;
const READERS: usize = 4;
/// How often a unit that met others is run.
const ATTEMPTS: u32 = 8;
/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a statement may wait for locks and run.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a transaction may pause between statements: who was stopped in the middle of one gives up its locks then.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How long the listener listens before it looks whether anyone is left to hear the bell.
const HEARING: Duration = Duration::from_millis(500);
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;
/// Where other programs on the same database say that there is something to do.
const CHANNEL: &str = "tailmark_work";

/// One connection, for as long as it lasts.
pub struct Session {
    client: RefCell<Client>,
    prepared: RefCell<HashMap<String, postgres::Statement>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Opens the database at an address, `postgres://user:password@host/name?sslmode=…`.
///
/// # Errors
/// Where the address is none, nobody answers there, or it is not who it should be.
pub(in crate::store) fn open(url: &str, work_bell: &Arc<Notify>) -> Result<Db, Error> {
    let address = Address::read(url, |config| {
        config.connect_timeout(PATIENCE).application_name("tailmark");
    })?;
    // Who cannot be reached at the start is a mistake in the settings, not a fault to wait for.
    let first = Session::connect(&address).map_err(|error| Error::Database(causes(&error)))?;
    let pool = |name: &str, count: usize, first: Option<Session>, begin: &'static str| {
        let (queue, work) = sync_channel(LONGEST_QUEUE);
        let work = Arc::new(Mutex::new(work));
        let mut session = first;
        for _ in 0..count {
            let (address, work, session) = (address.clone(), Arc::clone(&work), session.take());
            spawn(name, move || Worker { address, session, begin }.serve(&work))?;
        }
        Ok::<_, Error>(queue)
    };
    let writer = pool("writer", WRITERS, Some(first), "BEGIN ISOLATION LEVEL REPEATABLE READ")?;
    let readers = pool("reader", READERS, None, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let bell = Arc::downgrade(work_bell);
    spawn("listener", move || listen(&address, &bell))?;
    let metrics = Arc::default();
    Ok(Db { engine: Engine::Postgres, writer, readers: Some(readers), metrics, is_stage: false, brief: None })
}

/// A thread's connection and what it does with it.
struct Worker {
    address: Address,
    session: Option<Session>,
    begin: &'static str,
}

impl Worker {
    fn serve(mut self, work: &Mutex<Receiver<Job>>) {
        loop {
            let job = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(mut job) = job else { return };
            let outcome = self.unit(&mut job);
            job.conclude(outcome);
        }
    }

    /// Runs a unit, again where it met others; says how its transaction ended.
    fn unit(&mut self, job: &mut Job) -> Result<(), Error> {
        let begin = self.begin;
        for attempt in 1..=ATTEMPTS {
            let session = match self.session() {
                Ok(session) => session,
                Err(error) => {
                    job.run(Err(error));
                    return Ok(());
                }
            };
            if job.is_alone() {
                job.run(Ok(&Tx::Postgres(session)));
                if session.is_closed() {
                    self.session = None;
                    // It may have broken while nobody used it.
                    if attempt == 1 {
                        continue;
                    }
                }
                return Ok(());
            }
            let keep = match session.batch(begin) {
                Ok(()) => job.run(Ok(&Tx::Postgres(session))),
                // A connection that broke while nobody used it: nothing has been done, so another will do.
                Err(_) if session.is_closed() && attempt == 1 => {
                    self.session = None;
                    continue;
                }
                Err(error) => job.run(Err(error)),
            };
            let ended = if keep { session.batch("COMMIT") } else { session.batch("ROLLBACK") };
            if session.is_closed() {
                self.session = None;
            }
            let collided = job.collided() || (keep && matches!(ended, Err(Error::Collision)));
            if !collided || attempt == ATTEMPTS {
                return if keep { ended } else { Ok(()) };
            }
            thread::sleep(pause(attempt));
        }
        Ok(())
    }

    fn session(&mut self) -> Result<&Session, Error> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = Some(Session::connect(&self.address)?);
        }
        self.session.as_ref().ok_or(Error::Closed)
    }
}

/// An error and what led to it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Longer each time, and not the same for two that met.
fn pause(attempt: u32) -> Duration {
    let mut random = [0; 1];
    let drawn = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random);
    let part = u32::from(if drawn.is_ok() { random[0] } else { 128 });
    Duration::from_micros(500) * 2u32.saturating_pow(attempt) * (128 + part) / 256
}

/// Rings the bell when another program says that there is work. Without it, the worker looks by itself once a second.
/// It ends with the last one who could hear the bell.
fn listen(address: &Address, bell: &Weak<Notify>) {
    while bell.strong_count() > 0 {
        if let Err(error) = address.connect().and_then(|client| hear(client, bell)) {
            tracing::debug!(%error, "nobody tells when there is work");
            thread::sleep(PATIENCE);
        }
    }
}

fn hear(mut client: Client, bell: &Weak<Notify>) -> Result<(), postgres::Error> {
    client.batch_execute(&format!("LISTEN {CHANNEL}"))?;
    while let Some(bell) = bell.upgrade() {
        if client.notifications().timeout_iter(HEARING).next()?.is_some() {
            bell.notify_one();
        }
    }
    Ok(())
}

impl Session {
    fn connect(address: &Address) -> Result<Self, postgres::Error> {
        let mut client = address.connect()?;
        let (limit, idle) = (LONGEST.as_millis(), LONGEST_PAUSE.as_millis());
        client.batch_execute(&format!(
            "SET statement_timeout = {limit}; SET idle_in_transaction_session_timeout = {idle}; \
             SET client_min_messages = warning; SET synchronous_commit = on"
        ))?;
        Ok(Self { client: RefCell::new(client), prepared: RefCell::default() })
    }

    fn is_closed(&self) -> bool {
        self.client.borrow().is_closed()
    }

    pub(super) fn each(
        &self,
        statement: &Statement,
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let prepared = self.prepare(statement)?;
        let binds: Vec<Bound<'_>> = statement.binds().iter().map(Bound).collect();
        let mut client = self.client.borrow_mut();
        let mut rows = client.query_raw(&prepared, &binds)?;
        while let Some(row) = rows.next()? {
            let values: Result<Row, postgres::Error> =
                (0..row.len()).map(|column| row.try_get::<_, Found>(column).map(|found| found.0)).collect();
            take(values?)?;
        }
        Ok(())
    }

    pub(super) fn run(&self, statement: &Statement) -> Result<usize, Error> {
        let prepared = self.prepare(statement)?;
        let binds: Vec<Bound<'_>> = statement.binds().iter().map(Bound).collect();
        let binds: Vec<&(dyn ToSql + Sync)> =
            binds.iter().map(|bound| bound as &(dyn ToSql + Sync)).collect();
        let changed = self.client.borrow_mut().execute(&prepared, &binds)?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn announce(&self) -> Result<(), Error> {
        self.batch(&format!("NOTIFY {CHANNEL}"))
    }

    pub(super) fn batch(&self, text: &str) -> Result<(), Error> {
        Ok(self.client.borrow_mut().batch_execute(text)?)
    }

    fn prepare(&self, statement: &Statement) -> Result<postgres::Statement, Error> {
        if let Some(known) = self.prepared.borrow().get(statement.text()) {
            return Ok(known.clone());
        }
        let prepared = self.client.borrow_mut().prepare(statement.text())?;
        let mut all = self.prepared.borrow_mut();
        if all.len() >= STATEMENTS {
            all.clear();
        }
        all.insert(statement.text().to_owned(), prepared.clone());
        Ok(prepared)
    }
}

/// A value on its way to the database, as the type that is wanted there.
#[derive(Debug)]
struct Bound<'a>(&'a Scalar);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Scalar::Null => Ok(IsNull::Yes),
            Scalar::Integer(number) => match *ty {
                Type::INT2 => i16::try_from(*number)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
                Type::BOOL => (*number != 0).to_sql(ty, out),
                #[expect(clippy::cast_precision_loss, reason = "a double is what is wanted")]
                Type::FLOAT8 => (*number as f64).to_sql(ty, out),
                Type::TEXT | Type::VARCHAR => number.to_string().to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
            // As SQLite keeps it.
            Scalar::Real(number) if number.is_nan() => Ok(IsNull::Yes),
            Scalar::Real(number) => number.to_sql(ty, out),
            Scalar::Text(text) => text.to_sql(ty, out),
            Scalar::Blob(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value out of the database.
struct Found(Scalar);

impl<'a> FromSql<'a> for Found {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => Scalar::Integer(i64::from(bool::from_sql(ty, raw)?)),
            Type::INT2 => Scalar::Integer(i64::from(i16::from_sql(ty, raw)?)),
            Type::INT4 => Scalar::Integer(i64::from(i32::from_sql(ty, raw)?)),
            Type::INT8 => Scalar::Integer(i64::from_sql(ty, raw)?),
            Type::FLOAT4 => Scalar::Real(f64::from(f32::from_sql(ty, raw)?)),
            Type::FLOAT8 => Scalar::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Scalar::Blob(raw.to_vec()),
            // The binary form of `jsonb` begins with its version.
            Type::JSONB => Scalar::Text(String::from_utf8(raw.get(1..).unwrap_or_default().to_vec())?),
            _ => Scalar::Text(String::from_utf8(raw.to_vec())?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Scalar::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            // The connection, or that there is none.
            return if error.is_closed() || std::error::Error::source(&error).is_some() {
                Self::Busy
            } else {
                Self::Database(error.to_string())
            };
        };
        let code = said.code();
        if let Some(text) = said.message().strip_prefix(functions::PREFIX) {
            return Self::Evaluation(text.to_owned());
        }
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::UNIQUE_VIOLATION => Self::Collision,
            SqlState::DISK_FULL => Self::Full,
            SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            SqlState::CHARACTER_NOT_IN_REPERTOIRE | SqlState::UNTRANSLATABLE_CHARACTER => {
                Self::Evaluation("A text contains the character U+0000.".to_owned())
            }
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE => {
                Self::Evaluation("The result of a calculation is too large for its type.".to_owned())
            }
            _ if code.code().starts_with("57")
                || code.code().starts_with("08")
                || code.code().starts_with("53") =>
            {
                Self::Busy
            }
            _ => Self::Database(format!("{} ({})", said.message(), code.code())),
        }
    }
}
