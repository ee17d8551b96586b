//! Where the model's entities are kept: entity type → table, property → column.
//!
//! Adding a property is a line in the model, a column in a migration and a line here.

use std::sync::LazyLock;

use odata::sql::{Dialect, Join, Schema, Table};

use super::Engine;

/// The status of an upload: what was declared while it has no devices, else what follows from them.
// The numbers are those of `…ImportStatus` (below 3 under way, 4 error) and `…UploadStatus`.
// The least and the greatest are the ends of an index, whatever is between.
const UPLOAD_STATUS: &str =
    "(CASE (SELECT MIN(d.status) FROM imported_devices d WHERE d.tenant = {t}.tenant AND d.upload_id = {t}.id)
    WHEN 0 THEN 1
    WHEN 1 THEN 1
    WHEN 2 THEN 1
    WHEN 3 THEN
        (CASE (SELECT MAX(d.status) FROM imported_devices d WHERE d.tenant = {t}.tenant AND d.upload_id = {t}.id)
        WHEN 4 THEN 3 ELSE 2 END)
    WHEN 4 THEN 3
    ELSE {t}.declared_status END)";

/// The settings of a tenant, whether or not it has a row.
const SETTINGS: &str = "(SELECT CAST({p} AS TEXT) AS tenant, CAST({p} AS TEXT) AS id, COALESCE(s.version, 0) AS version,
        COALESCE(s.sync_status, 0) AS sync_status, COALESCE(s.last_sync_ticks, -621355968000000000) AS last_sync_ticks,
        COALESCE(s.last_manual_ticks, -621355968000000000) AS last_manual_ticks
    FROM (SELECT 1) one LEFT JOIN autopilot_settings s ON s.tenant = {p})";

const HARDWARE_HASH: &str = "(SELECT h.bytes FROM hardware_hashes h
    WHERE h.tenant = {t}.tenant AND h.imported_device_id = {t}.id)";

/// The tables behind the model of either version.
pub fn schema(engine: Engine) -> &'static Schema {
    static SQLITE: LazyLock<Schema> = LazyLock::new(|| tables(indexed(devices())));
    static POSTGRES: LazyLock<Schema> = LazyLock::new(|| tables(devices()));
    match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

/// How the database writes what others write differently.
pub fn dialect(engine: Engine) -> &'static Dialect {
    match engine {
        Engine::Sqlite => &odata::sql::SQLITE,
        Engine::Postgres => &odata::sql::POSTGRES,
    }
}

// `deviceManagement` has no row of its own: what it leads to is all there is.
fn tables(devices: Table) -> Schema {
    Schema::partitioned_by("tenant")
        .table("deviceManagement", Table::new(""))
        .table("importedWindowsAutopilotDeviceIdentityUpload", uploads())
        .table("importedWindowsAutopilotDeviceIdentity", imported_devices())
        .table("windowsAutopilotDeviceIdentity", devices)
        .table("windowsAutopilotDeploymentProfile", profiles())
        .table("windowsAutopilotDeploymentProfileAssignment", documents("profile_assignments"))
        .table("deviceManagementAutopilotEvent", documents("autopilot_events"))
        .table("importedDeviceIdentity", documents("corporate_identifiers"))
        .table("windowsAutopilotSettings", settings())
        .table("auditEvent", audit_events())
}

fn uploads() -> Table {
    Table::new("uploads")
        .column("id", "{t}.id")
        .zoned("createdDateTimeUtc", "{t}.created_ticks", "{t}.created_offset")
        .column("status", UPLOAD_STATUS)
        // What a client changed, and the status, which follows from the devices.
        .versioned_by(["{t}.version", UPLOAD_STATUS])
        .join("deviceIdentities", Join::On("{t}.upload_id = {o}.id".into()))
}

fn imported_devices() -> Table {
    Table::new("imported_devices")
        .versioned_by(["{t}.version", "{t}.status"])
        .column("id", "{t}.id")
        .column("groupTag", "{t}.group_tag")
        .column("serialNumber", "{t}.serial_number")
        .column("productKey", "{t}.product_key")
        .column("importId", "{t}.import_id")
        .column("hardwareIdentifier", HARDWARE_HASH)
        .column("state/deviceImportStatus", "{t}.status")
        .column("state/deviceRegistrationId", "{t}.registration_id")
        .column("state/deviceErrorCode", "{t}.error_code")
        .column("state/deviceErrorName", "{t}.error_name")
        .column("assignedUserPrincipalName", "{t}.assigned_user_principal_name")
}

fn devices() -> Table {
    Table::new("devices")
        .versioned_by(["{t}.version"])
        .join("deploymentProfile", Join::On("{t}.id = {o}.profile_id".into()))
        .join("intendedDeploymentProfile", Join::On("{t}.id = {o}.intended_profile_id".into()))
        .column("id", "{t}.id")
        .column("deploymentProfileAssignmentStatus", "{t}.profile_status")
        .column("deploymentProfileAssignmentDetailedStatus", "{t}.profile_detail")
        .column("deploymentProfileAssignedDateTime", "{t}.profile_assigned_ticks")
        .column("groupTag", "{t}.group_tag")
        .column("purchaseOrderIdentifier", "{t}.purchase_order_identifier")
        .column("serialNumber", "{t}.serial_number")
        .column("productKey", "{t}.product_key")
        .column("manufacturer", "{t}.manufacturer")
        .column("model", "{t}.model")
        .column("enrollmentState", "{t}.enrollment_state")
        .column("lastContactedDateTime", "{t}.last_contacted_ticks")
        .column("addressableUserName", "{t}.addressable_user_name")
        .column("userPrincipalName", "{t}.user_principal_name")
        .column("resourceName", "{t}.resource_name")
        .column("skuNumber", "{t}.sku_number")
        .column("systemFamily", "{t}.system_family")
        // Two names of the same thing; the older one is to be deprecated.
        .column("azureActiveDirectoryDeviceId", "{t}.azure_ad_device_id")
        .column("azureAdDeviceId", "{t}.azure_ad_device_id")
        .column("managedDeviceId", "{t}.managed_device_id")
        .column("displayName", "{t}.display_name")
        .column("deviceAccountUpn", "{t}.device_account_upn")
        // Differs: the published type lets it be read; here it can be written only, as passwords are.
        .column("deviceAccountPassword", "''")
        .column("deviceFriendlyName", "{t}.device_friendly_name")
        .column("remediationState", "{t}.remediation_state")
        .column("remediationStateLastModifiedDateTime", "{t}.remediation_modified_ticks")
        .column("userlessEnrollmentStatus", "{t}.userless_enrollment_status")
}

/// With SQLite's index of every three letters of these properties.
fn indexed(devices: Table) -> Table {
    let columns = [
        ("serialNumber", "serial_number"),
        ("groupTag", "group_tag"),
        ("manufacturer", "manufacturer"),
        ("model", "model"),
        ("userPrincipalName", "user_principal_name"),
        ("addressableUserName", "addressable_user_name"),
        ("displayName", "display_name"),
    ];
    let found = |query| format!("SELECT rowid FROM devices_search WHERE devices_search MATCH {query}");
    let devices = devices.searched_by(format!("{{t}}.number IN ({})", found("{q}".to_owned())));
    columns.into_iter().fold(devices, |devices, (property, column)| {
        devices.parts_found_by(property, "{t}.number", found(format!("'{column} : ' || {{q}}")))
    })
}

fn documents(name: &'static str) -> Table {
    Table::new(name)
        .versioned_by(["{t}.version"])
        .column("id", "{t}.id")
        .document("{t}.document")
        .typed_by("{t}.type")
}

fn profiles() -> Table {
    documents("deployment_profiles")
        .join("assignedDevices", Join::On("{t}.profile_id = {o}.id".into()))
        .join("assignments", Join::On("{t}.owner = {o}.id".into()))
}

fn settings() -> Table {
    Table::new(SETTINGS)
        .versioned_by(["{t}.version"])
        .column("id", "{t}.id")
        .column("lastSyncDateTime", "{t}.last_sync_ticks")
        .column("lastManualSyncTriggerDateTime", "{t}.last_manual_ticks")
        .column("syncStatus", "{t}.sync_status")
}

fn audit_events() -> Table {
    Table::new("audit_events")
        // An event stays as it is.
        .versioned_by(["1"])
        .column("id", "{t}.id")
        .column("activityDateTime", "{t}.activity_ticks")
        .column("activityType", "{t}.activity_type")
        .column("actor/auditActorType", "{t}.actor_type")
        .document("{t}.document")
}
