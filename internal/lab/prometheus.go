package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// prometheus is the lab's Prometheus.
type prometheus struct {
	port    int
	config  string // file
	targets string // folder of files that name targets
	process *process

	mu   sync.Mutex
	jobs []string // further scrape_configs, each an item of the list
}

// prometheusURL is the base address of the lab's Prometheus. It scrapes itself, Argo
// CD's controllers (job argocd, label cluster), and what AddTarget names.
func (l *Lab) prometheusURL() string { return "http://" + local(l.prom.port) }

func (l *Lab) startPrometheus(ctx context.Context) error {
	port, err := l.ports.free()
	if err != nil {
		return err
	}
	l.prom = &prometheus{port: port, targets: filepath.Join(l.dir, "targets")}
	if err := os.Mkdir(l.prom.targets, 0o755); err != nil {
		return err
	}
	l.prom.config = filepath.Join(l.dir, "prometheus.yml")
	if err := os.WriteFile(l.prom.config, l.prometheusConfig(), 0o644); err != nil {
		return err
	}
	return l.StartPrometheus(ctx)
}

// KillPrometheus ends Prometheus as kill -9 does.
func (l *Lab) KillPrometheus() { l.prom.process.kill() }

// StartPrometheus starts a killed Prometheus on the same port, with the same data, and
// waits until it is ready.
func (l *Lab) StartPrometheus(ctx context.Context) (err error) {
	l.prom.process, err = l.procs.start(spec{name: "prometheus", exe: l.programs["prometheus"], args: []string{
		"--config.file=" + l.prom.config, "--storage.tsdb.path=" + filepath.Join(l.dir, "prometheus"),
		"--web.listen-address=" + local(l.prom.port), "--web.enable-lifecycle", "--web.enable-remote-write-receiver", "--log.level=warn",
	}})
	if err != nil {
		return err
	}
	return l.prom.process.ready(ctx, http.DefaultClient, l.prometheusURL()+"/-/ready", upLimit)
}

func (l *Lab) prometheusConfig() []byte {
	return fmt.Appendf(nil, `global:
  scrape_interval: %[1]s
  scrape_timeout: %[1]s
  evaluation_interval: %[1]s
rule_files: [%[2]q]
scrape_configs:
- job_name: lab
  file_sd_configs:
  - files: [%[3]q]
    refresh_interval: 1s
%[4]s`, l.options.ScrapeInterval, filepath.Join(l.dir, "rules", "*.yaml"), filepath.Join(l.prom.targets, "*.json"),
		strings.Join(l.prom.jobs, ""))
}

// AddTarget has Prometheus scrape a URL such as http://127.0.0.1:9100/metrics, with
// the label job and further ones; labels may be nil. A job has one target per host
// and port.
func (l *Lab) AddTarget(job, url string, labels map[string]string) error {
	scheme, rest, ok := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	if !ok || host == "" {
		return fmt.Errorf("lab: %q is not the address of metrics, such as http://127.0.0.1:9100/metrics", url)
	}
	all := map[string]string{"__scheme__": scheme, "__metrics_path__": "/" + path, "job": job}
	for name, value := range labels {
		all[name] = value
	}
	data, err := json.Marshal([]any{map[string]any{"targets": []string{host}, "labels": all}})
	if err != nil {
		return err
	}
	return writeWhole(l.targetFile(job, host), data, 0o644)
}

// RemoveTarget has Prometheus scrape a target of AddTarget no longer; host is its host
// and port.
func (l *Lab) RemoveTarget(job, host string) error { return os.Remove(l.targetFile(job, host)) }

func (l *Lab) targetFile(job, host string) string {
	return filepath.Join(l.prom.targets, job+"-"+strings.ReplaceAll(host, ":", "-")+".json")
}

// AddScrapeConfig gives Prometheus a job that AddTarget cannot: one with TLS, a
// password, or discovery of its own. The argument is what stands below scrape_configs,
// in YAML's flow style, on one line. The error has what Prometheus says of it.
func (l *Lab) AddScrapeConfig(ctx context.Context, flow string) error {
	l.prom.mu.Lock()
	defer l.prom.mu.Unlock()
	l.prom.jobs = append(l.prom.jobs, "- "+flow+"\n")
	if err := writeWhole(l.prom.config, l.prometheusConfig(), 0o644); err != nil {
		return err
	}
	return l.reloadPrometheus(ctx)
}

// reloadPrometheus has Prometheus read its configuration and the rules again, which
// are the files in the folder rules of Dir.
func (l *Lab) reloadPrometheus(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.prometheusURL()+"/-/reload", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("reload Prometheus: %s; its log ends with:\n%s", resp.Status, tail(l.procs.logFile("prometheus"), 5))
	}
	return nil
}

// Query gives what Prometheus answers to an expression of PromQL now; the result of
// one that is a scalar or a range of samples is an error.
func (l *Lab) Query(ctx context.Context, expr string) (model.Vector, error) {
	value, err := l.query(ctx, expr)
	if err != nil {
		return nil, err
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("query %s: the answer is a %s; want an instant vector", expr, value.Type())
	}
	return vector, nil
}

// QuerySamples gives the samples themselves, with the times at which they were
// scraped: those of a selector with a range, such as up[5m].
func (l *Lab) QuerySamples(ctx context.Context, expr string) (model.Matrix, error) {
	value, err := l.query(ctx, expr)
	if err != nil {
		return nil, err
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("query %s: the answer is a %s; want a selector with a range", expr, value.Type())
	}
	return matrix, nil
}

func (l *Lab) query(ctx context.Context, expr string) (model.Value, error) {
	client, err := api.NewClient(api.Config{Address: l.prometheusURL()})
	if err != nil {
		return nil, err
	}
	value, _, _, err := promv1.NewAPI(client).Query(ctx, expr, time.Now())
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", expr, err)
	}
	return value, nil
}
