//! The API as a client sees it.
//!
//! Every test starts the service with a data folder of its own on a free port and speaks HTTP to it; nothing inside
//! is replaced by anything else. Directories mirror the URL, a file each for an act. Where both versions of the API
//! answer alike, a test runs over [`ROOTS`].

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod audit;
mod auth;
mod bad_input;
mod batch;
mod catalogue;
mod console;
mod coverage;
mod errors;
mod etags;
mod expand;
mod facts;
mod generated;
mod intercept;
mod language;
mod limits;
mod malformed;
mod metadata;
mod metrics;
mod paging;
mod panics;
mod paths;
mod postgresql;
mod preferences;
mod profiles;
mod query_options;
mod registration;
mod schema;
mod search;
mod seed;
mod strictness;
mod support;
mod throttle;
mod tls;

/// `deviceManagement/importedWindowsAutopilotDeviceIdentityUploads`
mod uploads {
    mod create;
    mod delete;
    mod device_identities;
    mod get;
    mod import;
    mod list;
    mod source;
    mod stream;
    mod update;

    use crate::coverage::Route;

    pub const ROUTES: &[&[Route]] = &[
        create::ROUTES,
        delete::ROUTES,
        device_identities::ROUTES,
        get::ROUTES,
        import::ROUTES,
        list::ROUTES,
        stream::ROUTES,
        update::ROUTES,
    ];
}

/// `deviceManagement/importedWindowsAutopilotDeviceIdentities`
mod imported_devices {
    mod count;
    mod create;
    mod delete;
    mod get;
    mod import;
    mod list;

    use crate::coverage::Route;

    pub const ROUTES: &[&[Route]] =
        &[count::ROUTES, create::ROUTES, delete::ROUTES, get::ROUTES, import::ROUTES, list::ROUTES];
}

/// What is around devices: profiles, settings, events, corporate identifiers.
mod family {
    mod assignments;
    mod deployment_profiles;
    mod events;
    mod identifiers;
    mod settings;

    use crate::coverage::Route;

    pub const ROUTES: &[&[Route]] = &[
        assignments::ROUTES,
        deployment_profiles::ROUTES,
        events::ROUTES,
        identifiers::ROUTES,
        settings::ROUTES,
    ];
}

/// `deviceManagement/windowsAutopilotDeviceIdentities`
mod devices {
    mod actions;
    mod delete;
    mod get;
    mod list;

    use crate::coverage::Route;

    pub const ROUTES: &[&[Route]] = &[actions::ROUTES, delete::ROUTES, get::ROUTES, list::ROUTES];
}

/// The collections of `deviceManagement` in each version.
const ROOTS: [&str; 2] = ["/v1.0/deviceManagement", "/beta/deviceManagement"];
/// The three collections, below a root.
const UPLOADS: &str = "importedWindowsAutopilotDeviceIdentityUploads";
const IMPORTED: &str = "importedWindowsAutopilotDeviceIdentities";
const DEVICES: &str = "windowsAutopilotDeviceIdentities";
/// The service's answer to success, for every JSON body.
const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
