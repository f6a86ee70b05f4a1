package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// The whole way: settings, the exporter by basic auth, shopslo by a token, a message in Slack.
func TestTheChannelReadsWhichChangeMayBeTheCause(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	release, before := strings.Repeat("0123456789", 4), strings.Repeat("abcdef0123", 4)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x/api/v1/fleet", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "bot" || password != "pw" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(fleet.Snapshot{At: now, ShopSets: []fleet.ShopSetState{{Tier: "prod", Observation: fleet.Observation{ShopSet: "a-1", Release: fleet.Release(release), ReleaseSince: now.Add(-10 * time.Minute)}}}})
	})
	mux.HandleFunc("GET /s/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer t":
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "/decisions"):
			fmt.Fprintf(w, `{"version":1,"head":null,"decisions":[{"index":7,"kind":"promote","at":%q,"to":"prod","release":%q,"replaces":%q,"result":"promoted","checks":[]}]}`, now.Add(-12*time.Minute).Format(time.RFC3339), release, before)
		case strings.HasSuffix(r.URL.Path, "/decisions/7"):
			fmt.Fprint(w, `{"version":1,"promotions":[{"compare":null,"changes":[{"component":"cart","commits":[{"commit":"c","subject":"決済のリトライを変更"}]}]}]}`)
		default:
			fmt.Fprint(w, `{"version":1,"budgets":[]}`)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	x := newTeam(t, "http", fmt.Sprintf("exporter: {url: %s/x, username: bot, password_file: pw}\nshopslo: {url: %s/s, token_file: token}\n", server.URL, server.URL))
	x.write("pw", "pw\n")
	x.write("token", "t\n")
	if code, out, errs := x.run("check"); code != 0 || !strings.Contains(out, "ok    exporter\nok    shopslo's log of decisions\nok    shopslo's budgets") {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	x.write("pw", "wrong\n")
	if code, out, _ := x.run("check"); code != 1 || !strings.Contains(out, "FAIL  exporter: ask the exporter: returned 401 Unauthorized: check user and password, or token") {
		t.Errorf("check with a wrong password: %d %s", code, out)
	}
	x.write("pw", "pw\n")
	address, _ := x.serve()
	x.slack.Deliver(address + "/slack")
	if _, err := x.slack.Command(x.mai, x.shops, "open 緊急 cart で決済が失敗する"); err != nil {
		t.Fatal(err)
	}
	x.wait("the suspect is named", func() bool {
		c := x.channel("inc-")
		return c != "" && strings.Contains(x.slack.Transcript(c), "発生前の変更")
	})
	shown := x.slack.Transcript(x.channel("inc-"))
	for _, want := range []string{"*1.* リリース `012345678901` → prod (a-1)", "発生の10分前に到達", "cart を変更", "決済のリトライを変更", "`shopslo rollback --tier prod --to abcdef0123ab`"} {
		if !strings.Contains(shown, want) {
			t.Errorf("nobody reads %q in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "確認できませんでした") {
		t.Errorf("%s", shown)
	}
}
