-- opened is the incident as it was created; its events since are rows of their own, which
-- nothing changes. outline is the incident as it is now, with its moves between states only.
-- Times are microseconds since 1970.
CREATE TABLE incidents (
  n       INTEGER PRIMARY KEY,
  key     TEXT    NOT NULL, -- '': none
  version INTEGER NOT NULL, -- the number of events since it was created
  state   TEXT    NOT NULL,
  ongoing INTEGER NOT NULL, -- 0 or 1
  changed INTEGER NOT NULL,
  opened  TEXT    NOT NULL,
  outline TEXT    NOT NULL
);
CREATE INDEX incidents_by_key ON incidents (key);
CREATE INDEX incidents_by_change ON incidents (changed);
CREATE INDEX incidents_ongoing ON incidents (n) WHERE ongoing = 1;

CREATE TABLE incident_events (
  incident INTEGER NOT NULL REFERENCES incidents (n),
  seq      INTEGER NOT NULL, -- 1, 2 … in the order of arrival
  event    TEXT    NOT NULL,
  PRIMARY KEY (incident, seq)
) WITHOUT ROWID;

CREATE TABLE incident_jobs (
  n        INTEGER PRIMARY KEY AUTOINCREMENT,
  key      TEXT    NOT NULL UNIQUE,
  incident TEXT    NOT NULL, -- '': none
  kind     TEXT    NOT NULL,
  payload  BLOB,             -- NULL: none, or done
  due      INTEGER NOT NULL,
  held     INTEGER NOT NULL, -- nobody else may take it before
  attempts INTEGER NOT NULL,
  problem  TEXT    NOT NULL,
  done     INTEGER NOT NULL  -- 0 or 1
);
CREATE INDEX incident_jobs_to_do ON incident_jobs (due, n) WHERE done = 0;

CREATE TABLE incident_values (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
