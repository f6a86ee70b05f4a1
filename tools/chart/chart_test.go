package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

func TestWhatIsKeptIsWhatTheChartGives(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Error(err)
	}
}

func rendered(t *testing.T, values string) (map[string]string, error) {
	t.Helper()
	c, err := load("../../" + chartDir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	return c.render(v, "Helm")
}

func TestValuesThatCannotBeMeantAreRefused(t *testing.T) {
	for values, want := range map[string]string{
		"{serv: {enabled: true}}":                         "serv",
		"{serve: {replica: 2}}":                           "replica",
		"{serve: {web: {scheme: https}}}":                 "scheme",
		"{exporter: {cluster: ''}}":                       "cluster",
		"{incidentbot: {enabled: true, replicas: 2}}":     "replicas above 1 need one store for all",
		"{serve: {persistence: {size: five}}}":            "size",
		"{exporter: {networkPolicy: {egressPorts: [x]}}}": "egressPorts",
	} {
		if _, err := rendered(t, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want that it names %s", values, err, want)
		}
	}
}

// settings are the shopslo.yaml that the chart makes.
func settings(t *testing.T, values string) (out map[string]any) {
	t.Helper()
	files, err := rendered(t, values)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range documents(files["serve.yaml"]) {
		var h head
		if err := yaml.Unmarshal([]byte(text), &h); err != nil {
			t.Fatal(err)
		}
		if h.Kind == "ConfigMap" {
			if err := yaml.UnmarshalStrict([]byte(h.Data["shopslo.yaml"]), &out); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// Helm merges values into those of the chart: a default must not stand beside a source of another kind.
func TestTheSourceIsTheOneThatIsNamed(t *testing.T) {
	sources := "{sources: {tokyo: {prometheus: {url: 'http://p:9090'}, alerts: {urls: ['http://a:9093']}}}}"
	for config, want := range map[string]string{
		"{}":                       "{source: {prometheus: {url: 'http://prometheus-operated.monitoring.svc:9090'}}}",
		"{ledger: {delay: 3m}}":    "{source: {prometheus: {url: 'http://prometheus-operated.monitoring.svc:9090'}}}",
		sources:                    sources,
		"{source: {mackerel: {}}}": "{source: {mackerel: {}}}",
		"{source: {prometheus: {url: 'http://mine', tenant: shops}}}":            "{source: {prometheus: {url: 'http://mine', tenant: shops}}}",
		"{source: {embedded: {dir: /d, scrape_configs: [{job_name: a}]}}}":       "{source: {embedded: {dir: /d, scrape_configs: [{job_name: a}]}}}",
		"{source: null, sources: {tokyo: {prometheus: {url: 'http://p:9090'}}}}": "{sources: {tokyo: {prometheus: {url: 'http://p:9090'}}}}",
	} {
		got, wanted := settings(t, "{serve: {config: "+config+"}}"), map[string]any{}
		if err := yaml.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got["source"], wanted["source"]) || !reflect.DeepEqual(got["sources"], wanted["sources"]) {
			t.Errorf("%s: %v; want %s", config, got, want)
		}
	}
}

// The programs take nine tenths of what their container may have; a figure of the chart would stay where the limit is changed.
func TestTheMemoryOfGoFollowsTheLimit(t *testing.T) {
	files, err := rendered(t, "{serve: {resources: {limits: {memory: 9Gi}}}, incidentbot: {enabled: true}}")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if strings.Contains(text, "GOMEMLIMIT") {
			t.Errorf("%s sets GOMEMLIMIT", name)
		}
	}
}

type mount struct{ Name, MountPath string }

type statefulSet struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Env          []struct{ Name, Value string }
					VolumeMounts []mount
				}
			}
		}
	}
}

// /tmp is small, and what git fetches for a moment is not.
func TestWhatIsTemporaryLiesOnTheDataVolume(t *testing.T) {
	for values, want := range map[string]string{
		"{incidentbot: {enabled: true}}":                                                    "/var/lib/",
		"{serve: {persistence: {enabled: false}}, exporter: {enabled: false}}":              "/var/lib/",
		"{serve: {env: {TMPDIR: /scratch, LANG: ja_JP.UTF-8}}, exporter: {enabled: false}}": "/scratch",
	} {
		files, err := rendered(t, values)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			for _, text := range documents(text) {
				var set statefulSet
				if err := yaml.Unmarshal([]byte(text), &set); err != nil {
					t.Fatal(err)
				}
				if set.Kind != "StatefulSet" {
					continue
				}
				c := set.Spec.Template.Spec.Containers[0]
				var dirs []string
				for _, e := range c.Env {
					if e.Name == "TMPDIR" {
						dirs = append(dirs, e.Value)
					}
				}
				data := slices.ContainsFunc(c.VolumeMounts, func(m mount) bool {
					return m.Name == "data" && len(dirs) == 1 && m.MountPath == dirs[0]
				})
				if len(dirs) != 1 || !strings.HasPrefix(dirs[0], want) || data != (want == "/var/lib/") {
					t.Errorf("%s: %s: TMPDIR %v", values, name, dirs)
				}
			}
		}
	}
}

// monitors are the endpoints of ServiceMonitors by name, as the Operator reads them.
func monitors(t *testing.T, values string) map[string]monitoringv1.Endpoint {
	t.Helper()
	files, err := rendered(t, values)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]monitoringv1.Endpoint{}
	for _, file := range files {
		for _, text := range documents(file) {
			if !strings.Contains(text, "kind: ServiceMonitor") {
				continue
			}
			var m monitoringv1.ServiceMonitor
			if err := yaml.UnmarshalStrict([]byte(text), &m); err != nil {
				t.Fatal(err)
			}
			if len(m.Spec.Endpoints) != 1 || m.Spec.Endpoints[0].Port != "http" || m.Labels["release"] != "prometheus" {
				t.Errorf("%+v", m)
			}
			out[m.Name] = m.Spec.Endpoints[0]
		}
	}
	return out
}

func TestAServiceMonitorIsWhatTheOperatorReads(t *testing.T) {
	m := monitors(t, "{serve: {serviceMonitor: {enabled: true, labels: {release: prometheus}}, web: {scheme: HTTPS}}}")["shopslo"]
	if m.Scheme == nil || m.Scheme.String() != "https" || m.TLSConfig.ServerName == nil || *m.TLSConfig.ServerName != "shopslo.shopslo.svc" {
		t.Errorf("%+v", m)
	}
}

// A server that asks for a password or a certificate is scraped with them.
func TestPrometheusIsLetInWhereAPasswordIsAskedFor(t *testing.T) {
	m := monitors(t, `
serve:
  web: {configSecret: web, scheme: HTTPS}
  serviceMonitor:
    enabled: true
    labels: {release: prometheus}
    basicAuth: {username: {name: scrape, key: user}, password: {name: scrape, key: pass}}
    tlsConfig: {ca: {secret: {name: web, key: ca.crt}}}
exporter:
  web: {configSecret: web, scheme: TCP}
  serviceMonitor:
    enabled: true
    labels: {release: prometheus}
    tlsConfig: {cert: {secret: {name: scrape, key: tls.crt}}, keySecret: {name: scrape, key: tls.key}, serverName: x.example.com}
incidentbot:
  enabled: true
  web: {configSecret: web}
  serviceMonitor: {enabled: true, labels: {release: prometheus}, authorization: {credentials: {name: scrape, key: token}}}
`)
	serve, exporter, bot := m["shopslo"], m["shopset-exporter"], m["incidentbot"]
	if b := serve.BasicAuth; b == nil || b.Username.Name != "scrape" || b.Username.Key != "user" || b.Password.Name != "scrape" || b.Password.Key != "pass" ||
		serve.Scheme.String() != "https" || serve.TLSConfig.CA.Secret.Key != "ca.crt" || *serve.TLSConfig.ServerName != "shopslo.shopslo.svc" {
		t.Errorf("serve: %+v", serve)
	}
	if exporter.Scheme == nil || exporter.Scheme.String() != "https" || exporter.TLSConfig.KeySecret.Key != "tls.key" || *exporter.TLSConfig.ServerName != "x.example.com" {
		t.Errorf("exporter: %+v", exporter)
	}
	if bot.Authorization == nil || bot.Authorization.Credentials.Key != "token" || bot.Scheme != nil {
		t.Errorf("incidentbot: %+v", bot)
	}
	for settings, want := range map[string]string{
		"basicAuth: {username: {name: a, key: b}}": "password",
		"basicAuth: {username: {name: a, key: b}, password: {name: a, key: b}}, authorization: {credentials: {name: a, key: b}}": "choose basicAuth or authorization",
		"basicAuth: {username: mai, password: hunter2}": "username",
		"tlsConfig: {insecureSkipVerify: true}":         "tlsConfig needs scheme: https",
		"scheme: HTTPS":                                 "scheme",
	} {
		if _, err := rendered(t, "{serve: {serviceMonitor: {enabled: true, "+settings+"}}}"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", settings, err, want)
		}
	}
}

// The README's helm install, as Helm would read it.
func TestTheReadmesInstallRenders(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\$ helm install shopslo deploy/charts/shopslo (.*)$`).FindSubmatch(page)
	if line == nil {
		t.Fatal("the README does not say how to install the chart")
	}
	values := map[string]any{}
	for _, set := range regexp.MustCompile(`--set (\S+)`).FindAllStringSubmatch(string(line[1]), -1) {
		if err := strvals.ParseInto(set[1], values); err != nil {
			t.Fatal(err)
		}
	}
	c, err := load("../../" + chartDir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := c.render(values, "Helm")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(files["serve.yaml"], "url: http://prometheus.monitoring.svc:9090\n") || !strings.Contains(files["exporter.yaml"], "--in-cluster=onprem-a") {
		t.Errorf("%s%s", files["serve.yaml"], files["exporter.yaml"])
	}
}
