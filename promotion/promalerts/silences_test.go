package promalerts

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const silences = `[
 {"id":"b","createdBy":"mai","comment":"DB を移す","startsAt":"2026-11-10T00:00:00.5Z","endsAt":"2026-11-10T02:00:00Z","status":{"state":"expired"},"updatedAt":"2026-11-10T00:00:00Z",
  "matchers":[{"name":"shopset","value":"a-1","isRegex":false,"isEqual":true},{"name":"severity","value":"page|ticket","isRegex":true}]},
 {"id":"a","createdBy":"ken","comment":"","startsAt":"2026-11-09T00:00:00+09:00","endsAt":"2026-12-01T00:00:00Z","matchers":[{"name":"tier","value":"prod","isEqual":false},{"name":"x","value":"\"","isRegex":true,"isEqual":false}]},
 {"id":"c","createdBy":"ken","comment":"taken back","startsAt":"2026-11-10T00:00:00Z","endsAt":"2026-11-10T00:00:00Z","matchers":[{"name":"tier","value":"prod"}]}]`

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func TestSilencesAreThoseInForce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/am/api/v2/silences" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(silences))
	}))
	defer server.Close()
	c, err := New(server.URL+"/am", true, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name        string
		from, until time.Time
		want        string
	}{
		{"both", day(9), day(16), "a b"},
		{"one has ended", day(11), day(16), "a"},
		{"one has not begun", day(9), day(10), "a"},
		{"it ended as the time begins", day(1).AddDate(0, 1, 0), day(10).AddDate(0, 1, 0), ""},
		{"it begins as the time ends", day(1), day(8).Add(15 * time.Hour), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, err := c.Silences(context.Background(), x.from, x.until)
			var ids []string
			for _, s := range got {
				ids = append(ids, s.ID)
			}
			if err != nil || strings.Join(ids, " ") != x.want {
				t.Errorf("got %v, %v, want %s", ids, err, x.want)
			}
		})
	}
	all, _ := c.Silences(context.Background(), day(9), day(16))
	if want := []string{`tier!="prod"`, `x!~"\""`}; !slices.Equal(all[0].Matchers, want) {
		t.Errorf("matchers %q, want %q", all[0].Matchers, want)
	}
	if want := []string{`shopset="a-1"`, `severity=~"page|ticket"`}; !slices.Equal(all[1].Matchers, want) || all[1].By != "mai" || all[1].Comment != "DB を移す" {
		t.Errorf("%+v, want matchers %q", all[1], want)
	}
	prometheus, err := New(server.URL, false, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prometheus.Silences(context.Background(), day(9), day(16)); !errors.Is(err, errNoSilences) {
		t.Errorf("a Prometheus: %v", err)
	}
}

func TestWhatIsNoListOfSilencesIsAnError(t *testing.T) {
	for _, text := range []string{"", "{}", "null x", `[{}]`, `[{"id":"a"}]`, `[{"id":"a","startsAt":"yesterday"}]`,
		`[{"id":"a","startsAt":"2026-11-10T00:00:00Z","endsAt":"2026-11-11T00:00:00Z","matchers":[]}]`, `<html>`} {
		if got, err := decodeSilences([]byte(text)); err == nil || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if got, err := decodeSilences([]byte("[]")); err != nil || len(got) != 0 {
		t.Errorf("none: %v, %v", got, err)
	}
}

func FuzzDecodeSilences(f *testing.F) {
	for _, seed := range []string{silences, "[]", `[{"id":"a"}]`, "null"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeSilences(data)
		if err != nil && got != nil {
			t.Errorf("an error comes with %v", got)
		}
		for i, s := range got {
			if s.ID == "" || len(s.Matchers) == 0 || !s.Until.After(s.From) || i > 0 && s.From.Before(got[i-1].From) {
				t.Errorf("%+v is no silence, or out of order", s)
			}
		}
	})
}
