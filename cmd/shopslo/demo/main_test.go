package demo

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestMain lets the test binary play the shopslo binary: the shops are real
// ones, the other commands a stand-in (standin_test.go).
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if f := extra[os.Args[1]]; f != nil {
			os.Exit(f())
		}
		switch os.Args[1] {
		case "shop":
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(ShopMain(ctx, os.Args[2:], os.Stdout, os.Stderr))
		case "serve", "status", "gate", "sleep":
			os.Exit(standIn(os.Args[1], os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

// self is this test binary.
func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// extra are commands of tests that run on some systems only.
var extra = map[string]func() int{}
