package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// prometheus is the lab's Prometheus.
type prometheus struct {
	port    int
	targets string // folder of files that name targets
}

// PrometheusURL is the base address of the lab's Prometheus. It scrapes itself, Argo
// CD's controllers (job argocd, label cluster), and what AddTarget names.
func (l *Lab) PrometheusURL() string { return "http://" + local(l.prom.port) }

func (l *Lab) startPrometheus(ctx context.Context) error {
	port, err := l.ports.free()
	if err != nil {
		return err
	}
	l.prom = &prometheus{port: port, targets: filepath.Join(l.dir, "targets")}
	if err := os.Mkdir(l.prom.targets, 0o755); err != nil {
		return err
	}
	config := filepath.Join(l.dir, "prometheus.yml")
	if err := os.WriteFile(config, l.prometheusConfig(), 0o644); err != nil {
		return err
	}
	p, err := l.procs.start(spec{name: "prometheus", exe: l.programs["prometheus"], args: []string{
		"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(l.dir, "prometheus"),
		"--web.listen-address=" + local(port), "--web.enable-lifecycle", "--web.enable-remote-write-receiver", "--log.level=warn",
	}})
	if err != nil {
		return err
	}
	return l.procs.ready(ctx, p, http.DefaultClient, l.PrometheusURL()+"/-/ready", upLimit)
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
`, l.options.ScrapeInterval, filepath.Join(l.dir, "rules", "*.yaml"), filepath.Join(l.prom.targets, "*.json"))
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
	name := job + "-" + strings.ReplaceAll(host, ":", "-") + ".json"
	return writeWhole(filepath.Join(l.prom.targets, name), data, 0o644)
}
