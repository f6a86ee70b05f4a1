package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// enqueue stores Jobs whose keys are not known yet.
func (t tx) enqueue(id string, jobs []incident.Job) error {
	for _, j := range jobs {
		if _, err := t.run(`INSERT INTO incident_jobs (key, incident, kind, payload, line, due, held, attempts, problem, done)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', 0) ON CONFLICT (key) DO NOTHING`,
			j.Key, cmp.Or(j.Incident, id), j.Kind, payload(j.Payload), j.Line, micros(j.Due), nobody); err != nil {
			return fmt.Errorf("store job %q: %w", j.Key, err)
		}
	}
	return nil
}

// nobody holds a Job that is held until this time, the zero one.
var nobody = micros(time.Time{})

// payload tells none from an empty one.
func payload(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// Enqueue stores Jobs of no Incident, or of the one that they name.
func (s *Store) Enqueue(ctx context.Context, jobs ...incident.Job) error {
	if err := validate(jobs); err != nil {
		return err
	}
	return s.transact(ctx, false, func(t tx) error { return t.enqueue("", jobs) })
}

// Claim takes up to limit Jobs that are due at now, that nobody holds, and before which no
// unfinished Job of their line was stored, and holds them for lease: of several programs one gets
// each. Those that have been due for longest come first, but of each Incident the first one before
// the second one of any: none is kept waiting by what another one makes. Kinds in skip are left
// alone. The Attempts of a Job count this one. One that is neither finished nor retried in
// time is taken by the next who asks. None is no error.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int, skip ...string) ([]incident.Job, error) {
	if limit <= 0 {
		return nil, nil
	}
	var taken []claimed
	args := []any{micros(now), limit, micros(now.Add(lease))}
	others := ""
	for _, kind := range skip {
		args = append(args, kind)
		others += fmt.Sprintf(" AND j.kind <> $%d", len(args))
	}
	err := s.transact(ctx, false, func(t tx) error {
		taken = nil
		rows, err := t.tx.QueryContext(ctx, t.engine.bind(`
			WITH ready AS (
				SELECT n, due, ROW_NUMBER() OVER (PARTITION BY incident ORDER BY due, n) AS turn FROM incident_jobs j
				WHERE done = 0 AND due <= $1 AND held <= $1`+others+` AND (line = '' OR NOT EXISTS (
					SELECT 1 FROM incident_jobs earlier WHERE earlier.line = j.line AND earlier.line <> '' AND earlier.done = 0 AND earlier.n < j.n))),
			next AS MATERIALIZED (
				SELECT n FROM incident_jobs WHERE n IN (SELECT n FROM ready ORDER BY turn, due, n LIMIT $2) AND done = 0 AND held <= $1 `+t.engine.skip+`)
			UPDATE incident_jobs SET held = $3, attempts = attempts + 1 WHERE n IN (SELECT n FROM next)
			RETURNING n, due, key, incident, kind, payload, line, attempts, problem`), args...)
		return each(rows, err, func() error {
			var j claimed
			if err := rows.Scan(&j.n, &j.due, &j.Key, &j.Incident, &j.Kind, &j.Payload, &j.Line, &j.Attempts, &j.Problem); err != nil {
				return err
			}
			j.Due = time.UnixMicro(j.due).UTC()
			taken = append(taken, j)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	return inTurn(taken), nil
}

// claimed is a Job as it was taken.
type claimed struct {
	n, due int64
	turn   int
	incident.Job
}

// inTurn puts Jobs into the order in which they were chosen, which a database does not keep.
func inTurn(taken []claimed) []incident.Job {
	byAge := func(a, b claimed) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.n, b.n)) }
	slices.SortFunc(taken, byAge)
	before := map[string]int{}
	for k := range taken {
		taken[k].turn = before[taken[k].Incident]
		before[taken[k].Incident]++
	}
	slices.SortStableFunc(taken, func(a, b claimed) int { return cmp.Compare(a.turn, b.turn) })
	var jobs []incident.Job
	for _, j := range taken {
		jobs = append(jobs, j.Job)
	}
	return jobs
}

// Finish forgets that a Job has to be done; its key stays known. Twice is no error;
// ErrNotFound where there never was one.
func (s *Store) Finish(ctx context.Context, key string) error {
	return s.job(ctx, "finish", key, `UPDATE incident_jobs SET done = 1, payload = NULL WHERE key = $1`)
}

// Retry gives a Job back, due later, and says why. Without a problem it only waits: that it was begun
// does not count. One that is finished stays so.
func (s *Store) Retry(ctx context.Context, key string, due time.Time, problem string) error {
	return s.job(ctx, "retry", key, `UPDATE incident_jobs SET due = $2, held = $3, problem = $4,
		attempts = attempts - CASE WHEN $4 = '' AND attempts > 0 THEN 1 ELSE 0 END WHERE key = $1`,
		micros(due), nobody, incident.Storable(problem))
}

// job changes the Job with a key, the first argument of the query.
func (s *Store) job(ctx context.Context, what, key, query string, args ...any) error {
	rows := int64(0)
	if incident.ValidateKey(key) == nil { // else it was never stored
		var err error
		if rows, err = s.run(ctx, query, append([]any{key}, args...)...); err != nil {
			return fmt.Errorf("%s job %q: %w", what, key, err)
		}
	}
	if rows == 0 {
		return fmt.Errorf("%s job %q: %w", what, key, incident.ErrNotFound)
	}
	return nil
}

// Remember keeps a small value under a key unless there is one already. It gives the
// value that is kept, and whether it is new.
func (s *Store) Remember(ctx context.Context, key, value string) (kept string, first bool, err error) {
	if err := errors.Join(incident.ValidateKey(key), incident.ValidateValue(value)); err != nil {
		return "", false, err
	}
	n, err := s.run(ctx, `INSERT INTO incident_values (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, key, value)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("remember %q: %w", key, err)
	case n == 1:
		return value, true, nil
	}
	kept, ok, err := s.Recall(ctx, key)
	if err == nil && !ok {
		err = fmt.Errorf("remember %q: it has been taken away", key)
	}
	return kept, false, err
}

// Recall gives the value under a key; false: there is none.
func (s *Store) Recall(ctx context.Context, key string) (value string, ok bool, err error) {
	if incident.ValidateKey(key) != nil {
		return "", false, nil // never remembered
	}
	err = s.read.QueryRowContext(ctx, s.engine.bind(`SELECT value FROM incident_values WHERE key = $1`), key).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("recall %q: %w", key, err)
	}
	return value, true, nil
}
