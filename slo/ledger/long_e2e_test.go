//go:build e2e && more

package ledger_test

import (
	"testing"
	"time"
)

func TestFourWeeksOfEveryKindOfShopSetEqualTheOracleAndTheTruth(t *testing.T) {
	checkLong(t, 200, 28, 7, 72*time.Hour)
}

func TestNinetyDaysOfABusyAndASparseShopSetEqualTheOracleAndTheTruth(t *testing.T) {
	checkLong(t, 300, 90, 2, 72*time.Hour)
}
