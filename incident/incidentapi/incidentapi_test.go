package incidentapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/postmortem"
	"github.com/shopslo/shopslo/incident/storetest"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// filled has three incidents: inc-1 is resolved, inc-2 mitigated, inc-3 open and new.
func filled(t testing.TB) *storetest.Memory {
	t.Helper()
	m := &storetest.Memory{}
	for k, title := range []string{"終わった", "抑えた", "決済が失敗する"} {
		i := storetest.Sample(title)
		i.DetectedAt = noon.Add(time.Duration(k) * time.Hour)
		if k == 1 {
			i.StartedAt, i.Release, i.Link = noon, "3f2c1ab", "https://example.slack.com/archives/C01"
			i.Scope = incident.Scope{Tiers: []string{"prod"}, ShopSets: []string{"a-1"}}
		}
		if _, _, err := m.Create(t.Context(), "", i); err != nil {
			t.Fatal(err)
		}
	}
	change(t, m, "inc-1", incident.Event{At: noon.Add(30 * time.Minute), Kind: incident.Moved, Value: "resolved", By: "mai"})
	change(t, m, "inc-2", incident.Event{ID: "e1", At: noon.Add(90 * time.Minute), Kind: incident.Moved, Value: "mitigated"},
		incident.Event{At: noon.Add(91 * time.Minute), Kind: incident.Noted, Text: "<b>"},
		incident.Event{At: noon.Add(92 * time.Minute), Kind: incident.Appointed, Role: incident.Commander, Value: "mai"},
		incident.Event{At: noon.Add(93 * time.Minute), Kind: incident.Postmortal, Postmortem: &incident.Postmortem{Summary: "s", WentWell: []string{"w"},
			Actions: []incident.Action{{What: "w", Due: noon, DoneAt: noon}, {What: "x"}}}})
	return m
}

func change(t testing.TB, m *storetest.Memory, id string, events ...incident.Event) {
	t.Helper()
	if _, err := m.Change(t.Context(), id, func(incident.Incident) ([]incident.Event, []incident.Job, error) { return events, nil, nil }); err != nil {
		t.Fatal(err)
	}
}

func serve(t testing.TB, o Options) *httptest.Server {
	t.Helper()
	if o.Source == nil {
		o.Source = filled(t)
	}
	o.Now = func() time.Time { return noon.Add(24 * time.Hour) }
	s := httptest.NewServer(New(o))
	t.Cleanup(s.Close)
	return s
}

func client(t testing.TB, address string) *Client {
	t.Helper()
	c, err := NewClient(address, &http.Client{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(t testing.TB, address string) (int, http.Header, []byte) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

func TestAnswersAreOfTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../docs/incidents.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{})
	empty := serve(t, Options{Source: &storetest.Memory{}})
	for _, address := range []string{s.URL + "/api/v1/incidents", s.URL + "/api/v1/incidents/inc-1", s.URL + "/api/v1/incidents/inc-2",
		s.URL + "/api/v1/incidents/inc-3", empty.URL + "/api/v1/incidents?ongoing=true"} {
		status, _, body := get(t, address)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err == nil {
			err = schema.Validate(document)
		}
		if status != 200 || err != nil {
			t.Errorf("%s: %d: %v in %s", address, status, err, body)
		}
	}
	if document, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"version": 1, "at": "2026-11-02T12:00:00Z"}`)); schema.Validate(document) == nil {
		t.Error("the schema lets an answer without incidents through")
	}
	_, _, body := get(t, s.URL+"/api/v1/incidents/inc-3")
	for _, want := range []string{`"started_at":null`, `"release":null`, `"postmortem":null`, `"timeline":[]`, `"to_mitigate_seconds":null`, `"hurting_seconds":79200`, `"postmortem_missing":["all of it"]`} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}

func TestWhatIsToldIsHeard(t *testing.T) {
	m := filled(t)
	c := client(t, serve(t, Options{Source: m}).URL+"/")
	same := func(what string, got []incident.Incident, want ...string) {
		t.Helper()
		var ids []string
		for _, i := range got {
			ids = append(ids, i.ID)
			kept, err := m.Incident(t.Context(), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			a, _ := json.Marshal(i)
			b, _ := json.Marshal(kept.Outline())
			if string(a) != string(b) {
				t.Errorf("%s: heard\n%s\nwant\n%s", what, a, b)
			}
		}
		if strings.Join(ids, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", what, ids, want)
		}
	}
	all, err := c.Incidents(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	same("all", all, "inc-3", "inc-2", "inc-1")
	since, err := c.Incidents(t.Context(), noon.Add(31*time.Minute).In(time.FixedZone("", 9*3600)))
	if err != nil {
		t.Fatal(err)
	}
	same("since", since, "inc-3", "inc-2")
	ongoing, err := c.Ongoing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same("ongoing", ongoing, "inc-3", "inc-2")
	one, err := c.Incident(t.Context(), "inc-2")
	if err != nil || len(one.Timeline) != 4 || one.Timeline[1].Text != "<b>" || one.Postmortem.Summary != "s" {
		t.Errorf("one: %+v, %v", one, err)
	}
	for _, id := range []string{"inc-9", "a/b", "..", ""} {
		if _, err := c.Incident(t.Context(), id); err == nil || id == "inc-9" && !errors.Is(err, incident.ErrNotFound) {
			t.Errorf("incident %q: %v", id, err)
		}
	}
	none, err := client(t, serve(t, Options{Source: &storetest.Memory{}}).URL).Ongoing(t.Context())
	if err != nil || len(none) != 0 {
		t.Errorf("none: %v, %v", none, err)
	}
}

func TestPostmortemsAreTold(t *testing.T) {
	share := 0.5
	var failed []error
	s := serve(t, Options{Location: time.FixedZone("JST", 9*3600), Failed: func(err error) { failed = append(failed, err) },
		Burned: func(_ context.Context, i incident.Incident) ([]postmortem.Burned, error) {
			if i.ID == "inc-1" {
				return nil, errors.New("shopslo is away")
			}
			return []postmortem.Burned{{SLO: "cart", ShopSet: "a-1", Share: &share}}, nil
		}})
	for _, test := range []struct {
		path, want string
		status     int
	}{
		{"inc-2/postmortem.md", "- Detected: 2026-11-02 22:00", 200},
		{"inc-2/postmortem.md?lang=ja&tz=Europe/Berlin", "- 検知：2026-11-02 14:00", 200},
		{"inc-2/postmortem.md", "| cart | a-1 | not known | 50.0 % |", 200},
		{"inc-1/postmortem.md", "## Timeline", 200},
		{"inc-2/postmortem.md?lang=fr", `language \"fr\" is neither en nor ja`, 400},
		{"inc-2/postmortem.md?tz=Mars", `time zone \"Mars\" is unknown`, 400},
		{"inc-9/postmortem.md", `there is no incident \"inc-9\"`, 404},
	} {
		status, header, body := get(t, s.URL+"/api/v1/incidents/"+test.path)
		if status != test.status || !strings.Contains(string(body), test.want) {
			t.Errorf("%s: %d %s; want %d with %s", test.path, status, body, test.status, test.want)
		}
		if status == 200 && header.Get("Content-Type") != "text/markdown; charset=utf-8" {
			t.Errorf("%s: %s", test.path, header.Get("Content-Type"))
		}
	}
	if len(failed) != 1 || !strings.Contains(failed[0].Error(), "incident inc-1 burned: shopslo is away") {
		t.Errorf("failed: %v", failed)
	}
}

func TestAPostmortemIsEditedAsMarkdown(t *testing.T) {
	m := filled(t)
	s := serve(t, Options{Source: m, Changes: m, Token: func() (string, error) { return "t0ken", nil }, Location: time.FixedZone("JST", 9*3600)})
	ask := func(method, path, body, match string) (int, string, string) {
		t.Helper()
		req, err := http.NewRequest(method, s.URL+"/api/v1/incidents/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer t0ken")
		if match != "" {
			req.Header.Set("If-Match", match)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text), resp.Header.Get("ETag")
	}
	_, text, first := ask("GET", "inc-3/postmortem.md?lang=ja", "", "")
	if status, answer, again := ask("PUT", "inc-3/postmortem.md?lang=ja", text, first); status != 200 || answer != text || again != first {
		t.Errorf("nothing written: %d %s", status, answer)
	}
	if i, err := m.Incident(t.Context(), "inc-3"); err != nil || len(i.Timeline) != 0 {
		t.Errorf("nothing written makes an event: %+v, %v", i, err)
	}
	edited := strings.Replace(text, "## 原因\n\n_まだ書かれていません。_", "## 原因\n\n接続プールの *上限*", 1) +
		"- [ ] 監視する\n  - 期限：2026-11-20\n"
	for range 2 { // the second time changes nothing
		status, answer, _ := ask("PUT", "inc-3/postmortem.md?lang=ja&by=mai", edited, "")
		if status != 200 || !strings.Contains(answer, `接続プールの \*上限\*`) {
			t.Fatalf("%d %s", status, answer)
		}
	}
	i, err := m.Incident(t.Context(), "inc-3")
	if err != nil || len(i.Timeline) != 1 || i.Timeline[0].By != "API (claimed: mai)" || i.Postmortem.Cause != "接続プールの *上限*" ||
		len(i.Postmortem.Actions) != 1 || !i.Postmortem.Actions[0].Due.Equal(time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", i, err)
	}
	if status, answer, _ := ask("PUT", "inc-3/postmortem.md", "## Summary\nlate", first); status != 412 || !strings.Contains(answer, "somebody has changed the postmortem since") {
		t.Errorf("an old draft: %d %s", status, answer)
	}
	_, _, now := ask("GET", "inc-3/postmortem.md", "", "")
	if status, _, _ := ask("PUT", "inc-3/postmortem.md", "## Summary\nin time", now); status != 200 {
		t.Errorf("a draft of now: %d", status)
	}
	for _, c := range []struct {
		path, body, want string
		status           int
	}{
		{"inc-3/postmortem.md", "## Notes\nx", `line 1: heading \"Notes\"`, 400},
		{"inc-3/postmortem.md", strings.Repeat("x", 1<<20+1), "too large", 400},
		{"inc-3/postmortem.md", "## Action items\n" + strings.Repeat("- [ ] x\n", 201), "line 202: there are more than 200 action items", 400},
		{"inc-3/postmortem.md?lang=fr", "## Summary\nx", "neither en nor ja", 400},
		{"inc-9/postmortem.md", "## Summary\nx", "there is no incident", 404},
	} {
		if status, answer, _ := ask("PUT", c.path, c.body, ""); status != c.status || !strings.Contains(answer, c.want) {
			t.Errorf("%s: %d %s; want %d with %s", c.path, status, answer, c.status, c.want)
		}
	}
	s = serve(t, Options{Source: m, Changes: m})
	if status, _, _ := ask("PUT", "inc-3/postmortem.md", "## Summary\nx", ""); status != 405 {
		t.Errorf("without a token to show: %d", status)
	}
}

// named shows people's names, as a chat's bot does that keeps their IDs.
type named struct{ *storetest.Memory }

func (n named) Incident(ctx context.Context, id string) (incident.Incident, error) {
	i, err := n.Memory.Incident(ctx, id)
	text, _ := json.Marshal(i)
	var out incident.Incident
	if err == nil {
		err = json.Unmarshal([]byte(strings.NewReplacer("U01", "舞", "U02", "健").Replace(string(text))), &out)
	}
	return out, err
}

func TestNamesThatWereShownBecomeIDsAgain(t *testing.T) {
	m := filled(t)
	before := &incident.Postmortem{Summary: "@U01 restarted it", Cause: "@U02 ", WentWell: []string{"@U01 was fast"},
		Actions: []incident.Action{{What: "ask @U02", Owner: "U02"}, {What: "b", Owner: "U02"}, {What: "c", Owner: "somebody"}}}
	change(t, m, "inc-3", incident.Event{At: noon, By: "U01", Kind: incident.Appointed, Role: incident.Scribe, Value: "U01"},
		incident.Event{At: noon, By: "U01", Kind: incident.Postmortal, Postmortem: before})
	s := serve(t, Options{Source: named{m}, Changes: m, Token: func() (string, error) { return "t0ken", nil }})
	send := func(method, body string) string {
		t.Helper()
		req, _ := http.NewRequest(method, s.URL+"/api/v1/incidents/inc-3/postmortem.md", strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer t0ken")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %s %v", resp.StatusCode, text, err)
		}
		return string(text)
	}
	text := send("GET", "")
	if strings.Contains(text, "U0") || send("PUT", text) != text {
		t.Errorf("shown:\n%s", text)
	}
	i, _ := m.Incident(t.Context(), "inc-3")
	if got, _ := json.Marshal(i.Postmortem); tag(i.Postmortem) != tag(before) || len(i.Timeline) != 2 {
		t.Errorf("sent back as it was, it became %s", got)
	}
	text = strings.Replace(text, "- Owner: somebody", "- Owner: 舞", 1)
	send("PUT", strings.Replace(text, "@舞 restarted it", "@舞 restarted it twice", 1))
	if i, _ = m.Incident(t.Context(), "inc-3"); i.Postmortem.Actions[2].Owner != "U01" || i.Postmortem.Actions[0].What != "ask @U02" ||
		i.Postmortem.Summary != "@舞 restarted it twice" || i.Postmortem.Cause != "@U02 " {
		t.Errorf("%+v", i.Postmortem)
	}
}

// veiled shows of a private incident no more than that it is, as a chat's bot does.
type veiled struct{ *storetest.Memory }

func (v veiled) Incident(ctx context.Context, id string) (incident.Incident, error) {
	i, err := v.Memory.Incident(ctx, id)
	if i.Private {
		i.Title, i.Timeline, i.Postmortem = "private incident", nil, nil
	}
	return i, err
}

func TestThePostmortemOfAPrivateIncidentIsNotWrittenOver(t *testing.T) {
	m := filled(t)
	i := storetest.Sample("Keys leak")
	i.Private = true
	if _, _, err := m.Create(t.Context(), "", i); err != nil {
		t.Fatal(err)
	}
	before := &incident.Postmortem{Summary: "keys leaked", Impact: "i", Cause: "c", Actions: []incident.Action{{What: "w"}}}
	change(t, m, "inc-4", incident.Event{At: noon, Kind: incident.Postmortal, Postmortem: before})
	s := serve(t, Options{Source: veiled{m}, Changes: m, Token: func() (string, error) { return "t0ken", nil }})
	ask := func(method, path, body, match string) (int, string, string) {
		t.Helper()
		req, _ := http.NewRequest(method, s.URL+"/api/v1/incidents/inc-4"+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer t0ken")
		req.Header.Set("If-Match", match)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text), resp.Header.Get("ETag")
	}
	for _, lang := range []string{"en", "ja"} {
		_, text, now := ask("GET", "/postmortem.md?lang="+lang, "", "")
		if strings.Contains(text, "keys") || strings.Contains(text, "Not written yet") || strings.Contains(text, "まだ書かれていません") || strings.Contains(text, "- Summary\n") || strings.Contains(text, "- 概要\n") {
			t.Errorf("it says that nothing is written:\n%s", text)
		}
		for _, match := range []string{now, ""} {
			if status, answer, _ := ask("PUT", "/postmortem.md?lang="+lang, text, match); status != 403 || !strings.Contains(answer, "is private") {
				t.Errorf("%d %s", status, answer)
			}
		}
	}
	if kept, err := m.Incident(t.Context(), "inc-4"); err != nil || tag(kept.Postmortem) != tag(before) || len(kept.Timeline) != 1 {
		t.Errorf("%+v, %v", kept.Postmortem, err)
	}
	if _, text, _ := ask("GET", "", "", ""); !strings.Contains(text, `"postmortem_missing":null`) {
		t.Errorf("what is not known: %s", text)
	}
}

// away is a database that cannot be read, for a reason that nobody else may see.
type away struct{}

var errAway = errors.New("no route to s3cret-host")

func (away) Incident(context.Context, string) (incident.Incident, error) {
	return incident.Incident{}, errAway
}
func (away) Incidents(context.Context, time.Time) ([]incident.Incident, error) { return nil, errAway }

func TestWrongQuestionsAndFailuresAreTold(t *testing.T) {
	s := serve(t, Options{})
	var failed error
	broken := serve(t, Options{Source: away{}, Failed: func(err error) { failed = err }})
	for _, test := range []struct {
		address, want string
		status        int
	}{
		{s.URL + "/api/v1/incidents?since=yesterday", "is no time (write it like", 400},
		{s.URL + "/api/v1/incidents?ongoing=maybe", "is neither true nor false", 400},
		{s.URL + "/api/v1/incidents?ongoing=true&ongoing=false", "stands there twice", 400},
		{s.URL + "/api/v1/incidents?onging=true", "is unknown (known: since, ongoing)", 400},
		{s.URL + "/api/v1/incidents/x", "there is no incident", 404},
		{broken.URL + "/api/v1/incidents", "the incidents cannot be read", 503},
		{broken.URL + "/api/v1/incidents/inc-1", "the incidents cannot be read", 503},
	} {
		status, _, body := get(t, test.address)
		if status != test.status || !strings.Contains(string(body), test.want) || strings.Contains(string(body), "s3cret") {
			t.Errorf("%s: %d %s; want %d with %s", test.address, status, body, test.status, test.want)
		}
	}
	if !errors.Is(failed, errAway) {
		t.Errorf("failed: %v", failed)
	}
}

func TestOnlyWhoShowsTheTokenIsLetIn(t *testing.T) {
	token, broken := "t0ken", error(nil)
	s := serve(t, Options{Token: func() (string, error) { return token, broken }})
	for name, test := range map[string]struct {
		header, token string
		err           error
		want          int
	}{
		"the token": {"Bearer t0ken", "t0ken", nil, 200}, "another case": {"bearer t0ken", "t0ken", nil, 200}, "none": {"", "t0ken", nil, 401},
		"another": {"Bearer t0ke", "t0ken", nil, 401}, "another scheme": {"Basic t0ken", "t0ken", nil, 401},
		"an empty one is none": {"Bearer ", "", nil, 500}, "one that cannot be read": {"Bearer t0ken", "t0ken", errors.New("x"), 500},
	} {
		t.Run(name, func(t *testing.T) {
			token, broken = test.token, test.err
			req, _ := http.NewRequest(http.MethodGet, s.URL+"/api/v1/incidents/inc-1/postmortem.md", nil)
			req.Header.Set("Authorization", test.header)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != test.want {
				t.Errorf("status %d, want %d", resp.StatusCode, test.want)
			}
		})
	}
}

func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	good, _ := json.Marshal(listShape{Version: 1, At: noon, Incidents: []told{}})
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		"another program's JSON":     {func(w http.ResponseWriter) { io.WriteString(w, `{}`) }, "version 0"},
		"no JSON":                    {func(w http.ResponseWriter) { io.WriteString(w, `<html>`) }, "not the JSON of an incidentbot"},
		"no list":                    {func(w http.ResponseWriter) { io.WriteString(w, `{"version": 1}`) }, "no incidents"},
		"a null list":                {func(w http.ResponseWriter) { io.WriteString(w, `{"version": 1, "incidents": null}`) }, "no incidents"},
		"a newer version":            {func(w http.ResponseWriter) { io.WriteString(w, `{"version": 2, "incidents": []}`) }, "of version 2"},
		"an incident without a name": {func(w http.ResponseWriter) { io.WriteString(w, `{"version": 1, "incidents": [{}]}`) }, "id is missing"},
		"a state that nobody knows": {func(w http.ResponseWriter) {
			io.WriteString(w, `{"version": 1, "incidents": [{"id": "inc-1", "title": "x", "severity": "minor", "state": "smouldering", "detected_at": "2026-11-02T12:00:00Z"}]}`)
		}, `state "smouldering"`},
		"half of it": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "1000"); w.Write(good) }, "truncated response"},
		"too much":   {func(w http.ResponseWriter) { w.Write(bytes.Repeat([]byte(" "), largest+1)) }, "response exceeds 64 MiB"},
		"a redirect": {func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(302) }, "use the address it redirects to"},
		"no token":   {func(w http.ResponseWriter) { w.WriteHeader(401) }, "check the token"},
		"not there":  {func(w http.ResponseWriter) { w.WriteHeader(404) }, "is this an incidentbot?"},
		"a failure":  {func(w http.ResponseWriter) { w.WriteHeader(503) }, "returned 503"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.answer(w) }))
			defer s.Close()
			got, err := client(t, s.URL).Ongoing(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || got != nil || strings.Contains(err.Error(), s.URL) {
				t.Errorf("%v, error %v; want %q", got, err, test.want)
			}
		})
	}
	s := httptest.NewServer(http.NotFoundHandler())
	if _, err := client(t, s.URL).Incident(t.Context(), "inc-1"); err == nil || errors.Is(err, incident.ErrNotFound) {
		t.Errorf("another server's 404 means that there is no incident: %v", err)
	}
	s.Close()
	if _, err := client(t, s.URL).Ongoing(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
	for _, address := range []string{"", "incidentbot:8080", "ftp://x", "http://", "http://user:s3cret@ex ample/"} {
		if _, err := NewClient(address, http.DefaultClient); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, address := range []string{"/api/v1/incidents", "/api/v1/incidents/inc-2"} {
		_, _, body := get(f, serve(f, Options{}).URL+address)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ParseList(data)
		if err != nil && all != nil {
			t.Error("incidents beside an error")
		}
		for _, i := range all {
			if err := i.Validate(); err != nil {
				t.Errorf("heard an incident that is not valid: %v", err)
			}
		}
		if i, err := parseOne(data); err == nil && i.Validate() != nil {
			t.Errorf("heard an incident that is not valid: %+v", i)
		}
	})
}

func TestATokenIsTakenAsAPasswordToo(t *testing.T) {
	m := &storetest.Memory{}
	h := New(Options{Source: m, Now: func() time.Time { return noon }, Token: func() (string, error) { return "t", nil }})
	for name, test := range map[string]struct {
		login func(*http.Request)
		want  int
	}{
		"none": {func(*http.Request) {}, 401}, "bearer": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer t") }, 200},
		"basic": {func(r *http.Request) { r.SetBasicAuth("gate", "t") }, 200}, "another password": {func(r *http.Request) { r.SetBasicAuth("t", "x") }, 401},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/incidents", nil)
		test.login(r)
		got := httptest.NewRecorder()
		if h.ServeHTTP(got, r); got.Code != test.want {
			t.Errorf("%s: %d", name, got.Code)
		}
	}
}
