//! Which database the tests run on: SQLite, or PostgreSQL where [`ON_POSTGRES`] is set.
//!
//! `main.rs` runs the whole program once more with it. A server of the tests' own is started for that, and every
//! service gets a database in it.

use std::sync::OnceLock;

#[path = "../../../../odata/tests/bound/cluster.rs"]
#[expect(dead_code, reason = "no test here kills the server")]
mod cluster;

pub use cluster::Cluster;

/// Set where the tests run on PostgreSQL.
pub const ON_POSTGRES: &str = "TAILMARK_TEST_ON_POSTGRES";

/// The server, where the tests run on PostgreSQL.
pub fn server() -> Option<&'static Cluster> {
    static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();
    let start = || std::env::var_os(ON_POSTGRES).map(|_| Cluster::start().unwrap());
    SERVER.get_or_init(start).as_ref()
}
