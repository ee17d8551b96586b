//! Imported devices and the uploads that hold them.

use odata::model::{
    Acts, EntityTypeId, Model, NavigationProperty, Operation, Parameter, Primitive, Property, Type,
};

use super::{delegated_reader, delegated_writer, string, writer};
use crate::check;

/// `importedWindowsAutopilotDeviceIdentity`, its state and its `import`.
pub(super) fn imported_device(model: &mut Model, entity: EntityTypeId) -> EntityTypeId {
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
pub(super) fn upload(model: &mut Model, entity: EntityTypeId, imported: EntityTypeId) -> EntityTypeId {
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
