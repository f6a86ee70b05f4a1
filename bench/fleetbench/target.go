package fleetbench

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/bench/proc"
)

// target is a program that is scraped.
type target struct {
	*proc.Process
	shown func(body string) Expected // reads from a scrape what it shows of the fleet
	// resources is false where it says nothing of the resources out of sync.
	resources bool
	ready     time.Duration // from its start until it had read all
}

// start runs a program and waits until it has read all Applications.
func start(ctx context.Context, ready string, args func(address string) []string) (*target, error) {
	address, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	p, err := proc.Start(ctx, "http://"+address, ready, args(address)...)
	return &target{Process: p, ready: time.Since(begun)}, err
}

// exporter starts shopset_exporter on all clusters, with documents, repository and
// state file as in real life. Only two settings differ from their defaults, so that
// nothing but what is measured happens: the repository, which does not change, is
// not fetched again, and no comparison is too old.
func exporter(ctx context.Context, program, dir, repository string, f *Fleet, s *Servers) (*target, error) {
	documents, kubeconfig := filepath.Join(dir, "fleet.yaml"), filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(documents, []byte(f.Documents()), 0o666); err != nil {
		return nil, err
	}
	var clusters, contexts []object
	for c, url := range s.Clusters {
		clusters = append(clusters, object{"name": clusterName(c), "cluster": object{"server": url}})
		contexts = append(contexts, object{"name": clusterName(c), "context": object{"cluster": clusterName(c)}})
	}
	config, err := json.Marshal(object{"apiVersion": "v1", "kind": "Config", "clusters": clusters, "contexts": contexts})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(kubeconfig, config, 0o666); err != nil {
		return nil, err
	}
	t, err := start(ctx, "/-/ready", func(address string) []string {
		return []string{program, "--fleet", documents, "--kubeconfig", kubeconfig, "--web.listen-address", address,
			"--state.file", filepath.Join(dir, "state.json"), "--git.dir", filepath.Join(dir, "git"), "--git.system", "file://" + repository,
			"--git.interval", "24h", "--max-age", "24h", "--log.level", "warn"}
	})
	if err != nil {
		return nil, err
	}
	t.resources = true
	t.shown = func(body string) (e Expected) {
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, "shopset_resources_out_of_sync{") {
				_, value, _ := strings.Cut(line, "} ")
				n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
				e.Resources += int(n)
			}
		}
		return e
	}
	return t, nil
}

// argoCD starts Argo CD's controller metrics on the server that has all.
func argoCD(ctx context.Context, program string, s *Servers) (*target, error) {
	t, err := start(ctx, "/healthz", func(address string) []string {
		return []string{program, "-server", s.All, "-listen", address}
	})
	if err != nil {
		return nil, err
	}
	t.shown = func(body string) (e Expected) {
		e.OutOfSync = strings.Count(body, `sync_status="OutOfSync"`)
		return e
	}
	return t, nil
}

// shows reports whether a scrape shows the fleet as it is now.
func (t *target) shows(body string, e Expected) bool {
	if t.resources {
		e.OutOfSync = 0
	} else {
		e.Resources = 0
	}
	return t.shown(body) == e
}

// client asks for gzip itself, so that the bytes that come can be counted.
var client = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// accept is what Prometheus sends.
const accept = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"

// scrape gives the answer as it came, compressed where that was asked for.
func (t *target) scrape(ctx context.Context, encoding string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", encoding)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scrape %s: %s: %w", t.URL, resp.Status, err)
	}
	return raw, nil
}

// text gives an answer's text.
func text(raw []byte, encoding string) (string, error) {
	if encoding != "gzip" {
		return string(raw), nil
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	return string(plain), err
}

// value gives a series without labels from a scrape.
func value(body, name string) (float64, error) {
	_, rest, found := strings.Cut(body, "\n"+name+" ")
	if !found {
		return 0, fmt.Errorf("no %s in the answer", name)
	}
	word, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseFloat(word, 64)
}

// allocated is how many bytes a process has allocated so far.
const allocated = "go_memstats_alloc_bytes_total"
