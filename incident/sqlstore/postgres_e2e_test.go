//go:build e2e

package sqlstore

import (
	"testing"

	"github.com/shopslo/shopslo/incident/sqlstore/postgrestest"
	"github.com/shopslo/shopslo/incident/storetest"
)

func TestPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	storetest.Run(t, func(t *testing.T) (one, other storetest.Store) {
		address := server.Database(t)
		return open(t, address), open(t, address)
	})
}
