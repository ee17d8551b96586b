-- Uploads, imported devices with their hashes, registered devices.
-- The tables of SQLite; text is compared byte by byte. Times are in units of 100 ns since 1970-01-01T00:00:00Z. Enum members are stored by their published numbers.

CREATE TABLE uploads (
    tenant          TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    created_ticks   BIGINT NOT NULL,
    created_offset  BIGINT NOT NULL, -- minutes east of UTC, as the client wrote it
    declared_status BIGINT NOT NULL, -- shows for as long as the upload has no devices
    PRIMARY KEY (tenant, id)
);

CREATE TABLE imported_devices (
    tenant                       TEXT COLLATE "C" NOT NULL,
    id                           TEXT COLLATE "C" NOT NULL, -- ascends in the order of arrival
    upload_id                    TEXT COLLATE "C",
    batch_id                     TEXT COLLATE "C" NOT NULL, -- one request or one upload: within it a device counts once
    import_id                    TEXT COLLATE "C" NOT NULL,
    serial_number                TEXT COLLATE "C" NOT NULL,
    product_key                  TEXT COLLATE "C" NOT NULL,
    group_tag                    TEXT COLLATE "C" NOT NULL,
    assigned_user_principal_name TEXT COLLATE "C" NOT NULL,
    status                       BIGINT NOT NULL, -- below 3: under way; 3 complete, 4 error: final
    registration_id              TEXT COLLATE "C" NOT NULL DEFAULT '',
    error_code                   BIGINT NOT NULL DEFAULT 0,
    error_name                   TEXT COLLATE "C" NOT NULL DEFAULT '',
    error_detail                 TEXT COLLATE "C" NOT NULL DEFAULT '',
    attempts                     BIGINT NOT NULL DEFAULT 0,
    claim                        BIGINT NOT NULL DEFAULT 0, -- fencing token: only its latest holder may settle
    lease_until                  BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, upload_id) REFERENCES uploads (tenant, id) ON DELETE CASCADE
);

CREATE INDEX imported_devices_of_upload ON imported_devices (tenant, upload_id, id) WHERE upload_id IS NOT NULL;
CREATE INDEX imported_devices_by_upload_status ON imported_devices (tenant, upload_id, status)
    WHERE upload_id IS NOT NULL;
CREATE INDEX imported_devices_by_import ON imported_devices (tenant, import_id, id);
CREATE INDEX imported_devices_by_serial_number ON imported_devices (tenant, serial_number, id);
CREATE INDEX imported_devices_under_way ON imported_devices (id) WHERE status < 3;

-- Apart from the rows that lists read.
CREATE TABLE hardware_hashes (
    tenant             TEXT COLLATE "C" NOT NULL,
    imported_device_id TEXT COLLATE "C" NOT NULL,
    bytes              BYTEA NOT NULL,
    PRIMARY KEY (tenant, imported_device_id),
    FOREIGN KEY (tenant, imported_device_id) REFERENCES imported_devices (tenant, id) ON DELETE CASCADE
);

CREATE TABLE devices (
    tenant                      TEXT COLLATE "C" NOT NULL,
    id                          TEXT COLLATE "C" NOT NULL,
    key                         BYTEA    NOT NULL, -- what tells a device from every other, in all tenants
    batch_id                    TEXT COLLATE "C" NOT NULL, -- the request or upload that registered it
    group_tag                   TEXT COLLATE "C" NOT NULL,
    purchase_order_identifier   TEXT COLLATE "C" NOT NULL DEFAULT '',
    serial_number               TEXT COLLATE "C" NOT NULL,
    product_key                 TEXT COLLATE "C" NOT NULL,
    manufacturer                TEXT COLLATE "C" NOT NULL,
    model                       TEXT COLLATE "C" NOT NULL,
    enrollment_state            BIGINT NOT NULL,
    last_contacted_ticks        BIGINT NOT NULL,
    addressable_user_name       TEXT COLLATE "C" NOT NULL DEFAULT '',
    user_principal_name         TEXT COLLATE "C" NOT NULL,
    resource_name               TEXT COLLATE "C" NOT NULL DEFAULT '',
    sku_number                  TEXT COLLATE "C" NOT NULL,
    system_family               TEXT COLLATE "C" NOT NULL,
    azure_ad_device_id          TEXT COLLATE "C" NOT NULL DEFAULT '',
    managed_device_id           TEXT COLLATE "C" NOT NULL DEFAULT '',
    display_name                TEXT COLLATE "C" NOT NULL DEFAULT '',
    profile_status              BIGINT NOT NULL,
    profile_detail              BIGINT NOT NULL,
    profile_assigned_ticks      BIGINT NOT NULL,
    device_account_upn          TEXT COLLATE "C" NOT NULL DEFAULT '',
    device_account_password     TEXT COLLATE "C" NOT NULL DEFAULT '',
    device_friendly_name        TEXT COLLATE "C" NOT NULL DEFAULT '',
    remediation_state           BIGINT NOT NULL,
    remediation_modified_ticks  BIGINT NOT NULL,
    userless_enrollment_status  BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (key)
);

CREATE INDEX devices_by_serial_number ON devices (tenant, serial_number, id);
