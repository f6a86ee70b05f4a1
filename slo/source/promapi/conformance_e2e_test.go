//go:build e2e

package promapi

import (
	"errors"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// base is a time that all servers take: recent, whole hours.
func base() int64 { return time.Now().Truncate(2 * time.Hour).Add(-8 * time.Hour).UnixMilli() }

func open(t testing.TB, url string) *Source {
	t.Helper()
	s, err := New(Config{URL: url, ScrapeInterval: 15 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPrometheusByRemoteRead(t *testing.T) {
	at := base()
	server := sourcetest.StartPrometheus(t, append(sourcetest.Native(at), sourcetest.Data(at)...), at+4*time.Hour.Milliseconds())
	s := open(t, server.URL)
	sourcetest.Run(t, sourcetest.Backend{Source: s, Base: at, Native: true})
	if s.path != remoteRead {
		t.Error("it was not read by remote read")
	}
}

func TestPrometheusByMatrixSelector(t *testing.T) {
	at := base()
	server := sourcetest.StartPrometheus(t, append(sourcetest.Native(at), sourcetest.Data(at)...), at+4*time.Hour.Milliseconds())
	s := open(t, server.URL)
	s.path = matrix
	sourcetest.Run(t, sourcetest.Backend{Source: s, Base: at, DropsStale: true, Native: true})
}

func TestVictoriaMetrics(t *testing.T) {
	at := base()
	server := sourcetest.StartVictoriaMetrics(t, sourcetest.Data(at))
	s := open(t, server.URL)
	sourcetest.Run(t, sourcetest.Backend{Source: s, Base: at, DropsNaN: true})
	if s.path != matrix {
		t.Error("it was not read by matrix selectors")
	}
}

func TestPrometheusKilledAndRestarted(t *testing.T) {
	at := base()
	data := sourcetest.Data(at)
	server := sourcetest.StartPrometheus(t, data, at+4*time.Hour.Milliseconds())
	s := open(t, server.URL)
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "requests_total")}, From: at, To: at + sourcetest.Span.Milliseconds()}
	want := sourcetest.Expected(data, r)
	check := func(when string) {
		t.Helper()
		got, err := sourcetest.Collect(t.Context(), s, r)
		if err != nil {
			t.Fatal(when, err)
		}
		if d := sourcetest.Diff(got, want); d != "" {
			t.Fatal(when, d)
		}
	}
	check("before")

	// Kill it while requests are under way: each is whole or unavailable.
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		time.Sleep(50 * time.Millisecond)
		server.Kill()
	}()
	for {
		got, err := sourcetest.Collect(t.Context(), s, r)
		if err != nil {
			if !errors.Is(err, slo.ErrUnavailable) {
				t.Fatalf("killed: %v", err)
			}
			break
		}
		if d := sourcetest.Diff(got, want); d != "" {
			t.Fatal("while it was killed:", d)
		}
	}
	<-killed
	if _, err := sourcetest.Collect(t.Context(), s, r); !errors.Is(err, slo.ErrUnavailable) {
		t.Fatalf("dead: %v", err)
	}
	server.Start(t)
	check("after the restart")
}
