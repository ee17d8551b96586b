-- From which file an upload came, and from which of its lines each device: said by who read the file, and gone with the
-- upload. Apart from the rows that lists read.

CREATE TABLE upload_sources (
    tenant    TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    lines     TEXT NOT NULL, -- a JSON object: numbers of lines by serial number
    PRIMARY KEY (tenant, upload_id),
    FOREIGN KEY (tenant, upload_id) REFERENCES uploads (tenant, id) ON DELETE CASCADE
) STRICT;
