//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/shopslo/shopslo/internal/lab"
)

// fleetLab is a lab with the exporter, as a process of its own, beside it.
type fleetLab struct {
	*lab.Lab
	exe     string
	address string
	args    []string
	process *lab.Process
}

// stepLimit is what a step of a test may take on a busy machine. Nothing is measured
// by it: where time matters, the time stamps of samples are compared.
const stepLimit = 4 * time.Minute

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), stepLimit, fmt.Errorf("%s have passed", stepLimit))
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startFleetLab starts a lab and builds the exporter.
func startFleetLab(t *testing.T, o lab.Options) *fleetLab {
	t.Helper()
	f := &fleetLab{Lab: lab.ForTest(t, o)}
	var err error
	f.exe, err = f.Build(limited(t), "./cmd/shopset_exporter")
	must(t, err)
	f.address, err = f.FreeAddress()
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() && f.process != nil {
			t.Logf("the exporter's log:\n%s", f.process.Log())
		}
	})
	return f
}

// root is the module's folder as the test sees it, and as kubectl, which runs here, too.
const root = "../../"

// manifest applies files of the repository to a cluster, as a user does.
func (f *fleetLab) manifest(t *testing.T, cluster, path string) {
	t.Helper()
	_, err := f.Kubectl(limited(t), cluster, "apply", "-f", root+path)
	must(t, err)
}

// stateFile, gitDir: what the exporter keeps.
func (f *fleetLab) stateFile() string { return filepath.Join(f.Dir(), "exporter-state.json") }

// releaseFlags have the exporter read the lab's repositories.
func (f *fleetLab) releaseFlags() []string {
	return []string{
		"--git.system", f.Repos.SystemURL, "--git.app", f.Repos.AppURL, "--git.submodule", "app",
		"--git.dir", filepath.Join(f.Dir(), "exporter-git"), "--git.interval", "2s",
	}
}

// start starts the exporter, again with the same flags and at the same address.
func (f *fleetLab) start(t *testing.T) {
	t.Helper()
	var err error
	f.process, err = f.Run(lab.Program{Name: "shopset_exporter", Path: f.exe, Args: append(f.args, "--web.listen-address", f.address)})
	must(t, err)
}

// end has the exporter end, and gives its exit code.
func (f *fleetLab) end(t *testing.T, s syscall.Signal) int {
	t.Helper()
	must(t, f.process.Signal(s))
	code, err := f.process.Wait(limited(t))
	must(t, err)
	return code
}

// labels gives the values that a label has in Prometheus' answer to an expression,
// sorted; "" where the answer is empty.
func (f *fleetLab) labels(ctx context.Context, expr, label string) (string, error) {
	vector, err := f.Query(ctx, expr)
	if err != nil {
		return "", err
	}
	var values []string
	for _, sample := range vector {
		values = append(values, string(sample.Metric[model.LabelName(label)]))
	}
	slices.Sort(values)
	return strings.Join(values, " "), nil
}

// wait waits until the answer to an expression has exactly these values of a label.
func (f *fleetLab) wait(t *testing.T, expr, label, want string) {
	t.Helper()
	ctx := limited(t)
	for {
		got, err := f.labels(ctx, expr, label)
		if err == nil && got == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s has %s %q (%v), want %q", expr, label, got, err, want)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// is asserts that the answer to an expression now has exactly these values of a label.
func (f *fleetLab) is(t *testing.T, expr, label, want string) {
	t.Helper()
	got, err := f.labels(limited(t), expr, label)
	must(t, err)
	if got != want {
		t.Errorf("%s has %s %q, want %q", expr, label, got, want)
	}
}

// value gives the single value that an expression has.
func (f *fleetLab) value(t *testing.T, expr string) float64 {
	t.Helper()
	vector, err := f.Query(limited(t), expr)
	must(t, err)
	if len(vector) != 1 {
		t.Fatalf("%s: %v, want one series", expr, vector)
	}
	return float64(vector[0].Value)
}

// firstSample gives the time of the first sample since a time that has a value.
func (f *fleetLab) firstSample(t *testing.T, selector string, since time.Time, value float64) time.Time {
	t.Helper()
	matrix, err := f.QuerySamples(limited(t), selector+window(since))
	must(t, err)
	for _, series := range matrix {
		for _, sample := range series.Values {
			if float64(sample.Value) == value && sample.Timestamp.Time().After(since) {
				return sample.Timestamp.Time()
			}
		}
	}
	t.Fatalf("%s never was %v", selector, value)
	return time.Time{}
}

// window is the range of PromQL from a time until now.
func window(since time.Time) string {
	return fmt.Sprintf("[%dms]", time.Since(since).Milliseconds()+1)
}

// allSynced waits until the whole fleet is as git asks for.
func (f *fleetLab) allSynced(t *testing.T) {
	t.Helper()
	f.wait(t, `shopset_sync_status{state="Synced"} == 1 and on(shopset) shopset_health_status{state="Healthy"} == 1`, "shopset", allNames)
}

const allNames = "a-1 a-2 a-3 b-1 b-2 b-3 c-1 c-2 c-3"

// setVersion changes a component's version by hand, on the cluster.
func (f *fleetLab) setVersion(t *testing.T, cluster, shopSet, component, version string) {
	t.Helper()
	_, err := f.Kubectl(limited(t), cluster, "patch", "configmap", component, "--namespace", shopSet, "-p", `{"data":{"version":"`+version+`"}}`)
	must(t, err)
}

// get asks the exporter for a page.
func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(limited(t), http.MethodGet, url, nil)
	must(t, err)
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

// refused gives what kubectl says of something that must not be allowed.
func refused(t *testing.T, out string, err error) string {
	t.Helper()
	if err == nil {
		t.Errorf("it was not refused: %s", out)
		return ""
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return err.Error()
}

// steps run one after another in the same lab, which takes long to start. One that
// fails ends the test: the next would find another fleet than it expects.
func steps(t *testing.T, f *fleetLab, list []step) {
	for _, s := range list {
		if !t.Run(s.name, func(t *testing.T) { s.test(t, f) }) {
			return
		}
	}
}

type step struct {
	name string
	test func(*testing.T, *fleetLab)
}

// unix writes a time as PromQL has it.
func unix(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }
