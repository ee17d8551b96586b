-- What changes whenever a client changes an entity, for its ETag. Triggers keep it, so that no statement can forget to.
-- What the worker changes shows in the state, which is part of the ETag as well: imports pay for none of this.

ALTER TABLE uploads ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE imported_devices ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE devices ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TRIGGER uploads_version AFTER UPDATE ON uploads WHEN NEW.version = OLD.version
BEGIN
    UPDATE uploads SET version = OLD.version + 1 WHERE tenant = NEW.tenant AND id = NEW.id;
END;

-- A new hash comes with an update of these columns.
CREATE TRIGGER imported_devices_version
    AFTER UPDATE OF upload_id, import_id, serial_number, product_key, group_tag, assigned_user_principal_name
    ON imported_devices WHEN NEW.version = OLD.version
BEGIN
    UPDATE imported_devices SET version = OLD.version + 1 WHERE tenant = NEW.tenant AND id = NEW.id;
END;

CREATE TRIGGER devices_version AFTER UPDATE ON devices WHEN NEW.version = OLD.version
BEGIN
    UPDATE devices SET version = OLD.version + 1 WHERE tenant = NEW.tenant AND id = NEW.id;
END;
