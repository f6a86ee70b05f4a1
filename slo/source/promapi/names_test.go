package promapi

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

func TestNames(t *testing.T) {
	var asked string
	s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path + " " + r.URL.Query().Get("match[]") + " " + r.URL.Query().Get("start")
		_, _ = io.WriteString(w, `{"status":"success","data":["a","b"]}`)
	})
	got, err := s.Names(t.Context(), slo.MetricName, sourcetest.Sel(t, "m", "shopset", "=~", "a|b")[1:], start, start+60_000)
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v, %v", got, err)
	}
	if want := `GET /prefix/api/v1/label/__name__/values {shopset=~"a|b"} 2026-09-21T14:13:20.000Z`; !strings.HasPrefix(asked, want) {
		t.Errorf("asked %s, want %s", asked, want)
	}
	for _, c := range []struct {
		name   string
		h      http.HandlerFunc
		passes bool
	}{
		{"an outage", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }, true},
		{"a refusal", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, false},
		{"an answer cut short", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"succ`) }, true},
		{"an error in JSON", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":"error","error":"bad"}`)
		}, false},
	} {
		names, err := fake(t, Config{}, c.h).Names(t.Context(), slo.MetricName, nil, start, start+1)
		if err == nil || names != nil || errors.Is(err, slo.ErrUnavailable) != c.passes {
			t.Errorf("%s: %v, %v", c.name, names, err)
		}
	}
}
