-- `$search` in registered devices: an index of every three letters of what is searchable.
-- It knows rows by a number of their own, since those that SQLite gives by itself may change when it tidies up.

DROP TRIGGER devices_version;
DROP INDEX devices_by_serial_number;
ALTER TABLE devices RENAME TO devices_before;

CREATE TABLE devices (
    number                      INTEGER PRIMARY KEY,
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
    version                     INTEGER NOT NULL DEFAULT 1,
    UNIQUE (tenant, id),
    UNIQUE (key)
) STRICT;

INSERT INTO devices (
    tenant, id, key, batch_id, group_tag, purchase_order_identifier, serial_number, product_key,
    manufacturer, model, enrollment_state, last_contacted_ticks, addressable_user_name, user_principal_name,
    resource_name, sku_number, system_family, azure_ad_device_id, managed_device_id, display_name,
    profile_status, profile_detail, profile_assigned_ticks, device_account_upn, device_account_password,
    device_friendly_name, remediation_state, remediation_modified_ticks, userless_enrollment_status, version)
SELECT
    tenant, id, key, batch_id, group_tag, purchase_order_identifier, serial_number, product_key,
    manufacturer, model, enrollment_state, last_contacted_ticks, addressable_user_name, user_principal_name,
    resource_name, sku_number, system_family, azure_ad_device_id, managed_device_id, display_name,
    profile_status, profile_detail, profile_assigned_ticks, device_account_upn, device_account_password,
    device_friendly_name, remediation_state, remediation_modified_ticks, userless_enrollment_status, version
FROM devices_before ORDER BY rowid;

DROP TABLE devices_before;

CREATE INDEX devices_by_serial_number ON devices (tenant, serial_number, id);

CREATE TRIGGER devices_version AFTER UPDATE ON devices WHEN NEW.version = OLD.version
BEGIN
    UPDATE devices SET version = OLD.version + 1 WHERE number = NEW.number;
END;

CREATE VIRTUAL TABLE devices_search USING fts5 (
    serial_number, group_tag, manufacturer, model, user_principal_name, addressable_user_name, display_name,
    content = '', contentless_delete = 1, tokenize = 'trigram'
);

INSERT INTO devices_search (
    rowid, serial_number, group_tag, manufacturer, model, user_principal_name, addressable_user_name, display_name)
SELECT number, serial_number, group_tag, manufacturer, model, user_principal_name, addressable_user_name, display_name
FROM devices;

-- No trigger at an insertion: under one, the index would be written out for every single row, and an import would take
-- half as long again. Whoever inserts devices adds them here, all at once: `index_after` in `store/devices.rs`.

CREATE TRIGGER devices_search_update AFTER UPDATE OF
    serial_number, group_tag, manufacturer, model, user_principal_name, addressable_user_name, display_name
    ON devices
BEGIN
    UPDATE devices_search SET
        serial_number = NEW.serial_number, group_tag = NEW.group_tag,
        manufacturer = NEW.manufacturer, model = NEW.model,
        user_principal_name = NEW.user_principal_name, addressable_user_name = NEW.addressable_user_name,
        display_name = NEW.display_name
    WHERE rowid = NEW.number;
END;

CREATE TRIGGER devices_search_delete AFTER DELETE ON devices
BEGIN
    DELETE FROM devices_search WHERE rowid = OLD.number;
END;
