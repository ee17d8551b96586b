//! Corporate identifiers: devices that are known to be the company's before they enroll.

use odata::model::{
    EntityTypeId, Model, NavigationProperty, Operation, Parameter, Primitive, Property, Type,
};

use super::{boolean, everything, instant, one_of, reader, string, text, writer};

/// `importedDeviceIdentity`, what an import answers of each, and the actions on all of them.
pub(super) fn identifiers(model: &mut Model, entity: EntityTypeId) -> NavigationProperty {
    let kind = model.add_enum(
        "importedDeviceIdentityType",
        &[("unknown", 0), ("imei", 1), ("serialNumber", 2), ("manufacturerModelSerial", 3)],
    );
    // Differs: visionOS, tvOS and unknownFutureValue are missing; no page has their numbers.
    let platform = model.add_enum(
        "platform",
        &[("unknown", 0), ("ios", 1), ("android", 2), ("windows", 3), ("windowsMobile", 4), ("macOS", 5)],
    );
    let enrollment = model.find_enum("enrollmentState").map(|(id, _)| id);
    let state = || enrollment.map(|state| one_of("enrollmentState", state).computed());
    let mut properties = vec![
        string("importedDeviceIdentifier", 512),
        one_of("importedDeviceIdentityType", kind),
        instant("lastModifiedDateTime").computed(),
        instant("createdDateTime").computed(),
        instant("lastContactedDateTime").computed(),
        string("description", 1024),
    ];
    properties.extend(state());
    properties.push(one_of("platform", platform));
    let identity = model.extend_entity("importedDeviceIdentity", entity, properties);
    let result = model.extend_entity(
        "importedDeviceIdentityResult",
        identity,
        vec![boolean("status").required().computed()],
    );
    let many = Type::Entity(identity).collection();
    let identities = Parameter::new("importedDeviceIdentities", many.clone());
    let overwrite = Parameter {
        nullable: false,
        ..Parameter::new("overwriteImportedDeviceIdentities", Type::Primitive(Primitive::Boolean))
    };
    let import = vec![identities.clone(), overwrite];
    model.add_operation(
        Operation::action("importDeviceIdentityList", many.clone(), import, writer())
            .returning(Type::Entity(result).collection()),
    );
    model.add_operation(
        Operation::action("searchExistingIdentities", many.clone(), vec![identities], reader())
            .returning(many),
    );
    apple(model, entity, platform);
    NavigationProperty::contained("importedDeviceIdentities", identity, everything())
}

/// The types of Apple's devices, which nothing here leads to.
fn apple(model: &mut Model, entity: EntityTypeId, platform: odata::model::EnumTypeId) {
    let source = model
        .add_enum("discoverySource", &[("unknown", 0), ("adminImport", 2), ("deviceEnrollmentProgram", 4)]);
    let enrollment = model.find_enum("enrollmentState").map(|(id, _)| id);
    let mut properties = vec![
        text("serialNumber"),
        text("requestedEnrollmentProfileId"),
        Property::new(
            "requestedEnrollmentProfileAssignmentDateTime",
            Type::Primitive(Primitive::DateTimeOffset),
        ),
        boolean("isSupervised").required(),
        one_of("discoverySource", source),
        boolean("isDeleted"),
        instant("createdDateTime"),
        instant("lastContactedDateTime"),
        text("description"),
    ];
    properties.extend(enrollment.map(|state| one_of("enrollmentState", state)));
    properties.push(one_of("platform", platform));
    let identity = model.extend_entity("importedAppleDeviceIdentity", entity, properties);
    model.extend_entity("importedAppleDeviceIdentityResult", identity, vec![boolean("status").required()]);
}
