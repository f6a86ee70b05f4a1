package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/expr-lang/expr"
	"golang.org/x/crypto/bcrypt"
	"sigs.k8s.io/yaml"
)

// recipe is an example for a controller: it sends the request that the manifest describes
// to a server, and gives what the manifest makes of the answer: success, or anything else.
type recipe func(t *testing.T, server, release, password string) string

// recipeOf reads an example strictly: what the types do not name is an error.
func recipeOf[T any](t *testing.T, file string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../examples/ci", file))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := yaml.UnmarshalStrict(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

type expression struct {
	Expression string `json:"expression"`
}

// webRequest is of promoter.argoproj.io/v1alpha1 what the example uses:
// https://gitops-promoter.readthedocs.io/en/latest/crd-specs/
type webRequest struct {
	APIVersion, Kind string
	Metadata         struct{ Name string }
	Spec             struct {
		PromotionStrategyRef                            struct{ Name string }
		Key, ReportOn, DescriptionTemplate, URLTemplate string
		HTTPRequest                                     struct {
			MethodTemplate, URLTemplate, Timeout string
			HeaderTemplates                      map[string]string
			Authentication                       struct {
				Basic struct{ SecretRef struct{ Name string } }
			}
		}
		Success struct {
			When struct {
				Variables  expression
				Expression string
			}
		}
		Mode struct {
			Context string
			Trigger struct {
				RequeueDuration string
				When            expression
			}
		}
	}
}

// environment is what gitops-promoter knows of one.
type environment struct {
	Branch           string
	Proposed, Active struct{ Dry, Hydrated struct{ Sha string } }
}

func promoterData(release string) map[string]any {
	prod := environment{Branch: "environment/prod"}
	prod.Proposed.Dry.Sha, prod.Proposed.Hydrated.Sha = release, strings.Repeat("9", 40)
	prod.Active.Dry.Sha = lastRelease
	beta := environment{Branch: "environment/beta"}
	beta.Proposed.Dry.Sha = strings.Repeat("8", 40)
	type status struct{ Environments []environment }
	return map[string]any{"Branch": "environment/prod", "Phase": "success", "PromotionStrategy": struct{ Status status }{status{[]environment{beta, prod}}},
		"SuccessVariables": map[string]any(nil)}
}

func rendered(t *testing.T, text string, data any) string {
	t.Helper()
	funcs := template.FuncMap{ // as sprig has them
		"default": func(d, v any) any {
			if v == nil || v == "" {
				return d
			}
			return v
		},
		"trunc": func(n int, s string) string { return s[:min(n, len(s))] },
	}
	x, err := template.New("").Funcs(funcs).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := x.Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// evaluated runs an expression as both controllers do.
func evaluated(t *testing.T, text string, env map[string]any) (any, error) {
	t.Helper()
	program, err := expr.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return expr.Run(program, env)
}

// phase is what the example makes of an answer; nil: nobody was asked.
func (w *webRequest) phase(t *testing.T, response any) string {
	t.Helper()
	env := promoterData(goodRelease)
	env["Response"] = response
	variables, err := evaluated(t, w.Spec.Success.When.Variables.Expression, env)
	if err != nil {
		return err.Error()
	}
	env["Variables"] = variables.(map[string]any)
	env["SuccessVariables"] = variables
	phase, err := evaluated(t, w.Spec.Success.When.Expression, env)
	if err != nil {
		return err.Error()
	}
	if said := rendered(t, w.Spec.DescriptionTemplate, env); said == "" || len(said) > 140 {
		t.Errorf("it says %q", said)
	}
	return phase.(map[string]any)["phase"].(string)
}

func gitopsPromoter(t *testing.T, server, release, password string) string {
	t.Helper()
	w := recipeOf[webRequest](t, "gitops-promoter.yaml")
	data := promoterData(release)
	if fires, err := evaluated(t, w.Spec.Mode.Trigger.When.Expression, data); err != nil || fires != true {
		return fmt.Sprintf("nobody is asked: %v, %v", fires, err)
	}
	address := strings.Replace(rendered(t, w.Spec.HTTPRequest.URLTemplate, data), "https://shopslo.example", server, 1)
	req, err := http.NewRequestWithContext(t.Context(), w.Spec.HTTPRequest.MethodTemplate, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range w.Spec.HTTPRequest.HeaderTemplates {
		req.Header.Set(name, rendered(t, value, data))
	}
	req.SetBasicAuth("ci", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "error: " + err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if json.Unmarshal(text, &body) != nil {
		body = string(text)
	}
	return w.phase(t, map[string]any{"StatusCode": resp.StatusCode, "Body": body, "Headers": map[string][]string(resp.Header)})
}

// A check that nobody has made again is not green.
func TestGitopsPromoterForgetsAPromotion(t *testing.T) {
	w := recipeOf[webRequest](t, "gitops-promoter.yaml")
	if got := w.phase(t, nil); got != "pending" {
		t.Errorf("without an answer it is %s", got)
	}
	for release, want := range map[string]bool{goodRelease: true, lastRelease: false, "": false} { // the second runs there
		if fires, err := evaluated(t, w.Spec.Mode.Trigger.When.Expression, promoterData(release)); err != nil || fires != want {
			t.Errorf("%q: it asks: %v, %v", release, fires, err)
		}
	}
}

// promotionTask is of kargo.akuity.io/v1alpha1 what the example uses:
// https://docs.kargo.io/user-guide/reference-docs/promotion-steps/http
type promotionTask struct {
	APIVersion, Kind string
	Metadata         struct{ Name string }
	Spec             struct {
		Vars  []nameValue
		Steps []struct {
			As, Uses string
			Retry    struct {
				Timeout        string
				ErrorThreshold int
			}
			Config struct {
				Method, URL, Timeout, PollInterval                    string
				QueryParams, Headers                                  []nameValue
				SuccessExpression, FailureExpression, ErrorExpression string
				Outputs                                               []struct{ Name, FromExpression string }
			}
		}
	}
}

type nameValue struct{ Name, Value string }

var inExpression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

func kargo(t *testing.T, server, release, password string) string {
	t.Helper()
	task := recipeOf[promotionTask](t, "kargo.yaml")
	vars := map[string]any{}
	for _, v := range task.Spec.Vars {
		vars[v.Name] = v.Value
	}
	vars["tier"], vars["repoURL"], vars["server"] = "prod", "https://git.example/shop/app.git", server
	env := map[string]any{"vars": vars,
		"commitFrom": func(url string) any {
			if url != vars["repoURL"] || release == "" {
				return nil
			}
			return map[string]any{"ID": release}
		},
		"secret": func(name string) map[string]string {
			return map[string]map[string]string{"shopslo": {"username": "ci", "password": password}}[name]
		}}
	var failed error
	fill := func(text string) string {
		return inExpression.ReplaceAllStringFunc(text, func(x string) string {
			v, err := evaluated(t, inExpression.FindStringSubmatch(x)[1], env)
			if err != nil {
				failed = err
			}
			return fmt.Sprint(v)
		})
	}
	c := task.Spec.Steps[0].Config
	q := url.Values{}
	for _, p := range c.QueryParams {
		q.Add(p.Name, fill(p.Value))
	}
	req, err := http.NewRequestWithContext(t.Context(), c.Method, fill(c.URL)+"?"+q.Encode(), strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range c.Headers {
		req.Header.Add(h.Name, fill(h.Value))
	}
	if failed != nil {
		return "error: " + failed.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "error: " + err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 2<<20+1))
	if err != nil || len(text) > 2<<20 {
		return fmt.Sprintf("error: %d bytes, %v", len(text), err)
	}
	body := any(map[string]any{})
	if json.Valid(text) {
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatal(err)
		}
	}
	env = map[string]any{"response": map[string]any{"status": int64(resp.StatusCode), "header": resp.Header.Get, "headers": resp.Header, "body": body}}
	failure, err := evaluated(t, c.FailureExpression, env)
	if err != nil {
		return "error: " + err.Error()
	}
	success, err := evaluated(t, c.SuccessExpression, env)
	switch {
	case err != nil:
		return "error: " + err.Error()
	case failure.(bool):
		if why, err := evaluated(t, c.ErrorExpression, env); err != nil || why == nil && resp.StatusCode != http.StatusUnauthorized { // which has no JSON
			t.Errorf("it does not say why: %v, %v", why, err)
		}
		return "failure"
	case !success.(bool):
		return "pending"
	}
	for _, o := range c.Outputs {
		if v, err := evaluated(t, o.FromExpression, env); err != nil || v == "" {
			t.Errorf("output %s: %v, %v", o.Name, v, err)
		}
	}
	return "success"
}

// Only a promotion lets a controller go on: whatever else is answered, and whether or not
// anything is.
func TestTheRecipesLetNothingThroughButAPromotion(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("s3cret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(failing float64) string {
		s := newStage(t, failing)
		s.withGate(t, "  log: {dir: decisions}\n")
		writeFiles(t, s.dir, map[string]string{"web.yml": "basic_auth_users: {ci: '" + string(hash) + "'}\n"})
		server := startServe(t, s.config, "--web.config.file", filepath.Join(s.dir, "web.yml"))
		eventually(t, func() string { // as waitReady, with the password
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.url+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth("ci", "s3cret")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return err.Error()
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil || !strings.Contains(string(text), "\nshopslo_ledger_caught_up 1\n") {
				return "it has not caught up"
			}
			return ""
		})
		return server.url
	}
	answers := func(status int, kind, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	good, bad := serve(0), serve(0.3)
	const asJSON, asHTML = "application/json", "text/html"
	for controller, ask := range map[string]recipe{"gitops-promoter": gitopsPromoter, "Kargo": kargo} {
		for _, c := range []struct {
			name, server, release, password string
			want                            string // its beginning
		}{
			{"promote", good, goodRelease, "s3cret", "success"},
			{"hold", bad, goodRelease, "s3cret", "failure"},
			{"inconclusive", good, strings.Repeat("7", 40), "s3cret", "pending"},
			{"a wrong password", good, goodRelease, "other", "pending|failure"},
			{"no password", good, goodRelease, "", "pending|failure"},
			{"no release", good, "", "s3cret", "pending|failure|error|nobody is asked"},
			{"a server that is down", "http://127.0.0.1:1", goodRelease, "s3cret", "error"},
			{"a proxy without a server", answers(503, asHTML, "<p>unavailable</p>"), goodRelease, "s3cret", "pending"},
			{"a promotion of status 503", answers(503, asJSON, `{"decision": "promote"}`), goodRelease, "s3cret", "pending"},
			{"too many requests", answers(429, asJSON, `{"error": "too many"}`), goodRelease, "s3cret", "pending"},
			{"a page of a login", answers(200, asHTML, "<p>who are you?</p>"), goodRelease, "s3cret", "pending"},
			{"a list", answers(200, asJSON, `[{"decision": "promote"}]`), goodRelease, "s3cret", "pending|error"},
			{"null", answers(200, asJSON, `null`), goodRelease, "s3cret", "pending"},
			{"nothing", answers(200, asJSON, ``), goodRelease, "s3cret", "pending"},
			{"no decision", answers(200, asJSON, `{}`), goodRelease, "s3cret", "pending"},
			{"another word", answers(200, asJSON, `{"decision": "promoted"}`), goodRelease, "s3cret", "pending"},
		} {
			t.Run(controller+" takes "+c.name, func(t *testing.T) {
				if got := ask(t, c.server, c.release, c.password); !regexp.MustCompile("^(" + c.want + ")").MatchString(got) {
					t.Errorf("it is %q, not %q", got, c.want)
				}
			})
		}
	}
}
