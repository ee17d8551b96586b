//! The service's entity data model, as a table: types, what is reached from where, who may do what.
//!
//! One model for each version of the API; what differs between them is marked where it is declared. Binding, JSON,
//! the permission check and the routes all come from here: a property that is not in this file does not exist.
//! Source: `$metadata` of Microsoft Graph, v1.0 and beta (2026-08), beta of 2019-07 for the uploads; permissions
//! as published with each operation.

mod audit;
mod device;
mod event;
mod identifier;
mod imports;
mod profile;
mod settings;

use std::sync::LazyLock;

use odata::model::{Acts, EnumTypeId, Model, NavigationProperty, Permission, Primitive, Property, Type};

/// A version of the API, each with its own service root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `/v1.0`
    V1,
    /// `/beta`
    Beta,
}

/// The scope or role that reads, `DeviceManagementServiceConfig.Read.All`.
pub const READ: &str = "DeviceManagementServiceConfig.Read.All";
/// The scope or role that reads and writes, `DeviceManagementServiceConfig.ReadWrite.All`.
pub const READ_WRITE: &str = "DeviceManagementServiceConfig.ReadWrite.All";

/// The scope or role that reads events, `DeviceManagementManagedDevices.Read.All`.
pub const READ_MANAGED: &str = "DeviceManagementManagedDevices.Read.All";
/// The scope or role that reads and writes events, `DeviceManagementManagedDevices.ReadWrite.All`.
pub const READ_WRITE_MANAGED: &str = "DeviceManagementManagedDevices.ReadWrite.All";

/// The scope or role that reads the audit log, `DeviceManagementApps.Read.All`.
pub const READ_APPS: &str = "DeviceManagementApps.Read.All";
/// Another that reads the audit log, `DeviceManagementApps.ReadWrite.All`.
pub const READ_WRITE_APPS: &str = "DeviceManagementApps.ReadWrite.All";

/// The longest text without a limit of its own, in characters.
const LONGEST_TEXT: usize = 1024;

impl Version {
    /// Both versions.
    pub const ALL: [Self; 2] = [Self::V1, Self::Beta];

    /// The first segment of the version's addresses.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }

    /// The version's model.
    #[must_use]
    pub fn model(self) -> &'static Model {
        static V1: LazyLock<Model> = LazyLock::new(|| build(Version::V1));
        static BETA: LazyLock<Model> = LazyLock::new(|| build(Version::Beta));
        match self {
            Self::V1 => &V1,
            Self::Beta => &BETA,
        }
    }
}

fn build(version: Version) -> Model {
    let mut model = Model::new("microsoft.graph", Some("graph"));
    "GraphService".clone_into(&mut model.container.name);
    let entity = model.add_entity("entity", &["id"], vec![string("id", 128).required().computed()]);
    model.entity_mut(entity).is_abstract = true;

    let imported = imports::imported_device(&mut model, entity);
    let upload = imports::upload(&mut model, entity, imported);
    let device = device::device(&mut model, entity, version);
    let profile = profile::profile(&mut model, entity, device, version);

    let management = model.extend_entity("deviceManagement", entity, Vec::new());
    let mut navigation = vec![
        NavigationProperty::contained(
            "importedWindowsAutopilotDeviceIdentityUploads",
            upload,
            Acts {
                read: Some(delegated_reader()),
                insert: Some(delegated_writer()),
                update: Some(delegated_writer()),
                delete: Some(delegated_writer()),
            },
        )
        .enveloped(),
        NavigationProperty::contained(
            "importedWindowsAutopilotDeviceIdentities",
            imported,
            // PATCH was documented until 2021 and is not routed; `compat.strictness = "lenient"` takes it.
            Acts { update: None, ..everything() },
        ),
        NavigationProperty::contained(
            "windowsAutopilotDeviceIdentities",
            device,
            Acts { update: None, ..everything() },
        ),
    ];
    navigation.push(audit::events(&mut model, entity, version));
    if version == Version::Beta {
        navigation.extend([
            NavigationProperty::contained("windowsAutopilotDeploymentProfiles", profile, everything()),
            settings::settings(&mut model, entity),
            event::events(&mut model, entity),
            identifier::identifiers(&mut model, entity),
        ]);
    }
    model.entity_mut(management).navigation = navigation;
    model.add_singleton("deviceManagement", management);
    model
}

fn string(name: &str, max_length: usize) -> Property {
    Property::string(name, max_length)
}

fn reader() -> Permission {
    Permission::any_of(&[READ, READ_WRITE])
}

fn writer() -> Permission {
    Permission::any_of(&[READ_WRITE])
}

fn delegated_reader() -> Permission {
    Permission::delegated(&[READ, READ_WRITE])
}

fn delegated_writer() -> Permission {
    Permission::delegated(&[READ_WRITE])
}

/// Reading and all of writing, by the permissions of the family.
fn everything() -> Acts {
    Acts { read: Some(reader()), insert: Some(writer()), update: Some(writer()), delete: Some(writer()) }
}

fn text(name: &str) -> Property {
    string(name, LONGEST_TEXT)
}

fn boolean(name: &str) -> Property {
    Property::new(name, Type::Primitive(Primitive::Boolean))
}

fn instant(name: &str) -> Property {
    Property::new(name, Type::Primitive(Primitive::DateTimeOffset)).required()
}

fn one_of(name: &str, ty: EnumTypeId) -> Property {
    Property::new(name, Type::Enum(ty)).required()
}
