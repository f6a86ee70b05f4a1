-- Jobs of one line are done one after another; '': in none.
ALTER TABLE incident_jobs ADD COLUMN line TEXT NOT NULL DEFAULT '';
CREATE INDEX incident_jobs_in_line ON incident_jobs (line, n) WHERE done = 0 AND line <> '';
