//! The store: what is kept, and the only ways to it.
//!
//! From HTTP there are two: [`Store::reader`] and [`Store::writer`], which take a [`Grant`] and fix the tenant, so
//! that no query is without permission or tenant. The import worker has its own, [`Store::queue`]. Several writes as
//! one go through the store of a [`Unit`].
//! Invariant: an answer that says something is stored is given after the commit.

pub mod audit;
pub mod backup;
mod condition;
pub mod db;
mod devices;
mod documents;
mod identifiers;
mod imports;
mod migrate;
mod new_device;
mod profiles;
mod queue;
mod read;
mod seed;
mod settings;
mod sources;
mod tables;
mod uploads;

pub use condition::{Condition, Conditions, Known};
pub use db::steps::Steps;
pub use devices::Deleted;
pub use documents::{Document, Documents};
pub use identifiers::Taken;
pub use imports::ImportedDeviceChange;
pub use new_device::NewDevice;
pub use queue::{Claim, Examined, Queue};
pub use seed::Seeding;
pub use settings::SettingsChange;
pub use sources::UploadSource;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use autopilot::fault::Fault;
use odata::value::DateTimeOffset;
use tokio::sync::Notify;

use crate::access::Grant;
use crate::clock;
use crate::telemetry::metrics::StoreMetrics;
use audit::{Activity, Audited};
use db::{Db, Joint};

/// Why the store did not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The database cannot be written.
    #[error("the database is read-only")]
    ReadOnly,
    /// The disk does not do what it is told.
    #[error("the disk fails: {0}")]
    Disk(String),
    /// Too much is waiting, or another process holds the database.
    #[error("the database is busy")]
    Busy,
    /// Others changed the same at the same time, more often than it was tried.
    #[error("others changed the same at the same time")]
    Collision,
    /// The database's threads have ended.
    #[error("the database is closed")]
    Closed,
    /// Anything else that the database says.
    #[error("database: {0}")]
    Database(String),
    /// What is stored contradicts the model.
    #[error("inconsistent data: {0}")]
    Inconsistent(String),
    /// A bug.
    #[error("a unit of work panicked")]
    Panicked,
    /// An expression of the request has no value for some row.
    #[error("{0}")]
    Evaluation(String),
    /// The database cannot do what an expression of the request asks for.
    #[error("'{0}' on this database")]
    Unsupported(&'static str),
    /// There is no such thing for this tenant.
    #[error("not found")]
    NotFound,
    /// The thing is not of the version that was asked for.
    #[error("the condition does not hold")]
    ConditionNotMet,
    /// The thing is in a state in which this cannot be done.
    #[error("{0}")]
    Conflict(&'static str),
    /// The entity would break a rule.
    #[error("{0}")]
    Invalid(Fault),
    /// Intune refuses it.
    #[error("{text}")]
    Refused {
        /// Why.
        text: &'static str,
        /// The word that clients know it by; mostly empty.
        phrase: &'static str,
    },
    /// It was asked for too soon after the time before; in so many seconds it may be.
    #[error("again in {0} s")]
    TooSoon(u64),
}

impl Error {
    /// A refusal without a phrase.
    #[must_use]
    pub fn refused(text: &'static str) -> Self {
        Self::Refused { text, phrase: "" }
    }

    /// Whether it is the request's doing, and none of the store's faults.
    #[must_use]
    pub fn is_clients(&self) -> bool {
        matches!(
            self,
            Self::NotFound
                | Self::ConditionNotMet
                | Self::Evaluation(_)
                | Self::Unsupported(_)
                | Self::Conflict(_)
                | Self::Invalid(_)
                | Self::Refused { .. }
                | Self::TooSoon(_)
        )
    }
}

impl From<odata::sql::Error> for Error {
    fn from(error: odata::sql::Error) -> Self {
        match error {
            odata::sql::Error::Unsupported(what) => Self::Unsupported(what),
            other => Self::Inconsistent(other.to_string()),
        }
    }
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, which this program has to itself.
    Sqlite,
    /// PostgreSQL, which several programs may share.
    Postgres,
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite in a file.
    File(PathBuf),
    /// SQLite in memory.
    Memory,
    /// PostgreSQL, by its address.
    Postgres(String),
}

/// Without what lets one in.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Memory => f.write_str("a database in memory"),
            Self::Postgres(url) => f.write_str(url.rsplit('@').next().unwrap_or_default()),
        }
    }
}

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    /// Rung when there is something to do for the worker.
    work: Arc<Notify>,
    /// How long devices wait for their profile, in units of 100 ns.
    assignment_time: i64,
    clock: fn() -> DateTimeOffset,
}

/// Reads what one tenant has.
#[derive(Clone, Debug)]
pub struct Reader {
    db: Db,
    tenant: String,
}

/// Changes what one tenant has.
#[derive(Clone, Debug)]
pub struct Writer {
    units: Audited,
    tenant: String,
    work: Arc<Notify>,
    condition: Option<Condition>,
    assignment_time: i64,
    clock: fn() -> DateTimeOffset,
}

impl Writer {
    /// The time, in units of 100 ns since 1970.
    fn now(&self) -> i64 {
        (self.clock)().ticks
    }

    /// When a device that is assigned a profile now has it.
    fn due(&self) -> i64 {
        self.now().saturating_add(self.assignment_time)
    }
}

/// Several writes of which all last or none. Dropped, none has happened.
#[derive(Debug)]
pub struct Unit {
    joint: Joint,
    store: Store,
}

impl Unit {
    /// The store in which the writes are done; reads in it see them.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes them last.
    ///
    /// # Errors
    /// Why that could not be; then none has happened.
    pub async fn keep(self) -> Result<(), Error> {
        let Self { joint, store } = self;
        // The unit ends when nobody can write in it.
        let work = store.work;
        drop(store.db);
        joint.keep().await?;
        work.notify_one();
        Ok(())
    }
}

impl Store {
    /// Opens or creates a database and brings its tables up to date.
    ///
    /// # Errors
    /// Where it cannot be opened, or is of a newer version.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        let (place, work) = (place.clone(), Arc::new(Notify::new()));
        let bell = Arc::clone(&work);
        let opened = tokio::task::spawn_blocking(move || match &place {
            Place::File(file) => db::sqlite::open(Some(file)),
            Place::Memory => db::sqlite::open(None),
            Place::Postgres(url) => db::postgres::open(url, &bell),
        });
        let db = opened.await.map_err(|_| Error::Closed)??;
        let store = Self { db, work, assignment_time: 0, clock: clock::now };
        store.migrate().await?;
        Ok(store)
    }

    /// A database in memory that does nothing by itself, shared by those who name it alike, with a clock of one's own:
    /// for simulations. Its tables are not brought up to date.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn in_steps(name: &str, clock: fn() -> DateTimeOffset) -> Result<(Self, Steps), Error> {
        let (db, steps) = db::steps::open(name)?;
        Ok((Self { db, work: Arc::new(Notify::new()), assignment_time: 0, clock }, steps))
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    /// The database's, or that it is of a newer version; then nothing is changed.
    pub async fn migrate(&self) -> Result<(), Error> {
        migrate::up(&self.db).await
    }

    /// The same, whose devices wait so many units of 100 ns for their profile.
    #[must_use]
    pub fn assigning_after(self, assignment_time: i64) -> Self {
        Self { assignment_time, ..self }
    }

    /// Access for someone who may read.
    #[must_use]
    pub fn reader(&self, grant: &Grant) -> Reader {
        Reader { db: self.db.for_requests(), tenant: grant.tenant().to_string() }
    }

    /// Access for someone who may write, and does this.
    #[must_use]
    pub fn writer(&self, grant: &Grant, activity: Activity) -> Writer {
        let tenant = grant.tenant().to_string();
        Writer {
            units: Audited::new(self.db.for_requests(), tenant.clone(), activity, self.clock),
            tenant,
            work: Arc::clone(&self.work),
            condition: None,
            assignment_time: self.assignment_time,
            clock: self.clock,
        }
    }

    /// Begins a unit of several writes. Nobody else writes until it ends.
    ///
    /// # Errors
    /// Where too much is waiting.
    pub fn unit(&self) -> Result<Unit, Error> {
        let joint = self.db.joint()?;
        let store = Self { db: joint.db().clone(), ..self.clone() };
        Ok(Unit { joint, store })
    }

    /// Access for the import worker.
    #[must_use]
    pub fn queue(&self) -> Queue {
        Queue::new(self.db.clone(), Arc::clone(&self.work), self.assignment_time)
    }

    /// Access for whoever starts the program with a seed.
    #[must_use]
    pub fn seeding(&self) -> Seeding {
        Seeding::new(self.db.clone(), Arc::clone(&self.work))
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &StoreMetrics {
        self.db.metrics()
    }

    /// The number of applied migrations.
    ///
    /// # Errors
    /// The database's.
    pub async fn version(&self) -> Result<i64, Error> {
        migrate::version(&self.db).await
    }
}
