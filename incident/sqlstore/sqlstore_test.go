package sqlstore

import (
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/incident/storetest"
)

func open(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (one, other storetest.Store) {
		address := "sqlite:" + filepath.Join(t.TempDir(), "a b?c%20#ü.db")
		return open(t, address), open(t, address)
	})
}
