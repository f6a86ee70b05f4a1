package sqlstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// The migrations are numbered without gaps, and never changed once released.
//
//go:embed migrations
var migrations embed.FS

// migrate brings the tables up to this version. Programs that start together do it one
// after another, the first one all of it.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, path.Join("migrations", s.engine.name, "*.sql"))
	if err != nil {
		return err
	}
	err = s.transact(ctx, true, func(t tx) error {
		if _, err := t.run(`CREATE TABLE IF NOT EXISTS incident_schema (version INTEGER NOT NULL)`); err != nil {
			return err
		}
		var has int
		if err := t.row(`SELECT coalesce(max(version), 0) FROM incident_schema`).Scan(&has); err != nil {
			return err
		}
		if has > len(names) {
			return fmt.Errorf("its tables are of version %d, and this program knows %d at most: a newer program has upgraded them; run that one", has, len(names))
		}
		for version := has + 1; version <= len(names); version++ {
			text, err := migrations.ReadFile(names[version-1])
			if err != nil {
				return err
			}
			if _, err := t.run(string(text)); err != nil {
				return fmt.Errorf("migrate to version %d: %w", version, err)
			}
			if _, err := t.run(`INSERT INTO incident_schema (version) VALUES ($1)`, version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open the database of incidents: %w", err)
	}
	return nil
}
