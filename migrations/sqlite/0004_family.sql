-- Deployment profiles with their assignments, events, corporate identifiers: each kept whole as a JSON text, in which
-- enum members are numbers and durations counts of 100 ns. Their columns are what SQL has to look at.

CREATE TABLE deployment_profiles (
    number   INTEGER PRIMARY KEY, -- ascends in the order of creation
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    type     TEXT    NOT NULL,    -- the full name of its entity type
    document TEXT    NOT NULL,
    version  INTEGER NOT NULL DEFAULT 1,
    UNIQUE (tenant, id)
) STRICT;

CREATE TABLE profile_assignments (
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    owner    TEXT    NOT NULL, -- the profile
    type     TEXT    NOT NULL,
    document TEXT    NOT NULL,
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, owner, id),
    FOREIGN KEY (tenant, owner) REFERENCES deployment_profiles (tenant, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE autopilot_events (
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    document TEXT    NOT NULL,
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE corporate_identifiers (
    tenant   TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    owner    TEXT    NOT NULL, -- type and text of the identifier, folded: each once
    type     TEXT    NOT NULL,
    document TEXT    NOT NULL,
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, owner)
) STRICT;

-- The one settings entity of a tenant; a tenant that never changed anything has no row.
CREATE TABLE autopilot_settings (
    tenant            TEXT    NOT NULL PRIMARY KEY,
    sync_status       INTEGER NOT NULL, -- 1 in progress, 2 completed
    last_sync_ticks   INTEGER NOT NULL,
    last_manual_ticks INTEGER NOT NULL,
    sync_due_ticks    INTEGER,          -- when a synchronisation in progress is over
    version           INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX autopilot_settings_due ON autopilot_settings (sync_due_ticks) WHERE sync_due_ticks IS NOT NULL;

-- Groups of devices, from seeds: there is no directory to ask.
CREATE TABLE device_groups (
    tenant   TEXT NOT NULL,
    id       TEXT NOT NULL,
    document TEXT NOT NULL, -- as the seed has it
    PRIMARY KEY (tenant, id)
) STRICT;

ALTER TABLE devices ADD COLUMN profile_id TEXT;          -- the profile that the device has
ALTER TABLE devices ADD COLUMN intended_profile_id TEXT; -- the one it is to have
ALTER TABLE devices ADD COLUMN chosen_profile_id TEXT;   -- the one that `assign` gave it
ALTER TABLE devices ADD COLUMN profile_due_ticks INTEGER; -- when it is to have it

CREATE INDEX devices_by_profile ON devices (tenant, profile_id, id) WHERE profile_id IS NOT NULL;
CREATE INDEX devices_profile_due ON devices (profile_due_ticks) WHERE profile_due_ticks IS NOT NULL;

-- Devices that were deleted, for who deletes them again.
CREATE TABLE deleted_devices (
    tenant        TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    deleted_ticks INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
