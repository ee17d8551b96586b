//! Brings the tables up to date, one numbered migration after the other, in one transaction each.
//!
//! Two programs that start at once do it one after the other: the writer's transaction is exclusive.

use odata::sql::{Scalar, Statement};

use super::db::{Db, Tx};
use super::{Engine, Error};

/// What SQLite gets in Rust, for PostgreSQL; may be run again and again.
const FUNCTIONS: &str = include_str!("../../../../migrations/postgres/0001_functions.sql");

/// The migrations of a database, in order, the same numbers and names in each; never edited once released.
fn migrations(engine: Engine) -> &'static [&'static str] {
    macro_rules! migrations {
        ($folder:literal) => {
            &[
                include_str!(concat!("../../../../migrations/", $folder, "/0001_devices.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0002_versions.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0003_search.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0004_family.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0005_audit.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0006_listed.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0007_sources.sql")),
                include_str!(concat!("../../../../migrations/", $folder, "/0008_counted.sql")),
            ]
        };
    }
    match engine {
        Engine::Sqlite => migrations!("sqlite"),
        Engine::Postgres => migrations!("postgres"),
    }
}

/// How many there are of a database.
pub(super) fn known(engine: Engine) -> i64 {
    i64::try_from(migrations(engine).len()).unwrap_or(i64::MAX)
}

/// Applies what is missing.
pub(super) async fn up(db: &Db) -> Result<(), Error> {
    db.write(|tx| {
        let migrations = migrations(tx.engine());
        tx.batch("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")?;
        if tx.engine() == Engine::Postgres {
            // Two programs that start at once do it one after the other.
            tx.batch("LOCK TABLE schema_version IN EXCLUSIVE MODE")?;
        }
        let applied = applied(tx)?;
        let known = known(tx.engine());
        if applied > known {
            return Err(Error::Database(format!(
                "the database has version {applied}, made by a newer program; this one knows {known}"
            )));
        }
        if applied < known && tx.engine() == Engine::Postgres {
            tx.batch(FUNCTIONS)?;
        }
        for (migration, version) in
            migrations.iter().zip(1_i64..).skip_while(|(_, version)| *version <= applied)
        {
            tx.batch(migration)?;
            tx.run(&Statement::new("DELETE FROM schema_version", Vec::new()))?;
            tx.run(&Statement::new("INSERT INTO schema_version VALUES ($1)", vec![version.into()]))?;
        }
        Ok(())
    })
    .await
}

/// The number of the last migration that was applied.
pub(super) async fn version(db: &Db) -> Result<i64, Error> {
    db.read(applied).await
}

fn applied(tx: &Tx<'_>) -> Result<i64, Error> {
    let row = tx.row(&Statement::new("SELECT COALESCE(MAX(version), 0) FROM schema_version", Vec::new()))?;
    match row.as_deref() {
        Some([Scalar::Integer(version)]) => Ok(*version),
        _ => Ok(0),
    }
}
