package slackbot

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
	"github.com/shopslo/shopslo/internal/text"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, tokyo)

func begun(title string) incident.Incident {
	return incident.Incident{ID: "inc-12", Title: title, Severity: incident.Critical, State: incident.Open, DetectedAt: noon}
}

func TestAChannelsNameSaysWhatItIsAbout(t *testing.T) {
	tests := []struct {
		name, title string
		scope       incident.Scope
		try         int
		want        string
	}{
		{"an text.English title", "Payments in the cart fail!", incident.Scope{}, 0, "inc-20261122-12-payments-in-the-cart-fail"},
		{"a text.Japanese title gives severity and ShopSet", "カートで決済が失敗する", incident.Scope{ShopSets: []string{"a-1"}}, 0, "inc-20261122-12-critical-a-1"},
		{"a text.Japanese title and a Tier", "決済エラー", incident.Scope{Tiers: []string{"prod"}}, 0, "inc-20261122-12-critical-prod"},
		{"a text.Japanese title and everything", "全店舗で閲覧できない", incident.Scope{Fleet: true}, 0, "inc-20261122-12-critical-fleet"},
		{"a text.Japanese title and nothing known", "決済エラー", incident.Scope{}, 0, "inc-20261122-12-critical"},
		{"a few Latin letters in text.Japanese say too little", "API の応答が遅くなっている", incident.Scope{}, 0, "inc-20261122-12-critical"},
		{"mostly Latin", "API timeout が多発", incident.Scope{}, 0, "inc-20261122-12-api-timeout"},
		{"figures alone say nothing", "500 503", incident.Scope{}, 0, "inc-20261122-12-critical"},
		{"a name that is taken", "Payments fail", incident.Scope{}, 1, "inc-20261122-12-payments-fail-2"},
		{"a long title ends at a word", strings.Repeat("payment gateway ", 20), incident.Scope{}, 0, "inc-20261122-12-payment-gateway-payment-gateway-payment-gateway-payment-gateway"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := begun(test.title)
			i.Scope = test.scope
			if got := channelName("inc", i, noon, test.try); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

var slackName = regexp.MustCompile(`^[a-z0-9_-]{1,80}$`)

func FuzzChannelName(f *testing.F) {
	f.Add("Payments fail", "a-1", 0)
	f.Add("カートで決済が失敗する", "", 3)
	f.Fuzz(func(t *testing.T, title, set string, try int) {
		i := begun(title)
		i.Scope.ShopSets = []string{set}
		name := channelName("inc", i, noon, max(0, try%1000))
		if !slackName.MatchString(name) || strings.HasSuffix(name, "-") {
			t.Errorf("%q", name)
		}
	})
}

func TestSlacksTextBecomesPlainText(t *testing.T) {
	for given, want := range map[string]string{
		"<@U12345678|mai> restarted it":           "@U12345678 restarted it",
		"see <https://example.com/a?b=1|here>":    "see https://example.com/a?b=1",
		"in <#C12345678|general> &amp; &lt;b&gt;": "in #general & <b>",
		"<!here> and <!subteam^S1234567|@sre>":    "@here and @sre",
		"a < b <c> <script> <mailto:x@y.z>":       "a < b <c> <script> mailto:x@y.z",
		"  a  ":                                   "a",
	} {
		if got := plain(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
	if got := escape("a <b> & @U12345678, not <!channel>"); got != "a &lt;b&gt; &amp; <@U12345678>, not &lt;!channel&gt;" {
		t.Errorf("escaped: %s", got)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a <@U12345678|mai> &amp; <https://x|y>")
	f.Fuzz(func(t *testing.T, text string) {
		// What escape writes reads back as the same words.
		if got := plain(escape(text)); got != strings.TrimSpace(text) {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}

func TestCommandsDoWhatTheySay(t *testing.T) {
	s := Settings{Language: text.English, Zone: tokyo, Tiers: []string{"prod"}, ShopSets: []string{"a-1", "b-2"}}
	tests := []struct {
		name, text string
		before     func(*incident.Incident)
		want       func(incident.Incident) bool
		refused    string
	}{
		{"a note", "note a &lt;b&gt; c", nil, func(i incident.Incident) bool { return i.Timeline[0].Text == "a <b> c" }, ""},
		{"an empty note", "note", nil, nil, "What is it?"},
		{"severity in Japanese", "重大度 軽微", nil, func(i incident.Incident) bool { return i.Severity == incident.Minor }, ""},
		{"a severity that is none", "severity bad", nil, nil, "The severities are"},
		{"a state by its word", "state 緩和済み", nil, func(i incident.Incident) bool { return i.State == incident.Mitigated }, ""},
		{"a state by the short verb", "resolved", nil, func(i incident.Incident) bool { return i.State == incident.Resolved }, ""},
		{"back a step", "mitigated", func(i *incident.Incident) { i.State = incident.Resolved }, nil, "reopen it"},
		{"closing without a postmortem", "close", func(i *incident.Incident) { i.State = incident.Resolved }, nil, "still lacks: all of it"},
		{"closing a minor one", "close", func(i *incident.Incident) { i.Severity = incident.Minor }, func(i incident.Incident) bool { return i.State == incident.Closed }, ""},
		{"taking command", "lead", nil, func(i incident.Incident) bool { return i.Assigned[incident.Commander] == "UMAI00001" }, ""},
		{"a role to somebody", "role scribe <@U12345678|ken>", nil, func(i incident.Incident) bool { return i.Assigned[incident.Scribe] == "U12345678" }, ""},
		{"a role to oneself", "役割 記録", nil, func(i incident.Incident) bool { return i.Assigned[incident.Scribe] == "UMAI00001" }, ""},
		{"a role taken back", "role scribe -", func(i *incident.Incident) {
			i.Assigned = map[incident.Role]string{incident.Scribe: "U12345678"}
		}, func(i incident.Incident) bool { return len(i.Assigned) == 0 }, ""},
		{"a role to a name that Slack does not know", "role scribe ken", nil, nil, "Who is ken?"},
		{"a scope", "scope a-1、prod", nil, func(i incident.Incident) bool {
			return slices.Equal(i.Scope.ShopSets, []string{"a-1"}) && slices.Equal(i.Scope.Tiers, []string{"prod"})
		}, ""},
		{"a scope that the fleet lacks", "scope z-9", nil, nil, "neither a ShopSet nor a Tier"},
		{"everything", "scope 全体", nil, func(i incident.Incident) bool { return i.Scope.Fleet }, ""},
		{"a title", "title  b\nc ", nil, func(i incident.Incident) bool { return i.Title == "b c" }, ""},
		{"a title that is too long", "title " + strings.Repeat("あ", 201), nil, nil, "longer than 200"},
		{"a start today", "started 11:30", nil, func(i incident.Incident) bool { return i.StartedAt.Equal(noon.Add(-30 * time.Minute)) }, ""},
		{"a start yesterday, as it is later by the clock", "started 23:30", nil, func(i incident.Incident) bool { return i.StartedAt.Equal(noon.Add(-12*time.Hour - 30*time.Minute)) }, ""},
		{"a start some time ago", "started -2h", nil, func(i incident.Incident) bool { return i.StartedAt.Equal(noon.Add(-2 * time.Hour)) }, ""},
		{"a start with a date", "発生 2026-11-21 10:00", nil, func(i incident.Incident) bool { return i.StartedAt.Equal(noon.Add(-26 * time.Hour)) }, ""},
		{"a start that is no time", "started soon", nil, nil, "When?"},
		{"a start after the detection", "started 2026-11-23 10:00", nil, nil, "cannot have started later"},
		{"a release", "release v1.2.3", nil, func(i incident.Incident) bool { return i.Release == "v1.2.3" }, ""},
		{"no release any more", "release なし", func(i *incident.Incident) { i.Release = "v1" }, func(i incident.Incident) bool { return i.Release == "" }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			verb, rest, ok := parse(test.text)
			if !ok {
				t.Fatalf("%q is no command", test.text)
			}
			i := begun("x")
			if test.before != nil {
				test.before(&i)
			}
			events, said, err := s.decide(i, act{ID: "e", User: "UMAI00001", Verb: verb, Rest: rest, At: noon})
			var r refusal
			if test.refused != "" {
				if !errors.As(err, &r) || !strings.Contains(string(r), test.refused) {
					t.Errorf("error %v, want %q", err, test.refused)
				}
				return
			}
			if err != nil || said == "" {
				t.Fatalf("%q, %v", said, err)
			}
			for _, e := range events {
				if i, err = i.Apply(e); err != nil {
					t.Fatal(err)
				}
			}
			if !test.want(i) {
				t.Errorf("not as it should be: %+v", i)
			}
		})
	}
}

func FuzzCommand(f *testing.F) {
	for _, text := range []string{"open critical x", "severity 重大", "started 14:05", "scope a-1 prod", "role scribe <@U12345678|ken>", "note　全角", "release -"} {
		f.Add(text)
	}
	s := Settings{Language: text.Japanese, Zone: tokyo, ShopSets: []string{"a-1"}}
	f.Fuzz(func(t *testing.T, text string) {
		verb, rest, ok := parse(text)
		if !ok {
			return
		}
		i := begun("x")
		events, _, err := s.decide(i, act{ID: "e", User: "UMAI00001", Verb: verb, Rest: rest, At: noon})
		if err != nil {
			return
		}
		for _, e := range events {
			next, err := i.Apply(e)
			if err != nil {
				return
			}
			s.follow(i, next, events, "e", noon)
			checkShown(t, s.status(next, noon))
		}
	})
}

// checkShown holds a message to Slack's limits.
func checkShown(t *testing.T, m message) {
	t.Helper()
	if len(m.Blocks) == 0 || len(m.Blocks) > 50 {
		t.Errorf("%d blocks", len(m.Blocks))
	}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case *slack.SectionBlock:
			if b.Text != nil && utf8.RuneCountInString(b.Text.Text) > 3000 || len(b.Fields) > 10 {
				t.Errorf("a section is too long")
			}
			for _, field := range b.Fields {
				if utf8.RuneCountInString(field.Text) > 2000 {
					t.Errorf("a field is too long")
				}
			}
		case *slack.HeaderBlock:
			if utf8.RuneCountInString(b.Text.Text) > 150 {
				t.Errorf("a header is too long")
			}
		}
	}
}

func TestEverythingLongStaysWithinSlacksLimits(t *testing.T) {
	s := Settings{Language: text.Japanese, Zone: tokyo, Emoji: "memo"}
	i := begun(strings.Repeat("長", 200))
	i.Release = strings.Repeat("<&>", 1000)
	for range 200 {
		i.Scope.ShopSets = append(i.Scope.ShopSets, strings.Repeat("s", 50))
	}
	for n := range 30 {
		var err error
		if i, err = i.Apply(incident.Event{At: noon.Add(time.Duration(n) * time.Minute), By: "U12345678", Kind: incident.Noted, Text: strings.Repeat("<あ>\n", 3000), Value: update}); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range incident.Roles {
		if i.Assigned == nil {
			i.Assigned = map[incident.Role]string{}
		}
		i.Assigned[role] = "U12345678"
	}
	checkShown(t, s.status(i, noon))
	checkShown(t, s.announcement(i, "C12345678", false, noon))
	if topic := s.topic(i); utf8.RuneCountInString(topic) > 250 {
		t.Errorf("topic of %d characters", utf8.RuneCountInString(topic))
	}
	n := &noted{Text: strings.Repeat("長い", 5000)}
	if v := s.opening("x", "", false, n, strings.Repeat("o", 5000)); utf8.RuneCountInString(v.PrivateMetadata) > 3000 {
		t.Errorf("private_metadata of %d characters", len(v.PrivateMetadata))
	}
}

// What is cut leaves no half of a mark, and no fact is left out.
func TestWhatIsCutStaysMarkedUp(t *testing.T) {
	for given, want := range map[string]string{
		"see <https://example.com/a|here>, and more": "see …",
		"a &amp; b":             "a &amp; b",
		"aaaaaa &lt;":           "aaaaaa &lt;",
		"aaaaaaaa &lt; and b":   "aaaaaaaa …",
		"<@U1> aaaaaaaaaaaaaaa": "<@U1> aaaaa…",
	} {
		if got := cut(given, 12); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
	i := begun("Payments fail")
	i.State, i.Private, i.MergedInto, i.Release, i.StartedAt = incident.Closed, true, "inc-9", "v1", noon
	i.Timeline = []incident.Event{{At: noon.Add(time.Hour), Kind: incident.Moved, Value: string(incident.Closed)}}
	i.Assigned = map[incident.Role]string{}
	for _, role := range incident.Roles {
		i.Assigned[role] = "U12345678"
	}
	shown, err := json.Marshal(Settings{Language: text.English}.status(i, noon.Add(2*time.Hour)).Blocks)
	if err != nil || !strings.Contains(string(shown), "*Impact lasted*") {
		t.Errorf("%s, %v", shown, err)
	}
}

// A status that no section takes is told whole all the same.
func TestALongStatusIsToldWhole(t *testing.T) {
	w, c := opened(t)
	for name, text := range map[string]string{"lines": strings.Repeat("errors fall & rise\n", 400) + "the end.", "one line": strings.Repeat("<エラー>", 900) + "the end."} {
		w.command(w.mai, c, "update "+escape(text))
		all := w.slack.Messages(c)
		shown := slackfake.Read(all[len(all)-1].Text, all[len(all)-1].Blocks)
		if n := strings.Count(shown, "errors") + strings.Count(shown, "エラー"); n != strings.Count(text, "errors")+strings.Count(text, "エラー") || !strings.Contains(shown, "the end.") {
			t.Errorf("%s: %d times, %d sections", name, n, len(all[len(all)-1].Blocks))
		}
	}
}

func TestWhatTwoPeopleWriteAtOnceIsNotOverwritten(t *testing.T) {
	s := Settings{Language: text.English, Zone: tokyo}
	i := begun("x")
	i.Postmortem = &incident.Postmortem{Summary: "old", Cause: "old"}
	var a about
	if err := json.Unmarshal([]byte(s.writing(i).PrivateMetadata), &a); err != nil {
		t.Fatal(err)
	}
	meanwhile := i
	meanwhile.Postmortem = &incident.Postmortem{Summary: "somebody else's", Cause: "old", Impact: "new too"}
	in := map[string]string{"summary": "old", "cause": "mine", "impact": ""}
	pm, wrong := s.written(meanwhile, a, in)
	if len(wrong) > 0 || pm.Summary != "somebody else's" || pm.Cause != "mine" || pm.Impact != "new too" {
		t.Errorf("%+v, wrong %v", pm, wrong)
	}
	in["summary"] = "mine too"
	if _, wrong := s.written(meanwhile, a, in); !strings.Contains(wrong["summary"], "somebody else's") {
		t.Errorf("wrong: %v", wrong)
	}
}

func TestAlertsOpenWhatThePolicySays(t *testing.T) {
	s := Settings{Language: text.English, ShopSets: []string{"a-1"}, Tiers: []string{"prod"}, Alerts: []AlertRule{
		{Match: map[string]string{"severity": "page", "tier": "prod-ha"}, Severity: incident.Critical},
		{Match: map[string]string{"severity": "page"}, Severity: incident.Major}, {}}}
	fires := func(pairs ...string) alert {
		a := alert{Status: "firing", Labels: map[string]string{}, StartsAt: noon.Add(-time.Minute), Fingerprint: strings.Join(pairs, ",")}
		for n := 0; n < len(pairs); n += 2 {
			a.Labels[pairs[n]] = pairs[n+1]
		}
		return a
	}
	page, worse := fires("severity", "page", "shopset", "a-1", "alertname", "Burn"), fires("severity", "page", "tier", "prod-ha")
	if severity, ok := s.policy(notification{Alerts: []alert{page, worse}}); !ok || severity != incident.Critical {
		t.Errorf("the worst of two: %s, %v", severity, ok)
	}
	if _, ok := s.policy(notification{Alerts: []alert{fires("severity", "ticket")}}); ok {
		t.Error("a ticket opens an incident")
	}
	gone := page
	gone.Status = "resolved"
	if _, ok := s.policy(notification{Alerts: []alert{gone}}); ok {
		t.Error("an alert that is over opens an incident")
	}
	if i := s.raised(notification{GroupKey: "g", Alerts: []alert{page, fires("severity", "page", "shopset", "gone")}}, incident.Major, noon); i.Scope.Known() {
		t.Errorf("a ShopSet that the fleet lacks may be any: %+v", i.Scope)
	}
	i := s.raised(notification{GroupKey: "g", Alerts: []alert{page, fires("severity", "page", "shopset", "gone", "tier", "prod")}}, incident.Major, noon)
	if i.Title != "Burn a-1" || !slices.Equal(i.Scope.ShopSets, []string{"a-1"}) || !slices.Equal(i.Scope.Tiers, []string{"prod"}) || !i.StartedAt.Equal(noon.Add(-time.Minute)) {
		t.Errorf("%+v", i)
	}
	i.ID, i.State = "inc-1", incident.Resolved
	events, _ := s.alertEvents(i, notification{Alerts: []alert{page, page}}, nil, noon)
	if len(events) != 2 || events[1].Value != "open" {
		t.Errorf("an alert after the resolution: %+v", events)
	}
}

func TestAnAlertChangesAnIncidentOnlyForTheWorse(t *testing.T) {
	s := Settings{Language: text.English, ShopSets: []string{"a-1"}, Tiers: []string{"prod", "prod-ha"}, Alerts: []AlertRule{
		{Match: map[string]string{"tier": "prod-ha"}, Severity: incident.Critical}, {Severity: incident.Major}}}
	open := incident.Incident{ID: "inc-1", Severity: incident.Major, State: incident.Open, Scope: incident.Scope{ShopSets: []string{"a-1"}}}
	same := alert{Status: "firing", Labels: map[string]string{"shopset": "a-1"}, StartsAt: noon, Fingerprint: "same"}
	worse := alert{Status: "firing", Labels: map[string]string{"tier": "prod-ha"}, StartsAt: noon.Add(-time.Hour), Fingerprint: "worse"}
	kinds := func(i incident.Incident, a alert) (out []incident.Kind) {
		events, _ := s.alertEvents(i, notification{Alerts: []alert{a}}, nil, noon)
		for _, e := range events {
			out = append(out, e.Kind)
		}
		return out
	}
	minor := open
	minor.Severity = incident.Minor
	for name, test := range map[string]struct {
		i    incident.Incident
		a    alert
		want []incident.Kind
	}{
		"as bad, and of what is hurt already": {open, same, []incident.Kind{incident.Noted}},
		"worse, and of more":                  {open, worse, []incident.Kind{incident.Noted, incident.Rescoped, incident.Escalated}},
		"worse than a minor one":              {minor, same, []incident.Kind{incident.Noted, incident.Escalated}},
	} {
		if got := kinds(test.i, test.a); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if i := s.raised(notification{Alerts: []alert{same, worse}}, incident.Major, noon); !i.StartedAt.Equal(worse.StartsAt) {
		t.Errorf("it began at %v, want the first alert's time", i.StartedAt)
	}
	if i := s.raised(notification{Alerts: []alert{same}}, incident.Major, noon); !i.StartedAt.IsZero() {
		t.Errorf("an alert of this moment tells that it began at %v", i.StartedAt)
	}
}

func TestOnlyAnOngoingIncidentLacksACommander(t *testing.T) {
	s := Settings{Language: text.English}
	for state, want := range map[incident.State]int{incident.Open: 1, incident.Mitigated: 1, incident.Resolved: 0, incident.Closed: 0} {
		got := strings.Join(s.facts(incident.Incident{Severity: incident.Major, State: state, DetectedAt: noon}, noon), "\n")
		if strings.Count(got, "nobody yet") != want || strings.Contains(strings.ToLower(got), "scribe") {
			t.Errorf("%s: %s", state, got)
		}
	}
}

func FuzzNotification(f *testing.F) {
	f.Add([]byte(`{"version":"4","groupKey":"g","alerts":[{"status":"firing","labels":{"severity":"page","shopset":"a-1"},"startsAt":"2026-11-22T05:00:00Z"}]}`))
	s := Settings{Alerts: []AlertRule{{Severity: incident.Major}}}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := readNotification(body)
		if err != nil {
			return
		}
		if severity, ok := s.policy(n); ok {
			i := s.raised(n, severity, noon)
			i.ID = "inc-1"
			if err := i.Validate(); err != nil {
				t.Errorf("an incident that no store takes: %v", err)
			}
			events, _ := s.alertEvents(i, n, nil, noon)
			for _, e := range events {
				if i, err = i.Apply(e); err != nil {
					t.Errorf("event %+v: %v", e, err)
				}
			}
		}
	})
}

// What people are told to write is understood.
func TestTheCommandsThatTextsNameAreUnderstood(t *testing.T) {
	rule, found := regexp.MustCompile("`/incident ([^`]+)`"), 0
	for _, file := range []string{"texts.go", "../../docs/incidentbot.md", "../../README.md", "../../deploy/slack/manifest.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rule.FindAllStringSubmatch(string(data), -1) {
			found++
			_, written := takeID(m[1], true)
			verb, rest, ok := parse(written)
			if verb == "%s" || verb == "…" {
				continue
			}
			switch rest, _, _ = strings.Cut(rest, " "); verb {
			case "state":
				_, ok = find(states, rest)
			case "severity":
				if _, ok = find(severities, rest); rest == "" {
					ok = true
				}
			case "open":
				_, ok = find(severities, rest)
				ok = ok || rest == "" || wordPrivate.Is(rest)
			case "role":
				_, ok = find(roles, rest)
			}
			if !ok {
				t.Errorf("%s: %s", file, m[0])
			}
		}
	}
	if found < 60 {
		t.Errorf("%d commands", found)
	}
}

func TestTheFirstWordEndsAtAnySpace(t *testing.T) {
	for written, want := range map[string][2]string{
		"update\nCarts work again\n- b-2 is left": {"update", "Carts work again\n- b-2 is left"},
		"note\tfrom a page":                       {"note", "from a page"},
		"update\u00a0copied from a page":          {"update", "copied from a page"},
		"メモ　全角　の空白":                               {"note", "全角　の空白"},
		"ｄｏｎｅ　２":                                  {"done", "２"},
	} {
		verb, rest, ok := parse(written)
		if !ok || [2]string{verb, rest} != want {
			t.Errorf("%q: %q, %q, %v", written, verb, rest, ok)
		}
	}
	if id, rest := takeID("inc-１２\nupdate all is well", false); id != "inc-12" || rest != "update all is well" {
		t.Errorf("%q %q", id, rest)
	}
	s := Settings{Zone: tokyo}
	if at, err := s.readTime("１１：３０", noon); err != nil || !at.Equal(noon.Add(-30*time.Minute)) {
		t.Errorf("%s, %v", at, err)
	}
}

// Slack takes what was written out of the input: what is no command is given back.
func TestWhatIsNoCommandIsGivenBack(t *testing.T) {
	w, c := opened(t)
	long := "決済の失敗率が上がっています。" + strings.Repeat("調査中。", 30)
	for _, written := range []string{long, "udpate carts <b-2> fail\nagain"} {
		said := w.command(w.mai, c, written).Text
		for l := range strings.Lines(written) {
			if !strings.Contains(said, "> "+escape(strings.TrimSpace(l))) {
				t.Errorf("%q is lost in %.300q", l, said)
			}
		}
	}
}

func TestPlainKeepsGroupsAndChannels(t *testing.T) {
	for marked, want := range map[string]string{
		"ask <!subteam^S012AB3CD> in <#C012AB3CD>":                     "ask @S012AB3CD in #C012AB3CD",
		"ask <!subteam^S012AB3CD|@sre> in <#C012AB3CD|general>, <#C1>": "ask @sre in #general, <#C1>",
		"<#C012AB3CD|>": "#C012AB3CD",
	} {
		if got := plain(marked); got != want {
			t.Errorf("%q: %q", marked, got)
		}
	}
}
