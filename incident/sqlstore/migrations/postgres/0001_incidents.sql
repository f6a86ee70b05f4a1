-- opened is the incident as it was created; its events since are rows of their own, which
-- nothing changes. outline is the incident as it is now, with its moves between states only.
-- Times are microseconds since 1970.
CREATE TABLE incidents (
  n       BIGINT  PRIMARY KEY,
  key     TEXT    NOT NULL, -- '': none
  version BIGINT  NOT NULL, -- the number of events since it was created
  state   TEXT    NOT NULL,
  ongoing BIGINT  NOT NULL, -- 0 or 1
  changed BIGINT  NOT NULL,
  opened  TEXT    NOT NULL,
  outline TEXT    NOT NULL
);
CREATE INDEX incidents_by_key ON incidents (key);
CREATE INDEX incidents_by_change ON incidents (changed);
CREATE INDEX incidents_ongoing ON incidents (n) WHERE ongoing = 1;

CREATE TABLE incident_events (
  incident BIGINT  NOT NULL REFERENCES incidents (n),
  seq      BIGINT  NOT NULL, -- 1, 2 … in the order of arrival
  event    TEXT    NOT NULL,
  PRIMARY KEY (incident, seq)
);

CREATE TABLE incident_jobs (
  n        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key      TEXT    NOT NULL UNIQUE,
  incident TEXT    NOT NULL, -- '': none
  kind     TEXT    NOT NULL,
  payload  BYTEA,            -- NULL: none, or done
  due      BIGINT  NOT NULL,
  held     BIGINT  NOT NULL, -- nobody else may take it before
  attempts BIGINT  NOT NULL,
  problem  TEXT    NOT NULL,
  done     BIGINT  NOT NULL  -- 0 or 1
);
CREATE INDEX incident_jobs_to_do ON incident_jobs (due, n) WHERE done = 0;

CREATE TABLE incident_values (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
