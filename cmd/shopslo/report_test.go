package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/review"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

const badRelease = "bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0"

// weekStory is five weeks of four shops, of which the last is the last whole week: a bad
// Release comes to prod on Wednesday and is rolled back after two hours, one ShopSet is
// silent for half a Friday, and another never sends anything.
type weekStory struct {
	period review.Period
	moved  time.Time
	back   time.Time
}

func newWeekStory() weekStory {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		panic(err)
	}
	s := weekStory{period: review.LastWeek(time.Now(), tokyo)}
	s.moved = s.period.From.AddDate(0, 0, 2).Add(14 * time.Hour)
	s.back = s.moved.Add(2 * time.Hour)
	return s
}

// minute is what a shop serves in the minute that ends at a time: day and night, and one
// bad event in a thousand minutes' worth of traffic of each shop at a minute of its own.
func (s weekStory) minute(shop string, end time.Time) (total, bad int) {
	total = 60
	if h := end.In(s.period.From.Location()).Hour(); h >= 9 && h < 23 {
		total = 300
	}
	n := int(end.Unix()/60) + len(shop)*7 + int(shop[0])
	if n%37 == 0 {
		bad = 1 + n%3
	}
	if shop != "c-1" && end.After(s.moved) && !end.After(s.back) {
		bad = total / 10
	}
	return total, bad
}

// silent reports whether a shop is not scraped.
func (s weekStory) silent(shop string, at time.Time) bool {
	friday := s.period.From.AddDate(0, 0, 4)
	return shop == "c-3" && at.After(friday.Add(12*time.Hour)) && !at.After(friday.AddDate(0, 0, 1))
}

// counted sums what was sent in (from, until].
func (s weekStory) counted(shops []string, from, until time.Time) (total, bad float64) {
	for _, shop := range shops {
		for t := from.Add(time.Minute); !t.After(until); t = t.Add(time.Minute) {
			n, b := s.minute(shop, t)
			total, bad = total+float64(n), bad+float64(b)
		}
	}
	return total, bad
}

var weekShops = []string{"c-1", "a-1", "b-2", "c-3"}

// samples are what a scraper saw, once a minute, half a minute before its end.
func (s weekStory) samples() []sourcetest.Series {
	var out []sourcetest.Series
	begin := s.period.From.AddDate(0, 0, -28).Add(-2 * time.Hour)
	for _, shop := range weekShops {
		of := func(name string, more ...slo.Label) *sourcetest.Series {
			ls := slo.Labels{{Name: slo.MetricName, Value: name}, {Name: "instance", Value: shop + ":80"}, {Name: "job", Value: "shops"}, {Name: "shopset", Value: shop}}
			return &sourcetest.Series{Labels: append(append(slo.Labels{ls[0]}, more...), ls[1:]...)}
		}
		good, failed := of("http_requests_total", slo.Label{Name: "code", Value: "200"}), of("http_requests_total", slo.Label{Name: "code", Value: "500"})
		up, started := of("up"), of("process_start_time_seconds")
		g, b := 0, 0
		for end := begin; !end.After(s.period.Until.Add(10 * time.Minute)); end = end.Add(time.Minute) {
			total, bad := s.minute(shop, end)
			g, b = g+total-bad, b+bad
			if s.silent(shop, end) {
				continue
			}
			at := end.Add(-30 * time.Second).UnixMilli()
			for _, x := range []struct {
				to *sourcetest.Series
				v  float64
			}{{good, float64(g)}, {failed, float64(b)}, {up, 1}, {started, float64(begin.Unix() - 86400)}} {
				x.to.T, x.to.V = append(x.to.T, at), append(x.to.V, x.v)
			}
		}
		out = append(out, *good, *failed, *up, *started)
	}
	return out
}

// documents writes the story's files; source is the section of the configuration.
func (s weekStory) documents(t testing.TB, dir, source string) string {
	t.Helper()
	at := func(days int, hour time.Duration) string {
		return s.period.From.AddDate(0, 0, days).Add(hour * time.Hour).Format(time.RFC3339)
	}
	day := func(days int) string { return s.period.From.AddDate(0, 0, days).Format(time.DateOnly) }
	doc := func(kind, name, spec string) string {
		return fmt.Sprintf("---\napiVersion: shopslo.dev/v1alpha1\nkind: %s\nmetadata: {name: %s}\nspec: {%s}\n", kind, name, spec)
	}
	writeFiles(t, dir, map[string]string{
		"fleet.yaml": fleetOf("beta: c-1", "prod: a-1 b-2 c-3 d-4"),
		"slo.yaml":   strings.Replace(ratioSLO("cart", "28d", 0.999, "bad", badRequests, allRequests), `"1"`, `"1000"`, 1),
		"shopslo.yaml": source + `fleet: [fleet.yaml]
slos: [slo.yaml]
gate:
  calendar: [calendar/*.yaml]
  incidents: [incidents/*.yaml]
  log: {dir: decisions}
review:
  timezone: Asia/Tokyo
  language: ja
  actions: [actions/*.yaml]
  link: https://git.example/shop/reviews/{week}.md
  slack: {webhook_file: webhook}
`,
		"actions/a.yaml": doc("ActionItem", "timeouts", "what: カートのタイムアウトを 3 秒に下げる, owner: mai, due: "+day(-3)+", link: 'https://git.example/shop/cart/issues/12', from: 2026-W45") +
			doc("ActionItem", "alert", "what: Alert on payment retries, owner: ken, due: "+day(9)) +
			doc("ActionItem", "runbook", "what: Write the rollback runbook, owner: yuki, due: "+day(3)+", doneAt: "+day(1)) +
			doc("ActionItem", "old", "what: Done long ago, owner: ken, doneAt: "+day(-10)),
		"incidents/i.yaml": doc("Incident", "inc-12", "title: カートで決済が失敗する, severity: major, state: resolved, startedAt: "+at(2, 14)+", detectedAt: '"+s.moved.Add(5*time.Minute).Format(time.RFC3339)+"', affects: {tiers: [prod]}, release: "+badRelease+", link: 'https://chat.example/inc-12'"),
		"calendar/c.yaml": doc("Freeze", "weekend", `reason: nobody is there to roll back, by: mai, affects: {tiers: [prod]}, recurring: {rrule: "FREQ=WEEKLY;BYDAY=FR", at: "18:00", for: 63h, timeZone: Asia/Tokyo}`) +
			doc("Override", "load-test", "reason: the load test is known, by: ken, checks: [burn_rate], tiers: [prod], from: "+at(1, 9)+", until: "+at(1, 12)) +
			doc("Exclusion", "moved", "reason: the database was moved, cause: maintenance, by: ken, affects: {shopSets: [c-1]}, from: "+at(1, 2)+", until: "+at(1, 4)),
	})
	log, err := decisionlog.Open(filepath.Join(dir, "decisions"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, e := range []decisionlog.Entry{
		{Kind: decisionlog.Gate, At: s.moved.Add(-26 * time.Hour), To: "prod", Release: badRelease, Decision: promotion.Inconclusive, By: "ci",
			Checks: []decisionlog.Check{{Check: "soak", Result: promotion.Unknown, Reason: "The soak time of 24h has not begun."}}},
		{Kind: decisionlog.Gate, At: s.moved.Add(-time.Minute), To: "prod", Release: badRelease, Decision: promotion.Promote, By: "ci", Checks: []decisionlog.Check{},
			Overrides: []decisionlog.Override{{ID: "load-test", Who: "ken", Why: "the load test is known", Waives: 1}}},
		{Kind: decisionlog.Promote, At: s.moved, To: "prod", Release: badRelease, Replaces: goodRelease, Result: "promoted", By: "mai", Checks: []decisionlog.Check{}},
		{Kind: decisionlog.Rollback, At: s.back, To: "prod", Release: goodRelease, Replaces: badRelease, Result: "rolled_back", By: "mai", Checks: []decisionlog.Check{}},
	} {
		if _, err := log.Append(t.Context(), e, []byte(`{"version": 1}`)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "shopslo.yaml")
}

// checkWeek compares a report with what the story's shops sent.
func checkWeek(t *testing.T, s weekStory, text string) review.Report {
	t.Helper()
	valid(t, "review", text)
	r, err := review.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	row := func(rows []review.Row, tier, set string) review.Row {
		for _, x := range rows {
			if x.Tier == tier && x.ShopSet == set {
				return x
			}
		}
		t.Fatalf("no row of %s %q", tier, set)
		return review.Row{}
	}
	p := s.period
	same := func(what string, c review.Count, shops []string, from, until time.Time) {
		t.Helper()
		total, bad := s.counted(shops, from, until)
		if c.Total == nil || *c.Total != total || *c.Bad != bad {
			t.Errorf("%s: %v bad of %v, want %v of %v", what, value(c.Bad), value(c.Total), bad, total)
		}
	}
	prod := row(r.Tiers, "prod", "")
	same("the week of prod", prod.Week, weekShops[1:], p.From, p.Until)
	same("the week before", prod.Last, weekShops[1:], p.From.AddDate(0, 0, -7), p.From)
	beta, out := row(r.Tiers, "beta", ""), p.From.AddDate(0, 0, 1)
	total, bad := s.counted(weekShops[:1], p.From, p.Until)
	left, leftBad := s.counted(weekShops[:1], out.Add(2*time.Hour), out.Add(4*time.Hour))
	if *beta.Week.Total != total-left || *beta.Week.Bad != bad-leftBad || beta.Week.Coverage != 1 {
		t.Errorf("beta without what is excluded: %v bad of %v, coverage %v", *beta.Week.Bad, *beta.Week.Total, beta.Week.Coverage)
	}
	same("the budget of a-1", row(r.Budgets, "prod", "a-1").Budget, []string{"a-1"}, p.Until.AddDate(0, 0, -28), p.Until)
	for i, d := range row(r.Budgets, "prod", "b-2").Days {
		same(fmt.Sprintf("day %d of b-2", i), d, []string{"b-2"}, p.From.AddDate(0, 0, i), p.From.AddDate(0, 0, i+1))
	}
	if d := row(r.Budgets, "prod", "d-4"); d.State != slo.NoData || d.Week.Total != nil || d.Remaining != nil || prod.States[slo.NoData] != 1 || prod.ShopSets != 4 {
		t.Errorf("d-4, which sent nothing: %+v", d)
	}
	harm := r.Releases.Items[0].Effects[0]
	same("after the Release", harm.After, weekShops[1:], s.moved, s.back)
	same("before the Release", harm.Before, weekShops[1:], s.moved.Add(-24*time.Hour), s.moved)
	if !harm.Significant || !harm.Worse {
		t.Errorf("the bad Release is no finding: %+v", harm)
	}
	return r
}

func value(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

// embeddedHereSource is the section of a configuration whose store a test has filled.
const embeddedHereSource = "source: {embedded: {dir: tsdb, scrape_interval: 1m, scrape_configs: [{job_name: none}]}}\n"

func TestTheReviewOfAWeekWithABadRelease(t *testing.T) {
	s := newWeekStory()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "tsdb"), s.samples())
	config := s.documents(t, dir, embeddedHereSource)
	code, stdout, stderr := runWith(t, nil, "report", "--config", config, "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r := checkWeek(t, s, stdout)
	if keep := os.Getenv("REVIEW_KEEP"); keep != "" {
		for _, lang := range []string{"ja", "en"} {
			for _, name := range []string{"html", "md", "txt"} {
				runWith(t, nil, "report", "--config", config, "--lang", lang, "--output", filepath.Join(keep, lang+"."+name))
			}
		}
	}
	kinds := map[review.Kind]bool{}
	for _, f := range r.Findings {
		kinds[f.Kind] = true
	}
	if !kinds[review.FoundHarm] || !kinds[review.FoundNoData] || !kinds[review.FoundOverdue] || r.Findings[0].Kind != review.FoundHarm {
		t.Errorf("findings %+v", r.Findings)
	}
	if len(r.Incidents.Items) != 1 || *r.Incidents.Items[0].ToDetect != 300 || len(r.Freezes.Items) != 2 || len(r.Overrides.Items) != 1 || len(r.Exclusions.Items) != 1 || *r.Overrides.Items[0].Used != 1 {
		t.Errorf("incidents %+v, freezes %+v, overrides %+v", r.Incidents, r.Freezes, r.Overrides)
	}
	if m := r.Releases.Items; len(m) != 2 || m[0].Gate != "promote" || *m[0].Lead != 26*3600 || !m[1].Back || m[1].Lead != nil {
		t.Errorf("releases %+v", m)
	}

	t.Run("with the silences of an Alertmanager", func(t *testing.T) {
		silence := fmt.Sprintf(`[{"id":"0b5c-7f","createdBy":"ken","comment":"known","startsAt":%q,"endsAt":%q,"matchers":[{"name":"shopset","value":"a-1"}]}]`,
			s.moved.Format(time.RFC3339), s.back.Format(time.RFC3339))
		manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, silence) }))
		text, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		asks := filepath.Join(dir, "silences.yaml")
		writeFiles(t, dir, map[string]string{"silences.yaml": strings.Replace(string(text), "gate:\n", "gate:\n  alerts: {kind: alertmanager, url: '"+manager.URL+"'}\n", 1)})
		silencesOf := func() review.Section[review.Silence] {
			code, stdout, stderr := runWith(t, nil, "report", "--config", asks, "-o", "json")
			r, err := review.Decode([]byte(stdout))
			if code != exitOK || err != nil {
				t.Fatalf("exit code %d: %v %s", code, err, stderr)
			}
			return r.Silences
		}
		if got := silencesOf(); got.Unknown != nil || len(got.Items) != 1 || got.Items[0].Who != "ken" || !got.Items[0].Until.Equal(s.back) {
			t.Errorf("silences %+v", got)
		}
		manager.Close()
		if got := silencesOf(); got.Unknown == nil || got.Unknown.Reason != review.Failed || got.Unknown.Key != "gate.alerts" || len(got.Items) != 0 {
			t.Errorf("of an Alertmanager that is down: %+v", got)
		}
	})
	t.Run("as a file, by its name", func(t *testing.T) {
		file := filepath.Join(dir, "review.html")
		code, stdout, stderr := runWith(t, nil, "report", "--config", config, "--output", file)
		html, err := os.ReadFile(file)
		if code != exitOK || stdout+stderr != "" || err != nil || !strings.Contains(string(html), `<html lang="ja">`) {
			t.Errorf("exit code %d: %s%s, %v, %.60s", code, stdout, stderr, err, html)
		}
	})
	t.Run("Slack is told what to talk about first", func(t *testing.T) {
		var told struct{ Text string }
		slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
				t.Error(err)
			}
		}))
		defer slack.Close()
		writeFiles(t, dir, map[string]string{"webhook": slack.URL + "/services/T0/s3cret\n"})
		code, stdout, stderr := runWith(t, nil, "report", "--config", config, "--slack", "--lang", "en", "-o", "markdown")
		if code != exitOK || stderr != "" || !strings.HasPrefix(stdout, "# SLO review") {
			t.Errorf("exit code %d: %s%.60s", code, stderr, stdout)
		}
		if !strings.Contains(told.Text, "Release bad0bad0ba came to prod") || !strings.Contains(told.Text, "https://git.example/shop/reviews/"+s.period.Name+".md") {
			t.Errorf("told %q", told.Text)
		}
		slack.Close()
		code, _, stderr = runWith(t, nil, "report", "--config", config, "--slack")
		if code != exitUnavailable || strings.Contains(stderr, "s3cret") || !strings.Contains(stderr, "cannot be reached") {
			t.Errorf("Slack is gone: exit code %d: %s", code, stderr)
		}
	})
	t.Run("a server answers the same", func(t *testing.T) {
		serve := startServe(t, config)
		serve.waitReady(t)
		code, body, stderr := runWith(t, nil, "report", "--server", serve.url, "-o", "json")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		got := checkWeek(t, s, body)
		if len(got.Pages) == 0 || got.Looked.FineFrom.Before(s.period.From) {
			t.Errorf("pages %+v, %+v", got.Pages, got.Looked)
		}
		code, text, _ := runWith(t, nil, "report", "--server", serve.url, "--week", s.period.Name, "--lang", "ja")
		if code != exitOK || !strings.HasPrefix(text, "SLO 週次レビュー "+s.period.Name) {
			t.Errorf("exit code %d: %.60s", code, text)
		}
		for _, q := range []string{"week=2026-46", "week=2026-W46&from=2026-11-01", "from=2026-11-01", "from=2026-11-02&to=2026-11-01"} {
			if code, body := serve.get(t, "/api/v1/review?"+q); code != http.StatusBadRequest || !strings.Contains(body, "error") {
				t.Errorf("%s: %d %s", q, code, body)
			}
		}
	})
}

func TestTheReviewOfAnUnreachableSourceSaysSo(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"fleet.yaml": fleetOf("beta: b-1", "prod: p-1"), "slo.yaml": cartSLO("28d"),
		"shopslo.yaml": "source: {prometheus: {url: '" + gone.URL + "'}}\nfleet: [fleet.yaml]\nslos: [slo.yaml]\n"})
	code, stdout, stderr := runWith(t, nil, "report", "--config", filepath.Join(dir, "shopslo.yaml"), "-o", "json")
	if code != exitUnavailable || !strings.Contains(stderr, "connection refused") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	valid(t, "review", stdout)
	r, err := review.Decode([]byte(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if r.Outage == nil || len(r.Findings) == 0 || r.Findings[0].Kind != review.FoundOutage || r.Budgets[0].Week.Total != nil {
		t.Errorf("outage %+v, findings %+v", r.Outage, r.Findings)
	}
	if u := r.Actions.Unknown; u == nil || u.Key != "review.actions" {
		t.Errorf("actions %+v", r.Actions)
	}
}

func TestActionItemsAreValidated(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere + "review: {actions: [actions/*.yaml]}\n", "fleet.yaml": fleetOf("beta: b-1"), "slo.yaml": cartSLO("1h"),
		"actions/a.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: ActionItem\nmetadata: {name: x}\nspec: {what: y, ownr: mai}\n"})
	config := filepath.Join(dir, "shopslo.yaml")
	for _, args := range [][]string{{"validate"}, {"report"}} {
		code, stdout, stderr := runWith(t, nil, append(args, "--config", config)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "a.yaml:4:") || !strings.Contains(stderr, `did you mean "owner"`) {
			t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
	if code, _, stderr := runWith(t, nil, "status", "--config", config); code != exitOK { // no budget depends on them
		t.Errorf("status: exit code %d: %s", code, stderr)
	}
}

func TestAWrongQuestionForAReviewIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"shopslo.yaml": embeddedHere + "review: {actions: [nowhere/*.yaml]}\n", "fleet.yaml": fleetOf("beta: b-1"), "slo.yaml": cartSLO("1h")})
	config := filepath.Join(dir, "shopslo.yaml")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--week", "46"}, "write it like 2026-W46"},
		{[]string{"--week", "2999-W01"}, "has not begun"},
		{[]string{"--from", "2026-11-01"}, "--from and --to go together"},
		{[]string{"--week", "2026-W46", "--from", "2026-11-01", "--to", "2026-11-02"}, "give one"},
		{[]string{"--lang", "fr"}, "must be en or ja"},
		{[]string{"-o", "htm"}, `did you mean "html"`},
		{[]string{"--output", "json"}, "write -o json"},
		{[]string{"--output", filepath.Join(dir, "no", "x.html")}, "there is no folder"},
		{[]string{"--slack"}, "review.slack.webhook"},
		{[]string{"--link", "https://x.example"}, "--link is for --slack"},
		{nil, "there is no folder"},
	} {
		code, stdout, stderr := runWith(t, nil, append([]string{"report", "--config", config}, test.args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: exit code %d: %s%s; want %q", test.args, code, stdout, stderr, test.want)
		}
	}
}
