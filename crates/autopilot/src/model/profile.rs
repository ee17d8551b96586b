//! Deployment profiles, and to whom they are assigned.

use odata::model::{
    Acts, EntityTypeId, Model, NavigationProperty, Operation, Parameter, Primitive, Property, Type,
};

use super::{Version, boolean, everything, instant, one_of, reader, string, text, writer};

/// The longest name of a profile, in characters.
const LONGEST_NAME: usize = 200;
/// The longest description of a profile, in characters.
const LONGEST_DESCRIPTION: usize = 1500;

/// `windowsAutopilotDeploymentProfile` with the types that extend it, its assignments, and the way from devices to it.
///
/// v1.0 has types of these names with other members and other numbers, and nothing leads to them.
pub(super) fn profile(
    model: &mut Model,
    entity: EntityTypeId,
    device: EntityTypeId,
    version: Version,
) -> EntityTypeId {
    let beta = version == Version::Beta;
    let properties = properties(model, beta);
    let profile = model.extend_entity("windowsAutopilotDeploymentProfile", entity, properties);
    let assignment = assignment(model, entity, beta);
    model.entity_mut(profile).is_abstract = true;
    let readable = || Acts { read: Some(reader()), ..Acts::default() };
    let devices = NavigationProperty::contained(
        "assignedDevices",
        device,
        if beta { readable() } else { Acts::default() },
    );
    model.entity_mut(profile).navigation.push(devices);
    if !beta {
        return profile;
    }
    let assignments = NavigationProperty::contained("assignments", assignment, everything());
    model.entity_mut(profile).navigation.push(assignments);
    model.extend_entity("azureADWindowsAutopilotDeploymentProfile", profile, Vec::new());
    // Differs: domainJoinConfiguration is missing; what it leads to belongs to device configuration.
    model.extend_entity(
        "activeDirectoryWindowsAutopilotDeploymentProfile",
        profile,
        vec![boolean("hybridAzureADJoinSkipConnectivityCheck").required()],
    );
    for name in ["deploymentProfile", "intendedDeploymentProfile"] {
        let way = NavigationProperty::to_one(name, profile, readable());
        model.entity_mut(device).navigation.push(way);
    }
    actions(model, profile);
    profile
}

fn properties(model: &mut Model, beta: bool) -> Vec<Property> {
    let device_type = model.add_enum(
        "windowsAutopilotDeviceType",
        if beta {
            &[
                ("windowsPc", 0),
                ("surfaceHub2", 1),
                ("holoLens", 2),
                ("surfaceHub2S", 3),
                ("virtualMachine", 4),
                ("unknownFutureValue", 99),
            ]
        } else {
            &[("windowsPc", 0), ("holoLens", 1), ("unknownFutureValue", 99)]
        },
    );
    let user = model
        .add_enum("windowsUserType", &[("administrator", 0), ("standard", 1), ("unknownFutureValue", 2)]);
    let usage = model
        .add_enum("windowsDeviceUsageType", &[("singleUser", 0), ("shared", 1), ("unknownFutureValue", 2)]);
    let experience = model.add_complex(
        "outOfBoxExperienceSetting",
        vec![
            boolean("privacySettingsHidden").required(),
            boolean("eulaHidden").required(),
            one_of("userType", user),
            one_of("deviceUsageType", usage),
            boolean("keyboardSelectionPageSkipped").required(),
            boolean("escapeLinkHidden").required(),
        ],
    );
    let experience = Property::new("outOfBoxExperienceSetting", Type::Complex(experience));
    let mut properties = vec![
        string("displayName", LONGEST_NAME),
        string("description", LONGEST_DESCRIPTION),
        text("locale"),
        instant("createdDateTime").computed(),
        instant("lastModifiedDateTime").computed(),
        experience,
        boolean("hardwareHashExtractionEnabled"),
        text("deviceNameTemplate"),
        one_of("deviceType", device_type),
        boolean("preprovisioningAllowed"),
        Property::new("roleScopeTagIds", Type::Primitive(Primitive::String).collection()),
        text("managementServiceAppId"),
    ];
    if beta {
        let older = model.add_complex(
            "outOfBoxExperienceSettings",
            vec![
                boolean("hidePrivacySettings").required(),
                boolean("hideEULA").required(),
                one_of("userType", user),
                one_of("deviceUsageType", usage),
                boolean("skipKeyboardSelectionPage").required(),
                boolean("hideEscapeLink").required(),
            ],
        );
        let screen = model.add_complex(
            "windowsEnrollmentStatusScreenSettings",
            vec![
                boolean("hideInstallationProgress").required(),
                boolean("allowDeviceUseBeforeProfileAndAppInstallComplete").required(),
                boolean("blockDeviceSetupRetryByUser").required(),
                boolean("allowLogCollectionOnInstallFailure").required(),
                text("customErrorMessage"),
                Property::new("installProgressTimeoutInMinutes", Type::Primitive(Primitive::Int32)),
                boolean("allowDeviceUseOnInstallFailure").required(),
            ],
        );
        // The older names of some of them, side by side with the newer.
        properties.extend([
            text("language"),
            boolean("extractHardwareHash").required(),
            boolean("enableWhiteGlove").required(),
            Property::new("outOfBoxExperienceSettings", Type::Complex(older)),
            Property::new("enrollmentStatusScreenSettings", Type::Complex(screen)),
        ]);
    }
    properties
}

/// `windowsAutopilotDeploymentProfileAssignment` and the targets it can have.
fn assignment(model: &mut Model, entity: EntityTypeId, beta: bool) -> EntityTypeId {
    let mut filter = Vec::new();
    let mut properties = Vec::new();
    if beta {
        let kind = model.add_enum(
            "deviceAndAppManagementAssignmentFilterType",
            &[("none", 0), ("include", 1), ("exclude", 2)],
        );
        filter.extend([
            text("deviceAndAppManagementAssignmentFilterId"),
            one_of("deviceAndAppManagementAssignmentFilterType", kind),
        ]);
        let source =
            model.add_enum("deviceAndAppManagementAssignmentSource", &[("direct", 0), ("policySets", 1)]);
        properties.extend([one_of("source", source), text("sourceId")]);
    }
    let target = model.add_complex("deviceAndAppManagementAssignmentTarget", filter);
    model.complex_mut(target).is_abstract = true;
    let group = model.extend_complex("groupAssignmentTarget", target, vec![text("groupId")]);
    model.extend_complex("exclusionGroupAssignmentTarget", group, Vec::new());
    model.extend_complex("allDevicesAssignmentTarget", target, Vec::new());
    model.extend_complex("allLicensedUsersAssignmentTarget", target, Vec::new());
    if beta {
        properties.push(Property::new("target", Type::Complex(target)));
    }
    model.extend_entity("windowsAutopilotDeploymentProfileAssignment", entity, properties)
}

fn actions(model: &mut Model, profile: EntityTypeId) {
    let ids = |name| Parameter {
        ty: Type::Primitive(Primitive::String).collection(),
        ..Parameter::string(name, 128)
    };
    let source = model.find_enum("deviceAndAppManagementAssignmentSource").map(|(id, _)| id);
    let mut item = vec![text("payloadId"), boolean("hasLink"), text("error")];
    item.extend(source.map(|source| Property::new("sources", Type::Enum(source).collection())));
    let item = model.add_complex("hasPayloadLinkResultItem", item);
    let one = Type::Entity(profile);
    model.add_operation(Operation::action("assign", one.clone(), vec![ids("deviceIds")], writer()));
    model.add_operation(
        Operation::action("hasPayloadLinks", one.collection(), vec![ids("payloadIds")], reader())
            .returning(Type::Complex(item).collection()),
    );
}
