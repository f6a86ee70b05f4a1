package promtsdb

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/prometheus/prometheus/config"
	"gopkg.in/yaml.v2"
)

// nativeKey is Prometheus' own from 3.8 on; the library does not know it yet.
const nativeKey = "scrape_native_histograms"

// nativeScrape says of what jobs native histograms are scraped, by the key of each.
type nativeScrape struct {
	all  bool // where a job does not say
	jobs map[string]bool
}

var nativeSetting = regexp.MustCompile(`\b` + nativeKey + `[ \t]*:[ \t]*(?:true|false)\b[ \t]*,?`)

// takeNative takes the keys out of a scrape configuration that is YAML; lines stay where they
// are.
func takeNative(text []byte) (nativeScrape, []byte, error) {
	var read struct {
		Global struct {
			Native *bool `yaml:"scrape_native_histograms"`
		} `yaml:"global"`
		Jobs []struct {
			Name   string `yaml:"job_name"`
			Native *bool  `yaml:"scrape_native_histograms"`
		} `yaml:"scrape_configs"`
	}
	out := nativeScrape{jobs: map[string]bool{}}
	if !bytes.Contains(text, []byte(nativeKey)) {
		return out, text, nil
	}
	if err := yaml.Unmarshal(text, &read); err != nil {
		return out, nil, err
	}
	out.all = read.Global.Native != nil && *read.Global.Native
	for _, j := range read.Jobs {
		if j.Native != nil {
			out.jobs[j.Name] = *j.Native
		}
	}
	return out, nativeSetting.ReplaceAllFunc(text, func(setting []byte) []byte {
		return bytes.Repeat([]byte(" "), len(setting))
	}), nil
}

// tellsCreated reports whether the targets' created times are asked for: where protobuf is, the one
// format that has them beside the samples. (In text they are samples themselves.) The library
// refuses that beside a conversion to custom buckets.
func (s *Scrape) tellsCreated() bool {
	inProto := func(c *config.ScrapeConfig) bool { return slices.Contains(c.ScrapeProtocols, config.PrometheusProto) }
	return slices.ContainsFunc(s.config.ScrapeConfigs, inProto) && !s.converts()
}

// converts reports whether a job has its classic histograms converted.
func (s *Scrape) converts() bool {
	return slices.ContainsFunc(s.config.ScrapeConfigs, (*config.ScrapeConfig).ConvertClassicHistogramsToNHCBEnabled)
}

// apply asks the targets for the one format that has native histograms. A job that does not want
// them, and asks for that format, gets its classic ones beside.
func (n nativeScrape) apply(configs []*config.ScrapeConfig) error {
	for _, c := range configs {
		wanted, said := n.jobs[c.JobName]
		if !said {
			wanted = n.all
		}
		inProto := slices.Contains(c.ScrapeProtocols, config.PrometheusProto)
		switch {
		case !wanted && inProto:
			always := true
			c.AlwaysScrapeClassicHistograms = &always
		case wanted && slices.Equal(c.ScrapeProtocols, config.DefaultScrapeProtocols):
			c.ScrapeProtocols = config.DefaultProtoFirstScrapeProtocols
		case wanted && !inProto:
			return fmt.Errorf("job %q: %s: native histograms come by the protocol PrometheusProto alone; add it to scrape_protocols, as the first", c.JobName, nativeKey)
		}
	}
	return nil
}
