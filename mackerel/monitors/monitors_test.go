package monitors_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/mackerel/monitors"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const head = "apiVersion: shopset.dev/v1alpha1\nkind: MackerelMonitors\nmetadata: {name: cart}\nspec:\n  service: shops\n  monitors:\n"

const errorsMonitor = `  - name: cart errors
    type: service
    metric: cart.errors
    operator: ">"
    warning: 5
    critical: 10.5
    duration: 3
    memo: the cart's developers
`

const cpuMonitor = `  - name: CPU
    type: host
    metric: cpu%
    operator: ">"
    critical: 90
    duration: 5
    scopes: ["shops: web", batch]
`

// org is a fake organization and a client of it.
type org struct {
	t *testing.T
	*mackerelfake.Fake
	client *mackerel.Client
}

func newOrg(t *testing.T) *org {
	f := mackerelfake.Start(func() time.Time { return noon })
	t.Cleanup(f.Close)
	f.AddService("shops")
	c, err := mackerel.New(mackerelhttp.Config{URL: f.URL, Key: mackerelfake.Key, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return &org{t, f, c}
}

func (o *org) plan(text string, adopt bool) *monitors.Plan {
	o.t.Helper()
	return o.planAt(text, noon, adopt)
}

func (o *org) planAt(text string, now time.Time, adopt bool) *monitors.Plan {
	o.t.Helper()
	d := parse(o.t, text)
	p, err := monitors.Make(o.t.Context(), o.client, d, now, adopt)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *org) apply(p *monitors.Plan) {
	o.t.Helper()
	if err := p.Apply(o.t.Context(), o.client, func(monitors.Change) {}); err != nil {
		o.t.Fatal(err)
	}
}

func parse(t *testing.T, text string) *monitors.Document {
	t.Helper()
	d, err := monitors.Parse("monitors.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// actions writes a plan's actions in short.
func actions(p *monitors.Plan) string {
	var out []string
	for _, c := range p.Changes {
		text := string(c.Action) + " " + c.Name
		if c.Drift {
			text += " (drift)"
		}
		for _, f := range c.Fields {
			if c.Action == monitors.Update || c.Action == monitors.Adopt {
				text += " " + f.Field
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func expect(t *testing.T, p *monitors.Plan, want string) {
	t.Helper()
	if got := actions(p); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestApplyMakesItSoAndThenThereIsNothingToDo(t *testing.T) {
	o := newOrg(t)
	text := head + errorsMonitor + cpuMonitor + `  - {name: up, type: connectivity}
  - {name: page, type: external, url: "https://shop.example/", maxCheckAttempts: 3, headers: [{name: X-Probe, value: "yes"}]}
  - {name: ratio, type: expression, expression: "avg(roleSlots(shops:web, loadavg5))", operator: ">", warning: 5}
  - {name: load, type: query, query: "x{y=\"z\"}", operator: "<", critical: -1, legend: "{{y}}"}
  - {name: odd, type: anomalyDetection, scopes: ["shops: web"], warningSensitivity: insensitive}
`
	p := o.plan(text, false)
	expect(t, p, "create cart errors; create CPU; create up; create page; create ratio; create load; create odd")
	o.apply(p)
	p = o.plan(text, false)
	expect(t, p, "keep cart errors; keep CPU; keep up; keep page; keep ratio; keep load; keep odd")
	if p.Different() || p.Refused() {
		t.Error("it is different or refused")
	}
	m := o.Monitors()[0]
	if m["missingDurationWarning"] != 30.0 || !strings.HasPrefix(m["memo"].(string), "the cart's developers\n[shopslo:cart ") {
		t.Errorf("got %v", m)
	}
}

func TestAChangeOfTheFileAndAChangeByHandAreToldApart(t *testing.T) {
	o := newOrg(t)
	text := head + errorsMonitor + cpuMonitor
	o.apply(o.plan(text, false))
	changed := strings.Replace(text, "critical: 90", "critical: 95", 1)
	expect(t, o.plan(changed, false), "keep cart errors; update CPU critical")
	id := o.Monitors()[0]["id"].(string)
	o.ChangeMonitor(id, "isMute", true)
	o.ChangeMonitor(id, "warning", nil)
	o.ChangeMonitor(id, "newerField", "stays")
	p := o.plan(text, false)
	expect(t, p, "update cart errors (drift) isMute warning; keep CPU")
	if text := p.Text(); !strings.Contains(text, "changed by hand") || !strings.Contains(text, "isMute: true → (none)") {
		t.Error(text)
	}
	t.Run("by hand to what the file says now is no difference", func(t *testing.T) {
		o.ChangeMonitor(o.Monitors()[1]["id"].(string), "critical", 95.0)
		p := o.plan(changed, false)
		if c := p.Changes[1]; c.Drift || len(c.Fields) > 0 || c.Action != monitors.Update {
			t.Errorf("%+v", c)
		}
	})
}

func TestOnlyItsOwnAreTouched(t *testing.T) {
	o := newOrg(t)
	byHand := o.AddMonitor(map[string]any{"type": "host", "name": "CPU", "metric": "cpu%", "operator": ">", "critical": 80.0, "duration": 5.0, "scopes": []any{"batch", "shops:web"}, "memo": "by hand"})
	o.AddMonitor(map[string]any{"type": "connectivity", "name": "cart errors", "memo": "another type"})
	o.AddMonitor(map[string]any{"type": "connectivity", "name": "theirs", "memo": "\n[shopslo:pay 00000000]"})
	p := o.plan(head+errorsMonitor+cpuMonitor, false)
	expect(t, p, "create cart errors; refuse CPU")
	if !p.Refused() || p.Others != 2 {
		t.Errorf("refused %t, others %d", p.Refused(), p.Others)
	}
	p = o.plan(head+errorsMonitor+cpuMonitor, true)
	expect(t, p, "create cart errors; adopt CPU critical memo")
	o.apply(p)
	if m := o.Monitors(); len(m) != 4 || m[0]["id"] != byHand || m[0]["critical"] != 90.0 {
		t.Errorf("got %v", m)
	}
	expect(t, o.plan(head+errorsMonitor+cpuMonitor, false), "keep cart errors; keep CPU")
	p = o.plan(strings.Replace(head, "monitors:\n", "monitors: []\n", 1), false)
	expect(t, p, "delete CPU; delete cart errors")
	o.apply(p)
	if m := o.Monitors(); len(m) != 2 || m[0]["name"] != "cart errors" || m[1]["name"] != "theirs" {
		t.Errorf("left are %v", m)
	}
}

func TestNothingIsDeletedWhereNotAllCouldBeRead(t *testing.T) {
	for name, odd := range map[string]map[string]any{
		"a type that is not known": {"type": "telepathy", "name": "new"}, "a type and our mark": {"type": "telepathy", "name": "CPU", "memo": "\n[shopslo:cart 00000000]"},
		"a monitor without a type": {"name": "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrg(t)
			o.apply(o.plan(head+errorsMonitor, false))
			o.AddMonitor(odd)
			p := o.plan(head+cpuMonitor, false)
			if !p.Refused() || strings.Contains(actions(p), "delete") || len(p.Incomplete) != 1 {
				t.Errorf("%s %v", actions(p), p.Incomplete)
			}
			if strings.Contains(p.Text(), "create") != (name != "a type and our mark") {
				t.Error(p.Text())
			}
			o.apply(p)
			if m := o.Monitors(); m[0]["name"] != "cart errors" {
				t.Errorf("got %v", m)
			}
		})
	}
}

func TestATemporaryMuteEnds(t *testing.T) {
	o := newOrg(t)
	text := head + errorsMonitor + "    mutedUntil: 2026-11-20T15:00:00+00:00\n"
	o.apply(o.plan(text, false))
	if m := o.Monitors()[0]; m["isMute"] != true {
		t.Errorf("not muted: %v", m)
	}
	expect(t, o.plan(text, false), "keep cart errors")
	p := o.planAt(text, noon.Add(4*time.Hour), false)
	expect(t, p, "update cart errors isMute")
	if c := p.Changes[0]; c.MuteEnded == nil || !strings.Contains(p.Text(), "its mute was to end at 2026-11-20T15:00:00Z") {
		t.Errorf("%+v\n%s", c, p.Text())
	}
	o.apply(p)
	if m := o.Monitors()[0]; m["isMute"] != false {
		t.Errorf("still muted: %v", m)
	}
}

func TestAConnectionThatBreaksMakesNoMonitorTwice(t *testing.T) {
	for _, fault := range []mackerelfake.Fault{mackerelfake.DropAfterWrite, mackerelfake.DropBefore, mackerelfake.HalfReply, mackerelfake.Broken, mackerelfake.TooMany} {
		o := newOrg(t)
		text := head + errorsMonitor + cpuMonitor
		o.Fail(fault, "POST /api/v0/monitors", 1)
		if err := o.plan(text, false).Apply(t.Context(), o.client, func(monitors.Change) {}); err == nil || strings.Contains(err.Error(), mackerelfake.Key) {
			t.Errorf("%s: %v", fault, err)
		}
		o.apply(o.plan(text, false))
		if n := len(o.Monitors()); n != 2 {
			t.Errorf("%s: %d monitors", fault, n)
		}
		o.Fail(fault, "DELETE", 1)
		_ = o.plan(head+errorsMonitor, false).Apply(t.Context(), o.client, func(monitors.Change) {})
		o.apply(o.plan(head+errorsMonitor, false))
		if n := len(o.Monitors()); n != 1 {
			t.Errorf("%s: %d monitors after the deletion", fault, n)
		}
		o.Fail(fault, "GET /api/v0/monitors", 5) // a GET that breaks is tried again by net/http
		if p, err := monitors.Make(t.Context(), o.client, parse(t, text), noon, false); err == nil {
			t.Errorf("%s while reading: %v", fault, p)
		}
		o.Close()
	}
}

func TestAMonitorThatChangedHandsIsNotDeleted(t *testing.T) {
	o := newOrg(t)
	o.apply(o.plan(head+errorsMonitor+cpuMonitor, false))
	p := o.plan(head+errorsMonitor, false)
	o.ChangeMonitor(o.Monitors()[1]["id"].(string), "memo", "mine now")
	if err := p.Apply(t.Context(), o.client, func(monitors.Change) {}); err == nil || len(o.Monitors()) != 2 {
		t.Errorf("%v, %d left", err, len(o.Monitors()))
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	o := newOrg(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("hush-hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := head + "  - {name: page, type: external, url: \"https://shop.example/\", requestBody: top-secret, headers: [{name: Authorization, valueFile: token}]}\n"
	d, err := monitors.Parse(filepath.Join(dir, "monitors.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := monitors.Make(t.Context(), o.client, d, noon, false)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{p.Text(), p.Markdown(), string(asJSON), string(monitors.Terraform(d, p))} {
		if strings.Contains(shown, "hush") || strings.Contains(shown, "top-secret") || !strings.Contains(shown, "page") {
			t.Error(shown)
		}
	}
	o.apply(p)
	if h := o.Monitors()[0]["headers"].([]any)[0].(map[string]any); h["value"] != "hush-hush" || len(h) != 2 {
		t.Errorf("got %v", h)
	}
}

func TestRenderingsAreAsReviewed(t *testing.T) {
	o := newOrg(t)
	o.apply(o.plan(head+errorsMonitor+cpuMonitor+"  - {name: old, type: connectivity}\n", false))
	o.ChangeMonitor(o.Monitors()[1]["id"].(string), "critical", 99.0)
	o.AddMonitor(map[string]any{"type": "connectivity", "name": "somebody else's"})
	text := head + strings.Replace(errorsMonitor, "warning: 5", "warning: 7", 1) + cpuMonitor + `  - {name: "page | of \"${shop}\"", type: external, url: "https://shop.example/", headers: [{name: X-Probe, value: a}]}
`
	p := o.plan(text, false)
	asJSON, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"plan.txt": p.Text(), "plan.md": p.Markdown(), "plan.json": string(asJSON) + "\n", "plan.tf": string(monitors.Terraform(parse(t, text), p))} {
		goldentest.Compare(t, "testdata/"+name, got)
	}
}

// TestTerraformIsOfTheProvidersShape parses what is written, and holds it against the
// arguments of the provider's documentation (mackerelio-labs/terraform-provider-mackerel,
// docs/resources/monitor.md).
func TestTerraformIsOfTheProvidersShape(t *testing.T) {
	data, err := os.ReadFile("testdata/plan.tf")
	if err != nil {
		t.Fatal(err)
	}
	file, diags := hclsyntax.ParseConfig(data, "plan.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	top := []string{"name", "memo", "is_mute", "notification_interval"}
	inner := map[string][]string{
		"host_metric":    {"metric", "operator", "duration", "warning", "critical", "max_check_attempts", "scopes", "exclude_scopes"},
		"service_metric": {"service", "metric", "operator", "duration", "warning", "critical", "missing_duration_warning", "missing_duration_critical", "max_check_attempts"},
		"external":       {"method", "url", "service", "headers", "max_check_attempts"},
	}
	resources, imports := 0, 0
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		switch b.Type {
		case "import":
			imports++
		case "resource":
			resources++
			within(t, b.Body.Attributes, top)
			if len(b.Body.Blocks) != 1 || inner[b.Body.Blocks[0].Type] == nil {
				t.Fatalf("%v has blocks %v", b.Labels, b.Body.Blocks)
			}
			within(t, b.Body.Blocks[0].Body.Attributes, inner[b.Body.Blocks[0].Type])
		}
	}
	if resources != 3 || imports != 2 {
		t.Errorf("%d resources, %d imports", resources, imports)
	}
}

func within(t *testing.T, attrs hclsyntax.Attributes, allowed []string) {
	t.Helper()
	for name := range attrs {
		if !strings.Contains(" "+strings.Join(allowed, " ")+" ", " "+name+" ") {
			t.Errorf("the provider has no argument %s here", name)
		}
	}
}

func TestFaultsOfTheFileAreAllTold(t *testing.T) {
	_, err := monitors.Parse("monitors.yaml", []byte(strings.Replace(head, "name: cart", "name: Cart!", 1)+`  - {name: a, type: service, metric: m, operator: ">=", duration: 11}
  - {name: a, type: host, metric: m, operator: ">", warning: 1, duration: 1, url: x, missingDurationWarning: 15}
  - {name: b, type: telepathy}
  - {name: c, type: external, headers: [{name: x}], isMute: true, mutedUntil: 2026-11-20T15:00:00+09:00}
  - {name: d, type: connectivity, memo: "`+strings.Repeat("あ", 2030)+`", colour: red, notificationInterval: 5}
`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"Cart!"`, `">=" is not > or <`, "duration: is 11", "neither warning nor critical", "is the name of monitor 0 too", "url: means nothing",
		`"telepathy" is not one of`, "url: is missing", "needs either value or valueFile", "isMute: stands beside mutedUntil", "Mackerel takes 2048", "unknown key", "notificationInterval: is 5"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
	for line := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(line, "monitors.yaml:") {
			t.Errorf("no place: %s", line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head + errorsMonitor + cpuMonitor))
	f.Add([]byte(head + "  - {name: page, type: external, url: x, headers: [{name: a, value: b}]}\n"))
	f.Add([]byte("apiVersion: shopset.dev/v1alpha1\nkind: MackerelMonitors\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := monitors.Parse("f.yaml", data)
		if err != nil {
			return
		}
		p, err := monitors.Make(t.Context(), empty{}, d, noon, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, diags := hclsyntax.ParseConfig(monitors.Terraform(d, p), "f.tf", hcl.InitialPos); diags.HasErrors() {
			t.Errorf("%v\n%s", diags, monitors.Terraform(d, p))
		}
		_, _ = p.Text(), p.Markdown()
	})
}

// The file that users copy from docs/mackerel.md must load.
func TestTheDocumentedFileLoads(t *testing.T) {
	text, err := os.ReadFile("../../docs/mackerel.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```yaml\napiVersion: shopset.dev/v1alpha1\nkind: MackerelMonitors\n")
	if !ok {
		t.Fatal("there is none")
	}
	block, _, _ = strings.Cut(block, "```")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets", "probe"), []byte("Bearer x"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := monitors.Parse(filepath.Join(dir, "monitors.yaml"), []byte("apiVersion: shopset.dev/v1alpha1\nkind: MackerelMonitors\n"+block))
	if err != nil || len(d.Spec.Monitors) != 3 {
		t.Errorf("%v", err)
	}
}
