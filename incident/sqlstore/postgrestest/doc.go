// Package postgrestest runs a real PostgreSQL for tests. Its programs come from Debian's
// package postgresql; a test without them fails.
package postgrestest
