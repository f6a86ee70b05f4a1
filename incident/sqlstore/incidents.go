package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// Create stores a new Incident, to which it gives an ID, together with its Jobs; those
// without an Incident get this one's ID. Where the key was used for an Incident that is
// not closed, it gives that one, and false, and stores nothing. An empty key was never
// used. The error is that of Validate, or the database's.
func (s *Store) Create(ctx context.Context, key string, i incident.Incident, jobs ...incident.Job) (incident.Incident, bool, error) {
	if err := validate(jobs); err != nil {
		return incident.Incident{}, false, err
	}
	if key != "" {
		if err := incident.ValidateKey(key); err != nil {
			return incident.Incident{}, false, err
		}
	}
	var n int64
	first := false
	err := s.transact(ctx, true, func(t tx) error {
		n, first = 0, false
		if key != "" {
			err := t.row(`SELECT n FROM incidents WHERE key = $1 AND state <> $2 ORDER BY n DESC LIMIT 1`, key, string(incident.Closed)).Scan(&n)
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		if err := t.row(`SELECT coalesce(max(n), 0) + 1 FROM incidents`).Scan(&n); err != nil {
			return err
		}
		first, i.ID = true, idOf(n)
		if err := i.Validate(); err != nil {
			return err
		}
		r, err := rowOf(i)
		if err != nil {
			return err
		}
		opened, err := json.Marshal(i)
		if err != nil {
			return err
		}
		if _, err := t.run(`INSERT INTO incidents (n, key, version, state, ongoing, changed, opened, outline) VALUES ($1, $2, 0, $3, $4, $5, $6, $7)`,
			n, key, r.state, r.ongoing, r.changed, string(opened), r.outline); err != nil {
			return err
		}
		return t.enqueue(i.ID, jobs)
	})
	if err != nil {
		return incident.Incident{}, false, fmt.Errorf("create incident: %w", err)
	}
	kept, err := s.Incident(ctx, idOf(n))
	return kept, first, err
}

// Incident gives one; ErrNotFound where there is none.
func (s *Store) Incident(ctx context.Context, id string) (incident.Incident, error) {
	i, _, err := s.load(ctx, id)
	return i, err
}

// Incidents gives the Outlines of all that are ongoing, or were at or after since, or of
// which an Event says that it happened then; zero: all. Newest first, by their IDs. None
// is no error.
func (s *Store) Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error) {
	rows, err := s.read.QueryContext(ctx, s.engine.bind(`
		SELECT outline FROM incidents
		WHERE n IN (SELECT n FROM incidents WHERE ongoing = 1 UNION SELECT n FROM incidents WHERE changed >= $1)
		ORDER BY n DESC`), micros(since))
	var out []incident.Incident
	err = each(rows, err, func() error {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return err
		}
		var i incident.Incident
		if err := json.Unmarshal(text, &i); err != nil {
			return err
		}
		out = append(out, i)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	return out, nil
}

// Change applies the Events that change returns to the Incident as it is now, and stores
// the Jobs (see Create), in one transaction. change may be called several times, and
// must leave what it is given as it is. Its error is returned as it is, and so is that
// of an Event that may not be, ErrTwice being one; then nothing is stored.
func (s *Store) Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error) {
	for {
		now, version, err := s.load(ctx, id)
		if err != nil {
			return incident.Incident{}, err
		}
		events, jobs, err := change(now)
		if err != nil {
			return incident.Incident{}, err
		}
		if err := validate(jobs); err != nil {
			return incident.Incident{}, err
		}
		for _, e := range events {
			if now, err = now.Apply(e); err != nil {
				return incident.Incident{}, err
			}
		}
		switch err := s.append(ctx, now, version, events, jobs); {
		case err == nil:
			if slices.ContainsFunc(events, func(e incident.Event) bool { return e.Kind == incident.Redacted }) {
				s.forget(ctx)
			}
			return now, nil
		case !errors.Is(err, errLost):
			return incident.Incident{}, fmt.Errorf("change incident %s: %w", id, err)
		}
	}
}

// errLost says that somebody else has changed the Incident since it was read.
var errLost = errors.New("lost a race")

// append stores what an Incident of a version is after Events.
func (s *Store) append(ctx context.Context, after incident.Incident, version int64, events []incident.Event, jobs []incident.Job) error {
	r, err := rowOf(after)
	if err != nil {
		return err
	}
	n := numberOf(after.ID)
	return s.transact(ctx, false, func(t tx) error {
		rows, err := t.run(`UPDATE incidents SET version = $1, state = $2, ongoing = $3, changed = $4, outline = $5 WHERE n = $6 AND version = $7`,
			version+int64(len(events)), r.state, r.ongoing, r.changed, r.outline, n, version)
		switch {
		case err != nil:
			return err
		case rows == 0:
			return errLost
		}
		for k, e := range events {
			if e.Kind == incident.Redacted {
				if err := t.redact(n, e.Value); err != nil {
					return err
				}
			}
			text, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if _, err := t.run(`INSERT INTO incident_events (incident, seq, event) VALUES ($1, $2, $3)`, n, version+int64(k)+1, string(text)); err != nil {
				return err
			}
		}
		return t.enqueue(after.ID, jobs)
	})
}

// redact takes the text of a stored Event away, so that the database does not have it either.
func (t tx) redact(n int64, id string) error {
	type stored struct {
		seq int64
		incident.Event
	}
	var found []stored
	rows, err := t.tx.QueryContext(t.ctx, t.engine.bind(`SELECT seq, event FROM incident_events WHERE incident = $1`), n)
	err = each(rows, err, func() error {
		var one stored
		var body []byte
		if err := rows.Scan(&one.seq, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &one.Event); err != nil {
			return err
		}
		if one.ID == id {
			found = append(found, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, one := range found {
		text, err := json.Marshal(one.Redact())
		if err != nil {
			return err
		}
		if _, err := t.run(`UPDATE incident_events SET event = $1 WHERE incident = $2 AND seq = $3`, string(text), n, one.seq); err != nil {
			return err
		}
	}
	return nil
}

// idOf is the ID of the nth Incident; numberOf gives n back, 0 where it is no ID.
func idOf(n int64) string { return "inc-" + strconv.FormatInt(n, 10) }

func numberOf(id string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "inc-"), 10, 64)
	if err != nil || idOf(n) != id {
		return 0
	}
	return n
}

// row is what the table says of an Incident beside what it was when created.
type row struct {
	state   string
	ongoing int
	changed int64
	outline string
}

func rowOf(i incident.Incident) (row, error) {
	outline, err := json.Marshal(i.Outline())
	r := row{state: string(i.State), changed: i.Changed().UnixMicro(), outline: string(outline)}
	if i.State.Ongoing() {
		r.ongoing = 1
	}
	return r, err
}

// load reads an Incident and the number of its Events, in one statement, so that both
// are of the same moment.
func (s *Store) load(ctx context.Context, id string) (incident.Incident, int64, error) {
	n := numberOf(id)
	rows, err := s.read.QueryContext(ctx, s.engine.bind(`
		SELECT 0 AS part, version AS seq, outline AS body FROM incidents WHERE n = $1
		UNION ALL SELECT 1, 0, opened FROM incidents WHERE n = $1
		UNION ALL SELECT 2, seq, event FROM incident_events WHERE incident = $1
		ORDER BY 1, 2`), n)
	var i, opened incident.Incident
	var version int64
	var timeline []incident.Event
	err = each(rows, err, func() error {
		var part, seq int64
		var body []byte
		if err := rows.Scan(&part, &seq, &body); err != nil {
			return err
		}
		switch part {
		case 0:
			version = seq
			return json.Unmarshal(body, &i)
		case 1:
			err := json.Unmarshal(body, &opened)
			timeline = opened.Timeline
			return err
		}
		var e incident.Event
		err := json.Unmarshal(body, &e)
		timeline = append(timeline, e)
		return err
	})
	switch {
	case err != nil:
		return incident.Incident{}, 0, fmt.Errorf("read incident %s: %w", id, err)
	case i.ID == "":
		return incident.Incident{}, 0, fmt.Errorf("incident %s: %w", id, incident.ErrNotFound)
	}
	// As Apply does it: behind all that are not later.
	slices.SortStableFunc(timeline, func(a, b incident.Event) int { return a.At.Compare(b.At) })
	i.Timeline = timeline
	return i, version, nil
}

// each calls row for each row. err is that of the query.
func each(rows *sql.Rows, err error, row func() error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// micros is the first microsecond since 1970 that is not before a time.
func micros(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

func validate(jobs []incident.Job) error {
	var errs []error
	for _, j := range jobs {
		errs = append(errs, j.Validate())
	}
	return errors.Join(errs...)
}
