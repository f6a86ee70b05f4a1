package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/shopslo/shopslo/internal/customers"
)

// The counters of the ledger that shopslo serve exposes, and the SLO that the
// load generator has an account of, too.
const (
	totalCounter = "shopslo_slo_events_total"
	badCounter   = "shopslo_slo_bad_events_total"
	cartSLO      = "cart-availability"
)

// counted is what the ledger has counted of one ShopSet since it began.
type counted struct{ Total, Bad float64 }

func (c counted) good() float64 { return c.Total - c.Bad }

// compare ends the load and sets the ledger's counts beside the generator's.
func (s *story) compare() error {
	s.load.Stop()
	sent, skipped := s.load.Sent()
	s.say("the customers leave after %d requests", sent)
	if skipped > 0 {
		s.say("%d more were left out, since this machine was too busy to send them in time", skipped)
	}
	ledger, err := s.settled()
	if err != nil {
		return err
	}
	s.say("cart requests: what the load generator got back, and what the ledger counted from scraped samples")
	var wrong []error
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "SHOPSET\tSENT\tLOST\tGOOD\tBAD\tLEDGER GOOD\tLEDGER BAD\tUNSEEN\t")
	for _, p := range shops {
		t, c := s.load.Tally(p.Name, customers.Cart), ledger[p.Name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.0f\t%.0f\t%.0f\t\n",
			p.Name, t.Sent, t.Lost, t.Good, t.Bad, c.good(), c.Bad, float64(t.Good+t.Bad)-c.Total)
		if err := judge(t, c, disturbed(p.Name)); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	w.Flush()
	s.write(b.String())
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("the ledger's counts are not what the load generator saw:\n%w", err)
	}
	s.say("equal to the request; unseen is what %s and %s answered between a process's last scrape and its end", releasedTo, killed)
	return nil
}

// disturbed tells the ShopSets some of whose processes have ended: what they did
// after their last scrape nobody can know from samples.
func disturbed(shopset string) bool { return shopset == releasedTo || shopset == killed }

// judge says how the ledger's counts contradict the truth. A request without an
// answer may have been counted by the shop or not.
func judge(t customers.Tally, c counted, disturbed bool) error {
	lost := float64(t.Lost)
	over := func(ledger float64, truth int) bool { return ledger > float64(truth)+lost }
	under := func(ledger float64, truth int) bool { return ledger < float64(truth) }
	switch {
	case over(c.good(), t.Good) || over(c.Bad, t.Bad):
		return fmt.Errorf("it counted %.0f good and %.0f bad, more than the %d and %d that were answered", c.good(), c.Bad, t.Good, t.Bad)
	case !disturbed && (under(c.good(), t.Good) || under(c.Bad, t.Bad)):
		return fmt.Errorf("it counted %.0f good and %.0f bad, fewer than the %d and %d that were answered", c.good(), c.Bad, t.Good, t.Bad)
	}
	return nil
}

// settled reads the ledger's counts when the last samples have been scraped and
// their edges closed: when they no longer change and agree with the truth, or
// have not agreed for the pace's settle time.
func (s *story) settled() (map[string]counted, error) {
	var last map[string]counted
	end := time.Now().Add(s.pace.settle)
	for {
		now, err := s.ledger()
		if err != nil {
			return nil, err
		}
		if time.Now().After(end) || s.agreed(now) && same(last, now) {
			return now, nil
		}
		last = now
		if err := s.sleep(2 * s.pace.poll); err != nil {
			return nil, err
		}
	}
}

func (s *story) agreed(ledger map[string]counted) bool {
	for _, p := range shops {
		if judge(s.load.Tally(p.Name, customers.Cart), ledger[p.Name], disturbed(p.Name)) != nil {
			return false
		}
	}
	return true
}

func same(a, b map[string]counted) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range b {
		if a[k] != b[k] {
			return false
		}
	}
	return true
}

// ledger reads the ledger's counters of the cart's SLO.
func (s *story) ledger() (map[string]counted, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read the ledger's counters: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the ledger's counters: %s answered %s", req.URL, resp.Status)
	}
	return readCounters(resp.Body)
}

// readCounters takes the cart's total and bad counts by ShopSet out of a page
// of metrics. It fails where either counter is missing or counts nothing that is
// a number.
func readCounters(r io.Reader) (map[string]counted, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return nil, fmt.Errorf("read the ledger's counters: %w", err)
	}
	all := map[string]counted{}
	for name, set := range map[string]func(*counted, float64){
		totalCounter: func(c *counted, v float64) { c.Total = v },
		badCounter:   func(c *counted, v float64) { c.Bad = v },
	} {
		family := families[name]
		if family == nil {
			return nil, fmt.Errorf("read the ledger's counters: the server has no %s", name)
		}
		for _, m := range family.Metric {
			shopset, slo := labelOf(m, "shopset"), labelOf(m, "slo")
			if slo != cartSLO {
				continue
			}
			v := m.GetCounter().GetValue()
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				return nil, fmt.Errorf("read the ledger's counters: %s of %s is %v", name, shopset, v)
			}
			c := all[shopset]
			set(&c, v)
			all[shopset] = c
		}
	}
	return all, nil
}

func labelOf(m *dto.Metric, name string) string {
	for _, l := range m.Label {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
