package main

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet/gitops"
)

func TestAFetchThatBringsNothingNewIsNoReasonToJudge(t *testing.T) {
	r := &releases{now: time.Now, log: slog.New(slog.DiscardHandler)}
	moved, away := []gitops.Move{{Branch: "tier-0", From: "a", To: "b"}}, errors.New("away")
	for i, step := range []struct {
		what  string
		moves []gitops.Move
		err   error
		news  bool
	}{
		{"the first fetch", nil, nil, true},
		{"nothing new", nil, nil, false},
		{"a branch has moved", moved, nil, true},
		{"nothing new again", nil, nil, false},
		{"the repository is away", nil, away, true},
		{"it still is", nil, away, false},
		{"it is back", nil, nil, true},
	} {
		if news := r.note(step.moves, step.err); news != step.news {
			t.Errorf("step %d, %s: news is %t", i, step.what, news)
		}
	}
	if r.branches = "tier-1 is not there"; !r.note(nil, nil) {
		t.Error("a branch that cannot be read is not looked at again")
	}
}

func TestGarbageIsCollectedEarlyUnlessSomebodySaysWhen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, tt := range []struct {
		env  []string
		want int
	}{{[]string{"GOGC=100"}, 100}, {[]string{"HOME=/", "GOGCX=1"}, gcPercent}, {nil, gcPercent}} {
		debug.SetGCPercent(100)
		(&program{env: tt.env}).thrifty()
		if got := debug.SetGCPercent(100); got != tt.want {
			t.Errorf("%q: the heap may grow by %d %%, want %d", tt.env, got, tt.want)
		}
	}
}
