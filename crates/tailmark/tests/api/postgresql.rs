//! Every test of this program once more, on PostgreSQL.

use std::io::Write as _;
use std::process::Command;

use crate::support::database::{Cluster, ON_POSTGRES, memory};

/// What has nothing to do with the database: TLS, and how connections begin and end.
const WITHOUT: [&str; 3] = ["tls::", "intercept::", "limits::"];

/// The same tests on another database. Where its programs are missing, that is said by name.
#[test]
fn everything_on_postgresql() {
    if std::env::var_os(ON_POSTGRES).is_some() {
        return;
    }
    if let Err(reason) = Cluster::start_in(memory::place()) {
        // Not by a macro: what those print is kept back.
        let _ = writeln!(std::io::stderr(), "not tested here: the API on PostgreSQL ({reason})");
        return;
    }
    let without = WITHOUT.iter().flat_map(|tests| ["--skip", tests]);
    let mut all = Command::new(std::env::current_exe().unwrap());
    let all = all.args(without).env(ON_POSTGRES, "1").output().unwrap();
    let said = String::from_utf8_lossy(&all.stdout);
    let summary = said.find("\nfailures:").and_then(|place| said.get(place..)).unwrap_or_default();
    assert!(all.status.success(), "on PostgreSQL:\n{summary}\n{}", String::from_utf8_lossy(&all.stderr));
    assert!(said.contains("test result: ok."), "{said}");
}
