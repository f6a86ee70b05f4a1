package promtsdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/logging"
	"gopkg.in/yaml.v2"

	// The discoveries that may be used; importing them is what makes their
	// sections known to the parser.
	_ "github.com/prometheus/prometheus/discovery/dns"
	_ "github.com/prometheus/prometheus/discovery/file"
	_ "github.com/prometheus/prometheus/discovery/http"
)

// Scrape is a parsed scrape configuration.
type Scrape struct{ config *config.Config }

// ParseScrape reads a YAML document with Prometheus' sections global (the scrape
// settings of it), scrape_configs and scrape_config_files. Relative paths in it
// start at dir. Errors name the line. Native histograms are scraped where a job says so
// (scrape_native_histograms, as of Prometheus 3.8).
func ParseScrape(text []byte, dir string) (*Scrape, error) {
	var sections yaml.MapSlice
	if err := yaml.Unmarshal(text, &sections); err != nil {
		return nil, fmt.Errorf("read the scrape configuration: %w", err)
	}
	for _, s := range sections {
		switch s.Key {
		case "scrape_configs", "scrape_config_files", "global":
		default:
			return nil, fmt.Errorf("read the scrape configuration: section %v is Prometheus' but not of use here; "+
				"only global, scrape_configs and scrape_config_files are", s.Key)
		}
	}
	if len(sections) == 0 {
		text = nil // a document of no content, such as a null, would lose the defaults
	}
	wanted, text, err := takeNative(text)
	if err != nil {
		return nil, fmt.Errorf("read the scrape configuration: %w", err)
	}
	c, err := config.Load(string(text), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("read the scrape configuration: %w", clearer(err))
	}
	if !c.GlobalConfig.ExternalLabels.IsEmpty() {
		return nil, errors.New("read the scrape configuration: global: external_labels would have no effect; " +
			"give the targets their labels in static_configs or by relabel_configs")
	}
	c.SetDirectory(dir)
	configs, err := c.GetScrapeConfigs()
	if err != nil {
		return nil, fmt.Errorf("read the scrape configuration: %w", clearer(err))
	}
	if err := wanted.apply(configs); err != nil {
		return nil, fmt.Errorf("read the scrape configuration: %w", err)
	}
	c.ScrapeConfigs, c.ScrapeConfigFiles = configs, nil
	return &Scrape{c}, nil
}

func noScrape() *Scrape {
	s, err := ParseScrape(nil, ".")
	if err != nil {
		panic(err) // the empty document is a constant
	}
	return s
}

var foreignDiscovery = regexp.MustCompile(`(?s)(line \d+): field (\w+_sd_configs) not found.*`)

// clearer says what an unknown discovery means.
func clearer(err error) error {
	m := foreignDiscovery.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	return fmt.Errorf("%s: %s: this discovery is not built in; use static_configs, file_sd_configs, dns_sd_configs or "+
		"http_sd_configs, or point the source at a Prometheus that discovers the targets", m[1], m[2])
}

// interval is the longest scrape interval; the global one where nothing is scraped.
func (s *Scrape) interval() time.Duration {
	longest := time.Duration(0)
	for _, c := range s.config.ScrapeConfigs {
		longest = max(longest, time.Duration(c.ScrapeInterval))
	}
	if longest == 0 {
		longest = time.Duration(s.config.GlobalConfig.ScrapeInterval)
	}
	return longest
}

// settle is how long changes of targets are gathered before they take effect.
// Prometheus waits five seconds, which pays for discoveries that change all the
// time; these here do not.
const settle = time.Second

// scraping is the running discovery and scraping.
type scraping struct {
	cancel    context.CancelFunc
	discovery *discovery.Manager
	scrape    *scrape.Manager
	running   sync.WaitGroup
	failures  chan error
	ctx       context.Context
	created   bool // created times are asked for
}

func startScraping(ctx context.Context, to storage.Appendable, s *Scrape, log *slog.Logger, r prometheus.Registerer) (*scraping, error) {
	metrics, err := discovery.CreateAndRegisterSDMetrics(r)
	if err != nil {
		return nil, err
	}
	// Created time stamps are not stored as zeros that nobody scraped: see tapcreated.go.
	created := s.tellsCreated()
	options := scrape.Options{EnableCreatedTimestampZeroIngestion: created, EnableNativeHistogramsIngestion: true, DiscoveryReloadInterval: model.Duration(settle)}
	// NewManager registers its metrics before they can be collected, and r may be
	// collected from at any time: they wait in a registry of their own.
	own := prometheus.NewRegistry()
	m, err := scrape.NewManager(&options, log.With("component", "scrape"), logging.NewJSONFileLogger, to, own)
	if err != nil {
		return nil, err
	}
	if err := r.Register(own); err != nil {
		return nil, fmt.Errorf("register the metrics of scraping: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	d := discovery.NewManager(ctx, log.With("component", "discovery"), r, metrics, discovery.Name("scrape"), discovery.Updatert(settle))
	if d == nil {
		cancel()
		return nil, errors.New("the discovery's metrics are registered already: give each store a registerer of its own")
	}
	run := &scraping{cancel: cancel, discovery: d, scrape: m, failures: make(chan error, 2), ctx: ctx, created: created}
	if err := run.apply(s); err != nil {
		cancel()
		return nil, err
	}
	run.running.Go(func() {
		if err := d.Run(); err != nil && !errors.Is(err, context.Canceled) {
			run.failures <- fmt.Errorf("discovery: %w", err)
		}
	})
	run.running.Go(func() {
		if err := m.Run(d.SyncCh()); err != nil {
			run.failures <- fmt.Errorf("scraping: %w", err)
		}
	})
	return run, nil
}

func (r *scraping) apply(s *Scrape) error {
	if r.created && s.converts() {
		return errors.New("convert_classic_histograms_to_nhcb is new, and jobs of native histograms were scraped with their created times, " +
			"which the library does not do beside it: restart to take that over")
	}
	if err := r.scrape.ApplyConfig(s.config); err != nil {
		return err
	}
	targets := map[string]discovery.Configs{}
	for _, c := range s.config.ScrapeConfigs {
		targets[c.JobName] = c.ServiceDiscoveryConfigs
	}
	return r.discovery.ApplyConfig(targets)
}

func (r *scraping) stop() { r.cancel() }

// wait returns after stop, or after a failure, when no sample will be appended
// any more.
func (r *scraping) wait() error {
	var err error
	select {
	case <-r.ctx.Done():
	case err = <-r.failures:
	}
	r.cancel()
	r.scrape.Stop()
	r.running.Wait()
	return err
}
