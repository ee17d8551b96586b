-- What was done, by whom, to what: one row for each act, written with what it did and never changed.
-- `document` is the whole event but for its id and its time.

CREATE TABLE audit_events (
    tenant         TEXT    NOT NULL,
    id             TEXT    NOT NULL, -- ascends with time
    activity_ticks INTEGER NOT NULL,
    activity_type  TEXT    NOT NULL, -- these two stand in the document as well: what is looked for
    actor_type     TEXT    NOT NULL, -- most often is found without reading it
    document       TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

-- For lists by time.
CREATE INDEX audit_events_by_time ON audit_events (tenant, activity_ticks, id);
-- For what is too old to be kept, whoever's it is.
CREATE INDEX audit_events_by_age ON audit_events (activity_ticks);
