package kube

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/shopslo/shopslo/fleet"
)

// The golden files are what Argo CD's own types read from the same documents. Each is
// written by a program of its own, which takes minutes to build the first time.
//
//go:generate go -C ../../tools/argocd2 run . ../../fleet/kube/testdata
//go:generate go -C ../../tools/argocd3 run . ../../fleet/kube/testdata

// argoCDs are those that Applications are read of, and the modules whose versions the
// golden files have to be of.
var argoCDs = map[string]string{
	"argocd2": "../../go.mod",
	"argocd3": "../../tools/argocd3/go.mod",
}

// golden is what an Argo CD's own types read. null: they refuse it.
type golden struct {
	ArgoCD                 string
	Words                  map[string]string
	Applications, Clusters map[string]doc
}

// doc is what something means. What is empty is left out.
type doc = map[string]any

func readGolden(t *testing.T, argoCD string) (g golden) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", argoCD+".json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// documents are the recorded Applications, or cluster Secrets, as JSON, by file.
func documents(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	dir := filepath.Join("testdata", folder)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err == nil {
			data, err = yaml.YAMLToJSON(data)
		}
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = data
	}
	return all
}

// of leaves out the documents that are for another Argo CD.
func of(argoCD string, documents map[string][]byte) map[string][]byte {
	for name := range documents {
		if strings.Contains(name, ".argocd") && !strings.Contains(name, "."+argoCD+".") {
			delete(documents, name)
		}
	}
	return documents
}

// compare holds what we read to what Argo CD does; nil: it is refused.
func compare(t *testing.T, theirs map[string]doc, documents map[string][]byte, read func(data []byte) doc) {
	t.Helper()
	for name, data := range documents {
		want, known := theirs[name]
		if !known {
			t.Errorf("%s is not in the golden file: go generate makes it", name)
			continue
		}
		delete(theirs, name)
		got := read(data)
		if refused := strings.HasPrefix(name, "refused-"); (got == nil) != refused || (want == nil) != refused {
			t.Errorf("%s: refused by us %v, by Argo CD %v, by its name %v", name, got == nil, want == nil, refused)
		} else if ours, argo := written(t, got), written(t, want); ours != argo {
			t.Errorf("%s: we read\n%s\nArgo CD reads\n%s", name, ours, argo)
		}
	}
	for name := range theirs {
		t.Errorf("%s is in the golden file, and there is no such document: go generate mends it", name)
	}
}

// written writes a meaning without what is empty.
func written(t *testing.T, of any) string {
	t.Helper()
	data, err := json.Marshal(of)
	var v any
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err == nil {
		v, _ = full(v)
		data, err = json.MarshalIndent(v, "", " ")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func full(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			kept, ok := full(one)
			if v[name] = kept; !ok {
				delete(v, name)
			}
		}
		return v, len(v) > 0
	case []any:
		for i := range v {
			v[i], _ = full(v[i])
		}
		return v, len(v) > 0
	}
	return v, v != nil && v != "" && v != false && v != 0.0
}

func TestApplicationsAreReadAsArgoCDReadsThem(t *testing.T) {
	for argoCD := range argoCDs {
		t.Run(argoCD, func(t *testing.T) {
			compare(t, readGolden(t, argoCD).Applications, of(argoCD, documents(t, "applications")), func(data []byte) doc {
				var i item
				var c contents
				if err := json.Unmarshal(data, &i); err != nil || i.fault != nil {
					return nil
				}
				if err := utiljson.Unmarshal(data, &c); err != nil {
					t.Fatal(err)
				}
				return meaning(&i, &c)
			})
		})
	}
}

func TestClusterSecretsAreReadAsArgoCDReadsThem(t *testing.T) {
	for argoCD := range argoCDs {
		t.Run(argoCD, func(t *testing.T) {
			compare(t, readGolden(t, argoCD).Clusters, of(argoCD, documents(t, "clusters")), func(data []byte) doc {
				c, err := asSecret(t, data).cluster()
				if err != nil {
					return nil
				}
				return connection(t, c.Config)
			})
		})
	}
}

// asSecret reads a Secret whose data are texts.
func asSecret(t *testing.T, data []byte) *secret {
	t.Helper()
	var text struct {
		StringData struct{ Name, Server, Config string } `json:"stringData"`
	}
	if err := json.Unmarshal(data, &text); err != nil {
		t.Fatal(err)
	}
	var s secret
	s.Data.Name, s.Data.Server, s.Data.Config = []byte(text.StringData.Name), []byte(text.StringData.Server), []byte(text.StringData.Config)
	return &s
}

func TestArgoCDSaysTheSameWords(t *testing.T) {
	ours := map[string]string{
		"syncSynced": syncSynced, "syncOutOfSync": syncOutOfSync,
		"healthHealthy": healthHealthy, "healthProgressing": healthProgressing, "healthSuspended": healthSuspended,
		"healthDegraded": healthDegraded, "healthMissing": healthMissing,
		"phaseRunning": phaseRunning, "phaseTerminating": phaseTerminating, "phaseSucceeded": phaseSucceeded,
		"phaseFailed": phaseFailed, "phaseError": phaseError,
		"resultSyncFailed": resultSyncFailed, "preSync": preSync, "hydrated": hydrated, "version": argoVersion.String(),
		"appTree": appTree, "conditions": strings.Join(fleet.ConditionTypes, " "),
	}
	for argoCD := range argoCDs {
		if g := readGolden(t, argoCD); !reflect.DeepEqual(g.Words, ours) {
			t.Errorf("%s says %v, we know %v", argoCD, g.Words, ours)
		}
	}
}

func TestTheGoldenFilesAreOfTheVersionsThatAreRequired(t *testing.T) {
	for argoCD, file := range argoCDs {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g := readGolden(t, argoCD)
		if !bytes.Contains(data, []byte("github.com/argoproj/argo-cd/v"+strings.TrimPrefix(argoCD, "argocd")+" "+g.ArgoCD+"\n")) {
			t.Errorf("%s.json is of %s, which %s does not require: go generate makes it anew", argoCD, g.ArgoCD, file)
		}
	}
	for _, file := range []string{"golden.go", "meaning.go"} {
		two, err := os.ReadFile("../../tools/argocd2/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if three, err := os.ReadFile("../../tools/argocd3/" + file); err != nil || !bytes.Equal(two, three) {
			t.Errorf("tools/argocd2/%s and tools/argocd3/%s are not the same: copy one (%v)", file, file, err)
		}
	}
}

// Whatever is not read shows in what is held to Argo CD's own types, for every field
// that is read at all.
func TestEveryFieldThatIsReadIsHeldToArgoCD(t *testing.T) {
	held := map[string]bool{}
	fields("", reflect.TypeFor[contents](), func(field string) { held[field] = false })
	fields("cluster", reflect.TypeFor[clusterConfig](), func(field string) { held[field] = false })
	for _, data := range documents(t, "applications") {
		var i item
		var c contents
		if json.Unmarshal(data, &i) == nil && i.fault == nil && utiljson.Unmarshal(data, &c) == nil {
			hold(held, "", reflect.ValueOf(&c).Elem(), func() string { return written(t, meaning(&i, &c)) })
		}
	}
	for _, data := range documents(t, "clusters") {
		var c clusterConfig
		if json.Unmarshal(asSecret(t, data).Data.Config, &c) != nil {
			continue
		}
		hold(held, "cluster", reflect.ValueOf(&c).Elem(), func() string {
			r, err := c.rest("https://x.example.com")
			if err != nil {
				return "refused"
			}
			return written(t, connection(t, r))
		})
	}
	if len(held) < 60 {
		t.Errorf("only %d fields are read: %v", len(held), held)
	}
	for field, ok := range held {
		if !ok {
			t.Errorf("%s could be misread without a failing test: let a document have it alone, and meaning tell it", field)
		}
	}
}

// hold takes away one field after the other that was read, and notes those without which
// the meaning is another.
func hold(held map[string]bool, of string, read reflect.Value, meaning func() string) {
	whole := meaning()
	values(of, read, func(field string, v reflect.Value) {
		if held[field] || v.IsZero() {
			return
		}
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		v.SetZero()
		held[field] = meaning() != whole
		v.Set(was)
	})
}

// leaf reports whether something is read as a whole. A source is the same everywhere.
func leaf(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t.NumField() == 0
}

func inside(field string, of reflect.Type, f reflect.StructField) string {
	if of == reflect.TypeFor[source]() {
		return "source." + f.Name
	}
	return field + "." + f.Name
}

// fields names what is read of a type.
func fields(field string, t reflect.Type, visit func(string)) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if leaf(t) {
		visit(field)
		return
	}
	for i := range t.NumField() {
		fields(inside(field, t, t.Field(i)), t.Field(i).Type, visit)
	}
}

// values visits what was read.
func values(field string, v reflect.Value, visit func(string, reflect.Value)) {
	switch {
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			values(field, v.Elem(), visit)
		}
	case v.Kind() == reflect.Slice && !leaf(v.Type().Elem()):
		for i := range v.Len() {
			values(field, v.Index(i), visit)
		}
	case leaf(v.Type()):
		visit(field, v)
	default:
		for i := range v.NumField() {
			values(inside(field, v.Type(), v.Type().Field(i)), v.Field(i), visit)
		}
	}
}

// connection says how a cluster is talked to, as the golden files do.
func connection(t *testing.T, r *rest.Config) doc {
	t.Helper()
	out := doc{
		"Host": r.Host, "Username": r.Username, "Password": r.Password, "BearerToken": r.BearerToken,
		"Insecure": r.Insecure, "DisableCompression": r.DisableCompression, "ServerName": r.ServerName,
		"Cert": string(r.CertData), "Key": string(r.KeyData), "CA": string(r.CAData),
		"QPS": r.QPS, "Burst": r.Burst, "Timeout": r.Timeout,
	}
	if r.Proxy != nil {
		u, err := r.Proxy(&http.Request{})
		if err != nil {
			t.Fatal(err)
		}
		out["Proxy"] = u.String()
	}
	if e := r.ExecProvider; e != nil {
		var env []string
		for _, v := range e.Env {
			env = append(env, v.Name+"="+v.Value)
		}
		slices.Sort(env)
		exec := doc{
			"Command": e.Command, "APIVersion": e.APIVersion, "InstallHint": e.InstallHint, "InteractiveMode": string(e.InteractiveMode),
			"Args": e.Args, "Env": env, "ProvideClusterInfo": e.ProvideClusterInfo,
		}
		if raw, ok := e.Config.(*runtime.Unknown); ok {
			exec["Config"] = string(raw.Raw)
		}
		out["Exec"] = exec
	}
	return out
}
