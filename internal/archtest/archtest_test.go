package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

func TestTheTreeKeepsTheRules(t *testing.T) {
	tree, err := Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) < 20 {
		t.Fatalf("only %d files found: this is not the module's root", len(tree.Files))
	}
	for _, v := range tree.Check() {
		t.Error(v)
	}
}

func TestNoProgramLinksWhatItMustNot(t *testing.T) {
	mains, err := filepath.Glob(root + "/cmd/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no programs found: %v", err)
	}
	for _, m := range mains {
		program := filepath.Base(filepath.Dir(m))
		t.Run(program, func(t *testing.T) {
			cmd := exec.Command("go", "list", "-deps", "./cmd/"+program)
			cmd.Dir = root
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, stderr.String())
			}
			deps := strings.Fields(string(out))
			if len(deps) < 10 {
				t.Fatalf("only %d packages listed", len(deps))
			}
			for _, v := range CheckDeps(program, deps) {
				t.Error(v)
			}
		})
	}
}

// doc makes the shortest file of a package, with its comment.
func doc(pkg, rest string) string {
	return "// Package " + pkg + " is one.\npackage " + pkg + "\n" + rest
}

func imports(paths ...string) string {
	var b strings.Builder
	for _, p := range paths {
		b.WriteString("import _ \"" + p + "\"\n")
	}
	return b.String()
}

func TestEachRuleIsBrokenByItsCounterexample(t *testing.T) {
	const m = Module + "/"
	const mainHead = "// Command x does something.\npackage main\n"
	const goodMain = mainHead + "import (\n\"os\"\n\"context\"\n)\nfunc main() { os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }\n"
	tests := []struct {
		name  string
		files map[string]string
		want  []string // one per violation, in order; a part of its text
	}{
		// rule 1
		{"a vocabulary with the standard library only is fine",
			map[string]string{"slo/slo.go": doc("slo", imports("time", "math", "net/url"))}, nil},
		{"a vocabulary's root imports no library",
			map[string]string{"slo/slo.go": doc("slo", imports("github.com/spf13/cast"))},
			[]string{"slo/slo.go:3: imports github.com/spf13/cast"}},
		{"a vocabulary's root imports nothing of the module either",
			map[string]string{"slo/slo.go": doc("slo", imports(m+"slo/promquery"))},
			[]string{"imports " + m + "slo/promquery"}},
		{"a vocabulary's root may use a leaf of internal, which uses nothing of the module and does no I/O",
			map[string]string{
				"fleet/fleet.go":     doc("fleet", imports(m+"internal/near", m+"internal/far", m+"internal/loud")),
				"internal/near/n.go": doc("near", imports("strings", "github.com/agext/levenshtein")),
				"internal/far/f.go":  doc("far", imports(m+"internal/near")),
				"internal/loud/l.go": doc("loud", imports("os")),
			},
			[]string{"fleet.go:4: imports " + m + "internal/far", "fleet.go:5: imports " + m + "internal/loud"}},
		{"a vocabulary's root does no I/O and no logging",
			map[string]string{"fleet/fleet.go": doc("fleet", imports("os", "log/slog", "net/http"))},
			[]string{"fleet.go:3: imports os", "fleet.go:4: imports log/slog", "fleet.go:5: imports net/http"}},
		{"a vocabulary's root waits for nothing",
			map[string]string{"incident/i.go": doc("incident", "import clock \"time\"\nvar x = clock.NewTicker(1)\n")},
			[]string{"incident/i.go:4: uses time.NewTicker"}},
		{"a test of a vocabulary may do what it likes",
			map[string]string{"fleet/fleet.go": doc("fleet", ""), "fleet/fleet_test.go": "package fleet\n" + imports("os", "net/http")}, nil},
		{"no part of a vocabulary knows another",
			map[string]string{"slo/ledger/l.go": doc("ledger", imports(m+"fleet"))},
			[]string{"slo/ledger/l.go:3: slo imports fleet"}},
		// rule 2
		{"an adapter imports its vocabulary and its port",
			map[string]string{"slo/source/promapi/p.go": doc("promapi", imports(m+"slo", m+"slo/ledger"))}, nil},
		{"an adapter imports no other adapter",
			map[string]string{"slo/source/promapi/p.go": doc("promapi", imports(m+"slo/source/promtsdb", m+"slo/openslo"))},
			[]string{"adapter slo/source/promapi imports adapter slo/source/promtsdb", "adapter slo/source/promapi imports adapter slo/openslo"}},
		{"the parts of one adapter know each other",
			map[string]string{"slo/source/promapi/p.go": doc("promapi", imports(m+"slo/source/promapi/wire"))}, nil},
		{"kube reads manifest's wire types, not the other way round",
			map[string]string{"fleet/kube/k.go": doc("kube", imports(m+"fleet/manifest")), "fleet/manifest/m.go": doc("manifest", imports(m+"fleet/kube"))},
			[]string{"adapter fleet/manifest imports adapter fleet/kube"}},
		{"what adapters share knows the vocabulary and no library",
			map[string]string{
				"slo/source/promseries/p.go": doc("promseries", imports("math", m+"slo", m+"slo/ledger", "github.com/prometheus/prometheus/model/labels")),
				"slo/source/promapi/p.go":    doc("promapi", imports(m+"slo/source/promseries")),
			},
			[]string{"promseries imports " + m + "slo/ledger", "promseries imports github.com/prometheus/prometheus/model/labels"}},
		{"of what relays share, only what reads their file has a library",
			map[string]string{
				"plugins/mailrelay/relayconf/c.go": doc("relayconf", imports(m+"plugins/mailrelay", "go.yaml.in/yaml/v3")),
				"plugins/mailrelay/relayhttp/h.go": doc("relayhttp", imports(m+"plugins/mailrelay", "go.yaml.in/yaml/v3")),
				"plugins/mailrelay/sendgrid/s.go":  doc("sendgrid", imports(m+"plugins/mailrelay/relayconf", m+"plugins/mailrelay/relayhttp", m+"plugins/mailrelay/ses")),
			},
			[]string{"relayhttp imports go.yaml.in/yaml/v3", "adapter plugins/mailrelay/sendgrid imports adapter plugins/mailrelay/ses"}},
		{"what adapters share may use a leaf, also one that asks other servers",
			map[string]string{
				"plugins/mailrelay/relayhttp/h.go": doc("relayhttp", imports(m+"internal/ask", m+"internal/deep")),
				"internal/ask/a.go":                doc("ask", imports("net/http")),
				"internal/deep/d.go":               doc("deep", imports(m+"internal/ask")),
			},
			[]string{"relayhttp imports " + m + "internal/deep"}},
		// the arrows
		{"what is in internal knows no vocabulary, and nothing above it",
			map[string]string{
				"internal/x/x.go":      doc("x", imports(m+"slo", m+"internal/y", m+"status")),
				"internal/y/y.go":      doc("y", ""),
				"internal/y/y_test.go": "package y\n" + imports(m+"slo"),
				"internal/lab/l.go":    doc("lab", imports(m+"slo")),
			},
			[]string{"internal/x/x.go:3: imports slo", "internal/x/x.go:5: imports status"}},
		{"ground does not know answers",
			map[string]string{"slo/ledger/l.go": doc("ledger", imports(m+"status"))},
			[]string{"slo/ledger (ground) imports status (an answer)"}},
		{"nothing imports a program",
			map[string]string{"internal/x/x.go": doc("x", imports(m+"cmd/shopslo"))},
			[]string{"a program is nobody's library"}},
		{"an answer chooses no adapter",
			map[string]string{"status/s.go": doc("status", imports(m+"slo", m+"fleet", m+"slo/source/promapi"))},
			[]string{"status imports adapter slo/source/promapi"}},
		{"an evidence adapter belongs to promotion and does not know the next",
			map[string]string{"promotion/alerts/a.go": doc("alerts", imports(m+"promotion", m+"promotion/freezes"))},
			[]string{"adapter promotion/alerts imports adapter promotion/freezes"}},
		{"what renders decisions knows them, and they do not know it",
			map[string]string{
				"promotion/render/r.go":   doc("render", imports(m+"promotion", m+"slo")),
				"promotion/p.go":          doc("promotion", imports(m+"promotion/render")),
				"promotion/promoter/p.go": doc("promoter", imports(m+"promotion/render")),
			},
			[]string{"promotion (an answer) imports promotion/render (a face)", "promotion/promoter (an answer) imports promotion/render (a face)"}},
		{"the engine brings documents, sources and answers together",
			map[string]string{"engine/judge/j.go": doc("judge", imports(m+"engine", m+"slo/ledger", m+"slo/source/promapi", m+"promotion/fleetapi", m+"engine/config"))}, nil},
		{"neither answers nor faces know the engine",
			map[string]string{"status/s.go": doc("status", imports(m+"engine")), "board/b.go": doc("board", imports(m+"engine/judge"))},
			[]string{"board (a face) imports engine/judge (the engine)", "status (an answer) imports engine (the engine)"}},
		{"the engine knows no service, and no HTTP shell",
			map[string]string{"engine/e.go": doc("engine", imports(m+"service/shopslo", m+"internal/server")), "service/shopslo/s.go": doc("shopslo", imports(m+"engine", m+"internal/server"))},
			[]string{"engine (the engine) imports service/shopslo (a service)", "engine/e.go:4: imports internal/server"}},
		{"a program asks engine and services, and neither ledger nor source nor store",
			map[string]string{
				"cmd/x/main.go":   goodMain,
				"cmd/x/x.go":      "package main\n" + imports(m+"engine", m+"slo/ledger", m+"slo/ledger/explain", m+"slo/source/promapi", m+"incident/sqlstore", m+"slo", m+"incident/incidentapi"),
				"cmd/x/x_test.go": "package main\n" + imports(m+"slo/ledger", m+"slo/source/promtsdb"),
			},
			[]string{"cmd/x/x.go:3: imports slo/ledger (", "cmd/x/x.go:4: imports slo/ledger/explain", "cmd/x/x.go:5: imports slo/source/promapi", "cmd/x/x.go:6: imports incident/sqlstore"}},
		{"what runs the answers alone knows the settings file, and faces the HTTP shell",
			map[string]string{
				"status/s.go":         doc("status", imports(m+"engine/config", m+"internal/server")),
				"board/b.go":          doc("board", imports(m+"internal/server")),
				"cmd/shopslo/main.go": goodMain + "func f() { }\n",
				"cmd/shopslo/x.go":    "package main\n" + imports(m+"internal/server", m+"engine/config"),
			},
			[]string{"status/s.go:3: imports engine/config", "status (an answer) imports engine/config (the engine)", "status/s.go:4: imports internal/server"}},
		// rule 3
		{"client-go stays in kube, also when its version is in the path",
			map[string]string{
				"fleet/kube/k.go": doc("kube", imports("k8s.io/client-go/rest")),
				"status/s.go":     doc("status", imports("k8s.io/client-go/rest")),
			},
			[]string{"status/s.go:3: imports k8s.io/client-go/rest; only fleet/kube may"}},
		{"kube takes the group's name from Argo CD, and nobody else does",
			map[string]string{
				"fleet/kube/k.go":          doc("kube", imports(argoGroup)),
				"fleet/kube/kubetest/k.go": doc("kubetest", imports(argoGroup)),
				"status/s.go":              doc("status", imports(argoGroup)),
			},
			[]string{"fleet/kube/kubetest/k.go:3: imports " + argoGroup + "; only fleet/kube may", "status/s.go:3: imports " + argoGroup}},
		{"Argo CD's whole types are in the tools' modules only, no test has them either",
			map[string]string{
				"fleet/kube/k.go":          doc("kube", imports(argoGroup+"/v1alpha1", "github.com/argoproj/gitops-engine/pkg/health")),
				"fleet/kube/k_test.go":     "package kube\n" + imports("github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"),
				"fleet/kube/x_test.go":     "package kube\n" + imports("github.com/argoproj/argo-cd/gitops-engine/pkg/health"),
				"tools/argocd2/go.mod":     "module argocd2\n",
				"tools/argocd2/main.go":    "package main\n" + imports(argoGroup+"/v1alpha1"),
				"internal/lab/labctl/m.go": doc("labctl", imports("github.com/argoproj/argo-cd/v2/common")),
			},
			[]string{"fleet/kube/k.go:3: imports " + argoGroup + "/v1alpha1; only fleet/kube may, and only " + argoGroup, "fleet/kube/k.go:4: imports github.com/argoproj/gitops-engine",
				"fleet/kube/k_test.go:2: imports github.com/argoproj/argo-cd/v3", "fleet/kube/x_test.go:2: imports github.com/argoproj/argo-cd/gitops-engine", "internal/lab/labctl/m.go:3: imports github.com/argoproj/argo-cd/v2/common"}},
		{"chunk encodings may be read where the store may not",
			map[string]string{"slo/source/promapi/p.go": doc("promapi", imports(
				"github.com/prometheus/prometheus/tsdb/chunkenc", "github.com/prometheus/prometheus/storage/remote", "github.com/prometheus/prometheus/tsdb"))},
			[]string{"promapi/p.go:5: imports github.com/prometheus/prometheus/tsdb; only slo/source/promtsdb and slo/ledger may"}},
		{"scraping, Slack and Mackerel have their place",
			map[string]string{"slo/ledger/l.go": doc("ledger", imports("github.com/prometheus/prometheus/scrape", "github.com/slack-go/slack", "github.com/mackerelio/mackerel-client-go"))},
			[]string{"prometheus/scrape", "slack-go/slack", "mackerel-client-go"}},
		{"helpers of tests may use any library",
			map[string]string{"slo/source/sourcetest/s.go": doc("sourcetest", imports("github.com/prometheus/prometheus/tsdb"))}, nil},
		// rule 4
		{"a small port with comments and ground types is fine",
			map[string]string{"slo/ledger/l.go": doc("ledger", "import \""+m+"slo\"\ntype Source interface {\n// Get gives data, none, or an error.\nGet() slo.SLO\n}\ntype Number interface { ~int | ~float64 }\n")}, nil},
		{"adapters and conformance suites own no ports",
			map[string]string{
				"slo/source/sourcetest/s.go": doc("sourcetest", "type Port interface {\nA()\n}\n"),
				"slo/source/promapi/p.go":    doc("promapi", "type Port interface {\nA()\n}\n"),
			}, nil},
		{"a port has at most three methods",
			map[string]string{"status/s.go": doc("status", "type Port interface {\nA() // a\nB() // b\nC() // c\nD() // d\n}\n")},
			[]string{"interface Port has 4 methods"}},
		{"a port's methods say what happens",
			map[string]string{"status/s.go": doc("status", "type Port interface {\nA()\n}\n")},
			[]string{"status/s.go:4: method A of Port has no comment"}},
		{"a port names no vendor",
			map[string]string{"promotion/p.go": doc("promotion", "import v1 \"k8s.io/api/core/v1\"\ntype Port interface {\n// A is one.\nA(v1.Pod)\n}\n")},
			[]string{"interface Port names v1.Pod of k8s.io/api/core/v1"}},
		// rule 5
		{"only cmd reads the clock, the environment and flags",
			map[string]string{
				"slo/ledger/l.go":     doc("ledger", "import (\n\"flag\"\n\"os\"\n\"time\"\n)\nvar a, b, c = time.Now(), os.Getenv(\"A\"), flag.Args()\nfunc f() { os.Exit(1) }\nvar t = time.NewTimer\n"),
				"cmd/x/main.go":       goodMain,
				"cmd/x/y.go":          "package main\nimport \"time\"\nvar now = time.Now()\n",
				"internal/lab/lab.go": doc("lab", "import \"time\"\nvar now = time.Now()\n"),
			},
			[]string{"ledger/l.go:4: imports flag", "ledger/l.go:8: uses os.Getenv", "ledger/l.go:8: uses time.Now", "ledger/l.go:9: uses os.Exit"}},
		{"the engine and services get the clock from cmd, and leave the process alone",
			map[string]string{
				"engine/e.go":          doc("engine", "import (\n\"runtime/debug\"\n\"time\"\n)\nvar a, b = time.Now, debug.SetGCPercent(800)\n"),
				"service/shopslo/s.go": doc("shopslo", "import \"os/signal\"\nvar a = signal.Notify\n"),
				"cmd/x/main.go":        goodMain,
				"cmd/x/y.go":           "package main\nimport \"runtime/debug\"\nvar a = debug.SetGCPercent(800)\n",
			},
			[]string{"engine/e.go:7: uses runtime/debug.SetGCPercent", "engine/e.go:7: uses time.Now", "service/shopslo/s.go:4: uses os/signal.Notify"}},
		{"what is not a package's own file is read with a limit",
			map[string]string{
				"engine/e.go":      doc("engine", "import \"os\"\nvar a = os.ReadFile\n"),
				"engine/e_test.go": "package engine\nimport \"os\"\nvar b = os.ReadFile\n",
				"slo/ledger/l.go":  doc("ledger", "import \"os\"\nvar a = os.ReadFile\n"),
			},
			[]string{"engine/e.go:4: uses os.ReadFile"}},
		{"what all programs share belongs to programs",
			map[string]string{
				"internal/cli/c.go": doc("cli", "import \"os/signal\"\nvar a = signal.Notify\n"),
				"cmd/x/main.go":     goodMain, "cmd/x/x.go": "package main\n" + imports(m+"internal/cli"),
				"engine/e.go": doc("engine", imports(m+"internal/cli")),
			},
			[]string{"engine/e.go:3: imports internal/cli"}},
		{"the demo may do what cmd may, and is a part of one program",
			map[string]string{
				"cmd/shopslo/demo/d.go": doc("demo", "import \"time\"\nvar now = time.Now()\n"),
				"cmd/x/main.go":         goodMain, "cmd/x/demo.go": "package main\n" + imports(m+"cmd/shopslo/demo"),
				"cmd/shopslo/main.go": goodMain, "cmd/shopslo/demo.go": "package main\n" + imports(m+"cmd/shopslo/demo"),
			},
			[]string{"cmd/x/demo.go:2: imports cmd/shopslo/demo"}},
		{"a variable called time is not the clock",
			map[string]string{"slo/ledger/l.go": doc("ledger", "var time struct{ Now int }\nvar a = time.Now\n")}, nil},
		{"main runs and exits, nothing else",
			map[string]string{"cmd/x/main.go": goodMain, "cmd/y/main.go": mainHead + "import \"os\"\nfunc main() { println(); os.Exit(run(1, 2, 3, 4, 5)) }\n",
				"cmd/z/main.go": mainHead + "import \"os\"\nfunc main() { os.Exit(run()) }\n"},
			[]string{"cmd/y/main.go:4: main does something else", "cmd/z/main.go:4: main does something else"}},
		// rule 6
		{"fakes, lab and conformance suites are for tests",
			map[string]string{
				"internal/fakes/slackfake/f.go":   doc("slackfake", ""),
				"cmd/shopslo/main.go":             goodMain,
				"cmd/shopslo/serve.go":            "package main\n" + imports(m+"internal/fakes/slackfake", m+"internal/lab"),
				"slo/ledger/l.go":                 doc("ledger", imports(m+"slo/source/sourcetest")),
				"slo/ledger/l_test.go":            "package ledger\n" + imports(m+"slo/source/sourcetest"),
				"slo/source/sourcetest/suite.go":  doc("sourcetest", imports(m+"internal/fakes/slackfake")),
				"internal/archtest/archtest.go":   doc("archtest", ""),
				"engine/config/settings.go":       doc("config", imports(m+"internal/archtest")),
				"internal/fakes/relayfake/r.go":   doc("relayfake", ""),
				"internal/fakes/relayfake/r_t.go": "package relayfake\n",
			},
			[]string{"cmd/shopslo/serve.go:2: imports internal/fakes/slackfake", "cmd/shopslo/serve.go:3: imports internal/lab", "slo/ledger/l.go:3: imports slo/source/sourcetest"}},
		// rule 7
		{"a package has a name that says something",
			map[string]string{"internal/util/u.go": doc("util", "")}, []string{"internal/util: package util"}},
		{"the folder is called like the package",
			map[string]string{"internal/one/u.go": doc("two", "")}, []string{"package two in folder one"}},
		{"a package comment is there",
			map[string]string{"internal/one/u.go": "package one\n"}, []string{"internal/one: no file has a package comment"}},
		{"a package comment is there once",
			map[string]string{"internal/one/u.go": doc("one", ""), "internal/one/v.go": doc("one", "")},
			[]string{"internal/one: package comments in internal/one/u.go and internal/one/v.go"}},
		{"a detached comment is none",
			map[string]string{"internal/one/u.go": "// Package one is not attached.\n\npackage one\n"}, []string{"no file has a package comment"}},
		// length
		{"a long file is refused unless it is a test or generated",
			map[string]string{
				"internal/one/a.go":      doc("one", strings.Repeat("\n", 499)),
				"internal/one/b_test.go": "package one\n" + strings.Repeat("\n", 900),
				"internal/one/c.go":      "// Code generated by x. DO NOT EDIT.\n\npackage one\n" + strings.Repeat("\n", 900),
				"internal/one/d.go":      "package one\n" + strings.Repeat("\n", 499),
			},
			[]string{"internal/one/a.go: 501 lines, at most 500"}},
		{"a long function is refused, the texts in it left out",
			map[string]string{
				"internal/one/a.go":      doc("one", "func a() {"+strings.Repeat("\n", 60)+"}\nfunc b() {"+strings.Repeat("\n", 59)+"}\nfunc c() string {\nreturn `"+strings.Repeat("\n", 90)+"`\n}\n"),
				"internal/one/b_test.go": "package one\nfunc d() {" + strings.Repeat("\n", 90) + "}\n",
				"x/onetest/o.go":         doc("onetest", "func e() {"+strings.Repeat("\n", 90)+"}\n"),
			},
			[]string{"internal/one/a.go:3: a has 61 lines, at most 60"}},
		// methods
		{"a type has as many methods as somebody can keep in mind",
			map[string]string{
				"engine/one/a.go": doc("one", "type T struct{}\ntype U[X any] struct{}\n"+strings.Repeat("func (t T) m() {}\n", 16)+strings.Repeat("func (u U[X]) m() {}\n", 30)),
				"engine/one/b.go": "package one\n" + strings.Repeat("func (t *T) m() {}\n", 15),
			},
			[]string{"engine/one: T has 31 methods, at most 30"}},
		// what is looked at
		{"other modules, testdata and hidden folders are left out",
			map[string]string{
				"bench/go.mod": "module bench\n", "bench/util/u.go": "package broken(\n",
				"x/testdata/util/u.go": "package util\n", ".cache/util/u.go": "package util\n", "_old/util/u.go": "package util\n",
			}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range tt.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			tree, err := Load(fsys)
			if err != nil {
				t.Fatal(err)
			}
			got := tree.Check()
			ok := len(got) == len(tt.want)
			for i := 0; ok && i < len(got); i++ {
				ok = contains(got, tt.want[i])
			}
			if !ok {
				t.Errorf("got %d violations:\n%v\nwant %d:\n%s", len(got), got, len(tt.want), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func contains(all []Violation, part string) bool {
	for _, v := range all {
		if strings.Contains(v.String(), part) {
			return true
		}
	}
	return false
}

func TestCheckDeps(t *testing.T) {
	deps := []string{"fmt", "k8s.io/client-go/kubernetes/scheme", "k8s.io/client-go/kubernetesx", "github.com/prometheus/prometheus/discovery/kubernetes",
		"github.com/argoproj/argo-cd/v2/common", argoGroup + "/v1alpha1", argoGroup, "k8s.io/api/core/v1"}
	tests := []struct {
		name, program string
		want          int
	}{
		{"the CLI links neither argo-cd nor the clientset nor Kubernetes discovery", "shopslo", 6},
		{"a plugin links nothing of Kubernetes or Prometheus at all", "mackerel-plugin-mailrelay", 6},
		{"a check neither", "check-mailrelay", 6},
		{"the exporter knows Argo CD's group, and no client for all kinds", "shopset_exporter", 4},
		{"nobody links Argo CD's types", "incidentbot", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CheckDeps(tt.program, deps); len(got) != tt.want {
				t.Errorf("got %d: %v", len(got), got)
			}
		})
	}
}

func TestAFileThatDoesNotParseIsAnError(t *testing.T) {
	if _, err := Load(fstest.MapFS{"a.go": {Data: []byte("package")}}); err == nil {
		t.Error("no error")
	}
}
