package sqlstore

import (
	"context"
	"fmt"
	"time"
)

// Waiting counts the Jobs that are due at now and not done, whether somebody holds them
// or not, and those among all unfinished ones whose last attempt failed.
func (s *Store) Waiting(ctx context.Context, now time.Time) (due, failing int, err error) {
	err = s.read.QueryRowContext(ctx, s.engine.bind(`SELECT
		COALESCE(SUM(CASE WHEN due <= $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN problem <> '' THEN 1 ELSE 0 END), 0)
		FROM incident_jobs WHERE done = 0`), micros(now)).Scan(&due, &failing)
	if err != nil {
		return 0, 0, fmt.Errorf("count waiting jobs: %w", err)
	}
	return due, failing, nil
}
