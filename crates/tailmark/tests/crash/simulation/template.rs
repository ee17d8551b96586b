//! An empty database with every table, made once for each thread by the product's migrations and copied for each run.

use std::thread;

use rusqlite::{Connection, OpenFlags};

use super::program::{Asker, Fault, Program};
use super::stock::tenant;
use tailmark::config::import::Import;

/// The name of a run's database, and a connection that keeps it. With a profile, every device of the first tenant is
/// to have it.
pub fn copy(number: u64, with_profile: bool) -> (String, Connection) {
    thread_local! {
        static TEMPLATE: Connection = made();
    }
    let name = format!("simulation-{number}");
    let copy = open(&name);
    TEMPLATE.with(|template| {
        template.execute("VACUUM INTO $1", [uri(&name)]).unwrap();
    });
    if with_profile {
        let profile = "INSERT INTO deployment_profiles (tenant, id, owner, type, document)
            VALUES ($1, 'profile', '', 'microsoft.graph.azureADWindowsAutopilotDeploymentProfile', '{}')";
        copy.execute(profile, [tenant(0)]).unwrap();
        let assignment = r##"INSERT INTO profile_assignments (tenant, id, owner, type, document)
            VALUES ($1, 'assignment', 'profile', 'microsoft.graph.windowsAutopilotDeploymentProfileAssignment',
                '{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}')"##;
        copy.execute(assignment, [tenant(0)]).unwrap();
    }
    (name, copy)
}

fn made() -> Connection {
    let name = format!("template-{:?}", thread::current().id());
    let connection = open(&name);
    let mut program = Program::start(&name, &Import::default(), 0);
    program.migrate();
    let (ended, _) = program.commit(1, Fault::None);
    assert!(matches!(&ended[..], [one] if one.asker == Asker::Start && one.result.is_ok()));
    connection
}

fn uri(name: &str) -> String {
    format!("file:/{name}?vfs=memdb")
}

fn open(name: &str) -> Connection {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri(name), flags).unwrap()
}
