//! Registered devices and what can be done with them.

use odata::model::{EntityTypeId, Model, Operation, Parameter, Primitive, Property, Type};

use super::{LONGEST_TEXT, Version, instant, one_of, reader, string, text, writer};
use crate::check;

/// The longest name of a device, in characters.
const LONGEST_DEVICE_NAME: usize = 256;

/// `windowsAutopilotDeviceIdentity` and its actions.
pub(super) fn device(model: &mut Model, entity: EntityTypeId, version: Version) -> EntityTypeId {
    let beta = version == Version::Beta;
    let mut enrollment =
        vec![("unknown", 0), ("enrolled", 1), ("pendingReset", 2), ("failed", 3), ("notContacted", 4)];
    if beta {
        enrollment.push(("blocked", 5));
    }
    let enrollment = model.add_enum("enrollmentState", &enrollment);

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
    let name = Parameter::string("addressableUserName", LONGEST_TEXT);
    let mut parameters = vec![
        user.clone(),
        name.clone(),
        Parameter::string("groupTag", check::MAX_GROUP_TAG),
        Parameter::string("displayName", LONGEST_DEVICE_NAME),
    ];
    if beta {
        parameters.extend([
            Parameter::string("deviceAccountUpn", check::MAX_ASSIGNED_USER),
            Parameter::string("deviceAccountPassword", LONGEST_TEXT),
            Parameter::string("deviceFriendlyName", LONGEST_DEVICE_NAME),
        ]);
    }
    let one = Type::Entity(device);
    let mut actions = vec![
        Operation::action("updateDeviceProperties", one.clone(), parameters, writer()),
        Operation::action("assignUserToDevice", one.clone(), vec![user.clone(), name.clone()], writer()),
        // The published permissions of this action let the reading scope call it.
        Operation::action("unassignUserFromDevice", one.clone(), Vec::new(), reader()),
        delete_devices(model, device),
    ];
    if beta {
        let resource = Parameter::string("resourceAccountName", LONGEST_TEXT);
        let account = vec![user, name, resource];
        actions.extend([
            Operation::action("assignResourceAccountToDevice", one.clone(), account, writer()),
            Operation::action("unassignResourceAccountFromDevice", one.clone(), Vec::new(), writer()),
            // Differs: its page names reading scopes for something that changes the device.
            Operation::action("allowNextEnrollment", one, Vec::new(), writer()),
        ]);
    }
    actions.into_iter().for_each(|action| model.add_operation(action));
}

/// `deleteDevices`: many at once, by serial number.
// Its page is there for both versions, while no metadata has had it since June 2021.
fn delete_devices(model: &mut Model, device: EntityTypeId) -> Operation {
    let state = model.add_enum(
        "windowsAutopilotDeviceDeletionState",
        &[("unknown", 0), ("failed", 1), ("accepted", 2), ("error", 3)],
    );
    let deleted = model.add_complex(
        "deletedWindowsAutopilotDeviceState",
        vec![
            string("serialNumber", check::MAX_SERIAL_NUMBER),
            text("deviceRegistrationId"),
            one_of("deletionState", state),
            text("errorMessage"),
        ],
    );
    let serial_numbers = Parameter {
        ty: Type::Primitive(Primitive::String).collection(),
        ..Parameter::string("serialNumbers", check::MAX_SERIAL_NUMBER)
    };
    Operation::action("deleteDevices", Type::Entity(device).collection(), vec![serial_numbers], writer())
        .returning(Type::Complex(deleted).collection())
}
