package slackhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/promoter"
)

var arrival = promoter.Arrival{Tier: "prod", Release: "3f2c1abd9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b", ShopSets: []fleet.ShopSetName{"a-1", "b-2"}}

// slack answers with the statuses in turn, and keeps what it was sent.
func slack(t *testing.T, statuses ...int) (h *Hook, sent *[]string) {
	t.Helper()
	sent = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.URL.Path != "/services/hunter2" || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		*sent = append(*sent, m.Text)
		status := statuses[min(len(*sent), len(statuses))-1]
		if status == 0 {
			panic(http.ErrAbortHandler) // the connection breaks after the message is taken
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		fmt.Fprint(w, "no_service")
	}))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "webhook")
	if err := os.WriteFile(file, []byte(s.URL+"/services/hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &Hook{File: file}, sent
}

func TestSlackIsTold(t *testing.T) {
	h, sent := slack(t, 200)
	if err := h.Tell(context.Background(), arrival); err != nil {
		t.Fatal(err)
	}
	if len(*sent) != 1 || (*sent)[0] != "prod is in sync: a-1, b-2 run Release 3f2c1abd9e8f, Synced and Healthy." {
		t.Errorf("%q", *sent)
	}
}

func TestSlackIsAskedAgainWhereThatHelps(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		sent     int
		fails    bool
	}{
		"too many messages": {[]int{429, 200}, 2, false},
		"a fault of Slack":  {[]int{503, 200}, 2, false},
		"a lost answer":     {[]int{0, 200}, 2, false},
		"a dead webhook":    {[]int{404}, 1, true},
		"never":             {[]int{500}, attempts, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, sent := slack(t, c.statuses...)
			err := h.Tell(context.Background(), arrival)
			if len(*sent) != c.sent || (err != nil) != c.fails {
				t.Errorf("sent %d, %v", len(*sent), err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is in %v", err)
			}
		})
	}
}

func TestTheWebhookIsInNoError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "webhook")
	for _, address := range []string{"http://127.0.0.1:1/services/hunter2", "hunter2", "http://[hunter2", ""} {
		if err := os.WriteFile(file, []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := (&Hook{File: file}).Tell(ctx, arrival); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %v", err)
		}
	}
	if err := (&Hook{File: "/nonexistent"}).Tell(context.Background(), arrival); err == nil {
		t.Error("no error without a file")
	}
}

func TestATextIsNoLinkAndNoMention(t *testing.T) {
	got := written("<!channel> a & b <http://evil|x> @all\n[x](http://evil)", "https://shopslo.example/board/?a=1&b=2|x")
	if want := "&lt;!channel&gt; a &amp; b &lt;http:\u200b//evil|x&gt; @\u200ball\n[x]\u200b(http:\u200b//evil)\n<https://shopslo.example/board/?a=1&amp;b=2%7Cx>"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := written("a", "javascript:alert(1)"); got != "a" {
		t.Error(got)
	}
}
