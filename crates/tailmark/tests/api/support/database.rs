//! Which database the tests run on: SQLite, or PostgreSQL where [`ON_POSTGRES`] is set.
//!
//! `postgresql.rs` runs the whole program once more with it. A server of the tests' own is started for that, and every
//! service gets a database in it.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tailmark::store::Place;

#[path = "../../../../odata/tests/bound/cluster.rs"]
#[expect(dead_code, reason = "no test here kills the server")]
mod cluster;
#[path = "../../../../odata/tests/bound/memory.rs"]
pub mod memory;

pub use cluster::Cluster;

/// Set where the tests run on PostgreSQL.
pub const ON_POSTGRES: &str = "TAILMARK_TEST_ON_POSTGRES";

/// The server, where the tests run on PostgreSQL.
pub fn server() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    let start = || std::env::var_os(ON_POSTGRES).map(|_| Cluster::start_in(memory::place()).unwrap());
    SERVER.get_or_init(start).as_ref()
}

/// A database of one test's own. On the server it goes away with this.
pub struct Own(pub Place);

impl Own {
    /// With all tables, made at the first start of a service or long before.
    pub fn migrated(folder: &Path) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let Some(server) = server() else { return Self::empty(folder) };
        let template = TEMPLATE.get_or_init(|| {
            let url = server.create().unwrap();
            let mut migrate = Command::new(env!("CARGO_BIN_EXE_tailmark"));
            migrate.arg("migrate").arg("--data").arg(folder).env("TAILMARK_DATABASE_URL", &url);
            let said = migrate.output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            name(&url).to_owned()
        });
        Self(Place::Postgres(server.copy(template).unwrap()))
    }

    /// With nothing in it.
    pub fn empty(folder: &Path) -> Self {
        Self(match server() {
            Some(server) => Place::Postgres(server.create().unwrap()),
            None => Place::File(folder.join("tailmark.db")),
        })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Place::Postgres(url) = &self.0 {
            // What stays is gone with the server.
            let _ = server().map(|server| server.remove(name(url)));
        }
    }
}

/// The name in the address of a database.
pub fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}
