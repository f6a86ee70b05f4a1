package shopslo

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// Budgets of which nothing has been read are not up to date, however well the others are.
func TestASourceThatHasNotBeenReadIsToldOf(t *testing.T) {
	one, _ := telling(t, "http_requests")
	two, _ := telling(t, "http_requests")
	var log bytes.Buffer
	k := kept(t, shares("http_requests"), one, two, &log)
	is := func(caughtUp float64, reading string) {
		t.Helper()
		if v := testutil.ToFloat64(k.metrics.caughtUp); v != caughtUp {
			t.Errorf("shopslo_ledger_caught_up is %v", v)
		}
		if outage, got := k.counting(); outage != "" || got != reading {
			t.Errorf("outage %q, reading %q, want %q", outage, got, reading)
		}
	}
	is(0, "source one has not been read yet; source two has not been read yet")
	now := time.Now()
	k.paces["two"].begins(now.Add(-2 * silence))
	for range 2 {
		k.ticked(k.paces["one"], now, nil, false)
		is(0, "source two has not been read yet")
	}
	const but = `"the budgets are up to date, except those of source two, whose history is still being read"`
	if strings.Count(log.String(), "up to date") != 1 || !strings.Contains(log.String(), but) {
		t.Errorf("it has told:\n%s", &log)
	}
	at := now.UTC().Truncate(time.Second)
	k.paces["two"].readUpTo(at)
	k.ticked(k.paces["two"], now, nil, true)
	is(0, "it is reading source two's history and has come to "+at.Format(time.RFC3339))
	k.ticked(k.paces["two"], now, nil, false)
	is(1, "")
	k.ticked(k.paces["two"], now, nil, true) // of later edges
	is(1, "")
	if strings.Count(log.String(), "up to date") != 2 || !strings.Contains(log.String(), `"the budgets are up to date" `) {
		t.Errorf("it has told:\n%s", &log)
	}
}

// One that fails is told of as such, and nobody waits for it; one that comes back has its history
// to read.
func TestASourceThatComesBackIsRead(t *testing.T) {
	one, _ := telling(t, "http_requests")
	two, _ := telling(t, "http_requests")
	k, now := kept(t, shares("http_requests"), one, two, io.Discard), time.Now()
	for _, tick := range []struct {
		source   string
		err      error
		paused   bool
		caughtUp float64
	}{{"two", errors.New("connection refused"), false, 0}, {"one", nil, false, 1}, {"two", nil, true, 0}, {"two", nil, false, 1}} {
		k.ticked(k.paces[tick.source], now, tick.err, tick.paused)
		if v := testutil.ToFloat64(k.metrics.caughtUp); v != tick.caughtUp {
			t.Errorf("%+v: shopslo_ledger_caught_up is %v", tick, v)
		}
	}
}
