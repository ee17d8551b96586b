//! `tailmark uploads`, `devices` and `imported`: what the service holds, to list, wait for, change and delete.
//!
//! The three entity sets differ in their path, their columns and in what "settled" means; everything else is
//! the same, so each act is written once: [`list`], [`wait`], [`delete`], [`change`], [`sync`]. Acts on many
//! take ids as arguments, from stdin, or by a condition ([`chosen`]), and report each of them ([`each`]).

pub mod change;
pub mod chosen;
pub mod delete;
pub mod each;
pub mod list;
pub mod sync;
pub mod wait;

use clap::Subcommand;

use super::Common;
use crate::exit::Exit;
use crate::graph_client::pages;
use crate::output::Kind;

/// An entity set of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// importedWindowsAutopilotDeviceIdentityUploads
    Uploads,
    /// windowsAutopilotDeviceIdentities
    Devices,
    /// importedWindowsAutopilotDeviceIdentities
    Imported,
}

impl Set {
    /// Its path below `/beta`.
    pub fn path(self) -> &'static str {
        match self {
            Set::Uploads => "deviceManagement/importedWindowsAutopilotDeviceIdentityUploads",
            Set::Devices => "deviceManagement/windowsAutopilotDeviceIdentities",
            Set::Imported => "deviceManagement/importedWindowsAutopilotDeviceIdentities",
        }
    }

    /// The path of one of its entities.
    pub fn entity(self, id: &str) -> String {
        format!("{}/{}", self.path(), pages::escaped(id))
    }

    fn kind(self) -> Kind {
        match self {
            Set::Uploads => Kind::Uploads,
            Set::Devices => Kind::Devices,
            Set::Imported => Kind::Imported,
        }
    }

    /// So many of them, in words.
    pub fn counted(self, count: usize) -> String {
        let (one, many) = match self {
            Set::Uploads => ("upload", "uploads"),
            Set::Devices => ("registered device", "registered devices"),
            Set::Imported => ("import record", "import records"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// What to do with uploads.
#[derive(Debug, Subcommand)]
pub enum UploadsAct {
    /// List them, all pages
    #[command(after_help = UPLOADS_LIST)]
    List(list::ListArgs),
    /// Show one
    #[command(after_help = UPLOADS_SHOW)]
    Show(list::ShowArgs),
    /// Wait until every device in them is complete or has failed
    #[command(after_help = UPLOADS_WAIT)]
    Wait(wait::WaitArgs),
    /// Delete some, with their import records; registered devices stay. Asks first
    #[command(after_help = UPLOADS_DELETE)]
    Delete(chosen::Chosen),
}

/// What to do with registered devices.
#[derive(Debug, Subcommand)]
pub enum DevicesAct {
    /// List them, all pages
    #[command(after_help = DEVICES_LIST)]
    List(list::ListArgs),
    /// Show one
    #[command(after_help = DEVICES_SHOW)]
    Show(list::ShowArgs),
    /// Wait until they are registered
    #[command(after_help = DEVICES_WAIT)]
    Wait(wait::WaitArgs),
    /// Change group tag, name or user of some
    #[command(after_help = DEVICES_UPDATE)]
    Update(change::UpdateArgs),
    /// Assign a user to some
    #[command(after_help = DEVICES_ASSIGN)]
    AssignUser(change::AssignArgs),
    /// Take the user away from some
    #[command(after_help = DEVICES_UNASSIGN)]
    UnassignUser(chosen::Chosen),
    /// Delete some, so that they are registered no more. Asks first
    #[command(after_help = DEVICES_DELETE)]
    Delete(chosen::Chosen),
    /// Have the service synchronise its devices; once in ten minutes
    #[command(after_help = DEVICES_SYNC)]
    Sync(sync::SyncArgs),
}

/// What to do with import records.
#[derive(Debug, Subcommand)]
pub enum ImportedAct {
    /// List them, all pages
    #[command(after_help = IMPORTED_LIST)]
    List(list::ListArgs),
    /// Show one
    #[command(after_help = IMPORTED_SHOW)]
    Show(list::ShowArgs),
    /// Wait until they are complete or have failed
    #[command(after_help = IMPORTED_WAIT)]
    Wait(wait::WaitArgs),
    /// Delete some; registered devices stay. Asks first
    #[command(after_help = IMPORTED_DELETE)]
    Delete(chosen::Chosen),
}

/// Runs an act on uploads.
pub async fn uploads(act: UploadsAct, common: &Common) -> anyhow::Result<Exit> {
    match act {
        UploadsAct::List(args) => list::list(Set::Uploads, &args, common).await,
        UploadsAct::Show(args) => list::show(Set::Uploads, &args, common).await,
        UploadsAct::Wait(args) => wait::run(Set::Uploads, args, common).await,
        UploadsAct::Delete(chosen) => delete::run(Set::Uploads, &chosen, common).await,
    }
}

/// Runs an act on registered devices.
pub async fn devices(act: DevicesAct, common: &Common) -> anyhow::Result<Exit> {
    match act {
        DevicesAct::List(args) => list::list(Set::Devices, &args, common).await,
        DevicesAct::Show(args) => list::show(Set::Devices, &args, common).await,
        DevicesAct::Wait(args) => wait::run(Set::Devices, args, common).await,
        DevicesAct::Update(args) => change::update(&args, common).await,
        DevicesAct::AssignUser(args) => change::assign_user(&args, common).await,
        DevicesAct::UnassignUser(chosen) => change::unassign_user(&chosen, common).await,
        DevicesAct::Delete(chosen) => delete::run(Set::Devices, &chosen, common).await,
        DevicesAct::Sync(args) => sync::run(&args, common).await,
    }
}

/// Runs an act on import records.
pub async fn imported(act: ImportedAct, common: &Common) -> anyhow::Result<Exit> {
    match act {
        ImportedAct::List(args) => list::list(Set::Imported, &args, common).await,
        ImportedAct::Show(args) => list::show(Set::Imported, &args, common).await,
        ImportedAct::Wait(args) => wait::run(Set::Imported, args, common).await,
        ImportedAct::Delete(chosen) => delete::run(Set::Imported, &chosen, common).await,
    }
}

/// Examples of acts on uploads.
pub const UPLOADS: &str = "\
Examples:
  tailmark uploads list --filter \"status eq 'error'\"
  tailmark uploads show 8d639524-9524-8d63-2495-638d2495638d -o json
  tailmark uploads COMMAND --help                                more of them";
/// Examples of acts on registered devices.
pub const DEVICES: &str = "\
Examples:
  tailmark devices list --filter \"serialNumber eq 'GKB3092'\"
  tailmark devices update --filter \"groupTag eq 'Old'\" --group-tag New --dry-run
  tailmark devices delete --filter \"groupTag eq 'Scrapped'\"
  tailmark devices COMMAND --help                                more of them";
/// Examples of acts on import records.
pub const IMPORTED: &str = "\
Examples:
  tailmark imported list --filter \"state/deviceImportStatus eq 'error'\"
  tailmark imported list --query '[].[serialNumber, state.deviceErrorName]' -o tsv
  tailmark imported COMMAND --help                               more of them";
const UPLOADS_LIST: &str = "\
Examples:
  tailmark uploads list --filter \"status eq 'error'\"
  tailmark uploads list --orderby 'createdDateTimeUtc desc' --top 5 -o json";
const UPLOADS_SHOW: &str = "\
Examples:
  tailmark uploads show 8d639524-9524-8d63-2495-638d2495638d
  tailmark uploads show 8d639524-9524-8d63-2495-638d2495638d --query status -o tsv";
const UPLOADS_WAIT: &str = "\
Examples:
  tailmark uploads wait 8d639524-9524-8d63-2495-638d2495638d --timeout 15m
  tailmark uploads list --filter \"status eq 'pending'\" --query '[].id' -o tsv \\
    | tailmark uploads wait -";
const UPLOADS_DELETE: &str = "\
Examples:
  tailmark uploads delete 8d639524-9524-8d63-2495-638d2495638d
  tailmark uploads delete --filter 'createdDateTimeUtc lt 2026-01-01T00:00:00Z' --dry-run
  tailmark uploads delete --filter 'createdDateTimeUtc lt 2026-01-01T00:00:00Z' --yes";
const DEVICES_LIST: &str = "\
Examples:
  tailmark devices list --filter \"contains(serialNumber,'AB12')\" --orderby serialNumber
  tailmark devices list --top 5 -o json
  tailmark devices list --query 'length(@)'
  tailmark devices list --filter \"groupTag eq 'Sales'\" -o tsv | cut -f1 | sort";
const DEVICES_SHOW: &str = "\
Examples:
  tailmark devices list --filter \"serialNumber eq 'GKB3092'\"              by serial number
  tailmark devices show 01a20bee-c0e5-70da-b04d-5cbde8a2c70e
  tailmark devices show 01a20bee-c0e5-70da-b04d-5cbde8a2c70e --select serialNumber,groupTag";
const DEVICES_WAIT: &str = "\
Examples:
  tailmark devices wait 01a20bee-c0e5-70da-b04d-5cbde8a2c70e --timeout 15m
  tailmark imported list --query '[].state.deviceRegistrationId' -o tsv | tailmark devices wait -";
const DEVICES_UPDATE: &str = "\
What is not named stays as it is; an empty text takes it away.

Examples:
  tailmark devices update 01a20bee-c0e5-70da-b04d-5cbde8a2c70e --group-tag Sales
  tailmark devices update --filter \"groupTag eq 'Old'\" --group-tag New --dry-run
  tailmark devices list --filter \"startswith(model,'Heron')\" --query '[].id' -o tsv \\
    | tailmark devices update - --group-tag Heron";
const DEVICES_ASSIGN: &str = "\
Examples:
  tailmark devices assign-user 01a20bee-c0e5-70da-b04d-5cbde8a2c70e --user ada@contoso.example
  tailmark devices assign-user 01a20bee-c0e5-70da-b04d-5cbde8a2c70e --user ada@contoso.example \\
    --user-name Ada";
const DEVICES_UNASSIGN: &str = "\
Examples:
  tailmark devices unassign-user 01a20bee-c0e5-70da-b04d-5cbde8a2c70e
  tailmark devices unassign-user --filter \"userPrincipalName eq 'ada@contoso.example'\" --yes";
const DEVICES_DELETE: &str = "\
Examples:
  tailmark devices delete 01a20bee-c0e5-70da-b04d-5cbde8a2c70e
  tailmark devices delete --filter \"groupTag eq 'Scrapped'\" --dry-run
  tailmark devices delete --yes - < ids.txt";
const DEVICES_SYNC: &str = "\
Examples:
  tailmark devices sync
  tailmark devices sync --wait --timeout 10m";
const IMPORTED_LIST: &str = "\
Examples:
  tailmark imported list --filter \"state/deviceImportStatus eq 'error'\"
  tailmark imported list --query '[].[serialNumber, state.deviceErrorName]' -o tsv";
const IMPORTED_SHOW: &str = "\
Examples:
  tailmark imported show 01a20bee-b6d2-74c1-8a31-7d2f0c1b9a55 -o yaml";
const IMPORTED_WAIT: &str = "\
The id is a record's, or the importId that the records of one request share.

Examples:
  tailmark imported wait 5a1f0c9e-2f43-4f0b-9d61-6b0f4f6f1a77 --timeout 15m";
const IMPORTED_DELETE: &str = "\
Examples:
  tailmark imported delete --filter \"state/deviceImportStatus eq 'complete'\" --dry-run
  tailmark imported list --filter \"state/deviceErrorCode eq 806\" --query '[].id' -o tsv \\
    | tailmark imported delete --yes -";
