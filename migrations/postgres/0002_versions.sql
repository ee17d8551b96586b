-- What changes whenever a client changes an entity, for its ETag. Triggers keep it, so that no statement can forget to.
-- What the worker changes shows in the state, which is part of the ETag as well: imports pay for none of this.

ALTER TABLE uploads ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE imported_devices ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE devices ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

CREATE FUNCTION tailmark_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version = OLD.version THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER uploads_version BEFORE UPDATE ON uploads
    FOR EACH ROW EXECUTE FUNCTION tailmark_version();

-- A new hash comes with an update of these columns.
CREATE TRIGGER imported_devices_version
    BEFORE UPDATE OF upload_id, import_id, serial_number, product_key, group_tag, assigned_user_principal_name
    ON imported_devices FOR EACH ROW EXECUTE FUNCTION tailmark_version();

CREATE TRIGGER devices_version BEFORE UPDATE ON devices
    FOR EACH ROW EXECUTE FUNCTION tailmark_version();
