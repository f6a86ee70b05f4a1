package lab

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// startLimit is how long ForTest waits; the lab's programs may have to be built.
const startLimit = 12 * time.Minute

// jitterVariable names what sets Options.Jitter of tests, such as 60s: with it they have to pass
// on an Argo CD 3 as it comes, and take minutes longer.
const jitterVariable = "SHOPSLO_LAB_JITTER"

// ForTest starts a lab that ends with the test, or with a Ctrl-C. A test that failed
// shows the ends of all logs.
func ForTest(t *testing.T, o Options) *Lab {
	t.Helper()
	if o.Log == nil {
		o.Log = func(line string) { t.Log("lab: " + line) }
	}
	if text := os.Getenv(jitterVariable); text != "" {
		jitter, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("%s: %v", jitterVariable, err)
		}
		o.Jitter = jitter
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	ctx, ignore := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer ignore()
	l, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the lab's logs end with:\n%s", l.logTails(25))
		}
		if err := l.Stop(); err != nil {
			t.Errorf("stop lab: %v", err)
		}
	})
	return l
}

// Trusted is how old what Argo CD says of an Application may be while its controller runs: four
// times as old as it gets, and the jitter.
func (l *Lab) Trusted() time.Duration { return 4*l.options.Resync + l.options.Jitter }
