//! What devices report of their deployment.

use odata::model::{Acts, EntityTypeId, Model, NavigationProperty, Permission, Primitive, Property, Type};

use super::{READ_MANAGED, READ_WRITE_MANAGED, boolean, instant, one_of, text};

/// `deviceManagementAutopilotEvent`, one for each deployment. Another family's permissions open it.
pub(super) fn events(model: &mut Model, entity: EntityTypeId) -> NavigationProperty {
    let deployment = model.add_enum(
        "windowsAutopilotDeploymentState",
        &[
            ("unknown", 0),
            ("success", 1),
            ("inProgress", 2),
            ("failure", 3),
            ("successWithTimeout", 4),
            ("notAttempted", 5),
            ("disabled", 6),
            ("successOnRetry", 7),
        ],
    );
    let enrollment = model.add_enum(
        "windowsAutopilotEnrollmentType",
        &[
            ("unknown", 0),
            ("azureADJoinedWithAutopilotProfile", 1),
            ("offlineDomainJoined", 2),
            ("azureADJoinedUsingDeviceAuthWithAutopilotProfile", 3),
            ("azureADJoinedUsingDeviceAuthWithoutAutopilotProfile", 4),
            ("azureADJoinedWithOfflineAutopilotProfile", 5),
            ("azureADJoinedWithWhiteGlove", 6),
            ("offlineDomainJoinedWithWhiteGlove", 7),
            ("offlineDomainJoinedWithOfflineAutopilotProfile", 8),
        ],
    );
    let enrollment_state = model.find_enum("enrollmentState").map(|(id, _)| id);
    let duration = |name| Property::new(name, Type::Primitive(Primitive::Duration)).required();
    let mut properties = vec![
        text("deviceId"),
        text("userId"),
        instant("eventDateTime"),
        instant("deviceRegisteredDateTime"),
        instant("enrollmentStartDateTime"),
        one_of("enrollmentType", enrollment),
        text("deviceSerialNumber"),
        text("managedDeviceName"),
        text("userPrincipalName"),
        text("windowsAutopilotDeploymentProfileDisplayName"),
    ];
    properties.extend(enrollment_state.map(|state| one_of("enrollmentState", state)));
    properties.extend([
        text("windows10EnrollmentCompletionPageConfigurationDisplayName"),
        text("windows10EnrollmentCompletionPageConfigurationId"),
        one_of("deploymentState", deployment),
        one_of("deviceSetupStatus", deployment),
        one_of("accountSetupStatus", deployment),
        text("osVersion"),
        duration("deploymentDuration"),
        duration("deploymentTotalDuration"),
        duration("deviceSetupDuration"),
        duration("accountSetupDuration"),
        instant("deploymentStartDateTime"),
        instant("deploymentEndDateTime"),
        text("enrollmentFailureDetails"),
    ]);
    let event = model.extend_entity("deviceManagementAutopilotEvent", entity, properties);
    policy_status(model, entity);
    let reader = || Some(Permission::any_of(&[READ_MANAGED, READ_WRITE_MANAGED]));
    let writer = || Some(Permission::any_of(&[READ_WRITE_MANAGED]));
    let acts = Acts { read: reader(), insert: writer(), update: writer(), delete: writer() };
    NavigationProperty::contained("autopilotEvents", event, acts)
}

/// The type of what an event once led to; nothing here leads to it any more.
fn policy_status(model: &mut Model, entity: EntityTypeId) {
    let kind = model.add_enum(
        "deviceManagementAutopilotPolicyType",
        &[("unknown", 0), ("application", 3), ("appModel", 7), ("configurationPolicy", 12)],
    );
    let compliance = model.add_enum(
        "deviceManagementAutopilotPolicyComplianceStatus",
        &[
            ("unknown", 0),
            ("compliant", 1),
            ("installed", 2),
            ("notCompliant", 3),
            ("notInstalled", 4),
            ("error", 5),
        ],
    );
    model.extend_entity(
        "deviceManagementAutopilotPolicyStatusDetail",
        entity,
        vec![
            text("displayName"),
            one_of("policyType", kind),
            one_of("complianceStatus", compliance),
            boolean("trackedOnEnrollmentStatus").required(),
            instant("lastReportedDateTime"),
            Property::new("errorCode", Type::Primitive(Primitive::Int32)).required(),
        ],
    );
}
