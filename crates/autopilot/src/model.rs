//! The service's entity data model, as a table: types, what is reached from where, who may do what.
//!
//! One model for each version of the API; what differs between them is marked where it is declared. Binding, JSON,
//! the permission check and the routes all come from here: a property that is not in this file does not exist.
//! Source: `$metadata` of Microsoft Graph, v1.0 and beta (2026-08), beta of 2019-07 for the uploads; permissions
//! as published with each operation.

use std::sync::LazyLock;

use odata::model::{
    Acts, EntityTypeId, Model, NavigationProperty, Operation, Parameter, Permission, Primitive, Property,
    Type,
};

use crate::check;

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

/// The longest name of a person in `addressableUserName`, in characters.
const LONGEST_NAME: usize = 1024;
/// The longest name of a device, in characters.
const LONGEST_DEVICE_NAME: usize = 256;

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

    let imported = imported_device(&mut model, entity);
    let upload = upload(&mut model, entity, imported);
    let device = device(&mut model, entity, version);

    let management = model.extend_entity("deviceManagement", entity, Vec::new());
    model.entity_mut(management).navigation = vec![
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
            Acts { read: Some(reader()), insert: Some(writer()), update: None, delete: Some(writer()) },
        ),
        NavigationProperty::contained(
            "windowsAutopilotDeviceIdentities",
            device,
            Acts { read: Some(reader()), insert: None, update: None, delete: Some(writer()) },
        ),
    ];
    model.add_singleton("deviceManagement", management);
    model
}

/// `importedWindowsAutopilotDeviceIdentity`, its state and its `import`.
fn imported_device(model: &mut Model, entity: EntityTypeId) -> EntityTypeId {
    let status = model.add_enum(
        "importedWindowsAutopilotDeviceIdentityImportStatus",
        &[("unknown", 0), ("pending", 1), ("partial", 2), ("complete", 3), ("error", 4)],
    );
    let state = model.add_complex(
        "importedWindowsAutopilotDeviceIdentityState",
        vec![
            Property::new("deviceImportStatus", Type::Enum(status)).required(),
            string("deviceRegistrationId", 128),
            Property::new("deviceErrorCode", Type::Primitive(Primitive::Int32)).required(),
            string("deviceErrorName", 256),
        ],
    );
    let imported = model.extend_entity(
        "importedWindowsAutopilotDeviceIdentity",
        entity,
        vec![
            string("groupTag", check::MAX_GROUP_TAG).searchable(),
            string("serialNumber", check::MAX_SERIAL_NUMBER).searchable(),
            string("productKey", check::MAX_PRODUCT_KEY),
            string("importId", 128),
            Property::new("hardwareIdentifier", Type::Primitive(Primitive::Binary))
                .at_most(check::MAX_HARDWARE_HASH / 4 * 3)
                // Differs: the real service does not give a hash back; here whoever may read can have it.
                .on_request(),
            Property::new("state", Type::Complex(state)).computed(),
            string("assignedUserPrincipalName", check::MAX_ASSIGNED_USER).searchable(),
        ],
    );
    let many = Type::Entity(imported).collection();
    model.add_operation(
        Operation::action(
            "import",
            many.clone(),
            vec![Parameter::new("importedWindowsAutopilotDeviceIdentities", many.clone())],
            writer(),
        )
        .returning(many),
    );
    imported
}

/// `importedWindowsAutopilotDeviceIdentityUpload`, its devices and its stream.
// Differs: beta has not routed uploads since July 2019 and v1.0 never did; here both versions do.
fn upload(model: &mut Model, entity: EntityTypeId, imported: EntityTypeId) -> EntityTypeId {
    let status = model.add_enum(
        "importedWindowsAutopilotDeviceIdentityUploadStatus",
        &[("noUpload", 0), ("pending", 1), ("complete", 2), ("error", 3)],
    );
    let upload = model.extend_entity(
        "importedWindowsAutopilotDeviceIdentityUpload",
        entity,
        vec![
            Property::new("createdDateTimeUtc", Type::Primitive(Primitive::DateTimeOffset)).required(),
            Property::new("status", Type::Enum(status)).required(),
        ],
    );
    let ty = model.entity_mut(upload);
    ty.always_typed = true;
    ty.navigation.push(NavigationProperty::contained(
        "deviceIdentities",
        imported,
        Acts {
            read: Some(delegated_reader()),
            insert: Some(delegated_writer()),
            update: Some(delegated_writer()),
            delete: Some(delegated_writer()),
        },
    ));
    // A read that the reading scope may not make, as its page says.
    model.add_operation(Operation::function(
        "autopilotDeviceStream",
        Type::Entity(upload),
        Type::Primitive(Primitive::String),
        delegated_writer(),
    ));
    upload
}

/// `windowsAutopilotDeviceIdentity` and its actions.
fn device(model: &mut Model, entity: EntityTypeId, version: Version) -> EntityTypeId {
    let beta = version == Version::Beta;
    let mut enrollment =
        vec![("unknown", 0), ("enrolled", 1), ("pendingReset", 2), ("failed", 3), ("notContacted", 4)];
    if beta {
        enrollment.push(("blocked", 5));
    }
    let enrollment = model.add_enum("enrollmentState", &enrollment);
    let instant = |name| Property::new(name, Type::Primitive(Primitive::DateTimeOffset)).required();
    let text = |name| string(name, LONGEST_NAME);

    let mut properties = Vec::new();
    if beta {
        let assignment = model.add_enum(
            "windowsAutopilotProfileAssignmentStatus",
            &[
                ("unknown", 0),
                ("assignedInSync", 1),
                ("assignedOutOfSync", 2),
                ("assignedUnkownSyncState", 3),
                ("notAssigned", 4),
                ("pending", 5),
                ("failed", 6),
            ],
        );
        // Differs: surfaceHub2SProfileNotSupported and unknownFutureValue are missing; no page has their numbers.
        let detail = model.add_enum(
            "windowsAutopilotProfileAssignmentDetailedStatus",
            &[
                ("none", 0),
                ("hardwareRequirementsNotMet", 1),
                ("surfaceHubProfileNotSupported", 2),
                ("holoLensProfileNotSupported", 3),
                ("windowsPcProfileNotSupported", 4),
            ],
        );
        properties.extend([
            Property::new("deploymentProfileAssignmentStatus", Type::Enum(assignment)).required(),
            Property::new("deploymentProfileAssignmentDetailedStatus", Type::Enum(detail)).required(),
            instant("deploymentProfileAssignedDateTime"),
        ]);
    }
    properties.extend([
        // What is searchable here is what the index of `migrations/sqlite/0003_search.sql` holds, in both versions.
        string("groupTag", check::MAX_GROUP_TAG).searchable(),
        text("purchaseOrderIdentifier"),
        string("serialNumber", check::MAX_SERIAL_NUMBER).searchable(),
        string("productKey", check::MAX_PRODUCT_KEY),
        text("manufacturer").searchable(),
        text("model").searchable(),
        Property::new("enrollmentState", Type::Enum(enrollment)).required(),
        instant("lastContactedDateTime"),
        text("addressableUserName").searchable(),
        string("userPrincipalName", check::MAX_ASSIGNED_USER).searchable(),
        text("resourceName"),
        text("skuNumber"),
        text("systemFamily"),
        text("azureActiveDirectoryDeviceId"),
    ]);
    if beta {
        properties.push(text("azureAdDeviceId"));
    }
    properties.extend([text("managedDeviceId"), text("displayName").searchable()]);
    if beta {
        let remediation = model.add_enum(
            "windowsAutopilotDeviceRemediationState",
            &[
                ("unknown", 0),
                ("noRemediationRequired", 1),
                ("automaticRemediationRequired", 2),
                ("manualRemediationRequired", 3),
                ("unknownFutureValue", 4),
            ],
        );
        let userless = model.add_enum(
            "windowsAutopilotUserlessEnrollmentStatus",
            &[("unknown", 0), ("allowed", 1), ("blocked", 2), ("unknownFutureValue", 3)],
        );
        properties.extend([
            text("deviceAccountUpn"),
            text("deviceAccountPassword"),
            text("deviceFriendlyName"),
            Property::new("remediationState", Type::Enum(remediation)).required(),
            instant("remediationStateLastModifiedDateTime"),
            Property::new("userlessEnrollmentStatus", Type::Enum(userless)).required(),
        ]);
    }
    let device = model.extend_entity("windowsAutopilotDeviceIdentity", entity, properties);
    device_actions(model, device, beta);
    device
}

fn device_actions(model: &mut Model, device: EntityTypeId, beta: bool) {
    let user = Parameter::string("userPrincipalName", check::MAX_ASSIGNED_USER);
    let name = Parameter::string("addressableUserName", LONGEST_NAME);
    let mut parameters = vec![
        user.clone(),
        name.clone(),
        Parameter::string("groupTag", check::MAX_GROUP_TAG),
        Parameter::string("displayName", LONGEST_DEVICE_NAME),
    ];
    if beta {
        parameters.extend([
            Parameter::string("deviceAccountUpn", check::MAX_ASSIGNED_USER),
            Parameter::string("deviceAccountPassword", LONGEST_NAME),
            Parameter::string("deviceFriendlyName", LONGEST_DEVICE_NAME),
        ]);
    }
    let one = Type::Entity(device);
    let actions = [
        Operation::action("updateDeviceProperties", one.clone(), parameters, writer()),
        Operation::action("assignUserToDevice", one.clone(), vec![user, name], writer()),
        // The published permissions of this action let the reading scope call it.
        Operation::action("unassignUserFromDevice", one, Vec::new(), reader()),
    ];
    actions.into_iter().for_each(|action| model.add_operation(action));
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
