package archtest

import (
	"slices"
	"strings"
)

// grounds are the four vocabularies.
var grounds = []string{"fleet", "slo", "incident", "plugins/mailrelay"}

// answers stand above the vocabularies and below the faces and the wiring.
var answers = []string{"status", "promotion", "review", "mackerel"}

// faces show the answers.
var faces = []string{"dashboards", "board", "exporters", "promotion/render"}

// engines put the answers to work on documents, sources and witnesses; services answer with
// them over HTTP. Programs know the engine and choose what is around it.
var (
	engines  = []string{"engine"}
	services = []string{"service"}
)

// opened are what the engine and services open: a program asks them instead.
var opened = []string{"slo/ledger", "slo/source", "incident/sqlstore", "incident/slackbot"}

// adapters tie one technology to one vocabulary or port. "x/*" means every folder
// right below x.
var adapters = []string{
	"fleet/manifest", "fleet/kube", "fleet/gitops",
	"slo/openslo", "slo/rules", "slo/source/*",
	"incident/slackbot", "incident/sqlstore", "incident/incidentfile", "incident/incidentapi",
	"plugins/mailrelay/*",
	"promotion/*",
	"review/actionfile",
}

// sharedParts lie among adapters but are none: several adapters need them, so they
// know the standard library and the vocabulary only.
var sharedParts = map[string]string{
	"slo/source/promseries": "the chunk decoder of both Prometheus sources",
	"slo/source/promhist":   "native histograms as counters, for both Prometheus sources",
	"incident/postmortem":   "the text that the chat and the API both give",
	"incident/suspect":      "the ranking of changes, of which the chat tells and for which the bot's service asks others",

	"plugins/mailrelay/relayconf":  "the accounts' settings, which each relay's constructor reads",
	"plugins/mailrelay/relayhttp":  "one request to a relay's API",
	"plugins/mailrelay/relaystore": "the histories that the plugin writes and the check reads",
}

// sharedReads are what a shared part may import beside.
var sharedReads = map[string][]string{
	"plugins/mailrelay/relayconf":  {"go.yaml.in/yaml", Module + "/internal"}, // it reads a file of YAML
	"exporters/shopset":            {"github.com/gofrs/flock"},                // one exporter a state file
	"plugins/mailrelay/relaystore": {"github.com/gofrs/flock"},                // runs take turns
	"slo/source/promhist": {"github.com/prometheus/prometheus/tsdb/chunkenc", "github.com/prometheus/prometheus/model/histogram",
		"github.com/prometheus/prometheus/model/value", Module + "/slo/source/promseries"}, // the decoder of their chunks
}

// wirings are folders outside of cmd that belong to programs, and may do what cmd may: signals,
// the log and the build; help and flags in two languages; the frame of check plugins; customers of
// the demo and the lab, who come in real time.
var wirings = []string{"internal/cli", "internal/cli/checkplugin", "internal/cli/commands", "internal/cli/pluginflags", "internal/customers"}

// readsItsOwn are the folders that read files in full which nobody else writes.
var readsItsOwn = []string{"exporters/shopset", "mackerel", "promotion/calendar", "promotion/decisionlog", "slo/ledger"}

// adapterFriends are the pairs of adapters of which the first may import the second.
var adapterFriends = map[[2]string]string{
	{"fleet/kube", "fleet/manifest"}: "manifest owns the wire types that kube reads",
}

// confined are libraries that few folders may import, tests and helpers of tests aside.
var confined = []struct {
	library string
	except  []string // parts of the library that are free
	only    []string
	why     string
}{
	{"k8s.io/client-go", nil, []string{"fleet/kube"},
		"only what talks to a cluster may pay for it"},
	{"github.com/prometheus/prometheus/scrape", nil, []string{"slo/source/promtsdb"},
		"scraping is one source among others"},
	{"github.com/prometheus/prometheus/tsdb", []string{"github.com/prometheus/prometheus/tsdb/chunkenc"}, []string{"slo/source/promtsdb", "slo/ledger"},
		"what stores samples must stay exchangeable"},
	{"github.com/prometheus/prometheus/storage/remote", nil, []string{"slo/source/promapi"},
		"the remote protocol is one source's business"},
	{"modernc.org/sqlite", nil, []string{"incident/sqlstore"},
		"how incidents are kept must stay exchangeable"},
	{"github.com/jackc/pgx", nil, []string{"incident/sqlstore"},
		"how incidents are kept must stay exchangeable"},
	{"github.com/slack-go/slack", nil, []string{"incident/slackbot", "promotion/slackevidence"},
		"Slack's types stay out of the vocabulary"},
	{"github.com/mackerelio/mackerel-client-go", nil, []string{"internal/mackerelhttp", "mackerel", "slo/source/mackerelapi"},
		"Mackerel's types stay out of the vocabulary"},
}

// argoGroup is the one package of Argo CD that this module may import, and where. Tests
// are no exception: what Argo CD's own types read is in golden files.
const (
	argoGroup = "github.com/argoproj/argo-cd/v2/pkg/apis/application"
	argoUser  = "fleet/kube"
	argoWhy   = "Argo CD's own types link 1,200 packages, which hold back every other library; tools/argocd2 and tools/argocd3 have them, each a module of its own"
)

// argoLibraries are Argo CD, and the engine that it is built on.
var argoLibraries = []string{"github.com/argoproj/argo-cd", "github.com/argoproj/gitops-engine"}

// heavy are packages that a program must not link, however it came by them. argoGroup
// is as good as none.
var heavy = []struct {
	program string // a folder below cmd, or a prefix ending in *
	library string
	why     string
}{
	{"*", "github.com/argoproj/argo-cd", argoWhy},
	{"*", "github.com/argoproj/gitops-engine", argoWhy},
	{"shopset_exporter", "k8s.io/client-go/kubernetes", "a client for all kinds links every type that Kubernetes has"},
	{"shopset_exporter", "k8s.io/client-go/informers", "a client for all kinds links every type that Kubernetes has"},
	{"shopset_exporter", "k8s.io/api", "a client for all kinds links every type that Kubernetes has"},
	{"shopslo", argoGroup, "the CLI learns sync state from the exporter's API"},
	{"shopslo", "k8s.io/client-go/kubernetes", "the CLI learns sync state from the exporter's API"},
	{"shopslo", "github.com/prometheus/prometheus/discovery/kubernetes", "embedded scraping takes static, file, DNS and HTTP discovery"},
	{"shopslo", "modernc.org/sqlite", "the CLI learns incidents from the bot's API"},
	{"shopslo", "github.com/jackc/pgx", "the CLI learns incidents from the bot's API"},
	{"mackerel-plugin-*", "github.com/prometheus/prometheus", "a plugin is started every minute"},
	{"mackerel-plugin-*", "k8s.io", "a plugin is started every minute"},
	{"check-*", "github.com/prometheus/prometheus", "a check is started every minute"},
	{"check-*", "k8s.io", "a check is started every minute"},
}

// vague are names that say nothing about what a package holds.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "misc", "base", "shared"}

// maxMethods is how many methods a type may have before it is several.
const maxMethods = 30

// matchDir reports whether dir is named by pattern: itself, or for "x/*" right
// below x. A folder further below belongs to the same adapter.
func matchDir(dir, pattern string) (adapter string, ok bool) {
	parent, star := strings.CutSuffix(pattern, "/*")
	if !star {
		return pattern, under(dir, pattern)
	}
	rest, below := strings.CutPrefix(dir, parent+"/")
	if !below {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return parent + "/" + name, true
}

// adapterOf is the adapter that a folder belongs to. Helpers of tests and faces are none.
func adapterOf(dir string) (string, bool) {
	if underAny(dir, faces) {
		return "", false
	}
	for _, p := range adapters {
		if a, ok := matchDir(dir, p); ok {
			_, shared := sharedParts[a]
			return a, !shared && !testHelper(a)
		}
	}
	return "", false
}

// wiring reports whether a folder may touch flags, environment and clock.
func wiring(dir string) bool {
	return under(dir, "cmd") || slices.Contains(wirings, dir)
}

// testHelper reports whether a folder exists for tests: fakes, the lab, and
// packages whose name ends in test.
func testHelper(dir string) bool {
	if under(dir, "internal/fakes") || under(dir, "internal/lab") {
		return true
	}
	for part := range strings.SplitSeq(dir, "/") {
		if strings.HasSuffix(part, "test") && part != "archtest" {
			return true
		}
	}
	return false
}
