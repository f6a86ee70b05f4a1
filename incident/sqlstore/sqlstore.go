// Package sqlstore keeps incidents, and what is to be done for them, in SQLite or
// PostgreSQL. Several programs may use one database at once.
//
// What a call has acknowledged is kept, whatever is killed afterwards. A call that fails
// may have been done all the same, where only its answer was lost: do it again, with the
// same keys and the same IDs of Events, and it is done once.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Store is a database of incidents. It is safe for concurrent use.
type Store struct {
	read, write *sql.DB // the same one with PostgreSQL
	engine      engine
}

// engine is what the databases do differently.
type engine struct {
	name string // its folder of migrations
	// alone keeps others from creating incidents and tables until the transaction ends;
	// empty: every transaction that writes is alone.
	alone string
	// skip leaves out rows that another transaction has locked.
	skip string
	bind func(query string) string
	// forget overwrites what was changed and still stands beside the tables; empty: nothing can.
	forget string
	// A transaction is done again, so many times in all, where the database has undone it
	// because of another.
	times  int
	undone func(err error) bool
}

var (
	inFile = engine{name: "sqlite", forget: "PRAGMA wal_checkpoint(TRUNCATE)", bind: func(query string) string { return strings.ReplaceAll(query, "$", "?") },
		times: int(patience / busy), undone: func(err error) bool {
			e, ok := errors.AsType[*sqlite.Error](err)
			return ok && e.Code()&0xff == lib.SQLITE_BUSY
		}}
	postgres = engine{name: "postgres", skip: "FOR UPDATE SKIP LOCKED", bind: func(query string) string { return query },
		alone: "SELECT pg_advisory_xact_lock(7236270194451)",
		times: 10, undone: func(err error) bool {
			e, ok := errors.AsType[*pgconn.PgError](err)
			return ok && (e.Code == "40001" || e.Code == "40P01")
		}}
)

// Open opens the database at an address, and makes or upgrades its tables:
//
//	sqlite:incidents.db, sqlite:///var/lib/incidentbot/incidents.db
//	postgres://user@host/database?sslmode=verify-full
//
// A password may stand in the address or, better, in the files and variables that all
// PostgreSQL programs read; it is in no error. A database of a newer version is refused.
func Open(ctx context.Context, address string) (*Store, error) {
	s, err := dial(address)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func dial(address string) (*Store, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch scheme {
	case "sqlite":
		path := rest
		if after, ok := strings.CutPrefix(rest, "//"); ok {
			path = after
		}
		return dialSQLite(path)
	case "postgres", "postgresql":
		return dialPostgres(address)
	}
	return nil, errors.New("the database's address begins with neither sqlite: nor postgres: (write it like sqlite:incidents.db or postgres://user@host/database)")
}

// patience is how long a call waits for other writers, or for a connection, unless its
// context ends before. SQLite waits without looking at that, so writers ask it to wait for
// short times; readers hardly ever wait.
const patience, busy = 10 * time.Second, 200 * time.Millisecond

func dialSQLite(path string) (*Store, error) {
	if path == "" || strings.HasSuffix(path, "/") {
		return nil, errors.New("the database's address names no file (write it like sqlite:incidents.db)")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("open database %s: there is no folder %s; create it", path, filepath.Dir(path))
	}
	// It has names of people, and SQLite would let everybody read it. Its files beside it are as it is.
	if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640); err == nil {
		f.Close()
	}
	open := func(more string, wait time.Duration, connections int) (*sql.DB, error) {
		file := url.URL{Scheme: "file", Path: path, RawQuery: fmt.Sprintf(
			"_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)%s", wait.Milliseconds(), more)}
		db, err := sql.Open("sqlite", file.String())
		if err != nil {
			return nil, fmt.Errorf("open database %s: %w", path, err)
		}
		db.SetMaxOpenConns(connections)
		return db, nil
	}
	write, err := open("&_txlock=immediate", busy, 1)
	if err != nil {
		return nil, err
	}
	read, err := open("&_pragma=query_only(1)", patience, 4)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &Store{read: read, write: write, engine: inFile}, nil
}

func dialPostgres(address string) (*Store, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil { // the reason may hold what was given, and so a password
		return nil, errors.New("the database's address cannot be read (write it like postgres://user@host:5432/database?sslmode=verify-full, a special character in a password as %40)")
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = patience
	}
	db := stdlib.OpenDB(*c, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		// A program that was stopped amid a transaction must not hold up the others for long.
		_, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = '30s'")
		return err
	}))
	db.SetMaxOpenConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	return &Store{read: db, write: db, engine: postgres}, nil
}

// forget overwrites what was taken away also where it still stands beside the tables, unless somebody
// reads just now for long: then it is overwritten by and by.
func (s *Store) forget(ctx context.Context) {
	for range s.engine.times {
		var waits, pages, moved int
		if s.engine.forget == "" || s.write.QueryRowContext(ctx, s.engine.forget).Scan(&waits, &pages, &moved) == nil && waits == 0 || ctx.Err() != nil {
			return
		}
	}
}

// Close lets go of the database.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports why the database cannot be reached, nil if it can.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// transact does something in one transaction, and again where the database says that it
// came between others.
func (s *Store) transact(ctx context.Context, alone bool, do func(tx) error) error {
	for range s.engine.times - 1 {
		if err := s.once(ctx, alone, do); !s.engine.undone(err) {
			return err
		}
	}
	return s.once(ctx, alone, do)
}

func (s *Store) once(ctx context.Context, alone bool, do func(tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	if alone && s.engine.alone != "" {
		if _, err := t.ExecContext(ctx, s.engine.alone); err != nil {
			return err
		}
	}
	if err := do(tx{ctx, t, s.engine}); err != nil {
		return err
	}
	return t.Commit()
}

// tx is a transaction.
type tx struct {
	ctx    context.Context
	tx     *sql.Tx
	engine engine
}

// run changes rows, and counts them.
func (t tx) run(query string, args ...any) (int64, error) {
	result, err := t.tx.ExecContext(t.ctx, t.engine.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t tx) row(query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, t.engine.bind(query), args...)
}

// run changes rows in a transaction of its own, and counts them.
func (s *Store) run(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.transact(ctx, false, func(t tx) error {
		n, err = t.run(query, args...)
		return err
	})
	return n, err
}
