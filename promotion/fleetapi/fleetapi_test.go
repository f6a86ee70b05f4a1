package fleetapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

func served(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(s.URL+"/prefix/", http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASnapshotComesAsItWasSent(t *testing.T) {
	two := 2
	want := fleet.Snapshot{At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		ShopSets: []fleet.ShopSetState{{Tier: "beta", Configuration: "production", Cluster: "eks-b", Groups: []fleet.ShopGroupName{},
			Observation: fleet.Observation{ShopSet: "b-1", Sync: fleet.Synced, Health: fleet.Healthy, Release: "abc", Images: []string{"cart:v1"},
				Absent: []fleet.ComponentName{}, Causes: []fleet.HoldCause{}}}},
		Tiers: []fleet.TierState{{Tier: "beta", Branch: "tier-1", Running: []fleet.Release{"abc"}, Ran: []fleet.Release{"abc"}, Ahead: &two,
			SoakingSince: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)}}}
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/api/v1/fleet" || r.Method != http.MethodGet {
			t.Errorf("asked %s %s", r.Method, r.URL.Path)
		}
		json.NewEncoder(w).Encode(want)
	})
	got, err := c.Fleet(t.Context())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
}

func TestFaultsOfAnExporter(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.example/")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"a wrong password", answer(401, "no"), "check user and password"},
		{"a server of something else", answer(404, "no"), "is this a shopset_exporter?"},
		{"a redirect is not followed", answer(302, ""), "use the address it redirects to"},
		{"an error", answer(503, "busy"), "503 Service Unavailable"},
		{"no JSON", answer(200, "<html>"), "is this a shopset_exporter of the same version?"},
		{"half an answer", answer(200, `{"version": 1, "shopsets": [`), "unexpected EOF"},
		{"another version", answer(200, `{"version": 2}`), "version 2"},
		{"a word that nobody knows", answer(200, `{"version": 1, "shopsets": [{"shopset": "a", "sync": "Fine", "health": "Healthy"}]}`), `"Fine"`},
		{"a connection that breaks", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"version": 1`)
		}, "truncated response"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := served(t, c.h).Fleet(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("error %v, want one with %q and without the address", err, c.want)
			}
			if !reflect.DeepEqual(s, fleet.Snapshot{}) {
				t.Errorf("with the error comes %+v", s)
			}
		})
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	c, err := New(gone.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fleet(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens, and the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Fleet(ctx); err == nil {
		t.Error("an interrupted question has an answer")
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "exporter:9877", "ftp://x", "http://"} {
		if _, err := New(address, http.DefaultClient); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
}
