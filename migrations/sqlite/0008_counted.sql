-- What import records are counted and grouped by, in one index in the order of their ids: 100,000 are looked through without
-- touching their rows. The state does not come first: every filter that names it would then be served by it, those by serial
-- number or import id as well.

CREATE INDEX imported_devices_counted ON imported_devices (tenant, id, status, error_code);
