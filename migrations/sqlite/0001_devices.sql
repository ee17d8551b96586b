-- Uploads, imported devices with their hashes, registered devices.
-- Times are in units of 100 ns since 1970-01-01T00:00:00Z. Enum members are stored by their published numbers.

CREATE TABLE uploads (
    tenant          TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    created_ticks   INTEGER NOT NULL,
    created_offset  INTEGER NOT NULL, -- minutes east of UTC, as the client wrote it
    declared_status INTEGER NOT NULL, -- shows for as long as the upload has no devices
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE imported_devices (
    tenant                       TEXT    NOT NULL,
    id                           TEXT    NOT NULL, -- ascends in the order of arrival
    upload_id                    TEXT,
    batch_id                     TEXT    NOT NULL, -- one request or one upload: within it a device counts once
    import_id                    TEXT    NOT NULL,
    serial_number                TEXT    NOT NULL,
    product_key                  TEXT    NOT NULL,
    group_tag                    TEXT    NOT NULL,
    assigned_user_principal_name TEXT    NOT NULL,
    status                       INTEGER NOT NULL, -- below 3: under way; 3 complete, 4 error: final
    registration_id              TEXT    NOT NULL DEFAULT '',
    error_code                   INTEGER NOT NULL DEFAULT 0,
    error_name                   TEXT    NOT NULL DEFAULT '',
    error_detail                 TEXT    NOT NULL DEFAULT '',
    attempts                     INTEGER NOT NULL DEFAULT 0,
    claim                        INTEGER NOT NULL DEFAULT 0, -- fencing token: only its latest holder may settle
    lease_until                  INTEGER,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, upload_id) REFERENCES uploads (tenant, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX imported_devices_of_upload ON imported_devices (tenant, upload_id, id) WHERE upload_id IS NOT NULL;
CREATE INDEX imported_devices_by_upload_status ON imported_devices (tenant, upload_id, status)
    WHERE upload_id IS NOT NULL;
CREATE INDEX imported_devices_by_import ON imported_devices (tenant, import_id, id);
CREATE INDEX imported_devices_by_serial_number ON imported_devices (tenant, serial_number, id);
CREATE INDEX imported_devices_under_way ON imported_devices (id) WHERE status < 3;

-- Apart from the rows that lists read.
CREATE TABLE hardware_hashes (
    tenant             TEXT NOT NULL,
    imported_device_id TEXT NOT NULL,
    bytes              BLOB NOT NULL,
    PRIMARY KEY (tenant, imported_device_id),
    FOREIGN KEY (tenant, imported_device_id) REFERENCES imported_devices (tenant, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE devices (
    tenant                      TEXT    NOT NULL,
    id                          TEXT    NOT NULL,
    key                         BLOB    NOT NULL, -- what tells a device from every other, in all tenants
    batch_id                    TEXT    NOT NULL, -- the request or upload that registered it
    group_tag                   TEXT    NOT NULL,
    purchase_order_identifier   TEXT    NOT NULL DEFAULT '',
    serial_number               TEXT    NOT NULL,
    product_key                 TEXT    NOT NULL,
    manufacturer                TEXT    NOT NULL,
    model                       TEXT    NOT NULL,
    enrollment_state            INTEGER NOT NULL,
    last_contacted_ticks        INTEGER NOT NULL,
    addressable_user_name       TEXT    NOT NULL DEFAULT '',
    user_principal_name         TEXT    NOT NULL,
    resource_name               TEXT    NOT NULL DEFAULT '',
    sku_number                  TEXT    NOT NULL,
    system_family               TEXT    NOT NULL,
    azure_ad_device_id          TEXT    NOT NULL DEFAULT '',
    managed_device_id           TEXT    NOT NULL DEFAULT '',
    display_name                TEXT    NOT NULL DEFAULT '',
    profile_status              INTEGER NOT NULL,
    profile_detail              INTEGER NOT NULL,
    profile_assigned_ticks      INTEGER NOT NULL,
    device_account_upn          TEXT    NOT NULL DEFAULT '',
    device_account_password     TEXT    NOT NULL DEFAULT '',
    device_friendly_name        TEXT    NOT NULL DEFAULT '',
    remediation_state           INTEGER NOT NULL,
    remediation_modified_ticks  INTEGER NOT NULL,
    userless_enrollment_status  INTEGER NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (key)
) STRICT;

CREATE INDEX devices_by_serial_number ON devices (tenant, serial_number, id);
