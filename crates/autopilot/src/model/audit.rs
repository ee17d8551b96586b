//! What was done, by whom, to what: the audit log.
//!
//! Source: `auditEvent`, `auditActor`, `auditResource`, `auditProperty` and `roleScopeTagInfo` of Microsoft Graph; the order
//! of properties is that of recorded answers. v1.0 has `auditActorType` and `auditResourceType` alone, as its metadata and
//! SDKs say; its pages name `type` as well, which beta has.

use odata::model::{
    Acts, EntityTypeId, Model, NavigationProperty, Operation, Parameter, Permission, Primitive, Property,
    Type,
};

use super::{READ, READ_APPS, READ_WRITE, READ_WRITE_APPS, Version, instant};

/// `auditEvent` and its functions. Nobody writes events: they come with what is written.
pub(super) fn events(model: &mut Model, entity: EntityTypeId, version: Version) -> NavigationProperty {
    let beta = version == Version::Beta;
    let mut actor = vec![text("auditActorType")];
    let mut resource = vec![text("displayName"), text("auditResourceType")];
    if beta {
        actor.insert(0, text("type"));
        resource.insert(1, text("type"));
    }
    actor.extend([
        Property::new("userPermissions", STRING.collection()),
        text("applicationId"),
        text("applicationDisplayName"),
        text("userPrincipalName"),
        text("servicePrincipalName"),
        text("ipAddress"),
        text("userId"),
    ]);
    if beta {
        let tag = model.add_complex("roleScopeTagInfo", vec![text("displayName"), text("roleScopeTagId")]);
        actor.extend([
            Property::new("userRoleScopeTags", Type::Complex(tag).collection()),
            text("remoteTenantId"),
            text("remoteUserId"),
        ]);
    }
    let actor = model.add_complex("auditActor", actor);
    let property =
        model.add_complex("auditProperty", vec![text("displayName"), text("oldValue"), text("newValue")]);
    resource.extend([
        text("resourceId"),
        Property::new("modifiedProperties", Type::Complex(property).collection()),
    ]);
    let resource = model.add_complex("auditResource", resource);
    let event = model.extend_entity(
        "auditEvent",
        entity,
        vec![
            text("displayName"),
            text("componentName"),
            text("activity"),
            instant("activityDateTime"),
            text("activityType"),
            text("activityOperationType"),
            text("activityResult"),
            Property::new("correlationId", Type::Primitive(Primitive::Guid)).required(),
            text("category"),
            Property::new("actor", Type::Complex(actor)),
            Property::new("resources", Type::Complex(resource).collection()),
        ],
    );
    let many = Type::Entity(event).collection();
    let names = || STRING.collection();
    model.add_operation(Operation::function("getAuditCategories", many.clone(), names(), reader()));
    model.add_operation(Operation {
        parameters: vec![Parameter { nullable: false, ..Parameter::new("category", STRING) }],
        ..Operation::function("getAuditActivityTypes", many, names(), reader())
    });
    let acts = Acts { read: Some(reader()), ..Acts::default() };
    NavigationProperty::contained("auditEvents", event, acts)
}

const STRING: Type = Type::Primitive(Primitive::String);

fn text(name: &str) -> Property {
    Property::new(name, STRING)
}

// Differs: the pages name the permissions of apps alone; here whoever may read the devices may read who changed them.
fn reader() -> Permission {
    Permission::any_of(&[READ_APPS, READ_WRITE_APPS, READ, READ_WRITE])
}
